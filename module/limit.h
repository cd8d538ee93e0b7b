/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: what subjects - the host, users, cgroups - may use of the resources, and what of the ASIDs
 * is kept for them. Every VM is charged to the host, its creator's user with the owners of the user
 * namespaces it runs in, and its creator's cgroup with all ancestors, to all or to none. Current usage
 * never exceeds a maximum, not for an instant.
 */
#ifndef SEVADM_LIMIT_H
#define SEVADM_LIMIT_H

#include <linux/cgroup.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include <uapi/linux/sevadm.h>

struct sevadm_limit_hits;
struct sevadm_vm;

/* Limits that one SEVADM_CMD_LIMIT_APPLY may set, and subjects there may be. */
#define SEVADM_LIMITS_MAX	8192

/**
 * struct sevadm_subject_key - who a limit is for
 * @kind: enum sevadm_subject
 * @uid: of SEVADM_SUBJECT_USER
 * @cgroup: of SEVADM_SUBJECT_CGROUP, with a reference of the key's owner
 */
struct sevadm_subject_key {
	u32 kind;
	kuid_t uid;
	struct cgroup *cgroup;
};

/**
 * struct sevadm_limits - the limits of one resource, in pages or ASIDs; U64_MAX: none
 * @min: guarantee; 0: none
 * @high: soft limit
 * @max: hard limit
 */
struct sevadm_limits {
	u64 min;
	u64 high;
	u64 max;
};

/**
 * struct sevadm_limit_set - a change of the limits of one resource of one subject
 * @key: the subject
 * @resource: enum sevadm_resource
 * @limits: the values; those not in @mask stay
 * @mask: BIT(enum sevadm_knob)
 */
struct sevadm_limit_set {
	struct sevadm_subject_key key;
	u32 resource;
	u32 mask;
	struct sevadm_limits limits;
};

/**
 * struct sevadm_limit_info - one resource of one subject, for reports; in pages or ASIDs
 * @key: the subject; a cgroup's with a reference for the caller
 * @limits: its limits
 * @current_usage: usage, without what KVM may yet refuse
 * @peak: the most that ever was
 * @high_events: how often usage passed @limits.high
 * @max_events: how often @limits.max refused
 */
struct sevadm_limit_info {
	struct sevadm_subject_key key;
	struct sevadm_limits limits;
	u64 current_usage;
	u64 peak;
	u64 high_events;
	u64 max_events;
};

static inline u32 sevadm_resource_of_pool(u32 pool)
{
	return pool == SEVADM_POOL_SEV ? SEVADM_RESOURCE_ASID_SEV : SEVADM_RESOURCE_ASID_SEV_ES;
}

int sevadm_limit_charge(struct sevadm_vm *vm, u32 resource, u64 amount, u64 *limit);
void sevadm_limit_settle_locked(struct sevadm_vm *vm, u32 resource, u64 amount,
				struct sevadm_limit_hits *hits);
void sevadm_limit_cancel(struct sevadm_vm *vm, u32 resource, u64 amount);
void sevadm_limit_uncharge_locked(struct sevadm_vm *vm, u32 resource, u64 amount);
void sevadm_limit_force_locked(struct sevadm_vm *vm);
void sevadm_limit_forget_locked(struct sevadm_vm *vm);

int sevadm_limit_move_begin(struct sevadm_vm *to, struct sevadm_vm *from);
void sevadm_limit_move_end_locked(struct sevadm_vm *to, struct sevadm_vm *from, bool moved);
void sevadm_limit_move_cancel(struct sevadm_vm *to, struct sevadm_vm *from);

bool sevadm_limit_sweep(void);
int sevadm_limit_set(const struct sevadm_limit_set *set, u64 *left);
int sevadm_limit_delete(const struct sevadm_subject_key *key, u32 resource);
int sevadm_limit_apply(const struct sevadm_limit_set *sets, u32 nr, u32 *resource, u64 *left);
bool sevadm_limit_info(u64 *cursor, struct sevadm_limit_info infos[SEVADM_RESOURCE_NR]);

u64 sevadm_limit_charged_locked(u32 pool);
u64 sevadm_limit_used_locked(u32 pool);
u64 sevadm_limit_reserved_locked(u32 pool);
u64 sevadm_limit_available_locked(u32 pool);

void sevadm_limit_init(void);
void sevadm_limit_uninit(void);

#endif /* SEVADM_LIMIT_H */

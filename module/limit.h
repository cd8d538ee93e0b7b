/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: what subjects - the host, users, cgroups - may use of the resources, and which ASIDs are
 * reserved for them. Every VM is charged to the host, its creator's user with the owners of the
 * user namespaces it runs in, and its creator's cgroup with all ancestors, to all or to none.
 * Current usage never exceeds a maximum, not for an instant.
 */
#ifndef SEVADM_LIMIT_H
#define SEVADM_LIMIT_H

#include <linux/types.h>

#include "subject.h"

struct sevadm_limit_hits;
struct sevadm_vm;

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
 * @peak: highest @current_usage so far
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

int sevadm_limit_charge(struct sevadm_vm *vm, u32 resource, u64 amount, u64 *limit);
void sevadm_limit_settle_locked(struct sevadm_vm *vm, u32 resource, u64 amount,
				struct sevadm_limit_hits *hits);
void sevadm_limit_cancel(struct sevadm_vm *vm, u32 resource, u64 amount);
void sevadm_limit_uncharge_locked(struct sevadm_vm *vm, u32 resource, u64 amount);
void sevadm_limit_force_locked(struct sevadm_vm *vm);
void sevadm_limit_force_pins_locked(struct sevadm_vm *vm, u64 pages,
				    struct sevadm_limit_hits *hits);
void sevadm_limit_forget_locked(struct sevadm_vm *vm);

int sevadm_limit_move_begin(struct sevadm_vm *to, struct sevadm_vm *from);
void sevadm_limit_move_end_locked(struct sevadm_vm *to, struct sevadm_vm *from, bool moved);
void sevadm_limit_move_cancel(struct sevadm_vm *to, struct sevadm_vm *from);

bool sevadm_limit_sweep(void);
int sevadm_limit_set(const struct sevadm_limit_set *set, u64 *left);
int sevadm_limit_delete(const struct sevadm_subject_key *key, u32 resource);
int sevadm_limit_apply(const struct sevadm_limit_set *sets, u32 nr, u32 *resource, u64 *left);
bool sevadm_limit_info(u64 *cursor, struct sevadm_limit_info infos[SEVADM_RESOURCE_NR]);

#endif /* SEVADM_LIMIT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subjects of limits - the host, users, cgroups - and what each uses. sevadm_ledger_lock guards all
 * of it.
 */
#ifndef SEVADM_SUBJECT_H
#define SEVADM_SUBJECT_H

#include <linux/cgroup.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include <uapi/linux/sevadm.h>

struct sevadm_vm;

/* How many limits one SEVADM_CMD_LIMIT_APPLY may set, and how many subjects there may be. */
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

/* A cgroup that is nested deeper has no limits of its own. */
#define SUBJECT_LEVELS_MAX	2048

/**
 * struct counter - one resource of one subject, in pages or ASIDs
 * @limits: its limits
 * @usage: what its VMs are charged, with what is in flight
 * @in_flight: the part of @usage that KVM may yet refuse
 * @paid: the part of @usage of VMs that count for its guarantee (guarantee.c)
 * @unsettled: the part of @paid of VMs that are moving to or from it
 * @peak: highest @usage less @in_flight so far
 * @high_events: how often that passed the soft limit
 * @max_events: how often the maximum refused
 * @high_reported: it is above the soft limit, which has been reported
 */
struct counter {
	struct sevadm_limits limits;
	u64 usage;
	u64 in_flight;
	u64 paid;
	u64 unsettled;
	u64 peak;
	u64 high_events;
	u64 max_events;
	bool high_reported;
};

/**
 * struct subject - one subject
 * @node: in the table of all
 * @list: in the list of all
 * @key: who it is
 * @seq: its place in that list, the host first
 * @fresh: it is new: what VMs use is not counted yet
 * @counters: by enum sevadm_resource
 */
struct subject {
	struct hlist_node node;
	struct list_head list;
	struct sevadm_subject_key key;
	u64 seq;
	bool fresh;
	struct counter counters[SEVADM_RESOURCE_NR];
};

/**
 * struct change - how a counter changes
 * @usage: added to &struct counter.usage
 * @in_flight: added to &struct counter.in_flight
 * @paid: added to &struct counter.paid
 * @unsettled: added to &struct counter.unsettled
 */
struct change {
	s64 usage;
	s64 in_flight;
	s64 paid;
	s64 unsettled;
};

/**
 * struct walk - where a walk over the subjects of a VM has come to
 * @vm: the VM
 * @then: VM whose other subjects follow; NULL: none
 * @except: VM whose subjects are left out; NULL: none
 * @uid: number of users of @vm that are done
 * @level: all its cgroups from here on are done
 */
struct walk {
	const struct sevadm_vm *vm;
	const struct sevadm_vm *then;
	const struct sevadm_vm *except;
	u32 uid;
	u32 level;
};

extern const struct sevadm_limits sevadm_unlimited;
extern struct subject sevadm_subject_host;
extern struct list_head sevadm_subject_list;
extern unsigned int sevadm_subject_nr;

struct subject *sevadm_subject_find_locked(const struct sevadm_subject_key *key);
bool sevadm_subject_concerns(const struct subject *subject, const struct sevadm_vm *vm);
struct subject *sevadm_subject_walk_locked(struct walk *walk, const struct sevadm_vm *vm,
					   const struct sevadm_vm *then,
					   const struct sevadm_vm *except);
struct subject *sevadm_subject_walk_on_locked(struct walk *walk);

/**
 * sevadm_subject_first_locked() - begin a walk
 * @walk: the walk
 * @vm: see &struct walk
 * @then: see &struct walk
 * @except: see &struct walk
 *
 * Every VM is charged to the host, which comes first unless @except leaves it out.
 *
 * Return: the first subject; NULL: there is none.
 */
static inline struct subject *sevadm_subject_first_locked(struct walk *walk,
							  const struct sevadm_vm *vm,
						   const struct sevadm_vm *then,
						   const struct sevadm_vm *except)
{
	/* Where nobody else has limits, it costs next to nothing. */
	if (sevadm_subject_nr == 1)
		return except ? NULL : &sevadm_subject_host;
	return sevadm_subject_walk_locked(walk, vm, then, except);
}

/** sevadm_subject_next_locked() - return the next subject of a walk; NULL: there is none */
static inline struct subject *sevadm_subject_next_locked(struct walk *walk)
{
	return sevadm_subject_nr == 1 ? NULL : sevadm_subject_walk_on_locked(walk);
}

/*
 * Go over the host, the users and the cgroups of @_vm; over those that @_other does not have; over
 * those that @_vm is charged to: its own and those of where it moves to, each once.
 */
#define for_each_subject(subject, walk, _vm)						\
	for ((subject) = sevadm_subject_first_locked(walk, _vm, NULL, NULL); (subject);		\
	     (subject) = sevadm_subject_next_locked(walk))
#define for_each_subject_but(subject, walk, _vm, _other)				\
	for ((subject) = sevadm_subject_first_locked(walk, _vm, NULL, _other);	\
	     (subject);								\
	     (subject) = sevadm_subject_next_locked(walk))
#define for_each_charged(subject, walk, _vm)						\
	for ((subject) = sevadm_subject_first_locked(walk, _vm, (_vm)->moving_to, NULL);	\
	     (subject);								\
	     (subject) = sevadm_subject_next_locked(walk))

void sevadm_subject_count_locked(struct subject *subject, u32 resource, struct change change);
u64 sevadm_subject_settled_use(const struct counter *counter);
u64 sevadm_subject_unused(const struct counter *counter);
void sevadm_subject_set_limits_locked(struct subject *subject, u32 resource,
				      const struct sevadm_limits *limits);
u64 sevadm_subject_guaranteed_locked(u32 resource);

bool sevadm_subject_gone(const struct subject *subject);
struct subject *sevadm_subject_alloc(const struct sevadm_subject_key *key);
void sevadm_subject_free(struct subject *subject);
void sevadm_subject_free_list(struct list_head *gone);
struct subject *sevadm_subject_enter_locked(const struct sevadm_subject_key *key,
					    struct subject **spare);
bool sevadm_subject_too_deep(const struct sevadm_subject_key *key);
bool sevadm_subject_has_room_locked(const struct sevadm_subject_key *key);
bool sevadm_subject_sweep_locked(struct list_head *gone);

void sevadm_subjects_init(void);
void sevadm_subjects_uninit(void);

#endif /* SEVADM_SUBJECT_H */

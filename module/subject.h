/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subjects of limits - the host, users, cgroups - and what each uses. All of it is guarded by
 * sevadm_ledger_lock.
 */
#ifndef SEVADM_SUBJECT_H
#define SEVADM_SUBJECT_H

#include <linux/list.h>
#include <linux/types.h>

#include "limit.h"

struct sevadm_vm;

/* A cgroup that is nested deeper has no limits of its own. */
#define SUBJECT_LEVELS_MAX	2048

/**
 * struct counter - one resource of one subject, in pages or ASIDs
 * @limits: its limits
 * @usage: what its VMs are charged, with what is in flight
 * @in_flight: of @usage: what KVM has been asked for and may yet refuse
 * @unsettled: of @usage: that of VMs that move to or from it, and may yet not
 * @peak: the most that @usage less @in_flight ever was
 * @high_events: how often that passed the soft limit
 * @max_events: how often the maximum refused
 * @high_told: it is above the soft limit, which has been told
 */
struct counter {
	struct sevadm_limits limits;
	u64 usage;
	u64 in_flight;
	u64 unsettled;
	u64 peak;
	u64 high_events;
	u64 max_events;
	bool high_told;
};

/**
 * struct subject - one subject
 * @node: in the table of all
 * @list: in the list of all
 * @key: who it is
 * @seq: its place in that list, the host first
 * @fresh: usage of the VMs that are there is not counted yet
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
 * @usage: of &struct counter.usage; as all of them
 * @in_flight: of in_flight
 * @unsettled: of unsettled
 */
struct change {
	s64 usage;
	s64 in_flight;
	s64 unsettled;
};

/**
 * struct walk - goes over the subjects that a VM is charged to
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

extern const struct sevadm_limits sevadm_unlimited;	/* what those have that are not set */
extern struct subject sevadm_subject_host;
extern struct list_head sevadm_subject_list;
extern unsigned int sevadm_subject_nr;

struct subject *sevadm_subject_find(const struct sevadm_subject_key *key);
bool sevadm_subject_concerns(const struct subject *subject, const struct sevadm_vm *vm);
struct subject *sevadm_subject_walk(struct walk *walk, const struct sevadm_vm *vm,
				    const struct sevadm_vm *then, const struct sevadm_vm *except);
struct subject *sevadm_subject_walk_on(struct walk *walk);

/**
 * sevadm_subject_first() - begin a walk
 * @walk: the walk
 * @vm: see &struct walk; as the next two
 * @then: see there
 * @except: see there
 *
 * Return: the first subject: the host, which every VM is charged to, unless @except leaves it out; NULL: none.
 */
static inline struct subject *sevadm_subject_first(struct walk *walk, const struct sevadm_vm *vm,
						   const struct sevadm_vm *then,
						   const struct sevadm_vm *except)
{
	/* Where nobody else has limits, it costs next to nothing. */
	if (sevadm_subject_nr == 1)
		return except ? NULL : &sevadm_subject_host;
	return sevadm_subject_walk(walk, vm, then, except);
}

/* sevadm_subject_next() - the next one of a walk, or NULL */
static inline struct subject *sevadm_subject_next(struct walk *walk)
{
	return sevadm_subject_nr == 1 ? NULL : sevadm_subject_walk_on(walk);
}

/* The host, the users and the cgroups of @_vm; of them those that are not @_other's; those of both, each once. */
#define for_each_subject(subject, walk, _vm)						\
	for ((subject) = sevadm_subject_first(walk, _vm, NULL, NULL); (subject);		\
	     (subject) = sevadm_subject_next(walk))
#define for_each_subject_but(subject, walk, _vm, _other)				\
	for ((subject) = sevadm_subject_first(walk, _vm, NULL, _other); (subject);		\
	     (subject) = sevadm_subject_next(walk))
#define for_each_charged(subject, walk, _vm)						\
	for ((subject) = sevadm_subject_first(walk, _vm, (_vm)->moving_to, NULL); (subject);	\
	     (subject) = sevadm_subject_next(walk))

void sevadm_subject_count(struct subject *subject, u32 resource, struct change change);
u64 sevadm_subject_settled_use(const struct counter *counter);
u64 sevadm_subject_unused(const struct counter *counter);
void sevadm_subject_put_limits(struct subject *subject, u32 resource, const struct sevadm_limits *limits);
u64 sevadm_subject_kept(u32 resource);
u64 sevadm_subject_guaranteed(u32 resource);

bool sevadm_subject_gone(const struct subject *subject);
struct subject *sevadm_subject_alloc(const struct sevadm_subject_key *key);
void sevadm_subject_free(struct subject *subject);
void sevadm_subject_free_list(struct list_head *gone);
struct subject *sevadm_subject_enter(const struct sevadm_subject_key *key, struct subject **spare);
bool sevadm_subject_too_deep(const struct sevadm_subject_key *key);
bool sevadm_subject_room(const struct sevadm_subject_key *key);
bool sevadm_subject_sweep(struct list_head *gone);

#endif /* SEVADM_SUBJECT_H */

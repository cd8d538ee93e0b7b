// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subjects of limits: who a VM is charged to, and what is reserved for whom.
 *
 * A charge goes over the subjects of a VM with a lock held. The administrator decides what that
 * costs, not a tenant: however deep a cgroup is, only those levels are looked up that some limited
 * cgroup is on.
 */
#include <linux/bitmap.h>
#include <linux/cgroup.h>
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "pool.h"
#include "resource.h"
#include "subject.h"
#include "vm.h"

static DEFINE_HASHTABLE(subjects, 10);
LIST_HEAD(sevadm_subject_list);		/* in order of seq, the host first */
struct subject sevadm_subject_host;
unsigned int sevadm_subject_nr;
static u64 last_seq;

/* Levels of the cgroup tree that subjects are on, and how many are. */
static DECLARE_BITMAP(levels, SUBJECT_LEVELS_MAX);
static u16 level_nr[SUBJECT_LEVELS_MAX];

/* Sum over all subjects of what is guaranteed, used or not. */
static u64 guaranteed[SEVADM_RESOURCE_NR];

const struct sevadm_limits sevadm_unlimited = { .high = U64_MAX, .max = U64_MAX };

/* ---- who is charged ------------------------------------------------------------------------- */

static u32 key_hash(const struct sevadm_subject_key *key)
{
	return key->kind == SEVADM_SUBJECT_CGROUP ? hash_ptr(key->cgroup, 32) :
	       __kuid_val(key->uid) ^ key->kind;
}

static bool key_same(const struct sevadm_subject_key *a, const struct sevadm_subject_key *b)
{
	return a->kind == b->kind &&
	       (a->kind != SEVADM_SUBJECT_USER || uid_eq(a->uid, b->uid)) &&
	       (a->kind != SEVADM_SUBJECT_CGROUP || a->cgroup == b->cgroup);
}

/**
 * sevadm_subject_find_locked() - find a subject that has limits
 * @key: who it is, but not the host
 *
 * Return: the subject, or NULL: it has no limits.
 */
struct subject *sevadm_subject_find_locked(const struct sevadm_subject_key *key)
{
	struct subject *subject;

	lockdep_assert_held(&sevadm_ledger_lock);
	hash_for_each_possible(subjects, subject, node, key_hash(key))
		if (key_same(&subject->key, key))
			return subject;
	return NULL;
}

/** sevadm_subject_concerns() - return true if @vm is charged to @subject */
bool sevadm_subject_concerns(const struct subject *subject, const struct sevadm_vm *vm)
{
	u32 i;

	switch (subject->key.kind) {
	case SEVADM_SUBJECT_USER:
		for (i = 0; i < vm->uid_nr; i++)
			if (uid_eq(vm->uids[i], subject->key.uid))
				return true;
		return false;
	case SEVADM_SUBJECT_CGROUP:
		return vm->cgroup && cgroup_is_descendant(vm->cgroup, subject->key.cgroup);
	default:
		return true;
	}
}

static void walk_start(struct walk *walk, const struct sevadm_vm *vm)
{
	walk->vm = vm;
	walk->uid = 0;
	walk->level = vm->cgroup ? min_t(u32, vm->cgroup->level + 1, SUBJECT_LEVELS_MAX) : 0;
}

static struct subject *next_of_vm(struct walk *walk)
{
	struct sevadm_subject_key key = { .kind = SEVADM_SUBJECT_USER };
	struct subject *subject;
	unsigned long level;

	while (walk->uid < walk->vm->uid_nr) {
		key.uid = walk->vm->uids[walk->uid++];
		subject = sevadm_subject_find_locked(&key);
		if (subject)
			return subject;
	}
	key.kind = SEVADM_SUBJECT_CGROUP;
	while (walk->level) {
		level = find_last_bit(levels, walk->level);
		if (level >= walk->level)
			break;
		walk->level = level;
		key.cgroup = cgroup_ancestor(walk->vm->cgroup, level);
		subject = sevadm_subject_find_locked(&key);
		if (subject)
			return subject;
	}
	walk->level = 0;
	return NULL;
}

/** sevadm_subject_walk_on_locked() - return the next subject of a walk; NULL: there is none */
struct subject *sevadm_subject_walk_on_locked(struct walk *walk)
{
	struct subject *subject;

	for (;;) {
		subject = next_of_vm(walk);
		if (subject && walk->except && sevadm_subject_concerns(subject, walk->except))
			continue;
		if (subject || !walk->then)
			return subject;
		walk->except = walk->vm;
		walk_start(walk, walk->then);
		walk->then = NULL;
	}
}

/**
 * sevadm_subject_walk_locked() - begin a walk where there are more subjects than the host
 * @walk: the walk
 * @vm: see &struct walk
 * @then: see &struct walk
 * @except: see &struct walk
 *
 * Return: the first subject; NULL: there is none.
 */
struct subject *sevadm_subject_walk_locked(struct walk *walk, const struct sevadm_vm *vm,
					   const struct sevadm_vm *then,
					   const struct sevadm_vm *except)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	*walk = (struct walk) { .then = then, .except = except };
	walk_start(walk, vm);
	return except ? sevadm_subject_walk_on_locked(walk) : &sevadm_subject_host;
}

/* ---- counters ------------------------------------------------------------------------------ */

/*
 * Returns what is reserved: guaranteed, and not used by VMs that count for it and are sure to stay.
 * A VM that is moving is sure to stay neither where it comes from nor where it goes to.
 */
static u64 reserved_for(const struct counter *counter)
{
	u64 sure = counter->paid - counter->unsettled;

	return counter->limits.min > sure ? counter->limits.min - sure : 0;
}

static void reserve(u32 resource, s64 asids)
{
	/* No pinned memory is guaranteed. */
	if (asids)
		sevadm_pool_reserve_locked(sevadm_pool_of_resource(resource), asids);
}

/** sevadm_subject_unused() - return what is left of a guarantee for one more VM */
u64 sevadm_subject_unused(const struct counter *counter)
{
	return counter->limits.min > counter->paid ? counter->limits.min - counter->paid : 0;
}

/** sevadm_subject_settled_use() - return what is used, without what KVM may yet refuse */
u64 sevadm_subject_settled_use(const struct counter *counter)
{
	return counter->usage - counter->in_flight;
}

/**
 * sevadm_subject_count_locked() - change what a subject uses
 * @subject: the subject
 * @resource: enum sevadm_resource
 * @change: pages or ASIDs
 *
 * The caller looks at the soft limit.
 */
void sevadm_subject_count_locked(struct subject *subject, u32 resource, struct change change)
{
	struct counter *counter = &subject->counters[resource];
	u64 high = counter->limits.high, before = reserved_for(counter);

	lockdep_assert_held(&sevadm_ledger_lock);
	counter->usage += change.usage;
	counter->in_flight += change.in_flight;
	counter->paid += change.paid;
	counter->unsettled += change.unsettled;
	reserve(resource, reserved_for(counter) - before);
	/* Every VM is charged to the host. */
	if (subject == &sevadm_subject_host && !sevadm_resource_is_memory(resource))
		sevadm_pool_charge_locked(sevadm_pool_of_resource(resource), change.usage);
	counter->peak = max(counter->peak, sevadm_subject_settled_use(counter));
	/* A limit that was passed is reported again once usage has been at most 15/16 of it. */
	if (counter->high_reported && sevadm_subject_settled_use(counter) <= high - high / 16)
		counter->high_reported = false;
}

/**
 * sevadm_subject_set_limits_locked() - set the limits of one resource of a subject
 * @subject: the subject
 * @resource: enum sevadm_resource
 * @limits: pages or ASIDs
 */
void sevadm_subject_set_limits_locked(struct subject *subject, u32 resource,
				      const struct sevadm_limits *limits)
{
	struct counter *counter = &subject->counters[resource];
	u64 before = reserved_for(counter);

	lockdep_assert_held(&sevadm_ledger_lock);
	guaranteed[resource] += limits->min - counter->limits.min;
	counter->limits = *limits;
	reserve(resource, reserved_for(counter) - before);
	counter->high_reported = sevadm_subject_settled_use(counter) > limits->high;
}

/**
 * sevadm_subject_guaranteed_locked() - return the sum of what all subjects are guaranteed
 * @resource: enum sevadm_resource
 */
u64 sevadm_subject_guaranteed_locked(u32 resource)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return guaranteed[resource];
}

/* ---- coming and going ----------------------------------------------------------------------- */

/** sevadm_subject_gone() - return true if @subject is a cgroup that has been removed */
bool sevadm_subject_gone(const struct subject *subject)
{
	unsigned int flags;

	if (subject->key.kind != SEVADM_SUBJECT_CGROUP)
		return false;
	/* One bit, which the kernel clears by a plain write, with a lock of its own held. */
	flags = data_race(READ_ONCE(subject->key.cgroup->self.flags));
	return !(flags & CSS_ONLINE);
}

static bool is_limited(const struct subject *subject)
{
	u32 resource;

	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		if (memcmp(&subject->counters[resource].limits, &sevadm_unlimited,
			   sizeof(sevadm_unlimited)))
			return true;
	return false;
}

/**
 * sevadm_subject_alloc() - make a subject that is in no list
 * @key: who it is
 *
 * Context: may sleep.
 * Return: the subject; NULL: no memory, or its cgroup is being freed.
 */
struct subject *sevadm_subject_alloc(const struct sevadm_subject_key *key)
{
	struct subject *subject;
	u32 resource;

	subject = kzalloc(sizeof(*subject), GFP_KERNEL_ACCOUNT);
	if (!subject)
		return NULL;
	if (key->cgroup && !cgroup_tryget(key->cgroup)) {
		kfree(subject);
		return NULL;
	}
	subject->key = *key;
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		subject->counters[resource].limits = sevadm_unlimited;
	return subject;
}

/** sevadm_subject_free() - free a subject that is in no list; NULL is nothing */
void sevadm_subject_free(struct subject *subject)
{
	if (!subject)
		return;
	if (subject->key.cgroup)
		cgroup_put(subject->key.cgroup);
	kfree(subject);
}

/** sevadm_subject_free_list() - free those that sevadm_subject_sweep_locked() has moved to @gone */
void sevadm_subject_free_list(struct list_head *gone)
{
	struct subject *subject, *next;

	list_for_each_entry_safe(subject, next, gone, list)
		sevadm_subject_free(subject);
}

/** sevadm_subject_too_deep() - return true for a cgroup that is nested too deep to have limits */
bool sevadm_subject_too_deep(const struct sevadm_subject_key *key)
{
	return key->kind == SEVADM_SUBJECT_CGROUP && key->cgroup->level >= SUBJECT_LEVELS_MAX;
}

/**
 * sevadm_subject_has_room_locked() - return true if there may be a subject for @key: not too many,
 * nor too deep
 * @key: the subject
 */
bool sevadm_subject_has_room_locked(const struct sevadm_subject_key *key)
{
	return !sevadm_subject_too_deep(key) &&
	       (key->kind == SEVADM_SUBJECT_HOST || sevadm_subject_nr < SEVADM_LIMITS_MAX ||
		sevadm_subject_find_locked(key));
}

/**
 * sevadm_subject_enter_locked() - find the subject for @key, or make it of a spare one
 * @key: who it is
 * @spare: a new subject for @key; set to NULL if it is used
 *
 * Return: the subject.
 */
struct subject *sevadm_subject_enter_locked(const struct sevadm_subject_key *key,
					    struct subject **spare)
{
	struct subject *subject = key->kind == SEVADM_SUBJECT_HOST ? &sevadm_subject_host :
				  sevadm_subject_find_locked(key);

	if (subject)
		return subject;
	subject = *spare;
	*spare = NULL;
	subject->seq = ++last_seq;
	subject->fresh = true;
	sevadm_subject_nr++;
	if (key->kind == SEVADM_SUBJECT_CGROUP && !level_nr[key->cgroup->level]++)
		__set_bit(key->cgroup->level, levels);
	list_add_tail(&subject->list, &sevadm_subject_list);
	hash_add(subjects, &subject->node, key_hash(&subject->key));
	return subject;
}

/**
 * sevadm_subject_sweep_locked() - drop subjects that limit nothing, or whose cgroup is gone
 * @gone: they are moved here
 *
 * Return: true if there were any.
 */
bool sevadm_subject_sweep_locked(struct list_head *gone)
{
	const struct sevadm_subject_key *key;
	struct subject *subject, *next;
	u32 resource;

	lockdep_assert_held(&sevadm_ledger_lock);
	list_for_each_entry_safe(subject, next, &sevadm_subject_list, list) {
		if (subject == &sevadm_subject_host ||
		    (is_limited(subject) && !sevadm_subject_gone(subject)))
			continue;
		for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
			sevadm_subject_set_limits_locked(subject, resource, &sevadm_unlimited);
		key = &subject->key;
		if (key->kind == SEVADM_SUBJECT_CGROUP && !--level_nr[key->cgroup->level])
			__clear_bit(key->cgroup->level, levels);
		hash_del(&subject->node);
		list_move(&subject->list, gone);
		sevadm_subject_nr--;
	}
	return !list_empty(gone);
}

/** sevadm_subjects_init() - begin with the host, which has no limits */
void sevadm_subjects_init(void)
{
	u32 resource;

	sevadm_subject_host.seq = ++last_seq;
	sevadm_subject_nr = 1;
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		sevadm_subject_host.counters[resource].limits = sevadm_unlimited;
	list_add(&sevadm_subject_host.list, &sevadm_subject_list);
}

/** sevadm_subjects_uninit() - free all subjects; no VM is in the ledger any more */
void sevadm_subjects_uninit(void)
{
	struct subject *subject, *next;

	list_for_each_entry_safe(subject, next, &sevadm_subject_list, list)
		if (subject != &sevadm_subject_host)
			sevadm_subject_free(subject);
}

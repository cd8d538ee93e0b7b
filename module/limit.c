// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits. Counters of all subjects, and what each VM is charged, are guarded by sevadm_ledger_lock:
 * a charge looks at every subject concerned and then adds to all of them, or to none, before anybody
 * else can look. Its cost is that of the depth of the cgroup, whatever the number of VMs.
 *
 * Of an ASID pool as much is kept as subjects are guaranteed and do not use: the sum of what is used
 * and what is kept never exceeds the pool through a charge that somebody else's guarantee would pay.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "lease.h"
#include "ledger.h"
#include "limit.h"
#include "notify.h"
#include "pool.h"

/* A soft limit that was passed tells again once usage has been at most this part of it. */
#define HIGH_AGAIN(high)	((high) - (high) / 16)

struct counter {
	struct sevadm_limits limits;
	u64 current_usage;
	u64 peak;
	u64 high_events;
	u64 max_events;
	bool high_told;
};

struct subject {
	struct hlist_node node;
	struct list_head list;
	struct sevadm_subject_key key;
	u64 seq;
	bool fresh;		/* usage of the VMs that are there is not counted yet */
	struct counter counters[SEVADM_RESOURCE_NR];
};

static DEFINE_HASHTABLE(subjects, 10);
static LIST_HEAD(subject_list);		/* in order of seq, the host first */
static unsigned int subject_nr;
static u64 last_seq;
static struct subject host;

/* Sum over all subjects of what is guaranteed and not used, and of what is guaranteed at all. */
static u64 kept[SEVADM_RESOURCE_NR];
static u64 guaranteed[SEVADM_RESOURCE_NR];

static const struct sevadm_limits unlimited = { .high = U64_MAX, .max = U64_MAX };

/* ---- subjects ------------------------------------------------------------------------------ */

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

static struct subject *find_subject(const struct sevadm_subject_key *key)
{
	struct subject *subject;

	lockdep_assert_held(&sevadm_ledger_lock);
	hash_for_each_possible(subjects, subject, node, key_hash(key))
		if (key_same(&subject->key, key))
			return subject;
	return NULL;
}

/* Goes over the subjects that a VM is charged to: the host, its user, its cgroup and all above. */
struct walk {
	struct sevadm_subject_key key;
	const struct sevadm_vm *vm;
	bool users_done;
};

static struct subject *walk_next(struct walk *walk)
{
	struct subject *subject;

	if (!walk->users_done && walk->vm->creator) {
		walk->users_done = true;
		walk->key = (struct sevadm_subject_key) {
			.kind = SEVADM_SUBJECT_USER, .uid = walk->vm->uid };
		subject = find_subject(&walk->key);
		if (subject)
			return subject;
	}
	while (subject_nr > 1) {
		walk->key.cgroup = walk->key.kind == SEVADM_SUBJECT_CGROUP ?
			cgroup_parent(walk->key.cgroup) : walk->vm->cgroup;
		walk->key.kind = SEVADM_SUBJECT_CGROUP;
		if (!walk->key.cgroup)
			return NULL;
		subject = find_subject(&walk->key);
		if (subject)
			return subject;
	}
	return NULL;
}

#define for_each_subject(subject, walk, _vm)					\
	for ((walk) = (struct walk) { .vm = (_vm) }, (subject) = &host;		\
	     (subject); (subject) = walk_next(&(walk)))

static bool concerns(const struct subject *subject, const struct sevadm_vm *vm)
{
	switch (subject->key.kind) {
	case SEVADM_SUBJECT_USER:
		return vm->creator && uid_eq(vm->uid, subject->key.uid);
	case SEVADM_SUBJECT_CGROUP:
		return vm->cgroup && cgroup_is_descendant(vm->cgroup, subject->key.cgroup);
	default:
		return true;
	}
}

/* ---- counters ------------------------------------------------------------------------------ */

static u64 unused(const struct counter *counter)
{
	return counter->limits.min > counter->current_usage ?
	       counter->limits.min - counter->current_usage : 0;
}

static void count(struct subject *subject, u32 resource, s64 change)
{
	struct counter *counter = &subject->counters[resource];

	kept[resource] -= unused(counter);
	counter->current_usage += change;
	kept[resource] += unused(counter);
	counter->peak = max(counter->peak, counter->current_usage);
	if (counter->high_told && counter->current_usage <= HIGH_AGAIN(counter->limits.high))
		counter->high_told = false;
}

static void put_limits(struct subject *subject, u32 resource, const struct sevadm_limits *limits)
{
	struct counter *counter = &subject->counters[resource];

	kept[resource] -= unused(counter);
	guaranteed[resource] += limits->min - counter->limits.min;
	counter->limits = *limits;
	kept[resource] += unused(counter);
	counter->high_told = counter->current_usage > limits->high;
}

static void hit(struct sevadm_limit_hits *hits, const struct subject *subject, u32 resource,
		u32 knob, u64 limit, u64 amount)
{
	if (hits->nr == ARRAY_SIZE(hits->hits))
		return;
	hits->hits[hits->nr++] = (struct sevadm_limit_hit) {
		.subject = subject->key.kind,
		.subject_id = subject->key.kind == SEVADM_SUBJECT_USER ?
			      from_kuid_munged(&init_user_ns, subject->key.uid) :
			      subject->key.kind == SEVADM_SUBJECT_CGROUP ?
			      cgroup_id(subject->key.cgroup) : 0,
		.resource = resource,
		.knob = knob,
		.usage = subject->counters[resource].current_usage,
		.limit = limit,
		.amount = amount,
	};
}

static bool fits(struct subject *subject, u32 resource, u64 amount, struct sevadm_limit_hits *hits)
{
	struct counter *counter = &subject->counters[resource];

	if (amount <= counter->limits.max &&
	    counter->current_usage <= counter->limits.max - amount)
		return true;
	counter->max_events++;
	hit(hits, subject, resource, SEVADM_KNOB_MAX, counter->limits.max, amount);
	return false;
}

static void add(struct subject *subject, u32 resource, u64 amount, struct sevadm_limit_hits *hits)
{
	struct counter *counter = &subject->counters[resource];

	count(subject, resource, amount);
	if (counter->current_usage <= counter->limits.high || counter->high_told ||
	    hits->nr == ARRAY_SIZE(hits->hits))
		return;
	counter->high_told = true;
	counter->high_events++;
	hit(hits, subject, resource, SEVADM_KNOB_HIGH, counter->limits.high, amount);
}

/* ---- ASIDs that are kept ------------------------------------------------------------------- */

/* sevadm_limit_charged_locked() - ASIDs of a pool that VMs are charged: held, or just being taken */
u64 sevadm_limit_charged_locked(u32 pool)
{
	return host.counters[sevadm_resource_of_pool(pool)].current_usage;
}

/* sevadm_limit_used_locked() - ASIDs of a pool that are used, by VMs of the ledger or not */
u64 sevadm_limit_used_locked(u32 pool)
{
	return sevadm_pool_foreign_locked(pool) + sevadm_limit_charged_locked(pool);
}

/**
 * sevadm_limit_reserved_locked() - ASIDs of a pool that are guaranteed or leased, and not used
 * @pool: enum sevadm_pool
 */
u64 sevadm_limit_reserved_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return kept[sevadm_resource_of_pool(pool)] + sevadm_lease_kept_locked(pool);
}

/* sevadm_limit_available_locked() - ASIDs of a pool that anybody may take: see above */
u64 sevadm_limit_available_locked(u32 pool)
{
	u64 busy = sevadm_limit_used_locked(pool) + sevadm_limit_reserved_locked(pool);
	u64 capacity = sevadm_pool_capacity(pool);

	return capacity > busy ? capacity - busy : 0;
}

/* Whether a lease is for the VM, or a subject of it has a guarantee left: that pays for the ASID. */
static bool asid_paid(struct sevadm_vm *vm, u32 resource)
{
	struct subject *subject;
	struct walk walk;

	if (sevadm_lease_use_locked(vm, sevadm_pool_of_type(vm->type)))
		return true;
	for_each_subject(subject, walk, vm)
		if (unused(&subject->counters[resource]))
			return true;
	return false;
}

static bool asid_fits(struct sevadm_vm *vm, u32 resource, struct sevadm_limit_hits *hits)
{
	u32 pool = sevadm_pool_of_type(vm->type);
	u64 used = sevadm_limit_used_locked(pool), capacity = sevadm_pool_capacity(pool);

	if (!guaranteed[resource] && !sevadm_lease_count_locked(pool)) {
		/*
		 * KVM itself says no: this only tells why. Not where ASIDs are kept: what KVM has
		 * still to hand out to their owner, it would give to whoever comes first.
		 */
		if (used >= capacity)
			hit(hits, &host, resource, SEVADM_KNOB_POOL, capacity, 1);
		return true;
	}
	if (asid_paid(vm, resource) || sevadm_limit_available_locked(pool))
		return true;
	hit(hits, &host, resource, used >= capacity ? SEVADM_KNOB_POOL : SEVADM_KNOB_MIN,
	    capacity, 1);
	return false;
}

/* ---- charging ------------------------------------------------------------------------------ */

static bool charge_locked(struct sevadm_vm *vm, u32 resource, u64 amount,
			  struct sevadm_limit_hits *hits)
{
	struct sevadm_vm *moving_to = vm->moving_to;
	struct subject *subject;
	struct walk walk;

	for_each_subject(subject, walk, vm)
		if (!fits(subject, resource, amount, hits))
			return false;
	if (moving_to)
		for_each_subject(subject, walk, moving_to)
			if (!concerns(subject, vm) && !fits(subject, resource, amount, hits))
				return false;
	if (resource != SEVADM_RESOURCE_PIN && !asid_fits(vm, resource, hits))
		return false;

	for_each_subject(subject, walk, vm)
		add(subject, resource, amount, hits);
	if (moving_to)
		for_each_subject(subject, walk, moving_to)
			if (!concerns(subject, vm))
				add(subject, resource, amount, hits);
	vm->charged[resource] += amount;
	return true;
}

/**
 * sevadm_limit_charge() - charge a VM's subjects, all or none of them
 * @vm: the VM, in the ledger
 * @resource: enum sevadm_resource
 * @amount: pages or ASIDs
 * @limit: set to the limit met when it is refused; may be NULL
 *
 * Context: process context, no spinlock held.
 * Return: 0, or -EDQUOT: a limit refuses.
 */
int sevadm_limit_charge(struct sevadm_vm *vm, u32 resource, u64 amount, u64 *limit)
{
	struct sevadm_limit_hits hits = {};
	bool charged;

	do {
		hits.nr = 0;
		spin_lock(&sevadm_ledger_lock);
		charged = charge_locked(vm, resource, amount, &hits);
		spin_unlock(&sevadm_ledger_lock);
		/* Not because of a cgroup that is gone. */
	} while (!charged && sevadm_limit_sweep());

	if (!charged && limit)
		*limit = hits.hits[hits.nr - 1].limit;
	sevadm_notify_hits(&hits, vm, charged ? 0 : resource == SEVADM_RESOURCE_PIN ? -ENOMEM : -EBUSY);
	return charged ? 0 : -EDQUOT;
}

/* sevadm_limit_uncharge_locked() - give back at most what the VM is charged */
void sevadm_limit_uncharge_locked(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	struct subject *subject;
	struct walk walk;

	lockdep_assert_held(&sevadm_ledger_lock);
	amount = min(amount, vm->charged[resource]);
	if (!amount)
		return;
	for_each_subject(subject, walk, vm)
		count(subject, resource, -amount);
	if (vm->moving_to)
		for_each_subject(subject, walk, vm->moving_to)
			if (!concerns(subject, vm))
				count(subject, resource, -amount);
	vm->charged[resource] -= amount;
	if (resource != SEVADM_RESOURCE_PIN)
		sevadm_lease_unuse_locked(vm);
}

/* sevadm_limit_uncharge() - likewise */
void sevadm_limit_uncharge(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_uncharge_locked(vm, resource, amount);
	spin_unlock(&sevadm_ledger_lock);
}

static void force_locked(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	struct subject *subject;
	struct walk walk;

	for_each_subject(subject, walk, vm)
		count(subject, resource, amount);
	vm->charged[resource] += amount;
}

/* sevadm_limit_force_locked() - charge an adopted VM what it holds, whatever the limits are */
void sevadm_limit_force_locked(struct sevadm_vm *vm)
{
	force_locked(vm, SEVADM_RESOURCE_PIN, vm->pinned);
	if (!vm->mirror)
		force_locked(vm, sevadm_resource_of_pool(sevadm_pool_of_type(vm->type)), 1);
}

/* sevadm_limit_forget_locked() - a VM leaves the ledger: give back all it is charged */
void sevadm_limit_forget_locked(struct sevadm_vm *vm)
{
	u32 resource;

	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		sevadm_limit_uncharge_locked(vm, resource, vm->charged[resource]);
}

/* ---- migration: charges move --------------------------------------------------------------- */

/**
 * sevadm_limit_move_begin() - a VM's context is about to move to another one
 * @to: the VM it moves to
 * @from: the VM it is of
 *
 * Until sevadm_limit_move_end_locked() the subjects of both are charged, each of them once.
 *
 * Return: 0; -EBUSY: it is being moved already; -EDQUOT: a limit of the destination refuses.
 */
int sevadm_limit_move_begin(struct sevadm_vm *to, struct sevadm_vm *from)
{
	struct sevadm_limit_hits hits = {};
	struct subject *subject;
	struct walk walk;
	u32 resource;
	int ret = 0;

	spin_lock(&sevadm_ledger_lock);
	if (from->moving_to) {
		ret = -EBUSY;
		goto unlock;
	}
	for_each_subject(subject, walk, to)
		for (resource = 0; resource < SEVADM_RESOURCE_NR && !ret; resource++)
			if (!concerns(subject, from) &&
			    !fits(subject, resource, from->charged[resource], &hits))
				ret = -EDQUOT;
	if (ret)
		goto unlock;
	for_each_subject(subject, walk, to)
		for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
			if (!concerns(subject, from))
				add(subject, resource, from->charged[resource], &hits);
	from->moving_to = to;
unlock:
	spin_unlock(&sevadm_ledger_lock);
	sevadm_notify_hits(&hits, to, ret == -EDQUOT ? -ENOMEM : 0);
	return ret;
}

/* sevadm_limit_move_end_locked() - it has moved, or not */
void sevadm_limit_move_end_locked(struct sevadm_vm *to, struct sevadm_vm *from, bool moved)
{
	const struct sevadm_vm *keeps = moved ? to : from, *leaves = moved ? from : to;
	struct subject *subject;
	struct walk walk;
	u32 resource;

	lockdep_assert_held(&sevadm_ledger_lock);
	for_each_subject(subject, walk, leaves)
		for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
			if (!concerns(subject, keeps))
				count(subject, resource, -from->charged[resource]);
	from->moving_to = NULL;
	if (!moved)
		return;
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++) {
		to->charged[resource] += from->charged[resource];
		from->charged[resource] = 0;
	}
	sevadm_lease_move_locked(to, from);
}

/* sevadm_limit_move_cancel() - it has not moved */
void sevadm_limit_move_cancel(struct sevadm_vm *to, struct sevadm_vm *from)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_move_end_locked(to, from, false);
	spin_unlock(&sevadm_ledger_lock);
}

/* ---- setting limits ------------------------------------------------------------------------ */

static bool cgroup_gone(const struct subject *subject)
{
	return subject->key.kind == SEVADM_SUBJECT_CGROUP &&
	       !(READ_ONCE(subject->key.cgroup->self.flags) & CSS_ONLINE);
}

static bool is_limited(const struct subject *subject)
{
	u32 resource;

	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		if (memcmp(&subject->counters[resource].limits, &unlimited, sizeof(unlimited)))
			return true;
	return false;
}

static struct subject *subject_alloc(const struct sevadm_subject_key *key)
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
		subject->counters[resource].limits = unlimited;
	return subject;
}

static void subject_free(struct subject *subject)
{
	if (!subject)
		return;
	if (subject->key.cgroup)
		cgroup_put(subject->key.cgroup);
	kfree(subject);
}

static void free_list(struct list_head *gone)
{
	struct subject *subject, *next;

	list_for_each_entry_safe(subject, next, gone, list)
		subject_free(subject);
}

/* The subject of @key: the one that is there, or the empty one at *@spare, which is used up then. */
static struct subject *enter(const struct sevadm_subject_key *key, struct subject **spare)
{
	struct subject *subject = key->kind == SEVADM_SUBJECT_HOST ? &host : find_subject(key);

	if (subject)
		return subject;
	subject = *spare;
	*spare = NULL;
	subject->seq = ++last_seq;
	subject->fresh = true;
	subject_nr++;
	list_add_tail(&subject->list, &subject_list);
	hash_add(subjects, &subject->node, key_hash(&subject->key));
	return subject;
}

/* A VM on the move counts where it goes to as well. */
static void count_fresh(struct sevadm_vm *vm)
{
	struct subject *subject;
	struct walk walk;
	u32 resource;

	for_each_subject(subject, walk, vm)
		for (resource = 0; subject->fresh && resource < SEVADM_RESOURCE_NR; resource++)
			count(subject, resource, vm->charged[resource]);
	if (!vm->moving_to)
		return;
	for_each_subject(subject, walk, vm->moving_to)
		for (resource = 0; subject->fresh && !concerns(subject, vm) &&
		     resource < SEVADM_RESOURCE_NR; resource++)
			count(subject, resource, vm->charged[resource]);
}

static void count_all_fresh(void)
{
	struct subject *subject;

	sevadm_ledger_each_locked(count_fresh);
	list_for_each_entry(subject, &subject_list, list)
		subject->fresh = false;
}

/* Subjects that limit nothing, or whose cgroup is gone, leave. */
static void sweep(struct list_head *gone)
{
	struct subject *subject, *next;
	u32 resource;

	list_for_each_entry_safe(subject, next, &subject_list, list) {
		if (subject == &host || (is_limited(subject) && !cgroup_gone(subject)))
			continue;
		for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
			put_limits(subject, resource, &unlimited);
		hash_del(&subject->node);
		list_move(&subject->list, gone);
		subject_nr--;
	}
}

/* sevadm_limit_sweep() - the limits of cgroups that are gone end; whether there were any */
bool sevadm_limit_sweep(void)
{
	LIST_HEAD(gone);
	bool any;

	spin_lock(&sevadm_ledger_lock);
	sweep(&gone);
	spin_unlock(&sevadm_ledger_lock);
	any = !list_empty(&gone);
	free_list(&gone);
	return any;
}

static void change(struct subject *subject, const struct sevadm_limit_set *set)
{
	struct sevadm_limits limits = subject->counters[set->resource].limits;

	if (set->mask & BIT(SEVADM_KNOB_MIN))
		limits.min = set->limits.min;
	if (set->mask & BIT(SEVADM_KNOB_HIGH))
		limits.high = set->limits.high;
	if (set->mask & BIT(SEVADM_KNOB_MAX))
		limits.max = set->limits.max;
	put_limits(subject, set->resource, &limits);
}

/* Whether @sum ASIDs can be guaranteed; *@left: how many of them can. */
static bool can_guarantee(u32 resource, u64 sum, u64 *left)
{
	u32 pool = resource == SEVADM_RESOURCE_ASID_SEV ? SEVADM_POOL_SEV : SEVADM_POOL_SEV_ES;
	u64 capacity, leased;

	if (resource == SEVADM_RESOURCE_PIN)
		return true;
	capacity = sevadm_pool_capacity(pool);
	leased = sevadm_lease_count_locked(pool);
	*left = capacity > leased ? capacity - leased : 0;
	return sum <= *left;
}

/**
 * sevadm_limit_set() - change limits of one resource of one subject
 * @set: the change
 * @left: set to the number of ASIDs that can still be guaranteed to this subject when there are too few
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -ENOSPC: the guarantees would exceed the pool, -E2BIG: too many subjects.
 */
int sevadm_limit_set(const struct sevadm_limit_set *set, u64 *left)
{
	struct subject *spare = subject_alloc(&set->key), *subject;
	u64 others = 0;
	LIST_HEAD(gone);
	int ret = 0;

	if (!spare)
		return -ENOMEM;
	sevadm_limit_sweep();

	spin_lock(&sevadm_ledger_lock);
	if (subject_nr >= SEVADM_LIMITS_MAX && !find_subject(&set->key) &&
	    set->key.kind != SEVADM_SUBJECT_HOST) {
		ret = -E2BIG;
		goto unlock;
	}
	subject = enter(&set->key, &spare);
	count_all_fresh();
	others = guaranteed[set->resource] - subject->counters[set->resource].limits.min;
	if (set->mask & BIT(SEVADM_KNOB_MIN) &&
	    !can_guarantee(set->resource, others + set->limits.min, left)) {
		*left = *left > others ? *left - others : 0;
		ret = -ENOSPC;
	} else {
		change(subject, set);
	}
	sweep(&gone);
unlock:
	spin_unlock(&sevadm_ledger_lock);
	subject_free(spare);
	free_list(&gone);
	return ret;
}

/**
 * sevadm_limit_delete() - lift limits of a subject
 * @key: the subject
 * @resource: enum sevadm_resource; SEVADM_RESOURCE_NR: all
 *
 * Context: may sleep.
 * Return: 0, or -ENOENT: it has none.
 */
int sevadm_limit_delete(const struct sevadm_subject_key *key, u32 resource)
{
	struct subject *subject;
	LIST_HEAD(gone);
	u32 i;

	spin_lock(&sevadm_ledger_lock);
	subject = key->kind == SEVADM_SUBJECT_HOST ? &host : find_subject(key);
	for (i = 0; subject && i < SEVADM_RESOURCE_NR; i++)
		if (resource == SEVADM_RESOURCE_NR || resource == i)
			put_limits(subject, i, &unlimited);
	sweep(&gone);
	spin_unlock(&sevadm_ledger_lock);
	free_list(&gone);
	return subject ? 0 : -ENOENT;
}

static void apply_locked(const struct sevadm_limit_set *sets, u32 nr, struct subject **spares)
{
	struct subject *subject;
	u32 i, resource;

	for (i = 0; i < nr; i++)
		enter(&sets[i].key, &spares[i]);
	count_all_fresh();
	list_for_each_entry(subject, &subject_list, list)
		for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
			put_limits(subject, resource, &unlimited);
	for (i = 0; i < nr; i++)
		change(enter(&sets[i].key, &spares[i]), &sets[i]);
}

/**
 * sevadm_limit_apply() - these limits become the only ones
 * @sets: the limits
 * @nr: their number, at most SEVADM_LIMITS_MAX
 * @resource: set to the resource whose guarantees exceed its pool
 * @left: set to the number of its ASIDs that can be guaranteed
 *
 * Counters of subjects that stay go on. The ledger's lock is held while usage of all VMs is counted.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -ENOSPC: nothing was changed.
 */
int sevadm_limit_apply(const struct sevadm_limit_set *sets, u32 nr, u32 *resource, u64 *left)
{
	u64 sums[SEVADM_RESOURCE_NR] = {};
	struct subject **spares;
	LIST_HEAD(gone);
	int ret = 0;
	u32 i;

	spares = kvcalloc(nr ?: 1, sizeof(*spares), GFP_KERNEL_ACCOUNT);
	if (!spares)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		spares[i] = subject_alloc(&sets[i].key);
		if (!spares[i]) {
			ret = -ENOMEM;
			goto free;
		}
		sums[sets[i].resource] += sets[i].limits.min;
	}

	spin_lock(&sevadm_ledger_lock);
	for (i = 0; i < SEVADM_RESOURCE_NR && !ret; i++)
		if (!can_guarantee(i, sums[i], left)) {
			*resource = i;
			ret = -ENOSPC;
		}
	if (!ret) {
		apply_locked(sets, nr, spares);
		sweep(&gone);
	}
	spin_unlock(&sevadm_ledger_lock);
	free_list(&gone);
free:
	for (i = 0; i < nr; i++)
		subject_free(spares[i]);
	kvfree(spares);
	return ret;
}

/**
 * sevadm_limit_info() - the next subject that has limits
 * @cursor: 0 for the first one; moved forward
 * @infos: one for each resource; a cgroup in @key comes with one reference for the caller
 *
 * Return: whether there was one.
 */
bool sevadm_limit_info(u64 *cursor, struct sevadm_limit_info infos[SEVADM_RESOURCE_NR])
{
	struct subject *subject;
	bool found = false;
	u32 i;

	spin_lock(&sevadm_ledger_lock);
	list_for_each_entry(subject, &subject_list, list) {
		if (subject->seq <= *cursor || cgroup_gone(subject))
			continue;
		if (subject->key.cgroup && !cgroup_tryget(subject->key.cgroup))
			continue;
		for (i = 0; i < SEVADM_RESOURCE_NR; i++)
			infos[i] = (struct sevadm_limit_info) {
				.key = subject->key,
				.limits = subject->counters[i].limits,
				.current_usage = subject->counters[i].current_usage,
				.peak = subject->counters[i].peak,
				.high_events = subject->counters[i].high_events,
				.max_events = subject->counters[i].max_events,
			};
		*cursor = subject->seq;
		found = true;
		break;
	}
	spin_unlock(&sevadm_ledger_lock);
	return found;
}

void sevadm_limit_init(void)
{
	u32 resource;

	host.seq = ++last_seq;
	subject_nr = 1;
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		host.counters[resource].limits = unlimited;
	list_add(&host.list, &subject_list);
}

/* sevadm_limit_uninit() - no VM is in the ledger any more */
void sevadm_limit_uninit(void)
{
	struct subject *subject, *next;

	list_for_each_entry_safe(subject, next, &subject_list, list)
		if (subject != &host)
			subject_free(subject);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Setting, lifting and listing limits. */
#include <linux/cgroup.h>
#include <linux/slab.h>

#include "guarantee.h"
#include "lease.h"
#include "limit.h"
#include "pool.h"
#include "resource.h"
#include "subject.h"
#include "vm.h"

/* Counts what a VM uses in subjects that are new. One that is moving counts in both places. */
static void count_fresh(struct sevadm_vm *vm)
{
	struct subject *subject;
	struct walk walk;
	u32 resource;

	for_each_charged(subject, &walk, vm)
		for (resource = 0; subject->fresh && resource < SEVADM_RESOURCE_NR; resource++)
			sevadm_subject_count_locked(subject, resource, (struct change) {
				.usage = vm->charged[resource],
				.in_flight = vm->in_flight[resource],
			});
}

static void count_all_fresh(void)
{
	struct subject *subject;

	sevadm_vm_each_locked(count_fresh);
	list_for_each_entry(subject, &sevadm_subject_list, list)
		subject->fresh = false;
}

/**
 * sevadm_limit_sweep() - drop the limits of cgroups that are gone; return true if there were any
 */
bool sevadm_limit_sweep(void)
{
	LIST_HEAD(gone);
	bool any;

	spin_lock(&sevadm_ledger_lock);
	any = sevadm_guarantee_sweep_locked(&gone);
	spin_unlock(&sevadm_ledger_lock);
	sevadm_subject_free_list(&gone);
	return any;
}

static void set_limits(struct subject *subject, const struct sevadm_limit_set *set)
{
	struct sevadm_limits limits = subject->counters[set->resource].limits;

	if (set->mask & BIT(SEVADM_KNOB_MIN))
		limits.min = set->limits.min;
	if (set->mask & BIT(SEVADM_KNOB_HIGH))
		limits.high = set->limits.high;
	if (set->mask & BIT(SEVADM_KNOB_MAX))
		limits.max = set->limits.max;
	sevadm_subject_set_limits_locked(subject, set->resource, &limits);
}

/* Return true if @sum ASIDs can be guaranteed; set *@left to how many of them can. */
static bool can_guarantee(u32 resource, u64 sum, u64 *left)
{
	u32 pool = sevadm_pool_of_resource(resource);
	u64 capacity, leased;

	if (sevadm_resource_is_memory(resource))
		return true;
	capacity = sevadm_pool_capacity_hoped_for(pool);
	leased = sevadm_lease_count_locked(pool);
	*left = capacity > leased ? capacity - leased : 0;
	return sum <= *left;
}

/**
 * sevadm_limit_set() - change limits of one resource of one subject
 * @set: the change
 * @left: on -ENOSPC: how many ASIDs this subject can still be guaranteed
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -ENOSPC: the guarantees would exceed the pool, -E2BIG: too many subjects,
 * or a cgroup that is nested too deep.
 */
int sevadm_limit_set(const struct sevadm_limit_set *set, u64 *left)
{
	struct subject *spare = sevadm_subject_alloc(&set->key), *subject;
	u64 others = 0;
	LIST_HEAD(gone);
	int ret = 0;

	if (!spare)
		return -ENOMEM;
	sevadm_limit_sweep();

	spin_lock(&sevadm_ledger_lock);
	if (!sevadm_subject_has_room_locked(&set->key)) {
		ret = -E2BIG;
		goto unlock;
	}
	subject = sevadm_subject_enter_locked(&set->key, &spare);
	count_all_fresh();
	others = sevadm_subject_guaranteed_locked(set->resource) -
		 subject->counters[set->resource].limits.min;
	if (set->mask & BIT(SEVADM_KNOB_MIN) &&
	    !can_guarantee(set->resource, others + set->limits.min, left)) {
		*left = *left > others ? *left - others : 0;
		ret = -ENOSPC;
	} else {
		set_limits(subject, set);
		sevadm_guarantee_settle_locked();
	}
	sevadm_guarantee_sweep_locked(&gone);
unlock:
	spin_unlock(&sevadm_ledger_lock);
	sevadm_subject_free(spare);
	sevadm_subject_free_list(&gone);
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
	subject = key->kind == SEVADM_SUBJECT_HOST ? &sevadm_subject_host :
						     sevadm_subject_find_locked(key);
	for (i = 0; subject && i < SEVADM_RESOURCE_NR; i++)
		if (resource == SEVADM_RESOURCE_NR || resource == i)
			sevadm_subject_set_limits_locked(subject, i, &sevadm_unlimited);
	sevadm_guarantee_settle_locked();
	sevadm_guarantee_sweep_locked(&gone);
	spin_unlock(&sevadm_ledger_lock);
	sevadm_subject_free_list(&gone);
	return subject ? 0 : -ENOENT;
}

static void apply_locked(const struct sevadm_limit_set *sets, u32 nr, struct subject **spares)
{
	struct subject *subject;
	u32 i, resource;

	for (i = 0; i < nr; i++)
		sevadm_subject_enter_locked(&sets[i].key, &spares[i]);
	count_all_fresh();
	list_for_each_entry(subject, &sevadm_subject_list, list)
		for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
			sevadm_subject_set_limits_locked(subject, resource, &sevadm_unlimited);
	for (i = 0; i < nr; i++)
		set_limits(sevadm_subject_enter_locked(&sets[i].key, &spares[i]), &sets[i]);
}

/**
 * sevadm_limit_apply() - replace all limits by others
 * @sets: the limits
 * @nr: their number, at most SEVADM_LIMITS_MAX
 * @resource: on -ENOSPC: the resource whose guarantees exceed its pool
 * @left: on -ENOSPC: how many of its ASIDs can be guaranteed
 *
 * Counters of subjects that stay go on. The ledger's lock is held while usage of all VMs is
 * counted.
 *
 * Context: may sleep.
 * Return: 0, or nothing was changed: -ENOMEM, -ENOSPC, -E2BIG: a cgroup is nested too deep.
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
		if (sevadm_subject_too_deep(&sets[i].key)) {
			ret = -E2BIG;
			goto free;
		}
		spares[i] = sevadm_subject_alloc(&sets[i].key);
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
		sevadm_guarantee_settle_locked();
		sevadm_guarantee_sweep_locked(&gone);
	}
	spin_unlock(&sevadm_ledger_lock);
	sevadm_subject_free_list(&gone);
free:
	for (i = 0; i < nr; i++)
		sevadm_subject_free(spares[i]);
	kvfree(spares);
	return ret;
}

/**
 * sevadm_limit_info() - describe the next subject that has limits
 * @cursor: 0 for the first one; moved forward
 * @infos: one for each resource; a cgroup in @key comes with one reference for the caller
 *
 * Return: true if there was one.
 */
bool sevadm_limit_info(u64 *cursor, struct sevadm_limit_info infos[SEVADM_RESOURCE_NR])
{
	struct subject *subject;
	bool found = false;
	u32 i;

	spin_lock(&sevadm_ledger_lock);
	list_for_each_entry(subject, &sevadm_subject_list, list) {
		if (subject->seq <= *cursor || sevadm_subject_gone(subject))
			continue;
		if (subject->key.cgroup && !cgroup_tryget(subject->key.cgroup))
			continue;
		for (i = 0; i < SEVADM_RESOURCE_NR; i++)
			infos[i] = (struct sevadm_limit_info) {
				.key = subject->key,
				.limits = subject->counters[i].limits,
				.current_usage = sevadm_subject_settled_use(&subject->counters[i]),
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

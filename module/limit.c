// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits. Counters of all subjects, and what each VM is charged, are guarded by sevadm_ledger_lock:
 * a charge adds to every subject concerned, or to none, in one step. Its cost is that of the
 * limited levels of the cgroup tree, whatever the number of VMs.
 *
 * A charge is made before KVM is asked, and is in flight until KVM has answered. In flight it
 * counts against every maximum, but neither as a peak nor against a soft limit.
 *
 * Guaranteed but unused ASIDs stay reserved: a charge is refused if only another subject's
 * reservation could satisfy it.
 */
#include <linux/delay.h>
#include <linux/sched/signal.h>

#include "compat/compiler.h"
#include "guarantee.h"
#include "lease.h"
#include "limit.h"
#include "notify.h"
#include "pool.h"
#include "resource.h"
#include "subject.h"
#include "vm.h"

/*
 * How often, and how far apart, a charge is tried again that only charges in flight leave no room
 * for.
 */
#define IN_FLIGHT_TRIES		20
#define IN_FLIGHT_PAUSE_US	1000

/* ---- what is reported ----------------------------------------------------------------------- */

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
		.usage = knob == SEVADM_KNOB_HIGH ?
			 sevadm_subject_settled_use(&subject->counters[resource]) :
			 subject->counters[resource].usage,
		.limit = limit,
		.amount = amount,
	};
}

/**
 * struct refusal - why a charge is refused
 * @subject: by whose limit
 * @knob: enum sevadm_knob
 * @limit: its value
 */
struct refusal {
	struct subject *subject;
	u32 knob;
	u64 limit;
};

static bool fits(const struct subject *subject, u32 resource, u64 amount)
{
	const struct counter *counter = &subject->counters[resource];

	return amount <= counter->limits.max && counter->usage <= counter->limits.max - amount;
}

static bool refuse(struct refusal *refusal, struct subject *subject, u32 knob, u64 limit)
{
	*refusal = (struct refusal) { subject, knob, limit };
	return false;
}

static void count_refusal(const struct refusal *refusal, u32 resource, u64 amount,
			  struct sevadm_limit_hits *hits)
{
	if (refusal->knob == SEVADM_KNOB_MAX)
		refusal->subject->counters[resource].max_events++;
	hit(hits, refusal->subject, resource, refusal->knob, refusal->limit, amount);
}

static void look_at_soft_limit(struct subject *subject, u32 resource, u64 amount,
			       struct sevadm_limit_hits *hits)
{
	struct counter *counter = &subject->counters[resource];

	if (sevadm_subject_settled_use(counter) <= counter->limits.high || counter->high_reported ||
	    hits->nr == ARRAY_SIZE(hits->hits))
		return;
	counter->high_reported = true;
	counter->high_events++;
	hit(hits, subject, resource, SEVADM_KNOB_HIGH, counter->limits.high, amount);
}

/* ---- ASIDs that are reserved ---------------------------------------------------------------- */

/*
 * Takes an ASID for the VM: one that is leased or guaranteed to it, or one that anybody may have.
 */
static bool take_asid(struct sevadm_vm *vm, u32 resource, struct refusal *refusal,
		      struct sevadm_limit_hits *hits)
{
	u32 pool = sevadm_pool_of_type(vm->type);
	u64 used = sevadm_pool_used_locked(pool), capacity = sevadm_pool_capacity(pool);

	if (!sevadm_subject_guaranteed_locked(resource) && !sevadm_lease_count_locked(pool)) {
		/*
		 * Nothing is reserved: let KVM refuse, and only record why. With reservations KVM
		 * must not decide, as it would give the ASID to the first caller.
		 */
		if (used >= capacity)
			hit(hits, &sevadm_subject_host, resource, SEVADM_KNOB_POOL, capacity, 1);
		return true;
	}
	if (sevadm_lease_use_locked(vm, pool) || sevadm_guarantee_find_locked(vm, resource) ||
	    sevadm_pool_available_locked(pool))
		return true;
	return refuse(refusal, &sevadm_subject_host,
		      used >= capacity ? SEVADM_KNOB_POOL : SEVADM_KNOB_MIN, capacity);
}

/* ---- charging ------------------------------------------------------------------------------ */

static bool charge_locked(struct sevadm_vm *vm, u32 resource, u64 amount, struct refusal *refusal,
			  struct sevadm_limit_hits *hits)
{
	const struct change change = { .usage = amount, .in_flight = amount };
	struct subject *subject;
	struct walk walk;

	for_each_charged(subject, &walk, vm)
		if (!fits(subject, resource, amount))
			return refuse(refusal, subject, SEVADM_KNOB_MAX,
				      subject->counters[resource].limits.max);
	if (!sevadm_resource_is_memory(resource) && !take_asid(vm, resource, refusal, hits))
		return false;

	for_each_charged(subject, &walk, vm)
		sevadm_subject_count_locked(subject, resource, change);
	vm->charged[resource] += amount;
	vm->in_flight[resource] += amount;
	if (!sevadm_resource_is_memory(resource))
		sevadm_guarantee_take_locked(vm, resource);
	return true;
}

/*
 * Limits of removed cgroups must not refuse: moves them to @gone, and returns true if there were
 * any.
 */
static bool drop_removed_cgroups(const struct refusal *refusal, struct list_head *gone)
{
	return (refusal->knob != SEVADM_KNOB_MAX || sevadm_subject_gone(refusal->subject)) &&
	       sevadm_guarantee_sweep_locked(gone);
}

/* Return true if there would be room without charges in flight: the refusal is not for good. */
static bool refused_by_what_is_in_flight(const struct refusal *refusal, u32 resource, u64 amount)
{
	const struct counter *counter = &refusal->subject->counters[resource];

	if (!counter->in_flight)
		return false;
	return refusal->knob != SEVADM_KNOB_MAX ||
	       (amount <= refusal->limit &&
		sevadm_subject_settled_use(counter) <= refusal->limit - amount);
}

/**
 * sevadm_limit_charge() - charge a VM's subjects, all or none of them, before KVM is asked
 * @vm: the VM, in the ledger
 * @resource: enum sevadm_resource
 * @amount: pages or ASIDs
 * @limit: set to the limit met when it is refused; may be NULL
 *
 * To be followed by sevadm_limit_settle_locked() or sevadm_limit_cancel(). Waits for others'
 * charges in flight, which take the room for a moment only if KVM refuses them.
 *
 * Context: may sleep, for some hundredths of a second.
 * Return: 0, or -EDQUOT: a limit refuses.
 */
int sevadm_limit_charge(struct sevadm_vm *vm, u32 resource, u64 amount, u64 *limit)
{
	struct sevadm_limit_hits hits __uninitialized;
	struct refusal refusal __uninitialized;
	unsigned int tries = IN_FLIGHT_TRIES;
	LIST_HEAD(gone);
	bool charged;

	hits.nr = 0;
	spin_lock(&sevadm_ledger_lock);
	charged = charge_locked(vm, resource, amount, &refusal, &hits);
	while (!charged && refused_by_what_is_in_flight(&refusal, resource, amount) && tries-- &&
	       !fatal_signal_pending(current)) {
		spin_unlock(&sevadm_ledger_lock);
		usleep_range(IN_FLIGHT_PAUSE_US, 2 * IN_FLIGHT_PAUSE_US);
		spin_lock(&sevadm_ledger_lock);
		charged = charge_locked(vm, resource, amount, &refusal, &hits);
	}
	if (!charged && drop_removed_cgroups(&refusal, &gone))
		charged = charge_locked(vm, resource, amount, &refusal, &hits);
	if (!charged)
		count_refusal(&refusal, resource, amount, &hits);
	spin_unlock(&sevadm_ledger_lock);
	sevadm_subject_free_list(&gone);

	if (!charged && limit)
		*limit = refusal.limit;
	if (hits.nr)
		sevadm_notify_hits(&hits, vm, charged ? 0 :
				   sevadm_resource_is_memory(resource) ? -ENOMEM : -EBUSY);
	return charged ? 0 : -EDQUOT;
}

/**
 * sevadm_limit_settle_locked() - settle a charge: KVM has taken what was charged
 * @vm: the VM
 * @resource: enum sevadm_resource
 * @amount: pages or ASIDs; at most what is in flight is settled
 * @hits: soft limits that it passes, for sevadm_notify_hits() once the lock is released
 */
void sevadm_limit_settle_locked(struct sevadm_vm *vm, u32 resource, u64 amount,
				struct sevadm_limit_hits *hits)
{
	struct subject *subject;
	struct walk walk;

	lockdep_assert_held(&sevadm_ledger_lock);
	amount = min(amount, vm->in_flight[resource]);
	if (!amount)
		return;
	for_each_charged(subject, &walk, vm) {
		sevadm_subject_count_locked(subject, resource,
					    (struct change) { .in_flight = -amount });
		look_at_soft_limit(subject, resource, amount, hits);
	}
	vm->in_flight[resource] -= amount;
}

static void give_back_locked(struct sevadm_vm *vm, u32 resource, u64 amount, u64 in_flight)
{
	const struct change change = { .usage = -amount, .in_flight = -in_flight };
	struct subject *subject;
	struct walk walk;

	lockdep_assert_held(&sevadm_ledger_lock);
	if (!amount)
		return;
	for_each_charged(subject, &walk, vm)
		sevadm_subject_count_locked(subject, resource, change);
	vm->charged[resource] -= amount;
	vm->in_flight[resource] -= in_flight;
	if (sevadm_resource_is_memory(resource))
		return;
	sevadm_lease_unuse_locked(vm);
	sevadm_guarantee_leave_locked(vm, resource);
}

/**
 * sevadm_limit_cancel() - take a charge back: KVM has not taken what was charged
 * @vm: the VM
 * @resource: enum sevadm_resource
 * @amount: pages or ASIDs; at most what is in flight is taken back
 */
void sevadm_limit_cancel(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	spin_lock(&sevadm_ledger_lock);
	amount = min(amount, vm->in_flight[resource]);
	give_back_locked(vm, resource, amount, amount);
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_limit_uncharge_locked() - give back what a VM had
 * @vm: the VM
 * @resource: enum sevadm_resource
 * @amount: pages or ASIDs; at most what the VM is charged, and has
 */
void sevadm_limit_uncharge_locked(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	give_back_locked(vm, resource, min(amount, vm->charged[resource] - vm->in_flight[resource]),
			 0);
}

static void force_locked(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	struct subject *subject;
	struct walk walk;

	for_each_subject(subject, &walk, vm)
		sevadm_subject_count_locked(subject, resource, (struct change) { .usage = amount });
	vm->charged[resource] += amount;
}

/** sevadm_limit_force_locked() - charge an adopted VM for what it holds, whatever the limits are */
void sevadm_limit_force_locked(struct sevadm_vm *vm)
{
	u32 resource = sevadm_resource_of_pool(sevadm_pool_of_type(vm->type));

	force_locked(vm, SEVADM_RESOURCE_PIN, vm->pinned);
	force_locked(vm, SEVADM_RESOURCE_PRIVATE, vm->gmem_pages);
	if (vm->mirror)
		return;
	force_locked(vm, resource, 1);
	sevadm_guarantee_take_locked(vm, resource);
}

/**
 * sevadm_limit_force_pins_locked() - charge a VM, whatever the limits are, for pages pinned unseen
 * @vm: the VM
 * @pages: number of pages; nothing of it is in flight
 * @hits: soft limits that it passes, for sevadm_notify_hits() once the lock is released
 */
void sevadm_limit_force_pins_locked(struct sevadm_vm *vm, u64 pages,
				    struct sevadm_limit_hits *hits)
{
	const struct change change = { .usage = pages };
	struct subject *subject;
	struct walk walk;

	lockdep_assert_held(&sevadm_ledger_lock);
	for_each_charged(subject, &walk, vm) {
		sevadm_subject_count_locked(subject, SEVADM_RESOURCE_PIN, change);
		look_at_soft_limit(subject, SEVADM_RESOURCE_PIN, pages, hits);
	}
	vm->charged[SEVADM_RESOURCE_PIN] += pages;
}

/** sevadm_limit_forget_locked() - give back all that a VM is charged, which leaves the ledger */
void sevadm_limit_forget_locked(struct sevadm_vm *vm)
{
	u32 resource;

	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++)
		give_back_locked(vm, resource, vm->charged[resource], vm->in_flight[resource]);
}

/* ---- migration: charges move --------------------------------------------------------------- */

static bool destination_fits(struct sevadm_vm *to, struct sevadm_vm *from, u32 resource,
			     struct refusal *refusal)
{
	struct subject *subject;
	struct walk walk;

	for_each_subject_but(subject, &walk, to, from)
		if (!fits(subject, resource, from->charged[resource]))
			return refuse(refusal, subject, SEVADM_KNOB_MAX,
				      subject->counters[resource].limits.max);
	return true;
}

static bool guarantees_fit(struct sevadm_vm *to, struct sevadm_vm *from, u32 resource,
			   struct refusal *refusal)
{
	u32 pool = sevadm_pool_of_resource(resource);

	return sevadm_resource_is_memory(resource) || !from->charged[resource] ||
	       sevadm_guarantee_move_fits_locked(to, from) ||
	       refuse(refusal, &sevadm_subject_host, SEVADM_KNOB_MIN, sevadm_pool_capacity(pool));
}

/**
 * sevadm_limit_move_begin() - charge both VMs while a context moves from one to the other
 * @to: the VM it moves to
 * @from: the VM it is of
 *
 * Until sevadm_limit_move_end_locked() the subjects of both are charged, each of them once, and the
 * guarantees of either stay reserved as though the VM were the other's.
 *
 * Return: 0; -EBUSY: it is being moved already; -EDQUOT: a limit of the destination refuses, or a
 * guarantee.
 */
int sevadm_limit_move_begin(struct sevadm_vm *to, struct sevadm_vm *from)
{
	struct sevadm_limit_hits hits = {};
	struct refusal refusal = {};
	struct subject *subject;
	struct walk walk;
	u32 resource;
	u64 charged;
	int ret = 0;

	spin_lock(&sevadm_ledger_lock);
	if (from->moving_to) {
		ret = -EBUSY;
		goto unlock;
	}
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++) {
		if (destination_fits(to, from, resource, &refusal) &&
		    guarantees_fit(to, from, resource, &refusal))
			continue;
		count_refusal(&refusal, resource, from->charged[resource], &hits);
		ret = -EDQUOT;
		goto unlock;
	}
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++) {
		charged = from->charged[resource];
		for_each_subject_but(subject, &walk, to, from) {
			sevadm_subject_count_locked(subject, resource, (struct change) {
				.usage = charged,
				.in_flight = from->in_flight[resource],
			});
			look_at_soft_limit(subject, resource, charged, &hits);
		}
	}
	sevadm_guarantee_move_begin_locked(to, from);
	from->moving_to = to;
unlock:
	spin_unlock(&sevadm_ledger_lock);
	sevadm_notify_hits(&hits, to, ret == -EDQUOT ? -ENOMEM : 0);
	return ret;
}

/**
 * sevadm_limit_move_end_locked() - charge one VM only: the context has moved, or has not
 * @to: the VM it was to move to
 * @from: the VM it was of
 * @moved: @to has it now
 */
void sevadm_limit_move_end_locked(struct sevadm_vm *to, struct sevadm_vm *from, bool moved)
{
	struct sevadm_vm *keeps = moved ? to : from, *leaves = moved ? from : to;
	struct subject *subject;
	struct walk walk;
	u32 resource;

	lockdep_assert_held(&sevadm_ledger_lock);
	for (resource = 0; resource < SEVADM_RESOURCE_NR; resource++) {
		for_each_subject_but(subject, &walk, leaves, keeps)
			sevadm_subject_count_locked(subject, resource, (struct change) {
				.usage = -from->charged[resource],
				.in_flight = -from->in_flight[resource],
			});
	}
	from->moving_to = NULL;
	for (resource = 0; moved && resource < SEVADM_RESOURCE_NR; resource++) {
		to->charged[resource] += from->charged[resource];
		to->in_flight[resource] += from->in_flight[resource];
		from->charged[resource] = 0;
		from->in_flight[resource] = 0;
	}
	if (moved)
		sevadm_lease_move_locked(to, from);
	sevadm_guarantee_move_end_locked(to, from, moved);
}

/** sevadm_limit_move_cancel() - undo sevadm_limit_move_begin(): the context has not moved */
void sevadm_limit_move_cancel(struct sevadm_vm *to, struct sevadm_vm *from)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_move_end_locked(to, from, false);
	spin_unlock(&sevadm_ledger_lock);
}

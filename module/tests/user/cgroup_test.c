// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of cgroups, whose tree only user space can make up: every ancestor counts and refuses,
 * what a cgroup that is gone was guaranteed is everybody's again; a VM on the move is charged in
 * both places.
 */
#include <kunit/test.h>

#include "../../lease.h"
#include "../../ledger.h"
#include "../../limit.h"
#include "../../notify.h"
#include "../../pool.h"
#include "../limits.h"
#include "../pools.h"

/* /: machine: one, two; other. */
static struct cgroup root, machine, one, two, other;

static int cgroup_test_init(struct kunit *test)
{
	root = (struct cgroup) { .self.flags = CSS_ONLINE, .id = 100 };
	machine = (struct cgroup) { .self.flags = CSS_ONLINE, .level = 1, .id = 101,
			    .parent = &root };
	one = (struct cgroup) { .self.flags = CSS_ONLINE, .level = 2, .id = 102,
			    .parent = &machine };
	two = (struct cgroup) { .self.flags = CSS_ONLINE, .level = 2, .id = 103,
			    .parent = &machine };
	other = (struct cgroup) { .self.flags = CSS_ONLINE, .level = 1, .id = 104,
			    .parent = &root };
	limits_for_test();
	return pools_for_test(test);
}

static void cgroup_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
	limits_end();
	KUNIT_EXPECT_EQ(test,
			root.references + machine.references + one.references + two.references +
				other.references,
			0);
}

/* A VM whose creator is in this cgroup. */
static struct sevadm_vm *start(struct kunit *test, unsigned long number, struct cgroup *cgroup)
{
	struct sevadm_vm *vm =
		sevadm_vm_create((const struct kvm *)(number * 64), SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	cgroup_put(vm->cgroup);
	cgroup_tryget(cgroup);
	vm->cgroup = cgroup;
	sevadm_vm_put(vm);
	return vm;
}

static struct sevadm_limit_set limit(struct cgroup *cgroup, u32 resource, u32 knob, u64 value)
{
	return (struct sevadm_limit_set) {
		.key = { .kind = cgroup ? SEVADM_SUBJECT_CGROUP : SEVADM_SUBJECT_HOST,
			 .cgroup = cgroup },
		.resource = resource,
		.mask = BIT(knob),
		.limits = { .min = knob == SEVADM_KNOB_MIN ? value : 0,
			    .high = value,
			    .max = value },
	};
}

static int set(struct cgroup *cgroup, u32 resource, u32 knob, u64 value)
{
	const struct sevadm_limit_set one_set = limit(cgroup, resource, knob, value);
	u64 left = 0;

	return sevadm_limit_set(&one_set, &left);
}

/* KVM has taken it. */
static void settle(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	struct sevadm_limit_hits hits = {};

	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_settle_locked(vm, resource, amount, &hits);
	spin_unlock(&sevadm_ledger_lock);
}

/* Charges what KVM is asked for, and has given. */
static int charge(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	u64 met;
	int ret = sevadm_limit_charge(vm, resource, amount, &met);

	if (!ret)
		settle(vm, resource, amount);
	return ret;
}

static void uncharge(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_uncharge_locked(vm, resource, amount);
	spin_unlock(&sevadm_ledger_lock);
}

static int pin(struct sevadm_vm *vm, u64 pages)
{
	return charge(vm, SEVADM_RESOURCE_PIN, pages);
}

/* The usage of a subject, U64_MAX if it is none; what else is known of it in *@all. */
static u64 usage(struct cgroup *cgroup, u32 resource, struct sevadm_limit_info *all)
{
	struct sevadm_limit_info infos[SEVADM_RESOURCE_NR];
	u64 cursor = 0, found = U64_MAX;

	while (sevadm_limit_info(&cursor, infos)) {
		if (infos[0].key.cgroup)
			cgroup_put(infos[0].key.cgroup);
		if (infos[0].key.cgroup != cgroup || infos[0].key.kind == SEVADM_SUBJECT_USER)
			continue;
		found = infos[resource].current_usage;
		if (all)
			*all = infos[resource];
	}
	return found;
}

static u64 pinned(struct cgroup *cgroup)
{
	return usage(cgroup, SEVADM_RESOURCE_PIN, NULL);
}

static void cgroup_charges_all_above(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, &one), *sister = start(test, 2, &two);
	struct sevadm_vm *stranger = start(test, 3, &other);

	KUNIT_ASSERT_EQ(test, set(&root, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 1000), 0);
	KUNIT_ASSERT_EQ(test, set(&machine, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 100), 0);
	KUNIT_ASSERT_EQ(test, set(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 80), 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 81), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(vm, 60), 0);
	KUNIT_EXPECT_EQ(test, pin(sister, 41), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(sister, 40), 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(stranger, 901), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(stranger, 900), 0);
	KUNIT_EXPECT_EQ(test, pinned(&root), 1000);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 100);
	KUNIT_EXPECT_EQ(test, pinned(&one), 60);
	KUNIT_EXPECT_EQ(test, pinned(&two), U64_MAX);
	KUNIT_EXPECT_EQ(test, pinned(NULL), 1000);
	uncharge(vm, SEVADM_RESOURCE_PIN, 10);
	KUNIT_EXPECT_EQ(test, pinned(&one), 50);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 90);
	KUNIT_EXPECT_EQ(test, pinned(&root), 990);
	sevadm_vm_remove(sister, false);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 50);
}

/* A subject that comes later counts what the VMs below it have, and no other's. */
static void cgroup_counts_what_is_there(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, &one), *stranger = start(test, 2, &other);

	KUNIT_EXPECT_EQ(test, pin(vm, 7), 0);
	KUNIT_EXPECT_EQ(test, pin(stranger, 9), 0);
	KUNIT_ASSERT_EQ(test, set(&machine, SEVADM_RESOURCE_PIN, SEVADM_KNOB_HIGH, 100), 0);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 7);
	KUNIT_ASSERT_EQ(test, set(&root, SEVADM_RESOURCE_PIN, SEVADM_KNOB_HIGH, 100), 0);
	KUNIT_EXPECT_EQ(test, pinned(&root), 16);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 7);
}

static void cgroup_that_is_gone(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, &one);

	KUNIT_ASSERT_EQ(test, set(&machine, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 10), 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, machine.references, 1);
	machine.self.flags = 0;
	KUNIT_EXPECT_EQ(test, pinned(&machine), U64_MAX);
	KUNIT_EXPECT_EQ(test, pin(vm, 11), 0);
	KUNIT_EXPECT_EQ(test, machine.references, 0);
	KUNIT_EXPECT_FALSE(test, sevadm_limit_sweep());
}

static void cgroup_is_guaranteed_asids(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, &one), *stranger = start(test, 2, &other);
	const u32 resource = SEVADM_RESOURCE_ASID_SEV;
	unsigned long i;

	KUNIT_ASSERT_EQ(test, set(&machine, resource, SEVADM_KNOB_MIN, 2), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 2);
	KUNIT_EXPECT_EQ(test, charge(vm, resource, 1), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1);
	for (i = 10; i < 16; i++)
		KUNIT_EXPECT_EQ(test, charge(start(test, i, &other), resource, 1), 0);
	KUNIT_EXPECT_EQ(test, charge(stranger, resource, 1), -EDQUOT);
	uncharge(vm, resource, 1);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 2);
	KUNIT_EXPECT_EQ(test, charge(stranger, resource, 1), -EDQUOT);
	/* With it goes what it was guaranteed. */
	machine.self.flags = 0;
	KUNIT_EXPECT_EQ(test, charge(stranger, resource, 1), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
}

static void cgroup_maximum_of_asids(struct kunit *test)
{
	const u32 resource = SEVADM_RESOURCE_ASID_SEV;
	struct sevadm_limit_info all = {};

	KUNIT_ASSERT_EQ(test, set(&machine, resource, SEVADM_KNOB_MAX, 1), 0);
	KUNIT_EXPECT_EQ(test, charge(start(test, 1, &one), resource, 1), 0);
	KUNIT_EXPECT_EQ(test, charge(start(test, 2, &two), resource, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(start(test, 3, &other), resource, 1), 0);
	KUNIT_EXPECT_EQ(test, usage(&machine, resource, &all), 1);
	KUNIT_EXPECT_EQ(test, all.limits.max, 1);
	KUNIT_EXPECT_EQ(test, all.limits.min, 0);
	KUNIT_EXPECT_EQ(test, all.limits.high, U64_MAX);
	KUNIT_EXPECT_EQ(test, all.max_events, 1);
	KUNIT_EXPECT_EQ(test, all.peak, 1);
	KUNIT_EXPECT_EQ(test, all.high_events, 0);
	KUNIT_EXPECT_EQ(test, usage(&machine, SEVADM_RESOURCE_ASID_SEV_ES, NULL), 0);
	KUNIT_EXPECT_EQ(test, usage(NULL, resource, NULL), 2);
}

/* While it moves both cgroups have what it has, and what it pins and unpins meanwhile. */
static void cgroup_to_cgroup(struct kunit *test)
{
	struct sevadm_vm *from = start(test, 1, &one), *to = start(test, 2, &other);
	const u32 resource = SEVADM_RESOURCE_PIN;

	KUNIT_ASSERT_EQ(test, set(&machine, resource, SEVADM_KNOB_MAX, 100), 0);
	KUNIT_ASSERT_EQ(test, set(&other, resource, SEVADM_KNOB_MAX, 50), 0);
	KUNIT_ASSERT_EQ(test, set(&root, resource, SEVADM_KNOB_MAX, 1000), 0);
	sevadm_vm_account(from);
	KUNIT_EXPECT_EQ(test, pin(from, 40), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	KUNIT_EXPECT_EQ(test, pin(from, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(from, 5), 0);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 45);
	KUNIT_EXPECT_EQ(test, pinned(&other), 45);
	KUNIT_EXPECT_EQ(test, pinned(&root), 45);
	uncharge(from, resource, 15);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 30);
	KUNIT_EXPECT_EQ(test, pinned(&other), 30);
	KUNIT_EXPECT_EQ(test, pinned(&root), 30);
	/* A subject that comes now counts it where it goes to as well. */
	KUNIT_ASSERT_EQ(test, set(&other, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MAX, 5), 0);
	KUNIT_ASSERT_EQ(test, set(&one, resource, SEVADM_KNOB_MAX, 500), 0);
	KUNIT_EXPECT_EQ(test, pinned(&one), 30);
	KUNIT_EXPECT_EQ(test, pinned(&other), 30);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 0);
	KUNIT_EXPECT_EQ(test, pinned(&one), 0);
	KUNIT_EXPECT_EQ(test, pinned(&other), 30);
	KUNIT_EXPECT_EQ(test, pinned(&root), 30);
	KUNIT_EXPECT_EQ(test, to->charged[resource], 30);
	sevadm_vm_remove(to, false);
	KUNIT_EXPECT_EQ(test, pinned(&other), 0);
	KUNIT_EXPECT_EQ(test, pinned(&root), 0);
}

static void cgroup_of_the_destination_counts_late(struct kunit *test)
{
	struct sevadm_vm *from = start(test, 1, &one), *to = start(test, 2, &other);

	KUNIT_ASSERT_EQ(test, set(&machine, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 100), 0);
	sevadm_vm_account(from);
	KUNIT_EXPECT_EQ(test, pin(from, 40), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	KUNIT_ASSERT_EQ(test, set(&other, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 100), 0);
	KUNIT_EXPECT_EQ(test, pinned(&other), 40);
	sevadm_limit_move_cancel(to, from);
	KUNIT_EXPECT_EQ(test, pinned(&other), 0);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 40);
}

static void cgroup_of_the_destination_refuses(struct kunit *test)
{
	struct sevadm_vm *from = start(test, 1, &one), *to = start(test, 2, &other);
	struct sevadm_limit_info all = {};

	KUNIT_ASSERT_EQ(test, set(&other, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MAX, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(from, SEVADM_RESOURCE_ASID_SEV, 1), 0);
	KUNIT_EXPECT_EQ(test, pin(from, 3), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), -EDQUOT);
	KUNIT_EXPECT_EQ(test, usage(&other, SEVADM_RESOURCE_ASID_SEV, &all), 0);
	KUNIT_EXPECT_EQ(test, all.max_events, 1);
	KUNIT_EXPECT_EQ(test, pinned(&other), 0);
	/* Within the tree the subjects that both have ask nobody. */
	KUNIT_ASSERT_EQ(test, set(&machine, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 3), 0);
	to = start(test, 3, &two);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_limit_move_cancel(to, from);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 3);
}

/* An adopted VM is charged what it holds, whatever the limits are. */
static void cgroup_of_an_adopted_vm(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, &one);
	struct sevadm_limit_info all = {};

	KUNIT_ASSERT_EQ(test, set(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 5), 0);
	KUNIT_ASSERT_EQ(test, set(&machine, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MAX, 0), 0);
	vm->pinned = 9;
	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_force_locked(vm);
	spin_unlock(&sevadm_ledger_lock);
	KUNIT_EXPECT_EQ(test, pinned(&one), 9);
	KUNIT_EXPECT_EQ(test, pinned(&machine), 9);
	KUNIT_EXPECT_EQ(test, pinned(NULL), 9);
	KUNIT_EXPECT_EQ(test, usage(&machine, SEVADM_RESOURCE_ASID_SEV, &all), 1);
	KUNIT_EXPECT_EQ(test, usage(NULL, SEVADM_RESOURCE_ASID_SEV, NULL), 1);
	KUNIT_EXPECT_EQ(test, all.max_events, 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), -EDQUOT);
	uncharge(vm, SEVADM_RESOURCE_PIN, 9);
	uncharge(vm, SEVADM_RESOURCE_ASID_SEV, 1);
	KUNIT_EXPECT_EQ(test, pinned(&one), 0);
	KUNIT_EXPECT_EQ(test, usage(NULL, SEVADM_RESOURCE_ASID_SEV, NULL), 0);
}

/*
 * The same by the way that adoption goes: with what it holds it enters the ledger and is charged.
 */
static void adopted_vm_counts_for_the_host(struct kunit *test)
{
	struct sevadm_vm *vm = sevadm_vm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_describe(vm, (const struct kvm *)64, SEVADM_VM_TYPE_SEV, NULL);
	vm->asid = POOLS_FIRST_SEV;
	vm->known |= SEVADM_KNOWN_ASID;
	vm->pinned = 9;
	sevadm_vm_adopt(vm);
	sevadm_vm_put(vm);
	KUNIT_EXPECT_EQ(test, pinned(NULL), 9);
	KUNIT_EXPECT_EQ(test, usage(NULL, SEVADM_RESOURCE_ASID_SEV, NULL), 1);
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, pinned(NULL), 0);
	KUNIT_EXPECT_EQ(test, usage(NULL, SEVADM_RESOURCE_ASID_SEV, NULL), 0);
}

/* A listing that was interrupted by a VM that came or went is known to be none of one moment. */
static void ledger_generations(struct kunit *test)
{
	struct sevadm_totals before, after;
	struct sevadm_vm *vm;

	sevadm_ledger_totals(&before);
	vm = start(test, 1, &one);
	sevadm_vm_account(vm);
	sevadm_ledger_totals(&after);
	KUNIT_EXPECT_NE(test, after.generation, before.generation);
	pin(vm, 3);
	sevadm_ledger_totals(&before);
	KUNIT_EXPECT_EQ(test, after.generation, before.generation);
	sevadm_vm_remove(vm, false);
	sevadm_ledger_totals(&after);
	KUNIT_EXPECT_NE(test, after.generation, before.generation);
}

/* ASIDs that nobody in the ledger has count against what can be promised. */
static void foreign_asids_are_not_there(struct kunit *test)
{
	unsigned long used = GENMASK(POOLS_FIRST_SEV + 2, POOLS_FIRST_SEV), reclaim = 0;
	struct sevadm_lease lease = { .pool = SEVADM_POOL_SEV, .count = 6 };
	LIST_HEAD(file);

	spin_lock(&sevadm_ledger_lock);
	KUNIT_EXPECT_TRUE(test, sevadm_pool_sync_locked(&used, &reclaim));
	KUNIT_EXPECT_EQ(test, sevadm_pool_available_locked(SEVADM_POOL_SEV), 5);
	spin_unlock(&sevadm_ledger_lock);
	KUNIT_EXPECT_EQ(test, sevadm_lease_reserve(&file, &lease), -EBUSY);
	lease.count = 5;
	KUNIT_EXPECT_EQ(test, sevadm_lease_reserve(&file, &lease), 0);
	sevadm_lease_release_all(&file);
}

/* ---- configurations as a whole -------------------------------------------------------------- */

static int apply(const struct sevadm_limit_set *sets, u32 nr, u32 *resource, u64 *left)
{
	*resource = U32_MAX;
	*left = U64_MAX;
	return sevadm_limit_apply(sets, nr, resource, left);
}

static void apply_replaces_all(struct kunit *test)
{
	struct sevadm_limit_set sets[] = {
		limit(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 30),
		limit(&one, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_HIGH, 3),
		limit(NULL, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 70),
	};
	struct sevadm_vm *vm = start(test, 1, &one);
	struct sevadm_limit_info all = {};
	u32 resource;
	u64 left;

	KUNIT_EXPECT_EQ(test, pin(vm, 20), 0);
	KUNIT_ASSERT_EQ(test, set(&other, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 1), 0);
	KUNIT_ASSERT_EQ(test, set(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_HIGH, 25), 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 6), 0);
	KUNIT_EXPECT_EQ(test, apply(sets, ARRAY_SIZE(sets), &resource, &left), 0);
	KUNIT_EXPECT_EQ(test, pinned(&other), U64_MAX);
	KUNIT_EXPECT_EQ(test, other.references, 0);
	KUNIT_EXPECT_EQ(test, usage(&one, SEVADM_RESOURCE_PIN, &all), 26);
	KUNIT_EXPECT_EQ(test, all.limits.max, 30);
	KUNIT_EXPECT_EQ(test, all.limits.high, U64_MAX);
	KUNIT_EXPECT_EQ(test, all.limits.min, 0);
	KUNIT_EXPECT_EQ(test, all.peak, 26);
	KUNIT_EXPECT_EQ(test, all.high_events, 1);
	KUNIT_EXPECT_EQ(test, usage(&one, SEVADM_RESOURCE_ASID_SEV, &all), 0);
	KUNIT_EXPECT_EQ(test, all.limits.high, 3);
	KUNIT_EXPECT_EQ(test, pin(vm, 5), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pinned(NULL), 26);
	KUNIT_EXPECT_EQ(test, apply(NULL, 0, &resource, &left), 0);
	KUNIT_EXPECT_EQ(test, pinned(&one), U64_MAX);
	KUNIT_EXPECT_EQ(test, pin(vm, 1000), 0);
	KUNIT_EXPECT_EQ(test, one.references, 1);	/* the VM's */
}

/* Each of the subjects that are new begins with what its VMs have. */
static void apply_counts_what_is_there(struct kunit *test)
{
	struct sevadm_limit_set sets[] = {
		limit(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 100),
		limit(&two, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 100),
		limit(&other, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 100),
	};
	u32 resource;
	u64 left;

	KUNIT_EXPECT_EQ(test, pin(start(test, 1, &one), 20), 0);
	KUNIT_EXPECT_EQ(test, pin(start(test, 2, &two), 30), 0);
	KUNIT_EXPECT_EQ(test, apply(sets, ARRAY_SIZE(sets), &resource, &left), 0);
	KUNIT_EXPECT_EQ(test, pinned(&one), 20);
	KUNIT_EXPECT_EQ(test, pinned(&two), 30);
	KUNIT_EXPECT_EQ(test, pinned(&other), 0);
}

static void apply_all_or_nothing(struct kunit *test)
{
	struct sevadm_limit_set sets[] = {
		limit(&one, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 5),
		limit(&two, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 4),
		limit(&two, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 4),
	};
	u32 resource;
	u64 left;

	KUNIT_ASSERT_EQ(test, set(&other, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 3), 0);
	KUNIT_EXPECT_EQ(test, apply(sets, ARRAY_SIZE(sets), &resource, &left), -ENOSPC);
	KUNIT_EXPECT_EQ(test, resource, SEVADM_RESOURCE_ASID_SEV);
	KUNIT_EXPECT_EQ(test, left, 8);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 3);
	KUNIT_EXPECT_EQ(test, pinned(&one), U64_MAX);
	KUNIT_EXPECT_EQ(test, one.references + two.references, 0);
	sets[1].limits.min = 3;
	KUNIT_EXPECT_EQ(test, apply(sets, ARRAY_SIZE(sets), &resource, &left), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 8);
	sets[0].resource = SEVADM_RESOURCE_ASID_SEV_ES;
	KUNIT_EXPECT_EQ(test, apply(sets, 1, &resource, &left), -ENOSPC);
	KUNIT_EXPECT_EQ(test, resource, SEVADM_RESOURCE_ASID_SEV_ES);
	KUNIT_EXPECT_EQ(test, left, 4);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 8);
}

static void guarantees_leave_what_is_leased(struct kunit *test)
{
	struct sevadm_lease lease = { .pool = SEVADM_POOL_SEV, .count = 3 };
	const struct sevadm_limit_set six =
		limit(&one, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 6);
	LIST_HEAD(file);
	u64 left = 0;

	KUNIT_ASSERT_EQ(test, sevadm_lease_reserve(&file, &lease), 0);
	KUNIT_ASSERT_EQ(test, set(&two, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 1), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_set(&six, &left), -ENOSPC);
	KUNIT_EXPECT_EQ(test, left, 4);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 4);
	KUNIT_EXPECT_EQ(test, pinned(&one), U64_MAX);
	/* Its own guarantee counts once. */
	KUNIT_EXPECT_EQ(test, set(&two, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 5), 0);
	KUNIT_EXPECT_EQ(test, set(&two, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 6), -ENOSPC);
	sevadm_lease_release_all(&file);
	KUNIT_EXPECT_EQ(test, set(&two, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 8), 0);
}

/* A lease of a cgroup is for VMs below it, and not for those above. */
static void lease_is_for_those_below(struct kunit *test)
{
	struct sevadm_lease lease = { .pool = SEVADM_POOL_SEV, .count = 1,
				      .subject = SEVADM_LEASE_CGROUP,
				      .subject_id = shim_task.cgroup.id };
	struct cgroup below = { .self.flags = CSS_ONLINE, .level = 1, .id = 105,
				.parent = &shim_task.cgroup };
	struct sevadm_vm *vm, *above;
	LIST_HEAD(file);

	shim_task.cgroup.parent = &root;
	above = start(test, 1, &root);
	vm = start(test, 2, &below);
	KUNIT_EXPECT_EQ(test, sevadm_lease_reserve(&file, &lease), 0);
	KUNIT_EXPECT_EQ(test, charge(above, SEVADM_RESOURCE_ASID_SEV, 1), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1);
	KUNIT_EXPECT_EQ(test, charge(vm, SEVADM_RESOURCE_ASID_SEV, 1), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	sevadm_vm_remove(vm, false);
	sevadm_vm_remove(above, false);
	sevadm_lease_release_all(&file);
	shim_task.cgroup.parent = NULL;
}

static void delete_one_or_all(struct kunit *test)
{
	const struct sevadm_subject_key key = { .kind = SEVADM_SUBJECT_CGROUP, .cgroup = &one };
	const struct sevadm_subject_key host = { .kind = SEVADM_SUBJECT_HOST };
	struct sevadm_limit_info all = {};

	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&key, SEVADM_RESOURCE_NR), -ENOENT);
	KUNIT_ASSERT_EQ(test, set(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 1), 0);
	KUNIT_ASSERT_EQ(test, set(&one, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 2), 0);
	KUNIT_ASSERT_EQ(test, set(NULL, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 1), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&key, SEVADM_RESOURCE_ASID_SEV), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	KUNIT_EXPECT_EQ(test, usage(&one, SEVADM_RESOURCE_PIN, &all), 0);
	KUNIT_EXPECT_EQ(test, all.limits.max, 1);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&key, SEVADM_RESOURCE_NR), 0);
	KUNIT_EXPECT_EQ(test, pinned(&one), U64_MAX);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&key, SEVADM_RESOURCE_NR), -ENOENT);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&host, SEVADM_RESOURCE_NR), 0);
	KUNIT_EXPECT_EQ(test, pin(start(test, 1, &one), 5), 0);
}

/* The last subject but one more has no room; one that is there, and the host, still change. */
static void subjects_have_an_end(struct kunit *test)
{
	struct sevadm_limit_set *sets =
		kunit_kcalloc(test, SEVADM_LIMITS_MAX, sizeof(*sets), GFP_KERNEL);
	struct sevadm_limit_set one_more = {
		.key.kind = SEVADM_SUBJECT_USER, .resource = SEVADM_RESOURCE_PIN,
		.mask = BIT(SEVADM_KNOB_MAX), .limits.max = 1,
	};
	u32 uid, resource;
	u64 left;

	KUNIT_ASSERT_NOT_NULL(test, sets);
	for (uid = 1; uid < SEVADM_LIMITS_MAX; uid++) {
		sets[uid - 1] = one_more;
		sets[uid - 1].key.uid = KUIDT_INIT(uid);
	}
	KUNIT_ASSERT_EQ(test, sevadm_limit_apply(sets, SEVADM_LIMITS_MAX - 1, &resource, &left), 0);
	one_more.key.uid = KUIDT_INIT(uid);
	KUNIT_EXPECT_EQ(test, sevadm_limit_set(&one_more, &left), -E2BIG);
	one_more.key.uid = KUIDT_INIT(7);
	KUNIT_EXPECT_EQ(test, sevadm_limit_set(&one_more, &left), 0);
	KUNIT_EXPECT_EQ(test, set(NULL, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 5), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&one_more.key, SEVADM_RESOURCE_NR), 0);
	KUNIT_EXPECT_EQ(test, set(&one, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 5), 0);
	KUNIT_EXPECT_EQ(test, set(&two, SEVADM_RESOURCE_PIN, SEVADM_KNOB_MAX, 5), -E2BIG);
}

static struct kunit_case cgroup_cases[] = {
	KUNIT_CASE(cgroup_charges_all_above),
	KUNIT_CASE(cgroup_counts_what_is_there),
	KUNIT_CASE(cgroup_that_is_gone),
	KUNIT_CASE(cgroup_is_guaranteed_asids),
	KUNIT_CASE(cgroup_maximum_of_asids),
	KUNIT_CASE(cgroup_to_cgroup),
	KUNIT_CASE(cgroup_of_the_destination_counts_late),
	KUNIT_CASE(cgroup_of_the_destination_refuses),
	KUNIT_CASE(cgroup_of_an_adopted_vm),
	KUNIT_CASE(adopted_vm_counts_for_the_host),
	KUNIT_CASE(ledger_generations),
	KUNIT_CASE(foreign_asids_are_not_there),
	KUNIT_CASE(apply_replaces_all),
	KUNIT_CASE(apply_counts_what_is_there),
	KUNIT_CASE(apply_all_or_nothing),
	KUNIT_CASE(guarantees_leave_what_is_leased),
	KUNIT_CASE(lease_is_for_those_below),
	KUNIT_CASE(delete_one_or_all),
	KUNIT_CASE(subjects_have_an_end),
	{}
};

static struct kunit_suite cgroup_suite = {
	.name = "sevadm_cgroup",
	.init = cgroup_test_init,
	.exit = cgroup_test_exit,
	.test_cases = cgroup_cases,
};

kunit_test_suite(cgroup_suite);

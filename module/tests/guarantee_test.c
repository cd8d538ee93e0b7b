// SPDX-License-Identifier: GPL-2.0-only
/* Guarantees of ASIDs: which one a VM counts for, whatever comes, goes and moves. */
#include <kunit/test.h>

#include "../guarantee.c"
#include "../lease.h"
#include "../ledger.h"
#include "../limit.h"
#include "../notify.h"
#include "limits.h"
#include "pools.h"

static int take(struct sevadm_vm *vm)
{
	return sevadm_limit_charge(vm, SEVADM_RESOURCE_ASID_SEV, 1, NULL);
}

static void guarantee(struct kunit *test, u32 uid, u64 asids)
{
	const struct sevadm_limit_set set = {
		.key = { .kind = SEVADM_SUBJECT_USER, .uid = KUIDT_INIT(uid) },
		.resource = SEVADM_RESOURCE_ASID_SEV,
		.mask = BIT(SEVADM_KNOB_MIN),
		.limits = { .min = asids },
	};
	u64 left;

	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&set, &left), 0);
}

static struct sevadm_vm *run(struct kunit *test, unsigned long number, u32 uid)
{
	struct sevadm_vm *vm = limits_start(test, number, uid);

	KUNIT_EXPECT_EQ(test, take(vm), 0);
	sevadm_vm_account(vm);
	return vm;
}

/* Return how the ASIDs of SEV guests are counted of a user with a guarantee. */
static struct counter asids_of(struct kunit *test, u32 uid)
{
	const struct sevadm_subject_key key = { .kind = SEVADM_SUBJECT_USER,
						.uid = KUIDT_INIT(uid) };
	struct counter counter = {};
	struct subject *subject;

	spin_lock(&sevadm_ledger_lock);
	subject = sevadm_subject_find_locked(&key);
	if (subject)
		counter = subject->counters[SEVADM_RESOURCE_ASID_SEV];
	spin_unlock(&sevadm_ledger_lock);
	if (!subject)
		KUNIT_FAIL(test, "user %u is not a subject", uid);
	return counter;
}

/* Another user has 4 of the 8 ASIDs: moving VMs away does not make this one's 4 more. */
static void guarantee_does_not_grow_by_moves(struct kunit *test)
{
	struct sevadm_vm *from, *to;

	guarantee(test, UID_ONE, 4);
	guarantee(test, UID_TWO, 4);
	from = run(test, 1, UID_ONE);
	run(test, 2, UID_ONE);
	to = limits_start(test, 3, UID_TWO + 1);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), -EDQUOT);
	KUNIT_EXPECT_EQ(test, limits_told()->hits[0].knob, SEVADM_KNOB_MIN);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 2 + 4);

	/* Where a guarantee of the destination pays, it may. */
	to = limits_start(test, 4, UID_TWO);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	KUNIT_ASSERT_TRUE(test, sevadm_vm_find((const struct kvm *)64) == from);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 3 + 3);
	KUNIT_EXPECT_TRUE(test, to->payer);
	KUNIT_EXPECT_NULL(test, from->payer);
	sevadm_vm_put(from);
	/* Within one user it may, too. */
	from = to;
	to = limits_start(test, 5, UID_TWO);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 3 + 3);
}

/* However a move ends that is under way, there is room for what is guaranteed. */
static void guarantee_while_a_vm_moves(struct kunit *test)
{
	struct sevadm_vm *from, *to;

	guarantee(test, UID_ONE, 2);
	guarantee(test, UID_TWO, 5);
	from = run(test, 1, UID_ONE);
	run(test, 2, UID_ONE);
	to = limits_start(test, 3, UID_TWO + 1);
	/* 8 - 2 - 5: one is left for anybody, and it takes that. */
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1 + 5);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 4, UID_TWO + 2)), -EDQUOT);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 5, UID_ONE)), -EDQUOT);
	sevadm_limit_move_cancel(to, from);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 5);

	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1 + 5);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 6, UID_TWO + 2)), -EDQUOT);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 7, UID_ONE)), 0);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).unsettled, 0);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_TWO).unsettled, 0);
}

/* A VM that is under two guarantees. */
static struct sevadm_vm *start_of_both(struct kunit *test, unsigned long number)
{
	struct sevadm_vm *vm = limits_start(test, number, UID_ONE);

	vm->uids[vm->uid_nr++] = KUIDT_INIT(UID_TWO);
	return vm;
}

/*
 * It counts for one of them: when it ends, its ASID is there for that one, and the other has kept
 * its own.
 */
static void guarantees_of_one_vm(struct kunit *test)
{
	struct sevadm_vm *vms[4];
	unsigned long i;

	guarantee(test, UID_ONE, 4);
	guarantee(test, UID_TWO, 4);
	for (i = 0; i < 4; i++) {
		vms[i] = start_of_both(test, i + 1);
		KUNIT_EXPECT_EQ(test, take(vms[i]), 0);
		sevadm_vm_account(vms[i]);
	}
	KUNIT_EXPECT_EQ(test, limits_reserved(), 4);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 10, UID_TWO + 1)), -EDQUOT);
	for (i = 0; i < 4; i++)
		sevadm_vm_remove(vms[i], true);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 8);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, take(limits_start(test, 20 + i, UID_ONE)), 0);
		KUNIT_EXPECT_EQ(test, take(limits_start(test, 30 + i, UID_TWO)), 0);
	}
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 40, UID_ONE)), -EDQUOT);
}

/* A VM beyond one guarantee goes over to another one that it is under; one that fills it stays. */
static void guarantee_that_comes_later(struct kunit *test)
{
	struct sevadm_vm *vm;
	unsigned long i;

	guarantee(test, UID_ONE, 2);
	for (i = 0; i < 3; i++) {
		vm = start_of_both(test, i + 1);
		KUNIT_EXPECT_EQ(test, take(vm), 0);
		sevadm_vm_account(vm);
	}
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	guarantee(test, UID_TWO, 2);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1);
	/* What counted for the one that is gone counts for the other. */
	guarantee(test, UID_ONE, 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	guarantee(test, UID_TWO, 5);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 2);
}

/* One that fills its guarantee stays there, though another one has room for it. */
static void guarantee_that_is_filled_keeps_its_vm(struct kunit *test)
{
	struct sevadm_vm *vm = start_of_both(test, 1);

	guarantee(test, UID_TWO, 1);
	KUNIT_EXPECT_EQ(test, take(vm), 0);
	sevadm_vm_account(vm);
	guarantee(test, UID_ONE, 1);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).paid, 0);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_TWO).paid, 1);
}

/* While a VM moves, one guarantee or both may end: neither is counted for any more. */
static void guarantee_that_ends_while_a_vm_moves(struct kunit *test)
{
	const struct sevadm_subject_key one = { .kind = SEVADM_SUBJECT_USER,
						.uid = KUIDT_INIT(UID_ONE) };
	const struct sevadm_subject_key two = { .kind = SEVADM_SUBJECT_USER,
						.uid = KUIDT_INIT(UID_TWO) };
	struct sevadm_vm *from, *to;

	guarantee(test, UID_ONE, 3);
	guarantee(test, UID_TWO, 3);
	from = run(test, 1, UID_ONE);
	to = limits_start(test, 2, UID_TWO);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 6);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).unsettled, 1);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_TWO).paid, 1);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_TWO).unsettled, 1);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&one, SEVADM_RESOURCE_NR), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 3);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 2);

	guarantee(test, UID_ONE, 3);
	from = limits_start(test, 3, UID_ONE);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(from, to), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 6);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&one, SEVADM_RESOURCE_NR), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_delete(&two, SEVADM_RESOURCE_NR), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	sevadm_limit_move_cancel(from, to);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	guarantee(test, UID_TWO, 3);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 2);
}

/*
 * A lease pays for a VM, and no guarantee does: one ASID is not kept twice. When the lease ends,
 * one may.
 */
static void guarantee_of_a_vm_with_a_lease(struct kunit *test)
{
	struct sevadm_lease argument = { .pool = SEVADM_POOL_SEV,
					 .count = 2,
					 .subject = SEVADM_LEASE_USER,
					 .subject_id = UID_ONE };
	struct sevadm_vm *vm;
	LIST_HEAD(file);

	guarantee(test, UID_ONE, 2);
	KUNIT_ASSERT_EQ(test, sevadm_lease_reserve(&file, &argument), 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 4);
	vm = run(test, 1, UID_ONE);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 3);
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 4);
	run(test, 2, UID_ONE);
	sevadm_lease_release_all(&file);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1);
}

/* When a lease ends while its VM moves, the VM counts for a guarantee of where it is in the end. */
static void guarantee_of_a_vm_whose_lease_ends_while_it_moves(struct kunit *test)
{
	struct sevadm_lease argument = {
		.pool = SEVADM_POOL_SEV,
		.count = 1,
		.subject = SEVADM_LEASE_USER,
		.subject_id = UID_ONE,
	};
	static const bool moves[] = { true, false };
	struct sevadm_vm *from, *to;
	unsigned int i;
	LIST_HEAD(file);

	guarantee(test, UID_ONE, 2);
	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		KUNIT_ASSERT_EQ(test, sevadm_lease_reserve(&file, &argument), 0);
		from = run(test, 10 * i + 1, UID_ONE);
		to = limits_start(test, 10 * i + 2, UID_TWO);
		KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
		sevadm_lease_release_all(&file);
		if (moves[i])
			sevadm_vm_move(to, from);
		else
			sevadm_limit_move_cancel(to, from);
		KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).usage, moves[i] ? 0 : 1);
		KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).paid, moves[i] ? 0 : 1);
		KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).unsettled, 0);
		KUNIT_EXPECT_EQ(test, limits_reserved(), moves[i] ? 2 : 1);
	}
}

/* VMs beyond a guarantee count for it as well: one of them fills it when another ends. */
static void guarantee_is_filled_by_those_beyond(struct kunit *test)
{
	struct sevadm_vm *first, *second;

	guarantee(test, UID_ONE, 1);
	first = run(test, 1, UID_ONE);
	second = run(test, 2, UID_ONE);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).paid, 2);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	sevadm_vm_remove(first, true);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).paid, 1);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	sevadm_vm_remove(second, true);
	KUNIT_EXPECT_EQ(test, asids_of(test, UID_ONE).paid, 0);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1);
	/* A VM of a user who is guaranteed nothing counts for no guarantee. */
	second = run(test, 3, UID_TWO);
	KUNIT_EXPECT_NULL(test, second->payer);
}

/* The ASID stays that of the lease, wherever the context goes. */
static void lease_follows_a_vm(struct kunit *test)
{
	struct sevadm_lease argument = {
		.pool = SEVADM_POOL_SEV,
		.count = 1,
		.subject = SEVADM_LEASE_USER,
		.subject_id = UID_ONE,
	};
	struct sevadm_vm *from, *to;
	struct lease *lease;
	LIST_HEAD(file);

	KUNIT_ASSERT_EQ(test, sevadm_lease_reserve(&file, &argument), 0);
	from = run(test, 1, UID_ONE);
	lease = from->lease;
	KUNIT_ASSERT_NOT_NULL(test, lease);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	to = limits_start(test, 2, UID_TWO);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_limit_move_cancel(to, from);
	KUNIT_EXPECT_PTR_EQ(test, from->lease, lease);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_PTR_EQ(test, to->lease, lease);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
	sevadm_vm_remove(to, true);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 1);
	sevadm_lease_release_all(&file);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
}

/* A VM whose end has gone unseen, in a pool that goes with kvm_amd, counts for nothing any more. */
static void guarantee_of_a_pool_that_goes(struct kunit *test)
{
	const struct sevadm_asid_range snp = { .first = 1, .last = 2 },
				       es = { .first = 3, .last = 4 };
	const struct sevadm_subject_key key = { .kind = SEVADM_SUBJECT_USER,
						.uid = KUIDT_INIT(UID_ONE) };
	const struct sevadm_limit_set set = {
		.key = key,
		.resource = SEVADM_RESOURCE_ASID_SEV_SNP,
		.mask = BIT(SEVADM_KNOB_MIN),
		.limits = { .min = 1 },
	};
	struct counter counter;
	struct sevadm_vm *vm;
	u64 left;

	sevadm_pool_divide(&snp, &es);
	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&set, &left), 0);
	vm = limits_start(test, 1, UID_ONE);
	vm->type = SEVADM_VM_TYPE_SEV_SNP;
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_ASID_SEV_SNP, 1, NULL), 0);
	sevadm_vm_account(vm);
	spin_lock(&sevadm_ledger_lock);
	KUNIT_EXPECT_EQ(test, sevadm_subject_find_locked(&key)->counters[set.resource].paid, 1);
	spin_unlock(&sevadm_ledger_lock);

	KUNIT_EXPECT_EQ(test, sevadm_ledger_reset(), 1);
	sevadm_pool_undivide();
	spin_lock(&sevadm_ledger_lock);
	KUNIT_EXPECT_NULL(test, sevadm_vm_first_locked());
	counter = sevadm_subject_find_locked(&key)->counters[set.resource];
	spin_unlock(&sevadm_ledger_lock);
	KUNIT_EXPECT_EQ(test, counter.usage, 0);
	KUNIT_EXPECT_EQ(test, counter.paid, 0);
}

/* What happens to VMs in any order: numbers that are the same each time. */
struct events_of_vms {
	struct list_head leases;
	struct sevadm_vm *vms[16];
	struct sevadm_vm *moving_to;
	struct sevadm_vm *moving_from;
	unsigned long number;
	u32 random;
};

static u32 draw(struct events_of_vms *e, u32 below)
{
	e->random = e->random * 1664525 + 1013904223;
	return (e->random >> 16) % below;
}

/* A VM of some of three users, the first two of which have a guarantee. */
static struct sevadm_vm *start_of_some(struct kunit *test, struct events_of_vms *e)
{
	struct sevadm_vm *vm = limits_start(test, ++e->number, UID_TWO + 1);
	u32 users = draw(e, 4);

	if (users & 1)
		vm->uids[vm->uid_nr++] = KUIDT_INIT(UID_ONE);
	if (users & 2)
		vm->uids[vm->uid_nr++] = KUIDT_INIT(UID_TWO);
	return vm;
}

/* Return true if the VM is under a guarantee that fewer VMs are under than it promises. */
static bool is_promised(const struct sevadm_vm *vm)
{
	const struct counter *counter;
	struct subject *subject;
	bool promised = false;
	struct walk walk;

	spin_lock(&sevadm_ledger_lock);
	for_each_subject(subject, &walk, vm) {
		counter = &subject->counters[SEVADM_RESOURCE_ASID_SEV];
		promised |= counter->usage < counter->limits.min;
	}
	spin_unlock(&sevadm_ledger_lock);
	return promised;
}

static void start_or_end(struct kunit *test, struct events_of_vms *e, struct sevadm_vm **place)
{
	bool promised;

	if (*place && *place == e->moving_from)
		return;
	if (*place) {
		sevadm_vm_remove(*place, true);
		*place = NULL;
		return;
	}
	*place = start_of_some(test, e);
	promised = is_promised(*place);
	if (!take(*place)) {
		sevadm_vm_account(*place);
		return;
	}
	KUNIT_EXPECT_FALSE(test, promised);
	sevadm_vm_remove(*place, false);
	*place = NULL;
}

static void begin_move(struct kunit *test, struct events_of_vms *e, struct sevadm_vm *from)
{
	if (e->moving_from || !from)
		return;
	e->moving_from = from;
	e->moving_to = start_of_some(test, e);
	if (!sevadm_limit_move_begin(e->moving_to, from))
		return;
	sevadm_vm_remove(e->moving_to, false);
	e->moving_from = NULL;
}

static void end_move(struct events_of_vms *e)
{
	unsigned int i;

	if (!e->moving_from)
		return;
	if (draw(e, 2)) {
		for (i = 0; e->vms[i] != e->moving_from; i++)
			;
		e->vms[i] = e->moving_to;
		sevadm_vm_move(e->moving_to, e->moving_from);
	} else {
		sevadm_limit_move_cancel(e->moving_to, e->moving_from);
		sevadm_vm_remove(e->moving_to, false);
	}
	e->moving_from = NULL;
}

/* Reserves an ASID for the next VM, if one is left. */
static void begin_lease(struct events_of_vms *e)
{
	struct sevadm_lease argument = {
		.pool = SEVADM_POOL_SEV, .count = 1, .subject = SEVADM_LEASE_DESCENDANTS,
	};

	sevadm_lease_reserve(&e->leases, &argument);
}

/*
 * Whatever VMs and leases come, go and move: there is an ASID for each, and one for whom it is
 * promised.
 */
static void guarantees_whatever_happens(struct kunit *test)
{
	const u64 capacity = POOLS_LAST - POOLS_FIRST_SEV + 1;
	struct events_of_vms e = { .random = 14 };
	struct sevadm_vm **place;
	struct counter one, two;
	u64 used, kept;
	int i;

	INIT_LIST_HEAD(&e.leases);
	guarantee(test, UID_ONE, 3);
	guarantee(test, UID_TWO, 3);
	for (i = 0; i < 5000; i++) {
		place = &e.vms[draw(&e, ARRAY_SIZE(e.vms))];
		switch (draw(&e, 8)) {
		case 0:
			begin_move(test, &e, *place);
			break;
		case 1:
			end_move(&e);
			break;
		case 2:
			begin_lease(&e);
			break;
		case 3:
			sevadm_lease_release_all(&e.leases);
			break;
		default:
			start_or_end(test, &e, place);
		}
		spin_lock(&sevadm_ledger_lock);
		used = sevadm_pool_used_locked(SEVADM_POOL_SEV);
		kept = used + sevadm_pool_reserved_locked(SEVADM_POOL_SEV);
		spin_unlock(&sevadm_ledger_lock);
		KUNIT_ASSERT_LT(test, used, capacity + 1);
		KUNIT_ASSERT_LT(test, kept, capacity + 1 + !!e.moving_from);
		one = asids_of(test, UID_ONE);
		two = asids_of(test, UID_TWO);
		KUNIT_ASSERT_LT(test, one.paid, one.usage + 1);
		KUNIT_ASSERT_LT(test, two.paid, two.usage + 1);
	}
	end_move(&e);
	sevadm_lease_release_all(&e.leases);
	for (i = 0; i < ARRAY_SIZE(e.vms); i++)
		if (e.vms[i])
			sevadm_vm_remove(e.vms[i], true);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 6);
}

static struct kunit_case guarantee_cases[] = {
	KUNIT_CASE(guarantee_does_not_grow_by_moves),
	KUNIT_CASE(guarantee_while_a_vm_moves),
	KUNIT_CASE(guarantees_of_one_vm),
	KUNIT_CASE(guarantee_that_comes_later),
	KUNIT_CASE(guarantee_that_is_filled_keeps_its_vm),
	KUNIT_CASE(guarantee_that_ends_while_a_vm_moves),
	KUNIT_CASE(guarantee_of_a_vm_with_a_lease),
	KUNIT_CASE(guarantee_of_a_vm_whose_lease_ends_while_it_moves),
	KUNIT_CASE(guarantee_is_filled_by_those_beyond),
	KUNIT_CASE(lease_follows_a_vm),
	KUNIT_CASE(guarantee_of_a_pool_that_goes),
	KUNIT_CASE(guarantees_whatever_happens),
	{}
};

static struct kunit_suite guarantee_suite = {
	.name = "sevadm_guarantee",
	.init = limits_test_init,
	.exit = limits_test_exit,
	.test_cases = guarantee_cases,
};

kunit_test_suite(guarantee_suite);

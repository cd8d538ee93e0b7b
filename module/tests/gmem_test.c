// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is bound to guest_memfd: what a guest is charged for it, and that none gets past its
 * limit.
 */
#include <kunit/test.h>

#include "../ledger.h"
#include "../notify.h"

static struct sevadm_limit_hits reported;
static int reported_ret;

static void hear(const struct sevadm_limit_hits *hits, const struct sevadm_vm *vm, int ret)
{
	reported = *hits;
	reported_ret = ret;
}

#define sevadm_notify_hits(hits, vm, ret)	hear(hits, vm, ret)

#include "../gmem.c"
#include "../pool.h"
#include "limits.h"
#include "pools.h"
#include "private_counters.h"

#define ASID	3

static struct sevadm_vm *vm;

static int gmem_test_init(struct kunit *test)
{
	limits_for_test();
	private_for_test(test, true);
	reported.nr = 0;
	pools_for_test(test);
	vm = sevadm_vm_create((const struct kvm *)64, SEVADM_VM_TYPE_SEV_SNP);
	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_put(vm);
	sevadm_vm_set_asid(vm, ASID);
	return 0;
}

static void gmem_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
	private_end();
	limits_end();
}

static void limit(struct kunit *test, u32 knob, u64 pages)
{
	const struct sevadm_limit_set set = {
		.key = { .kind = SEVADM_SUBJECT_HOST }, .resource = SEVADM_RESOURCE_PRIVATE,
		.mask = BIT(knob), .limits = { .high = pages, .max = pages },
	};
	u64 left;

	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&set, &left), 0);
}

static u64 charged(struct kunit *test)
{
	struct sevadm_limit_info infos[SEVADM_RESOURCE_NR];
	u64 cursor = 0;

	KUNIT_ASSERT_TRUE(test, sevadm_limit_info(&cursor, infos));
	KUNIT_EXPECT_EQ(test, infos[SEVADM_RESOURCE_PRIVATE].current_usage,
			vm->charged[SEVADM_RESOURCE_PRIVATE]);
	return infos[SEVADM_RESOURCE_PRIVATE].current_usage;
}

static int bind(u64 pages)
{
	int ret = sevadm_gmem_begin(vm, pages);

	if (!ret)
		sevadm_gmem_bound(vm, pages);
	return ret;
}

static void make_private(u64 pages)
{
	sevadm_private_changed(0, pages, SEVADM_RMP_NOBODY, ASID);
}

static void make_shared(u64 pages)
{
	sevadm_private_changed(0, pages, ASID, SEVADM_RMP_NOBODY);
}

static void memory_counts_when_it_is_bound(struct kunit *test)
{
	limit(test, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, bind(60), 0);
	KUNIT_EXPECT_EQ(test, bind(41), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charged(test), 60ULL);
	KUNIT_EXPECT_EQ(test, bind(40), 0);
	KUNIT_EXPECT_EQ(test, charged(test), 100ULL);
	KUNIT_EXPECT_EQ(test, vm->gmem_pages, 100ULL);

	/* What becomes private of it has been granted. */
	make_private(100);
	KUNIT_EXPECT_EQ(test, charged(test), 100ULL);
	sevadm_gmem_unbound(vm, 40);
	KUNIT_EXPECT_EQ(test, charged(test), 100ULL);
}

/* What is in flight for another thread is neither settled nor given back by the next one. */
static void memory_in_flight_is_left_alone(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, bind(5), 0);
	KUNIT_EXPECT_EQ(test, sevadm_gmem_begin(vm, 10), 0);
	KUNIT_EXPECT_EQ(test, bind(1), 0);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_PRIVATE], 16ULL);
	KUNIT_EXPECT_EQ(test, vm->in_flight[SEVADM_RESOURCE_PRIVATE], 10ULL);
	sevadm_gmem_bound(vm, 10);
	KUNIT_EXPECT_EQ(test, charged(test), 16ULL);
}

static void memory_that_kvm_refuses(struct kunit *test)
{
	limit(test, SEVADM_KNOB_HIGH, 50);
	KUNIT_EXPECT_EQ(test, sevadm_gmem_begin(vm, 60), 0);
	sevadm_gmem_cancel(vm, 60);
	KUNIT_EXPECT_EQ(test, charged(test), 0ULL);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	KUNIT_EXPECT_EQ(test, bind(51), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].resource, (u32)SEVADM_RESOURCE_PRIVATE);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, (u32)SEVADM_KNOB_HIGH);
	KUNIT_EXPECT_EQ(test, reported_ret, 0);
	KUNIT_EXPECT_EQ(test, sevadm_gmem_begin(vm, 0), 0);
}

/* A guest whose ASID is not known yet has no private pages: its memory is given back at once. */
static void memory_of_a_guest_without_an_asid(struct kunit *test)
{
	vm = sevadm_vm_create((const struct kvm *)128, SEVADM_VM_TYPE_SEV_SNP);
	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_put(vm);
	sevadm_private_changed(0, 3, SEVADM_RMP_NOBODY, SEVADM_RMP_FIRMWARE);
	KUNIT_EXPECT_EQ(test, bind(5), 0);
	sevadm_gmem_unbound(vm, 5);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_PRIVATE], 0ULL);
}

static void memory_that_is_not_private_is_given_back(struct kunit *test)
{
	bind(50);
	make_private(10);
	sevadm_gmem_unbound(vm, 50);
	KUNIT_EXPECT_EQ(test, charged(test), 10ULL);
	KUNIT_EXPECT_EQ(test, vm->gmem_pages, 0ULL);
	make_shared(4);
	sevadm_gmem_begin(vm, 0);
	KUNIT_EXPECT_EQ(test, charged(test), 6ULL);
}

/* Pages stay private when their slot goes: who binds other memory then has both. */
static void slots_that_go_evade_nothing(struct kunit *test)
{
	limit(test, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, bind(60), 0);
	make_private(60);
	sevadm_gmem_unbound(vm, 60);
	KUNIT_EXPECT_EQ(test, bind(60), -EDQUOT);
	KUNIT_EXPECT_EQ(test, bind(40), 0);
	make_private(40);
	KUNIT_EXPECT_EQ(test, charged(test), 100ULL);
	make_shared(60);
	KUNIT_EXPECT_EQ(test, bind(20), 0);
}

static void all_is_given_back_with_the_vm(struct kunit *test)
{
	bind(50);
	make_private(50);
	sevadm_vm_remove(vm, false);
	vm = sevadm_vm_create((const struct kvm *)128, SEVADM_VM_TYPE_SEV_SNP);
	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_put(vm);
	KUNIT_EXPECT_EQ(test, charged(test), 0ULL);
}

static struct kunit_case gmem_cases[] = {
	KUNIT_CASE(memory_counts_when_it_is_bound),
	KUNIT_CASE(memory_in_flight_is_left_alone),
	KUNIT_CASE(memory_that_kvm_refuses),
	KUNIT_CASE(memory_of_a_guest_without_an_asid),
	KUNIT_CASE(memory_that_is_not_private_is_given_back),
	KUNIT_CASE(slots_that_go_evade_nothing),
	KUNIT_CASE(all_is_given_back_with_the_vm),
	{}
};

static struct kunit_suite gmem_suite = {
	.name = "sevadm_gmem",
	.init = gmem_test_init,
	.exit = gmem_test_exit,
	.test_cases = gmem_cases,
};

kunit_test_suite(gmem_suite);

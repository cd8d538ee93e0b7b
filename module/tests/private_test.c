// SPDX-License-Identifier: GPL-2.0-only
/* Private memory: what each owner has adds up, also while the RMP is being counted. */
#include <kunit/test.h>

#include "../private.c"
#include "private_counters.h"

#define LAST	4U

void private_for_test(struct kunit *test, bool counted)
{
	struct sevadm_private_accounts *accounts = &sevadm_private_accounts;

	memset(accounts, 0, sizeof(*accounts));
	accounts->of = kunit_kcalloc(test, LAST + 1, sizeof(*accounts->of), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, accounts->of);
	accounts->nr = LAST + 1;
	sevadm_private_count_begin();
	if (counted)
		sevadm_private_count_end();
}

void private_end(void)
{
	sevadm_private_accounts.nr = 0;
	sevadm_private_accounts.of = NULL;
}

static int private_test_init(struct kunit *test)
{
	private_for_test(test, true);
	return 0;
}

static void private_test_exit(struct kunit *test)
{
	private_end();
}

static struct sevadm_private of(struct kunit *test, u32 asid)
{
	struct sevadm_private result = {};

	KUNIT_EXPECT_TRUE(test, sevadm_private_get(asid, &result));
	return result;
}

static struct sevadm_private_host host(struct kunit *test)
{
	struct sevadm_private_host result = {};

	KUNIT_EXPECT_TRUE(test, sevadm_private_get_host(&result));
	return result;
}

static void give(u32 to, u64 pages)
{
	sevadm_private_changed(0, pages, SEVADM_RMP_NOBODY, to);
}

static void take_back(u32 from, u64 pages)
{
	sevadm_private_changed(0, pages, from, SEVADM_RMP_NOBODY);
}

static void entry_names_its_owner(struct kunit *test)
{
	const u64 other = BIT_ULL(63) | BIT_ULL(62) | BIT_ULL(61) | 0x1234567890000ULL | BIT_ULL(1);
	const u64 asid = 5ULL << 51;

	KUNIT_EXPECT_EQ(test, sevadm_rmp_owner_of(0), SEVADM_RMP_NOBODY);
	KUNIT_EXPECT_EQ(test, sevadm_rmp_owner_of(other | asid), SEVADM_RMP_NOBODY);
	KUNIT_EXPECT_EQ(test, sevadm_rmp_owner_of(BIT_ULL(0) | BIT_ULL(2)), SEVADM_RMP_FIRMWARE);
	KUNIT_EXPECT_EQ(test, sevadm_rmp_owner_of(other | asid | BIT_ULL(0)), 5U);
	KUNIT_EXPECT_EQ(test, sevadm_rmp_owner_of(~0ULL), 1023U);
}

static void pages_add_up(struct kunit *test)
{
	give(1, 3);
	give(2, 512);
	take_back(1, 2);
	give(1, 1);

	KUNIT_EXPECT_EQ(test, of(test, 1).pages, 2ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).peak, 3ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).conversions, 4ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).reclaims, 2ULL);
	KUNIT_EXPECT_EQ(test, of(test, 2).pages, 512ULL);
	KUNIT_EXPECT_EQ(test, of(test, 2).peak, 512ULL);
	KUNIT_EXPECT_EQ(test, of(test, 3).pages, 0ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.pages, 514ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.peak, 515ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.conversions, 516ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.reclaims, 2ULL);
	KUNIT_EXPECT_EQ(test, host(test).firmware, 0ULL);
}

/* Pages that come one by one raise the peaks apart: the guest's own, and that of all. */
static void peaks_are_raised(struct kunit *test)
{
	sevadm_private_raise_peaks(&sevadm_private_accounts.of[1], 9, 20);
	KUNIT_EXPECT_EQ(test, of(test, 1).peak, 9ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.peak, 20ULL);
	sevadm_private_raise_peaks(&sevadm_private_accounts.of[1], 8, 21);
	KUNIT_EXPECT_EQ(test, of(test, 1).peak, 9ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.peak, 21ULL);
	sevadm_private_raise_peaks(&sevadm_private_accounts.of[1], 10, 5);
	KUNIT_EXPECT_EQ(test, of(test, 1).peak, 10ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.peak, 21ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).pages, 0ULL);
}

static void firmware_is_no_guest(struct kunit *test)
{
	give(SEVADM_RMP_FIRMWARE, 7);
	take_back(SEVADM_RMP_FIRMWARE, 2);

	KUNIT_EXPECT_EQ(test, host(test).firmware, 5ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.pages, 0ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.conversions, 0ULL);
}

static void page_goes_from_one_to_another(struct kunit *test)
{
	give(SEVADM_RMP_FIRMWARE, 1);
	sevadm_private_changed(0, 1, SEVADM_RMP_FIRMWARE, 3);
	sevadm_private_changed(0, 1, 3, 3);

	KUNIT_EXPECT_EQ(test, host(test).firmware, 0ULL);
	KUNIT_EXPECT_EQ(test, of(test, 3).pages, 1ULL);
	KUNIT_EXPECT_EQ(test, of(test, 3).conversions, 1ULL);
}

static void next_vm_begins_at_nothing(struct kunit *test)
{
	give(1, 10);
	sevadm_private_leaked(1);
	take_back(1, 9);
	sevadm_private_take(1);

	/* What nobody has given back stays in the RMP. */
	KUNIT_EXPECT_EQ(test, of(test, 1).pages, 1ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).peak, 1ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).conversions, 0ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).reclaims, 0ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).leaked, 0ULL);
	give(1, 2);
	KUNIT_EXPECT_EQ(test, of(test, 1).conversions, 2ULL);

	/* The host's never fall. */
	KUNIT_EXPECT_EQ(test, host(test).guests.conversions, 12ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.reclaims, 9ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.leaked, 1ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.peak, 10ULL);
}

static void leaked_is_the_owners(struct kunit *test)
{
	sevadm_private_leaked(2);
	sevadm_private_leaked(2);
	sevadm_private_leaked(SEVADM_RMP_FIRMWARE);
	sevadm_private_leaked(SEVADM_RMP_NOBODY);

	KUNIT_EXPECT_EQ(test, of(test, 2).leaked, 2ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.leaked, 4ULL);
}

static void nothing_is_known_before_the_count(struct kunit *test)
{
	struct sevadm_private_host all;
	struct sevadm_private one;

	sevadm_private_count_begin();
	KUNIT_EXPECT_FALSE(test, sevadm_private_get(1, &one));
	KUNIT_EXPECT_FALSE(test, sevadm_private_get_host(&all));
	sevadm_private_count_end();
	KUNIT_EXPECT_TRUE(test, sevadm_private_get(1, &one));
	KUNIT_EXPECT_FALSE(test, sevadm_private_get(LAST + 1, &one));
	give(LAST + 1, 5);
	KUNIT_EXPECT_EQ(test, host(test).guests.pages, 0ULL);
}

/* ASID 1 has the pages 10 and 150 of 200; the count is at 100 when others change. */
static void changes_during_the_count(struct kunit *test)
{
	sevadm_private_count_begin();
	sevadm_private_count_page(1);
	sevadm_private_count_reached(100);

	sevadm_private_changed(50, 1, SEVADM_RMP_NOBODY, 1);	/* has been looked at: counts */
	sevadm_private_changed(99, 1, SEVADM_RMP_NOBODY, 2);
	sevadm_private_changed(100, 1, SEVADM_RMP_NOBODY, 2);	/* will be looked at */
	sevadm_private_changed(150, 1, 1, SEVADM_RMP_NOBODY);	/* will be found to be nobody's */
	sevadm_private_changed(100, 1, 2, 1);	/* nor does it count when it goes on */
	sevadm_private_changed(100, 1, 1, 2);
	sevadm_private_count_page(2);

	sevadm_private_count_reached(200);
	sevadm_private_count_end();
	KUNIT_EXPECT_EQ(test, of(test, 1).pages, 2ULL);
	KUNIT_EXPECT_EQ(test, of(test, 2).pages, 2ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.pages, 4ULL);
	sevadm_private_changed(250, 1, SEVADM_RMP_NOBODY, 1);
	KUNIT_EXPECT_EQ(test, of(test, 1).pages, 3ULL);
}

/* A count begins at nothing; the most that there was stays. */
static void count_begins_at_nothing(struct kunit *test)
{
	give(1, 5);
	give(2, 3);
	give(SEVADM_RMP_FIRMWARE, 9);
	sevadm_private_count_begin();
	sevadm_private_changed(0, 1, SEVADM_RMP_NOBODY, 1);	/* will be looked at */
	sevadm_private_count_page(2);
	sevadm_private_count_page(SEVADM_RMP_FIRMWARE);
	sevadm_private_count_page(LAST + 1);
	sevadm_private_count_end();
	KUNIT_EXPECT_EQ(test, of(test, 1).pages, 0ULL);
	KUNIT_EXPECT_EQ(test, of(test, 1).peak, 5ULL);
	KUNIT_EXPECT_EQ(test, of(test, 2).pages, 1ULL);
	KUNIT_EXPECT_EQ(test, of(test, 2).peak, 3ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.pages, 1ULL);
	KUNIT_EXPECT_EQ(test, host(test).guests.peak, 8ULL);
	KUNIT_EXPECT_EQ(test, host(test).firmware, 1ULL);
}

/* An account for each ASID, and the firmware's; each begins at nothing. */
static void accounts_are_for_all_asids(struct kunit *test)
{
	struct sevadm_private one;
	u32 asid;

	KUNIT_ASSERT_EQ(test, sevadm_private_init(LAST + 2), 0);
	sevadm_private_count_begin();
	sevadm_private_count_end();
	for (asid = 1; asid <= LAST + 2; asid++) {
		KUNIT_EXPECT_EQ(test, of(test, asid).pages, 0ULL);
		KUNIT_EXPECT_EQ(test, of(test, asid).peak, 0ULL);
	}
	KUNIT_EXPECT_FALSE(test, sevadm_private_get(LAST + 3, &one));
	give(LAST + 2, 1);
	KUNIT_EXPECT_EQ(test, of(test, LAST + 2).pages, 1ULL);
	sevadm_private_uninit();
	KUNIT_EXPECT_FALSE(test, sevadm_private_get(1, &one));
	give(1, 1);
	private_for_test(test, true);
}

static struct kunit_case private_cases[] = {
	KUNIT_CASE(entry_names_its_owner),
	KUNIT_CASE(pages_add_up),
	KUNIT_CASE(peaks_are_raised),
	KUNIT_CASE(firmware_is_no_guest),
	KUNIT_CASE(page_goes_from_one_to_another),
	KUNIT_CASE(next_vm_begins_at_nothing),
	KUNIT_CASE(leaked_is_the_owners),
	KUNIT_CASE(nothing_is_known_before_the_count),
	KUNIT_CASE(changes_during_the_count),
	KUNIT_CASE(count_begins_at_nothing),
	KUNIT_CASE(accounts_are_for_all_asids),
	{}
};

static struct kunit_suite private_suite = {
	.name = "sevadm_private",
	.init = private_test_init,
	.exit = private_test_exit,
	.test_cases = private_cases,
};

kunit_test_suite(private_suite);

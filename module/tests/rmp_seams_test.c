// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of the functions that change the RMP: whatever becomes of a page, by the short way or
 * with the lock, each owner has what the table has.
 */
#include <kunit/test.h>

#include "../private.h"
#include "../rmp.h"
#include "../rmp_walk.h"
#include "../seam.h"
#include "private_counters.h"

#define PAGES		1024U		/* two of 2 MiB */
#define HUGE		512U
#define LAST_ASID	4U
#define REFUSED		(-EINVAL)

/* The RMP: two words a page, of which the first has the owner. */
static u64 table[2 * PAGES];

const u64 *sevadm_rmp_table;
u64 sevadm_rmp_pages;
u64 sevadm_rmp_counted_pages;
DEFINE_PERCPU_RWSEM(sevadm_rmp_lock);
DEFINE_PER_CPU(struct sevadm_rmp_changes, sevadm_rmp_changes);

/* As RMPREAD says it. */
u32 sevadm_rmp_ask_owner(u64 pfn)
{
	return sevadm_rmp_owner_of(table[2 * pfn]);
}

static bool irqs_off;
/* What the kernel's functions return; 0: they do what they are asked for. */
static int refused;
static unsigned int nr_leaked;

#undef irqs_disabled
#define irqs_disabled()	irqs_off

static u64 entry_of(u32 asid)
{
	return SEVADM_RMP_ASSIGNED | (u64)asid << SEVADM_RMP_ASID_SHIFT;
}

static int set_entries(u64 pfn, enum pg_level level, u64 entry)
{
	u64 i, nr = level == PG_LEVEL_2M ? HUGE : 1;

	for (i = 0; !refused && i < nr; i++)
		table[2 * (pfn + i)] = entry;
	return refused;
}

static int kernel_makes_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	return set_entries(pfn, level, entry_of(asid) | (immutable ? BIT_ULL(2) : 0));
}

static int kernel_makes_shared(u64 pfn, enum pg_level level)
{
	return set_entries(pfn, level, 0);
}

static void kernel_leaks(unsigned int npages)
{
	nr_leaked += npages;
}

#undef call_original
#define call_original(symbol, ...)		original_of_##symbol(__VA_ARGS__)
#define original_of_rmp_make_private		kernel_makes_private
#define original_of_rmp_make_shared		kernel_makes_shared
#define original_of_snp_leak_pages(pfn, npages)	kernel_leaks(npages)
#define original_of___snp_leak_pages(pfn, npages, dump)	kernel_leaks(npages)

#include "../rmp_seams.c"

/* By which way a change is made. */
static const struct way {
	const char *name;
	bool counted;		/* by the short way, where that is possible */
	bool in_memory;		/* or by RMPREAD */
} ways[] = {
	{ "short", true, true },
	{ "with the lock", false, true },
	{ "by RMPREAD", false, false },
};

static void go(struct kunit *test, const struct way *way)
{
	memset(table, 0, sizeof(table));
	private_for_test(test, true);
	sevadm_rmp_table = way->in_memory ? table : NULL;
	sevadm_rmp_pages = PAGES;
	sevadm_rmp_counted_pages = way->counted ? PAGES : 0;
}

static int rmp_seams_test_init(struct kunit *test)
{
	irqs_off = false;
	refused = 0;
	nr_leaked = 0;
	go(test, &ways[0]);
	return 0;
}

static void rmp_seams_test_exit(struct kunit *test)
{
	sevadm_rmp_table = NULL;
	sevadm_rmp_pages = 0;
	sevadm_rmp_counted_pages = 0;
	private_end();
}

/* What has begun has ended: otherwise nobody could count, or unload the module. */
static void expect_nobody_inside(struct kunit *test)
{
	unsigned long entered = 0, left = 0, begun = 0, ended = 0;
	int cpu, seam;

	for_each_possible_cpu(cpu) {
		for (seam = 0; seam < SEVADM_SEAM_NR; seam++)
			entered += per_cpu_ptr(&sevadm_seam_calls, cpu)->entered[seam];
		left += per_cpu_ptr(&sevadm_seam_calls, cpu)->left;
		begun += per_cpu_ptr(&sevadm_rmp_changes, cpu)->begun;
		ended += per_cpu_ptr(&sevadm_rmp_changes, cpu)->ended;
	}
	KUNIT_EXPECT_EQ(test, entered, left);
	KUNIT_EXPECT_EQ(test, begun, ended);
}

/* Each owner has what the table has. */
static void expect_as_table(struct kunit *test, const char *way)
{
	u64 pages[LAST_ASID + 1] = { 0 }, guests = 0;
	struct sevadm_private_host host;
	struct sevadm_private one;
	u32 asid, pfn;

	for (pfn = 0; pfn < PAGES; pfn++)
		if (table[2 * pfn] & SEVADM_RMP_ASSIGNED)
			pages[table[2 * pfn] >> SEVADM_RMP_ASID_SHIFT]++;
	KUNIT_ASSERT_TRUE(test, sevadm_private_get_host(&host));
	for (asid = 1; asid <= LAST_ASID; asid++) {
		KUNIT_ASSERT_TRUE(test, sevadm_private_get(asid, &one));
		KUNIT_EXPECT_EQ_MSG(test, one.pages, pages[asid], "%s: ASID %u", way, asid);
		KUNIT_EXPECT_EQ_MSG(test, one.conversions - one.reclaims, pages[asid],
				    "%s: ASID %u", way, asid);
		guests += pages[asid];
	}
	KUNIT_EXPECT_EQ_MSG(test, host.guests.pages, guests, "%s", way);
	KUNIT_EXPECT_EQ_MSG(test, host.firmware, pages[SEVADM_RMP_FIRMWARE], "%s", way);
	expect_nobody_inside(test);
}

/* Pages change hands in all ways that there are, in an order that is always the same. */
static void owners_have_what_the_table_has(struct kunit *test)
{
	u32 random = 1, i, way, asid, pfn;

	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		go(test, &ways[way]);
		for (i = 0; i < 2000; i++) {
			random = random * 1664525 + 1013904223;
			pfn = (random >> 18) % PAGES;
			asid = (random >> 12) % (LAST_ASID + 1);
			if (random >> 31)
				KUNIT_EXPECT_EQ(test, wrap_rmp_make_private(pfn, 0, PG_LEVEL_4K,
									    asid, !asid), 0);
			else
				KUNIT_EXPECT_EQ(test, wrap_rmp_make_shared(pfn, PG_LEVEL_4K), 0);
			if (!(i % 64))
				expect_as_table(test, ways[way].name);
		}
		expect_as_table(test, ways[way].name);
	}
}

static void page_of_2_mib_is_512(struct kunit *test)
{
	struct sevadm_private one;
	u32 way;

	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		go(test, &ways[way]);
		wrap_rmp_make_private(HUGE, 0, PG_LEVEL_2M, 3, false);
		expect_as_table(test, ways[way].name);
		wrap_rmp_make_shared(HUGE, PG_LEVEL_2M);
		expect_as_table(test, ways[way].name);
		KUNIT_ASSERT_TRUE(test, sevadm_private_get(3, &one));
		KUNIT_EXPECT_EQ(test, one.peak, HUGE);
		KUNIT_EXPECT_EQ(test, one.reclaims, HUGE);
	}
}

/* The most that there ever was, of one and of all, though no gain looks at it. */
static void peak_is_the_most(struct kunit *test)
{
	struct sevadm_private_host host;
	struct sevadm_private one;
	u32 way, i;

	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		go(test, &ways[way]);
		for (i = 0; i < 5; i++)
			wrap_rmp_make_private(i, 0, PG_LEVEL_4K, 1, false);
		wrap_rmp_make_private(7, 0, PG_LEVEL_4K, 2, false);
		wrap_rmp_make_private(8, 0, PG_LEVEL_4K, SEVADM_RMP_FIRMWARE, true);
		for (i = 0; i < 9; i++) {
			wrap_rmp_make_shared(i, PG_LEVEL_4K);
			KUNIT_ASSERT_TRUE(test, sevadm_private_get(1, &one));
			KUNIT_EXPECT_EQ_MSG(test, one.peak, 5ULL, "%s, %u", ways[way].name, i);
			KUNIT_ASSERT_TRUE(test, sevadm_private_get_host(&host));
			KUNIT_EXPECT_EQ_MSG(test, host.guests.peak, 6ULL, "%s, %u", ways[way].name,
					    i);
		}
		wrap_rmp_make_private(0, 0, PG_LEVEL_4K, 1, false);
		wrap_rmp_make_shared(0, PG_LEVEL_4K);
		KUNIT_ASSERT_TRUE(test, sevadm_private_get(1, &one));
		KUNIT_EXPECT_EQ(test, one.peak, 5ULL);
		expect_as_table(test, ways[way].name);
	}
}

/* Nothing is counted that did not happen; the caller learns what the kernel said. */
static void refusal_changes_nothing(struct kunit *test)
{
	u32 way;

	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		refused = 0;
		go(test, &ways[way]);
		wrap_rmp_make_private(1, 0, PG_LEVEL_4K, 1, false);
		refused = REFUSED;
		KUNIT_EXPECT_EQ(test, wrap_rmp_make_private(2, 0, PG_LEVEL_4K, 1, false), REFUSED);
		KUNIT_EXPECT_EQ(test, wrap_rmp_make_private(1, 0, PG_LEVEL_4K, 2, false), REFUSED);
		KUNIT_EXPECT_EQ(test, wrap_rmp_make_shared(1, PG_LEVEL_4K), REFUSED);
		KUNIT_EXPECT_EQ(test, wrap_rmp_make_shared(2, PG_LEVEL_4K), REFUSED);
		expect_as_table(test, ways[way].name);
	}
}

/* A page that has no entry is nobody's, and an ASID that has no account is not counted. */
static void beyond_the_table(struct kunit *test)
{
	sevadm_rmp_pages = 0;
	sevadm_rmp_counted_pages = 0;
	KUNIT_EXPECT_EQ(test, wrap_rmp_make_shared(0, PG_LEVEL_4K), 0);
	expect_as_table(test, "no entry");
	go(test, &ways[0]);
	KUNIT_EXPECT_EQ(test, wrap_rmp_make_private(0, 0, PG_LEVEL_4K, LAST_ASID + 1, false), 0);
	table[0] = 0;
	expect_as_table(test, "no account");
}

/* From a panic nothing is waited for; short changes wait for nobody anyway. */
static void panic_waits_for_nobody(struct kunit *test)
{
	struct sevadm_private one;

	go(test, &ways[1]);
	irqs_off = true;
	KUNIT_EXPECT_EQ(test, wrap_rmp_make_private(0, 0, PG_LEVEL_4K, 1, false), 0);
	KUNIT_ASSERT_TRUE(test, sevadm_private_get(1, &one));
	KUNIT_EXPECT_EQ(test, one.conversions, 0ULL);
	KUNIT_EXPECT_EQ(test, wrap_rmp_make_shared(0, PG_LEVEL_4K), 0);
	KUNIT_EXPECT_EQ(test, table[0], 0ULL);
	wrap_snp_leak_pages(0, 1);
	KUNIT_EXPECT_EQ(test, nr_leaked, 1U);
	expect_as_table(test, "late");

	go(test, &ways[0]);
	KUNIT_EXPECT_EQ(test, wrap_rmp_make_private(0, 0, PG_LEVEL_4K, 1, false), 0);
	KUNIT_ASSERT_TRUE(test, sevadm_private_get(1, &one));
	KUNIT_EXPECT_EQ(test, one.conversions, 1ULL);
	expect_as_table(test, "late and short");
}

static void leaked_pages_are_their_owners(struct kunit *test)
{
	struct sevadm_private_host host;
	struct sevadm_private one;

	wrap_rmp_make_private(0, 0, PG_LEVEL_4K, 1, false);
	wrap_snp_leak_pages(0, 2);
	wrap___snp_leak_pages(0, 1, true);
	KUNIT_EXPECT_EQ(test, nr_leaked, 3U);
	KUNIT_ASSERT_TRUE(test, sevadm_private_get(1, &one));
	KUNIT_EXPECT_EQ(test, one.leaked, 2ULL);
	KUNIT_ASSERT_TRUE(test, sevadm_private_get_host(&host));
	KUNIT_EXPECT_EQ(test, host.guests.leaked, 3ULL);
	expect_as_table(test, "leaked");
}

static struct kunit_case rmp_seams_cases[] = {
	KUNIT_CASE(owners_have_what_the_table_has),
	KUNIT_CASE(page_of_2_mib_is_512),
	KUNIT_CASE(peak_is_the_most),
	KUNIT_CASE(refusal_changes_nothing),
	KUNIT_CASE(beyond_the_table),
	KUNIT_CASE(panic_waits_for_nobody),
	KUNIT_CASE(leaked_pages_are_their_owners),
	{}
};

static struct kunit_suite rmp_seams_suite = {
	.name = "sevadm_rmp_seams",
	.init = rmp_seams_test_init,
	.exit = rmp_seams_test_exit,
	.test_cases = rmp_seams_cases,
};

kunit_test_suite(rmp_seams_suite);

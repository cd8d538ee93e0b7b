// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting the RMP while pages change hands: a count begins when nobody is changing an entry, and
 * begins at last, however many changes there are.
 */
#include <kunit/test.h>

/* What the suite of the wrappers has, too. */
#define sevadm_rmp_table		walked_table
#define sevadm_rmp_pages		walked_pages
#define sevadm_rmp_lock			walked_lock
#define sevadm_rmp_changes		walked_changes
#define sevadm_rmp_counted_pages	walked_counted_pages
#define sevadm_rmp_ask_owner		walked_ask_owner
#define sevadm_rmp_count		walked_count

#include "../../private.h"
#include "../../rmp.h"
#include "../private_counters.h"

#define PAGES		1024U
#define ASID		3U
#define COMING_MAX	1000U

/* The RMP: two words a page, of which the first has the owner. */
static u64 table[2 * PAGES];

const u64 *walked_table;
u64 walked_pages;

static bool written;		/* the lock is held for writing */
static unsigned int nr_opened, nr_looks, nr_coming;
static void (*at_look)(void), (*between_sums)(void);

static void look(void)
{
	nr_looks++;
	if (at_look)
		at_look();
}

static void come(void)
{
	if (between_sums)
		between_sums();
}

static u64 open_table(void)
{
	assert(written);
	nr_opened++;
	walked_table = table;
	walked_pages = PAGES;
	return PAGES;
}

#undef usleep_range
#define usleep_range(low, high)		look()
#define smp_rmb()			come()
#define synchronize_rcu()		do { } while (0)
#define percpu_down_write(lock)		((void)(lock), assert(!written), written = true)
#define percpu_up_write(lock)		((void)(lock), assert(written), written = false)
#define sevadm_rmp_open()		open_table()
#define sevadm_rmp_close()		((void)(walked_table = NULL))
#define system_long_wq			NULL
#define DECLARE_WORK(name, callback)	struct work_struct name = { .function = (callback) }
#define queue_work(queue, work)		((work)->pending = true)
#define flush_work(work)	\
	do {			\
		if ((work)->pending)	\
			(work)->function(work);	\
	} while (0)
#define cancel_work_sync(work)		((work)->pending = false)

u32 walked_ask_owner(u64 pfn)
{
	return SEVADM_RMP_NOBODY;
}

#include "../../rmp_walk.c"

static u64 pages_of(struct kunit *test, u32 asid)
{
	struct sevadm_private one;

	KUNIT_ASSERT_TRUE(test, sevadm_private_get(asid, &one));
	return one.pages;
}

static void give(u64 pfn)
{
	table[2 * pfn] = SEVADM_RMP_ASSIGNED | (u64)ASID << SEVADM_RMP_ASID_SHIFT;
}

static void recount(void)
{
	sevadm_rmp_count();
	sevadm_rmp_settle();
}

static int rmp_walk_test_init(struct kunit *test)
{
	memset(table, 0, sizeof(table));
	private_for_test(test, false);
	at_look = NULL;
	between_sums = NULL;
	nr_looks = 0;
	nr_opened = 0;
	nr_coming = 0;
	return 0;
}

static void rmp_walk_test_exit(struct kunit *test)
{
	sevadm_rmp_uninit();
	private_end();
}

static void all_entries_are_counted(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, sevadm_rmp_change_begin(0));
	sevadm_rmp_change_end();
	give(0);
	give(PAGES - 1);
	recount();
	KUNIT_EXPECT_EQ(test, pages_of(test, ASID), 2ULL);
	KUNIT_EXPECT_TRUE(test, sevadm_rmp_change_begin(PAGES - 1));
	sevadm_rmp_change_end();
	KUNIT_EXPECT_FALSE(test, sevadm_rmp_change_begin(PAGES));
	sevadm_rmp_change_end();
	KUNIT_EXPECT_EQ(test, nr_looks, 0U);
}

/* A change that began before the count goes on while it waits: it is counted once. */
static void end_the_change(void)
{
	if (nr_looks < 3)
		return;
	assert(written && nr_opened == 1);
	assert(!sevadm_rmp_change_begin(1));
	sevadm_rmp_change_end();
	give(0);
	sevadm_private_changed(0, 1, SEVADM_RMP_NOBODY, ASID);
	sevadm_rmp_change_end();
}

static void count_waits_for_a_change(struct kunit *test)
{
	recount();
	KUNIT_ASSERT_TRUE(test, sevadm_rmp_change_begin(0));
	at_look = end_the_change;
	recount();
	KUNIT_EXPECT_EQ(test, nr_looks, 3U);
	KUNIT_EXPECT_EQ(test, nr_opened, 2U);
	KUNIT_EXPECT_EQ(test, pages_of(test, ASID), 1ULL);
}

/* Whoever does not find all entries counted takes the lock: not while the count has it. */
static void change_with_the_lock(void)
{
	if (written || nr_coming == COMING_MAX)
		return;
	nr_coming++;
	assert(!sevadm_rmp_change_begin(0));
	sevadm_rmp_change_end();
}

static void changes_that_keep_coming_hold_no_count(struct kunit *test)
{
	between_sums = change_with_the_lock;
	give(0);
	recount();
	KUNIT_EXPECT_LT(test, nr_coming, COMING_MAX);
	KUNIT_EXPECT_EQ(test, pages_of(test, ASID), 1ULL);
}

static struct kunit_case rmp_walk_cases[] = {
	KUNIT_CASE(all_entries_are_counted),
	KUNIT_CASE(count_waits_for_a_change),
	KUNIT_CASE(changes_that_keep_coming_hold_no_count),
	{}
};

static struct kunit_suite rmp_walk_suite = {
	.name = "sevadm_rmp_walk",
	.init = rmp_walk_test_init,
	.exit = rmp_walk_test_exit,
	.test_cases = rmp_walk_cases,
};

kunit_test_suite(rmp_walk_suite);

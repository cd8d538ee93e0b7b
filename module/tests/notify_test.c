// SPDX-License-Identifier: GPL-2.0-only
/* Events of limits that one charge met or passed: one each, in order, in units of user space. */
#include <kunit/test.h>

#include "../event.h"

#define SEEN_MAX	8
#define VM_ID		42

/* What was emitted, in order. */
static struct sevadm_event seen[SEEN_MAX];
static unsigned int nr_seen;

static void saw(const struct sevadm_event *event)
{
	if (nr_seen < SEEN_MAX)
		seen[nr_seen] = *event;
	nr_seen++;
}

#define sevadm_event_emit(event)	saw(event)

#include "../notify.c"

#undef sevadm_event_emit

static const struct sevadm_vm vm = { .id = VM_ID };

static int notify_test_init(struct kunit *test)
{
	memset(seen, 0, sizeof(seen));
	nr_seen = 0;
	return 0;
}

static const struct sevadm_limit_hits hits = {
	.nr = 3,
	.hits = {
		{ .subject = SEVADM_SUBJECT_USER, .subject_id = 1001,
		  .resource = SEVADM_RESOURCE_PIN,
		  .knob = SEVADM_KNOB_MAX, .usage = 3, .limit = 4, .amount = 2 },
		{ .subject = SEVADM_SUBJECT_CGROUP, .subject_id = 77,
		  .resource = SEVADM_RESOURCE_ASID_SEV, .knob = SEVADM_KNOB_HIGH, .usage = 5,
		  .limit = 6, .amount = 1 },
		{ .subject = SEVADM_SUBJECT_HOST, .resource = SEVADM_RESOURCE_PRIVATE,
		  .knob = SEVADM_KNOB_MAX, .usage = 7, .limit = SEVADM_LIMIT_MAX, .amount = 8 },
		/* Behind those that count. */
		{ .subject = SEVADM_SUBJECT_USER, .subject_id = 1002 },
	},
};

static void notify_nothing(struct kunit *test)
{
	const struct sevadm_limit_hits none = { .hits = { { .subject_id = 1 } } };

	sevadm_notify_hits(&none, &vm, -ENOMEM);
	KUNIT_EXPECT_EQ(test, nr_seen, 0);
}

static void notify_each_in_order(struct kunit *test)
{
	unsigned int i;

	sevadm_notify_hits(&hits, &vm, -ENOMEM);
	KUNIT_ASSERT_EQ(test, nr_seen, 3);
	for (i = 0; i < nr_seen; i++) {
		KUNIT_EXPECT_EQ(test, seen[i].type, SEVADM_EVENT_LIMIT);
		KUNIT_EXPECT_EQ(test, seen[i].size, sizeof(seen[i]));
		KUNIT_EXPECT_EQ(test, seen[i].vm, VM_ID);
		KUNIT_EXPECT_TRUE(test, seen[i].known & SEVADM_KNOWN_VM);
		KUNIT_EXPECT_TRUE(test, seen[i].known & SEVADM_KNOWN_UID);
		KUNIT_EXPECT_EQ(test, seen[i].subject, hits.hits[i].subject);
		KUNIT_EXPECT_EQ(test, seen[i].subject_id, hits.hits[i].subject_id);
		KUNIT_EXPECT_EQ(test, seen[i].resource, hits.hits[i].resource);
		KUNIT_EXPECT_EQ(test, seen[i].knob, hits.hits[i].knob);
	}
}

/* Memory is counted in pages inside, in bytes outside; ASIDs are counted as they are. */
static void notify_in_units_of_user_space(struct kunit *test)
{
	sevadm_notify_hits(&hits, &vm, -ENOMEM);
	KUNIT_EXPECT_EQ(test, seen[0].usage, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, seen[0].limit, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, seen[0].amount, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, seen[1].usage, 5);
	KUNIT_EXPECT_EQ(test, seen[1].limit, 6);
	KUNIT_EXPECT_EQ(test, seen[1].amount, 1);
	KUNIT_EXPECT_EQ(test, seen[2].usage, 7 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, seen[2].limit, SEVADM_LIMIT_MAX);
	KUNIT_EXPECT_EQ(test, seen[2].amount, 8 * PAGE_SIZE);
}

/* A soft limit refuses nothing, whatever else of the same charge does. */
static void notify_soft_limits_refuse_nothing(struct kunit *test)
{
	sevadm_notify_hits(&hits, &vm, -ENOMEM);
	KUNIT_EXPECT_EQ(test, seen[0].ret, -ENOMEM);
	KUNIT_EXPECT_EQ(test, seen[1].ret, 0);
	KUNIT_EXPECT_EQ(test, seen[2].ret, -ENOMEM);
	notify_test_init(test);
	sevadm_notify_hits(&hits, &vm, 0);
	KUNIT_EXPECT_EQ(test, seen[0].ret, 0);
}

/*
 * A VM that moves while the module attaches or detaches is not in the ledger, and a drift is
 * reported.
 */
static void notify_without_a_vm(struct kunit *test)
{
	sevadm_notify_hits(&hits, NULL, 0);
	KUNIT_ASSERT_EQ(test, nr_seen, 3);
	KUNIT_EXPECT_FALSE(test, seen[0].known & SEVADM_KNOWN_VM);
	KUNIT_EXPECT_EQ(test, seen[0].vm, 0);
	KUNIT_EXPECT_EQ(test, seen[0].subject_id, 1001);
}

static struct kunit_case notify_cases[] = {
	KUNIT_CASE(notify_nothing),
	KUNIT_CASE(notify_each_in_order),
	KUNIT_CASE(notify_in_units_of_user_space),
	KUNIT_CASE(notify_soft_limits_refuse_nothing),
	KUNIT_CASE(notify_without_a_vm),
	{}
};

static struct kunit_suite notify_suite = {
	.name = "sevadm_notify",
	.init = notify_test_init,
	.test_cases = notify_cases,
};

kunit_test_suite(notify_suite);

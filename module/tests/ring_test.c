// SPDX-License-Identifier: GPL-2.0-only
/* The ring of events: numbers, order, and what a reader that came too late is told. */
#include <kunit/test.h>

#include "../ring.c"

/* Tracepoints are sevadm.ko's. */
void sevadm_tracepoint(const struct sevadm_event *event)
{
}

static int ring_test_init(struct kunit *test)
{
	ring_seq = 0;
	ring_events = RING_EVENTS_MIN;
	return sevadm_ring_init();
}

static void ring_test_exit(struct kunit *test)
{
	sevadm_ring_uninit();
	ring = NULL;
}

static void push(unsigned int count)
{
	struct sevadm_event event;

	while (count--) {
		sevadm_event_prepare(&event, SEVADM_EVENT_PSP);
		sevadm_ring_push(&event);
	}
}

static void ring_is_empty_at_first(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = sevadm_ring_oldest();

	KUNIT_EXPECT_EQ(test, cursor, 1);
	KUNIT_EXPECT_EQ(test, sevadm_ring_next(), 1);
	KUNIT_EXPECT_FALSE(test, sevadm_ring_pending(cursor));
	KUNIT_EXPECT_FALSE(test, sevadm_ring_read(&cursor, &event));
	KUNIT_EXPECT_EQ(test, cursor, 1);
}

static void ring_is_read_in_order(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 1, seq;

	push(3);
	for (seq = 1; seq <= 3; seq++) {
		KUNIT_EXPECT_TRUE(test, sevadm_ring_pending(cursor));
		KUNIT_ASSERT_TRUE(test, sevadm_ring_read(&cursor, &event));
		KUNIT_EXPECT_EQ(test, event.seq, seq);
		KUNIT_EXPECT_EQ(test, event.type, SEVADM_EVENT_PSP);
		KUNIT_EXPECT_EQ(test, event.size, sizeof(event));
	}
	KUNIT_EXPECT_FALSE(test, sevadm_ring_read(&cursor, &event));
	KUNIT_EXPECT_EQ(test, sevadm_ring_next(), 4);
}

static void ring_full_loses_nothing(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 1;

	push(RING_EVENTS_MIN);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 1);
	KUNIT_ASSERT_TRUE(test, sevadm_ring_read(&cursor, &event));
	KUNIT_EXPECT_EQ(test, event.type, SEVADM_EVENT_PSP);
	KUNIT_EXPECT_EQ(test, event.seq, 1);
}

static void ring_tells_what_was_lost(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 3, seq;

	push(RING_EVENTS_MIN + 10);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 11);
	KUNIT_ASSERT_TRUE(test, sevadm_ring_read(&cursor, &event));
	KUNIT_EXPECT_EQ(test, event.type, SEVADM_EVENT_LOST);
	KUNIT_EXPECT_EQ(test, event.seq, 3);
	KUNIT_EXPECT_EQ(test, event.count, 8);
	for (seq = 11; seq <= RING_EVENTS_MIN + 10; seq++) {
		KUNIT_ASSERT_TRUE(test, sevadm_ring_read(&cursor, &event));
		KUNIT_EXPECT_EQ(test, event.seq, seq);
	}
	KUNIT_EXPECT_FALSE(test, sevadm_ring_read(&cursor, &event));
}

static void ring_readers_do_not_meet(struct kunit *test)
{
	struct sevadm_event event;
	u64 one = 1, other = 1;

	push(2);
	KUNIT_EXPECT_TRUE(test, sevadm_ring_read(&one, &event));
	KUNIT_EXPECT_TRUE(test, sevadm_ring_read(&one, &event));
	KUNIT_EXPECT_TRUE(test, sevadm_ring_read(&other, &event));
	KUNIT_EXPECT_EQ(test, event.seq, 1);
}

static void ring_cursor_ahead_waits(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 5;

	push(4);
	KUNIT_EXPECT_FALSE(test, sevadm_ring_read(&cursor, &event));
	KUNIT_EXPECT_EQ(test, cursor, 5);
	push(1);
	KUNIT_EXPECT_TRUE(test, sevadm_ring_read(&cursor, &event));
	KUNIT_EXPECT_EQ(test, event.seq, 5);
}

static void ring_size_is_a_power_of_two(struct kunit *test)
{
	static const unsigned int sizes[][2] = { { 0, 16 }, { 16, 16 }, { 17, 32 }, { 1000, 1024 } };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		sevadm_ring_uninit();
		ring_events = sizes[i][0];
		KUNIT_ASSERT_EQ(test, sevadm_ring_init(), 0);
		KUNIT_EXPECT_EQ(test, sevadm_ring_size(), sizes[i][1]);
	}
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_is_empty_at_first),
	KUNIT_CASE(ring_is_read_in_order),
	KUNIT_CASE(ring_full_loses_nothing),
	KUNIT_CASE(ring_tells_what_was_lost),
	KUNIT_CASE(ring_readers_do_not_meet),
	KUNIT_CASE(ring_cursor_ahead_waits),
	KUNIT_CASE(ring_size_is_a_power_of_two),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "sevadm_ring",
	.init = ring_test_init,
	.exit = ring_test_exit,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

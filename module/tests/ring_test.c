// SPDX-License-Identifier: GPL-2.0-only
/* The ring of events: numbers, order, and what a reader that came too late gets. */
#include <kunit/test.h>

#include <linux/sched/signal.h>

/* The task is about to die: now, or after so many looks. */
static bool dying;
static unsigned int looks_left;

static bool is_dying(void)
{
	return dying || (looks_left && !--looks_left);
}

#undef fatal_signal_pending
#define fatal_signal_pending(task)	is_dying()

#include "../ring.c"
#include "rings.h"

int ring_for_test(void)
{
	memset(levels, 0, sizeof(levels));
	ring_events = RING_EVENTS_MIN;
	return sevadm_ring_init();
}

void ring_end(void)
{
	sevadm_ring_uninit();
}

void ring_push_alone(struct sevadm_event *event)
{
	sevadm_ring_add(event);
}

static int ring_test_init(struct kunit *test)
{
	return ring_for_test();
}

static void ring_test_exit(struct kunit *test)
{
	ring_end();
}

static bool read_event(u64 *cursor, struct sevadm_event *event)
{
	return sevadm_ring_look(cursor, NULL, event) == SEVADM_RING_FOUND;
}

static void push_by(u32 uid, u32 pid, unsigned int count)
{
	while (count--) {
		struct sevadm_event event = {
			.size = sizeof(event), .type = SEVADM_EVENT_PSP, .uid = uid, .pid = pid,
		};

		sevadm_ring_add(&event);
	}
}

static void push(unsigned int count)
{
	push_by(0, 1, count);
}

static void ring_is_empty_at_first(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = sevadm_ring_oldest();

	KUNIT_EXPECT_EQ(test, cursor, 1);
	KUNIT_EXPECT_EQ(test, sevadm_ring_next(), 1);
	KUNIT_EXPECT_EQ(test, sevadm_ring_look(&cursor, NULL, NULL), SEVADM_RING_END);
	KUNIT_EXPECT_FALSE(test, read_event(&cursor, &event));
	KUNIT_EXPECT_EQ(test, cursor, 1);
}

static void ring_is_read_in_order(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 1, seq;

	push(3);
	for (seq = 1; seq <= 3; seq++) {
		KUNIT_EXPECT_EQ(test, sevadm_ring_look(&cursor, NULL, NULL), SEVADM_RING_FOUND);
		KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
		KUNIT_EXPECT_EQ(test, event.seq, seq);
		KUNIT_EXPECT_EQ(test, event.type, SEVADM_EVENT_PSP);
		KUNIT_EXPECT_EQ(test, event.size, sizeof(event));
	}
	KUNIT_EXPECT_FALSE(test, read_event(&cursor, &event));
	KUNIT_EXPECT_EQ(test, sevadm_ring_next(), 4);
}

static void ring_full_loses_nothing(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 1;

	push(RING_EVENTS_MIN);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 1);
	KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
	KUNIT_EXPECT_EQ(test, event.type, SEVADM_EVENT_PSP);
	KUNIT_EXPECT_EQ(test, event.seq, 1);
}

static void ring_tells_what_was_lost(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 3, seq;

	push(RING_EVENTS_MIN + 10);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 11);
	KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
	KUNIT_EXPECT_EQ(test, event.type, SEVADM_EVENT_LOST);
	KUNIT_EXPECT_EQ(test, event.seq, 3);
	KUNIT_EXPECT_EQ(test, event.count, 8);
	for (seq = 11; seq <= RING_EVENTS_MIN + 10; seq++) {
		KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
		KUNIT_EXPECT_EQ(test, event.seq, seq);
	}
	KUNIT_EXPECT_FALSE(test, read_event(&cursor, &event));
}

static void ring_readers_do_not_meet(struct kunit *test)
{
	struct sevadm_event event;
	u64 one = 1, other = 1;

	push(2);
	KUNIT_EXPECT_TRUE(test, read_event(&one, &event));
	KUNIT_EXPECT_TRUE(test, read_event(&one, &event));
	KUNIT_EXPECT_TRUE(test, read_event(&other, &event));
	KUNIT_EXPECT_EQ(test, event.seq, 1);
}

static void ring_cursor_ahead_waits(struct kunit *test)
{
	struct sevadm_event event;
	u64 cursor = 5;

	push(4);
	KUNIT_EXPECT_FALSE(test, read_event(&cursor, &event));
	KUNIT_EXPECT_EQ(test, cursor, 5);
	push(1);
	KUNIT_EXPECT_TRUE(test, read_event(&cursor, &event));
	KUNIT_EXPECT_EQ(test, event.seq, 5);
}

static void ring_size_is_a_power_of_two(struct kunit *test)
{
	static const struct { const char *text; unsigned int size; } sizes[] = {
		{ "0", 16 }, { "16", 16 }, { "17", 32 }, { "1000", 1024 },
		{ "4294967295", 1 << 20 },
	};
	unsigned int i;

	sevadm_ring_uninit();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, set_ring_events(sizes[i].text, NULL), 0);
		KUNIT_EXPECT_EQ(test, sevadm_ring_size(), sizes[i].size);
	}
	KUNIT_EXPECT_LT(test, set_ring_events("many", NULL), 0);
}

/* Expects at @cursor: @lost events were lost, then all up to the newest one in order. */
static void expect_rest(struct kunit *test, u64 cursor, u64 lost)
{
	struct sevadm_event event;
	u64 seq = cursor;

	if (lost) {
		KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
		KUNIT_ASSERT_EQ(test, event.type, SEVADM_EVENT_LOST);
		KUNIT_EXPECT_EQ(test, event.seq, seq);
		KUNIT_EXPECT_EQ(test, event.count, lost);
		seq += lost;
	}
	for (; seq < sevadm_ring_next(); seq++) {
		KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
		KUNIT_ASSERT_EQ(test, event.type, SEVADM_EVENT_PSP);
		KUNIT_ASSERT_EQ(test, event.seq, seq);
	}
	KUNIT_EXPECT_FALSE(test, read_event(&cursor, &event));
}

/* A ring that is made again is empty, whatever the one before has held. */
static void ring_begins_anew(struct kunit *test)
{
	push(RING_EVENTS_MIN + 5);
	KUNIT_EXPECT_GT(test, sevadm_ring_oldest(), 1);
	ring_end();
	KUNIT_ASSERT_EQ(test, ring_for_test(), 0);
	ring_is_empty_at_first(test);
	push(3);
	expect_rest(test, 1, 0);
}

static void ring_grows_with_what_it_holds(struct kunit *test)
{
	push(RING_EVENTS_MIN + 5);
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	KUNIT_EXPECT_EQ(test, sevadm_ring_size(), 1024);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 6);
	expect_rest(test, 6, 0);
	expect_rest(test, 1, 5);

	/* What was lost before is not there again; what comes now has room. */
	push(1024 - RING_EVENTS_MIN);
	expect_rest(test, 6, 0);
	push(1);
	expect_rest(test, 6, 1);
}

static void ring_shrinks_to_the_newest(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	push(1500);
	KUNIT_ASSERT_EQ(test, set_ring_events("64", NULL), 0);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 1500 - 64 + 1);
	expect_rest(test, 1500 - 63, 0);
	expect_rest(test, 1000, 1500 - 63 - 1000);
	push(10);
	expect_rest(test, 1500 - 63, 10);
}

static void ring_of_few_events_shrinks(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	push(3);
	KUNIT_ASSERT_EQ(test, set_ring_events("16", NULL), 0);
	expect_rest(test, 1, 0);
	push(RING_EVENTS_MIN - 3);
	expect_rest(test, 1, 0);
	push(1);
	expect_rest(test, 1, 1);
}

static void ring_of_a_wrong_size_stays(struct kunit *test)
{
	push(4);
	KUNIT_EXPECT_EQ(test, set_ring_events("16", NULL), 0);
	KUNIT_EXPECT_EQ(test, set_ring_events("15", NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_ring_events("1048577", NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, sevadm_ring_size(), RING_EVENTS_MIN);
	expect_rest(test, 1, 0);
}

/* A task that was killed stops moving events after one batch; no event is lost. */
static void ring_resize_is_interrupted(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	push(3 * RING_COPY_MAX);
	dying = true;
	KUNIT_EXPECT_EQ(test, set_ring_events("2048", NULL), -EINTR);
	dying = false;
	KUNIT_EXPECT_EQ(test, sevadm_ring_size(), 1024);
	expect_rest(test, 1, 0);
	KUNIT_EXPECT_EQ(test, set_ring_events("2048", NULL), 0);
	KUNIT_EXPECT_EQ(test, sevadm_ring_size(), 2048);
	expect_rest(test, 1, 0);
}

/* Between the ring and what is kept beside it: the next attempt moves the rest. */
static void ring_resize_is_finished(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	push_by(1, 1, 1024);
	push_by(2, 2, 4096);
	/* The last of the steps that move the ring is followed by no look. */
	looks_left = 1024 / RING_COPY_MAX;
	KUNIT_EXPECT_EQ(test, set_ring_events("2048", NULL), -EINTR);
	KUNIT_EXPECT_EQ(test, looks_left, 0);
	KUNIT_EXPECT_EQ(test, sevadm_ring_size(), 2048);
	KUNIT_EXPECT_EQ(test, levels[LEVEL_USER].kept.size, 1024 / KEPT_PART);
	KUNIT_EXPECT_EQ(test, set_ring_events("2048", NULL), 0);
	KUNIT_EXPECT_EQ(test, levels[LEVEL_USER].kept.size, 2048 / KEPT_PART);
	KUNIT_EXPECT_EQ(test, levels[LEVEL_NR - 1].kept.size, 2048 / KEPT_PART);
}

/* The same of one that is made smaller, and drops what has no room there: so many at a time. */
static void ring_shrink_is_interrupted(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	push(1024);
	dying = true;
	KUNIT_EXPECT_EQ(test, set_ring_events("64", NULL), -EINTR);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), RING_COPY_MAX + 1);
	KUNIT_EXPECT_EQ(test, set_ring_events("64", NULL), -EINTR);
	dying = false;
	KUNIT_EXPECT_EQ(test, sevadm_ring_size(), 1024);
	expect_rest(test, 2 * RING_COPY_MAX + 1, 0);
	KUNIT_EXPECT_EQ(test, set_ring_events("64", NULL), 0);
	expect_rest(test, 1024 - 63, 0);
}

/* A look ends after so many events that nobody wants, and goes on where it was. */
static void ring_looks_are_bounded(struct kunit *test)
{
	const struct sevadm_filter nothing = { .wanted = { .vm = 1 } };
	struct sevadm_event event;
	u64 cursor = 1;

	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	push(RING_LOOK_MAX + 1);
	KUNIT_EXPECT_EQ(test, sevadm_ring_look(&cursor, &nothing, &event), SEVADM_RING_MORE);
	KUNIT_EXPECT_EQ(test, cursor, RING_LOOK_MAX + 1);
	KUNIT_EXPECT_EQ(test, sevadm_ring_look(&cursor, &nothing, &event), SEVADM_RING_END);
	KUNIT_EXPECT_EQ(test, cursor, RING_LOOK_MAX + 2);
}

/* Counts what is held of @uid and @pid (0: any), from the oldest on; the gaps between add up. */
static u64 held(struct kunit *test, u32 uid, u32 pid)
{
	u64 cursor = sevadm_ring_oldest(), next = cursor, count = 0;
	struct sevadm_event event;

	while (read_event(&cursor, &event)) {
		KUNIT_EXPECT_EQ(test, event.seq, next);
		next += event.type == SEVADM_EVENT_LOST ? event.count : 1;
		if (event.type != SEVADM_EVENT_LOST && event.uid == uid &&
		    (!pid || event.pid == pid))
			count++;
	}
	KUNIT_EXPECT_EQ(test, next, sevadm_ring_next());
	return count;
}

#define VICTIM	1000
#define FLOOD	1001
#define SIZE	64U
#define KEPT	(SIZE / KEPT_PART)

static void resize_to_64(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_ring_events("64", NULL), 0);
}

static void ring_keeps_what_one_user_floods(struct kunit *test)
{
	resize_to_64(test);
	push_by(VICTIM, 1, SIZE);
	push_by(FLOOD, 2, 100 * SIZE);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), KEPT);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 0), SIZE);
	/* The newest ones. */
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), SIZE - KEPT + 1);
}

static void ring_keeps_across_many_floods(struct kunit *test)
{
	unsigned int round;

	resize_to_64(test);
	for (round = 0; round < KEPT; round++) {
		push_by(VICTIM, 1, 1);
		push_by(FLOOD, 2, 10 * SIZE);
	}
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), KEPT);
}

static void ring_keeps_what_one_process_floods(struct kunit *test)
{
	resize_to_64(test);
	push_by(FLOOD, 1, SIZE);
	push_by(FLOOD, 2, 100 * SIZE);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 1), KEPT);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 2), SIZE);
}

/* Processes are cheap, and what they push out of each other's way is not that of other users. */
static void ring_keeps_what_many_processes_flood(struct kunit *test)
{
	unsigned int pid;

	resize_to_64(test);
	push_by(VICTIM, 1, KEPT);
	for (pid = 2; pid < 1000; pid++)
		push_by(FLOOD, pid, pid % 3 * SIZE);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), KEPT);
}

/* That another user has more than a third of the ring does not hide who has more than half. */
static void ring_keeps_beside_a_second_flood(struct kunit *test)
{
	resize_to_64(test);
	push_by(VICTIM, 1, 4);
	push_by(FLOOD, 2, SIZE / 2 + 4);
	push_by(FLOOD + 1, 3, SIZE / 2 - 8);
	push_by(FLOOD + 1, 3, 4);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), 4);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 0), SIZE / 2 + 4);
}

/* User 0 as well, whose events are in the ring from before it was made smaller. */
static void ring_keeps_what_user_0_floods(struct kunit *test)
{
	resize_to_64(test);
	push_by(0, 0, 20);
	KUNIT_ASSERT_EQ(test, set_ring_events("16", NULL), 0);
	push_by(VICTIM, 1, 1);
	push_by(0, 0, 16);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), 1);
}

/* To have more than half takes one more than half, counted from the very first event on. */
static void ring_keeps_from_one_more_than_half(struct kunit *test)
{
	const unsigned int half = RING_EVENTS_MIN / 2;

	push_by(VICTIM, 1, RING_EVENTS_MIN);
	push_by(0, 2, half + 1);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), half - 1);
	push_by(0, 2, 1);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), half - 1);
}

/* An event whose place is taken by one of the same source is kept beside a flood, too. */
static void ring_keeps_what_takes_its_own_place(struct kunit *test)
{
	resize_to_64(test);
	push_by(0, 0, 4);
	push_by(FLOOD, 2, SIZE - 4);
	push_by(0, 0, 4);
	KUNIT_EXPECT_EQ(test, held(test, 0, 0), 8);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 0), SIZE - 4);
}

/* A source that has had more than half of the ring, and has less by now, hides nobody. */
static void ring_after_a_flood_keeps_nothing(struct kunit *test)
{
	unsigned int i;

	resize_to_64(test);
	push_by(FLOOD, 2, 8);
	push_by(VICTIM, 1, 10);
	push_by(FLOOD, 2, 26);
	for (i = 0; i < 38; i++)
		push_by(VICTIM + 1000 + i, 3 + i, 1);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 0), 26);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), 0);
}

/* No event is held twice, and nobody's is kept for nothing where none has more than half. */
static void ring_of_equals_keeps_nothing(struct kunit *test)
{
	unsigned int i;

	resize_to_64(test);
	for (i = 0; i < 10 * SIZE; i++)
		push_by(VICTIM + i % 4, 1 + i % 4, 1);
	KUNIT_EXPECT_EQ(test, sevadm_ring_oldest(), 9 * SIZE + 1);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, held(test, VICTIM + i, 0), SIZE / 4);
}

/* An event outlasts half a ring of others' than any one user's: whatever they do. */
static void ring_keeps_its_promise(struct kunit *test)
{
	u64 seqs[KEPT], others, random = 88172645463325252ULL, cursor;
	u32 uids[4] = { VICTIM, FLOOD, FLOOD + 1, FLOOD + 2 };
	unsigned int trial, i, burst;
	struct sevadm_event event;

	resize_to_64(test);
	for (trial = 0; trial < 2000; trial++) {
		push_by(VICTIM, 1, 1);
		seqs[0] = sevadm_ring_next() - 1;
		/* A flood of one, and fewer than KEPT events of the others together. */
		for (others = 0, i = 0; i < 12; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			burst = random % SIZE;
			if (random >> 32 & 1) {
				push_by(FLOOD, 2, burst);
			} else if (others + burst % 4 < KEPT) {
				push_by(uids[random >> 40 & 3 & ~1], 3 + trial % 5, burst % 4);
				others += burst % 4;
			}
		}
		cursor = seqs[0];
		KUNIT_ASSERT_TRUE(test, read_event(&cursor, &event));
		KUNIT_ASSERT_EQ(test, event.type, SEVADM_EVENT_PSP);
		KUNIT_ASSERT_EQ(test, event.seq, seqs[0]);
	}
}

static void ring_resized_keeps(struct kunit *test)
{
	resize_to_64(test);
	push_by(VICTIM, 1, KEPT);
	push_by(FLOOD, 2, 10 * SIZE);
	KUNIT_ASSERT_EQ(test, set_ring_events("1024", NULL), 0);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), KEPT);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 0), SIZE);
	push_by(VICTIM, 1, 100);
	push_by(FLOOD, 2, 10000);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), KEPT + 100);
	KUNIT_ASSERT_EQ(test, set_ring_events("64", NULL), 0);
	KUNIT_EXPECT_EQ(test, held(test, VICTIM, 0), KEPT);
	KUNIT_EXPECT_EQ(test, held(test, FLOOD, 0), SIZE);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_is_empty_at_first),
	KUNIT_CASE(ring_begins_anew),
	KUNIT_CASE(ring_is_read_in_order),
	KUNIT_CASE(ring_full_loses_nothing),
	KUNIT_CASE(ring_tells_what_was_lost),
	KUNIT_CASE(ring_readers_do_not_meet),
	KUNIT_CASE(ring_cursor_ahead_waits),
	KUNIT_CASE(ring_size_is_a_power_of_two),
	KUNIT_CASE(ring_grows_with_what_it_holds),
	KUNIT_CASE(ring_shrinks_to_the_newest),
	KUNIT_CASE(ring_of_few_events_shrinks),
	KUNIT_CASE(ring_of_a_wrong_size_stays),
	KUNIT_CASE(ring_resize_is_interrupted),
	KUNIT_CASE(ring_resize_is_finished),
	KUNIT_CASE(ring_shrink_is_interrupted),
	KUNIT_CASE(ring_looks_are_bounded),
	KUNIT_CASE(ring_keeps_what_one_user_floods),
	KUNIT_CASE(ring_keeps_across_many_floods),
	KUNIT_CASE(ring_keeps_what_one_process_floods),
	KUNIT_CASE(ring_keeps_what_many_processes_flood),
	KUNIT_CASE(ring_keeps_from_one_more_than_half),
	KUNIT_CASE(ring_keeps_what_takes_its_own_place),
	KUNIT_CASE(ring_after_a_flood_keeps_nothing),
	KUNIT_CASE(ring_keeps_beside_a_second_flood),
	KUNIT_CASE(ring_keeps_what_user_0_floods),
	KUNIT_CASE(ring_of_equals_keeps_nothing),
	KUNIT_CASE(ring_keeps_its_promise),
	KUNIT_CASE(ring_resized_keeps),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "sevadm_ring",
	.init = ring_test_init,
	.exit = ring_test_exit,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

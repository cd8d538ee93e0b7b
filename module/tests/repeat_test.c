// SPDX-License-Identifier: GPL-2.0-only
/* Equal refusals: which are reported one by one, and that each is counted once. */
#include <kunit/test.h>

#include "../repeat.c"

#define CALLS	1000
#define PID	4711

/* What has come out of it. */
struct outcome {
	u64 calls, events;
};

static int repeat_test_init(struct kunit *test)
{
	memset(slots, 0, sizeof(slots));
	return 0;
}

/* A refusal of a sort of its own for each @vm. */
static struct sevadm_event refusal(u64 vm, u64 time_ns)
{
	return (struct sevadm_event) {
		.size = sizeof(struct sevadm_event),
		.type = SEVADM_EVENT_KVM,
		.pid = PID,
		.command = 1,
		.ret = -EINVAL,
		.vm = vm,
		.known = SEVADM_KNOWN_VM,
		.time_ns = time_ns,
	};
}

static void call(u64 vm, u64 time_ns, struct outcome *outcome)
{
	struct sevadm_event event = refusal(vm, time_ns), before;

	switch (sevadm_repeat_absorb(&event, &before)) {
	case SEVADM_REPEAT_OTHER:
		outcome->calls += before.count;
		outcome->events++;
		fallthrough;
	case SEVADM_REPEAT_NEW:
		outcome->calls++;
		outcome->events++;
		break;
	case SEVADM_REPEAT_COUNTED:
		break;
	}
}

static void flush_all(struct outcome *outcome)
{
	struct sevadm_event event;
	bool left = false;
	u32 slot = 0;

	while (sevadm_repeat_next(&slot, true, &event, &left)) {
		outcome->calls += event.count;
		outcome->events++;
	}
}

/* Finds @nr sorts that have the same slots to choose from. */
static void find_neighbours(u64 *vms, unsigned int nr)
{
	struct sevadm_event first = refusal(1, 0), other;
	unsigned int found;
	u64 vm = 1;

	for (found = 0; found < nr; vm++) {
		other = refusal(vm, 0);
		if (set_of(&other) == set_of(&first))
			vms[found++] = vm;
	}
}

static struct outcome calls_in_turn(const u64 *vms, unsigned int nr)
{
	struct outcome outcome = {};
	u64 i;

	for (i = 0; i < CALLS; i++)
		call(vms[i % nr], 1 + i, &outcome);
	flush_all(&outcome);
	return outcome;
}

static void repeat_of_one_sort(struct kunit *test)
{
	const u64 vm = 1;
	struct outcome outcome = calls_in_turn(&vm, 1);

	KUNIT_EXPECT_EQ(test, outcome.calls, CALLS);
	KUNIT_EXPECT_EQ(test, outcome.events, BURST + 1);
}

/* A tenant who makes calls of two sorts in turn floods the trace no more than with one. */
static void repeat_of_sorts_that_meet(struct kunit *test)
{
	struct outcome outcome;
	u64 vms[WAYS];

	find_neighbours(vms, WAYS);
	outcome = calls_in_turn(vms, WAYS);
	KUNIT_EXPECT_EQ(test, outcome.calls, CALLS);
	KUNIT_EXPECT_EQ(test, outcome.events, WAYS * (BURST + 1));
}

/* Threads note the time before they come here: one that began earlier may come later. */
static void repeat_of_threads_that_overtake(struct kunit *test)
{
	struct outcome outcome = {};
	u64 i;

	for (i = 0; i < CALLS; i++)
		call(1, 2 * CALLS - i, &outcome);
	flush_all(&outcome);
	KUNIT_EXPECT_EQ(test, outcome.calls, CALLS);
	KUNIT_EXPECT_EQ(test, outcome.events, BURST + 1);
}

/* A second that began after the time was looked at is not over. */
static void repeat_of_a_second_that_has_just_begun(struct kunit *test)
{
	u64 later = ktime_get_boottime_ns() + 3600 * (u64)NSEC_PER_SEC, i;
	struct outcome outcome = {};
	struct sevadm_event event;
	bool left = false;
	u32 slot = 0;

	for (i = 0; i < CALLS; i++)
		call(1, later, &outcome);
	KUNIT_EXPECT_FALSE(test, sevadm_repeat_next(&slot, false, &event, &left));
	KUNIT_EXPECT_TRUE(test, left);
	flush_all(&outcome);
	KUNIT_EXPECT_EQ(test, outcome.calls, CALLS);
	KUNIT_EXPECT_EQ(test, outcome.events, BURST + 1);
}

/* Those that find no room are reported more often, never wrongly. */
static void repeat_of_sorts_without_room(struct kunit *test)
{
	struct outcome outcome;
	u64 vms[WAYS + 1];

	find_neighbours(vms, WAYS + 1);
	outcome = calls_in_turn(vms, WAYS + 1);
	KUNIT_EXPECT_EQ(test, outcome.calls, CALLS);
	KUNIT_EXPECT_GT(test, outcome.events, (WAYS + 1) * (BURST + 1));
}

/* A rare caller makes room for a frequent one. */
static void repeat_has_the_oldest_make_room(struct kunit *test)
{
	struct outcome outcome = {};
	u64 vms[WAYS + 1], i;

	find_neighbours(vms, WAYS + 1);
	for (i = 0; i <= WAYS; i++)
		call(vms[i], 1 + i, &outcome);
	KUNIT_EXPECT_EQ(test, outcome.events, WAYS + 1);
	for (i = 0; i < CALLS; i++)
		call(vms[1 + i % WAYS], 100 + i, &outcome);
	flush_all(&outcome);
	KUNIT_EXPECT_EQ(test, outcome.calls, WAYS + 1 + CALLS);
	KUNIT_EXPECT_EQ(test, outcome.events, 1 + WAYS * (BURST + 1));
}

static struct kunit_case repeat_cases[] = {
	KUNIT_CASE(repeat_of_one_sort),
	KUNIT_CASE(repeat_of_sorts_that_meet),
	KUNIT_CASE(repeat_of_threads_that_overtake),
	KUNIT_CASE(repeat_of_a_second_that_has_just_begun),
	KUNIT_CASE(repeat_of_sorts_without_room),
	KUNIT_CASE(repeat_has_the_oldest_make_room),
	{}
};

static struct kunit_suite repeat_suite = {
	.name = "sevadm_repeat",
	.init = repeat_test_init,
	.test_cases = repeat_cases,
};

kunit_test_suite(repeat_suite);

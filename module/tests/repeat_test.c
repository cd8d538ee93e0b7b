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

/* Each of them tells sorts apart; what varies from call to call does not. */
static void sort_is_each_of_its_fields(struct kunit *test)
{
	const struct sevadm_event one = refusal(1, 1);
	struct sevadm_event other = one;

	other.time_ns++;
	other.duration_ns++;
	other.asid++;
	KUNIT_EXPECT_TRUE(test, is_same(&one, &other));
#define EXPECT_OTHER(field) do {				\
		other = one;					\
		other.field ^= 1;				\
		KUNIT_EXPECT_FALSE(test, is_same(&one, &other));	\
	} while (0)
	EXPECT_OTHER(pid);
	EXPECT_OTHER(uid);
	EXPECT_OTHER(type);
	EXPECT_OTHER(command);
	EXPECT_OTHER(ret);
	EXPECT_OTHER(vm);
	EXPECT_OTHER(known);
	EXPECT_OTHER(flags);
	EXPECT_OTHER(refusal);
	EXPECT_OTHER(knob);
	EXPECT_OTHER(resource);
	EXPECT_OTHER(subject);
	EXPECT_OTHER(subject_id);
	/* A slot that nothing has come to. */
	other = (struct sevadm_event) {};
	KUNIT_EXPECT_FALSE(test, is_same(&other, &other));
}

static void sort_of_invented_commands(struct kunit *test)
{
	static const struct {
		u32 command, sort;
	} rows[] = {
		{ 0, 0 },
		{ KVM_COMMANDS - 1, KVM_COMMANDS - 1 },
		{ KVM_COMMANDS, KVM_COMMANDS },
		{ KVM_COMMANDS + 1, KVM_COMMANDS },
		{ SEVADM_KVM_REGISTER_REGION - 1, KVM_COMMANDS },
		{ SEVADM_KVM_REGISTER_REGION, SEVADM_KVM_REGISTER_REGION },
		{ SEVADM_KVM_DESTROY, SEVADM_KVM_DESTROY },
		{ SEVADM_KVM_DESTROY + 1, KVM_COMMANDS },
		{ U32_MAX, KVM_COMMANDS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, sort_of_command(rows[i].command), rows[i].sort,
				    "row %u", i);
}

static enum sevadm_repeat call_of(u64 vm, u64 time_ns, u64 duration_ns,
				  struct sevadm_event *before)
{
	struct sevadm_event event = refusal(vm, time_ns);

	event.duration_ns = duration_ns;
	return sevadm_repeat_absorb(&event, before);
}

/* One event stands for all that were counted: how many, how long each took, of which moment. */
static void repeat_reports_what_it_counted(struct kunit *test)
{
	struct sevadm_event event = refusal(1, 0), before = {};
	const u32 at = slot_of(&event) - slots;
	bool left = true;
	u32 slot = 0, i;
	u64 began;

	KUNIT_EXPECT_FALSE(test, sevadm_repeat_next(&slot, true, &event, &left));
	KUNIT_EXPECT_FALSE(test, left);
	KUNIT_EXPECT_EQ(test, slot, SLOTS);
	for (i = 0; i < BURST; i++)
		KUNIT_EXPECT_EQ(test, call_of(1, 1, 5000, &before), SEVADM_REPEAT_NEW);
	KUNIT_EXPECT_EQ(test, call_of(1, 1, 100, &before), SEVADM_REPEAT_COUNTED);
	KUNIT_EXPECT_EQ(test, call_of(1, 1, 300, &before), SEVADM_REPEAT_COUNTED);
	began = ktime_get_boottime_ns();
	slot = 0;
	KUNIT_ASSERT_TRUE(test, sevadm_repeat_next(&slot, true, &event, &left));
	KUNIT_EXPECT_EQ(test, slot, at + 1);
	KUNIT_EXPECT_FALSE(test, left);
	KUNIT_EXPECT_EQ(test, event.count, 2);
	KUNIT_EXPECT_EQ(test, event.duration_ns, 200);
	KUNIT_EXPECT_EQ(test, event.vm, 1);
	KUNIT_EXPECT_EQ(test, event.flags, SEVADM_EVENT_REPEATED);
	KUNIT_EXPECT_GE(test, event.time_ns, began);
	KUNIT_EXPECT_EQ(test, slots[at].since_ns, event.time_ns);
	left = true;
	KUNIT_EXPECT_FALSE(test, sevadm_repeat_next(&slot, true, &event, &left));
	KUNIT_EXPECT_TRUE(test, left);	/* asked from the first slot on only */

	/* Within its second all is counted; then again, from nothing. */
	KUNIT_EXPECT_EQ(test, call_of(1, slots[at].since_ns, 7, &before), SEVADM_REPEAT_COUNTED);
	slot = 0;
	KUNIT_ASSERT_TRUE(test, sevadm_repeat_next(&slot, true, &event, &left));
	KUNIT_EXPECT_EQ(test, event.count, 1);
	KUNIT_EXPECT_EQ(test, event.duration_ns, 7);
}

static void repeat_begins_a_second(struct kunit *test)
{
	struct sevadm_event event = refusal(1, 0), before;
	struct slot *slot = slot_of(&event);
	const u64 start = NSEC_PER_SEC;
	u32 i;

	for (i = 0; i < BURST; i++)
		KUNIT_EXPECT_EQ(test, call_of(1, start, 0, &before), SEVADM_REPEAT_NEW);
	KUNIT_EXPECT_EQ(test, slot->since_ns, start);
	for (i = 0; i < BURST; i++)
		KUNIT_EXPECT_EQ(test, call_of(1, start + NSEC_PER_SEC, 0, &before),
				SEVADM_REPEAT_NEW);
	KUNIT_EXPECT_EQ(test, slot->since_ns, start + NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, call_of(1, start + 2 * NSEC_PER_SEC - 1, 0, &before),
			SEVADM_REPEAT_COUNTED);
	/* What is counted is reported first. */
	KUNIT_EXPECT_EQ(test, call_of(1, start + 3 * NSEC_PER_SEC, 0, &before),
			SEVADM_REPEAT_COUNTED);
	KUNIT_EXPECT_EQ(test, slot->count, 2);
}

/* A sort that takes over a slot has the calls counted there reported, and then its own. */
static void repeat_of_another_sort(struct kunit *test)
{
	struct sevadm_event before = {};
	u64 vms[WAYS + 1];
	u32 i, j;

	find_neighbours(vms, WAYS + 1);
	for (i = 0; i < WAYS; i++)
		for (j = 0; j < BURST + 3; j++)
			call_of(vms[i], 10 + i, j < BURST ? 1000 : 40, &before);
	KUNIT_EXPECT_EQ(test, call_of(vms[WAYS], 5000, 1, &before), SEVADM_REPEAT_OTHER);
	KUNIT_EXPECT_EQ(test, before.vm, vms[0]);
	KUNIT_EXPECT_EQ(test, before.count, 3);
	KUNIT_EXPECT_EQ(test, before.duration_ns, 40);
	KUNIT_EXPECT_EQ(test, before.time_ns, 5000);
	KUNIT_EXPECT_EQ(test, before.flags, SEVADM_EVENT_REPEATED);
	for (i = 1; i < BURST; i++)
		KUNIT_EXPECT_EQ(test, call_of(vms[WAYS], 5000, 1, &before), SEVADM_REPEAT_NEW);
	KUNIT_EXPECT_EQ(test, call_of(vms[WAYS], 5000, 1, &before), SEVADM_REPEAT_COUNTED);
}

static struct kunit_case repeat_cases[] = {
	KUNIT_CASE(repeat_of_one_sort),
	KUNIT_CASE(repeat_of_sorts_that_meet),
	KUNIT_CASE(repeat_of_threads_that_overtake),
	KUNIT_CASE(repeat_of_a_second_that_has_just_begun),
	KUNIT_CASE(repeat_of_sorts_without_room),
	KUNIT_CASE(repeat_has_the_oldest_make_room),
	KUNIT_CASE(sort_is_each_of_its_fields),
	KUNIT_CASE(sort_of_invented_commands),
	KUNIT_CASE(repeat_reports_what_it_counted),
	KUNIT_CASE(repeat_begins_a_second),
	KUNIT_CASE(repeat_of_another_sort),
	{}
};

static struct kunit_suite repeat_suite = {
	.name = "sevadm_repeat",
	.init = repeat_test_init,
	.test_cases = repeat_cases,
};

kunit_test_suite(repeat_suite);

// SPDX-License-Identifier: GPL-2.0-only
/* Which events are wanted: each condition by itself, its bound, and what it says of no words. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "test.h"
#include "trace/filter.h"

/* A command of VM 3 and process 7 that took 5 ms and waited for 2, and failed. */
static struct sevadm_event event(void)
{
	return (struct sevadm_event) {
		.type = SEVADM_EVENT_PSP, .command = 0x30, .vm = 3, .pid = 7, .ret = -EIO,
		.known = SEVADM_KNOWN_VM | SEVADM_KNOWN_WAIT, .duration_ns = 5000000,
		.wait_ns = 2000000,
	};
}

static bool wants(const struct filter *filter)
{
	const struct sevadm_event one = event();

	return filter_wants(filter, &one);
}

static void nothing_chosen_is_all(void)
{
	const struct sevadm_event newer = { .type = 40 };
	const struct filter all = {}, of_psp = { .types = 1U << SEVADM_EVENT_PSP };

	EXPECT(wants(&all));
	EXPECT(filter_wants(&all, &newer));
	EXPECT(!filter_wants(&of_psp, &newer));
}

/* A loss may have been of what is wanted. */
static void losses_always_pass(void)
{
	const struct sevadm_event lost = { .type = SEVADM_EVENT_LOST, .count = 3 };
	struct filter filter = { .has_vm = true, .vm = 9, .errors = true, .longer_ns = 1 };

	EXPECT(!wants(&filter));
	EXPECT(filter_wants(&filter, &lost));
}

static void each_condition(void)
{
	static const struct filter wanted[] = {
		{ .types = 1U << SEVADM_EVENT_PSP }, { .types = ~0U }, { .has_vm = true, .vm = 3 },
		{ .has_pid = true, .pid = 7 }, { .errors = true }, { .longer_ns = 6999999 },
		{ .nr_commands = 1, .commands = { { SEVADM_EVENT_PSP, 0x30 } } },
		{ .nr_commands = 2, .commands = {
			{ SEVADM_EVENT_KVM, 2 }, { SEVADM_EVENT_PSP, 0x30 } } },
	};
	static const struct filter unwanted[] = {
		{ .types = ~(1U << SEVADM_EVENT_PSP) }, { .has_vm = true, .vm = 4 },
		{ .has_vm = true }, { .has_pid = true, .pid = 8 }, { .has_pid = true },
		{ .longer_ns = 7000000 },
		{ .nr_commands = 1, .commands = { { SEVADM_EVENT_KVM, 0x30 } } },
		{ .nr_commands = 1, .commands = { { SEVADM_EVENT_PSP, 0x31 } } },
		/* Those behind the last do not count. */
		{ .nr_commands = 1, .commands = {
			{ SEVADM_EVENT_KVM, 2 }, { SEVADM_EVENT_PSP, 0x30 } } },
	};
	struct filter both;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		EXPECT(wants(&wanted[i]));
	for (i = 0; i < ARRAY_SIZE(unwanted); i++) {
		EXPECT(!wants(&unwanted[i]));
		/* All have to be so. */
		both = unwanted[i];
		both.errors = true;
		EXPECT(!wants(&both));
	}
}

static void what_is_not_known_is_not_it(void)
{
	const struct filter of_vm = { .has_vm = true, .vm = 3 };
	const struct filter long_ones = { .longer_ns = 5500000 };
	struct sevadm_event one = event();

	one.known = 0;
	EXPECT(!filter_wants(&of_vm, &one));
	EXPECT(!filter_wants(&long_ones, &one));
	one.known = SEVADM_KNOWN_WAIT;
	EXPECT(filter_wants(&long_ones, &one));
	/* A migration is of both. */
	one.known = SEVADM_KNOWN_PEER_VM;
	one.peer_vm = 3;
	EXPECT(filter_wants(&of_vm, &one));
	one.peer_vm = 4;
	EXPECT(!filter_wants(&of_vm, &one));
}

/* What KVM was asked for pinned memory is the command of that event. */
static void commands_of_pins(void)
{
	struct filter filter = {};
	struct sevadm_event pin = { .type = SEVADM_EVENT_PIN };

	EXPECT_NUMBER(filter_set_command(&filter, "REGISTER_REGION"), EXIT_OK);
	EXPECT_NUMBER(filter.nr_commands, 1);
	pin.command = filter.commands[0].command;
	EXPECT(filter_wants(&filter, &pin));
	pin.type = SEVADM_EVENT_UNPIN;
	EXPECT(filter_wants(&filter, &pin));
	pin.command++;
	EXPECT(!filter_wants(&filter, &pin));
}

/* LAUNCH_START is a command of the firmware and one of KVM's: either is meant. */
static void names_of_both(void)
{
	struct filter filter = {};

	EXPECT_NUMBER(filter_set_command(&filter, "LAUNCH_START"), EXIT_OK);
	EXPECT_NUMBER(filter.nr_commands, 2);
	EXPECT_NUMBER(filter.commands[0].type, SEVADM_EVENT_PSP);
	EXPECT_NUMBER(filter.commands[1].type, SEVADM_EVENT_KVM);
	EXPECT(wants(&filter));
}

static int set(int (*setter)(void *filter, const char *text), struct filter *filter,
	       const char *text)
{
	int ret;

	capture_begin();
	ret = setter(filter, text);
	capture_end();
	return ret;
}

static void there_is_room_for_some_commands(void)
{
	struct filter filter = {};
	unsigned int i;

	for (i = 0; i < SEVADM_FILTER_COMMANDS / 2; i++)
		EXPECT_NUMBER(set(filter_set_command, &filter, "LAUNCH_START"), EXIT_OK);
	EXPECT_NUMBER(filter.nr_commands, SEVADM_FILTER_COMMANDS);
	EXPECT_NUMBER(set(filter_set_command, &filter, "ACTIVATE"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: too many commands: leave --command out and choose among what is shown\n");
	EXPECT_NUMBER(filter.nr_commands, SEVADM_FILTER_COMMANDS);
}

static void words_that_are_none(void)
{
	struct filter filter = {};

	EXPECT_NUMBER(set(filter_set_command, &filter, "LAUNCH"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: neither the firmware nor KVM has a command \"LAUNCH\"\n");
	EXPECT_NUMBER(set(filter_set_event, &filter, "ping"), EXIT_USAGE);
	EXPECT(strstr(captured_errors, "did you mean \"pin\"?"));
	EXPECT_NUMBER(set(filter_set_pid, &filter, "4294967296"), EXIT_USAGE);
	EXPECT_NUMBER(set(filter_set_pid, &filter, "4294967295"), EXIT_OK);
	EXPECT_NUMBER(filter.pid, UINT32_MAX);
}

static void lengths_of_time(void)
{
	static const struct {
		const char *text;
		unsigned long long ns;
	} rows[] = {
		{ "7ns", 7 }, { "7us", 7000 }, { "5ms", 5000000 }, { "1.5s", 1500000000 },
		{ "2min", 120000000000 }, { "999999999s", 999999999000000000 },
	};
	static const char *const wrong[] = {
		"", "5", "ms", "5 ms", "-5ms", "+5ms", "1e3s", "0x5s", "5h", "1.2.3s", "1000000000s",
		"infs", "5msec",
	};
	struct filter filter = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_NUMBER(set(filter_set_longer, &filter, rows[i].text), EXIT_OK);
		EXPECT_NUMBER(filter.longer_ns, rows[i].ns);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_NUMBER(set(filter_set_longer, &filter, wrong[i]), EXIT_USAGE);
		EXPECT(strstr(captured_errors, "is not a duration"));
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "nothing chosen is all", nothing_chosen_is_all },
		{ "losses always pass", losses_always_pass },
		{ "each condition", each_condition },
		{ "what is not known is not it", what_is_not_known_is_not_it },
		{ "commands of pins", commands_of_pins },
		{ "names of both", names_of_both },
		{ "room for some commands", there_is_room_for_some_commands },
		{ "words that are none", words_that_are_none },
		{ "lengths of time", lengths_of_time },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

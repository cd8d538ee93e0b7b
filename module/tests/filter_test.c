// SPDX-License-Identifier: GPL-2.0-only
/* Filters: which are understood, and what each lets pass. */
#include <kunit/test.h>

#include "../filter.c"

static const struct sevadm_event psp = {
	.type = SEVADM_EVENT_PSP, .command = 0x30, .vm = 7, .pid = 100, .duration_ns = 900,
	.wait_ns = 100, .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_WAIT | SEVADM_KNOWN_FW_ERROR,
};

static const struct sevadm_event psp_failed = {
	.type = SEVADM_EVENT_PSP, .command = 0x31, .ret = -EIO, .fw_error = 3, .pid = 101,
	.known = SEVADM_KNOWN_FW_ERROR,
};

static const struct sevadm_event length_query = {
	.type = SEVADM_EVENT_PSP, .command = 0x33, .ret = -EIO, .fw_error = 4,
	.known = SEVADM_KNOWN_FW_ERROR, .flags = SEVADM_EVENT_LENGTH_QUERY,
};

static const struct sevadm_event pin = {
	.type = SEVADM_EVENT_PIN, .command = SEVADM_KVM_REGISTER_REGION, .vm = 8, .pid = 100,
	.known = SEVADM_KNOWN_VM,
};

static const struct sevadm_event migration = {
	.type = SEVADM_EVENT_KVM, .command = SEVADM_KVM_MOVE_ENC_CONTEXT, .vm = 8, .peer_vm = 7,
	.known = SEVADM_KNOWN_VM | SEVADM_KNOWN_PEER_VM,
};

/* 0 is the VM of an event that is of none. */
static const struct sevadm_event asid = { .type = SEVADM_EVENT_ASID, .vm = 7 };

static const struct passing {
	const char *name;
	struct sevadm_event_filter wanted;
	const struct sevadm_event *event;
	bool passes;
} passing[] = {
	{ "VM", { .vm = 7 }, &psp, true },
	{ "another VM", { .vm = 8 }, &psp, false },
	{ "VM that is not known", { .vm = 7 }, &asid, false },
	{ "VM of origin", { .vm = 7 }, &migration, true },
	{ "process", { .pid = 100 }, &psp, true },
	{ "another process", { .pid = 100 }, &psp_failed, false },
	{ "type", { .types = BIT(SEVADM_EVENT_PIN) | BIT(SEVADM_EVENT_PSP) }, &pin, true },
	{ "another type", { .types = BIT(SEVADM_EVENT_PSP) }, &pin, false },
	{ "failure", { .flags = SEVADM_FILTER_FAILED }, &psp_failed, true },
	{ "success", { .flags = SEVADM_FILTER_FAILED }, &psp, false },
	{ "length query", { .flags = SEVADM_FILTER_FAILED }, &length_query, false },
	{ "longer", { .longer_ns = 999 }, &psp, true },
	{ "as long", { .longer_ns = 1000 }, &psp, false },
	{ "command", { .nr_commands = 2, .commands = { { SEVADM_EVENT_PSP, 0x22 },
	  { SEVADM_EVENT_PSP, 0x30 } } }, &psp, true },
	{ "another command", { .nr_commands = 1, .commands = { { SEVADM_EVENT_PSP, 0x31 } } }, &psp,
	  false },
	{ "KVM's command of that number",
	  { .nr_commands = 1, .commands = { { SEVADM_EVENT_KVM, 0x30 } } }, &psp, false },
	{ "pin of a command", { .nr_commands = 1, .commands = { { SEVADM_EVENT_KVM,
	  SEVADM_KVM_REGISTER_REGION } } }, &pin, true },
	{ "no command",
	  { .nr_commands = 1, .commands = { { SEVADM_EVENT_KVM, 0 } } }, &asid, false },
	{ "none of all commands", { .nr_commands = SEVADM_FILTER_COMMANDS, .commands = {
	  [0 ... SEVADM_FILTER_COMMANDS - 1] = { SEVADM_EVENT_PSP, 0x31 } } }, &psp, false },
	{ "last of all commands", { .nr_commands = SEVADM_FILTER_COMMANDS, .commands = {
	  [0 ... SEVADM_FILTER_COMMANDS - 2] = { SEVADM_EVENT_PSP, 0x31 },
	  { SEVADM_EVENT_PSP, 0x30 } } }, &psp, true },
	{ "two conditions", { .vm = 7, .pid = 100 }, &psp, true },
	{ "one of two conditions", { .vm = 8, .pid = 100 }, &psp, false },
};

static void passing_describe(const struct passing *row, char *text)
{
	strscpy(text, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(passing, passing, passing_describe);

static void filter_passes(struct kunit *test)
{
	const struct passing *row = test->param_value;
	struct sevadm_filter *filter = sevadm_filter_make(&row->wanted);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, filter);
	KUNIT_EXPECT_EQ(test, sevadm_filter_wants(filter, row->event), row->passes);
	kfree(filter);
}

static const struct wrong {
	const char *name;
	struct sevadm_event_filter wanted;
} wrongs[] = {
	{ "unknown flag", { .flags = SEVADM_FILTER_FAILED << 1 } },
	{ "unknown type", { .types = BIT(SEVADM_EVENT_LIMIT + 1) } },
	{ "reserved", { .reserved = 1 } },
	{ "too many commands", { .nr_commands = SEVADM_FILTER_COMMANDS + 1 } },
	{ "very many commands", { .nr_commands = U32_MAX } },
	{ "command of no type", { .nr_commands = 1 } },
	{ "command of a pin", { .nr_commands = 1, .commands = { { SEVADM_EVENT_PIN, 1 } } } },
	{ "command behind the last", { .commands = { { SEVADM_EVENT_PSP, 1 } } } },
	{ "the very last", { .vm = 1, .commands = { [SEVADM_FILTER_COMMANDS - 1] = { 0, 1 } } } },
};

static void wrong_describe(const struct wrong *row, char *text)
{
	strscpy(text, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrongs, wrong_describe);

static void filter_is_refused(struct kunit *test)
{
	const struct wrong *row = test->param_value;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sevadm_filter_make(&row->wanted)), -EINVAL);
}

static void filter_of_nothing_is_none(struct kunit *test)
{
	const struct sevadm_event_filter wanted = { .size = sizeof(wanted) };

	KUNIT_EXPECT_PTR_EQ(test, sevadm_filter_make(&wanted), NULL);
	KUNIT_EXPECT_TRUE(test, sevadm_filter_wants(NULL, &asid));
}

static struct kunit_case filter_cases[] = {
	KUNIT_CASE_PARAM(filter_passes, passing_gen_params),
	KUNIT_CASE_PARAM(filter_is_refused, wrong_gen_params),
	KUNIT_CASE(filter_of_nothing_is_none),
	{}
};

static struct kunit_suite filter_suite = {
	.name = "sevadm_filter",
	.test_cases = filter_cases,
};

kunit_test_suite(filter_suite);

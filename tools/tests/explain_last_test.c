// SPDX-License-Identifier: GPL-2.0-only
/* The last failure of the trace: which events are it, and what is said of them. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cli/output.h"
#include "explain/last.h"
#include "sev/names.h"
#include "test.h"

static struct sevadm_event event(__u32 type, __u32 pid, int ret)
{
	return (struct sevadm_event) { .type = type, .pid = pid, .ret = ret, .comm = "qemu" };
}

static void one_process_failed_last(void)
{
	struct sevadm_event first = event(SEVADM_EVENT_KVM, 1, -EIO);
	struct sevadm_event well = event(SEVADM_EVENT_KVM, 3, 0);
	struct sevadm_event second = event(SEVADM_EVENT_KVM, 2, -EBUSY);
	struct sevadm_event lost = event(SEVADM_EVENT_LOST, 0, 0);
	struct sevadm_event soft = event(SEVADM_EVENT_LIMIT, 4, 0);
	struct last last = {};
	int i;

	last_add(&last, &well);
	EXPECT_NUMBER(last.nr, 0);
	last_add(&last, &first);
	last_add(&last, &second);
	last_add(&last, &well);
	last_add(&last, &lost);
	/* A soft limit that was passed refuses nothing. */
	last_add(&last, &soft);
	EXPECT_NUMBER(last.nr, 1);
	EXPECT_NUMBER(last.events[0].pid, 2);
	for (i = 0; i < 2 * LAST_EVENTS; i++) {
		second.command = i;
		last_add(&last, &second);
	}
	EXPECT_NUMBER(last.nr, LAST_EVENTS);
	EXPECT_NUMBER(last.events[LAST_EVENTS - 1].command, 2 * LAST_EVENTS - 1);
}

/* status and metrics ask for the TCB: that a dead firmware refuses it hides no guest's failure. */
static void own_questions(void)
{
	struct sevadm_event guest = event(SEVADM_EVENT_KVM, 1, -EIO);
	struct sevadm_event question = event(SEVADM_EVENT_PSP, 2, -EBUSY);
	struct last last = {};

	question.command = 0x83;	/* SNP_PLATFORM_STATUS */
	strcpy(question.comm, "sevadm");
	last_add(&last, &question);
	EXPECT_NUMBER(last.nr, 0);
	last_add(&last, &guest);
	last_add(&last, &question);
	EXPECT_NUMBER(last.nr, 1);
	EXPECT_NUMBER(last.events[0].pid, 1);
	question.ret = -ETIMEDOUT;
	last_add(&last, &question);
	EXPECT_NUMBER(last.events[0].pid, 2);
	last_add(&last, &guest);
	/* Others', and whatever else a process of this name asks for, count. */
	question.ret = -EBUSY;
	strcpy(question.comm, "snphost");
	last_add(&last, &question);
	EXPECT_NUMBER(last.events[0].pid, 2);
	strcpy(guest.comm, "sevadm");
	last_add(&last, &guest);
	EXPECT_NUMBER(last.events[0].pid, 1);
}

/* A process of long life: what it met more than that long ago is another failure. */
static void failures_that_belong_together(void)
{
	struct sevadm_event first = event(SEVADM_EVENT_KVM, 1, -EIO), second = first;
	struct last last = {};

	first.time_ns = 5;
	second.time_ns = 5 + OLD_NS;
	last_add(&last, &first);
	last_add(&last, &second);
	EXPECT_NUMBER(last.nr, 2);
	second.time_ns += OLD_NS + 1;
	last_add(&last, &second);
	EXPECT_NUMBER(last.nr, 1);
}

static void how_long_ago(void)
{
	struct timespec now;
	struct last last = {};

	clock_gettime(CLOCK_BOOTTIME, &now);
	EXPECT(!last_is_older(&last, OLD_NS));
	last.nr = 1;
	last.events[0].time_ns = now.tv_sec * 1000000000ULL;
	EXPECT(!last_is_older(&last, OLD_NS));
	last.events[0].time_ns -= 20000000000ULL;
	EXPECT(last_is_older(&last, OLD_NS));
}

static bool says(const struct last *last, const char *line)
{
	struct log log = {};
	bool said;

	last_take(last, &log);
	said = log.nr == 1 && !strcmp(log.readings[0].line, line);
	if (!said)
		ksft_print_msg("%zu lines, the first is \"%s\"\n", log.nr,
			       log.nr ? log.readings[0].line : "");
	log_free(&log);
	return said;
}

static void what_qemu_and_the_kernel_say(void)
{
	struct sevadm_event start = event(SEVADM_EVENT_KVM, 1, -EIO);
	struct sevadm_event pin = event(SEVADM_EVENT_PIN, 1, -ENOMEM);
	struct last last = {};

	start.command = 2;	/* KVM_SEV_LAUNCH_START */
	start.known = SEVADM_KNOWN_FW_ERROR;
	start.fw_error = 23;
	last_add(&last, &start);
	EXPECT(says(&last, "LAUNCH_START ret=-5 fw_error=23"));
	last = (struct last) {};
	pin.refusal = SEVADM_REFUSAL_MEMLOCK;
	pin.known = SEVADM_KNOWN_LIMIT | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED;
	pin.bytes = 8 * 4096;
	pin.pinned_bytes = 4096;
	pin.limit_bytes = 4 * 4096;
	last_add(&last, &pin);
	EXPECT(says(&last, "SEV: 9 locked pages exceed the lock limit of 4."));
}

static const struct {
	const char *command;
	int ret;
	__u32 context;
} refused[] = {
	/* KVM refuses these itself, so nothing but its own event is there. */
	{ "INIT", -EBUSY, CONTEXT_INIT },
	{ "ES_INIT", -ENOTTY, CONTEXT_INIT },
	{ "INIT2", -EBUSY, CONTEXT_INIT },
	{ "REGISTER_REGION", -ENOMEM, CONTEXT_REGISTER },
	{ "LAUNCH_UPDATE_DATA", -ENOMEM, CONTEXT_LAUNCH },
	{ "SNP_LAUNCH_START", -EINVAL, CONTEXT_SNP_START },
	/* QEMU has no words for these. */
	{ "SEND_START", -EBUSY, CONTEXT_NONE },
};

static void what_kvm_refused(void)
{
	struct explanation causes[CAUSES_MAX];
	struct facts facts;
	char line[64];
	size_t i;

	facts_none(&facts);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		struct sevadm_event kvm = event(SEVADM_EVENT_KVM, 1, refused[i].ret);
		struct last last = {};
		struct log log = {};

		kvm.command = kvm_command_id(refused[i].command);
		snprintf(line, sizeof(line), "%s ret=%d fw_error=0", refused[i].command, refused[i].ret);
		last_add(&last, &kvm);
		last_take(&last, &log);
		EXPECT_NUMBER(log.nr, 1);
		if (!log.nr)
			continue;
		EXPECT_TEXT(log.readings[0].line, line);
		EXPECT_NUMBER(log.readings[0].symptom.context, refused[i].context);
		EXPECT_NUMBER(log.readings[0].symptom.err, -refused[i].ret);
		EXPECT(explain_symptom(&log.readings[0].symptom, &facts, causes) > 0);
		log_free(&log);
	}
}

/* As many failures as are kept, of each kind alone: each says something; there is no next one. */
static void as_many_as_are_kept(void)
{
	static const __u32 types[] = { SEVADM_EVENT_PIN, SEVADM_EVENT_KVM, SEVADM_EVENT_PSP };
	struct sevadm_event one;
	struct last last;
	struct log log;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		last = (struct last) {};
		log = (struct log) {};
		one = event(types[i], 1, -EIO);
		one.refusal = SEVADM_REFUSAL_MEMLOCK;
		one.known = SEVADM_KNOWN_FW_ERROR;
		for (j = 1; j <= LAST_EVENTS; j++) {
			one.fw_error = j;
			one.command = types[i] == SEVADM_EVENT_KVM ? 2 : 1;
			one.bytes = j * 4096;
			last_add(&last, &one);
		}
		EXPECT_NUMBER(last.nr, LAST_EVENTS);
		last_take(&last, &log);
		/* Of commands that KVM has not asked for, the first. */
		EXPECT_NUMBER(log.nr, types[i] == SEVADM_EVENT_PSP ? 1 : LAST_EVENTS);
		log_free(&log);
	}
}

/* Nobody but ccp asks for INIT and SHUTDOWN. What KVM asked for, its own failure explains. */
static void what_ccp_says(void)
{
	struct sevadm_event psp = event(SEVADM_EVENT_PSP, 1, -EIO);
	struct sevadm_event start = event(SEVADM_EVENT_KVM, 1, -EIO);
	struct last last = {};

	psp.command = 1;	/* INIT */
	psp.known = SEVADM_KNOWN_FW_ERROR;
	psp.fw_error = 14;
	last_add(&last, &psp);
	EXPECT(says(&last, "ccp: sev command 0x1 failed (0xe)"));
	start.command = 2;
	start.known = SEVADM_KNOWN_FW_ERROR;
	start.fw_error = 14;
	last_add(&last, &start);
	EXPECT(says(&last, "LAUNCH_START ret=-5 fw_error=14"));
	last = (struct last) {};
	psp.ret = -ETIMEDOUT;
	psp.known = 0;
	last_add(&last, &psp);
	EXPECT(says(&last, "ccp: sev command 0x1 timed out, disabling PSP"));
}

/* KVM's EBUSY would be explained by a pool that is full, which it need not be. */
static void a_limit_is_the_reason(void)
{
	static const struct {
		__u32 knob;
		const char *cause;
	} rows[] = {
		{ SEVADM_KNOB_MAX, "a limit of sevadm's is met" },
		{ SEVADM_KNOB_MIN, "the ASIDs that are free are guaranteed or leased to others" },
		{ SEVADM_KNOB_POOL, "the pool has no ASID left" },
	};
	struct sevadm_event limit = event(SEVADM_EVENT_LIMIT, 1, -EBUSY);
	struct sevadm_event start = event(SEVADM_EVENT_KVM, 1, -EBUSY);
	struct json_object *explained, *row, *cause;
	struct refusal refusal;
	struct log log = {};
	struct last last;
	size_t i;

	limit.resource = SEVADM_RESOURCE_ASID_SEV;
	start.command = 2;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		last = (struct last) {};
		limit.knob = rows[i].knob;
		last_add(&last, &limit);
		last_add(&last, &start);
		last_take(&last, &log);
		EXPECT_NUMBER(log.nr, 0);
		EXPECT_NUMBER(refusal_of(&last.events[0], &refusal),
			      rows[i].knob != SEVADM_KNOB_POOL);
		EXPECT(rows[i].knob == SEVADM_KNOB_POOL || (refusal.asid && !refusal.bytes));
		last.events[0].resource = SEVADM_RESOURCE_PIN;
		last.events[0].amount = 4096;
		EXPECT(refusal_of(&last.events[0], &refusal));
		EXPECT(!refusal.asid);
		EXPECT_NUMBER(refusal.pid, 1);
		EXPECT_NUMBER(refusal.bytes, 4096);
		explained = json_object_new_array();
		last_add_limits(&last, explained);
		EXPECT_NUMBER(json_object_array_length(explained), 1);
		row = json_object_array_get_idx(explained, 0);
		cause = json_object_array_get_idx(json_object_object_get(row, "causes"), 0);
		EXPECT_TEXT(json_get_text(cause, "cause"), rows[i].cause);
		EXPECT_TEXT(json_get_text(cause, "verdict"), "proven");
		json_object_put(explained);
	}
	explained = json_object_new_array();
	last = (struct last) {};
	last_add(&last, &start);
	last_add_limits(&last, explained);
	EXPECT_NUMBER(json_object_array_length(explained), 0);
	json_object_put(explained);
}

/*
 * Where nothing is reserved the module lets KVM refuse: it only says that the pool was full. If
 * KVM took an ASID all the same, nothing failed.
 */
static void a_full_pool_is_the_reason(void)
{
	struct sevadm_event full = event(SEVADM_EVENT_LIMIT, 1, 0);
	struct sevadm_event init = event(SEVADM_EVENT_KVM, 1, -EBUSY);
	struct sevadm_event other = event(SEVADM_EVENT_KVM, 2, -EIO);
	struct json_object *explained = json_object_new_array(), *causes;
	struct last last = {};
	struct log log = {};

	full.resource = SEVADM_RESOURCE_ASID_SEV;
	full.knob = SEVADM_KNOB_POOL;
	last_add(&last, &other);
	last_add(&last, &full);
	last_add(&last, &init);
	EXPECT_NUMBER(last.nr, 2);
	last_take(&last, &log);
	EXPECT_NUMBER(log.nr, 0);
	last_add_limits(&last, explained);
	EXPECT_NUMBER(json_object_array_length(explained), 1);
	causes = json_object_object_get(json_object_array_get_idx(explained, 0), "causes");
	EXPECT_TEXT(json_get_text(json_object_array_get_idx(causes, 0), "cause"),
		    "the pool has no ASID left");
	json_object_put(explained);

	last = (struct last) {};
	last_add(&last, &other);
	last_add(&last, &full);
	init.ret = 0;
	last_add(&last, &init);
	EXPECT_NUMBER(last.nr, 1);
	EXPECT_NUMBER(last.events[0].pid, 2);
}

/* A VM that was refused memory in the morning fails at night. */
static void an_earlier_refusal(void)
{
	struct sevadm_event limit = event(SEVADM_EVENT_LIMIT, 1, -ENOMEM);
	struct sevadm_event fails = event(SEVADM_EVENT_KVM, 1, -EIO);
	struct last last = {};

	limit.resource = SEVADM_RESOURCE_PIN;
	limit.knob = SEVADM_KNOB_MAX;
	limit.time_ns = 1000000000;
	fails.time_ns = 1100000000;
	last_add(&last, &limit);
	last_add(&last, &fails);
	EXPECT_NUMBER(last.nr, 2);
	fails.time_ns += 40000000000000;
	last_add(&last, &fails);
	EXPECT_NUMBER(last.nr, 1);
	EXPECT_NUMBER(last.events[0].type, SEVADM_EVENT_KVM);
}

/* libvirt appends each start to the same log: the newest is what somebody asks about. */
static void the_newest_of_equal_lines(void)
{
	static char text[] =
		"2026-11-27T08:30:05.674097Z qemu-system-x86_64: sev_kvm_init: failed to initialize ret=-16 fw_error=0 ''\n"
		"2026-11-27T08:30:10.000000Z qemu-system-x86_64: sev_launch_start: LAUNCH_START ret=1 fw_error=23 ''\n"
		"2026-11-27T08:30:38.439687Z qemu-system-x86_64: sev_kvm_init: failed to initialize ret=-16 fw_error=0 ''\n";
	FILE *file = fmemopen(text, strlen(text), "r");
	struct log log = {};

	log_read(&log, file);
	fclose(file);
	EXPECT_NUMBER(log.nr, 2);
	EXPECT_NUMBER(log.readings[0].number, 2);
	EXPECT_NUMBER(log.readings[1].number, 3);
	EXPECT(strstr(log.readings[1].line, "08:30:38"));
	log_free(&log);
}

/* A log of years has more different lines than anybody reads. */
static void the_newest_of_many_lines(void)
{
	char text[(READINGS_MAX + 1) * 64] = "", line[64];
	struct log log = {};
	FILE *file;
	int i;

	for (i = 1; i <= READINGS_MAX + 1; i++) {
		snprintf(line, sizeof(line),
			 "SEV: %d locked pages exceed the lock limit of 1.\n", i + 1);
		strcat(text, line);
	}
	file = fmemopen(text, strlen(text), "r");
	log_read(&log, file);
	fclose(file);
	EXPECT_NUMBER(log.nr, READINGS_MAX);
	EXPECT_NUMBER(log.readings[0].number, 2);
	EXPECT_NUMBER(log.readings[READINGS_MAX - 1].number, READINGS_MAX + 1);
	log_free(&log);
}

int main(void)
{
	static const struct test tests[] = {
		{ "the failures of the process that failed last", one_process_failed_last },
		{ "sevadm's own questions are no failures", own_questions },
		{ "failures that belong together", failures_that_belong_together },
		{ "how long ago the last failure was", how_long_ago },
		{ "what QEMU and the kernel say", what_qemu_and_the_kernel_say },
		{ "what KVM refused by itself", what_kvm_refused },
		{ "what ccp says", what_ccp_says },
		{ "as many as are kept", as_many_as_are_kept },
		{ "a limit is the reason", a_limit_is_the_reason },
		{ "a full pool is the reason", a_full_pool_is_the_reason },
		{ "an earlier refusal is not the reason", an_earlier_refusal },
		{ "of equal lines, the newest", the_newest_of_equal_lines },
		{ "of too many lines, the newest", the_newest_of_many_lines },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm draws launches as SVG, and the page of sevadm report. Both are compared with files in
 * data/. UPDATE=1 writes those again: look at them in a browser before you commit them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "host_report.h"
#include "sev/names.h"
#include "test.h"
#include "trace/svg.h"
#include "trace/timeline.h"

#define MS	1000000ULL

static char *read_file(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");

	if (!file)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Expects what was drawn to be what the file has; prints the first line that is not. */
static void expect_as_before(const char *name, const char *text)
{
	char path[512];
	unsigned int line = 1;
	const char *want;
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "%s/data/%s", TESTS_FOLDER, name);
	if (getenv("UPDATE")) {
		file = fopen(path, "w");
		if (!file || fputs(text, file) < 0 || fclose(file))
			ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	}
	want = read_file(path);
	if (!want)
		ksft_exit_fail_msg("there is no %s\n", path);
	for (i = 0; text[i] && text[i] == want[i]; i++)
		line += text[i] == '\n';
	if (text[i] == want[i])
		return;
	while (i && text[i - 1] != '\n')
		i--;
	ksft_print_msg("%s, line %u is now: %.*s\n", name, line, (int)strcspn(text + i, "\n"), text + i);
	test_failed = true;
}

/**
 * struct step - an event of a launch
 * @at_ms: when it ended; @took_ms: and how long that was; @waited_ms: for the firmware, before
 */
struct step {
	enum sevadm_event_type type;
	const char *command;
	uint64_t vm, at_ms, took_ms, waited_ms;
	int ret;
	uint32_t fw_error;
};

/* A launch with a failure, a shorter one that has not ended, and a command of no VM. */
static const struct step steps[] = {
	{ SEVADM_EVENT_PSP, "PLATFORM_STATUS", 0, 90, 1, 0, 0, 0 },
	{ SEVADM_EVENT_KVM, "ES_INIT", 5, 104, 4, 0, 0, 0 },
	{ SEVADM_EVENT_PSP, "LAUNCH_START", 5, 118, 6, 4, 0, 0 },
	{ SEVADM_EVENT_KVM, "LAUNCH_START", 5, 120, 14, 0, 0, 0 },
	{ SEVADM_EVENT_PSP, "LAUNCH_UPDATE_DATA", 5, 150, 20, 0, 0, 0 },
	{ SEVADM_EVENT_KVM, "LAUNCH_UPDATE_DATA", 5, 152, 24, 0, 0, 0 },
	{ SEVADM_EVENT_KVM, "INIT", 6, 155, 3, 0, 0, 0 },
	{ SEVADM_EVENT_PSP, "LAUNCH_UPDATE_VMSA", 5, 165, 5, 2, -EIO, 4 },
	{ SEVADM_EVENT_KVM, "LAUNCH_UPDATE_VMSA", 5, 166, 9, 0, -EIO, 0 },
	{ SEVADM_EVENT_PSP, "LAUNCH_MEASURE", 5, 180, 13, 0, 0, 0 },
	/* What KVM had of the firmware is not known. */
	{ SEVADM_EVENT_KVM, "LAUNCH_START", 6, 185, 20, 0, -ENOMEM, 4 },
	{ SEVADM_EVENT_PSP, "LAUNCH_FINISH", 5, 195, 5, 0, 0, 0 },
	{ SEVADM_EVENT_KVM, "LAUNCH_FINISH", 5, 196, 5, 0, 0, 0 },
	{ SEVADM_EVENT_PSP, "DBG_DECRYPT", 5, 300, 50, 0, 0, 0 },
};

/* Names of processes come from tenants. */
static struct sevadm_event event_of(const struct step *step, uint64_t seq)
{
	const bool psp = step->type == SEVADM_EVENT_PSP;
	struct sevadm_event event = {
		.size = sizeof(event), .type = step->type, .seq = seq, .time_ns = step->at_ms * MS,
		.vm = step->vm, .pid = 4000 + step->vm, .ret = step->ret,
		.fw_error = step->fw_error,
		.duration_ns = step->took_ms * MS, .wait_ns = step->waited_ms * MS,
		.known = (step->vm ? SEVADM_KNOWN_VM : 0) | (psp ? SEVADM_KNOWN_FW_ERROR : 0) |
			 (step->waited_ms ? SEVADM_KNOWN_WAIT : 0),
		.command = psp ? psp_command_id(step->command) : kvm_command_id(step->command),
	};

	snprintf(event.comm, sizeof(event.comm), step->vm == 6 ? "<b>&\"\x01\xef\xbf\xbf\xef\xbf\xbd" : "qemu-%u",
		 (unsigned int)step->vm);
	return event;
}

static char *draw(const struct step *list, size_t nr)
{
	struct json_object *header = json_tokener_parse("{\"hostname\":\"milan\",\"kernel\":\"6.12.117\","
							"\"sevadm\":\"1.0\",\"time\":\"2026-01-01T00:00:00Z\"}");
	struct sevadm_event events[ARRAY_SIZE(steps)];
	struct loaded loaded = { .header = header, .events = events, .nr = nr, .lost = 3 };
	struct timeline timeline;
	char *text = NULL;
	size_t size, i;
	FILE *file;

	for (i = 0; i < nr; i++)
		events[i] = event_of(&list[i], i + 1);
	EXPECT(timeline_build(events, nr, &timeline));
	file = open_memstream(&text, &size);
	svg_write(file, &loaded, &timeline);
	fclose(file);
	timeline_free(&timeline);
	json_object_put(header);
	return text;
}

static void launches(void)
{
	char *text = draw(steps, ARRAY_SIZE(steps));

	expect_as_before("launches.svg", text);
	free(text);
}

/* All of it, where nothing was launched. */
static void no_launch(void)
{
	char *text = draw(steps, 1);

	expect_as_before("no-launch.svg", text);
	free(text);
}

/* What the first picture has of each VM, as numbers; pages that changed hands are a VM's own. */
static void times_of_each_vm(void)
{
	struct sevadm_event events[ARRAY_SIZE(steps) + 3];
	struct vm_timeline *five, *six;
	struct timeline timeline;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		events[i] = event_of(&steps[i], i + 1);
	for (; i < ARRAY_SIZE(events); i++)
		events[i] = (struct sevadm_event) {
			.type = SEVADM_EVENT_KVM, .known = SEVADM_KNOWN_VM, .time_ns = 301 * MS,
			.vm = i % 2 ? 5 : 6, .count = i,
			.command = i % 3 ? SEVADM_KVM_MAKE_PRIVATE : SEVADM_KVM_MAKE_SHARED,
		};
	EXPECT(timeline_build(events, ARRAY_SIZE(events), &timeline));
	EXPECT_NUMBER(timeline.nr, 3);
	EXPECT_NUMBER(timeline.start_ns, 89 * MS);
	EXPECT_NUMBER(timeline.end_ns, 300 * MS);
	EXPECT(!timeline.vms[0]->has_vm);
	five = timeline.vms[1];
	six = timeline.vms[2];
	EXPECT_NUMBER(five->vm, 5);
	EXPECT(five->finished);
	EXPECT_NUMBER(five->start_ns, 100 * MS);
	EXPECT_NUMBER(five->launch_end_ns, 196 * MS);
	EXPECT_NUMBER(five->end_ns, 300 * MS);
	EXPECT_NUMBER(five->failures, 2);
	/* 4 + 14 + 24 + 9 + 5 */
	EXPECT_NUMBER(five->kvm_ns, 56 * MS);
	EXPECT_NUMBER(six->vm, 6);
	EXPECT(!six->finished);
	EXPECT_NUMBER(six->launch_end_ns, 185 * MS);
	EXPECT_NUMBER(six->kvm_ns, 23 * MS);
	/* Event 14 is of VM 6, 15 of VM 5, 16 of VM 6. */
	EXPECT_NUMBER(six->made_private, 14 + 16);
	EXPECT_NUMBER(six->made_shared, 0);
	EXPECT_NUMBER(five->made_private, 0);
	EXPECT_NUMBER(five->made_shared, 15);
	timeline_free(&timeline);
}

static void page(void)
{
	struct json_object *facts = json_object_from_file(TESTS_FOLDER "/data/report.json");
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!facts)
		ksft_exit_fail_msg("no report.json\n");
	host_report_write_html(file, facts, "<svg id=\"here\"></svg>");
	fclose(file);
	json_object_put(facts);
	expect_as_before("report.html", text);
	free(text);
}

int main(void)
{
	static const struct test tests[] = {
		{ "launches", launches },
		{ "no launch", no_launch },
		{ "times of each VM", times_of_each_vm },
		{ "the page of a report", page },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

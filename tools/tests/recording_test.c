// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: what is written is read again; what is damaged is reported, and the rest read. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "test.h"
#include "trace/event.h"
#include "trace/recording.h"
#include "trace/timeline.h"
#include "trace/trace.h"

#define ALL_KNOWN (SEVADM_KNOWN_VM | SEVADM_KNOWN_ASID | SEVADM_KNOWN_HANDLE | \
		   SEVADM_KNOWN_FW_ERROR | SEVADM_KNOWN_WAIT | SEVADM_KNOWN_BYTES)

#define MS 1000000ULL

/*
 * A launch: 100 ms in all. KVM's call of 50 ms has 20 ms of pinning, 8 of firmware, 2 of waiting.
 */
static const struct sevadm_event launch[] = {
	{ .type = SEVADM_EVENT_KVM, .seq = 1, .time_ns = 1010 * MS, .duration_ns = 10 * MS,
	  .command = 0, .known = SEVADM_KNOWN_VM, .vm = 3, .pid = 812, .comm = "qemu<&>\033[2J" },
	{ .type = SEVADM_EVENT_ASID, .seq = 2, .time_ns = 1010 * MS, .asid = 100,
	  .asid_state = SEVADM_ASID_STATE_USED, .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_ASID,
	  .vm = 3, .count = 1 },
	{ .type = SEVADM_EVENT_PIN, .seq = 3, .time_ns = 1060 * MS, .duration_ns = 20 * MS,
	  .command = 3, .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES, .vm = 3, .bytes = 4096,
	  .pid = 812, .flags = SEVADM_EVENT_TRANSIENT, .comm = "qemu" },
	{ .type = SEVADM_EVENT_PSP, .seq = 4, .time_ns = 1080 * MS, .duration_ns = 8 * MS,
	  .wait_ns = 2 * MS, .command = 0x31, .known = ALL_KNOWN, .vm = 3, .asid = 100,
	  .handle = 7, .pid = 812, .bytes = 4096, .comm = "qemu" },
	{ .type = SEVADM_EVENT_KVM, .seq = 5, .time_ns = 1085 * MS, .duration_ns = 50 * MS,
	  .command = 3, .known = SEVADM_KNOWN_VM, .vm = 3, .pid = 812, .comm = "qemu" },
	{ .type = SEVADM_EVENT_KVM, .seq = 6, .time_ns = 1100 * MS, .duration_ns = 5 * MS,
	  .command = 7, .known = SEVADM_KNOWN_VM, .vm = 3, .pid = 812, .comm = "qemu" },
	{ .type = SEVADM_EVENT_PSP, .seq = 7, .time_ns = 9000 * MS, .duration_ns = 1 * MS,
	  .command = 0x20, .known = ALL_KNOWN, .vm = 3, .fw_error = 0x17, .ret = -EIO,
	  .pid = 812, .comm = "qemu" },
	{ .type = SEVADM_EVENT_PSP, .seq = 8, .time_ns = 9001 * MS, .duration_ns = 1 * MS,
	  .command = 0x0a, .known = SEVADM_KNOWN_FW_ERROR, .pid = 1, .comm = "init",
	  .fw_error = 4, .ret = -EIO, .flags = SEVADM_EVENT_LENGTH_QUERY },
};

static char folder[] = "/tmp/sevadm-recording-XXXXXX";
static char path[64];

/* Records the launch, and one more event if there is one. */
static void record_with(const char *name, const struct sevadm_event *more)
{
	struct recording *recording;
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	EXPECT_NUMBER(recording_create(path, &recording), EXIT_OK);
	for (i = 0; i < ARRAY_SIZE(launch); i++)
		EXPECT_NUMBER(recording_add(recording, &launch[i]), EXIT_OK);
	if (more)
		EXPECT_NUMBER(recording_add(recording, more), EXIT_OK);
	EXPECT_NUMBER(recording_close(recording), EXIT_OK);
}

static void record(const char *name)
{
	record_with(name, NULL);
}

/* Reading finds out by itself; other programs go by the name, and by zstd's number. */
static void names_say_what_is_compressed(void)
{
	static const struct {
		const char *name;
		uint32_t begins;
	} rows[] = { { "a.zst", 0xfd2fb528 }, { "zst", 0x6f66227b }, { ".zst.json", 0x6f66227b } };
	uint32_t begins;
	FILE *file;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		record(rows[i].name);
		file = fopen(path, "r");
		EXPECT(file && fread(&begins, sizeof(begins), 1, file) == 1);
		EXPECT_NUMBER(begins, rows[i].begins);
		fclose(file);
	}
}

static int load(struct loaded *loaded)
{
	int ret;

	capture_begin();
	ret = recording_load(path, loaded);
	capture_end();
	return ret;
}

static void what_is_written_is_read(void)
{
	static const char *const names[] = { "plain", "small.zst" };
	struct loaded loaded;
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(names); j++) {
		record(names[j]);
		EXPECT_NUMBER(load(&loaded), EXIT_OK);
		EXPECT(loaded.complete);
		EXPECT_NUMBER(loaded.nr, ARRAY_SIZE(launch));
		EXPECT_TEXT(json_get_text(loaded.header, "clock"), "boottime");
		for (i = 0; i < loaded.nr; i++) {
			struct json_object *left = event_to_json(&launch[i]);
			struct json_object *right = event_to_json(&loaded.events[i]);

			EXPECT(json_object_equal(left, right));
			json_object_put(left);
			json_object_put(right);
		}
		loaded_free(&loaded);
	}
}

/* Those of a VM, of a process and those that failed are found among the events of limits, too. */
static void a_limit_keeps_whom_it_was_about(void)
{
	static const struct sevadm_event limit = {
		.type = SEVADM_EVENT_LIMIT, .seq = 1, .time_ns = 5 * MS, .known = SEVADM_KNOWN_VM,
		.vm = 3, .pid = 812, .comm = "qemu", .ret = -ENOMEM, .knob = SEVADM_KNOB_MAX,
		.subject = SEVADM_SUBJECT_USER, .subject_id = 65533, .usage = 1024,
		.resource = SEVADM_RESOURCE_PIN, .limit = 4096, .amount = 8192,
	};
	struct json_object *row = event_to_json(&limit), *again;
	struct sevadm_event back;
	const char *key;

	EXPECT(event_from_json(row, &back, &key));
	EXPECT_NUMBER(back.vm, 3);
	EXPECT(back.known & SEVADM_KNOWN_VM);
	EXPECT_NUMBER(back.pid, 812);
	EXPECT_TEXT(back.comm, "qemu");
	EXPECT_NUMBER(back.ret, -ENOMEM);
	again = event_to_json(&back);
	EXPECT(json_object_equal(row, again));
	json_object_put(again);
	capture_begin();
	event_print(&back, NULL);
	capture_end();
	EXPECT(strstr(captured, "refused: user 65533: asked for 8.0 KiB, 1.0 KiB are used, pin.max is 4.0 KiB"));

	/* A cgroup of another machine keeps its path. */
	json_object_object_add(row, "subject", json_object_new_string("cgroup /machine.slice/x"));
	EXPECT(event_from_json(row, &back, &key));
	again = event_to_json(&back);
	EXPECT_TEXT(json_get_text(again, "subject"), "cgroup /machine.slice/x");
	json_object_put(again);
	json_object_object_del(row, "amount");
	EXPECT(!event_from_json(row, &back, &key));
	EXPECT_TEXT(key, "amount");
	json_object_object_add(row, "amount", json_object_new_int(1));
	json_object_object_del(row, "pid");
	EXPECT(!event_from_json(row, &back, &key));
	EXPECT_TEXT(key, "pid");
	json_object_put(row);
}

/* Recordings of older versions do not have the kind of a page or message. */
static void a_command_keeps_what_it_was_about(void)
{
	static const struct sevadm_event request = {
		.type = SEVADM_EVENT_PSP, .command = 0x94, .kind = 5, .known = SEVADM_KNOWN_KIND,
		.comm = "qemu",
	};
	struct json_object *row = event_to_json(&request);
	struct sevadm_event back;
	const char *key;

	EXPECT(event_from_json(row, &back, &key));
	EXPECT(back.known & SEVADM_KNOWN_KIND);
	EXPECT_NUMBER(back.kind, 5);
	json_object_object_del(row, "kind");
	EXPECT(event_from_json(row, &back, &key));
	EXPECT(!(back.known & SEVADM_KNOWN_KIND));
	json_object_object_add(row, "kind", json_object_new_string("REPORT_REQ"));
	EXPECT(!event_from_json(row, &back, &key));
	EXPECT_TEXT(key, "kind");
	json_object_put(row);
}

/* The next of numbers that look like none: what is made of them cannot be compressed much. */
static uint64_t next_number(void)
{
	static uint64_t number = 88172645463325252ULL;

	number ^= number << 13;
	number ^= number >> 7;
	number ^= number << 17;
	return number;
}

/* An event of which nothing can be told from the one before. */
static struct sevadm_event any_event(void)
{
	struct sevadm_event event = launch[3];

	event.seq = next_number();
	event.vm = next_number();
	event.bytes = next_number();
	/* Times are shorter than a century. */
	event.wait_ns = next_number() >> 2;
	event.duration_ns = next_number() >> 2;
	snprintf(event.comm, sizeof(event.comm), "%" PRIx64, next_number() >> 8);
	return event;
}

/* What was flushed is there for a reader, or after a crash, however much it was. */
static void what_is_flushed_is_there(void)
{
	static const char *const names[] = { "flushed", "flushed.zst" };
	struct recording *recording;
	struct sevadm_event event;
	struct loaded loaded;
	unsigned int round, i;
	uint64_t lost;
	size_t j;

	for (j = 0; j < ARRAY_SIZE(names); j++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[j]);
		EXPECT_NUMBER(recording_create(path, &recording), EXIT_OK);
		for (round = 1; round <= 4; round++) {
			for (i = 0; i < 400; i++) {
				event = any_event();
				EXPECT_NUMBER(recording_add(recording, &event), EXIT_OK);
			}
			EXPECT_NUMBER(recording_flush(recording), EXIT_OK);
			/* It has no end yet. */
			EXPECT_NUMBER(load(&loaded), EXIT_USAGE);
			EXPECT(!loaded.complete);
			EXPECT_NUMBER(loaded.nr, round * 400);
			EXPECT(loaded.nr && loaded.events[loaded.nr - 1].seq == event.seq);
			loaded_free(&loaded);
		}
		event = (struct sevadm_event) { .type = SEVADM_EVENT_LOST, .count = 7 };
		EXPECT_NUMBER(recording_add(recording, &event), EXIT_OK);
		EXPECT_NUMBER(recording_events(recording, &lost), 1600);
		EXPECT_NUMBER(lost, 7);
		EXPECT_NUMBER(recording_close(recording), EXIT_OK);
		EXPECT_NUMBER(load(&loaded), EXIT_OK);
		EXPECT(loaded.complete);
		EXPECT_NUMBER(loaded.nr, 1600);
		EXPECT_NUMBER(loaded.lost, 7);
		loaded_free(&loaded);
	}
}

/* The last block of a compressed file is larger than the room that it is read into. */
static void what_is_never_flushed_is_there_at_the_end(void)
{
	struct recording *recording;
	struct sevadm_event event;
	struct loaded loaded;
	unsigned int nr, i;

	snprintf(path, sizeof(path), "%s/unflushed.zst", folder);
	for (nr = 50; nr <= 400; nr += 50) {
		EXPECT_NUMBER(recording_create(path, &recording), EXIT_OK);
		for (i = 0; i < nr; i++) {
			event = any_event();
			EXPECT_NUMBER(recording_add(recording, &event), EXIT_OK);
		}
		EXPECT_NUMBER(recording_close(recording), EXIT_OK);
		EXPECT_NUMBER(load(&loaded), EXIT_OK);
		EXPECT_NUMBER(loaded.nr, nr);
		EXPECT(loaded.complete);
		loaded_free(&loaded);
	}
}

/* A full disk is met when the buffers are: at once, where it is asked for. */
static void a_full_disk(void)
{
	struct recording *recording;

	capture_begin();
	EXPECT_NUMBER(recording_create("/dev/full", &recording), EXIT_REFUSED);
	capture_end();
	EXPECT_TEXT(captured_errors, "sevadm: cannot write /dev/full: No space left on device\n");
	capture_begin();
	recording_close(recording);
	EXPECT_NUMBER(recording_create("/nowhere/at/all", &recording), EXIT_REFUSED);
	capture_end();
	EXPECT(strstr(captured_errors, "sevadm: cannot create /nowhere/at/all: No such file or directory\n"));
}

static size_t read_all(char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t length = file ? fread(text, 1, size, file) : 0;

	if (file)
		fclose(file);
	return length;
}

static void write_all(const char *text, size_t length)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(text, 1, length, file) != length || fclose(file))
		ksft_exit_fail_msg("cannot write %s\n", path);
}

/* An empty frame whose window is 128 MiB, and one that asks for twice as much. */
static void windows_have_a_bound(void)
{
	static const struct {
		char frame[9];
		const char *says;
	} rows[] = {
		{ "\x28\xb5\x2f\xfd\x00\x88\x01\x00", "the file is empty" },
		{ "\x28\xb5\x2f\xfd\x00\x90\x01\x00", "zstd: Frame requires too much memory" },
	};
	struct loaded loaded;
	size_t i;

	snprintf(path, sizeof(path), "%s/window.zst", folder);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		write_all(rows[i].frame, sizeof(rows[i].frame));
		EXPECT_NUMBER(load(&loaded), EXIT_USAGE);
		EXPECT(strstr(captured_errors, rows[i].says));
		loaded_free(&loaded);
	}
}

/* Cut off after every byte: never more than what is there, never without a word, never a crash. */
static void every_truncation(void)
{
	static const char *const names[] = { "plain", "small.zst" };
	static char text[16384];
	struct loaded loaded;
	size_t length, cut, most, j;

	for (j = 0; j < ARRAY_SIZE(names); j++) {
		record(names[j]);
		length = read_all(text, sizeof(text));
		most = 0;
		for (cut = 0; cut < length - 1; cut++) {
			write_all(text, cut);
			EXPECT_NUMBER(load(&loaded), EXIT_USAGE);
			EXPECT(strstr(captured_errors, "line ") && strstr(captured_errors, "byte "));
			if (loaded.nr > most)
				most = loaded.nr;
			loaded_free(&loaded);
		}
		if (j == 0)
			EXPECT_NUMBER(most, ARRAY_SIZE(launch));
	}
}

/* One byte in three changed: an answer, whatever it is, and no crash. */
static void every_changed_byte(void)
{
	static const char *const names[] = { "plain", "small.zst" };
	static const char values[] = { 0, '"', '9', (char)0xff };
	static char text[16384];
	struct loaded loaded;
	size_t length, at, i, j;
	char old;

	for (j = 0; j < ARRAY_SIZE(names); j++) {
		record(names[j]);
		length = read_all(text, sizeof(text));
		for (at = 0; at < length; at += 3)
			for (i = 0; i < ARRAY_SIZE(values); i++) {
				old = text[at];
				text[at] = values[i];
				write_all(text, length);
				load(&loaded);
				loaded_free(&loaded);
				text[at] = old;
			}
	}
}

static void damaged_lines(void)
{
#define HEAD "{\"format\":\"sevadm-trace\",\"version\":1}\n"
#define LOST "{\"seq\":1,\"time_ns\":2,\"event\":\"lost\",\"count\":3}\n"
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "the file is empty" },
		{ "{}\n", "line 1, byte 1: this is not a recording" },
		{ "[1]\n", "not a JSON object" },
		{ "{\"format\":\"sevadm-trace\",\"version\":2}\n", "use a newer one" },
		{ HEAD, "no end" },
		{ HEAD "x\n", "line 2, byte 39: no JSON at column 1" },
		{ HEAD LOST "{\"event\":\"psp\"}\n", "line 3, byte 86: \"seq\"" },
		{ HEAD "{\"seq\":-1,\"time_ns\":2,\"event\":\"lost\",\"count\":3}\n", "\"seq\"" },
		{ HEAD "{\"event\":\"new\"}\n", "\"event\"" },
		{ HEAD LOST "{\"end\":true,\"events\":7}\n", "says 7 events, but there are 0" },
		{ HEAD "{\"end\":true,\"events\":0}\n" LOST, "more after the end" },
		{ HEAD "{\"a\":[[[[[[[[[[1]]]]]]]]]]}\n", "nesting" },
		{ HEAD "{\"event\":\"\xff\"}\n", "line 2" },
	};
	struct loaded loaded;
	size_t i;

	snprintf(path, sizeof(path), "%s/damaged", folder);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		write_all(rows[i].text, strlen(rows[i].text));
		EXPECT_NUMBER(load(&loaded), EXIT_USAGE);
		if (!strstr(captured_errors, rows[i].says))
			ksft_print_msg("row %zu: %s", i, captured_errors);
		EXPECT(strstr(captured_errors, rows[i].says));
		loaded_free(&loaded);
	}
}

static uint64_t ns_of(const struct phase *phase, enum slice_kind kind, uint32_t command)
{
	size_t i;

	for (i = 0; i < phase->nr; i++)
		if (phase->slices[i].kind == kind && phase->slices[i].command == command)
			return phase->slices[i].ns;
	return 0;
}

static void where_the_time_went(void)
{
	struct timeline timeline;
	const struct vm_timeline *vm;

	EXPECT(timeline_build(launch, ARRAY_SIZE(launch), &timeline));
	EXPECT_NUMBER(timeline.nr, 2);
	vm = timeline.vms[0];
	EXPECT(vm->finished);
	EXPECT_NUMBER(vm->launch_end_ns - vm->start_ns, 100 * MS);
	EXPECT_NUMBER(ns_of(&vm->launch, SLICE_PINNING, 0), 20 * MS);
	EXPECT_NUMBER(ns_of(&vm->launch, SLICE_FIRMWARE, 0x31), 8 * MS);
	EXPECT_NUMBER(ns_of(&vm->launch, SLICE_WAITING, 0), 2 * MS);
	EXPECT_NUMBER(ns_of(&vm->launch, SLICE_KVM, 0), (10 + 20 + 5) * MS);
	EXPECT_NUMBER(ns_of(&vm->launch, SLICE_OUTSIDE, 0), 35 * MS);
	EXPECT_NUMBER(ns_of(&vm->after, SLICE_FIRMWARE, 0x20), 1 * MS);
	EXPECT_NUMBER(vm->failures, 1);
	EXPECT(!timeline.vms[1]->has_vm);
	timeline_free(&timeline);
}

/* They took no time that is known, and are not calls. */
static void pages_that_changed_hands(void)
{
	struct sevadm_event events[ARRAY_SIZE(launch) + 3];
	struct timeline timeline;
	size_t i;

	memcpy(events, launch, sizeof(launch));
	for (i = ARRAY_SIZE(launch); i < ARRAY_SIZE(events); i++) {
		events[i] = (struct sevadm_event) {
			.type = SEVADM_EVENT_KVM, .command = SEVADM_KVM_MAKE_PRIVATE, .vm = 3,
			.known = SEVADM_KNOWN_VM, .count = 1000 + i, .comm = "qemu",
			.flags = SEVADM_EVENT_REPEATED, .time_ns = events[i - 1].time_ns + 1,
		};
	}
	events[i - 1].command = SEVADM_KVM_MAKE_SHARED;
	EXPECT(timeline_build(events, ARRAY_SIZE(events), &timeline));
	EXPECT_NUMBER(timeline.nr, 2);
	EXPECT_NUMBER(timeline.vms[0]->made_private, 2 * 1000 + 2 * ARRAY_SIZE(launch) + 1);
	EXPECT_NUMBER(timeline.vms[0]->made_shared, 1000 + ARRAY_SIZE(launch) + 2);
	EXPECT_NUMBER(timeline.vms[1]->made_private, 0);
	EXPECT_NUMBER(timeline.vms[0]->launch_end_ns - timeline.vms[0]->start_ns, 100 * MS);
	timeline_free(&timeline);
}

static int run(int (*command)(int argc, char **argv), char **argv)
{
	int argc = 0, code;

	while (argv[argc])
		argc++;
	capture_begin();
	code = command(argc, argv);
	capture_end();
	return code;
}

static void the_report(void)
{
	char svg[64], *words[] = { path, "--svg", svg, NULL }, *plain[] = { path, NULL };
	struct json_object *report, *vm;
	xmlDoc *doc;

	record("report.zst");
	snprintf(svg, sizeof(svg), "%s/picture.svg", folder);
	EXPECT_NUMBER(run(trace_report, words), EXIT_OK);
	EXPECT(strstr(captured, "VM 3, 812 qemu<&>?[2J: launch finished in 100.0 ms"));
	EXPECT(strstr(captured, "pinning memory") && strstr(captured, "20.0 %"));
	EXPECT(strstr(captured, "RESOURCE_LIMIT"));
	EXPECT(!strchr(captured, '\033'));
	doc = xmlReadFile(svg, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
	EXPECT(doc);
	xmlFreeDoc(doc);

	output_json = true;
	words[1] = NULL;
	EXPECT_NUMBER(run(trace_report, plain), EXIT_OK);
	output_json = false;
	report = json_tokener_parse(captured);
	EXPECT_NUMBER(json_get_u64(report, "events"), ARRAY_SIZE(launch));
	vm = json_object_array_get_idx(json_object_object_get(report, "vms"), 0);
	EXPECT_NUMBER(json_get_u64(vm, "launch_ns"), 100 * MS);
	json_object_put(report);
}

/* The first half of a file is reported, and yet the exit code says that it is not all. */
static void a_report_of_the_rest(void)
{
	static char text[16384];
	char *words[] = { path, NULL };
	size_t length;

	record("rest");
	length = read_all(text, sizeof(text));
	write_all(text, length / 2);
	EXPECT_NUMBER(run(trace_report, words), EXIT_USAGE);
	EXPECT(strstr(captured, "the recording is not complete"));
	EXPECT(strstr(captured, "VM 3"));
	EXPECT(strstr(captured_errors, "cut off"));
}

static void the_stats(void)
{
	char *words[] = { path, "--event", "psp", "--histogram", NULL };
	char *longer[] = { path, "--longer", "9ms", "--event", "psp", NULL };
	char *wrong[] = { path, "--longer", "9", NULL };
	struct json_object *rows;

	record("stats");
	EXPECT_NUMBER(run(trace_stats, words), EXIT_OK);
	EXPECT(strstr(captured, "LAUNCH_UPDATE_DATA"));
	EXPECT(strstr(captured, "RESOURCE_LIMIT 1"));
	EXPECT(strstr(captured, "########"));
	output_json = true;
	/* 8 ms inside and 2 ms of waiting are longer than 9 ms together. */
	EXPECT_NUMBER(run(trace_stats, longer), EXIT_OK);
	output_json = false;
	rows = json_tokener_parse(captured);
	EXPECT_NUMBER(json_object_array_length(rows), 1);
	EXPECT_TEXT(json_get_text(json_object_array_get_idx(rows, 0), "command"),
		    "LAUNCH_UPDATE_DATA");
	json_object_put(rows);
	EXPECT_NUMBER(run(trace_stats, wrong), EXIT_USAGE);
}

/* Pages are no calls: the module's own statistics do not have them either. */
static void statistics_without_pages(void)
{
	const struct sevadm_event pages = {
		.type = SEVADM_EVENT_KVM, .command = SEVADM_KVM_MAKE_PRIVATE, .vm = 3,
		.known = SEVADM_KNOWN_VM, .count = 20000, .comm = "qemu",
		.flags = SEVADM_EVENT_REPEATED, .seq = launch[ARRAY_SIZE(launch) - 1].seq + 1,
		.time_ns = launch[ARRAY_SIZE(launch) - 1].time_ns + 1,
	};
	char *words[] = { path, NULL };

	record_with("pages", &pages);
	EXPECT_NUMBER(run(trace_stats, words), EXIT_OK);
	EXPECT(strstr(captured, "LAUNCH_UPDATE_DATA"));
	EXPECT(!strstr(captured, "MAKE_PRIVATE"));
}

int main(void)
{
	static const struct test tests[] = {
		{ "what is written is read", what_is_written_is_read },
		{ "what is flushed is there", what_is_flushed_is_there },
		{ "what is never flushed is there at the end", what_is_never_flushed_is_there_at_the_end },
		{ "a full disk", a_full_disk },
		{ "names say what is compressed", names_say_what_is_compressed },
		{ "a limit keeps whom it was about", a_limit_keeps_whom_it_was_about },
		{ "a command keeps what it was about", a_command_keeps_what_it_was_about },
		{ "windows have a bound", windows_have_a_bound },
		{ "every truncation is reported", every_truncation },
		{ "changed bytes", every_changed_byte },
		{ "damaged lines are reported with their place", damaged_lines },
		{ "pages that changed hands", pages_that_changed_hands },
		{ "where the time went", where_the_time_went },
		{ "the report, and its picture", the_report },
		{ "a report of what is left", a_report_of_the_rest },
		{ "statistics", the_stats },
		{ "statistics without pages", statistics_without_pages },
	};

	folder_make(folder);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

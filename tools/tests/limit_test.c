// SPDX-License-Identifier: GPL-2.0-only
/* Limits as they are written: values, subjects, keys, and files, also hostile ones. */
#include <pwd.h>
#include <stdlib.h>

#include "cli/output.h"
#include "config/file.h"
#include "limit/limit.h"
#include "test.h"

static void values(void)
{
	static const struct {
		const char *text;
		bool bytes;
		uint64_t number;
	} good[] = {
		{ "0", true, 0 }, { "0", false, 0 }, { "4", false, 4 }, { "64G", true, 64ULL << 30 },
		{ "1K", true, 1024 }, { "3M", true, 3 << 20 }, { "2T", true, 2ULL << 40 },
		{ "max", true, LIMIT_NONE }, { "max", false, LIMIT_NONE },
		{ "18446744073709551614", true, UINT64_MAX - 1 }, { "16777215T", true, 16777215ULL << 40 },
	};
	static const struct {
		const char *text;
		bool bytes;
	} bad[] = {
		{ "", true }, { "-1", true }, { "+1", true }, { " 1", true }, { "1 ", true },
		{ "1k", true }, { "1KB", true }, { "1GiB", true }, { "G", true }, { "1P", true },
		{ "4K", false }, { "0x10", true }, { "1.5G", true }, { "MAX", true }, { "maximum", true },
		{ "18446744073709551615", true }, { "18446744073709551616", true },
		{ "99999999999999999999999", true }, { "16777216T", true }, { "17179869184G", true },
		{ "101%", true }, { "100.01%", true }, { "%", true }, { "1.%", true }, { ".5%", true },
		{ "1.234%", true }, { "10%%", true }, { "10% ", true }, { "1844674407370955162%", true },
	};
	struct limit_value value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT(!limit_value_parse(good[i].text, good[i].bytes, &value));
		EXPECT_NUMBER(limit_value_resolve(&value, 7), good[i].number);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!limit_value_parse(bad[i].text, bad[i].bytes, &value)) {
			ksft_print_msg("\"%s\" is understood\n", bad[i].text);
			test_failed = true;
		}
}

static void shares(void)
{
	static const struct {
		const char *text;
		uint64_t whole, number;
	} rows[] = {
		{ "0%", 100, 0 }, { "100%", UINT64_MAX - 1, UINT64_MAX - 1 }, { "10%", 509, 50 },
		{ "12.5%", 8, 1 }, { "0.01%", 10000, 1 }, { "99.99%", 9, 8 },
	};
	struct limit_value value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT(!limit_value_parse(rows[i].text, false, &value));
		EXPECT_NUMBER(limit_value_resolve(&value, rows[i].whole), rows[i].number);
	}
}

static void written_values_are_read_again(void)
{
	static const uint64_t numbers[] = {
		0, 1, 1023, 1024, 1536, 4096, 1 << 20, (1 << 20) + 4096, 64ULL << 30, 1ULL << 62,
		UINT64_MAX - 1, LIMIT_NONE,
	};
	struct limit_value value;
	char text[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers) * 2; i++) {
		limit_value_write(numbers[i / 2], i % 2, text, sizeof(text));
		EXPECT(!limit_value_parse(text, i % 2, &value));
		EXPECT_NUMBER(value.number, numbers[i / 2]);
	}
	limit_value_write(64ULL << 30, true, text, sizeof(text));
	EXPECT_TEXT(text, "64G");
	limit_value_write(1024, false, text, sizeof(text));
	EXPECT_TEXT(text, "1024");
}

/* This machine's users are as they are. */
struct passwd *getpwnam(const char *name)
{
	static struct passwd alice = { .pw_name = (char *)"alice", .pw_uid = 1234 },
			     root = { .pw_name = (char *)"root", .pw_uid = 0 };

	return !strcmp(name, "alice") ? &alice : !strcmp(name, "root") ? &root : NULL;
}

static void subjects(void)
{
	static const struct {
		const char *kind, *name, *written;
	} rows[] = {
		{ "host", NULL, "host" }, { "user", "0", "user 0" }, { "user", "root", "user 0" },
		{ "user", "alice", "user 1234" },
		{ "user", "4294967294", "user 4294967294" },
		{ "cgroup", "/", "cgroup /" }, { "cgroup", "//", "cgroup /" },
		{ "cgroup", "/a//b/", "cgroup /a/b" }, { "cgroup", "/.a/b..c/...", "cgroup /.a/b..c/..." },
		{ "cgroup", "/x y", "cgroup /x y" },
		{ "host", "x" }, { "user" }, { "cgroup" }, { "tenant", "x" }, { "", NULL },
		{ "user", "no-such-user" }, { "user", "4294967295" }, { "user", "99999999999999999999" },
		{ "user", "1x" }, { "user", "" }, { "cgroup", "a" }, { "cgroup", "" },
		{ "cgroup", "/a/../b" }, { "cgroup", "/a/." }, { "cgroup", "/.." },
		{ "cgroup", "/sys/fs/cgroup/machine.slice" },
	};
	char text[LIMIT_SUBJECT_SIZE], wrong[512];
	struct limit_subject subject;
	bool good;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		wrong[0] = '\0';
		good = limit_subject_parse(rows[i].kind, rows[i].name, &subject, wrong,
					   sizeof(wrong));
		EXPECT_NUMBER(good, !!rows[i].written);
		if (good && rows[i].written) {
			limit_subject_write(&subject, text, sizeof(text));
			EXPECT_TEXT(text, rows[i].written);
		}
		EXPECT(good || wrong[0]);
		free(subject.path);
	}
}

/* The host, then users by number, then cgroups by path. */
static void order_of_subjects(void)
{
	static const struct limit_subject subjects[] = {
		{ .kind = LIMIT_HOST }, { .kind = LIMIT_USER, .uid = 7 },
		{ .kind = LIMIT_USER, .uid = 4294967294 }, { .kind = LIMIT_CGROUP, .path = (char *)"/" },
		{ .kind = LIMIT_CGROUP, .path = (char *)"/a" }, { .kind = LIMIT_CGROUP, .path = (char *)"/a/b" },
		{ .kind = LIMIT_CGROUP, .path = (char *)"/b" },
	};
	size_t i, j;
	int order;

	for (i = 0; i < ARRAY_SIZE(subjects); i++)
		for (j = 0; j < ARRAY_SIZE(subjects); j++) {
			order = limit_subject_compare(&subjects[i], &subjects[j]);
			EXPECT_NUMBER((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

static void units(void)
{
	uint32_t i;

	for (i = 0; i < LIMIT_RESOURCES; i++)
		EXPECT_TEXT(limit_unit(i), limit_in_bytes(limit_resources[i].name) ? "bytes" : "asids");
	EXPECT_TEXT(limit_unit(LIMIT_PIN), "bytes");
	EXPECT_TEXT(limit_unit(LIMIT_PRIVATE), "bytes");
	/* A newer module's. */
	EXPECT_TEXT(limit_unit(LIMIT_RESOURCES), "unknown");
}

/* ---- files --------------------------------------------------------------------------------- */

/* Understands @length bytes, and returns the findings as JSON; *@list is the caller's to free. */
static struct json_object *parse(const char *text, size_t length, struct limit_list *list)
{
	struct report report = {};
	struct target *target = report_target(&report, "conf", TARGET_FILE);
	char *copy = calloc(1, length + 1);
	struct json_object *answer;

	memcpy(copy, text, length);
	config_parse(copy, length, target, list);
	output_json = true;
	capture_begin();
	report_finish(&report);
	capture_end();
	output_json = false;
	free(copy);
	answer = json_tokener_parse(captured);
	return answer;
}

static size_t findings_of(const char *text, size_t length, struct limit_list *list,
			  unsigned int *line)
{
	struct json_object *answer = parse(text, length, list), *findings, *first;
	size_t nr;

	findings = json_object_object_get(answer, "findings");
	nr = json_object_array_length(findings);
	first = nr ? json_object_array_get_idx(findings, 0) : NULL;
	*line = first ? json_get_u64(first, "line") : 0;
	json_object_put(answer);
	return nr;
}

static void file_is_understood(void)
{
	static const char text[] =
		"# limits\r\n\n  ; of all\n[ host ]\npin.max=1G\n\tpin.high = 50%\n"
		"[cgroup /a]b]\nasid.sev.min = 4\n[user 7]\nasid.sev_es.max = max\n[host]\nasid.sev.max=3";
	static const char written[] =
		"[host]\npin.max = 1G\nasid.sev.max = 3\n\n[user 7]\nasid.sev_es.max = max\n\n"
		"[cgroup /a]b]\nasid.sev.min = 4\n";
	struct limit_list list = {};
	struct limit *limit;
	unsigned int line;

	EXPECT_NUMBER(findings_of(text, sizeof(text) - 1, &list, &line), 0);
	EXPECT_NUMBER(list.nr, 4);
	limit = limit_list_find(&list, &(struct limit_subject) {}, LIMIT_PIN);
	EXPECT(limit && limit->values[LIMIT_HIGH].is_percent);
	EXPECT_NUMBER(limit->lines[LIMIT_MAX], 5);
	limit->lines[LIMIT_HIGH] = 0;
	limit_list_sort(&list);
	capture_begin();
	config_write(stdout, &list);
	capture_end();
	EXPECT_TEXT(captured, written);
	limit_list_free(&list);
}

static void wrong_lines_are_named(void)
{
#define ROW(line, text) { line, text, sizeof(text) - 1 }
	static const struct {
		unsigned int line;
		const char *text;
		size_t length;
	} rows[] = {
		ROW(1, "pin.max = 1G\n"),
		ROW(2, "[host]\nnonsense\n"),
		ROW(2, "[host]\npin.maximum = 1\n"),
		ROW(2, "[host]\npin.max = 1 # comment\n"),
		ROW(2, "[host]\npin.max =\n"),
		ROW(2, "[host]\n= 1\n"),
		ROW(2, "[host]\nasid.sev.min = 1\n"),
		ROW(2, "[user 1]\npin.min = 1\n"),
		ROW(2, "[user 1]\nasid.sev.min = max\n"),
		ROW(3, "[user 1]\nasid.sev.min = 5\nasid.sev.max = 4"),
		ROW(3, "[user 1]\npin.max = 1G\npin.high = 2G"),
		ROW(3, "[host]\npin.max = 1\npin.max = 1\n"),
		ROW(4, "[user 0]\npin.max = 1\n[user root]\npin.max = 1\n"),
		ROW(4, "[cgroup /a]\npin.max = 1\n[cgroup /a/]\npin.max = 1\n"),
		ROW(1, "[tenant x]\npin.max = 1\nnothing.is = said of this\n"),
		ROW(1, "[]\n"), ROW(1, "[\n"), ROW(1, "[host\n"), ROW(1, "[host] x\n"), ROW(1, "[host x]"),
		ROW(2, "[host]\npin.max = 1\0G\n"), ROW(1, "\0"),
		ROW(1, "[cgroup /\xff]\n"), ROW(1, "# \xff is fine in no line\nx"),
	};
#undef ROW
	struct limit_list list = {};
	unsigned int line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT(findings_of(rows[i].text, rows[i].length, &list, &line) > 0);
		if (i < ARRAY_SIZE(rows) - 1)
			EXPECT_NUMBER(line, rows[i].line);
		limit_list_free(&list);
	}
}

static void hostile_files_are_survived(void)
{
	const size_t size = 4 << 20;
	struct limit_list list = {};
	char *text = malloc(size), *end;
	unsigned int line, seed = 4;
	size_t i;

	/* One line, all of it. */
	memset(text, '[', size);
	EXPECT_NUMBER(findings_of(text, size, &list, &line), 1);
	limit_list_free(&list);
	/* Nothing but errors: a report of a bounded length. */
	memset(text, '\n', size);
	for (i = 0; i < size; i += 2)
		text[i] = 'x';
	EXPECT(findings_of(text, size, &list, &line) < 200);
	limit_list_free(&list);
	/* More subjects than anybody has. */
	for (i = 0, end = text; end < text + size - 64; i++)
		end += sprintf(end, "[user %zu]\npin.max = %zu\n", i, i);
	EXPECT_NUMBER(findings_of(text, end - text, &list, &line), 0);
	EXPECT_NUMBER(list.nr, i);
	limit_list_free(&list);
	for (i = 0; i < size; i++)
		text[i] = "[]=.#; \n\0host user cgroup/pin.max9%\xff"[rand_r(&seed) % 37];
	EXPECT(findings_of(text, size, &list, &line) > 0);
	limit_list_free(&list);
	free(text);
}

static void unreadable_files(void)
{
	struct limit_list list = {};
	struct report report = {};
	struct target *target = report_target(&report, "conf", TARGET_FILE);

	EXPECT(!config_read("/nonexistent/sevadm.conf", target, &list));
	EXPECT(!config_read("/", target, &list));
	EXPECT(target->unreadable);
	report_free(&report);
	limit_list_free(&list);
}

static const struct test tests[] = {
	{ "values", values },
	{ "shares of a whole", shares },
	{ "written values are read again", written_values_are_read_again },
	{ "subjects", subjects },
		{ "order of subjects", order_of_subjects },
		{ "units", units },
	{ "a file is understood", file_is_understood },
	{ "wrong lines are named", wrong_lines_are_named },
	{ "hostile files are survived", hostile_files_are_survived },
	{ "unreadable files", unreadable_files },
};

int main(void)
{
	run_tests(tests, ARRAY_SIZE(tests));
}

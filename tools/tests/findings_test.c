// SPDX-License-Identifier: GPL-2.0-only
/* Findings: order, verdicts, exit codes, and the three forms of a report. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "report/atomic_file.h"
#include "report/check_file.h"
#include "report/findings.h"
#include "test.h"

static const struct rule late = { "late", SEVERITY_WARNING, "t1", "r1", "s1" };
static const struct rule early = { "early", SEVERITY_ERROR, "t2", "r2", "s2" };
static const struct rule hint = { "hint", SEVERITY_INFO, "t3", "r3", "s3" };

static void fill(struct report *report)
{
	struct target *target = report_target(report, "a b.xml", TARGET_FILE);

	finding_add(target, &late, 9, "nine");
	finding_add(target, &hint, 4, "a hint");
	finding_add(target, &early, 4, "four %d", 4);
	finding_fix(target, "do %s", "this");
	finding_add(target, &hint, 0, "the \033[2J\xff whole");
	target_add_json(target, "memlock", json_object_new_int(7));
	report_target(report, "host", TARGET_OBJECT);
}

static int finish(struct report *report)
{
	int code;

	capture_begin();
	code = report_finish(report);
	capture_end();
	EXPECT_NUMBER(report->nr, 0);
	return code;
}

static void as_text(void)
{
	struct report report = {};

	fill(&report);
	EXPECT_TEXT(target_verdict(report.targets[0]), "error");
	EXPECT_NUMBER(finish(&report), EXIT_REFUSED);
	EXPECT_TEXT(captured,
		    "a b.xml: error, 1 error, 1 warning, 2 info\n"
		    "\n  info [hint]: the ?[2J? whole\n    fix:    r3\n    source: s3\n"
		    "\n  error [early] line 4: four 4\n    fix:    do this\n    source: s2\n"
		    "\n  info [hint] line 4: a hint\n    fix:    r3\n    source: s3\n"
		    "\n  warning [late] line 9: nine\n    fix:    r1\n    source: s1\n"
		    "\nhost: ok\n");
}

static void as_json(void)
{
	struct report report = {};
	struct json_object *row, *list, *finding;
	char *end;

	fill(&report);
	output_json = true;
	finish(&report);
	output_json = false;
	end = strchr(captured, '\n');
	EXPECT(end && strstr(end, "{\"target\":\"host\",\"verdict\":\"ok\",\"findings\":[]}\n"));
	*end = '\0';
	row = json_tokener_parse(captured);
	EXPECT_TEXT(json_get_text(row, "target"), "a b.xml");
	EXPECT_TEXT(json_get_text(row, "verdict"), "error");
	EXPECT_NUMBER(json_get_u64(row, "memlock"), 7);
	list = json_object_object_get(row, "findings");
	EXPECT_NUMBER(json_object_array_length(list), 4);
	EXPECT(json_is_null(json_object_array_get_idx(list, 0), "line"));
	finding = json_object_array_get_idx(list, 1);
	EXPECT_TEXT(json_get_text(finding, "rule"), "early");
	EXPECT_TEXT(json_get_text(finding, "severity"), "error");
	EXPECT_NUMBER(json_get_u64(finding, "line"), 4);
	EXPECT_TEXT(json_get_text(finding, "fix"), "do this");
	EXPECT_TEXT(json_get_text(finding, "source"), "s2");
	json_object_put(row);
}

static struct json_object *at(struct json_object *value, const char *key)
{
	return json_object_object_get(value, key);
}

static struct json_object *first(struct json_object *value, const char *key)
{
	return json_object_array_get_idx(at(value, key), 0);
}

static void as_sarif(void)
{
	struct report report = {};
	struct json_object *log, *run, *rules, *result, *place;
	struct target *target;
	size_t i;

	fill(&report);
	target = report_target(&report, "guest", TARGET_OBJECT);
	finding_add(target, &late, 0, "an object");
	findings_sarif = true;
	EXPECT_NUMBER(finish(&report), EXIT_REFUSED);
	findings_reset();
	log = json_tokener_parse(captured);
	EXPECT_TEXT(json_get_text(log, "version"), "2.1.0");
	run = first(log, "runs");
	rules = at(at(at(run, "tool"), "driver"), "rules");
	EXPECT_NUMBER(json_object_array_length(rules), 3);
	EXPECT_NUMBER(json_object_array_length(at(run, "results")), 5);
	for (i = 0; i < 5; i++) {
		result = json_object_array_get_idx(at(run, "results"), i);
		EXPECT_TEXT(json_get_text(json_object_array_get_idx(rules,
								    json_get_u64(result, "ruleIndex")),
					  "id"), json_get_text(result, "ruleId"));
		EXPECT(at(at(result, "message"), "text"));
	}
	result = json_object_array_get_idx(at(run, "results"), 1);
	place = at(first(result, "locations"), "physicalLocation");
	EXPECT_TEXT(json_get_text(at(place, "artifactLocation"), "uri"), "a%20b.xml");
	EXPECT_NUMBER(json_get_u64(at(place, "region"), "startLine"), 4);
	result = json_object_array_get_idx(at(run, "results"), 4);
	EXPECT_TEXT(json_get_text(first(first(result, "locations"), "logicalLocations"), "name"),
		    "guest");
	EXPECT_TEXT(json_get_text(result, "level"), "warning");
	json_object_put(log);
}

/* RFC 3986: each byte but the unreserved ones and the path's slashes. */
static void paths_as_uris(void)
{
	static const struct {
		const char *path, *uri;
	} rows[] = {
		{ "azAZ09-._~/", "azAZ09-._~/" }, { "%", "%25" }, { "#?&", "%23%3F%26" },
		{ "\xc3\xa4\n", "%C3%A4%0A" },
	};
	struct json_object *log, *result;
	struct report report;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		report = (struct report) {};
		finding_add(report_target(&report, rows[i].path, TARGET_FILE), &late, 1, "x");
		findings_sarif = true;
		finish(&report);
		findings_reset();
		log = json_tokener_parse(captured);
		result = first(first(log, "runs"), "results");
		EXPECT_TEXT(json_get_text(at(at(first(result, "locations"), "physicalLocation"),
					     "artifactLocation"), "uri"), rows[i].uri);
		json_object_put(log);
	}
}

/* A folder whose name was mistyped must not pass a gate. */
static void nothing_to_check_is_no_success(void)
{
	struct report report = {};

	EXPECT_NUMBER(finish(&report), EXIT_USAGE);
	EXPECT(strstr(captured_errors, "nothing was checked"));
	findings_sarif = true;
	EXPECT_NUMBER(finish(&report), EXIT_USAGE);
	findings_reset();
}

static void verdicts(void)
{
	struct report report = {};
	struct target *target = report_target(&report, "x", TARGET_FILE);

	finding_add(target, &hint, 0, "h");
	EXPECT_TEXT(target_verdict(target), "ok");
	finding_add_as(target, &hint, SEVERITY_WARNING, 0, "h");
	EXPECT_TEXT(target_verdict(target), "warning");
	EXPECT_NUMBER(finish(&report), EXIT_OK);

	finding_add(report_target(&report, "x", TARGET_FILE), &late, 0, "w");
	findings_strict = true;
	EXPECT_NUMBER(finish(&report), EXIT_REFUSED);
	findings_reset();

	target_unreadable(report_target(&report, "y", TARGET_FILE), 3, "broken");
	report_target(&report, "z", TARGET_FILE);
	EXPECT_NUMBER(finish(&report), EXIT_USAGE);
	EXPECT(strstr(captured, "[unreadable] line 3: broken"));
}

/* Judges files that begin with '+', and changes what it was given, as readers do. */
static bool judge_plus(const void *rule, struct target *target, char *bytes, size_t size)
{
	const bool is_plus = size && *bytes == '+';

	if (is_plus)
		finding_add(target, rule, 1, "%s", bytes + 1);
	*bytes = '\0';
	return is_plus;
}

/*
 * What the report of a file with this content says, NULL: the file does not exist; returns the exit
 * code.
 */
static int check_content(const char *content, bool found)
{
	char path[] = "/tmp/findings-XXXXXX";
	const struct file_name name = { .path = path, .found = found };
	struct report report = { .what = "plus" };
	int file = mkstemp(path);

	if (file < 0 ||
	    (content && write(file, content, strlen(content)) != (ssize_t)strlen(content)))
		abort();
	close(file);
	if (!content)
		unlink(path);
	report_target(&report, "the file", TARGET_FILE);
	report_check_file(&report, &name, judge_plus, &late);
	unlink(path);
	return finish(&report);
}

static void files(void)
{
	EXPECT_NUMBER(check_content("+one", false), EXIT_OK);
	EXPECT(strstr(captured, "the file: warning, 1 warning\n\n  warning [late] line 1: one\n"));
	EXPECT_NUMBER(check_content("+one", true), EXIT_OK);
	EXPECT(strstr(captured, "line 1: one\n"));

	/* What was named must have something to judge; what was found in a folder need not. */
	EXPECT_NUMBER(check_content("-one", false), EXIT_USAGE);
	EXPECT(strstr(captured, "the file: error") && strstr(captured, "[unreadable]: there is no plus in it\n"));
	EXPECT_NUMBER(check_content("-one", true), EXIT_USAGE);
	EXPECT(!strstr(captured, "the file") && strstr(captured_errors, "nothing was checked"));
	EXPECT_NUMBER(check_content("<one/>", false), EXIT_USAGE);
	EXPECT(strstr(captured, "there is no plus in it: it is XML, for check domain\n"));

	/* One that cannot be read is reported, wherever its name is from. */
	EXPECT_NUMBER(check_content(NULL, true), EXIT_USAGE);
	EXPECT(strstr(captured, "[unreadable]: No such file or directory\n"));
}

/* A file is replaced, by a new one; a pipe is written to, as is a device such as /dev/null. */
static void what_is_replaced(void)
{
	char folder[] = "/tmp/findings_test.XXXXXX", path[64], text[16] = "";
	struct stat before, after;
	int fd;

	EXPECT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	EXPECT(!mkfifo(path, 0600));
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	EXPECT(fd >= 0 && !fstat(fd, &before));
	EXPECT_NUMBER(atomic_file_write(path, "one", 3), EXIT_OK);
	EXPECT(!stat(path, &after) && S_ISFIFO(after.st_mode) && after.st_ino == before.st_ino);
	EXPECT_NUMBER(read(fd, text, sizeof(text)), 3);
	EXPECT_NUMBER(file_write(path, "four", 4), 0);
	EXPECT(!stat(path, &after) && S_ISFIFO(after.st_mode) && after.st_ino == before.st_ino);
	EXPECT_NUMBER(read(fd, text, sizeof(text)), 4);
	close(fd);
	unlink(path);
	EXPECT_NUMBER(atomic_file_write_private(path, "one", 3), EXIT_OK);
	EXPECT(!stat(path, &before) && S_ISREG(before.st_mode) && (before.st_mode & 07777) == 0600);
	EXPECT_NUMBER(file_write(path, "two", 3), 0);
	EXPECT(!stat(path, &after) && after.st_ino != before.st_ino && after.st_size == 3);
	unlink(path);
	rmdir(folder);
}

/* A link stays: what it leads to is replaced, or is written to if that is where stdout goes. */
static void what_a_link_leads_to(void)
{
	char folder[] = "/tmp/findings_test.XXXXXX", path[64], link[64], text[16] = "";
	struct stat before, after;
	int fd, saved;

	EXPECT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	EXPECT(!symlink("file", link));
	/* It leads to nothing: nobody knows what it is for. */
	EXPECT_NUMBER(atomic_file_write(link, "one", 3), EXIT_USAGE);
	EXPECT_NUMBER(file_write(link, "one", 3), -ENOENT);
	EXPECT(stat(path, &after) && !lstat(link, &after) && S_ISLNK(after.st_mode));
	EXPECT_NUMBER(atomic_file_write(path, "one", 3), EXIT_OK);
	EXPECT(!stat(path, &before));
	EXPECT_NUMBER(atomic_file_write(link, "four", 4), EXIT_OK);
	EXPECT(!lstat(link, &after) && S_ISLNK(after.st_mode));
	EXPECT(!stat(path, &after) && after.st_ino != before.st_ino && after.st_size == 4);
	EXPECT_NUMBER(file_write(link, "three", 5), 0);
	EXPECT(!lstat(link, &after) && S_ISLNK(after.st_mode));
	EXPECT(!stat(path, &after) && after.st_size == 5);
	unlink(link);

	EXPECT(!symlink("/proc/self/fd/1", link));
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = open(path, O_RDWR | O_CLOEXEC | O_TRUNC);
	EXPECT(saved >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	printf("0");
	EXPECT_NUMBER(atomic_file_write(link, "one", 3), EXIT_OK);
	EXPECT_NUMBER(file_write(link, "two", 3), 0);
	EXPECT(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO);
	close(saved);
	EXPECT(!lstat(link, &after) && S_ISLNK(after.st_mode));
	EXPECT_NUMBER(pread(fd, text, sizeof(text), 0), 7);
	EXPECT_TEXT(text, "0onetwo");
	/* A file that has lost its name is written to. */
	unlink(link);
	unlink(path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_NUMBER(atomic_file_write(path, "x", 1), EXIT_OK);
	EXPECT_NUMBER(pread(fd, text, sizeof(text), 0), 1);
	close(fd);
	rmdir(folder);
}

int main(void)
{
	static const struct test tests[] = {
		{ "as text", as_text },
		{ "as JSON", as_json },
		{ "as SARIF", as_sarif },
		{ "paths as URIs", paths_as_uris },
		{ "nothing to check is no success", nothing_to_check_is_no_success },
		{ "verdicts and exit codes", verdicts },
		{ "a file that is one target", files },
		{ "what is replaced, and what is written to", what_is_replaced },
		{ "what a link leads to", what_a_link_leads_to },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/* trace set: what is written into which parameter of the module, and what is refused before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "test.h"
#include "trace/trace.h"

/* The module's parameter: how it may be opened, and what has been written to it. */
static struct {
	bool loaded, full;
	int error;
	uid_t user;
	unsigned int opened;
	char *text;
	size_t size;
} parameter;

FILE *fopen(const char *path, const char *mode)
{
	EXPECT_TEXT(path, "/sys/module/sevadm/parameters/ring_events");
	EXPECT_TEXT(mode, "re+");
	parameter.opened++;
	if (parameter.error) {
		errno = parameter.error;
		return NULL;
	}
	if (parameter.full)
		return freopen("/dev/full", "w", tmpfile());
	return open_memstream(&parameter.text, &parameter.size);
}

int access(const char *path, int mode)
{
	(void)mode;
	return parameter.loaded && !strcmp(path, "/sys/module/sevadm") ? 0 : -1;
}

uid_t geteuid(void)
{
	return parameter.user;
}

static int set(const char *first, const char *second)
{
	char words[2][64], *argv[] = { words[0], words[1], NULL };
	int argc = !!first + !!second, ret;

	snprintf(words[0], sizeof(words[0]), "%s", first ?: "");
	snprintf(words[1], sizeof(words[1]), "%s", second ?: "");
	free(parameter.text);
	parameter.text = NULL;
	parameter.opened = 0;
	capture_begin();
	ret = trace_set(argc, argv);
	capture_end();
	return ret;
}

static void begin(void)
{
	free(parameter.text);
	memset(&parameter, 0, sizeof(parameter));
	parameter.loaded = true;
}

static void value_is_written(void)
{
	begin();
	EXPECT_NUMBER(set("ring_events=16", NULL), EXIT_OK);
	EXPECT_TEXT(parameter.text, "16\n");
	EXPECT_NUMBER(set("ring_events=1048576", NULL), EXIT_OK);
	EXPECT_TEXT(parameter.text, "1048576\n");
	EXPECT_NUMBER(parameter.opened, 1);
	EXPECT_TEXT(captured_errors, "");
	free(parameter.text);
	parameter.text = NULL;
}

/* Then nothing is opened. */
static void words_are_refused(void)
{
	static const struct {
		const char *first, *said;
	} rows[] = {
		{ NULL, "sevadm: trace set needs ring_events=NUMBER\n" },
		{ "ring_events", "sevadm: \"ring_events\" is not NAME=VALUE\n" },
		{ "ring_event=16", "sevadm: there is no setting \"ring_event\": did you mean \"ring_events\"?\n" },
		{ "ring_events=15", "sevadm: ring_events has to be 16 at least\n" },
		{ "ring_events=1048577", "sevadm: ring_events \"1048577\" is not a number up to 1048576\n" },
		{ "ring_events=many", "sevadm: ring_events \"many\" is not a number up to 1048576\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		EXPECT_NUMBER(set(rows[i].first, NULL), EXIT_USAGE);
		EXPECT_TEXT(captured_errors, rows[i].said);
		EXPECT_NUMBER(parameter.opened, 0);
	}
	/* The first that is wrong is the last that is looked at. */
	EXPECT_NUMBER(set("ring_events=1", "ring_events=16"), EXIT_USAGE);
	EXPECT_NUMBER(parameter.opened, 0);
	begin();
	parameter.loaded = false;
	EXPECT_NUMBER(set("ring_events=16", NULL), EXIT_ABSENT);
	EXPECT_NUMBER(parameter.opened, 0);
}

static void module_refuses(void)
{
	static const struct {
		int error;
		uid_t user;
		const char *said;
	} rows[] = {
		{ EACCES, 0,
		  "sevadm: this module takes ring_events only when it is loaded: sevadm module unload, then modprobe sevadm ring_events=64\n" },
		{ EACCES, 1000, "sevadm: cannot set ring_events: Permission denied: run it as root\n" },
		{ ENOENT, 0, "sevadm: cannot set ring_events: No such file or directory\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		parameter.error = rows[i].error;
		parameter.user = rows[i].user;
		EXPECT_NUMBER(set("ring_events=64", "ring_events=128"), EXIT_REFUSED);
		EXPECT_TEXT(captured_errors, rows[i].said);
		EXPECT_NUMBER(parameter.opened, 1);
	}
	begin();
	parameter.full = true;
	EXPECT_NUMBER(set("ring_events=64", NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: the module refused ring_events=64: No space left on device\n");
}

int main(void)
{
	static const struct test tests[] = {
		{ "a value is written", value_is_written },
		{ "words are refused", words_are_refused },
		{ "the module refuses", module_refuses },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that monitor starts for events: what it gets, how often, and that nothing waits for it.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "monitor_exec.h"
#include "test.h"

#define SECOND 1000000000ULL

static char folder[] = "/tmp/monitor_exec_test.XXXXXX";
static char program[64], said[64];

/* A script that does @what, in sh. */
static void write_program(const char *what)
{
	FILE *file;

	snprintf(program, sizeof(program), "%s/program", folder);
	snprintf(said, sizeof(said), "%s/said", folder);
	unlink(said);
	file = fopen(program, "w");
	if (!file)
		abort();
	fprintf(file, "#!/bin/sh\n%s\n", what);
	fclose(file);
	chmod(program, 0700);
	setenv("SAID", said, true);
}

static void wait_for_all(struct exec *exec)
{
	while (exec->nr)
		exec_reap(exec);
}

static const char *what_was_said(void)
{
	static char text[1024];
	FILE *file = fopen(said, "r");
	size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[length] = '\0';
	if (file)
		fclose(file);
	return text;
}

static struct json_object *limit_event(void)
{
	return json_tokener_parse("{\"event\":\"limit\",\"subject\":\"user 7\",\"comm\":\"$(touch /tmp/x); `id`\",\"limit\":null,\"current\":4096}");
}

static void the_event_is_in_the_environment(void)
{
	struct json_object *row = limit_event();
	struct exec exec = { .program = program, .skipped = 3 };

	write_program("echo \"$SEVADM_EVENT|$SEVADM_SUBJECT|$SEVADM_COMM|${SEVADM_LIMIT-none}|$SEVADM_CURRENT|${SEVADM_OLD-none}|$SEVADM_SKIPPED|$0\" > \"$SAID\"\n"
		      "printf %s \"$SEVADM_JSON\" >> \"$SAID\"; cat >> \"$SAID\"");
	setenv("SEVADM_OLD", "of an earlier event", true);
	EXPECT_NUMBER(exec_event(&exec, row, 0), 0);
	EXPECT_NUMBER(exec.skipped, 0);
	wait_for_all(&exec);
	EXPECT(strstr(what_was_said(), "limit|user 7|$(touch /tmp/x); `id`|none|4096|none|3|"));
	EXPECT(strstr(what_was_said(), "\"subject\":\"user 7\""));
	unsetenv("SEVADM_OLD");
	json_object_put(row);
}

/* Return true if the mask that the program found under @key lacks the signal. */
static bool has_no_signal(const char *key, int signal)
{
	const char *line = strstr(what_was_said(), key);

	return line && !(strtoull(line + strlen(key), NULL, 16) >> (signal - 1) & 1);
}

/* Signals are as usual there, though monitor blocks those that end it and ignores SIGPIPE. */
static void signals_are_as_usual(void)
{
	struct json_object *row = limit_event();
	struct exec exec = { .program = program };
	sigset_t set, before;

	write_program("grep -E 'SigBlk|SigIgn' /proc/self/status > \"$SAID\"");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_NUMBER(exec_event(&exec, row, 0), 0);
	wait_for_all(&exec);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	EXPECT(has_no_signal("SigBlk:", SIGTERM));
	EXPECT(has_no_signal("SigIgn:", SIGPIPE));
	json_object_put(row);
}

static void nothing_waits_for_it(void)
{
	struct json_object *row = limit_event();
	struct exec exec = { .program = program };
	unsigned int i;

	write_program("exec sleep 1000");
	for (i = 0; i < EXEC_RUNNING + 5; i++)
		EXPECT_NUMBER(exec_event(&exec, row, i * SECOND), 0);
	EXPECT_NUMBER(exec.nr, EXEC_RUNNING);
	EXPECT_NUMBER(exec.skipped, 5);
	for (i = 0; i < exec.nr; i++)
		kill(exec.running[i], SIGKILL);
	wait_for_all(&exec);
	/* The next one hears how many were skipped, and there is room again. */
	write_program("echo \"$SEVADM_SKIPPED\" > \"$SAID\"");
	EXPECT_NUMBER(exec_event(&exec, row, 100 * SECOND), 0);
	wait_for_all(&exec);
	EXPECT_TEXT(what_was_said(), "5\n");
	json_object_put(row);
}

static void not_too_often(void)
{
	struct json_object *row = limit_event();
	struct exec exec = { .program = program };
	unsigned int i;

	write_program("exit 0");
	for (i = 0; i < EXEC_RATE + 7; i++) {
		EXPECT_NUMBER(exec_event(&exec, row, SECOND + i), 0);
		wait_for_all(&exec);
	}
	EXPECT_NUMBER(exec.skipped, 7);
	EXPECT_NUMBER(exec_event(&exec, row, 2 * SECOND), 0);
	EXPECT_NUMBER(exec.skipped, 0);
	wait_for_all(&exec);
	json_object_put(row);
}

static void one_that_is_not_there(void)
{
	struct json_object *row = limit_event();
	struct exec exec = { .program = "/nowhere/program" }, none = {};

	capture_begin();
	EXPECT_NUMBER(exec_event(&exec, row, 0), 2);
	capture_end();
	EXPECT(strstr(captured_errors, "cannot start /nowhere/program: No such file or directory"));
	EXPECT_NUMBER(exec.nr, 0);
	EXPECT_NUMBER(exec_event(&none, row, 0), 0);
	json_object_put(row);
}

int main(void)
{
	static const struct test tests[] = {
		{ "the event is in the environment", the_event_is_in_the_environment },
		{ "signals are as usual", signals_are_as_usual },
		{ "nothing waits for it", nothing_waits_for_it },
		{ "not too often", not_too_often },
		{ "one that is not there", one_that_is_not_there },
	};

	if (!mkdtemp(folder))
		return 1;
	run_each(tests, ARRAY_SIZE(tests));
	unlink(program);
	unlink(said);
	rmdir(folder);
	ksft_finished();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A program of the user's that is started for events. */
#ifndef SEVADM_MONITOR_EXEC_H
#define SEVADM_MONITOR_EXEC_H

#include <stdint.h>
#include <sys/types.h>

#include <json-c/json.h>

/* So many run at a time, and are started a second. */
#define EXEC_RUNNING	4
#define EXEC_RATE	10

/**
 * struct exec - a program, and how often it was started
 * @program: its name or path; NULL: none
 * @running: the processes that have not ended yet
 * @nr: how many
 * @second: the second in which @started were started
 * @skipped: events since the last start for which it was not
 */
struct exec {
	const char *program;
	pid_t running[EXEC_RUNNING];
	unsigned int nr, started;
	uint64_t second, skipped;
};

/**
 * exec_event() - start the program for an event, unless too many run or were started
 * @exec: the program
 * @row: the event as JSON; each value that is not null is SEVADM_KEY in the environment, all of it
 *	SEVADM_JSON, and SEVADM_SKIPPED how many events were skipped before it
 * @now_ns: CLOCK_MONOTONIC
 *
 * No shell is involved, and nothing waits: stdin is empty, stdout and stderr are the caller's.
 *
 * Return: an exit code; that the program cannot be started is reported.
 */
int exec_event(struct exec *exec, struct json_object *row, uint64_t now_ns);

/**
 * exec_variable() - name a value as the program finds it, SEVADM_KEY=VALUE
 *
 * Return: text to be freed; NULL: no memory.
 */
char *exec_variable(const char *key, const char *value);

/** exec_reap() - forget those that have ended */
void exec_reap(struct exec *exec);

#endif

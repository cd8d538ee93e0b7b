// SPDX-License-Identifier: GPL-2.0-only
/* sevadm trace: what the firmware and KVM were asked and how it ended. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "kernel/device.h"
#include "sev/names.h"
#include "trace/event.h"
#include "trace/event_name.h"
#include "trace/filter.h"
#include "trace/trace.h"

/* The most that --last can ask for: as many as the largest ring holds. */
#define LAST_MAX (1U << 20)

/**
 * struct trace - which events are wanted, and those seen so far
 * @filter: which events
 * @names: of the VMs that they are about
 * @all: follow: from the oldest event on
 * @end: show: number of the first event that is too young
 * @last: show: print only that many; 0: all
 * @kept: the youngest @last events wanted, in a circle; @nr_kept: number of events it ever took
 */
struct trace {
	struct filter filter;
	struct event_names *names;
	bool all;
	uint64_t end;
	unsigned long long last;
	struct sevadm_event *kept;
	size_t nr_kept;
};

static const struct option_row show_options[] = {
	FILTER_ROWS(struct trace),
	{ "last", 0, "N", "only the last N of them",
	  OPTION_NUMBER(struct trace, last, 1, LAST_MAX) },
	{}
};

static const struct option_row follow_options[] = {
	FILTER_ROWS(struct trace),
	{ "all", 0, NULL, "begin with what the ring holds",
	  OPTION_FLAG(struct trace, all) },
	{}
};

static void print(const struct trace *trace, const struct sevadm_event *event)
{
	const char *name = event_name(trace->names, host_root(), event);
	struct json_object *row;

	if (!output_json) {
		event_print(event, name);
		return;
	}
	/* One event a line, whatever --pretty says. */
	row = event_to_json(event);
	event_name_add(row, name);
	puts(json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(row);
}

/* ---- show ---------------------------------------------------------------------------------- */

/* Not an exit code: what ends the reading of a ring that is filled meanwhile. */
#define AT_END (-1)

static int show_event(const struct sevadm_event *event, void *context)
{
	struct trace *trace = context;

	if (event->seq >= trace->end)
		return AT_END;
	if (!filter_wants(&trace->filter, event))
		return EXIT_OK;
	if (trace->last)
		trace->kept[trace->nr_kept++ % trace->last] = *event;
	else
		print(trace, event);
	return EXIT_OK;
}

static void print_kept(const struct trace *trace)
{
	size_t i = trace->nr_kept > trace->last ? trace->nr_kept - trace->last : 0;

	for (; i < trace->nr_kept; i++)
		print(trace, &trace->kept[i % trace->last]);
}

static int show_ring(struct trace *trace, int fd)
{
	int ret;

	ret = filter_apply(&trace->filter, fd);
	if (!ret)
		ret = device_seek(fd, SEVADM_SEEK_NEWEST, &trace->end);
	if (!ret)
		ret = device_seek(fd, SEVADM_SEEK_OLDEST, NULL);
	if (ret)
		return ret;
	if (!output_json)
		event_print_heading();
	ret = device_read(fd, show_event, trace);
	if (ret == AT_END)
		ret = EXIT_OK;
	if (!ret && trace->last)
		print_kept(trace);
	return ret;
}

static int trace_show(int argc, char **argv)
{
	struct trace trace = {};
	int fd, ret;

	ret = options_parse(show_options, &trace, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "trace show takes options only: see sevadm trace --help");
	if (trace.last) {
		trace.kept = calloc(trace.last, sizeof(*trace.kept));
		if (!trace.kept)
			return fail(EXIT_REFUSED, "out of memory");
	}
	trace.names = event_names_new();
	ret = device_open(&fd);
	if (!ret) {
		ret = show_ring(&trace, fd);
		close(fd);
	}
	event_names_free(trace.names);
	free(trace.kept);
	return ret;
}

/* ---- follow -------------------------------------------------------------------------------- */

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int follow_event(const struct sevadm_event *event, void *context)
{
	struct trace *trace = context;

	if (stopped)
		return AT_END;
	if (!filter_wants(&trace->filter, event))
		return EXIT_OK;
	print(trace, event);
	if (output_flush())
		return EXIT_OK;
	/* Interrupted while nobody read what it printed: the rest of the line is not an error. */
	if (stopped) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	return AT_END;
}

/* Signals come in between the check and the wait only where ppoll() is woken by them. */
static int wait_for_event(int fd)
{
	struct pollfd polls[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO },	/* POLLERR: nobody is left to read the pipe */
	};
	sigset_t signals, before;
	int ret = AT_END;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (!stopped) {
		if (ppoll(polls, ARRAY_SIZE(polls), NULL, &before) >= 0)
			ret = polls[1].revents ? AT_END : EXIT_OK;
		else if (errno == EINTR)
			ret = EXIT_OK;
		else
			ret = fail(EXIT_REFUSED, "cannot wait for " SEVADM_DEVICE ": %s",
				   strerror(errno));
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int follow_ring(struct trace *trace, int fd)
{
	struct sigaction action = { .sa_handler = on_signal };
	int ret;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	ret = filter_apply(&trace->filter, fd);
	if (!ret)
		ret = device_seek(fd, trace->all ? SEVADM_SEEK_OLDEST : SEVADM_SEEK_NEWEST, NULL);
	if (ret)
		return ret;
	if (!output_json)
		event_print_heading();
	if (!output_flush())
		return EXIT_OK;
	while (!ret) {
		ret = device_read(fd, follow_event, trace);
		if (!ret)
			ret = wait_for_event(fd);
	}
	return ret == AT_END ? EXIT_OK : ret;
}

static int trace_follow(int argc, char **argv)
{
	struct trace trace = {};
	int fd, ret;

	ret = options_parse(follow_options, &trace, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "trace follow takes options only: see sevadm trace --help");
	ret = device_open(&fd);
	if (ret)
		return ret;
	trace.names = event_names_new();
	ret = follow_ring(&trace, fd);
	event_names_free(trace.names);
	close(fd);
	return ret;
}

const struct command trace_commands[] = {
	{ "show", NULL, "the events that the ring still holds, the oldest first", show_options,
	  trace_show },
	{ "follow", NULL, "events as they come, until interrupted", follow_options, trace_follow },
	{ "record", "FILE [-- COMMAND [ARGUMENTS]]", "write events to a file as they come",
	  trace_record_options, trace_record },
	{ "report", "FILE", "where the time of a recorded launch went", trace_report_options,
	  trace_report },
	{ "stats", "[FILE]", "each command's count, failures and times", trace_stats_options,
	  trace_stats },
	{ "set", "ring_events=NUMBER", "change how many events the module keeps", NULL, trace_set },
	{}
};

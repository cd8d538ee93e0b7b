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

#include "command.h"
#include "device.h"
#include "errors.h"
#include "event.h"
#include "names.h"
#include "output.h"

/* The most that --last can ask for: far more than any ring holds. */
#define LAST_MAX 1000000

/**
 * struct trace - which events are wanted, and those seen so far
 * @types: bits (1 << enum sevadm_event_type); 0: all
 * @vm: of this VM, if @has_vm
 * @pid: of this process, if @has_pid
 * @psp_command: firmware's number of the command wanted, or -1; likewise @kvm_command
 * @has_command: only events of these commands
 * @errors: only what failed
 * @all: follow: from the oldest event on
 * @end: show: number of the first event that is too young
 * @last: show: print only that many; 0: all
 * @kept: the youngest @last events wanted, in a circle; @nr_kept: number of events it ever took
 */
struct trace {
	unsigned int types;
	unsigned long long vm, pid;
	bool has_vm, has_pid, has_command, errors, all;
	int psp_command, kvm_command;
	uint64_t end;
	unsigned long long last;
	struct sevadm_event *kept;
	size_t nr_kept;
};

static int set_vm(void *options, const char *text)
{
	struct trace *trace = options;

	trace->has_vm = true;
	return number_parse("VM", text, UINT64_MAX, &trace->vm);
}

static int set_pid(void *options, const char *text)
{
	struct trace *trace = options;

	trace->has_pid = true;
	return number_parse("process", text, UINT32_MAX, &trace->pid);
}

static int set_event(void *options, const char *text)
{
	struct trace *trace = options;
	int type = event_type_number(text);

	if (type < 0)
		return command_unknown("type of event", text, event_types, sizeof(*event_types));
	trace->types |= 1U << type;
	return EXIT_OK;
}

static int set_command(void *options, const char *text)
{
	struct trace *trace = options;

	trace->has_command = true;
	trace->psp_command = psp_command_id(text);
	trace->kvm_command = kvm_command_id(text);
	if (trace->psp_command < 0 && trace->kvm_command < 0)
		return fail(EXIT_USAGE, "neither the firmware nor KVM has a command \"%s\"", text);
	return EXIT_OK;
}

static int set_errors(void *options, const char *text)
{
	(void)text;
	((struct trace *)options)->errors = true;
	return EXIT_OK;
}

static int set_last(void *options, const char *text)
{
	struct trace *trace = options;
	int ret = number_parse("number of events", text, LAST_MAX, &trace->last);

	if (!ret && !trace->last)
		return fail(EXIT_USAGE, "--last needs at least 1 event");
	return ret;
}

static int set_all(void *options, const char *text)
{
	(void)text;
	((struct trace *)options)->all = true;
	return EXIT_OK;
}

/* The filters, which both commands have. */
#define VM_ROW		{ "vm", 0, "ID", "only of this VM", NULL, set_vm }
#define PID_ROW		{ "pid", 0, "PID", "only of this process", NULL, set_pid }
#define EVENT_ROW	{ "event", 0, "TYPE", "only this type of event; may be repeated", \
			  event_types, set_event }
#define COMMAND_ROW	{ "command", 0, "NAME", "only this command of the firmware or KVM", NULL, \
			  set_command }
#define ERRORS_ROW	{ "errors", 0, NULL, "only what failed or was refused", NULL, set_errors }

static const struct option_row show_options[] = {
	VM_ROW, PID_ROW, EVENT_ROW, COMMAND_ROW, ERRORS_ROW,
	{ "last", 0, "N", "only the last N of them", NULL, set_last },
	{}
};

static const struct option_row follow_options[] = {
	VM_ROW, PID_ROW, EVENT_ROW, COMMAND_ROW, ERRORS_ROW,
	{ "all", 0, NULL, "begin with what the ring holds", NULL, set_all },
	{}
};

static bool wants_command(const struct trace *trace, const struct sevadm_event *event)
{
	switch (event->type) {
	case SEVADM_EVENT_PSP:
		return (int)event->command == trace->psp_command;
	case SEVADM_EVENT_KVM:
	case SEVADM_EVENT_PIN:
	case SEVADM_EVENT_UNPIN:
		return (int)event->command == trace->kvm_command;
	default:
		return false;
	}
}

static bool wants_vm(const struct trace *trace, const struct sevadm_event *event)
{
	return (event->known & SEVADM_KNOWN_VM && event->vm == trace->vm) ||
	       (event->known & SEVADM_KNOWN_PEER_VM && event->peer_vm == trace->vm);
}

/* Lost events may have been any: only --event leaves that out. */
static bool wants(const struct trace *trace, const struct sevadm_event *event)
{
	if (trace->types && (event->type >= 32 || !(trace->types & 1U << event->type)))
		return false;
	if (event->type == SEVADM_EVENT_LOST)
		return true;
	return (!trace->has_vm || wants_vm(trace, event)) &&
	       (!trace->has_pid || event->pid == trace->pid) &&
	       (!trace->has_command || wants_command(trace, event)) &&
	       (!trace->errors || event_is_error(event));
}

static void print(const struct sevadm_event *event)
{
	struct json_object *row;

	if (!output_json) {
		event_print(event);
		return;
	}
	/* One event a line, whatever --pretty says. */
	row = event_to_json(event);
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
	if (!wants(trace, event))
		return EXIT_OK;
	if (trace->last)
		trace->kept[trace->nr_kept++ % trace->last] = *event;
	else
		print(event);
	return EXIT_OK;
}

static void print_kept(const struct trace *trace)
{
	size_t i = trace->nr_kept > trace->last ? trace->nr_kept - trace->last : 0;

	for (; i < trace->nr_kept; i++)
		print(&trace->kept[i % trace->last]);
}

static int show_ring(struct trace *trace, int fd)
{
	int ret;

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
	ret = device_open(&fd);
	if (!ret) {
		ret = show_ring(&trace, fd);
		close(fd);
	}
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
	if (stopped)
		return AT_END;
	if (!wants(context, event))
		return EXIT_OK;
	print(event);
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
	ret = follow_ring(&trace, fd);
	close(fd);
	return ret;
}

const struct command trace_commands[] = {
	{ "show", NULL, "the events that the ring still holds, the oldest first", show_options,
	  trace_show },
	{ "follow", NULL, "events as they come, until interrupted", follow_options, trace_follow },
	{}
};

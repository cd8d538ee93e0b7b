// SPDX-License-Identifier: GPL-2.0-only
/* sevadm trace record: write events to a file as they come, for a time or while a command runs. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/device.h"
#include "trace/filter.h"
#include "trace/recording.h"
#include "trace/trace.h"

/* Signals that end a recording, and the one that says that its command has ended. */
static const int taken_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };

#define TAKEN_SIGNALS (sizeof(taken_signals) / sizeof(taken_signals[0]))

/* The shell's statuses of a command that it cannot run or find. */
#define STATUS_NOT_RUN 126
#define STATUS_NOT_FOUND 127

/**
 * struct record - one run
 * @filter: which events
 * @duration_ns: end after that; 0: when interrupted, or with the command
 * @all: begin with what the ring holds
 * @child: the command that runs meanwhile; 0: none
 * @status: of @child, once it has ended
 * @actions: what sevadm was started with for each of taken_signals, and @child is
 */
struct record {
	struct filter filter;
	unsigned long long duration_ns;
	bool all;
	pid_t child;
	int status;
	struct sigaction actions[TAKEN_SIGNALS];
	struct recording *recording;
};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
	(void)number;
	interrupts++;
}

/* Only wakes ppoll(). */
static void on_child(int number)
{
	(void)number;
}

static int set_duration(void *to, const char *text)
{
	return time_parse("duration", text, to);
}

const struct option_row trace_record_options[] = {
	FILTER_ROWS(struct record),
	{ "all", 0, NULL, "begin with what the ring holds",
	  OPTION_FLAG(struct record, all) },
	{ "duration", 0, "TIME", "end after that, such as 10s",
	  OPTION_CALL(struct record, duration_ns, set_duration) },
	{}
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static int take_event(const struct sevadm_event *event, void *context)
{
	struct record *record = context;

	return filter_wants(&record->filter, event) ? recording_add(record->recording, event) :
	       EXIT_OK;
}

static void show_progress(struct record *record, uint64_t started, bool last)
{
	uint64_t lost, events = recording_events(record->recording, &lost);

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[Krecording: %llu event%s, %llu lost, %llu s%s",
		(unsigned long long)events, plural(events), (unsigned long long)lost,
		(unsigned long long)(now_ns() - started) / 1000000000, last ? "\n" : "");
}

static int start_command(struct record *record, char **argv, const sigset_t *before)
{
	size_t i;
	int error;

	record->child = fork();
	if (record->child < 0)
		return fail(EXIT_REFUSED, "cannot start %s: %m", argv[0]);
	if (record->child)
		return EXIT_OK;
	/* What is sent to it before it runs would be taken by the handlers of the recording. */
	for (i = 0; i < TAKEN_SIGNALS; i++)
		sigaction(taken_signals[i], &record->actions[i], NULL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
	execvp(argv[0], argv);
	error = errno;
	error_print("sevadm: cannot run %s: %s", argv[0], strerror(error));
	_exit(error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN);
}

/* True: the command has ended. */
static bool has_ended(struct record *record)
{
	int status;

	if (!record->child || waitpid(record->child, &status, WNOHANG) != record->child)
		return false;
	record->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	record->child = 0;
	return true;
}

/* Lets in the signals that ppoll() did not, as it found something to read each time. */
static void take_signals(const sigset_t *before)
{
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, before, &blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/*
 * Signals are blocked but in here and in take_signals(), so that none comes between a look at the
 * flags and the wait.
 */
static int wait_for_event(int fd, uint64_t until, const sigset_t *before)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	uint64_t now = now_ns(), left = until > now ? until - now : 0;
	struct timespec timeout = { .tv_sec = 1 };

	if (left < 1000000000)
		timeout = (struct timespec) { .tv_nsec = left };
	if (ppoll(&poll_fd, 1, &timeout, before) < 0 && errno != EINTR)
		return fail(EXIT_REFUSED, "cannot wait for " SEVADM_DEVICE ": %m");
	return EXIT_OK;
}

static int run(struct record *record, int fd, const sigset_t *before)
{
	uint64_t started = now_ns();
	uint64_t until = record->duration_ns ? started + record->duration_ns : UINT64_MAX;
	bool commanded = record->child, ended = false;
	int seen = 0, ret = EXIT_OK;

	while (!ret && !ended) {
		take_signals(before);
		/* What ends it is looked at first: all events from before that are still read. */
		ended = commanded ? has_ended(record) : interrupts;
		if (interrupts > seen && record->child) {
			/* The terminal's Ctrl-C reaches the command by itself; kill(1) does not. */
			kill(record->child, seen ? SIGKILL : SIGTERM);
			seen = interrupts;
		}
		ended = ended || now_ns() >= until;
		ret = device_read(fd, take_event, record);
		if (!ret)
			ret = recording_flush(record->recording);
		show_progress(record, started, ended);
		if (!ret && !ended)
			ret = wait_for_event(fd, until, before);
	}
	return ret;
}

static int record_with(struct record *record, int fd, const char *path, char **command)
{
	struct sigaction action = {};
	sigset_t signals, before;
	uint64_t lost, events;
	size_t i;
	int ret, closed;

	ret = filter_apply(&record->filter, fd);
	if (!ret)
		ret = device_seek(fd, record->all ? SEVADM_SEEK_OLDEST : SEVADM_SEEK_NEWEST, NULL);
	if (!ret)
		ret = recording_create(path, &record->recording);
	if (ret)
		return ret;
	sigemptyset(&signals);
	for (i = 0; i < TAKEN_SIGNALS; i++) {
		bool child = taken_signals[i] == SIGCHLD;

		sigaction(taken_signals[i], NULL, &record->actions[i]);
		/* What nohup, or a shell in the background, has it ignore ends no recording. */
		if (record->actions[i].sa_handler == SIG_IGN && !child)
			continue;
		action.sa_handler = child ? on_child : on_interrupt;
		sigaction(taken_signals[i], &action, NULL);
		sigaddset(&signals, taken_signals[i]);
	}
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (*command)
		ret = start_command(record, command, &before);
	if (!ret)
		ret = run(record, fd, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* --duration, or a full disk: the command was for the recording. */
	if (record->child > 0) {
		kill(record->child, SIGTERM);
		waitpid(record->child, NULL, 0);
	}

	events = recording_events(record->recording, &lost);
	closed = recording_close(record->recording);
	if (!ret && !closed)
		error_print("sevadm: %llu event%s in %s, %llu lost", (unsigned long long)events,
			    plural(events), path, (unsigned long long)lost);
	return ret ?: closed ?: record->status;
}

int trace_record(int argc, char **argv)
{
	struct record record = {};
	char **command = argv;
	int fd, ret, words;

	/* What follows "--" is the command's own. */
	while (*command && strcmp(*command, "--"))
		command++;
	words = command - argv;
	if (*command) {
		*command++ = NULL;
		if (!*command)
			return fail(EXIT_USAGE, "there is no command after \"--\"");
	}
	(void)argc;
	ret = options_parse(trace_record_options, &record, &words, argv);
	if (ret)
		return ret;
	if (words != 1)
		return fail(EXIT_USAGE, "trace record needs one FILE to write, and \"--\" before a command: see sevadm trace --help");
	ret = device_open(&fd);
	if (ret)
		return ret;
	ret = record_with(&record, fd, argv[0], command);
	close(fd);
	return ret;
}

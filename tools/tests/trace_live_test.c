// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm trace on a live device: what is read of it, when it ends, and what becomes of the command
 * that is recorded. The device, the clock and ppoll() are stand-ins; each run is a process of its
 * own, as it takes signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "test.h"
#include "trace/trace.h"

#define STEPS_MAX	16
#define SECOND		1000000000ULL

static char folder[] = "/tmp/sevadm-trace-XXXXXX";
static char file[64], fifo[64];

/**
 * struct host - how the device behaves, and what it was asked
 * @open_error, @seek_error, @filter_error, @wait_error: errno of each
 * @end: number of the event that comes next, as it says when asked for the newest
 * @ready: events that are there to be read; @nr_read of them were
 * @read_error: errno of reading when there are no more; 0: EAGAIN
 * @steps: what happens while it is waited for; afterwards time passes
 * @timeouts: of ppoll(), in tenths of seconds, a word each
 * @terminal: stderr is one
 * @asked: of the device
 */
static struct {
	void (*steps[STEPS_MAX])(void);
	int fd, open_error, seek_error, filter_error, wait_error, read_error;
	uint64_t end, now_ns;
	struct sevadm_event ready[16];
	unsigned int nr_ready, nr_read, step;
	bool terminal, broken_pipe;
	char asked[512], timeouts[128];
} host;

#define note(...)	append(host.asked, sizeof(host.asked), __VA_ARGS__)

/* ---- the device ------------------------------------------------------------------------------ */

static int refuse(int error)
{
	errno = error;
	return error ? -1 : 0;
}

int open(const char *path, int flags, ...)
{
	if (strcmp(path, SEVADM_DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	if (host.open_error)
		return refuse(host.open_error);
	host.fd = dup(STDIN_FILENO);
	return host.fd;
}

int ioctl(int fd, unsigned long request, ...)
{
	const struct sevadm_event_filter *filter;
	struct sevadm_event_seek *seek;
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	EXPECT_NUMBER(fd, host.fd);
	if (request == SEVADM_IOC_EVENT_FILTER) {
		filter = argument;
		note("filter %x\n", filter->types);
		return refuse(host.filter_error);
	}
	EXPECT(request == SEVADM_IOC_EVENT_SEEK);
	seek = argument;
	note("seek %s\n", seek->whence == SEVADM_SEEK_OLDEST ? "oldest" : "newest");
	seek->seq = seek->whence == SEVADM_SEEK_OLDEST ? 0 : host.end;
	return refuse(host.seek_error);
}

ssize_t read(int fd, void *to, size_t size)
{
	if (fd != host.fd)
		return syscall(SYS_read, fd, to, size);
	if (host.nr_read == host.nr_ready)
		return refuse(host.read_error ?: EAGAIN);
	memcpy(to, &host.ready[host.nr_read++], sizeof(struct sevadm_event));
	return sizeof(struct sevadm_event);
}

/* Its number is another file's from then on. */
int close(int fd)
{
	if (fd == host.fd)
		host.fd = 0;
	return syscall(SYS_close, fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC)
		return syscall(SYS_clock_gettime, clock, now);
	now->tv_sec = host.now_ns / SECOND;
	now->tv_nsec = host.now_ns % SECOND;
	return 0;
}

/* A signal that a step sends is let in here alone. */
int ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout, const sigset_t *mask)
{
	size_t length = strlen(host.timeouts);
	sigset_t blocked;
	nfds_t i;

	/* None comes between a look and the wait. */
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	EXPECT(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM));
	for (i = 0; i < nr; i++)
		fds[i].revents = 0;
	if (timeout)
		snprintf(host.timeouts + length, sizeof(host.timeouts) - length, "%ld ",
			 timeout->tv_sec * 10 + timeout->tv_nsec / 100000000);
	if (host.wait_error)
		return refuse(host.wait_error);
	if (host.step < STEPS_MAX && host.steps[host.step]) {
		host.steps[host.step++]();
		sigprocmask(SIG_SETMASK, mask, &blocked);
		sigprocmask(SIG_SETMASK, &blocked, NULL);
		if (nr > 1 && host.broken_pipe)
			fds[1].revents = POLLERR;
		return nr > 1 && !host.broken_pipe ? refuse(EINTR) : 1;
	}
	if (!timeout)
		ksft_exit_fail_msg("it waits for what does not come\n");
	host.now_ns += timeout->tv_sec * SECOND + timeout->tv_nsec;
	return 0;
}

int isatty(int fd)
{
	return fd == STDERR_FILENO && host.terminal;
}

/* Of its status the module is asked as root alone. */
uid_t geteuid(void)
{
	return 1000;
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void add_event(unsigned int type, uint64_t seq)
{
	struct sevadm_event *event = &host.ready[host.nr_ready++];

	*event = (struct sevadm_event) {
		.size = sizeof(*event), .type = type, .seq = seq, .known = SEVADM_KNOWN_VM,
		.vm = 40 + seq, .command = 2, .count = type == SEVADM_EVENT_LOST ? 5 : 0,
	};
}

static void event_comes(void)
{
	add_event(SEVADM_EVENT_KVM, host.nr_ready + 1);
}

static void interrupt(void)
{
	raise(SIGINT);
}

/* The events from before it are still read. */
static void event_and_hangup(void)
{
	event_comes();
	raise(SIGHUP);
}

static void terminate(void)
{
	raise(SIGTERM);
}

static void pipe_breaks(void)
{
	host.broken_pipe = true;
}

static void output_fills(void)
{
	event_comes();
	fclose(stdout);
	stdout = fopen("/dev/full", "w");
}

static void device_fails(void)
{
	host.read_error = EIO;
}

/* Until the command has ended, without taking its status. */
static void await_command(void)
{
	siginfo_t info;

	EXPECT(!waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
}

/* Until the command has opened the fifo. */
static void await_word(void)
{
	FILE *from = fopen(fifo, "r");
	char line[16];

	EXPECT(from && fgets(line, sizeof(line), from));
	fclose(from);
	raise(SIGTERM);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	output_json = false;
}

#define STEPS(...)	memcpy(host.steps, ((void (*[])(void)) { __VA_ARGS__ }), \
			       sizeof((void (*[])(void)) { __VA_ARGS__ }))

static int last_exit;

/*
 * Runs a command in a process of its own, which judges itself: @judge looks at what was printed, at
 * host and at last_exit. A word in which is a space follows "|".
 */
static void in_child(void (*judge)(void), const char *words)
{
	char copy[512], *argv[16], *word, *rest, *script;
	const struct command *command = trace_commands;
	int argc = 0, status;
	sigset_t mask;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child) {
		EXPECT(waitpid(child, &status, 0) == child);
		EXPECT_NUMBER(status, 0);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", words);
	script = strchr(copy, '|');
	if (script)
		*script++ = '\0';
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	if (script)
		argv[argc++] = script;
	argv[argc] = NULL;
	while (strcmp(command->name, argv[0]))
		command++;
	capture_begin();
	last_exit = command->run(argc - 1, argv + 1);
	capture_end();
	sigprocmask(SIG_BLOCK, NULL, &mask);
	EXPECT(!sigismember(&mask, SIGINT) && !sigismember(&mask, SIGTERM) &&
	       !sigismember(&mask, SIGCHLD));
	EXPECT(!host.fd || fcntl(host.fd, F_GETFD) < 0);
	judge();
	leave(test_failed);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text++)
		nr++;
	return nr;
}

/* ---- show ------------------------------------------------------------------------------------ */

static void shows_two(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(host.asked, "filter 0\nseek newest\nseek oldest\n");
	EXPECT_NUMBER(count(captured, "\n"), 3);
	EXPECT(strstr(captured, " 41 ") && strstr(captured, " 42 "));
}

static void shows_the_last(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_NUMBER(count(captured, "\n"), 3);
	EXPECT(strstr(captured, " 42 ") && strstr(captured, " 43 "));
	EXPECT(strstr(captured, " 42 ") < strstr(captured, " 43 "));
}

static void shows_all_of_few(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_NUMBER(count(captured, "\n"), 4);
}

static void refuses(void)
{
	EXPECT_NUMBER(last_exit, EXIT_REFUSED);
	EXPECT_NUMBER(count(captured_errors, "\n"), 1);
	EXPECT_TEXT(captured, "");
}

static void is_wrong(void)
{
	EXPECT_NUMBER(last_exit, EXIT_USAGE);
	EXPECT_TEXT(host.asked, "");
}

/* The device cannot be moved in, filtered or opened. */
static void refuses_a_bad_device(const char *words)
{
	host.seek_error = EIO;
	in_child(refuses, words);
	host.seek_error = 0;
	host.filter_error = EINVAL;
	in_child(refuses, words);
	host.filter_error = 0;
	host.open_error = EACCES;
	in_child(refuses, words);
}

/* What comes while the ring is read is not shown. */
static void ring_is_shown(void)
{
	uint64_t seq;

	begin();
	host.end = 3;
	for (seq = 1; seq <= 4; seq++)
		add_event(SEVADM_EVENT_KVM, seq);
	in_child(shows_two, "show");
	host.end = 4;
	in_child(shows_the_last, "show --last 2");
	in_child(shows_all_of_few, "show --last 9");
	in_child(shows_all_of_few, "show --last 3");
	in_child(is_wrong, "show words");
	in_child(is_wrong, "show --none");
	refuses_a_bad_device("show");
}

static void counts_two(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(host.asked, "filter 4\nseek newest\nseek oldest\n");
	EXPECT_NUMBER(count(captured, "\n"), 4);
	EXPECT(strstr(captured, "2 events, 0 lost\n\n"));
	EXPECT(strstr(captured, "kvm    LAUNCH_START  2 "));
}

/* What comes while the ring is read is not counted, and the device is asked for what counts. */
static void ring_is_counted(void)
{
	uint64_t seq;

	begin();
	host.end = 3;
	for (seq = 1; seq <= 4; seq++)
		add_event(SEVADM_EVENT_KVM, seq);
	in_child(counts_two, "stats --ring --event kvm");
	in_child(is_wrong, "stats --ring --none");
	refuses_a_bad_device("stats --ring");
}

static void cannot_read(void)
{
	EXPECT_NUMBER(last_exit, EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot read /dev/sevadm: Input/output error\n");
}

static void reading_fails(void)
{
	begin();
	host.end = 9;
	host.read_error = EIO;
	add_event(SEVADM_EVENT_KVM, 1);
	in_child(cannot_read, "show --last 2");
	in_child(cannot_read, "follow");
	STEPS(device_fails);
	host.read_error = 0;
	in_child(cannot_read, "follow");
}

/* ---- follow ---------------------------------------------------------------------------------- */

static void follows_three(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(host.asked, "filter 0\nseek newest\n");
	EXPECT_NUMBER(count(captured, "\n"), 4);
	EXPECT(strstr(captured, " 42 ") && strstr(captured, " 43 "));
	EXPECT_TEXT(host.timeouts, "");
	EXPECT_TEXT(captured_errors, "");
}

static void follows_from_the_oldest(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(host.asked, "filter 2\nseek oldest\n");
	EXPECT_NUMBER(count(captured, "\n"), 1);
	EXPECT(!strncmp(captured, "{\"seq\":2,", 9));
}

/* What comes together with the signal is not printed. */
static void follows_one(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_NUMBER(count(captured, "\n"), 2);
}

static void cannot_wait(void)
{
	EXPECT_NUMBER(last_exit, EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot wait for /dev/sevadm: Cannot allocate memory\n");
}

static void event_and_interrupt(void)
{
	event_comes();
	raise(SIGINT);
}

static void ends_at_once(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_NUMBER(host.nr_read, 1);
}

static void events_are_followed(void)
{
	begin();
	event_comes();
	STEPS(event_comes, event_comes, terminate);
	in_child(follows_three, "follow");
	begin();
	event_comes();
	STEPS(event_and_interrupt);
	in_child(follows_one, "follow");
	begin();
	event_comes();
	STEPS(pipe_breaks);
	in_child(follows_one, "follow");
	begin();
	output_json = true;
	event_comes();
	add_event(SEVADM_EVENT_PSP, 2);
	STEPS(interrupt);
	in_child(follows_from_the_oldest, "follow --all --event psp");
	begin();
	host.wait_error = ENOMEM;
	in_child(cannot_wait, "follow");
	begin();
	STEPS(output_fills);
	in_child(ends_at_once, "follow");
	in_child(is_wrong, "follow words");
	in_child(is_wrong, "follow --none");
	begin();
	host.seek_error = EIO;
	in_child(refuses, "follow");
	begin();
	host.open_error = EACCES;
	in_child(refuses, "follow");
}

/* ---- record ---------------------------------------------------------------------------------- */

/* What is in the file, but for the first line, which is of this machine. */
static const char *recorded(void)
{
	static char text[8192];
	FILE *from = fopen(file, "r");
	size_t size = from ? fread(text, 1, sizeof(text) - 1, from) : 0;
	char *line;

	if (from)
		fclose(from);
	text[size] = '\0';
	line = strchr(text, '\n');
	return line ? line + 1 : "";
}

static const char *said(unsigned int events, unsigned int lost)
{
	static char text[128];

	snprintf(text, sizeof(text), "sevadm: %u event%s in %s, %u lost\n", events,
		 events == 1 ? "" : "s", file, lost);
	return text;
}

static void records_for_a_time(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(host.asked, "filter 0\nseek newest\n");
	EXPECT_TEXT(host.timeouts, "10 10 10 5 ");
	EXPECT_TEXT(captured_errors, said(2, 5));
	EXPECT_NUMBER(count(recorded(), "\n"), 4);
	EXPECT(strstr(recorded(), "{\"end\":true,\"events\":2,\"lost\":5}\n"));
	EXPECT(strstr(recorded(), "\"vm\":43"));
}

static void records_some(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(host.asked, "filter 2\nseek oldest\n");
	EXPECT_TEXT(captured_errors, said(1, 0));
	EXPECT(strstr(recorded(), "\"vm\":42") && !strstr(recorded(), "\"vm\":41"));
}

static void shows_progress(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT(strstr(captured_errors, "\r\033[Krecording: 1 event, 5 lost, 0 s\r\033[Krecording: 1 event, 5 lost, 1 s"));
	EXPECT(strstr(captured_errors, "\r\033[Krecording: 1 event, 5 lost, 2 s\nsevadm: "));
	EXPECT_NUMBER(count(captured_errors, "\n"), 2);
}

static void time_ends_it(void)
{
	char words[128];

	begin();
	add_event(SEVADM_EVENT_LOST, 1);
	add_event(SEVADM_EVENT_KVM, 2);
	STEPS(event_comes);
	snprintf(words, sizeof(words), "record --duration 2500ms %s", file);
	in_child(records_for_a_time, words);

	begin();
	add_event(SEVADM_EVENT_KVM, 1);
	add_event(SEVADM_EVENT_PSP, 2);
	snprintf(words, sizeof(words), "record --duration 100ms --all --event psp %s", file);
	in_child(records_some, words);

	begin();
	host.terminal = true;
	host.now_ns = 7 * SECOND;
	add_event(SEVADM_EVENT_LOST, 1);
	add_event(SEVADM_EVENT_KVM, 2);
	snprintf(words, sizeof(words), "record --duration 2s %s", file);
	in_child(shows_progress, words);
}

static void records_until_the_signal(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(captured_errors, said(2, 0));
}

static void records_nothing(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(captured_errors, said(0, 0));
	EXPECT_TEXT(host.timeouts, "10 ");
}

static void signals_end_it(void)
{
	char words[128];

	snprintf(words, sizeof(words), "record %s", file);
	begin();
	event_comes();
	STEPS(event_and_hangup);
	in_child(records_until_the_signal, words);
	begin();
	STEPS(interrupt);
	in_child(records_nothing, words);
	begin();
	STEPS(terminate);
	in_child(records_nothing, words);
}

static void ends_with_7(void)
{
	EXPECT_NUMBER(last_exit, 7);
	EXPECT_TEXT(captured_errors, said(1, 0));
}

static void ends_well(void)
{
	EXPECT_NUMBER(last_exit, EXIT_OK);
	EXPECT_TEXT(captured_errors, said(0, 0));
	/* Nothing of it is left. */
	EXPECT(waitpid(-1, NULL, WNOHANG) < 0);
}

static void ends_by_a_signal(void)
{
	EXPECT_NUMBER(last_exit, 128 + SIGINT);
}

static void is_killed(void)
{
	EXPECT_NUMBER(last_exit, 128 + SIGKILL);
	EXPECT_NUMBER(host.step, 3);
}

static void ends_with_9(void)
{
	EXPECT_NUMBER(last_exit, 9);
	EXPECT_NUMBER(host.step, 2);
}

static void command_is_recorded(void)
{
	char words[400];

	begin();
	event_comes();
	STEPS(await_command);
	snprintf(words, sizeof(words), "record %s -- sh -c |exit 7", file);
	in_child(ends_with_7, words);
	begin();
	STEPS(await_command);
	snprintf(words, sizeof(words), "record %s -- sh -c |kill -INT $$", file);
	in_child(ends_by_a_signal, words);
	/* It has its signals: none is blocked, and SIGPIPE is not ignored. */
	begin();
	signal(SIGPIPE, SIG_IGN);
	STEPS(await_command);
	snprintf(words, sizeof(words), "record %s -- sh -c |%s", file,
		 "set -- $(grep -E \"Sig(Ign|Blk)\" /proc/self/status); "
		 "[ $((0x$2 & 0x14003)) -eq 0 ] && [ $((0x$4 & 0x1000)) -eq 0 ]");
	in_child(ends_well, words);
	signal(SIGPIPE, SIG_DFL);
	/* The time is up: it was for the recording. */
	begin();
	snprintf(words, sizeof(words), "record --duration 1s %s -- sleep 1000", file);
	in_child(ends_well, words);
	/* What is asked twice is meant. */
	begin();
	STEPS(await_word, terminate, await_command);
	snprintf(words, sizeof(words),
		 "record %s -- sh -c |trap '' TERM; echo >%s; while :; do sleep 0.01; done", file, fifo);
	in_child(is_killed, words);
	begin();
	STEPS(await_word, await_command);
	snprintf(words, sizeof(words),
		 "record %s -- sh -c |trap 'exit 9' TERM; echo >%s; while :; do sleep 0.01; done", file, fifo);
	in_child(ends_with_9, words);
}

static void cannot_record(void)
{
	EXPECT_NUMBER(last_exit, EXIT_REFUSED);
	EXPECT(!strstr(captured_errors, " events in "));
	EXPECT(waitpid(-1, NULL, WNOHANG) < 0);
}

static void recording_fails(void)
{
	char words[128];

	snprintf(words, sizeof(words), "record %s -- sleep 1000", file);
	begin();
	host.read_error = EIO;
	in_child(cannot_record, words);
	in_child(cannot_read, words);
	begin();
	host.wait_error = ENOMEM;
	in_child(cannot_wait, words);
	in_child(cannot_record, words);
	begin();
	host.seek_error = EIO;
	in_child(refuses, words);
	begin();
	host.filter_error = EIO;
	in_child(refuses, words);
	begin();
	host.open_error = EACCES;
	in_child(refuses, words);
	begin();
	in_child(refuses, "record /dev/full -- sleep 1000");
	in_child(refuses, "record /no/such/folder/file -- sleep 1000");
	begin();
	in_child(is_wrong, "record");
	in_child(is_wrong, "record one two");
	in_child(is_wrong, "record --none");
	in_child(is_wrong, "record file --");
	in_child(is_wrong, "record -- true");
}

int main(void)
{
	static const struct test tests[] = {
		{ "the ring is shown", ring_is_shown },
		{ "the ring is counted", ring_is_counted },
		{ "reading fails", reading_fails },
		{ "events are followed", events_are_followed },
		{ "time ends a recording", time_ends_it },
		{ "signals end a recording", signals_end_it },
		{ "a command is recorded", command_is_recorded },
		{ "recording fails", recording_fails },
	};

	/* What a script or nohup runs in the background ignores these, and so would sevadm. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	folder_make(folder);
	/* No VM of this machine has a name. */
	setenv("SEVADM_SYSROOT", folder, true);
	snprintf(file, sizeof(file), "%s/recording", folder);
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	mkfifo(fifo, 0600);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

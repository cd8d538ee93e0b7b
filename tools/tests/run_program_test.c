// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that are run for what they print: shells, within a time that passes as a test says, and
 * a size. Nothing is left of any of them: no file is open, and no process stays.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "report/run_program.h"
#include "failing_calls.h"
#include "test.h"

#define OUTPUT_MAX	(1024 * 1024)

/**
 * struct host - how calls end, and what was called
 * @piece: so many bytes are read at once; 0: all
 * @step_ms: what the clock goes on by at each look at it
 * @timeouts: of poll(), in milliseconds
 * @endless: the program ends by SIGKILL alone; @killed: it was sent
 */
static struct {
	size_t piece;
	long long now_ms, step_ms;
	char timeouts[128];
	bool endless, killed;
} host;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	EXPECT_NUMBER(clock, CLOCK_MONOTONIC);
	*now = (struct timespec) { host.now_ms / 1000, host.now_ms % 1000 * 1000000 };
	host.now_ms += host.step_ms;
	return 0;
}

int poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	if (strlen(host.timeouts) < 64)
		append(host.timeouts, sizeof(host.timeouts), "%d ", timeout);
	return fails("poll") ? 0 : syscall(SYS_poll, fds, nr, -1);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	return fails("read") ? -1 : syscall(SYS_read, fd, bytes, host.piece && size ? host.piece : size);
}

int pipe2(int files[2], int flags)
{
	return fails("pipe2") ? -1 : syscall(SYS_pipe2, files, flags);
}

pid_t fork(void)
{
	return fails("fork") ? -1 : _Fork();
}

int kill(pid_t pid, int number)
{
	host.killed |= number == SIGKILL;
	return syscall(SYS_kill, pid, number);
}

/* A program that should have been killed would be waited for without end. */
pid_t waitpid(pid_t pid, int *status, int options)
{
	if (fails("waitpid"))
		return -1;
	if (host.endless && !host.killed)
		syscall(SYS_kill, pid, SIGKILL);
	return syscall(SYS_wait4, pid, status, options, NULL);
}

static int run_shell(const char *script, const char *input, char **output)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

	return run_program(argv, input, output);
}

static void begin(const char *call, int error, unsigned int after)
{
	memset(&host, 0, sizeof(host));
	fault = (typeof(fault)) { call, error, after };
}

static void what_it_prints(void)
{
	static const struct {
		const char *script, *input, *output;
		int ret;
	} rows[] = {
		{ "echo one; echo two; exit 3", NULL, "one\ntwo\n", 3 },
		{ "exit 0", NULL, "", 0 },
		/* Its input has no end before its output has one. */
		{ "head -n 2; timeout 0.1 head -n 1; exit $((!$?))", "in\nand out\n", "in\nand out\n", 0 },
		/* Its input is nothing, not the caller's; its errors are nobody's. */
		{ "cat; echo none; echo lost >&2", NULL, "none\n", 0 },
		/* It has no say in what it inherits. */
		{ "echo $LC_ALL; kill -PIPE $$; exit 1", NULL, "C\n", -1 },
		/* A session of its own: no terminal to ask for a password. */
		{ "[ $(ps -o sid= -p $$) = $$ ] && echo own", NULL, "own\n", 0 },
		/* Who ends without reading what it is sent is no error. */
		{ "exit 4", "unread", "", 4 },
		/* What comes after it has nothing more to say is waited for. */
		{ "exec >&-; sleep 0.1; exit 5", NULL, "", 5 },
		{ "kill -TERM $$", NULL, "", -1 },
	};
	unsigned int files;
	char *output;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(NULL, 0, 0);
		files = count_files();
		EXPECT_NUMBER(run_shell(rows[i].script, rows[i].input, &output), rows[i].ret);
		EXPECT_TEXT(output, rows[i].output);
		EXPECT(!host.killed);
		EXPECT_NUMBER(count_files(), files);
		free(output);
	}
	for (i = 1; i <= 3; i++) {
		begin(NULL, 0, 0);
		host.piece = i;
		EXPECT_NUMBER(run_shell("echo in pieces", NULL, &output), 0);
		EXPECT_TEXT(output, "in pieces\n");
		free(output);
	}
	EXPECT_NUMBER(run_program((char *const[]) { (char *)"/no/such/program", NULL }, NULL, &output), 127);
	EXPECT_TEXT(output, "");
	free(output);
}

/*
 * 30 seconds for all that it prints. The clock goes on at each look, the first of which is the
 * beginning.
 */
static void within_a_time(void)
{
	static const struct {
		const char *script;
		long long step_ms;
		unsigned int silent_after;
		const char *timeouts, *output;
	} rows[] = {
		{ "echo a; exec sleep 1000", 2000, 1, "28000 26000 ", "a\n" },
		{ "exec sleep 1000", 29999, 0, "1 ", "" },
		/* It would have been there, but too late. */
		{ "echo a; exec sleep 1000", 15000, 1, "15000 ", "a\n" },
		{ "echo a; exec sleep 1000", 20000, 1, "10000 ", "a\n" },
		{ "exec sleep 1000", 30000, 1, "", "" },
	};
	char *output;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin("poll", 0, rows[i].silent_after);
		host.endless = true;
		host.now_ms = 1234000;
		host.step_ms = rows[i].step_ms;
		EXPECT_NUMBER(run_shell(rows[i].script, NULL, &output), -1);
		EXPECT_TEXT(host.timeouts, rows[i].timeouts);
		EXPECT_TEXT(output, rows[i].output);
		EXPECT(host.killed);
		free(output);
	}
}

/* One byte less than a MiB is all that anybody says. */
static void within_a_size(void)
{
	char *output;

	begin(NULL, 0, 0);
	EXPECT_NUMBER(run_shell("head -c 1048575 /dev/zero | tr '\\0' x", NULL, &output), 0);
	EXPECT_NUMBER(strlen(output), OUTPUT_MAX - 1);
	EXPECT(!host.killed);
	free(output);
	begin(NULL, 0, 0);
	host.endless = true;
	EXPECT_NUMBER(run_shell("head -c 1048576 /dev/zero | tr '\\0' x; exec sleep 1000", NULL, &output), -1);
	EXPECT_NUMBER(strlen(output), OUTPUT_MAX);
	EXPECT(host.killed);
	free(output);
}

static void what_can_fail(void)
{
	static const struct {
		const char *call;
		int error;
		unsigned int after;
		int ret;
		bool killed;
	} rows[] = {
		{ "pipe2", EMFILE, 0, -1 }, { "pipe2", EMFILE, 1, -1 }, { "fork", EAGAIN, 0, -1 },
		{ "read", EIO, 0, -1, true },
		/* It is asked again. */
		{ "read", EINTR, 0, 6 }, { "waitpid", EINTR, 0, 6 },
	};
	unsigned int files;
	char *output;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(rows[i].call, rows[i].error, rows[i].after);
		files = count_files();
		EXPECT_NUMBER(run_shell("head -n 1; exit 6", "asked\n", &output), rows[i].ret);
		EXPECT_TEXT(output, rows[i].ret == 6 ? "asked\n" : "");
		EXPECT_NUMBER(host.killed, rows[i].killed);
		EXPECT(!fault.call);
		EXPECT_NUMBER(count_files(), files);
		free(output);
	}
	/* None is left that would have to be waited for. */
	EXPECT(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	/* A process that is not there any more has no status. */
	begin("waitpid", ECHILD, 0);
	EXPECT_NUMBER(run_shell("exit 6", NULL, &output), -1);
	free(output);
	EXPECT(waitpid(-1, NULL, 0) > 0);
}

int main(void)
{
	static const struct test tests[] = {
		{ "what it prints", what_it_prints },
		{ "within a time", within_a_time },
		{ "within a size", within_a_size },
		{ "what can fail", what_can_fail },
	};

	/* As sevadm's own main(). */
	signal(SIGPIPE, SIG_IGN);
	run_tests(tests, ARRAY_SIZE(tests));
}

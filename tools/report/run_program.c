// SPDX-License-Identifier: GPL-2.0-only
/* Run a program, write its stdin, and take what it prints, within a time and a size. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report/run_program.h"

/* libvirt's first answer after its start probes every QEMU, which takes some seconds each. */
#define TIMEOUT_MS	30000
#define OUTPUT_MAX	(1024 * 1024)

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void become(char *const argv[], int input, int output)
{
	int null = open("/dev/null", O_RDWR);

	dup2(input >= 0 ? input : null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	/* Without a terminal it asks nobody for a password. */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A program that was not made for it does not expect an ignored SIGPIPE. */
	signal(SIGPIPE, SIG_DFL);
	setenv("LC_ALL", "C", 1);
	execvp(argv[0], argv);
	_exit(127);
}

/* False: too late, or too much. */
static bool take_output(int fd, char **output)
{
	long long end = now_ms() + TIMEOUT_MS, left;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	size_t length = 0;
	ssize_t got;

	for (;;) {
		left = end - now_ms();
		if (left <= 0 || poll(&poll_fd, 1, left) <= 0)
			return false;
		got = read(fd, *output + length, OUTPUT_MAX - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return !got;
		length += got;
		if (length == OUTPUT_MAX)
			return false;
	}
}

int run_program(char *const argv[], const char *input, char **output)
{
	int in[2] = { -1, -1 }, out[2], status;
	bool ended = false;
	pid_t pid;

	*output = calloc(1, OUTPUT_MAX + 1);
	if (!*output)
		return -1;
	if (pipe2(out, O_CLOEXEC))
		return -1;
	if (input && pipe2(in, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return -1;
	}
	pid = fork();
	if (!pid)
		become(argv, in[0], out[1]);
	close(out[1]);
	if (input) {
		close(in[0]);
		/*
		 * Less than a pipe holds; a program that ends without reading it is not an error
		 * here.
		 */
		dprintf(in[1], "%s", input);
	}
	if (pid > 0)
		ended = take_output(out[0], output);
	/* Not before: QEMU drops the commands that it has not come to when its stdin ends. */
	if (input)
		close(in[1]);
	close(out[0]);
	if (pid < 0)
		return -1;
	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

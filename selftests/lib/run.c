// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a program and take its standard output, or talk to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

static char *read_all(int fd)
{
	size_t length = 0, room = 4096;
	char *text = malloc(room), *more;
	ssize_t got;

	while (text && (got = read(fd, text + length, room - length - 1)) > 0) {
		length += got;
		if (room - length > 1)
			continue;
		room *= 2;
		more = realloc(text, room);
		if (!more)
			free(text);
		text = more;
	}
	if (text)
		text[length] = '\0';
	return text;
}

/* @in and @out: what becomes of the standard files; -1: nothing. */
static pid_t start(const char *const argv[], int in, int out)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

char *run_output(const char *const argv[], int *status)
{
	int fds[2], raw = 0;
	char *text;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	pid = start(argv, -1, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return NULL;
	}
	text = read_all(fds[0]);
	close(fds[0]);
	while (waitpid(pid, &raw, 0) < 0 && errno == EINTR)
		;
	*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return text;
}

bool run_talk(const char *const argv[], FILE **to, FILE **from)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC))
		return false;
	if (pipe2(out, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	pid = start(argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	*to = fdopen(in[1], "w");
	*from = fdopen(out[0], "r");
	return pid > 0 && *to && *from;
}

struct json_object *run_json(const char *const argv[])
{
	struct json_object *json = NULL;
	int status = 0;
	char *text = run_output(argv, &status);

	if (text && !status)
		json = json_tokener_parse(text);
	if (!json)
		printf("# %s %s: exit status %d, and no JSON: %s\n", argv[0],
		       argv[1] ? argv[1] : "", status, text ? text : "no output");
	free(text);
	return json;
}

const char *run_sevadm(void)
{
	const char *path = getenv("SEVADM");

	return path && *path ? path : "sevadm";
}

char *run_helper(const char *name)
{
	char self[PATH_MAX], *path;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return NULL;
	self[length] = '\0';
	if (asprintf(&path, "%s/%s", dirname(self), name) < 0)
		return NULL;
	return path;
}

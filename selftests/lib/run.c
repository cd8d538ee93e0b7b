// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a program and take its standard output.
 */
#include <errno.h>
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

char *run_output(const char *const argv[], int *status)
{
	int fds[2], raw;
	char *text;
	pid_t pid;

	if (pipe(fds))
		return NULL;
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return NULL;
	}
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[0], (char *const *)argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(fds[1]);
	text = read_all(fds[0]);
	close(fds[0]);
	while (waitpid(pid, &raw, 0) < 0 && errno == EINTR)
		;
	*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return text;
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

// SPDX-License-Identifier: GPL-2.0-only
/* A program of the user's that is started for events: never waited for, and not too often. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "monitor_exec.h"

/* More keys than an event has, and the two that are added. */
#define VALUES_MAX 40

#define SECOND_NS 1000000000ULL

/**
 * struct environment - the caller's, with what is known of the event before it
 * @values: those of the event, which are ours, then the caller's; ends with NULL
 */
struct environment {
	char **values;
	size_t nr, own;
};

char *exec_variable(const char *key, const char *value)
{
	char *text, *c;

	if (asprintf(&text, "SEVADM_%s=%s", key, value) < 0)
		return NULL;
	for (c = text; *c != '='; c++)
		*c = toupper((unsigned char)*c);
	return text;
}

static void add(struct environment *env, const char *key, const char *value)
{
	char *text = env->nr < VALUES_MAX ? exec_variable(key, value) : NULL;

	if (!text)
		return;
	env->values[env->nr++] = text;
	env->own = env->nr;
}

static void drop(struct environment *env)
{
	while (env->own)
		free(env->values[--env->own]);
	free(env->values);
}

/* false: no memory. What is left of an earlier event is not handed on. */
static bool fill(struct environment *env, const struct exec *exec, struct json_object *row)
{
	char skipped[32];
	char **other;
	size_t nr = 0;

	for (other = environ; *other; other++)
		nr++;
	*env = (struct environment) { .values = calloc(VALUES_MAX + nr + 1, sizeof(*env->values)) };
	if (!env->values)
		return false;
	json_object_object_foreach(row, key, value)
		if (value)
			add(env, key, json_object_get_string(value));
	add(env, "json", json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN |
							JSON_C_TO_STRING_NOSLASHESCAPE));
	snprintf(skipped, sizeof(skipped), "%llu", (unsigned long long)exec->skipped);
	add(env, "skipped", skipped);
	for (other = environ; *other; other++)
		if (strncmp(*other, "SEVADM_", strlen("SEVADM_")))
			env->values[env->nr++] = *other;
	return true;
}

static int start(struct exec *exec, struct environment *env)
{
	char *const argv[] = { (char *)exec->program, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, pipe;
	pid_t pid;
	int error;

	/*
	 * The caller waits for signals by a file, and ignores SIGPIPE: its program has them as
	 * usual.
	 */
	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &pipe);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	error = posix_spawnp(&pid, exec->program, &files, &attributes, argv, env->values);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (error)
		return fail(EXIT_USAGE, "cannot start %s: %s", exec->program, strerror(error));
	exec->running[exec->nr++] = pid;
	exec->skipped = 0;
	return EXIT_OK;
}

void exec_reap(struct exec *exec)
{
	unsigned int i;

	for (i = exec->nr; i > 0; i--)
		if (waitpid(exec->running[i - 1], NULL, WNOHANG))
			exec->running[i - 1] = exec->running[--exec->nr];
}

int exec_event(struct exec *exec, struct json_object *row, uint64_t now_ns)
{
	struct environment env;
	int ret;

	if (!exec->program)
		return EXIT_OK;
	exec_reap(exec);
	if (exec->second != now_ns / SECOND_NS) {
		exec->second = now_ns / SECOND_NS;
		exec->started = 0;
	}
	if (exec->nr == EXEC_RUNNING || exec->started == EXEC_RATE) {
		exec->skipped++;
		return EXIT_OK;
	}
	if (!fill(&env, exec, row))
		return fail(EXIT_REFUSED, "out of memory");
	exec->started++;
	ret = start(exec, &env);
	drop(&env);
	return ret;
}

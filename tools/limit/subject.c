// SPDX-License-Identifier: GPL-2.0-only
/* Who a limit is for, as people write it: the host, a user, a cgroup. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "limit/limit.h"

const char *const limit_subjects[LIMIT_SUBJECTS + 1] = {
	[LIMIT_HOST] = "host",
	[LIMIT_USER] = "user",
	[LIMIT_CGROUP] = "cgroup",
};

/* A number is a user id even if nobody has it: users of containers often have no name. */
static bool parse_user(const char *name, uint32_t *uid, char *wrong, size_t size)
{
	const struct passwd *entry;
	unsigned long number;
	char *end;

	if (isdigit((unsigned char)*name)) {
		errno = 0;
		number = strtoul(name, &end, 10);
		/* (uid_t)-1 is not a user (setuid(2)). */
		if (!*end && !errno && number < UINT32_MAX) {
			*uid = number;
			return true;
		}
	}
	errno = 0;
	entry = getpwnam(name);
	if (entry) {
		*uid = entry->pw_uid;
		return true;
	}
	snprintf(wrong, size, "there is no user \"%.64s\": a name that getent passwd has, or a number",
		 name);
	return false;
}

/* One spelling for each cgroup: no slash twice, none at the end. */
static bool parse_path(const char *name, char **path, char *wrong, size_t size)
{
	const char *from = name;
	char *to;

	if (*name != '/' || !strncmp(name, "/sys/fs/cgroup/", 15)) {
		snprintf(wrong, size,
			 "\"%.128s\" is not the path of a cgroup: it begins at the root of the hierarchy, as /proc/PID/cgroup has it: /machine.slice",
			 name);
		return false;
	}
	if (strlen(name) >= PATH_MAX) {
		snprintf(wrong, size, "the path of a cgroup has less than %d bytes", PATH_MAX);
		return false;
	}
	*path = to = malloc(strlen(name) + 1);
	if (!to)
		exit(fail(EXIT_REFUSED, "out of memory"));
	while (*from) {
		while (from[0] == '/' && (from[1] == '/' || !from[1]))
			from++;
		if (from[0] == '/' && from[1] == '.' &&
		    (!from[2] || from[2] == '/' ||
		     (from[2] == '.' && (!from[3] || from[3] == '/')))) {
			snprintf(wrong, size,
				 "\"%.128s\" has \".\" or \"..\" in it: write the path without",
				 name);
			free(*path);
			*path = NULL;
			return false;
		}
		if (*from)
			*to++ = *from++;
	}
	if (to == *path)
		*to++ = '/';
	*to = '\0';
	return true;
}

bool limit_subject_parse(const char *kind, const char *name, struct limit_subject *subject,
			 char *wrong, size_t size)
{
	*subject = (struct limit_subject) {};
	while (subject->kind < LIMIT_SUBJECTS && strcmp(kind, limit_subjects[subject->kind]))
		subject->kind++;
	switch (subject->kind) {
	case LIMIT_HOST:
		if (!name)
			return true;
		snprintf(wrong, size, "there is but one host: nothing follows the word \"host\"");
		return false;
	case LIMIT_USER:
		if (name)
			return parse_user(name, &subject->uid, wrong, size);
		snprintf(wrong, size, "which user? user NAME, or user UID");
		return false;
	case LIMIT_CGROUP:
		if (name)
			return parse_path(name, &subject->path, wrong, size);
		snprintf(wrong, size, "which cgroup? cgroup PATH: cgroup /machine.slice");
		return false;
	default:
		snprintf(wrong, size,
			 "there is no subject \"%.64s\": host, user NAME or cgroup PATH", kind);
		return false;
	}
}

void limit_subject_write(const struct limit_subject *subject, char *text, size_t size)
{
	switch (subject->kind) {
	case LIMIT_USER:
		snprintf(text, size, "user %u", subject->uid);
		break;
	case LIMIT_CGROUP:
		snprintf(text, size, "cgroup %s", subject->path);
		break;
	default:
		snprintf(text, size, "host");
		break;
	}
}

int limit_subject_compare(const struct limit_subject *a, const struct limit_subject *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == LIMIT_USER)
		return a->uid < b->uid ? -1 : a->uid > b->uid;
	return a->kind == LIMIT_CGROUP ? strcmp(a->path, b->path) : 0;
}

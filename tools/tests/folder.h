/* SPDX-License-Identifier: GPL-2.0-only */
/* What unit tests put into folders of their own, which stand for a host's. */
#ifndef SEVADM_TEST_FOLDER_H
#define SEVADM_TEST_FOLDER_H

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* Makes a folder; @name ends in XXXXXX, in whose place its own name comes. */
static inline void folder_make(char *name)
{
	if (!mkdtemp(name))
		ksft_exit_fail_msg("cannot make a folder in /tmp\n");
}

/* Writes a file of @text, and the folders above it. */
static inline void folder_put(const char *folder, const char *path, mode_t mode, const char *text)
{
	char name[PATH_MAX], *slash;
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s", folder, path);
	for (slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(name, 0755);
		*slash = '/';
	}
	file = fopen(name, "w");
	if (!file)
		ksft_exit_fail_msg("cannot write %s\n", name);
	fputs(text, file);
	fclose(file);
	chmod(name, mode);
}

static inline void folder_remove(const char *folder)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		ksft_print_msg("%s stays\n", folder);
}

#endif /* SEVADM_TEST_FOLDER_H */

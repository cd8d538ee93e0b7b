// SPDX-License-Identifier: GPL-2.0-only
/* Files that readers see whole or not at all: written beside the old one, then renamed over it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/errors.h"
#include "report/atomic_file.h"

static bool write_all(int fd, const char *text, size_t length, mode_t mode)
{
	ssize_t written;

	while (length) {
		written = write(fd, text, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		text += written;
		length -= written;
	}
	return !fchmod(fd, mode) && !fsync(fd);
}

static int replace(const char *path, const char *text, size_t length, mode_t mode)
{
	char temporary[PATH_MAX];
	int fd = -1, error;

	/* Another end than that of the file: readers of *.prom and the like leave it alone. */
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) < (int)sizeof(temporary))
		fd = mkostemp(temporary, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	if (fd < 0)
		return fail(EXIT_USAGE, "cannot write a file beside %s: %s", path, strerror(errno));
	if (write_all(fd, text, length, mode) && !rename(temporary, path)) {
		close(fd);
		return EXIT_OK;
	}
	error = errno;
	close(fd);
	unlink(temporary);
	return fail(EXIT_USAGE, "cannot write %s: %s", path, strerror(error));
}

int atomic_file_write(const char *path, const char *text, size_t length)
{
	return replace(path, text, length, 0644);
}

int atomic_file_write_private(const char *path, const char *text, size_t length)
{
	return replace(path, text, length, 0600);
}

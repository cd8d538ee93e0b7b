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

bool file_is_special(const char *path)
{
	struct stat info;

	return !stat(path, &info) && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static bool write_all(int fd, const char *text, size_t length)
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
	return true;
}

static int write_special(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), error = 0;

	if (fd < 0 || !write_all(fd, text, length))
		error = errno;
	if (fd >= 0)
		close(fd);
	return error ? fail(EXIT_USAGE, "cannot write %s: %s", path, strerror(error)) : EXIT_OK;
}

static int replace(const char *path, const char *text, size_t length, mode_t mode)
{
	char temporary[PATH_MAX];
	int fd = -1, error;

	if (file_is_special(path))
		return write_special(path, text, length);
	/* Another end than that of the file: readers of *.prom and the like leave it alone. */
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) < (int)sizeof(temporary))
		fd = mkostemp(temporary, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	if (fd < 0)
		return fail(EXIT_USAGE, "cannot write a file beside %s: %s", path, strerror(errno));
	if (write_all(fd, text, length) && !fchmod(fd, mode) && !fsync(fd) &&
	    !rename(temporary, path)) {
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

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

/* A descriptor for what stdout or stderr goes to, if that is @info; -1: it is not. */
static int open_stream(const struct stat *info)
{
	struct stat stream;
	int fd;

	fflush(stdout);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &stream) && stream.st_dev == info->st_dev &&
		    stream.st_ino == info->st_ino)
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return -1;
}

static int open_to_write(const char *path, int flags, int *fd)
{
	*fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags);
	return *fd < 0 ? -errno : 0;
}

int file_target(const char *path, char real[PATH_MAX], int *fd)
{
	struct stat link, info;
	bool is_link = !lstat(path, &link) && S_ISLNK(link.st_mode);
	bool is_there = !stat(path, &info);

	*fd = -1;
	/* A link to nothing: /dev/stdout is one, if stdout is closed. */
	if (is_link && !is_there)
		return -errno;
	if (is_link)
		*fd = open_stream(&info);
	if (*fd >= 0)
		return 0;
	if (is_there && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
		return open_to_write(path, 0, fd);
	/* Another user's link does not choose which file is replaced: it is replaced itself. */
	if (is_link && (!link.st_uid || link.st_uid == geteuid()))
		/* A descriptor's file that has no name any more cannot be replaced. */
		return realpath(path, real) ? 0 : open_to_write(path, O_TRUNC, fd);
	return snprintf(real, PATH_MAX, "%s", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
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

static int replace(const char *path, const char *text, size_t length, mode_t mode)
{
	char temporary[PATH_MAX], real[PATH_MAX];
	int fd, error = -file_target(path, real, &fd);

	if (fd >= 0) {
		error = write_all(fd, text, length) ? 0 : errno;
		close(fd);
		if (!error)
			return EXIT_OK;
	}
	if (error)
		return fail(EXIT_USAGE, "cannot write %s: %s", path, strerror(error));
	/* Another end than that of the file: readers of *.prom and the like leave it alone. */
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", real) < (int)sizeof(temporary))
		fd = mkostemp(temporary, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	if (fd < 0)
		return fail(EXIT_USAGE, "cannot write a file beside %s: %s", path, strerror(errno));
	if (write_all(fd, text, length) && !fchmod(fd, mode) && !fsync(fd) &&
	    !rename(temporary, real)) {
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

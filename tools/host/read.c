// SPDX-License-Identifier: GPL-2.0-only
/* Small files of the host. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/read.h"

void rooted(char path[PATH_MAX], const char *root, const char *format, ...)
{
	size_t length;
	va_list args;

	snprintf(path, PATH_MAX, "%s", root);
	length = strlen(path);
	va_start(args, format);
	vsnprintf(path + length, PATH_MAX - length, format, args);
	va_end(args);
}

int read_small(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t length = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, text + length, size - 1 - length);
		if (got > 0)
			length += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	close(fd);
	if (got < 0)
		return -errno;
	while (length && strchr(" \n\t", text[length - 1]))
		length--;
	text[length] = '\0';
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Small files of the host. */
#include <cpuid.h>
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

bool is_there(const char *root, const char *format, ...)
{
	char path[PATH_MAX], full[PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	rooted(full, root, "%s", path);
	return !access(full, F_OK);
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

bool read_cpuid(const char *root, uint32_t leaf, uint32_t registers[4])
{
	char path[PATH_MAX];
	bool done;
	int fd;

	if (!root[0])
		return __get_cpuid_count(leaf, 0, &registers[EAX], &registers[EBX], &registers[ECX],
					 &registers[EDX]);
	/* The driver's file is read at the leaf. */
	rooted(path, root, "/dev/cpu/0/cpuid");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = pread(fd, registers, 4 * sizeof(*registers), leaf) == 4 * sizeof(*registers);
	close(fd);
	return done;
}

int read_msr(const char *root, uint32_t msr, uint64_t *value)
{
	char path[PATH_MAX];
	int fd, ret;

	rooted(path, root, "/dev/cpu/0/msr");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	errno = 0;
	ret = pread(fd, value, sizeof(*value), msr) == sizeof(*value) ? 0 : errno ? -errno : -EIO;
	close(fd);
	return ret;
}

const char *read_msr_why(uint32_t msr, int error)
{
	static char text[128];

	switch (error) {
	case -ENOENT:
	case -ENXIO:
		return "/dev/cpu/*/msr is not there: modprobe msr";
	case -EACCES:
	case -EPERM:
		return "only root may read /dev/cpu/*/msr";
	default:
		snprintf(text, sizeof(text), "MSR 0x%x: %s", msr, strerror(-error));
		return text;
	}
}

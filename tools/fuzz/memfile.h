/* SPDX-License-Identifier: GPL-2.0-only */
/* An input as a file that has a path, for what opens its files itself. */
#ifndef SEVADM_FUZZ_MEMFILE_H
#define SEVADM_FUZZ_MEMFILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its descriptor, to be closed; its path in @path. */
static inline int memfile(const uint8_t *data, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

#endif /* SEVADM_FUZZ_MEMFILE_H */

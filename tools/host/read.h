/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of the host, below the folder that stands for / in tests. */
#ifndef SEVADM_HOST_READ_H
#define SEVADM_HOST_READ_H

#include <limits.h>
#include <stddef.h>

/** rooted() - @format as a path under @root; cut off when it is too long for any file */
void rooted(char path[PATH_MAX], const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** read_small() - read the beginning of a file without trailing blanks; 0 or a negative errno */
int read_small(const char *path, char *text, size_t size);

#endif

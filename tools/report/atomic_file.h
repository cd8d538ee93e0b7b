/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that readers see whole or not at all. */
#ifndef SEVADM_ATOMIC_FILE_H
#define SEVADM_ATOMIC_FILE_H

#include <stddef.h>

/* Replace @path by @text, readable for all. Returns an exit code, and reports what is wrong. */
int atomic_file_write(const char *path, const char *text, size_t length);

/* The same, readable for the caller alone. */
int atomic_file_write_private(const char *path, const char *text, size_t length);

#endif

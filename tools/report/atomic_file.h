/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that readers see whole or not at all. */
#ifndef SEVADM_ATOMIC_FILE_H
#define SEVADM_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Replace @path by @text, readable for all. Returns an exit code, and reports what is wrong. */
int atomic_file_write(const char *path, const char *text, size_t length);

/* The same, readable for the caller alone. */
int atomic_file_write_private(const char *path, const char *text, size_t length);

/**
 * file_is_special() - return true if @path is a device, a pipe or a socket
 *
 * Such a file is written to. Replacing it would take /dev/null from everybody.
 */
bool file_is_special(const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that readers see whole or not at all. */
#ifndef SEVADM_ATOMIC_FILE_H
#define SEVADM_ATOMIC_FILE_H

#include <limits.h>
#include <stddef.h>

/* Replace @path by @text, readable for all. Returns an exit code, and reports what is wrong. */
int atomic_file_write(const char *path, const char *text, size_t length);

/* The same, readable for the caller alone. */
int atomic_file_write_private(const char *path, const char *text, size_t length);

/**
 * file_target() - find what is to be written where @path is
 * @real: gets the file to replace: @path, or what it is a link to
 * @fd: gets a descriptor to write to, and to close; -1: @real is to be replaced
 *
 * A device, a pipe or a socket is written to: replacing it would take /dev/null from everybody. So
 * is a link to what stdout or stderr goes to, such as /dev/stdout.
 *
 * Return: 0, or a negative error.
 */
int file_target(const char *path, char real[PATH_MAX], int *fd);

#endif

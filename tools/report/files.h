/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files a check is asked about: paths, globs and folders become a list; each is read with care.
 */
#ifndef SEVADM_REPORT_FILES_H
#define SEVADM_REPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Nobody's VM is as large: libvirt's monitor takes 4 MiB of XML, Kubernetes' API 3 MiB of YAML. The
 * bound is what keeps memory and time small whatever the input is.
 */
#define FILE_MAX_BYTES	(4UL << 20)

/**
 * struct file_name - one file to check
 * @path: where it is; "-": stdin
 * @found: it was found in a folder: what is no domain or VM there is left out
 */
struct file_name {
	char *path;
	bool found;
};

struct file_list {
	struct file_name *names;
	size_t nr;
};

/**
 * file_list_add() - add a file, what a glob matches, or what a folder and those below it hold
 * @endings: of the names that count in folders, NULL at the end
 *
 * Return: an exit code, and reports what is wrong.
 */
int file_list_add(struct file_list *list, const char *argument, const char *const *endings);
void file_list_free(struct file_list *list);

/**
 * file_read() - read the bytes of a file, with a zero after them
 * @why: set to the reason of a failure, which lasts until the next call
 *
 * Return: allocated bytes, NULL: it cannot be read, is not a regular file or has over
 * FILE_MAX_BYTES.
 */
char *file_read(const char *path, size_t *size, const char **why);

/**
 * file_write() - replace a file at once, or not at all; "-" is stdout
 *
 * Return: 0, or -errno.
 */
int file_write(const char *path, const char *bytes, size_t size);

/**
 * file_write_fixed() - write the corrected copy of @path to @output, NULL: beside it; an exit code
 */
int file_write_fixed(const char *path, const char *output, const char *bytes, size_t size);

#endif

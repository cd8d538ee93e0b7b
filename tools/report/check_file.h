/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is judged as one target. */
#ifndef SEVADM_REPORT_CHECK_FILE_H
#define SEVADM_REPORT_CHECK_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "report/files.h"
#include "report/findings.h"

/**
 * report_check_file() - read a file, and judge it as the target that was added last
 * @report: @report->what is named where there is none of it in the file
 * @name: the file; one that was found in a folder loses its target if nothing in it is judged
 * @judge: add findings about @bytes, which it may change; return false if nothing in them is judged
 * @context: passed to @judge
 */
void report_check_file(struct report *report, const struct file_name *name,
		       bool (*judge)(const void *context, struct target *target, char *bytes,
				     size_t size),
		       const void *context);

#endif

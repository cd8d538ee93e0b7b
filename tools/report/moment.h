/* SPDX-License-Identifier: GPL-2.0-only */
/* When a line of a log was written. */
#ifndef SEVADM_REPORT_MOMENT_H
#define SEVADM_REPORT_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct moment - a time since 1970
 * @from_ns: the first nanosecond that it may have been
 * @to_ns: the last one
 */
struct moment {
	int64_t from_ns, to_ns;
};

/**
 * moment_take() - take a time that text begins with: 2026-11-27T07:40:01.123456Z
 * @text: also with a space for the T; without a zone the time is this machine's
 *
 * Return: what comes after the time, but for its zone; NULL: @text does not begin with one.
 */
const char *moment_take(const char *text, struct moment *moment);

/**
 * moment_find() - find when a line was written
 * @line: of a journal, syslog, QEMU, libvirt or a container
 * @now_ns: since 1970: of which year a line without one is
 *
 * Return: false if the line does not say.
 */
bool moment_find(const char *line, int64_t now_ns, struct moment *moment);

/** moment_of_boot() - return when this boot began, by CLOCK_BOOTTIME, in ns since 1970 */
int64_t moment_of_boot(void);

#endif

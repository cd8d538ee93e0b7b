/* SPDX-License-Identifier: GPL-2.0-only */
/* How sevadm fails: its exit codes, and one message that names the object and the remedy. */
#ifndef SEVADM_ERRORS_H
#define SEVADM_ERRORS_H

/**
 * enum exit_code - what sevadm exits with
 * @EXIT_OK: done
 * @EXIT_REFUSED: the kernel refused, or there is no such thing
 * @EXIT_USAGE: wrong usage, or input that cannot be read
 * @EXIT_ABSENT: the module is not loaded
 */
enum exit_code {
	EXIT_OK,
	EXIT_REFUSED,
	EXIT_USAGE,
	EXIT_ABSENT,
};

/*
 * Prints a line on stderr. Names of files, and what other users have written, are in it: none of
 * them controls the terminal.
 */
void error_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says why on stderr, with --json also on stdout; returns @code. */
int fail(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The one message for everything that needs the module. */
int fail_absent(void);

#endif

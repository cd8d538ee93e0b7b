/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of host_facts_gather(): each finds out one kind of facts. */
#ifndef SEVADM_HOST_GATHER_H
#define SEVADM_HOST_GATHER_H

#include <limits.h>
#include <stddef.h>

#include "check/host_facts.h"

/** rooted() - @format as a path under @root; cut off when it is too long for any file */
void rooted(char path[PATH_MAX], const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** read_small() - the beginning of a file without trailing blanks; 0 or a negative errno */
int read_small(const char *path, char *text, size_t size);

void gather_cpu(const char *root, struct host_facts *facts);
void gather_modules(const char *root, struct host_facts *facts);
void gather_devices(const char *root, struct host_facts *facts);
void gather_misc(const char *root, struct host_facts *facts);
void gather_limits(const char *root, struct host_facts *facts);
void gather_programs(const char *root, struct host_facts *facts);

/**
 * run_program() - what a program prints
 * @argv: the program, looked for in PATH, and its arguments
 * @input: written to its stdin, or NULL
 * @output: gets its stdout, NUL-terminated; the caller frees it
 *
 * Its stderr is dropped. It is killed when it takes longer than any that is well.
 *
 * Return: its exit status; -1: it could not be run, or did not end in time.
 */
int run_program(char *const argv[], const char *input, char **output);

#endif

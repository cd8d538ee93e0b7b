/* SPDX-License-Identifier: GPL-2.0-only */
/* Other programs, asked for what they print. */
#ifndef SEVADM_RUN_PROGRAM_H
#define SEVADM_RUN_PROGRAM_H

/**
 * run_program() - return what a program prints
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run a program and take its standard output, or talk to it.
 */
#ifndef SEVADM_RUN_H
#define SEVADM_RUN_H

#include <stdbool.h>
#include <stdio.h>

#include <json-c/json.h>

/*
 * The output of argv[0], NUL-terminated, to be freed; NULL: it could not be run. *@status is its
 * exit status, 128 + N when signal N ended it. Standard error goes where the test's own goes.
 */
char *run_output(const char *const argv[], int *status);

/* The JSON that @argv prints; NULL, with a KTAP diagnostic, when it fails or prints none. */
struct json_object *run_json(const char *const argv[]);

/* Start @argv, to be talked to through two pipes. False: it could not be started. */
bool run_talk(const char *const argv[], FILE **to, FILE **from);

/* "sevadm", or what SEVADM in the environment says. */
const char *run_sevadm(void);
/* The helper called @name, which lies beside the test. To be freed. */
char *run_helper(const char *name);

#endif /* SEVADM_RUN_H */

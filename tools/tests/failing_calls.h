/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the C library that fail when a test says so: its stand-ins ask fails(). */
#ifndef SEVADM_TEST_FAILING_CALLS_H
#define SEVADM_TEST_FAILING_CALLS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The call that fails next, with @error, after so many that do not; NULL: none. */
static struct {
	const char *call;
	int error;
	unsigned int after;
} fault;

static inline bool fails(const char *call)
{
	if (!fault.call || strcmp(fault.call, call) || fault.after--)
		return false;
	fault.call = NULL;
	errno = fault.error;
	return true;
}

#endif /* SEVADM_TEST_FAILING_CALLS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What else may be attached to the functions that sevadm interposes on: programs of BPF, probes and
 * tracers. Each counts the calls that it sees.
 */
#ifndef SEVADM_BESIDE_H
#define SEVADM_BESIDE_H

#include <stdbool.h>
#include <stddef.h>

#define BESIDE_FUNCTIONS_MAX	32

struct beside_function {
	const char *module, *name;
};

/* The functions to attach to; they stay the caller's. False: too many. */
bool beside_functions(const struct beside_function *functions, size_t nr);

struct beside {
	const char *name;
	/* All functions at once. False: printed as a KTAP diagnostic. */
	bool (*start)(void);
	/* Calls of each function since it was started. */
	bool (*calls)(unsigned long long *calls);
	void (*stop)(void);
};

/* Ended by NULL. */
extern const struct beside *const beside_all[];

/* Return true if the kernel lets a program of BPF change what a function returns: ask for it. */
bool beside_may_modify(size_t function);

#endif /* SEVADM_BESIDE_H */

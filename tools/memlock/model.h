/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of locked memory: three ceilings that a SEV guest can meet, and what counts against
 * each. How the figures were found, and how to find them again: Documentation/locked-memory.md.
 */
#ifndef SEVADM_MEMLOCK_MODEL_H
#define SEVADM_MEMLOCK_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "memlock/host.h"
#include "memlock/shape.h"

/**
 * enum ceiling - what can refuse or kill a SEV guest
 * @CEILING_PINNED: RLIMIT_MEMLOCK against what KVM pins
 * @CEILING_CHARGED: memory.max of its cgroup against all that is charged to it
 * @CEILING_MAPPED: RLIMIT_MEMLOCK against QEMU's whole address space, by mlockall(), with <locked/>
 */
enum ceiling {
	CEILING_PINNED,
	CEILING_CHARGED,
	CEILING_MAPPED,
	CEILING_NR,
};

/**
 * struct memlock_term - something that takes memory: a row of memlock_terms[]
 * @name: its name in the output
 * @ceilings: bits of enum ceiling that it counts against
 * @bytes: how much it is for a VM
 * @source: who says so
 */
struct memlock_term {
	const char *name;
	unsigned int ceilings;
	uint64_t (*bytes)(const struct vm_shape *shape);
	const char *source;
};

/* The table, which ends with a row without a name. */
extern const struct memlock_term memlock_terms[];

/** enum memlock_outcome - what becomes of the VM, of which nothing is foretold if not encrypted */
enum memlock_outcome {
	OUTCOME_STARTS,
	OUTCOME_REFUSED_BY_RLIMIT,
	OUTCOME_KILLED_BY_CGROUP,
	OUTCOME_MLOCKALL_FAILS,
	OUTCOME_NOT_ENCRYPTED,
};

extern const char *const memlock_outcome_names[];

/**
 * struct memlock_forecast - how a VM fares with its limits
 * @need: what counts against each ceiling, in bytes
 * @limit: what each ceiling is at; MEMLOCK_UNLIMITED: it is not there
 * @setter: who sets it, for each
 * @outcome: what becomes of it
 * @ceiling: the one it meets, or, if it starts, comes closest to
 * @while_running: it starts, and dies as its guest comes to use its memory
 */
struct memlock_forecast {
	uint64_t need[CEILING_NR];
	uint64_t limit[CEILING_NR];
	const char *setter[CEILING_NR];
	enum memlock_outcome outcome;
	enum ceiling ceiling;
	bool while_running;
};

/** memlock_need() - return the sum of all that counts against a ceiling */
uint64_t memlock_need(const struct vm_shape *shape, enum ceiling ceiling);

/** memlock_forecast() - how libvirt's QEMU fares */
void memlock_forecast(const struct vm_shape *shape, const struct memlock_host *host,
		      struct memlock_forecast *forecast);

/** memlock_recommend() - return the smallest <hard_limit> that is safe: whole MiB */
uint64_t memlock_recommend(const struct vm_shape *shape);

#endif

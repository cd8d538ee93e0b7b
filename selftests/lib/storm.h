/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storm: many processes that lead random lives of SEV VMs at once, and can be made to hold still.
 */
#ifndef SEVADM_STORM_H
#define SEVADM_STORM_H

#include <stdbool.h>
#include <stddef.h>

#define STORM_ACTIONS_MAX 32

struct storm_counts {
	const char *action;
	unsigned long tried, done;
};

/* False: it could not be started. @seed makes each process's choices. */
bool storm_start(unsigned int processes, unsigned long seed);
/* Replaces the processes that have killed themselves; to be called every now and then. */
void storm_tend(void);
/* Returns when every process stands still, between two calls of the kernel. */
void storm_pause(void);
void storm_resume(void);
/* While they stand still: every process closes the VMs it has, those of others too. */
void storm_drop_vms(void);
/* All processes close their VMs and end. */
void storm_stop(void);

/*
 * What went wrong so far: a VM that was gone, a process that died of itself. Printed as
 * diagnostics.
 */
unsigned long storm_failures(void);
/* Row @index of what was tried and what was done; false behind the last one. */
bool storm_count(size_t index, struct storm_counts *counts);

#endif /* SEVADM_STORM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of one process of a storm.
 */
#ifndef SEVADM_STORM_LIFE_H
#define SEVADM_STORM_LIFE_H

#include <stdatomic.h>
#include <stdint.h>

#include "storm.h"

/* In memory that all processes of the storm share. */
struct storm_shared {
	atomic_uint pause, paused, stop, generation, dropped;
	atomic_ulong failures;
	atomic_ulong tried[STORM_ACTIONS_MAX], done[STORM_ACTIONS_MAX];
};

struct storm_life {
	struct storm_shared *shared;
	unsigned int index;
	uint64_t random;	/* state of its random numbers */
	int mailbox;		/* where descriptors of the other processes come in */
	int neighbour;		/* where its own go */
};

__attribute__((noreturn))
void storm_live(struct storm_life *life);
/* NULL: no such action. */
const char *storm_action_name(size_t index);

#endif /* SEVADM_STORM_LIFE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random and mutated requests to both interfaces of sevadm. Which ones, the state of the random
 * numbers decides alone.
 */
#ifndef SEVADM_FUZZ_H
#define SEVADM_FUZZ_H

#include <stdbool.h>
#include <stdint.h>

#include "genl.h"

struct fuzz {
	uint64_t random;
	struct genl genl;	/* fd -1: no messages */
	int device;		/* -1: no ioctls */
	uint64_t ids[2];	/* of a cgroup and of a user that are there, to hit something */
	/* How requests ended. */
	unsigned long done, refused, silent;
};

/* One request. */
void fuzz_message(struct fuzz *fuzz);
void fuzz_device(struct fuzz *fuzz);

#endif /* SEVADM_FUZZ_H */

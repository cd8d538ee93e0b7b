/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that changes something back and forth, as fast as that goes, while another is in the
 * kernel: a page that can be read or not, a descriptor that is the one file or the other.
 */
#ifndef SEVADM_FLIPPER_H
#define SEVADM_FLIPPER_H

#include <pthread.h>
#include <stdatomic.h>

struct flipper {
	pthread_t thread;
	atomic_bool stop;
	atomic_ulong flips;
	void *memory;		/* a page that comes and goes; NULL: */
	int files[2], fd;	/* a descriptor that is the one file, then the other */
};

/* Returns when the first change is made. */
void flipper_start(struct flipper *f);
/*
 * Returns when there were more changes than @flips: what failed as it came between the same two
 * changes fails again before. On a busy machine the thread may rest for long.
 */
void flipper_wait(struct flipper *f, unsigned long flips);
/* The page or the descriptor stays as the last change left it. */
void flipper_stop(struct flipper *f);

#endif /* SEVADM_FLIPPER_H */

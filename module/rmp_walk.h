/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting the RMP: once at the start, and whenever the firmware has written it as a whole. */
#ifndef SEVADM_RMP_WALK_H
#define SEVADM_RMP_WALK_H

#include <linux/percpu-rwsem.h>

/* Held for reading while one entry changes, for writing while entries are counted. */
extern struct percpu_rw_semaphore sevadm_rmp_lock;

void sevadm_rmp_count(void);
void sevadm_rmp_settle(void);
void sevadm_rmp_uninit(void);

#endif /* SEVADM_RMP_WALK_H */

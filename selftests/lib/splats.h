/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no healthy kernel writes into its log, found by the test itself: on a host of somebody else
 * nobody looks behind it.
 */
#ifndef SEVADM_SPLATS_H
#define SEVADM_SPLATS_H

/* From now on. Negative: the log cannot be read. */
int splats_open(void);
/* How many lines of splats were written since, each printed as a diagnostic; @fd is closed. */
unsigned int splats_count(int fd);

#endif /* SEVADM_SPLATS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of sevadm's event stream: open files of /dev/sevadm, each with a cursor of its own.
 * Without the device the test ends, failed.
 */
#ifndef SEVADM_EVENTS_H
#define SEVADM_EVENTS_H

#include <stddef.h>

#include <linux/sevadm.h>

/*
 * A reader that does not wait, behind the newest event; the number of the event that it reads next
 * is in @seq (may be NULL).
 */
int events_open(__u64 *seq);
/* The number that the next event will have. */
__u64 events_next(void);
/* Whole records that are there now, at most @max; 0: none are. -1 and errno. */
int events_read(int fd, struct sevadm_event *events, size_t max);

#endif /* SEVADM_EVENTS_H */

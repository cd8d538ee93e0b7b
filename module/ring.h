/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of events: fixed memory; the newest events replace the oldest, but no user's replace all
 * those of others; every reader has its own cursor.
 */
#ifndef SEVADM_RING_H
#define SEVADM_RING_H

#include <linux/types.h>

#include <uapi/linux/sevadm.h>

struct sevadm_filter;

/**
 * enum sevadm_ring_look - what a look into the ring found
 * @SEVADM_RING_END: no event that is wanted
 * @SEVADM_RING_FOUND: an event that is wanted, or a gap: some were lost
 * @SEVADM_RING_MORE: no event that is wanted so far: look again
 */
enum sevadm_ring_look {
	SEVADM_RING_END,
	SEVADM_RING_FOUND,
	SEVADM_RING_MORE,
};

void sevadm_ring_append(struct sevadm_event *event);
void sevadm_ring_add(struct sevadm_event *event);
enum sevadm_ring_look sevadm_ring_look(u64 *cursor, const struct sevadm_filter *filter,
				       struct sevadm_event *event);
u64 sevadm_ring_oldest(void);
u64 sevadm_ring_next(void);
u32 sevadm_ring_size(void);

int sevadm_ring_init(void);
void sevadm_ring_uninit(void);

#endif /* SEVADM_RING_H */

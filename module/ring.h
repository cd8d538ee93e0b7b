/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of events: fixed memory, the newest events win, every reader has its own cursor. */
#ifndef SEVADM_RING_H
#define SEVADM_RING_H

#include <linux/types.h>
#include <linux/wait.h>

#include <uapi/linux/sevadm.h>

extern struct wait_queue_head sevadm_ring_wait;

void sevadm_event_prepare(struct sevadm_event *event, u32 type);
void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm);
void sevadm_ring_push(struct sevadm_event *event);
bool sevadm_ring_read(u64 *cursor, struct sevadm_event *event);
bool sevadm_ring_pending(u64 cursor);
u64 sevadm_ring_oldest(void);
u64 sevadm_ring_next(void);
u32 sevadm_ring_size(void);

int sevadm_ring_init(void);
void sevadm_ring_uninit(void);

#endif /* SEVADM_RING_H */

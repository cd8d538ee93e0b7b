/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of events: fixed memory, the newest events win, every reader has its own cursor. */
#ifndef SEVADM_RING_H
#define SEVADM_RING_H

#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/types.h>

#include <uapi/linux/sevadm.h>

struct sevadm_filter;

/**
 * enum sevadm_ring_look - what a look into the ring found
 * @SEVADM_RING_END: nothing that is wanted
 * @SEVADM_RING_FOUND: an event that is wanted, or that some were lost
 * @SEVADM_RING_MORE: nothing that is wanted so far: look again
 */
enum sevadm_ring_look {
	SEVADM_RING_END,
	SEVADM_RING_FOUND,
	SEVADM_RING_MORE,
};

/**
 * sevadm_event_prepare() - an empty event of this moment and the current task
 * @event: cleared and filled in
 * @type: enum sevadm_event_type
 *
 * Context: process context.
 */
static __always_inline void sevadm_event_prepare(struct sevadm_event *event, u32 type)
{
	*event = (struct sevadm_event) {
		.size = sizeof(*event),
		.type = type,
		.time_ns = ktime_get_boottime_ns(),
		.pid = task_tgid_nr(current),
		.tid = task_pid_nr(current),
	};
	/* As get_task_comm() since 6.13: without the lock it may show a name that is just changing. */
	memcpy(event->comm, current->comm, sizeof(event->comm) - 1);
}

void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm);
void sevadm_ring_push(struct sevadm_event *event);
enum sevadm_ring_look sevadm_ring_look(u64 *cursor, const struct sevadm_filter *filter,
				       struct sevadm_event *event);
u64 sevadm_ring_oldest(void);
u64 sevadm_ring_next(void);
u32 sevadm_ring_size(void);

int sevadm_ring_init(void);
void sevadm_ring_uninit(void);

#endif /* SEVADM_RING_H */

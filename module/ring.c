// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of events. A slot holds one event, event number N lies in slot N modulo size. Writers
 * never wait for readers: the oldest event is overwritten, and a reader that came too late is told
 * how many it missed.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/ktime.h>
#include <linux/vmalloc.h>

#include "ring.h"
#include "tracepoint.h"

#define RING_EVENTS_MIN	16U
#define RING_EVENTS_MAX	(1U << 20)

static unsigned int ring_events = 16384;
module_param(ring_events, uint, 0444);
MODULE_PARM_DESC(ring_events,
		 "Number of events the ring holds: 16 to 1048576, rounded up to a power of two (default 16384)");

/* Guards the slots and ring_seq. A leaf: nothing else is taken inside of it. */
static DEFINE_SPINLOCK(ring_lock);
static struct sevadm_event *ring;
static u64 ring_seq;			/* number of the newest event; the first is 1 */

DECLARE_WAIT_QUEUE_HEAD(sevadm_ring_wait);

static struct sevadm_event *ring_slot(u64 seq)
{
	return &ring[seq & (ring_events - 1)];
}

static u64 ring_oldest_locked(void)
{
	lockdep_assert_held(&ring_lock);
	return ring_seq > ring_events ? ring_seq - ring_events + 1 : 1;
}

/**
 * sevadm_event_prepare() - an empty event of this moment and the current task
 * @event: cleared and filled in
 * @type: enum sevadm_event_type
 *
 * Context: process context.
 */
void sevadm_event_prepare(struct sevadm_event *event, u32 type)
{
	*event = (struct sevadm_event) {
		.size = sizeof(*event),
		.type = type,
		.time_ns = ktime_get_boottime_ns(),
		.pid = task_tgid_nr(current),
		.tid = task_pid_nr(current),
	};
	get_task_comm(event->comm, current);
}

/**
 * sevadm_ring_push() - number an event, store it and tell its tracepoint
 * @event: its @seq is set
 *
 * Context: process context; does not sleep; constant time.
 */
void sevadm_ring_push(struct sevadm_event *event)
{
	spin_lock(&ring_lock);
	event->seq = ++ring_seq;
	*ring_slot(event->seq) = *event;
	spin_unlock(&ring_lock);

	sevadm_tracepoint(event);
	wake_up_interruptible(&sevadm_ring_wait);
}

/* sevadm_event_asid() - an ASID has changed its state */
void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm)
{
	struct sevadm_event event;

	sevadm_event_prepare(&event, SEVADM_EVENT_ASID);
	event.known = SEVADM_KNOWN_ASID | SEVADM_KNOWN_VM;
	event.pool = pool;
	event.asid = asid;
	event.asid_state = state;
	event.vm = vm;
	sevadm_ring_push(&event);
}

/**
 * sevadm_ring_read() - the event at a cursor, or how many were lost before the oldest one held
 * @cursor: number of the event to read; moved forward
 * @event: filled in
 *
 * Return: whether there was one.
 */
bool sevadm_ring_read(u64 *cursor, struct sevadm_event *event)
{
	u64 oldest;
	bool found = true;

	spin_lock(&ring_lock);
	oldest = ring_oldest_locked();
	if (*cursor < oldest) {
		*event = (struct sevadm_event) {
			.size = sizeof(*event),
			.type = SEVADM_EVENT_LOST,
			.seq = *cursor,
			.time_ns = ring_slot(oldest)->time_ns,
			.count = oldest - *cursor,
		};
		*cursor = oldest;
	} else if (*cursor <= ring_seq) {
		*event = *ring_slot(*cursor);
		(*cursor)++;
	} else {
		found = false;
	}
	spin_unlock(&ring_lock);
	return found;
}

/**
 * sevadm_ring_pending() - whether sevadm_ring_read() would find something
 * @cursor: number of the event to read next
 */
bool sevadm_ring_pending(u64 cursor)
{
	return cursor < sevadm_ring_next();
}

/** sevadm_ring_oldest() - number of the oldest event held, or of the next one if there is none */
u64 sevadm_ring_oldest(void)
{
	u64 oldest;

	spin_lock(&ring_lock);
	oldest = ring_oldest_locked();
	spin_unlock(&ring_lock);
	return oldest;
}

/** sevadm_ring_next() - number that the next event will have */
u64 sevadm_ring_next(void)
{
	u64 next;

	spin_lock(&ring_lock);
	next = ring_seq + 1;
	spin_unlock(&ring_lock);
	return next;
}

/** sevadm_ring_size() - number of events the ring holds at most */
u32 sevadm_ring_size(void)
{
	return ring_events;
}

int sevadm_ring_init(void)
{
	ring_events = roundup_pow_of_two(clamp(ring_events, RING_EVENTS_MIN, RING_EVENTS_MAX));
	ring = vcalloc(ring_events, sizeof(*ring));
	return ring ? 0 : -ENOMEM;
}

void sevadm_ring_uninit(void)
{
	vfree(ring);
}

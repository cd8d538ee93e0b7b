// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of events. A slot holds one event, event number N lies in slot N modulo size. Writers
 * never wait for readers: the oldest event is overwritten, and a reader that came too late is told
 * how many it missed. The size can be changed at any time.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/ktime.h>
#include <linux/vmalloc.h>

#include "filter.h"
#include "reader.h"
#include "ring.h"
#include "tracepoint.h"

#define RING_EVENTS_MIN	16U
#define RING_EVENTS_MAX	(1U << 20)

/* Events looked at, or copied into a ring of another size, before others get at the ring. */
#define RING_LOOK_MAX	32
#define RING_COPY_MAX	128

/* Guards the slots and all about them but for changes of the size, which ring_mutex keeps apart. */
static DEFINE_SPINLOCK(ring_lock);	/* a leaf: nothing else is taken inside of it */
static DEFINE_MUTEX(ring_mutex);
static struct sevadm_event *ring;
static unsigned int ring_events = 16384;
static u64 ring_seq;			/* number of the newest event; the first is 1 */
static u64 ring_first = 1;		/* number of the oldest event held */

static struct sevadm_event *ring_slot(u64 seq)
{
	return &ring[seq & (ring_events - 1)];
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
	if (ring_seq - ring_first == ring_events)
		ring_first++;
	spin_unlock(&ring_lock);

	sevadm_tracepoint(event);
	sevadm_readers_wake(event);
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

static void tell_lost(u64 *cursor, struct sevadm_event *event)
{
	*event = (struct sevadm_event) {
		.size = sizeof(*event),
		.type = SEVADM_EVENT_LOST,
		.seq = *cursor,
		.time_ns = ring_first <= ring_seq ? ring_slot(ring_first)->time_ns : 0,
		.count = ring_first - *cursor,
	};
	*cursor = ring_first;
}

/**
 * sevadm_ring_look() - the first event from a cursor on that a reader wants
 * @cursor: number of the event to look at first; moved behind the one found, or behind what was
 *	looked at in vain
 * @filter: what is wanted; NULL: everything
 * @event: filled in; how many were lost, if some were. NULL: the cursor stays at what is found
 *
 * Context: does not sleep; constant time.
 * Return: enum sevadm_ring_look.
 */
enum sevadm_ring_look sevadm_ring_look(u64 *cursor, const struct sevadm_filter *filter,
				       struct sevadm_event *event)
{
	enum sevadm_ring_look look = SEVADM_RING_FOUND;
	u64 end;

	spin_lock(&ring_lock);
	end = min(ring_seq + 1, *cursor + RING_LOOK_MAX);
	if (*cursor < ring_first) {
		if (event)
			tell_lost(cursor, event);
		goto unlock;
	}
	while (*cursor < end && !sevadm_filter_wants(filter, ring_slot(*cursor)))
		(*cursor)++;
	if (*cursor >= end)
		look = *cursor <= ring_seq ? SEVADM_RING_MORE : SEVADM_RING_END;
	else if (event)
		*event = *ring_slot((*cursor)++);
unlock:
	spin_unlock(&ring_lock);
	return look;
}

/** sevadm_ring_oldest() - number of the oldest event held, or of the next one if there is none */
u64 sevadm_ring_oldest(void)
{
	u64 oldest;

	spin_lock(&ring_lock);
	oldest = ring_first;
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
	return READ_ONCE(ring_events);
}

/* ---- the size ------------------------------------------------------------------------------- */

static unsigned int ring_size_for(unsigned int events)
{
	return roundup_pow_of_two(clamp(events, RING_EVENTS_MIN, RING_EVENTS_MAX));
}

/*
 * Copies the next few events into a ring of another size, and puts that in place of the old one once
 * none is left.
 */
static bool move_some(struct sevadm_event **to, unsigned int size, u64 *next)
{
	bool moved;
	u64 end;

	spin_lock(&ring_lock);
	/* What does not fit, or was overwritten meanwhile, is not copied. */
	*next = max(*next, ring_first);
	if (ring_seq >= size)
		*next = max(*next, ring_seq - size + 1);
	end = min(ring_seq + 1, *next + RING_COPY_MAX);
	for (; *next < end; (*next)++)
		(*to)[*next & (size - 1)] = *ring_slot(*next);
	moved = *next > ring_seq;
	if (moved) {
		swap(ring, *to);
		WRITE_ONCE(ring_events, size);
		if (ring_seq >= size)
			ring_first = max(ring_first, ring_seq - size + 1);
	}
	spin_unlock(&ring_lock);
	return moved;
}

static int ring_resize(unsigned int size)
{
	struct sevadm_event *other;
	u64 next = 0;

	lockdep_assert_held(&ring_mutex);
	if (size == ring_events)
		return 0;
	other = vcalloc(size, sizeof(*other));
	if (!other)
		return -ENOMEM;
	while (!move_some(&other, size, &next)) {
		if (fatal_signal_pending(current)) {
			vfree(other);
			return -EINTR;
		}
		cond_resched();
	}
	vfree(other);
	return 0;
}

/*
 * sysfs may come here before the module is initialised and until it is gone: then the value only
 * waits. Of a module that is being loaded a wrong size is made fit, rather than to refuse it.
 */
static int set_ring_events(const char *text, const struct kernel_param *param)
{
	unsigned int events;
	int ret;

	ret = kstrtouint(text, 0, &events);
	if (ret)
		return ret;
	mutex_lock(&ring_mutex);
	if (!ring)
		ring_events = ring_size_for(events);
	else if (events < RING_EVENTS_MIN || events > RING_EVENTS_MAX)
		ret = -EINVAL;
	else
		ret = ring_resize(ring_size_for(events));
	mutex_unlock(&ring_mutex);
	return ret;
}

static const struct kernel_param_ops ring_events_ops = {
	.set = set_ring_events,
	.get = param_get_uint,
};

module_param_cb(ring_events, &ring_events_ops, &ring_events, 0644);
MODULE_PARM_DESC(ring_events,
		 "Number of events the ring holds: 16 to 1048576, rounded up to a power of two (default 16384)");

int sevadm_ring_init(void)
{
	int ret = 0;

	mutex_lock(&ring_mutex);
	ring = vcalloc(ring_events, sizeof(*ring));
	if (!ring)
		ret = -ENOMEM;
	mutex_unlock(&ring_mutex);
	return ret;
}

void sevadm_ring_uninit(void)
{
	mutex_lock(&ring_mutex);
	vfree(ring);
	ring = NULL;
	mutex_unlock(&ring_mutex);
}

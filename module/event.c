// SPDX-License-Identifier: GPL-2.0-only
/*
 * The funnel of events: an event goes into the ring, to its tracepoint, to the readers that wait
 * for it and, if it is urgent, to the listeners of netlink. Only some equal refusals of one process
 * are emitted one by one; the rest are counted: Documentation/trace.md.
 */
#include <linux/workqueue.h>

#include "event.h"
#include "multicast.h"
#include "reader.h"
#include "record.h"
#include "repeat.h"
#include "ring.h"
#include "tracepoint.h"

/* Return true if ccp gives the security processor up (psp_dead), or a limit was met. */
static bool is_urgent(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_LIMIT ||
	       (event->type == SEVADM_EVENT_PSP && event->ret == -ETIMEDOUT);
}

/* Passes an event that is in the ring to those who want it. */
static __always_inline void pass_on(struct sevadm_event *event)
{
	sevadm_tracepoint(event);
	if (sevadm_readers_are_there())
		sevadm_readers_wake(event);
}

static void emit_to_listeners_too(struct sevadm_event *event)
{
	sevadm_ring_add(event);
	pass_on(event);
	if (is_urgent(event))
		sevadm_nl_multicast(event);
}

static void emit_counted(struct work_struct *work);

static DECLARE_DELAYED_WORK(counted_work, emit_counted);

/* Emits what has been counted; returns true if something still is. */
static bool flush(bool all)
{
	struct sevadm_event event;
	u32 slot = 0;
	bool left;

	while (sevadm_repeat_next(&slot, all, &event, &left))
		emit_to_listeners_too(&event);
	return left;
}

static void emit_counted(struct work_struct *work)
{
	if (flush(false))
		schedule_delayed_work(&counted_work, SEVADM_REPEAT_PERIOD);
}

static noinline void emit_refusal(struct sevadm_event *event)
{
	struct sevadm_event before;

	switch (sevadm_repeat_absorb(event, &before)) {
	case SEVADM_REPEAT_COUNTED:
		if (!delayed_work_pending(&counted_work))
			schedule_delayed_work(&counted_work, SEVADM_REPEAT_PERIOD);
		break;
	case SEVADM_REPEAT_OTHER:
		emit_to_listeners_too(&before);
		fallthrough;
	case SEVADM_REPEAT_NEW:
		emit_to_listeners_too(event);
	}
}

/* Rare, and so kept out of the path that all events take. */
static noinline void emit_rare(struct sevadm_event *event)
{
	if (sevadm_repeat_is_refusal(event))
		emit_refusal(event);
	else
		emit_to_listeners_too(event);
}

static bool is_rare(const struct sevadm_event *event)
{
	return event->ret < 0 || event->type == SEVADM_EVENT_LIMIT;
}

/**
 * sevadm_event_emit() - number an event, store it and pass it to all who want it
 * @event: its @seq is set
 *
 * Context: process context, no spinlock held. May sleep if it is a SEVADM_EVENT_LIMIT, or a
 * firmware command that timed out.
 */
void sevadm_event_emit(struct sevadm_event *event)
{
	if (unlikely(is_rare(event))) {
		emit_rare(event);
		return;
	}
	sevadm_ring_add(event);
	pass_on(event);
}

/**
 * sevadm_event_emit_counted() - count an event in the statistics, and emit it
 * @event: SEVADM_EVENT_PSP, _KVM, _PIN or _UNPIN; its @seq is set
 * @vm: the VM whose statistics it counts in, too; NULL: none
 *
 * Context: as sevadm_event_emit().
 */
void sevadm_event_emit_counted(struct sevadm_event *event, struct sevadm_vm *vm)
{
	bool rare = is_rare(event);

	spin_lock(&sevadm_record_lock);
	sevadm_stats_count(event, vm ? &vm->stats : NULL);
	if (likely(!rare))
		sevadm_ring_append(event);
	spin_unlock(&sevadm_record_lock);
	if (likely(!rare))
		pass_on(event);
	else
		emit_rare(event);
}

/**
 * sevadm_event_asid() - report that an ASID has changed its state
 * @pool: enum sevadm_pool
 * @asid: the ASID
 * @state: enum sevadm_asid_state
 * @vm: id of the VM that has it
 *
 * Context: as sevadm_event_emit().
 */
void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm)
{
	struct sevadm_event event;

	sevadm_event_prepare(&event, SEVADM_EVENT_ASID);
	event.known |= SEVADM_KNOWN_ASID | SEVADM_KNOWN_VM;
	event.pool = pool;
	event.asid = asid;
	event.asid_state = state;
	event.vm = vm;
	sevadm_event_emit(&event);
}

/** sevadm_event_flush() - emit now what has been counted so far; may sleep */
void sevadm_event_flush(void)
{
	flush(true);
}

/** sevadm_event_uninit() - stop: there are no more events */
void sevadm_event_uninit(void)
{
	cancel_delayed_work_sync(&counted_work);
}

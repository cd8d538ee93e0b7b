// SPDX-License-Identifier: GPL-2.0-only
/*
 * The funnel of events: an event that comes out of it is in the ring, is told to its tracepoint, to the
 * readers that wait and, if it is urgent, to the listeners. Equal refusals of one process are told one
 * by one only up to a number: Documentation/trace.md.
 */
#include <linux/workqueue.h>

#include "event.h"
#include "multicast.h"
#include "reader.h"
#include "repeat.h"
#include "ring.h"
#include "tracepoint.h"

/**
 * sevadm_event_user_in_namespace() - find the user to whom what a task in a user namespace does is put down
 * @cred: of the task; its user namespace is not the initial one
 *
 * A user namespace that a user has made holds uids by the thousand that are all that user's: what
 * happens there is put down to its owner. In one that root has made, root has set apart whose is what.
 *
 * Return: a uid of the initial user namespace.
 */
u32 sevadm_event_user_in_namespace(const struct cred *cred)
{
	const struct user_namespace *ns = cred->user_ns;

	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	return from_kuid_munged(&init_user_ns, uid_eq(ns->owner, GLOBAL_ROOT_UID) ? cred->uid :
				ns->owner);
}

/* ccp gives the security processor up (psp_dead), or a limit was met. */
static bool is_urgent(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_LIMIT ||
	       (event->type == SEVADM_EVENT_PSP && event->ret == -ETIMEDOUT);
}

static __always_inline void tell(struct sevadm_event *event)
{
	sevadm_ring_add(event);
	sevadm_tracepoint(event);
	if (sevadm_readers_are_there())
		sevadm_readers_wake(event);
}

static void tell_listeners_too(struct sevadm_event *event)
{
	tell(event);
	if (is_urgent(event))
		sevadm_nl_multicast(event);
}

static void tell_counted(struct work_struct *work);

static DECLARE_DELAYED_WORK(told_work, tell_counted);

/* Tells what has been counted; returns whether something still is. */
static bool flush(bool all)
{
	struct sevadm_event event;
	u32 slot = 0;
	bool left;

	while (sevadm_repeat_next(&slot, all, &event, &left))
		tell_listeners_too(&event);
	return left;
}

static void tell_counted(struct work_struct *work)
{
	if (flush(false))
		schedule_delayed_work(&told_work, SEVADM_REPEAT_PERIOD);
}

static noinline void tell_refusal(struct sevadm_event *event)
{
	struct sevadm_event before;

	switch (sevadm_repeat_absorb(event, &before)) {
	case SEVADM_REPEAT_COUNTED:
		if (!delayed_work_pending(&told_work))
			schedule_delayed_work(&told_work, SEVADM_REPEAT_PERIOD);
		break;
	case SEVADM_REPEAT_OTHER:
		tell_listeners_too(&before);
		fallthrough;
	case SEVADM_REPEAT_NEW:
		tell_listeners_too(event);
	}
}

/* Rare, and so kept out of the way of what all events take. */
static noinline void tell_rare(struct sevadm_event *event)
{
	if (sevadm_repeat_is_refusal(event))
		tell_refusal(event);
	else
		tell_listeners_too(event);
}

/**
 * sevadm_event_tell() - all hear of an event
 * @event: its @seq is set
 *
 * Context: process context, no spinlock held. May sleep if it is a SEVADM_EVENT_LIMIT, or a firmware
 * command that timed out.
 */
void sevadm_event_tell(struct sevadm_event *event)
{
	if (unlikely(event->ret < 0 || event->type == SEVADM_EVENT_LIMIT))
		tell_rare(event);
	else
		tell(event);
}

/* sevadm_event_asid() - an ASID has changed its state */
void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm)
{
	struct sevadm_event event;

	sevadm_event_prepare(&event, SEVADM_EVENT_ASID);
	event.known |= SEVADM_KNOWN_ASID | SEVADM_KNOWN_VM;
	event.pool = pool;
	event.asid = asid;
	event.asid_state = state;
	event.vm = vm;
	sevadm_event_tell(&event);
}

/* sevadm_event_flush() - what has been counted so far is told now; may sleep */
void sevadm_event_flush(void)
{
	flush(true);
}

/* sevadm_event_uninit() - nobody has an event to tell any more */
void sevadm_event_uninit(void)
{
	cancel_delayed_work_sync(&told_work);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the record of an event says: struct sevadm_event of the uapi. */
#ifndef SEVADM_RECORD_H
#define SEVADM_RECORD_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include <uapi/linux/sevadm.h>

/*
 * Guards the ring and the statistics: an event enters both under one lock. A leaf, held for a few
 * instructions.
 */
extern spinlock_t sevadm_record_lock;

/** sevadm_event_failed() - return true if the event is a failure; a query of a length is not */
static inline bool sevadm_event_failed(const struct sevadm_event *event)
{
	if (event->flags & SEVADM_EVENT_LENGTH_QUERY)
		return false;
	return event->ret < 0 || (event->known & SEVADM_KNOWN_FW_ERROR && event->fw_error);
}

/** sevadm_event_calls() - return the number of calls that the event stands for */
static inline u64 sevadm_event_calls(const struct sevadm_event *event)
{
	return event->flags & SEVADM_EVENT_REPEATED ? event->count : 1;
}

#endif /* SEVADM_RECORD_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Equal refusals of one process: reported one by one up to a number, then counted. */
#ifndef SEVADM_REPEAT_H
#define SEVADM_REPEAT_H

#include <linux/jiffies.h>
#include <linux/types.h>

#include <uapi/linux/sevadm.h>

/* How long, in jiffies, equal refusals are counted before their number is reported. */
#define SEVADM_REPEAT_PERIOD	HZ

/**
 * enum sevadm_repeat - what becomes of a refusal
 * @SEVADM_REPEAT_NEW: it is to be reported
 * @SEVADM_REPEAT_COUNTED: it was counted, and is not to be reported
 * @SEVADM_REPEAT_OTHER: it is to be reported, after others that were counted
 */
enum sevadm_repeat {
	SEVADM_REPEAT_NEW,
	SEVADM_REPEAT_COUNTED,
	SEVADM_REPEAT_OTHER,
};

/**
 * sevadm_repeat_is_refusal() - return true if an event is a refusal that cost nothing but the call
 * @event: the event
 *
 * The firmware was not asked, nothing was pinned and no ASID was taken.
 */
static inline bool sevadm_repeat_is_refusal(const struct sevadm_event *event)
{
	return event->ret < 0 && event->type != SEVADM_EVENT_PSP &&
	       !(event->known & SEVADM_KNOWN_FW_ERROR);
}

enum sevadm_repeat sevadm_repeat_absorb(const struct sevadm_event *event,
					struct sevadm_event *before);
bool sevadm_repeat_next(u32 *slot, bool all, struct sevadm_event *event, bool *left);

#endif /* SEVADM_REPEAT_H */

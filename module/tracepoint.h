/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as tracepoints: an event's type is its tracepoint, so a new source of events needs no
 * code.
 */
#ifndef SEVADM_TRACEPOINT_H
#define SEVADM_TRACEPOINT_H

#include "trace.h"

/**
 * sevadm_tracepoint() - pass an event to its type's tracepoint
 * @event: complete, with its number
 */
static __always_inline void sevadm_tracepoint(const struct sevadm_event *event)
{
	switch (event->type) {
	case SEVADM_EVENT_PSP:
		trace_psp_command(event);
		break;
	case SEVADM_EVENT_KVM:
		trace_kvm_command(event);
		break;
	case SEVADM_EVENT_PIN:
		trace_pin(event);
		break;
	case SEVADM_EVENT_UNPIN:
		trace_unpin(event);
		break;
	case SEVADM_EVENT_ASID:
		trace_asid(event);
		break;
	case SEVADM_EVENT_LIMIT:
		trace_limit(event);
		break;
	}
}

#endif /* SEVADM_TRACEPOINT_H */

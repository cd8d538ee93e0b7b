// SPDX-License-Identifier: GPL-2.0-only
/* Limits that were met or passed: an event each. */
#include "event.h"
#include "notify.h"
#include "resource.h"
#include "vm.h"

/**
 * sevadm_notify_hits() - report the limits that one charge met or passed
 * @hits: the limits
 * @vm: the VM that was charged; NULL: it is not in the ledger
 * @ret: 0, or the negative errno with which it is refused
 *
 * Context: process context, no spinlock held; may sleep.
 */
void sevadm_notify_hits(const struct sevadm_limit_hits *hits, const struct sevadm_vm *vm, int ret)
{
	const struct sevadm_limit_hit *hit;
	struct sevadm_event event;

	for (hit = hits->hits; hit < hits->hits + hits->nr; hit++) {
		sevadm_event_prepare(&event, SEVADM_EVENT_LIMIT);
		if (vm) {
			event.vm = vm->id;
			event.known |= SEVADM_KNOWN_VM;
		}
		event.subject = hit->subject;
		event.subject_id = hit->subject_id;
		event.resource = hit->resource;
		event.knob = hit->knob;
		event.usage = sevadm_resource_to_user(hit->resource, hit->usage);
		event.limit = sevadm_resource_to_user(hit->resource, hit->limit);
		event.amount = sevadm_resource_to_user(hit->resource, hit->amount);
		event.ret = hit->knob == SEVADM_KNOB_HIGH ? 0 : ret;
		sevadm_event_emit(&event);
	}
}

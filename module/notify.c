// SPDX-License-Identifier: GPL-2.0-only
/* Telling of limits. */
#include "bitmaps.h"
#include "event.h"
#include "limit.h"
#include "notify.h"
#include "pool.h"
#include "vm.h"

static u64 in_units(u32 resource, u64 amount)
{
	return resource == SEVADM_RESOURCE_PIN && amount != SEVADM_LIMIT_MAX ?
	       amount << PAGE_SHIFT : amount;
}

/**
 * sevadm_notify_hits() - tell of the limits that one charge met or passed
 * @hits: the limits
 * @vm: the VM that was charged
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
		event.vm = vm->id;
		event.known |= SEVADM_KNOWN_VM;
		event.subject = hit->subject;
		event.subject_id = hit->subject_id;
		event.resource = hit->resource;
		event.knob = hit->knob;
		event.usage = in_units(hit->resource, hit->usage);
		event.limit = in_units(hit->resource, hit->limit);
		event.amount = in_units(hit->resource, hit->amount);
		event.ret = hit->knob == SEVADM_KNOB_HIGH ? 0 : ret;
		sevadm_event_tell(&event);
	}
}

/**
 * sevadm_notify_drift() - tell if the misc cgroup believes more ASIDs to be used than before
 * @vm: the VM that has just moved or ended
 *
 * Context: process context, no spinlock held; may sleep.
 */
void sevadm_notify_drift(const struct sevadm_vm *vm)
{
	static u64 told[SEVADM_POOL_NR];
	struct sevadm_limit_hits hits = {};
	u64 charged, used, drift;
	u32 pool;

	sevadm_bitmaps_read();
	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		spin_lock(&sevadm_ledger_lock);
		/*
		 * An ASID counts here before KVM charges it, and until after KVM has uncharged it:
		 * both are read at one moment of the ledger.
		 */
		charged = sevadm_pool_charged(pool);
		used = sevadm_limit_used_locked(pool);
		drift = charged > used ? charged - used : 0;
		if (drift > told[pool])
			hits.hits[hits.nr++] = (struct sevadm_limit_hit) {
				.subject = SEVADM_SUBJECT_HOST,
				.resource = sevadm_resource_of_pool(pool),
				.knob = SEVADM_KNOB_DRIFT,
				.usage = used,
				.limit = charged,
				.amount = drift,
			};
		told[pool] = drift;
		spin_unlock(&sevadm_ledger_lock);
	}
	sevadm_notify_hits(&hits, vm, 0);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Drift: ASIDs that the misc cgroup believes to be used, and that nothing uses. */
#include <linux/spinlock.h>

#include "bitmaps.h"
#include "drift.h"
#include "notify.h"
#include "pool.h"
#include "resource.h"
#include "vm.h"

/**
 * sevadm_drift_report() - report if the misc cgroup believes more ASIDs to be used than before
 * @vm: the VM that has just moved or ended; NULL: it moved before the ledger was complete
 *
 * Context: process context, no spinlock held; may sleep.
 */
void sevadm_drift_report(const struct sevadm_vm *vm)
{
	static u64 last_reported[SEVADM_POOL_NR];
	struct sevadm_limit_hits hits = {};
	u64 charged, used, drift;
	u32 pool;

	sevadm_bitmaps_sync();
	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		spin_lock(&sevadm_ledger_lock);
		/*
		 * An ASID counts here before KVM charges it, and until after KVM has uncharged it:
		 * both are read at one moment of the ledger.
		 */
		charged = sevadm_pool_misc_usage_locked(pool);
		used = sevadm_pool_used_locked(pool);
		drift = charged > used ? charged - used : 0;
		if (drift > last_reported[pool])
			hits.hits[hits.nr++] = (struct sevadm_limit_hit) {
				.subject = SEVADM_SUBJECT_HOST,
				.resource = sevadm_resource_of_pool(pool),
				.knob = SEVADM_KNOB_DRIFT,
				.usage = used,
				.limit = charged,
				.amount = drift,
			};
		last_reported[pool] = drift;
		spin_unlock(&sevadm_ledger_lock);
	}
	sevadm_notify_hits(&hits, vm, 0);
}

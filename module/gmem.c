// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a SEV-SNP guest is charged for private memory: the memslots that are bound to guest_memfd,
 * and of those that were, as many pages as are still private. So the RMP never has more for the
 * guest than it is charged, but for the one page of each vCPU's state, and memory that is bound has
 * been granted.
 */
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include "gmem.h"
#include "ledger.h"
#include "limit.h"
#include "notify.h"
#include "private.h"

/* Gives back what is charged for slots that are gone and pages that are not private any more. */
static void settle_locked(struct sevadm_vm *vm)
{
	u64 settled = vm->charged[SEVADM_RESOURCE_PRIVATE] - vm->in_flight[SEVADM_RESOURCE_PRIVATE];
	struct sevadm_private private = {};
	u64 left;

	lockdep_assert_held(&sevadm_ledger_lock);
	left = settled > vm->gmem_pages ? settled - vm->gmem_pages : 0;
	if (left && vm->known & SEVADM_KNOWN_ASID && !sevadm_private_get(vm->asid, &private))
		return;
	if (left > private.pages)
		sevadm_limit_uncharge_locked(vm, SEVADM_RESOURCE_PRIVATE, left - private.pages);
}

/**
 * sevadm_gmem_begin() - memory is about to be bound
 * @vm: a SEV-SNP guest's
 * @pages: their number
 *
 * To be followed by sevadm_gmem_bound() or sevadm_gmem_cancel().
 *
 * Context: may sleep.
 * Return: 0, or -EDQUOT: a limit refuses, which has been reported.
 */
int sevadm_gmem_begin(struct sevadm_vm *vm, u64 pages)
{
	spin_lock(&sevadm_ledger_lock);
	settle_locked(vm);
	spin_unlock(&sevadm_ledger_lock);
	return pages ? sevadm_limit_charge(vm, SEVADM_RESOURCE_PRIVATE, pages, NULL) : 0;
}

/* sevadm_gmem_cancel() - it was not bound */
void sevadm_gmem_cancel(struct sevadm_vm *vm, u64 pages)
{
	sevadm_limit_cancel(vm, SEVADM_RESOURCE_PRIVATE, pages);
}

/* sevadm_gmem_bound() - pages that have been charged are bound */
void sevadm_gmem_bound(struct sevadm_vm *vm, u64 pages)
{
	struct sevadm_limit_hits hits = {};

	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_settle_locked(vm, SEVADM_RESOURCE_PRIVATE, pages, &hits);
	vm->gmem_pages += pages;
	spin_unlock(&sevadm_ledger_lock);
	if (hits.nr)
		sevadm_notify_hits(&hits, vm, 0);
}

/* sevadm_gmem_unbound() - they are not any more; those that are private still stay charged */
void sevadm_gmem_unbound(struct sevadm_vm *vm, u64 pages)
{
	spin_lock(&sevadm_ledger_lock);
	vm->gmem_pages -= min(pages, vm->gmem_pages);
	settle_locked(vm);
	spin_unlock(&sevadm_ledger_lock);
}

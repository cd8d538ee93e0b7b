// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_amd's own bitmaps of ASIDs: the truth about ASIDs that were taken or given back before this
 * module came. They are static, so they are found by name and read without trust: a read cannot
 * fault, and bitmaps that contradict the ledger are not used (sevadm_pool_sync_locked()).
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/uaccess.h>

#include "bitmaps.h"
#include "pool.h"
#include "symbol.h"
#include "vm.h"

/*
 * Off, the pools show what the module itself has seen. That is for tests: what was read from
 * kvm_amd proves nothing when it is compared with kvm_amd (selftests/sevadm_asid_test.c).
 */
static bool read_bitmaps = true;
module_param(read_bitmaps, bool, 0644);
MODULE_PARM_DESC(read_bitmaps, "bring ASID pools in line with kvm_amd's bitmaps (off for tests only)");

/* Addresses of kvm_amd's pointers; both guarded by sevadm_ledger_lock. NULL: not found. */
static unsigned long **asid_bitmap;
static unsigned long **reclaim_bitmap;

/* Room for a copy, guarded by the same lock. */
static unsigned long *asid_copy;
static unsigned long *reclaim_copy;

/**
 * sevadm_bitmaps_find() - find the bitmaps of kvm_amd, which has arrived
 *
 * Context: may sleep.
 */
void sevadm_bitmaps_find(void)
{
	void *asids = sevadm_symbol_variable("kvm_amd:sev_asid_bitmap");
	void *reclaim = sevadm_symbol_variable("kvm_amd:sev_reclaim_asid_bitmap");

	spin_lock(&sevadm_ledger_lock);
	asid_bitmap = asids;
	reclaim_bitmap = reclaim;
	spin_unlock(&sevadm_ledger_lock);
}

/** sevadm_bitmaps_forget() - forget the bitmaps: kvm_amd has gone */
void sevadm_bitmaps_forget(void)
{
	spin_lock(&sevadm_ledger_lock);
	asid_bitmap = NULL;
	reclaim_bitmap = NULL;
	spin_unlock(&sevadm_ledger_lock);
}

static bool copy_bitmap(unsigned long *copy, unsigned long **variable)
{
	size_t size = BITS_TO_LONGS(sevadm_pool_max_asid() + 1) * sizeof(*copy);
	unsigned long *bitmap;

	return variable && copy &&
	       !copy_from_kernel_nofault(&bitmap, variable, sizeof(bitmap)) && bitmap &&
	       !copy_from_kernel_nofault(copy, bitmap, size);
}

/**
 * sevadm_bitmaps_sync() - bring the pools in line with kvm_amd's bitmaps
 *
 * Context: does not sleep.
 * Return: true if they could be read and did not contradict the ledger.
 */
bool sevadm_bitmaps_sync(void)
{
	bool done;

	if (!READ_ONCE(read_bitmaps))
		return false;
	spin_lock(&sevadm_ledger_lock);
	done = copy_bitmap(asid_copy, asid_bitmap) && copy_bitmap(reclaim_copy, reclaim_bitmap) &&
	       sevadm_pool_sync_locked(asid_copy, reclaim_copy);
	spin_unlock(&sevadm_ledger_lock);
	return done;
}

/**
 * sevadm_bitmaps_absent() - return true if kvm_amd is known to have allocated none
 *
 * It allocates them in sev_hardware_setup(), unless something keeps it from offering SEV.
 */
bool sevadm_bitmaps_absent(void)
{
	unsigned long *bitmap = NULL;
	bool known;

	spin_lock(&sevadm_ledger_lock);
	known = asid_bitmap && !copy_from_kernel_nofault(&bitmap, asid_bitmap, sizeof(bitmap));
	spin_unlock(&sevadm_ledger_lock);
	return known && !bitmap;
}

/** sevadm_bitmaps_init() - make room for copies of the bitmaps; 0 or -ENOMEM */
int sevadm_bitmaps_init(void)
{
	if (!sevadm_pool_max_asid())
		return 0;
	asid_copy = bitmap_zalloc(sevadm_pool_max_asid() + 1, GFP_KERNEL);
	reclaim_copy = bitmap_zalloc(sevadm_pool_max_asid() + 1, GFP_KERNEL);
	if (asid_copy && reclaim_copy)
		return 0;
	sevadm_bitmaps_uninit();
	return -ENOMEM;
}

/** sevadm_bitmaps_uninit() - free the copies */
void sevadm_bitmaps_uninit(void)
{
	bitmap_free(reclaim_copy);
	bitmap_free(asid_copy);
}

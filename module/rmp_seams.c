// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of the kernel's functions that change the RMP: a page becomes a guest's or the
 * firmware's, or the kernel's again, or is given up. Who had it until then only the table knows,
 * and only before the call.
 */
#include <linux/mm.h>

#include "private.h"
#include "rmp.h"
#include "rmp_walk.h"
#include "seam.h"

static u64 pages_of_level(enum pg_level level)
{
	return level == PG_LEVEL_2M ? PMD_SIZE / PAGE_SIZE : 1;
}

/* ccp shuts the firmware down from a panic, too: then nothing may be waited for. */
static __always_inline bool is_late(void)
{
	return irqs_disabled();
}

/* Often at once: percpu_down_read() would first ask whether somebody else wants the processor. */
static __always_inline void lock_entry(void)
{
	if (!percpu_down_read_trylock(&sevadm_rmp_lock))
		percpu_down_read(&sevadm_rmp_lock);
}

int wrap_rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	u32 owner;
	int ret;

	sevadm_seam_enter(SEAM_rmp_make_private);
	if (is_late()) {
		ret = call_original(rmp_make_private, pfn, gpa, level, asid, immutable);
		goto exit;
	}
	lock_entry();
	owner = sevadm_rmp_owner(pfn);
	ret = call_original(rmp_make_private, pfn, gpa, level, asid, immutable);
	if (likely(!ret && owner == SEVADM_RMP_NOBODY && level == PG_LEVEL_4K))
		sevadm_private_gain(pfn, 1, asid);
	else if (!ret)
		sevadm_private_changed(pfn, pages_of_level(level), owner, asid);
	percpu_up_read(&sevadm_rmp_lock);
exit:
	sevadm_seam_exit();
	return ret;
}

int wrap_rmp_make_shared(u64 pfn, enum pg_level level)
{
	u32 owner;
	int ret;

	sevadm_seam_enter(SEAM_rmp_make_shared);
	if (is_late()) {
		ret = call_original(rmp_make_shared, pfn, level);
		goto exit;
	}
	lock_entry();
	owner = sevadm_rmp_owner(pfn);
	ret = call_original(rmp_make_shared, pfn, level);
	if (likely(!ret && owner != SEVADM_RMP_NOBODY))
		sevadm_private_lose(pfn, pages_of_level(level), owner);
	percpu_up_read(&sevadm_rmp_lock);
exit:
	sevadm_seam_exit();
	return ret;
}

/* Those that the firmware has are on no list by which the kernel would find them again. */
static void count_leaked(u64 pfn, unsigned int npages)
{
	unsigned int i;

	if (is_late())
		return;
	lock_entry();
	for (i = 0; i < npages; i++)
		sevadm_private_leaked(sevadm_rmp_owner(pfn + i));
	percpu_up_read(&sevadm_rmp_lock);
}

void wrap_snp_leak_pages(u64 pfn, unsigned int npages)
{
	sevadm_seam_enter(SEAM_snp_leak_pages);
	count_leaked(pfn, npages);
	call_original(snp_leak_pages, pfn, npages);
	sevadm_seam_exit();
}

/* Newer kernels have this in its place. */
void wrap___snp_leak_pages(u64 pfn, unsigned int npages, bool dump_rmp)
{
	sevadm_seam_enter(SEAM___snp_leak_pages);
	count_leaked(pfn, npages);
	call_original(__snp_leak_pages, pfn, npages, dump_rmp);
	sevadm_seam_exit();
}

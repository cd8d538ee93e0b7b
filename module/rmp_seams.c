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
static void lock_entry(void)
{
	if (!percpu_down_read_trylock(&sevadm_rmp_lock))
		percpu_down_read(&sevadm_rmp_lock);
}

/* Any change that is not the usual one. */
static noinline int make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	u32 owner;
	int ret;

	if (is_late())
		return call_original(rmp_make_private, pfn, gpa, level, asid, immutable);
	lock_entry();
	owner = sevadm_rmp_owner(pfn);
	ret = call_original(rmp_make_private, pfn, gpa, level, asid, immutable);
	if (!ret)
		sevadm_private_changed(pfn, pages_of_level(level), owner, asid);
	percpu_up_read(&sevadm_rmp_lock);
	return ret;
}

/* A page that is nobody's becomes a guest's: short, as there are tens of thousands of each. */
int wrap_rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	int ret;

	sevadm_seam_enter(SEAM_rmp_make_private);
	if (likely(sevadm_rmp_change_begin(pfn) && level == PG_LEVEL_4K &&
		   !sevadm_rmp_is_assigned(sevadm_rmp_entry(pfn)))) {
		ret = call_original(rmp_make_private, pfn, gpa, level, asid, immutable);
		if (likely(!ret))
			sevadm_private_gain_page(asid);
		sevadm_rmp_change_end();
	} else {
		sevadm_rmp_change_end();
		ret = make_private(pfn, gpa, level, asid, immutable);
	}
	sevadm_seam_exit();
	return ret;
}

static noinline int make_shared(u64 pfn, enum pg_level level)
{
	u32 owner;
	int ret;

	if (is_late())
		return call_original(rmp_make_shared, pfn, level);
	lock_entry();
	owner = sevadm_rmp_owner(pfn);
	ret = call_original(rmp_make_shared, pfn, level);
	if (!ret)
		sevadm_private_changed(pfn, pages_of_level(level), owner, SEVADM_RMP_NOBODY);
	percpu_up_read(&sevadm_rmp_lock);
	return ret;
}

/* A guest's page becomes the host's again: as short. */
int wrap_rmp_make_shared(u64 pfn, enum pg_level level)
{
	u64 entry;
	int ret;

	sevadm_seam_enter(SEAM_rmp_make_shared);
	if (likely(sevadm_rmp_change_begin(pfn) && level == PG_LEVEL_4K)) {
		entry = sevadm_rmp_entry(pfn);
		ret = call_original(rmp_make_shared, pfn, level);
		if (likely(!ret && sevadm_rmp_is_assigned(entry))) {
			sevadm_private_lose_page(sevadm_rmp_asid(entry));
			/* It is 0 anyway: no register need keep it until here. */
			ret = 0;
			OPTIMIZER_HIDE_VAR(ret);
		}
		sevadm_rmp_change_end();
	} else {
		sevadm_rmp_change_end();
		ret = make_shared(pfn, level);
	}
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

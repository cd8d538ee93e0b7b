/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private memory: the pages that the RMP assigns to each guest's ASID. Counted as pages change
 * hands, one atomic counter an ASID: an event a page would be tens of thousands a guest.
 */
#ifndef SEVADM_PRIVATE_H
#define SEVADM_PRIVATE_H

#include <linux/types.h>

#include "rmp.h"

/**
 * struct sevadm_private - what one owner has, in pages
 * @pages: assigned to it now
 * @peak: the most that ever were, since the ASID was last taken
 * @conversions: that became its own since then
 * @reclaims: that it has given back since then
 * @leaked: that the kernel gave up since then: they stay assigned
 */
struct sevadm_private {
	u64 pages;
	u64 peak;
	u64 conversions;
	u64 reclaims;
	u64 leaked;
};

/**
 * struct sevadm_private_host - the host as a whole, in pages
 * @guests: all guests together, @guests.conversions and @guests.reclaims as well
 * @firmware: assigned to the firmware
 */
struct sevadm_private_host {
	struct sevadm_private guests;
	u64 firmware;
};

void sevadm_private_lose(u64 pfn, u64 pages, u32 from);
void sevadm_private_gain(u64 pfn, u64 pages, u32 to);

/**
 * sevadm_private_changed() - pages have changed hands
 * @pfn: the first one
 * @pages: their number
 * @from: whose they were: an ASID, SEVADM_RMP_FIRMWARE or SEVADM_RMP_NOBODY
 * @to: whose they are
 *
 * Context: any; a few atomic operations. The count of the RMP stands still meanwhile.
 */
static __always_inline void sevadm_private_changed(u64 pfn, u64 pages, u32 from, u32 to)
{
	if (from == to)
		return;
	if (from != SEVADM_RMP_NOBODY)
		sevadm_private_lose(pfn, pages, from);
	if (to != SEVADM_RMP_NOBODY)
		sevadm_private_gain(pfn, pages, to);
}

void sevadm_private_leaked(u32 owner);
void sevadm_private_take(u32 asid);
bool sevadm_private_get(u32 asid, struct sevadm_private *result);
bool sevadm_private_get_host(struct sevadm_private_host *result);

void sevadm_private_count_begin(void);
void sevadm_private_count_page(u32 owner);
void sevadm_private_count_reached(u64 pfn);
void sevadm_private_count_end(void);

int sevadm_private_init(u32 max_asid);
void sevadm_private_uninit(void);

#endif /* SEVADM_PRIVATE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private memory: the pages that the RMP assigns to each guest's ASID. Counted as pages change
 * hands, one atomic counter an ASID: an event a page would be tens of thousands a guest.
 */
#ifndef SEVADM_PRIVATE_H
#define SEVADM_PRIVATE_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
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

/* One owner's. What a VM that has taken the ASID finds there is not its doing. */
struct sevadm_private_account {
	atomic64_t pages;
	atomic64_t peak;
	atomic64_t conversions;
	atomic64_t reclaims;
	atomic64_t leaked;
	u64 conversions_before;
	u64 reclaims_before;
	u64 leaked_before;
} ____cacheline_aligned;

/**
 * struct sevadm_private_accounts - the accounts of all owners; for private.c and those below
 * @of: by ASID; [SEVADM_RMP_FIRMWARE] is the firmware's
 * @nr: number of them
 * @reached: pages below it are counted; all of them: the count is done
 * @guests: of all ASIDs together
 */
struct sevadm_private_accounts {
	struct sevadm_private_account *of;
	u32 nr;
	u64 reached;
	struct sevadm_private_account guests;
};

extern struct sevadm_private_accounts sevadm_private_accounts;

/**
 * sevadm_private_gain() - pages have become somebody's that were nobody's
 * @pfn: the first one
 * @pages: their number
 * @to: whose they are: an ASID or SEVADM_RMP_FIRMWARE
 *
 * Inline: it is called for every page that changes hands.
 *
 * Context: as sevadm_private_changed().
 */
static __always_inline void sevadm_private_gain(u64 pfn, u64 pages, u32 to)
{
	struct sevadm_private_account *account;

	if (unlikely(to >= sevadm_private_accounts.nr))
		return;
	account = &sevadm_private_accounts.of[to];
	atomic64_add(pages, &account->conversions);
	if (unlikely(pfn >= sevadm_private_accounts.reached))
		return;
	atomic64_add(pages, &account->pages);
	if (likely(to))
		atomic64_add(pages, &sevadm_private_accounts.guests.pages);
}

void sevadm_private_lose(u64 pfn, u64 pages, u32 from);
void sevadm_private_changed(u64 pfn, u64 pages, u32 from, u32 to);
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

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
 * sevadm_private_gain_page() - a page has become somebody's that was nobody's
 * @to: whose it is: an ASID or SEVADM_RMP_FIRMWARE
 *
 * Inline, as it is called for every page that becomes private; sevadm_private_changed() does the
 * same for other changes.
 *
 * Context: any, while the whole RMP is counted: sevadm_rmp_change_begin().
 */
static __always_inline void sevadm_private_gain_page(u32 to)
{
	struct sevadm_private_account *account;

	if (unlikely(to >= sevadm_private_accounts.nr))
		return;
	account = &sevadm_private_accounts.of[to];
	atomic64_inc(&account->conversions);
	atomic64_inc(&account->pages);
	if (likely(to))
		atomic64_inc(&sevadm_private_accounts.guests.pages);
}

void sevadm_private_changed(u64 pfn, u64 pages, u32 from, u32 to);
void sevadm_private_raise_peaks(struct sevadm_private_account *account, s64 pages, s64 guests);

/**
 * sevadm_private_lose_page() - a page is nobody's that was somebody's
 * @from: whose it was: an ASID that an entry in memory has, or SEVADM_RMP_FIRMWARE
 *
 * Context: as sevadm_private_gain_page().
 */
static __always_inline void sevadm_private_lose_page(unsigned long from)
{
	struct sevadm_private_account *guests = &sevadm_private_accounts.guests;
	struct sevadm_private_account *account;
	s64 pages, guests_pages, guests_peak;

	if (unlikely(from == SEVADM_RMP_FIRMWARE)) {
		sevadm_private_changed(0, 1, from, SEVADM_RMP_NOBODY);
		return;
	}
	account = &sevadm_private_accounts.of[from];
	pages = atomic64_read(&account->pages);
	guests_pages = atomic64_read(&guests->pages);
	guests_peak = atomic64_read(&guests->peak);
	/* What there is may be the most that ever was: nobody sees a fall and not the peak. */
	if (unlikely(pages > atomic64_read(&account->peak) || guests_pages > guests_peak)) {
		sevadm_private_changed(0, 1, from, SEVADM_RMP_NOBODY);
		return;
	}
	atomic64_inc(&account->reclaims);
	pages = atomic64_fetch_add(-1, &account->pages);
	guests_pages = atomic64_fetch_add(-1, &guests->pages);
	/* Others may have gained since, and a peak starts again when another VM takes the ASID. */
	if (unlikely(pages > atomic64_read(&account->peak) || guests_pages > guests_peak))
		sevadm_private_raise_peaks(account, pages, guests_pages);
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

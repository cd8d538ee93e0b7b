// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many pages of private memory each ASID has. The table that says so is the processor's
 * (rmp.c): it is counted once, and followed from then on by the two functions through which the
 * kernel changes it (rmp_seams.c). What a guest had outlives it here until the kernel has its pages
 * back.
 *
 * While the table is being counted (rmp_walk.c), a change counts only where the count has passed
 * already: what lies ahead is found as it will be. Both exclude one another by the lock of
 * rmp_walk.h.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "private.h"

/* One owner's. What a VM that has taken the ASID finds there is not its doing. */
struct account {
	atomic64_t pages;
	atomic64_t peak;
	atomic64_t conversions;
	atomic64_t reclaims;
	atomic64_t leaked;
	u64 conversions_before;
	u64 reclaims_before;
	u64 leaked_before;
} ____cacheline_aligned;

static struct account *accounts;	/* by ASID; [SEVADM_RMP_FIRMWARE] is the firmware's */
static u32 nr_accounts;
static struct account guests;		/* of all ASIDs together */

/* Pages below it are counted; all of them: the count is done. */
static u64 reached;
static bool known;

static struct account *account_of(u32 owner)
{
	return owner < nr_accounts ? &accounts[owner] : NULL;
}

/*
 * Raises a peak. The most pages that there ever were are those before a fall, or those of now: a
 * gain does not look at the peak, which saves instructions for each of tens of thousands of pages.
 */
static __always_inline void raise(atomic64_t *peak, s64 to)
{
	s64 seen = atomic64_read(peak);

	while (to > seen && !atomic64_try_cmpxchg(peak, &seen, to))
		;
}

/* Takes pages away; what there was may have been the most. */
static __always_inline void fall(struct account *account, u64 pages)
{
	/* Before, too: nobody sees the fall and not the peak. */
	raise(&account->peak, atomic64_read(&account->pages));
	raise(&account->peak, atomic64_sub_return(pages, &account->pages) + pages);
}

/* sevadm_private_lose() - pages are not this owner's any more: see sevadm_private_changed() */
void sevadm_private_lose(u64 pfn, u64 pages, u32 from)
{
	struct account *account = account_of(from);

	if (!account)
		return;
	atomic64_add(pages, &account->reclaims);
	if (pfn >= reached)
		return;
	fall(account, pages);
	if (from)
		fall(&guests, pages);
}

/* sevadm_private_gain() - pages have become this owner's: see sevadm_private_changed() */
void sevadm_private_gain(u64 pfn, u64 pages, u32 to)
{
	struct account *account = account_of(to);

	if (!account)
		return;
	atomic64_add(pages, &account->conversions);
	if (pfn >= reached)
		return;
	atomic64_add(pages, &account->pages);
	if (to)
		atomic64_add(pages, &guests.pages);
}

/* sevadm_private_leaked() - note that the kernel has given up a page of this owner's */
void sevadm_private_leaked(u32 owner)
{
	struct account *account = account_of(owner);

	if (account)
		atomic64_inc(&account->leaked);
	atomic64_inc(&guests.leaked);
}

/* sevadm_private_take() - a VM has taken the ASID: what is counted since then is that VM's */
void sevadm_private_take(u32 asid)
{
	struct account *account = account_of(asid);

	if (!account)
		return;
	atomic64_set(&account->peak, atomic64_read(&account->pages));
	WRITE_ONCE(account->conversions_before, atomic64_read(&account->conversions));
	WRITE_ONCE(account->reclaims_before, atomic64_read(&account->reclaims));
	WRITE_ONCE(account->leaked_before, atomic64_read(&account->leaked));
}

static u64 value(const atomic64_t *counter)
{
	return max(atomic64_read(counter), 0LL);
}

static void read_account(const struct account *account, struct sevadm_private *result)
{
	u64 pages = value(&account->pages);

	*result = (struct sevadm_private) {
		.pages = pages,
		.peak = max(value(&account->peak), pages),
		.conversions =
			value(&account->conversions) - READ_ONCE(account->conversions_before),
		.reclaims = value(&account->reclaims) - READ_ONCE(account->reclaims_before),
		.leaked = value(&account->leaked) - READ_ONCE(account->leaked_before),
	};
}

/**
 * sevadm_private_get() - say what a guest has
 * @asid: its ASID
 * @result: filled in
 *
 * Return: false: it is not known.
 */
bool sevadm_private_get(u32 asid, struct sevadm_private *result)
{
	const struct account *account = account_of(asid);

	if (!account || !READ_ONCE(known))
		return false;
	read_account(account, result);
	return true;
}

/* sevadm_private_get_host() - say what all guests and the firmware have; false: it is not known */
bool sevadm_private_get_host(struct sevadm_private_host *result)
{
	u32 asid;

	if (!READ_ONCE(known) || !nr_accounts)
		return false;
	read_account(&guests, &result->guests);
	result->firmware = value(&accounts[SEVADM_RMP_FIRMWARE].pages);
	result->guests.conversions = 0;
	result->guests.reclaims = 0;
	for (asid = 1; asid < nr_accounts; asid++) {
		result->guests.conversions += value(&accounts[asid].conversions);
		result->guests.reclaims += value(&accounts[asid].reclaims);
	}
	return true;
}

/* ---- counting the table: with the lock of rmp_walk.h held for writing ------------------------ */

/* sevadm_private_count_begin() - nothing is counted yet */
void sevadm_private_count_begin(void)
{
	u32 owner;

	WRITE_ONCE(known, false);
	reached = 0;
	for (owner = 0; owner < nr_accounts; owner++)
		fall(&accounts[owner], atomic64_read(&accounts[owner].pages));
	fall(&guests, atomic64_read(&guests.pages));
}

/* sevadm_private_count_page() - note that the table has a page of this owner's */
void sevadm_private_count_page(u32 owner)
{
	struct account *account = account_of(owner);

	if (!account)
		return;
	atomic64_inc(&account->pages);
	if (owner)
		atomic64_inc(&guests.pages);
}

/* sevadm_private_count_reached() - pages below @pfn are counted */
void sevadm_private_count_reached(u64 pfn)
{
	reached = pfn;
}

/* sevadm_private_count_end() - all pages are counted */
void sevadm_private_count_end(void)
{
	reached = U64_MAX;
	WRITE_ONCE(known, true);
}

/**
 * sevadm_private_init() - make room for the counters
 * @max_asid: highest ASID of the host; 0: it has none
 *
 * Return: 0 or -ENOMEM.
 */
int sevadm_private_init(u32 max_asid)
{
	accounts = kvcalloc(max_asid + 1, sizeof(*accounts), GFP_KERNEL);
	if (!accounts)
		return -ENOMEM;
	nr_accounts = max_asid + 1;
	return 0;
}

void sevadm_private_uninit(void)
{
	nr_accounts = 0;
	kvfree(accounts);
	accounts = NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many pages of private memory each ASID has. The table that says so is the processor's
 * (rmp.c): it is counted once, and followed from then on by the two functions through which the
 * kernel changes it (rmp_seams.c). What a guest had outlives it here until the kernel has its pages
 * back.
 *
 * While the table is being counted (rmp_walk.c), a change counts only where the count has passed
 * already: what lies ahead is found as it will be. Both exclude one another by the lock of
 * rmp_walk.h; changes that take no lock are made only where all is counted.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "private.h"

struct sevadm_private_accounts sevadm_private_accounts;
static bool known;

static struct sevadm_private_account *account_of(u32 owner)
{
	return owner < sevadm_private_accounts.nr ? &sevadm_private_accounts.of[owner] : NULL;
}

/*
 * Raises a peak. The most pages that there ever were are those before a fall, or those of now: a
 * gain does not look at the peak, which saves instructions for each of tens of thousands of pages.
 */
static void raise(struct sevadm_private_account *account, s64 to)
{
	s64 seen = atomic64_read(&account->peak);

	while (to > seen && !atomic64_try_cmpxchg(&account->peak, &seen, to))
		;
}

/**
 * sevadm_private_raise_peaks() - note how many pages there were
 * @account: of a guest
 * @pages: that it had
 * @guests: that all guests had
 */
void sevadm_private_raise_peaks(struct sevadm_private_account *account, s64 pages, s64 guests)
{
	raise(account, pages);
	raise(&sevadm_private_accounts.guests, guests);
}

/* Takes pages away; what there was may have been the most. */
static void fall(struct sevadm_private_account *account, u64 pages)
{
	/* Before, too: nobody sees the fall and not the peak. */
	raise(account, atomic64_read(&account->pages));
	raise(account, atomic64_sub_return(pages, &account->pages) + pages);
}

static void empty(struct sevadm_private_account *account)
{
	fall(account, atomic64_read(&account->pages));
}

static void gain(u64 pfn, u64 pages, u32 to)
{
	struct sevadm_private_account *account = account_of(to);

	if (!account)
		return;
	atomic64_add(pages, &account->conversions);
	if (pfn >= sevadm_private_accounts.reached)
		return;
	atomic64_add(pages, &account->pages);
	if (to)
		atomic64_add(pages, &sevadm_private_accounts.guests.pages);
}

static void lose(u64 pfn, u64 pages, u32 from)
{
	struct sevadm_private_account *account = account_of(from);

	if (!account)
		return;
	atomic64_add(pages, &account->reclaims);
	if (pfn >= sevadm_private_accounts.reached)
		return;
	fall(account, pages);
	if (from)
		fall(&sevadm_private_accounts.guests, pages);
}

/**
 * sevadm_private_changed() - pages have changed hands
 * @pfn: the first one
 * @pages: their number
 * @from: whose they were: an ASID, SEVADM_RMP_FIRMWARE or SEVADM_RMP_NOBODY
 * @to: whose they are
 *
 * Context: any; a few atomic operations. The count of the RMP stands still meanwhile.
 */
void sevadm_private_changed(u64 pfn, u64 pages, u32 from, u32 to)
{
	if (from == to)
		return;
	if (from != SEVADM_RMP_NOBODY)
		lose(pfn, pages, from);
	if (to != SEVADM_RMP_NOBODY)
		gain(pfn, pages, to);
}

/* sevadm_private_leaked() - note that the kernel has given up a page of this owner's */
void sevadm_private_leaked(u32 owner)
{
	struct sevadm_private_account *account = account_of(owner);

	if (account)
		atomic64_inc(&account->leaked);
	atomic64_inc(&sevadm_private_accounts.guests.leaked);
}

/* sevadm_private_take() - a VM has taken the ASID: what is counted since then is that VM's */
void sevadm_private_take(u32 asid)
{
	struct sevadm_private_account *account = account_of(asid);

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

static void read_account(const struct sevadm_private_account *account,
			 struct sevadm_private *result)
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
	const struct sevadm_private_account *account = account_of(asid);

	if (!account || !READ_ONCE(known))
		return false;
	read_account(account, result);
	return true;
}

/* sevadm_private_get_host() - say what all guests and the firmware have; false: it is not known */
bool sevadm_private_get_host(struct sevadm_private_host *result)
{
	u32 asid;

	if (!READ_ONCE(known) || !sevadm_private_accounts.nr)
		return false;
	read_account(&sevadm_private_accounts.guests, &result->guests);
	result->firmware = value(&sevadm_private_accounts.of[SEVADM_RMP_FIRMWARE].pages);
	result->guests.conversions = 0;
	result->guests.reclaims = 0;
	for (asid = 1; asid < sevadm_private_accounts.nr; asid++) {
		result->guests.conversions += value(&sevadm_private_accounts.of[asid].conversions);
		result->guests.reclaims += value(&sevadm_private_accounts.of[asid].reclaims);
	}
	return true;
}

/* ---- counting the table: with the lock of rmp_walk.h held for writing ------------------------ */

/* sevadm_private_count_begin() - nothing is counted yet */
void sevadm_private_count_begin(void)
{
	u32 owner;

	WRITE_ONCE(known, false);
	sevadm_private_accounts.reached = 0;
	for (owner = 0; owner < sevadm_private_accounts.nr; owner++)
		empty(&sevadm_private_accounts.of[owner]);
	empty(&sevadm_private_accounts.guests);
}

/* sevadm_private_count_page() - note that the table has a page of this owner's */
void sevadm_private_count_page(u32 owner)
{
	struct sevadm_private_account *account = account_of(owner);

	if (!account)
		return;
	atomic64_inc(&account->pages);
	if (owner)
		atomic64_inc(&sevadm_private_accounts.guests.pages);
}

/* sevadm_private_count_reached() - pages below @pfn are counted */
void sevadm_private_count_reached(u64 pfn)
{
	sevadm_private_accounts.reached = pfn;
}

/* sevadm_private_count_end() - all pages are counted */
void sevadm_private_count_end(void)
{
	sevadm_private_accounts.reached = U64_MAX;
	WRITE_ONCE(known, true);
}

/**
 * sevadm_private_init() - make room for the counters
 * @max_asid: highest ASID of the host, or that an entry in memory may name; 0: there is none
 *
 * Return: 0 or -ENOMEM.
 */
int sevadm_private_init(u32 max_asid)
{
	sevadm_private_accounts.of = kvcalloc(max_asid + 1, sizeof(*sevadm_private_accounts.of),
					      GFP_KERNEL);
	if (!sevadm_private_accounts.of)
		return -ENOMEM;
	sevadm_private_accounts.nr = max_asid + 1;
	return 0;
}

void sevadm_private_uninit(void)
{
	sevadm_private_accounts.nr = 0;
	kvfree(sevadm_private_accounts.of);
	sevadm_private_accounts.of = NULL;
}

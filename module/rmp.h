/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reverse map table (RMP) of a host with SEV-SNP: whose each page of memory is. It is read
 * only: the processor and the kernel write it.
 */
#ifndef SEVADM_RMP_H
#define SEVADM_RMP_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* Owner of a page that is assigned to nobody: the hypervisor's, or it is not known. */
#define SEVADM_RMP_NOBODY	(~0U)
/*
 * Owner of a page that is assigned, yet to no guest: the firmware's, or on its way back from there.
 */
#define SEVADM_RMP_FIRMWARE	0U

/*
 * First half of an entry as processors without RMPREAD have it in memory: bit 0 assigned, bits
 * 60:51 ASID (the kernel's struct rmpentry_raw, arch/x86/virt/svm/sev.c).
 */
#define SEVADM_RMP_ASSIGNED	BIT_ULL(0)
#define SEVADM_RMP_ASID_SHIFT	51
#define SEVADM_RMP_ASID_MASK	0x3ffULL

/* sevadm_rmp_is_assigned() - return true if the page is assigned, to a guest or the firmware */
static __always_inline bool sevadm_rmp_is_assigned(u64 entry)
{
	return entry & SEVADM_RMP_ASSIGNED;
}

/* sevadm_rmp_asid() - return whose page it is that is assigned: an ASID or SEVADM_RMP_FIRMWARE */
static __always_inline unsigned long sevadm_rmp_asid(u64 entry)
{
	return (entry >> SEVADM_RMP_ASID_SHIFT) & SEVADM_RMP_ASID_MASK;
}

/* sevadm_rmp_owner_of() - return whose page an entry says it is: an ASID, or one of the above */
static inline u32 sevadm_rmp_owner_of(u64 entry)
{
	return sevadm_rmp_is_assigned(entry) ? sevadm_rmp_asid(entry) : SEVADM_RMP_NOBODY;
}

/*
 * Entries in memory, two words each; NULL: they are read by RMPREAD, or not at all. See
 * sevadm_rmp_open().
 */
extern const u64 *sevadm_rmp_table;
/* Pages from the first one that have an entry. */
extern u64 sevadm_rmp_pages;

u32 sevadm_rmp_max_asid(void);
u64 sevadm_rmp_open(void);
void sevadm_rmp_close(void);
u32 sevadm_rmp_ask_owner(u64 pfn);

/* sevadm_rmp_entry() - return the first half of an entry: @pfn is below sevadm_rmp_counted_pages */
static __always_inline u64 sevadm_rmp_entry(u64 pfn)
{
	return READ_ONCE(sevadm_rmp_table[pfn * 2]);
}

/**
 * sevadm_rmp_owner() - say whose page it is
 * @pfn: page frame number
 *
 * Context: sevadm_rmp_lock is held, as sevadm_rmp_open() may map the RMP again; some instructions.
 * Return: the guest's ASID, SEVADM_RMP_FIRMWARE or SEVADM_RMP_NOBODY.
 */
static inline u32 sevadm_rmp_owner(u64 pfn)
{
	if (pfn >= sevadm_rmp_pages)
		return SEVADM_RMP_NOBODY;
	return sevadm_rmp_table ? sevadm_rmp_owner_of(sevadm_rmp_entry(pfn)) :
	       sevadm_rmp_ask_owner(pfn);
}

#endif /* SEVADM_RMP_H */

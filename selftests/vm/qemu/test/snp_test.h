/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of SEV-SNP share: the machine's layout, page states, and a platform that is ready.
 */
#ifndef SEV_TEST_SNP_TEST_H
#define SEV_TEST_SNP_TEST_H

#include "firmware_test.h"

/* 96 MiB, 32 of them above 4 GiB; the RMP covers it, and is rounded up to 2 MiB. */
#define RMP_SIZE	0x1200000ULL
#define RMP_BASE	(0x102000000ULL - RMP_SIZE)
#define LOW_MEMORY	0x4000000ULL

#define PAGE(n)		(PAGES + 0x1000ULL * (n))
#define BIG(n)		(PAGES + 0x200000ULL * (n))
#define LIST		0x00800000	/* 4 KiB of the tests' own */

#define ANY_ASID	0xffff

/* A guest's context, and what its policy must have. */
#define CTX		PAGE(0)
#define POLICY		0x30000

/* Pages of SNP_LAUNCH_UPDATE. */
enum { NORMAL = 1, VMSA, ZERO, UNMEASURED, SECRETS, CPUID };

/* Statuses that the distribution's headers are too old to know. */
enum {
	INVALID_PAGE_SIZE = 0x19, INVALID_PAGE_STATE = 0x1a, INVALID_PAGE_OWNER = 0x1c,
	RMP_INIT_REQUIRED = 0x20, BAD_SVN = 0x21, RMP_INITIALIZATION_FAILED = 0x26,
};

enum { FAIL_INPUT = 1, FAIL_PERMISSION, FAIL_INUSE, FAIL_OVERLAP, FAIL_SIZEMISMATCH = 6 };

/* sev-rmp.h */
enum page_state {
	HYPERVISOR, HV_FIXED, FIRMWARE, FIRMWARE_IOMMU, RECLAIM, CONTEXT, METADATA, PRE_GUEST,
	PRE_SWAP, GUEST_INVALID, GUEST_VALID, INVALID, DEFAULT,
};

#define PF_PRESENT	0x01
#define PF_WRITE	0x02
#define PF_RMP		0x80000000LL

/* The processor has SNP on. */
void snp_on(void);
/* And the firmware: SNP_INIT_EX, DF_FLUSH. */
void snp_init(void);
void rmp_entry(uint64_t page, uint64_t entry[2]);
/* Gives a page to the firmware. */
void give(uint64_t page);

#endif

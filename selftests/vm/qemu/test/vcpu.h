/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SEV-SNP guest of a few bytes of code, and its vCPU: the test's processor is its hypervisor. The
 * code is 32-bit, flat and without paging.
 */
#ifndef SEV_TEST_VCPU_H
#define SEV_TEST_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCPU_ASID	5
#define VCPU_VMSA	PAGE(8)		/* where its registers are */

/* Guest addresses: a page for the test, and 2 MiB of them. */
#define TARGET		0x10000
#define BIG_TARGET	0x200000

#define VMEXIT_NPF	0x400
#define VMEXIT_VMGEXIT	0x403		/* the code is over, or a handler */
#define VMEXIT_INVALID	(~0ULL)

#define NPF_PRESENT	(1ULL << 0)
#define NPF_WRITE	(1ULL << 1)
#define NPF_USER	(1ULL << 2)
#define NPF_FETCH	(1ULL << 4)
#define NPF_RMP		(1ULL << 31)
#define NPF_FINAL	(1ULL << 32)	/* no page table, but what it leads to */
#define NPF_ENCRYPTED	(1ULL << 34)
#define NPF_SIZE	(1ULL << 35)
#define NPF_VMPL	(1ULL << 36)

/* How the vCPU left, and its registers then. */
struct vcpu_exit {
	uint64_t code, info1, info2;
	uint64_t rax, rbx, rdx, flags;
};

/* A machine with a guest that runs at @vmpl; TARGET leads nowhere yet. */
void vcpu_start(const char *properties, uint8_t vmpl);
/* Leads TARGET to a page; BIG_TARGET to 2 MiB, by one nested entry or, if @small, by 512. */
void vcpu_map(uint64_t page);
void vcpu_map_big(uint64_t page, bool small);
/* Writes to the VMSA, of which the next run begins. */
void vcpu_set(unsigned int offset, const void *value, size_t len);
/* VMRUN of that VMSA, from the beginning of @code, which VMGEXIT follows. */
struct vcpu_exit vcpu_run(const void *code, size_t len);
struct vcpu_exit vcpu_run_at(uint64_t vmsa, const void *code, size_t len);
/* A launched page, which other levels may use so; or one that only is the guest's. */
void vcpu_launch(uint64_t page, uint64_t gpa, uint8_t permissions);
void vcpu_assign(uint64_t page, uint64_t gpa, uint32_t asid, bool immutable);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the RMP. Processors have an instruction for it, RMPREAD, or else a table in memory whose
 * layout is theirs; the kernel reads it in the same two ways (arch/x86/virt/svm/sev.c).
 */
#include <linux/io.h>
#include <linux/mm.h>

#include <asm/asm.h>
#include <asm/msr.h>

#include "compat/cpuid.h"
#include "compat/snp.h"
#include "rmp.h"

#define MSR_SYSCFG		0xc0010010
#define MSR_SYSCFG_SNP_EN	BIT_ULL(24)
#define MSR_RMP_BASE		0xc0010132
#define MSR_RMP_END		0xc0010133
#define MSR_RMP_CFG		0xc0010136
#define MSR_RMP_CFG_SEGMENTED	BIT_ULL(0)
#define RMP_ADDRESS_MASK	GENMASK_ULL(51, 13)

/* What precedes the entries is the processor's. */
#define RMP_HEADER_BYTES	0x4000
#define RMP_ENTRY_BYTES		16

#define CPUID_ENCRYPTED_MEMORY	0x8000001f
#define CPUID_RMPREAD		BIT(21)
#define CPUID_SEGMENTED_RMP	BIT(23)

/* Changed while nobody reads: see sevadm_rmp_open(). */
static void *mapped;
const u64 *sevadm_rmp_table;
u64 sevadm_rmp_pages;

static u64 read_msr(u32 msr)
{
	u32 low = 0, high = 0;

	if (rdmsr_safe(msr, &low, &high))
		return 0;
	return (u64)high << 32 | low;
}

/* What RMPREAD writes. */
struct rmp_answer {
	u64 gpa;
	u8 assigned;
	u8 page_size;
	u8 immutable;
	u8 reserved;
	u32 asid;
} __packed __aligned(8);

/* The instruction is undefined while SEV-SNP is off; 0: it was answered. */
static u32 rmpread(u64 pfn, struct rmp_answer *answer)
{
	u32 ret;

	asm volatile("1: .byte 0xf2, 0x0f, 0x01, 0xfd\n"
		     "   jmp 3f\n"
		     "2: movl $-1, %%eax\n"
		     "3:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : "=a" (ret)
		     : "a" (pfn << PAGE_SHIFT), "c" (answer)
		     : "memory", "cc");
	return ret;
}

/* sevadm_rmp_ask_owner() - the same as sevadm_rmp_owner(), by RMPREAD: @pfn has an entry */
u32 sevadm_rmp_ask_owner(u64 pfn)
{
	struct rmp_answer answer;

	if (rmpread(pfn, &answer) || !answer.assigned)
		return SEVADM_RMP_NOBODY;
	return answer.asid;
}

static bool snp_is_on(void)
{
	return compat_host_has_snp() && read_msr(MSR_SYSCFG) & MSR_SYSCFG_SNP_EN;
}

/* sevadm_rmp_max_asid() - return the highest ASID that an entry may name; 0: there is no RMP */
u32 sevadm_rmp_max_asid(void)
{
	return compat_host_has_snp() ? SEVADM_RMP_ASID_MASK : 0;
}

/**
 * sevadm_rmp_open() - make the RMP readable, as it is now
 *
 * Context: may sleep; no other function of this file is called meanwhile.
 * Return: number of pages from the first one that have an entry; 0: SEV-SNP is off, or the layout
 * of this processor's table is not known.
 */
u64 sevadm_rmp_open(void)
{
	u64 base = read_msr(MSR_RMP_BASE) & RMP_ADDRESS_MASK, end = read_msr(MSR_RMP_END) + 1;
	u32 features = cpuid_eax(CPUID_ENCRYPTED_MEMORY);

	sevadm_rmp_close();
	if (!snp_is_on() || !base || end <= base + RMP_HEADER_BYTES)
		return 0;
	/* What a segmented table covers is in the table; its entries are the processor's alone. */
	if (features & CPUID_SEGMENTED_RMP && read_msr(MSR_RMP_CFG) & MSR_RMP_CFG_SEGMENTED)
		return 0;
	if (!(features & CPUID_RMPREAD)) {
		mapped = memremap(base, end - base, MEMREMAP_WB);
		if (!mapped)
			return 0;
		sevadm_rmp_table = mapped + RMP_HEADER_BYTES;
	}
	sevadm_rmp_pages = (end - base - RMP_HEADER_BYTES) / RMP_ENTRY_BYTES;
	return sevadm_rmp_pages;
}

/* sevadm_rmp_close() - read the RMP no more: every page is nobody's */
void sevadm_rmp_close(void)
{
	sevadm_rmp_pages = 0;
	sevadm_rmp_table = NULL;
	if (mapped)
		memunmap(mapped);
	mapped = NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what the processors of a SEV-SNP host do: MSRs, RMPUPDATE, PSMASH, RMPREAD, and accesses.
 */
#include "firmware_test.h"
#include "snp_test.h"

#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define GPA		0x40000000ULL	/* 2 MiB aligned */
#define FLAG_ZERO	0x40

static void test_msrs(void)
{
	start_snp("");
	EXPECT(processor_rdmsr(MSR_SYSCFG), SYSCFG_PLAIN);
	EXPECT(processor_rdmsr(MSR_RMP_BASE), RMP_BASE);
	EXPECT(processor_rdmsr(MSR_RMP_END), RMP_BASE + RMP_SIZE - 1);
	EXPECT(rmpupdate(PAGE(0), 0, 1, 0, 1, 0), 0x100 + EXCEPTION_UD);
	EXPECT(psmash(PAGE(0)), 0x100 + EXCEPTION_UD);
	EXPECT(processor_wrmsr(MSR_SYSCFG, 0x880000), NO_EXCEPTION);
	EXPECT(processor_rdmsr(MSR_SYSCFG), 0x880000);
	EXPECT(processor_wrmsr(MSR_SYSCFG, SYSCFG_SNP), NO_EXCEPTION);
	EXPECT(processor_rdmsr(MSR_SYSCFG), SYSCFG_SNP);
	/* Once on, it stays on. */
	EXPECT(processor_wrmsr(MSR_SYSCFG, 0x880000), NO_EXCEPTION);
	EXPECT(processor_rdmsr(MSR_SYSCFG), SYSCFG_SNP);
	EXPECT(processor_wrmsr(MSR_RMP_BASE, 0), EXCEPTION_GP);
	EXPECT(processor_wrmsr(MSR_RMP_END, 0), EXCEPTION_GP);
	EXPECT(rmpupdate(PAGE(0), 0, 1, 0, 1, 0), 0);
}

/* One row, one instruction; they follow each other on the same pages. */
enum { UPDATE, SMASH };

static const struct row {
	int insn;
	uint64_t page;
	struct { uint64_t gpa; int assigned, size, immutable; uint32_t asid; } to;
	unsigned int eax;
} rows[] = {
	/* what makes no sense */
	{ UPDATE, BIG(0) + 0x1000, { GPA, 1, 1, 0, 1 }, FAIL_INPUT },
	{ UPDATE, BIG(0), { GPA + 0x1000, 1, 1, 0, 1 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { GPA, 2, 0, 0, 1 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { GPA, 1, 2, 0, 1 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { GPA, 1, 0, 2, 1 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { GPA + 1, 1, 0, 0, 1 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { 1ULL << 51, 1, 0, 0, 1 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { GPA, 1, 0, 0, 510 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { GPA, 1, 0, 0, 0 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { 0, 0, 0, 1, 0 }, FAIL_INPUT },
	{ UPDATE, PAGE(0), { 0, 0, 0, 0, 1 }, FAIL_INPUT },
	{ UPDATE, 1ULL << 45, { GPA, 1, 0, 0, 1 }, FAIL_INPUT },
	/* 4 KiB, by the host alone */
	{ UPDATE, PAGE(1), { GPA, 1, 0, 0, 1 }, 0 },
	{ UPDATE, PAGE(1), { GPA, 1, 0, 0, 1 }, 0 },
	{ UPDATE, PAGE(1), { GPA + 0x5000, 1, 0, 0, 2 }, 0 },
	{ UPDATE, PAGE(1), { 0, 0, 0, 0, 0 }, 0 },
	{ UPDATE, PAGE(1), { 0, 0, 0, 0, 0 }, 0 },
	{ UPDATE, PAGE(1), { GPA, 1, 0, 1, 509 }, 0 },
	{ UPDATE, PAGE(1), { 0, 0, 0, 0, 0 }, FAIL_PERMISSION },
	{ UPDATE, PAGE(1), { GPA, 1, 0, 0, 509 }, FAIL_PERMISSION },
	{ UPDATE, PAGE(2), { 0, 1, 0, 1, 0 }, 0 },
	{ UPDATE, PAGE(2), { 0, 0, 0, 0, 0 }, FAIL_PERMISSION },
	{ UPDATE, PAGE(3), { 0, 1, 0, 0, 0 }, 0 },
	{ UPDATE, PAGE(3), { 0, 0, 0, 0, 0 }, 0 },
	/* 2 MiB over 4 KiB, and the other way round */
	{ UPDATE, PAGE(0), { GPA, 1, 1, 0, 1 }, FAIL_OVERLAP },
	{ UPDATE, BIG(1), { GPA, 1, 1, 0, 1 }, 0 },
	{ UPDATE, BIG(1), { GPA, 1, 1, 0, 1 }, 0 },
	{ UPDATE, BIG(1), { GPA, 1, 0, 0, 1 }, FAIL_OVERLAP },
	{ UPDATE, BIG(1) + 0x5000, { GPA + 0x5000, 1, 0, 0, 1 }, FAIL_OVERLAP },
	{ UPDATE, BIG(1) + 0x5000, { 0, 0, 0, 0, 0 }, FAIL_OVERLAP },
	{ SMASH, BIG(1) + 0x1000, { }, FAIL_INPUT },
	{ SMASH, 1ULL << 45, { }, FAIL_INPUT },
	{ SMASH, PAGE(0), { }, FAIL_INPUT },
	{ SMASH, BIG(1), { }, 0 },
	{ SMASH, BIG(1), { }, FAIL_INPUT },
	{ UPDATE, BIG(1), { GPA, 1, 1, 0, 1 }, FAIL_OVERLAP },
	{ UPDATE, BIG(1) + 0x5000, { GPA + 0x5000, 1, 0, 1, 1 }, 0 },
	{ UPDATE, BIG(1), { GPA, 1, 1, 0, 1 }, FAIL_OVERLAP },
	{ UPDATE, BIG(1) + 0x6000, { 0, 0, 0, 0, 0 }, 0 },
	{ UPDATE, BIG(1) + 0x6000, { 0, 0, 0, 0, 0 }, 0 },
	/* 2 MiB, and back */
	{ UPDATE, BIG(2), { GPA, 1, 1, 0, 1 }, 0 },
	{ UPDATE, BIG(2), { 0, 0, 1, 0, 0 }, 0 },
	{ UPDATE, BIG(2) + 0x1000, { GPA, 1, 0, 0, 1 }, 0 },
	{ UPDATE, BIG(2) + 0x1000, { 0, 0, 0, 0, 0 }, 0 },
	{ UPDATE, BIG(2), { GPA, 1, 1, 1, 1 }, 0 },
	{ UPDATE, BIG(2), { 0, 0, 1, 0, 0 }, FAIL_PERMISSION },
	{ SMASH, BIG(2), { }, FAIL_PERMISSION },
};

static void test_instructions(void)
{
	start_snp("");
	snp_on();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		unsigned int eax = row->insn == SMASH ? psmash(row->page) :
				   rmpupdate(row->page, row->to.gpa, row->to.assigned, row->to.size,
					     row->to.immutable, row->to.asid);

		expect("row of rows[]", i, "EAX", eax, row->eax);
	}
}

static void test_flags(void)
{
	struct registers r = { .rax = BIG(0), .rcx = 0 };

	start_snp("");
	snp_on();
	EXPECT(rmpupdate(BIG(0), GPA, 1, 1, 0, 1), 0);
	processor_execute("\xf3\x0f\x01\xff", 4, &r);
	EXPECT(r.flags & FLAG_ZERO, FLAG_ZERO);
	r.rax = BIG(0);
	processor_execute("\xf3\x0f\x01\xff", 4, &r);
	EXPECT(r.flags & FLAG_ZERO, 0);
	EXPECT(r.rax, FAIL_INPUT);
	/* other prefixes, and none: SNP guests' instructions, or no instructions */
	processor_execute("\x0f\x01\xfe", 3, &r);
	EXPECT(r.vector, EXCEPTION_UD);
	processor_execute("\x0f\x01\xff", 3, &r);
	EXPECT(r.vector, EXCEPTION_UD);
	processor_execute("\xf2\x0f\x01\xff", 4, &r);
	EXPECT(r.vector, EXCEPTION_UD);
	processor_execute("\xf3\x0f\x01\xfe", 4, &r);
	EXPECT(r.vector, EXCEPTION_UD);
	/* RMPREAD is there only where CPUID says so */
	processor_execute("\xf2\x0f\x01\xfd", 4, &r);
	EXPECT(r.vector, EXCEPTION_UD);
	/* an operand that cannot be reached */
	r = (struct registers) { .rax = PAGE(0), .rcx = 0x4000000000ULL };
	processor_execute("\xf2\x0f\x01\xfe", 4, &r);
	EXPECT(r.vector, EXCEPTION_PF);
	EXPECT(r.cr2, 0x4000000000LL);
}

static void test_read(void)
{
	struct __attribute__((packed)) {
		uint64_t gpa;
		uint8_t assigned, size, immutable, reserved;
		uint32_t asid;
	} entry;
	struct registers r = { .rax = PAGE(5), .rcx = OUTPUT };

	start_snp("rmpread=on");
	snp_on();
	EXPECT(rmpupdate(PAGE(5), GPA, 1, 0, 1, 7), 0);
	processor_execute("\xf2\x0f\x01\xfd", 4, &r);
	EXPECT(r.rax, 0);
	machine_read(OUTPUT, &entry, sizeof(entry));
	EXPECT(entry.gpa, GPA);
	EXPECT(entry.assigned, 1);
	EXPECT(entry.size, 2);		/* 4 KiB, and in its 2 MiB some page is assigned */
	EXPECT(entry.immutable, 1);
	EXPECT(entry.asid, 7);
	r = (struct registers) { .rax = 1ULL << 45, .rcx = OUTPUT };
	processor_execute("\xf2\x0f\x01\xfd", 4, &r);
	EXPECT(r.rax, FAIL_INPUT);
}

static void test_entries(void)
{
	uint64_t first[2], entry[2], counter;

	start_snp("");
	snp_on();
	/* The first of 2 MiB says all; the others are assigned, and have no owner. */
	EXPECT(rmpupdate(BIG(1), GPA, 1, 1, 0, 3), 0);
	rmp_entry(BIG(1), first);
	EXPECT(first[0], 3 | GPA | 3ULL << 51);
	EXPECT(first[1], 0xf);
	rmp_entry(BIG(1) + 0x3000, entry);
	EXPECT(entry[0], 1);
	machine_read(RMP_BASE + 8 * 3, &counter, sizeof(counter));
	EXPECT(counter, 512);
	EXPECT(machine_count_pages(3, GUEST_INVALID), 512);
	EXPECT(psmash(BIG(1)), 0);
	rmp_entry(BIG(1), first);
	EXPECT(first[0], 1 | 511 << 3 | GPA | 3ULL << 51);
	rmp_entry(BIG(1) + 0x3000, entry);
	EXPECT(entry[0], (1 | GPA | 3ULL << 51) + 0x3000);
	EXPECT(entry[1], 0xf);
	EXPECT(machine_count_pages(3, GUEST_INVALID), 512);
	/* How many of its pages are assigned is counted. */
	EXPECT(rmpupdate(BIG(1) + 0x3000, 0, 0, 0, 0, 0), 0);
	rmp_entry(BIG(1), first);
	EXPECT(first[0] >> 3 & 511, 510);
	EXPECT(rmpupdate(BIG(1), 0, 0, 0, 0, 0), 0);
	rmp_entry(BIG(1), first);
	EXPECT(first[0], 510 << 3);
	machine_read(RMP_BASE + 8 * 3, &counter, sizeof(counter));
	EXPECT(counter, 510);
	/* An immutable page is locked, too; a page without an ASID gives nobody permissions. */
	EXPECT(rmpupdate(PAGE(9), 0, 1, 0, 1, 0), 0);
	rmp_entry(PAGE(9), entry);
	EXPECT(entry[0], 1LL << 63 | 5);
	EXPECT(entry[1], 0);
	EXPECT(machine_count_pages(0, FIRMWARE), 1);
	EXPECT(rmpupdate(PAGE(10), 0, 1, 0, 0, 0), 0);
	EXPECT(machine_count_pages(0, RECLAIM), 1);
	EXPECT(rmpupdate(PAGE(11), GPA, 1, 0, 1, 4), 0);
	EXPECT(machine_count_pages(4, PRE_GUEST), 1);
	EXPECT(machine_count_pages(ANY_ASID, PRE_GUEST), 1);
	EXPECT(machine_count_pages(5, PRE_GUEST), 0);
}

static void expect_refused(int line, uint64_t address)
{
	struct registers r;

	expect(__FILE__, line, "a write's exception", processor_write(address, &r), EXCEPTION_PF);
	expect(__FILE__, line, "its error code", r.error, PF_RMP | PF_PRESENT | PF_WRITE);
	expect(__FILE__, line, "CR2", r.cr2, address);
	expect(__FILE__, line, "a read's exception", processor_read(address, &r), NO_EXCEPTION);
}

static void expect_allowed(int line, uint64_t address)
{
	struct registers r;

	expect(__FILE__, line, "a write's exception", processor_write(address, &r), NO_EXCEPTION);
	expect(__FILE__, line, "a read's exception", processor_read(address, &r), NO_EXCEPTION);
	expect(__FILE__, line, "what was written", r.rcx & 0xff, 0x5a);
}

#define REFUSED(address)	expect_refused(__LINE__, address)
#define ALLOWED(address)	expect_allowed(__LINE__, address)
#define BY_4K(page)		(MAP_4K + ((page) - PAGES) + 0x123)
#define BY_1G(page)		(MAP_1G + (page) + 0x123)

static void test_accesses(void)
{
	start_snp("");
	ALLOWED(BY_4K(PAGE(1)));
	snp_on();
	ALLOWED(BY_4K(PAGE(1)));
	ALLOWED(PAGE(1));
	ALLOWED(BY_1G(PAGE(1)));
	/* No translation from before is good for it; others of the 2 MiB can be reached by 4 KiB. */
	EXPECT(rmpupdate(PAGE(1), GPA, 1, 0, 0, 1), 0);
	REFUSED(BY_4K(PAGE(1)));
	ALLOWED(BY_4K(PAGE(2)));
	/* A mapping must have no page that is not the host's. */
	REFUSED(PAGE(1));
	REFUSED(PAGE(2));
	REFUSED(BY_1G(PAGE(2)));
	ALLOWED(BIG(1));
	REFUSED(BY_1G(BIG(1)));
	/* By whom it is held does not matter. */
	EXPECT(rmpupdate(PAGE(3), 0, 1, 0, 1, 0), 0);
	REFUSED(BY_4K(PAGE(3)));
	EXPECT(rmpupdate(PAGE(4), 0, 1, 0, 0, 0), 0);
	REFUSED(BY_4K(PAGE(4)));
	EXPECT(rmpupdate(PAGE(4), 0, 0, 0, 0, 0), 0);
	ALLOWED(BY_4K(PAGE(4)));
	EXPECT(rmpupdate(PAGE(1), 0, 0, 0, 0, 0), 0);
	ALLOWED(BY_4K(PAGE(1)));
	REFUSED(PAGE(1));		/* page 3 */
	EXPECT(rmpupdate(BIG(1), GPA, 1, 1, 0, 1), 0);
	REFUSED(BY_4K(BIG(1)));
	REFUSED(BY_4K(BIG(1) + 0x7000));
	REFUSED(BIG(1) + 0x7000);
	EXPECT(rmpupdate(BIG(1), 0, 0, 1, 0, 0), 0);
	ALLOWED(BY_4K(BIG(1) + 0x7000));
	ALLOWED(BIG(1) + 0x7000);
	/* The table itself, once the firmware has it. */
	ALLOWED(RMP_BASE + 0x3000);
	snp_init();
	REFUSED(RMP_BASE + 0x3000);
}

const struct test rmp_tests[] = {
	{ "SNP's MSRs", test_msrs },
	{ "RMPUPDATE and PSMASH, row by row", test_instructions },
	{ "flags, prefixes and faults of SNP's instructions", test_flags },
	{ "RMPREAD", test_read },
	{ "entries of the RMP, and counts", test_entries },
	{ "writes of the host that the RMP refuses", test_accesses },
	{ }
};

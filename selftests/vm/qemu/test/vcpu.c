// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SEV-SNP guest and its vCPU, with the structures of AMD64 Architecture Programmer's Manual, volume
 * 2, appendix B.
 */
#include "vcpu.h"
#include "snp_test.h"

#include <string.h>

/* Pages of the host's. */
#define VMCB		0x00a00000
#define HSAVE		0x00a01000
#define TABLES		0x00a10000
#define TABLE(n)	(TABLES + 0x1000ULL * (n))
#define PTE		7ULL		/* present, writable, of a user */
#define PTE_LARGE	0x87ULL

/* Guest addresses, and what they lead to. */
#define CODE		0x1000
#define HANDLER		0x1800
#define IDT		0x2000
#define STACK		0x4000
#define MEMORY(gpa)	(PAGE(16) + (gpa))

#define VECTOR_VC	29
#define SELECTOR_CODE	8
#define SELECTOR_DATA	16

#define VMGEXIT		0xf3, 0x0f, 0x01, 0xd9

static uint8_t vmsa[4096];

static void set(void *to, unsigned int offset, uint64_t value, size_t len)
{
	memcpy((uint8_t *)to + offset, &value, len);
}

static uint64_t get(const void *from, unsigned int offset)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)from + offset, sizeof(value));
	return value;
}

static void set_segment(unsigned int offset, uint16_t selector, uint16_t attributes)
{
	set(vmsa, offset, selector | (uint64_t)attributes << 16 | 0xffffffffULL << 32, 8);
}

static void fill_vmsa(uint8_t vmpl)
{
	memset(vmsa, 0, sizeof(vmsa));
	set_segment(0x10, SELECTOR_CODE, 0xc9b);
	for (unsigned int offset = 0; offset <= 0x50; offset += 0x10)
		if (offset != 0x10)
			set_segment(offset, SELECTOR_DATA, 0xc93);
	set(vmsa, 0x84, 8 * (VECTOR_VC + 1) - 1, 4);
	set(vmsa, 0x88, IDT, 8);
	set(vmsa, 0xca, vmpl, 1);
	set(vmsa, 0xd0, 0x1000, 8);	/* EFER */
	set(vmsa, 0x158, 0x11, 8);	/* CR0 */
	set(vmsa, 0x160, 0x400, 8);	/* DR7 */
	set(vmsa, 0x168, 0xffff0ff0, 8);
	set(vmsa, 0x170, 2, 8);		/* RFLAGS */
	set(vmsa, 0x178, CODE, 8);
	set(vmsa, 0x1d8, STACK, 8);
	set(vmsa, 0x3b0, 1, 8);		/* SEV_FEATURES: SNP */
	set(vmsa, 0x3e8, 1, 8);		/* XCR0 */
	set(vmsa, 0x408, 0x1f80, 4);
	set(vmsa, 0x410, 0x37f, 2);
}

static void fill_vmcb(uint64_t vmsa_address)
{
	uint8_t vmcb[4096] = {};

	set(vmcb, 0x0c, 1 << 31, 4);	/* a shutdown exits */
	set(vmcb, 0x10, 1, 4);		/* VMRUN must */
	set(vmcb, 0x58, VCPU_ASID, 4);
	set(vmcb, 0x5c, 1, 1);		/* no translation is kept */
	set(vmcb, 0x90, 7, 8);		/* nested paging, SEV, SEV-ES */
	set(vmcb, 0xb0, TABLE(0), 8);
	set(vmcb, 0xb8, 1, 8);		/* LBR, as SEV-ES demands */
	set(vmcb, 0x108, vmsa_address, 8);
	machine_write(VMCB, vmcb, sizeof(vmcb));
}

static void set_entry(int table, int index, uint64_t entry)
{
	machine_write(TABLE(table) + 8 * index, &entry, sizeof(entry));
}

/* The first 2 MiB by 4 KiB, the next as vcpu_map_big() says. */
static void fill_tables(void)
{
	static const uint8_t zeroes[0x5000];

	machine_write(TABLES, zeroes, sizeof(zeroes));
	set_entry(0, 0, TABLE(1) | PTE);
	set_entry(1, 0, TABLE(2) | PTE);
	set_entry(2, 0, TABLE(3) | PTE);
	for (int gpa = CODE; gpa < STACK; gpa += 0x1000)
		set_entry(3, gpa >> 12, MEMORY(gpa) | PTE);
}

void vcpu_map(uint64_t page)
{
	set_entry(3, TARGET >> 12, page | PTE);
}

void vcpu_map_big(uint64_t page, bool small)
{
	set_entry(2, 1, small ? TABLE(4) | PTE : page | PTE_LARGE);
	for (int i = 0; i < 512; i++)
		set_entry(4, i, (page + 0x1000ULL * i) | PTE);
}

void vcpu_assign(uint64_t page, uint64_t gpa, uint32_t asid, bool immutable)
{
	EXPECT(rmpupdate(page, gpa, 1, 0, immutable, asid), 0);
}

static void update(uint64_t page, uint64_t gpa, int type, uint8_t permissions)
{
	vcpu_assign(page, gpa, VCPU_ASID, true);
	OK(SNP_LAUNCH_UPDATE, AT(CTX), type << 1, 0, AT(page), permissions * 0x01010100u, 0);
}

void vcpu_launch(uint64_t page, uint64_t gpa, uint8_t permissions)
{
	update(page, gpa, NORMAL, permissions);
}

static void fill_memory(void)
{
	/* POP EBX: the error code; MOV EDX, CR2 */
	static const uint8_t handler[] = { 0x5b, 0x0f, 0x20, 0xd2, VMGEXIT };
	const uint64_t gate = HANDLER | SELECTOR_CODE << 16 | 0x8eULL << 40;

	machine_write(MEMORY(HANDLER), handler, sizeof(handler));
	machine_write(MEMORY(IDT) + 8 * VECTOR_VC, &gate, sizeof(gate));
	/* The only descriptor that is ever read: the handler's code. */
	set(vmsa, 0x64, 15, 4);
	set(vmsa, 0x68, IDT + 0x800, 8);
	machine_write(MEMORY(IDT) + 0x808, "\xff\xff\x00\x00\x00\x9b\xcf\x00", 8);
}

void vcpu_start(const char *properties, uint8_t vmpl)
{
	start_snp(properties);
	snp_on();
	snp_init();
	fill_vmsa(vmpl);
	fill_memory();
	fill_tables();
	machine_write(VCPU_VMSA, vmsa, sizeof(vmsa));
	give(CTX);
	OK(SNP_GCTX_CREATE, AT(CTX));
	OK(SNP_LAUNCH_START, AT(CTX), POLICY, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	OK(SNP_ACTIVATE, AT(CTX), VCPU_ASID);
	for (int gpa = CODE; gpa < STACK; gpa += 0x1000)
		vcpu_launch(MEMORY(gpa), gpa, 0xf);
	update(VCPU_VMSA, 0xfffffffff000, VMSA, 0);
	EXPECT(processor_wrmsr(MSR_HSAVE, HSAVE), NO_EXCEPTION);
}

void vcpu_set(unsigned int offset, const void *value, size_t len)
{
	memcpy(vmsa + offset, value, len);
}

struct vcpu_exit vcpu_run_at(uint64_t address, const void *code, size_t len)
{
	static const uint8_t end[] = { VMGEXIT };
	struct registers r = { .rax = VMCB };
	uint8_t vmcb[4096], after[4096];

	machine_write(MEMORY(CODE), code, len);
	machine_write(MEMORY(CODE) + len, end, sizeof(end));
	machine_write(VCPU_VMSA, vmsa, sizeof(vmsa));
	fill_vmcb(address);
	processor_execute("\x0f\x01\xd8", 3, &r);
	machine_read(VMCB, vmcb, sizeof(vmcb));
	machine_read(VCPU_VMSA, after, sizeof(after));
	return (struct vcpu_exit) {
		.code = get(vmcb, 0x70), .info1 = get(vmcb, 0x78), .info2 = get(vmcb, 0x80),
		.rax = get(after, 0x1f8), .rbx = get(after, 0x318), .rdx = get(after, 0x310),
		.flags = get(after, 0x170),
	};
}

struct vcpu_exit vcpu_run(const void *code, size_t len)
{
	return vcpu_run_at(VCPU_VMSA, code, len);
}

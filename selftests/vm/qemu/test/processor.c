// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test's processor: a BIOS that enters 64-bit mode and waits for code in memory.
 */
#include "processor.h"
#include "machine.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIOS_SIZE	0x10000
#define BIOS_BASE	0xf0000
#define RESET_VECTOR	0xfff0

/* Memory below 1 MiB: what the BIOS's code below knows by numbers. */
#define MAILBOX		0x8000
#define IDT_POINTER	0x8100
#define CODE		0x9000
#define OPERAND		0xa000
#define IDT		0xb000
#define TABLES		0x20000

#define PTE_P		1ULL
#define PTE_W		2ULL
#define PTE_LARGE	0x80ULL

#define GO		1
#define DONE		2

struct mailbox {
	uint64_t state, unused;
	uint64_t rax, rcx, rdx;			/* 0x10 */
	uint64_t out_rax, out_flags, out_rcx;	/* 0x28 */
	uint64_t vector, error, cr2;		/* 0x40 */
	uint64_t reserved, out_rdx;		/* 0x58 */
};

extern const uint8_t bios_start[], bios_end[], bios_ud[], bios_gp[], bios_pf[];

__asm__(
	".pushsection .rodata\n"
	".globl bios_start, bios_end, bios_ud, bios_gp, bios_pf\n"
	".code16\n"
	"bios_start:\n"
	"	ljmpw $0xf000, $(4f - bios_start)\n"	/* below 1 MiB */
	"4:	cli\n"
	"	cld\n"
	"0:	pause\n"
	"	cmpl $0, 0x8000\n"
	"	je 0b\n"
	"	lgdtl %cs:(bios_gdtr - bios_start)\n"
	"	movl $0x20000, %eax\n"
	"	movl %eax, %cr3\n"
	"	movl $0x20, %eax\n"		/* PAE */
	"	movl %eax, %cr4\n"
	"	movl $0xc0000080, %ecx\n"	/* EFER */
	"	rdmsr\n"
	"	orl $0x1100, %eax\n"		/* LME, SVME */
	"	wrmsr\n"
	"	movl $0x80010001, %eax\n"	/* PG, WP, PE */
	"	movl %eax, %cr0\n"
	"	ljmpl $8, $(0xf0000 + bios_long - bios_start)\n"
	".balign 8\n"
	"bios_gdt:\n"
	"	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff\n"
	"bios_gdtr:\n"
	"	.word 23\n"
	"	.long 0xf0000 + bios_gdt - bios_start\n"
	".code64\n"
	"bios_long:\n"
	"	movl $16, %eax\n"
	"	movl %eax, %ds\n"
	"	movl %eax, %es\n"
	"	movl %eax, %ss\n"
	"	movl $0x7000, %esp\n"
	"	lidt 0x8100\n"
	"1:	pause\n"
	"	cmpq $1, 0x8000\n"
	"	jne 1b\n"
	"	movq 0x8010, %rax\n"
	"	movq 0x8018, %rcx\n"
	"	movq 0x8020, %rdx\n"
	"	movq $-1, 0x8040\n"
	"	movl $0x9000, %ebx\n"
	"	call *%rbx\n"
	"2:	pushfq\n"
	"	popq 0x8030\n"
	"	movq %rax, 0x8028\n"
	"	movq %rcx, 0x8038\n"
	"	movq %rdx, 0x8060\n"
	"	movq $2, 0x8000\n"
	"	jmp 1b\n"
	"bios_ud:\n"
	"	movq $6, 0x8040\n"
	"	movq $0, 0x8048\n"
	"	jmp 3f\n"
	"bios_gp:\n"
	"	movq $13, 0x8040\n"
	"	popq 0x8048\n"
	"	jmp 3f\n"
	"bios_pf:\n"
	"	movq $14, 0x8040\n"
	"	popq 0x8048\n"
	"	movq %cr2, %rbx\n"
	"	movq %rbx, 0x8050\n"
	"3:	movl $0x7000, %esp\n"
	"	jmp 2b\n"
	"bios_end:\n"
	".popsection\n"
);

static char bios_path[] = "/tmp/sev-bios.XXXXXX";

static void remove_bios(void)
{
	unlink(bios_path);
}

const char *processor_bios(void)
{
	static const uint8_t jump[] = { 0xe9, (uint8_t)(0 - RESET_VECTOR - 3),
					(uint8_t)((0 - RESET_VECTOR - 3) >> 8) };
	static uint8_t image[BIOS_SIZE];
	static bool made;
	int fd;

	if (made)
		return bios_path;
	memcpy(image, bios_start, bios_end - bios_start);
	memcpy(image + RESET_VECTOR, jump, sizeof(jump));
	fd = mkstemp(bios_path);
	if (fd < 0 || write(fd, image, sizeof(image)) != sizeof(image))
		err(1, "%s", bios_path);
	close(fd);
	made = true;
	atexit(remove_bios);
	return bios_path;
}

static void set_gate(int vector, const uint8_t *handler)
{
	uint64_t address = BIOS_BASE + (handler - bios_start);
	uint64_t gate[2] = { (address & 0xffff) | 8ULL << 16 | 0x8e00ULL << 32 |
			     (address >> 16 & 0xffff) << 48 };

	machine_write(IDT + 16 * vector, gate, sizeof(gate));
}

static void set_tables(void)
{
	uint64_t top[512] = {}, table[4][512] = {}, small[2][512];
	uint64_t at = TABLES + 0x1000;

	/* A table of GiB for each map; below the first 2 MiB pages, below the second 4 KiB ones. */
	for (int i = 0; i < 3; i++)
		top[i] = (at + 0x1000 * i) | PTE_P | PTE_W;
	table[0][0] = (at + 0x3000) | PTE_P | PTE_W;
	table[0][4] = (at + 0x4000) | PTE_P | PTE_W;
	table[1][0] = (at + 0x5000) | PTE_P | PTE_W;
	for (int i = 0; i < 8; i++)
		table[2][i] = (uint64_t)i << 30 | PTE_P | PTE_W | PTE_LARGE;
	machine_write(TABLES, top, sizeof(top));
	for (int i = 0; i < 3; i++)
		machine_write(at + 0x1000 * i, table[i], sizeof(table[i]));
	for (int gib = 0; gib < 8; gib += 4) {
		for (int i = 0; i < 512; i++)
			table[3][i] = (uint64_t)gib << 30 | (uint64_t)i << 21 | PTE_P | PTE_W |
				      PTE_LARGE;
		machine_write(at + 0x3000 + 0x1000 * (gib / 4), table[3], sizeof(table[3]));
	}
	memset(table[3], 0, sizeof(table[3]));
	for (int n = 0; n < 2; n++) {
		table[3][n] = (at + 0x6000 + 0x1000 * n) | PTE_P | PTE_W;
		for (int i = 0; i < 512; i++)
			small[n][i] = (PAGES + 0x200000 * n + 0x1000 * i) | PTE_P | PTE_W;
		machine_write(at + 0x6000 + 0x1000 * n, small[n], sizeof(small[n]));
	}
	machine_write(at + 0x5000, table[3], sizeof(table[3]));
}

void processor_start(void)
{
	struct __attribute__((packed)) { uint16_t limit; uint64_t base; } pointer = { 0xfff, IDT };
	struct mailbox mailbox = { .state = DONE };

	set_tables();
	set_gate(EXCEPTION_UD, bios_ud);
	set_gate(EXCEPTION_GP, bios_gp);
	set_gate(EXCEPTION_PF, bios_pf);
	machine_write(IDT_POINTER, &pointer, sizeof(pointer));
	machine_write(MAILBOX, &mailbox, sizeof(mailbox));
}

void processor_execute(const void *code, size_t len, struct registers *r)
{
	struct mailbox mailbox = { .rax = r->rax, .rcx = r->rcx, .rdx = r->rdx };
	const uint64_t go = GO;

	machine_write(CODE, code, len);
	machine_write(CODE + len, "\xc3", 1);
	machine_write(MAILBOX + 8, (uint8_t *)&mailbox + 8, sizeof(mailbox) - 8);
	machine_write(MAILBOX, &go, sizeof(go));
	do {
		machine_read(MAILBOX, &mailbox, sizeof(mailbox));
	} while (mailbox.state != DONE);
	*r = (struct registers) {
		.rax = mailbox.out_rax, .rcx = mailbox.out_rcx, .rdx = mailbox.out_rdx,
		.flags = mailbox.out_flags, .vector = mailbox.vector, .error = mailbox.error,
		.cr2 = mailbox.cr2,
	};
}

uint64_t processor_rdmsr(uint32_t msr)
{
	struct registers r = { .rcx = msr };

	processor_execute("\x0f\x32", 2, &r);
	return (r.rdx << 32) | (uint32_t)r.rax;
}

uint64_t processor_wrmsr(uint32_t msr, uint64_t value)
{
	struct registers r = { .rcx = msr, .rax = (uint32_t)value, .rdx = value >> 32 };

	processor_execute("\x0f\x30", 2, &r);
	return r.vector;
}

uint64_t processor_write(uint64_t address, struct registers *r)
{
	*r = (struct registers) { .rax = address, .rcx = 0x5a };
	processor_execute("\x88\x08", 2, r);		/* mov %cl, (%rax) */
	return r->vector;
}

uint64_t processor_read(uint64_t address, struct registers *r)
{
	*r = (struct registers) { .rax = address };
	processor_execute("\x8a\x08", 2, r);		/* mov (%rax), %cl */
	return r->vector;
}

static unsigned int result(const struct registers *r)
{
	return r->vector == NO_EXCEPTION ? (uint32_t)r->rax : 0x100 + r->vector;
}

unsigned int rmpupdate(uint64_t page, uint64_t gpa, int assigned, int size, int immutable,
		       uint32_t asid)
{
	struct registers r = { .rax = page, .rcx = OPERAND };
	struct __attribute__((packed)) {
		uint64_t gpa;
		uint8_t assigned, size, immutable, reserved;
		uint32_t asid;
	} operand = { gpa, assigned, size, immutable, 0, asid };

	machine_write(OPERAND, &operand, sizeof(operand));
	processor_execute("\xf2\x0f\x01\xfe", 4, &r);
	return result(&r);
}

unsigned int psmash(uint64_t page)
{
	struct registers r = { .rax = page };

	processor_execute("\xf3\x0f\x01\xff", 4, &r);
	return result(&r);
}

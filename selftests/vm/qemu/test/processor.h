/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor of a machine with SEV-SNP, in 64-bit mode: it executes what the test gives it, one
 * piece of code at a time, and reports how that ended.
 *
 * The first GiB and the fifth are mapped where they are, by pages of 2 MiB; once more, in whole GiB,
 * from MAP_1G on; and the 4 MiB of pages for the RMP's tests by pages of 4 KiB from MAP_4K on.
 */
#ifndef SEV_TEST_PROCESSOR_H
#define SEV_TEST_PROCESSOR_H

#include <stddef.h>
#include <stdint.h>

#define PAGES		0x01000000ULL	/* 2 MiB aligned */
#define PAGES_SIZE	0x00400000ULL
#define MAP_4K		0x8000000000ULL
#define MAP_1G		0x10000000000ULL

#define NO_EXCEPTION	(~0ULL)
#define EXCEPTION_UD	6
#define EXCEPTION_GP	13
#define EXCEPTION_PF	14

#define MSR_SYSCFG	0xc0010010
#define MSR_RMP_BASE	0xc0010132
#define MSR_RMP_END	0xc0010133
#define MSR_HSAVE	0xc0010117
#define SYSCFG_PLAIN	0x00800000ULL
#define SYSCFG_SNP	0x03880000ULL

struct registers {
	uint64_t rax, rcx, rdx;
	uint64_t flags;
	uint64_t vector, error, cr2;	/* NO_EXCEPTION, or how the code ended */
};

const char *processor_bios(void);
void processor_start(void);

/* In: RAX, RCX and RDX; out: all. */
void processor_execute(const void *code, size_t len, struct registers *r);

uint64_t processor_rdmsr(uint32_t msr);
/* The exception that it raised. */
uint64_t processor_wrmsr(uint32_t msr, uint64_t value);
/* A byte, by an address of the program's. */
uint64_t processor_write(uint64_t address, struct registers *r);
uint64_t processor_read(uint64_t address, struct registers *r);

/* EAX, or 0x100 + the exception. */
unsigned int rmpupdate(uint64_t page, uint64_t gpa, int assigned, int size, int immutable,
		       uint32_t asid);
unsigned int psmash(uint64_t page);

#endif

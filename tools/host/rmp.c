// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RMP in memory, mapped from /dev/mem: it is no RAM to the kernel, whose read() of it fails
 * with EFAULT. BIOSes reserve its memory, which CONFIG_STRICT_DEVMEM lets be mapped; a kernel that
 * is locked down has no
 * /dev/mem. Entries are laid out as the kernel's struct
 * rmpentry_raw (arch/x86/virt/svm/sev.c) on processors without the instruction RMPREAD. Where that
 * is, or where the table is in segments, the layout is the processor's own affair.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/read.h"
#include "host/rmp.h"

#define CPUID_ENCRYPTED_MEMORY	0x8000001f
#define CPUID_SNP		4
#define CPUID_RMPREAD		21
#define CPUID_SEGMENTED_RMP	23

#define MSR_RMP_CFG		0xc0010136
#define MSR_RMP_CFG_SEGMENTED	1
#define RMP_ADDRESS_MASK	0x000fffffffffe000ULL
#define ADDRESS_BITS		52

/* What precedes the entries is the processor's. */
#define HEADER_BYTES		0x4000
#define ENTRY_WORDS		2
#define ENTRY_BYTES		(ENTRY_WORDS * sizeof(uint64_t))
#define ENTRY_ASSIGNED		1
#define ENTRY_ASID_SHIFT	51

/* Entries that are mapped at once: 1 MiB. */
#define CHUNK			(1UL << 16)

__attribute__((format(printf, 2, 3)))
static bool because(struct rmp_table *table, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(table->why, sizeof(table->why), format, args);
	va_end(args);
	return false;
}

bool rmp_place(struct rmp_table *table, uint32_t features, const struct rmp_msrs *msrs)
{
	const uint64_t base = msrs->base & RMP_ADDRESS_MASK;

	if (!(features >> CPUID_SNP & 1))
		return because(table, "the processor has no SEV-SNP");
	if (features >> CPUID_RMPREAD & 1)
		return because(table, "on this processor only the kernel can read the RMP (RMPREAD)");
	if (features >> CPUID_SEGMENTED_RMP & 1 && msrs->config & MSR_RMP_CFG_SEGMENTED)
		return because(table, "the RMP is in segments, whose layout is not known");
	if (!base || msrs->end < base + HEADER_BYTES)
		return because(table, "the BIOS has reserved no RMP");
	if (msrs->end >> ADDRESS_BITS)
		return because(table, "the BIOS says that the RMP ends at 0x%" PRIx64 ", where no memory can be",
			       msrs->end);
	table->start = base + HEADER_BYTES;
	table->pages = (msrs->end + 1 - table->start) / ENTRY_BYTES;
	return true;
}

static bool find_table(struct rmp_table *table, const char *root)
{
	struct rmp_msrs msrs = { .end = UINT64_MAX };
	uint32_t registers[4] = {};
	int ret;

	/* Without SEV-SNP there are no such MSRs. */
	if (!read_cpuid(root, CPUID_ENCRYPTED_MEMORY, registers) ||
	    !(registers[EAX] >> CPUID_SNP & 1) || registers[EAX] >> CPUID_RMPREAD & 1)
		return rmp_place(table, registers[EAX], &msrs);
	ret = read_msr(root, MSR_RMP_BASE, &msrs.base) ?: read_msr(root, MSR_RMP_END, &msrs.end);
	if (!ret && registers[EAX] >> CPUID_SEGMENTED_RMP & 1)
		ret = read_msr(root, MSR_RMP_CFG, &msrs.config);
	if (ret)
		return because(table, "%s", read_msr_why(MSR_RMP_BASE, ret));
	return rmp_place(table, registers[EAX], &msrs);
}

bool rmp_open(struct rmp_table *table, const char *root)
{
	char path[PATH_MAX];

	*table = (struct rmp_table) { .fd = -1 };
	if (!find_table(table, root))
		return false;
	rooted(path, root, "/dev/mem");
	table->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (table->fd < 0)
		return because(table, "/dev/mem: %s: it needs root, and a kernel with CONFIG_DEVMEM that is not locked down",
			       strerror(errno));
	return true;
}

void rmp_close(struct rmp_table *table)
{
	if (table->fd >= 0)
		close(table->fd);
	table->fd = -1;
}

uint64_t rmp_guest_pages(const struct rmp_owners *owners)
{
	uint64_t pages = 0;
	size_t asid;

	for (asid = 1; asid < RMP_ASIDS; asid++)
		pages += owners->pages[asid];
	return pages;
}

/* The kernel changes them meanwhile: each is read once. */
static void count(struct rmp_owners *owners, const volatile uint64_t *entries, size_t nr)
{
	uint64_t entry;
	size_t i;

	for (i = 0; i < nr * ENTRY_WORDS; i += ENTRY_WORDS) {
		entry = entries[i];
		if (entry & ENTRY_ASSIGNED)
			owners->pages[entry >> ENTRY_ASID_SHIFT & (RMP_ASIDS - 1)]++;
	}
}

/*
 * Touching what lies behind the end of a file, which stands for /dev/mem in tests, would end the
 * program.
 */
static bool ends_early(const struct rmp_table *table)
{
	struct stat file;

	return !fstat(table->fd, &file) && S_ISREG(file.st_mode) &&
	       (uint64_t)file.st_size < table->start + table->pages * ENTRY_BYTES;
}

bool rmp_read(struct rmp_table *table, struct rmp_owners *owners)
{
	uint64_t page, nr;
	void *entries;

	*owners = (struct rmp_owners) {};
	if (ends_early(table))
		return because(table, "/dev/mem ends before the RMP does");
	for (page = 0; page < table->pages; page += nr) {
		nr = table->pages - page < CHUNK ? table->pages - page : CHUNK;
		entries = mmap(NULL, nr * ENTRY_BYTES, PROT_READ, MAP_SHARED, table->fd,
			       table->start + page * ENTRY_BYTES);
		if (entries == MAP_FAILED)
			return because(table, "/dev/mem: %s: the kernel does not let the RMP be mapped",
				       strerror(errno));
		count(owners, entries, nr);
		munmap(entries, nr * ENTRY_BYTES);
	}
	return true;
}

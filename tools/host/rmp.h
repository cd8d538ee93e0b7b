/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reverse map table (RMP) of a host with SEV-SNP, as the processor has it in memory, read only.
 * The module has no part in it: it is what the module's count of private memory is held against.
 */
#ifndef SEVADM_HOST_RMP_H
#define SEVADM_HOST_RMP_H

#include <stdbool.h>
#include <stdint.h>

/* AMD APM volume 2 (24593), 15.36.4 and 15.36.5 */
#define MSR_RMP_BASE	0xc0010132
#define MSR_RMP_END	0xc0010133

/* An entry has ten bits for the ASID. */
#define RMP_ASIDS	1024
#define RMP_PAGE	4096

/**
 * struct rmp_table - the table
 * @why: why it cannot be read, after a function returned false
 * @fd: /dev/mem, or -1
 * @start: address of the first entry
 * @pages: how many 4 KiB pages of memory have an entry
 */
struct rmp_table {
	char why[192];
	int fd;
	uint64_t start, pages;
};

/**
 * struct rmp_owners - how many 4 KiB pages are assigned, by owner
 * @pages: by ASID; [0] are those of the firmware, or on their way back from it
 */
struct rmp_owners {
	uint64_t pages[RMP_ASIDS];
};

/**
 * struct rmp_msrs - where the BIOS has put the table; @config is 0 on processors that have no
 * segments
 */
struct rmp_msrs {
	uint64_t base, end, config;
};

/**
 * rmp_place() - find the entries
 * @table: gets @start and @pages
 * @features: CPUID 0x8000001f, EAX
 *
 * Return: true; false: @table->why says why they cannot be read.
 */
bool rmp_place(struct rmp_table *table, uint32_t features, const struct rmp_msrs *msrs);

/**
 * rmp_open() - find the table
 * @root: "" on a live host; tests have a folder that stands for /
 *
 * Return: true; false: @table->why says why not, and rmp_close() need not be called.
 */
bool rmp_open(struct rmp_table *table, const char *root);

/** rmp_read() - count the pages by owner, which takes no lock; false: @table->why says why not */
bool rmp_read(struct rmp_table *table, struct rmp_owners *owners);

/** rmp_guest_pages() - return the pages of all guests */
uint64_t rmp_guest_pages(const struct rmp_owners *owners);

void rmp_close(struct rmp_table *table);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many pages the emulated host's RMP has in each state, as the machine itself sees it: see
 * vm/qemu/sev-psp.c. The kernel has no part in it.
 */
#ifndef SEVADM_RMP_COUNT_H
#define SEVADM_RMP_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* By the numbers of vm/qemu/sev-rmp.h. */
enum rmp_state {
	RMP_HYPERVISOR,
	RMP_HV_FIXED,
	RMP_FIRMWARE,
	RMP_FIRMWARE_IOMMU,
	RMP_RECLAIM,
	RMP_CONTEXT,
	RMP_METADATA,
	RMP_PRE_GUEST,
	RMP_PRE_SWAP,
	RMP_GUEST_INVALID,
	RMP_GUEST_VALID,
	RMP_INVALID,
	RMP_STATES
};

#define RMP_ANY_ASID	0xffff

struct rmp_counts {
	uint32_t pages[RMP_STATES];
};

/* False: there is no emulated host with SEV-SNP. */
bool rmp_open(void);
/* 4 KiB pages of an ASID, or of all; false: they could not be read. */
bool rmp_count(uint16_t asid, struct rmp_counts *counts);
const char *rmp_state_name(enum rmp_state state);

#endif /* SEVADM_RMP_COUNT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a host decides how a VM fares with its limits. */
#ifndef SEVADM_MEMLOCK_HOST_H
#define SEVADM_MEMLOCK_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "host/facts.h"
#include "memlock/figures.h"

/**
 * define MEMLOCK_LIBVIRT_DEFAULT - LimitMEMLOCK= of libvirt's units, where the host is not known
 */
#define MEMLOCK_LIBVIRT_DEFAULT	((uint64_t)64 << 20)

/**
 * struct memlock_host - sizes in bytes
 * @inherited: RLIMIT_MEMLOCK of the libvirt daemon, or MEMLOCK_UNLIMITED
 * @charges_late: pinned memory is charged when the guest writes to it, not when it is pinned
 * @memory: how much it has; 0: not known
 * @rmp: bytes of its RMP; 0: it has none, or it is not known
 * @asids_known: the three numbers that follow are known
 * @asids, @es_asids, @snp_asids: how many SEV, SEV-ES and SEV-SNP guests can have one; the last two
 *	share theirs unless ciphertext is hidden
 * @qemu: MEMLOCK_QEMU() of its QEMU; 0: not known
 * @qemu_name: the same as text; "": not known
 * @figures: of its QEMU, by @match
 * @stale: it measured another QEMU than it has; "": it did not
 */
struct memlock_host {
	uint64_t inherited;
	bool charges_late;
	uint64_t memory;
	uint64_t rmp;
	bool asids_known;
	uint64_t asids, es_asids, snp_asids;
	unsigned int qemu;
	char qemu_name[32];
	const struct memlock_figures *figures;
	enum memlock_match match;
	char stale[32];
};

/** memlock_host_of() - by its facts; NULL: a current kernel, and libvirt's default */
void memlock_host_of(struct memlock_host *host, const struct host_facts *facts);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a host decides how a VM fares with its limits. */
#ifndef SEVADM_MEMLOCK_HOST_H
#define SEVADM_MEMLOCK_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "host/facts.h"

/** define MEMLOCK_LIBVIRT_DEFAULT - LimitMEMLOCK= of libvirt's units, where the host is not known */
#define MEMLOCK_LIBVIRT_DEFAULT	((uint64_t)64 << 20)

/**
 * struct memlock_host - sizes in bytes
 * @inherited: RLIMIT_MEMLOCK of the libvirt daemon, or MEMLOCK_UNLIMITED
 * @charges_late: pinned memory is charged when the guest writes to it, not when it is pinned
 * @memory: how much it has; 0: not known
 */
struct memlock_host {
	uint64_t inherited;
	bool charges_late;
	uint64_t memory;
};

/** memlock_host_of() - by its facts; NULL: a current kernel, and libvirt's default */
void memlock_host_of(struct memlock_host *host, const struct host_facts *facts);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* What of a host decides how a VM fares with its limits. */
#include "memlock/host.h"

#include <stdio.h>

/*
 * KVM pins guest memory with FOLL_LONGTERM and without FOLL_WRITE. Since Linux 6.2 ("mm/gup:
 * reliable R/O long-term pinning in COW mappings") such a pin allocates the pages. Before, it pins
 * the zero page, and guest memory is allocated, and charged, as the guest writes to it.
 */
static bool pins_zero_page(const char *release)
{
	unsigned int major, minor;

	return release && sscanf(release, "%u.%u", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 2));
}

void memlock_host_of(struct memlock_host *host, const struct host_facts *facts)
{
	uint64_t most, least, hiding;
	const char *qemu = facts ? host_text(facts, HOST_QEMU_VERSION) : NULL;

	*host = (struct memlock_host) { .inherited = MEMLOCK_LIBVIRT_DEFAULT };
	host->qemu = memlock_version(qemu);
	if (host->qemu)
		snprintf(host->qemu_name, sizeof(host->qemu_name), "%s", qemu);
	host->figures = memlock_figures_shipped(host->qemu, &host->match);
	if (!facts)
		return;
	if (!host_number(facts, HOST_MEMLOCK_LIBVIRT_BYTES, &host->inherited))
		host->inherited = MEMLOCK_LIBVIRT_DEFAULT;
	host->charges_late = pins_zero_page(host_text(facts, HOST_KERNEL));
	if (!host_number(facts, HOST_MEMORY_BYTES, &host->memory))
		host->memory = 0;
	host_number(facts, HOST_RMP_BYTES, &host->rmp);
	if (host_number(facts, HOST_MAX_ASID, &most) &&
	    host_number(facts, HOST_MIN_SEV_ASID, &least) && least && least <= most + 1) {
		host->asids = most - least + 1;
		host_number(facts, HOST_CIPHERTEXT_HIDING_ASIDS, &hiding);
		hiding = hiding < least ? hiding : least - 1;
		host->es_asids = least - 1 - hiding;
		host->snp_asids = hiding ?: least - 1;
		host->asids_known = true;
	}
}

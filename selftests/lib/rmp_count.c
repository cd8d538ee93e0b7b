// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated host's own count of RMP pages: a capability of the security processor's PCI
 * configuration.
 */
#include <endian.h>
#include <unistd.h>

#include "psp_config.h"
#include "rmp_count.h"

#define COUNT_LENGTH		16
#define COUNT_QUESTION		4	/* ASID, state */
#define COUNT_ANSWER		8

static int fd = -1;
static off_t counter;

bool rmp_open(void)
{
	fd = psp_config_open(COUNT_LENGTH, &counter);
	return fd >= 0;
}

static bool count_state(uint16_t asid, enum rmp_state state, uint32_t *pages)
{
	uint32_t question = htole32(asid | (uint32_t)state << 16), answer;

	if (pwrite(fd, &question, sizeof(question), counter + COUNT_QUESTION) != sizeof(question) ||
	    pread(fd, &answer, sizeof(answer), counter + COUNT_ANSWER) != sizeof(answer))
		return false;
	*pages = le32toh(answer);
	return true;
}

bool rmp_count(uint16_t asid, struct rmp_counts *counts)
{
	int state;

	for (state = 0; state < RMP_STATES; state++)
		if (!count_state(asid, state, &counts->pages[state]))
			return false;
	return true;
}

const char *rmp_state_name(enum rmp_state state)
{
	static const char * const names[] = {
		"hypervisor", "hv-fixed", "firmware", "firmware-iommu", "reclaim", "context",
		"metadata", "pre-guest", "pre-swap", "guest-invalid", "guest-valid", "invalid",
	};

	return names[state];
}

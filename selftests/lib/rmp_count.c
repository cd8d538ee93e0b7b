// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated host's own count of RMP pages: a vendor-specific capability of the security
 * processor's PCI configuration space, asked through sysfs.
 */
#include <endian.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "rmp_count.h"

/* PCI Local Bus Specification 3.0, chapter 6 */
#define PCI_SUBSYSTEM		0x2c
#define PCI_CAPABILITIES	0x34
#define PCI_CAP_VENDOR		0x09
#define PCI_CONFIG_BYTES	256

/* AMD's security processor, and QEMU as the maker of the board: no real one has that. */
static const uint8_t emulated_id[] = { 0x22, 0x10, 0xca, 0x14 };
static const uint8_t emulated_subsystem[] = { 0xf4, 0x1a, 0x00, 0x11 };

#define COUNT_LENGTH		16
#define COUNT_QUESTION		4	/* ASID, state */
#define COUNT_ANSWER		8

static int fd = -1;
static off_t counter;

static bool open_device(const char *path)
{
	uint8_t config[PCI_CONFIG_BYTES], at;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (pread(fd, config, sizeof(config), 0) == sizeof(config) &&
	    !memcmp(config, emulated_id, sizeof(emulated_id)) &&
	    !memcmp(config + PCI_SUBSYSTEM, emulated_subsystem, sizeof(emulated_subsystem)))
		for (at = config[PCI_CAPABILITIES]; at && at < sizeof(config) - COUNT_LENGTH;
		     at = config[at + 1])
			if (config[at] == PCI_CAP_VENDOR && config[at + 2] == COUNT_LENGTH) {
				counter = at;
				return true;
			}
	close(fd);
	fd = -1;
	return false;
}

bool rmp_open(void)
{
	glob_t devices;
	size_t i;

	if (glob("/sys/bus/pci/devices/*/config", 0, NULL, &devices))
		return false;
	for (i = 0; i < devices.gl_pathc && fd < 0; i++)
		open_device(devices.gl_pathv[i]);
	globfree(&devices);
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Have the emulated security processor fail one command: a vendor-specific capability in its PCI
 * configuration space, found and written through sysfs.
 */
#include <endian.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "psp_fault.h"

/* PCI Local Bus Specification 3.0, chapter 6 */
#define PCI_SUBSYSTEM		0x2c
#define PCI_CAPABILITIES	0x34
#define PCI_CAP_VENDOR		0x09
#define PCI_CONFIG_BYTES	256

/* AMD's security processor, and QEMU as the maker of the board: no real one has that. */
static const uint8_t emulated_id[] = { 0x22, 0x10, 0xca, 0x14 };
static const uint8_t emulated_subsystem[] = { 0xf4, 0x1a, 0x00, 0x11 };

#define FAULT_LENGTH		8
#define FAULT_RULE		4

static int fd = -1;
static off_t rule;

static bool open_device(const char *path)
{
	uint8_t config[PCI_CONFIG_BYTES], at;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (pread(fd, config, sizeof(config), 0) == sizeof(config) &&
	    !memcmp(config, emulated_id, sizeof(emulated_id)) &&
	    !memcmp(config + PCI_SUBSYSTEM, emulated_subsystem, sizeof(emulated_subsystem)))
		for (at = config[PCI_CAPABILITIES]; at && at < sizeof(config) - FAULT_LENGTH;
		     at = config[at + 1])
			if (config[at] == PCI_CAP_VENDOR && config[at + 2] == FAULT_LENGTH) {
				rule = at + FAULT_RULE;
				return true;
			}
	close(fd);
	fd = -1;
	return false;
}

bool psp_fault_open(void)
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

bool psp_fault_arm(uint16_t command, uint16_t status)
{
	uint32_t value = htole32((uint32_t)command << 16 | status);

	return pwrite(fd, &value, sizeof(value), rule) == sizeof(value);
}

bool psp_fault_is_armed(void)
{
	uint32_t value = 0;

	return pread(fd, &value, sizeof(value), rule) == sizeof(value) && value;
}

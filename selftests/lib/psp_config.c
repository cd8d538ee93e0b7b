// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI configuration space of the emulated security processor, through sysfs: its
 * vendor-specific capabilities, which each have a length of their own.
 */
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "psp_config.h"

/* PCI Local Bus Specification 3.0, chapter 6 */
#define PCI_SUBSYSTEM		0x2c
#define PCI_CAPABILITIES	0x34
#define PCI_CAP_VENDOR		0x09
#define PCI_CONFIG_BYTES	256

/* AMD's security processor, and QEMU as the maker of the board: no real one has that. */
static const uint8_t emulated_id[] = { 0x22, 0x10, 0xca, 0x14 };
static const uint8_t emulated_subsystem[] = { 0xf4, 0x1a, 0x00, 0x11 };

static int open_device(const char *path, uint8_t length, off_t *capability)
{
	uint8_t config[PCI_CONFIG_BYTES], at;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (pread(fd, config, sizeof(config), 0) == sizeof(config) &&
	    !memcmp(config, emulated_id, sizeof(emulated_id)) &&
	    !memcmp(config + PCI_SUBSYSTEM, emulated_subsystem, sizeof(emulated_subsystem)))
		for (at = config[PCI_CAPABILITIES]; at && at < sizeof(config) - length;
		     at = config[at + 1])
			if (config[at] == PCI_CAP_VENDOR && config[at + 2] == length) {
				*capability = at;
				return fd;
			}
	close(fd);
	return -1;
}

int psp_config_open(uint8_t length, off_t *capability)
{
	glob_t devices;
	int fd = -1;
	size_t i;

	if (glob("/sys/bus/pci/devices/*/config", 0, NULL, &devices))
		return -1;
	for (i = 0; i < devices.gl_pathc && fd < 0; i++)
		fd = open_device(devices.gl_pathv[i], length, capability);
	globfree(&devices);
	return fd;
}

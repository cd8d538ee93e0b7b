// SPDX-License-Identifier: GPL-2.0-only
/*
 * Have the emulated security processor fail one command: a capability of its PCI configuration
 * space.
 */
#include <endian.h>
#include <unistd.h>

#include "psp_config.h"
#include "psp_fault.h"

#define FAULT_LENGTH		8
#define FAULT_RULE		4

static int fd = -1;
static off_t rule;

bool psp_fault_open(void)
{
	fd = psp_config_open(FAULT_LENGTH, &rule);
	rule += FAULT_RULE;
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine with a PSP and no program running on it: the test itself is the driver.
 */
#ifndef SEV_TEST_MACHINE_H
#define SEV_TEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where psp_command() puts its buffer. */
#define COMMAND_BUFFER	0x900000

/* Never a status: the command was not answered. */
#define PSP_SILENT	(-1)

/*
 * Starts one with these properties of the PSP, in place of the last one. With a file @bios it has
 * SEV-SNP, 64 MiB of memory below 4 GiB and 32 above, and a processor that runs that.
 */
void machine_start(const char *qemu, const char *properties, const char *bios);
void machine_stop(void);

void machine_write(uint64_t addr, const void *data, size_t len);
void machine_read(uint64_t addr, void *data, size_t len);
uint32_t machine_register(uint32_t offset);
void machine_set_register(uint32_t offset, uint32_t value);
/* Whether the PSP may reach memory at all. */
void machine_set_bus_master(bool on);

/* Of SEV-SNP: pages that are of that ASID (0xffff: any) and in that state (sev-rmp.h). */
uint32_t machine_count_pages(uint16_t asid, uint8_t state);

/* The vendor-specific capability for faults: @id, once, fails with @status. Returns what it was before. */
uint32_t machine_arm_fault(uint16_t id, uint16_t status);

/* @buffer may be NULL if @len is 0; it comes back as the firmware left it. */
int psp_command(unsigned int id, void *buffer, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCI configuration space of the emulated security processor: see vm/qemu/sev-psp.c. */
#ifndef SEVADM_PSP_CONFIG_H
#define SEVADM_PSP_CONFIG_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Opens the configuration space, for reading and writing, and finds the vendor-specific capability
 * that has @length bytes. -1: there is no emulated security processor that has it, and nothing was
 * touched.
 */
int psp_config_open(uint8_t length, off_t *capability);

#endif /* SEVADM_PSP_CONFIG_H */

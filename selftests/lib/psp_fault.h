/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Have the emulated security processor fail one command: see vm/qemu/sev-psp.c.
 */
#ifndef SEVADM_PSP_FAULT_H
#define SEVADM_PSP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* False: there is no emulated security processor, and nothing was touched. */
bool psp_fault_open(void);
/* The next @command fails with @status. */
bool psp_fault_arm(uint16_t command, uint16_t status);
/* The command that was armed has not come. */
bool psp_fault_is_armed(void);

#endif /* SEVADM_PSP_FAULT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated SEV host, as the rest of QEMU sees it. Its parts:
 *
 *  sev-psp.c        the security processor as a PCI device: registers, timing, faults, log; how to
 *                   use it is explained there
 *  sev-firmware.c   the firmware's commands: a table of what each needs
 *  sev-platform.c, sev-guest.c, sev-transport.c     what they do
 *  sev-keys.c       keys, certificates, measurements and protected packets
 *  sev-vcpu.c       what a SEV guest's vCPU needs of TCG's nested SVM
 *
 * Copied into QEMU's source by ./build; sev-host.patch adds the calls.
 */
#ifndef HW_I386_SEV_HOST_H
#define HW_I386_SEV_HOST_H

#include "cpu.h"

#define SEV_CBIT	51

/* The one PSP of the machine, if it has one (sev-psp.c). */
void sev_host_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
uint64_t sev_host_rdmsr(uint32_t msr);
bool sev_host_asid_valid(uint32_t asid);

/* Nested SVM (sev-vcpu.c). */
bool sev_vcpu_enter(CPUX86State *env, uint64_t nested_ctl, uint32_t asid);
uint64_t sev_vcpu_exit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1);
bool sev_vcpu_rdmsr(CPUX86State *env, uint64_t *val);

#endif

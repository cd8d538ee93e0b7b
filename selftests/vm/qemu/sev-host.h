/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated SEV host, as the rest of QEMU sees it. Its parts:
 *
 *  sev-psp.c        the security processor as a PCI device: registers, timing, faults, log; how to
 *                   use it is explained there
 *  sev-firmware.c   the firmware's commands: a table of what each needs
 *  sev-platform.c, sev-guest.c, sev-transport.c     what they do
 *  sev-keys.c       keys, certificates, measurements and protected packets
 *  sev-vcpu.c, sev-es.c, sev-tlb.c     what a guest's vCPU needs of TCG's nested SVM
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
bool sev_host_asid_valid(uint32_t asid, bool es);

/* The guest's MMU indexes begin there, the host's at 0. */
#define SEV_GUEST_IDX	8

/* Nested SVM: VMRUN and #VMEXIT in the order of the calls (sev-vcpu.c, sev-es.c). */
bool sev_vcpu_enter(CPUX86State *env, uint64_t nested_ctl, uint32_t asid);
void sev_vcpu_run(CPUX86State *env, uint32_t asid, uint8_t tlb_control);
uint64_t sev_vcpu_exit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1);
void sev_es_leave(CPUX86State *env);
void sev_vcpu_left(CPUX86State *env);

/* Instructions: true if that is all that they do. */
bool sev_vcpu_rdmsr(CPUX86State *env, uint64_t *val);
bool sev_vcpu_wrmsr(CPUX86State *env);
void sev_vcpu_vmmcall(CPUX86State *env, uintptr_t ra);
void sev_es_write_begin(CPUX86State *env, uint64_t trap, uintptr_t ra);
void sev_es_write_end(CPUX86State *env, uint64_t trap, uint64_t value, uintptr_t ra);

/* The TLB (sev-tlb.c). */
void sev_tlb_flush(CPUX86State *env);
void sev_tlb_enter(CPUX86State *env, uint32_t asid, uint8_t control);
void sev_tlb_leave(CPUX86State *env);

#endif

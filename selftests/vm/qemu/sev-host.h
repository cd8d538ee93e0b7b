/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated SEV host, as the rest of QEMU sees it. Its parts:
 *
 *  sev-psp.c        the security processor as a PCI device: registers, timing, faults, log; how to
 *                   use it is explained there
 *  sev-firmware.c   the firmware's commands: a table of what each needs
 *  sev-platform.c, sev-guest.c, sev-transport.c     what they do
 *  sev-snp.c, sev-snp-guest.c, sev-attestation.c   what those of SEV-SNP do
 *  sev-ecdsa.c, sev-gcm.c       cryptography that they need
 *  sev-keys.c       keys, certificates, measurements and protected packets
 *  sev-vcpu.c, sev-es.c, sev-tlb.c     what a guest's vCPU needs of TCG's nested SVM
 *  sev-rmp.c        SEV-SNP's reverse map table
 *  sev-snp-cpu.c    what a processor of a SEV-SNP host does
 *  sev-snp-vcpu.c   what a SEV-SNP guest's vCPU does
 *  sev-xsavec.c     an instruction that Linux as a SEV-SNP guest demands
 *
 * Copied into QEMU's source by ./build; sev-host.patch adds the calls.
 */
#ifndef HW_I386_SEV_HOST_H
#define HW_I386_SEV_HOST_H

#include "cpu.h"
#include "hw/i386/sev-firmware.h"

#define SEV_CBIT	51

/* Of #PF and of the nested page fault: the RMP refused the access. */
#define SEV_PF_RMP	BIT(31)

/* The one PSP of the machine, if it has one (sev-psp.c). */
void sev_host_cpuid(uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
const SevFirmwareConfig *sev_host_config(void);	/* NULL: there is none */
uint64_t sev_host_iommu_features(void);
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

/* XRSTOR (sev-xsavec.c): true if it was XSAVEC's form, and is done. */
bool sev_xrstor_compacted(CPUX86State *env, target_ulong ptr, uint64_t wanted, uintptr_t ra);

/* The TLB (sev-tlb.c). */
void sev_tlb_flush(CPUX86State *env);
void sev_tlb_enter(CPUX86State *env, uint32_t asid, uint8_t control);
void sev_tlb_leave(CPUX86State *env);

/* The processors of a SEV-SNP host (sev-snp-cpu.c). */
void sev_host_reset_processors(void);
uint64_t sev_host_rdmsr(CPUX86State *env, uint32_t msr);
bool sev_host_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val);	/* false: #GP */
bool sev_host_snp_everywhere(void);	/* SYSCFG of all processors is as SNP_INIT wants it */
bool sev_host_hsave_clear(void);
void sev_host_snp_off(void);
void sev_host_flush(void);

extern bool sev_host_snp_on;		/* the RMP is in force */
bool sev_host_access_checked(CPUX86State *env, hwaddr gpa, hwaddr addr, int page_size,
			     MMUAccessType access_type, int mmu_idx, int *prot);

/*
 * False: this access must fault. Otherwise *@prot is what the RMP allows of it. Of the nested tables,
 * @gpa is the guest's address.
 */
static inline bool sev_host_access(CPUX86State *env, hwaddr gpa, hwaddr addr, int page_size,
				   MMUAccessType access_type, int mmu_idx, int *prot)
{
	return likely(!sev_host_snp_on) ||
	       sev_host_access_checked(env, gpa, addr, page_size, access_type, mmu_idx, prot);
}

/* SEV-SNP guests (sev-snp-vcpu.c) */
bool sev_snp_enter(CPUX86State *env, hwaddr vmsa, uint32_t asid, uint64_t features, uint8_t vmpl);
void sev_snp_leave(CPUX86State *env);
void sev_snp_walk(CPUX86State *env, hwaddr gpa);
hwaddr sev_snp_last_level(CPUX86State *env, bool cbit, MMUAccessType access_type, int *prot);
bool sev_snp_access(CPUX86State *env, hwaddr gpa, hwaddr addr, int page_size,
		    MMUAccessType access_type, int *prot);
void sev_snp_fault(CPUX86State *env, vaddr addr, bool nested, uintptr_t ra);
uint32_t sev_snp_pvalidate(CPUX86State *env, bool *unchanged, uintptr_t ra);
uint32_t sev_snp_rmpadjust(CPUX86State *env, uintptr_t ra);

/* What a private page's guest address is marked by in the nested index. */
static inline hwaddr sev_snp_cbit(const CPUX86State *env)
{
	return unlikely(env->sev.snp) ? env->nested_cbit : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of sev-vcpu.c that concern SEV-ES guests, and what their structures look like. */
#ifndef HW_I386_SEV_ES_H
#define HW_I386_SEV_ES_H

/* In the VMCB's control area. */
#define VMCB_GHCB		0x0a0
#define VMCB_LBR_ENABLE		BIT_ULL(0)
#define VMCB_VMSA		0x108

/* The VMSA; the host save area has the same layout behind its control area. */
#define VMSA_SIZE		4096
#define VMSA_USED		0x670
#define VMSA_VMPL		0x0ca
#define VMSA_PAT		0x268
#define VMSA_SEV_FEATURES	0x3b0
#define VMSA_MXCSR		0x408
#define VMSA_FTW		0x40c
#define VMSA_FSW		0x40e
#define VMSA_FCW		0x410
#define VMSA_X87_SIGNIFICANDS	0x420
#define VMSA_X87_EXPONENTS	0x460
#define VMSA_XMM		0x470
#define VMSA_YMM		0x570

#define SEV_FEATURE_SNP		BIT_ULL(0)
#define VMSA_KNOWN_FEATURES	SEV_FEATURE_SNP

#define EXCP_VC			29

#define SEV_EXIT_EFER_WRITE_TRAP	0x8f
#define SEV_EXIT_CR_WRITE_TRAP(n)	(0x90 + (n))
#define SEV_EXIT_VMGEXIT		0x403

bool sev_es_enter(CPUX86State *env, uint32_t asid);
void sev_es_load(CPUX86State *env);
void sev_es_exit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1);
uint64_t sev_es_ghcb(CPUX86State *env);
void sev_es_set_ghcb(CPUX86State *env, uint64_t value);

/* Of the instruction at the guest's instruction pointer; 0 if it cannot be told (sev-vcpu.c). */
int sev_insn_length(CPUX86State *env);

#endif

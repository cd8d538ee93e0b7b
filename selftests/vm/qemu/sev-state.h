/* SPDX-License-Identifier: GPL-2.0-only */
/* What a processor remembers of the guests that it runs: a part of CPUX86State. */
#ifndef HW_I386_SEV_STATE_H
#define HW_I386_SEV_STATE_H

/* What the guest's part of the TLB was filled by (sev-tlb.c). */
typedef struct SevRegime {
	/* The second stage: by it the nested index is filled as well. */
	uint64_t nested_cr3;
	uint64_t cbit;
	uint32_t asid;
	uint32_t nested_pg_mode;
	/* The first stage. */
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
	uint64_t pkru;
	/* Of a SEV-SNP guest. */
	uint8_t vmpl;
} SevRegime;

typedef struct SevVcpu {
	uint64_t vmsa;		/* physical address of the running SEV-ES guest's; 0: no such guest */
	bool loaded;		/* the registers are those of the VMSA */
	bool switching;		/* within VMRUN or #VMEXIT */
	uint8_t insn_length;	/* of the instruction that a trap ends */
	uint32_t host_pkru;
	SevRegime regime;

	/* The running SEV-SNP guest's (sev-snp-vcpu.c) */
	uint64_t features;	/* SEV_FEATURES of the VMSA */
	uint32_t asid;
	uint8_t vmpl;
	bool snp;
	bool validating;	/* PVALIDATE reaches for its page */
	bool not_validated;	/* why the last walk of the nested tables failed */
	uint64_t npf;		/* what EXITINFO1 says of it above bit 31 */
} SevVcpu;

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TLB with ASIDs, as far as one host and one guest at a time need it: neither VMRUN nor #VMEXIT
 * makes a processor forget what it knows. TCG alone flushes all at both, several times, and most of
 * a nested guest's time goes into filling the TLB again.
 *
 * TCG has 16 indexes, and x86 uses eight: the guest's modes get the other eight, SEV_GUEST_IDX
 * behind the host's. What the guest's indexes hold is of the last guest that ran on this processor;
 * for another one they are emptied. A hypervisor asks for every flush that the architecture demands
 * (TLB_CONTROL, a new ASID), as a real processor would not make it either.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 15.16 (TLB control).
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "hw/i386/sev-host.h"

#define FIRST_STAGE		0x3f
#define GUEST_FIRST_STAGE	(FIRST_STAGE << SEV_GUEST_IDX)
#define GUEST_ALL		(GUEST_FIRST_STAGE | 1 << MMU_NESTED_IDX)
#define HOST_ALL		(FIRST_STAGE | 1 << MMU_PHYS_IDX)

enum {
	TLB_KEEP = 0,
	TLB_FLUSH_ALL = 1,
};

static bool in_guest(CPUX86State *env)
{
	return env->hflags & HF_GUEST_MASK;
}

/* A control register changes: by an instruction, it is the host's or the guest's own. */
void sev_tlb_flush(CPUX86State *env)
{
	if (!env->sev.switching)
		tlb_flush_by_mmuidx(env_cpu(env), in_guest(env) ? GUEST_FIRST_STAGE : HOST_ALL);
}

static void regime_now(CPUX86State *env, SevRegime *now)
{
	bool nested = env->hflags2 & HF2_NPT_MASK;

	*now = (SevRegime) {
		.nested_cr3 = nested ? env->nested_cr3 : ~0ULL,
		.nested_pg_mode = nested ? env->nested_pg_mode : 0,
		.cbit = env->nested_cbit,
		.asid = env->sev.regime.asid,
		.cr0 = env->cr[0],
		.cr3 = env->cr[3],
		.cr4 = env->cr[4],
		.efer = env->efer,
		.pkru = env->pkru,
		.vmpl = env->sev.vmpl,
	};
}

/* At the end of VMRUN, with the guest's registers in place. */
void sev_tlb_enter(CPUX86State *env, uint32_t asid, uint8_t control)
{
	const SevRegime *last = &env->sev.regime;
	CPUState *cs = env_cpu(env);
	SevRegime now;

	regime_now(env, &now);
	if (control == TLB_FLUSH_ALL)
		tlb_flush(cs);
	else if (control != TLB_KEEP || asid != last->asid || now.cbit != last->cbit || now.vmpl != last->vmpl ||
		 now.nested_cr3 != last->nested_cr3 || now.nested_pg_mode != last->nested_pg_mode)
		tlb_flush_by_mmuidx(cs, GUEST_ALL);
	else if (now.cr0 != last->cr0 || now.cr3 != last->cr3 || now.cr4 != last->cr4 ||
		 now.efer != last->efer || now.pkru != last->pkru)
		tlb_flush_by_mmuidx(cs, GUEST_FIRST_STAGE);
	now.asid = asid;
	env->sev.regime = now;
	env->sev.switching = false;
}

/* At the beginning of #VMEXIT, with the guest's registers still in place. */
void sev_tlb_leave(CPUX86State *env)
{
	regime_now(env, &env->sev.regime);
}

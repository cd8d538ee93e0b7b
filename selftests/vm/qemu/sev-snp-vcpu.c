// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a SEV-SNP guest's vCPU does beyond a SEV-ES guest's: each access to its own memory is checked
 * against the RMP, and its instructions PVALIDATE and RMPADJUST change entries there.
 *
 * Private is what the guest's C-bit says of data, and always a page table and an instruction. The
 * walk of the nested tables, and its part of the TLB, see that as bit 51 of the guest's address: the
 * private page at an address and the shared one there are two.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 15.36.6 to 15.36.12, and volume 3.
 *
 * Unlike the hardware: a shared mapping of a private page shows plain text, no ciphertext; permissions
 * to execute are not kept apart by privilege; TLB_ID and PCPU_ID of the VMSA are not used, as KVM
 * flushes itself; IN, OUT and CPUID exit only if they are intercepted, which KVM does. PVALIDATE of
 * a page that is not private raises #GP, which no manual says.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "exec/exec-all.h"
#include "exec/page-protection.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/sev-es.h"
#include "hw/i386/sev-rmp.h"

/* EXITINFO1 of a nested page fault, above the page fault's error code. */
#define NPF_ENCRYPTED		BIT_ULL(34)
#define NPF_SIZE		BIT_ULL(35)
#define NPF_VMPL		BIT_ULL(36)

#define PAGE_NOT_VALIDATED	0x404	/* #VC's error code */

#define GUEST_INDEXES		(0x3f << SEV_GUEST_IDX)

/* VMRUN and #VMEXIT */

/* Enters a SEV-ES or SEV-SNP guest. Returns false if the VMRUN must end in VMEXIT_INVALID. */
bool sev_snp_enter(CPUX86State *env, hwaddr vmsa, uint32_t asid, uint64_t features, uint8_t vmpl)
{
	bool snp = features & SEV_FEATURE_SNP;

	if (snp && (!qatomic_read(&sev_host_snp_on) || vmpl >= RMP_VMPLS))
		return false;
	if (qatomic_read(&sev_host_snp_on) && !sev_rmp_is_vmsa(vmsa, snp ? asid : 0))
		return false;
	env->sev.features = features;
	env->sev.snp = snp;
	env->sev.asid = asid;
	env->sev.vmpl = snp ? vmpl : 0;
	env->sev.validating = false;
	return true;
}

void sev_snp_leave(CPUX86State *env)
{
	env->sev.snp = false;
	env->sev.features = 0;
	env->sev.npf = 0;
	env->sev.not_validated = false;
}

/* Accesses */

/* Of an address that the nested tables are walked for. */
void sev_snp_walk(CPUX86State *env, hwaddr gpa)
{
	env->sev.not_validated = false;
	env->sev.npf = gpa & env->nested_cbit ? NPF_ENCRYPTED : 0;
}

/* What the first stage of a translation adds to the address, and leaves of the protection. */
hwaddr sev_snp_last_level(CPUX86State *env, bool cbit, MMUAccessType access_type, int *prot)
{
	if (cbit)
		return env->nested_cbit;
	if (access_type == MMU_INST_FETCH) {
		*prot &= PAGE_EXEC;
		return env->nested_cbit;
	}
	*prot &= ~PAGE_EXEC;
	return 0;
}

static int allowed(uint8_t permissions)
{
	int prot = 0;

	if (permissions & RMP_MAY_READ)
		prot |= PAGE_READ | (permissions & RMP_MAY_WRITE ? PAGE_WRITE : 0);
	return prot | (permissions & RMP_MAY_EXECUTE ? PAGE_EXEC : 0);
}

/* Of a private page, once the nested tables lead to @addr. False: see what it leaves in env. */
bool sev_snp_access(CPUX86State *env, hwaddr gpa, hwaddr addr, int page_size,
		    MMUAccessType access_type, int *prot)
{
	const SevRmpGuest guest = { env->sev.asid, env->sev.vmpl };
	uint8_t permissions;

	switch (sev_rmp_guest_access(addr, gpa & ~env->nested_cbit, page_size, &guest,
				     &permissions)) {
	case SEV_RMP_OWN:
		break;
	case SEV_RMP_NOT_VALIDATED:
		if (env->sev.validating && access_type == MMU_DATA_LOAD) {
			*prot &= PAGE_READ;
			return true;
		}
		env->sev.not_validated = true;
		return false;
	default:
		return false;
	}
	*prot &= allowed(permissions);
	if (*prot & 1 << access_type)
		return true;
	env->sev.npf |= NPF_VMPL;
	return false;
}

/* A translation of the guest's has failed and is about to be reported; may raise #VC instead. */
void sev_snp_fault(CPUX86State *env, vaddr addr, bool nested, uintptr_t ra)
{
	env->sev.validating = false;
	if (!nested || !env->sev.not_validated)
		return;
	env->sev.not_validated = false;
	env->cr[2] = addr;
	env->intercept_exceptions &= ~BIT(EXCP_VC);
	raise_exception_err_ra(env, EXCP_VC, PAGE_NOT_VALIDATED, ra);
}

/* Instructions */

static void forget(CPUX86State *env, vaddr addr, hwaddr gpa, bool is_2m)
{
	CPUState *cs = env_cpu(env);

	if (is_2m) {
		tlb_flush_by_mmuidx(cs, GUEST_INDEXES | 1 << MMU_NESTED_IDX);
		return;
	}
	tlb_flush_page_by_mmuidx(cs, addr & TARGET_PAGE_MASK, GUEST_INDEXES);
	tlb_flush_page_by_mmuidx(cs, gpa | env->nested_cbit, 1 << MMU_NESTED_IDX);
}

/* The machine's page behind a guest's address, which faults as a read does. */
static hwaddr reach(CPUX86State *env, vaddr addr, bool validating, uintptr_t ra)
{
	CPUTLBEntryFull *full;
	void *host;

	env->sev.validating = validating;
	probe_access_full(env, addr, 0, MMU_DATA_LOAD, cpu_mmu_index(env_cpu(env), false), false,
			  &host, &full, ra);
	env->sev.validating = false;
	return full->phys_addr & TARGET_PAGE_MASK;
}

static G_NORETURN void exit_by_size(CPUX86State *env, hwaddr gpa, uintptr_t ra)
{
	x86_stq_phys(env_cpu(env), env->vm_vmcb + offsetof(struct vmcb, control.exit_info_2), gpa);
	cpu_vmexit(env, SVM_EXIT_NPF, SVM_NPTEXIT_GPA | NPF_ENCRYPTED | NPF_SIZE | SEV_PF_RMP |
		   PG_ERROR_P_MASK | PG_ERROR_U_MASK, ra);
}

static uint32_t finish(CPUX86State *env, uint32_t result, hwaddr gpa, uintptr_t ra)
{
	if (result == RMP_EXIT_SIZE)
		exit_by_size(env, gpa, ra);
	if (result == RMP_EXIT_OWNER)
		raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
	return result;
}

static vaddr operand(CPUX86State *env)
{
	return env->hflags & HF_CS64_MASK ? env->regs[R_EAX] : (uint32_t)env->regs[R_EAX];
}

/* RCX bit 0: the page is of 2 MiB. */
static bool is_misaligned(CPUX86State *env, vaddr addr)
{
	return env->regs[R_ECX] & 1 && addr & (RMP_2M_SIZE - 1) & TARGET_PAGE_MASK;
}

uint32_t sev_snp_pvalidate(CPUX86State *env, bool *unchanged, uintptr_t ra)
{
	const SevRmpGuest guest = { env->sev.asid, env->sev.vmpl };
	bool is_2m = env->regs[R_ECX] & 1, validate = env->regs[R_EDX] & 1;
	vaddr addr = operand(env);
	uint32_t result;
	hwaddr page, gpa;

	*unchanged = false;
	if (guest.vmpl)
		return RMP_FAIL_PERMISSION;
	if (is_misaligned(env, addr))
		return RMP_FAIL_INPUT;
	page = reach(env, addr, true, ra);
	gpa = sev_rmp_gpa(page);
	result = sev_rmp_validate(page, &guest, is_2m, validate, unchanged);
	/* What it reached for may be a page that it must not read. */
	if (result || !validate)
		forget(env, addr, gpa, is_2m);
	return finish(env, result, gpa, ra);
}

uint32_t sev_snp_rmpadjust(CPUX86State *env, uintptr_t ra)
{
	const SevRmpGuest guest = { env->sev.asid, env->sev.vmpl };
	bool is_2m = env->regs[R_ECX] & 1;
	vaddr addr = operand(env);
	uint32_t result;
	hwaddr page, gpa;

	if (is_misaligned(env, addr))
		return RMP_FAIL_INPUT;
	page = reach(env, addr, false, ra);
	gpa = sev_rmp_gpa(page);
	result = sev_rmp_adjust(page, &guest, is_2m, env->regs[R_EDX]);
	forget(env, addr, gpa, is_2m);
	return finish(env, result, gpa, ra);
}

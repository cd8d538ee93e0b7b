// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the processors of a SEV-SNP host do: the MSRs that turn SNP on, the instructions that change
 * the RMP, and the check of each write against it.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 15.36, and volume 3.
 *
 * Not as the hardware: all processors check accesses as soon as one has SNP on; a processor that
 * sets accessed and dirty bits is not checked; no two instructions meet at one entry, and of what a
 * running guest uses only the VMSA is in use (FAIL_INUSE).
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "cpu.h"
#include "exec/cpu_ldst.h"
#include "exec/cputlb.h"
#include "exec/helper-proto.h"
#include "exec/page-protection.h"
#include "hw/boards.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/sev-rmp.h"

#define MSR_SYSCFG		0xc0010010
#define MSR_RMP_BASE		0xc0010132
#define MSR_RMP_END		0xc0010133

#define SYSCFG_MFDM		BIT_ULL(19)
#define SYSCFG_MEM_ENCRYPT	BIT_ULL(23)
#define SYSCFG_SNP		BIT_ULL(24)
#define SYSCFG_VMPL		BIT_ULL(25)
#define SYSCFG_WRITABLE		(SYSCFG_MFDM | SYSCFG_SNP | SYSCFG_VMPL)
#define SYSCFG_STICKY		(SYSCFG_SNP | SYSCFG_VMPL)
#define HWCR_SMM_LOCK		BIT_ULL(0)

/* The last byte of 0F 01 xx, and its prefix as TCG has it. */
#define PREFIX_REPZ		0x01
#define PREFIX_REPNZ		0x02
#define INSN_READ		(PREFIX_REPNZ << 8 | 0xfd)
#define INSN_UPDATE		(PREFIX_REPNZ << 8 | 0xfe)
#define INSN_SMASH		(PREFIX_REPZ << 8 | 0xff)
#define INSN_VALIDATE		(PREFIX_REPNZ << 8 | 0xff)	/* a guest's, as the next */
#define INSN_ADJUST		(PREFIX_REPZ << 8 | 0xfe)

bool sev_host_snp_on;

static uint64_t *syscfg;		/* by processor */
static unsigned int processors;
static int *flush_pending;
static __thread CPUState *executing;	/* one of the instructions */

void sev_host_reset_processors(void)
{
	unsigned int count = MACHINE(qdev_get_machine())->smp.max_cpus;

	if (!syscfg) {
		syscfg = g_new0(uint64_t, count);
		flush_pending = g_new0(int, count);
		processors = count;
	}
	memset(syscfg, 0, processors * sizeof(*syscfg));
	qatomic_set(&sev_host_snp_on, false);
}

/* ---- MSRs ---------------------------------------------------------------------------------- */

uint64_t sev_host_rdmsr(CPUX86State *env, uint32_t msr)
{
	const SevFirmwareConfig *config = sev_host_config();

	if (!config)
		return 0;
	switch (msr) {
	case MSR_SYSCFG:
		return SYSCFG_MEM_ENCRYPT | syscfg[env_cpu(env)->cpu_index];
	case MSR_K7_HWCR:
		return HWCR_SMM_LOCK;
	case MSR_RMP_BASE:
		return sev_rmp_base();
	case MSR_RMP_END:
		return sev_rmp_end();
	}
	return 0;
}

static void write_syscfg(CPUX86State *env, uint64_t val)
{
	uint64_t *own = &syscfg[env_cpu(env)->cpu_index];

	*own = (val & SYSCFG_WRITABLE) | (*own & SYSCFG_SNP ? *own & SYSCFG_STICKY : 0);
	if (*own & SYSCFG_SNP && !qatomic_xchg(&sev_host_snp_on, true))
		sev_rmp_recount();
}

bool sev_host_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val)
{
	const SevFirmwareConfig *config = sev_host_config();

	if (!config || !config->snp)
		return true;
	switch (msr) {
	case MSR_SYSCFG:
		write_syscfg(env, val);
		return true;
	case MSR_RMP_BASE:
	case MSR_RMP_END:
		if (qatomic_read(&sev_host_snp_on))
			return false;
		sev_rmp_move(msr == MSR_RMP_BASE ? val : sev_rmp_base(),
			     msr == MSR_RMP_END ? val : sev_rmp_end());
		return true;
	}
	return true;
}

bool sev_host_snp_everywhere(void)
{
	const uint64_t wanted = SYSCFG_MFDM | SYSCFG_SNP | SYSCFG_VMPL;
	CPUState *cs;

	CPU_FOREACH(cs) {
		if ((syscfg[cs->cpu_index] & wanted) != wanted)
			return false;
	}
	return true;
}

bool sev_host_hsave_clear(void)
{
	CPUState *cs;

	CPU_FOREACH(cs) {
		if (X86_CPU(cs)->env.vm_hsave)
			return false;
	}
	return true;
}

void sev_host_snp_off(void)
{
	for (unsigned int i = 0; i < processors; i++)
		syscfg[i] &= ~SYSCFG_STICKY;
	qatomic_set(&sev_host_snp_on, false);
}

/* ---- accesses ------------------------------------------------------------------------------ */

static void flush_one(CPUState *cs, run_on_cpu_data data)
{
	qatomic_set(&flush_pending[cs->cpu_index], 0);
	tlb_flush(cs);
}

/*
 * The processor that executes the instruction forgets its translations at once; the others do when
 * they next leave what they are translating, as from an interprocessor interrupt.
 */
void sev_host_flush(void)
{
	CPUState *cs;

	CPU_FOREACH(cs) {
		if (cs == executing)
			tlb_flush(cs);
		else if (!qatomic_xchg(&flush_pending[cs->cpu_index], 1))
			async_run_on_cpu(cs, flush_one, RUN_ON_CPU_NULL);
	}
}

/* A page that may not be written stays readable. */
bool sev_host_access_checked(CPUX86State *env, hwaddr gpa, hwaddr addr, int page_size,
			     MMUAccessType access_type, int mmu_idx, int *prot)
{
	/* Of a nested guest's access, the nested part is checked. */
	if (mmu_idx == MMU_PHYS_IDX ||
	    (mmu_idx != MMU_NESTED_IDX && env->hflags2 & HF2_NPT_MASK))
		return true;
	if (mmu_idx == MMU_NESTED_IDX && gpa & sev_snp_cbit(env))
		return sev_snp_access(env, gpa, addr, page_size, access_type, prot);
	if (!(*prot & PAGE_WRITE) || sev_rmp_host_writable(addr, page_size))
		return true;
	*prot &= ~PAGE_WRITE;
	return access_type != MMU_DATA_STORE;
}

/* ---- instructions -------------------------------------------------------------------------- */

/* A running guest's registers are to go there. */
static bool is_in_use(hwaddr page, bool is_2m)
{
	hwaddr mask = ~((is_2m ? RMP_2M_SIZE : RMP_4K_SIZE) - 1);
	CPUState *cs;

	CPU_FOREACH(cs) {
		hwaddr vmsa = qatomic_read(&X86_CPU(cs)->env.sev.vmsa);

		if (vmsa && (vmsa & mask) == (page & mask))
			return true;
	}
	return false;
}

static uint32_t do_update(CPUX86State *env, uintptr_t ra)
{
	target_ulong at = env->regs[R_ECX];
	SevRmpUpdate update;
	uint64_t low, high;

	low = cpu_ldq_data_ra(env, at, ra);
	high = cpu_ldq_data_ra(env, at + 8, ra);
	stq_le_p(&update, low);
	stq_le_p((uint8_t *)&update + 8, high);
	update.gpa = le64_to_cpu(update.gpa);
	update.asid = le32_to_cpu(update.asid);
	if (is_in_use(env->regs[R_EAX] & TARGET_PAGE_MASK, update.page_size))
		return RMP_FAIL_INUSE;
	return sev_rmp_update(env->regs[R_EAX] & TARGET_PAGE_MASK, &update);
}

static uint32_t do_read(CPUX86State *env, uintptr_t ra)
{
	target_ulong at = env->regs[R_ECX];
	SevRmpReading reading;
	uint32_t result = sev_rmp_reading(env->regs[R_EAX] & TARGET_PAGE_MASK, &reading);

	if (result)
		return result;
	reading.gpa = cpu_to_le64(reading.gpa);
	reading.asid = cpu_to_le32(reading.asid);
	cpu_stq_data_ra(env, at, ldq_le_p(&reading), ra);
	cpu_stq_data_ra(env, at + 8, ldq_le_p((uint8_t *)&reading + 8), ra);
	return result;
}

static bool is_defined(CPUX86State *env, uint32_t insn)
{
	const SevFirmwareConfig *config = sev_host_config();

	if (insn == INSN_VALIDATE || insn == INSN_ADJUST)
		return env->sev.snp;
	if (!config || !config->snp || !(env->hflags & HF_CS64_MASK) ||
	    env->hflags & HF_GUEST_MASK)
		return false;
	if (insn == INSN_READ)
		return config->rmpread && syscfg[env_cpu(env)->cpu_index] & SYSCFG_SNP;
	return syscfg[env_cpu(env)->cpu_index] & SYSCFG_SNP;
}

/* Volume 3: OF, ZF, AF, PF and SF are as of a comparison of the result with 0. */
static void set_result(CPUX86State *env, uint32_t result, bool carry)
{
	env->regs[R_EAX] = result;
	CC_SRC = (result ? 0 : CC_Z) | (ctpop8(result) & 1 ? 0 : CC_P) | (carry ? CC_C : 0);
	CC_OP = CC_OP_EFLAGS;
}

void helper_sev_snp(CPUX86State *env, uint32_t insn)
{
	uintptr_t ra = GETPC();
	bool carry = cpu_cc_compute_all(env) & CC_C;
	uint32_t result = 0;

	if (!is_defined(env, insn))
		raise_exception_ra(env, EXCP06_ILLOP, ra);
	if (env->hflags & HF_CPL_MASK)
		raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
	executing = env->sev.snp ? NULL : env_cpu(env);
	switch (insn) {
	case INSN_UPDATE:
		result = do_update(env, ra);
		break;
	case INSN_SMASH:
		result = sev_rmp_smash(env->regs[R_EAX] & TARGET_PAGE_MASK);
		break;
	case INSN_READ:
		result = do_read(env, ra);
		break;
	case INSN_VALIDATE:
		result = sev_snp_pvalidate(env, &carry, ra);
		break;
	case INSN_ADJUST:
		result = sev_snp_rmpadjust(env, ra);
		break;
	default:
		executing = NULL;
		raise_exception_ra(env, EXCP06_ILLOP, ra);
	}
	executing = NULL;
	set_result(env, result, carry);
}

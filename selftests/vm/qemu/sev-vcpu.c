// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM relies on when it runs a SEV guest and TCG's nested SVM lacks: the C-bit, SEV_STATUS,
 * the next instruction pointer and decode assists. KVM cannot read an encrypted guest's code, so
 * it needs the last two for every instruction it intercepts.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 15.7.1 (state saved on exit), 15.8.4
 * (nested page fault instruction bytes), 15.33.1 (decode assists) and 15.34 (SEV).
 *
 * What a SEV-ES guest's vCPU needs beyond it is in sev-es.c. Not emulated: the linear address that
 * INVLPG's exit should carry, which only matters to a host without nested paging.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cpu_ldst.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/sev-es.h"

#define MSR_SEV_STATUS		0xc0010131
#define SEV_STATUS_SEV		BIT_ULL(0)
#define SEV_STATUS_ES		BIT_ULL(1)
#define SEV_STATUS_FEATURES	2	/* the VMSA's SEV_FEATURES begin there */
#define MSR_GHCB		0xc0010130

#define NESTED_CTL_SEV		BIT_ULL(1)
#define NESTED_CTL_SEV_ES	BIT_ULL(2)

#define VMCB_NEXT_RIP		0xc8
#define VMCB_INSN_COUNT		0xd0
#define VMCB_INSN_BYTES		0xd1

#define EXIT_INFO_MOV_CR	BIT_ULL(63)

#define INSN_MAX		15

typedef struct Insn {
	uint8_t bytes[INSN_MAX];
	int fetched;
	int opcode;		/* where it begins, past the prefixes */
	int length;		/* 0 if it could not be told */
	uint8_t rex;
	bool addr16;
} Insn;

/* At the beginning of VMRUN. False: it must end in VMEXIT_INVALID. */
bool sev_vcpu_enter(CPUX86State *env, uint64_t nested_ctl, uint32_t asid)
{
	bool es = nested_ctl & NESTED_CTL_SEV_ES;

	env->sev.switching = true;
	if (!(nested_ctl & NESTED_CTL_SEV))
		return !es;
	if (!(nested_ctl & SVM_NPT_ENABLED) || !sev_host_asid_valid(asid, es))
		return false;
	if (es && !sev_es_enter(env, asid))
		return false;
	env->nested_cbit = BIT_ULL(SEV_CBIT);
	return true;
}

/* At its end, with what comes from the VMCB loaded and found valid. */
void sev_vcpu_run(CPUX86State *env, uint32_t asid, uint8_t tlb_control)
{
	if (env->sev.vmsa)
		sev_es_load(env);
	sev_tlb_enter(env, asid, tlb_control);
}

/* SEV_STATUS and GHCB are the guest's own: the hypervisor cannot intercept them. */
bool sev_vcpu_rdmsr(CPUX86State *env, uint64_t *val)
{
	uint32_t msr = env->regs[R_ECX];

	if (!env->nested_cbit)
		return false;
	if (msr == MSR_SEV_STATUS)
		*val = SEV_STATUS_SEV | (env->sev.loaded ? SEV_STATUS_ES : 0) |
		       env->sev.features << SEV_STATUS_FEATURES;
	else if (msr == MSR_GHCB && env->sev.loaded)
		*val = sev_es_ghcb(env);
	else
		return false;
	return true;
}

bool sev_vcpu_wrmsr(CPUX86State *env)
{
	if (!env->sev.loaded || (uint32_t)env->regs[R_ECX] != MSR_GHCB)
		return false;
	sev_es_set_ghcb(env, (uint32_t)env->regs[R_EAX] | env->regs[R_EDX] << 32);
	return true;
}

static vaddr linear_pc(CPUX86State *env)
{
	if (env->hflags & HF_CS64_MASK)
		return env->eip;
	return (uint32_t)(env->eip + env->segs[R_CS].base);
}

/*
 * Must not fault: at a nested page fault a second one would recurse without end. So only what
 * can be translated without one is fetched, page by page.
 */
static void insn_fetch(CPUX86State *env, Insn *insn)
{
	int mmu_idx = cpu_mmu_index(env_cpu(env), true);
	vaddr pc = linear_pc(env);

	while (insn->fetched < INSN_MAX) {
		vaddr at = pc + insn->fetched;
		int left = MIN(INSN_MAX - insn->fetched, -(at | TARGET_PAGE_MASK));
		void *host = NULL;

		if (probe_access_flags(env, at, left, MMU_INST_FETCH, mmu_idx, true, &host, 0) &
		    (TLB_INVALID_MASK | TLB_MMIO) || !host)
			break;
		memcpy(insn->bytes + insn->fetched, host, left);
		insn->fetched += left;
	}
}

static bool is_legacy_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
	case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
		return true;
	}
	return false;
}

/* Of ModRM, SIB and displacement. */
static int modrm_length(const Insn *insn, uint8_t modrm, uint8_t sib)
{
	int mod = modrm >> 6;
	int rm = modrm & 7;

	if (mod == 3)
		return 1;
	if (insn->addr16)
		return mod == 1 ? 2 : mod == 2 || rm == 6 ? 3 : 1;
	return 1 + (rm == 4) + (mod == 1 ? 1 : mod == 2 ? 4 :
				(rm == 4 ? sib & 7 : rm) == 5 ? 4 : 0);
}

/* Only instructions that SVM can intercept ever come here. */
static void insn_decode(CPUX86State *env, Insn *insn)
{
	/* Zeroes behind what was fetched spare every read of an operand byte a check. */
	const uint8_t *op = insn->bytes;
	bool long_mode = env->hflags & HF_CS64_MASK;
	int i;

	insn->addr16 = !long_mode && !(env->hflags & HF_CS32_MASK);
	for (i = 0; i < insn->fetched && is_legacy_prefix(op[i]); i++) {
		if (op[i] == 0x67)
			insn->addr16 = !long_mode && (env->hflags & HF_CS32_MASK);
	}
	if (long_mode && i < insn->fetched && (op[i] & 0xf0) == 0x40)
		insn->rex = op[i++];
	if (i > INSN_MAX - 4)
		return;
	insn->opcode = i;
	op += i;
	if (op[0] != 0x0f) {
		/* IN and OUT with an immediate port, INT n */
		i += (op[0] & 0xfc) == 0xe4 || op[0] == 0xcd ? 2 : 1;
	} else if (op[1] <= 0x01) {
		/* groups 6 and 7: descriptor tables, LMSW, INVLPG, and VMRUN and its kin */
		i += 2 + modrm_length(insn, op[2], op[3]);
	} else {
		i += (op[1] & 0xfc) == 0x20 ? 3 : 2;
	}
	insn->length = i <= insn->fetched ? i : 0;
}

/*
 * What is executed now, the processor may have translated long ago: its TLB may have forgotten the
 * page since, and the tables may lack it. Then the instruction, of which nothing has happened yet,
 * faults here, and is executed again. Only for instructions.
 */
static void insn_read(CPUX86State *env, Insn *insn)
{
	/* It lies in two pages at most. */
	for (int pages = 0; pages <= 2; pages++) {
		insn_fetch(env, insn);
		insn_decode(env, insn);
		if (insn->length || insn->fetched == INSN_MAX)
			break;
		cpu_ldub_code(env, linear_pc(env) + insn->fetched);
	}
}

int sev_insn_length(CPUX86State *env)
{
	Insn insn = {};

	insn_read(env, &insn);
	return insn.length;
}

/* VMGEXIT is VMMCALL with a REP prefix, to a SEV-ES guest. */
void sev_vcpu_vmmcall(CPUX86State *env, uintptr_t ra)
{
	Insn insn = {};

	if (!env->sev.loaded)
		return;
	cpu_restore_state(env_cpu(env), ra);
	insn_read(env, &insn);
	if (memchr(insn.bytes, 0xf2, insn.opcode) || memchr(insn.bytes, 0xf3, insn.opcode))
		cpu_vmexit(env, SEV_EXIT_VMGEXIT, 0, 0);
}

static bool is_instruction_exit(uint64_t exit_code)
{
	switch (exit_code) {
	case SVM_EXIT_READ_CR0 ... SVM_EXIT_WRITE_DR7 + 8:
	case SVM_EXIT_CR0_SEL_WRITE ... SVM_EXIT_MSR:
	case SVM_EXIT_VMRUN ... SVM_EXIT_XSETBV:
		return true;
	}
	return false;
}

static bool is_data_fault(uint64_t exit_code, uint64_t exit_info_1)
{
	return (exit_code == SVM_EXIT_NPF || exit_code == SVM_EXIT_EXCP_BASE + EXCP0E_PAGE) &&
	       !(exit_info_1 & PG_ERROR_I_D_MASK);
}

static uint64_t decode_assist(const Insn *insn, uint64_t exit_code, uint64_t exit_info_1)
{
	const uint8_t *op = insn->bytes + insn->opcode;
	int gpr = (op[2] & 7) | (insn->rex & 1) << 3;

	if (exit_code == SVM_EXIT_SWINT)
		return op[1];
	if (op[0] == 0x0f && (op[1] & 0xfd) == 0x20)
		return EXIT_INFO_MOV_CR | gpr;
	if (op[0] == 0x0f && (op[1] & 0xfd) == 0x21)
		return gpr;
	return exit_info_1;
}

static uint64_t complete_vmcb(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1)
{
	CPUState *cs = env_cpu(env);
	uint64_t next_rip = 0;
	Insn insn = {};
	int count = 0;

	if (env->sev.loaded) {
		/* The hypervisor is to see nothing of what a SEV-ES guest executes. */
	} else if (is_data_fault(exit_code, exit_info_1)) {
		insn_fetch(env, &insn);
		count = insn.fetched;
	} else if (is_instruction_exit(exit_code)) {
		insn_read(env, &insn);
		if (insn.length) {
			next_rip = env->eip + insn.length;
			exit_info_1 = decode_assist(&insn, exit_code, exit_info_1);
		}
	}
	x86_stq_phys(cs, env->vm_vmcb + VMCB_NEXT_RIP, next_rip);
	x86_stb_phys(cs, env->vm_vmcb + VMCB_INSN_COUNT, count);
	for (int i = 0; i < count; i++)
		x86_stb_phys(cs, env->vm_vmcb + VMCB_INSN_BYTES + i, insn.bytes[i]);
	return exit_info_1;
}

/*
 * On the way out of a guest, with its registers still in place: completes the VMCB and answers
 * what belongs into EXITINFO1. Does not return if the guest does not leave.
 */
uint64_t sev_vcpu_exit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1)
{
	if (env->sev.loaded)
		sev_es_exit(env, exit_code, exit_info_1);
	exit_info_1 = complete_vmcb(env, exit_code, exit_info_1);
	if (env->hflags & HF_GUEST_MASK && !env->sev.switching)
		sev_tlb_leave(env);
	env->sev.switching = true;
	env->nested_cbit = 0;
	sev_snp_leave(env);
	return exit_info_1;
}

/* At the end of #VMEXIT. */
void sev_vcpu_left(CPUX86State *env)
{
	env->sev.switching = false;
}

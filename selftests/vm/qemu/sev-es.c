// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a SEV-ES guest's VMRUN and #VMEXIT do beyond a SEV guest's. The guest's registers are in its
 * VMSA, not in the VMCB. Few exits reach the hypervisor (automatic exits); for all others the guest
 * gets a #VC, decides itself what to show, and asks by VMGEXIT (non-automatic exits).
 *
 * The VMSA begins with what the VMCB's save area has. While the guest runs, that part of it takes
 * the VMCB's save area's place, where TCG loads and stores it; the hypervisor's content waits in
 * the host save area, which is the processor's own, and is put back. The rest is done here.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 15.35 (SEV-ES), appendix B (layouts and
 * swap types: of the registers here, all are type B but the FPU's, which is C, and PAT, which is A).
 *
 * Nothing is encrypted: who reads a VMSA sees registers. Not emulated: debug swap, alternate
 * injection and all other SEV features but SNP (sev-snp-vcpu.c); TSC_AUX, which is the host's without its own feature bit.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/sev-host.h"
#include "hw/i386/sev-es.h"

#define SAVE_AREA		offsetof(struct vmcb, save)
#define SAVE_AREA_SIZE		sizeof(struct vmcb_save_area)

#define VMCB_INT_STATE		offsetof(struct vmcb, control.int_state)
#define INT_STATE_GUEST_IF	BIT(1)

typedef struct Area {
	uint8_t bytes[VMSA_USED];
} Area;

typedef struct Field {
	uint16_t area;
	uint16_t env;
	uint8_t area_size;
	uint8_t env_size;
} Field;

#define REGISTER(area, area_size, member) \
	{ area, offsetof(CPUX86State, member), area_size, sizeof_field(CPUX86State, member) }

static const Field fields[] = {
	REGISTER(0x140, 8, xss),
	REGISTER(0x200, 8, star),
	REGISTER(0x208, 8, lstar),
	REGISTER(0x210, 8, cstar),
	REGISTER(0x218, 8, fmask),
	REGISTER(0x220, 8, kernelgsbase),
	REGISTER(0x228, 8, sysenter_cs),
	REGISTER(0x230, 8, sysenter_esp),
	REGISTER(0x238, 8, sysenter_eip),
	REGISTER(VMSA_PAT, 8, pat),
	REGISTER(0x2e8, 4, pkru),
	REGISTER(0x308, 8, regs[R_ECX]),
	REGISTER(0x310, 8, regs[R_EDX]),
	REGISTER(0x318, 8, regs[R_EBX]),
	REGISTER(0x328, 8, regs[R_EBP]),
	REGISTER(0x330, 8, regs[R_ESI]),
	REGISTER(0x338, 8, regs[R_EDI]),
	REGISTER(0x340, 8, regs[R_R8]),
	REGISTER(0x348, 8, regs[R_R9]),
	REGISTER(0x350, 8, regs[R_R10]),
	REGISTER(0x358, 8, regs[R_R11]),
	REGISTER(0x360, 8, regs[R_R12]),
	REGISTER(0x368, 8, regs[R_R13]),
	REGISTER(0x370, 8, regs[R_R14]),
	REGISTER(0x378, 8, regs[R_R15]),
	REGISTER(0x3e8, 8, xcr0),
};

static const struct { uint16_t area; int8_t segment; } segments[] = {
	{ 0x40, R_FS },
	{ 0x50, R_GS },
	{ 0x70, R_LDTR },
	{ 0x90, R_TR },
};

static SegmentCache *segment_cache(CPUX86State *env, int segment)
{
	return segment == R_LDTR ? &env->ldt : segment == R_TR ? &env->tr : &env->segs[segment];
}

static bool read_area(CPUX86State *env, hwaddr address, void *area, size_t size)
{
	return address_space_read(env_cpu(env)->as, address, MEMTXATTRS_UNSPECIFIED, area,
				  size) == MEMTX_OK;
}

static void write_area(CPUX86State *env, hwaddr address, const void *area, size_t size)
{
	address_space_write(env_cpu(env)->as, address, MEMTXATTRS_UNSPECIFIED, area, size);
}

static void copy_area(CPUX86State *env, hwaddr to, hwaddr from)
{
	uint8_t area[SAVE_AREA_SIZE] = {};

	read_area(env, from, area, sizeof(area));
	write_area(env, to, area, sizeof(area));
}

/* Registers of this processor from an area, and back */

static void load_fields(CPUX86State *env, const Area *area)
{
	for (int i = 0; i < ARRAY_SIZE(fields); i++) {
		const Field *f = &fields[i];

		stn_he_p((uint8_t *)env + f->env, f->env_size,
			 ldn_le_p(area->bytes + f->area, f->area_size));
	}
	for (int i = 0; i < ARRAY_SIZE(segments); i++) {
		SegmentCache *seg = segment_cache(env, segments[i].segment);
		const uint8_t *from = area->bytes + segments[i].area;
		uint32_t attributes = lduw_le_p(from + 2);

		*seg = (SegmentCache) {
			.selector = lduw_le_p(from),
			.flags = (attributes & 0xff) << 8 | (attributes & 0xf00) << 12,
			.limit = ldl_le_p(from + 4),
			.base = ldq_le_p(from + 8),
		};
	}
	cpu_sync_bndcs_hflags(env);
	cpu_sync_avx_hflag(env);
}

static void store_fields(CPUX86State *env, Area *area)
{
	for (int i = 0; i < ARRAY_SIZE(fields); i++) {
		const Field *f = &fields[i];

		stn_le_p(area->bytes + f->area, f->area_size,
			 ldn_he_p((uint8_t *)env + f->env, f->env_size));
	}
	for (int i = 0; i < ARRAY_SIZE(segments); i++) {
		const SegmentCache *seg = segment_cache(env, segments[i].segment);
		uint8_t *to = area->bytes + segments[i].area;

		stw_le_p(to, seg->selector);
		stw_le_p(to + 2, (seg->flags >> 8 & 0xff) | (seg->flags >> 12 & 0xf00));
		stl_le_p(to + 4, seg->limit);
		stq_le_p(to + 8, seg->base);
	}
}

static void load_fpu(CPUX86State *env, const Area *area)
{
	const uint8_t *from = area->bytes;
	uint16_t status = lduw_le_p(from + VMSA_FSW);

	env->fpstt = status >> 11 & 7;
	env->fpus = status & ~0x3800;
	cpu_set_fpuc(env, lduw_le_p(from + VMSA_FCW));
	cpu_set_mxcsr(env, ldl_le_p(from + VMSA_MXCSR));
	for (int i = 0; i < 8; i++) {
		FPReg *reg = &env->fpregs[(env->fpstt + i) & 7];

		env->fptags[i] = !(lduw_le_p(from + VMSA_FTW) >> i & 1);
		reg->d.low = ldq_le_p(from + VMSA_X87_SIGNIFICANDS + 8 * i);
		reg->d.high = lduw_le_p(from + VMSA_X87_EXPONENTS + 2 * i);
	}
	for (int i = 0; i < 16; i++) {
		for (int q = 0; q < 2; q++) {
			env->xmm_regs[i].ZMM_Q(q) = ldq_le_p(from + VMSA_XMM + 16 * i + 8 * q);
			env->xmm_regs[i].ZMM_Q(q + 2) = ldq_le_p(from + VMSA_YMM + 16 * i + 8 * q);
		}
	}
}

static void store_fpu(CPUX86State *env, Area *area)
{
	uint8_t *to = area->bytes;
	uint16_t tags = 0;

	update_mxcsr_from_sse_status(env);
	for (int i = 0; i < 8; i++) {
		const FPReg *reg = &env->fpregs[(env->fpstt + i) & 7];

		tags |= !env->fptags[i] << i;
		stq_le_p(to + VMSA_X87_SIGNIFICANDS + 8 * i, reg->d.low);
		stw_le_p(to + VMSA_X87_EXPONENTS + 2 * i, reg->d.high);
	}
	stw_le_p(to + VMSA_FTW, tags);
	stw_le_p(to + VMSA_FSW, (env->fpus & ~0x3800) | env->fpstt << 11);
	stw_le_p(to + VMSA_FCW, env->fpuc);
	stl_le_p(to + VMSA_MXCSR, env->mxcsr);
	for (int i = 0; i < 16; i++) {
		for (int q = 0; q < 2; q++) {
			stq_le_p(to + VMSA_XMM + 16 * i + 8 * q, env->xmm_regs[i].ZMM_Q(q));
			stq_le_p(to + VMSA_YMM + 16 * i + 8 * q, env->xmm_regs[i].ZMM_Q(q + 2));
		}
	}
}

static void reset_fpu(CPUX86State *env)
{
	Area area = {};

	stw_le_p(area.bytes + VMSA_FCW, 0x37f);
	stl_le_p(area.bytes + VMSA_MXCSR, 0x1f80);
	load_fpu(env, &area);
}

/* VMRUN and #VMEXIT */

/* False: the VMRUN must end in VMEXIT_INVALID. */
bool sev_es_enter(CPUX86State *env, uint32_t asid)
{
	uint64_t vmsa = x86_ldq_phys(env_cpu(env), env->vm_vmcb + VMCB_VMSA);
	uint64_t lbr = x86_ldq_phys(env_cpu(env), env->vm_vmcb + offsetof(struct vmcb,
									 control.lbr_ctl));
	uint64_t features;
	Area area;

	if (!vmsa || !QEMU_IS_ALIGNED(vmsa, VMSA_SIZE) || !(lbr & VMCB_LBR_ENABLE) ||
	    !read_area(env, vmsa, &area, sizeof(area)))
		return false;
	features = ldq_le_p(area.bytes + VMSA_SEV_FEATURES);
	if (features & ~VMSA_KNOWN_FEATURES ||
	    !sev_snp_enter(env, vmsa, asid, features, area.bytes[VMSA_VMPL]))
		return false;
	copy_area(env, env->vm_hsave, env->vm_vmcb + SAVE_AREA);
	write_area(env, env->vm_vmcb + SAVE_AREA, area.bytes, SAVE_AREA_SIZE);
	env->sev.vmsa = vmsa;
	return true;
}

/* With what the VMCB's save area has loaded and found valid. */
void sev_es_load(CPUX86State *env)
{
	Area area = {};

	x86_stq_phys(env_cpu(env), env->vm_hsave + SAVE_AREA + VMSA_PAT, env->pat);
	env->sev.host_pkru = env->pkru;
	read_area(env, env->sev.vmsa, &area, sizeof(area));
	load_fields(env, &area);
	load_fpu(env, &area);
	env->sev.loaded = true;
}

static void store_guest(CPUX86State *env)
{
	CPUState *cs = env_cpu(env);
	uint32_t state = x86_ldl_phys(cs, env->vm_vmcb + VMCB_INT_STATE);
	Area area = {};

	if (env->eflags & IF_MASK)
		x86_stl_phys(cs, env->vm_vmcb + VMCB_INT_STATE, state | INT_STATE_GUEST_IF);
	read_area(env, env->sev.vmsa, &area, sizeof(area));
	read_area(env, env->vm_vmcb + SAVE_AREA, area.bytes, SAVE_AREA_SIZE);
	store_fields(env, &area);
	store_fpu(env, &area);
	write_area(env, env->sev.vmsa, &area, sizeof(area));
}

static void load_host(CPUX86State *env)
{
	Area area = {};

	read_area(env, env->vm_hsave + SAVE_AREA, &area, sizeof(area));
	load_fields(env, &area);
	reset_fpu(env);
	/* The host's part of the TLB was filled by the keys that it had before. */
	if (env->pkru != env->sev.host_pkru)
		tlb_flush(env_cpu(env));
}

/*
 * With what the VMCB's save area has stored there. A guest whose VMRUN failed has nothing to store,
 * and the host's registers never left.
 */
void sev_es_leave(CPUX86State *env)
{
	if (!env->sev.vmsa)
		return;
	if (env->sev.loaded) {
		store_guest(env);
		load_host(env);
	}
	copy_area(env, env->vm_vmcb + SAVE_AREA, env->vm_hsave);
	env->sev.vmsa = 0;
	env->sev.loaded = false;
}

/* Exits */

static bool is_trap(uint64_t exit_code)
{
	return exit_code >= SEV_EXIT_EFER_WRITE_TRAP && exit_code <= SEV_EXIT_CR_WRITE_TRAP(15);
}

/* The hypervisor cannot skip an instruction of such a guest: the processor does. */
static bool is_past_instruction(uint64_t exit_code)
{
	return exit_code == SVM_EXIT_PAUSE || exit_code == SVM_EXIT_HLT ||
	       exit_code == SEV_EXIT_VMGEXIT || is_trap(exit_code);
}

static bool is_automatic(uint64_t exit_code, uint64_t exit_info_1)
{
	switch (exit_code) {
	case SVM_EXIT_EXCP_BASE + EXCP12_MCHK:
	case SVM_EXIT_INTR ... SVM_EXIT_VINTR:
	case SVM_EXIT_SHUTDOWN:
	case (uint64_t)SVM_EXIT_ERR:
		return true;
	case SVM_EXIT_NPF:
		/* KVM marks what it emulates by reserved bits: the guest is to ask for it. */
		return !(exit_info_1 & PG_ERROR_RSVD_MASK);
	}
	return is_past_instruction(exit_code);
}

/*
 * Of an exit that is about to happen, with the guest's registers in place: does not return if the
 * guest gets a #VC instead.
 */
void sev_es_exit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1)
{
	if (!is_automatic(exit_code, exit_info_1)) {
		/* It is no exit of its own. */
		env->intercept_exceptions &= ~BIT(EXCP_VC);
		raise_exception_err(env, EXCP_VC, exit_code);
	}
	if (is_past_instruction(exit_code)) {
		env->eip += is_trap(exit_code) ? env->sev.insn_length : sev_insn_length(env);
		env->eflags &= ~RF_MASK;
		env->hflags &= ~HF_INHIBIT_IRQ_MASK;
	}
}

/* Instructions */

static bool is_trapped(CPUX86State *env, uint64_t trap)
{
	return env->sev.loaded && env->hflags & HF_GUEST_MASK && cpu_svm_has_intercept(env, trap);
}

/* Before a write to a register: after it, the instruction might be found no more. */
void sev_es_write_begin(CPUX86State *env, uint64_t trap, uintptr_t ra)
{
	if (is_trapped(env, trap)) {
		cpu_restore_state(env_cpu(env), ra);
		env->sev.insn_length = sev_insn_length(env);
	}
}

void sev_es_write_end(CPUX86State *env, uint64_t trap, uint64_t value, uintptr_t ra)
{
	/* Of a SEV-ES guest, VMRUN demands it. */
	if (env->sev.loaded && trap == SEV_EXIT_EFER_WRITE_TRAP)
		cpu_load_efer(env, env->efer | MSR_EFER_SVME);
	if (is_trapped(env, trap))
		cpu_vmexit(env, trap, value, ra);
}

/* The GHCB's address: a field of the VMCB. The hypervisor cannot intercept it. */
uint64_t sev_es_ghcb(CPUX86State *env)
{
	return x86_ldq_phys(env_cpu(env), env->vm_vmcb + VMCB_GHCB);
}

void sev_es_set_ghcb(CPUX86State *env, uint64_t value)
{
	x86_stq_phys(env_cpu(env), env->vm_vmcb + VMCB_GHCB, value);
}

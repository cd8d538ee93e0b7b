// SPDX-License-Identifier: GPL-2.0-only
/*
 * XSAVEC, and XRSTOR of what it has saved: the compacted form of XSAVE's image, which TCG lacks.
 * Linux starts as a SEV-SNP guest only on a processor that has it.
 *
 * Rules: AMD64 Architecture Programmer's Manual, volume 2, 11.5.9 and 11.5.10.
 *
 * TCG saves and restores the standard form, here in a buffer; between that and memory the parts move.
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "cpu.h"
#include "exec/cpu_ldst.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/sev-host.h"

#define COMPACTED	BIT_ULL(63)
#define LEGACY_SIZE	sizeof(X86LegacyXSaveArea)
#define HEADER_SIZE	sizeof(X86XSaveHeader)
#define FIRST_EXTENDED	2
#define X87_SIZE	0xa0	/* of the legacy area: all but MXCSR */
#define SSE_END		0x1a0
#define MXCSR		offsetof(X86LegacyXSaveArea, mxcsr)
#define MXCSR_DEFAULT	0x1f80

/* The standard form, as far as TCG has parts: PKRU is the last. */
typedef struct Image {
	uint8_t bytes[0xa88] QEMU_ALIGNED(8);
} Image;

/* Where a part is in the compacted form of all that @components has. */
static target_ulong offset_of(int part, uint64_t components)
{
	target_ulong offset = LEGACY_SIZE + HEADER_SIZE;

	for (int i = FIRST_EXTENDED; i < part; i++)
		if (components >> i & 1)
			offset += x86_ext_save_areas[i].size;
	return offset;
}

static void store(CPUX86State *env, target_ulong ptr, const void *from, size_t size, uintptr_t ra)
{
	for (size_t i = 0; i < size; i += 8)
		cpu_stq_data_ra(env, ptr + i, ldq_le_p(from + i), ra);
}

static void load(CPUX86State *env, target_ulong ptr, void *to, size_t size, uintptr_t ra)
{
	for (size_t i = 0; i < size; i += 8)
		stq_le_p(to + i, cpu_ldq_data_ra(env, ptr + i, ra));
}

static void check(CPUX86State *env, target_ulong ptr, uintptr_t ra)
{
	if (!(env->cr[4] & CR4_OSXSAVE_MASK))
		raise_exception_ra(env, EXCP06_ILLOP, ra);
	if (ptr & 63)
		raise_exception_ra(env, EXCP0D_GPF, ra);
}

/* The legacy area: x87 and SSE, between which MXCSR lies. */
static void store_legacy(CPUX86State *env, target_ulong ptr, const uint8_t *image,
			 uint64_t components, uintptr_t ra)
{
	if (components & XSTATE_FP_MASK) {
		store(env, ptr, image, MXCSR, ra);
		store(env, ptr + 0x20, image + 0x20, X87_SIZE - 0x20, ra);
	}
	if (components & XSTATE_SSE_MASK) {
		store(env, ptr + MXCSR, image + MXCSR, 8, ra);
		store(env, ptr + X87_SIZE, image + X87_SIZE, SSE_END - X87_SIZE, ra);
	}
}

void helper_xsavec(CPUX86State *env, target_ulong ptr, uint64_t wanted)
{
	uint64_t components = wanted & env->xcr0, in_use;
	uintptr_t ra = GETPC();
	Image image = {};

	check(env, ptr, ra);
	cpu_x86_xsave(env, image.bytes, sizeof(image), components);
	in_use = ldq_le_p(image.bytes + LEGACY_SIZE);
	store_legacy(env, ptr, image.bytes, in_use, ra);
	for (int i = FIRST_EXTENDED; i < XSAVE_STATE_AREA_COUNT; i++) {
		const ExtSaveArea *area = &x86_ext_save_areas[i];

		if (in_use >> i & 1)
			store(env, ptr + offset_of(i, components), image.bytes + area->offset,
			      area->size, ra);
	}
	cpu_stq_data_ra(env, ptr + LEGACY_SIZE, in_use, ra);
	cpu_stq_data_ra(env, ptr + LEGACY_SIZE + 8, components | COMPACTED, ra);
}

static bool is_valid(CPUX86State *env, const X86XSaveHeader *header)
{
	uint64_t components = le64_to_cpu(header->xcomp_bv) & ~COMPACTED;

	return !(components & ~env->xcr0) && !(le64_to_cpu(header->xstate_bv) & ~components) &&
	       !header->reserve0 && buffer_is_zero(header->reserved, sizeof(header->reserved));
}

/* True: that was the form, and it is restored. */
bool sev_xrstor_compacted(CPUX86State *env, target_ulong ptr, uint64_t wanted, uintptr_t ra)
{
	X86XSaveHeader *header;
	uint64_t components, saved;
	Image image;

	if (!(env->features[FEAT_XSAVE] & CPUID_XSAVE_XSAVEC))
		return false;
	memset(&image, 0, sizeof(image));
	header = (X86XSaveHeader *)(image.bytes + LEGACY_SIZE);
	load(env, ptr + LEGACY_SIZE, header, HEADER_SIZE, ra);
	components = le64_to_cpu(header->xcomp_bv);
	if (!(components & COMPACTED))
		return false;
	if (!is_valid(env, header))
		raise_exception_ra(env, EXCP0D_GPF, ra);
	components &= ~COMPACTED;
	saved = le64_to_cpu(header->xstate_bv);
	wanted &= env->xcr0;
	load(env, ptr, image.bytes, SSE_END, ra);
	if (!(saved & XSTATE_SSE_MASK))
		stl_le_p(image.bytes + MXCSR, MXCSR_DEFAULT);
	for (int i = FIRST_EXTENDED; i < XSAVE_STATE_AREA_COUNT; i++) {
		const ExtSaveArea *area = &x86_ext_save_areas[i];

		if (wanted & saved & BIT_ULL(i))
			load(env, ptr + offset_of(i, components), image.bytes + area->offset,
			     area->size, ra);
	}
	header->xcomp_bv = 0;
	return cpu_x86_xrstor(env, image.bytes, sizeof(image), wanted);
}

// SPDX-License-Identifier: GPL-2.0-only
/* What memory a VM takes of its host, term by term. */
#include "memlock/memory.h"

#include <stdbool.h>

#define MIB	((uint64_t)1 << 20)
#define GIB	((uint64_t)1 << 30)
#define PAGE	((uint64_t)4096)

/* The same room that a recommended hard_limit leaves: memlock/model.c. */
#define MARGIN_MIN	(16 * MIB)
#define MARGIN_PART	64

/* An xarray has a node of 576 bytes for 64 entries: include/linux/xarray.h. */
#define XARRAY_ENTRY	9

const char *const memory_kind_names[] = {
	[MEMORY_PRIVATE] = "private",
	[MEMORY_SHARED] = "shared",
	[MEMORY_OVERHEAD] = "overhead",
};

const char *const memory_copies_texts[] = {
	[COPIES_ONE] = "each page is in one store: QEMU discards the copy that a conversion leaves behind",
	[COPIES_HUGEPAGES] = "a page can be in both stores: QEMU does not discard shared huge pages",
	[COPIES_OTHERS] =
		"a page can be in both stores: another process (vhost-user) maps the shared one, and fills it",
	[COPIES_OLD] = "a page can be in both stores: a QEMU before 9.1 does not discard the shared copy",
};

static bool is_snp(const struct vm_shape *shape)
{
	return shape->encrypted && shape->type == SEVADM_VM_TYPE_SEV_SNP;
}

/* Upstream has SNP since 9.1, and kvm_convert_memory(); builds before are forks. */
enum memory_copies memory_copies_of(const struct vm_shape *shape)
{
	if (shape->hugepages)
		return COPIES_HUGEPAGES;
	if (shape->vhost_user)
		return COPIES_OTHERS;
	if (shape->qemu && shape->qemu < MEMLOCK_QEMU(9, 1))
		return COPIES_OLD;
	return COPIES_ONE;
}

static struct memory_need same(uint64_t bytes)
{
	return (struct memory_need) { bytes, bytes };
}

/* Linux as a guest: mem_encrypt_setup_arch(): 6 % of its memory, from 64 MiB to 1 GiB. */
static uint64_t bounce_buffers(const struct vm_shape *shape)
{
	uint64_t bytes = shape->ram / 100 * 6;

	bytes = bytes < 64 * MIB ? 64 * MIB : bytes > GIB ? GIB : bytes;
	return bytes < shape->ram ? bytes : shape->ram;
}

/* All of it is private until the guest shares some; it can take all back. */
static struct memory_need ram(const struct vm_shape *shape)
{
	return (struct memory_need) {
		shape->ram, is_snp(shape) ? shape->ram - bounce_buffers(shape) : shape->ram };
}

static struct memory_need firmware(const struct vm_shape *shape)
{
	return same(shape->firmware + (is_snp(shape) ? 0 : vm_shape_blocks(shape) - shape->ram -
							   shape->firmware));
}

/* A save area of each vCPU, the guest's context, and two pages of guest requests. */
static struct memory_need snp_pages(const struct vm_shape *shape)
{
	return same(is_snp(shape) ? (shape->vcpus + 1 + 2) * PAGE : 0);
}

/* At worst the guest shares all of it after it has used all of it as private. */
static struct memory_need shared_ram(const struct vm_shape *shape)
{
	uint64_t both = memory_copies_of(shape) != COPIES_ONE ? shape->ram : bounce_buffers(shape);

	return (struct memory_need) { is_snp(shape) ? both : 0,
				      is_snp(shape) ? bounce_buffers(shape) : 0 };
}

static struct memory_need devices(const struct vm_shape *shape)
{
	return same(!is_snp(shape) ? 0 : vm_shape_blocks(shape) - shape->ram - shape->firmware);
}

static struct memory_need page_tables(const struct vm_shape *shape)
{
	return same((shape->ram + shape->firmware + shape->video) / 512 * 2);
}

static struct memory_need page_array(const struct vm_shape *shape)
{
	return same(shape->encrypted && !is_snp(shape) ? vm_shape_blocks(shape) / PAGE * 8 : 0);
}

static struct memory_need attributes(const struct vm_shape *shape)
{
	return same(is_snp(shape) ? shape->ram / PAGE * XARRAY_ENTRY : 0);
}

static struct memory_need file_index(const struct vm_shape *shape)
{
	return same(is_snp(shape) ? shape->ram / PAGE * XARRAY_ENTRY : 0);
}

static struct memory_need qemu(const struct vm_shape *shape)
{
	const uint64_t *bytes = shape->figures->bytes;
	const unsigned int threads = shape->vcpus + shape->iothreads;
	uint64_t sum = bytes[FIGURE_QEMU_ANONYMOUS] + threads * bytes[FIGURE_VCPU_ANONYMOUS] +
		       shape->graphics * bytes[FIGURE_GRAPHICS_CHARGE];

	if (shape->locked)
		sum += bytes[FIGURE_QEMU_LOCKED] + threads * bytes[FIGURE_STACK_LOCKED];
	return same(sum);
}

const struct memory_term memory_terms[] = {
	{ "ram", MEMORY_PRIVATE, ram, "KVM guest_memfd, or sev_mem_enc_register_region()",
	  "QEMU's RAM" },
	{ "firmware", MEMORY_PRIVATE, firmware, "its image; ROMs and tables that SEV pins",
	  "its image, ROMs and tables" },
	{ "snp-pages", MEMORY_PRIVATE, snp_pages,
	  "SNP ABI (56860): a VMSA a vCPU, context, guest requests" },
	{ "shared-ram", MEMORY_SHARED, shared_ram,
	  "Linux mem_encrypt_setup_arch(): 6 %, 64 MiB to 1 GiB; QEMU kvm_convert_memory()" },
	{ "devices", MEMORY_SHARED, devices, "QEMU: video, variables, ROMs, ACPI tables" },
	{ "page-tables", MEMORY_OVERHEAD, page_tables,
	  "the process's and the nested ones: 1/512 each" },
	{ "page-array", MEMORY_OVERHEAD, page_array,
	  "kvm_amd sev_pin_memory(): 8 bytes a pinned page" },
	{ "attributes", MEMORY_OVERHEAD, attributes,
	  "KVM kvm_vm_set_mem_attributes(): an xarray entry a page" },
	{ "file-index", MEMORY_OVERHEAD, file_index,
	  "page cache of guest_memfd: an xarray entry a page" },
	{ "qemu-memory", MEMORY_OVERHEAD, qemu, "measured: QEMU and what the kernel holds for it" },
	{}
};

uint64_t memory_snp_stores(const struct vm_shape *shape)
{
	return snp_pages(shape).worst + shared_ram(shape).worst + attributes(shape).worst +
	       file_index(shape).worst;
}

const char *memory_source(const struct memory_term *term, const struct vm_shape *shape)
{
	return !shape->encrypted && term->plain_source ? term->plain_source : term->source;
}

struct memory_need memory_sum(const struct vm_shape *shape, enum memory_kind kind)
{
	struct memory_need sum = {}, one;
	const struct memory_term *term;

	for (term = memory_terms; term->name; term++) {
		if (term->kind != kind)
			continue;
		one = term->need(shape);
		sum.worst += one.worst;
		sum.booted += one.booted;
	}
	return sum;
}

struct memory_need memory_total(const struct vm_shape *shape)
{
	struct memory_need sum = {}, one;
	enum memory_kind kind;

	for (kind = 0; kind < MEMORY_NR; kind++) {
		one = memory_sum(shape, kind);
		sum.worst += one.worst;
		sum.booted += one.booted;
	}
	return sum;
}

/* guest_memfd has no huge pages of hugetlbfs: of an SNP guest only the shared store is there. */
uint64_t memory_hugetlb(const struct vm_shape *shape)
{
	if (!shape->hugepages)
		return 0;
	return is_snp(shape) ? shared_ram(shape).worst : shape->ram;
}

uint64_t memory_max(const struct vm_shape *shape)
{
	uint64_t need = memory_total(shape).worst - memory_hugetlb(shape), margin;

	margin = need / MARGIN_PART > MARGIN_MIN ? need / MARGIN_PART : MARGIN_MIN;
	return (need + margin + MIB - 1) / MIB * MIB;
}

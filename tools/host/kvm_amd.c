// SPDX-License-Identifier: GPL-2.0-only
/* What kvm_amd itself believes about its encrypted VMs, read from the kernel's memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/sevadm.h>

#include "cli/output.h"
#include "host/kvm_amd.h"

/* A list that is longer was caught in the middle of a change. */
#define LIST_MAX	1000000
#define TRIES		200
#define TRY_PAUSE_NS	2000000L

enum {
	VM_LIST, ASID_BITMAP, RECLAIM_BITMAP, MIN_SEV_ASID, MAX_SEV_ASID, NR_ASIDS,
	MIN_ES_ASID, MIN_SNP_ASID, MAX_SNP_ASID,
};

static struct kernel_symbol symbols[] = {
	[VM_LIST] = { "kvm", "vm_list" },
	[ASID_BITMAP] = { "kvm_amd", "sev_asid_bitmap" },
	[RECLAIM_BITMAP] = { "kvm_amd", "sev_reclaim_asid_bitmap" },
	[MIN_SEV_ASID] = { "kvm_amd", "min_sev_asid" },
	[MAX_SEV_ASID] = { "kvm_amd", "max_sev_asid" },
	[NR_ASIDS] = { "kvm_amd", "nr_asids" },
	/* From 6.18 on, with ciphertext hiding. */
	[MIN_ES_ASID] = { "kvm_amd", "min_sev_es_asid", .optional = true },
	[MIN_SNP_ASID] = { "kvm_amd", "min_snp_asid", .optional = true },
	[MAX_SNP_ASID] = { "kvm_amd", "max_snp_asid", .optional = true },
};

enum {
	KVM_NEXT, KVM_PID, KVM_IN_SVM, SEV_ACTIVE, SEV_ES_ACTIVE, SEV_ASID, SEV_HANDLE, SEV_PAGES,
	SEV_REGIONS, SEV_OWNER, REGION_LIST, REGION_PAGES,
};

static struct kernel_field fields[] = {
	[KVM_NEXT] = { "kvm", "vm_list" },
	[KVM_PID] = { "kvm", "userspace_pid" },
	[KVM_IN_SVM] = { "kvm_svm", "kvm" },
	[SEV_ACTIVE] = { "kvm_svm", "sev_info.active" },
	[SEV_ES_ACTIVE] = { "kvm_svm", "sev_info.es_active" },
	[SEV_ASID] = { "kvm_svm", "sev_info.asid" },
	[SEV_HANDLE] = { "kvm_svm", "sev_info.handle" },
	[SEV_PAGES] = { "kvm_svm", "sev_info.pages_locked" },
	[SEV_REGIONS] = { "kvm_svm", "sev_info.regions_list" },
	[SEV_OWNER] = { "kvm_svm", "sev_info.enc_context_owner" },
	[REGION_LIST] = { "enc_region", "list" },
	[REGION_PAGES] = { "enc_region", "npages" },
};

bool kvm_amd_open(struct kernel_memory *memory)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(symbols); i++)
		symbols[i].address = 0;
	return kernel_memory_symbols(memory, symbols, ARRAY_SIZE(symbols)) &&
	       kernel_memory_fields(memory, "kvm_amd", fields, ARRAY_SIZE(fields));
}

void kvm_amd_drop(struct kvm_amd_state *state)
{
	free(state->vms);
	state->vms = NULL;
	state->nr_vms = 0;
}

static bool read_pointer(const struct kernel_memory *memory, uint64_t address, uint64_t *value)
{
	return kernel_memory_read(memory, address, value, sizeof(*value));
}

static bool read_number(const struct kernel_memory *memory, int symbol, uint32_t *value)
{
	return kernel_memory_read(memory, symbols[symbol].address, value, sizeof(*value));
}

static bool read_map(const struct kernel_memory *memory, int symbol, uint32_t bits, uint64_t *map)
{
	uint64_t address;

	memset(map, 0, KVM_AMD_ASIDS / 8);
	if (bits > KVM_AMD_ASIDS || !read_pointer(memory, symbols[symbol].address, &address))
		return false;
	/* kvm_amd without SEV never allocates them. */
	return !address || kernel_memory_read(memory, address, map, (bits + 63) / 64 * 8);
}

/*
 * Without a third pool the same ASIDs are of both kinds of guests; older kernels have nothing else.
 */
static bool read_division(const struct kernel_memory *memory, struct kvm_amd_state *state)
{
	state->min_es = state->min_snp = 1;
	state->max_snp = 0;
	if (!symbols[MIN_ES_ASID].address || !symbols[MIN_SNP_ASID].address ||
	    !symbols[MAX_SNP_ASID].address)
		return true;
	if (!read_number(memory, MIN_ES_ASID, &state->min_es) ||
	    !read_number(memory, MIN_SNP_ASID, &state->min_snp) ||
	    !read_number(memory, MAX_SNP_ASID, &state->max_snp))
		return false;
	if (state->min_es <= state->max_snp)
		state->max_snp = 0;
	return true;
}

unsigned int kvm_amd_pool(const struct kvm_amd_state *state, uint32_t asid)
{
	if (asid >= state->min_sev)
		return SEVADM_POOL_SEV;
	return asid >= state->min_snp && asid <= state->max_snp ? SEVADM_POOL_SEV_SNP :
	       SEVADM_POOL_SEV_ES;
}

static bool read_asids(const struct kernel_memory *memory, struct kvm_amd_state *state)
{
	return read_number(memory, MIN_SEV_ASID, &state->min_sev) &&
	       read_number(memory, MAX_SEV_ASID, &state->max) &&
	       read_number(memory, NR_ASIDS, &state->nr) &&
	       read_division(memory, state) &&
	       read_map(memory, ASID_BITMAP, state->nr, state->used) &&
	       read_map(memory, RECLAIM_BITMAP, state->nr, state->reclaim);
}

static bool read_regions(const struct kernel_memory *memory, uint64_t svm, struct kvm_amd_vm *vm)
{
	uint64_t head = svm + fields[SEV_REGIONS].offset, entry, pages;

	/* A mirror of an older kernel may have a head that never was initialised. */
	if (!read_pointer(memory, head, &entry))
		return false;
	for (; entry && entry != head; vm->regions++) {
		if (vm->regions > LIST_MAX ||
		    !kernel_memory_field(memory, entry - fields[REGION_LIST].offset,
					 &fields[REGION_PAGES], &pages) ||
		    !read_pointer(memory, entry, &entry))
			return false;
		vm->region_pages += pages;
	}
	return true;
}

static struct kvm_amd_vm *add_vm(struct kvm_amd_state *state)
{
	struct kvm_amd_vm *more;

	/* Room for one, then twice as much whenever it is full. */
	if (!(state->nr_vms & (state->nr_vms - 1))) {
		more = realloc(state->vms, (state->nr_vms ? 2 * state->nr_vms : 1) * sizeof(*more));
		if (!more)
			return NULL;
		state->vms = more;
	}
	return &state->vms[state->nr_vms++];
}

static bool read_vm(const struct kernel_memory *memory, uint64_t kvm, struct kvm_amd_state *state)
{
	uint64_t svm = kvm - fields[KVM_IN_SVM].offset, active;
	struct kvm_amd_vm *vm;

	if (!kernel_memory_field(memory, svm, &fields[SEV_ACTIVE], &active))
		return false;
	if (!active)
		return true;
	vm = add_vm(state);
	if (!vm)
		return false;
	*vm = (struct kvm_amd_vm) { .kvm = kvm, .mirror_of = -1 };
	return kernel_memory_field(memory, kvm, &fields[KVM_PID], &vm->pid) &&
	       kernel_memory_field(memory, svm, &fields[SEV_ES_ACTIVE], &vm->es) &&
	       kernel_memory_field(memory, svm, &fields[SEV_ASID], &vm->asid) &&
	       kernel_memory_field(memory, svm, &fields[SEV_HANDLE], &vm->handle) &&
	       kernel_memory_field(memory, svm, &fields[SEV_PAGES], &vm->pages) &&
	       kernel_memory_field(memory, svm, &fields[SEV_OWNER], &vm->owner) &&
	       read_regions(memory, svm, vm);
}

/*
 * A mirror has its owner's guest: KVM's copy of the handle is as old as the mirror. The owner lives
 * as long as its mirrors, so it is among the VMs, or the reading is no good.
 */
static bool find_owner(struct kvm_amd_state *state, struct kvm_amd_vm *vm)
{
	size_t i;

	for (i = 0; vm->owner && i < state->nr_vms; i++)
		if (state->vms[i].kvm == vm->owner) {
			vm->mirror_of = i;
			vm->handle = state->vms[i].handle;
		}
	return !vm->owner || vm->mirror_of >= 0;
}

static bool read_once(const struct kernel_memory *memory, struct kvm_amd_state *state)
{
	uint64_t head = symbols[VM_LIST].address, entry;
	size_t nr = 0, i;

	kvm_amd_drop(state);
	if (!read_asids(memory, state) || !read_pointer(memory, head, &entry))
		return false;
	while (entry != head)
		if (nr++ > LIST_MAX ||
		    !read_vm(memory, entry - fields[KVM_NEXT].offset, state) ||
		    !read_pointer(memory, entry, &entry))
			return false;
	for (i = 0; i < state->nr_vms; i++)
		if (!find_owner(state, &state->vms[i]))
			return false;
	return true;
}

bool kvm_amd_same(const struct kvm_amd_state *a, const struct kvm_amd_state *b)
{
	return a->nr_vms == b->nr_vms && a->min_sev == b->min_sev && a->max == b->max &&
	       a->nr == b->nr && a->min_es == b->min_es && a->min_snp == b->min_snp &&
	       a->max_snp == b->max_snp && !memcmp(a->used, b->used, sizeof(a->used)) &&
	       !memcmp(a->reclaim, b->reclaim, sizeof(a->reclaim)) &&
	       (!a->nr_vms || !memcmp(a->vms, b->vms, a->nr_vms * sizeof(*a->vms)));
}

bool kvm_amd_read(struct kernel_memory *memory, struct kvm_amd_state *state)
{
	const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
	static struct kvm_amd_state last;
	bool have_last = false, good = false;
	int try;

	for (try = 0; try < TRIES && !good; try++) {
		bool now = read_once(memory, state);

		good = now && have_last && kvm_amd_same(state, &last);
		if (good)
			break;
		kvm_amd_drop(&last);
		last = *state;
		state->vms = NULL;
		state->nr_vms = 0;
		have_last = now;
		if (try)
			nanosleep(&pause, NULL);
	}
	kvm_amd_drop(&last);
	if (!good)
		snprintf(memory->why, sizeof(memory->why),
			 "the VMs keep changing: no two of %d readings of kvm_amd's memory agree", TRIES);
	return good;
}

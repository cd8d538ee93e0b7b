/* SPDX-License-Identifier: GPL-2.0-only */
/* What kvm_amd itself believes about its encrypted VMs and ASIDs, read from the kernel's memory. */
#ifndef SEVADM_HOST_KVM_AMD_H
#define SEVADM_HOST_KVM_AMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/kernel_memory.h"

#define KVM_AMD_ASIDS	65536	/* more than a processor has */
#define KVM_AMD_PAGE	4096	/* pages_locked counts pages of this size (sev_pin_memory()) */

/**
 * struct kvm_amd_vm - a VM whose SEV context was initialised
 * @kvm: distinguishes VMs; an address of the kernel, never printed
 * @owner: @kvm of the VM that this one mirrors, or 0
 * @mirror_of: its place among the VMs, or -1
 * @pid: the process that created the VM (kvm->userspace_pid)
 * @es: SEV-ES, or SEV-SNP
 * @asid: the ASID
 * @handle: the firmware's name of the guest; of a mirror: that of its owner; 0: none yet
 * @pages: kvm_sev_info.pages_locked
 * @regions: how many are on kvm_sev_info.regions_list
 * @region_pages: the sum of their pages, which kvm_amd has as @pages
 */
struct kvm_amd_vm {
	uint64_t kvm, owner;
	long mirror_of;
	uint64_t pid, es, asid, handle, pages, regions, region_pages;
};

/**
 * struct kvm_amd_state - all of it, as of one moment
 * @min_sev: the first ASID of SEV guests; below are those of SEV-ES and SEV-SNP
 * @min_es: the first ASID of SEV-ES guests
 * @min_snp: the first ASID of SEV-SNP guests, where kvm_amd divides them from those of SEV-ES
 * @max_snp: the last one; 0: SEV-ES and SEV-SNP guests take the same
 * @max: the last ASID
 * @nr: number of bits in the maps
 * @used: sev_asid_bitmap: ASIDs that KVM does not give out
 * @reclaim: sev_reclaim_asid_bitmap: those of them that wait to be recycled
 * @vms: the VMs
 * @nr_vms: how many
 */
struct kvm_amd_state {
	uint32_t min_sev, max, nr, min_es, min_snp, max_snp;
	uint64_t used[KVM_AMD_ASIDS / 64], reclaim[KVM_AMD_ASIDS / 64];
	struct kvm_amd_vm *vms;
	size_t nr_vms;
};

/**
 * kvm_amd_open() - find kvm_amd in the kernel's memory
 * @memory: what kernel_memory_open() opened
 *
 * Return: true; false: @memory->why says why not.
 */
bool kvm_amd_open(struct kernel_memory *memory);

/**
 * kvm_amd_read() - read what kvm_amd believes
 * @state: zeroes, or of an earlier call; kvm_amd_drop() frees it
 *
 * kvm_amd's locks cannot be taken from user space. A reading counts when the next one, made from
 * the start, says the same.
 *
 * Return: true; false: @memory->why says why not.
 */
bool kvm_amd_read(struct kernel_memory *memory, struct kvm_amd_state *state);

/** kvm_amd_same() - true: nothing has changed between the two */
bool kvm_amd_same(const struct kvm_amd_state *a, const struct kvm_amd_state *b);

/** kvm_amd_drop() - free what the state owns */
void kvm_amd_drop(struct kvm_amd_state *state);

/** kvm_amd_pool() - return the enum sevadm_pool that an ASID is of */
unsigned int kvm_amd_pool(const struct kvm_amd_state *state, uint32_t asid);

/** kvm_amd_has() - return true if ASID @asid is in one of the maps of the state */
static inline bool kvm_amd_has(const uint64_t *map, uint32_t asid)
{
	return asid < KVM_AMD_ASIDS && map[asid / 64] >> asid % 64 & 1;
}

#endif

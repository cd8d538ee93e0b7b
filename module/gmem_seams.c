// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of KVM's functions through which memslots come and go, with the VM's slots_lock held. A
 * VM that is not in the ledger yet is charged for all its slots when it enters (kvm_seams.c).
 */
#include <linux/kvm_host.h>

#include "compat/kvm.h"
#include "gmem.h"
#include "ledger.h"
#include "seam.h"

static struct sevadm_vm *snp_vm(struct kvm *kvm)
{
	struct sevadm_vm *vm = sevadm_vm_find(kvm);

	if (!vm || READ_ONCE(vm->type) == SEVADM_VM_TYPE_SEV_SNP)
		return vm;
	sevadm_vm_put(vm);
	return NULL;
}

int wrap_kvm_arch_prepare_memory_region(struct kvm *kvm, const struct kvm_memory_slot *old,
					struct kvm_memory_slot *new, enum kvm_mr_change change)
{
	u64 pages = change == KVM_MR_CREATE ? compat_kvm_slot_gmem_pages(new) : 0;
	struct sevadm_vm *vm;
	int ret = -ENOMEM;

	sevadm_seam_enter(SEAM_kvm_arch_prepare_memory_region);
	vm = pages && sevadm_gmem_seen() ? snp_vm(kvm) : NULL;
	if (!vm || !sevadm_gmem_begin(vm, pages)) {
		ret = call_original(kvm_arch_prepare_memory_region, kvm, old, new, change);
		if (vm && ret)
			sevadm_gmem_cancel(vm, pages);
	}
	sevadm_vm_put(vm);
	sevadm_seam_exit();
	return ret;
}

void wrap_kvm_arch_commit_memory_region(struct kvm *kvm, struct kvm_memory_slot *old,
					const struct kvm_memory_slot *new,
					enum kvm_mr_change change)
{
	u64 bound = change == KVM_MR_CREATE ? compat_kvm_slot_gmem_pages(new) : 0;
	u64 unbound = change == KVM_MR_DELETE ? compat_kvm_slot_gmem_pages(old) : 0;
	struct sevadm_vm *vm;

	sevadm_seam_enter(SEAM_kvm_arch_commit_memory_region);
	vm = (bound || unbound) && sevadm_gmem_seen() ? snp_vm(kvm) : NULL;
	call_original(kvm_arch_commit_memory_region, kvm, old, new, change);
	if (vm && bound)
		sevadm_gmem_bound(vm, bound);
	if (vm && unbound)
		sevadm_gmem_unbound(vm, unbound);
	sevadm_vm_put(vm);
	sevadm_seam_exit();
}

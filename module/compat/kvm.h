/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM: the type of a VM (KVM_CREATE_VM's argument), memory of guest_memfd, and the operations of
 * SEV. Probed in compat/Kbuild.include.
 */
#ifndef SEVADM_COMPAT_KVM_H
#define SEVADM_COMPAT_KVM_H

#include <linux/fs.h>
#include <linux/kvm_host.h>

/* Return true if @kvm was created as a SEV-SNP VM; kernels without VM types have no SNP. */
static inline bool compat_kvm_is_snp_vm(const struct kvm *kvm)
{
#ifdef SEVADM_HAVE_KVM_X86_SNP_VM
	return kvm->arch.vm_type == KVM_X86_SNP_VM;
#else
	return false;
#endif
}

/* Number of pages of the slot that are bound to guest_memfd; kernels without it have none. */
static inline u64 compat_kvm_slot_gmem_pages(const struct kvm_memory_slot *slot)
{
#ifdef SEVADM_HAVE_KVM_MEM_GUEST_MEMFD
	return slot && slot->flags & KVM_MEM_GUEST_MEMFD ? slot->npages : 0;
#else
	return 0;
#endif
}

/*
 * The same of all slots of a VM, with its slots_lock held: the first address space alone can have
 * it.
 */
static inline u64 compat_kvm_gmem_pages(struct kvm *kvm)
{
#ifdef SEVADM_HAVE_KVM_MEM_GUEST_MEMFD
	struct kvm_memory_slot *slot;
	struct kvm_memslots *slots;
	u64 pages = 0;
	int bucket;

	slots = rcu_dereference_protected(kvm->memslots[0], lockdep_is_held(&kvm->slots_lock));
	kvm_for_each_memslot(slot, bucket, slots)
		pages += compat_kvm_slot_gmem_pages(slot);
	return pages;
#else
	return 0;
#endif
}

/*
 * Return true if memslots of the VM, which the caller keeps from being freed, can be bound to
 * guest_memfd. Only VMs with private memory could at first; later kernels do not look at the type.
 */
static inline bool compat_kvm_can_have_gmem(const struct kvm *kvm)
{
#if IS_ENABLED(CONFIG_KVM_GUEST_MEMFD)
	return true;
#elif IS_ENABLED(CONFIG_KVM_PRIVATE_MEM)
	return kvm_arch_has_private_mem(kvm);
#else
	return false;
#endif
}

/*
 * Return the slot's file of guest_memfd; NULL: it has none that is open. The caller holds KVM's
 * srcu, and rcu_read_lock(): KVM takes the file out of the slot before it lets go of it
 * (kvm_gmem_release()).
 */
static inline const struct file *compat_kvm_slot_gmem_file(const struct kvm_memory_slot *slot)
{
#if IS_ENABLED(CONFIG_KVM_PRIVATE_MEM) || IS_ENABLED(CONFIG_KVM_GUEST_MEMFD)
	return slot->flags & KVM_MEM_GUEST_MEMFD ? READ_ONCE(slot->gmem.file) : NULL;
#else
	return NULL;
#endif
}

/* A function of KVM's table of operations, for its type alone: its name there, and before 5.18. */
#ifdef SEVADM_HAVE_MEM_ENC_IOCTL
#define COMPAT_KVM_OPERATION(name, name_5_17)	(*((struct kvm_x86_ops *)NULL)->name)
#else
#define COMPAT_KVM_OPERATION(name, name_5_17)	(*((struct kvm_x86_ops *)NULL)->name_5_17)
#endif

#endif /* SEVADM_COMPAT_KVM_H */

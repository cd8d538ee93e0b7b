/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM: the type of a VM (KVM_CREATE_VM's argument). Probed in compat/Kbuild.include. */
#ifndef SEVADM_COMPAT_KVM_H
#define SEVADM_COMPAT_KVM_H

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

#endif /* SEVADM_COMPAT_KVM_H */

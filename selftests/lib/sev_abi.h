/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's SEV interface, with what the distribution's headers are too old to know (Linux 6.11:
 * KVM_SEV_INIT2 and the VM types that go with it).
 */
#ifndef SEVADM_SEV_ABI_H
#define SEVADM_SEV_ABI_H

#include <linux/kvm.h>
#include <linux/psp-sev.h>
#include <linux/types.h>

#ifndef KVM_X86_SEV_VM

#define KVM_X86_DEFAULT_VM	0
#define KVM_X86_SEV_VM		2
#define KVM_X86_SEV_ES_VM	3

#define KVM_SEV_INIT2		22

struct kvm_sev_init {
	__u64 vmsa_features;
	__u32 flags;
	__u16 ghcb_version;
	__u16 pad1;
	__u32 pad2[8];
};

#endif

#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES	235
#endif

#endif /* SEVADM_SEV_ABI_H */

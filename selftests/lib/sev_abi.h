/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's SEV interface, with what the distribution's headers are too old to know (Linux 6.8: memory
 * that only the guest has; 6.11: KVM_SEV_INIT2 and the VM types that go with it, SEV-SNP).
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

#ifndef KVM_X86_SNP_VM

#define KVM_X86_SNP_VM		4

#define KVM_SEV_SNP_LAUNCH_START	100
#define KVM_SEV_SNP_LAUNCH_UPDATE	101
#define KVM_SEV_SNP_LAUNCH_FINISH	102

#define KVM_SEV_SNP_PAGE_TYPE_NORMAL	1
#define KVM_SEV_SNP_PAGE_TYPE_ZERO	3

struct kvm_sev_snp_launch_start {
	__u64 policy;
	__u8 gosvw[16];
	__u16 flags;
	__u8 pad0[6];
	__u64 pad1[4];
};

struct kvm_sev_snp_launch_update {
	__u64 gfn_start;
	__u64 uaddr;
	__u64 len;
	__u8 type;
	__u8 pad0;
	__u16 flags;
	__u32 pad1;
	__u64 pad2[4];
};

struct kvm_sev_snp_launch_finish {
	__u64 id_block_uaddr;
	__u64 id_auth_uaddr;
	__u8 id_block_en;
	__u8 auth_key_en;
	__u8 vcek_disabled;
	__u8 host_data[32];
	__u8 pad0[3];
	__u16 flags;
	__u64 pad1[4];
};

#endif

#ifndef KVM_CREATE_GUEST_MEMFD

#define KVM_MEM_GUEST_MEMFD		(1UL << 2)
#define KVM_MEMORY_ATTRIBUTE_PRIVATE	(1ULL << 3)

struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};

struct kvm_memory_attributes {
	__u64 address;
	__u64 size;
	__u64 attributes;
	__u64 flags;
};

struct kvm_create_guest_memfd {
	__u64 size;
	__u64 flags;
	__u64 reserved[6];
};

#define KVM_SET_USER_MEMORY_REGION2	_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#define KVM_SET_MEMORY_ATTRIBUTES	_IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#define KVM_CREATE_GUEST_MEMFD		_IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)

#endif

#ifndef KVM_PRE_FAULT_MEMORY

struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};

#define KVM_PRE_FAULT_MEMORY		_IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)

#endif

#ifndef KVM_EXIT_MEMORY_FAULT

#define KVM_EXIT_MEMORY_FAULT		39
#define KVM_MEMORY_EXIT_FLAG_PRIVATE	(1ULL << 3)

#endif

/* What KVM_EXIT_MEMORY_FAULT has in struct kvm_run's union, which older headers do not know. */
struct sev_memory_fault {
	__u64 flags;
	__u64 gpa;
	__u64 size;
};

#ifndef KVM_HC_MAP_GPA_RANGE
#define KVM_HC_MAP_GPA_RANGE		12
#endif

#endif /* SEVADM_SEV_ABI_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs that are older than the module: taken over from kvm_amd's own memory of them. */
#ifndef SEVADM_ADOPT_H
#define SEVADM_ADOPT_H

#include <linux/types.h>

struct kvm;
struct netlink_ext_ack;
struct sevadm_vm;

/**
 * struct sevadm_layout - where kvm_amd keeps what it knows of a VM: offsets in bytes
 * @kvm_size: size of struct kvm, from the kernel's BTF
 * @kvm_vm_list: of vm_list in struct kvm, from the kernel's BTF
 * @svm_size: size of struct kvm_svm, which begins with its struct kvm
 * @active: of sev_info.active in struct kvm_svm; as all that follow up to @owner
 * @es_active: of sev_info.es_active
 * @asid: of sev_info.asid
 * @handle: of sev_info.handle
 * @pages_locked: of sev_info.pages_locked
 * @regions: of sev_info.regions_list
 * @owner: of sev_info.enc_context_owner
 * @region_list: of list in struct enc_region
 * @region_npages: of npages in struct enc_region
 */
struct sevadm_layout {
	u32 kvm_size;
	u32 kvm_vm_list;
	u32 svm_size;
	u32 active;
	u32 es_active;
	u32 asid;
	u32 handle;
	u32 pages_locked;
	u32 regions;
	u32 owner;
	u32 region_list;
	u32 region_npages;
};

int sevadm_adopt(const struct sevadm_layout *layout, u32 *adopted, u32 *left,
		 struct netlink_ext_ack *extack);
u32 sevadm_adopt_asid(const struct kvm *kvm);
void sevadm_adopt_forget(void);

#endif /* SEVADM_ADOPT_H */

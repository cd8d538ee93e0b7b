/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of seams: one row for each function of the kernel, ccp and kvm_amd that the module
 * interposes on. Identifier, wrapper prototype, static call and state are derived from the row.
 *
 *	SEAM(module, symbol, required, return type, prototype)
 *
 * Rows of one module follow one another, and are attached at once; kvm_amd's last, so that no VM
 * enters the ledger before everything else that is accounted about it is attached.
 *
 * Prototypes are those of the newest kernel supported. Where older ones differ (amount of
 * misc_cg_try_charge(): unsigned long or u64; last argument of sev_pin_memory(): int or unsigned
 * int) the two are the same to the x86-64 calling convention.
 *
 * What each seam gives:
 *  - misc_cg_try_charge, _uncharge: an ASID is taken or given back. KVM calls them in
 *    sev_asid_new(), sev_asid_free() and intra-host migration alone, so that a charge without an
 *    uncharge within one ioctl proves that a VM was initialised, whatever the ioctl returned;
 *  - rmp_make_private, rmp_make_shared: a page becomes a SEV-SNP guest's or the firmware's, or the kernel's
 *    again. snp_leak_pages: it is given up; newer kernels have __snp_leak_pages in its place. Older
 *    kernels have none of the four, and no SEV-SNP hosts;
 *  - __sev_do_cmd_locked: every command of the security processor, whichever task issued it;
 *  - the other functions of ccp: the moment at which a caller began to queue for the mailbox;
 *    sev_guest_df_flush also: KVM recycles ASIDs (sev_flush_asids() is its only caller);
 *  - kvm_arch_prepare_memory_region, _commit_memory_region: memory is bound to guest_memfd, or no longer;
 *    refusing the first takes KVM's own error path, before the guest has the memory;
 *  - sev_pin_memory: exact page counts, transient pins, refusals; newer kernels (7.1 on) pin what a command
 *    takes page by page in sev_pin_page instead, which older ones have not;
 *  - the rest: which VM a task works for, and the ends of VMs and regions.
 */
#ifndef SEVADM_SEAM_TABLE_H
#define SEVADM_SEAM_TABLE_H

#define SEVADM_SEAMS(SEAM)									\
	SEAM(vmlinux, misc_cg_try_charge, true, int,						\
	     (enum misc_res_type type, struct misc_cg *cg, unsigned long amount))		\
	SEAM(vmlinux, misc_cg_uncharge, true, void,						\
	     (enum misc_res_type type, struct misc_cg *cg, unsigned long amount))		\
	SEAM(vmlinux, rmp_make_private, false, int,						\
	     (u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable))			\
	SEAM(vmlinux, rmp_make_shared, false, int, (u64 pfn, enum pg_level level))		\
	SEAM(vmlinux, snp_leak_pages, false, void, (u64 pfn, unsigned int npages))		\
	SEAM(vmlinux, __snp_leak_pages, false, void,						\
	     (u64 pfn, unsigned int npages, bool dump_rmp))					\
	SEAM(ccp, __sev_do_cmd_locked, true, int, (int cmd, void *data, int *psp_ret))		\
	SEAM(ccp, sev_guest_df_flush, true, int, (int *error))					\
	SEAM(ccp, sev_do_cmd, false, int, (int cmd, void *data, int *psp_ret))			\
	SEAM(ccp, sev_issue_cmd_external_user, false, int,					\
	     (struct file *filep, unsigned int cmd, void *data, int *error))			\
	SEAM(ccp, sev_guest_activate, false, int,						\
	     (struct sev_data_activate *data, int *error))					\
	SEAM(ccp, sev_guest_deactivate, false, int,						\
	     (struct sev_data_deactivate *data, int *error))					\
	SEAM(ccp, sev_guest_decommission, false, int,						\
	     (struct sev_data_decommission *data, int *error))					\
	SEAM(kvm, kvm_arch_prepare_memory_region, false, int,					\
	     (struct kvm *kvm, const struct kvm_memory_slot *old,				\
	      struct kvm_memory_slot *new, enum kvm_mr_change change))				\
	SEAM(kvm, kvm_arch_commit_memory_region, false, void,					\
	     (struct kvm *kvm, struct kvm_memory_slot *old,					\
	      const struct kvm_memory_slot *new, enum kvm_mr_change change))			\
	SEAM(kvm_amd, sev_pin_memory, true, struct page **,					\
	     (struct kvm *kvm, unsigned long uaddr, unsigned long ulen,				\
	      unsigned long *n, unsigned int flags))						\
	SEAM(kvm_amd, sev_pin_page, false, struct page *,					\
	     (struct kvm *kvm, unsigned long addr, unsigned int flags))				\
	SEAM(kvm_amd, sev_mem_enc_unregister_region, true, int,					\
	     (struct kvm *kvm, struct kvm_enc_region *range))					\
	SEAM(kvm_amd, sev_mem_enc_register_region, true, int,					\
	     (struct kvm *kvm, struct kvm_enc_region *range))					\
	SEAM(kvm_amd, sev_vm_destroy, true, void, (struct kvm *kvm))				\
	SEAM(kvm_amd, sev_vm_move_enc_context_from, true, int,					\
	     (struct kvm *kvm, unsigned int source_fd))						\
	SEAM(kvm_amd, sev_vm_copy_enc_context_from, true, int,					\
	     (struct kvm *kvm, unsigned int source_fd))						\
	SEAM(kvm_amd, sev_mem_enc_ioctl, true, int, (struct kvm *kvm, void __user *argp))

#endif /* SEVADM_SEAM_TABLE_H */

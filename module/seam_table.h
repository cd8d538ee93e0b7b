/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of seams: one row for each function of the kernel, ccp and kvm_amd that the module
 * interposes on. Identifier, wrapper prototype, static call and state are derived from the row.
 *
 *	SEAM(module, symbol, required, declared, return type, prototype)
 *
 * Rows of one module follow one another, and are attached at once; kvm_amd's last, so that no VM
 * enters the ledger before everything else that is accounted about it is attached. Within a
 * module's rows a call looks for its own one from the first on: what is called most often comes
 * first.
 *
 * Kernels may have the function by another name or prototype:
 *
 *	FORM(symbol, name, declared, return type, prototype)
 *
 * A form takes the row's wrapper, so that the two prototypes must be the same to the x86-64 calling
 * convention. A function whose arguments are others, or in another order, is a row of its own.
 *
 * @declared is where the kernel's headers have the prototype: an expression of the function's type,
 * or UNSEEN where no header has it. If headers declare a row's function, and not as the row or one
 * of its forms has it, the seam is not attached. All prototypes are compared with the running
 * kernel's BTF by selftests/sevadm_prototype_test.c.
 *
 * What each seam gives:
 *  - misc_cg_try_charge, _uncharge: an ASID is taken or given back. KVM calls them in
 *    sev_asid_new(), sev_asid_free() and intra-host migration alone, so that a charge without an
 *    uncharge within one ioctl proves that a VM was initialised, whatever the ioctl returned;
 *  - rmp_make_private, rmp_make_shared: a page becomes a SEV-SNP guest's or the firmware's, or the
 *    kernel's again. snp_leak_pages: it is given up; newer kernels have __snp_leak_pages in its
 *    place. Older kernels have none of the four, and no SEV-SNP hosts;
 *  - __sev_do_cmd_locked: every command of the security processor, whichever task issued it;
 *  - the other functions of ccp: the moment at which a caller began to queue for the mailbox;
 *    sev_guest_df_flush also: KVM recycles ASIDs (sev_flush_asids() is its only caller);
 *  - kvm_arch_prepare_memory_region, _commit_memory_region: memory is bound to guest_memfd, or no
 *    longer; refusing the first takes KVM's own error path, before the guest has the memory;
 *  - sev_pin_memory: exact page counts, transient pins, refusals; newer kernels (7.1 on) pin what a
 *    command takes page by page in sev_pin_page instead, which older ones have not;
 *  - the rest: which VM a task works for, and the ends of VMs and regions.
 */
#ifndef SEVADM_SEAM_TABLE_H
#define SEVADM_SEAM_TABLE_H

#define SEVADM_SEAMS(SEAM)									\
	SEAM(vmlinux, rmp_make_shared, false, UNSEEN,						\
	     int, (u64 pfn, enum pg_level level))						\
	SEAM(vmlinux, rmp_make_private, false, UNSEEN,						\
	     int, (u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable))		\
	SEAM(vmlinux, misc_cg_try_charge, true, misc_cg_try_charge,				\
	     int, (enum misc_res_type type, struct misc_cg *cg, unsigned long amount))		\
	SEAM(vmlinux, misc_cg_uncharge, true, misc_cg_uncharge,					\
	     void, (enum misc_res_type type, struct misc_cg *cg, unsigned long amount))		\
	SEAM(vmlinux, snp_leak_pages, false, UNSEEN,						\
	     void, (u64 pfn, unsigned int npages))						\
	SEAM(vmlinux, __snp_leak_pages, false, UNSEEN,						\
	     void, (u64 pfn, unsigned int npages, bool dump_rmp))				\
	SEAM(ccp, __sev_do_cmd_locked, true, UNSEEN,						\
	     int, (int cmd, void *data, int *psp_ret))						\
	SEAM(ccp, sev_guest_df_flush, true, sev_guest_df_flush,					\
	     int, (int *error))									\
	SEAM(ccp, sev_do_cmd, false, UNSEEN,							\
	     int, (int cmd, void *data, int *psp_ret))						\
	SEAM(ccp, sev_issue_cmd_external_user, false, sev_issue_cmd_external_user,		\
	     int, (struct file *filep, unsigned int cmd, void *data, int *error))		\
	SEAM(ccp, sev_guest_activate, false, sev_guest_activate,				\
	     int, (struct sev_data_activate *data, int *error))					\
	SEAM(ccp, sev_guest_deactivate, false, sev_guest_deactivate,				\
	     int, (struct sev_data_deactivate *data, int *error))				\
	SEAM(ccp, sev_guest_decommission, false, sev_guest_decommission,			\
	     int, (struct sev_data_decommission *data, int *error))				\
	SEAM(kvm, kvm_arch_prepare_memory_region, false, kvm_arch_prepare_memory_region,	\
	     int, (struct kvm *kvm, const struct kvm_memory_slot *old,				\
	      struct kvm_memory_slot *new, enum kvm_mr_change change))				\
	SEAM(kvm, kvm_arch_commit_memory_region, false, kvm_arch_commit_memory_region,		\
	     void, (struct kvm *kvm, struct kvm_memory_slot *old,				\
	      const struct kvm_memory_slot *new, enum kvm_mr_change change))			\
	SEAM(kvm_amd, sev_pin_memory, true, UNSEEN,						\
	     struct page **, (struct kvm *kvm, unsigned long uaddr, unsigned long ulen,		\
	      unsigned long *n, unsigned int flags))						\
	SEAM(kvm_amd, sev_mem_enc_ioctl, true, OPERATION(mem_enc_ioctl, mem_enc_op),		\
	     int, (struct kvm *kvm, void __user *argp))						\
	SEAM(kvm_amd, sev_mem_enc_unregister_region, true,					\
	     OPERATION(mem_enc_unregister_region, mem_enc_unreg_region),			\
	     int, (struct kvm *kvm, struct kvm_enc_region *range))				\
	SEAM(kvm_amd, sev_mem_enc_register_region, true,					\
	     OPERATION(mem_enc_register_region, mem_enc_reg_region),				\
	     int, (struct kvm *kvm, struct kvm_enc_region *range))				\
	SEAM(kvm_amd, sev_pin_page, false, UNSEEN,						\
	     struct page *, (struct kvm *kvm, unsigned long addr, unsigned int flags))		\
	SEAM(kvm_amd, sev_vm_destroy, true, UNSEEN,						\
	     void, (struct kvm *kvm))								\
	SEAM(kvm_amd, sev_vm_move_enc_context_from, true,					\
	     OPERATION(vm_move_enc_context_from, vm_move_enc_context_from),			\
	     int, (struct kvm *kvm, unsigned int source_fd))					\
	SEAM(kvm_amd, sev_vm_copy_enc_context_from, true,					\
	     OPERATION(vm_copy_enc_context_from, vm_copy_enc_context_from),			\
	     int, (struct kvm *kvm, unsigned int source_fd))

/*
 * Newer kernels charge u64 (6.1: unsigned long), older ones had sev_pin_memory() take an int, and
 * gave KVM's operations other names before 5.18.
 */
#define SEVADM_SEAM_FORMS(FORM)									\
	FORM(misc_cg_try_charge, misc_cg_try_charge, misc_cg_try_charge,			\
	     int, (enum misc_res_type type, struct misc_cg *cg, u64 amount))			\
	FORM(misc_cg_uncharge, misc_cg_uncharge, misc_cg_uncharge,				\
	     void, (enum misc_res_type type, struct misc_cg *cg, u64 amount))			\
	FORM(sev_pin_memory, sev_pin_memory, UNSEEN,						\
	     struct page **, (struct kvm *kvm, unsigned long uaddr, unsigned long ulen,		\
	      unsigned long *n, int write))							\
	FORM(sev_mem_enc_unregister_region, svm_unregister_enc_region, UNSEEN,			\
	     int, (struct kvm *kvm, struct kvm_enc_region *range))				\
	FORM(sev_mem_enc_register_region, svm_register_enc_region, UNSEEN,			\
	     int, (struct kvm *kvm, struct kvm_enc_region *range))				\
	FORM(sev_vm_move_enc_context_from, svm_vm_migrate_from, UNSEEN,				\
	     int, (struct kvm *kvm, unsigned int source_fd))					\
	FORM(sev_vm_copy_enc_context_from, svm_vm_copy_asid_from, UNSEEN,			\
	     int, (struct kvm *kvm, unsigned int source_fd))					\
	FORM(sev_mem_enc_ioctl, svm_mem_enc_op, UNSEEN,						\
	     int, (struct kvm *kvm, void __user *argp))

enum sevadm_seam_id {
#define SEAM(module, symbol, required, declared, type, prototype) SEAM_##symbol,
	SEVADM_SEAMS(SEAM)
#undef SEAM
	SEVADM_SEAM_NR,
};

#endif /* SEVADM_SEAM_TABLE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much is bound to a VM's guest_memfd files, and how much is allocated in them. Their page
 * cache counts what is allocated, so that it is read when somebody asks, and nothing is done when a
 * page comes or goes.
 *
 * No reference to a file is taken. It might be the last one, and the task that asks would end the
 * file: that takes the VM's slots_lock, which a tenant can keep for as long as it likes, by the
 * memory that it has KVM read.
 */
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "compat/kvm.h"
#include "gmem_files.h"

/*
 * What is looked through at most, as nobody sleeps meanwhile. QEMU has a dozen slots, and a file or
 * two.
 */
#define SLOTS_MAX	512
#define FILES_MAX	32

/**
 * struct files - those that were seen
 * @bound: pages of the slots that are bound to any
 * @pages: that are allocated in all of them
 * @nr: number of @files
 * @files: one may be bound to several slots
 */
struct files {
	u64 bound;
	u64 pages;
	unsigned int nr;
	const struct file *files[FILES_MAX];
};

/*
 * Reads how many pages a slot's file has. That may be closed meanwhile. Its inode stays until
 * rcu_read_unlock(), as does that of another file which is opened in its place: what is read is
 * memory of an inode, and is thrown away if the slot has lost its file.
 */
static u64 file_pages(const struct kvm_memory_slot *slot, const struct file *file)
{
	const struct inode *inode = READ_ONCE(file->f_inode);
	u64 pages = inode ? READ_ONCE(inode->i_data.nrpages) : 0;

	/* The file was taken out of the slot before it became another one. */
	smp_rmb();
	return compat_kvm_slot_gmem_file(slot) == file ? pages : 0;
}

/* Adds a slot's file. Returns false if there are too many. */
static bool add_slot(struct files *files, const struct kvm_memory_slot *slot)
{
	const struct file *file = compat_kvm_slot_gmem_file(slot);
	unsigned int i;

	files->bound += compat_kvm_slot_gmem_pages(slot);
	/* Its memory goes with its last descriptor. */
	if (!file)
		return true;
	for (i = 0; i < files->nr; i++)
		if (files->files[i] == file)
			return true;
	if (files->nr == FILES_MAX)
		return false;
	files->files[files->nr++] = file;
	files->pages += file_pages(slot, file);
	return true;
}

/**
 * sevadm_gmem_files_pages() - add up what is bound to a VM's guest_memfd files, and allocated in
 * them
 * @kvm: KVM's VM, which the caller keeps from being freed
 * @bound: filled in
 * @allocated: filled in
 *
 * Files that are bound to none of its memslots now are not known here.
 *
 * Context: does not sleep.
 * Return: false: there are too many slots or files to look through them all.
 */
bool sevadm_gmem_files_pages(const struct kvm *kvm, u64 *bound, u64 *allocated)
{
	struct srcu_struct *srcu = &((struct kvm *)kvm)->srcu;
	struct kvm_memory_slot *slot;
	struct kvm_memslots *slots;
	struct files files;
	unsigned int nr = 0;
	bool fits = true;
	int bucket, idx;

	*bound = 0;
	*allocated = 0;
	if (!compat_kvm_can_have_gmem(kvm))
		return true;
	files.bound = 0;
	files.pages = 0;
	files.nr = 0;
	rcu_read_lock();
	idx = srcu_read_lock(srcu);
	slots = srcu_dereference(kvm->memslots[0], srcu);
	kvm_for_each_memslot(slot, bucket, slots) {
		fits = nr++ < SLOTS_MAX && add_slot(&files, slot);
		if (!fits)
			break;
	}
	srcu_read_unlock(srcu, idx);
	rcu_read_unlock();
	*bound = files.bound;
	*allocated = files.pages;
	return fits;
}

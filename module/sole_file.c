// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM takes a descriptor and looks its file up itself. What a wrapper has found behind that
 * descriptor before proves nothing: any thread that shares the table can exchange it in between. So
 * the wrapper's file is put into a table of its own, which replaces the process's for the current
 * task while it is in KVM: KVM finds the file that the wrapper has looked at.
 *
 * Only the current task can change that table: other threads know the process's. Those that look
 * from outside (/proc, pidfd_getfd()) take task_lock() and see the one file.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "sole_file.h"

/**
 * struct sevadm_sole_file - a table with one file in it
 * @table: the table
 * @before: the task's own table, which it gets back
 */
struct sevadm_sole_file {
	struct files_struct table;
	struct files_struct *before;
};

static struct files_struct *exchange(struct files_struct *files)
{
	struct files_struct *before;

	task_lock(current);
	before = current->files;
	current->files = files;
	task_unlock(current);
	return before;
}

/**
 * sevadm_sole_file_enter() - give the current task a table with one file and no other
 * @file: the file, which the caller holds until sevadm_sole_file_leave()
 *
 * Until then the task must not return to user space, nor open or close a file.
 *
 * Context: may sleep.
 * Return: the table, to be given to sevadm_sole_file_leave(), or NULL: no memory.
 */
struct sevadm_sole_file *sevadm_sole_file_enter(struct file *file)
{
	struct sevadm_sole_file *sole = kzalloc(sizeof(*sole), GFP_KERNEL_ACCOUNT);
	struct files_struct *table;

	if (!sole)
		return NULL;
	table = &sole->table;
	/*
	 * Two: a task that dies within it, by a bug of the kernel, would free a table that is not
	 * shared.
	 */
	atomic_set(&table->count, 2);
	init_waitqueue_head(&table->resize_wait);
	spin_lock_init(&table->file_lock);
	table->next_fd = SEVADM_SOLE_FD + 1;
	table->fdtab.max_fds = NR_OPEN_DEFAULT;
	table->fdtab.fd = table->fd_array;
	table->fdtab.close_on_exec = table->close_on_exec_init;
	table->fdtab.open_fds = table->open_fds_init;
	table->fdtab.full_fds_bits = table->full_fds_bits_init;
	__set_bit(SEVADM_SOLE_FD, table->open_fds_init);
	rcu_assign_pointer(table->fd_array[SEVADM_SOLE_FD], file);
	rcu_assign_pointer(table->fdt, &table->fdtab);

	sole->before = exchange(table);
	return sole;
}

/** sevadm_sole_file_leave() - give the current task its own files back */
void sevadm_sole_file_leave(struct sevadm_sole_file *sole)
{
	exchange(sole->before);
	kfree(sole);
}

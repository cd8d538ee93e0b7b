// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device /dev/sevadm: read() and poll() follow the events, ioctls ask about pools,
 * ASIDs and VMs. The structures and their rules are in uapi/linux/sevadm.h.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include <uapi/linux/sevadm.h>

#include "bitmaps.h"
#include "conversions.h"
#include "device.h"
#include "event.h"
#include "lease.h"
#include "ledger.h"
#include "limit.h"
#include "pool.h"
#include "reader.h"
#include "ring.h"

static int sevadm_open(struct inode *inode, struct file *file)
{
	struct sevadm_reader *reader;

	/* So that a new reader also finds what has only been counted so far. */
	sevadm_event_flush();
	sevadm_conversions_flush();
	reader = sevadm_reader_open();
	if (IS_ERR(reader))
		return PTR_ERR(reader);
	file->private_data = reader;
	return nonseekable_open(inode, file);
}

static int sevadm_release(struct inode *inode, struct file *file)
{
	struct sevadm_reader *reader = file->private_data;

	sevadm_lease_release_all(&reader->leases);
	sevadm_reader_close(reader);
	return 0;
}

static ssize_t sevadm_read(struct file *file, char __user *buffer, size_t length, loff_t *pos)
{
	struct sevadm_reader *reader = file->private_data;
	ssize_t ret;

	if (length < SEVADM_EVENT_FIRST_BYTES)
		return -EINVAL;

	for (;;) {
		if (mutex_lock_interruptible(&reader->mutex))
			return -ERESTARTSYS;
		ret = sevadm_reader_copy(reader, buffer, length);
		mutex_unlock(&reader->mutex);
		if (ret)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(reader->wait, sevadm_reader_pending(reader));
		if (ret)
			return ret;
	}
}

static __poll_t sevadm_poll(struct file *file, poll_table *wait)
{
	struct sevadm_reader *reader = file->private_data;

	poll_wait(file, &reader->wait, wait);
	return sevadm_reader_pending(reader) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long ioctl_event_seek(struct sevadm_reader *reader, void *argument)
{
	struct sevadm_event_seek *seek = argument;
	u64 cursor;

	switch (seek->whence) {
	case SEVADM_SEEK_OLDEST:
		cursor = sevadm_ring_oldest();
		break;
	case SEVADM_SEEK_NEWEST:
		cursor = sevadm_ring_next();
		break;
	case SEVADM_SEEK_SEQ:
		cursor = seek->seq;
		if (!cursor || cursor > sevadm_ring_next())
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}

	sevadm_reader_seek(reader, cursor);
	seek->seq = cursor;
	return 0;
}

static long ioctl_event_filter(struct sevadm_reader *reader, void *argument)
{
	return sevadm_reader_filter(reader, argument);
}

static long ioctl_pool_query(struct sevadm_reader *reader, void *argument)
{
	struct sevadm_pool_query *query = argument;

	if (query->reserved)
		return -EINVAL;
	sevadm_bitmaps_sync();
	sevadm_limit_sweep();
	return sevadm_pool_query(query);
}

static long ioctl_asid_query(struct sevadm_reader *reader, void *argument)
{
	u32 pid;

	sevadm_bitmaps_sync();
	return sevadm_asid_query(argument, &pid);
}

static struct sevadm_vm *vm_of_process(pid_t nr)
{
	struct pid *pid = find_get_pid(nr);
	struct sevadm_vm *vm;

	if (!pid)
		return ERR_PTR(-ESRCH);
	vm = sevadm_vm_get_creator(pid);
	put_pid(pid);
	return vm;
}

static long ioctl_vm_query(struct sevadm_reader *reader, void *argument)
{
	struct sevadm_vm_query *query = argument;
	struct sevadm_vm *vm;

	if (query->reserved || (query->by_pid && query->by != SEVADM_VM_BY_PID))
		return -EINVAL;

	switch (query->by) {
	case SEVADM_VM_BY_ID:
		vm = sevadm_vm_get_id(query->vm);
		break;
	case SEVADM_VM_BY_NEXT:
		vm = sevadm_vm_next(query->vm);
		break;
	case SEVADM_VM_BY_PID:
		vm = vm_of_process(query->by_pid);
		break;
	default:
		return -EINVAL;
	}
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	if (!vm)
		return -ENOENT;

	sevadm_vm_query(vm, query);
	sevadm_vm_put(vm);
	return 0;
}

static long ioctl_reserve(struct sevadm_reader *reader, void *argument)
{
	sevadm_bitmaps_sync();
	sevadm_limit_sweep();
	return sevadm_lease_reserve(&reader->leases, argument);
}

static void undo_reserve(struct sevadm_reader *reader, const void *argument)
{
	const struct sevadm_lease *lease = argument;

	/* -ENOENT: another thread has guessed its number, and has released it. */
	sevadm_lease_release(&reader->leases, lease->lease);
}

static long ioctl_release(struct sevadm_reader *reader, void *argument)
{
	const struct sevadm_lease_release *release = argument;

	if (release->reserved)
		return -EINVAL;
	return sevadm_lease_release(&reader->leases, release->lease);
}

/* Room for the structure of each ioctl. IOCTL() proves that each row's fits. */
union sevadm_argument {
	struct sevadm_event_seek event_seek;
	struct sevadm_pool_query pool_query;
	struct sevadm_asid_query asid_query;
	struct sevadm_vm_query vm_query;
	struct sevadm_lease lease;
	struct sevadm_lease_release lease_release;
	struct sevadm_event_filter event_filter;
};

/**
 * struct sevadm_ioctl - one ioctl
 * @number: SEVADM_IOC_*
 * @size: size of the whole structure
 * @min_size: size of its first version: what every caller has to give
 * @function: gets the structure in kernel memory; it is copied back when it returns 0
 * @undo: takes back what @function did, when the answer cannot be copied to user space; NULL: there
 *	is nothing to take back
 */
struct sevadm_ioctl {
	unsigned int number;
	size_t size;
	size_t min_size;
	long (*function)(struct sevadm_reader *reader, void *argument);
	void (*undo)(struct sevadm_reader *reader, const void *argument);
};

#define IOCTL(_number, _function, _struct, _last, ...)				\
	[_IOC_NR(_number)] = {							\
		.number = _number,						\
		.size = sizeof(_struct) +					\
			BUILD_BUG_ON_ZERO(sizeof(_struct) > sizeof(union sevadm_argument)), \
		.min_size = offsetofend(_struct, _last),			\
		.function = _function,						\
		##__VA_ARGS__							\
	}

static const struct sevadm_ioctl ioctls[] = {
	IOCTL(SEVADM_IOC_EVENT_SEEK, ioctl_event_seek, struct sevadm_event_seek, seq),
	IOCTL(SEVADM_IOC_POOL_QUERY, ioctl_pool_query, struct sevadm_pool_query, charged),
	IOCTL(SEVADM_IOC_ASID_QUERY, ioctl_asid_query, struct sevadm_asid_query, vm),
	IOCTL(SEVADM_IOC_VM_QUERY, ioctl_vm_query, struct sevadm_vm_query, comm),
	IOCTL(SEVADM_IOC_RESERVE, ioctl_reserve, struct sevadm_lease, lease,
	      .undo = undo_reserve),
	IOCTL(SEVADM_IOC_RELEASE, ioctl_release, struct sevadm_lease_release, lease),
	IOCTL(SEVADM_IOC_EVENT_FILTER, ioctl_event_filter, struct sevadm_event_filter, commands),
};

static long sevadm_ioctl(struct file *file, unsigned int number, unsigned long user_argument)
{
	void __user *user = (void __user *)user_argument;
	struct sevadm_reader *reader = file->private_data;
	union sevadm_argument argument = {};
	unsigned int nr = _IOC_NR(number);
	const struct sevadm_ioctl *row;
	u32 size;
	long ret;

	if (nr >= ARRAY_SIZE(ioctls))
		return -ENOTTY;
	row = &ioctls[array_index_nospec(nr, ARRAY_SIZE(ioctls))];
	if (row->number != number)
		return -ENOTTY;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < row->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&argument, row->size, user, size);
	if (ret)
		return ret;

	ret = row->function(reader, &argument);
	if (ret)
		return ret;
	if (!copy_to_user(user, &argument, min_t(size_t, size, row->size)))
		return 0;
	if (row->undo)
		row->undo(reader, &argument);
	return -EFAULT;
}

static const struct file_operations sevadm_fops = {
	.owner = THIS_MODULE,
	.open = sevadm_open,
	.release = sevadm_release,
	.read = sevadm_read,
	.poll = sevadm_poll,
	.unlocked_ioctl = sevadm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* devtmpfs makes the node root's; the udev rule gives it to group sevadm. */
static struct miscdevice sevadm_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sevadm",
	.fops = &sevadm_fops,
	.mode = 0660,
};

/** sevadm_device_init() - offer /dev/sevadm; 0 or a negative errno */
int sevadm_device_init(void)
{
	return misc_register(&sevadm_misc);
}

/** sevadm_device_uninit() - withdraw /dev/sevadm; no file of it is open */
void sevadm_device_uninit(void)
{
	misc_deregister(&sevadm_misc);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of a device, and the memory of the process that uses them, which is this one's. */
#ifndef SEVADM_USER_SHIM_FILES_H
#define SEVADM_USER_SHIM_FILES_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#define ERESTARTSYS		512
#define THIS_MODULE		NULL
#define MISC_DYNAMIC_MINOR	255
#define BUILD_BUG_ON_ZERO(condition)	((int)sizeof(struct { int : -!!(condition); }))
#define offsetofend(type, member)	(offsetof(type, member) + sizeof(((type *)0)->member))

typedef unsigned int __poll_t;

/* Which queue a poll waits in. */
typedef struct poll_table_struct {
	struct wait_queue_head *queue;
} poll_table;

struct inode;

struct file {
	void *private_data;
	unsigned int f_flags;
	bool seekable;
};

struct file_operations {
	void *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	ssize_t (*read)(struct file *file, char *buffer, size_t length, loff_t *pos);
	__poll_t (*poll)(struct file *file, poll_table *wait);
	long (*unlocked_ioctl)(struct file *file, unsigned int number, unsigned long argument);
	long (*compat_ioctl)(struct file *file, unsigned int number, unsigned long argument);
};

struct miscdevice {
	int minor;
	const char *name;
	const struct file_operations *fops;
	unsigned int mode;
};

#define compat_ptr_ioctl		NULL

/* The one device that is there; -ENOSPC: there is to be none. */
extern const struct miscdevice *shim_misc;
extern int shim_misc_error;

static inline int misc_register(struct miscdevice *device)
{
	if (!shim_misc_error)
		shim_misc = device;
	return shim_misc_error;
}

static inline void misc_deregister(struct miscdevice *device)
{
	assert(shim_misc == device);
	shim_misc = NULL;
}

static inline int nonseekable_open(struct inode *inode, struct file *file)
{
	file->seekable = false;
	return 0;
}

static inline void poll_wait(struct file *file, struct wait_queue_head *queue, poll_table *table)
{
	table->queue = queue;
}

static inline unsigned long copy_to_user(void *to, const void *from, unsigned long size)
{
	if (shim_fails())
		return size;
	memcpy(to, from, size);
	return 0;
}

#define get_user(value, from)		(shim_fails() ? -EFAULT : ((value) = *(from), 0))

static inline int copy_struct_from_user(void *to, size_t size, const void *from, size_t user_size)
{
	size_t both = min(size, user_size);

	if (user_size > size && memchr_inv((const char *)from + size, 0, user_size - size))
		return -E2BIG;
	if (shim_fails())
		return -EFAULT;
	memset(to, 0, size);
	memcpy(to, from, both);
	return 0;
}

#endif /* SEVADM_USER_SHIM_FILES_H */

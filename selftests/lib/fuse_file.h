/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of one page whose file system is ours (FUSE): what the kernel reads of it fails, or waits,
 * when we like.
 */
#ifndef SEVADM_FUSE_FILE_H
#define SEVADM_FUSE_FILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUSE_FILE_SIZE	4096

struct fuse_file {
	uint8_t content[FUSE_FILE_SIZE];
	atomic_int failures;	/* of reads, until the first that succeeds */
	atomic_bool holds;	/* reads wait as long as it does */
	atomic_bool held;	/* one is waiting, or has waited */
	int device;
	pthread_t server;
};

/* Return true if this kernel has FUSE. */
bool fuse_file_possible(void);
bool fuse_file_mount(struct fuse_file *file);
void fuse_file_unmount(struct fuse_file *file);
/* A private mapping, with nothing of the file in memory yet; MAP_FAILED. */
void *fuse_file_map(void);
void fuse_file_unmap(void *memory);
/* Waits until a read is held. */
bool fuse_file_wait(struct fuse_file *file, int timeout_ms);

#endif /* SEVADM_FUSE_FILE_H */

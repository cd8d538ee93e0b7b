// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of guest_memfd, and memslots that are bound to them.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "gmem.h"
#include "sev_abi.h"

/* From one slot's guest address to the next one's. */
#define SLOT_STRIDE	(1ULL << 24)

int gmem_create(const struct sev_vm *vm, size_t size)
{
	struct kvm_create_guest_memfd memfd = { .size = size };

	return ioctl(vm->fd, KVM_CREATE_GUEST_MEMFD, &memfd);
}

bool gmem_bind(const struct sev_vm *vm, unsigned int slot, int fd, size_t offset, size_t size)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = slot,
		.flags = KVM_MEM_GUEST_MEMFD,
		.guest_phys_addr = slot * SLOT_STRIDE,
		.memory_size = size,
		.guest_memfd = fd,
		.guest_memfd_offset = offset,
	};

	return !ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION2, &region);
}

bool gmem_allocate(int fd, size_t offset, size_t size)
{
	return !fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, size);
}

bool gmem_punch(int fd, size_t offset, size_t size)
{
	return !fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of guest_memfd, and memslots that are bound to them.
 */
#ifndef SEVADM_GMEM_H
#define SEVADM_GMEM_H

#include <stdbool.h>
#include <stddef.h>

#include "sev_vm.h"

/* A descriptor; -1 and errno: there is none. */
int gmem_create(const struct sev_vm *vm, size_t size);
/* Each slot has guest addresses of its own. @size 0: the slot goes. */
bool gmem_bind(const struct sev_vm *vm, unsigned int slot, int fd, size_t offset, size_t size);
bool gmem_allocate(int fd, size_t offset, size_t size);
bool gmem_punch(int fd, size_t offset, size_t size);

#endif /* SEVADM_GMEM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is bound to guest_memfd, what all of a SEV-SNP guest's memory may become private of.
 * It is what limits on private memory count: a guest that has it cannot be refused a page while it
 * runs.
 */
#ifndef SEVADM_GMEM_H
#define SEVADM_GMEM_H

#include <linux/types.h>

struct sevadm_vm;

int sevadm_gmem_begin(struct sevadm_vm *vm, u64 pages);
void sevadm_gmem_cancel(struct sevadm_vm *vm, u64 pages);
void sevadm_gmem_bound(struct sevadm_vm *vm, u64 pages);
void sevadm_gmem_unbound(struct sevadm_vm *vm, u64 pages);

#endif /* SEVADM_GMEM_H */

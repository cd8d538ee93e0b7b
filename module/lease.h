/* SPDX-License-Identifier: GPL-2.0-only */
/* Leases: ASIDs reserved through an open file of /dev/sevadm. */
#ifndef SEVADM_LEASE_H
#define SEVADM_LEASE_H

#include <linux/list.h>
#include <linux/types.h>

#include <uapi/linux/sevadm.h>

struct sevadm_vm;

int sevadm_lease_reserve(struct list_head *leases, struct sevadm_lease *argument);
int sevadm_lease_release(struct list_head *leases, u64 number);
void sevadm_lease_release_all(struct list_head *leases);

u64 sevadm_lease_count_locked(u32 pool);
bool sevadm_lease_use_locked(struct sevadm_vm *vm, u32 pool);
void sevadm_lease_unuse_locked(struct sevadm_vm *vm);
void sevadm_lease_move_locked(struct sevadm_vm *to, struct sevadm_vm *from);

#endif /* SEVADM_LEASE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Guarantees of ASIDs: which one a VM counts for. */
#ifndef SEVADM_GUARANTEE_H
#define SEVADM_GUARANTEE_H

#include <linux/types.h>

struct list_head;
struct sevadm_vm;
struct subject;

struct subject *sevadm_guarantee_find_locked(const struct sevadm_vm *vm, u32 resource);
void sevadm_guarantee_take_locked(struct sevadm_vm *vm, u32 resource);
void sevadm_guarantee_leave_locked(struct sevadm_vm *vm, u32 resource);
void sevadm_guarantee_settle_locked(void);
bool sevadm_guarantee_sweep_locked(struct list_head *gone);

bool sevadm_guarantee_move_fits_locked(struct sevadm_vm *to, struct sevadm_vm *from);
void sevadm_guarantee_move_begin_locked(struct sevadm_vm *to, struct sevadm_vm *from);
void sevadm_guarantee_move_end_locked(struct sevadm_vm *to, struct sevadm_vm *from, bool moved);

#endif /* SEVADM_GUARANTEE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger: what each VM has pinned and which ASID it holds. Everything in it is counters, so
 * that an entry costs the same whatever the number of VMs and regions.
 */
#ifndef SEVADM_LEDGER_H
#define SEVADM_LEDGER_H

#include <linux/types.h>

#include <uapi/linux/sevadm.h>

#include "vm.h"

/**
 * struct sevadm_totals - the host as a whole
 * @vms: VMs that are accounted
 * @unaccounted: VMs with a firmware context that are older than the attachment
 * @pinned: pages pinned by all accounted VMs together
 * @pinned_peak: the most that ever was
 * @generation: changes whenever a VM comes or goes
 */
struct sevadm_totals {
	u32 vms;
	u32 unaccounted;
	s64 pinned;
	s64 pinned_peak;
	u32 generation;
};

void sevadm_vm_adopt(struct sevadm_vm *vm);
bool sevadm_vm_agrees(const struct sevadm_vm *vm, u32 asid, u32 handle);
void sevadm_vm_set_status(struct sevadm_vm *vm, u32 handle, u64 policy, u32 state);
bool sevadm_vm_set_asid(struct sevadm_vm *vm, u32 asid);
struct sevadm_vm *sevadm_vm_create(const struct kvm *kvm, u32 type);
void sevadm_vm_account(struct sevadm_vm *vm);
void sevadm_vm_set_owner(const struct kvm *kvm, const struct kvm *owner_kvm);
void sevadm_vm_mirror(struct sevadm_vm *mirror, struct sevadm_vm *owner);
void sevadm_vm_move(struct sevadm_vm *to, struct sevadm_vm *from);
void sevadm_vm_remove(struct sevadm_vm *vm, bool asid_given_back);

u64 sevadm_vm_pin(struct sevadm_vm *vm, s64 pages, int regions);
u64 sevadm_vm_pin_unseen(struct sevadm_vm *vm, u64 pages);

void sevadm_vm_query(struct sevadm_vm *vm, struct sevadm_vm_query *query);

bool sevadm_ledger_sees_pins(void);
bool sevadm_ledger_complete(void);
void sevadm_unaccounted_set(u32 firmware_guests);
void sevadm_unaccounted_add(int change);
unsigned int sevadm_ledger_reset(void);
void sevadm_ledger_totals(struct sevadm_totals *totals);

void sevadm_ledger_uninit(void);

#endif /* SEVADM_LEDGER_H */

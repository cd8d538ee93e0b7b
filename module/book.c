// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware commands in the ledger: the state of a VM's guest context, its policy, and what names it
 * - a handle, or for a SEV-SNP guest the address of its context page - with the ASID it is bound
 *   to.
 */
#include <linux/spinlock.h>

#include "book.h"
#include "ledger.h"
#include "psp_command.h"

/*
 * Return true if the command is about another guest than the VM. KVM_SEV_LAUNCH_START of a VM that
 * is launched already makes a second guest context in the firmware, which cannot be bound to the
 * VM's ASID and is decommissioned at once. KVM refuses KVM_SEV_SNP_LAUNCH_START then, before it has
 * made a context.
 */
static bool is_other_guest(const struct sevadm_vm *vm, const struct sevadm_psp_guest *guest)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return vm->known & SEVADM_KNOWN_HANDLE && guest->known & SEVADM_KNOWN_HANDLE &&
	       guest->handle != vm->handle;
}

/**
 * sevadm_book() - book what a command that has succeeded changes about a VM
 * @vm: the VM
 * @guest: what the command's buffer says about the guest, and what it does to it
 *
 * Context: does not sleep; constant time.
 * Return: true if it showed the number of the VM's ASID, which was not known before.
 */
bool sevadm_book(struct sevadm_vm *vm, const struct sevadm_psp_guest *guest)
{
	enum sevadm_psp_effect effect = guest->effect;
	int state = guest->state;

	/* Most commands change nothing about the guest. */
	if (state < 0 && !effect && !(guest->known & SEVADM_KNOWN_POLICY))
		return false;

	spin_lock(&sevadm_ledger_lock);
	if (is_other_guest(vm, guest)) {
		spin_unlock(&sevadm_ledger_lock);
		return false;
	}
	if (state >= 0) {
		vm->state = state;
		sevadm_vm_set_known_locked(vm, vm->known | SEVADM_KNOWN_STATE);
	}
	if (guest->known & SEVADM_KNOWN_POLICY) {
		vm->policy = guest->policy;
		sevadm_vm_set_known_locked(vm, vm->known | SEVADM_KNOWN_POLICY);
	}
	if (effect == SEVADM_PSP_BOUND) {
		vm->handle = guest->handle;
		vm->gctx = guest->gctx;
		sevadm_vm_set_known_locked(vm, vm->known | (guest->known & SEVADM_KNOWN_HANDLE));
	}
	if (effect == SEVADM_PSP_ENDED) {
		sevadm_vm_set_known_locked(vm, vm->known & ~SEVADM_KNOWN_HANDLE);
		vm->gctx = 0;
	}
	spin_unlock(&sevadm_ledger_lock);

	return effect == SEVADM_PSP_BOUND && sevadm_vm_set_asid(vm, guest->asid);
}

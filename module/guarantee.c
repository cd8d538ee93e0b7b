// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guarantees of ASIDs. A VM may be under several: its user's, its cgroup's, those of all cgroups
 * above. It counts for one of them, which its ASID is kept for when it ends: counted for two, one
 * ASID would be kept twice, and the second to come would find none. A VM that a lease pays for
 * counts for none.
 *
 * While a guarantee is filled, VMs beyond it may count for it, too. When limits change, they go
 * over to one that is not filled (sevadm_guarantee_settle_locked()).
 */
#include "guarantee.h"
#include "pool.h"
#include "resource.h"
#include "subject.h"
#include "vm.h"

static u32 asid_resource(const struct sevadm_vm *vm)
{
	return sevadm_resource_of_pool(sevadm_pool_of_type(vm->type));
}

/**
 * sevadm_guarantee_find_locked() - find a guarantee that has an ASID left for one more VM like this
 * @vm: the VM
 * @resource: enum sevadm_resource, not of memory
 *
 * Return: its subject, or NULL: there is none.
 */
struct subject *sevadm_guarantee_find_locked(const struct sevadm_vm *vm, u32 resource)
{
	struct subject *subject;
	struct walk walk;

	for_each_subject(subject, &walk, vm)
		if (sevadm_subject_unused(&subject->counters[resource]))
			return subject;
	return NULL;
}

static struct subject *find_any(const struct sevadm_vm *vm, u32 resource)
{
	struct subject *subject;
	struct walk walk;

	for_each_subject(subject, &walk, vm)
		if (subject->counters[resource].limits.min)
			return subject;
	return NULL;
}

/**
 * sevadm_guarantee_take_locked() - let a VM count for a guarantee, if it is under one and counts
 * for none
 * @vm: the VM, which is charged an ASID
 * @resource: enum sevadm_resource of that
 */
void sevadm_guarantee_take_locked(struct sevadm_vm *vm, u32 resource)
{
	if (vm->payer || vm->lease)
		return;
	vm->payer = sevadm_guarantee_find_locked(vm, resource) ?: find_any(vm, resource);
	if (vm->payer)
		sevadm_subject_count_locked(vm->payer, resource, (struct change) { .paid = 1 });
}

static void leave_payer(struct sevadm_vm *vm, u32 resource)
{
	if (vm->payer)
		sevadm_subject_count_locked(vm->payer, resource, (struct change) {
			.paid = -1,
			.unsettled = vm->payer_leaves ? -1 : 0,
		});
	vm->payer = NULL;
	vm->payer_leaves = false;
}

static void leave_next_payer(struct sevadm_vm *vm, u32 resource)
{
	if (vm->next_payer)
		sevadm_subject_count_locked(vm->next_payer, resource,
					    (struct change) { .paid = -1, .unsettled = -1 });
	vm->next_payer = NULL;
}

/**
 * sevadm_guarantee_leave_locked() - let a VM count for no guarantee any more
 * @vm: the VM, which has given its ASID back
 * @resource: enum sevadm_resource of that
 */
void sevadm_guarantee_leave_locked(struct sevadm_vm *vm, u32 resource)
{
	leave_payer(vm, resource);
	leave_next_payer(vm, resource);
}

/* Return true if the guarantee is filled without one of the VMs that count for it. */
static bool is_beyond(const struct counter *counter)
{
	return counter->paid - counter->unsettled > counter->limits.min;
}

static void settle_vm(struct sevadm_vm *vm)
{
	u32 resource = asid_resource(vm);

	if (!vm->charged[resource])
		return;
	if (vm->payer && !vm->payer->counters[resource].limits.min)
		leave_payer(vm, resource);
	if (vm->next_payer && !vm->next_payer->counters[resource].limits.min)
		leave_next_payer(vm, resource);
	if (vm->moving_to)
		return;
	if (vm->payer && is_beyond(&vm->payer->counters[resource]) &&
	    sevadm_guarantee_find_locked(vm, resource))
		leave_payer(vm, resource);
	sevadm_guarantee_take_locked(vm, resource);
}

/**
 * sevadm_guarantee_settle_locked() - look again which guarantee each VM counts for: some have
 * changed
 *
 * Whatever counts for a guarantee that fills it stays there, so that no more is reserved than
 * before.
 */
void sevadm_guarantee_settle_locked(void)
{
	sevadm_vm_each_guest_locked(settle_vm);
}

/**
 * sevadm_guarantee_sweep_locked() - drop subjects that limit nothing, or whose cgroup is gone
 * @gone: they are moved here; no VM counts for them any more
 *
 * Return: true if there were any.
 */
bool sevadm_guarantee_sweep_locked(struct list_head *gone)
{
	if (!sevadm_subject_sweep_locked(gone))
		return false;
	sevadm_guarantee_settle_locked();
	return true;
}

/* ---- migration ------------------------------------------------------------------------------ */

static bool leaves_payer(const struct sevadm_vm *to, const struct sevadm_vm *from)
{
	return from->payer && !sevadm_subject_concerns(from->payer, to);
}

/**
 * sevadm_guarantee_move_fits_locked() - return true if there is an ASID for what a VM leaves behind
 * @to: the VM that its context moves to
 * @from: the VM
 *
 * An ASID that a guarantee of the source pays for is reserved again once the VM has moved away from
 * it. So the VM needs another one, from a guarantee of the destination, or one that is available to
 * all.
 */
bool sevadm_guarantee_move_fits_locked(struct sevadm_vm *to, struct sevadm_vm *from)
{
	u32 resource = asid_resource(from);

	return !leaves_payer(to, from) || is_beyond(&from->payer->counters[resource]) ||
	       sevadm_guarantee_find_locked(to, resource) ||
	       sevadm_pool_available_locked(sevadm_pool_of_resource(resource));
}

/**
 * sevadm_guarantee_move_begin_locked() - let a VM count for one guarantee of either side while it
 * moves
 * @to: the VM that its context moves to
 * @from: the VM
 *
 * Both guarantees keep its ASID reserved until sevadm_guarantee_move_end_locked(), though it is
 * used.
 */
void sevadm_guarantee_move_begin_locked(struct sevadm_vm *to, struct sevadm_vm *from)
{
	u32 resource = asid_resource(from);

	if (!leaves_payer(to, from))
		return;
	from->payer_leaves = true;
	sevadm_subject_count_locked(from->payer, resource, (struct change) { .unsettled = 1 });
	from->next_payer = sevadm_guarantee_find_locked(to, resource);
	if (from->next_payer)
		sevadm_subject_count_locked(from->next_payer, resource,
					    (struct change) { .paid = 1, .unsettled = 1 });
}

/**
 * sevadm_guarantee_move_end_locked() - let a VM count for one guarantee
 * @to: the VM that its context was to move to; it has what @from was charged, and its lease, if it
 *	has
 * @from: the VM
 * @moved: the context has moved
 */
void sevadm_guarantee_move_end_locked(struct sevadm_vm *to, struct sevadm_vm *from, bool moved)
{
	struct sevadm_vm *keeps = moved ? to : from;
	u32 resource = asid_resource(from);

	if (moved && from->payer_leaves) {
		leave_payer(from, resource);
		from->payer = from->next_payer;
		from->payer_leaves = from->next_payer;
		from->next_payer = NULL;
	}
	leave_next_payer(from, resource);
	if (from->payer_leaves)
		sevadm_subject_count_locked(from->payer, resource,
					    (struct change) { .unsettled = -1 });
	from->payer_leaves = false;
	if (moved) {
		to->payer = from->payer;
		from->payer = NULL;
	}
	if (keeps->charged[resource])
		sevadm_guarantee_take_locked(keeps, resource);
}

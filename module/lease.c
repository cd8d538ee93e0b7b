// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases. An open file holds them; VMs of their subject use them up. When a lease ends, the VMs
 * that have used it keep their ASIDs, and count for a guarantee if they are under one.
 */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "guarantee.h"
#include "lease.h"
#include "pool.h"
#include "resource.h"
#include "vm.h"

/* Leases of one open file: each costs memory, and a comparison whenever a VM is initialised. */
#define LEASES_MAX	64
#define LEASES_ALL_MAX	1024

/* Ancestors of a task that are looked at: process trees are not deeper. */
#define ANCESTORS_MAX	256

/**
 * struct lease - one lease
 * @all: in the list of all
 * @file: in the list of its open file
 * @number: its number
 * @pool: enum sevadm_pool
 * @count: ASIDs reserved
 * @used: how many of these VMs use
 * @ended: it has ended, and is about to be freed
 * @subject: enum sevadm_lease_subject
 * @holder: process that reserved it
 * @uid: of SEVADM_LEASE_USER
 * @cgroup: of SEVADM_LEASE_CGROUP, with a reference
 *
 * Guarded by sevadm_ledger_lock.
 */
struct lease {
	struct list_head all;
	struct list_head file;
	u64 number;
	u32 pool;
	u32 count;
	u32 used;
	bool ended;
	u32 subject;
	struct pid *holder;
	kuid_t uid;
	struct cgroup *cgroup;
};

static LIST_HEAD(leases_all);
static unsigned int leases_nr;
static u64 last_number;

/* Sum over all leases of what is leased, used or not. */
static u64 counts[SEVADM_POOL_NR];

static void lease_free(struct lease *lease)
{
	if (lease->cgroup)
		cgroup_put(lease->cgroup);
	put_pid(lease->holder);
	kfree(lease);
}

/** sevadm_lease_count_locked() - return how many ASIDs of @pool are leased, used or not */
u64 sevadm_lease_count_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return counts[pool];
}

static bool is_descendant(struct task_struct *task, const struct pid *holder)
{
	unsigned int i;
	bool found = false;

	rcu_read_lock();
	for (i = 0; i < ANCESTORS_MAX && task_pid_nr(task) && !found; i++) {
		found = task_tgid(task) == holder;
		task = rcu_dereference(task->real_parent);
	}
	rcu_read_unlock();
	return found;
}

static bool is_for(const struct lease *lease, const struct sevadm_vm *vm)
{
	switch (lease->subject) {
	case SEVADM_LEASE_USER:
		return vm->creator && uid_eq(vm->uid, lease->uid);
	case SEVADM_LEASE_CGROUP:
		return vm->cgroup && cgroup_is_descendant(vm->cgroup, lease->cgroup);
	default:
		return is_descendant(current, lease->holder);
	}
}

/**
 * sevadm_lease_use_locked() - let a VM use up an ASID of a lease
 * @vm: the VM, which the current task initialises
 * @pool: enum sevadm_pool
 *
 * Return: true if a lease for it had one left.
 */
bool sevadm_lease_use_locked(struct sevadm_vm *vm, u32 pool)
{
	struct lease *lease;

	list_for_each_entry(lease, &leases_all, all) {
		if (lease->pool != pool || lease->used == lease->count || !is_for(lease, vm))
			continue;
		lease->used++;
		sevadm_pool_reserve_locked(pool, -1);
		vm->lease = lease;
		return true;
	}
	return false;
}

/** sevadm_lease_unuse_locked() - give the VM's ASID back to its lease, if it came from one */
void sevadm_lease_unuse_locked(struct sevadm_vm *vm)
{
	struct lease *lease = vm->lease;

	if (!lease)
		return;
	vm->lease = NULL;
	lease->used--;
	sevadm_pool_reserve_locked(lease->pool, 1);
}

/** sevadm_lease_move_locked() - let @to use the ASID of the lease that @from has used */
void sevadm_lease_move_locked(struct sevadm_vm *to, struct sevadm_vm *from)
{
	to->lease = from->lease;
	from->lease = NULL;
}

static struct lease *lease_alloc(const struct sevadm_lease *argument)
{
	struct lease *lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);

	if (!lease)
		return ERR_PTR(-ENOMEM);
	lease->pool = argument->pool;
	lease->count = argument->count;
	lease->subject = argument->subject;
	lease->holder = get_pid(task_tgid(current));
	if (argument->subject == SEVADM_LEASE_USER)
		lease->uid = make_kuid(&init_user_ns, argument->subject_id);
	if (argument->subject == SEVADM_LEASE_CGROUP) {
		lease->cgroup = cgroup_get_from_id(argument->subject_id);
		if (IS_ERR_OR_NULL(lease->cgroup)) {
			lease->cgroup = NULL;
			lease_free(lease);
			return ERR_PTR(-ENOENT);
		}
	}
	return lease;
}

static int enter_locked(struct list_head *leases, struct lease *lease)
{
	struct lease *other;
	unsigned int nr = 0;

	list_for_each_entry(other, leases, file)
		nr++;
	if (nr >= LEASES_MAX || leases_nr >= LEASES_ALL_MAX)
		return -ENOSPC;
	if (lease->count > sevadm_pool_available_locked(lease->pool))
		return -EBUSY;
	lease->number = ++last_number;
	leases_nr++;
	sevadm_pool_reserve_locked(lease->pool, lease->count);
	counts[lease->pool] += lease->count;
	list_add_tail(&lease->all, &leases_all);
	list_add_tail(&lease->file, leases);
	return 0;
}

/**
 * sevadm_lease_reserve() - reserve ASIDs
 * @leases: the open file's leases
 * @argument: of SEVADM_IOC_RESERVE; its @lease is filled in
 *
 * Context: may sleep.
 * Return: 0 or what SEVADM_IOC_RESERVE documents.
 */
int sevadm_lease_reserve(struct list_head *leases, struct sevadm_lease *argument)
{
	struct lease *lease;
	int ret;

	if (!ns_capable(&init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (argument->pool >= SEVADM_POOL_NR || !argument->count ||
	    argument->subject > SEVADM_LEASE_CGROUP ||
	    (argument->subject == SEVADM_LEASE_USER && argument->subject_id >= U32_MAX) ||
	    (argument->subject == SEVADM_LEASE_DESCENDANTS && argument->subject_id))
		return -EINVAL;
	if (sevadm_pool_known_absent(argument->pool))
		return -ENOENT;

	lease = lease_alloc(argument);
	if (IS_ERR(lease))
		return PTR_ERR(lease);

	spin_lock(&sevadm_ledger_lock);
	ret = enter_locked(leases, lease);
	argument->lease = lease->number;
	spin_unlock(&sevadm_ledger_lock);
	if (ret)
		lease_free(lease);
	return ret;
}

/* Moves a lease to those that have @ended. */
static void end_locked(struct lease *lease, struct list_head *ended)
{
	list_del(&lease->all);
	list_move(&lease->file, ended);
	leases_nr--;
	sevadm_pool_reserve_locked(lease->pool, -(s64)(lease->count - lease->used));
	counts[lease->pool] -= lease->count;
	lease->ended = true;
}

static void forget_ended(struct sevadm_vm *vm)
{
	u32 resource;

	if (!vm->lease || !vm->lease->ended)
		return;
	resource = sevadm_resource_of_pool(vm->lease->pool);
	vm->lease = NULL;
	/* One that is moving counts for a guarantee of where it is in the end. */
	if (!vm->moving_to)
		sevadm_guarantee_take_locked(vm, resource);
}

/* Frees leases that have ended: one look at all VMs, however many they are. */
static void free_ended_locked(struct list_head *ended)
{
	struct lease *lease, *next;

	if (list_empty(ended))
		return;
	sevadm_vm_each_guest_locked(forget_ended);
	list_for_each_entry_safe(lease, next, ended, file)
		lease_free(lease);
}

/**
 * sevadm_lease_release() - end one lease
 * @leases: the open file's leases
 * @number: of the lease
 *
 * Return: 0, or -ENOENT: the open file has no such lease.
 */
int sevadm_lease_release(struct list_head *leases, u64 number)
{
	struct lease *lease;
	int ret = -ENOENT;
	LIST_HEAD(ended);

	spin_lock(&sevadm_ledger_lock);
	list_for_each_entry(lease, leases, file)
		if (lease->number == number) {
			end_locked(lease, &ended);
			ret = 0;
			break;
		}
	free_ended_locked(&ended);
	spin_unlock(&sevadm_ledger_lock);
	return ret;
}

/** sevadm_lease_release_all() - end all leases of an open file that is being closed */
void sevadm_lease_release_all(struct list_head *leases)
{
	struct lease *lease, *next;
	LIST_HEAD(ended);

	spin_lock(&sevadm_ledger_lock);
	list_for_each_entry_safe(lease, next, leases, file)
		end_locked(lease, &ended);
	free_ended_locked(&ended);
	spin_unlock(&sevadm_ledger_lock);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Scopes: what each task at work inside of a wrapper is doing, found by the task. */
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "scope.h"
#include "vm.h"

static DEFINE_HASHTABLE(scopes, 8);
static LIST_HEAD(claims);
static DEFINE_SPINLOCK(scopes_lock);	/* guards all of these */

/* Scopes that were left and wait for the next one: there is one in every call. */
#define SPARES_MAX	64
static struct sevadm_scope *spares;
static unsigned int spare_nr;

/**
 * sevadm_scope_enter() - enter a scope of the current task
 * @kind: what it is
 * @command: KVM command
 * @kvm: KVM's VM it is about; NULL: none. The VM of the ledger is looked up
 *
 * Not on the task's stack, which ends with the task: see sevadm_scope_sweep().
 *
 * Context: may sleep.
 * Return: the scope, until sevadm_scope_leave().
 */
struct sevadm_scope *sevadm_scope_enter(enum sevadm_scope_kind kind, u32 command, struct kvm *kvm)
{
	u64 start_ns = ktime_get_boottime_ns();
	struct sevadm_scope *scope;

	spin_lock(&scopes_lock);
	scope = spares;
	if (unlikely(!scope)) {
		spin_unlock(&scopes_lock);
		/* Without it the call would be missed: it waits for memory rather than fail. */
		scope = kmalloc(sizeof(*scope), GFP_KERNEL | __GFP_NOFAIL);
		spin_lock(&scopes_lock);
	} else {
		spares = scope->spare;
		spare_nr--;
	}
	*scope = (struct sevadm_scope) {
		.task = get_task_struct(current),
		.kind = kind,
		.command = command,
		.kvm = kvm,
		.start_ns = start_ns,
	};
	/* Looked up with the lock held: see sevadm_scope_run_if_idle(). */
	if (kvm)
		scope->vm = sevadm_vm_find(kvm);
	/* For find_quickly(): what is in the chain says whose it is. */
	hash_add_rcu(scopes, &scope->node, (unsigned long)current);
	spin_unlock(&scopes_lock);
	return scope;
}

static void unlink_locked(struct sevadm_scope *scope)
{
	lockdep_assert_held(&scopes_lock);
	hash_del(&scope->node);
	if (scope->claims)
		list_del(&scope->claim);
}

static void scope_free(struct sevadm_scope *scope)
{
	sevadm_vm_put(scope->vm);
	put_task_struct(scope->task);
	kfree_rcu(scope, rcu);
}

/**
 * sevadm_scope_leave() - leave a scope of the current task, and give back the reference to its VM
 * @scope: the scope
 */
void sevadm_scope_leave(struct sevadm_scope *scope)
{
	struct sevadm_vm *vm = scope->vm;

	spin_lock(&scopes_lock);
	unlink_locked(scope);
	if (likely(spare_nr < SPARES_MAX)) {
		scope->spare = spares;
		spares = scope;
		spare_nr++;
		scope = NULL;
	}
	spin_unlock(&scopes_lock);
	sevadm_vm_put(vm);
	put_task_struct(current);
	if (unlikely(scope))
		kfree_rcu(scope, rcu);
}

/** sevadm_scope_uninit() - free what is kept for scopes to come: no wrapper may run any more */
void sevadm_scope_uninit(void)
{
	struct sevadm_scope *scope;

	while ((scope = spares)) {
		spares = scope->spare;
		kfree(scope);
	}
	spare_nr = 0;
}

/**
 * sevadm_scope_sweep() - end the scopes of tasks that have died within them
 *
 * A task that runs into a bug of the kernel inside of KVM or ccp ends there, and leaves no scope.
 * This releases what it claimed. The module stays loaded from then on, as that task has never left
 * its wrapper.
 *
 * Context: may sleep.
 */
void sevadm_scope_sweep(void)
{
	struct sevadm_scope *scope;
	struct hlist_node *next;
	HLIST_HEAD(dead);
	int bucket;

	spin_lock(&scopes_lock);
	hash_for_each_safe(scopes, bucket, next, scope, node) {
		if (!READ_ONCE(scope->task->exit_state))
			continue;
		unlink_locked(scope);
		hlist_add_head(&scope->node, &dead);
	}
	spin_unlock(&scopes_lock);
	hlist_for_each_entry_safe(scope, next, &dead, node)
		scope_free(scope);
}

/**
 * sevadm_scope_relookup() - look up the VM of the ledger that is the scope's now, if there is one
 * @scope: the scope
 */
void sevadm_scope_relookup(struct sevadm_scope *scope)
{
	struct sevadm_vm *vm = scope->kvm ? sevadm_vm_find(scope->kvm) : NULL;

	if (!vm)
		return;
	sevadm_vm_put(scope->vm);
	scope->vm = vm;
}

static bool is_claimed(const struct kvm *kvm)
{
	const struct sevadm_scope *scope;

	lockdep_assert_held(&scopes_lock);
	list_for_each_entry(scope, &claims, claim)
		if (scope->kvm == kvm || scope->source == kvm)
			return true;
	return false;
}

static bool claim(struct sevadm_scope *scope, const struct kvm *source)
{
	bool claimed;

	spin_lock(&scopes_lock);
	claimed = is_claimed(scope->kvm) || (source && is_claimed(source));
	if (!claimed) {
		scope->source = source;
		scope->claims = true;
		list_add(&scope->claim, &claims);
	}
	spin_unlock(&scopes_lock);
	return !claimed;
}

/**
 * sevadm_scope_claim() - keep other tasks from initialising, mirroring or migrating the same VMs
 * @scope: of the current task, about to make @scope->kvm a SEV VM
 * @source: KVM's VM whose context it gets; NULL: none
 *
 * Until sevadm_scope_leave(), no other task gets a claim to the scope's VM or @source. KVM has done
 * its part before it is booked, and releases its locks in between: without a claim another task
 * could move on what this one has made, and the second step would be booked first. KVM, too,
 * refuses two migrations of one VM at a time (sev_lock_two_vms(): -EBUSY). The VM of the ledger is
 * looked up again.
 *
 * Return: true if the scope has the claim; false: another task has it.
 */
bool sevadm_scope_claim(struct sevadm_scope *scope, const struct kvm *source)
{
	/* A claim may be that of a task that has died. */
	if (!claim(scope, source)) {
		sevadm_scope_sweep();
		if (!claim(scope, source))
			return false;
	}

	sevadm_vm_put(scope->vm);
	scope->vm = sevadm_vm_find(scope->kvm);
	return true;
}

static __always_inline void found_add(struct sevadm_scopes *found, struct sevadm_scope *scope)
{
	if (scope->kind == SEVADM_SCOPE_QUEUE)
		found->queue = found->queue ?: scope;
	else
		found->kvm = found->kvm ?: scope;
}

/*
 * Return true if the scopes were found without the lock: the current task has none, or one that is
 * alone in its chain. No other task adds or removes those of the current one, nor says that one is
 * the current task's. What is read of another task's means nothing; it is not freed meanwhile.
 */
static __always_inline bool find_quickly(struct sevadm_scopes *found)
{
	u32 bucket = hash_min((unsigned long)current, HASH_BITS(scopes));
	const struct hlist_head *chain = &scopes[bucket];
	struct hlist_node *first;
	struct sevadm_scope *scope;
	bool sure = true;

	preempt_disable();
	first = READ_ONCE(chain->first);
	if (first) {
		scope = hlist_entry(first, struct sevadm_scope, node);
		/* Others may write both, unless it is the current task's. */
		sure = data_race(scope->task) == current && !data_race(first->next);
		if (sure)
			found_add(found, scope);
	}
	preempt_enable();
	return sure;
}

static noinline struct sevadm_scopes find_slowly(void)
{
	struct sevadm_scopes found = {};
	struct sevadm_scope *scope;

	spin_lock(&scopes_lock);
	hash_for_each_possible(scopes, scope, node, (unsigned long)current)
		if (scope->task == current)
			found_add(&found, scope);
	spin_unlock(&scopes_lock);
	return found;
}

/**
 * sevadm_scope_mine() - find the current task's innermost scope of either sort
 *
 * New ones are added at the head. The destruction of one VM may run inside of that of its mirror:
 * the innermost one counts.
 */
struct sevadm_scopes sevadm_scope_mine(void)
{
	struct sevadm_scopes found = {};

	return likely(find_quickly(&found)) ? found : find_slowly();
}

static bool is_idle_locked(const struct kvm *kvm)
{
	struct sevadm_scope *scope;
	int bucket;

	lockdep_assert_held(&scopes_lock);
	/*
	 * A context call that has no claim yet has not come to KVM, and looks its source up later.
	 */
	hash_for_each(scopes, bucket, scope, node)
		if (scope->kvm == kvm || scope->source == kvm)
			return false;
	return true;
}

/**
 * sevadm_scope_is_idle() - return true if no task is at work for a VM at this moment
 * @kvm: KVM's VM
 *
 * Context: may sleep.
 */
bool sevadm_scope_is_idle(const struct kvm *kvm)
{
	bool idle;

	sevadm_scope_sweep();
	spin_lock(&scopes_lock);
	idle = is_idle_locked(kvm);
	spin_unlock(&scopes_lock);
	return idle;
}

/**
 * sevadm_scope_run_if_idle() - change the ledger unless a task is at work for a VM
 * @kvm: KVM's VM
 * @enter: what is to be done; every scope entered later for @kvm finds the ledger as it leaves it
 * @vm: its argument
 *
 * Context: may sleep; @enter is called with a spinlock held.
 * Return: true if it was done.
 */
bool sevadm_scope_run_if_idle(const struct kvm *kvm, void (*enter)(struct sevadm_vm *vm),
			      struct sevadm_vm *vm)
{
	bool idle;

	sevadm_scope_sweep();
	spin_lock(&scopes_lock);
	idle = is_idle_locked(kvm);
	if (idle)
		enter(vm);
	spin_unlock(&scopes_lock);
	return idle;
}

/** sevadm_scope_print() - print to the kernel's log which tasks are in a scope */
void sevadm_scope_print(void)
{
	const struct sevadm_scope *scope;
	int bucket;

	spin_lock(&scopes_lock);
	hash_for_each(scopes, bucket, scope, node)
		pr_info("sevadm: task %d (%s) is inside of %s\n", task_pid_nr(scope->task),
			scope->task->comm,
			scope->kind == SEVADM_SCOPE_QUEUE ? "ccp" : "kvm_amd");
	spin_unlock(&scopes_lock);
}

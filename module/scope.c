// SPDX-License-Identifier: GPL-2.0-only
/* Scopes: what each task at work inside of a wrapper is doing, found by the task. */
#include <linux/hashtable.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/ktime.h>

#include "ledger.h"
#include "scope.h"

static DEFINE_HASHTABLE(scopes, 8);
static DEFINE_SPINLOCK(scopes_lock);

/**
 * sevadm_scope_enter() - the current task enters a scope
 * @scope: on the caller's stack; until sevadm_scope_leave()
 * @kind: what it is
 * @command: KVM command
 * @kvm: KVM's VM it is about; NULL: none. The VM of the ledger is looked up
 */
void sevadm_scope_enter(struct sevadm_scope *scope, enum sevadm_scope_kind kind, u32 command,
			struct kvm *kvm)
{
	*scope = (struct sevadm_scope) {
		.task = current,
		.kind = kind,
		.command = command,
		.kvm = kvm,
		.vm = kvm ? sevadm_vm_find(kvm) : NULL,
		.start_ns = ktime_get_boottime_ns(),
	};

	spin_lock(&scopes_lock);
	hash_add(scopes, &scope->node, (unsigned long)current);
	spin_unlock(&scopes_lock);
}

/* sevadm_scope_leave() - the current task leaves the scope; its VM's reference is given back */
void sevadm_scope_leave(struct sevadm_scope *scope)
{
	spin_lock(&scopes_lock);
	hash_del(&scope->node);
	spin_unlock(&scopes_lock);

	sevadm_vm_put(scope->vm);
}

/*
 * The current task's innermost scope (new ones are added at the head) of the wanted sort. The
 * destruction of one VM may run inside of that of its mirror: the innermost one is meant.
 */
static struct sevadm_scope *scope_find(bool queue)
{
	struct sevadm_scope *scope, *found = NULL;

	spin_lock(&scopes_lock);
	hash_for_each_possible(scopes, scope, node, (unsigned long)current)
		if (scope->task == current && (scope->kind == SEVADM_SCOPE_QUEUE) == queue) {
			found = scope;
			break;
		}
	spin_unlock(&scopes_lock);
	return found;
}

/** sevadm_scope_kvm() - what the current task does inside of KVM; NULL: it came another way */
struct sevadm_scope *sevadm_scope_kvm(void)
{
	return scope_find(false);
}

/** sevadm_scope_queue() - the current task's way to the mailbox; NULL: it is on none */
struct sevadm_scope *sevadm_scope_queue(void)
{
	return scope_find(true);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scope is what the current task is doing inside of KVM's SEV code or on its way to the security
 * processor. The outer wrapper enters it; inner wrappers find it by the task.
 */
#ifndef SEVADM_SCOPE_H
#define SEVADM_SCOPE_H

#include <linux/list.h>
#include <linux/types.h>

#include "vm.h"

struct kvm;
struct sevadm_vm;
struct task_struct;

/**
 * enum sevadm_scope_kind - what a task is inside of
 * @SEVADM_SCOPE_IOCTL: KVM_MEMORY_ENCRYPT_OP
 * @SEVADM_SCOPE_REGION: KVM_MEMORY_ENCRYPT_REG_REGION or _UNREG_REGION
 * @SEVADM_SCOPE_CONTEXT: a VM becomes a mirror, or takes over another one's context
 * @SEVADM_SCOPE_DESTROY: a VM ends
 * @SEVADM_SCOPE_QUEUE: on the way to the mailbox of the security processor, but not from KVM's code
 */
enum sevadm_scope_kind {
	SEVADM_SCOPE_IOCTL,
	SEVADM_SCOPE_REGION,
	SEVADM_SCOPE_CONTEXT,
	SEVADM_SCOPE_DESTROY,
	SEVADM_SCOPE_QUEUE,
};

/**
 * struct sevadm_scope - one scope; owned by its task, which alone reads more than @node, @claim,
 *	@task, @kind, @kvm and @source
 * @node: in the table of all scopes
 * @spare: of one that nobody is in: the next such one
 * @claim: in the list of those that have @claims
 * @rcu: to free it: see sevadm_scope_mine()
 * @task: the task it belongs to, with a reference: no other one gets its address
 * @kind: enum sevadm_scope_kind
 * @command: enum sev_cmd_id or enum sevadm_kvm_command; U32_MAX: that of an ioctl, before it has
 *	been read, or where it cannot be read, or is too large to be one of an ioctl
 * @kvm: KVM's VM; compared only, except by its own wrapper
 * @source: KVM's VM whose context @kvm gets; NULL: none; set by sevadm_scope_claim()
 * @claims: see sevadm_scope_claim()
 * @entered: @vm has been entered into the ledger within it
 * @vm: VM of the ledger, with a reference; NULL: none
 * @moving: VM of the ledger whose context @kvm is taking over; NULL: none
 * @start_ns: when it was entered
 * @queue_ns: when a task in KVM code began to queue for the mailbox; 0: it is not queueing
 * @transient: pages pinned until it ends
 * @pinned: pages were seen to be pinned; they are booked if @vm was in the ledger then
 * @charged: an ASID was charged to the misc cgroup and not uncharged since
 * @uncharged: an ASID was uncharged
 * @activated: the firmware has bound an ASID within it
 * @commands: number of firmware commands issued for KVM's initialisation of the platform
 * @fw_asked: at least one firmware command was answered; @fw_error is the last status
 * @fw_error: see @fw_asked
 * @length_query: that firmware command asked for a length, and INVALID_LEN was the answer
 */
struct sevadm_scope {
	struct hlist_node node;
	struct sevadm_scope *spare;
	union {
		struct list_head claim;
		struct rcu_head rcu;
	};
	struct task_struct *task;
	enum sevadm_scope_kind kind;
	u32 command;
	struct kvm *kvm;
	const struct kvm *source;
	struct sevadm_vm *vm;
	const struct sevadm_vm *moving;
	u64 start_ns;
	u64 queue_ns;
	s64 transient;
	bool pinned;
	bool claims;
	bool entered;
	bool charged;
	bool uncharged;
	bool activated;
	bool fw_asked;
	bool length_query;
	u32 fw_error;
	u32 commands;
};

/**
 * struct sevadm_scopes - what the current task is inside of
 * @kvm: what it does inside of KVM; NULL: it came another way
 * @queue: its way to the mailbox, if it came another way; see &struct sevadm_scope.queue_ns
 */
struct sevadm_scopes {
	struct sevadm_scope *kvm;
	struct sevadm_scope *queue;
};

struct sevadm_scope *sevadm_scope_enter(enum sevadm_scope_kind kind, u32 command, struct kvm *kvm);
void sevadm_scope_leave(struct sevadm_scope *scope);
void sevadm_scope_sweep(void);
void sevadm_scope_uninit(void);
bool sevadm_scope_claim(struct sevadm_scope *scope, const struct kvm *source);
struct sevadm_scopes sevadm_scope_mine(void);

void sevadm_scope_relookup(struct sevadm_scope *scope);

/**
 * sevadm_scope_refresh() - look the scope's VM up again, if it is not in the ledger
 * @scope: of the current task
 *
 * Another thread may have entered it, as KVM's VM became a SEV VM, since the scope was entered. One
 * that has left the ledger stays the scope's unless there is another: late updates may have to
 * follow it (&struct sevadm_line).
 */
static inline void sevadm_scope_refresh(struct sevadm_scope *scope)
{
	if (!scope->vm || !sevadm_vm_in_ledger(scope->vm))
		sevadm_scope_relookup(scope);
}

/** sevadm_scope_kvm() - find what the current task does inside of KVM; NULL: nothing */
static inline struct sevadm_scope *sevadm_scope_kvm(void)
{
	return sevadm_scope_mine().kvm;
}

/**
 * sevadm_scope_kvm_refreshed() - find what the current task does inside of KVM, and its VM of the
 * ledger
 *
 * Context: kvm->lock is held, so that no other task can change which VM it is about.
 * Return: the scope; NULL: none.
 */
static inline struct sevadm_scope *sevadm_scope_kvm_refreshed(void)
{
	struct sevadm_scope *scope = sevadm_scope_kvm();

	if (scope)
		sevadm_scope_refresh(scope);
	return scope;
}

void sevadm_scope_print(void);
bool sevadm_scope_is_idle(const struct kvm *kvm);
bool sevadm_scope_run_if_idle(const struct kvm *kvm, void (*enter)(struct sevadm_vm *vm),
			      struct sevadm_vm *vm);

#endif /* SEVADM_SCOPE_H */

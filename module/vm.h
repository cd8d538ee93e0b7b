/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs: what is known of each, and how it is found. */
#ifndef SEVADM_VM_H
#define SEVADM_VM_H

#include <linux/cgroup.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include <uapi/linux/sevadm.h>

#include "stats.h"

struct cred;
struct kvm;
struct lease;
struct sevadm_vm;
struct pid;
struct subject;
struct task_struct;

/*
 * Guards VMs, pools, limits and the host's totals. Held for a few instructions, never over a sleep.
 * A function whose name ends in _locked is called with it held.
 */
extern spinlock_t sevadm_ledger_lock;

/* A user, and the owners of all user namespaces that there can be above (33 levels). */
#define SEVADM_VM_UIDS_MAX	34

/**
 * struct sevadm_line - a VM and all that its context has moved from and to
 * @ref: of each VM of the line, and of each mirror of its context
 * @vm: the one that has the context now; NULL: it has left the ledger. Guarded by
 *	sevadm_ledger_lock
 *
 * No VM refers to another one: however often a context moves while a task is at work for a VM that
 * had it, nothing is kept but what that task holds.
 */
struct sevadm_line {
	struct kref ref;
	struct sevadm_vm *vm;
};

/**
 * struct sevadm_vm - one VM
 * @list: in order of @id
 * @guest: in the list of those that own a context: no mirrors, whose number nothing limits
 * @hash: by @kvm
 * @hash_id: by @id
 * @hash_creator: by @creator
 * @ref: the ledger's own, and that of every task at work for the VM
 * @kvm: KVM's VM: compared; looked into only while the VM is known to be in the ledger (ledger.c)
 * @accounted: its initialisation has succeeded, so it is shown
 * @mirror: shares the encryption context of another VM
 * @owner: line of that VM, with a reference; NULL: none, or it is not in the ledger
 * @line: its own, with a reference
 * @known: SEVADM_KNOWN_ASID, _HANDLE, _POLICY, _STATE, _CREATOR, _CREATED
 * @id: its number in this module, never reused; 0 before it has entered the ledger
 * @created_ns: CLOCK_BOOTTIME of its initialisation
 * @policy: guest policy as given to LAUNCH_START or RECEIVE_START
 * @gctx: physical address of a SEV-SNP guest's context page, for comparisons here only; 0: not
 *	known
 * @pinned: pages pinned now. May be negative for a moment, between an unregister by one thread and
 *	the end of a migration in another
 * @pinned_peak: highest @pinned so far
 * @regions: number of registered regions; negative as @pinned
 * @type: enum sevadm_vm_type
 * @state: enum sevadm_vm_state
 * @asid: its ASID
 * @handle: the firmware's handle of its context
 * @pid: @creator, in the initial pid namespace
 * @uid: real user of @creator
 * @event_uid: user whom it counts as in events: sevadm_user_of() of @creator
 * @gmem_pages: pages of its memslots that are bound to guest_memfd
 * @reported_private: pages of it that became private and were reported (conversions.c)
 * @reported_shared: pages that it gave back and that were
 * @creator: process that initialised it; NULL: not known, as then are @pid, the users and @comm
 * @uids: users it is charged to: @uid first, then the owners of that process's user namespaces
 * @uid_nr: number of @uids
 * @cgroup: cgroup (v2) of that process, or if it has ended the one that was charged its page table
 *	(compat_cgroup_of_mm()); NULL: not known
 * @charged: what its subjects are charged for it, in pages or ASIDs (limit.c)
 * @in_flight: the part of @charged that KVM may yet refuse
 * @payer: the subject whose guarantee it counts for (guarantee.c)
 * @next_payer: while its context moves: the one of the destination
 * @payer_leaves: while its context moves: the destination is not under @payer's guarantee
 * @lease: the lease that its ASID was taken from, as long as that lasts
 * @moving_to: VM that its context is about to move to
 * @comm: name of the thread that initialised it
 * @stats: of its firmware commands and pins, guarded by sevadm_record_lock
 *
 * All but @stats and the constant fields (@id, @kvm, @created_ns, @creator, @pid, @uid, @event_uid,
 * @uids, @comm, @cgroup) are guarded by sevadm_ledger_lock. What an event says of a VM is read
 * without it (@known, @asid, @type, @mirror, @pinned), and so is written as a whole: WRITE_ONCE().
 */
struct sevadm_vm {
	struct list_head list;
	struct list_head guest;
	struct hlist_node hash;
	struct hlist_node hash_id;
	struct hlist_node hash_creator;
	struct kref ref;
	struct sevadm_line *line;
	struct sevadm_line *owner;
	const struct kvm *kvm;
	bool accounted;
	bool mirror;
	u32 known;
	u64 id;
	u64 created_ns;
	u64 policy;
	u64 gctx;
	s64 pinned;
	s64 pinned_peak;
	s64 regions;
	u64 gmem_pages;
	u64 reported_private;
	u64 reported_shared;
	u32 type;
	u32 state;
	u32 asid;
	u32 handle;
	u32 pid;
	kuid_t uid;
	kuid_t event_uid;
	u32 uid_nr;
	kuid_t uids[SEVADM_VM_UIDS_MAX];
	struct pid *creator;
	struct cgroup *cgroup;
	u64 charged[SEVADM_RESOURCE_NR];
	u64 in_flight[SEVADM_RESOURCE_NR];
	struct subject *payer;
	struct subject *next_payer;
	bool payer_leaves;
	struct lease *lease;
	struct sevadm_vm *moving_to;
	char comm[SEVADM_COMM_LEN];
	struct sevadm_stats stats;
};

/**
 * sevadm_vm_in_ledger() - return true if the VM is in the ledger; without a lock it may leave at
 * once
 * @vm: the VM
 */
static inline bool sevadm_vm_in_ledger(const struct sevadm_vm *vm)
{
	return !hlist_unhashed_lockless(&vm->hash);
}

/**
 * sevadm_vm_set_known_locked() - change what is known of a VM
 * @vm: the VM
 * @known: its @known from now on: what that names has been written
 *
 * Pairs with sevadm_vm_known(): who finds there that the ASID is known reads it, and not what was
 * there before.
 */
static inline void sevadm_vm_set_known_locked(struct sevadm_vm *vm, u32 known)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	/* After the ASID. */
	smp_store_release(&vm->known, known);
}

/** sevadm_vm_known() - return what is known of a VM, without the lock: it may change at once */
static inline u32 sevadm_vm_known(const struct sevadm_vm *vm)
{
	/* Before the ASID. */
	return smp_load_acquire(&vm->known);
}

struct sevadm_vm *sevadm_vm_find(const struct kvm *kvm);
struct sevadm_vm *sevadm_vm_find_handle(u32 handle);
struct sevadm_vm *sevadm_vm_find_gctx(u64 gctx);
struct sevadm_vm *sevadm_vm_next(u64 after);
struct sevadm_vm *sevadm_vm_get_id(u64 id);
struct sevadm_vm *sevadm_vm_get_creator(struct pid *creator);
struct sevadm_vm *sevadm_vm_find_locked(const struct kvm *kvm);
void sevadm_vm_put(struct sevadm_vm *vm);

struct sevadm_line *sevadm_line_get(struct sevadm_line *line);
void sevadm_line_put(struct sevadm_line *line);

kuid_t sevadm_user_of(const struct cred *cred);
struct sevadm_vm *sevadm_vm_alloc(void);
void sevadm_vm_describe(struct sevadm_vm *vm, const struct kvm *kvm, u32 type,
			struct task_struct *creator);
void sevadm_vm_describe_mirror(struct sevadm_vm *vm, struct sevadm_vm *owner);

void sevadm_vm_enter_locked(struct sevadm_vm *vm);
void sevadm_vm_leave_locked(struct sevadm_vm *vm);
void sevadm_vm_take_line_locked(struct sevadm_vm *to, struct sevadm_vm *from);
u32 sevadm_vm_handles_locked(void);
void sevadm_vm_each_locked(void (*function)(struct sevadm_vm *vm));
void sevadm_vm_each_guest_locked(void (*function)(struct sevadm_vm *vm));
struct sevadm_vm *sevadm_vm_first_locked(void);

#endif /* SEVADM_VM_H */

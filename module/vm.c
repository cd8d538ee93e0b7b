// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: how each is found, by what KVM, the firmware, user space or a process knows of it, and who
 * keeps it. What happens to a VM is booked by the ledger.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "vm.h"

DEFINE_SPINLOCK(sevadm_ledger_lock);

static LIST_HEAD(vms);
static LIST_HEAD(guests);	/* VMs that own a context: no more than there are ASIDs */
static DEFINE_HASHTABLE(vms_by_kvm, 10);
static DEFINE_HASHTABLE(vms_by_id, 10);
static DEFINE_HASHTABLE(vms_by_creator, 10);
static u64 last_id;

static void line_release(struct kref *ref)
{
	kfree(container_of(ref, struct sevadm_line, ref));
}

/** sevadm_line_put() - give a reference to a line back; NULL is nothing */
void sevadm_line_put(struct sevadm_line *line)
{
	if (line)
		kref_put(&line->ref, line_release);
}

/** sevadm_line_get() - take one more reference to a line, and return it; NULL is nothing */
struct sevadm_line *sevadm_line_get(struct sevadm_line *line)
{
	if (line)
		kref_get(&line->ref);
	return line;
}

static void forget_creator(struct sevadm_vm *vm)
{
	if (vm->cgroup)
		cgroup_put(vm->cgroup);
	put_pid(vm->creator);
	vm->cgroup = NULL;
	vm->creator = NULL;
	vm->pid = 0;
	vm->uid = KUIDT_INIT(0);
	vm->event_uid = KUIDT_INIT(0);
	vm->uid_nr = 0;
	memset(vm->comm, 0, sizeof(vm->comm));
}

static void vm_release(struct kref *ref)
{
	struct sevadm_vm *vm = container_of(ref, struct sevadm_vm, ref);

	forget_creator(vm);
	sevadm_line_put(vm->owner);
	sevadm_line_put(vm->line);
	kfree(vm);
}

/** sevadm_vm_put() - give a reference back; NULL is nothing */
void sevadm_vm_put(struct sevadm_vm *vm)
{
	if (vm)
		kref_put(&vm->ref, vm_release);
}

static struct sevadm_vm *vm_get(struct sevadm_vm *vm)
{
	if (vm)
		kref_get(&vm->ref);
	return vm;
}

/**
 * sevadm_vm_find_locked() - find the VM in the ledger that is KVM's @kvm
 * @kvm: KVM's VM
 *
 * Return: the VM, without a reference, or NULL: it is not in the ledger.
 */
struct sevadm_vm *sevadm_vm_find_locked(const struct kvm *kvm)
{
	struct sevadm_vm *vm;

	lockdep_assert_held(&sevadm_ledger_lock);
	hash_for_each_possible(vms_by_kvm, vm, hash, (unsigned long)kvm)
		if (vm->kvm == kvm)
			return vm;
	return NULL;
}

/**
 * sevadm_vm_find() - find the VM in the ledger that is KVM's @kvm
 * @kvm: KVM's VM
 *
 * Return: the VM with a reference, or NULL: it is not in the ledger.
 */
struct sevadm_vm *sevadm_vm_find(const struct kvm *kvm)
{
	struct sevadm_vm *vm;

	spin_lock(&sevadm_ledger_lock);
	vm = vm_get(sevadm_vm_find_locked(kvm));
	spin_unlock(&sevadm_ledger_lock);
	return vm;
}

/**
 * sevadm_vm_find_handle() - find the VM that owns a context of the firmware
 * @handle: the firmware's name of it
 *
 * Return: the VM with a reference, or NULL.
 */
struct sevadm_vm *sevadm_vm_find_handle(u32 handle)
{
	struct sevadm_vm *vm, *found = NULL;

	spin_lock(&sevadm_ledger_lock);
	list_for_each_entry(vm, &guests, guest)
		if (vm->accounted && vm->known & SEVADM_KNOWN_HANDLE && vm->handle == handle) {
			found = vm_get(vm);
			break;
		}
	spin_unlock(&sevadm_ledger_lock);
	return found;
}

/**
 * sevadm_vm_find_gctx() - find a SEV-SNP VM
 * @gctx: physical address of its context page
 *
 * Return: the VM with a reference, or NULL.
 */
struct sevadm_vm *sevadm_vm_find_gctx(u64 gctx)
{
	struct sevadm_vm *vm, *found = NULL;

	spin_lock(&sevadm_ledger_lock);
	list_for_each_entry(vm, &guests, guest)
		if (vm->accounted && gctx && vm->gctx == gctx) {
			found = vm_get(vm);
			break;
		}
	spin_unlock(&sevadm_ledger_lock);
	return found;
}

static struct sevadm_vm *find_id_locked(u64 id)
{
	struct sevadm_vm *vm;

	hash_for_each_possible(vms_by_id, vm, hash_id, id)
		if (vm->id == id)
			return vm;
	return NULL;
}

/**
 * sevadm_vm_next() - find the next VM in order of their ids
 * @after: id of the one before; 0: none yet
 *
 * Costs the same whatever the number of VMs, unless the one before has ended meanwhile.
 *
 * Return: the VM with the lowest id above @after, with a reference, or NULL.
 */
struct sevadm_vm *sevadm_vm_next(u64 after)
{
	struct sevadm_vm *vm, *found = NULL;

	spin_lock(&sevadm_ledger_lock);
	vm = find_id_locked(after) ?: list_entry(&vms, struct sevadm_vm, list);
	list_for_each_entry_continue(vm, &vms, list)
		if (vm->accounted && vm->id > after) {
			found = vm_get(vm);
			break;
		}
	spin_unlock(&sevadm_ledger_lock);
	return found;
}

/**
 * sevadm_vm_get_id() - find a VM by its id
 * @id: &struct sevadm_vm.id
 *
 * Return: the VM with a reference, or NULL.
 */
struct sevadm_vm *sevadm_vm_get_id(u64 id)
{
	struct sevadm_vm *vm;

	spin_lock(&sevadm_ledger_lock);
	vm = find_id_locked(id);
	vm = vm && vm->accounted ? vm_get(vm) : NULL;
	spin_unlock(&sevadm_ledger_lock);
	return vm;
}

/**
 * sevadm_vm_get_creator() - find the first VM that a process created
 * @creator: the process
 *
 * Return: the VM with the lowest id, with a reference, or NULL.
 */
struct sevadm_vm *sevadm_vm_get_creator(struct pid *creator)
{
	struct sevadm_vm *vm, *first = NULL;

	spin_lock(&sevadm_ledger_lock);
	hash_for_each_possible(vms_by_creator, vm, hash_creator, (unsigned long)creator)
		if (vm->creator == creator && vm->accounted && (!first || vm->id < first->id))
			first = vm;
	vm_get(first);
	spin_unlock(&sevadm_ledger_lock);
	return first;
}

static struct cgroup *cgroup_of(struct task_struct *task)
{
	struct cgroup *cgroup;

	rcu_read_lock();
	do {
		cgroup = task_dfl_cgroup(task);
	} while (!cgroup_tryget(cgroup));
	rcu_read_unlock();
	return cgroup;
}

static void add_uid(struct sevadm_vm *vm, kuid_t uid)
{
	u32 i;

	for (i = 0; i < vm->uid_nr; i++)
		if (uid_eq(vm->uids[i], uid))
			return;
	if (vm->uid_nr < ARRAY_SIZE(vm->uids))
		vm->uids[vm->uid_nr++] = uid;
}

/**
 * sevadm_user_of() - find the user whom a task counts as in events
 * @cred: of the task
 *
 * A user namespace that a user has made holds thousands of uids that are all that user's: what
 * happens there counts as its owner's. In one that root has made, root has assigned the uids.
 *
 * Return: the task's real uid, or the owner of its outermost user namespace below the initial one.
 */
kuid_t sevadm_user_of(const struct cred *cred)
{
	const struct user_namespace *ns = cred->user_ns;

	if (ns == &init_user_ns)
		return cred->uid;
	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	return uid_eq(ns->owner, GLOBAL_ROOT_UID) ? cred->uid : ns->owner;
}

/*
 * A user has tens of thousands of subordinate uids to run processes under. They exist in user
 * namespaces that the user has made: the owners of those are charged as well, as ucounts does.
 */
static void describe_users(struct sevadm_vm *vm, struct task_struct *creator)
{
	const struct user_namespace *ns;

	vm->uid = task_uid(creator);
	add_uid(vm, vm->uid);
	rcu_read_lock();
	vm->event_uid = sevadm_user_of(__task_cred(creator));
	for (ns = __task_cred(creator)->user_ns; ns != &init_user_ns; ns = ns->parent)
		add_uid(vm, ns->owner);
	rcu_read_unlock();
}

/**
 * sevadm_vm_alloc() - make an entry that is not in the ledger
 *
 * Context: may sleep.
 * Return: the entry with a reference for the caller, or NULL: no memory.
 */
struct sevadm_vm *sevadm_vm_alloc(void)
{
	struct sevadm_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);

	if (!vm)
		return NULL;
	vm->line = kzalloc(sizeof(*vm->line), GFP_KERNEL_ACCOUNT);
	if (!vm->line) {
		kfree(vm);
		return NULL;
	}
	kref_init(&vm->line->ref);
	kref_init(&vm->ref);
	return vm;
}

/**
 * sevadm_vm_describe() - set what never changes about a VM
 * @vm: an entry that is not in the ledger; any earlier description is discarded
 * @kvm: KVM's VM
 * @type: enum sevadm_vm_type
 * @creator: task that created it; NULL: not known
 *
 * Context: does not sleep.
 */
void sevadm_vm_describe(struct sevadm_vm *vm, const struct kvm *kvm, u32 type,
			struct task_struct *creator)
{
	forget_creator(vm);
	sevadm_line_put(vm->owner);
	vm->owner = NULL;
	vm->mirror = false;
	vm->known = 0;
	vm->kvm = kvm;
	vm->type = type;
	if (!creator)
		return;
	vm->pid = task_tgid_nr(creator);
	describe_users(vm, creator);
	vm->creator = get_pid(task_tgid(creator));
	vm->cgroup = cgroup_of(creator);
	get_task_comm(vm->comm, creator);
	vm->known |= SEVADM_KNOWN_CREATOR;
}

/**
 * sevadm_vm_describe_mirror() - say that a VM which is to be adopted is a mirror
 * @vm: an entry that is not in the ledger
 * @owner: the VM whose context it shares
 *
 * Context: does not sleep.
 */
void sevadm_vm_describe_mirror(struct sevadm_vm *vm, struct sevadm_vm *owner)
{
	vm->mirror = true;
	vm->owner = sevadm_line_get(owner->line);
}

/**
 * sevadm_vm_enter_locked() - put a VM into the ledger, which holds a reference to it
 * @vm: an entry that has been described
 */
void sevadm_vm_enter_locked(struct sevadm_vm *vm)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	vm->id = ++last_id;
	vm->line->vm = vm;
	list_add_tail(&vm->list, &vms);
	INIT_LIST_HEAD(&vm->guest);
	if (!vm->mirror)
		list_add_tail(&vm->guest, &guests);
	hash_add(vms_by_kvm, &vm->hash, (unsigned long)vm->kvm);
	hash_add(vms_by_id, &vm->hash_id, vm->id);
	if (vm->creator)
		hash_add(vms_by_creator, &vm->hash_creator, (unsigned long)vm->creator);
	vm_get(vm);
}

/**
 * sevadm_vm_leave_locked() - take a VM out of the ledger, whose reference stays for the caller to
 * give back
 * @vm: a VM in the ledger
 */
void sevadm_vm_leave_locked(struct sevadm_vm *vm)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	list_del(&vm->list);
	list_del(&vm->guest);
	/* As sevadm_vm_in_ledger() reads it without the lock. */
	hash_del_rcu(&vm->hash);
	hash_del(&vm->hash_id);
	if (vm->creator)
		hash_del(&vm->hash_creator);
	if (vm->line->vm == vm)
		vm->line->vm = NULL;
}

/**
 * sevadm_vm_take_line_locked() - let a VM have the context that has belonged to another one
 * @to: a VM that no context has moved to before
 * @from: the VM that had it
 */
void sevadm_vm_take_line_locked(struct sevadm_vm *to, struct sevadm_vm *from)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	sevadm_line_put(to->line);
	to->line = sevadm_line_get(from->line);
	to->line->vm = to;
}

/** sevadm_vm_handles_locked() - count the VMs whose handle is known */
u32 sevadm_vm_handles_locked(void)
{
	struct sevadm_vm *vm;
	u32 known = 0;

	lockdep_assert_held(&sevadm_ledger_lock);
	list_for_each_entry(vm, &guests, guest)
		if (vm->known & SEVADM_KNOWN_HANDLE)
			known++;
	return known;
}

/**
 * sevadm_vm_each_locked() - call a function for every VM, also those that are just being
 * initialised
 * @function: must not take VMs out of the ledger
 */
void sevadm_vm_each_locked(void (*function)(struct sevadm_vm *vm))
{
	struct sevadm_vm *vm;

	lockdep_assert_held(&sevadm_ledger_lock);
	list_for_each_entry(vm, &vms, list)
		function(vm);
}

/**
 * sevadm_vm_each_guest_locked() - call a function for every VM that owns a context, or is to have
 * one
 * @function: must not take VMs out of the ledger
 */
void sevadm_vm_each_guest_locked(void (*function)(struct sevadm_vm *vm))
{
	struct sevadm_vm *vm;

	lockdep_assert_held(&sevadm_ledger_lock);
	list_for_each_entry(vm, &guests, guest)
		function(vm);
}

/** sevadm_vm_first_locked() - find any VM of the ledger; NULL: there is none */
struct sevadm_vm *sevadm_vm_first_locked(void)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return list_first_entry_or_null(&vms, struct sevadm_vm, list);
}

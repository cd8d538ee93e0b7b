// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adoption: VMs that are older than the module enter the ledger with all they hold, as kvm_amd
 * keeps it. User space says where kvm_amd keeps it, out of the kernel's BTF, and is not trusted: no
 * read can fault, and every VM on the host must be valid before the first one is adopted. Its ASID
 * is marked used in kvm_amd's bitmaps, its pages add up over its regions, and a VM of the ledger is
 * as the ledger says.
 */
#include <linux/delay.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/psp-sev.h>
#include <linux/sched/task.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/uaccess.h>

#include "adopt.h"
#include "bitmaps.h"
#include "compat/kvm.h"
#include "compat/memcg.h"
#include "conversions.h"
#include "ledger.h"
#include "pool.h"
#include "scope.h"
#include "seam.h"
#include "symbol.h"

/* Longer than any real list; past this we are following garbage. */
#define LIST_MAX	(1U << 20)

/* How often, and how far apart, a VM that is at work is looked at again. */
#define BUSY_TRIES	200
#define BUSY_PAUSE_MS	10

/* How often to re-read inconsistent state before rejecting the layout. */
#define VALID_TRIES	20

/* Serialises adoption, and guards the layout. */
static DEFINE_MUTEX(adopt_mutex);
static struct sevadm_layout layout;
/*
 * Where a layout that was found to be valid has the ASID; 0: there was none. Apart from @layout, as
 * it is read without the mutex, also while somebody tries another layout.
 */
static u32 asid_offset;

/* What kvm_amd knows of one VM (its struct kvm_sev_info). */
struct context {
	const struct kvm *owner;
	bool active;
	bool es_active;
	u32 asid;
	u32 handle;
	u64 pages;
	u64 regions;
};

enum verdict {
	NO_VM,		/* has no encryption context */
	PRESENT,	/* is in the ledger, which agrees */
	ADOPTABLE,
	BUSY,		/* at work: what is read is not consistent now */
	INVALID,	/* cannot be what kvm_amd knows */
};

static bool read_at(const void *object, u32 offset, void *value, size_t size)
{
	return !copy_from_kernel_nofault(value, object + offset, size);
}

/* Adds up the regions; returns false if what lies there is not a list. */
static bool read_regions(const struct kvm *kvm, struct context *context, u64 *pages)
{
	const void *head = (const void *)kvm + layout.regions, *entry;
	struct list_head links;
	unsigned long npages;

	*pages = 0;
	context->regions = 0;
	if (copy_from_kernel_nofault(&links, head, sizeof(links)))
		return false;
	for (entry = links.next; entry != head; entry = links.next) {
		if (context->regions++ == LIST_MAX ||
		    copy_from_kernel_nofault(&links, entry, sizeof(links)) ||
		    !read_at(entry - layout.region_list, layout.region_npages, &npages,
			     sizeof(npages)))
			return false;
		*pages += npages;
	}
	return true;
}

static bool read_context(const struct kvm *kvm, struct context *context)
{
	unsigned long pages_locked;
	u8 active, es_active;
	u64 pages;

	if (!read_at(kvm, layout.active, &active, sizeof(active)) ||
	    !read_at(kvm, layout.es_active, &es_active, sizeof(es_active)) ||
	    !read_at(kvm, layout.asid, &context->asid, sizeof(context->asid)) ||
	    !read_at(kvm, layout.handle, &context->handle, sizeof(context->handle)) ||
	    !read_at(kvm, layout.pages_locked, &pages_locked, sizeof(pages_locked)) ||
	    !read_at(kvm, layout.owner, &context->owner, sizeof(context->owner)))
		return false;
	if (active > 1 || es_active > active)
		return false;
	context->active = active;
	context->es_active = es_active;
	if (!active)
		return true;

	context->pages = pages_locked;
	return read_regions(kvm, context, &pages) && pages == pages_locked &&
	       pages <= totalram_pages();
}

static u32 type_of(const struct kvm *kvm, const struct context *context)
{
	return !context->es_active ? SEVADM_VM_TYPE_SEV :
	       compat_kvm_is_snp_vm(kvm) ? SEVADM_VM_TYPE_SEV_SNP : SEVADM_VM_TYPE_SEV_ES;
}

/* Return true if kvm_amd's bitmap shows the ASID as held. A mirror has that of its owner. */
static bool context_plausible(const struct kvm *kvm, const struct context *context)
{
	return sevadm_pool_held(sevadm_pool_of_type(type_of(kvm, context)), context->asid);
}

/* Compares what kvm_amd knows of a VM with the bitmaps and the ledger; kvm->lock is held. */
static enum verdict classify(struct kvm *kvm, struct context *context)
{
	struct sevadm_vm *vm;
	bool agrees;

	lockdep_assert_held(&kvm->lock);
	if (!read_context(kvm, context))
		return INVALID;
	if (!context->active)
		return NO_VM;
	if (!context_plausible(kvm, context)) {
		/*
		 * It may have taken its ASID after they were read. As long as kvm->lock is held, it
		 * does not.
		 */
		sevadm_bitmaps_sync();
		if (!context_plausible(kvm, context))
			return INVALID;
	}

	vm = sevadm_vm_find(kvm);
	if (!vm)
		return ADOPTABLE;
	agrees = sevadm_vm_agrees(vm, context->asid, context->handle);
	sevadm_vm_put(vm);
	return agrees ? PRESENT : INVALID;
}

/*
 * Only tries to take kvm->lock: KVM decides how it nests in kvm_lock, and a task that holds it is
 * changing what is to be read.
 */
static enum verdict try_classify(struct kvm *kvm)
{
	struct context context;
	enum verdict verdict;

	if (!mutex_trylock(&kvm->lock))
		return BUSY;
	verdict = classify(kvm, &context);
	mutex_unlock(&kvm->lock);
	return verdict;
}

static bool uses(struct task_struct *task, const struct mm_struct *mm)
{
	bool same;

	/* A thread of the kernel may use it for a moment. */
	if (task->flags & PF_KTHREAD || READ_ONCE(task->mm) != mm)
		return false;
	task_lock(task);
	same = task->mm == mm;
	task_unlock(task);
	return same;
}

static struct task_struct *user_of(const struct mm_struct *mm)
{
	struct task_struct *process, *task;

	for_each_process_thread(process, task)
		if (uses(task, mm))
			return task;
	return NULL;
}

/*
 * Finds the VM's creator. If that thread has ended, which a tenant can see to, it is another one
 * that uses the VM's mm: no other process can use the VM.
 */
static struct task_struct *creator_of(const struct kvm *kvm)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(kvm->userspace_pid, &init_pid_ns), PIDTYPE_PID);
	if (task && !uses(task, kvm->mm))
		task = NULL;
	task = task ?: user_of(kvm->mm);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

/*
 * Enters one VM into the ledger, unless a task is at work for it. A mirror's owner has to be there
 * first.
 * @vm is an empty entry, which is used if the verdict is ADOPTABLE.
 */
static enum verdict adopt(struct kvm *kvm, struct sevadm_vm *vm)
{
	struct sevadm_vm *owner = NULL;
	struct task_struct *creator;
	struct context context;
	enum verdict verdict;

	if (!mutex_trylock(&kvm->lock))
		return BUSY;
	verdict = classify(kvm, &context);
	if (verdict == PRESENT && context.owner)
		sevadm_vm_set_owner(kvm, context.owner);
	if (verdict != ADOPTABLE)
		goto unlock;
	if (context.owner) {
		owner = sevadm_vm_find(context.owner);
		if (!owner) {
			verdict = BUSY;
			goto unlock;
		}
	}

	/*
	 * Before all tasks are looked through for its user: a tenant can keep it at work for as
	 * long as it likes.
	 */
	if (!sevadm_scope_is_idle(kvm)) {
		verdict = BUSY;
		goto put_owner;
	}

	/* No slot comes or goes until it is in the ledger. */
	if (!mutex_trylock(&kvm->slots_lock)) {
		verdict = BUSY;
		goto put_owner;
	}
	creator = creator_of(kvm);
	sevadm_vm_describe(vm, kvm, type_of(kvm, &context), creator);
	/* A tenant can keep a VM whose processes have all ended: by its file in a socket. */
	if (creator)
		put_task_struct(creator);
	else
		vm->cgroup = compat_cgroup_of_mm(kvm->mm);
	vm->asid = context.asid;
	vm->handle = context.handle;
	vm->known |= SEVADM_KNOWN_ASID | (context.handle ? SEVADM_KNOWN_HANDLE : 0);
	vm->pinned = context.pages;
	vm->pinned_peak = context.pages;
	vm->regions = context.regions;
	if (owner)
		sevadm_vm_describe_mirror(vm, owner);
	vm->gmem_pages = sevadm_gmem_seen() && vm->type == SEVADM_VM_TYPE_SEV_SNP ?
			 compat_kvm_gmem_pages(kvm) : 0;
	if (!sevadm_scope_run_if_idle(kvm, sevadm_vm_adopt, vm))
		verdict = BUSY;
	else
		sevadm_conversions_watch(vm);
	mutex_unlock(&kvm->slots_lock);
put_owner:
	sevadm_vm_put(owner);
unlock:
	mutex_unlock(&kvm->lock);
	return verdict;
}

/* KVM's list of VMs and its lock: not exported, but the only way to VMs that nothing points to. */
static struct list_head *kvm_list;
static struct mutex *kvm_list_lock;

/* Finds KVM's list. kvm.ko stays as long as one of its symbols is held. */
static bool kvm_hold(void)
{
	if (!symbol_get(kvm_put_kvm))
		return false;
	kvm_list = sevadm_symbol_variable("kvm:vm_list");
	kvm_list_lock = sevadm_symbol_variable("kvm:kvm_lock");
	if (kvm_list && kvm_list_lock)
		return true;
	symbol_put(kvm_put_kvm);
	return false;
}

static void kvm_release(void)
{
	symbol_put(kvm_put_kvm);
}

static bool all_valid_now(void)
{
	bool valid = true;
	struct kvm *kvm;

	sevadm_bitmaps_sync();

	mutex_lock(kvm_list_lock);
	list_for_each_entry(kvm, kvm_list, vm_list)
		if (try_classify(kvm) == INVALID)
			valid = false;
	mutex_unlock(kvm_list_lock);
	return valid;
}

/* Looks again for some time: a VM may have been initialised since the bitmaps were read. */
static bool all_valid(void)
{
	unsigned int tries;

	for (tries = 0; tries < VALID_TRIES; tries++) {
		if (all_valid_now())
			return true;
		msleep(BUSY_PAUSE_MS);
	}
	return false;
}

/* struct sev_data_guest_status; ccp exports the function to ask with from 6.11 on. */
typedef int (*sev_do_cmd_fn)(int cmd, void *data, int *psp_ret);

/* Gets the state and the policy of an adopted guest, if the firmware can be asked for them. */
static void ask_firmware(struct sevadm_vm *vm)
{
	struct sev_data_guest_status status = {};
	sev_do_cmd_fn do_cmd;
	bool has_guest;
	u32 asid;
	int error;

	/* It is in the ledger, and may be at work. */
	spin_lock(&sevadm_ledger_lock);
	has_guest = !vm->mirror && vm->known & SEVADM_KNOWN_HANDLE;
	status.handle = vm->handle;
	asid = vm->asid;
	spin_unlock(&sevadm_ledger_lock);
	if (!has_guest)
		return;
	do_cmd = (sev_do_cmd_fn)__symbol_get("sev_do_cmd");
	if (!do_cmd)
		return;
	if (!do_cmd(SEV_CMD_GUEST_STATUS, &status, &error) && status.asid == asid)
		sevadm_vm_set_status(vm, status.handle, status.policy, status.state);
	__symbol_put("sev_do_cmd");
}

/*
 * Adopts the first VM that can be adopted now. The entry is allocated beforehand: an allocation may
 * wait for KVM's shrinker, which takes kvm_lock.
 *
 * Return: 1: one was adopted; 0: none is left; -EAGAIN: those that are left are at work.
 */
static int adopt_next(u32 *left)
{
	enum verdict verdict = NO_VM;
	struct sevadm_vm *vm;
	struct kvm *kvm;
	int ret;

	vm = sevadm_vm_alloc();
	if (!vm)
		return -ENOMEM;

	*left = 0;
	sevadm_bitmaps_sync();
	mutex_lock(kvm_list_lock);
	list_for_each_entry(kvm, kvm_list, vm_list) {
		verdict = adopt(kvm, vm);
		if (verdict == ADOPTABLE)
			break;
		if (verdict == BUSY || verdict == INVALID)
			(*left)++;
	}
	mutex_unlock(kvm_list_lock);

	if (verdict == ADOPTABLE) {
		ask_firmware(vm);
		ret = 1;
	} else {
		ret = *left ? -EAGAIN : 0;
	}
	sevadm_vm_put(vm);
	return ret;
}

static int adopt_all(u32 *adopted, u32 *left)
{
	unsigned int tries = 0;
	int ret;

	while (tries < BUSY_TRIES) {
		ret = adopt_next(left);
		if (ret == -EAGAIN) {
			tries++;
			if (msleep_interruptible(BUSY_PAUSE_MS))
				return -EINTR;
			continue;
		}
		if (ret != 1) {
			/*
			 * Every VM is in the ledger. The firmware's count of guests, from before
			 * the adoption, may have had one that was just being launched twice.
			 */
			if (!ret)
				sevadm_unaccounted_set(0);
			return ret;
		}
		(*adopted)++;
	}
	return 0;
}

/* Offsets within the structures, and structures as this module was built for. */
static int layout_check(const struct sevadm_layout *new, struct netlink_ext_ack *extack)
{
	const u32 *members[] = { &new->active, &new->es_active, &new->asid, &new->handle,
				 &new->pages_locked, &new->regions, &new->owner };
	unsigned int i;

	if (new->kvm_size != sizeof(struct kvm) ||
	    new->kvm_vm_list != offsetof(struct kvm, vm_list)) {
		NL_SET_ERR_MSG(extack, "struct kvm is not the one that sevadm.ko was built for: rebuild the module for this kernel");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (*members[i] < new->kvm_size || *members[i] >= new->svm_size)
			goto outside;
	if (new->svm_size - new->kvm_size <= PAGE_SIZE && new->region_list < PAGE_SIZE &&
	    new->region_npages < PAGE_SIZE)
		return 0;
outside:
	NL_SET_ERR_MSG(extack, "an offset lies outside of its structure");
	return -EINVAL;
}

/**
 * sevadm_adopt() - take the VMs that are older than the module into the ledger
 * @new: where kvm_amd keeps what it knows of them
 * @adopted: number of VMs that entered the ledger, also when it fails
 * @left: number of VMs that could not be looked at, as tasks were at work for them all the time
 * @extack: says what is wrong
 *
 * Context: sleeps, for at most a few seconds.
 * Return: 0; -EINVAL: what lies there cannot be what kvm_amd knows, and nothing was adopted;
 * -EOPNOTSUPP: the lists of this kernel cannot be found; -ENODEV: the module is not attached to
 * kvm_amd; -EACCES: the kernel is locked down; -EINTR.
 */
int sevadm_adopt(const struct sevadm_layout *new, u32 *adopted, u32 *left,
		 struct netlink_ext_ack *extack)
{
	int ret;

	*adopted = 0;
	*left = 0;
	/* A caller that chooses the offsets learns the numbers that lie there. */
	if (security_locked_down(LOCKDOWN_KCORE)) {
		NL_SET_ERR_MSG(extack, "the kernel is locked down against being read (lockdown=confidentiality): older VMs stay unaccounted");
		return -EACCES;
	}
	ret = layout_check(new, extack);
	if (ret)
		return ret;

	mutex_lock(&adopt_mutex);
	if (!sevadm_ledger_complete()) {
		NL_SET_ERR_MSG(extack, "the module is not attached to kvm_amd: sevadm module status says why");
		ret = -ENODEV;
		goto unlock;
	}
	if (!sevadm_bitmaps_sync() || !kvm_hold()) {
		NL_SET_ERR_MSG(extack, "kvm's list of VMs or kvm_amd's bitmaps of ASIDs cannot be found: older VMs stay unaccounted");
		ret = -EOPNOTSUPP;
		goto unlock;
	}

	layout = *new;
	if (all_valid()) {
		WRITE_ONCE(asid_offset, layout.asid);
		ret = adopt_all(adopted, left);
	} else {
		NL_SET_ERR_MSG(extack, "what lies at these offsets is not what kvm_amd knows of its VMs: older VMs stay unaccounted");
		ret = -EINVAL;
	}
	kvm_release();
unlock:
	mutex_unlock(&adopt_mutex);
	return ret;
}

/**
 * sevadm_adopt_asid() - read the ASID of a VM that has just been initialised
 * @kvm: KVM's VM, which the caller keeps alive
 *
 * Return: the ASID; 0: not known.
 */
u32 sevadm_adopt_asid(const struct kvm *kvm)
{
	u32 offset = READ_ONCE(asid_offset), asid;

	if (!offset || !read_at(kvm, offset, &asid, sizeof(asid)))
		return 0;
	return asid;
}

/**
 * sevadm_adopt_forget() - forget the layout: kvm_amd has gone, and the next one may have another
 */
void sevadm_adopt_forget(void)
{
	mutex_lock(&adopt_mutex);
	WRITE_ONCE(asid_offset, 0);
	mutex_unlock(&adopt_mutex);
}

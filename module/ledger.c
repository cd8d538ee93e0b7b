// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger of VMs. A VM is entered when KVM takes an ASID for it and is shown once the
 * initialisation has succeeded; from then on every pin, ASID and state is booked as it happens.
 * VMs that are older than the attachment are only counted: nothing is assumed about them.
 */
#include <linux/cgroup.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>

#include "compat/compiler.h"
#include "gmem_files.h"
#include "ledger.h"
#include "limit.h"
#include "notify.h"
#include "pool.h"
#include "private.h"
#include "resource.h"
#include "seam.h"

static struct sevadm_totals totals;

/* What is known of a VM itself; the rest is of its encryption context, which mirrors share. */
#define KNOWN_OF_VM	(SEVADM_KNOWN_CREATOR | SEVADM_KNOWN_CREATED)

/**
 * sevadm_vm_create() - enter a VM, created by the current task, that may yet fail to initialise
 * @kvm: KVM's VM
 * @type: enum sevadm_vm_type
 *
 * To be followed by sevadm_vm_account() or sevadm_vm_remove().
 *
 * Context: may sleep.
 * Return: the VM with a reference for the caller; NULL: no memory, or it is in the ledger already.
 */
struct sevadm_vm *sevadm_vm_create(const struct kvm *kvm, u32 type)
{
	struct sevadm_vm *vm = sevadm_vm_alloc();

	if (!vm)
		return NULL;
	sevadm_vm_describe(vm, kvm, type, current);
	vm->created_ns = ktime_get_boottime_ns();
	vm->known |= SEVADM_KNOWN_CREATED | SEVADM_KNOWN_STATE;

	spin_lock(&sevadm_ledger_lock);
	if (sevadm_vm_find_locked(kvm)) {
		spin_unlock(&sevadm_ledger_lock);
		sevadm_vm_put(vm);
		return NULL;
	}
	sevadm_vm_enter_locked(vm);
	spin_unlock(&sevadm_ledger_lock);
	return vm;
}

static void account_locked(struct sevadm_vm *vm)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	vm->accounted = true;
	totals.vms++;
	totals.generation++;
}

/**
 * sevadm_vm_account() - show a VM whose initialisation has succeeded: it holds an ASID
 * @vm: a VM in the ledger, entered by sevadm_vm_create()
 *
 * Context: process context, no spinlock held; may sleep.
 */
void sevadm_vm_account(struct sevadm_vm *vm)
{
	u32 resource = sevadm_resource_of_pool(sevadm_pool_of_type(vm->type));
	struct sevadm_limit_hits hits = {};

	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_settle_locked(vm, resource, 1, &hits);
	account_locked(vm);
	sevadm_pool_hold_locked(sevadm_pool_of_type(vm->type));
	sevadm_pool_take_locked(sevadm_pool_of_type(vm->type));
	spin_unlock(&sevadm_ledger_lock);
	if (hits.nr)
		sevadm_notify_hits(&hits, vm, 0);
}

static const struct sevadm_vm *owner_locked(const struct sevadm_vm *vm)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return vm->mirror && vm->owner && vm->owner->vm ? vm->owner->vm : vm;
}

static void set_owner_locked(struct sevadm_vm *mirror, struct sevadm_vm *owner)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	mirror->owner = sevadm_line_get(owner->line);
	WRITE_ONCE(mirror->type, owner->type);
}

/**
 * sevadm_vm_adopt() - enter a VM that is older than the module, with all it holds
 * @vm: an entry that has been described; its @asid, @handle, @pinned and @regions are set
 *
 * Its ASID counts as used already, as kvm_amd's bitmap says.
 *
 * Context: does not sleep.
 */
void sevadm_vm_adopt(struct sevadm_vm *vm)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_vm_enter_locked(vm);
	account_locked(vm);
	sevadm_limit_force_locked(vm);
	totals.pinned += vm->pinned;
	totals.pinned_peak = max(totals.pinned_peak, totals.pinned);
	if (!vm->mirror) {
		sevadm_pool_hold_locked(sevadm_pool_of_type(vm->type));
		sevadm_pool_bind_locked(sevadm_pool_of_type(vm->type), vm->asid, vm->id, vm->pid);
		if (vm->known & SEVADM_KNOWN_HANDLE && totals.unaccounted)
			totals.unaccounted--;
	}
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_vm_agrees() - return true unless what is known of a VM contradicts an ASID and a handle
 * @vm: the VM
 * @asid: its ASID, as KVM has it
 * @handle: its handle, as KVM has it
 *
 * For a mirror KVM keeps the owner's handle as of the copy (0 before LAUNCH_START): it is not
 * compared.
 */
bool sevadm_vm_agrees(const struct sevadm_vm *vm, u32 asid, u32 handle)
{
	const struct sevadm_vm *owner;
	bool agrees;

	spin_lock(&sevadm_ledger_lock);
	owner = owner_locked(vm);
	agrees = (!(owner->known & SEVADM_KNOWN_ASID) || owner->asid == asid) &&
		 (vm->mirror || !(owner->known & SEVADM_KNOWN_HANDLE) || owner->handle == handle);
	spin_unlock(&sevadm_ledger_lock);
	return agrees;
}

/**
 * sevadm_vm_set_status() - note what the firmware says of a guest, if that is still the VM's
 * @vm: the VM
 * @handle: the guest that GUEST_STATUS was asked about
 * @policy: its policy
 * @state: enum sevadm_vm_state
 */
void sevadm_vm_set_status(struct sevadm_vm *vm, u32 handle, u64 policy, u32 state)
{
	spin_lock(&sevadm_ledger_lock);
	if (vm->known & SEVADM_KNOWN_HANDLE && vm->handle == handle) {
		vm->policy = policy;
		vm->state = state;
		sevadm_vm_set_known_locked(vm, vm->known | SEVADM_KNOWN_POLICY |
						   SEVADM_KNOWN_STATE);
	}
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_vm_set_asid() - record the number of the VM's ASID; return true if it was unknown before
 * @vm: the VM
 * @asid: its ASID
 */
bool sevadm_vm_set_asid(struct sevadm_vm *vm, u32 asid)
{
	bool news;

	spin_lock(&sevadm_ledger_lock);
	news = !(vm->known & SEVADM_KNOWN_ASID) || vm->asid != asid;
	WRITE_ONCE(vm->asid, asid);
	sevadm_vm_set_known_locked(vm, vm->known | SEVADM_KNOWN_ASID);
	if (news) {
		sevadm_pool_bind_locked(sevadm_pool_of_type(vm->type), asid, vm->id, vm->pid);
		sevadm_private_take(asid);
		vm->reported_private = 0;
		vm->reported_shared = 0;
	}
	spin_unlock(&sevadm_ledger_lock);
	return news;
}

/**
 * sevadm_vm_mirror() - make a VM a mirror (KVM_CAP_VM_COPY_ENC_CONTEXT_FROM)
 * @mirror: the VM: it uses its owner's ASID and handle and holds none of its own
 * @owner: the VM whose context it shares; NULL: that is not in the ledger
 */
void sevadm_vm_mirror(struct sevadm_vm *mirror, struct sevadm_vm *owner)
{
	spin_lock(&sevadm_ledger_lock);
	WRITE_ONCE(mirror->mirror, true);
	list_del_init(&mirror->guest);
	if (owner)
		set_owner_locked(mirror, owner);
	account_locked(mirror);
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_vm_set_owner() - note the owner of a mirror that is younger than the module
 * @kvm: KVM's VM that is a mirror
 * @owner_kvm: that of its owner, which may have been adopted since
 */
void sevadm_vm_set_owner(const struct kvm *kvm, const struct kvm *owner_kvm)
{
	struct sevadm_vm *mirror, *owner;

	spin_lock(&sevadm_ledger_lock);
	mirror = sevadm_vm_find_locked(kvm);
	owner = sevadm_vm_find_locked(owner_kvm);
	if (mirror && owner && mirror->mirror && !mirror->owner)
		set_owner_locked(mirror, owner);
	spin_unlock(&sevadm_ledger_lock);
}

/*
 * Returns the pages that a VM has released and was not charged for: those of a context that has
 * moved to it, which the ledger has not followed yet.
 */
static u64 released_uncharged_locked(const struct sevadm_vm *vm)
{
	s64 settled = vm->charged[SEVADM_RESOURCE_PIN] - vm->in_flight[SEVADM_RESOURCE_PIN];

	lockdep_assert_held(&sevadm_ledger_lock);
	return max(settled - vm->pinned, 0LL);
}

/**
 * sevadm_vm_move() - move the context, the ASID and all pins to another VM (sev_migrate_from())
 * @to: the VM that has them now
 * @from: the VM that had them, which is not a SEV VM any more and leaves the ledger
 */
void sevadm_vm_move(struct sevadm_vm *to, struct sevadm_vm *from)
{
	u64 released;

	spin_lock(&sevadm_ledger_lock);
	released = released_uncharged_locked(to);
	sevadm_limit_move_end_locked(to, from, true);
	sevadm_limit_uncharge_locked(to, SEVADM_RESOURCE_PIN, released);
	sevadm_vm_take_line_locked(to, from);
	WRITE_ONCE(to->type, from->type);
	to->state = from->state;
	WRITE_ONCE(to->asid, from->asid);
	to->handle = from->handle;
	to->gctx = from->gctx;
	to->policy = from->policy;
	WRITE_ONCE(to->mirror, from->mirror);
	sevadm_vm_set_known_locked(to, (to->known & KNOWN_OF_VM) | (from->known & ~KNOWN_OF_VM));
	swap(to->owner, from->owner);
	if (to->mirror)
		list_del_init(&to->guest);
	WRITE_ONCE(to->pinned, to->pinned + from->pinned);
	to->regions += from->regions;
	to->pinned_peak = max3(to->pinned_peak, to->pinned, from->pinned_peak);
	WRITE_ONCE(from->pinned, 0);
	from->regions = 0;

	if (!to->mirror && to->known & SEVADM_KNOWN_ASID)
		sevadm_pool_move_locked(to->asid, from->id, to->id, to->pid);

	account_locked(to);
	from->gctx = 0;
	from->accounted = false;
	sevadm_vm_set_known_locked(from, 0);
	totals.vms--;
	spin_unlock(&sevadm_ledger_lock);

	sevadm_vm_remove(from, false);
}

/**
 * sevadm_vm_remove() - take out a VM that has ended, or was never initialised
 * @vm: the caller keeps its reference
 * @asid_given_back: KVM has given its ASID back. Otherwise it stays used: KVM leaks an ASID rather
 *	than risk that the firmware still knows it (sev_vm_destroy())
 */
void sevadm_vm_remove(struct sevadm_vm *vm, bool asid_given_back)
{
	u32 pool, asid;

	spin_lock(&sevadm_ledger_lock);
	sevadm_vm_leave_locked(vm);
	sevadm_limit_forget_locked(vm);
	if (vm->accounted) {
		pool = sevadm_pool_of_type(vm->type);
		asid = vm->known & SEVADM_KNOWN_ASID ? vm->asid : 0;
		if (!vm->mirror && asid_given_back)
			sevadm_pool_give_back_locked(pool, asid, vm->id);
		else if (!vm->mirror && vm->known & SEVADM_KNOWN_ASID)
			sevadm_pool_move_locked(vm->asid, vm->id, 0, 0);
		if (!vm->mirror)
			sevadm_pool_unhold_locked(pool);
		totals.vms--;
		totals.generation++;
	}
	totals.pinned -= vm->pinned;
	spin_unlock(&sevadm_ledger_lock);

	sevadm_vm_put(vm);
}

/* Returns the pages that the VM had pinned before. */
static s64 book_pins_locked(struct sevadm_vm *vm, s64 pages, int regions)
{
	s64 before = vm->pinned;

	lockdep_assert_held(&sevadm_ledger_lock);
	WRITE_ONCE(vm->pinned, vm->pinned + pages);
	vm->regions += regions;
	vm->pinned_peak = max(vm->pinned_peak, vm->pinned);
	totals.pinned += pages;
	totals.pinned_peak = max(totals.pinned_peak, totals.pinned);
	return before;
}

/**
 * sevadm_vm_pin() - book pages that were pinned or released
 * @vm: the VM
 * @pages: number of pages, which have been charged; negative: released
 * @regions: change of the number of regions
 *
 * Late updates are applied to the VM that the context has moved to meanwhile. When that has left
 * the ledger, what it had pinned has left with it.
 *
 * Context: process context, no spinlock held; may sleep.
 *
 * Return: pages the VM had pinned before.
 */
u64 sevadm_vm_pin(struct sevadm_vm *vm, s64 pages, int regions)
{
	struct sevadm_limit_hits hits __uninitialized;
	const struct sevadm_vm *asked = vm;
	s64 before = 0;

	hits.nr = 0;
	spin_lock(&sevadm_ledger_lock);
	vm = vm->line->vm;
	if (!vm)
		goto unlock;
	if (pages < 0)
		sevadm_limit_uncharge_locked(vm, SEVADM_RESOURCE_PIN, -pages);
	else
		sevadm_limit_settle_locked(vm, SEVADM_RESOURCE_PIN, pages, &hits);
	before = book_pins_locked(vm, pages, regions);
unlock:
	spin_unlock(&sevadm_ledger_lock);
	if (hits.nr)
		sevadm_notify_hits(&hits, asked, 0);
	return max(before, 0LL);
}

/**
 * sevadm_vm_pin_unseen() - charge and book a region that was pinned before it could be refused
 * @vm: the VM
 * @pages: number of pages, which have not been charged
 *
 * As sevadm_vm_pin(), but for the charge. Another thread may have released the region already: what
 * it could not give back then, as it was not charged, is not charged now.
 *
 * Context: process context, no spinlock held; may sleep.
 *
 * Return: pages the VM had pinned before.
 */
u64 sevadm_vm_pin_unseen(struct sevadm_vm *vm, u64 pages)
{
	struct sevadm_limit_hits hits __uninitialized;
	const struct sevadm_vm *asked = vm;
	s64 before = 0;
	u64 released;

	hits.nr = 0;
	spin_lock(&sevadm_ledger_lock);
	vm = vm->line->vm;
	if (vm) {
		released = max(-vm->pinned, 0LL);
		sevadm_limit_force_pins_locked(vm, pages - min(pages, released), &hits);
		before = book_pins_locked(vm, pages, 1);
	}
	spin_unlock(&sevadm_ledger_lock);
	if (hits.nr)
		sevadm_notify_hits(&hits, asked, 0);
	return max(before, 0LL);
}

/*
 * Describes a VM's guest_memfd, which VMs of all types, and mirrors, have of their own. The size is
 * counted for SEV-SNP guests, which are charged for it, and read for all others. KVM's VM stays as
 * long as it is in the ledger, which it leaves after sev_vm_destroy(), with the lock held, if that
 * is seen.
 */
static void query_gmem(const struct sevadm_vm *vm, struct sevadm_vm_query *query)
{
	bool counted = vm->type == SEVADM_VM_TYPE_SEV_SNP && !vm->mirror, known;
	u64 bound, allocated;

	rcu_read_lock();
	known = sevadm_vm_in_ledger(vm) && sevadm_seam_attached(SEAM_sev_vm_destroy) &&
		sevadm_gmem_files_pages(vm->kvm, &bound, &allocated);
	rcu_read_unlock();
	if (known) {
		query->gmem_size_bytes = bound << PAGE_SHIFT;
		query->gmem_bytes = allocated << PAGE_SHIFT;
		query->known |= SEVADM_KNOWN_GMEM_ALLOCATED;
	}
	if (counted)
		query->gmem_size_bytes = vm->gmem_pages << PAGE_SHIFT;
	if (counted ? sevadm_gmem_seen() : known)
		query->known |= SEVADM_KNOWN_GMEM;
}

/*
 * A mirror's pages are its owner's. A guest whose ASID has not shown yet has pages only if its VMM
 * touches them before the launch has begun.
 */
static void query_private(const struct sevadm_vm *vm, struct sevadm_vm_query *query)
{
	struct sevadm_private private = {};

	if (vm->type == SEVADM_VM_TYPE_SEV_SNP && !vm->mirror &&
	    (!(vm->known & SEVADM_KNOWN_ASID) || !sevadm_private_seen() ||
	     !sevadm_private_get(vm->asid, &private)))
		return;
	query->private_bytes = private.pages << PAGE_SHIFT;
	query->private_peak_bytes = private.peak << PAGE_SHIFT;
	query->conversions = private.conversions;
	query->reclaims = private.reclaims;
	query->leaked_bytes = private.leaked << PAGE_SHIFT;
	query->known |= SEVADM_KNOWN_PRIVATE;
}

/**
 * sevadm_vm_query() - describe one VM, as of one moment
 * @vm: the VM
 * @query: all but @size, @by and @by_pid is filled in
 */
void sevadm_vm_query(struct sevadm_vm *vm, struct sevadm_vm_query *query)
{
	const struct sevadm_vm *owner;

	query->vm = vm->id;
	query->created_ns = vm->created_ns;
	query->cgroup_id = vm->cgroup ? cgroup_id(vm->cgroup) : 0;
	query->pid = vm->pid;
	query->uid = from_kuid_munged(&init_user_ns, vm->uid);
	memcpy(query->comm, vm->comm, sizeof(query->comm));

	spin_lock(&sevadm_ledger_lock);
	owner = owner_locked(vm);
	query->known = (vm->known & KNOWN_OF_VM) | (owner->known & ~KNOWN_OF_VM);
	query->asid = owner->asid;
	query->handle = owner->handle;
	query->policy = owner->policy;
	query->state = owner->state;
	query->type = vm->type;
	query->pool = sevadm_pool_of_type(vm->type);
	query->pinned_bytes = (u64)max(vm->pinned, 0LL) << PAGE_SHIFT;
	query->pinned_peak_bytes = (u64)vm->pinned_peak << PAGE_SHIFT;
	query->regions = max(vm->regions, 0LL);
	if (vm->mirror && owner != vm) {
		query->mirror_of = owner->id;
		query->known |= SEVADM_KNOWN_MIRROR_OF;
	}
	if (sevadm_ledger_sees_pins())
		query->known |= SEVADM_KNOWN_PINNED;
	query_gmem(vm, query);
	query_private(vm, query);
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_ledger_sees_pins() - return true if all is seen that pins memory for long and releases it
 *
 * Where one of these seams is missing, counts of pages and regions would only grow, or never. That
 * of sev_pin_memory() is not one of them: what a region pins is known without it.
 */
bool sevadm_ledger_sees_pins(void)
{
	return sevadm_seam_attached(SEAM_sev_mem_enc_register_region) &&
	       sevadm_seam_attached(SEAM_sev_mem_enc_unregister_region);
}

/**
 * sevadm_ledger_complete() - return true if all is seen that makes, moves and ends an entry
 *
 * A VM is entered only then. Where a seam is missing, what depends on it is absent: no VM is
 * refused, and none stays in the ledger for ever.
 */
bool sevadm_ledger_complete(void)
{
	static const enum sevadm_seam_id needed[] = {
		SEAM_misc_cg_try_charge, SEAM_misc_cg_uncharge, SEAM_sev_mem_enc_ioctl,
		SEAM_sev_vm_destroy, SEAM_sev_vm_move_enc_context_from,
		SEAM_sev_vm_copy_enc_context_from,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!sevadm_seam_attached(needed[i]))
			return false;
	return true;
}

/**
 * sevadm_unaccounted_set() - count the guests that are older than the attachment
 * @firmware_guests: number of guest contexts that the firmware has; those that belong to no VM in
 *	the ledger are older
 */
void sevadm_unaccounted_set(u32 firmware_guests)
{
	u32 known;

	spin_lock(&sevadm_ledger_lock);
	known = sevadm_vm_handles_locked();
	totals.unaccounted = firmware_guests > known ? firmware_guests - known : 0;
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_unaccounted_add() - count a guest that is not in the ledger
 * @change: 1: it got a context; -1: it lost it
 */
void sevadm_unaccounted_add(int change)
{
	spin_lock(&sevadm_ledger_lock);
	if (change > 0 || totals.unaccounted)
		totals.unaccounted += change;
	spin_unlock(&sevadm_ledger_lock);
}

static struct sevadm_vm *any_vm(void)
{
	struct sevadm_vm *vm;

	spin_lock(&sevadm_ledger_lock);
	vm = sevadm_vm_first_locked();
	spin_unlock(&sevadm_ledger_lock);
	return vm;
}

/* Return how many there were. The seams are detached: nothing else takes VMs out. */
static unsigned int remove_all(void)
{
	struct sevadm_vm *vm;
	unsigned int count = 0;

	for (; (vm = any_vm()); count++)
		sevadm_vm_remove(vm, false);
	return count;
}

/**
 * sevadm_ledger_reset() - forget guests and ASIDs: kvm_amd has gone, so there can be no VM
 *
 * One is left if its end was not seen. It goes before the pools change: what it is charged, and the
 * guarantee that it counts for, are of the pool that it has had.
 *
 * Context: the seams of kvm_amd are detached.
 * Return: how many VMs were left.
 */
unsigned int sevadm_ledger_reset(void)
{
	unsigned int left = remove_all();

	spin_lock(&sevadm_ledger_lock);
	totals.unaccounted = 0;
	sevadm_pool_reset_locked();
	spin_unlock(&sevadm_ledger_lock);
	return left;
}

/** sevadm_ledger_totals() - copy the totals of the host to @result */
void sevadm_ledger_totals(struct sevadm_totals *result)
{
	spin_lock(&sevadm_ledger_lock);
	*result = totals;
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_ledger_uninit() - forget the VMs, which live on untouched
 *
 * Context: the seams are detached: nothing comes and goes any more.
 */
void sevadm_ledger_uninit(void)
{
	remove_all();
}

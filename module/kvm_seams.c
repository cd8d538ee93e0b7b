// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of kvm_amd's operations and of the misc cgroup's charges: who the VM is, which ASID it
 * took or gave back, what it has pinned.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "adopt.h"
#include "bitmaps.h"
#include "compat/compiler.h"
#include "compat/kvm.h"
#include "conversions.h"
#include "division.h"
#include "drift.h"
#include "event.h"
#include "gmem.h"
#include "ledger.h"
#include "limit.h"
#include "pool.h"
#include "resource.h"
#include "scope.h"
#include "seam.h"
#include "sole_file.h"

/*
 * Counts the pages of a range as sev_pin_memory() does: it need not be aligned, whole pages are
 * pinned.
 */
static u64 pages_of_range(u64 address, u64 size)
{
	return ((address + size - 1) >> PAGE_SHIFT) - (address >> PAGE_SHIFT) + 1;
}

/* Return what a VM has pinned, in pages: one counter, which takes no lock to read. */
static u64 pinned_by(const struct sevadm_vm *vm)
{
	return max(READ_ONCE(vm->pinned), 0LL);
}

/* Returns the time of the event. */
static u64 event_pin(u32 type, const struct sevadm_scope *scope, u64 pages, u64 pinned_before,
		     u64 start_ns)
{
	struct sevadm_event event __uninitialized;

	sevadm_event_prepare(&event, type);
	sevadm_event_name_vm(&event, scope->vm);
	event.command = scope->command;
	event.duration_ns = event.time_ns - start_ns;
	event.bytes = pages << PAGE_SHIFT;
	event.pinned_bytes = pinned_before << PAGE_SHIFT;
	event.known |= SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED;
	if (scope->kind == SEVADM_SCOPE_IOCTL)
		event.flags |= SEVADM_EVENT_TRANSIENT;
	sevadm_event_emit_counted(&event, scope->vm);
	return event.time_ns;
}

/* Reports a KVM-level operation that is done by @now_ns. */
static __always_inline void event_kvm(struct sevadm_scope *scope, int ret, u64 peer_vm, u64 now_ns)
{
	struct sevadm_event event __uninitialized;

	sevadm_event_prepare_at(&event, SEVADM_EVENT_KVM, now_ns);
	sevadm_event_name_vm(&event, scope->vm);
	event.command = scope->command;
	event.ret = ret;
	event.duration_ns = event.time_ns - scope->start_ns;
	if (scope->fw_asked) {
		event.fw_error = scope->fw_error;
		event.known |= SEVADM_KNOWN_FW_ERROR;
		/* KVM passes the answer on: the length is in the caller's buffer. */
		if (scope->length_query && ret == -EIO)
			event.flags |= SEVADM_EVENT_LENGTH_QUERY;
	}
	if (peer_vm) {
		event.peer_vm = peer_vm;
		event.known |= SEVADM_KNOWN_PEER_VM;
	}
	sevadm_event_emit_counted(&event, scope->vm);
}

/* Ends every KVM-level operation: books transient pins as released, and reports what was done. */
static void scope_end(struct sevadm_scope *scope, int ret, u64 peer_vm)
{
	u64 before;

	if (scope->transient && scope->vm) {
		before = sevadm_vm_pin(scope->vm, -scope->transient, 0);
		event_pin(SEVADM_EVENT_UNPIN, scope, scope->transient, before, scope->start_ns);
	}
	event_kvm(scope, ret, peer_vm, ktime_get_boottime_ns());
}

/*
 * Books the number of a VM's ASID early. If kvm_amd's layout is not known, ACTIVATE shows it later.
 */
static void show_asid(struct sevadm_vm *vm, const struct kvm *kvm)
{
	u32 pool = sevadm_pool_of_type(vm->type), asid = sevadm_adopt_asid(kvm);

	if (asid && sevadm_bitmaps_sync() && sevadm_pool_held(pool, asid) &&
	    sevadm_vm_set_asid(vm, asid))
		sevadm_event_asid(pool, asid, SEVADM_ASID_STATE_USED, vm->id);
}

static void event_asid_reclaim(const struct sevadm_vm *vm)
{
	struct sevadm_event event __uninitialized;

	sevadm_event_prepare(&event, SEVADM_EVENT_ASID);
	sevadm_event_name_vm(&event, vm);
	event.pool = sevadm_pool_of_type(vm->type);
	event.asid_state = SEVADM_ASID_STATE_RECLAIM;
	sevadm_event_emit(&event);
}

/*
 * Shows or removes a VM that was entered when its ASID was charged. KVM may have initialised it
 * even though the ioctl failed (copy_to_user() comes last), or have failed after it took the ASID:
 * then sev_asid_free() has put that among those that wait. KVM initialises the platform after
 * sev_asid_new(), so a firmware command distinguishes the two failures. A failure between the two
 * (7.x allocates memory there) is seen in kvm_amd's bitmaps alone, before a pool is reported.
 */
static void settle_new_vm(struct sevadm_scope *scope)
{
	struct sevadm_vm *vm = scope->vm;

	if (scope->charged) {
		sevadm_vm_account(vm);
		show_asid(vm, scope->kvm);
		sevadm_conversions_watch(vm);
		return;
	}
	if (scope->uncharged && scope->commands) {
		sevadm_vm_account(vm);
		sevadm_vm_remove(vm, true);
		event_asid_reclaim(vm);
		return;
	}
	sevadm_vm_remove(vm, false);
}

int wrap_sev_mem_enc_ioctl(struct kvm *kvm, void __user *argp)
{
	struct sevadm_scope *scope;
	u32 command;
	int ret;

	sevadm_seam_enter(SEAM_sev_mem_enc_ioctl);

	/* Without a command the ioctl only says if SEV is there. */
	if (!argp) {
		ret = call_original(sev_mem_enc_ioctl, kvm, argp);
		goto exit;
	}
	/*
	 * Before anything is read of user space: who unloads the module finds a task that sleeps
	 * there.
	 */
	scope = sevadm_scope_enter(SEVADM_SCOPE_IOCTL, U32_MAX, kvm);
	/*
	 * Shown in the trace, but decides nothing: KVM reads it again, and by then user space may
	 * have changed it, or made readable what was not. Nor is it an operation of another name:
	 * nobody writes into the trace that a VM has ended, or moved.
	 */
	if (!get_user(command, (u32 __user *)argp) && command < SEVADM_KVM_REGISTER_REGION)
		scope->command = command;

	ret = call_original(sev_mem_enc_ioctl, kvm, argp);

	if (scope->entered)
		settle_new_vm(scope);
	scope_end(scope, ret, 0);
	sevadm_scope_leave(scope);
exit:
	sevadm_seam_exit();
	return ret;
}

static bool is_sev_resource(enum misc_res_type type)
{
	return type == MISC_CG_RES_SEV || type == MISC_CG_RES_SEV_ES;
}

/*
 * Enters a VM for which KVM charges an ASID, with kvm->lock held; it is not a SEV VM yet. It is
 * entered before KVM releases that lock, so that no other thread's pin is missed. A VM that cannot
 * be accounted is refused, by KVM's own error path.
 */
static int enter_new_vm(struct sevadm_scope *scope, enum misc_res_type type)
{
	u32 vm_type = type == MISC_CG_RES_SEV ? SEVADM_VM_TYPE_SEV :
		      compat_kvm_is_snp_vm(scope->kvm) ? SEVADM_VM_TYPE_SEV_SNP :
		      SEVADM_VM_TYPE_SEV_ES;

	if (scope->entered)
		return 0;
	if (!sevadm_scope_claim(scope, NULL))
		return -EBUSY;
	/* An earlier VM with this address, whose end was not seen. */
	if (scope->vm) {
		sevadm_vm_remove(scope->vm, false);
		sevadm_vm_put(scope->vm);
	}
	sevadm_division_read();
	scope->vm = sevadm_vm_create(scope->kvm, vm_type);
	scope->entered = scope->vm;
	return scope->vm ? 0 : -ENOMEM;
}

/*
 * A SEV-SNP guest enters with the memory that is bound to it already, or is refused. KVM takes
 * slots_lock within kvm->lock, too; with it held, no slot comes or goes unseen, or is seen twice.
 */
static int enter_new_guest(struct sevadm_scope *scope, enum misc_res_type type)
{
	u64 pages;
	int ret;

	if (scope->entered || !sevadm_gmem_seen() || !compat_kvm_is_snp_vm(scope->kvm))
		return enter_new_vm(scope, type);
	mutex_lock(&scope->kvm->slots_lock);
	ret = enter_new_vm(scope, type);
	if (ret)
		goto unlock;
	pages = compat_kvm_gmem_pages(scope->kvm);
	if (sevadm_gmem_begin(scope->vm, pages))
		ret = -ENOMEM;
	else
		sevadm_gmem_bound(scope->vm, pages);
unlock:
	mutex_unlock(&scope->kvm->slots_lock);
	return ret;
}

/*
 * KVM's own account of a migration from one cgroup to another is wrong
 * (sev_vm_move_enc_context_from()): it charges and gives back what the VM without a context would
 * have, an ASID of plain SEV, also for SEV-ES guests; and for a mirror, which has no ASID of its
 * own, it charges one that is never given back. Any user could so take all that the misc cgroup
 * has, from everybody and until the host restarts.
 *
 * Return true if there is something to be charged or given back, and make @type what has moved.
 */
static bool correct_migration(const struct sevadm_scope *scope, enum misc_res_type *type)
{
	if (!scope || !scope->moving)
		return true;
	*type = READ_ONCE(scope->moving->type) == SEVADM_VM_TYPE_SEV ? MISC_CG_RES_SEV :
								       MISC_CG_RES_SEV_ES;
	return !READ_ONCE(scope->moving->mirror);
}

int wrap_misc_cg_try_charge(enum misc_res_type type, struct misc_cg *cg, unsigned long amount)
{
	struct sevadm_scope *scope;
	u32 resource = 0;
	int ret = 0;

	sevadm_seam_enter(SEAM_misc_cg_try_charge);

	scope = is_sev_resource(type) ? sevadm_scope_kvm() : NULL;
	/* KVM takes an ASID in that ioctl and in a migration only. */
	if (is_sev_resource(type) && !scope)
		sevadm_seam_passed_by(SEAM_sev_mem_enc_ioctl, 0);
	if (!correct_migration(scope, &type))
		goto exit;
	if (scope && (scope->kind != SEVADM_SCOPE_IOCTL || !sevadm_ledger_complete()))
		scope = NULL;

	if (scope)
		ret = enter_new_guest(scope, type);
	if (ret)
		goto exit;

	if (scope)
		resource = sevadm_resource_of_pool(sevadm_pool_of_type(scope->vm->type));
	if (scope && sevadm_limit_charge(scope->vm, resource, amount, NULL)) {
		ret = -EBUSY;
		goto exit;
	}

	ret = call_original(misc_cg_try_charge, type, cg, amount);

	if (scope && !ret)
		scope->charged = true;
	if (scope && ret)
		sevadm_limit_cancel(scope->vm, resource, amount);
exit:
	sevadm_seam_exit();
	return ret;
}

void wrap_misc_cg_uncharge(enum misc_res_type type, struct misc_cg *cg, unsigned long amount)
{
	struct sevadm_scope *scope;

	sevadm_seam_enter(SEAM_misc_cg_uncharge);
	scope = is_sev_resource(type) ? sevadm_scope_kvm() : NULL;
	if (correct_migration(scope, &type))
		call_original(misc_cg_uncharge, type, cg, amount);
	if (scope) {
		scope->charged = false;
		scope->uncharged = true;
	}
	sevadm_seam_exit();
}

static void event_pin_refused(const struct sevadm_scope *scope, u64 pages, u64 start_ns, int error,
			      const u64 *our_limit)
{
	u64 pinned, limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	struct sevadm_event event __uninitialized;

	sevadm_event_prepare(&event, SEVADM_EVENT_PIN);
	if (scope) {
		sevadm_event_name_vm(&event, scope->vm);
		event.command = scope->command;
		if (scope->kind == SEVADM_SCOPE_IOCTL)
			event.flags |= SEVADM_EVENT_TRANSIENT;
	}
	event.ret = error;
	event.duration_ns = event.time_ns - start_ns;
	/* A range that KVM refuses as invalid has no size. */
	if (pages) {
		event.bytes = pages << PAGE_SHIFT;
		event.known |= SEVADM_KNOWN_BYTES;
	}
	if (scope && scope->vm) {
		pinned = pinned_by(scope->vm);
		event.pinned_bytes = pinned << PAGE_SHIFT;
		event.known |= SEVADM_KNOWN_PINNED;
		if (our_limit) {
			event.refusal = SEVADM_REFUSAL_LIMIT;
			event.limit_bytes = *our_limit << PAGE_SHIFT;
			event.known |= SEVADM_KNOWN_LIMIT;
		} else if (error == -ENOMEM && pinned + pages > limit &&
			   !ns_capable_noaudit(&init_user_ns, CAP_IPC_LOCK)) {
			event.refusal = SEVADM_REFUSAL_MEMLOCK;
			event.limit_bytes = limit << PAGE_SHIFT;
			event.known |= SEVADM_KNOWN_LIMIT;
		}
	}
	sevadm_event_emit_counted(&event, NULL);
}

/*
 * Charges what is about to be pinned. Returns false if a limit refuses it, which has been reported.
 */
static bool pin_begin(struct sevadm_scope *scope, u64 pages, u64 start_ns)
{
	u64 limit;

	if (!scope || !scope->vm || !pages ||
	    !sevadm_limit_charge(scope->vm, SEVADM_RESOURCE_PIN, pages, &limit))
		return true;
	event_pin_refused(scope, pages, start_ns, -ENOMEM, &limit);
	return false;
}

/*
 * Books what KVM has pinned of @asked pages; on @error takes the charge back and reports the
 * refusal.
 */
static void pin_end(struct sevadm_scope *scope, u64 asked, u64 pinned, int error, u64 start_ns)
{
	u64 before;

	if (error) {
		if (scope && scope->vm)
			sevadm_limit_cancel(scope->vm, SEVADM_RESOURCE_PIN, asked);
		event_pin_refused(scope, asked, start_ns, error, NULL);
		return;
	}
	if (!scope)
		return;
	scope->pinned = true;
	if (!scope->vm)
		return;
	if (scope->kind == SEVADM_SCOPE_IOCTL)
		scope->transient += pinned;
	before = sevadm_vm_pin(scope->vm, pinned, scope->kind == SEVADM_SCOPE_REGION);
	event_pin(SEVADM_EVENT_PIN, scope, pinned, before, start_ns);
}

/*
 * Return true if RLIMIT_MEMLOCK makes sev_pin_memory() refuse, before it pins a page. Checked here,
 * too, so that nobody is charged for what KVM refuses. Security modules are left for KVM to ask.
 * KVM does not come to print its message then, so it is printed here: operators and `sevadm
 * explain` look for it in the log.
 */
static bool over_memlock(const struct sevadm_scope *scope, u64 pages)
{
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	const struct cred *cred = current_cred();

	pages += scope && scope->vm ? pinned_by(scope->vm) : 0;
	if (pages <= limit ||
	    (cred->user_ns == &init_user_ns && cap_raised(cred->cap_effective, CAP_IPC_LOCK)))
		return false;
	pr_err_ratelimited("SEV: %llu locked pages exceed the lock limit of %llu.\n", pages, limit);
	return true;
}

struct page **wrap_sev_pin_memory(struct kvm *kvm, unsigned long uaddr, unsigned long ulen,
				  unsigned long *n, unsigned int flags)
{
	u64 pages_asked = 0, start_ns = ktime_get_boottime_ns();
	struct page **pages = ERR_PTR(-ENOMEM);
	struct sevadm_scope *scope;

	sevadm_seam_enter(SEAM_sev_pin_memory);
	scope = sevadm_scope_kvm_refreshed();

	/* A range that KVM will refuse as invalid asks for nothing. */
	if (ulen && uaddr + ulen >= uaddr)
		pages_asked = pages_of_range(uaddr, ulen);
	if (pages_asked > INT_MAX) {
		pages = call_original(sev_pin_memory, kvm, uaddr, ulen, n, flags);
		event_pin_refused(scope, pages_asked, start_ns, PTR_ERR_OR_ZERO(pages), NULL);
	} else if (pages_asked && over_memlock(scope, pages_asked)) {
		event_pin_refused(scope, pages_asked, start_ns, -ENOMEM, NULL);
	} else if (pin_begin(scope, pages_asked, start_ns)) {
		pages = call_original(sev_pin_memory, kvm, uaddr, ulen, n, flags);
		pin_end(scope, pages_asked, IS_ERR(pages) ? 0 : *n, PTR_ERR_OR_ZERO(pages),
			start_ns);
	}
	sevadm_seam_exit();
	return pages;
}

/*
 * Pins the one page of a command that works on single pages (DBG_, SEND_ and RECEIVE_UPDATE_DATA).
 */
struct page *wrap_sev_pin_page(struct kvm *kvm, unsigned long addr, unsigned int flags)
{
	u64 start_ns = ktime_get_boottime_ns();
	struct page *page = ERR_PTR(-ENOMEM);
	struct sevadm_scope *scope;

	sevadm_seam_enter(SEAM_sev_pin_page);
	scope = sevadm_scope_kvm_refreshed();
	if (pin_begin(scope, 1, start_ns)) {
		page = call_original(sev_pin_page, kvm, addr, flags);
		pin_end(scope, 1, 1, PTR_ERR_OR_ZERO(page), start_ns);
	}
	sevadm_seam_exit();
	return page;
}

/*
 * Books a region that KVM has pinned, where sev_pin_memory() is missing or the compiler has put it
 * into the caller. It is too late to refuse; what it has pinned is known: the pages that it spans,
 * of which sev_pin_memory() pins all or none. The VM may have become a SEV VM since the scope was
 * entered.
 */
static void region_pinned_unseen(struct sevadm_scope *scope, const struct kvm_enc_region *range)
{
	u64 pages = pages_of_range(range->addr, range->size), before;

	sevadm_scope_refresh(scope);
	if (!scope->vm)
		return;
	sevadm_seam_passed_by(SEAM_sev_pin_memory, scope->start_ns);
	before = sevadm_vm_pin_unseen(scope->vm, pages);
	event_pin(SEVADM_EVENT_PIN, scope, pages, before, scope->start_ns);
}

int wrap_sev_mem_enc_register_region(struct kvm *kvm, struct kvm_enc_region *range)
{
	struct sevadm_scope *scope;
	int ret;

	sevadm_seam_enter(SEAM_sev_mem_enc_register_region);
	scope = sevadm_scope_enter(SEVADM_SCOPE_REGION, SEVADM_KVM_REGISTER_REGION, kvm);

	/* The wrapper of sev_pin_memory() books what it pins, under kvm->lock. */
	ret = call_original(sev_mem_enc_register_region, kvm, range);

	if (!ret && !scope->pinned)
		region_pinned_unseen(scope, range);
	scope_end(scope, ret, 0);
	sevadm_scope_leave(scope);
	sevadm_seam_exit();
	return ret;
}

int wrap_sev_mem_enc_unregister_region(struct kvm *kvm, struct kvm_enc_region *range)
{
	u64 pages = pages_of_range(range->addr, range->size);
	struct sevadm_scope *scope;
	u64 before, now_ns;
	int ret;

	sevadm_seam_enter(SEAM_sev_mem_enc_unregister_region);
	scope = sevadm_scope_enter(SEVADM_SCOPE_REGION, SEVADM_KVM_UNREGISTER_REGION, kvm);

	ret = call_original(sev_mem_enc_unregister_region, kvm, range);

	sevadm_scope_refresh(scope);
	if (!ret && scope->vm) {
		before = sevadm_vm_pin(scope->vm, -(s64)pages, -1);
		now_ns = event_pin(SEVADM_EVENT_UNPIN, scope, pages, before, scope->start_ns);
	} else {
		now_ns = ktime_get_boottime_ns();
	}
	event_kvm(scope, ret, 0, now_ns);
	sevadm_scope_leave(scope);
	sevadm_seam_exit();
	return ret;
}

void wrap_sev_vm_destroy(struct kvm *kvm)
{
	struct sevadm_scope *scope;
	u64 pinned;

	sevadm_seam_enter(SEAM_sev_vm_destroy);
	scope = sevadm_scope_enter(SEVADM_SCOPE_DESTROY, SEVADM_KVM_DESTROY, kvm);

	/* As long as the ASID is this VM's. Its guest_memfd, which holds KVM's VM, has gone. */
	if (scope->vm)
		sevadm_conversions_report(scope->vm);

	call_original(sev_vm_destroy, kvm);

	/* Called for every VM: nothing is recorded for those that are not in the ledger. */
	if (scope->vm) {
		pinned = pinned_by(scope->vm);
		if (pinned)
			event_pin(SEVADM_EVENT_UNPIN, scope, pinned, pinned, scope->start_ns);
		sevadm_vm_remove(scope->vm, scope->uncharged);
		if (scope->uncharged)
			event_asid_reclaim(scope->vm);
		scope_end(scope, 0, 0);
		sevadm_drift_report(scope->vm);
	}
	sevadm_scope_leave(scope);
	sevadm_seam_exit();
}

typedef void (*context_done_fn)(struct sevadm_vm *vm, struct sevadm_vm *source);

static void mirror_done(struct sevadm_vm *vm, struct sevadm_vm *source)
{
	sevadm_vm_mirror(vm, source);
}

static void move_done(struct sevadm_vm *vm, struct sevadm_vm *source)
{
	/* A VM that is older than the attachment stays unaccounted in its new place. */
	if (source)
		sevadm_vm_move(vm, source);
	else
		sevadm_vm_remove(vm, false);
}

/*
 * Makes KVM find the file that was looked at here, whatever the process does with its descriptors.
 */
static int call_with_file(struct sevadm_scope *scope, struct file *file,
			  int (*original)(struct kvm *kvm, unsigned int source_fd))
{
	struct sevadm_sole_file *sole = sevadm_sole_file_enter(file);
	int ret;

	if (!sole)
		return -ENOMEM;
	ret = original(scope->kvm, SEVADM_SOLE_FD);
	sevadm_sole_file_leave(sole);
	return ret;
}

/*
 * Mirrors or moves an encryption context. The file of the source is held meanwhile, so that the
 * source cannot end before the ledger has followed, and the source is claimed, so that its context
 * cannot move on. KVM gets that very file: if it succeeds, the file is a VM's, and that VM is the
 * source. Before that, private_data is only compared.
 */
static int context_from(struct sevadm_scope *scope, unsigned int source_fd,
			int (*original)(struct kvm *kvm, unsigned int source_fd),
			context_done_fn done)
{
	struct sevadm_vm *source = NULL, *moving = NULL;
	struct file *file = fget(source_fd);
	int ret = -EBADF;

	if (!file)
		goto refused;
	if (!sevadm_ledger_complete()) {
		ret = call_with_file(scope, file, original);
		goto refused;
	}
	ret = -EBUSY;
	if (!sevadm_scope_claim(scope, file->private_data))
		goto refused;

	/* Entered beforehand, so that no other thread's pin is missed. */
	if (!scope->vm) {
		scope->vm = sevadm_vm_create(scope->kvm, SEVADM_VM_TYPE_SEV);
		scope->entered = scope->vm;
		ret = -ENOMEM;
	}
	if (!scope->vm)
		goto refused;

	if (scope->entered)
		source = sevadm_vm_find(file->private_data);
	if (source && done == move_done) {
		ret = sevadm_limit_move_begin(scope->vm, source);
		if (ret) {
			ret = ret == -EDQUOT ? -ENOMEM : ret;
			sevadm_vm_remove(scope->vm, false);
			goto refused;
		}
		moving = source;
	}

	scope->moving = moving;
	ret = call_with_file(scope, file, original);
	scope->moving = NULL;

	if (scope->entered && !ret) {
		done(scope->vm, source);
	} else if (scope->entered) {
		if (moving)
			sevadm_limit_move_cancel(scope->vm, moving);
		sevadm_vm_remove(scope->vm, false);
	}

refused:
	scope_end(scope, ret, !ret && source ? source->id : 0);
	sevadm_vm_put(source);
	if (file)
		fput(file);
	return ret;
}

static int original_copy(struct kvm *kvm, unsigned int source_fd)
{
	return call_original(sev_vm_copy_enc_context_from, kvm, source_fd);
}

static int original_move(struct kvm *kvm, unsigned int source_fd)
{
	return call_original(sev_vm_move_enc_context_from, kvm, source_fd);
}

int wrap_sev_vm_copy_enc_context_from(struct kvm *kvm, unsigned int source_fd)
{
	struct sevadm_scope *scope;
	int ret;

	sevadm_seam_enter(SEAM_sev_vm_copy_enc_context_from);
	scope = sevadm_scope_enter(SEVADM_SCOPE_CONTEXT, SEVADM_KVM_COPY_ENC_CONTEXT, kvm);
	ret = context_from(scope, source_fd, original_copy, mirror_done);
	sevadm_scope_leave(scope);
	sevadm_seam_exit();
	return ret;
}

int wrap_sev_vm_move_enc_context_from(struct kvm *kvm, unsigned int source_fd)
{
	struct sevadm_scope *scope;
	int ret;

	sevadm_seam_enter(SEAM_sev_vm_move_enc_context_from);
	scope = sevadm_scope_enter(SEVADM_SCOPE_CONTEXT, SEVADM_KVM_MOVE_ENC_CONTEXT, kvm);
	ret = context_from(scope, source_fd, original_move, move_done);
	if (!ret)
		sevadm_drift_report(scope->vm);
	sevadm_scope_leave(scope);
	sevadm_seam_exit();
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of SEV-SNP guests that change hands, reported in bulk: an event a page would be tens of
 * thousands while a guest boots. What the counters (private.c) have gained since the last report
 * is an event a VM and direction: once a second while there are such guests, when a VM ends, and
 * before somebody begins to read.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "conversions.h"
#include "event.h"
#include "pool.h"
#include "private.h"
#include "vm.h"

#define PERIOD	HZ

static void report_now(struct work_struct *work);

static DECLARE_DELAYED_WORK(report_work, report_now);

static bool has_private_memory(const struct sevadm_vm *vm)
{
	return READ_ONCE(vm->type) == SEVADM_VM_TYPE_SEV_SNP && !READ_ONCE(vm->mirror);
}

/* It is put down to whom the VM is, not to the task that counts. */
static void emit(const struct sevadm_vm *vm, u32 command, u64 pages)
{
	struct sevadm_event event;

	if (!pages)
		return;
	sevadm_event_prepare(&event, SEVADM_EVENT_KVM);
	sevadm_event_name_vm(&event, vm);
	event.pid = vm->pid;
	event.tid = vm->pid;
	event.uid = from_kuid_munged(&init_user_ns, vm->event_uid);
	if (!(sevadm_vm_known(vm) & SEVADM_KNOWN_CREATOR))
		event.known &= ~SEVADM_KNOWN_UID;
	memcpy(event.comm, vm->comm, sizeof(event.comm));
	event.command = command;
	event.count = pages;
	event.flags = SEVADM_EVENT_REPEATED;
	sevadm_event_emit(&event);
}

/**
 * sevadm_conversions_report() - report what a VM has converted since the last report
 * @vm: the VM
 *
 * Context: process context; may sleep.
 */
void sevadm_conversions_report(struct sevadm_vm *vm)
{
	u64 made_private = 0, made_shared = 0;
	struct sevadm_private private;

	if (!has_private_memory(vm))
		return;
	spin_lock(&sevadm_ledger_lock);
	/*
	 * The VM may have left the ledger, or be about to: once KVM has given the ASID back, what
	 * is counted may be another VM's.
	 */
	if (vm->known & SEVADM_KNOWN_ASID && sevadm_pool_is_of_locked(vm->asid, vm->id) &&
	    sevadm_private_get(vm->asid, &private)) {
		made_private = private.conversions - vm->reported_private;
		made_shared = private.reclaims - vm->reported_shared;
		vm->reported_private = private.conversions;
		vm->reported_shared = private.reclaims;
	}
	spin_unlock(&sevadm_ledger_lock);
	emit(vm, SEVADM_KVM_MAKE_PRIVATE, made_private);
	emit(vm, SEVADM_KVM_MAKE_SHARED, made_shared);
}

/* Returns true if there are VMs that may convert more. */
static bool report_all(void)
{
	struct sevadm_vm *vm;
	bool more = false;
	u64 after = 0;

	while ((vm = sevadm_vm_next(after))) {
		after = vm->id;
		more |= has_private_memory(vm);
		sevadm_conversions_report(vm);
		sevadm_vm_put(vm);
	}
	return more;
}

static void report_now(struct work_struct *work)
{
	if (report_all())
		schedule_delayed_work(&report_work, PERIOD);
}

/** sevadm_conversions_watch() - a VM has entered the ledger: report what it converts */
void sevadm_conversions_watch(const struct sevadm_vm *vm)
{
	if (has_private_memory(vm))
		schedule_delayed_work(&report_work, PERIOD);
}

/** sevadm_conversions_flush() - report now what all VMs have converted so far; may sleep */
void sevadm_conversions_flush(void)
{
	/* While it runs, it may have passed a VM that has converted more since. */
	if (work_busy(&report_work.work))
		report_all();
}

/** sevadm_conversions_uninit() - stop: no VM enters the ledger any more */
void sevadm_conversions_uninit(void)
{
	cancel_delayed_work_sync(&report_work);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: how one begins, and how it reaches all who want it. */
#ifndef SEVADM_EVENT_H
#define SEVADM_EVENT_H

#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include <uapi/linux/sevadm.h>

#include "stats.h"
#include "vm.h"

/**
 * sevadm_event_user() - find the user whom the current task counts as
 *
 * Return: the task's real uid, in the initial user namespace. For a task in another user namespace:
 * the uid of the owner of the outermost one below the initial one, unless that is root.
 */
static __always_inline u32 sevadm_event_user(void)
{
	const struct cred *cred = current_cred();

	/*
	 * The initial namespace maps each uid to itself: looking that up would double an event's
	 * cost.
	 */
	if (likely(cred->user_ns == &init_user_ns))
		return __kuid_val(cred->uid);
	return from_kuid_munged(&init_user_ns, sevadm_user_of(cred));
}

/**
 * sevadm_event_prepare_at() - begin an event of the current task
 * @event: cleared and filled in; what else is known of it is added to its @known
 * @type: enum sevadm_event_type
 * @now_ns: CLOCK_BOOTTIME of this moment
 *
 * Context: process context.
 */
static __always_inline void sevadm_event_prepare_at(struct sevadm_event *event, u32 type,
						    u64 now_ns)
{
	*event = (struct sevadm_event) {
		.size = sizeof(*event),
		.type = type,
		.time_ns = now_ns,
		.pid = task_tgid_nr(current),
		.tid = task_pid_nr(current),
		.uid = sevadm_event_user(),
		.known = SEVADM_KNOWN_UID,
	};
	/*
	 * As get_task_comm() since 6.13: without the lock it may show a name that is just changing.
	 */
	data_race(memcpy(event->comm, current->comm, sizeof(event->comm) - 1));
}

/** sevadm_event_prepare() - as sevadm_event_prepare_at(), of this moment */
static __always_inline void sevadm_event_prepare(struct sevadm_event *event, u32 type)
{
	sevadm_event_prepare_at(event, type, ktime_get_boottime_ns());
}

/**
 * sevadm_event_name_vm() - say in an event which VM it is about, and the ASID that is known of it
 * @event: the event
 * @vm: the VM; NULL: none
 */
static inline void sevadm_event_name_vm(struct sevadm_event *event, const struct sevadm_vm *vm)
{
	if (!vm)
		return;
	event->vm = vm->id;
	event->known |= SEVADM_KNOWN_VM;
	if (!(event->known & SEVADM_KNOWN_ASID) && sevadm_vm_known(vm) & SEVADM_KNOWN_ASID) {
		event->asid = READ_ONCE(vm->asid);
		event->known |= SEVADM_KNOWN_ASID;
	}
}

void sevadm_event_emit(struct sevadm_event *event);

void sevadm_event_emit_counted(struct sevadm_event *event, struct sevadm_vm *vm);
void sevadm_event_asid(u32 pool, u32 asid, u32 state, u64 vm);
void sevadm_event_flush(void);

void sevadm_event_uninit(void);

#endif /* SEVADM_EVENT_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of ccp's functions: every command of the security processor is timed, decoded and
 * booked. All come through __sev_do_cmd_locked(), with the mailbox's mutex held; the outer
 * functions show when the caller began to queue for it.
 */
#include <linux/ktime.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "book.h"
#include "compat/compiler.h"
#include "compat/psp_sev.h"
#include "event.h"
#include "host.h"
#include "ledger.h"
#include "pool.h"
#include "psp_command.h"
#include "rmp_walk.h"
#include "scope.h"
#include "seam.h"

/* ccp has not asked the firmware: no status of the firmware is negative. */
#define NOT_ASKED	(-1)

/* Books a command about a guest that the ledger knows; it has succeeded. */
static void book_vm(struct sevadm_vm *vm, const struct sevadm_psp_guest *guest)
{
	if (sevadm_book(vm, guest))
		sevadm_event_asid(sevadm_pool_of_type(READ_ONCE(vm->type)), guest->asid,
				  SEVADM_ASID_STATE_USED, vm->id);
}

/*
 * Books a command about a guest that is older than the attachment; it has succeeded. KVM
 * decommissions a context when the VM ends, or within the ioctl that could not launch it, whether
 * it has activated it or not. PLATFORM_STATUS does not count SEV-SNP guests.
 */
static void book_unaccounted(struct sevadm_scope *scope, u32 command)
{
	switch (command) {
	case SEV_CMD_ACTIVATE:
		sevadm_unaccounted_add(1);
		break;
	case SEV_CMD_DECOMMISSION:
		if (!scope || scope->kind == SEVADM_SCOPE_DESTROY || scope->activated)
			sevadm_unaccounted_add(-1);
		break;
	}
}

/* Return true if the firmware takes pages by itself, or gives all back, in this command. */
static bool writes_rmp(u32 command)
{
	switch (command) {
	case SEV_CMD_SNP_INIT:
	case SEV_CMD_SNP_INIT_EX:
	case SEV_CMD_SNP_SHUTDOWN:
	case SEV_CMD_SNP_SHUTDOWN_EX:
		return true;
	}
	return false;
}

static void book(struct sevadm_scope *scope, struct sevadm_vm *vm, u32 command,
		 const void *buffer, const struct sevadm_psp_guest *guest)
{
	if (command == SEV_CMD_PLATFORM_STATUS && buffer)
		sevadm_firmware_heard(buffer);
	if (writes_rmp(command) && sevadm_private_seen())
		sevadm_rmp_count();
	if (vm)
		book_vm(vm, guest);
	else
		book_unaccounted(scope, command);
	if (scope && guest->effect == SEVADM_PSP_BOUND)
		scope->activated = true;
}

/*
 * Finds a command's VM by handle or context page, for a task that is in no scope of KVM, as is a
 * vCPU that passes on its guest's request (SNP_GUEST_REQUEST). The VM comes with a reference.
 */
static struct sevadm_vm *command_vm(const struct sevadm_psp_guest *guest)
{
	if (guest->known & SEVADM_KNOWN_HANDLE)
		return sevadm_vm_find_handle(guest->handle);
	if (guest->gctx)
		return sevadm_vm_find_gctx(guest->gctx);
	return NULL;
}

/* sev_dbg_crypt() releases both pages of a round after its last command. */
static noinline void drop_debug_pins(struct sevadm_scope *scope)
{
	struct sevadm_event event __uninitialized;
	u64 before;

	before = sevadm_vm_pin(scope->vm, -scope->transient, 0);

	sevadm_event_prepare(&event, SEVADM_EVENT_UNPIN);
	sevadm_event_name_vm(&event, scope->vm);
	event.command = scope->command;
	event.duration_ns = event.time_ns - scope->start_ns;
	event.bytes = (u64)scope->transient << PAGE_SHIFT;
	event.pinned_bytes = before << PAGE_SHIFT;
	event.known |= SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED;
	event.flags = SEVADM_EVENT_TRANSIENT;
	sevadm_event_emit_counted(&event, scope->vm);
	scope->transient = 0;
}

/* Finds where the task's queueing start time is stored; NULL: it is not queueing. */
static u64 *queued_since(const struct sevadm_scopes *mine)
{
	if (mine->queue)
		return &mine->queue->start_ns;
	return mine->kvm && mine->kvm->queue_ns ? &mine->kvm->queue_ns : NULL;
}

static bool is_debug(u32 command)
{
	return command == SEV_CMD_DBG_DECRYPT || command == SEV_CMD_DBG_ENCRYPT;
}

/*
 * Notes commands that KVM issues only after a call that a seam should have seen: a guest's command
 * outside of KVM's ioctl, a command on a guest's memory that was not pinned. Debug commands may be
 * several to a pin: the first of an ioctl is looked at.
 */
static void look_for_bypass(u32 command, bool asks_length, const struct sevadm_scope *scope)
{
	if (command < SEV_CMD_LAUNCH_START || command > SEV_CMD_DBG_ENCRYPT)
		return;
	if (!scope) {
		sevadm_seam_passed_by(SEAM_sev_mem_enc_ioctl, 0);
		return;
	}
	if (!scope->vm || scope->pinned || asks_length)
		return;
	if (is_debug(command) && scope->commands)
		return;
	switch (command) {
	case SEV_CMD_DBG_DECRYPT:
	case SEV_CMD_DBG_ENCRYPT:
	case SEV_CMD_SEND_UPDATE_DATA:
	case SEV_CMD_RECEIVE_UPDATE_DATA:
		sevadm_seam_passed_by(sevadm_seam_attached(SEAM_sev_pin_page) ?
				      SEAM_sev_pin_page : SEAM_sev_pin_memory, scope->start_ns);
		break;
	case SEV_CMD_LAUNCH_UPDATE_DATA:
	case SEV_CMD_LAUNCH_UPDATE_SECRET:
		sevadm_seam_passed_by(SEAM_sev_pin_memory, scope->start_ns);
		break;
	}
}

/*
 * The task whose command runs, under the mailbox's mutex. On a host with SEV-SNP ccp issues more
 * commands from within one (SNP_PAGE_RECLAIM, for each page that the firmware has written to).
 */
static struct task_struct *commander;
/*
 * What those have taken, and their wrappers: not that command's own time. Guarded by the same
 * mutex.
 */
static u64 nested_ns;

/**
 * struct command - a command of the security processor on its way through the wrapper
 * @number: enum sev_cmd
 * @buffer: its buffer
 * @nested: another command issues it: it does not queue, and its time is not that command's
 * @start_ns: CLOCK_BOOTTIME when it was issued
 * @asks_length: it only asks how long its answer would be
 * @scope: what the task does inside of KVM; NULL: it came another way
 * @guest: what @buffer says about a guest
 */
struct command {
	u32 number;
	void *buffer;
	bool nested;
	bool asks_length;
	u64 start_ns;
	struct sevadm_scope *scope;
	struct sevadm_psp_guest guest;
};

static int issue(struct command *command, int *fw_error)
{
	int ret;

	if (command->nested)
		return call_original(__sev_do_cmd_locked, command->number, command->buffer,
				     fw_error);
	nested_ns = 0;
	WRITE_ONCE(commander, current);
	ret = call_original(__sev_do_cmd_locked, command->number, command->buffer, fw_error);
	WRITE_ONCE(commander, NULL);
	return ret;
}

/* First step: issues the command; what it took and what was answered goes into @event. */
static void measure(struct command *command, struct sevadm_event *event, int *psp_ret)
{
	struct sevadm_scopes mine = sevadm_scope_mine();
	u64 *queue_ns = command->nested ? NULL : queued_since(&mine);
	u64 wait_ns = 0;
	int ret, fw_error = NOT_ASKED;

	command->scope = mine.kvm;
	if (command->scope)
		sevadm_scope_refresh(command->scope);
	/* Before the firmware writes the length there. */
	command->asks_length = sevadm_psp_asks_length(command->number, command->buffer);
	if (!command->nested)
		look_for_bypass(command->number, command->asks_length, command->scope);
	command->start_ns = ktime_get_boottime_ns();
	if (queue_ns)
		wait_ns = command->start_ns - *queue_ns;

	ret = issue(command, &fw_error);

	sevadm_event_prepare(event, SEVADM_EVENT_PSP);
	event->duration_ns = event->time_ns - command->start_ns;
	if (!command->nested)
		event->duration_ns -= nested_ns;
	event->command = command->number;
	event->ret = ret;
	/* On a timeout ccp reports status 0, but the firmware never answered. */
	if (fw_error != NOT_ASKED && ret != -ETIMEDOUT) {
		event->fw_error = fw_error;
		event->known |= SEVADM_KNOWN_FW_ERROR;
		if (command->asks_length && fw_error == SEV_RET_INVALID_LEN)
			event->flags |= SEVADM_EVENT_LENGTH_QUERY;
	}
	if (fw_error != NOT_ASKED && psp_ret)
		*psp_ret = fw_error;
	if (queue_ns) {
		event->wait_ns = wait_ns;
		event->known |= SEVADM_KNOWN_WAIT;
		/* A second command under the same mutex has not queued. */
		*queue_ns = event->time_ns;
	}
}

/* Where a message's type is in its header, which is not encrypted (56860, SNP_GUEST_REQUEST). */
#define MESSAGE_TYPE_AT		0x34

/*
 * Adds to @event what kind of message a guest has sent. Only its type is read, from KVM's copy of
 * it, which the firmware leaves as it is.
 */
static noinline void name_message(u64 message, struct sevadm_event *event)
{
	u64 address = __sme_clr(message) + MESSAGE_TYPE_AT;
	u8 type;

	if (!pfn_valid(address >> PAGE_SHIFT) ||
	    copy_from_kernel_nofault(&type, phys_to_virt(address), sizeof(type)))
		return;
	event->kind = type;
	event->known |= SEVADM_KNOWN_KIND;
}

/*
 * Second step: adds to @event which guest it is about. Returns its VM, NULL: none is known. If the
 * task is in no scope, it comes with a reference.
 */
static struct sevadm_vm *describe(struct command *command, struct sevadm_event *event)
{
	struct sevadm_psp_guest *guest = &command->guest;
	struct sevadm_vm *vm = NULL;

	sevadm_psp_decode(command->number, command->buffer, guest);
	/* What a command issues is for the same VM: its time is in that command's no more. */
	if (command->scope)
		vm = command->scope->vm;
	else if (!command->nested)
		vm = command_vm(guest);
	event->known |= guest->known &
			(SEVADM_KNOWN_HANDLE | SEVADM_KNOWN_ASID | SEVADM_KNOWN_BYTES |
			 SEVADM_KNOWN_KIND);
	event->handle = guest->handle;
	event->asid = guest->asid;
	event->bytes = guest->bytes;
	event->kind = guest->kind;
	if (unlikely(guest->message))
		name_message(guest->message, event);
	sevadm_event_name_vm(event, vm);
	return vm;
}

/* Third step: books what the command has changed. */
static void account(struct command *command, const struct sevadm_event *event, struct sevadm_vm *vm)
{
	struct sevadm_scope *scope = command->scope;

	if (scope && !command->nested) {
		scope->commands++;
		scope->fw_asked = event->known & SEVADM_KNOWN_FW_ERROR;
		scope->fw_error = event->fw_error;
		scope->length_query = event->flags & SEVADM_EVENT_LENGTH_QUERY;
	}
	if (!event->ret && !command->nested)
		book(scope, vm, command->number, command->buffer, &command->guest);
	if (is_debug(command->number) && scope && scope->vm && scope->transient)
		drop_debug_pins(scope);
}

int wrap___sev_do_cmd_locked(int cmd, void *data, int *psp_ret)
{
	struct sevadm_event event __uninitialized;
	struct command command __uninitialized;
	struct sevadm_vm *vm;
	int ret;

	sevadm_seam_enter(SEAM___sev_do_cmd_locked);

	/* ccp shuts the firmware down from a panic, too: then nothing may be locked. */
	if (irqs_disabled()) {
		ret = call_original(__sev_do_cmd_locked, cmd, data, psp_ret);
		goto exit;
	}

	command.number = cmd;
	command.buffer = data;
	command.nested = READ_ONCE(commander) == current;
	measure(&command, &event, psp_ret);
	vm = describe(&command, &event);
	ret = event.ret;
	sevadm_event_emit_counted(&event, vm);
	account(&command, &event, vm);
	if (!command.scope)
		sevadm_vm_put(vm);
	if (command.nested)
		nested_ns += ktime_get_boottime_ns() - command.start_ns;
exit:
	sevadm_seam_exit();
	return ret;
}

/**
 * struct queueing - the way of a task to the mailbox
 * @outermost: it began here: several of ccp's functions call each other on the way
 * @kvm: the scope of a task in KVM's code, which the way is written into; NULL: @scope is one for
 *	it
 * @scope: see @kvm
 */
struct queueing {
	bool outermost;
	struct sevadm_scope *kvm;
	struct sevadm_scope *scope;
};

/* Wrappers of functions that lead to the mailbox begin so. */
static void queue_begin(struct queueing *queueing, enum sevadm_seam_id id)
{
	struct sevadm_scopes mine;

	sevadm_seam_enter(id);
	queueing->outermost = false;
	if (irqs_disabled())
		return;
	mine = sevadm_scope_mine();
	queueing->outermost = !queued_since(&mine);
	queueing->kvm = mine.kvm;
	if (!queueing->outermost)
		return;
	if (mine.kvm)
		mine.kvm->queue_ns = ktime_get_boottime_ns();
	else
		queueing->scope = sevadm_scope_enter(SEVADM_SCOPE_QUEUE, 0, NULL);
}

/* The task has come back from the mailbox. */
static void queue_leave(struct queueing *queueing)
{
	if (!queueing->outermost)
		return;
	if (queueing->kvm)
		queueing->kvm->queue_ns = 0;
	else
		sevadm_scope_leave(queueing->scope);
}

static void queue_end(struct queueing *queueing)
{
	queue_leave(queueing);
	sevadm_seam_exit();
}

int wrap_sev_issue_cmd_external_user(struct file *filep, unsigned int cmd, void *data, int *error)
{
	struct queueing queueing __uninitialized;
	int ret;

	queue_begin(&queueing, SEAM_sev_issue_cmd_external_user);
	ret = call_original(sev_issue_cmd_external_user, filep, cmd, data, error);
	queue_end(&queueing);
	return ret;
}

int wrap_sev_guest_activate(struct sev_data_activate *data, int *error)
{
	struct queueing queueing __uninitialized;
	int ret;

	queue_begin(&queueing, SEAM_sev_guest_activate);
	ret = call_original(sev_guest_activate, data, error);
	queue_end(&queueing);
	return ret;
}

int wrap_sev_guest_deactivate(struct sev_data_deactivate *data, int *error)
{
	struct queueing queueing __uninitialized;
	int ret;

	queue_begin(&queueing, SEAM_sev_guest_deactivate);
	ret = call_original(sev_guest_deactivate, data, error);
	queue_end(&queueing);
	return ret;
}

int wrap_sev_guest_decommission(struct sev_data_decommission *data, int *error)
{
	struct queueing queueing __uninitialized;
	int ret;

	queue_begin(&queueing, SEAM_sev_guest_decommission);
	ret = call_original(sev_guest_decommission, data, error);
	queue_end(&queueing);
	return ret;
}

/*
 * Recycles the ASIDs: KVM flushes when it has run out of them, with sev_bitmap_lock held, and then
 * recycles all that wait. That this command ran does not say how far the initialisation of a VM
 * came, so it is not counted among its commands.
 */
static void flushed(int ret, u32 commands_before)
{
	struct sevadm_scope *scope = sevadm_scope_kvm();
	struct sevadm_event event __uninitialized;
	u32 recycled;

	if (scope)
		scope->commands = commands_before;
	if (ret)
		return;
	spin_lock(&sevadm_ledger_lock);
	recycled = sevadm_pool_recycle_locked();
	spin_unlock(&sevadm_ledger_lock);

	sevadm_event_prepare(&event, SEVADM_EVENT_ASID);
	event.asid_state = SEVADM_ASID_STATE_FREE;
	event.count = recycled;
	sevadm_event_emit(&event);
}

static u32 commands_so_far(void)
{
	struct sevadm_scope *scope = sevadm_scope_kvm();

	return scope ? scope->commands : 0;
}

int wrap_sev_guest_df_flush(int *error)
{
	struct queueing queueing __uninitialized;
	u32 commands;
	int ret;

	queue_begin(&queueing, SEAM_sev_guest_df_flush);
	commands = commands_so_far();
	ret = call_original(sev_guest_df_flush, error);
	queue_leave(&queueing);
	flushed(ret, commands);
	sevadm_seam_exit();
	return ret;
}

/*
 * With SEV-SNP on, sev_flush_asids() flushes by SNP_DF_FLUSH. ccp's own flushes do not come here.
 */
int wrap_sev_do_cmd(int cmd, void *data, int *psp_ret)
{
	struct queueing queueing __uninitialized;
	u32 commands = 0;
	int ret;

	queue_begin(&queueing, SEAM_sev_do_cmd);
	if (cmd == SEV_CMD_SNP_DF_FLUSH)
		commands = commands_so_far();
	ret = call_original(sev_do_cmd, cmd, data, psp_ret);
	queue_leave(&queueing);
	if (cmd == SEV_CMD_SNP_DF_FLUSH)
		flushed(ret, commands);
	sevadm_seam_exit();
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of ccp's functions: every command of the security processor is timed, decoded and
 * booked. __sev_do_cmd_locked() is the one funnel, entered with the mailbox's mutex held; the outer
 * functions tell since when the caller has been queueing for it.
 */
#include <linux/ktime.h>

#include "book.h"
#include "compat/compiler.h"
#include "compat/psp_sev.h"
#include "event.h"
#include "host.h"
#include "ledger.h"
#include "pool.h"
#include "psp_command.h"
#include "scope.h"
#include "seam.h"

/* No firmware status is negative: tells that ccp did not come as far as asking the firmware. */
#define NOT_ASKED	(-1)

/* A command about a guest that the ledger knows has succeeded. */
static void book_vm(struct sevadm_vm *vm, const struct sevadm_psp_guest *guest)
{
	if (sevadm_book(vm, guest))
		sevadm_event_asid(sevadm_pool_of_type(vm->type), guest->asid,
				  SEVADM_ASID_STATE_USED, vm->id);
}

/*
 * A command about a guest that is older than the attachment has succeeded. KVM decommissions a
 * context when the VM ends, or within the ioctl that could not launch it, then having activated
 * it or not. SEV-SNP guests are not among those that PLATFORM_STATUS counts.
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

static void book(struct sevadm_scope *scope, struct sevadm_vm *vm, u32 command,
		 const void *buffer, const struct sevadm_psp_guest *guest)
{
	if (command == SEV_CMD_PLATFORM_STATUS && buffer)
		sevadm_firmware_heard(buffer);
	if (vm)
		book_vm(vm, guest);
	else
		book_unaccounted(scope, command);
	if (scope && guest->effect == SEVADM_PSP_BOUND)
		scope->activated = true;
}

/*
 * The VM a command is for, if the task is in no scope that tells it: the one that has the handle or the
 * context page, with a reference. A vCPU that passes on its guest's request (SNP_GUEST_REQUEST) is in none.
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

/* Where it is written since when the task has been queueing for the mailbox; NULL: it does not. */
static u64 *queued_since(const struct sevadm_scopes *mine)
{
	if (mine->queue)
		return &mine->queue->start_ns;
	return mine->kvm && mine->kvm->queue_ns ? &mine->kvm->queue_ns : NULL;
}

/*
 * What KVM does not ask the firmware without having come through a seam: a guest's command outside of KVM's
 * ioctl, a command on a guest's memory that was not pinned. Debug commands may be several to one pin.
 */
static void look_for_bypass(u32 command, bool asks_length, const struct sevadm_scope *scope)
{
	if (command < SEV_CMD_LAUNCH_START || command > SEV_CMD_DBG_ENCRYPT)
		return;
	if (!scope) {
		sevadm_seam_passed_by(SEAM_sev_mem_enc_ioctl);
		return;
	}
	if (!scope->vm || scope->transient || asks_length)
		return;
	switch (command) {
	case SEV_CMD_SEND_UPDATE_DATA:
	case SEV_CMD_RECEIVE_UPDATE_DATA:
		sevadm_seam_passed_by(sevadm_seam_attached(SEAM_sev_pin_page) ?
				      SEAM_sev_pin_page : SEAM_sev_pin_memory);
		break;
	case SEV_CMD_LAUNCH_UPDATE_DATA:
	case SEV_CMD_LAUNCH_UPDATE_SECRET:
		sevadm_seam_passed_by(SEAM_sev_pin_memory);
		break;
	}
}

/*
 * The task whose command runs, under the mailbox's mutex. On a host with SEV-SNP ccp issues further
 * commands from within one (SNP_PAGE_RECLAIM, for each page that the firmware has written to).
 */
static struct task_struct *commander;

int wrap___sev_do_cmd_locked(int cmd, void *data, int *psp_ret)
{
	struct sevadm_psp_guest guest __uninitialized;
	struct sevadm_scope *scope;
	struct sevadm_scopes mine;
	int ret, fw_error = NOT_ASKED;
	struct sevadm_event event __uninitialized;
	struct sevadm_vm *vm;
	u64 start_ns, wait_ns = 0, *queue_ns;
	bool asks_length, nested;

	sevadm_seam_enter(SEAM___sev_do_cmd_locked);

	/* ccp shuts the firmware down from a panic, too: then nothing may be locked. */
	if (irqs_disabled()) {
		ret = call_original(__sev_do_cmd_locked, cmd, data, psp_ret);
		goto exit;
	}

	nested = READ_ONCE(commander) == current;
	mine = sevadm_scope_mine();
	/* One that another command issues does not queue, and its time is that command's. */
	queue_ns = nested ? NULL : queued_since(&mine);
	scope = mine.kvm;
	if (scope)
		sevadm_scope_refresh(scope);
	asks_length = sevadm_psp_asks_length(cmd, data);
	if (!nested)
		look_for_bypass(cmd, asks_length, scope);
	start_ns = ktime_get_boottime_ns();
	if (queue_ns)
		wait_ns = start_ns - *queue_ns;

	if (!nested)
		WRITE_ONCE(commander, current);
	ret = call_original(__sev_do_cmd_locked, cmd, data, &fw_error);
	if (!nested)
		WRITE_ONCE(commander, NULL);

	sevadm_event_prepare(&event, SEVADM_EVENT_PSP);
	event.duration_ns = event.time_ns - start_ns;
	event.command = cmd;
	event.ret = ret;
	/* Of a command that timed out ccp says 0, which nobody answered. */
	if (fw_error != NOT_ASKED && ret != -ETIMEDOUT) {
		event.fw_error = fw_error;
		event.known |= SEVADM_KNOWN_FW_ERROR;
		if (asks_length && fw_error == SEV_RET_INVALID_LEN)
			event.flags |= SEVADM_EVENT_LENGTH_QUERY;
	}
	if (fw_error != NOT_ASKED && psp_ret)
		*psp_ret = fw_error;
	if (queue_ns) {
		event.wait_ns = wait_ns;
		event.known |= SEVADM_KNOWN_WAIT;
		/* A second command under the same mutex has not queued. */
		*queue_ns = event.time_ns;
	}

	sevadm_psp_decode(cmd, data, &guest);
	vm = nested ? NULL : scope ? scope->vm : command_vm(&guest);
	event.known |= guest.known & (SEVADM_KNOWN_HANDLE | SEVADM_KNOWN_ASID | SEVADM_KNOWN_BYTES);
	event.handle = guest.handle;
	event.asid = guest.asid;
	event.bytes = guest.bytes;
	sevadm_event_name_vm(&event, vm);
	sevadm_event_emit_counted(&event, vm);

	if (scope && !nested) {
		scope->commands++;
		scope->fw_asked = event.known & SEVADM_KNOWN_FW_ERROR;
		scope->fw_error = event.fw_error;
		scope->length_query = event.flags & SEVADM_EVENT_LENGTH_QUERY;
	}
	if (!ret && !nested)
		book(scope, vm, cmd, data, &guest);
	if ((cmd == SEV_CMD_DBG_DECRYPT || cmd == SEV_CMD_DBG_ENCRYPT) && scope && scope->vm &&
	    scope->transient)
		drop_debug_pins(scope);
	if (!scope)
		sevadm_vm_put(vm);
exit:
	sevadm_seam_exit();
	return ret;
}

/*
 * The body of the wrappers that lead to the mailbox. The outermost one counts: several of ccp's
 * functions call each other on the way. A task in KVM's code has a scope already, which tells it, too.
 */
#define call_queued(symbol, ...) ({						\
	struct sevadm_scopes mine = {};						\
	struct sevadm_scope scope __uninitialized;				\
	bool outermost = false;							\
	int ret;								\
										\
	if (!irqs_disabled()) {							\
		mine = sevadm_scope_mine();					\
		outermost = !queued_since(&mine);				\
	}									\
	if (outermost && mine.kvm)						\
		mine.kvm->queue_ns = ktime_get_boottime_ns();			\
	else if (outermost)							\
		sevadm_scope_enter(&scope, SEVADM_SCOPE_QUEUE, 0, NULL);	\
	ret = call_original(symbol, __VA_ARGS__);				\
	if (outermost && mine.kvm)						\
		mine.kvm->queue_ns = 0;						\
	else if (outermost)							\
		sevadm_scope_leave(&scope);					\
	ret;									\
})

#define wrap_queue(symbol, ...) ({						\
	int result;								\
										\
	sevadm_seam_enter(SEAM_##symbol);					\
	result = call_queued(symbol, __VA_ARGS__);				\
	sevadm_seam_exit();							\
	result;									\
})

int wrap_sev_issue_cmd_external_user(struct file *filep, unsigned int cmd, void *data, int *error)
{
	return wrap_queue(sev_issue_cmd_external_user, filep, cmd, data, error);
}

int wrap_sev_guest_activate(struct sev_data_activate *data, int *error)
{
	return wrap_queue(sev_guest_activate, data, error);
}

int wrap_sev_guest_deactivate(struct sev_data_deactivate *data, int *error)
{
	return wrap_queue(sev_guest_deactivate, data, error);
}

int wrap_sev_guest_decommission(struct sev_data_decommission *data, int *error)
{
	return wrap_queue(sev_guest_decommission, data, error);
}

/*
 * KVM flushes when it has run out of ASIDs, with sev_bitmap_lock held, and then recycles all that
 * wait. That this command ran says nothing about how far the initialisation of a VM came, so it
 * is not counted among its commands.
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
	u32 commands;
	int ret;

	sevadm_seam_enter(SEAM_sev_guest_df_flush);
	commands = commands_so_far();
	ret = call_queued(sev_guest_df_flush, error);
	flushed(ret, commands);
	sevadm_seam_exit();
	return ret;
}

/* With SEV-SNP on, sev_flush_asids() flushes by SNP_DF_FLUSH. ccp's own flushes do not come here. */
int wrap_sev_do_cmd(int cmd, void *data, int *psp_ret)
{
	u32 commands = 0;
	int ret;

	sevadm_seam_enter(SEAM_sev_do_cmd);
	if (cmd == SEV_CMD_SNP_DF_FLUSH)
		commands = commands_so_far();
	ret = call_queued(sev_do_cmd, cmd, data, psp_ret);
	if (cmd == SEV_CMD_SNP_DF_FLUSH)
		flushed(ret, commands);
	sevadm_seam_exit();
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's firmware as PLATFORM_STATUS last described it, whichever task asked. The module itself
 * asks once, when kvm_amd arrives, to learn how many guests are older than the module. It asks from
 * a work item: a security processor that hangs would otherwise hold up every module that is loaded
 * on the host.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/psp-sev.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "adopt.h"
#include "bitmaps.h"
#include "host.h"
#include "ledger.h"
#include "pool.h"
#include "seam.h"
#include "symbol.h"

static DEFINE_SPINLOCK(firmware_lock);
static struct sevadm_firmware firmware;
/* The number of guests in the next answer is compared with the ledger. */
static bool guests_wanted;

/**
 * sevadm_firmware_heard() - keep what a PLATFORM_STATUS command has answered
 * @status: the answer
 *
 * Context: with the mailbox's mutex held, so that no guest has come or gone since it answered.
 */
void sevadm_firmware_heard(const struct sev_user_data_status *status)
{
	bool wanted;

	spin_lock(&firmware_lock);
	wanted = guests_wanted;
	guests_wanted = false;
	firmware = (struct sevadm_firmware) {
		.known = true,
		.api_major = status->api_major,
		.api_minor = status->api_minor,
		.build = status->build,
		.state = status->state,
		.guests = status->guest_count,
	};
	spin_unlock(&firmware_lock);
	if (wanted)
		sevadm_unaccounted_set(status->guest_count);
}

/**
 * sevadm_firmware_get() - copy what is known of the firmware
 * @result: filled in
 */
void sevadm_firmware_get(struct sevadm_firmware *result)
{
	spin_lock(&firmware_lock);
	*result = firmware;
	spin_unlock(&firmware_lock);
}

static void firmware_ask(struct work_struct *work)
{
	typeof(sev_platform_status) *platform_status = symbol_get(sev_platform_status);
	struct sev_user_data_status status = {};
	int ret, error = 0;

	if (!platform_status)
		return;

	spin_lock(&firmware_lock);
	guests_wanted = true;
	spin_unlock(&firmware_lock);
	ret = platform_status(&status, &error);
	symbol_put(sev_platform_status);
	if (ret == -ENODEV)
		pr_info("ccp has found no security processor: no SEV VM can be started\n");
	else if (ret)
		pr_warn("the firmware does not report its status (%d, %#x): guests older than this module stay uncounted\n",
			ret, error);
	else if (!sevadm_seam_attached(SEAM___sev_do_cmd_locked))
		sevadm_firmware_heard(&status);
}

static DECLARE_WORK(firmware_work, firmware_ask);

/*
 * Counts the guests that are older than the attachment. ccp is asked by its exported function,
 * taken by name for the time of the call, so that neither module depends on the other. The answer
 * comes later.
 */
static void kvm_arrived(void)
{
	sevadm_bitmaps_find();
	sevadm_bitmaps_sync();
	if (sevadm_bitmaps_absent())
		pr_info("kvm_amd offers no SEV: see its own messages, and its parameters sev and npt\n");
	queue_work(system_long_wq, &firmware_work);
}

/* With kvm_amd go every VM and its bitmaps of ASIDs. */
static void kvm_left(void)
{
	unsigned int left;

	sevadm_adopt_forget();
	sevadm_bitmaps_forget();
	left = sevadm_ledger_reset();
	if (left)
		pr_warn("kvm_amd has gone: forgot %u VMs whose end was not seen\n", left);
	sevadm_pool_undivide();
}

static int sevadm_host_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, "kvm_amd"))
		return NOTIFY_DONE;
	if (state == MODULE_STATE_LIVE)
		kvm_arrived();
	else if (state == MODULE_STATE_GOING)
		kvm_left();
	return NOTIFY_OK;
}

/* After the seams, which have no priority: they are attached when kvm_amd is live. */
static struct notifier_block host_notifier = {
	.notifier_call = sevadm_host_notify,
	.priority = -1,
};

/**
 * sevadm_host_init() - look for kvm_amd, now and as it comes and goes
 *
 * Where it is there, waits until the firmware has answered or ccp gives it up. Where it is not,
 * says what is missing. That is not an error: the module waits, and a processor that never has SEV
 * does no harm.
 *
 * Context: may sleep; the seams are attached.
 * Return: 0 or a negative errno.
 */
int sevadm_host_init(void)
{
	int ret;

	ret = register_module_notifier(&host_notifier);
	if (ret)
		return ret;
	if (sevadm_symbol_module_is_live("kvm_amd")) {
		kvm_arrived();
		flush_work(&firmware_work);
	} else if (!sevadm_pool_max_asid()) {
		pr_info("this processor has no SEV: there will be nothing to account for\n");
	} else {
		pr_info("waiting for kvm_amd\n");
	}
	return 0;
}

/** sevadm_host_uninit() - ask the firmware nothing any more */
void sevadm_host_uninit(void)
{
	unregister_module_notifier(&host_notifier);
	cancel_work_sync(&firmware_work);
}

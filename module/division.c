// SPDX-License-Identifier: GPL-2.0-only
/*
 * How kvm_amd divides the ASIDs between SEV-ES and SEV-SNP guests. Where it hides ciphertext (from
 * 6.18 on, its parameter ciphertext_hiding_asids), sev_asid_new() takes those of SEV-SNP guests
 * from one range and those of SEV-ES guests from another. Its static variables have both; older
 * kernels have none of them, and one range for all.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "division.h"
#include "pool.h"
#include "symbol.h"

/* kvm_amd's variables; NULL: it has no such one. Found before a seam is attached to it. */
static const u32 *min_snp_asid, *max_snp_asid, *min_sev_es_asid, *max_sev_es_asid;

static void find_variables(void)
{
	min_snp_asid = sevadm_symbol_variable("kvm_amd:min_snp_asid");
	max_snp_asid = sevadm_symbol_variable("kvm_amd:max_snp_asid");
	min_sev_es_asid = sevadm_symbol_variable("kvm_amd:min_sev_es_asid");
	max_sev_es_asid = sevadm_symbol_variable("kvm_amd:max_sev_es_asid");
}

/*
 * A compiler may have made a constant of one that is only ever set to one value: then it is that.
 */
static u32 read_asid(const u32 *variable, u32 otherwise)
{
	u32 asid;

	return variable && !copy_from_kernel_nofault(&asid, variable, sizeof(asid)) ?
	       asid : otherwise;
}

/**
 * sevadm_division_read() - take over how kvm_amd divides the ASIDs
 *
 * kvm_amd has set its variables before it offers /dev/kvm (sev_hardware_setup()), and never changes
 * them. It offers it before it is live, so they are read before each VM is entered.
 *
 * Context: kvm_amd is live, or one of its functions is called; does not sleep.
 */
void sevadm_division_read(void)
{
	const struct sevadm_asid_range snp = {
		.first = read_asid(min_snp_asid, 1),
		.last = read_asid(max_snp_asid, 0),
	};
	const struct sevadm_asid_range es = {
		.first = read_asid(min_sev_es_asid, 1),
		.last = read_asid(max_sev_es_asid, U32_MAX),
	};

	sevadm_pool_divide(&snp, &es);
}

static int sevadm_division_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, "kvm_amd"))
		return NOTIFY_DONE;
	/* When it is live, too: this module may have come while kvm_amd was coming. */
	if (state == MODULE_STATE_COMING || state == MODULE_STATE_LIVE)
		find_variables();
	if (state == MODULE_STATE_LIVE)
		sevadm_division_read();
	return NOTIFY_OK;
}

/* Before the seams, which have no priority: they are attached while kvm_amd is coming. */
static struct notifier_block division_notifier = {
	.notifier_call = sevadm_division_notify,
	.priority = 1,
};

/**
 * sevadm_division_init() - ask kvm_amd how it divides the ASIDs, now and whenever it comes
 *
 * Context: may sleep; the seams are not attached yet.
 * Return: 0 or a negative errno.
 */
int sevadm_division_init(void)
{
	int ret = register_module_notifier(&division_notifier);

	if (!ret && sevadm_symbol_module_is_live("kvm_amd")) {
		find_variables();
		sevadm_division_read();
	}
	return ret;
}

/** sevadm_division_uninit() - ask no more */
void sevadm_division_uninit(void)
{
	unregister_module_notifier(&division_notifier);
}

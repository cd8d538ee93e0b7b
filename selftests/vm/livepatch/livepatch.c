// SPDX-License-Identifier: GPL-2.0-only
/*
 * A livepatch of a function that sevadm interposes on. What it puts in its place does the same.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/psp-sev.h>

static int livepatch_df_flush(int *error)
{
	return sev_do_cmd(SEV_CMD_DF_FLUSH, NULL, error);
}

static struct klp_func functions[] = {
	{ .old_name = "sev_guest_df_flush", .new_func = livepatch_df_flush },
	{}
};

static struct klp_object objects[] = {
	{ .name = "ccp", .funcs = functions },
	{}
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects };

static int __init livepatch_init(void)
{
	return klp_enable_patch(&patch);
}

/* A livepatch is disabled through sysfs before it can be unloaded. */
static void __exit livepatch_exit(void)
{
}

module_init(livepatch_init);
module_exit(livepatch_exit);

MODULE_DESCRIPTION("A livepatch of a function that sevadm interposes on");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_INFO(test, "Y");

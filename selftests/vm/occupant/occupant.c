// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a livepatch is to sevadm: someone else who redirects one of the functions that it
 * interposes on. ftrace lets one at a time change where a function goes (FTRACE_OPS_FL_IPMODIFY).
 * This one changes nothing. Or what a bug of ftrace is to it: ftrace goes no further
 * (ftrace_kill()), and leaves everything as it is.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static char *symbol = "sev_pin_memory";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "the function to occupy");

static bool kill;
module_param(kill, bool, 0444);
MODULE_PARM_DESC(kill, "end ftrace instead");

static int kill_ftrace(void)
{
	struct kprobe probe = { .symbol_name = "ftrace_kill", .flags = KPROBE_FLAG_DISABLED };
	int ret = register_kprobe(&probe);

	if (ret)
		return ret;
	unregister_kprobe(&probe);
	((void (*)(void))probe.addr)();
	return 0;
}

static void notrace occupant_redirect(unsigned long ip, unsigned long parent_ip,
				      struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops occupant_ops = {
	.func = occupant_redirect,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS,
};

static int __init occupant_init(void)
{
	int ret;

	if (kill)
		return kill_ftrace();
	ret = ftrace_set_filter(&occupant_ops, symbol, strlen(symbol), 1);
	if (ret)
		return ret;
	ret = register_ftrace_function(&occupant_ops);
	if (ret)
		ftrace_free_filter(&occupant_ops);
	return ret;
}

static void __exit occupant_exit(void)
{
	if (kill)
		return;
	unregister_ftrace_function(&occupant_ops);
	ftrace_free_filter(&occupant_ops);
}

module_init(occupant_init);
module_exit(occupant_exit);

MODULE_DESCRIPTION("Occupies a function that sevadm interposes on");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");

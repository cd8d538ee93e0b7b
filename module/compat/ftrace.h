/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ftrace: how a callback sets the instruction pointer. Where ftrace always gives the arguments
 * (HAVE_DYNAMIC_FTRACE_WITH_ARGS), it can do so without all registers being saved, as livepatch
 * does. The rest is probed in compat/Kbuild.include.
 */
#ifndef SEVADM_COMPAT_FTRACE_H
#define SEVADM_COMPAT_FTRACE_H

#include <linux/ftrace.h>

#ifdef CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS
#define COMPAT_FTRACE_FL_SET_IP	0
#else
#define COMPAT_FTRACE_FL_SET_IP	FTRACE_OPS_FL_SAVE_REGS
#endif

static __always_inline void compat_ftrace_regs_set_ip(struct ftrace_regs *fregs, unsigned long ip)
{
#ifdef SEVADM_HAVE_FTRACE_REGS_SET_INSTRUCTION_POINTER
	ftrace_regs_set_instruction_pointer(fregs, ip);
#else
	ftrace_instruction_pointer_set(fregs, ip);
#endif
}

#endif /* SEVADM_COMPAT_FTRACE_H */

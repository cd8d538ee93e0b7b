/* SPDX-License-Identifier: GPL-2.0-only */
/* ftrace: how a callback sets the instruction pointer. Probed in compat/Kbuild.include. */
#ifndef SEVADM_COMPAT_FTRACE_H
#define SEVADM_COMPAT_FTRACE_H

#include <linux/ftrace.h>

static __always_inline void compat_ftrace_regs_set_ip(struct ftrace_regs *fregs, unsigned long ip)
{
#ifdef SEVADM_HAVE_FTRACE_REGS_SET_INSTRUCTION_POINTER
	ftrace_regs_set_instruction_pointer(fregs, ip);
#else
	ftrace_instruction_pointer_set(fregs, ip);
#endif
}

#endif /* SEVADM_COMPAT_FTRACE_H */

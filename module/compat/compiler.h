/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables that their first use fills in completely: kernels that clear what lies on the stack
 * (CONFIG_INIT_STACK_ALL_ZERO) need not clear them before. Kernels without the mark clear them.
 */
#ifndef SEVADM_COMPAT_COMPILER_H
#define SEVADM_COMPAT_COMPILER_H

#include <linux/compiler.h>

#ifndef __uninitialized
#define __uninitialized
#endif

#endif /* SEVADM_COMPAT_COMPILER_H */

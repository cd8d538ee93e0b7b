/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUID: the header that has the accessors. Older kernels have them in asm/processor.h. */
#ifndef SEVADM_COMPAT_CPUID_H
#define SEVADM_COMPAT_CPUID_H

#include <asm/processor.h>

#if __has_include("asm/cpuid/api.h")
#include <asm/cpuid/api.h>
#endif

#endif /* SEVADM_COMPAT_CPUID_H */

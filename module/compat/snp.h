/* SPDX-License-Identifier: GPL-2.0-only */
/* Hosts with SEV-SNP, across kernels. */
#ifndef SEVADM_COMPAT_SNP_H
#define SEVADM_COMPAT_SNP_H

#include <linux/cc_platform.h>

/*
 * Return true if the kernel has enabled SEV-SNP as host; kernels that cannot have no such
 * attribute.
 */
static inline bool compat_host_has_snp(void)
{
#ifdef SEVADM_HAVE_CC_ATTR_HOST_SEV_SNP
	return cc_platform_has(CC_ATTR_HOST_SEV_SNP);
#else
	return false;
#endif
}

#endif /* SEVADM_COMPAT_SNP_H */

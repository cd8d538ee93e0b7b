/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways to start a SEV guest: its type, and the ioctl that makes its VM one. In pairs of SEV and
 * SEV-ES, that fill both ASID pools; the pairs that an older kernel lacks come last.
 */
#ifndef SEVADM_FLAVOUR_H
#define SEVADM_FLAVOUR_H

#include "sev_vm.h"

struct flavour {
	const char *name;
	enum sev_type type;
	enum sev_init init;
	uint32_t policy;
};

#define FLAVOURS	4
#define FLAVOURS_LEGACY	2	/* those that do without KVM_SEV_INIT2 */

static const struct flavour flavours[FLAVOURS] = {
	{ "sev", SEV_TYPE_SEV, SEV_INIT_LEGACY, 0 },
	{ "sev-es", SEV_TYPE_SEV_ES, SEV_INIT_LEGACY, 4 },
	{ "sev, init2", SEV_TYPE_SEV, SEV_INIT_2, 0 },
	{ "sev-es, init2", SEV_TYPE_SEV_ES, SEV_INIT_2, 4 },
};

/* How many of them this kernel has; 0: this is no SEV host. */
static inline int flavours_here(void)
{
	struct sev_host host;
	const char *missing;
	bool init2;

	if (!sev_host_open(&host, &missing))
		return 0;
	init2 = sev_host_has_init2(&host);
	sev_host_close(&host);
	return init2 ? FLAVOURS : FLAVOURS_LEGACY;
}

#endif /* SEVADM_FLAVOUR_H */

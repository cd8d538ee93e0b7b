/* SPDX-License-Identifier: GPL-2.0-only */
/* The misc controller: what all cgroups are charged together. Probed in compat/Kbuild.include. */
#ifndef SEVADM_COMPAT_MISC_CGROUP_H
#define SEVADM_COMPAT_MISC_CGROUP_H

#include <linux/misc_cgroup.h>

static inline u64 compat_misc_cg_total_usage(enum misc_res_type type)
{
#ifdef SEVADM_HAVE_MISC_CG_RES_TOTAL_USAGE
	return misc_cg_res_total_usage(type);
#else
	/* A charge goes up to the root, which a cgroup keeps alive with all its ancestors. */
	struct misc_cg *cg = get_current_misc_cg(), *root = cg;
	u64 usage;

	while (root->css.parent)
		root = css_misc(root->css.parent);
	usage = atomic64_read(&root->res[type].usage);
	put_misc_cg(cg);
	return usage;
#endif
}

#endif /* SEVADM_COMPAT_MISC_CGROUP_H */

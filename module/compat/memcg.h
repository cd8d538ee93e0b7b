/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory controller, which a kernel may be built without. */
#ifndef SEVADM_COMPAT_MEMCG_H
#define SEVADM_COMPAT_MEMCG_H

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>

/*
 * Return the cgroup that page tables of @mm are charged to, with a reference, or NULL: to none of
 * the unified hierarchy. They are charged where @mm was made, by fork() or execve(), and stay as
 * long as @mm does; if that cgroup has been removed, the kernel charges them to its parent. One
 * without the memory controller is passed over for the nearest above that has it.
 */
static inline struct cgroup *compat_cgroup_of_mm(const struct mm_struct *mm)
{
	struct cgroup *cgroup = NULL;
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg;

	rcu_read_lock();
	memcg = page_memcg_check(virt_to_page(mm->pgd));
	if (memcg && memcg->css.cgroup->root == &cgrp_dfl_root && cgroup_tryget(memcg->css.cgroup))
		cgroup = memcg->css.cgroup;
	rcu_read_unlock();
#endif
	return cgroup;
}

#endif /* SEVADM_COMPAT_MEMCG_H */

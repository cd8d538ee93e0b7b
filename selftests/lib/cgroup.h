/* SPDX-License-Identifier: GPL-2.0-only */
/* Cgroups of processes. */
#ifndef SEVADM_CGROUP_H
#define SEVADM_CGROUP_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Moves process @pid into the cgroup with this path. */
static inline bool cgroup_enter(const char *path, pid_t pid)
{
	char procs[4096 + sizeof("/cgroup.procs")];
	bool entered;
	FILE *file;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	file = fopen(procs, "w");
	if (!file)
		return false;
	entered = fprintf(file, "%d\n", pid) > 0;
	/* What the kernel refuses shows when the line is written out. */
	return !fclose(file) && entered;
}

#endif /* SEVADM_CGROUP_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Cgroups (v2) by path and by id, which is the inode number of their directory. */
#ifndef SEVADM_CGROUP_H
#define SEVADM_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the v2 hierarchy is mounted; NULL: nowhere. */
const char *cgroup_mount(void);

/* Return true if there is a cgroup @path, whose id is put into @id. */
bool cgroup_id(const char *path, uint64_t *id);

/*
 * The path of cgroup @id; needs CAP_DAC_READ_SEARCH. false: it is gone, or its path cannot be
 * found.
 */
bool cgroup_path(uint64_t id, char *path, size_t size);

#endif

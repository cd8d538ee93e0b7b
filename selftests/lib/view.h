/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two views of a host's SEV VMs: kvm_amd's own, read by the oracle, and sevadm's.
 */
#ifndef SEVADM_VIEW_H
#define SEVADM_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/sevadm.h>

#define VIEW_NONE	-1LL	/* not known, or there is none */
#define VIEW_ASIDS	1024	/* more than a processor has */

struct view_vm {
	long long id;			/* sevadm's; of the oracle: its place in the list */
	long long pid, asid, handle;
	long long pinned_bytes, regions;
	long long mirror_of;		/* the owner's id */
	bool es;			/* or SEV-SNP, as kvm_amd has it */
	long long region_bytes;		/* of the oracle alone: sum over the list of regions */
	int pool;			/* enum sevadm_pool; of the oracle: that of its ASID */
};

struct view_asid {
	bool listed;
	int state;			/* enum sevadm_asid_state */
	int pool;			/* enum sevadm_pool */
	long long vm, pid;		/* of sevadm alone */
};

struct view_pool {
	bool listed;			/* this host has it */
	long long capacity, used, reclaim, free;
};

struct view {
	struct view_vm *vms;
	size_t vm_count;
	struct view_asid asids[VIEW_ASIDS];	/* by ASID */
	long long min_sev_asid, max_asid;	/* of the oracle alone */
	/* Of sevadm alone; VIEW_NONE where this way of asking does not say. */
	struct view_pool pools[SEVADM_POOL_NR];
	long long pinned_bytes, unaccounted_vms, attached;
};

/* How sevadm is asked. */
enum view_source {
	VIEW_PROGRAM,		/* what `sevadm -j` prints: all there is */
	VIEW_DEVICE,		/* ioctls of /dev/sevadm: quick; VMs, ASIDs and pools */
};

/*
 * A line of JSON from one oracle, which is kept for all readings: most of its time goes into
 * finding symbols and layouts. NULL: it failed. To be freed.
 */
char *view_oracle_line(void);
/* kvm_amd has been reloaded: the next reading takes a new oracle. */
void view_oracle_forget(void);

/* Each false, with a KTAP diagnostic: it could not be had. */
bool view_of_oracle(struct view *view, const char *line);
bool view_of_sevadm(struct view *view, enum view_source source);
void view_drop(struct view *view);

const char *view_state_name(int state);
const char *view_pool_name(int pool);

#endif /* SEVADM_VIEW_H */

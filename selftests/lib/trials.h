/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every ioctl of the device, every command of netlink and every call that comes to a seam, for a
 * test that has each allocation and each copy of theirs fail.
 */
#ifndef SEVADM_TRIALS_H
#define SEVADM_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "genl.h"
#include "sev_steps.h"
#include "sev_vm.h"

/* A step of a launch (lib/sev_steps.c), and those that come before it. */
struct launch_step {
	enum sev_type type;
	enum sev_init init;
	uint32_t policy;
	const char *before, *step;
};

struct scene {
	struct sev_host host;
	struct sev_vm vm, other;
	struct genl genl, listener;
	struct launch_step step;	/* the trial's */
	struct sev_launch launch;
	int device;
	uint64_t lease, vm_id;
	bool met;	/* the call came to the fault */
};

enum ends {
	ALWAYS_WELL,	/* it gives back, and fails only if it cannot read what */
	BOTH_WAYS,	/* at least one of the faults is its end */
};

struct trial {
	const char *name;
	int (*prepare)(struct scene *s);
	int (*call)(struct scene *s);
	void (*undo)(struct scene *s);
	enum ends ends;
	bool (*holds)(struct scene *s, int err); /* after the call, which ended so; may be NULL */
	struct launch_step step;	/* of take_step() */
};

extern const struct trial trials[];
extern const size_t trials_nr;

/* On a SEV-SNP host, and there alone: the others are tried on one without. */
extern const struct trial snp_trials[];
extern const size_t snp_trials_nr;

#endif /* SEVADM_TRIALS_H */

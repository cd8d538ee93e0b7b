/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A launch as a list of named steps: one table row per step, so that a test or a user can stop,
 * die or look at the ledger between any two of them.
 */
#ifndef SEVADM_SEV_STEPS_H
#define SEVADM_SEV_STEPS_H

#include "sev_vm.h"

#define SEV_STEPS_MAX	256	/* steps of one list */
#define SEV_SNP_POLICY	0x30000UL	/* SMT is allowed; the reserved bit that must be one */
#define SEV_VMS_MAX	64	/* VMs one launch may hold at once */

struct sev_launch_options {
	enum sev_type type;
	enum sev_init init;
	size_t memory;		/* bytes, whole pages */
	unsigned int regions;	/* that the memory is registered in */
	uint32_t policy;
};

/* A blob that the firmware gave. */
struct sev_blob {
	void *data;
	uint32_t len;
};

struct sev_launch {
	struct sev_launch_options options;
	struct sev_host host;
	struct sev_vm vms[SEV_VMS_MAX];
	unsigned int vm_count;
	/* Indices into vms[]; -1: none. */
	int current, spare, mirror, source, receiver;
	unsigned int registered;		/* regions that step "register" has registered */
	uint8_t *scratch;			/* memory outside of the guest */
	uint8_t *huge, *huge_area;		/* of huge pages, in what it was cut out of; NULL */
	struct sev_blob pdh, chain, session, header, transport;
};

struct sev_step {
	const char *name;
	const char *what;
	int expect;		/* errno with which the step is to end; 0: success */
	struct sev_outcome (*run)(struct sev_launch *launch);
};

/* False: the outcome is in errno, and @missing names what is not there. */
bool sev_launch_open(struct sev_launch *launch, const struct sev_launch_options *options,
		     const char **missing);
void sev_launch_close(struct sev_launch *launch);

const struct sev_step *sev_step_find(const char *name);
/* Every step there is, ended by one without a name. */
const struct sev_step *sev_step_all(void);
/*
 * The steps of the comma-separated @list; "NAME*COUNT" repeats. Returns their number, or -1 with
 * the name that is not a step in @wrong (to be freed; NULL: too many steps).
 */
int sev_steps_parse(const char *list, const struct sev_step **steps, char **wrong);
/* What a VMM does to start a guest of this type. */
const char *sev_steps_launch(enum sev_type type);

static inline bool sev_step_good(const struct sev_step *step, const struct sev_outcome *out)
{
	return out->err == step->expect;
}

#endif /* SEVADM_SEV_STEPS_H */

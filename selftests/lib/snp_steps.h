/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of an SEV-SNP launch: rows of the table in sev_steps.c.
 */
#ifndef SEVADM_SNP_STEPS_H
#define SEVADM_SNP_STEPS_H

#include "sev_steps.h"

#define SNP_LAUNCH_BYTES	(64 * 1024UL)	/* or all memory, if that is less */
#define SNP_PUNCH_BYTES		(64 * 1024UL)

struct sev_outcome step_snp_start(struct sev_launch *l);
struct sev_outcome step_snp_update(struct sev_launch *l);
struct sev_outcome step_snp_finish(struct sev_launch *l);
struct sev_outcome step_snp_prefault(struct sev_launch *l);
struct sev_outcome step_snp_punch(struct sev_launch *l);

#endif /* SEVADM_SNP_STEPS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Proofs: one function per thing that the facts of a host can decide about a cause. */
#ifndef SEVADM_PROOFS_H
#define SEVADM_PROOFS_H

#include "explain/explain.h"

#define PROOF(name)								\
	enum verdict proof_ ## name(const struct facts *facts,			\
				    const struct symptom *symptom, char *why, size_t size)

PROOF(pool_empty);
PROOF(misc_max);
PROOF(misc_full);
PROOF(drift);
PROOF(psp_dead);
PROOF(init_failed);
PROOF(buffers);
PROOF(memlock);
PROOF(limit);
PROOF(asid_limit);
PROOF(kernel_before);
PROOF(oom_cgroup);
PROOF(oom_host);
PROOF(line);
PROOF(sev_off);
PROOF(es_off);
PROOF(snp_off);
PROOF(es_range);
PROOF(sev_range);
PROOF(sev_policy);
PROOF(snp_policy);
PROOF(is_es);

#undef PROOF

#endif /* SEVADM_PROOFS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold for a host to run SEV guests. */
#ifndef SEVADM_HOST_RULES_H
#define SEVADM_HOST_RULES_H

#include "host/facts.h"
#include "report/findings.h"

/** struct host_rule - a rule, and how it is judged: facts that are not known are no finding */
struct host_rule {
	struct rule rule;
	void (*judge)(const struct host_facts *facts, const struct rule *rule,
		      struct target *target);
};

/* Both end with a rule without an id; the second has what only a SEV-SNP host must keep. */
extern const struct host_rule host_rules[];
extern const struct host_rule host_snp_rules[];

/** host_judge() - add a finding for each rule that the facts break */
void host_judge(const struct host_facts *facts, struct target *target);

#endif

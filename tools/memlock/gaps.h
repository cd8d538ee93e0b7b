/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain asks for and a host's QEMU does not have. */
#ifndef SEVADM_MEMLOCK_GAPS_H
#define SEVADM_MEMLOCK_GAPS_H

#include <libxml/tree.h>

#include "memlock/host.h"
#include "report/findings.h"

/**
 * memlock_gaps() - add findings: machine types, video models and firmware images that are not there
 * @here: it is this host, whose files can be looked for
 */
void memlock_gaps(struct target *target, const xmlNode *root, const struct memlock_host *host,
		  bool here);

#define MEMLOCK_GAP_RULES	3

/** memlock_gap_rule_at() - return rule number @i of these; NULL: there are fewer */
const struct rule *memlock_gap_rule_at(unsigned int i);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Hosts side by side: what differs between those that are to run the same guests. */
#ifndef SEVADM_HOST_COMPARE_H
#define SEVADM_HOST_COMPARE_H

#include "host/facts.h"
#include "report/findings.h"

/**
 * host_compare() - add a target "comparison" with the facts in which @nr hosts differ
 *
 * Its JSON has {"hosts": [NAME, …], "differences": {KEY: [value of each host, …]}}.
 */
void host_compare(struct report *report, const struct host_facts *facts, size_t nr);

#endif

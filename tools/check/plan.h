/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm check host --plan: whether a host can run a list of domains at once. */
#ifndef SEVADM_CHECK_PLAN_H
#define SEVADM_CHECK_PLAN_H

#include "host/facts.h"
#include "report/findings.h"

/**
 * host_plan() - hold domains against a host: a target
 * @here: the host is this one, whose figures are those that it has measured, if it has
 * @path: a folder with libvirt domains, or one of them
 *
 * Return: an exit code, and reports what is wrong with @path.
 */
int host_plan(struct report *report, const struct host_facts *facts, bool here, const char *path);

/** plan_rule_at() - return rule number @i of a plan; NULL: there are fewer */
const struct rule *plan_rule_at(unsigned int i);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A running QEMU and its limits. */
#ifndef SEVADM_MEMLOCK_PROCESS_H
#define SEVADM_MEMLOCK_PROCESS_H

#include "report/findings.h"

/** memlock_process() - what process @pid has pinned, and how near its limits it is: a target */
int memlock_process(struct report *report, unsigned long pid);

/** memlock_process_rule_at() - return rule number @i about processes; NULL: there are fewer */
const struct rule *memlock_process_rule_at(unsigned int i);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm check memlock; sevadm recommend is in the table of objects. */
#ifndef SEVADM_MEMLOCK_COMMAND_H
#define SEVADM_MEMLOCK_COMMAND_H

#include "cli/command.h"
#include "report/findings.h"

extern const struct option_row check_memlock_options[];
int check_memlock(int argc, char **argv);

/** memlock_rule_at() - return rule number @i of check memlock; NULL: there are fewer */
const struct rule *memlock_rule_at(unsigned int i);

#endif

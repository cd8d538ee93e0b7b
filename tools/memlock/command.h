/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm check memlock, recommend memlock, recommend memory. */
#ifndef SEVADM_MEMLOCK_COMMAND_H
#define SEVADM_MEMLOCK_COMMAND_H

#include <stdio.h>

#include "cli/command.h"
#include "memlock/host.h"
#include "report/findings.h"

extern const struct option_row check_memlock_options[];
int check_memlock(int argc, char **argv);

/** memlock_rule_at() - return rule number @i of check memlock; NULL: there are fewer */
const struct rule *memlock_rule_at(unsigned int i);

extern const struct option_row recommend_memlock_options[];
int recommend_memlock(int argc, char **argv);

extern const struct option_row recommend_memory_options[];
int recommend_memory(int argc, char **argv);

/* What counts against each ceiling, as people read it. */
extern const char *const ceiling_names[];

/** print_figures() - a line that says whose figures were used */
void print_figures(FILE *out, const struct memlock_host *host);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm trace: what its commands are done by. */
#ifndef SEVADM_TRACE_H
#define SEVADM_TRACE_H

#include "cli/command.h"

extern const struct option_row trace_record_options[], trace_report_options[],
	trace_stats_options[];

int trace_record(int argc, char **argv);
int trace_report(int argc, char **argv);
int trace_stats(int argc, char **argv);
int trace_set(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm asid reserve: ASIDs leased while a command runs. */
#ifndef SEVADM_ASID_RESERVE_H
#define SEVADM_ASID_RESERVE_H

#include "cli/command.h"

extern const struct option_row reserve_options[];

int asid_reserve(int argc, char **argv);

#endif

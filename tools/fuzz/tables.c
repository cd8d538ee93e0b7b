// SPDX-License-Identifier: GPL-2.0-only
/* The tables that main.c has, empty: fuzzers have no command line of sevadm's. */
#include "cli/command.h"

const struct object objects[] = { {} };
const struct option_row global_options[] = { {} };

/* SPDX-License-Identifier: GPL-2.0-only */
/* The program's tables, empty: for the tests that need the linker only to find them. */
#ifndef SEVADM_TEST_TABLES_H
#define SEVADM_TEST_TABLES_H

#include "cli/command.h"

const struct object objects[] = { {} };
const struct option_row global_options[] = { {} };

#endif /* SEVADM_TEST_TABLES_H */

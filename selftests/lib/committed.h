/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures that Documentation/benchmarks.md has: a copy of it beside the test (sevhost --copy).
 * A figure that is more than 3 % above is found by make check, unless the table changes with it.
 */
#ifndef SEVADM_COMMITTED_H
#define SEVADM_COMMITTED_H

#include <stdbool.h>

#define COMMITTED_PERCENT	3
/* Links of hash chains: that much is no rise. */
#define COMMITTED_NOISE		10

/* Reads the part about the running kernel. False: there is no copy, or no such part in it. */
bool committed_read(void);
/*
 * Compares a figure with that in @column (1: the first one after the row's name) of a row of the
 * table whose heading begins with @table. One that is above, or that the table does not have, is
 * printed as a KTAP diagnostic and counted.
 */
void committed_compare(const char *table, const char *row, unsigned int column, long figure);
/* Return how many were compared, and how many of these are above. */
unsigned int committed_compared(void);
unsigned int committed_above(void);

#endif /* SEVADM_COMMITTED_H */

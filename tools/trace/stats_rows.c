// SPDX-License-Identifier: GPL-2.0-only
/* The rows that statistics are counted in. */
#include <stdlib.h>
#include <string.h>

#include "trace/stats.h"

/* More commands, VMs and statuses together than any host has seen. */
#define ROWS_MAX	65536

struct stats_row *stats_add_row(struct stats *stats)
{
	struct stats_row *rows;

	if (stats->nr == ROWS_MAX)
		return NULL;
	if (!(stats->nr & (stats->nr - 1))) {
		rows = reallocarray(stats->rows, stats->nr ? 2 * stats->nr : 1, sizeof(*rows));
		if (!rows)
			return NULL;
		stats->rows = rows;
	}
	memset(&stats->rows[stats->nr], 0, sizeof(*stats->rows));
	return &stats->rows[stats->nr++];
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of commands, as sevadm trace stats shows them, wherever they come from. */
#ifndef SEVADM_TRACE_STATS_H
#define SEVADM_TRACE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/filter.h"

/* Bucket N holds times from 2^N up to 2^(N+1) - 1 ns; bucket 0 also 0. */
#define STATS_BUCKETS	64
#define STATUSES_MAX	16

/** struct times - what one kind of time was like */
struct times {
	uint64_t count, sum, min, max, buckets[STATS_BUCKETS];
};

/**
 * struct stats_row - one command, of one VM if @has_vm; or, of no @type, all commands of a VM
 * @bytes: that it was about when it succeeded; @bytes_ns: the time that took
 * @statuses: how it failed, by status of the firmware or, if it did not fail, by errno
 */
struct stats_row {
	uint32_t type, command;
	bool has_vm;
	uint64_t vm, count, failures, bytes, bytes_ns;
	struct {
		bool firmware;
		uint32_t number;
		uint64_t count;
	} statuses[STATUSES_MAX];
	size_t nr_statuses;
	struct times took, waited;
};

/**
 * struct stats - what is counted, and what of it is asked for
 * @ring: count what the ring holds, though the module keeps statistics
 * @reset: reset the module's
 * @live: they are the module's, since @since_ns
 */
struct stats {
	struct filter filter;
	bool by_vm, histograms, ring, reset, live;
	uint64_t end, events, lost, since_ns, left_out;
	struct stats_row *rows;
	size_t nr;
};

/* Another row at the end; NULL: there are too many. */
struct stats_row *stats_add_row(struct stats *stats);

/** stats_row_json() - a row as `sevadm -j trace stats` has it; the caller puts it */
struct json_object *stats_row_json(const struct stats *stats, const struct stats_row *row);

/** stats_status_name() - return the word for status @i of a row: the firmware's, or an errno's */
const char *stats_status_name(const struct stats_row *row, size_t i);

/**
 * stats_take_live() - take over the statistics that the module keeps
 * @stats: gets the rows that its filter and @by_vm choose; @live stays false if the module is too
 *	old
 *
 * Return: an exit code.
 */
int stats_take_live(struct stats *stats);
int stats_reset_live(void);

#endif

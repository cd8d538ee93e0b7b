// SPDX-License-Identifier: GPL-2.0-only
/* The statistics that the module keeps, of commands and of VMs. */
#include <netlink/msg.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/client.h"
#include "trace/stats.h"

static void take_times(struct json_object *row, const char *key, struct times *times)
{
	struct json_object *from = json_object_object_get(row, key), *buckets, *bucket;
	uint64_t from_ns;
	size_t i;

	if (!from)
		return;
	times->count = json_get_u64(from, "count");
	times->sum = json_get_u64(from, "sum_ns");
	times->min = json_get_u64(from, "min_ns");
	times->max = json_get_u64(from, "max_ns");
	buckets = json_object_object_get(from, "buckets");
	for (i = 0; i < json_object_array_length(buckets); i++) {
		bucket = json_object_array_get_idx(buckets, i);
		from_ns = json_get_u64(bucket, "from_ns");
		times->buckets[from_ns ? 63 - __builtin_clzll(from_ns) : 0] =
			json_get_u64(bucket, "count");
	}
}

static void take_statuses(struct json_object *row, struct stats_row *taken)
{
	struct json_object *statuses = json_object_object_get(row, "statuses"), *status;
	size_t i;

	for (i = 0; i < json_object_array_length(statuses) && i < STATUSES_MAX; i++) {
		status = json_object_array_get_idx(statuses, i);
		taken->statuses[i].firmware = !json_is_null(status, "fw_error");
		taken->statuses[i].number = json_get_u64(status, taken->statuses[i].firmware ?
							 "fw_error" : "errno");
		taken->statuses[i].count = json_get_u64(status, "count");
		taken->nr_statuses++;
	}
}

static bool is_wanted(const struct stats *stats, struct json_object *row)
{
	bool of_vm = !json_is_null(row, "vm");
	/*
	 * All that a filter looks at of an event but its VM, for which there are rows of their own.
	 */
	struct filter filter = stats->filter;
	struct sevadm_event event = {
		.type = json_get_u64(row, "event"), .command = json_get_u64(row, "command"),
	};

	if (json_is_null(row, "count") || of_vm != (stats->by_vm || filter.has_vm))
		return false;
	if (of_vm)
		return !filter.has_vm || json_get_u64(row, "vm") == filter.vm;
	filter.has_vm = false;
	return filter_wants(&filter, &event);
}

static int take_row(struct stats *stats, struct json_object *row)
{
	struct stats_row *taken;

	if (!json_is_null(row, "since_ns")) {
		stats->since_ns = json_get_u64(row, "since_ns");
		stats->left_out = json_get_u64(row, "left_out");
	}
	if (!is_wanted(stats, row))
		return EXIT_OK;
	taken = stats_add_row(stats);
	if (!taken)
		return fail(EXIT_REFUSED, "out of memory");
	taken->type = json_get_u64(row, "event");
	taken->command = json_get_u64(row, "command");
	taken->has_vm = !json_is_null(row, "vm");
	taken->vm = json_get_u64(row, "vm");
	taken->count = json_get_u64(row, "count");
	taken->failures = json_get_u64(row, "failures");
	taken->bytes = json_get_u64(row, "bytes");
	taken->bytes_ns = json_get_u64(row, "bytes_ns");
	take_statuses(row, taken);
	take_times(row, "took", &taken->took);
	take_times(row, "wait", &taken->waited);
	return EXIT_OK;
}

int stats_take_live(struct stats *stats)
{
	struct json_object *rows;
	int ret = client_try_dump(SEVADM_CMD_STATS_GET, &stats_attributes, &rows);
	size_t i;

	if (ret || !rows)
		return ret;
	stats->live = true;
	for (i = 0; !ret && i < json_object_array_length(rows); i++)
		ret = take_row(stats, json_object_array_get_idx(rows, i));
	json_object_put(rows);
	return ret;
}

static int fill_nothing(struct nl_msg *msg, void *context)
{
	(void)msg;
	(void)context;
	return 0;
}

int stats_reset_live(void)
{
	const struct client_change reset = { .fill = fill_nothing };

	return client_change(SEVADM_CMD_STATS_RESET, &reset);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What sevadm top shows of VMs: rates between two looks, in an order, of those that are wanted. */
#ifndef SEVADM_TOP_ROWS_H
#define SEVADM_TOP_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "trace/stats.h"

/** enum top_order - what VMs are sorted by, the most first; but for TOP_BY_ID and TOP_BY_NAME */
enum top_order {
	TOP_BY_MEMORY,
	TOP_BY_GROWTH,
	TOP_BY_COMMANDS,
	TOP_BY_FIRMWARE,
	TOP_BY_WAIT,
	TOP_BY_ID,
	TOP_BY_NAME,
	TOP_ORDERS,
};

/* Words of the orders, as the screen shows them. */
extern const char *const top_orders[TOP_ORDERS];

/**
 * struct top_sample - one look
 * @status: `sevadm -j status`
 * @vms: the rows of `sevadm -j vm list`
 * @stats: what the module has counted of each VM
 * @time_ns: when that was (CLOCK_MONOTONIC)
 */
struct top_sample {
	struct json_object *status, *vms;
	struct stats stats;
	uint64_t time_ns;
};

void top_sample_drop(struct top_sample *sample);

/**
 * top_rows() - rows for the screen
 * @before: the look before, or zeroes
 * @now: this one
 * @filter: text that a VM's name, command, type, cgroup or id has in it; "": all
 *
 * Return: an array of rows of `vm list` with held_bytes (pinned and private together),
 * growth_bytes, commands, firmware_share and wait_share, a second and in percent, null at the first
 * look; the caller's.
 */
struct json_object *top_rows(const struct top_sample *before, const struct top_sample *now,
			     enum top_order order, const char *filter);

#endif

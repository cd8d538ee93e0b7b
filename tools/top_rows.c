// SPDX-License-Identifier: GPL-2.0-only
/* What sevadm top shows of VMs: rates between two looks, in an order, of those that are wanted. */
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "top_rows.h"

const char *const top_orders[TOP_ORDERS] = {
	[TOP_BY_MEMORY] = "memory", [TOP_BY_GROWTH] = "growth", [TOP_BY_COMMANDS] = "commands",
	[TOP_BY_FIRMWARE] = "firmware", [TOP_BY_WAIT] = "wait", [TOP_BY_ID] = "id",
	[TOP_BY_NAME] = "name",
};

void top_sample_drop(struct top_sample *sample)
{
	json_object_put(sample->status);
	json_object_put(sample->vms);
	free(sample->stats.rows);
	*sample = (struct top_sample) {};
}

/*
 * Ids are given in order, and rows come in the order of ids; none is at its place only once VMs
 * ended.
 */
static struct json_object *find_vm(struct json_object *vms, uint64_t id)
{
	size_t low = 0, high = vms ? json_object_array_length(vms) : 0, middle;
	struct json_object *vm;

	while (low < high) {
		middle = low + (high - low) / 2;
		vm = json_object_array_get_idx(vms, middle);
		if (json_get_u64(vm, "id") == id)
			return vm;
		if (json_get_u64(vm, "id") < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The module keeps one row, of no type, for all commands of a VM. */
static const struct stats_row *find_stats(const struct stats *stats, uint64_t id)
{
	const struct stats_row *row;

	for (row = stats->rows; row < stats->rows + stats->nr; row++)
		if (row->has_vm && !row->type && row->vm == id)
			return row;
	return NULL;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

/* A row that was not there before began at nothing; one that was reset counts from nothing. */
static uint64_t rise(uint64_t before, uint64_t now)
{
	return now < before ? now : now - before;
}

/*
 * What of a VM cannot be reclaimed, as far as it is known: only a SEV-SNP guest has private memory.
 */
static uint64_t held_bytes(struct json_object *vm)
{
	return vm ? json_get_u64(vm, "pinned_bytes") + json_get_u64(vm, "private_bytes") : 0;
}

static void add_rates(struct json_object *row, const struct top_sample *before,
		      const struct top_sample *now)
{
	uint64_t id = json_get_u64(row, "id"), ns = now->time_ns - before->time_ns;
	struct json_object *vm = find_vm(before->vms, id);
	const struct stats_row *new = find_stats(&now->stats, id),
			       *old = find_stats(&before->stats, id);
	const struct stats_row none = {};
	bool known = before->time_ns && ns;
	int64_t growth;

	json_object_object_add(row, "held_bytes", json_u64(held_bytes(row)));
	json_object_object_add(row, "growth_bytes", NULL);
	json_object_object_add(row, "commands", NULL);
	json_object_object_add(row, "firmware_share", NULL);
	json_object_object_add(row, "wait_share", NULL);
	if (!known)
		return;
	growth = held_bytes(row) - held_bytes(vm);
	json_object_object_add(row, "growth_bytes", json_object_new_int64(growth * 1e9 / ns));
	new = new ?: &none;
	old = old ?: &none;
	json_object_object_add(row, "commands", json_object_new_double(
			       rise(old->count, new->count) * 1e9 / ns));
	json_object_object_add(row, "firmware_share", json_object_new_double(
			       percent(rise(old->took.sum, new->took.sum), ns)));
	json_object_object_add(row, "wait_share", json_object_new_double(
			       percent(rise(old->waited.sum, new->waited.sum), ns)));
}

static bool is_wanted(struct json_object *vm, const char *filter)
{
	static const char *const keys[] = { "id", "name", "comm", "type", "cgroup" };
	const char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		text = json_get_text(vm, keys[i]);
		if (text && strcasestr(text, filter))
			return true;
	}
	return !*filter;
}

static int by_number(const void *a, const void *b, const char *key)
{
	double left = json_object_get_double(
		json_object_object_get(*(struct json_object *const *)a, key));
	double right = json_object_get_double(
		json_object_object_get(*(struct json_object *const *)b, key));

	return left < right ? 1 : left > right ? -1 : 0;
}

static int by_id(const void *a, const void *b)
{
	return -by_number(a, b, "id");
}

/* Equal rows stay in one order, or they would jump. */
static int by_memory(const void *a, const void *b)
{
	return by_number(a, b, "held_bytes") ?: by_id(a, b);
}

static int by_growth(const void *a, const void *b)
{
	return by_number(a, b, "growth_bytes") ?: by_id(a, b);
}

static int by_commands(const void *a, const void *b)
{
	return by_number(a, b, "commands") ?: by_id(a, b);
}

static int by_firmware(const void *a, const void *b)
{
	return by_number(a, b, "firmware_share") ?: by_id(a, b);
}

static int by_wait(const void *a, const void *b)
{
	return by_number(a, b, "wait_share") ?: by_id(a, b);
}

static const char *name_of(const void *vm)
{
	struct json_object *row = *(struct json_object *const *)vm;

	return json_get_text(row, "name") ?: json_get_text(row, "comm") ?: "";
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(name_of(a), name_of(b)) ?: by_id(a, b);
}

static int (*const orders[TOP_ORDERS])(const void *a, const void *b) = {
	[TOP_BY_MEMORY] = by_memory, [TOP_BY_GROWTH] = by_growth, [TOP_BY_COMMANDS] = by_commands,
	[TOP_BY_FIRMWARE] = by_firmware, [TOP_BY_WAIT] = by_wait, [TOP_BY_ID] = by_id,
	[TOP_BY_NAME] = by_name,
};

struct json_object *top_rows(const struct top_sample *before, const struct top_sample *now,
			     enum top_order order, const char *filter)
{
	struct json_object *rows = json_object_new_array(), *vm, *row;
	size_t i;

	for (i = 0; i < json_object_array_length(now->vms); i++) {
		vm = json_object_array_get_idx(now->vms, i);
		if (!is_wanted(vm, filter))
			continue;
		row = NULL;
		json_object_deep_copy(vm, &row, NULL);
		add_rates(row, before, now);
		json_object_array_add(rows, row);
	}
	json_object_array_sort(rows, orders[order]);
	return rows;
}

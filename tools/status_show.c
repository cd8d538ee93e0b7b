// SPDX-License-Identifier: GPL-2.0-only
/* sevadm status: the host on one screen: what is wrong, then what is used, then who uses most. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "cli/bar.h"
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "explain/last.h"
#include "host/facts.h"
#include "sev/names.h"
#include "status.h"
#include "status_findings.h"
#include "trace/stats.h"
#include "vm.h"

#define BUSIEST		5
#define POOL_WIDTH	26
#define PINNED_WIDTH	40

/* What failed earlier is hardly what somebody looks for. */
#define RECENT_NS	3600000000000LL

static const struct column pool_columns[] = {
	{ "pool", "POOL" },
	{ "bar", "# USED  ~ RECLAIM  + RESERVED" },
	{ "capacity", "ASIDS" },
	{ "used", "USED" },
	{ "reclaim", "RECLAIM" },
	{ "reserved", "RESERVED" },
	{ "free", "FREE" },
	{ "peak", "PEAK" },
};

static const struct column vm_columns[] = {
	{ "id", "VM" },
	{ "name", "NAME" },
	{ "type", "TYPE" },
	{ "asid", "ASID" },
	{ "pinned_bytes", "PINNED", format_bytes },
	{ "commands", "COMMANDS" },
	{ "firmware_ns", "IN FIRMWARE", format_ns },
};

static struct json_object *get(struct json_object *row, const char *key)
{
	return json_object_object_get(row, key);
}

static void copy(struct json_object *to, struct json_object *row, const char *key)
{
	json_object_object_add(to, key, json_object_get(get(row, key)));
}

/* ---- the busiest VMs ------------------------------------------------------------------------ */

/* The module keeps one row, of no type, for all commands of a VM; the time is what they took. */
static const struct stats_row *stats_of(const struct stats *stats, uint64_t vm)
{
	const struct stats_row *row;

	for (row = stats->rows; row < stats->rows + stats->nr; row++)
		if (row->has_vm && !row->type && row->vm == vm)
			return row;
	return NULL;
}

static struct json_object *busy_row(struct json_object *vm, const struct stats *stats)
{
	const struct stats_row *counted = stats_of(stats, json_get_u64(vm, "id"));
	struct json_object *row = json_object_new_object();

	copy(row, vm, "id");
	copy(row, vm, "name");
	copy(row, vm, "type");
	copy(row, vm, "asid");
	copy(row, vm, "pinned_bytes");
	json_object_object_add(row, "commands", json_known_u64(counted, counted ? counted->count : 0));
	json_object_object_add(row, "firmware_ns",
			       json_known_u64(counted, counted ? counted->took.sum : 0));
	return row;
}

static int by_busy(const void *a, const void *b)
{
	static const char *const keys[] = { "firmware_ns", "commands", "pinned_bytes" };
	uint64_t left, right;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		left = json_get_u64(*(struct json_object *const *)a, keys[i]);
		right = json_get_u64(*(struct json_object *const *)b, keys[i]);
		if (left != right)
			return left < right ? 1 : -1;
	}
	return 0;
}

struct json_object *status_busiest(struct json_object *vms, const struct stats *stats)
{
	struct json_object *rows = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(vms); i++)
		json_object_array_add(rows, busy_row(json_object_array_get_idx(vms, i), stats));
	json_object_array_sort(rows, by_busy);
	if (json_object_array_length(rows) > BUSIEST)
		json_object_array_del_idx(rows, BUSIEST, json_object_array_length(rows) - BUSIEST);
	return rows;
}

/* ---- the screen ----------------------------------------------------------------------------- */

static void print_head(struct json_object *status)
{
	struct json_object *module = get(status, "module"), *firmware = get(status, "firmware");

	printf("sevadm %s, %s; firmware ", json_get_text(module, "version"),
	       json_get_text(module, "state"));
	if (json_is_null(firmware, "api_major"))
		puts("not heard from yet");
	else
		printf("API %s.%s build %s, %s\n", output_text(firmware, "api_major", NULL),
		       output_text(firmware, "api_minor", NULL),
		       output_text(firmware, "build", NULL), output_text(firmware, "state", NULL));
}

static void print_findings(struct json_object *findings)
{
	struct json_object *finding;
	size_t i;

	if (!json_object_array_length(findings))
		puts("\nNothing is wrong: no pool and no limit is nearly used up.");
	for (i = 0; i < json_object_array_length(findings); i++) {
		finding = json_object_array_get_idx(findings, i);
		printf("\n%s: %s\n  %s\n", json_get_text(finding, "severity"),
		       output_text(finding, "message", NULL), json_get_text(finding, "fix"));
	}
}

static struct json_object *pool_row(const char *name, struct json_object *pool)
{
	struct json_object *row = json_object_new_object();
	const struct bar_part parts[] = {
		{ '#', json_get_u64(pool, "used") }, { '~', json_get_u64(pool, "reclaim") },
		{ '+', json_get_u64(pool, "reserved") },
	};
	char bar[BAR_MAX + 1];
	size_t i;

	bar_draw(bar, POOL_WIDTH, json_get_u64(pool, "capacity"), parts, ARRAY_SIZE(parts));
	json_object_object_add(row, "pool", json_object_new_string(name));
	json_object_object_add(row, "bar", json_object_new_string(bar));
	for (i = 2; i < ARRAY_SIZE(pool_columns); i++)
		copy(row, pool, pool_columns[i].key);
	return row;
}

static void print_pools(struct json_object *pools)
{
	struct json_object *rows = json_object_new_array();

	json_object_object_foreach(pools, name, pool)
		json_object_array_add(rows, pool_row(name, pool));
	putchar('\n');
	output_table(rows, pool_columns, ARRAY_SIZE(pool_columns));
	json_object_put(rows);
}

/* The bar is of the limit if there is one, else of the host's memory. */
static void print_pinned(struct json_object *pinned)
{
	struct json_object *whole = json_object_new_object();
	bool limited = !json_is_null(pinned, "max_bytes");
	struct bar_part part = { '#', json_get_u64(pinned, "current_bytes") };
	char bar[BAR_MAX + 1];
	struct sysinfo info;
	uint64_t memory = 0;

	if (!sysinfo(&info))
		memory = (uint64_t)info.totalram * info.mem_unit;
	if (limited)
		memory = json_get_u64(pinned, "max_bytes");
	json_object_object_add(whole, "bytes", json_u64(memory));
	if (json_is_null(pinned, "current_bytes")) {
		puts("\npinned  not known: the seam that counts pins is not attached");
	} else {
		bar_draw(bar, PINNED_WIDTH, memory, &part, 1);
		bar_mark(bar, PINNED_WIDTH, memory, json_get_u64(pinned, "peak_bytes"), '|');
		printf("\npinned  %s  %s of %s (%s), at most %s\n", bar,
		       output_text(pinned, "current_bytes", format_bytes),
		       output_text(whole, "bytes", format_bytes), limited ? "host's limit" : "host's memory",
		       output_text(pinned, "peak_bytes", format_bytes));
	}
	json_object_put(whole);
}

/* Hosts without SEV-SNP have no word of it. */
static void print_private(struct json_object *private)
{
	if (json_is_null(private, "current_bytes"))
		return;
	printf("private %s, at most %s; limit: %s; the firmware has %s\n",
	       output_text(private, "current_bytes", format_bytes),
	       output_text(private, "peak_bytes", format_bytes),
	       json_is_null(private, "max_bytes") ? "none" :
	       output_text(private, "max_bytes", format_bytes),
	       output_text(private, "firmware_bytes", format_bytes));
	if (json_get_u64(private, "leaked_bytes"))
		printf("        %s leaked: the firmware would not return it, only a reboot does\n",
		       output_text(private, "leaked_bytes", format_bytes));
}

static void print_vms(struct json_object *status)
{
	struct json_object *busiest = get(status, "busiest");
	uint64_t nr = json_get_u64(status, "vms");

	if (!json_object_array_length(busiest)) {
		puts("\nNo VM holds SEV resources.");
		return;
	}
	if (nr > json_object_array_length(busiest))
		printf("\nThe busiest of %" PRIu64 " VMs:\n", nr);
	else
		putchar('\n');
	output_table(busiest, vm_columns, ARRAY_SIZE(vm_columns));
}

/* Of a launch that failed nothing is left but its trace, which not everybody may read. */
static void print_last_failure(void)
{
	struct last last = {};

	if (access(SEVADM_DEVICE, R_OK) || last_read(&last) || !last.nr ||
	    last_is_older(&last, RECENT_NS))
		return;
	last_find_name(&last, host_root());
	fputs("\nlast failure: ", stdout);
	last_print_when(&last);
	puts("\n  sevadm explain --last has the cause and what to do");
}

static void print_status(struct json_object *status)
{
	print_head(status);
	print_findings(get(status, "findings"));
	print_last_failure();
	print_pools(get(status, "pools"));
	print_pinned(get(status, "pinned"));
	print_private(get(status, "private"));
	print_vms(status);
}

/* Adds what was found, and the busiest VMs. */
static int complete(struct json_object *status)
{
	struct stats stats = {}, by_vm = { .by_vm = true };
	struct json_object *vms;
	int ret;

	ret = vms_get(&vms);
	if (ret)
		return ret;
	ret = stats_take_live(&stats);
	if (!ret)
		ret = stats_take_live(&by_vm);
	if (!ret) {
		/* Programs ask often, and nothing but the module. */
		if (!output_json)
			status_add_tcb(status);
		json_object_object_add(status, "findings",
				       status_findings(status, stats.live ? &stats : NULL));
		json_object_object_add(status, "busiest", status_busiest(vms, &by_vm));
	}
	free(stats.rows);
	free(by_vm.rows);
	json_object_put(vms);
	return ret;
}

static int status_show(int argc, char **argv)
{
	struct json_object *status;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "status takes no arguments: see sevadm status --help");
	ret = status_get(&status);
	if (ret)
		return ret;
	ret = complete(status);
	if (!ret && output_json)
		output_print_json(status);
	else if (!ret)
		print_status(status);
	json_object_put(status);
	return ret;
}

const struct command status_commands[] = {
	{ "show", NULL, "what is wrong, ASID pools, pinned memory, and the busiest VMs", NULL,
	  status_show },
	{}
};

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm trace stats: each command's count, failures and times, from the ring or a recording. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/device.h"
#include "kernel/device_rows.h"
#include "sev/names.h"
#include "trace/event.h"
#include "trace/recording.h"
#include "trace/stats.h"
#include "trace/trace.h"
#include "vm.h"

#define BAR_WIDTH	40

/* Columns that say which VM. */
#define NR_OF_VM	2

const struct option_row trace_stats_options[] = {
	FILTER_ROWS(struct stats),
	{ "ring", 0, NULL, "count the events that the ring holds",
	  OPTION_FLAG(struct stats, ring) },
	{ "reset", 0, NULL, "reset the module's statistics",
	  OPTION_FLAG(struct stats, reset) },
	{ "by-vm", 0, NULL, "each VM by itself", OPTION_FLAG(struct stats, by_vm) },
	{ "histogram", 0, NULL, "how often a command took how long",
	  OPTION_FLAG(struct stats, histograms) },
	{}
};

/* ---- counting -------------------------------------------------------------------------------- */

/* @count: of calls that took so long on average */
static void add_time(struct times *times, uint64_t ns, uint64_t count)
{
	if (!times->count || ns < times->min)
		times->min = ns;
	if (ns > times->max)
		times->max = ns;
	times->count += count;
	times->sum += ns * count;
	times->buckets[ns ? 63 - __builtin_clzll(ns) : 0] += count;
}

static void add_status(struct stats_row *row, const struct sevadm_event *event, uint64_t count)
{
	bool firmware = event->known & SEVADM_KNOWN_FW_ERROR && event->fw_error;
	uint32_t number = firmware ? event->fw_error : (uint32_t)-event->ret;
	size_t i;

	row->failures += count;
	for (i = 0; i < row->nr_statuses; i++)
		if (row->statuses[i].firmware == firmware && row->statuses[i].number == number)
			break;
	if (i == STATUSES_MAX)
		return;
	if (i == row->nr_statuses) {
		row->nr_statuses++;
		row->statuses[i].firmware = firmware;
		row->statuses[i].number = number;
	}
	row->statuses[i].count += count;
}

static struct stats_row *row_of(struct stats *stats, const struct sevadm_event *event)
{
	bool has_vm = stats->by_vm && event->known & SEVADM_KNOWN_VM;
	struct stats_row *row;
	size_t i;

	for (i = stats->nr; i > 0; i--) {
		row = &stats->rows[i - 1];
		if (row->type == event->type && row->command == event->command &&
		    row->has_vm == has_vm && (!has_vm || row->vm == event->vm))
			return row;
	}
	row = stats_add_row(stats);
	if (!row)
		return NULL;
	*row = (struct stats_row) {
		.type = event->type, .command = event->command, .has_vm = has_vm,
		.vm = has_vm ? event->vm : 0,
	};
	return row;
}

static void count_event(struct stats *stats, const struct sevadm_event *event)
{
	uint64_t count = event->flags & SEVADM_EVENT_REPEATED ? event->count : 1;
	struct stats_row *row;

	if (event->type == SEVADM_EVENT_LOST) {
		stats->lost += event->count;
		return;
	}
	if (!filter_wants(&stats->filter, event))
		return;
	stats->events++;
	if (event->type == SEVADM_EVENT_ASID || event->type == SEVADM_EVENT_LIMIT ||
	    event_is_conversion(event))
		return;
	row = row_of(stats, event);
	if (!row) {
		stats->left_out++;
		return;
	}
	row->count += count;
	if (event_is_error(event))
		add_status(row, event, count);
	if (!event->ret && event->known & SEVADM_KNOWN_BYTES) {
		row->bytes += event->bytes;
		row->bytes_ns += event->duration_ns;
	}
	add_time(&row->took, event->duration_ns, count);
	if (event->known & SEVADM_KNOWN_WAIT)
		add_time(&row->waited, event->wait_ns, 1);
}

/* ---- where events come from ------------------------------------------------------------------ */

#define AT_END (-1)

static int take_event(const struct sevadm_event *event, void *context)
{
	struct stats *stats = context;

	if (event->seq >= stats->end)
		return AT_END;
	count_event(stats, event);
	return EXIT_OK;
}

static int count_ring(struct stats *stats)
{
	int fd, ret = device_open(&fd);

	if (ret)
		return ret;
	ret = filter_apply(&stats->filter, fd);
	if (!ret)
		ret = device_seek(fd, SEVADM_SEEK_NEWEST, &stats->end);
	if (!ret)
		ret = device_seek(fd, SEVADM_SEEK_OLDEST, NULL);
	if (!ret)
		ret = device_read(fd, take_event, stats);
	close(fd);
	return ret == AT_END ? EXIT_OK : ret;
}

static int count_recording(struct stats *stats, const char *path, bool *readable)
{
	struct loaded loaded;
	int ret = recording_load(path, &loaded);
	size_t i;

	*readable = loaded.header;
	for (i = 0; i < loaded.nr; i++)
		count_event(stats, &loaded.events[i]);
	stats->lost += loaded.lost;
	loaded_free(&loaded);
	return ret;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* SEVADM_EVENT_LOST is not a command: all that a VM had done. */
static bool is_vm(const struct stats_row *row)
{
	return row->type == SEVADM_EVENT_LOST;
}

static const char *command_of(const struct stats_row *row)
{
	return row->type == SEVADM_EVENT_PSP ? psp_command_name(row->command) :
	       kvm_command_name(row->command);
}

const char *stats_status_name(const struct stats_row *row, size_t i)
{
	const char *name = row->statuses[i].firmware ? fw_error_name(row->statuses[i].number) :
			   strerrorname_np(row->statuses[i].number);

	return name ?: "unknown";
}

static struct json_object *times_row(const struct times *times)
{
	struct json_object *row = json_object_new_object(), *buckets = json_object_new_array();
	size_t i;

	for (i = 0; i < STATS_BUCKETS; i++) {
		struct json_object *bucket;

		if (!times->buckets[i])
			continue;
		bucket = json_object_new_object();
		json_object_object_add(bucket, "from_ns", json_u64(i ? 1ULL << i : 0));
		json_object_object_add(bucket, "count", json_u64(times->buckets[i]));
		json_object_array_add(buckets, bucket);
	}
	json_object_object_add(row, "count", json_u64(times->count));
	json_object_object_add(row, "min_ns", json_known_u64(times->count, times->min));
	json_object_object_add(row, "mean_ns", times->count ? json_u64(times->sum / times->count) :
			       NULL);
	json_object_object_add(row, "max_ns", json_known_u64(times->count, times->max));
	json_object_object_add(row, "histogram", buckets);
	return row;
}

static struct json_object *statuses_json(const struct stats_row *stats_row)
{
	struct json_object *statuses = json_object_new_object();
	uint64_t other = stats_row->failures;
	size_t i;

	for (i = 0; i < stats_row->nr_statuses; i++) {
		other -= stats_row->statuses[i].count;
		json_object_object_add(statuses, stats_status_name(stats_row, i),
				       json_u64(stats_row->statuses[i].count));
	}
	if (other)
		json_object_object_add(statuses, "other", json_u64(other));
	return statuses;
}

static struct json_object *rate_json(const struct stats_row *row)
{
	return json_known_u64(row->bytes && row->bytes_ns,
			      row->bytes_ns ? row->bytes * 1e9 / row->bytes_ns : 0);
}

struct json_object *stats_row_json(const struct stats *stats, const struct stats_row *stats_row)
{
	bool has_wait = stats_row->type == SEVADM_EVENT_PSP || is_vm(stats_row);
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "event", json_known_string(!is_vm(stats_row),
							       event_types[stats_row->type]));
	json_object_object_add(row, "command", json_known_string(!is_vm(stats_row),
								 command_of(stats_row)));
	json_object_object_add(row, "command_id", json_known_u64(!is_vm(stats_row),
								 stats_row->command));
	json_object_object_add(row, "vm", json_known_u64(stats_row->has_vm, stats_row->vm));
	json_object_object_add(row, "count", json_u64(stats_row->count));
	json_object_object_add(row, "failures", json_u64(stats_row->failures));
	json_object_object_add(row, "statuses", statuses_json(stats_row));
	json_object_object_add(row, "bytes", json_u64(stats_row->bytes));
	json_object_object_add(row, "bytes_per_second", rate_json(stats_row));
	json_object_object_add(row, has_wait ? "psp" : "duration", times_row(&stats_row->took));
	if (has_wait)
		json_object_object_add(row, "wait", times_row(&stats_row->waited));
	json_object_object_add(row, "since_ns", json_known_u64(stats->live, stats->since_ns));
	return row;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void format_mean(struct json_object *value, char *text, size_t size)
{
	struct json_object *mean = json_object_object_get(value, "mean_ns");

	snprintf(text, size, "-");
	if (mean)
		format_ns(mean, text, size);
}

static void format_max(struct json_object *value, char *text, size_t size)
{
	struct json_object *max = json_object_object_get(value, "max_ns");

	snprintf(text, size, "-");
	if (max)
		format_ns(max, text, size);
}

static void format_min(struct json_object *value, char *text, size_t size)
{
	struct json_object *min = json_object_object_get(value, "min_ns");

	snprintf(text, size, "-");
	if (min)
		format_ns(min, text, size);
}

static void format_statuses(struct json_object *value, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	json_object_object_foreach(value, name, count) {
		length += snprintf(text + length, size - length, "%s%s %" PRIu64,
				   length ? ", " : "", name, json_object_get_uint64(count));
		if (length >= size)
			return;
	}
	if (!length)
		snprintf(text, size, "-");
}

static const struct column columns[] = {
	{ "vm", "VM" }, { "name", "NAME" },
	{ "event", "EVENT" }, { "command", "COMMAND" }, { "count", "COUNT" },
	{ "took", "MIN", format_min }, { "took", "MEAN", format_mean },
	{ "took", "MAX", format_max }, { "wait", "WAITED", format_mean },
	{ "wait", "AT MOST", format_max }, { "bytes", "BYTES", format_bytes },
	{ "bytes_per_second", "A SECOND", format_bytes },
	{ "statuses", "FAILURES", format_statuses },
};

static void print_histogram(const char *what, const struct times *times)
{
	size_t first = 0, last = STATS_BUCKETS - 1, i;
	struct json_object *from;
	uint64_t most = 0;
	char text[32];
	int width;

	if (!times->count)
		return;
	while (!times->buckets[first])
		first++;
	while (!times->buckets[last])
		last--;
	for (i = first; i <= last; i++)
		if (times->buckets[i] > most)
			most = times->buckets[i];
	printf("  %s\n", what);
	for (i = first; i <= last; i++) {
		from = json_u64(i ? 1ULL << i : 0);
		format_ns(from, text, sizeof(text));
		json_object_put(from);
		printf("  %9s  %8" PRIu64 "  ", text, times->buckets[i]);
		/* One that is there can be seen. */
		for (width = (times->buckets[i] * BAR_WIDTH + most - 1) / most; width > 0; width--)
			putchar('#');
		putchar('\n');
	}
}

static void print_histograms(const struct stats *stats)
{
	const struct stats_row *row;
	size_t i;

	for (i = 0; i < stats->nr; i++) {
		row = &stats->rows[i];
		if (is_vm(row))
			printf("\ncommands");
		else
			printf("\n%s %s", event_types[row->type], command_of(row));
		if (row->has_vm)
			printf(" of VM %" PRIu64, row->vm);
		puts(", from at least:");
		print_histogram(row->type == SEVADM_EVENT_PSP || is_vm(row) ? "inside the firmware" : "took",
				&row->took);
		print_histogram("waiting for it", &row->waited);
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct stats_row *left = a, *right = b;

	if (left->type != right->type)
		return left->type < right->type ? -1 : 1;
	if (left->command != right->command)
		return left->command < right->command ? -1 : 1;
	return (left->vm > right->vm) - (left->vm < right->vm);
}

/* Say what is counted. */
static void print_source(const struct stats *stats)
{
	struct json_object *since = json_u64(stats->since_ns);
	char ago[32];

	format_since(since, ago, sizeof(ago));
	json_object_put(since);
	if (stats->live)
		printf("the module's statistics, which began %s\n\n", ago);
	else
		printf("%" PRIu64 " events, %" PRIu64 " lost\n\n", stats->events, stats->lost);
}

/* VMs that are gone have no name any more. */
static void add_names(struct json_object *rows)
{
	struct json_object *vms, *row, *vm;
	size_t i, k;

	if (vms_get(&vms))
		return;
	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		json_object_object_add(row, "name", NULL);
		for (k = 0; k < json_object_array_length(vms); k++) {
			vm = json_object_array_get_idx(vms, k);
			if (!json_is_null(row, "vm") &&
			    json_get_u64(row, "vm") == json_get_u64(vm, "id"))
				json_object_object_add(row, "name", json_object_get(
						       json_object_object_get(vm, "name")));
		}
	}
	json_object_put(vms);
}

/* Numbers of VMs in a recording are those of another time, or of another host. */
static void print(struct stats *stats, bool recorded)
{
	struct json_object *rows = json_object_new_array(), *row;
	size_t without = stats->by_vm ? 0 : NR_OF_VM, i;

	if (stats->nr)
		qsort(stats->rows, stats->nr, sizeof(*stats->rows), compare_rows);
	for (i = 0; i < stats->nr; i++) {
		row = stats_row_json(stats, &stats->rows[i]);
		if (!output_json)
			json_object_object_add(row, "took", times_row(&stats->rows[i].took));
		json_object_array_add(rows, row);
	}
	if (stats->by_vm && !recorded)
		add_names(rows);
	if (output_json) {
		output_print_json(rows);
	} else {
		print_source(stats);
		output_table(rows, columns + without, ARRAY_SIZE(columns) - without);
		if (stats->histograms)
			print_histograms(stats);
		if (stats->left_out)
			printf("\n%" PRIu64 " events of %s are left out\n", stats->left_out,
			       stats->live ? "unknown commands" : "more commands and VMs");
	}
	json_object_put(rows);
}

/* The module adds up each command, and each VM; what single events were like it does not keep. */
static bool needs_events(const struct stats *stats)
{
	const struct filter *filter = &stats->filter;

	return filter->has_pid || filter->errors || filter->longer_ns ||
	       ((filter->has_vm || stats->by_vm) && (filter->types || filter->nr_commands));
}

/* Members of group sevadm see the ring, and nothing else. */
static int count_host(struct stats *stats)
{
	int ret = EXIT_OK;

	if (!stats->ring && needs_events(stats))
		return fail(EXIT_USAGE, "the module keeps totals of each command and of each VM only: add --ring to count what the ring holds");
	if (!stats->ring && !group_view())
		ret = stats_take_live(stats);
	return ret || stats->live ? ret : count_ring(stats);
}

int trace_stats(int argc, char **argv)
{
	struct stats stats = {};
	bool readable = true;
	int ret;

	ret = options_parse(trace_stats_options, &stats, &argc, argv);
	if (ret)
		return ret;
	if (argc > 1)
		return fail(EXIT_USAGE, "trace stats takes one recording at most");
	if (argc && (stats.ring || stats.reset))
		return fail(EXIT_USAGE, "a recording has no ring and cannot be reset");
	if (stats.reset)
		return stats_reset_live();
	ret = argc ? count_recording(&stats, argv[0], &readable) : count_host(&stats);
	if (argc ? readable : !ret)
		print(&stats, argc);
	free(stats.rows);
	return ret;
}

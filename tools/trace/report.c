// SPDX-License-Identifier: GPL-2.0-only
/* sevadm trace report: where the time of a recorded launch went, as text, JSON and a picture. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "sev/names.h"
#include "trace/filter.h"
#include "trace/recording.h"
#include "trace/svg.h"
#include "trace/timeline.h"
#include "trace/trace.h"

#define BAR_WIDTH 30

/** struct options - @filter has to be the first; @svg: file of the picture, or NULL */
struct options {
	struct filter filter;
	const char *svg;
};

const struct option_row trace_report_options[] = {
	FILTER_ROWS(struct options),
	{ "svg", 0, "FILE", "also draw the timeline into this file", OPTION_TEXT(struct options, svg) },
	{}
};

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json_object *slice_row(const struct slice *slice)
{
	struct json_object *row = json_object_new_object();
	bool firmware = slice->kind == SLICE_FIRMWARE;

	json_object_object_add(row, "kind", json_object_new_string(slice_kind_name(slice->kind)));
	json_object_object_add(row, "command", json_known_string(firmware, slice_name(slice)));
	json_object_object_add(row, "count", json_u64(slice->count));
	json_object_object_add(row, "failures", json_u64(slice->failures));
	json_object_object_add(row, "ns", json_u64(slice->ns));
	json_object_object_add(row, "max_ns", json_u64(slice->max_ns));
	json_object_object_add(row, "bytes", json_u64(slice->bytes));
	return row;
}

static struct json_object *phase_rows(const struct phase *phase)
{
	struct json_object *rows = json_object_new_array();
	size_t i;

	for (i = 0; i < phase->nr; i++)
		json_object_array_add(rows, slice_row(&phase->slices[i]));
	return rows;
}

static struct json_object *vm_row(const struct vm_timeline *vm)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "vm", json_known_u64(vm->has_vm, vm->vm));
	json_object_object_add(row, "pid", json_known_u64(vm->has_vm, vm->pid));
	json_object_object_add(row, "comm", vm->has_vm ? json_text(vm->comm) : NULL);
	json_object_object_add(row, "start_ns", json_u64(vm->start_ns));
	json_object_object_add(row, "launch_ns", json_known_u64(vm->has_vm, vm->launch_end_ns -
								vm->start_ns));
	json_object_object_add(row, "finished", json_object_new_boolean(vm->finished));
	json_object_object_add(row, "events", json_u64(vm->events));
	json_object_object_add(row, "failures", json_u64(vm->failures));
	json_object_object_add(row, "made_private", json_u64(vm->made_private));
	json_object_object_add(row, "made_shared", json_u64(vm->made_shared));
	json_object_object_add(row, "launch", phase_rows(&vm->launch));
	json_object_object_add(row, "after", phase_rows(&vm->after));
	return row;
}

static void print_json(const struct loaded *loaded, const struct timeline *timeline)
{
	struct json_object *report = json_object_new_object(), *vms = json_object_new_array();
	size_t i;

	for (i = 0; i < timeline->nr; i++)
		json_object_array_add(vms, vm_row(timeline->vms[i]));
	json_object_object_add(report, "recording", json_object_get(loaded->header));
	json_object_object_add(report, "complete", json_object_new_boolean(loaded->complete));
	json_object_object_add(report, "events", json_u64(loaded->nr));
	json_object_object_add(report, "lost", json_u64(loaded->lost));
	json_object_object_add(report, "duration_ns",
			       json_u64(timeline->end_ns - timeline->start_ns));
	json_object_object_add(report, "vms", vms);
	output_print_json(report);
	json_object_put(report);
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *ns_text(uint64_t ns, char text[32])
{
	struct json_object *value = json_u64(ns);

	format_ns(value, text, 32);
	json_object_put(value);
	return text;
}

static void print_bar(uint64_t part, uint64_t whole)
{
	unsigned int eighths = whole ? part * 8.0 * BAR_WIDTH / whole + 0.5 : 0;
	static const char *const partial[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };

	for (; eighths >= 8; eighths -= 8)
		fputs("█", stdout);
	fputs(partial[eighths], stdout);
}

static int compare_slices(const void *a, const void *b)
{
	const struct slice *left = *(const struct slice *const *)a;
	const struct slice *right = *(const struct slice *const *)b;

	return (left->ns < right->ns) - (left->ns > right->ns);
}

static void print_slice(const struct slice *slice, uint64_t whole)
{
	char text[32], most[32];
	struct json_object *bytes = json_u64(slice->bytes);

	printf("  %-24s  %9s  ", slice_name(slice), ns_text(slice->ns, text));
	if (whole)
		printf("%5.1f %%  ", 100.0 * slice->ns / whole);
	if (slice->count)
		printf("%6" PRIu64 " x  longest %9s  ", slice->count,
		       ns_text(slice->max_ns, most));
	else
		printf("%6s    %17s  ", "", "");
	print_bar(slice->ns, whole);
	if (slice->bytes) {
		format_bytes(bytes, text, sizeof(text));
		printf(" %s", text);
	}
	if (slice->failures)
		printf(" (%" PRIu64 " failed)", slice->failures);
	putchar('\n');
	json_object_put(bytes);
}

static void print_phase(const struct phase *phase, uint64_t whole)
{
	const struct slice *sorted[SLICES_MAX];
	size_t i;

	for (i = 0; i < phase->nr; i++)
		sorted[i] = &phase->slices[i];
	qsort(sorted, phase->nr, sizeof(*sorted), compare_slices);
	for (i = 0; i < phase->nr; i++)
		print_slice(sorted[i], whole);
}

static void print_vm(const struct vm_timeline *vm, uint64_t start_ns)
{
	char text[32], comm[sizeof(vm->comm)];
	uint64_t whole = vm->launch_end_ns - vm->start_ns;

	if (!vm->has_vm) {
		printf("\nof no VM: %" PRIu64 " event%s\n", vm->events, plural(vm->events));
		print_phase(&vm->launch, 0);
		return;
	}
	strcpy(comm, vm->comm);
	output_make_printable(comm);
	printf("\nVM %" PRIu64 ", %u %s: launch %s in %s, from %.6f s on\n", vm->vm, vm->pid, comm,
	       vm->finished ? "finished" : "not finished", ns_text(whole, text),
	       (vm->start_ns - start_ns) / 1e9);
	print_phase(&vm->launch, whole);
	if (vm->after.nr) {
		puts("  afterwards:");
		print_phase(&vm->after, 0);
	}
	if (vm->made_private || vm->made_shared)
		printf("  in all: %" PRIu64 " pages became private, %" PRIu64 " were given back\n",
		       vm->made_private, vm->made_shared);
}

static void print_failures(const struct loaded *loaded)
{
	bool first = true;
	size_t i;

	for (i = 0; i < loaded->nr; i++) {
		if (!event_is_error(&loaded->events[i]))
			continue;
		if (first) {
			puts("\nwhat failed:");
			event_print_heading();
		}
		first = false;
		event_print(&loaded->events[i], NULL);
	}
}

static void print_text(const struct loaded *loaded, const struct timeline *timeline)
{
	struct json_object *header = loaded->header;
	char text[32];
	size_t i;

	printf("recorded on %s, kernel %s", output_text(header, "hostname", NULL),
	       output_text(header, "kernel", NULL));
	if (!json_is_null(header, "firmware_api_major"))
		printf(", firmware %s.%s build %s", output_text(header, "firmware_api_major", NULL),
		       output_text(header, "firmware_api_minor", NULL),
		       output_text(header, "firmware_build", NULL));
	printf(", at %s\n", output_text(header, "time", NULL));
	printf("%zu event%s in %s, %" PRIu64 " lost%s\n", loaded->nr, plural(loaded->nr),
	       ns_text(timeline->end_ns - timeline->start_ns, text), loaded->lost,
	       loaded->complete ? "" : "; the recording is not complete");
	for (i = 0; i < timeline->nr; i++)
		print_vm(timeline->vms[i], timeline->start_ns);
	if (timeline->left_out)
		printf("\n%zu events of more than %d VMs are left out: choose some by --vm\n",
		       timeline->left_out, VMS_MAX);
	print_failures(loaded);
}

/* ---- the command ----------------------------------------------------------------------------- */

static void keep_wanted(const struct filter *filter, struct loaded *loaded)
{
	size_t kept = 0, i;

	for (i = 0; i < loaded->nr; i++)
		if (filter_wants(filter, &loaded->events[i]))
			loaded->events[kept++] = loaded->events[i];
	loaded->nr = kept;
}

int trace_report(int argc, char **argv)
{
	struct options options = {};
	struct timeline timeline;
	struct loaded loaded;
	int ret, drawn = EXIT_OK;

	ret = options_parse(trace_report_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (argc != 1)
		return fail(EXIT_USAGE, "trace report needs one recording: see sevadm trace --help");
	ret = recording_load(argv[0], &loaded);
	if (!loaded.header)
		return ret;
	/* Of a damaged recording, what could be read is still reported. */
	keep_wanted(&options.filter, &loaded);
	if (!timeline_build(loaded.events, loaded.nr, &timeline)) {
		ret = fail(EXIT_REFUSED, "out of memory");
	} else {
		if (output_json)
			print_json(&loaded, &timeline);
		else
			print_text(&loaded, &timeline);
		if (options.svg)
			drawn = svg_draw(options.svg, &loaded, &timeline);
	}
	timeline_free(&timeline);
	loaded_free(&loaded);
	return ret ?: drawn;
}

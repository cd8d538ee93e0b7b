// SPDX-License-Identifier: GPL-2.0-only
/* sevadm report: all that a ticket needs of this host, in one file. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "asid.h"
#include "check/host_rules.h"
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/version.h"
#include "host/facts.h"
#include "host_report.h"
#include "kernel/device.h"
#include "limit/kernel.h"
#include "report/atomic_file.h"
#include "sev/names.h"
#include "status.h"
#include "status_findings.h"
#include "trace/event.h"
#include "trace/filter.h"
#include "trace/stats.h"
#include "trace/svg.h"
#include "trace/timeline.h"
#include "vm.h"

/* More make a page that no browser likes; the newest are kept. */
#define EVENTS_MAX 20000

/**
 * struct report_options - what is wanted, and what is in the ring of it
 * @filter: of one VM, if it has one
 * @since_ns: events not older than that; 0: all
 * @events: in a ring of EVENTS_MAX, of which @nr were put
 */
struct report_options {
	struct filter filter;
	unsigned long long since_ns;
	const char *output;
	bool names;
	struct sevadm_event *events;
	uint64_t nr, lost, from_ns;
};

static int set_since(void *options, const char *text)
{
	return time_parse("age", text, &((struct report_options *)options)->since_ns);
}

const struct option_row report_options[] = {
	{ "vm", 0, "ID|NAME", "about this VM alone", OPTION_CALL(struct report_options, filter, filter_set_vm) },
	{ "since", 0, "TIME", "only what happened since then, such as 10min ago",
	  OPTION_CALL(struct report_options, filter, set_since) },
	{ "output", 'o', "FILE", "write a page of HTML to FILE", OPTION_TEXT(struct report_options, output) },
	{ "names", 0, NULL, "with the names of VMs, cgroups and the host", OPTION_FLAG(struct report_options, names) },
	{}
};

/* ---- the trace ------------------------------------------------------------------------------- */

static int keep_event(const struct sevadm_event *event, void *context)
{
	struct report_options *options = context;

	if (event->type == SEVADM_EVENT_LOST)
		options->lost += event->count;
	else if (event->time_ns >= options->from_ns && filter_wants(&options->filter, event))
		options->events[options->nr++ % EVENTS_MAX] = *event;
	return EXIT_OK;
}

static int read_ring(struct report_options *options)
{
	struct timespec now;
	uint64_t now_ns;
	int fd, ret;

	clock_gettime(CLOCK_BOOTTIME, &now);
	now_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	if (options->since_ns && options->since_ns < now_ns)
		options->from_ns = now_ns - options->since_ns;
	options->events = calloc(EVENTS_MAX, sizeof(*options->events));
	if (!options->events)
		return fail(EXIT_REFUSED, "out of memory");
	ret = device_open(&fd);
	if (ret)
		return ret;
	ret = filter_apply(&options->filter, fd);
	if (!ret)
		ret = device_read(fd, keep_event, options);
	close(fd);
	return ret;
}

/* Put them into the order in which they came: the oldest first. */
static void turn_ring(struct report_options *options)
{
	struct sevadm_event *turned;
	uint64_t first = options->nr % EVENTS_MAX;

	if (options->nr <= EVENTS_MAX)
		return;
	turned = calloc(EVENTS_MAX, sizeof(*turned));
	if (!turned)
		return;
	memcpy(turned, options->events + first, (EVENTS_MAX - first) * sizeof(*turned));
	memcpy(turned + EVENTS_MAX - first, options->events, first * sizeof(*turned));
	free(options->events);
	options->events = turned;
}

static size_t kept(const struct report_options *options)
{
	return options->nr < EVENTS_MAX ? options->nr : EVENTS_MAX;
}

static struct json_object *make_trace(const struct report_options *options)
{
	struct json_object *trace = json_object_new_object(), *events = json_object_new_array();
	size_t i;

	for (i = 0; i < kept(options); i++)
		json_object_array_add(events, event_to_json(&options->events[i]));
	json_object_object_add(trace, "lost", json_u64(options->lost));
	json_object_object_add(trace, "left_out", json_u64(options->nr - kept(options)));
	json_object_object_add(trace, "events", events);
	return trace;
}

/* The launches as a picture; NULL: there are none. The caller frees it. */
static char *draw(struct report_options *options, struct json_object *facts)
{
	struct loaded loaded = {
		.header = facts, .events = options->events, .nr = kept(options),
		.lost = options->lost, .complete = true,
	};
	struct timeline timeline;
	char *text = NULL;
	size_t length, i;
	FILE *file;

	for (i = 0; i < loaded.nr && !options->names; i++)
		memset(options->events[i].comm, 0, sizeof(options->events[i].comm));
	if (!timeline_build(loaded.events, loaded.nr, &timeline))
		return NULL;
	file = timeline.nr ? open_memstream(&text, &length) : NULL;
	if (file) {
		svg_write(file, &loaded, &timeline);
		fclose(file);
	}
	timeline_free(&timeline);
	return text;
}

/* ---- facts ----------------------------------------------------------------------------------- */

static bool is_free(struct json_object *asid)
{
	return !strcmp(json_get_text(asid, "state"), asid_state_name(SEVADM_ASID_STATE_FREE));
}

/* Takes over @rows; returns those of the VM, or those that are not free. */
static struct json_object *wanted(struct json_object *rows, const char *key,
				  const struct filter *filter)
{
	struct json_object *kept = json_object_new_array(), *row;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (filter->has_vm ?
		    json_is_null(row, key) || json_get_u64(row, key) != filter->vm :
		    !strcmp(key, "vm") && is_free(row))
			continue;
		json_object_array_add(kept, json_object_get(row));
	}
	json_object_put(rows);
	return kept;
}

/* Make what check host finds without any options. */
static struct json_object *make_host(void)
{
	struct json_object *host = json_object_new_object(), *findings = json_object_new_array(),
			   *row;
	struct host_facts facts = {};
	struct report report = {};
	struct target *target = report_target(&report, "host", TARGET_OBJECT);
	size_t i;

	host_facts_gather(host_root(), &facts);
	host_judge(&facts, target);
	for (i = 0; i < target->nr; i++) {
		row = json_object_new_object();
		json_object_object_add(row, "rule", json_object_new_string(target->findings[i].rule->id));
		json_object_object_add(row, "severity", json_object_new_string(
				       severity_words[target->findings[i].severity]));
		json_object_object_add(row, "message", json_text(target->findings[i].message));
		json_object_array_add(findings, row);
	}
	json_object_object_add(host, "findings", findings);
	json_object_object_add(host, "facts", host_facts_json(&facts));
	report_free(&report);
	host_facts_free(&facts);
	return host;
}

static void add_head(struct json_object *facts, const struct report_options *options)
{
	time_t now = time(NULL);
	struct utsname host;
	char text[32] = "";
	struct tm tm;

	uname(&host);
	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_object_add(facts, "format", json_object_new_string("sevadm-report"));
	json_object_object_add(facts, "version", json_object_new_int(1));
	json_object_object_add(facts, "sevadm", json_object_new_string(sevadm_version));
	json_object_object_add(facts, "time", json_object_new_string(text));
	json_object_object_add(facts, "hostname", json_text(host.nodename));
	json_object_object_add(facts, "kernel", json_text(host.release));
	json_object_object_add(facts, "vm", json_known_u64(options->filter.has_vm, options->filter.vm));
	json_object_object_add(facts, "since_ns",
			       json_known_u64(options->since_ns, options->since_ns));
}

static int add_lists(struct json_object *facts, const struct filter *filter)
{
	struct json_object *rows;
	int ret = vms_get(&rows);

	if (ret)
		return ret;
	json_object_object_add(facts, "vms", wanted(rows, "id", filter));
	ret = asids_get(&rows);
	if (ret)
		return ret;
	json_object_object_add(facts, "asids", wanted(rows, "vm", filter));
	ret = limits_try_get(&rows);
	if (!ret)
		json_object_object_add(facts, "limits", rows);
	return ret;
}

/* The findings come last: what they say of a subject has no name in it that is to be hidden. */
static int add_status(struct json_object *facts, struct report_options *options)
{
	struct stats stats = { .filter = options->filter }, all = {}, by_vm = { .by_vm = true };
	struct json_object *status, *rows = json_object_new_array();
	int ret = status_get(&status);
	size_t i;

	json_object_object_add(facts, "commands", rows);
	if (ret)
		return ret;
	json_object_object_add(facts, "status", status);
	ret = stats_take_live(&stats);
	if (!ret)
		ret = stats_take_live(&by_vm);
	if (!ret)
		ret = stats_take_live(&all);
	for (i = 0; i < stats.nr; i++)
		if (stats.rows[i].type)
			json_object_array_add(rows, stats_row_json(&stats, &stats.rows[i]));
	json_object_object_add(status, "busiest",
			       status_busiest(json_object_object_get(facts, "vms"), &by_vm));
	if (!options->names)
		host_report_hide_names(facts);
	json_object_object_add(status, "findings", status_findings(status, all.live ? &all : NULL));
	free(stats.rows);
	free(by_vm.rows);
	free(all.rows);
	return ret;
}

static int gather(struct json_object *facts, struct report_options *options)
{
	int ret = read_ring(options);

	if (ret)
		return ret;
	turn_ring(options);
	add_head(facts, options);
	ret = add_lists(facts, &options->filter);
	if (ret)
		return ret;
	json_object_object_add(facts, "trace", make_trace(options));
	json_object_object_add(facts, "host", make_host());
	return add_status(facts, options);
}

static int write_page(struct json_object *facts, struct report_options *options)
{
	char *picture = draw(options, facts), *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	int ret;

	if (!file) {
		free(picture);
		return fail(EXIT_REFUSED, "out of memory");
	}
	host_report_write_html(file, facts, picture);
	fclose(file);
	ret = atomic_file_write_private(options->output, text, length);
	free(text);
	free(picture);
	return ret;
}

int do_report(int argc, char **argv)
{
	struct report_options options = {};
	struct json_object *facts;
	int ret;

	argc--;
	ret = options_parse(report_options, &options, &argc, argv + 1);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "report takes options only: see sevadm report --help");
	if (!options.output && !output_json)
		return fail(EXIT_USAGE, "report needs --output FILE, or --json");
	facts = json_object_new_object();
	ret = gather(facts, &options);
	if (!ret && options.output)
		ret = write_page(facts, &options);
	if (!ret && output_json)
		output_print_json(facts);
	json_object_put(facts);
	free(options.events);
	return ret;
}

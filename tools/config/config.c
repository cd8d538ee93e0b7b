// SPDX-License-Identifier: GPL-2.0-only
/* The limits of a file become those of the module. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "config/config.h"
#include "config/file.h"
#include "kernel/cgroup.h"
#include "limit/kernel.h"

int config_take_file(const char *command, int argc, char **argv, const char **path)
{
	if (argc > 1)
		return fail(EXIT_USAGE, "config %s takes one file: see sevadm config --help", command);
	*path = argc ? argv[0] : CONFIG_FILE;
	return EXIT_OK;
}

const char *config_name(const char *path)
{
	return strcmp(path, "-") ? path : "stdin";
}

/* Print as compilers do: FILE:LINE: what is wrong. */
static int report_wrong(const struct target *target, struct report *report)
{
	const struct finding *finding = target->findings;
	int ret = target->unreadable ? EXIT_USAGE : EXIT_REFUSED;

	if (output_json)
		return report_finish(report);
	for (; finding < target->findings + target->nr; finding++)
		if (finding->line)
			error_print("sevadm: %s:%u: %s", target->name, finding->line,
				    finding->message);
		else
			error_print("sevadm: %s %s", target->name, finding->message);
	report_free(report);
	return ret;
}

int config_load(const char *path, struct limit_list *list)
{
	struct report report = {};
	struct target *target = report_target(&report, config_name(path), TARGET_FILE);

	if (!config_read(path, target, list))
		return report_wrong(target, &report);
	report_free(&report);
	limit_list_sort(list);
	return limits_resolve(list);
}

/* ---- apply --------------------------------------------------------------------------------- */

static uint64_t number_of(const struct limit *limit, enum limit_knob knob)
{
	return limit && limit->lines[knob] ? limit->values[knob].number : limit_default(knob);
}

static void compare(struct json_object *changed, const struct limit *to, const struct limit *from)
{
	const struct limit *either = to ?: from;
	char subject[LIMIT_SUBJECT_SIZE];
	struct json_object *change;
	int knob;

	for (knob = 0; knob < LIMIT_KNOBS; knob++) {
		if (number_of(to, knob) == number_of(from, knob))
			continue;
		limit_subject_write(&either->subject, subject, sizeof(subject));
		change = json_object_new_object();
		json_object_object_add(change, "subject", json_object_new_string(subject));
		json_object_object_add(change, "resource", json_object_new_string(
				       limit_resources[either->resource].name));
		json_object_object_add(change, "knob", json_object_new_string(limit_knobs[knob]));
		json_object_object_add(change, "unit",
				       json_object_new_string(limit_unit(either->resource)));
		json_add_limit(change, "from", true, number_of(from, knob));
		json_add_limit(change, "to", true, number_of(to, knob));
		json_object_array_add(changed, change);
	}
}

static struct json_object *find_changes(const struct limit_list *wanted,
					const struct limit_list *present)
{
	struct json_object *changed = json_object_new_array();
	const struct limit *limit;
	size_t i;

	for (i = 0; i < wanted->nr; i++) {
		limit = wanted->rows[i];
		compare(changed, limit, limit_list_find(present, &limit->subject, limit->resource));
	}
	for (i = 0; i < present->nr; i++) {
		limit = present->rows[i];
		if (!limit_list_find(wanted, &limit->subject, limit->resource))
			compare(changed, NULL, limit);
	}
	return changed;
}

static void write_value(struct json_object *change, const char *key, char *text, size_t size)
{
	bool bytes = limit_in_bytes(json_get_text(change, "resource"));

	limit_value_write(json_is_null(change, key) ? LIMIT_NONE : json_get_u64(change, key), bytes,
			  text, size);
}

static void print_changes(struct json_object *changed, bool dry)
{
	char from[32], to[32];
	struct json_object *change;
	size_t i;

	for (i = 0; i < json_object_array_length(changed); i++) {
		change = json_object_array_get_idx(changed, i);
		write_value(change, "from", from, sizeof(from));
		write_value(change, "to", to, sizeof(to));
		printf("%s: %s.%s %s %s, %s %s\n", output_text(change, "subject", NULL),
		       json_get_text(change, "resource"), json_get_text(change, "knob"),
		       dry ? "would be" : "is", to, dry ? "is" : "was", from);
	}
}

static void print_result(struct json_object *changed, struct json_object *waiting, bool dry,
			 bool quiet)
{
	size_t nr = json_object_array_length(changed), i;
	char subject[LIMIT_SUBJECT_SIZE];
	struct json_object *result;

	if (quiet && !nr)
		return;
	if (output_json) {
		result = json_object_new_object();
		json_object_object_add(result, "changed", json_object_get(changed));
		json_object_object_add(result, "waiting", json_object_get(waiting));
		output_print_json(result);
		json_object_put(result);
		return;
	}
	print_changes(changed, dry);
	for (i = 0; i < json_object_array_length(waiting); i++) {
		snprintf(subject, sizeof(subject), "%s",
			 json_object_get_string(json_object_array_get_idx(waiting, i)));
		output_make_printable(subject);
		printf("%s: there is no such cgroup yet: its limits wait\n", subject);
	}
	if (!nr)
		puts("Nothing to change.");
}

/* @present: gets those rows of @list whose cgroup is there; the others are listed in @waiting. */
static void split(const struct limit_list *list, struct limit_list *present,
		  struct json_object *waiting)
{
	const struct limit_subject *last = NULL, *subject;
	char text[LIMIT_SUBJECT_SIZE];
	uint64_t id;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		subject = &list->rows[i]->subject;
		if (subject->kind != LIMIT_CGROUP || cgroup_id(subject->path, &id)) {
			present->rows[present->nr++] = list->rows[i];
			continue;
		}
		if (last && !limit_subject_compare(last, subject))
			continue;
		limit_subject_write(subject, text, sizeof(text));
		json_object_array_add(waiting, json_text(text));
		last = subject;
	}
}

int config_apply_list(const struct limit_list *list, const char *path, bool dry, bool quiet)
{
	struct limit_list present = { .tree = list->tree }, before = {};
	struct json_object *changed, *waiting = json_object_new_array();
	int ret;

	present.rows = calloc(list->nr + 1, sizeof(*present.rows));
	if (!present.rows)
		return fail(EXIT_REFUSED, "out of memory");
	split(list, &present, waiting);
	ret = limits_get_list(&before);
	if (!ret) {
		changed = find_changes(&present, &before);
		if (json_object_array_length(changed) && !dry)
			ret = limits_apply(&present, config_name(path));
		if (!ret)
			print_result(changed, waiting, dry, quiet);
		json_object_put(changed);
	}
	limit_list_free(&before);
	json_object_put(waiting);
	free(present.rows);
	return ret;
}

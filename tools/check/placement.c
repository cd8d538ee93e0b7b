// SPDX-License-Identifier: GPL-2.0-only
/* Many hosts: which of them can start a guest, and why the others cannot. */
#include "check/placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"

int host_list_add(void *hosts, const char *text)
{
	static const char *const endings[] = { ".json", NULL };
	struct file_list *files = &((struct host_list *)hosts)->files;
	int ret = file_list_add(files, text, endings);

	if (!ret && !files->nr)
		ret = fail(EXIT_USAGE, "%s: there is no *.json in it", text);
	return ret;
}

int host_list_load(struct host_list *hosts)
{
	size_t i;
	int ret = EXIT_OK;

	hosts->facts = calloc(hosts->files.nr + 1, sizeof(*hosts->facts));
	if (!hosts->facts)
		return fail(EXIT_REFUSED, "out of memory");
	for (i = 0; i < hosts->files.nr && !ret; i++)
		ret = load_host_facts(hosts->files.names[i].path, &hosts->facts[i]);
	return ret;
}

void host_list_free(struct host_list *hosts)
{
	size_t i;

	for (i = 0; hosts->facts && i < hosts->files.nr; i++)
		host_facts_free(&hosts->facts[i]);
	free(hosts->facts);
	file_list_free(&hosts->files);
	*hosts = (struct host_list) {};
}

const struct host_facts *host_list_at(const struct host_list *hosts, size_t i)
{
	return i < hosts->files.nr ? &hosts->facts[i] : NULL;
}

struct target *placement_target(struct report *report, const struct host_list *hosts,
				const char *path, const char *guest, const struct host_facts *host)
{
	const char *there = host && hosts->files.nr > 1 ? host_text(host, HOST_NAME) ?: "host" : NULL;
	struct target *target;
	char *name;

	if ((!there && !guest) ||
	    asprintf(&name, "%s%s%s%s%s", path, guest ? ": " : "", guest ?: "", there ? " on " : "",
		     there ?: "") < 0)
		return report_target(report, path, TARGET_FILE);
	target = report_target(report, name, TARGET_OBJECT);
	free(name);
	if (guest)
		target_add_json(target, "domain", json_text(guest));
	if (there)
		target_add_json(target, "host", json_text(there));
	return target;
}

/* The name of what was judged, without the host that it was judged for. */
static struct json_object *guest_of(const struct target *target, const char *host)
{
	const size_t length = strlen(target->name), end = strlen(" on ") + strlen(host);
	struct json_object *text;
	char *name = strndup(target->name, length > end ? length - end : length);

	text = json_text(name ?: target->name);
	free(name);
	return text;
}

/* What is said of guests that nobody judged: they may start or not. */
static bool is_other(const struct rule *rule)
{
	static const char *const others[] = { "launch-other", "kubevirt-other", "qemu-other" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(rule->id, others[i]))
			return true;
	return false;
}

/* The first error says why; all that are errors are named. */
static struct json_object *row_of(const struct target *target, const char *host)
{
	struct json_object *row = json_object_new_object(), *rules = json_object_new_array();
	const char *why = NULL;
	bool judged = true;
	size_t i;

	for (i = 0; i < target->nr; i++) {
		judged &= !is_other(target->findings[i].rule);
		if (target->findings[i].severity != SEVERITY_ERROR)
			continue;
		why = why ?: target->findings[i].message;
		json_object_array_add(rules, json_object_new_string(target->findings[i].rule->id));
	}
	json_object_object_add(row, "guest", guest_of(target, host));
	json_object_object_add(row, "host", json_text(host));
	json_object_object_add(row, "starts", why || judged ? json_object_new_boolean(!why) : NULL);
	json_object_object_add(row, "why", why ? json_text(why) : NULL);
	json_object_object_add(row, "rules", rules);
	return row;
}

static const char *text_of(struct json_object *row, const char *key)
{
	return json_object_get_string(json_object_object_get(row, key));
}

/* Return how wide a column has to be for all of its words. */
static int width_of(struct json_object *rows, const char *key)
{
	size_t i, length, width = strlen(key);

	for (i = 0; i < json_object_array_length(rows); i++) {
		length = strlen(text_of(json_object_array_get_idx(rows, i), key));
		width = length > width ? length : width;
	}
	return (int)width;
}

/*
 * Guests and hosts have names of anybody's: none of them makes a line of its own, or moves the
 * cursor.
 */
static void print_line(FILE *file, struct json_object *row, int guest, int host)
{
	const char *why = text_of(row, "why");
	char *line;

	if (asprintf(&line, "  %-*s  %-*s  %s%s", guest, text_of(row, "guest"), host, text_of(row, "host"),
		     why ? "no: " : json_is_null(row, "starts") ? "not judged" : "yes", why ?: "") < 0)
		return;
	output_make_printable(line);
	fprintf(file, "%s\n", line);
	free(line);
}

static char *table(struct json_object *rows)
{
	const int guest = width_of(rows, "guest"), host = width_of(rows, "host");
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	fprintf(file, "  %-*s  %-*s  starts\n", guest, "guest", host, "host");
	for (i = 0; i < json_object_array_length(rows); i++)
		print_line(file, json_object_array_get_idx(rows, i), guest, host);
	fclose(file);
	return text;
}

void placement_report(struct report *report, const struct host_list *hosts)
{
	struct json_object *rows, *host;
	struct target *target;
	size_t i;

	if (hosts->files.nr < 2 || !report->nr)
		return;
	rows = json_object_new_array();
	for (i = 0; i < report->nr; i++) {
		target = report->targets[i];
		host = target->extra ? json_object_object_get(target->extra, "host") : NULL;
		if (host)
			json_object_array_add(rows, row_of(target, json_object_get_string(host)));
	}
	target = report_target(report, "placement", TARGET_OBJECT);
	target->text = table(rows);
	target_add_json(target, "placement", rows);
}

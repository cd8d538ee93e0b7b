// SPDX-License-Identifier: GPL-2.0-only
/* A report as a SARIF log. Source: OASIS SARIF 2.1.0; the sections are named where they apply. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/version.h"
#include "report/sarif.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* 3.27.10 level */
static const char *const levels[] = {
	[SEVERITY_INFO] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error",
};

static void add(struct json_object *row, const char *key, struct json_object *value)
{
	json_object_object_add(row, key, value);
}

static void add_text(struct json_object *row, const char *key, const char *text)
{
	add(row, key, json_text(text));
}

/* 3.11 message object */
static struct json_object *message(const char *text)
{
	struct json_object *row = json_object_new_object();

	add_text(row, "text", text);
	return row;
}

/* 3.49 reportingDescriptor */
static struct json_object *descriptor(const struct rule *rule)
{
	struct json_object *row = json_object_new_object(), *configuration;

	add_text(row, "id", rule->id);
	add(row, "shortDescription", message(rule->title));
	add(row, "fullDescription", message(rule->source));
	add(row, "help", message(rule->remedy));
	configuration = json_object_new_object();
	add_text(configuration, "level", levels[rule->severity]);
	add(row, "defaultConfiguration", configuration);
	return row;
}

/* RFC 3986: all but the unreserved characters and the path's own are escaped. */
static struct json_object *uri(const char *path)
{
	char *text = malloc(3 * strlen(path) + 1), *to = text;
	struct json_object *value;

	if (!text)
		return NULL;
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("-._~/", *path))
			*to++ = *path;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*path);
	}
	*to = '\0';
	value = json_object_new_string(text);
	free(text);
	return value;
}

/* 3.28 location: a place in a file, or the name of what is no file */
static struct json_object *location(const struct target *target, unsigned int line)
{
	struct json_object *row = json_object_new_object(), *place = json_object_new_object(),
			   *part;

	if (target->kind == TARGET_OBJECT) {
		add_text(place, "name", target->name);
		add_text(place, "kind", "resource");
		part = json_object_new_array();
		json_object_array_add(part, place);
		add(row, "logicalLocations", part);
		return row;
	}
	part = json_object_new_object();
	add(part, "uri", uri(target->name));
	add(place, "artifactLocation", part);
	if (line) {
		part = json_object_new_object();
		add(part, "startLine", json_object_new_int64(line));
		add(place, "region", part);
	}
	add(row, "physicalLocation", place);
	return row;
}

/* Returns the rule's index in the driver's list, to which it is added once. */
static size_t rule_index(struct json_object *rules, const struct rule *rule)
{
	size_t i, nr = json_object_array_length(rules);

	for (i = 0; i < nr; i++)
		if (!strcmp(json_get_text(json_object_array_get_idx(rules, i), "id"), rule->id))
			return i;
	json_object_array_add(rules, descriptor(rule));
	return nr;
}

/* 3.27 result */
static struct json_object *result(const struct target *target, const struct finding *finding,
				  struct json_object *rules)
{
	struct json_object *row = json_object_new_object(), *locations = json_object_new_array();
	const char *fix = finding->fix ?: finding->rule->remedy;
	char *text;

	add_text(row, "ruleId", finding->rule->id);
	add(row, "ruleIndex", json_u64(rule_index(rules, finding->rule)));
	add_text(row, "level", levels[finding->severity]);
	/* 3.55 fix objects are edits of files; what a person is to do belongs to the message. */
	if (asprintf(&text, "%s: %s", finding->message, fix) >= 0) {
		add(row, "message", message(text));
		free(text);
	}
	json_object_array_add(locations, location(target, finding->line));
	add(row, "locations", locations);
	return row;
}

struct json_object *sarif_log(const struct report *report)
{
	struct json_object *log = json_object_new_object(), *run = json_object_new_object();
	struct json_object *runs = json_object_new_array(), *results = json_object_new_array();
	struct json_object *rules = json_object_new_array(), *driver = json_object_new_object();
	struct json_object *tool = json_object_new_object();
	const struct target *target;
	size_t i, j;

	for (i = 0; i < report->nr; i++) {
		target = report->targets[i];
		for (j = 0; j < target->nr; j++)
			json_object_array_add(results, result(target, &target->findings[j], rules));
	}
	add_text(driver, "name", "sevadm");
	add_text(driver, "version", sevadm_version);
	add(driver, "rules", rules);
	add(tool, "driver", driver);
	add(run, "tool", tool);
	add(run, "columnKind", json_object_new_string("utf16CodeUnits"));
	add(run, "results", results);
	json_object_array_add(runs, run);
	add_text(log, "$schema", SCHEMA);
	add_text(log, "version", "2.1.0");
	add(log, "runs", runs);
	return log;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What can be limited and how that is written: resources, knobs, lists of limits. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "limit/limit.h"

const struct limit_resource_row limit_resources[LIMIT_RESOURCES + 1] = {
	[LIMIT_PIN] = { "pin", true },
	[LIMIT_ASID_SEV] = { "asid.sev" },
	[LIMIT_ASID_SEV_ES] = { "asid.sev_es" },
	[LIMIT_PRIVATE] = { "private", true },
	[LIMIT_ASID_SEV_SNP] = { "asid.sev_snp" },
};

bool limit_in_bytes(const char *resource)
{
	size_t i;

	for (i = 0; i < LIMIT_RESOURCES; i++)
		if (!strcmp(resource, limit_resources[i].name))
			return limit_resources[i].bytes;
	return false;
}

const char *const limit_knobs[LIMIT_KNOBS + 1] = {
	[LIMIT_MIN] = "min",
	[LIMIT_HIGH] = "high",
	[LIMIT_MAX] = "max",
};

const char *limit_unit(uint32_t resource)
{
	if (resource >= LIMIT_RESOURCES)
		return "unknown";
	return resource == LIMIT_PIN || resource == LIMIT_PRIVATE ? "bytes" : "asids";
}

uint64_t limit_default(enum limit_knob knob)
{
	return knob == LIMIT_MIN ? 0 : LIMIT_NONE;
}

bool limit_key_parse(const char *key, enum limit_resource *resource, enum limit_knob *knob,
		     char *wrong, size_t size)
{
	const char *dot = strrchr(key, '.');
	size_t length = dot ? (size_t)(dot - key) : 0;
	int i;

	for (i = 0; i < LIMIT_RESOURCES; i++)
		if (strlen(limit_resources[i].name) == length &&
		    !memcmp(limit_resources[i].name, key, length))
			break;
	*resource = i;
	for (i = 0; dot && i < LIMIT_KNOBS; i++)
		if (!strcmp(limit_knobs[i], dot + 1))
			break;
	*knob = i;
	if (dot && *resource < LIMIT_RESOURCES && *knob < LIMIT_KNOBS)
		return true;
	snprintf(wrong, size,
		 "there is no \"%.64s\": a resource (pin, private, asid.sev, asid.sev_es or asid.sev_snp), a dot, and min, high or max: pin.max",
		 key);
	return false;
}

/* Numbers compare with numbers and shares with shares; max is above all. */
static bool is_above(const struct limit *limit, enum limit_knob a, enum limit_knob b)
{
	const struct limit_value *left = &limit->values[a], *right = &limit->values[b];

	return limit->lines[a] && limit->lines[b] && left->is_percent == right->is_percent &&
	       left->number > right->number;
}

bool limit_assign(struct limit *limit, enum limit_knob knob, const char *text, unsigned int line,
		  char *wrong, size_t size)
{
	const struct limit_resource_row *resource = &limit_resources[limit->resource];
	const char *problem;

	if (limit->lines[knob] > 1) {
		snprintf(wrong, size, "%s.%s was set in line %u already: one of them has to go",
			 resource->name, limit_knobs[knob], limit->lines[knob]);
		return false;
	}
	if (knob == LIMIT_MIN && resource->bytes) {
		snprintf(wrong, size,
			 "%s memory cannot be guaranteed, only ASIDs: asid.sev.min, asid.sev_es.min, asid.sev_snp.min",
			 limit->resource == LIMIT_PRIVATE ? "private" : "pinned");
		return false;
	}
	if (knob == LIMIT_MIN && limit->subject.kind == LIMIT_HOST) {
		snprintf(wrong, size,
			 "the host has all ASIDs already: guarantees are for users and cgroups");
		return false;
	}
	problem = limit_value_parse(text, resource->bytes, &limit->values[knob]);
	if (problem) {
		snprintf(wrong, size, "\"%.64s\" %s", text, problem);
		return false;
	}
	if (knob == LIMIT_MIN && limit->values[knob].number == LIMIT_NONE) {
		snprintf(wrong, size, "a guarantee is a number of ASIDs, or a share of the pool (50%%)");
		return false;
	}
	limit->lines[knob] = line;
	if (is_above(limit, LIMIT_MIN, LIMIT_MAX)) {
		snprintf(wrong, size, "%s.min is above %s.max: more is guaranteed than is allowed",
			 resource->name, resource->name);
		return false;
	}
	if (is_above(limit, LIMIT_HIGH, LIMIT_MAX) &&
	    limit->values[LIMIT_HIGH].number != LIMIT_NONE) {
		snprintf(wrong, size,
			 "%s.high is above %s.max: it would never be passed", resource->name,
			 resource->name);
		return false;
	}
	return true;
}

/* ---- lists --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct limit *left = a, *right = b;

	return limit_subject_compare(&left->subject, &right->subject) ?:
	       (int)left->resource - (int)right->resource;
}

static int compare_places(const void *a, const void *b)
{
	return compare(*(struct limit *const *)a, *(struct limit *const *)b);
}

static void *must(void *memory)
{
	if (!memory)
		exit(fail(EXIT_REFUSED, "out of memory"));
	return memory;
}

struct limit *limit_list_find(const struct limit_list *list, const struct limit_subject *subject,
			      enum limit_resource resource)
{
	const struct limit wanted = { .subject = *subject, .resource = resource };
	struct limit *const *place = tfind(&wanted, &list->tree, compare);

	return place ? *place : NULL;
}

struct limit *limit_list_get(struct limit_list *list, const struct limit_subject *subject,
			     enum limit_resource resource)
{
	struct limit *limit = limit_list_find(list, subject, resource);

	if (limit)
		return limit;
	if (list->nr == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		list->rows = must(realloc(list->rows, list->room * sizeof(*list->rows)));
	}
	limit = must(calloc(1, sizeof(*limit)));
	limit->subject = *subject;
	if (subject->path)
		limit->subject.path = must(strdup(subject->path));
	limit->resource = resource;
	must(tsearch(limit, &list->tree, compare));
	return list->rows[list->nr++] = limit;
}

void limit_list_sort(struct limit_list *list)
{
	if (list->nr)
		qsort(list->rows, list->nr, sizeof(*list->rows), compare_places);
}

static void keep(void *limit)
{
	(void)limit;
}

void limit_list_free(struct limit_list *list)
{
	size_t i;

	tdestroy(list->tree, keep);
	for (i = 0; i < list->nr; i++) {
		free(list->rows[i]->subject.path);
		free(list->rows[i]);
	}
	free(list->rows);
	*list = (struct limit_list) {};
}

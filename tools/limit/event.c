// SPDX-License-Identifier: GPL-2.0-only
/* Events of limits: which one was met or passed, whose it is, and what was refused. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "kernel/cgroup.h"
#include "limit/event.h"
#include "limit/limit.h"

static const char *const knob_names[] = {
	[SEVADM_KNOB_MIN] = "min",	[SEVADM_KNOB_HIGH] = "high",
	[SEVADM_KNOB_MAX] = "max",	[SEVADM_KNOB_POOL] = "pool",
	[SEVADM_KNOB_DRIFT] = "drift",
};

/*
 * A subject that was read back: its number in the event is a place in this list. No enum
 * sevadm_subject is as large.
 */
#define SUBJECT_TEXT	UINT32_MAX

static struct {
	char **texts;
	size_t nr;
} subjects;

static bool remember_subject(const char *text, struct sevadm_event *event)
{
	char **texts;
	size_t i;

	for (i = 0; i < subjects.nr && strcmp(subjects.texts[i], text); i++)
		;
	if (i == subjects.nr) {
		texts = reallocarray(subjects.texts, i + 1, sizeof(*texts));
		if (!texts)
			return false;
		subjects.texts = texts;
		texts[i] = strdup(text);
		if (!texts[i])
			return false;
		subjects.nr++;
	}
	event->subject = SUBJECT_TEXT;
	event->subject_id = i;
	return true;
}

static const char *resource_name(const struct sevadm_event *event)
{
	return event->resource < LIMIT_RESOURCES ? limit_resources[event->resource].name :
	       "unknown";
}

/* A cgroup that is gone, or that the caller cannot look up, has its number only. */
static void write_subject(const struct sevadm_event *event, char *text, size_t size)
{
	char path[PATH_MAX];
	struct limit_subject subject = {
		.kind = event->subject, .uid = event->subject_id, .path = path
	};

	if (event->subject == SUBJECT_TEXT)
		snprintf(text, size, "%s", subjects.texts[event->subject_id]);
	else if (event->subject == SEVADM_SUBJECT_CGROUP &&
		 !cgroup_path(event->subject_id, path, sizeof(path)))
		snprintf(text, size, "cgroup %" PRIu64, (uint64_t)event->subject_id);
	else
		limit_subject_write(&subject, text, size);
}

void limit_event_add(struct json_object *row, const struct sevadm_event *event)
{
	char subject[LIMIT_SUBJECT_SIZE];

	write_subject(event, subject, sizeof(subject));
	json_object_object_add(row, "subject", json_text(subject));
	json_object_object_add(row, "resource", json_object_new_string(resource_name(event)));
	json_object_object_add(row, "knob", json_object_new_string(
			       event->knob < ARRAY_SIZE(knob_names) ? knob_names[event->knob] :
			       "unknown"));
	json_object_object_add(row, "unit", json_object_new_string(limit_unit(event->resource)));
	json_object_object_add(row, "current", json_u64(event->usage));
	json_add_limit(row, "limit", true, event->limit);
	json_object_object_add(row, "amount", json_u64(event->amount));
	json_object_object_add(row, "ret", json_object_new_int(event->ret));
}

static bool take_number(struct json_object *row, const char *key, uint64_t otherwise,
			uint64_t *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(row, key, &value))
		return false;
	*number = value ? json_object_get_uint64(value) : otherwise;
	return !value || json_object_is_type(value, json_type_int);
}

bool limit_event_take(struct json_object *row, struct sevadm_event *event, const char **key)
{
	const char *text;
	uint64_t number;
	uint32_t i;

	*key = "subject";
	text = json_get_text(row, *key);
	if (!text || !remember_subject(text, event))
		return false;
	*key = "resource";
	text = json_get_text(row, *key);
	for (i = 0; text && i < LIMIT_RESOURCES && strcmp(limit_resources[i].name, text); i++)
		;
	event->resource = i;
	if (!text)
		return false;
	*key = "knob";
	text = json_get_text(row, *key);
	for (i = 0; text && i < ARRAY_SIZE(knob_names) && strcmp(knob_names[i], text); i++)
		;
	event->knob = i;
	if (!text)
		return false;
	*key = "current";
	if (!take_number(row, *key, 0, &number))
		return false;
	event->usage = number;
	*key = "limit";
	if (!take_number(row, *key, LIMIT_NONE, &number))
		return false;
	event->limit = number;
	*key = "amount";
	if (!take_number(row, *key, 0, &number))
		return false;
	event->amount = number;
	return true;
}

/* The pool whose ASIDs the resource is. */
static const char *pool_of(const char *resource)
{
	return strncmp(resource, "asid.", strlen("asid.")) ? resource : resource + strlen("asid.");
}

void limit_event_print(struct json_object *row, const struct sevadm_event *event)
{
	bool bytes = limit_in_bytes(resource_name(event));
	output_formatter format = bytes ? format_bytes : NULL;
	const char *subject = output_text(row, "subject", NULL), *resource = resource_name(event);
	const char *current = output_text(row, "current", format);
	const char *limit = output_text(row, "limit", format);
	const char *amount = output_text(row, "amount", format);

	switch (event->knob) {
	case SEVADM_KNOB_MIN:
		printf("refused: asked for %s of %s: those that are free are guaranteed or leased to others: see sevadm limit list",
		       amount, resource);
		break;
	case SEVADM_KNOB_HIGH:
		printf("%s: %s.high passed: %s are used, the soft limit is %s", subject, resource,
		       current, limit);
		break;
	case SEVADM_KNOB_MAX:
		printf("refused: %s: asked for %s, %s are used, %s.max is %s: end a VM, or raise it with sevadm limit set %s %s.max=...",
		       subject, amount, current, resource, limit, subject, resource);
		break;
	case SEVADM_KNOB_POOL:
		printf("refused: pool %s has no ASID left: a VM that ends makes one free%s",
		       pool_of(resource), event->resource == SEVADM_RESOURCE_ASID_SEV_SNP ?
		       "; those of sev_es are not for SEV-SNP guests: kvm_amd.ciphertext_hiding_asids divides them" :
		       "");
		break;
	case SEVADM_KNOB_DRIFT:
		printf("drift: the misc cgroup counts %s ASIDs of pool %s, %s are used: this kernel leaks charges, which count against misc.max and against the pool itself",
		       limit, pool_of(resource), current);
		break;
	default:
		printf("%s: %s", subject, resource);
	}
}

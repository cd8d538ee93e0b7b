// SPDX-License-Identifier: GPL-2.0-only
/* Limits as the module has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/cgroup.h"
#include "kernel/client.h"
#include "limit/kernel.h"
#include "sev/names.h"

/* Attributes of one limit and their headers take less. */
#define LIMIT_ROOM	96

static const uint16_t knob_attributes[LIMIT_KNOBS] = {
	[LIMIT_MIN] = SEVADM_A_LIMIT_MIN_VALUE,
	[LIMIT_HIGH] = SEVADM_A_LIMIT_HIGH_VALUE,
	[LIMIT_MAX] = SEVADM_A_LIMIT_MAX_VALUE,
};

/* ---- asking -------------------------------------------------------------------------------- */

/* A newer module may have resources and subjects that have no word here. */
static bool is_known(struct json_object *row)
{
	return json_get_u64(row, "subject") < LIMIT_SUBJECTS &&
	       json_get_u64(row, "resource") < LIMIT_RESOURCES &&
	       (json_get_u64(row, "subject") != LIMIT_CGROUP || !json_is_null(row, "cgroup"));
}

static struct limit_subject subject_of(struct json_object *row)
{
	struct limit_subject subject = { .kind = json_get_u64(row, "subject") };

	if (subject.kind == LIMIT_USER)
		subject.uid = json_get_u64(row, "id");
	if (subject.kind == LIMIT_CGROUP)
		subject.path = (char *)json_get_text(row, "cgroup");
	return subject;
}

static struct json_object *complete(struct json_object *row)
{
	struct json_object *limit = json_object_new_object(), *events = json_object_new_object();
	struct limit_subject subject = subject_of(row);
	char text[LIMIT_SUBJECT_SIZE];
	int knob;

	limit_subject_write(&subject, text, sizeof(text));
	json_object_object_add(limit, "subject", json_object_new_string(text));
	json_object_object_add(limit, "resource", json_object_new_string(
			       limit_resources[json_get_u64(row, "resource")].name));
	json_object_object_add(limit, "unit", json_object_new_string(
			       limit_unit(json_get_u64(row, "resource"))));
	for (knob = 0; knob < LIMIT_KNOBS; knob++)
		json_add_limit(limit, limit_knobs[knob], !json_is_null(row, limit_knobs[knob]),
			       json_get_u64(row, limit_knobs[knob]));
	json_object_object_add(limit, "current", json_u64(json_get_u64(row, "current")));
	json_object_object_add(limit, "peak", json_u64(json_get_u64(row, "peak")));
	json_object_object_add(events, "high", json_u64(json_get_u64(row, "high_events")));
	json_object_object_add(events, "max", json_u64(json_get_u64(row, "max_events")));
	json_object_object_add(limit, "events", events);
	return limit;
}

/* Takes over @raw. */
static struct json_object *complete_all(struct json_object *raw)
{
	struct json_object *rows = json_object_new_array(), *row;
	size_t i;

	for (i = 0; i < json_object_array_length(raw); i++) {
		row = json_object_array_get_idx(raw, i);
		if (is_known(row))
			json_object_array_add(rows, complete(row));
	}
	json_object_put(raw);
	return rows;
}

int limits_get(struct json_object **rows)
{
	struct json_object *raw;
	int ret = client_dump(SEVADM_CMD_LIMIT_GET, &limit_attributes, &raw);

	if (!ret)
		*rows = complete_all(raw);
	return ret;
}

int limits_try_get(struct json_object **rows)
{
	struct json_object *raw;
	int ret = client_try_dump(SEVADM_CMD_LIMIT_GET, &limit_attributes, &raw);

	if (!ret)
		*rows = complete_all(raw ?: json_object_new_array());
	return ret;
}

static void add_to_list(struct limit_list *list, struct json_object *row)
{
	const struct limit_subject subject = subject_of(row);
	struct limit *limit;
	uint64_t number;
	int knob;

	for (knob = 0; knob < LIMIT_KNOBS; knob++) {
		number = json_get_u64(row, limit_knobs[knob]);
		if (json_is_null(row, limit_knobs[knob]) || number == limit_default(knob))
			continue;
		limit = limit_list_get(list, &subject, json_get_u64(row, "resource"));
		limit->values[knob] = (struct limit_value) { .number = number };
		limit->lines[knob] = 1;
	}
}

int limits_get_list(struct limit_list *list)
{
	struct json_object *raw, *row;
	size_t i;
	int ret;

	ret = client_dump(SEVADM_CMD_LIMIT_GET, &limit_attributes, &raw);
	if (ret)
		return ret;
	for (i = 0; i < json_object_array_length(raw); i++) {
		row = json_object_array_get_idx(raw, i);
		if (is_known(row))
			add_to_list(list, row);
	}
	json_object_put(raw);
	limit_list_sort(list);
	return EXIT_OK;
}

/* ---- shares -------------------------------------------------------------------------------- */

#define WHOLE_UNKNOWN	UINT64_MAX

static int ask_pools(uint64_t wholes[LIMIT_RESOURCES])
{
	static const enum limit_resource resources[SEVADM_POOL_NR] = {
		[SEVADM_POOL_SEV] = LIMIT_ASID_SEV,
		[SEVADM_POOL_SEV_ES] = LIMIT_ASID_SEV_ES,
		[SEVADM_POOL_SEV_SNP] = LIMIT_ASID_SEV_SNP,
	};
	struct json_object *status, *pools, *pool;
	size_t i;
	int ret, id;

	ret = client_do(SEVADM_CMD_STATUS_GET, NULL, 0, &status_attributes, &status);
	if (ret)
		return ret;
	pools = json_object_object_get(status, "pools");
	for (i = 0; i < json_object_array_length(pools); i++) {
		pool = json_object_array_get_idx(pools, i);
		id = pool_id(json_get_text(pool, "pool"));
		if (id >= 0 && id < SEVADM_POOL_NR)
			wholes[resources[id]] = json_get_u64(pool, "capacity");
	}
	json_object_put(status);
	return EXIT_OK;
}

int limits_resolve(struct limit_list *list)
{
	uint64_t page = getpagesize(), wholes[LIMIT_RESOURCES] = {
		[LIMIT_PIN] = (uint64_t)sysconf(_SC_PHYS_PAGES) * page,
		[LIMIT_PRIVATE] = (uint64_t)sysconf(_SC_PHYS_PAGES) * page,
		/* The module names no pool that it does not know of. */
		[LIMIT_ASID_SEV_SNP] = WHOLE_UNKNOWN,
	};
	struct limit_value *value;
	bool asked = false;
	size_t i, knob;
	int ret;

	for (i = 0; i < list->nr; i++) {
		for (knob = 0; knob < LIMIT_KNOBS; knob++) {
			value = &list->rows[i]->values[knob];
			if (!list->rows[i]->lines[knob])
				continue;
			if (value->is_percent && !limit_resources[list->rows[i]->resource].bytes &&
			    !asked) {
				ret = ask_pools(wholes);
				if (ret)
					return ret;
				asked = true;
			}
			if (value->is_percent && wholes[list->rows[i]->resource] == WHOLE_UNKNOWN)
				return fail(EXIT_REFUSED,
					    "no share of asid.sev_snp can be had: kvm_amd has no ASIDs for SEV-SNP guests alone, or is not loaded yet: give a number, or limit asid.sev_es");
			value->number = limit_value_resolve(value, wholes[list->rows[i]->resource]);
			value->is_percent = false;
			if (limit_resources[list->rows[i]->resource].bytes &&
			    value->number != LIMIT_NONE)
				value->number -= value->number % page;
		}
	}
	return EXIT_OK;
}

/* ---- changing ------------------------------------------------------------------------------ */

static int put_subject(struct nl_msg *msg, const struct limit_subject *subject)
{
	uint64_t id = subject->uid;
	int ret;

	if (subject->kind == LIMIT_CGROUP && !cgroup_id(subject->path, &id))
		return -NLE_OBJ_NOTFOUND;
	ret = nla_put_u32(msg, SEVADM_A_LIMIT_SUBJECT, subject->kind);
	if (!ret && subject->kind != LIMIT_HOST)
		ret = nla_put_u64(msg, SEVADM_A_LIMIT_ID, id);
	return ret;
}

static int put_limit(struct nl_msg *msg, const struct limit *limit)
{
	int ret = put_subject(msg, &limit->subject), knob;

	if (!ret)
		ret = nla_put_u32(msg, SEVADM_A_LIMIT_RESOURCE, limit->resource);
	for (knob = 0; knob < LIMIT_KNOBS && !ret; knob++)
		if (limit->lines[knob])
			ret = nla_put_u64(msg, knob_attributes[knob], limit->values[knob].number);
	return ret;
}

static int check_subject(const struct limit_subject *subject)
{
	uint64_t id;

	if (subject->kind != LIMIT_CGROUP || cgroup_id(subject->path, &id))
		return EXIT_OK;
	return fail(EXIT_REFUSED,
		    "there is no cgroup %s: systemd-cgls shows those there are; sevadm config watch binds limits to cgroups that come later",
		    subject->path);
}

static int fill_set(struct nl_msg *msg, void *context)
{
	return put_limit(msg, context);
}

int limits_set(const struct limit *limit)
{
	const struct client_change change = { LIMIT_ROOM, fill_set, (void *)limit };

	return check_subject(&limit->subject) ?: client_change(SEVADM_CMD_LIMIT_SET, &change);
}

static int fill_delete(struct nl_msg *msg, void *context)
{
	const struct limit *limit = context;
	int ret = put_subject(msg, &limit->subject);

	if (!ret && limit->resource < LIMIT_RESOURCES)
		ret = nla_put_u32(msg, SEVADM_A_LIMIT_RESOURCE, limit->resource);
	return ret;
}

int limits_delete(const struct limit_subject *subject, enum limit_resource resource)
{
	struct limit limit = { .subject = *subject, .resource = resource };
	const struct client_change change = { LIMIT_ROOM, fill_delete, &limit };

	return check_subject(subject) ?: client_change(SEVADM_CMD_LIMIT_DELETE, &change);
}

/**
 * struct application - a list on its way to the module
 * @offsets: of each limit in the message
 */
struct application {
	const struct limit_list *list;
	const char *file;
	uint32_t *offsets;
};

static int fill_apply(struct nl_msg *msg, void *context)
{
	struct application *application = context;
	struct nlattr *nest;
	size_t i;
	int ret;

	for (i = 0; i < application->list->nr; i++) {
		nest = nla_nest_start(msg, SEVADM_A_APPLY_LIMIT);
		if (!nest)
			return -NLE_MSGSIZE;
		application->offsets[i] = (char *)nest - (char *)nlmsg_hdr(msg);
		ret = put_limit(msg, application->list->rows[i]);
		if (ret)
			return ret;
		nla_nest_end(msg, nest);
	}
	return 0;
}

/* The line is that of the limit whose attributes @offset lies in. */
static int refuse_apply(const char *words, uint32_t offset, void *context)
{
	const struct application *application = context;
	const struct limit *limit = NULL;
	unsigned int line = 0;
	size_t i, knob;

	for (i = 0; i < application->list->nr && application->offsets[i] <= offset; i++)
		limit = application->list->rows[i];
	for (knob = 0; limit && knob < LIMIT_KNOBS; knob++)
		if (limit->lines[knob] && (!line || limit->lines[knob] < line))
			line = limit->lines[knob];
	if (!line)
		return fail(EXIT_REFUSED, "%s: %s; nothing was changed", application->file, words);
	return fail(EXIT_REFUSED, "%s:%u: %s; nothing was changed", application->file, line, words);
}

int limits_apply(const struct limit_list *list, const char *file)
{
	struct application application = { .list = list, .file = file };
	const struct client_change change = {
		(list->nr + 1) * LIMIT_ROOM, fill_apply, &application, refuse_apply
	};
	int ret;

	application.offsets = calloc(list->nr + 1, sizeof(*application.offsets));
	if (!application.offsets)
		return fail(EXIT_REFUSED, "out of memory");
	ret = client_change(SEVADM_CMD_LIMIT_APPLY, &change);
	free(application.offsets);
	return ret;
}

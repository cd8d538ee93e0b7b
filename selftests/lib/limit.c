// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits, as a test sets and reads them.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limit.h"

#define EVENT_MS	1000

static struct genl_message message;

static const uint16_t knob_attributes[] = {
	[SEVADM_KNOB_MIN] = SEVADM_A_LIMIT_MIN_VALUE,
	[SEVADM_KNOB_HIGH] = SEVADM_A_LIMIT_HIGH_VALUE,
	[SEVADM_KNOB_MAX] = SEVADM_A_LIMIT_MAX_VALUE,
};

static void put_subject(struct limit_subject subject)
{
	genl_put_u32(&message, SEVADM_A_LIMIT_SUBJECT, subject.kind);
	if (subject.kind != SEVADM_SUBJECT_HOST)
		genl_put_u64(&message, SEVADM_A_LIMIT_ID, subject.id);
}

static void put_limit(const struct limit *limit)
{
	put_subject(limit->subject);
	genl_put_u32(&message, SEVADM_A_LIMIT_RESOURCE, limit->resource);
	genl_put_u64(&message, knob_attributes[limit->knob], limit->value);
}

int limit_set(struct genl *genl, struct limit_subject subject, uint32_t resource, uint32_t knob,
	      uint64_t value)
{
	struct limit limit = { subject, resource, knob, value };

	genl_begin(&message, genl, SEVADM_CMD_LIMIT_SET, 0);
	put_limit(&limit);
	return genl_talk(genl, &message, NULL, NULL);
}

int limit_delete(struct genl *genl, struct limit_subject subject, uint32_t resource)
{
	genl_begin(&message, genl, SEVADM_CMD_LIMIT_DELETE, 0);
	put_subject(subject);
	if (resource != LIMIT_ALL_RESOURCES)
		genl_put_u32(&message, SEVADM_A_LIMIT_RESOURCE, resource);
	return genl_talk(genl, &message, NULL, NULL);
}

int limit_apply(struct genl *genl, const struct limit *limits, unsigned int nr)
{
	unsigned int i;
	size_t nest;

	genl_begin(&message, genl, SEVADM_CMD_LIMIT_APPLY, 0);
	for (i = 0; i < nr; i++) {
		nest = genl_nest(&message, SEVADM_A_APPLY_LIMIT);
		put_limit(&limits[i]);
		genl_nest_end(&message, nest);
	}
	return genl_talk(genl, &message, NULL, NULL);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct search {
	struct limit_subject subject;
	uint32_t resource;
	struct limit_state *state;
	int found, others;
};

static void take_limit(const struct nlattr *first, size_t length, void *argument)
{
	uint64_t numbers[SEVADM_A_LIMIT_MAX + 1] = { 0 };
	struct search *search = argument;
	const char *cgroup = "";
	const struct nlattr *attr;
	size_t rest;

	genl_for_each(attr, rest, first, length) {
		if (genl_type(attr) == SEVADM_A_LIMIT_CGROUP)
			cgroup = genl_data(attr);
		else if (genl_type(attr) <= SEVADM_A_LIMIT_MAX)
			numbers[genl_type(attr)] = genl_number(attr);
	}
	search->others += numbers[SEVADM_A_LIMIT_SUBJECT] != SEVADM_SUBJECT_HOST;
	if (!search->state || numbers[SEVADM_A_LIMIT_SUBJECT] != search->subject.kind ||
	    numbers[SEVADM_A_LIMIT_ID] != search->subject.id ||
	    numbers[SEVADM_A_LIMIT_RESOURCE] != search->resource)
		return;
	search->found++;
	*search->state = (struct limit_state) {
		.min = numbers[SEVADM_A_LIMIT_MIN_VALUE],
		.high = numbers[SEVADM_A_LIMIT_HIGH_VALUE],
		.max = numbers[SEVADM_A_LIMIT_MAX_VALUE],
		.usage = numbers[SEVADM_A_LIMIT_CURRENT],
		.peak = numbers[SEVADM_A_LIMIT_PEAK],
		.high_events = numbers[SEVADM_A_LIMIT_HIGH_EVENTS],
		.max_events = numbers[SEVADM_A_LIMIT_MAX_EVENTS],
	};
	snprintf(search->state->cgroup, sizeof(search->state->cgroup), "%s", cgroup);
}

int limit_get(struct genl *genl, struct limit_subject subject, uint32_t resource,
	      struct limit_state *state)
{
	struct search search = { subject, resource, state, 0, 0 };
	int err;

	*state = (struct limit_state) { 0 };
	genl_begin(&message, genl, SEVADM_CMD_LIMIT_GET, NLM_F_DUMP);
	err = genl_talk(genl, &message, take_limit, &search);
	if (err)
		return err;
	return search.found == 1 ? 0 : search.found ? EEXIST : ENOENT;
}

int limit_count(struct genl *genl)
{
	struct search search = { 0 };

	genl_begin(&message, genl, SEVADM_CMD_LIMIT_GET, NLM_F_DUMP);
	return genl_talk(genl, &message, take_limit, &search) ? -1 : search.others;
}

/* ---- events --------------------------------------------------------------------------------- */

bool limit_event_of_ring(int device, struct sevadm_event *event)
{
	struct pollfd pollfd = { .fd = device, .events = POLLIN };

	while (poll(&pollfd, 1, EVENT_MS) > 0)
		if (read(device, event, sizeof(*event)) == sizeof(*event) &&
		    event->type == SEVADM_EVENT_LIMIT)
			return true;
	return false;
}

static void take_event(const struct nlattr *first, size_t length, void *argument)
{
	const struct nlattr *attr;
	size_t rest;

	genl_for_each(attr, rest, first, length)
		if (genl_type(attr) == SEVADM_A_EVENT_RECORD &&
		    genl_length(attr) == sizeof(struct sevadm_event))
			memcpy(argument, genl_data(attr), sizeof(struct sevadm_event));
}

bool limit_event_of_group(struct genl *genl, struct sevadm_event *event)
{
	*event = (struct sevadm_event) { 0 };
	return genl_event(genl, EVENT_MS, take_event, event) && event->type == SEVADM_EVENT_LIMIT;
}

/* ---- whom VMs are charged to ---------------------------------------------------------------- */

const char *cgroup_root(void)
{
	static char root[256];
	char line[512], type[64];
	FILE *mounts;

	mounts = root[0] ? NULL : fopen("/proc/self/mounts", "r");
	while (mounts && !root[0] && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %255s %63s", root, type) != 2 || strcmp(type, "cgroup2"))
			root[0] = '\0';
	if (mounts)
		fclose(mounts);
	return root[0] ? root : NULL;
}

static bool place(char *full, size_t size, const char *path, const char *file)
{
	return cgroup_root() &&
	       snprintf(full, size, "%s%s%s", cgroup_root(), path, file) < (int)size;
}

static bool failed(const char *what, const char *name)
{
	printf("# %s %s: %s\n", what, name, strerror(errno));
	return false;
}

uint64_t cgroup_make(const char *path)
{
	struct stat stats;
	char full[512];

	if (!place(full, sizeof(full), path, "") || (mkdir(full, 0755) && errno != EEXIST) ||
	    stat(full, &stats)) {
		failed("cgroup", path);
		return 0;
	}
	return stats.st_ino;
}

bool cgroup_remove(const char *path)
{
	char full[512];

	return (place(full, sizeof(full), path, "") && !rmdir(full)) ||
	       failed("remove cgroup", path);
}

bool cgroup_enter(const char *path)
{
	char full[512];
	bool entered;
	FILE *file;

	if (!place(full, sizeof(full), path, "/cgroup.procs"))
		return failed("cgroup", path);
	file = fopen(full, "w");
	if (!file)
		return failed("cgroup", path);
	entered = fprintf(file, "%d\n", getpid()) > 0;
	entered &= !fclose(file);
	return entered || failed("enter cgroup", path);
}

bool user_enter(uid_t uid)
{
	/* The real user alone: all rights stay. */
	return !setresuid(uid, -1, -1) || failed("become", "another user");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's view: as its program prints it, or as /dev/sevadm has it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "json.h"
#include "run.h"
#include "view.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const state_names[] = {
	[SEVADM_ASID_STATE_FREE] = "free",
	[SEVADM_ASID_STATE_USED] = "used",
	[SEVADM_ASID_STATE_RECLAIM] = "reclaim",
};

static const char *const pool_names[SEVADM_POOL_NR] = {
	[SEVADM_POOL_SEV] = "sev",
	[SEVADM_POOL_SEV_ES] = "sev_es",
	[SEVADM_POOL_SEV_SNP] = "sev_snp",
};

const char *view_state_name(int state)
{
	return state >= 0 && state < (int)ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

const char *view_pool_name(int pool)
{
	return pool >= 0 && pool < (int)ARRAY_SIZE(pool_names) ? pool_names[pool] : "unknown";
}

static int find_name(const char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static struct view_vm *add_vm(struct view *view)
{
	struct view_vm *more;

	/* Room for one, then twice as much whenever it is full. */
	if (!(view->vm_count & (view->vm_count - 1))) {
		more = realloc(view->vms,
			       (view->vm_count ? 2 * view->vm_count : 1) * sizeof(*more));
		if (!more)
			return NULL;
		view->vms = more;
	}
	return &view->vms[view->vm_count++];
}

/* ---- the program ---------------------------------------------------------------------------- */

static struct json_object *ask(const char *object, const char *command)
{
	const char *const argv[] = { run_sevadm(), "-j", object, command, NULL };

	return run_json(argv);
}

static bool take_vms(struct view *view)
{
	struct json_object *list = ask("vm", "list"), *json;
	struct view_vm *vm;
	size_t i;

	for (i = 0; list && i < json_object_array_length(list); i++) {
		json = json_object_array_get_idx(list, i);
		vm = add_vm(view);
		if (!vm)
			break;
		*vm = (struct view_vm) {
			.id = json_number(json, "id"),
			.pid = json_number(json, "pid"),
			.asid = json_number(json, "asid"),
			.handle = json_number(json, "handle"),
			.pinned_bytes = json_number(json, "pinned_bytes"),
			.regions = json_number(json, "regions"),
			.mirror_of = json_number(json, "mirror_of"),
			.es = strcmp(json_text(json, "type"), "sev"),
			.pool = find_name(pool_names, ARRAY_SIZE(pool_names), json_text(json, "pool")),
		};
	}
	i = list ? json_object_array_length(list) - i : 1;
	json_object_put(list);
	return !i;
}

static bool take_asids(struct view *view)
{
	struct json_object *list = ask("asid", "list"), *json;
	long long asid;
	size_t i;

	for (i = 0; list && i < json_object_array_length(list); i++) {
		json = json_object_array_get_idx(list, i);
		asid = json_number(json, "asid");
		if (asid != (long long)i + 1 || asid >= VIEW_ASIDS) {
			printf("# asid list: row %zu is about asid %lld\n", i, asid);
			break;
		}
		view->asids[asid] = (struct view_asid) {
			.listed = true,
			.state = find_name(state_names, ARRAY_SIZE(state_names),
					   json_text(json, "state")),
			.pool = find_name(pool_names, ARRAY_SIZE(pool_names),
					  json_text(json, "pool")),
			.vm = json_number(json, "vm"),
			.pid = json_number(json, "pid"),
		};
	}
	i = list ? json_object_array_length(list) - i : 1;
	json_object_put(list);
	return !i;
}

static bool take_status(struct view *view)
{
	struct json_object *status = ask("status", NULL), *pool;
	int i;

	if (!status)
		return false;
	for (i = 0; i < SEVADM_POOL_NR; i++) {
		pool = json_at(json_at(status, "pools"), pool_names[i]);
		view->pools[i] = (struct view_pool) {
			.listed = pool,
			.capacity = json_number(pool, "capacity"),
			.used = json_number(pool, "used"),
			.reclaim = json_number(pool, "reclaim"),
			.free = json_number(pool, "free"),
		};
	}
	view->pinned_bytes = json_number(json_at(status, "pinned"), "current_bytes");
	view->unaccounted_vms = json_number(status, "unaccounted_vms");
	view->attached = !strcmp(json_text(json_at(status, "module"), "state"), "attached");
	json_object_put(status);
	return true;
}

/* ---- the device ----------------------------------------------------------------------------- */

static long long known(const struct sevadm_vm_query *query, unsigned int bit, long long value)
{
	return query->known & bit ? value : VIEW_NONE;
}

static bool query_vms(struct view *view, int fd)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	struct view_vm *vm;

	while (!ioctl(fd, SEVADM_IOC_VM_QUERY, &query)) {
		vm = add_vm(view);
		if (!vm)
			return false;
		*vm = (struct view_vm) {
			.id = query.vm,
			.pid = query.pid ? (long long)query.pid : VIEW_NONE,
			.asid = known(&query, SEVADM_KNOWN_ASID, query.asid),
			.handle = known(&query, SEVADM_KNOWN_HANDLE, query.handle),
			.pinned_bytes = known(&query, SEVADM_KNOWN_PINNED, query.pinned_bytes),
			.regions = known(&query, SEVADM_KNOWN_PINNED, query.regions),
			.mirror_of = known(&query, SEVADM_KNOWN_MIRROR_OF, query.mirror_of),
			.es = query.type != SEVADM_VM_TYPE_SEV,
			.pool = query.pool,
		};
		query = (struct sevadm_vm_query) {
			.size = sizeof(query), .by = SEVADM_VM_BY_NEXT, .vm = query.vm
		};
	}
	return errno == ENOENT;
}

static long long pid_of(const struct view *view, long long id)
{
	size_t i;

	for (i = 0; i < view->vm_count; i++)
		if (view->vms[i].id == id)
			return view->vms[i].pid;
	return VIEW_NONE;
}

static bool query_asids(struct view *view, int fd)
{
	int asid;

	for (asid = 1; asid < VIEW_ASIDS; asid++) {
		struct sevadm_asid_query query = { .size = sizeof(query), .asid = asid };

		if (ioctl(fd, SEVADM_IOC_ASID_QUERY, &query))
			break;
		view->asids[asid] = (struct view_asid) {
			.listed = true,
			.state = query.state,
			.pool = query.pool,
			.vm = query.vm ? (long long)query.vm : VIEW_NONE,
			.pid = query.vm ? pid_of(view, query.vm) : VIEW_NONE,
		};
	}
	return errno == ENOENT;
}

static bool query_pools(struct view *view, int fd)
{
	int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		struct sevadm_pool_query query = { .size = sizeof(query), .pool = i };

		if (ioctl(fd, SEVADM_IOC_POOL_QUERY, &query)) {
			if (errno == ENOENT && i == SEVADM_POOL_SEV_SNP)
				continue;
			return false;
		}
		view->pools[i] = (struct view_pool) {
			.listed = true,
			.capacity = query.capacity,
			.used = query.used,
			.reclaim = query.reclaim,
			.free = query.free,
		};
	}
	view->pinned_bytes = VIEW_NONE;
	view->unaccounted_vms = VIEW_NONE;
	view->attached = VIEW_NONE;
	return true;
}

static bool ask_device(struct view *view)
{
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && query_vms(view, fd) && query_pools(view, fd) &&
		    query_asids(view, fd);

	if (!good)
		printf("# %s: %s\n", SEVADM_DEVICE, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

bool view_of_sevadm(struct view *view, enum view_source source)
{
	*view = (struct view) { 0 };
	if (source == VIEW_DEVICE)
		return ask_device(view);
	return take_vms(view) && take_asids(view) && take_status(view);
}

void view_drop(struct view *view)
{
	free(view->vms);
	*view = (struct view) { 0 };
}

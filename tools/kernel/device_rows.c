// SPDX-License-Identifier: GPL-2.0-only
/* What members of group sevadm see. */
#include "kernel/device_rows.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/cgroup.h"
#include "kernel/device.h"

bool group_view(void)
{
	return geteuid() && !access(SEVADM_DEVICE, R_OK);
}

static int refused(void)
{
	return fail(EXIT_REFUSED, "cannot ask " SEVADM_DEVICE ": %s", strerror(errno));
}

static struct json_object *member_to_json(const struct attribute *row, const void *answer)
{
	const char *member = (const char *)answer + row->member;
	char text[SEVADM_COMM_LEN + 1] = {};
	uint64_t u64;
	uint32_t u32;

	switch (row->kind) {
	case ATTRIBUTE_U64:
		memcpy(&u64, member, sizeof(u64));
		return json_u64(u64);
	case ATTRIBUTE_STRING:
		/* A full array has no zero at its end. */
		memcpy(text, member, SEVADM_COMM_LEN);
		return json_text(text);
	default:
		memcpy(&u32, member, sizeof(u32));
		return row->kind == ATTRIBUTE_NAME ? json_object_new_string(row->name(u32)) :
						     json_u64(u32);
	}
}

struct json_object *device_row(const struct attribute_table *table, const void *answer,
			       uint32_t known)
{
	struct json_object *object = json_object_new_object();
	const struct attribute *row;
	bool has;

	for (row = table->rows; row < table->rows + table->nr; row++) {
		has = row->member && (known & row->known) == row->known;
		json_object_object_add(object, row->key, has ? member_to_json(row, answer) : NULL);
	}
	return object;
}

static struct json_object *vm_row(const struct sevadm_vm_query *vm)
{
	struct json_object *row = device_row(&vm_attributes, vm, vm->known);
	char cgroup[4096];

	/*
	 * The device answers with the cgroup's number. A key that is there already keeps its place.
	 */
	if (vm->known & SEVADM_KNOWN_CREATOR &&
	    cgroup_path(vm->cgroup_id, cgroup, sizeof(cgroup)))
		json_object_object_add(row, "cgroup", json_text(cgroup));
	return row;
}

int group_view_vms(struct json_object **rows)
{
	struct sevadm_vm_query vm = { .size = sizeof(vm), .by = SEVADM_VM_BY_NEXT };
	int fd, ret = device_open(&fd);

	*rows = NULL;
	if (ret)
		return ret;
	*rows = json_object_new_array();
	while (!ioctl(fd, SEVADM_IOC_VM_QUERY, &vm)) {
		json_object_array_add(*rows, vm_row(&vm));
		vm = (struct sevadm_vm_query) {
			.size = sizeof(vm), .by = SEVADM_VM_BY_NEXT, .vm = vm.vm };
	}
	/* That there is no further VM is the end. */
	if (errno != ENOENT) {
		ret = refused();
		json_object_put(*rows);
		*rows = NULL;
	}
	close(fd);
	return ret;
}

int group_view_vm(uint64_t id, struct json_object **row)
{
	struct sevadm_vm_query vm = { .size = sizeof(vm), .by = SEVADM_VM_BY_ID, .vm = id };
	int fd, ret = device_open(&fd);

	*row = NULL;
	if (ret)
		return ret;
	if (!ioctl(fd, SEVADM_IOC_VM_QUERY, &vm))
		*row = vm_row(&vm);
	else
		ret = errno == ENOENT ?
		      fail(EXIT_REFUSED, "no VM has this id: sevadm vm list shows all") : refused();
	close(fd);
	return ret;
}

/* 0, or an errno: ENOENT is an ASID that the host does not have. */
static int asid_row(int fd, uint32_t asid, struct json_object **row)
{
	struct sevadm_asid_query query = { .size = sizeof(query), .asid = asid };
	struct sevadm_vm_query vm = { .size = sizeof(vm), .by = SEVADM_VM_BY_ID };

	if (ioctl(fd, SEVADM_IOC_ASID_QUERY, &query))
		return errno;
	*row = device_row(&asid_attributes, &query, 0);
	/* Many have no VM, and not every VM's creator is known. */
	vm.vm = query.vm;
	if (query.vm)
		json_object_object_add(*row, "vm", json_u64(query.vm));
	if (query.vm && !ioctl(fd, SEVADM_IOC_VM_QUERY, &vm) && vm.known & SEVADM_KNOWN_CREATOR)
		json_object_object_add(*row, "pid", json_u64(vm.pid));
	return 0;
}

int group_view_asids(struct json_object **rows)
{
	struct json_object *row;
	uint32_t asid = 1;
	int fd, error, ret = device_open(&fd);

	*rows = NULL;
	if (ret)
		return ret;
	*rows = json_object_new_array();
	while (!(error = asid_row(fd, asid, &row))) {
		json_object_array_add(*rows, row);
		asid++;
	}
	if (error != ENOENT) {
		errno = error;
		ret = refused();
		json_object_put(*rows);
		*rows = NULL;
	}
	close(fd);
	return ret;
}

int group_view_asid(uint32_t asid, struct json_object **row)
{
	int fd, error, ret = device_open(&fd);

	*row = NULL;
	if (ret)
		return ret;
	error = asid_row(fd, asid, row);
	if (error == ENOENT) {
		ret = fail(EXIT_REFUSED,
			   "this host has no such ASID: sevadm asid list --all shows all");
	} else if (error) {
		errno = error;
		ret = refused();
	}
	close(fd);
	return ret;
}

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
#include "sev/names.h"

bool group_view(void)
{
	return geteuid() && !access(SEVADM_DEVICE, R_OK);
}

static int refused(void)
{
	return fail(EXIT_REFUSED, "cannot ask " SEVADM_DEVICE ": %s", strerror(errno));
}

static void add_private(struct json_object *row, const struct sevadm_vm_query *vm)
{
	bool known = vm->known & SEVADM_KNOWN_PRIVATE;

	json_object_object_add(row, "private_bytes", json_known_u64(known, vm->private_bytes));
	json_object_object_add(row, "private_peak_bytes",
			       json_known_u64(known, vm->private_peak_bytes));
	json_object_object_add(row, "conversions", json_known_u64(known, vm->conversions));
	json_object_object_add(row, "reclaims", json_known_u64(known, vm->reclaims));
	json_object_object_add(row, "leaked_bytes", json_known_u64(known, vm->leaked_bytes));
	json_object_object_add(row, "gmem_size_bytes",
			       json_known_u64(vm->known & SEVADM_KNOWN_GMEM, vm->gmem_size_bytes));
	json_object_object_add(row, "gmem_bytes",
			       json_known_u64(vm->known & SEVADM_KNOWN_GMEM_ALLOCATED,
					      vm->gmem_bytes));
}

static struct json_object *vm_row(const struct sevadm_vm_query *vm)
{
	bool creator = vm->known & SEVADM_KNOWN_CREATOR, pinned = vm->known & SEVADM_KNOWN_PINNED;
	struct json_object *row = json_object_new_object();
	char comm[SEVADM_COMM_LEN + 1] = {}, cgroup[4096];

	memcpy(comm, vm->comm, SEVADM_COMM_LEN);
	json_object_object_add(row, "id", json_u64(vm->vm));
	json_object_object_add(row, "pid", json_known_u64(creator, vm->pid));
	json_object_object_add(row, "comm", creator ? json_text(comm) : NULL);
	json_object_object_add(row, "uid", json_known_u64(creator, vm->uid));
	json_object_object_add(row, "cgroup", creator &&
			       cgroup_path(vm->cgroup_id, cgroup, sizeof(cgroup)) ?
			       json_text(cgroup) : NULL);
	json_object_object_add(row, "type", json_object_new_string(vm_type_name(vm->type)));
	json_object_object_add(row, "pool", json_object_new_string(pool_name(vm->pool)));
	json_object_object_add(row, "asid",
			       json_known_u64(vm->known & SEVADM_KNOWN_ASID, vm->asid));
	json_object_object_add(row, "handle",
			       json_known_u64(vm->known & SEVADM_KNOWN_HANDLE, vm->handle));
	json_object_object_add(row, "policy",
			       json_known_u64(vm->known & SEVADM_KNOWN_POLICY, vm->policy));
	json_object_object_add(row, "state", json_known_string(vm->known & SEVADM_KNOWN_STATE,
							       vm_state_name(vm->state)));
	json_object_object_add(row, "pinned_bytes", json_known_u64(pinned, vm->pinned_bytes));
	json_object_object_add(row, "pinned_peak_bytes",
			       json_known_u64(pinned, vm->pinned_peak_bytes));
	json_object_object_add(row, "regions", json_known_u64(pinned, vm->regions));
	add_private(row, vm);
	json_object_object_add(row, "mirror_of", json_known_u64(vm->known & SEVADM_KNOWN_MIRROR_OF,
								vm->mirror_of));
	json_object_object_add(row, "created_ns",
			       json_known_u64(vm->known & SEVADM_KNOWN_CREATED, vm->created_ns));
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
	bool known;

	if (ioctl(fd, SEVADM_IOC_ASID_QUERY, &query))
		return errno;
	vm.vm = query.vm;
	known = query.vm && !ioctl(fd, SEVADM_IOC_VM_QUERY, &vm) &&
		vm.known & SEVADM_KNOWN_CREATOR;
	*row = json_object_new_object();
	json_object_object_add(*row, "asid", json_u64(query.asid));
	json_object_object_add(*row, "pool", json_object_new_string(pool_name(query.pool)));
	json_object_object_add(*row, "state", json_object_new_string(asid_state_name(query.state)));
	json_object_object_add(*row, "vm", json_known_u64(query.vm, query.vm));
	json_object_object_add(*row, "pid", json_known_u64(known, vm.pid));
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

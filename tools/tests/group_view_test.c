// SPDX-License-Identifier: GPL-2.0-only
/* What members of group sevadm see: the device's answers, one by one, and its refusals. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <json-c/json.h>

#include <linux/sevadm.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/device_rows.h"
#include "folder.h"
#include "test.h"

/* The number of the one cgroup that there is, machine.slice. */
#define CGROUP		77

/* Stands for the hierarchy of cgroups. */
static char folder[] = "/tmp/sevadm-group-XXXXXX";

/* Two VMs, of one of which nobody knows the creator; ASIDs 1 to 3. */
static const struct sevadm_vm_query vms[] = {
	{ .vm = 4, .pid = 17, .uid = 18, .comm = "qemu", .asid = 2, .cgroup_id = CGROUP,
	  .known = SEVADM_KNOWN_CREATOR | SEVADM_KNOWN_ASID },
	{ .vm = 9, .pid = 99, .asid = 3, .cgroup_id = CGROUP, .known = SEVADM_KNOWN_ASID },
};
static const uint64_t vm_of_asid[] = { 0, 0, 4, 9 };

/* How the device behaves: errno of open() and of each question; who asks, and if it may. */
static struct {
	int open_errno, vm_errno, asid_errno;
	int fd;
	uid_t user;
	bool readable;
} device;

static int refuse(int error)
{
	errno = error;
	return -1;
}

int open(const char *path, int flags, ...)
{
	if (!strcmp(path, folder))
		return syscall(SYS_openat, AT_FDCWD, path, flags);
	/* This machine's cgroups are not the device's. */
	if (!strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5))
		return refuse(ENOENT);
	if (strcmp(path, SEVADM_DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	EXPECT_NUMBER(flags, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (device.open_errno)
		return refuse(device.open_errno);
	device.fd = dup(STDIN_FILENO);
	return device.fd;
}

FILE *setmntent(const char *path, const char *mode)
{
	static char mounts[128];

	EXPECT_TEXT(path, "/proc/self/mounts");
	snprintf(mounts, sizeof(mounts), "cgroup2 %s cgroup2 rw 0 0\n", folder);
	return fmemopen(mounts, strlen(mounts), mode[0] == 'r' ? "r" : mode);
}

int open_by_handle_at(int root, struct file_handle *handle, int flags)
{
	uint64_t id;

	memcpy(&id, handle->f_handle, sizeof(id));
	return id == CGROUP ? syscall(SYS_openat, root, "machine.slice", flags) : refuse(ESTALE);
}

static bool is_closed(void)
{
	return fcntl(device.fd, F_GETFD) < 0;
}

uid_t geteuid(void)
{
	return device.user;
}

int access(const char *path, int mode)
{
	return !strcmp(path, SEVADM_DEVICE) && mode == R_OK && device.readable ? 0 : -1;
}

static int answer_vm(struct sevadm_vm_query *query)
{
	size_t i;

	EXPECT_NUMBER(query->size, sizeof(*query));
	if (device.vm_errno)
		return refuse(device.vm_errno);
	for (i = 0; i < ARRAY_SIZE(vms); i++)
		if (query->by == SEVADM_VM_BY_NEXT ? vms[i].vm > query->vm :
		    query->by == SEVADM_VM_BY_ID && vms[i].vm == query->vm) {
			*query = vms[i];
			return 0;
		}
	return refuse(ENOENT);
}

static int answer_asid(struct sevadm_asid_query *query)
{
	EXPECT_NUMBER(query->size, sizeof(*query));
	if (device.asid_errno)
		return refuse(device.asid_errno);
	if (!query->asid || query->asid >= ARRAY_SIZE(vm_of_asid))
		return refuse(ENOENT);
	query->vm = vm_of_asid[query->asid];
	query->state = query->vm ? SEVADM_ASID_STATE_USED : SEVADM_ASID_STATE_FREE;
	query->pool = SEVADM_POOL_SEV;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	EXPECT_NUMBER(fd, device.fd);
	if (request == SEVADM_IOC_VM_QUERY)
		return answer_vm(argument);
	if (request == SEVADM_IOC_ASID_QUERY)
		return answer_asid(argument);
	return refuse(ENOTTY);
}

static void begin(void)
{
	memset(&device, 0, sizeof(device));
	device.fd = -1;
}

static const char *text_of(struct json_object *row)
{
	return row ? json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN) : "";
}

#define EXPECT_ROW_HAS(row, part)	EXPECT(strstr(text_of(row), part))

static void view_is_for_members(void)
{
	static const struct {
		uid_t user;
		bool readable, member;
	} rows[] = { { 0, true, false }, { 1000, true, true }, { 1000, false, false } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		device.user = rows[i].user;
		device.readable = rows[i].readable;
		EXPECT(group_view() == rows[i].member);
	}
}

static void all_vms(void)
{
	struct json_object *rows;

	begin();
	EXPECT_NUMBER(group_view_vms(&rows), EXIT_OK);
	EXPECT_NUMBER(json_object_array_length(rows), 2);
	EXPECT_ROW_HAS(json_object_array_get_idx(rows, 0),
		       "{\"id\":4,\"pid\":17,\"comm\":\"qemu\",\"uid\":18,\"cgroup\":\"\\/machine.slice\",");
	EXPECT_ROW_HAS(json_object_array_get_idx(rows, 1),
		       "{\"id\":9,\"pid\":null,\"comm\":null,\"uid\":null,\"cgroup\":null,");
	EXPECT(is_closed());
	json_object_put(rows);
}

static void one_vm(void)
{
	struct json_object *row;

	begin();
	EXPECT_NUMBER(group_view_vm(9, &row), EXIT_OK);
	EXPECT_ROW_HAS(row, "{\"id\":9,");
	EXPECT_ROW_HAS(row, "\"asid\":3,");
	EXPECT(is_closed());
	json_object_put(row);

	capture_begin();
	EXPECT_NUMBER(group_view_vm(5, &row), EXIT_REFUSED);
	capture_end();
	EXPECT(!row && is_closed());
	EXPECT(strstr(captured_errors, "no VM has this id: sevadm vm list shows all"));
}

static void all_asids(void)
{
	static const char expected[] =
		"[{\"asid\":1,\"pool\":\"sev\",\"state\":\"free\",\"vm\":null,\"pid\":null},"
		"{\"asid\":2,\"pool\":\"sev\",\"state\":\"used\",\"vm\":4,\"pid\":17},"
		"{\"asid\":3,\"pool\":\"sev\",\"state\":\"used\",\"vm\":9,\"pid\":null}]";
	struct json_object *rows;

	begin();
	EXPECT_NUMBER(group_view_asids(&rows), EXIT_OK);
	EXPECT_TEXT(text_of(rows), expected);
	EXPECT(is_closed());
	json_object_put(rows);

	/* The VM has gone between the two questions. */
	begin();
	device.vm_errno = ENOENT;
	EXPECT_NUMBER(group_view_asids(&rows), EXIT_OK);
	EXPECT_ROW_HAS(json_object_array_get_idx(rows, 1), "\"vm\":4,\"pid\":null}");
	json_object_put(rows);
}

static void one_asid(void)
{
	struct json_object *row;

	begin();
	EXPECT_NUMBER(group_view_asid(2, &row), EXIT_OK);
	EXPECT_TEXT(text_of(row), "{\"asid\":2,\"pool\":\"sev\",\"state\":\"used\",\"vm\":4,\"pid\":17}");
	EXPECT(is_closed());
	json_object_put(row);

	capture_begin();
	EXPECT_NUMBER(group_view_asid(4, &row), EXIT_REFUSED);
	capture_end();
	EXPECT(!row && is_closed());
	EXPECT(strstr(captured_errors, "this host has no such ASID: sevadm asid list --all shows all"));
}

/* An error that is no end of a list: nothing is shown of it. */
static void device_refuses(void)
{
	static const char why[] = "cannot ask " SEVADM_DEVICE ": Input/output error";
	struct json_object *rows;

	begin();
	device.vm_errno = EIO;
	capture_begin();
	EXPECT_NUMBER(group_view_vms(&rows), EXIT_REFUSED);
	capture_end();
	EXPECT(!rows && is_closed() && strstr(captured_errors, why));
	capture_begin();
	EXPECT_NUMBER(group_view_vm(4, &rows), EXIT_REFUSED);
	capture_end();
	EXPECT(!rows && is_closed() && strstr(captured_errors, why));

	begin();
	device.asid_errno = EIO;
	capture_begin();
	EXPECT_NUMBER(group_view_asids(&rows), EXIT_REFUSED);
	capture_end();
	EXPECT(!rows && is_closed() && strstr(captured_errors, why));
	capture_begin();
	EXPECT_NUMBER(group_view_asid(1, &rows), EXIT_REFUSED);
	capture_end();
	EXPECT(!rows && is_closed() && strstr(captured_errors, why));
}

static void device_cannot_be_opened(void)
{
	static const struct {
		int error, exit;
		const char *why;
	} rows[] = {
		{ EACCES, EXIT_REFUSED, "run as root or as a member of group sevadm" },
		{ EPERM, EXIT_REFUSED, "run as root or as a member of group sevadm" },
		{ EUSERS, EXIT_REFUSED, "too many programs have " SEVADM_DEVICE " open" },
		{ ENOENT, EXIT_ABSENT, "the sevadm module is not loaded" },
		{ ENXIO, EXIT_ABSENT, "the sevadm module is not loaded" },
		{ ENODEV, EXIT_ABSENT, "the sevadm module is not loaded" },
		{ EMFILE, EXIT_REFUSED, "cannot open " SEVADM_DEVICE ": Too many open files" },
	};
	struct json_object *row;
	size_t i, way;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (way = 0; way < 4; way++) {
			begin();
			device.open_errno = rows[i].error;
			row = (struct json_object *)&device;
			capture_begin();
			switch (way) {
			case 0:
				ret = group_view_vms(&row);
				break;
			case 1:
				ret = group_view_vm(4, &row);
				break;
			case 2:
				ret = group_view_asids(&row);
				break;
			case 3:
				ret = group_view_asid(1, &row);
				break;
			}
			capture_end();
			EXPECT_NUMBER(ret, rows[i].exit);
			EXPECT(!row);
			EXPECT(strstr(captured_errors, rows[i].why));
		}
}

int main(void)
{
	static const struct test tests[] = {
		{ "members of the group have another view", view_is_for_members },
		{ "all VMs", all_vms },
		{ "one VM", one_vm },
		{ "all ASIDs", all_asids },
		{ "one ASID", one_asid },
		{ "the device refuses", device_refuses },
		{ "the device cannot be opened", device_cannot_be_opened },
	};

	folder_make(folder);
	folder_put(folder, "machine.slice/cgroup.procs", 0644, "");
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

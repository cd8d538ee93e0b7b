// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests who may do what at the module's doors to user space: every request over netlink by callers
 * with one capability each, a user's own VMs by that user without any, a socket that one process
 * has opened and another writes to, other namespaces, and the device. Documentation/security.md has
 * the table.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/genl.h"
#include "lib/sev_vm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define TENANT		60001
#define OTHER		60002
#define NO_CAPABILITY	(-1)
#define FIRST_BUFFER	4096	/* as libmnl's */
#define DEPTH		16	/* of the cgroup, by names as long as they may be */
#define NAME		250

static struct genl_message message;

/* ---- callers -------------------------------------------------------------------------------- */

/* @uid, who is in group @gid alone, with one capability. */
static bool become(uid_t uid, gid_t gid, int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (capability != NO_CAPABILITY)
		data[capability / 32].permitted = data[capability / 32].effective =
			1U << capability % 32;
	return !prctl(PR_SET_KEEPCAPS, 1) && !setgroups(0, NULL) && !setresgid(gid, gid, gid) &&
	       !setresuid(uid, uid, uid) && !syscall(SYS_capset, &header, data);
}

/* Runs in a process of its own. */
static bool apart(bool (*run)(const void *argument), const void *argument)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(run(argument) ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && !status;
}

/* ---- requests over netlink ------------------------------------------------------------------ */

enum right {
	READ_ALL,	/* CAP_PERFMON, or CAP_SYS_ADMIN */
	CHANGE,		/* CAP_SYS_ADMIN */
	ADOPT,		/* CAP_SYS_MODULE */
};

static const struct request {
	const char *name;
	__u8 command;
	__u16 flags;
	enum right right;
	__u16 id;	/* attribute that it is asked with, 1; 0: none */
	bool wide;
} requests[] = {
	{ "STATUS_GET", SEVADM_CMD_STATUS_GET, 0, READ_ALL, 0, false },
	{ "SEAM_GET, dump", SEVADM_CMD_SEAM_GET, NLM_F_DUMP, READ_ALL, 0, false },
	{ "VM_GET", SEVADM_CMD_VM_GET, 0, READ_ALL, SEVADM_A_VM_ID, true },
	{ "VM_GET, dump", SEVADM_CMD_VM_GET, NLM_F_DUMP, READ_ALL, 0, false },
	{ "ASID_GET", SEVADM_CMD_ASID_GET, 0, READ_ALL, SEVADM_A_ASID_ASID, false },
	{ "ASID_GET, dump", SEVADM_CMD_ASID_GET, NLM_F_DUMP, READ_ALL, 0, false },
	{ "LIMIT_GET, dump", SEVADM_CMD_LIMIT_GET, NLM_F_DUMP, READ_ALL, 0, false },
	{ "STATS_GET, dump", SEVADM_CMD_STATS_GET, NLM_F_DUMP, READ_ALL, 0, false },
	{ "LIMIT_SET", SEVADM_CMD_LIMIT_SET, 0, CHANGE, 0, false },
	{ "LIMIT_DELETE", SEVADM_CMD_LIMIT_DELETE, 0, CHANGE, 0, false },
	{ "LIMIT_APPLY", SEVADM_CMD_LIMIT_APPLY, 0, CHANGE, 0, false },
	{ "STATS_RESET", SEVADM_CMD_STATS_RESET, 0, CHANGE, 0, false },
	{ "ADOPT", SEVADM_CMD_ADOPT, 0, ADOPT, 0, false },
};

static int ask(struct genl *genl, const struct request *request, genl_reply_fn reply,
	       void *argument)
{
	genl_begin(&message, genl, request->command, request->flags);
	if (request->id && request->wide)
		genl_put_u64(&message, request->id, 1);
	else if (request->id)
		genl_put_u32(&message, request->id, 1);
	return genl_talk(genl, &message, reply, argument);
}

static const struct caller {
	const char *name;
	int capability;
	bool namespace;		/* with all capabilities in a user namespace of its own */
	bool may[ADOPT + 1];
} callers[] = {
	{ "nobody in particular", NO_CAPABILITY, false, { false, false, false } },
	{ "root of a user namespace", NO_CAPABILITY, true, { false, false, false } },
	{ "CAP_NET_ADMIN", CAP_NET_ADMIN, false, { false, false, false } },
	{ "CAP_PERFMON", CAP_PERFMON, false, { true, false, false } },
	{ "CAP_SYS_MODULE", CAP_SYS_MODULE, false, { false, false, true } },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN, false, { true, true, false } },
};

/* Return true if each request ends with EPERM or not as it should. */
static bool asks_all(struct genl *genl, const bool *may)
{
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		int err = ask(genl, &requests[i], NULL, NULL);

		if ((err == EPERM) == may[requests[i].right]) {
			ksft_print_msg("%s: errno %d\n", requests[i].name, err);
			good = false;
		}
	}
	return good;
}

static bool is_let(const void *argument)
{
	const struct caller *caller = argument;
	struct genl genl;

	if (!check(become(TENANT, TENANT, caller->capability)) ||
	    (caller->namespace && !check(!unshare(CLONE_NEWUSER))) || !check(!genl_open(&genl)))
		return false;
	/* Who hears events has to have CAP_SYS_ADMIN, which GENL_MCAST_CAP_SYS_ADMIN asks for. */
	return asks_all(&genl, caller->may) &
	       check((genl_join(&genl) == 0) == caller->may[CHANGE]);
}

/* ---- a socket that one has opened and another writes to ------------------------------------- */

/* Opened with no rights at all by this process, which has them all again. */
static bool open_as(struct genl *genl, uid_t uid)
{
	return check(!setresuid(uid, uid, 0)) && check(!genl_open(genl)) &&
	       check(!setresuid(0, 0, 0));
}

static void count(const struct nlattr *first, size_t length, void *argument)
{
	(void)first;
	(void)length;
	++*(unsigned int *)argument;
}

static int ask_own(struct genl *genl, unsigned int *nr)
{
	*nr = 0;
	genl_begin(&message, genl, SEVADM_CMD_VM_GET, NLM_F_DUMP);
	genl_put(&message, SEVADM_A_VM_OWN, NULL, 0);
	return genl_talk(genl, &message, count, nr);
}

static bool lends_nothing(const void *unused)
{
	static const bool nothing[ADOPT + 1];
	struct genl genl;
	unsigned int nr;

	(void)unused;
	return open_as(&genl, TENANT) && asks_all(&genl, nothing) &
	       check(ask_own(&genl, &nr) == EPERM && !nr);
}

/* ---- a user's own VMs ----------------------------------------------------------------------- */

static struct sev_host host;

static bool make_vm(struct sev_vm *vm)
{
	return !sev_vm_create(vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, SEV_PAGE_SIZE).err &&
	       !sev_vm_init(vm).err;
}

struct own {
	uid_t uid;
	__u64 ids[8];
	unsigned int nr;
};

static void see_own(const struct nlattr *first, size_t length, void *argument)
{
	struct own *own = argument;
	const struct nlattr *attr;
	size_t rest;

	genl_for_each(attr, rest, first, length)
		if (genl_type(attr) == SEVADM_A_VM_ID && own->nr < ARRAY_SIZE(own->ids))
			own->ids[own->nr++] = genl_number(attr);
		else if (genl_type(attr) == SEVADM_A_VM_UID && genl_number(attr) != own->uid)
			own->nr = ~0U;
}

static int ask_vm(struct genl *genl, __u64 id)
{
	genl_begin(&message, genl, SEVADM_CMD_VM_GET, 0);
	genl_put_u64(&message, SEVADM_A_VM_ID, id);
	return genl_talk(genl, &message, NULL, NULL);
}

/* @argument: the highest id of a VM that is not the user's. */
static bool sees_own(const void *argument)
{
	struct own own = { .uid = TENANT };
	__u64 foreign = *(const __u64 *)argument;
	struct sev_vm vms[2];
	struct genl genl;

	if (!check(become(TENANT, TENANT, NO_CAPABILITY)) || !check(make_vm(&vms[0])) ||
	    !check(make_vm(&vms[1])) || !check(!genl_open(&genl)))
		return false;
	genl_begin(&message, &genl, SEVADM_CMD_VM_GET, NLM_F_DUMP);
	genl_put(&message, SEVADM_A_VM_OWN, NULL, 0);
	return check(!genl_talk(&genl, &message, see_own, &own)) & check(own.nr == 2) &&
	       check(own.ids[0] > foreign && own.ids[1] > own.ids[0]) &
	       check(!ask_vm(&genl, own.ids[0])) & check(ask_vm(&genl, foreign) == EPERM) &
	       /* Nor whether there is one. */
	       check(ask_vm(&genl, own.ids[1] + 1000) == EPERM);
}

static bool sees_none(const void *unused)
{
	struct genl genl;
	unsigned int nr;

	(void)unused;
	return check(become(OTHER, OTHER, NO_CAPABILITY)) && check(!genl_open(&genl)) &&
	       check(!ask_own(&genl, &nr)) & check(!nr);
}

static bool test_own(void)
{
	struct sevadm_vm_query query = {
		.size = sizeof(query), .by = SEVADM_VM_BY_PID, .by_pid = getpid(),
	};
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC);
	struct sev_vm vm;
	bool good;

	good = check(make_vm(&vm)) && check(!ioctl(fd, SEVADM_IOC_VM_QUERY, &query)) &&
	       apart(sees_own, &query.vm) & apart(sees_none, NULL);
	close(fd);
	sev_vm_close(&vm);
	return good;
}

/* ---- other namespaces, and the device ------------------------------------------------------- */

static bool is_absent_in_netns(const void *unused)
{
	struct genl genl;

	(void)unused;
	return check(!unshare(CLONE_NEWNET)) && check(genl_open(&genl) == ENOENT);
}

static bool device_is_shut(const void *unused)
{
	(void)unused;
	return check(become(TENANT, TENANT, NO_CAPABILITY)) &&
	       check(open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC) < 0 && errno == EACCES);
}

/* A member may ask, and change nothing of others. */
static bool device_serves_members(const void *argument)
{
	struct sevadm_pool_query pool = { .size = sizeof(pool), .pool = SEVADM_POOL_SEV };
	struct sevadm_lease lease = { .size = sizeof(lease), .pool = SEVADM_POOL_SEV, .count = 1 };
	const struct stat *node = argument;
	int fd;

	if (!check(become(OTHER, node->st_gid, NO_CAPABILITY)))
		return false;
	fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC);
	return check(fd >= 0) && check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool)) &
	       check(ioctl(fd, SEVADM_IOC_RESERVE, &lease) < 0 && errno == EPERM);
}

static bool test_device(void)
{
	struct stat node;

	return check(!stat(SEVADM_DEVICE, &node)) && check(node.st_gid) &&
	       apart(device_is_shut, NULL) & apart(device_serves_members, &node);
}

/* ---- a list that no tenant can cut off ------------------------------------------------------ */

static bool enter_deep_cgroup(void)
{
	char name[NAME + 1], pid[16];
	bool good;
	int i, fd;

	memset(name, 'a', NAME);
	name[NAME] = '\0';
	mkdir("/sys/fs/cgroup", 0755);
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	if (!check(!chdir("/sys/fs/cgroup")))
		return false;
	for (i = 0; i < DEPTH; i++)
		if (!check((!mkdir(name, 0755) || errno == EEXIST)) || !check(!chdir(name)))
			return false;
	fd = open("cgroup.procs", O_WRONLY | O_CLOEXEC);
	snprintf(pid, sizeof(pid), "%d", getpid());
	good = check(fd >= 0) && check(write(fd, pid, strlen(pid)) > 0);
	close(fd);
	return good;
}

struct row {
	__u64 last;
	unsigned int nr;
	size_t path;
};

static void see_row(const struct nlattr *first, size_t length, void *argument)
{
	struct row *row = argument;
	const struct nlattr *attr;
	size_t rest;

	row->nr++;
	row->path = 0;
	genl_for_each(attr, rest, first, length)
		if (genl_type(attr) == SEVADM_A_VM_ID)
			row->last = genl_number(attr);
		else if (genl_type(attr) == SEVADM_A_VM_CGROUP)
			row->path = genl_length(attr);
}

/* One VM before it, in the deep cgroup, and one behind it: a reader with a small buffer has all. */
static bool list_is_whole(const void *unused)
{
	struct genl genl = { .fd = -1 };
	struct row all = { 0 }, deep = { 0 };
	struct sev_vm vms[2];
	bool good;

	(void)unused;
	if (!enter_deep_cgroup() || !check(make_vm(&vms[0])) ||
	    !check(make_vm(&vms[1])) || !check(!genl_open_small(&genl, FIRST_BUFFER)))
		return false;
	genl_begin(&message, &genl, SEVADM_CMD_VM_GET, NLM_F_DUMP);
	good = check(!genl_talk(&genl, &message, see_row, &all)) & check(all.nr == 2) &
	       check(!all.path);
	genl_close(&genl);
	/* The path is given one by one. */
	good &= check(!genl_open(&genl));
	genl_begin(&message, &genl, SEVADM_CMD_VM_GET, 0);
	genl_put_u64(&message, SEVADM_A_VM_ID, all.last);
	good &= check(!genl_talk(&genl, &message, see_row, &deep)) &
		check(deep.path > DEPTH * NAME);
	genl_close(&genl);
	return good;
}

int main(void)
{
	const char *missing;
	size_t i;

	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(SEVADM_DEVICE, F_OK))
		ksft_exit_skip("no %s: the module sevadm is not loaded\n", SEVADM_DEVICE);
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("no %s: no SEV host\n", missing);

	ksft_set_plan(ARRAY_SIZE(callers) + 5);
	for (i = 0; i < ARRAY_SIZE(callers); i++)
		ksft_test_result(apart(is_let, &callers[i]), "netlink: %s\n", callers[i].name);
	ksft_test_result(apart(lends_nothing, NULL), "root writes to a socket that another has opened\n");
	ksft_test_result(test_own(), "a user's own VMs\n");
	ksft_test_result(apart(is_absent_in_netns, NULL), "another network namespace\n");
	ksft_test_result(test_device(), "the device\n");
	ksft_test_result(apart(list_is_whole, NULL), "a long path of a cgroup\n");
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits hold: for the host, users and cgroups, for pinned memory and ASIDs, against many processes
 * at once, across migrations; guarantees and leases keep what they promise. Wants a host with a few
 * ASIDs in pool sev, of which nobody has any.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "kselftest.h"
#include "lib/ledger.h"
#include "lib/limits.h"
#include "lib/sev_vm.h"
#include "lib/view.h"

#define PROCESSES	32
#define PAGES		128UL		/* guest memory of one VM */
#define HOST_MAX	1000UL		/* pages that all together may pin */
#define ASIDS_MIN	4
#define CGROUPS		"/sys/fs/cgroup/sevadm-limit-test"
#define USER		4711

static struct sev_host host;
static bool good;

#define check(condition) do {								\
	if (!(condition)) {								\
		ksft_print_msg("%s:%d: not so: %s\n", __func__, __LINE__, #condition);	\
		good = false;								\
	}										\
} while (0)

/* ---- cgroups -------------------------------------------------------------------------------- */

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static uint64_t cgroup_make(const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), CGROUPS "%s", name);
	if ((mkdir(path, 0755) && errno != EEXIST) || stat(path, &st))
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	return st.st_ino;
}

static void cgroup_enter(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), CGROUPS "%s/cgroup.procs", name);
	if (!write_text(path, "0"))
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
}

static void cgroup_leave(void)
{
	write_text("/sys/fs/cgroup/cgroup.procs", "0");
}

static void cgroup_remove(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), CGROUPS "%s", name);
	check(!rmdir(path));
}

/* ---- VMs ------------------------------------------------------------------------------------ */

/* 0, or the errno with which the VM cannot be initialised. */
static int vm_start(struct sev_vm *vm)
{
	struct sev_outcome out = sev_vm_create(vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY,
					       PAGES * SEV_PAGE_SIZE);

	if (!out.err)
		out = sev_vm_init(vm);
	return out.err;
}

static void vm_end(struct sev_vm *vm)
{
	sev_vm_close(vm);
	sev_vm_free_memory(vm);
}

static int vm_pin(struct sev_vm *vm, unsigned long page, unsigned long pages)
{
	return sev_vm_register(vm, (uintptr_t)vm->memory + page * SEV_PAGE_SIZE,
			       pages * SEV_PAGE_SIZE).err;
}

static int vm_unpin(struct sev_vm *vm, unsigned long page, unsigned long pages)
{
	return sev_vm_unregister(vm, (uintptr_t)vm->memory + page * SEV_PAGE_SIZE,
				 pages * SEV_PAGE_SIZE).err;
}

/* Return how many of the VMs wished for can be started; *@error: why the next one cannot. */
static unsigned int vms_start(struct sev_vm *vms, unsigned int wished, int *error)
{
	unsigned int i;

	*error = 0;
	for (i = 0; i < wished; i++) {
		*error = vm_start(&vms[i]);
		if (*error) {
			vm_end(&vms[i]);
			break;
		}
	}
	return i;
}

static void vms_end(struct sev_vm *vms, unsigned int count)
{
	while (count)
		vm_end(&vms[--count]);
}

static struct limit limit_of(uint32_t subject, uint64_t id, uint32_t resource)
{
	struct limit limit = { 0 };

	check(!limit_get(subject, id, resource, &limit));
	return limit;
}

static bool set(uint32_t subject, uint64_t id, uint32_t resource, int knob, uint64_t value)
{
	return !limit_set(subject, id, resource, knob, value);
}

/* ---- the last limit event ------------------------------------------------------------------- */

static bool last_limit_event(struct sevadm_event *last)
{
	struct sevadm_event event;
	bool found = false;
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_NONBLOCK);

	while (fd >= 0 && read(fd, &event, sizeof(event)) == sizeof(event))
		if (event.type == SEVADM_EVENT_LIMIT) {
			*last = event;
			found = true;
		}
	close(fd);
	return found;
}

/* ---- tests ---------------------------------------------------------------------------------- */

#define LOOK_PAUSE_US	1000

/* What the children share with the test. */
struct contest {
	atomic_ulong looks;		/* of the oracle */
	unsigned long granted[PROCESSES];
};

/*
 * In a child: pin random pieces until that is refused, and stand still. One piece between
 * two looks of the oracle, however long those take: all children are at it while it looks.
 */
static void pin_all(struct contest *contest, unsigned int child)
{
	unsigned long page = 0, pages, looks;
	struct sev_vm vm;
	int error;

	if (vm_start(&vm))
		_exit(1);
	srand(child);
	while (page < PAGES) {
		looks = contest->looks;
		pages = 1 + rand() % 7;
		if (pages > PAGES - page)
			pages = PAGES - page;
		error = vm_pin(&vm, page, pages);
		if (error == ENOMEM)
			break;
		if (error)
			_exit(2);
		page += pages;
		while (contest->looks == looks)
			usleep(LOOK_PAUSE_US);
	}
	contest->granted[child] = page;
	raise(SIGSTOP);
	_exit(0);
}

/* Pages that kvm_amd itself counts, by the oracle. */
static long long oracle_pages(void)
{
	char *line = view_oracle_line();
	struct json_object *state = line ? json_tokener_parse(line) : NULL;
	struct json_object *vms = json_object_object_get(state, "vms");
	long long pages = state ? 0 : -1;
	size_t i;

	for (i = 0; vms && i < json_object_array_length(vms); i++)
		pages += json_object_get_int64(json_object_object_get(
			json_object_array_get_idx(vms, i), "pages_locked"));
	json_object_put(state);
	free(line);
	return pages;
}

static bool all_stand_still(const pid_t *children)
{
	siginfo_t info;
	unsigned int i;

	for (i = 0; i < PROCESSES; i++) {
		info.si_pid = 0;
		if (waitid(P_PID, children[i], &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) ||
		    !info.si_pid)
			return false;
		check(info.si_code == CLD_STOPPED);
	}
	return true;
}

/* Must hold at every moment: what all have pinned is at most the host's maximum. */
static void host_maximum(void)
{
	struct contest *contest = mmap(NULL, sizeof(*contest), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long sum = 0, left;
	pid_t children[PROCESSES];
	long long pages, most = 0;
	struct limit limit;
	struct sev_vm vm;
	unsigned int i;
	int status;

	check(set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  HOST_MAX * SEV_PAGE_SIZE));
	check(oracle_pages() == 0);
	for (i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (!children[i])
			pin_all(contest, i);
	}
	do {
		pages = oracle_pages();
		check(pages >= 0 && pages <= (long long)HOST_MAX);
		most = pages > most ? pages : most;
		contest->looks++;
	} while (good && !all_stand_still(children));

	for (i = 0; i < PROCESSES; i++)
		sum += contest->granted[i];
	limit = limit_of(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN);
	ksft_print_msg("the oracle looked %lu times and saw %lld pages at most; %lu of %lu granted\n",
		       contest->looks, most, sum, HOST_MAX);
	check(contest->looks > 2);
	check(oracle_pages() == (long long)sum);
	check(limit.current == sum * SEV_PAGE_SIZE);
	check(limit.peak <= limit.max && limit.max_events);
	check(!ledger_differences("at the host's maximum", NULL));

	/* What is left, to the last page, and not one more. */
	left = HOST_MAX - sum;
	check(!vm_start(&vm));
	check(!left || !vm_pin(&vm, 0, left));
	check(vm_pin(&vm, left, 1) == ENOMEM);
	check(!left || !vm_unpin(&vm, 0, left));
	vm_end(&vm);

	for (i = 0; i < PROCESSES; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], &status, 0);
	}
	munmap(contest, sizeof(*contest));
	check(limit_of(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN).current == 0);
	check(!limit_delete(SEVADM_SUBJECT_HOST, 0));
}

static void soft_limit(void)
{
	struct sevadm_event event;
	struct limit limit;
	struct sev_vm vm;

	check(!vm_start(&vm));
	check(set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_HIGH_VALUE,
		  16 * SEV_PAGE_SIZE));
	check(!vm_pin(&vm, 0, 17));
	check(last_limit_event(&event) && event.knob == SEVADM_KNOB_HIGH && !event.ret &&
	      event.usage == 17 * SEV_PAGE_SIZE && event.limit == 16 * SEV_PAGE_SIZE);
	/* No storm: there is another event only after usage has been clearly below. */
	check(!vm_pin(&vm, 32, 1) && !vm_unpin(&vm, 32, 1) && !vm_pin(&vm, 32, 1));
	limit = limit_of(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN);
	check(limit.high_events == 1);
	check(!vm_unpin(&vm, 0, 17) && !vm_pin(&vm, 0, 17));
	limit = limit_of(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN);
	check(limit.high_events == 2 && limit.current == 18 * SEV_PAGE_SIZE);
	vm_end(&vm);
	check(!limit_delete(SEVADM_SUBJECT_HOST, 0));
}

static void lowered(void)
{
	struct sev_vm vm;

	check(!vm_start(&vm) && !vm_pin(&vm, 0, 8) && !vm_pin(&vm, 8, 8));
	check(set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  8 * SEV_PAGE_SIZE));
	check(vm_pin(&vm, 16, 1) == ENOMEM);
	check(!vm_unpin(&vm, 0, 8));
	check(vm_pin(&vm, 16, 1) == ENOMEM);
	check(!vm_unpin(&vm, 8, 8) && !vm_pin(&vm, 16, 8));
	vm_end(&vm);
	check(!limit_delete(SEVADM_SUBJECT_HOST, 0));
}

static void hierarchy(void)
{
	uint64_t parent = cgroup_make(""), child = cgroup_make("/child");
	struct sev_vm vm;

	check(set(SEVADM_SUBJECT_CGROUP, parent, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  8 * SEV_PAGE_SIZE));
	cgroup_enter("/child");
	check(!vm_start(&vm));
	cgroup_leave();
	check(vm_pin(&vm, 0, 9) == ENOMEM && !vm_pin(&vm, 0, 8));
	check(limit_of(SEVADM_SUBJECT_CGROUP, parent, SEVADM_RESOURCE_PIN).current ==
	      8 * SEV_PAGE_SIZE);
	/* One that is limited later counts what is there. */
	check(set(SEVADM_SUBJECT_CGROUP, child, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_HIGH_VALUE,
		  SEV_PAGE_SIZE));
	check(limit_of(SEVADM_SUBJECT_CGROUP, child, SEVADM_RESOURCE_PIN).current ==
	      8 * SEV_PAGE_SIZE);
	vm_end(&vm);
	check(limit_of(SEVADM_SUBJECT_CGROUP, parent, SEVADM_RESOURCE_PIN).current == 0);
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, parent));
	cgroup_remove("/child");
}

/* Limits end with the cgroup, under whatever name, and a VM of it is charged no less meanwhile. */
static void cgroup_goes(void)
{
	uint64_t gone = cgroup_make("/gone");
	struct limit limit;
	struct sev_vm vm;
	bool lives;

	check(set(SEVADM_SUBJECT_CGROUP, gone, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  SEV_PAGE_SIZE));
	cgroup_enter("/gone");
	check(!vm_start(&vm));
	cgroup_leave();
	check(!vm_pin(&vm, 0, 1) && vm_pin(&vm, 1, 1) == ENOMEM);
	/* Older kernels keep a thread of KVM in the cgroup as long as the VM lives. */
	lives = rmdir(CGROUPS "/gone") == 0;
	if (!lives) {
		vm_end(&vm);
		cgroup_remove("/gone");
	}
	check(limit_get(SEVADM_SUBJECT_CGROUP, gone, SEVADM_RESOURCE_PIN, &limit) == -ENOENT);
	check(limit_set(SEVADM_SUBJECT_CGROUP, gone, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
			SEV_PAGE_SIZE) == -ENOENT);
	if (lives)
		vm_end(&vm);
}

static void user_maximum(void)
{
	struct sev_vm vms[3];
	unsigned int count;
	int error;

	check(set(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MAX_VALUE,
		  2));
	/* The real user id counts: the test stays root in all else. */
	check(!setresuid(USER, 0, 0));
	count = vms_start(vms, 3, &error);
	check(!setresuid(0, 0, 0));
	check(count == 2 && error == EBUSY);
	check(limit_of(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV).current == count);
	vms_end(vms, count);
	check(limit_of(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV).current == 0);
	check(!limit_delete(SEVADM_SUBJECT_USER, USER));
}

static uint64_t sev_asids(void)
{
	struct sevadm_pool_query query = { .size = sizeof(query), .pool = SEVADM_POOL_SEV };
	int fd = open(SEVADM_DEVICE, O_RDONLY);

	check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &query));
	close(fd);
	return query.capacity;
}

/* All but a few ASIDs are guaranteed to one tenant: others get those few, the tenant its own. */
static void guarantee(void)
{
	uint64_t tenant = cgroup_make("/tenant"), capacity = sev_asids();
	struct sev_vm others[ASIDS_MIN + 1], own[ASIDS_MIN];
	struct sevadm_event event = { 0 };
	unsigned int count, own_count;
	int error;

	check(limit_set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
			SEVADM_A_LIMIT_MIN_VALUE, capacity + 1) == -ENOSPC);
	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MIN_VALUE,
		  capacity - ASIDS_MIN));
	check(limit_set(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV,
			SEVADM_A_LIMIT_MIN_VALUE, ASIDS_MIN + 1) == -ENOSPC);
	count = vms_start(others, ASIDS_MIN + 1, &error);
	check(count == ASIDS_MIN && error == EBUSY);
	check(last_limit_event(&event) && event.knob == SEVADM_KNOB_MIN && event.ret == -EBUSY &&
	      event.resource == SEVADM_RESOURCE_ASID_SEV);

	cgroup_enter("/tenant");
	own_count = vms_start(own, ASIDS_MIN, &error);
	cgroup_leave();
	check(own_count == ASIDS_MIN);
	check(!ledger_differences("with a guarantee", NULL));
	vms_end(own, own_count);
	vms_end(others, count);
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, tenant));
	cgroup_remove("/tenant");
}

/*
 * A VM that a user and a cgroup are both guaranteed counts for one of them: the other one's is
 * kept.
 */
static void guarantees_overlap(void)
{
	struct sev_vm both[ASIDS_MIN], others[1], tenants[ASIDS_MIN], users[ASIDS_MIN];
	uint64_t tenant = cgroup_make("/tenant"), capacity = sev_asids();
	unsigned int count, other_count, tenant_count, user_count;
	int error;

	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MIN_VALUE,
		  capacity - ASIDS_MIN));
	check(set(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MIN_VALUE,
		  ASIDS_MIN));
	cgroup_enter("/tenant");
	check(!setresuid(USER, 0, 0));
	count = vms_start(both, ASIDS_MIN, &error);
	check(count == ASIDS_MIN);
	check(!setresuid(0, 0, 0));
	cgroup_leave();
	other_count = vms_start(others, 1, &error);
	check(!other_count && error == EBUSY);
	check(!ledger_differences("with guarantees that overlap", NULL));
	vms_end(both, count);

	cgroup_enter("/tenant");
	tenant_count = vms_start(tenants, ASIDS_MIN, &error);
	cgroup_leave();
	check(!setresuid(USER, 0, 0));
	user_count = vms_start(users, ASIDS_MIN, &error);
	check(!setresuid(0, 0, 0));
	check(tenant_count == ASIDS_MIN && user_count == ASIDS_MIN);
	vms_end(users, user_count);
	vms_end(tenants, tenant_count);
	vms_end(others, other_count);
	check(!limit_delete(SEVADM_SUBJECT_USER, USER));
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, tenant));
	cgroup_remove("/tenant");
}

static pid_t hold_lease(struct sevadm_lease *lease)
{
	int ready[2], fd;
	pid_t child;
	char byte;

	check(!pipe(ready));
	child = fork();
	if (!child) {
		fd = open(SEVADM_DEVICE, O_RDONLY);
		byte = ioctl(fd, SEVADM_IOC_RESERVE, lease) ? errno : 0;
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	check(read(ready[0], &byte, 1) == 1 && !byte);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void leases(void)
{
	uint64_t capacity = sev_asids();
	struct sevadm_lease lease = { .size = sizeof(lease), .pool = SEVADM_POOL_SEV,
				      .count = capacity - ASIDS_MIN };
	struct sevadm_lease_release release = { .size = sizeof(release) };
	struct sev_vm vms[ASIDS_MIN + 1];
	unsigned int count;
	pid_t holder;
	int error, fd;

	holder = hold_lease(&lease);
	count = vms_start(vms, ASIDS_MIN + 1, &error);
	check(count == ASIDS_MIN && error == EBUSY);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	check(count != ASIDS_MIN || !vm_start(&vms[count]));
	vms_end(vms, count + 1);

	/* The holder's own VMs use it up, and need nothing else. */
	fd = open(SEVADM_DEVICE, O_RDONLY);
	lease.count = capacity;
	check(!ioctl(fd, SEVADM_IOC_RESERVE, &lease));
	check(ioctl(fd, SEVADM_IOC_RESERVE, &lease) && errno == EBUSY);
	count = vms_start(vms, 2, &error);
	check(count == 2);
	release.lease = lease.lease;
	check(!ioctl(fd, SEVADM_IOC_RELEASE, &release));
	check(ioctl(fd, SEVADM_IOC_RELEASE, &release) && errno == ENOENT);
	lease.count = capacity - 2;
	check(!ioctl(fd, SEVADM_IOC_RESERVE, &lease));
	close(fd);
	vms_end(vms, count);
	fd = open(SEVADM_DEVICE, O_RDONLY);
	lease.count = capacity;
	check(!ioctl(fd, SEVADM_IOC_RESERVE, &lease));
	close(fd);
}

/* Pins and ASID move to the destination's subjects; refused, all stays where it was. */
static void migration(void)
{
	uint64_t from = cgroup_make("/from"), to = cgroup_make("/to");
	struct sev_vm source, destination;

	check(set(SEVADM_SUBJECT_CGROUP, from, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  8 * SEV_PAGE_SIZE));
	check(set(SEVADM_SUBJECT_CGROUP, to, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  4 * SEV_PAGE_SIZE));
	cgroup_enter("/from");
	check(!vm_start(&source) && !vm_pin(&source, 0, 8));
	cgroup_enter("/to");
	check(!sev_vm_create(&destination, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, 0).err);
	check(sev_vm_migrate(&destination, &source).err == ENOMEM);
	check(limit_of(SEVADM_SUBJECT_CGROUP, from, SEVADM_RESOURCE_PIN).current ==
	      8 * SEV_PAGE_SIZE);
	check(limit_of(SEVADM_SUBJECT_CGROUP, to, SEVADM_RESOURCE_PIN).current == 0);
	check(!ledger_differences("after a refused migration", NULL));

	check(set(SEVADM_SUBJECT_CGROUP, to, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  8 * SEV_PAGE_SIZE));
	check(!sev_vm_migrate(&destination, &source).err);
	check(limit_of(SEVADM_SUBJECT_CGROUP, from, SEVADM_RESOURCE_PIN).current == 0);
	check(limit_of(SEVADM_SUBJECT_CGROUP, to, SEVADM_RESOURCE_PIN).current ==
	      8 * SEV_PAGE_SIZE);
	check(!ledger_differences("after a migration", NULL));
	cgroup_leave();
	vm_end(&source);
	vm_end(&destination);
	check(limit_of(SEVADM_SUBJECT_CGROUP, to, SEVADM_RESOURCE_PIN).current == 0);
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, from));
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, to));
	cgroup_remove("/from");
	cgroup_remove("/to");
}

static void wrong_requests(void)
{
	check(limit_set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MIN_VALUE,
			1 << 20) == -EINVAL);
	check(limit_set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MIN_VALUE,
			1) == -EINVAL);
	/* Sums of guarantees do not overflow. */
	check(limit_set(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV,
			SEVADM_A_LIMIT_MIN_VALUE, 1) == 0);
	check(limit_set(SEVADM_SUBJECT_USER, USER + 1, SEVADM_RESOURCE_ASID_SEV,
			SEVADM_A_LIMIT_MIN_VALUE, UINT64_MAX) == -ENOSPC);
	check(!limit_delete(SEVADM_SUBJECT_USER, USER));
	check(limit_set(99, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE, 1) == -ERANGE);
	check(limit_set(SEVADM_SUBJECT_HOST, 0, 99, SEVADM_A_LIMIT_MAX_VALUE, 1) == -ERANGE);
	check(limit_set(SEVADM_SUBJECT_USER, 1ULL << 32, SEVADM_RESOURCE_PIN,
			SEVADM_A_LIMIT_MAX_VALUE, 1) == -EINVAL);
	check(limit_delete(SEVADM_SUBJECT_USER, USER) == -ENOENT);
}

/* Root of a user and network namespace of its own is nobody here. */
static void container(void)
{
	pid_t child = fork();
	struct limit limit;
	int status;

	if (!child) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			_exit(2);
		/* The family is not there at all. */
		_exit(limits_open() == -ENODEV ? 0 : 1);
	}
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && !WEXITSTATUS(status));

	child = fork();
	if (!child) {
		if (setgid(USER) || setuid(USER) || limits_open())
			_exit(2);
		_exit(limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, &limit) == -EPERM &&
		      limit_set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN,
				SEVADM_A_LIMIT_MAX_VALUE, 1) == -EPERM ? 0 : 1);
	}
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && !WEXITSTATUS(status));
	check(limit_of(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN).max == SEVADM_LIMIT_MAX);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "32 processes against the host's maximum", host_maximum },
	{ "a soft limit makes one event", soft_limit },
	{ "a maximum below the usage refuses what is new", lowered },
	{ "a cgroup's usage includes its descendants'", hierarchy },
	{ "a cgroup's limits end with it", cgroup_goes },
	{ "a user's maximum of ASIDs", user_maximum },
	{ "a guarantee of ASIDs", guarantee },
	{ "guarantees that overlap", guarantees_overlap },
	{ "leases", leases },
	{ "migration moves what is charged", migration },
	{ "wrong requests", wrong_requests },
	{ "those who may not change limits cannot", container },
};

int main(void)
{
	const char *missing;
	size_t i;

	ksft_print_header();
	if (ledger_unavailable())
		ksft_exit_skip("%s\n", ledger_unavailable());
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: %s\n", missing, strerror(errno));
	if (limits_open())
		ksft_exit_fail_msg("no netlink family sevadm\n");
	if (sev_asids() <= PROCESSES)
		ksft_exit_skip("this host has fewer than %d ASIDs for SEV guests\n", PROCESSES + 1);
	cgroup_make("");
	ksft_set_plan(sizeof(tests) / sizeof(tests[0]));
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		good = true;
		tests[i].run();
		check(!ledger_differences(tests[i].name, NULL));
		ksft_test_result(good, "%s\n", tests[i].name);
	}
	rmdir(CGROUPS);
	ksft_finished();
}

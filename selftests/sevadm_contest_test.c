// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes want the same few ASIDs and pages at once: maxima hold at every instant,
 * guarantees and leases are kept, and who gives up lets the next one in. Wants a pool of 8 ASIDs
 * for SEV guests: sevhost --psp min-sev-asid=5 --psp max-asid=12.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/cgroup.h"
#include "lib/genl.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/limits.h"
#include "lib/random.h"
#include "lib/sev_vm.h"

#define POOL		8
#define GUARANTEED	4
#define ROUNDS		20
#define CONTENDERS	16
#define PINNERS		6	/* fewer than POOL: they want pages, not ASIDs */
#define PIN_STEPS	400
#define PIECES		8	/* regions of a pinner's VM */
#define PIECE_PAGES	4UL
#define PAGES_MAX	40UL	/* less than all pinners want */
#define CGROUP		"/sys/fs/cgroup/sevadm-tenant-a"
#define ROOT		"/sys/fs/cgroup"
#define EVENT_MS	120000

static struct sev_host host;
static uint64_t tenant;
static bool good;

/* Not all of the test's children: the oracle is one, too. */
static pid_t children[CONTENDERS];
static int child_count;

/* What contenders share. */
static struct shared {
	atomic_int ready, go, done, leave;
	atomic_int got, got_by_tenant, failures;
	atomic_long pages, most;
} *shared;

#define check(condition) do {								\
	if (!(condition)) {								\
		ksft_print_msg("%s:%d: not so: %s\n", __func__, __LINE__, #condition);	\
		good = false;								\
	}										\
} while (0)

static void make_tenant(void)
{
	struct stat stats;

	if ((mkdir(CGROUP, 0755) && errno != EEXIST) || stat(CGROUP, &stats))
		ksft_exit_fail_msg("%s: %s\n", CGROUP, strerror(errno));
	tenant = stats.st_ino;
}

/* 0, or the errno with which the VM cannot be initialised. */
static int vm_start(struct sev_vm *vm, size_t size)
{
	struct sev_outcome out = sev_vm_create(vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, size);

	if (!out.err)
		out = sev_vm_init(vm);
	if (out.err) {
		sev_vm_close(vm);
		sev_vm_free_memory(vm);
	}
	return out.err;
}

static bool set(uint32_t kind, uint64_t id, uint32_t resource, int knob, uint64_t value)
{
	return !limit_set(kind, id, resource, knob, value);
}

static uint64_t usage(uint32_t kind, uint64_t id, uint32_t resource)
{
	struct limit limit = { .current = UINT64_MAX };

	limit_get(kind, id, resource, &limit);
	return limit.current;
}

static unsigned int reserved(void)
{
	struct sevadm_pool_query query = { .size = sizeof(query), .pool = SEVADM_POOL_SEV };
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);

	check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &query));
	close(fd);
	return query.reserved;
}

static void wait_for_children(void)
{
	int status;

	while (child_count) {
		waitpid(children[--child_count], &status, 0);
		check(!status);
	}
}

static void wait_for(atomic_int *number, int value)
{
	while (atomic_load(number) < value)
		usleep(1000);
}

/* ---- ASIDs ---------------------------------------------------------------------------------- */

/* In a child: one VM, at the same moment as all others; it stays until all have been counted. */
static void contend(bool of_tenant)
{
	struct sev_vm vm;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (of_tenant)
		check(cgroup_enter(CGROUP, getpid()));
	atomic_fetch_add(&shared->ready, 1);
	wait_for(&shared->go, 1);
	err = vm_start(&vm, 0);
	if (err && err != EBUSY)
		atomic_fetch_add(&shared->failures, 1);
	else if (!err)
		atomic_fetch_add(of_tenant ? &shared->got_by_tenant : &shared->got, 1);
	atomic_fetch_add(&shared->done, 1);
	wait_for(&shared->leave, 1);
	_exit(0);
}

/* @of_tenant of the contenders are the tenant's. */
static void contest(int contenders, int of_tenant)
{
	int i;

	memset(shared, 0, sizeof(*shared));
	for (i = 0; i < contenders; i++) {
		children[child_count] = fork();
		if (!children[child_count++])
			contend(i < of_tenant);
	}
	wait_for(&shared->ready, contenders);
	atomic_store(&shared->go, 1);
	wait_for(&shared->done, contenders);
	check(!shared->failures);
}

static void contest_end(void)
{
	atomic_store(&shared->leave, 1);
	wait_for_children();
}

static void maximum_of_asids(void)
{
	int round;

	check(set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MAX_VALUE, 5));
	for (round = 0; round < ROUNDS && good; round++) {
		contest(CONTENDERS, 0);
		check(shared->got == 5);
		check(usage(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_ASID_SEV) == 5);
		contest_end();
		check(usage(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_ASID_SEV) == 0);
	}
	check(!limit_delete(SEVADM_SUBJECT_HOST, 0));
}

static bool told_of_guarantee(int device)
{
	struct sevadm_event event;

	while (read(device, &event, sizeof(event)) == sizeof(event))
		if (event.type == SEVADM_EVENT_LIMIT && event.knob == SEVADM_KNOB_MIN &&
		    event.resource == SEVADM_RESOURCE_ASID_SEV && event.ret == -EBUSY &&
		    event.known & SEVADM_KNOWN_VM && event.pid)
			return true;
	return false;
}

/* The others get what is not guaranteed; the tenant comes late, and gets what is. */
static void guarantee(void)
{
	int device = open(SEVADM_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC), i;
	struct sev_vm vms[GUARANTEED], one_more;

	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MIN_VALUE, GUARANTEED));
	contest(CONTENDERS, 0);
	check(shared->got == POOL - GUARANTEED);
	check(told_of_guarantee(device));
	close(device);
	check(cgroup_enter(CGROUP, getpid()));
	for (i = 0; i < GUARANTEED; i++)
		check(!vm_start(&vms[i], 0));
	check(vm_start(&one_more, 0) == EBUSY);
	check(cgroup_enter(ROOT, getpid()));
	check(!ledger_differences("all ASIDs of the pool are used", NULL));
	for (i = 0; i < GUARANTEED; i++)
		sev_vm_close(&vms[i]);
	contest_end();
}

/* The others, who are in a hurry. */
static void guarantee_in_a_rush(void)
{
	int round;

	for (round = 0; round < ROUNDS && good; round++) {
		contest(CONTENDERS, GUARANTEED);
		check(shared->got == POOL - GUARANTEED);
		check(shared->got_by_tenant == GUARANTEED);
		if (!good)
			ksft_print_msg("round %d: others got %d, the tenant %d\n", round,
				       shared->got, shared->got_by_tenant);
		contest_end();
	}
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, tenant));
}

/* What a cgroup was guaranteed is free when it is removed: for VMs, leases and guarantees. */
static void guarantee_of_the_removed(void)
{
	struct sev_vm vms[POOL];
	int i, got = 0;

	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MIN_VALUE, POOL));
	check(!rmdir(CGROUP));
	for (i = 0; i < POOL; i++)
		got += !vm_start(&vms[i], 0);
	check(got == POOL);
	for (i = 0; i < POOL; i++)
		sev_vm_close(&vms[i]);

	make_tenant();
	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MIN_VALUE, POOL));
	check(!rmdir(CGROUP));
	check(set(SEVADM_SUBJECT_USER, 7, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MIN_VALUE, 1));
	check(!limit_delete(SEVADM_SUBJECT_USER, 7));

	make_tenant();
	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MIN_VALUE, POOL));
	check(!rmdir(CGROUP));
	check(!reserved());
	make_tenant();
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void note(long pages)
{
	long sum = atomic_fetch_add(&shared->pages, pages) + pages, most;

	most = atomic_load(&shared->most);
	while (sum > most && !atomic_compare_exchange_weak(&shared->most, &most, sum))
		;
}

/*
 * In a child: regions come and go. What it has is noted after it was granted and until before it is
 * given back: less than what is pinned, so that more than the maximum is more than was allowed.
 */
static void pin_and_unpin(unsigned int index)
{
	uint64_t random = random_seeded(index), piece;
	bool pinned[PIECES] = { false };
	struct sev_vm vm;
	uintptr_t start;
	int step, err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (vm_start(&vm, PIECES * PIECE_PAGES * SEV_PAGE_SIZE))
		_exit(1);
	atomic_fetch_add(&shared->ready, 1);
	wait_for(&shared->ready, PINNERS);
	for (step = 0; step < PIN_STEPS; step++) {
		piece = random_below(&random, PIECES);
		start = (uintptr_t)vm.memory + piece * PIECE_PAGES * SEV_PAGE_SIZE;
		if (pinned[piece]) {
			note(-(long)PIECE_PAGES);
			err = sev_vm_unregister(&vm, start, PIECE_PAGES * SEV_PAGE_SIZE).err;
			pinned[piece] = false;
		} else {
			err = sev_vm_register(&vm, start, PIECE_PAGES * SEV_PAGE_SIZE).err;
			pinned[piece] = !err;
			if (!err)
				note(PIECE_PAGES);
		}
		if (err && err != ENOMEM)
			_exit(1);
	}
	atomic_fetch_add(&shared->done, 1);
	wait_for(&shared->done, PINNERS);
	for (piece = 0; piece < PIECES; piece++)
		if (pinned[piece])
			note(-(long)PIECE_PAGES);
	_exit(0);
}

static void maximum_of_pages(void)
{
	struct limit limit = { 0 };
	unsigned int i;

	memset(shared, 0, sizeof(*shared));
	check(set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		  PAGES_MAX * SEV_PAGE_SIZE));
	for (i = 0; i < PINNERS; i++) {
		children[child_count] = fork();
		if (!children[child_count++])
			pin_and_unpin(i);
	}
	wait_for_children();
	check(!limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, &limit));
	ksft_print_msg("at most %ld of %lu pages at once, %llu refused\n", shared->most, PAGES_MAX,
		       (unsigned long long)limit.max_events);
	check(shared->most <= (long)PAGES_MAX && limit.max_events);
	check(limit.peak == PAGES_MAX * SEV_PAGE_SIZE && !limit.current);
	check(!limit_delete(SEVADM_SUBJECT_HOST, 0));
}

/* ---- leases --------------------------------------------------------------------------------- */

static int reserve(int fd, uint32_t count)
{
	struct sevadm_lease lease = {
		.size = sizeof(lease),
		.pool = SEVADM_POOL_SEV,
		.count = count,
		.subject = SEVADM_LEASE_CGROUP,
		.subject_id = tenant,
	};

	return ioctl(fd, SEVADM_IOC_RESERVE, &lease) ? errno : 0;
}

/* The file ends with its last descriptor, in whatever process. */
static void lease_outlives_its_owner(void)
{
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC), copy, pipes[2];
	pid_t child;

	check(!reserve(fd, 3) && reserved() == 3);
	copy = dup(fd);
	close(fd);
	check(reserved() == 3);
	check(!pipe(pipes));
	child = fork();
	if (!child) {
		char byte;

		close(pipes[1]);
		_exit(read(pipes[0], &byte, 1) < 0);
	}
	close(copy);
	check(reserved() == 3);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	check(reserved() == 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* What is leased counts against guarantees, and the other way round. */
static void leases_and_guarantees(void)
{
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	struct sev_vm vm;

	check(!reserve(fd, 3));
	check(limit_set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
			SEVADM_A_LIMIT_MIN_VALUE, POOL - 2) == -ENOSPC);
	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MIN_VALUE, POOL - 3));
	check(reserved() == POOL && reserve(fd, 1) == EBUSY);
	check(vm_start(&vm, 0) == EBUSY);
	close(fd);
	check(!vm_start(&vm, 0));
	sev_vm_close(&vm);
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, tenant) && !reserved());
}

/* ---- a configuration as a whole ------------------------------------------------------------- */

static void put(struct genl_message *message, uint32_t kind, uint64_t id, uint64_t max)
{
	size_t nest = genl_nest(message, SEVADM_A_APPLY_LIMIT);

	genl_put_u32(message, SEVADM_A_LIMIT_SUBJECT, kind);
	if (kind != SEVADM_SUBJECT_HOST)
		genl_put_u64(message, SEVADM_A_LIMIT_ID, id);
	genl_put_u32(message, SEVADM_A_LIMIT_RESOURCE, SEVADM_RESOURCE_PIN);
	genl_put_u64(message, SEVADM_A_LIMIT_MAX_VALUE, max);
	genl_nest_end(message, nest);
}

/* 1000 users, and something last. */
static int apply(struct genl *genl, uint32_t kind, uint64_t id)
{
	static struct genl_message message;
	unsigned int i;

	genl_begin(&message, genl, SEVADM_CMD_LIMIT_APPLY, 0);
	for (i = 1; i <= 1000; i++)
		put(&message, SEVADM_SUBJECT_USER, 10000 + i, i << 20);
	put(&message, kind, id, 1 << 20);
	return genl_talk(genl, &message, NULL, NULL);
}

static void all_or_none(void)
{
	static struct genl_message message;
	struct limit limit;
	struct genl genl;

	check(!genl_open(&genl));
	check(set(SEVADM_SUBJECT_USER, 7, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE, 1 << 30));
	check(apply(&genl, SEVADM_SUBJECT_CGROUP, UINT64_MAX) == ENOENT && genl.text[0]);
	check(!limit_get(SEVADM_SUBJECT_USER, 7, SEVADM_RESOURCE_PIN, &limit));
	check(limit_get(SEVADM_SUBJECT_USER, 10001, SEVADM_RESOURCE_PIN, &limit) == -ENOENT);

	check(!apply(&genl, SEVADM_SUBJECT_CGROUP, tenant));
	check(limit_get(SEVADM_SUBJECT_USER, 7, SEVADM_RESOURCE_PIN, &limit) == -ENOENT);
	check(!limit_get(SEVADM_SUBJECT_USER, 11000, SEVADM_RESOURCE_PIN, &limit) &&
	      limit.max == 1000 << 20);
	check(!limit_get(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_PIN, &limit));

	genl_begin(&message, &genl, SEVADM_CMD_LIMIT_APPLY, 0);
	check(!genl_talk(&genl, &message, NULL, NULL));
	check(limit_get(SEVADM_SUBJECT_USER, 11000, SEVADM_RESOURCE_PIN, &limit) == -ENOENT);
	genl_close(&genl);
}

static void take_event(const struct nlattr *first, size_t length, void *argument)
{
	const struct nlattr *attr;
	size_t rest;

	genl_for_each(attr, rest, first, length)
		if (genl_type(attr) == SEVADM_A_EVENT_RECORD &&
		    genl_length(attr) >= sizeof(struct sevadm_event))
			memcpy(argument, genl_data(attr), sizeof(struct sevadm_event));
}

/* Listeners of the group learn which limit refused what to whom. */
static void listeners_learn(void)
{
	struct sevadm_event event = { 0 };
	struct genl listener;
	struct sev_vm vm;

	check(!genl_open(&listener) && !genl_join(&listener));
	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MAX_VALUE, 0));
	/* What came before has used up what is sent in a second. */
	sleep(2);
	check(cgroup_enter(CGROUP, getpid()));
	check(vm_start(&vm, 0) == EBUSY);
	check(cgroup_enter(ROOT, getpid()));
	check(genl_event(&listener, EVENT_MS, take_event, &event));
	check(event.type == SEVADM_EVENT_LIMIT && event.subject == SEVADM_SUBJECT_CGROUP &&
	      event.subject_id == tenant && event.resource == SEVADM_RESOURCE_ASID_SEV &&
	      event.knob == SEVADM_KNOB_MAX && event.ret == -EBUSY && event.limit == 0 &&
	      event.usage == 0 && event.amount == 1 && event.pid == (uint32_t)getpid());
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, tenant));
	genl_close(&listener);
}

/* A VM and its pages outlast the module; the limits go with it. */
static void unload_with_limits(void)
{
	uint64_t size = PIECE_PAGES * SEV_PAGE_SIZE;
	struct limit limit;
	struct sev_vm vm;

	check(set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE, size));
	check(set(SEVADM_SUBJECT_CGROUP, tenant, SEVADM_RESOURCE_ASID_SEV,
		  SEVADM_A_LIMIT_MIN_VALUE, GUARANTEED));
	check(!vm_start(&vm, 2 * size) && !sev_vm_register(&vm, (uintptr_t)vm.memory, size).err);
	check(sev_vm_register(&vm, (uintptr_t)vm.memory + size, size).err == ENOMEM);
	check(kmod_unload_sevadm());
	check(!sev_vm_register(&vm, (uintptr_t)vm.memory + size, size).err);
	sev_vm_close(&vm);
	sev_vm_free_memory(&vm);
	check(kmod_load_sevadm() && !limits_open());
	check(!limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, &limit) &&
	      limit.max == SEVADM_LIMIT_MAX && !limit.current && !reserved());
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "16 processes against a maximum of 5 ASIDs", maximum_of_asids },
	{ "a guarantee of 4 of 8 ASIDs", guarantee },
	{ "the same, when all come at once", guarantee_in_a_rush },
	{ "a guarantee ends with its cgroup", guarantee_of_the_removed },
	{ "regions that come and go, against the host's maximum", maximum_of_pages },
	{ "a lease ends with the last descriptor", lease_outlives_its_owner },
	{ "leases and guarantees share the pool", leases_and_guarantees },
	{ "a configuration is applied as a whole, or not at all", all_or_none },
	{ "listeners learn who was refused, and why", listeners_learn },
	{ "the module is unloaded with limits set", unload_with_limits },
};

int main(void)
{
	struct sevadm_pool_query pool = { .size = sizeof(pool), .pool = SEVADM_POOL_SEV };
	const char *missing;
	size_t i;
	int fd;

	ksft_print_header();
	if (ledger_unavailable())
		ksft_exit_skip("%s\n", ledger_unavailable());
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: %s\n", missing, strerror(errno));
	if (limits_open())
		ksft_exit_fail_msg("no netlink family sevadm\n");
	fd = open(SEVADM_DEVICE, O_RDONLY);
	if (fd < 0 || ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool) || pool.capacity != POOL)
		ksft_exit_skip("this host has not %d ASIDs for SEV guests\n", POOL);
	close(fd);
	make_tenant();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");

	ksft_set_plan(sizeof(tests) / sizeof(tests[0]));
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		good = true;
		fflush(stdout);
		tests[i].run();
		check(!ledger_differences(tests[i].name, NULL));
		ksft_test_result(good, "%s\n", tests[i].name);
	}
	/*
	 * A reference that is kept keeps nothing from being removed, but a process that is left
	 * does.
	 */
	if (rmdir(CGROUP))
		ksft_exit_fail_msg("%s cannot be removed: %s\n", CGROUP, strerror(errno));
	ksft_finished();
}

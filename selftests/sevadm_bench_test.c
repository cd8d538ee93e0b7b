// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sevadm adds to what KVM and ccp do, in instructions: with the module less without it, in one
 * boot of the emulated host under --icount. It fails when a cost is above its limit, or grows with
 * the number of VMs or of regions. Tables for people are among the diagnostics.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/cgroup.h"
#include "lib/committed.h"
#include "lib/genl.h"
#include "lib/instructions.h"
#include "lib/kmod.h"
#include "lib/limits.h"
#include "lib/rivals.h"
#include "lib/sev_abi.h"
#include "lib/sev_vm.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define REPEATS		101
#define DUMPS		11
#define RING_EVENTS	1024	/* at most, that the module is loaded with */
#define LARGE_BYTES	(2UL << 20)
#define TRACING		"/sys/kernel/tracing"
#define CGROUPS		"/sys/fs/cgroup"

/* Per traced command: nobody reads; one reader sleeps and is woken. */
#define LIMIT_ALONE	1000
#define LIMIT_READER	1500
/* What a cost may differ by from one count to another: a link of a hash chain takes 8. */
#define LIMIT_GROWTH	40

static const unsigned int vm_counts[] = { 1, 10, 100, 500 };
static const unsigned int region_counts[] = { 10, 100, 1000, 10000 };

#define SCALES		ARRAY_SIZE(vm_counts)
#define VMS_MAX		500
#define REGIONS_MAX	10000

static struct sev_host host;
static struct sev_vm vms[VMS_MAX];
static unsigned int vm_nr;

/* ---- what is measured ------------------------------------------------------------------------ */

/* The page that the oldest or newest VM registers last of all, and takes back. */
static int run_pair(struct sev_vm *vm)
{
	uint64_t page = (uintptr_t)vm->memory + vm->size - SEV_PAGE_SIZE;

	return sev_vm_register(vm, page, SEV_PAGE_SIZE).err ?:
	       sev_vm_unregister(vm, page, SEV_PAGE_SIZE).err;
}

/* The same with 2 MiB: what the module adds does not depend on it. */
static int run_large_pair(struct sev_vm *vm)
{
	uint64_t start = (uintptr_t)vm->memory;

	return sev_vm_register(vm, start, LARGE_BYTES).err ?:
	       sev_vm_unregister(vm, start, LARGE_BYTES).err;
}

static int run_platform_status(struct sev_vm *vm)
{
	struct sev_user_data_status status = { 0 };
	struct sev_issue_cmd cmd = { .cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&status };

	return ioctl(vm->host->sev_fd, SEV_ISSUE_CMD, &cmd) ? errno : 0;
}

static int run_guest_status(struct sev_vm *vm)
{
	struct kvm_sev_guest_status status = { 0 };

	return sev_vm_command(vm, KVM_SEV_GUEST_STATUS, &status).err;
}

enum operation_id {
	OPERATION_PAIR,
	OPERATION_PLATFORM_STATUS,
	OPERATION_GUEST_STATUS,
	OPERATION_NR,		/* of those in the tables of VMs and regions */
	OPERATION_LARGE_PAIR = OPERATION_NR,
	OPERATION_ALL,
};

static const struct operation {
	const char *name;
	int (*run)(struct sev_vm *vm);
} operations[OPERATION_ALL] = {
	[OPERATION_PAIR] = { "register and unregister one page", run_pair },
	[OPERATION_PLATFORM_STATUS] = { "SEV_PLATFORM_STATUS by /dev/sev", run_platform_status },
	[OPERATION_GUEST_STATUS] = { "KVM_SEV_GUEST_STATUS", run_guest_status },
	[OPERATION_LARGE_PAIR] = { "register and unregister 2 MiB", run_large_pair },
};

/* ---- a reader -------------------------------------------------------------------------------- */

/* As `sevadm trace follow`: it sleeps in poll(), and takes whatever there is. */
struct reader {
	pid_t pid;
	volatile uint64_t *bytes;	/* that it has read; shared with it */
};

static __attribute__((noreturn)) void reader_run(struct reader *reader,
						 struct sevadm_event_filter *filter)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek), .whence = SEVADM_SEEK_NEWEST };
	struct sched_param normal = { 0 };
	struct sevadm_event events[64];
	struct pollfd poll_fd;
	ssize_t got;

	sched_setscheduler(0, SCHED_OTHER, &normal);
	poll_fd.fd = open("/dev/sevadm", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	poll_fd.events = POLLIN;
	if (poll_fd.fd < 0 || ioctl(poll_fd.fd, SEVADM_IOC_EVENT_SEEK, &seek) ||
	    ioctl(poll_fd.fd, SEVADM_IOC_EVENT_FILTER, filter))
		_exit(1);
	for (;;) {
		if (poll(&poll_fd, 1, -1) < 0)
			_exit(1);
		got = read(poll_fd.fd, events, sizeof(events));
		if (got > 0)
			*reader->bytes += got;
	}
}

static void reader_start(struct reader *reader, struct sevadm_event_filter *filter)
{
	filter->size = sizeof(*filter);
	reader->bytes = mmap(NULL, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (reader->bytes == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
	reader->pid = fork();
	if (reader->pid < 0)
		ksft_exit_fail_msg("fork: %s\n", strerror(errno));
	if (!reader->pid)
		reader_run(reader, filter);
}

static uint64_t reader_stop(struct reader *reader)
{
	uint64_t bytes = *reader->bytes;

	kill(reader->pid, SIGKILL);
	waitpid(reader->pid, NULL, 0);
	munmap((void *)reader->bytes, SEV_PAGE_SIZE);
	return bytes;
}

/* Until it has been woken, has read all there is and sleeps again: it is woken at a tick. */
static void reader_settle(const struct reader *reader)
{
	char path[32], state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", reader->pid);
	do {
		usleep(20000);
		file = fopen(path, "re");
		if (!file || fscanf(file, "%*d %*s %c", &state) != 1 || state == 'Z')
			ksft_exit_fail_msg("the reader has ended\n");
		fclose(file);
	} while (state != 'S');
}

/* ---- measuring ------------------------------------------------------------------------------- */

static unsigned int samples_nr, samples_off;

static uint64_t measure_vm(enum operation_id id, struct sev_vm *vm, const struct reader *reader)
{
	static uint64_t samples[REPEATS];
	uint64_t start, median;
	unsigned int i;
	int error;

	for (i = 0; i < REPEATS; i++) {
		if (reader)
			reader_settle(reader);
		start = instructions_now();
		error = operations[id].run(vm);
		samples[i] = instructions_now() - start;
		if (error)
			ksft_exit_fail_msg("%s: %s\n", operations[id].name, strerror(error));
	}
	median = instructions_median(samples, REPEATS);
	for (i = 0; i < REPEATS; i++)
		samples_off += samples[i] > median + LIMIT_GROWTH ||
			       samples[i] + LIMIT_GROWTH < median;
	samples_nr += REPEATS;
	if (getenv("BENCH_VERBOSE"))
		ksft_print_msg("%s: %lu %lu %lu %lu %lu\n", operations[id].name, samples[0],
			       samples[REPEATS / 4], median, samples[REPEATS * 3 / 4],
			       samples[REPEATS - 1]);
	return median;
}

/* Of the oldest VM or the newest one, whichever costs more. */
static uint64_t measure(enum operation_id id)
{
	uint64_t oldest = measure_vm(id, &vms[0], NULL);
	uint64_t newest = measure_vm(id, &vms[vm_nr - 1], NULL);

	return oldest > newest ? oldest : newest;
}

static void check(const char *what, struct sev_outcome out)
{
	if (out.err)
		ksft_exit_fail_msg("%s: %s, firmware status 0x%x\n", what, strerror(out.err),
				   out.fw_error);
}

/* The first VM has memory for all regions, the others for one. */
static void vm_add(void)
{
	size_t size = (vm_nr ? 1 : REGIONS_MAX + 1) * SEV_PAGE_SIZE;
	struct sev_vm *vm = &vms[vm_nr++];

	check("KVM_CREATE_VM", sev_vm_create(vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, size));
	memset(vm->memory, 1, vm->size);
	check("KVM_SEV_INIT", sev_vm_init(vm));
}

static void vm_launch(struct sev_vm *vm)
{
	struct kvm_sev_launch_start start = { .policy = 1 };

	check("KVM_SEV_LAUNCH_START", sev_vm_command(vm, KVM_SEV_LAUNCH_START, &start));
}

static void vms_free(void)
{
	for (; vm_nr; vm_nr--) {
		sev_vm_close(&vms[vm_nr - 1]);
		sev_vm_free_memory(&vms[vm_nr - 1]);
	}
}

struct figures {
	uint64_t vms[SCALES][OPERATION_NR];
	uint64_t regions[SCALES][OPERATION_NR];
	uint64_t large_pair;
	uint64_t dump;		/* of the VMS_MAX VMs, by netlink; 0: not asked */
};

/* All VMs by netlink, each of them: the kernel's answer and its way to a plain socket. */
static uint64_t measure_dump(void)
{
	static uint64_t samples[DUMPS];
	struct genl_message *message = malloc(sizeof(*message));
	struct genl genl;
	uint64_t start;
	unsigned int i;

	if (!message || genl_open(&genl))
		ksft_exit_fail_msg("no VMs by netlink\n");
	for (i = 0; i < DUMPS; i++) {
		genl_begin(message, &genl, SEVADM_CMD_VM_GET, NLM_F_DUMP);
		start = instructions_now();
		if (genl_talk(&genl, message, NULL, NULL))
			ksft_exit_fail_msg("VMs by netlink: %s\n", genl.text);
		samples[i] = instructions_now() - start;
	}
	genl_close(&genl);
	free(message);
	return instructions_median(samples, DUMPS) / vm_nr;
}

/* All events of the ring at once, each of them. */
static uint64_t measure_read(void)
{
	static struct sevadm_event events[RING_EVENTS];
	static uint64_t samples[DUMPS];
	uint64_t start;
	unsigned int i;
	ssize_t got;
	int fd;

	for (i = 0; i < DUMPS; i++) {
		fd = open("/dev/sevadm", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		start = instructions_now();
		got = read(fd, events, sizeof(events));
		samples[i] = instructions_now() - start;
		if (got != sizeof(events))
			ksft_exit_fail_msg("/dev/sevadm: %zd of %zu bytes\n", got, sizeof(events));
		close(fd);
	}
	return instructions_median(samples, DUMPS) / RING_EVENTS;
}

static void collect(struct figures *figures)
{
	unsigned int scale, id, region = 0;

	for (scale = 0; scale < SCALES; scale++) {
		while (vm_nr < vm_counts[scale]) {
			vm_add();
			if (vm_nr == 1 || vm_nr == vm_counts[scale])
				vm_launch(&vms[vm_nr - 1]);
		}
		for (id = 0; id < OPERATION_NR; id++)
			figures->vms[scale][id] = measure(id);
	}
	if (kmod_loaded("sevadm"))
		figures->dump = measure_dump();
	figures->large_pair = measure_vm(OPERATION_LARGE_PAIR, &vms[0], NULL);
	for (scale = 0; scale < SCALES; scale++) {
		for (; region < region_counts[scale]; region++)
			check("KVM_MEMORY_ENCRYPT_REG_REGION",
			      sev_vm_register(&vms[0], (uintptr_t)vms[0].memory +
					      region * SEV_PAGE_SIZE, SEV_PAGE_SIZE));
		for (id = 0; id < OPERATION_NR; id++)
			figures->regions[scale][id] = measure_vm(id, &vms[0], NULL);
	}
	vms_free();
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int64_t added(const uint64_t with[OPERATION_NR], const uint64_t without[OPERATION_NR],
		     unsigned int id)
{
	return with[id] - without[id];
}

static void scale_table(const char *what, const unsigned int counts[SCALES],
			uint64_t with[SCALES][OPERATION_NR], uint64_t without[SCALES][OPERATION_NR])
{
	int64_t cost, least, most;
	unsigned int scale, id;
	char row[16];

	ksft_print_msg("| %s | %s | %s | %s |\n", what, operations[0].name, operations[1].name,
		       operations[2].name);
	ksft_print_msg("|--:|--:|--:|--:|\n");
	for (scale = 0; scale < SCALES; scale++) {
		ksft_print_msg("| %u |", counts[scale]);
		for (id = 0; id < OPERATION_NR; id++)
			printf(" %lu → %lu: **%ld** |", without[scale][id], with[scale][id],
			       (long)added(with[scale], without[scale], id));
		printf("\n");
		snprintf(row, sizeof(row), "%u", counts[scale]);
		for (id = 0; id < OPERATION_NR; id++)
			committed_compare(what, row, id + 1,
					  added(with[scale], without[scale], id));
	}
	ksft_print_msg("|\n");
	for (id = 0; id < OPERATION_NR; id++) {
		least = most = added(with[0], without[0], id);
		for (scale = 1; scale < SCALES; scale++) {
			cost = added(with[scale], without[scale], id);
			least = cost < least ? cost : least;
			most = cost > most ? cost : most;
		}
		ksft_test_result(least > 0 && most - least <= LIMIT_GROWTH,
				 "%s: the cost is the same with %u to %u %s (%ld to %ld instructions)\n",
				 operations[id].name, counts[0], counts[SCALES - 1], what,
				 (long)least, (long)most);
	}
}

static void tracepoints_enable(bool enable)
{
	int fd = open(TRACING "/events/sevadm/enable", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, enable ? "1" : "0", 1) != 1)
		ksft_exit_fail_msg("%s/events/sevadm/enable: %s\n", TRACING, strerror(errno));
	close(fd);
}

/* In which company a command is traced. */
enum company {
	COMPANY_NONE,
	COMPANY_READER,
	COMPANY_FILTER_PASSES,
	COMPANY_FILTER_REFUSES,
	COMPANY_TRACEPOINTS,
	COMPANY_NR,
};

static const struct {
	const char *name;
	bool reads;
	struct sevadm_event_filter filter;
	bool gets;		/* the reader gets events */
	unsigned int limit;	/* 0: for information */
} companies[COMPANY_NR] = {
	[COMPANY_NONE] = { .name = "no reader", .limit = LIMIT_ALONE },
	[COMPANY_READER] = { .name = "a reader", .reads = true, .gets = true,
			     .limit = LIMIT_READER },
	[COMPANY_FILTER_PASSES] = {
		.name = "a reader whose filter passes it", .reads = true, .gets = true,
		.filter = { .types = 1U << SEVADM_EVENT_PSP | 1U << SEVADM_EVENT_KVM },
		.limit = LIMIT_READER },
	[COMPANY_FILTER_REFUSES] = {
		.name = "a reader whose filter refuses it", .reads = true,
		.filter = { .flags = SEVADM_FILTER_FAILED }, .limit = LIMIT_READER },
	[COMPANY_TRACEPOINTS] = { .name = "no reader, tracepoints enabled" },
};

/* What is traced of each: of KVM's command also the command of the firmware that it leads to. */
static const struct {
	enum operation_id id;
	unsigned int commands;
} traced[] = {
	{ OPERATION_PLATFORM_STATUS, 1 },
	{ OPERATION_GUEST_STATUS, 2 },
};

static uint64_t measure_company(enum company company, unsigned int i)
{
	struct sevadm_event_filter filter = companies[company].filter;
	struct reader reader;
	uint64_t cost, bytes, wanted;

	if (company == COMPANY_TRACEPOINTS)
		tracepoints_enable(true);
	if (companies[company].reads)
		reader_start(&reader, &filter);
	cost = measure_vm(traced[i].id, &vms[0], companies[company].reads ? &reader : NULL);
	if (companies[company].reads) {
		reader_settle(&reader);
		bytes = reader_stop(&reader);
		wanted = companies[company].gets ?
			 REPEATS * traced[i].commands * sizeof(struct sevadm_event) : 0;
		if (bytes != wanted)
			ksft_exit_fail_msg("%s: the reader got %lu bytes instead of %lu\n",
					   companies[company].name, bytes, wanted);
	}
	if (company == COMPANY_TRACEPOINTS)
		tracepoints_enable(false);
	return cost;
}

static void company_table(uint64_t with[COMPANY_NR][ARRAY_SIZE(traced)],
			  const uint64_t without[OPERATION_NR])
{
	unsigned int company, i;
	long cost, limit;

	ksft_print_msg("| while there is | %s | %s |\n", operations[traced[0].id].name,
		       operations[traced[1].id].name);
	ksft_print_msg("|---|--:|--:|\n");
	for (company = 0; company < COMPANY_NR; company++) {
		ksft_print_msg("| %s |", companies[company].name);
		for (i = 0; i < ARRAY_SIZE(traced); i++)
			printf(" **%ld** |", (long)(with[company][i] - without[traced[i].id]));
		printf("\n");
		for (i = 0; i < ARRAY_SIZE(traced); i++)
			committed_compare("while there is", companies[company].name, i + 1,
					  with[company][i] - without[traced[i].id]);
	}
	ksft_print_msg("|\n");
	for (company = 0; company < COMPANY_NR; company++)
		for (i = 0; companies[company].limit && i < ARRAY_SIZE(traced); i++) {
			cost = with[company][i] - without[traced[i].id];
			limit = companies[company].limit * traced[i].commands;
			ksft_test_result(cost > 0 && cost < limit,
					 "%s, %s: %ld of %ld instructions for %u traced command(s)\n",
					 operations[traced[i].id].name, companies[company].name,
					 cost, limit, traced[i].commands);
		}
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const unsigned int user_counts[] = { 1, 10, 1000 };
static const unsigned int cgroup_levels[] = { 1, 4, 16 };

#define LIMITED		ARRAY_SIZE(user_counts)
#define LEVELS_MAX	16
#define MUCH		(1ULL << 40)

static void limit(uint32_t subject, uint64_t id)
{
	int error = limit_set(subject, id, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE, MUCH);

	if (error)
		ksft_exit_fail_msg("limit: %s\n", strerror(-error));
}

/* So many users have a limit, the VM's own one among them. */
static void measure_users(uint64_t costs[LIMITED])
{
	unsigned int i, uid = 0;

	vm_add();
	for (i = 0; i < LIMITED; i++) {
		for (; uid < user_counts[i]; uid++)
			limit(SEVADM_SUBJECT_USER, uid);
		costs[i] = measure_vm(OPERATION_PAIR, &vms[0], NULL);
	}
	vms_free();
	while (uid)
		limit_delete(SEVADM_SUBJECT_USER, --uid);
}

/* The VM is in a cgroup that deep, which has a limit as each one above it has. */
static void measure_cgroups(uint64_t costs[LIMITED])
{
	char path[sizeof(CGROUPS) + LEVELS_MAX * 2] = CGROUPS;
	uint64_t ids[LEVELS_MAX];
	unsigned int i, level = 0;
	struct stat status;

	mount("cgroup2", CGROUPS, "cgroup2", 0, NULL);
	for (i = 0; i < LIMITED; i++) {
		for (; level < cgroup_levels[i]; level++) {
			strcat(path, "/c");
			if (mkdir(path, 0755) || stat(path, &status))
				ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
			ids[level] = status.st_ino;
			limit(SEVADM_SUBJECT_CGROUP, ids[level]);
		}
		if (!cgroup_enter(path, getpid()))
			ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
		vm_add();
		costs[i] = measure_vm(OPERATION_PAIR, &vms[0], NULL);
		vms_free();
		cgroup_enter(CGROUPS, getpid());
	}
	for (; level; level--) {
		limit_delete(SEVADM_SUBJECT_CGROUP, ids[level - 1]);
		rmdir(path);
		*strrchr(path, '/') = '\0';
	}
}

static void limit_table(const char *what, const unsigned int counts[LIMITED],
			const uint64_t costs[LIMITED], uint64_t without)
{
	unsigned int i;
	char row[16];

	ksft_print_msg("| %s | %s |\n", what, operations[OPERATION_PAIR].name);
	ksft_print_msg("|--:|--:|\n");
	for (i = 0; i < LIMITED; i++) {
		snprintf(row, sizeof(row), "%u", counts[i]);
		ksft_print_msg("| %s | **%ld** |\n", row, (long)(costs[i] - without));
		committed_compare(what, row, 1, costs[i] - without);
	}
	ksft_print_msg("|\n");
}

static void other_table(const struct figures *with, const struct figures *without,
			uint64_t read_event)
{
	const struct {
		const char *name;
		uint64_t with, without;
	} rows[] = {
		{ operations[OPERATION_LARGE_PAIR].name, with->large_pair, without->large_pair },
		{ "one of 500 VMs by netlink", with->dump, 0 },
		{ "one of 1024 events by /dev/sevadm", read_event, 0 },
	};
	unsigned int i;

	ksft_print_msg("| besides | instructions |\n");
	ksft_print_msg("|---|--:|\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ksft_print_msg("| %s |", rows[i].name);
		if (rows[i].without)
			printf(" %lu → %lu:", rows[i].without, rows[i].with);
		printf(" **%ld** |\n", (long)(rows[i].with - rows[i].without));
		committed_compare("besides", rows[i].name, 1, rows[i].with - rows[i].without);
	}
	ksft_print_msg("|\n");
}

/* ---- what else there is ---------------------------------------------------------------------- */

/* What the kernel's own tracing adds to the same commands, without the module. */
static void rival_table(const uint64_t without[OPERATION_NR])
{
	enum rival rival;
	unsigned int i;
	bool recorded;

	ksft_print_msg("| instead of sevadm | %s | %s |\n", operations[traced[0].id].name,
		       operations[traced[1].id].name);
	ksft_print_msg("|---|--:|--:|\n");
	for (rival = 0; rival < RIVAL_NR; rival++) {
		int64_t costs[ARRAY_SIZE(traced)];

		if (!rival_start(rival)) {
			ksft_print_msg("| %s | not in this kernel | |\n", rival_name(rival));
			continue;
		}
		for (i = 0; i < ARRAY_SIZE(traced); i++)
			costs[i] = measure_vm(traced[i].id, &vms[0], NULL) - without[traced[i].id];
		recorded = rival_recorded(rival);
		rival_stop(rival);
		ksft_print_msg("| %s | **%ld** | **%ld** |\n", rival_name(rival), (long)costs[0],
			       (long)costs[1]);
		if (!recorded)
			ksft_exit_fail_msg("%s recorded nothing\n", rival_name(rival));
	}
	ksft_print_msg("|\n");
}

int main(void)
{
	static uint64_t company_with[COMPANY_NR][ARRAY_SIZE(traced)];
	static struct figures with, without;
	uint64_t users[LIMITED], cgroups[LIMITED], read_event;
	struct sched_param first = { .sched_priority = 1 };
	const char *missing;
	unsigned int company, i;
	bool gated;

	ksft_print_header();
	if (!instructions_are_counted())
		ksft_exit_skip("the clock does not count instructions: sevhost --icount\n");
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: %s\n", missing, strerror(errno));
	if (!kmod_loaded("sevadm"))
		ksft_exit_skip("sevadm is not loaded\n");
	gated = committed_read();
	ksft_set_plan(2 * OPERATION_NR + 4 * ARRAY_SIZE(traced) + 1 + gated);

	if (mkdir(TRACING, 0700) && errno != EEXIST)
		ksft_print_msg("%s: %s\n", TRACING, strerror(errno));
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	/* A reader that is woken waits until what is measured has ended. */
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		ksft_exit_fail_msg("sched_setscheduler: %s\n", strerror(errno));

	vm_add();
	vm_launch(&vms[0]);
	/* What events cost once the ring is full, which it is for most of a host's life. */
	for (i = 0; i < RING_EVENTS; i++)
		run_pair(&vms[0]);
	for (company = 0; company < COMPANY_NR; company++)
		for (i = 0; i < ARRAY_SIZE(traced); i++)
			company_with[company][i] = measure_company(company, i);
	vms_free();
	read_event = measure_read();
	if (limits_open())
		ksft_exit_fail_msg("no limits by netlink\n");
	measure_users(users);
	measure_cgroups(cgroups);

	collect(&with);
	if (!kmod_unload("sevadm"))
		ksft_exit_fail_msg("cannot unload sevadm\n");
	collect(&without);

	scale_table("VMs", vm_counts, with.vms, without.vms);
	scale_table("regions", region_counts, with.regions, without.regions);
	company_table(company_with, without.vms[0]);
	limit_table("users with a limit", user_counts, users, without.vms[0][OPERATION_PAIR]);
	limit_table("cgroups above one another, each with a limit", cgroup_levels, cgroups,
		    without.vms[0][OPERATION_PAIR]);
	other_table(&with, &without, read_event);
	vm_add();
	vm_launch(&vms[0]);
	rival_table(without.vms[0]);
	vms_free();
	ksft_test_result(samples_off * 20 < samples_nr,
			 "%u of %u samples differ from their median by more than %u\n", samples_off,
			 samples_nr, LIMIT_GROWTH);
	if (gated)
		ksft_test_result(!committed_above(),
				 "%u of %u figures are more than %d %% above the table\n",
				 committed_above(), committed_compared(), COMMITTED_PERCENT);
	sev_host_close(&host);
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and mutated netlink messages and ioctls: a sender without a right changes nothing,
 * whatever it sends; and whatever root sends, the ledger stays true, limits can be lifted and
 * nothing is left. That the kernel complains of nothing is seen by those who run this: best on one
 * with KASAN.
 *
 * usage: sevadm_fuzz_test [--count N] [--seed N]     (4000 requests, the time)
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/fuzz.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/random.h"
#include "lib/sev_vm.h"

#define CGROUP		"/sys/fs/cgroup/sevadm-fuzz-test"
#define CGROUP_STAT	"/sys/fs/cgroup/cgroup.stat"
#define DYING_S		120	/* in which the kernel frees a cgroup that is gone */
#define NOBODY		65534
#define USER		4711
#define GUEST_PAGES	16UL
#define FUZZERS		4	/* of root, at once */
#define REOPEN		200	/* requests after which a fuzzer opens the device again */

static struct genl_message message;
static struct genl genl;
static struct sev_host host;
static struct sev_vm vm;
static uint64_t cgroup;
static unsigned long seed, requests = 4000;

/* Says what was wrong with a condition that did not hold. */
/* ---- what there is to change ---------------------------------------------------------------- */

static bool limit(uint32_t kind, uint64_t id, uint32_t resource, uint16_t knob, uint64_t value)
{
	genl_begin(&message, &genl, SEVADM_CMD_LIMIT_SET, 0);
	genl_put_u32(&message, SEVADM_A_LIMIT_SUBJECT, kind);
	if (kind != SEVADM_SUBJECT_HOST)
		genl_put_u64(&message, SEVADM_A_LIMIT_ID, id);
	genl_put_u32(&message, SEVADM_A_LIMIT_RESOURCE, resource);
	genl_put_u64(&message, knob, value);
	return !genl_talk(&genl, &message, NULL, NULL);
}

static bool vm_start(void)
{
	return !sev_vm_create(&vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY,
			      GUEST_PAGES * SEV_PAGE_SIZE).err &&
	       !sev_vm_init(&vm).err &&
	       !sev_vm_register(&vm, (uintptr_t)vm.memory, vm.size).err;
}

static void vm_end(void)
{
	sev_vm_close(&vm);
	sev_vm_free_memory(&vm);
}

static bool set_up(void)
{
	struct stat stats;

	if ((mkdir(CGROUP, 0755) && errno != EEXIST) || stat(CGROUP, &stats))
		return false;
	cgroup = stats.st_ino;
	return limit(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE,
		     1 << 30) &&
	       limit(SEVADM_SUBJECT_CGROUP, cgroup, SEVADM_RESOURCE_ASID_SEV,
		     SEVADM_A_LIMIT_MIN_VALUE, 2) &&
	       limit(SEVADM_SUBJECT_USER, USER, SEVADM_RESOURCE_ASID_SEV_ES,
		     SEVADM_A_LIMIT_MAX_VALUE, 3);
}

/* ---- state, as bytes ------------------------------------------------------------------------ */

struct state {
	size_t length;
	unsigned char bytes[256 << 10];
};

static void take(const struct nlattr *first, size_t length, void *argument)
{
	struct state *state = argument;

	if (length > sizeof(state->bytes) - state->length)
		ksft_exit_fail_msg("there is more state than fits\n");
	memcpy(state->bytes + state->length, first, length);
	state->length += length;
}

static void read_state(struct state *state)
{
	static const uint8_t commands[] = {
		SEVADM_CMD_LIMIT_GET, SEVADM_CMD_VM_GET, SEVADM_CMD_ASID_GET, SEVADM_CMD_STATS_GET,
	};
	struct sevadm_pool_query pool;
	uint32_t i;
	int fd;

	state->length = 0;
	for (i = 0; i < sizeof(commands); i++) {
		genl_begin(&message, &genl, commands[i], NLM_F_DUMP);
		if (genl_talk(&genl, &message, take, state))
			ksft_exit_fail_msg("command %u cannot be dumped\n", commands[i]);
	}
	fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	for (i = 0; i < SEVADM_POOL_NR; i++) {
		pool = (struct sevadm_pool_query) { .size = sizeof(pool), .pool = i };
		/* Not all hosts have one for SEV-SNP guests. */
		if (ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool) && errno != ENOENT)
			ksft_exit_fail_msg("pool %u: %s\n", i, strerror(errno));
		take((const void *)&pool, sizeof(pool), state);
	}
	close(fd);
}

/* ---- who sends ------------------------------------------------------------------------------ */

/* A user like any other, whom root has given an open device. */
static bool as_nobody(void)
{
	return !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY);
}

/* All capabilities, but of a user namespace of its own. */
static bool as_own_root(void)
{
	return as_nobody() && !unshare(CLONE_NEWUSER);
}

/* A kernel without network namespaces has no such container: one of users is what is left. */
static bool as_container(void)
{
	return as_nobody() && !unshare(CLONE_NEWUSER) &&
	       (!unshare(CLONE_NEWNET) || errno == EINVAL);
}

/* Root of the host's network alone. */
static bool as_net_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .permitted = 1 << CAP_NET_ADMIN,
						    .effective = 1 << CAP_NET_ADMIN } };

	return !syscall(SYS_capset, &header, data);
}

/*
 * What SEVADM_CMD_ADOPT gets from those who may load modules is believed: that right is given up.
 */
static bool as_root(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	data[0].effective &= ~(1 << CAP_SYS_MODULE);
	data[0].permitted &= ~(1 << CAP_SYS_MODULE);
	return !syscall(SYS_capset, &header, data);
}

static const struct sender {
	const char *name;
	bool (*become)(void);
} strangers[] = {
	{ "a user with an open device", as_nobody },
	{ "root of an own user namespace", as_own_root },
	{ "root of own user and network namespaces", as_container },
	{ "CAP_NET_ADMIN alone", as_net_admin },
};

static const struct sender root = { "root", as_root };

/* In a child: all its requests come from @number of the seed. */
static void send_all(const struct sender *sender, unsigned int number, unsigned long count)
{
	struct fuzz fuzz = {
		.random = random_seeded(seed * 64 + number),
		.genl = genl,
		.device = open(SEVADM_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC),
		.ids = { cgroup, USER },
	};
	unsigned long i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fuzz.device < 0 || !sender->become()) {
		ksft_print_msg("%s: %s\n", sender->name, strerror(errno));
		_exit(1);
	}
	/* Rights over a message are those of who opened the socket, too. */
	fuzz.genl.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fuzz.genl.fd < 0)
		_exit(1);
	for (i = 0; i < count; i++) {
		if (random_below(&fuzz.random, 3))
			fuzz_message(&fuzz);
		else
			fuzz_device(&fuzz);
		if (i % REOPEN == REOPEN - 1 && sender == &root) {
			close(fuzz.device);
			fuzz.device = open(SEVADM_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
	}
	printf("# %s: %lu done, %lu refused, %lu without an answer\n", sender->name, fuzz.done,
	       fuzz.refused, fuzz.silent);
	fflush(stdout);
	_exit(0);
}

static bool run(const struct sender *sender, unsigned int first, unsigned int processes,
		unsigned long count)
{
	pid_t children[FUZZERS];
	bool good = true;
	int status = -1;
	unsigned int i;

	for (i = 0; i < processes; i++) {
		fflush(stdout);
		children[i] = fork();
		if (!children[i])
			send_all(sender, first + i, count / processes);
	}
	for (i = 0; i < processes; i++) {
		if (children[i] > 0 && waitpid(children[i], &status, 0) == children[i] && !status)
			continue;
		ksft_print_msg("%s, sender %u: status %#x\n", sender->name, i, status);
		good = false;
	}
	return good;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static bool stranger_changes_nothing(unsigned int index)
{
	static struct state before, after;
	bool good;

	read_state(&before);
	good = run(&strangers[index], index, 1, requests / 8);
	read_state(&after);
	return good & check(before.length == after.length &&
			    !memcmp(before.bytes, after.bytes, before.length));
}

static bool pools_are_free(void)
{
	struct sevadm_pool_query pool;
	bool good = true;
	uint32_t i;
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		pool = (struct sevadm_pool_query) { .size = sizeof(pool), .pool = i };
		good &= check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool) || errno == ENOENT) &
			check(!pool.reserved);
	}
	close(fd);
	return good;
}

static bool lift_all_limits(void)
{
	genl_begin(&message, &genl, SEVADM_CMD_LIMIT_APPLY, 0);
	return check(!genl_talk(&genl, &message, NULL, NULL));
}

/*
 * Limits of all kinds come and go while a VM is there, and leases: then it can be used as before.
 */
static bool root_breaks_nothing(void)
{
	bool good = run(&root, 32, FUZZERS, requests / 2);

	good &= !ledger_differences("after root's requests", NULL);
	good &= lift_all_limits();
	good &= pools_are_free();
	good &= check(!sev_vm_unregister(&vm, (uintptr_t)vm.memory, vm.size).err);
	vm_end();
	good &= check(vm_start());
	vm_end();
	return good & !ledger_differences("after a VM of afterwards", NULL);
}

static long dying_cgroups(void)
{
	char line[128];
	long dying = -1;
	FILE *file = fopen(CGROUP_STAT, "r");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "nr_dying_descendants %ld", &dying);
	if (file)
		fclose(file);
	return dying;
}

/* A reference too many on the module or the cgroup would keep it. */
static bool nothing_is_kept(void)
{
	time_t end = time(NULL) + DYING_S;
	bool good;

	sev_host_close(&host);
	good = check(kmod_unload_sevadm());
	good &= check(!rmdir(CGROUP));
	while (dying_cgroups() > 0 && time(NULL) < end)
		usleep(100000);
	good &= check(!dying_cgroups());
	return good & check(kmod_load_sevadm());
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || end == text) {
		fprintf(stderr, "sevadm_fuzz_test: '%s' is not a number\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ }
	};
	const char *missing;
	unsigned int i;
	int option;

	seed = time(NULL);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			requests = number(optarg);
		else if (option == 's')
			seed = number(optarg);
		else
			return 2;
	}

	ksft_print_header();
	if (ledger_unavailable())
		ksft_exit_skip("%s\n", ledger_unavailable());
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: %s\n", missing, strerror(errno));
	if (genl_open(&genl))
		ksft_exit_fail_msg("no netlink family sevadm\n");
	ksft_print_msg("%lu requests, seed %lu\n", requests, seed);

	ksft_set_plan(sizeof(strangers) / sizeof(strangers[0]) + 2);
	if (!set_up() || !vm_start())
		ksft_exit_fail_msg("a VM and limits cannot be set up: %s %s\n", strerror(errno),
				   genl.text);
	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		ksft_test_result(stranger_changes_nothing(i), "%s changes nothing\n",
				 strangers[i].name);
	ksft_test_result(root_breaks_nothing(), "root breaks nothing\n");
	ksft_test_result(nothing_is_kept(), "nothing is kept\n");
	ksft_finished();
}

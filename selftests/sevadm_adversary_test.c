// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many hostile tenants at once, and one who is innocent. They exchange files and memory under
 * calls, stall calls, move and mirror VMs, take all there is, flood every door and die in the
 * middle. Whenever they are made to stand still, the ledger equals kvm_amd's own state and no limit
 * is passed; the innocent is refused nothing; and when they are gone, nothing is left.
 *
 * It ends at its seconds, and at most MORE_S later where not everything was tried and met by then.
 *
 * usage: sevadm_adversary_test [--seconds N] [--processes N] [--seed N]     (10, 9, the time)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/hostile.h"
#include "lib/ledger.h"
#include "lib/limits.h"
#include "lib/number.h"
#include "lib/splats.h"
#include "lib/storm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define TEND_US		20000
#define ORPHANS_S	120	/* in which the children that outlived a process end */
#define QUIET_S		3	/* from the end of a quiet moment to the next one */
#define MORE_S		180	/* until everything was tried and met: on a slow machine */
#define UFFD		"/proc/sys/vm/unprivileged_userfaultfd"

static uint64_t cgroup;

/* ---- limits --------------------------------------------------------------------------------- */

enum whose { OF_HOSTILE, OF_HOSTILE_CGROUP, OF_INNOCENT };

/* Guarantees and maxima that together are more than there is: each is met now and then. */
static const struct rule {
	enum whose whose;
	uint32_t resource;
	int knob;
	uint64_t value;
} rules[] = {
	{ OF_HOSTILE, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MAX_VALUE, 5 },
	{ OF_HOSTILE, SEVADM_RESOURCE_ASID_SEV_ES, SEVADM_A_LIMIT_MAX_VALUE, 2 },
	{ OF_HOSTILE, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE, 40 * SEV_PAGE_SIZE },
	{ OF_HOSTILE_CGROUP, SEVADM_RESOURCE_ASID_SEV_ES, SEVADM_A_LIMIT_MAX_VALUE, 3 },
	{ OF_HOSTILE_CGROUP, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_MAX_VALUE, 90 * SEV_PAGE_SIZE },
	{ OF_INNOCENT, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MIN_VALUE, 2 },
	{ OF_INNOCENT, SEVADM_RESOURCE_ASID_SEV_ES, SEVADM_A_LIMIT_MIN_VALUE, 1 },
};

static uint32_t subject_of(const struct rule *rule)
{
	return rule->whose == OF_HOSTILE_CGROUP ? SEVADM_SUBJECT_CGROUP : SEVADM_SUBJECT_USER;
}

/* The @index th of those it is for; 0: there are no more. */
static uint64_t id_of(const struct rule *rule, unsigned int index)
{
	if (rule->whose == OF_HOSTILE)
		return index < HOSTILE_USERS ? HOSTILE_UID + index : 0;
	if (index)
		return 0;
	return rule->whose == OF_INNOCENT ? INNOCENT_UID : cgroup;
}

typedef bool (*rule_fn)(const struct rule *rule, uint64_t id);

static bool every_rule(rule_fn fn)
{
	bool good = true;
	unsigned int i;
	uint64_t id;
	size_t row;

	for (row = 0; row < ARRAY_SIZE(rules); row++)
		for (i = 0; (id = id_of(&rules[row], i)); i++)
			good &= fn(&rules[row], id);
	return good;
}

static bool set_rule(const struct rule *rule, uint64_t id)
{
	return check(!limit_set(subject_of(rule), id, rule->resource, rule->knob, rule->value));
}

static bool report(const char *what, const struct rule *rule, uint64_t id,
		   const struct limit *limit)
{
	ksft_print_msg("%s: subject %u, %llu, resource %u: current %llu, peak %llu, min %llu, max %llu\n",
		       what, subject_of(rule), (unsigned long long)id, rule->resource,
		       (unsigned long long)limit->current, (unsigned long long)limit->peak,
		       (unsigned long long)limit->min, (unsigned long long)limit->max);
	return false;
}

/* As it was set, and never passed: the peak is the most that there ever was. */
static bool holds(const struct rule *rule, uint64_t id)
{
	struct limit limit = { 0 };
	bool min = rule->knob == SEVADM_A_LIMIT_MIN_VALUE;

	if (limit_get(subject_of(rule), id, rule->resource, &limit))
		return report("a limit is gone", rule, id, &limit);
	if ((min ? limit.min : limit.max) != rule->value)
		return report("a limit has changed", rule, id, &limit);
	if (limit.current > limit.max || limit.peak > limit.max)
		return report("a limit is passed", rule, id, &limit);
	return true;
}

static bool is_given_back(const struct rule *rule, uint64_t id)
{
	struct limit limit = { 0 };

	limit_get(subject_of(rule), id, rule->resource, &limit);
	return !limit.current || report("something is charged", rule, id, &limit);
}

static unsigned long long refusals[ARRAY_SIZE(rules)];

static bool count_refusals(const struct rule *rule, uint64_t id)
{
	struct limit limit = { 0 };

	limit_get(subject_of(rule), id, rule->resource, &limit);
	refusals[rule - rules] += limit.max_events;
	return true;
}

/* Limits that nobody meets prove nothing. */
static bool maxima_were_met(bool print)
{
	bool good = true;
	size_t i;

	memset(refusals, 0, sizeof(refusals));
	every_rule(count_refusals);
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (print)
			ksft_print_msg("rule %zu: %llu refusals\n", i, refusals[i]);
		good &= rules[i].whose != OF_HOSTILE || refusals[i];
	}
	return good;
}

static bool delete_rule(const struct rule *rule, uint64_t id)
{
	limit_delete(subject_of(rule), id);
	return true;
}

/* ---- what is in the ledger, counted by whose it is ------------------------------------------- */

/* The same by a recount: of what the ledger lists, which has just been compared. */
static bool recount_holds(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	uint64_t used[HOSTILE_USERS][SEVADM_RESOURCE_NR] = { 0 };
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	bool good = check(fd >= 0);
	size_t row, user;

	while (!ioctl(fd, SEVADM_IOC_VM_QUERY, &query)) {
		user = query.uid - HOSTILE_UID;
		if (user < HOSTILE_USERS) {
			used[user][SEVADM_RESOURCE_PIN] += query.pinned_bytes;
			if (!(query.known & SEVADM_KNOWN_MIRROR_OF))
				used[user][query.pool == SEVADM_POOL_SEV ?
						   SEVADM_RESOURCE_ASID_SEV :
					   query.pool == SEVADM_POOL_SEV_ES ?
						   SEVADM_RESOURCE_ASID_SEV_ES :
						   SEVADM_RESOURCE_ASID_SEV_SNP]++;
		}
		query = (struct sevadm_vm_query) {
			.size = sizeof(query), .by = SEVADM_VM_BY_NEXT, .vm = query.vm,
		};
	}
	close(fd);
	for (row = 0; row < ARRAY_SIZE(rules); row++)
		for (user = 0; user < HOSTILE_USERS && rules[row].whose == OF_HOSTILE; user++)
			good &= check(used[user][rules[row].resource] <= rules[row].value);
	return good;
}

/* ---- the storm ------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void rage(double seconds)
{
	double end = now() + seconds;

	while (now() < end) {
		storm_tend();
		usleep(TEND_US);
	}
}

struct findings {
	bool ledger, limits;
};

static void quiet(unsigned int number, struct findings *findings)
{
	struct ledger_totals totals = { 0 };
	char where[64];

	snprintf(where, sizeof(where), "quiet moment %u", number);
	storm_pause();
	findings->ledger &= !ledger_differences(where, &totals);
	findings->limits &= every_rule(holds) & recount_holds();
	storm_resume();
	ksft_print_msg("%s: %zu VMs, %llu KiB pinned\n", where, totals.vms,
		       totals.pinned_bytes >> 10);
}

static bool nothing_left(void)
{
	struct ledger_totals totals = { .vms = 1 };
	double end = now() + ORPHANS_S;
	bool good = true;

	while (good && totals.vms && now() < end) {
		good = !ledger_differences("when they are gone", &totals);
		usleep(TEND_US);
	}
	return good & check(!totals.vms && !totals.pinned_bytes) & every_rule(is_given_back);
}

static bool every_trick_was_tried(bool print)
{
	struct storm_counts counts;
	bool good = true;
	size_t i;

	for (i = 0; storm_count(i, &counts); i++) {
		if (print)
			ksft_print_msg("%-18s%8lu tried, %8lu let through\n", counts.action,
				       counts.tried, counts.done);
		good &= counts.tried > 0;
	}
	return good;
}

/* The clock decides: on a slow machine, many seconds may pass until all stand still. */
static bool is_going_on(double start, double seconds)
{
	double gone = now() - start;

	return gone < seconds || (gone < seconds + MORE_S &&
				  !(maxima_were_met(false) && every_trick_was_tried(false)));
}

/* ---- the host -------------------------------------------------------------------------------- */

static char uffd_before = '0';

/* In place of a file system of their own (FUSE), with which tenants hold the kernel's reads. */
static bool let_stall(char allowed)
{
	int fd = open(UFFD, O_RDWR | O_CLOEXEC);
	bool good = fd >= 0 && pread(fd, &uffd_before, 1, 0) == 1 &&
		    pwrite(fd, &allowed, 1, 0) == 1;

	close(fd);
	return good;
}

static bool set_up(void)
{
	struct stat stats;

	if ((mkdir(HOSTILE_CGROUP, 0777) && errno != EEXIST) || stat(HOSTILE_CGROUP, &stats))
		return false;
	cgroup = stats.st_ino;
	return check(!chmod(HOSTILE_CGROUP, 0777)) &
	       check(!chmod(HOSTILE_CGROUP "/cgroup.procs", 0666)) &
	       check(!stat(SEVADM_DEVICE, &stats)) &
	       check(!chown(SEVADM_DEVICE, 0, READERS_GID)) &
	       check(!chmod(SEVADM_DEVICE, 0660)) &
	       check(let_stall('1')) & every_rule(set_rule);
}

/* The innermost first: they lie one in the other. */
static bool remove_cgroups(void)
{
	char path[4096] = HOSTILE_CGROUP;
	struct stat stats;
	bool good = true;

	while (!stat(path, &stats) && strlen(path) < sizeof(path) - 3)
		strcat(path, "/d");
	while (strlen(path) > strlen(HOSTILE_CGROUP)) {
		*strrchr(path, '/') = '\0';
		good &= check(!rmdir(path));
	}
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "processes", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ }
	};
	unsigned long seconds = 10, processes = 9, seed = time(NULL), i;
	struct findings findings = { true, true };
	const char *reason = ledger_unavailable();
	struct stat device;
	int option, log;
	double start;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			seconds = number_from(optarg, 1, 86400);
		else if (option == 'p')
			processes = number_from(optarg, 2, 200);
		else if (option == 's')
			seed = number_from(optarg, 0, -1UL);
		else
			return 2;
	}

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (limits_open())
		ksft_exit_fail_msg("no netlink family sevadm\n");
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 4096, 4096 });
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit) { 1 << 30, 1 << 30 });
	ksft_print_msg("%lu processes, %lu seconds, seed %lu\n", processes, seconds, seed);

	ksft_set_plan(7);
	log = splats_open();
	if (log < 0 || stat(SEVADM_DEVICE, &device) || !set_up())
		ksft_exit_fail_msg("the host cannot be set up: %s\n", strerror(errno));
	if (!storm_start(processes, seed))
		ksft_exit_fail_msg("they cannot be started: %s\n", strerror(errno));
	start = now();
	for (i = 1; is_going_on(start, seconds); i++) {
		rage(seconds < QUIET_S ? seconds : QUIET_S);
		quiet(i, &findings);
	}
	ksft_print_msg("they stop after %.0f s\n", now() - start);
	storm_stop();
	ksft_test_result(findings.ledger, "the ledger equals kvm_amd's state at every quiet moment\n");
	ksft_test_result(findings.limits, "no maximum is passed, and no limit changed\n");
	ksft_test_result(maxima_were_met(true), "every maximum of a hostile user was met\n");
	ksft_test_result(!storm_failures(), "the innocent is refused nothing, and no process ends in a way it did not choose\n");
	ksft_test_result(every_trick_was_tried(true), "every trick was tried\n");
	i = nothing_left();
	every_rule(delete_rule);
	i &= remove_cgroups() & let_stall(uffd_before);
	i &= !chown(SEVADM_DEVICE, device.st_uid, device.st_gid) &
	     !chmod(SEVADM_DEVICE, device.st_mode & 0777);
	ksft_test_result(i, "nothing is left of them\n");
	ksft_test_result(!splats_count(log), "the kernel complains of nothing\n");
	ksft_finished();
}

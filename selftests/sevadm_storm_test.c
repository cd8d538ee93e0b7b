// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's ledger equals kvm_amd's own state in a storm: many processes that start, pin, mirror,
 * migrate, pass on and kill VMs at once. It is compared whenever they are made to stand still. In
 * the middle the module is unloaded and loaded again: no VM minds, and what is new is accounted
 * exactly.
 *
 * usage: sevadm_storm_test [--seconds N] [--processes N] [--quiets N] [--seed N]
 *
 * 12 seconds, 32 processes, 2 quiet moments of a phase, and the time for a seed.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/number.h"
#include "lib/storm.h"

#define TEND_US		20000
#define ORPHANS_S	120	/* in which the children that outlived a process end */
#define ACTIONS_S	300	/* in which a slow machine has done each action as well */

static unsigned long quiets = 2;	/* moments of a phase */

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

static bool quiet(const char *where)
{
	struct ledger_totals totals = { 0 };
	bool good;

	storm_pause();
	good = !ledger_differences(where, &totals);
	ksft_print_msg("%s: %zu VMs, %llu KiB pinned\n", where, totals.vms,
		       totals.pinned_bytes >> 10);
	storm_resume();
	return good;
}

static bool phase(const char *what, double seconds)
{
	bool good = true;
	unsigned long i;
	char where[64];

	for (i = 1; i <= quiets; i++) {
		rage(seconds / quiets);
		snprintf(where, sizeof(where), "%s, quiet moment %lu", what, i);
		good &= quiet(where);
	}
	return good;
}

static bool nothing_left(const char *where)
{
	struct ledger_totals totals = { .vms = 1 };
	double end = now() + ORPHANS_S;
	bool good = true;

	/* Children that hold VMs outlive their parents a little. */
	sleep(1);
	while (good && totals.vms && now() < end) {
		good = !ledger_differences(where, &totals);
		usleep(TEND_US);
	}
	if (totals.vms)
		ksft_print_msg("%zu VMs are left\n", totals.vms);
	return good && !totals.vms;
}

/*
 * While the storm goes on. The VMs that are older than the module are adopted as it is loaded, in
 * the middle of their lives; and when they are gone, nothing is left of them.
 */
static bool reload(double seconds)
{
	unsigned long before = storm_failures();
	bool good;

	rage(seconds / 3);
	good = kmod_unload_sevadm();
	rage(seconds / 3);
	good &= kmod_load_sevadm();
	rage(seconds / 3);
	good &= quiet("with VMs older than the module");
	storm_pause();
	storm_drop_vms();
	good &= nothing_left("all VMs older than the module are gone");
	storm_resume();
	return good && storm_failures() == before;
}

static bool every_action_done(bool print)
{
	struct storm_counts counts;
	bool good = true;
	size_t i;

	for (i = 0; storm_count(i, &counts); i++) {
		if (print)
			ksft_print_msg("%-18s%8lu tried, %8lu done\n", counts.action,
				       counts.tried, counts.done);
		/* A process that is dead cannot count its death. */
		good &= counts.done || (counts.tried && !strcmp(counts.action, "die"));
	}
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "processes", required_argument, NULL, 'p' },
		{ "quiets", required_argument, NULL, 'q' },
		{ "seed", required_argument, NULL, 's' },
		{ }
	};
	/* A kernel that checks each access to its memory gets on with fewer. */
	bool slow = !access("/sys/kernel/debug/kmemleak", F_OK);
	unsigned long seconds = 12, processes = slow ? 16 : 32, seed = time(NULL);
	const char *reason = ledger_unavailable();
	int option, i;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			seconds = number_from(optarg, 1, 86400);
		else if (option == 'p')
			processes = number_from(optarg, 1, 256);
		else if (option == 'q')
			quiets = number_from(optarg, 1, 1000);
		else if (option == 's')
			seed = number_from(optarg, 0, -1UL);
		else
			return 2;
	}

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 4096, 4096 });
	ksft_print_msg("%lu processes, %lu seconds, seed %lu\n", processes, seconds, seed);

	ksft_set_plan(6);
	if (!storm_start(processes, seed))
		ksft_exit_fail_msg("the storm cannot be started: %s\n", strerror(errno));
	ksft_test_result(phase("the storm", seconds / 3.), "the ledger in a storm\n");
	ksft_test_result(reload(seconds / 3.), "the module is unloaded and loaded in the storm\n");
	ksft_test_result(phase("loaded again", seconds / 3.), "the ledger of what is new since\n");
	for (i = 0; i < ACTIONS_S && !every_action_done(false); i++)
		rage(1);
	storm_stop();
	ksft_test_result(nothing_left("after the storm"), "nothing is left of the storm\n");
	ksft_test_result(!storm_failures(), "no VM and no process was lost\n");
	ksft_test_result(every_action_done(true), "every action was done\n");
	ksft_finished();
}

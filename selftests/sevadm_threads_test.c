// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of one process at work on the same VMs at once: each VM is initialised, made a mirror and
 * taken over by several of them, of which KVM lets at most one succeed; what became of it is at
 * once the source of the next. After each round sevadm's ledger equals kvm_amd's own state.
 *
 * usage: sevadm_threads_test [--rounds N] [--seed N]     (100, the time)
 */
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "kselftest.h"
#include "lib/flavour.h"
#include "lib/ledger.h"
#include "lib/random.h"

#define THREADS		6
#define VMS		5
#define STEPS		12	/* of each thread, in a round */
#define MORE_ROUNDS	20	/* times, until each action was done: on a slow machine */
#define PAGES		512UL	/* pinned under KVM's lock for long enough that others queue up */

static struct sev_host host;
static struct sev_vm vms[VMS];
static uint8_t *memory;
static pthread_barrier_t start;

enum action { INIT, MIRROR, MIGRATE, MIGRATE_NOTHING, PIN, UNPIN, ACTIONS };

static const char *const action_names[ACTIONS] = {
	"init", "mirror", "migrate", "migrate nothing", "pin", "unpin",
};

struct thread {
	pthread_t pthread;
	uint64_t random;
	unsigned long tried[ACTIONS], done[ACTIONS];
};

static struct sev_outcome act(enum action action, struct sev_vm *vm, const struct sev_vm *source)
{
	static const struct sev_vm nothing = { .fd = -1 };
	struct sev_vm copy = *vm;	/* lib/sev_vm.c takes notes, which are not shared */

	switch (action) {
	case INIT:
		return sev_vm_init(&copy);
	case MIRROR:
		return sev_vm_mirror(&copy, source);
	case MIGRATE:
		return sev_vm_migrate(&copy, source);
	case MIGRATE_NOTHING:
		return sev_vm_migrate(&copy, &nothing);
	case PIN:
		return sev_vm_register(&copy, (uintptr_t)memory, PAGES * SEV_PAGE_SIZE);
	default:
		return sev_vm_unregister(&copy, (uintptr_t)memory, PAGES * SEV_PAGE_SIZE);
	}
}

static void *work(void *argument)
{
	struct thread *thread = argument;
	enum action action;
	int step;

	pthread_barrier_wait(&start);
	for (step = 0; step < STEPS; step++) {
		action = random_below(&thread->random, ACTIONS);
		thread->tried[action]++;
		thread->done[action] += !act(action, &vms[random_below(&thread->random, VMS)],
					     &vms[random_below(&thread->random, VMS)]).err;
	}
	return NULL;
}

static bool create_vms(const struct flavour *flavour)
{
	size_t i;

	for (i = 0; i < VMS; i++)
		if (sev_vm_create(&vms[i], &host, flavour->type, flavour->init, 0).err)
			return false;
	return true;
}

static void close_vms(void)
{
	size_t i;

	for (i = 0; i < VMS; i++)
		sev_vm_close(&vms[i]);
}

/* Return true if the ledger was right, with the VMs and without them. */
static bool run_round(const struct flavour *flavour, unsigned long number, struct thread *threads)
{
	bool good = create_vms(flavour);
	char where[64];
	size_t i;

	for (i = 0; i < THREADS; i++)
		good &= !pthread_create(&threads[i].pthread, NULL, work, &threads[i]);
	if (!good)
		ksft_exit_fail_msg("no VMs, or no threads\n");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].pthread, NULL);

	snprintf(where, sizeof(where), "round %lu, %s", number, flavour->name);
	good = !ledger_differences_quick(where);
	close_vms();
	return good;
}

static bool run_rounds(const struct flavour *flavour, unsigned long rounds, struct thread *threads)
{
	unsigned long number, bad = 0;

	for (number = 1; number <= rounds; number++)
		bad += !run_round(flavour, number, threads);
	if (bad)
		ksft_print_msg("%s: %lu of %lu rounds were wrong\n", flavour->name, bad, rounds);
	return !ledger_differences(flavour->name, NULL) && !bad;
}

static bool every_action_done(const struct thread *threads, bool print)
{
	unsigned long tried, done;
	bool good = true;
	int action, i;

	for (action = 0; action < ACTIONS; action++) {
		tried = 0;
		done = 0;
		for (i = 0; i < THREADS; i++) {
			tried += threads[i].tried[action];
			done += threads[i].done[action];
		}
		if (print)
			ksft_print_msg("%-16s%8lu tried, %8lu done\n", action_names[action], tried,
				       done);
		good &= action == MIGRATE_NOTHING ? tried && !done : !!done;
	}
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ }
	};
	unsigned long rounds = 100, seed = time(NULL);
	const char *reason = ledger_unavailable(), *missing;
	static struct thread threads[THREADS];
	int option, count = flavours_here(), i;
	bool good = true;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			rounds = strtoul(optarg, NULL, 0);
		else if (option == 's')
			seed = strtoul(optarg, NULL, 0);
		else
			return 2;
	}

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	ksft_print_msg("%lu rounds of each kind of VM, seed %lu\n", rounds, seed);
	memory = mmap(NULL, PAGES * SEV_PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || !sev_host_open(&host, &missing) ||
	    pthread_barrier_init(&start, NULL, THREADS))
		ksft_exit_fail_msg("no memory, or no SEV host\n");
	for (i = 0; i < THREADS; i++)
		threads[i].random = random_seeded(seed * THREADS + i);

	ksft_set_plan(count + 1);
	for (i = 0; i < count; i++)
		ksft_test_result(run_rounds(&flavours[i], rounds, threads), "%s\n",
				 flavours[i].name);
	for (i = 0; i < MORE_ROUNDS && !every_action_done(threads, false); i++)
		good &= run_rounds(&flavours[0], rounds, threads);
	ksft_test_result(good && every_action_done(threads, true), "every action was done\n");
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sevadm adds, in instructions, when a page becomes a SEV-SNP guest's, when it becomes the
 * host's again, and to a whole launch: with the module less without it, in one boot of the emulated
 * host. Fails when a cost is above its limit.
 *
 * Wants sevhost --snp --icount, and a kernel with KVM's SNP side (Linux 6.11).
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/committed.h"
#include "lib/instructions.h"
#include "lib/kmod.h"
#include "lib/sev_abi.h"
#include "lib/sev_steps.h"
#include "lib/sev_vm.h"

#define REPEATS		101
#define LAUNCHES	7
#define MEMORY		(4UL << 20)
#define LAUNCHED	(1UL << 20)

/*
 * Instructions that may be added to a page, some 50 of which are ftrace's on the way to the
 * wrapper, and parts in 10000 to a launch by a VMM that does nothing else.
 */
#define LIMIT_PAGE	100
#define LIMIT_LAUNCH	360

enum figure {
	FIGURE_PRIVATE,
	FIGURE_SHARED,
	FIGURE_LAUNCH,
	FIGURES,
};

static const char *const names[FIGURES] = {
	[FIGURE_PRIVATE] = "a page becomes private",
	[FIGURE_SHARED] = "a page is given back",
	[FIGURE_LAUNCH] = "launch of 4 MiB, all touched, and its end",
};

static struct sev_host host;

static void check(const char *what, struct sev_outcome out)
{
	if (out.err)
		ksft_exit_fail_msg("%s: %s, firmware status 0x%x\n", what, strerror(out.err),
				   out.fw_error);
}

static void launch(struct sev_vm *vm)
{
	struct kvm_sev_snp_launch_start start = { .policy = SEV_SNP_POLICY };
	struct kvm_sev_snp_launch_finish finish = { 0 };
	struct kvm_sev_snp_launch_update update = {
		.len = LAUNCHED, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};

	check("KVM_CREATE_VM", sev_vm_create(vm, &host, SEV_TYPE_SEV_SNP, SEV_INIT_2, MEMORY));
	check("KVM_SEV_INIT2", sev_vm_init(vm));
	check("KVM_CREATE_VCPU", sev_vm_add_vcpu(vm));
	check("SNP_LAUNCH_START", sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_START, &start));
	update.uaddr = (uintptr_t)vm->memory;
	check("SNP_LAUNCH_UPDATE", sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_UPDATE, &update));
	check("SNP_LAUNCH_FINISH", sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_FINISH, &finish));
}

/* Median of one page at a time, none of which was touched before. */
static uint64_t measure_page(struct sev_vm *vm, const char *what,
			     struct sev_outcome (*run)(struct sev_vm *, uint64_t, uint64_t))
{
	static uint64_t samples[REPEATS];
	uint64_t start;
	unsigned int i;

	for (i = 0; i < REPEATS; i++) {
		start = instructions_now();
		check(what, run(vm, LAUNCHED + i * SEV_PAGE_SIZE, SEV_PAGE_SIZE));
		samples[i] = instructions_now() - start;
	}
	return instructions_median(samples, REPEATS);
}

/* This thread's own instructions: 1 ns each. */
static uint64_t own_instructions(void)
{
	struct timespec taken;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &taken);
	return taken.tv_sec * 1000000000ULL + taken.tv_nsec;
}

/*
 * Most of a launch is waiting: for grace periods, which end with a tick. Only what this thread runs
 * meanwhile is counted.
 */
static uint64_t measure_launch(void)
{
	static uint64_t samples[LAUNCHES];
	struct sev_vm vm = { 0 };
	uint64_t start;
	unsigned int i;

	for (i = 0; i < LAUNCHES; i++) {
		start = own_instructions();
		launch(&vm);
		check("KVM_PRE_FAULT_MEMORY", sev_vm_prefault(&vm, LAUNCHED, MEMORY - LAUNCHED));
		sev_vm_close(&vm);
		samples[i] = own_instructions() - start;
		sev_vm_free_memory(&vm);
	}
	return instructions_median(samples, LAUNCHES);
}

static void measure(uint64_t figures[FIGURES])
{
	struct sev_vm vm = { 0 };

	launch(&vm);
	figures[FIGURE_PRIVATE] = measure_page(&vm, "KVM_PRE_FAULT_MEMORY", sev_vm_prefault);
	figures[FIGURE_SHARED] = measure_page(&vm, "fallocate", sev_vm_punch);
	sev_vm_close(&vm);
	sev_vm_free_memory(&vm);
	figures[FIGURE_LAUNCH] = measure_launch();
}

static void table(const uint64_t with[FIGURES], const uint64_t without[FIGURES])
{
	unsigned int i;

	ksft_print_msg("| SEV-SNP | without → with: added |\n");
	ksft_print_msg("|---|--:|\n");
	for (i = 0; i < FIGURES; i++) {
		ksft_print_msg("| %s | %lu → %lu: **%ld** |\n", names[i], without[i], with[i],
			       (long)(with[i] - without[i]));
		committed_compare("SEV-SNP", names[i], 1, with[i] - without[i]);
	}
	ksft_print_msg("|\n");
}

int main(void)
{
	struct sched_param first = { .sched_priority = 1 };
	uint64_t with[FIGURES], without[FIGURES];
	const char *missing;
	unsigned int i;
	long added;
	bool gated;

	ksft_print_header();
	if (!instructions_are_counted())
		ksft_exit_skip("the clock does not count instructions: sevhost --icount\n");
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: %s\n", missing, strerror(errno));
	if (!sev_host_has_snp(&host))
		ksft_exit_skip("KVM offers no SEV-SNP: sevhost --snp\n");
	if (!kmod_loaded("sevadm"))
		ksft_exit_skip("sevadm is not loaded\n");
	gated = committed_read();
	ksft_set_plan(FIGURES + gated);

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		ksft_exit_fail_msg("sched_setscheduler: %s\n", strerror(errno));
	measure(with);
	if (!kmod_unload("sevadm"))
		ksft_exit_fail_msg("cannot unload sevadm\n");
	measure(without);

	table(with, without);
	for (i = FIGURE_PRIVATE; i <= FIGURE_SHARED; i++) {
		added = with[i] - without[i];
		ksft_test_result(added > 0 && added <= LIMIT_PAGE, "%s: %ld of %d instructions\n",
				 names[i], added, LIMIT_PAGE);
	}
	added = with[FIGURE_LAUNCH] - without[FIGURE_LAUNCH];
	added = added * 10000 / (long)without[FIGURE_LAUNCH];
	ksft_test_result(added > 0 && added <= LIMIT_LAUNCH,
			 "%s: %ld of %d parts in 10000\n", names[FIGURE_LAUNCH], added,
			 LIMIT_LAUNCH);
	if (gated)
		ksft_test_result(!committed_above(),
				 "%u of %u figures are more than %d %% above the table\n",
				 committed_above(), committed_compared(), COMMITTED_PERCENT);
	sev_host_close(&host);
	ksft_finished();
}

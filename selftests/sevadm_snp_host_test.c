// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated SEV-SNP host: every page that a launch gives to the guest or the firmware is theirs
 * by the machine's own count, and is the hypervisor's again when the VM is gone, however it went.
 * And sevadm's ledger equals kvm_amd's state throughout.
 *
 * Wants sevhost --snp, and a kernel with KVM's SNP side (Linux 6.11).
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/ledger.h"
#include "lib/rmp_count.h"
#include "lib/snp_steps.h"
#include "lib/stepper.h"

#define MEMORY		(4UL << 20)
#define PAGES		(int)(MEMORY / SEV_PAGE_SIZE)
#define LAUNCHED	(int)(SNP_LAUNCH_BYTES / SEV_PAGE_SIZE)
#define PUNCHED		(int)(SNP_PUNCH_BYTES / SEV_PAGE_SIZE)

/* KVM gives a page back when its last user is gone, which may be a batch of the page cache. */
#define TRIES		1200
#define PAUSE_US	100000

/* What a step changes, in pages. */
static const struct life {
	const char *step;
	int firmware, context, valid, invalid;
} life[] = {
	{ "create", 0, 0, 0, 0 },
	{ "init", 1, 0, 0, 0 },			/* KVM's buffer for guest requests */
	{ "vcpu", 0, 0, 0, 0 },
	{ "snp_start", 0, 1, 0, 0 },
	{ "snp_update", 0, 0, LAUNCHED, 0 },
	{ "snp_finish", 0, 0, 1, 0 },		/* the vCPU's VMSA */
	{ "snp_prefault", 0, 0, 0, PAGES - LAUNCHED },
	{ "snp_punch", 0, 0, 0, -PUNCHED },
};

#define STEPS	(int)(sizeof(life) / sizeof(life[0]))

static struct rmp_counts rest;		/* without a guest */

static const struct sev_launch_options options = {
	.type = SEV_TYPE_SEV_SNP, .init = SEV_INIT_2, .memory = MEMORY, .regions = 1,
	.policy = SEV_SNP_POLICY,
};

static int differing_state(const struct rmp_counts *wanted, struct rmp_counts *seen)
{
	int state;

	if (!rmp_count(RMP_ANY_ASID, seen))
		return -1;
	for (state = 0; state < RMP_STATES; state++)
		if (seen->pages[state] != wanted->pages[state])
			return state;
	return RMP_STATES;
}

static bool counts_become(const char *where, const struct rmp_counts *wanted)
{
	struct rmp_counts seen;
	int tries, state = -1;

	for (tries = 0; tries < TRIES; tries++) {
		state = differing_state(wanted, &seen);
		if (state == RMP_STATES)
			return true;
		usleep(PAUSE_US);
	}
	if (state < 0)
		ksft_print_msg("%s: the RMP could not be read\n", where);
	else
		ksft_print_msg("%s: %u pages are %s, should be %u\n", where, seen.pages[state],
			       rmp_state_name(state), wanted->pages[state]);
	return false;
}

static void add_step(struct rmp_counts *counts, const struct life *step)
{
	counts->pages[RMP_FIRMWARE] += step->firmware;
	counts->pages[RMP_CONTEXT] += step->context;
	counts->pages[RMP_GUEST_VALID] += step->valid;
	counts->pages[RMP_GUEST_INVALID] += step->invalid;
	counts->pages[RMP_HYPERVISOR] -= step->firmware + step->context + step->valid +
					 step->invalid;
}

/* The one VM's ASID, by sevadm; 0: none. */
static long long asid_of_vm(void)
{
	struct view view;
	long long asid = 0;

	if (!view_of_sevadm(&view, VIEW_DEVICE))
		return 0;
	if (view.vm_count == 1 && view.vms[0].asid > 0)
		asid = view.vms[0].asid;
	view_drop(&view);
	return asid;
}

/* All that guests have is the one guest's. */
static bool belongs_to_vm(const char *where, const struct rmp_counts *wanted)
{
	struct rmp_counts own;
	long long asid = asid_of_vm();

	if (asid && rmp_count(asid, &own) &&
	    own.pages[RMP_GUEST_VALID] == wanted->pages[RMP_GUEST_VALID] &&
	    own.pages[RMP_GUEST_INVALID] == wanted->pages[RMP_GUEST_INVALID])
		return true;
	ksft_print_msg("%s: the guest's pages are not all of ASID %lld\n", where, asid);
	return false;
}

static bool take_steps(struct stepper *s, int count, struct rmp_counts *counts)
{
	struct sev_outcome out;
	int i;

	if (!stepper_start(s, &options))
		return false;
	for (i = 0; i < count; i++) {
		const struct sev_step *step = sev_step_find(life[i].step);

		if (!stepper_step(s, step, &out) || !sev_step_good(step, &out)) {
			ksft_print_msg("%s: errno %d, firmware 0x%x\n", life[i].step, out.err,
				       out.fw_error);
			return false;
		}
		add_step(counts, &life[i]);
	}
	return true;
}

/* What the machine counts, and the ledger, after a number of steps. */
static bool run_steps(int count)
{
	const char *where = life[count - 1].step;
	struct rmp_counts counts = rest;
	struct stepper stepper;
	bool good = take_steps(&stepper, count, &counts);

	good = good && counts_become(where, &counts);
	if (good && counts.pages[RMP_GUEST_VALID])
		good = belongs_to_vm(where, &counts);
	good = !ledger_differences_quick(where) && good;
	return stepper_finish(&stepper) && counts_become("closed", &rest) && good;
}

static bool run_kill(int count)
{
	const char *where = life[count - 1].step;
	struct ledger_totals totals = { 0 };
	struct rmp_counts counts = rest;
	struct stepper stepper;
	bool good = take_steps(&stepper, count, &counts);

	stepper_kill(&stepper);
	good = counts_become(where, &rest) && good;
	return !ledger_differences(where, &totals) && !totals.vms && good;
}

/* Two guests have an ASID each, and each its own pages. */
static bool run_two(void)
{
	struct rmp_counts counts = rest;
	struct stepper first, second;
	bool good = take_steps(&first, STEPS, &counts) && take_steps(&second, STEPS, &counts) &&
		    counts_become("two guests", &counts);

	good = !ledger_differences_quick("two guests") && good;
	stepper_kill(&first);
	stepper_kill(&second);
	return counts_become("both killed", &rest) && !ledger_differences("both killed", NULL) &&
	       good;
}

int main(void)
{
	const char *reason = ledger_unavailable();
	struct sev_host host;
	const char *missing;
	int i;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!rmp_open())
		ksft_exit_skip("no emulated host with SEV-SNP\n");
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s cannot be opened\n", missing);
	if (!sev_host_has_snp(&host))
		ksft_exit_fail_msg("KVM offers no SEV-SNP\n");
	sev_host_close(&host);
	signal(SIGPIPE, SIG_IGN);
	if (!rmp_count(RMP_ANY_ASID, &rest))
		ksft_exit_fail_msg("the RMP could not be read\n");

	ksft_set_plan(2 + 2 * STEPS);
	ksft_test_result(rest.pages[RMP_FIRMWARE] && rest.pages[RMP_HV_FIXED] &&
			 !rest.pages[RMP_CONTEXT] && !rest.pages[RMP_GUEST_VALID] &&
			 !rest.pages[RMP_GUEST_INVALID] && !rest.pages[RMP_INVALID],
			 "a host without guests has no pages of guests\n");
	for (i = 1; i <= STEPS; i++)
		ksft_test_result(run_steps(i), "pages after %s, and when the VM is closed\n",
				 life[i - 1].step);
	for (i = 1; i <= STEPS; i++)
		ksft_test_result(run_kill(i), "SIGKILL after %s\n", life[i - 1].step);
	ksft_test_result(run_two(), "two guests at once\n");
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's ledger equals kvm_amd's own state when a launch is killed in the middle of a step, while
 * the firmware is at the command. sevadm_ledger_test kills between the steps.
 *
 * Wants an emulated security processor that takes its time: --psp 'delay=*:100ms'.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "lib/flavour.h"
#include "lib/ledger.h"
#include "lib/psp_fault.h"
#include "lib/sev_steps.h"
#include "lib/stepper.h"

#define MEMORY		(64UL << 10)
#define STEPS		"create,init,vcpu,register"
#define STEPS_SEV	",launch_start,launch_update_data,measure,secret,finish"
#define STEPS_SEV_ES	",launch_start,launch_update_data,launch_update_vmsa,measure,secret,finish"
/* The steps that come to the firmware are those behind STEPS. */
#define FIRST		4

static int steps_of(const struct flavour *f, const struct sev_step **steps)
{
	char *wrong;
	int count = sev_steps_parse(f->type == SEV_TYPE_SEV ? STEPS STEPS_SEV : STEPS STEPS_SEV_ES,
				    steps, &wrong);

	if (count < 0)
		ksft_exit_fail_msg("no such step: %s\n", wrong);
	return count;
}

/* SIGKILL while step @last of the launch waits for the firmware. */
static bool run_kill(const struct flavour *f, const struct sev_step **steps, int last)
{
	struct sev_launch_options options = {
		.type = f->type,
		.init = f->init,
		.memory = MEMORY,
		.regions = 2,
		.policy = f->policy,
	};
	struct ledger_totals totals = { 0 };
	bool ended = false, good;
	struct sev_outcome out;
	struct stepper stepper;
	char where[128];
	int i;

	snprintf(where, sizeof(where), "%s: SIGKILL during %s", f->name, steps[last]->name);
	good = stepper_start(&stepper, &options);
	for (i = 0; good && i < last; i++)
		good = stepper_step(&stepper, steps[i], &out) && sev_step_good(steps[i], &out);
	good = good && stepper_begin(&stepper, steps[last], &ended);
	if (!good || ended)
		ksft_print_msg("%s: %s\n", where, good ? "the firmware was too fast" :
			       "a step failed");
	stepper_kill(&stepper);
	return !ledger_differences(where, &totals) && !totals.vms && !totals.pinned_bytes && good &&
	       !ended;
}

int main(void)
{
	const struct sev_step *steps[SEV_STEPS_MAX];
	const char *reason = ledger_unavailable();
	int flavour_count = flavours_here(), plan = 0, f, i, count;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!psp_fault_open())
		ksft_exit_skip("no emulated security processor that can be made to take its time\n");
	signal(SIGPIPE, SIG_IGN);

	for (f = 0; f < flavour_count; f++)
		plan += steps_of(&flavours[f], steps) - FIRST;
	ksft_set_plan(plan);
	for (f = 0; f < flavour_count; f++) {
		count = steps_of(&flavours[f], steps);
		for (i = FIRST; i < count; i++)
			ksft_test_result(run_kill(&flavours[f], steps, i), "%s: SIGKILL during %s\n",
					 flavours[f].name, steps[i]->name);
	}
	ksft_finished();
}

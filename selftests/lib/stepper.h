/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A launch in a process of its own, that takes one step at a command: the test looks at the ledger
 * between steps, kills the process when it likes, and lets a VM outlive its creator.
 */
#ifndef SEVADM_STEPPER_H
#define SEVADM_STEPPER_H

#include <sys/types.h>

#include "sev_steps.h"

struct stepper {
	pid_t pid;		/* takes the steps */
	pid_t creator;		/* has made the VM and sits still: see stepper_hand_over() */
	int to, from;
};

/* Becomes the reaper of all that descends from it, so that every death can be waited for. */
bool stepper_start(struct stepper *s, const struct sev_launch_options *options);
/* False: the process is gone, or could not open the devices. */
bool stepper_step(struct stepper *s, const struct sev_step *step, struct sev_outcome *out);
/*
 * Starts it, and takes all steps of a launch but the last @leave. False: one did not end as it
 * should.
 */
bool stepper_launch(struct stepper *s, const struct sev_launch_options *options, int leave);
/*
 * Begins a step. True: its process waits in the kernel where it cannot be interrupted, as for a
 * command of the firmware, and *@ended is false; or the step has ended without that. False: as
 * above.
 */
bool stepper_begin(struct stepper *s, const struct sev_step *step, bool *ended);
/* A child of the process inherits its files and takes all further steps. */
bool stepper_hand_over(struct stepper *s);
/* SIGKILL; returns when the process, and with it its files, is gone. */
void stepper_kill_creator(struct stepper *s);
void stepper_kill(struct stepper *s);
/* Closes all VMs in good order. False: it had died of itself. */
bool stepper_finish(struct stepper *s);

#endif /* SEVADM_STEPPER_H */

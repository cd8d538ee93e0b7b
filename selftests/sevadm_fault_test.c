// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's ledger equals kvm_amd's own state when the firmware fails: every command of a guest's
 * life in turn, with either of two statuses; and the trace has the failure.
 *
 * usage: sevadm_fault_test [all]     each kind of VM with one status of each command, so that
 *                                    every command fails with both; all: with both
 *
 * Wants the emulated security processor, best with few ASIDs (--psp min-sev-asid=5 --psp
 * max-asid=12), so that KVM recycles them all the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/events.h"
#include "lib/flavour.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/psp_fault.h"
#include "lib/sev_abi.h"
#include "lib/sev_steps.h"
#include "lib/stepper.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MEMORY		(64UL << 10)
/* Until one of a pool's ASIDs can be had only by a DF_FLUSH. */
#define LIVES_MAX	1024

/* enum sev_cmd of the kernel's linux/psp-sev.h, which is not for user space. */
enum firmware_command {
	INIT = 0x001, PDH_CERT_EXPORT = 0x008, DF_FLUSH = 0x00a,
	DECOMMISSION = 0x020, ACTIVATE = 0x021, DEACTIVATE = 0x022, GUEST_STATUS = 0x023,
	LAUNCH_START = 0x030, LAUNCH_UPDATE_DATA = 0x031, LAUNCH_UPDATE_VMSA = 0x032,
	LAUNCH_MEASURE = 0x033, LAUNCH_UPDATE_SECRET = 0x034, LAUNCH_FINISH = 0x035,
	ATTESTATION_REPORT = 0x036,
	SEND_START = 0x040, SEND_UPDATE_DATA = 0x041, SEND_FINISH = 0x043, SEND_CANCEL = 0x044,
	RECEIVE_START = 0x050, RECEIVE_UPDATE_DATA = 0x051, RECEIVE_FINISH = 0x053,
	DBG_DECRYPT = 0x060, DBG_ENCRYPT = 0x061,
};

static const struct status {
	const char *name;
	uint16_t number;
} statuses[] = {
	{ "RESOURCE_LIMIT", SEV_RET_RESOURCE_LIMIT },
	{ "HWSEV_RET_UNSAFE", SEV_RET_HWSEV_RET_UNSAFE },
};

/* Lives, each of which gives back all it took. */
#define LIFE_BEGINS	"create,init,vcpu,register,launch_start,launch_update_data"
#define LIFE_VMSA	",launch_update_vmsa"
#define LIFE_DEBUG	",measure,secret,finish,status,dbg_decrypt,dbg_encrypt,attestation,close"
#define LIFE_SEND	",measure,finish,send_start,send_update_data,receive_start,"		\
			"receive_update_data,send_finish,receive_finish,close,close_receiver"
#define LIFE_CANCEL	",measure,finish,send_start,send_cancel,unregister,close"
#define LIFE_SHORT	",close"

#define EVERY_TYPE	-1

static const struct fault {
	const char *name;
	uint16_t command;
	const char *step;	/* that comes to the command */
	const char *life;	/* after LIFE_BEGINS */
	int type;		/* enum sev_type, or EVERY_TYPE */
} faults[] = {
	{ "LAUNCH_START", LAUNCH_START, "launch_start", LIFE_DEBUG, EVERY_TYPE },
	{ "ACTIVATE", ACTIVATE, "launch_start", LIFE_DEBUG, EVERY_TYPE },
	{ "LAUNCH_UPDATE_DATA", LAUNCH_UPDATE_DATA, "launch_update_data", LIFE_DEBUG, EVERY_TYPE },
	{ "LAUNCH_UPDATE_VMSA", LAUNCH_UPDATE_VMSA, "launch_update_vmsa", LIFE_DEBUG,
	  SEV_TYPE_SEV_ES },
	{ "LAUNCH_MEASURE", LAUNCH_MEASURE, "measure", LIFE_DEBUG, EVERY_TYPE },
	{ "LAUNCH_UPDATE_SECRET", LAUNCH_UPDATE_SECRET, "secret", LIFE_DEBUG, EVERY_TYPE },
	{ "LAUNCH_FINISH", LAUNCH_FINISH, "finish", LIFE_DEBUG, EVERY_TYPE },
	{ "GUEST_STATUS", GUEST_STATUS, "status", LIFE_DEBUG, EVERY_TYPE },
	{ "DBG_DECRYPT", DBG_DECRYPT, "dbg_decrypt", LIFE_DEBUG, EVERY_TYPE },
	{ "DBG_ENCRYPT", DBG_ENCRYPT, "dbg_encrypt", LIFE_DEBUG, EVERY_TYPE },
	{ "ATTESTATION_REPORT", ATTESTATION_REPORT, "attestation", LIFE_DEBUG, EVERY_TYPE },
	{ "PDH_CERT_EXPORT", PDH_CERT_EXPORT, "send_start", LIFE_SEND, EVERY_TYPE },
	{ "SEND_START", SEND_START, "send_start", LIFE_SEND, EVERY_TYPE },
	{ "SEND_UPDATE_DATA", SEND_UPDATE_DATA, "send_update_data", LIFE_SEND, EVERY_TYPE },
	{ "SEND_FINISH", SEND_FINISH, "send_finish", LIFE_SEND, EVERY_TYPE },
	{ "SEND_CANCEL", SEND_CANCEL, "send_cancel", LIFE_CANCEL, EVERY_TYPE },
	{ "RECEIVE_START", RECEIVE_START, "receive_start", LIFE_SEND, EVERY_TYPE },
	{ "ACTIVATE of a receiver", ACTIVATE, "receive_start", LIFE_SEND, EVERY_TYPE },
	{ "RECEIVE_UPDATE_DATA", RECEIVE_UPDATE_DATA, "receive_update_data", LIFE_SEND, EVERY_TYPE },
	{ "RECEIVE_FINISH", RECEIVE_FINISH, "receive_finish", LIFE_SEND, EVERY_TYPE },
	{ "DF_FLUSH", DF_FLUSH, "init", LIFE_SHORT, EVERY_TYPE },
	/* The firmware keeps these guests, the latter with their ASIDs, as KVM asks only once. */
	{ "DECOMMISSION", DECOMMISSION, "close", LIFE_DEBUG, EVERY_TYPE },
	{ "DEACTIVATE", DEACTIVATE, "close", LIFE_DEBUG, EVERY_TYPE },
	/* Needs a platform that is not initialised: see reload(). */
	{ "INIT", INIT, "init", LIFE_DEBUG, EVERY_TYPE },
};

static bool applies(const struct fault *fault, const struct flavour *f)
{
	return fault->type == EVERY_TYPE || fault->type == (int)f->type;
}

static bool all;

/* @f, @i: the indices of a flavour and of a fault that applies to it. */
static bool wanted(int f, size_t i, size_t s)
{
	return applies(&faults[i], &flavours[f]) &&
	       (all || faults[i].type != EVERY_TYPE || (f + i) % ARRAY_SIZE(statuses) == s);
}

/* ---- the trace ------------------------------------------------------------------------------ */

/* Return true if the trace has the failure, and no other command that ended with this status. */
static bool reported(int events, const struct fault *fault, const struct status *status)
{
	struct sevadm_event event;
	unsigned int found = 0, others = 0;

	while (read(events, &event, sizeof(event)) == sizeof(event)) {
		if (event.type != SEVADM_EVENT_PSP || !(event.known & SEVADM_KNOWN_FW_ERROR) ||
		    event.fw_error != status->number)
			continue;
		if (event.command == fault->command) {
			found++;
			continue;
		}
		ksft_print_msg("%s: command %#x was reported to have failed\n", fault->name, event.command);
		others++;
	}
	if (found != 1)
		ksft_print_msg("%s: the trace has %u failures with %s\n", fault->name, found,
			       status->name);
	return found == 1 && !others;
}

/* ---- a life with a fault in it -------------------------------------------------------------- */

static char *life_of(const struct fault *fault, const struct flavour *f)
{
	char *life;

	if (asprintf(&life, "%s%s%s", LIFE_BEGINS, f->type == SEV_TYPE_SEV_ES ? LIFE_VMSA : "",
		     fault->life) < 0)
		ksft_exit_fail_msg("no memory\n");
	return life;
}

/*
 * One life. The fault is armed before its step, and each later step is taken all the same, however
 * wrong it may be by then: what is compared is the ledger. False: it differed. *@struck: the fault
 * was met.
 */
static bool live(const struct fault *fault, const struct status *status, const struct flavour *f,
		 bool *struck)
{
	struct sev_launch_options options = {
		.type = f->type,
		.init = f->init,
		.memory = MEMORY,
		.regions = 2,
		.policy = f->policy,
	};
	char *life = life_of(fault, f), *rest = life, *word, where[128];
	struct stepper stepper;
	bool good = stepper_start(&stepper, &options);
	struct sev_outcome out;
	int events = -1;

	*struck = false;
	while (good && (word = strsep(&rest, ","))) {
		bool strikes = !strcmp(word, fault->step);

		snprintf(where, sizeof(where), "%s: %s fails with %s: after %s", f->name,
			 fault->name, status->name, word);
		if (strikes) {
			events = events_open(NULL);
			good = psp_fault_arm(fault->command, status->number);
		}
		good = good && stepper_step(&stepper, sev_step_find(word), &out);
		if (!good)
			ksft_print_msg("%s: the step could not be taken\n", where);
		if (strikes && good && !psp_fault_is_armed()) {
			*struck = true;
			good = reported(events, fault, status);
		}
		good = good && !ledger_differences_quick(where);
	}
	psp_fault_arm(0, 0);
	if (events >= 0)
		close(events);
	free(life);
	if (good)
		return stepper_finish(&stepper);
	stepper_kill(&stepper);
	return false;
}

/*
 * Reload kvm_amd and ccp: the platform is shut down, which ends all that its firmware still knows.
 * ccp's parameter says when it is initialised again: at once, or for the first guest.
 */
static bool reload(const char *parameter)
{
	view_oracle_forget();
	return kmod_unload("kvm_amd") && kmod_unload("ccp") && kmod_load("ccp", parameter) &&
	       kmod_load("kvm_amd", NULL);
}

static bool run_fault(const struct fault *fault, const struct status *status,
		      const struct flavour *f)
{
	bool struck = false, good = true;
	struct ledger_totals totals = { 0 };
	int lives;

	if (fault->command == INIT)
		good = reload("psp_init_on_probe=0");
	for (lives = 0; good && !struck && lives < LIVES_MAX; lives++)
		good = live(fault, status, f, &struck);
	if (!struck)
		ksft_print_msg("%s: %s: never met, in %d lives\n", f->name, fault->name, lives);
	return !ledger_differences("after all", &totals) && !totals.vms && good && struck;
}

static unsigned int planned(int count)
{
	unsigned int plan = 0;
	size_t i, s;
	int f;

	for (f = 0; f < count; f++)
		for (i = 0; i < ARRAY_SIZE(faults); i++)
			for (s = 0; s < ARRAY_SIZE(statuses); s++)
				plan += wanted(f, i, s);
	return plan;
}

int main(int argc, char **argv)
{
	const char *reason = ledger_unavailable();
	int count = flavours_here(), f;
	size_t i, s;

	all = argc == 2 && !strcmp(argv[1], "all");
	if (argc > 1 && !all) {
		fprintf(stderr, "usage: %s [all]\n", argv[0]);
		return 2;
	}
	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!psp_fault_open())
		ksft_exit_skip("no emulated security processor whose commands could be made to fail\n");
	signal(SIGPIPE, SIG_IGN);

	ksft_set_plan(planned(count));
	for (f = 0; f < count; f++)
		for (i = 0; i < ARRAY_SIZE(faults); i++)
			for (s = 0; s < ARRAY_SIZE(statuses); s++)
				if (wanted(f, i, s))
					ksft_test_result(run_fault(&faults[i], &statuses[s],
								   &flavours[f]),
							 "%s: %s fails with %s\n", flavours[f].name,
							 faults[i].name, statuses[s].name);
	if (!reload(NULL))
		ksft_exit_fail_msg("the host is not as it was\n");
	ksft_finished();
}

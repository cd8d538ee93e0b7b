// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSP time and wait are what they are called: each command took the time that the security
 * processor takes for it, within 5 %; guests that are launched at once wait for those in front of
 * them, the n-th one n - 1 times as long as one command takes. On a host with SEV-SNP commands
 * issue others from within: those take their own time, wait for nobody, and no time is counted
 * twice.
 *
 * usage: sevadm_psp_time_test COMMON LAUNCH_START
 *	milliseconds that the security processor takes for any other command, and for LAUNCH_START;
 *	the emulated host with --icount --psp 'delay=*:1ms' --psp delay=LAUNCH_START:50ms
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "kselftest.h"
#include "lib/events.h"
#include "lib/rmp_count.h"
#include "lib/sev_abi.h"
#include "lib/sev_steps.h"

#define GUESTS		8
#define MEMORY		(64UL << 10)
#define SEEN_MAX	1024
#define NS_OF_MS	1000000ULL
/* enum sev_cmd (include/linux/psp-sev.h of the kernel) */
#define SEV_CMD_LAUNCH_START	0x30
#define SEV_CMD_SNP_PAGE_RECLAIM	0xc7

static uint64_t common_ns, start_ns;
static bool snp;	/* the host has SEV-SNP: legacy commands issue others from within */

struct range {
	uint64_t lowest, highest;
};

static bool within(const char *what, uint64_t value, struct range range)
{
	if (value >= range.lowest && value <= range.highest)
		return true;
	ksft_print_msg("%s is %" PRIu64 " ns, should be from %" PRIu64 " to %" PRIu64 "\n", what,
		       value, range.lowest, range.highest);
	return false;
}

/* 5 % on both sides. */
static struct range about(uint64_t ns)
{
	return (struct range) { ns - ns / 20, ns + ns / 20 };
}

/* Firmware commands that came to @fd. */
static size_t commands(int fd, struct sevadm_event *events)
{
	size_t count = 0;

	while (count < SEEN_MAX && events_read(fd, &events[count], 1) == 1) {
		if (events[count].type == SEVADM_EVENT_LOST)
			ksft_exit_fail_msg("events were lost\n");
		count += events[count].type == SEVADM_EVENT_PSP;
	}
	return count;
}

static void launch(const char *list, int ready, int go)
{
	const struct sev_launch_options options = {
		.type = SEV_TYPE_SEV, .memory = MEMORY, .regions = 1,
	};
	const struct sev_step *steps[SEV_STEPS_MAX];
	static struct sev_launch launch;
	const char *missing;
	char *wrong, byte = 0;
	int count = sev_steps_parse(list, steps, &wrong), i;

	if (count < 0 || !sev_launch_open(&launch, &options, &missing))
		exit(1);
	for (i = 0; i < count; i++) {
		struct sev_outcome out;

		/* All have come here before any goes on. */
		if (!strcmp(steps[i]->name, "launch_start") &&
		    (write(ready, &byte, 1) != 1 || read(go, &byte, 1) < 0))
			exit(1);
		out = steps[i]->run(&launch);
		if (!sev_step_good(steps[i], &out)) {
			ksft_print_msg("%s: errno %d, status %u\n", steps[i]->name, out.err,
				       out.fw_error);
			exit(1);
		}
	}
	sev_launch_close(&launch);
	exit(0);
}

/* @guests at once; false: one could not be launched. */
static bool launch_at_once(unsigned int guests, const char *steps)
{
	int ready[2], go[2], status;
	unsigned int i, come, good = 0;
	char byte;

	if (pipe(ready) || pipe(go))
		ksft_exit_fail_msg("pipe: %s\n", strerror(errno));
	for (i = 0; i < guests; i++) {
		pid_t pid = fork();

		if (pid < 0)
			ksft_exit_fail_msg("fork: %s\n", strerror(errno));
		if (!pid) {
			close(ready[0]);
			close(go[1]);
			launch(steps, ready[1], go[0]);
		}
	}
	close(ready[1]);
	close(go[0]);
	for (come = 0; come < guests && read(ready[0], &byte, 1) == 1; come++)
		;
	close(go[1]);
	for (i = 0; i < guests; i++)
		good += wait(&status) > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
	close(ready[0]);
	return good == guests;
}

static bool took_its_time(const struct sevadm_event *event)
{
	char what[64];

	snprintf(what, sizeof(what), "PSP time of command 0x%x", event->command);
	return within(what, event->duration_ns,
		      about(event->command == SEV_CMD_LAUNCH_START ? start_ns : common_ns));
}

/*
 * The security processor does one thing at a time: what commands took together fits between the
 * first one's begin and the last one's end. Those within a command are reported before it.
 */
static bool counted_once(const struct sevadm_event *events, size_t count)
{
	uint64_t first = UINT64_MAX, last = 0, took = 0, within_next = 0, begin;
	size_t i;

	for (i = 0; i < count; i++) {
		begin = events[i].time_ns - events[i].duration_ns;
		if (events[i].command == SEV_CMD_SNP_PAGE_RECLAIM) {
			within_next += events[i].duration_ns;
		} else {
			begin -= within_next;
			within_next = 0;
		}
		first = begin < first ? begin : first;
		last = events[i].time_ns > last ? events[i].time_ns : last;
		took += events[i].duration_ns;
	}
	return within("PSP time of all commands", took, (struct range) { 0, last - first });
}

static size_t nested_in(const struct sevadm_event *events, size_t count)
{
	size_t nested = 0, i;

	for (i = 0; i < count; i++)
		nested += events[i].command == SEV_CMD_SNP_PAGE_RECLAIM;
	return nested;
}

static bool test_alone(void)
{
	static struct sevadm_event events[SEEN_MAX];
	int fd = events_open(NULL);
	bool good = launch_at_once(1, sev_steps_launch(SEV_TYPE_SEV));
	size_t count = commands(fd, events), i;

	close(fd);
	for (i = 0; i < count; i++) {
		good &= took_its_time(&events[i]);
		/* The command that issued it has the mailbox already. */
		if (events[i].command == SEV_CMD_SNP_PAGE_RECLAIM &&
		    events[i].known & SEVADM_KNOWN_WAIT) {
			ksft_print_msg("a command within another waited\n");
			good = false;
		}
		/* Nobody is in front of it. */
		if (events[i].known & SEVADM_KNOWN_WAIT)
			good &= within("wait", events[i].wait_ns,
				       (struct range) { 0, common_ns / 20 });
	}
	ksft_print_msg("%zu commands, %zu of them within others\n", count,
		       nested_in(events, count));
	return counted_once(events, count) && good && count >= 8 &&
	       !nested_in(events, count) == !snp;
}

/*
 * PSP time ends when ccp's task runs again (wait_event_timeout() in sev_wait_cmd_ioc()), so it
 * holds what the processors are busy with meanwhile: less than 5 % of LAUNCH_START; for a short
 * command, while other guests exit, perhaps more.
 */
static bool took_its_time_among_others(const struct sevadm_event *event)
{
	char what[64];

	if (event->command == SEV_CMD_LAUNCH_START)
		return took_its_time(event);
	snprintf(what, sizeof(what), "PSP time of command 0x%x", event->command);
	return within(what, event->duration_ns,
		      (struct range) { about(common_ns).lowest, start_ns });
}

/*
 * Behind each LAUNCH_START comes the ACTIVATE of the same guest, sooner or later: one that waits n
 * times for a LAUNCH_START may wait for up to as many of them.
 */
static bool test_at_once(void)
{
	static struct sevadm_event events[SEEN_MAX];
	int fd = events_open(NULL);
	bool good = launch_at_once(GUESTS, "create,init,launch_start");
	size_t count = commands(fd, events), i, starts = 0;
	uint64_t before = 0, others_ns;
	char what[64];

	close(fd);
	others_ns = common_ns * (1 + nested_in(events, count) / GUESTS);
	for (i = 0; i < count; i++) {
		struct range range = {
			about(starts * start_ns).lowest,
			about(starts * (start_ns + others_ns)).highest + others_ns / 20,
		};

		good &= took_its_time_among_others(&events[i]);
		if (events[i].command != SEV_CMD_LAUNCH_START)
			continue;
		starts++;
		snprintf(what, sizeof(what), "wait of LAUNCH_START %zu", starts);
		good &= within(what, events[i].wait_ns, range);
		if (starts > 1 && events[i].wait_ns <= before) {
			ksft_print_msg("%s does not rise\n", what);
			good = false;
		}
		before = events[i].wait_ns;
		ksft_print_msg("%s: %" PRIu64 " us\n", what, before / 1000);
	}
	return counted_once(events, count) && good && starts == GUESTS;
}

int main(int argc, char **argv)
{
	ksft_print_header();
	if (argc != 3)
		ksft_exit_skip("what the security processor takes for a command is not given\n");
	common_ns = strtoul(argv[1], NULL, 10) * NS_OF_MS;
	start_ns = strtoul(argv[2], NULL, 10) * NS_OF_MS;
	if (!common_ns || !start_ns)
		ksft_exit_fail_msg("usage: %s COMMON LAUNCH_START, in milliseconds\n", argv[0]);
	snp = rmp_open();
	if (access(SEVADM_DEVICE, F_OK))
		ksft_exit_skip("no %s: the module sevadm is not loaded\n", SEVADM_DEVICE);

	ksft_set_plan(2);
	ksft_test_result(test_alone(), "each command took its time\n");
	ksft_test_result(test_at_once(), "%d guests at once wait for each other\n", GUESTS);
	ksft_finished();
}

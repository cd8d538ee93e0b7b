// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's trace has a launch as it was: every firmware command in order, with its name, its
 * status and the VM it was for; every pin, and every change of an ASID.
 *
 * usage: sevadm_trace_test                          on a firmware that does its work
 *        sevadm_trace_test --adopted                where `sevadm module adopt` has given it
 *	kvm_amd's layout
 *        sevadm_trace_test --fault COMMAND:STATUS   the firmware answers STATUS to the first
 *	COMMAND of a launch (the emulated host's --psp fault=COMMAND:STATUS)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/events.h"
#include "lib/ledger.h"
#include "lib/run.h"
#include "lib/sev_abi.h"
#include "lib/sev_steps.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MEMORY		(4UL << 20)
#define SEEN_MAX	256
/*
 * enum sev_cmd (linux/psp-sev.h of the kernel): commands below are the platform's, not a guest's.
 */
#define FIRST_GUEST_COMMAND 0x20

/* ---- what happened -------------------------------------------------------------------------- */

/* The process's own events from number @from on. */
static size_t own_events(__u64 from, struct sevadm_event *events)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek),
					  .whence = SEVADM_SEEK_SEQ,
					  .seq = from };
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	size_t count = 0;

	if (fd < 0 || ioctl(fd, SEVADM_IOC_EVENT_SEEK, &seek))
		ksft_exit_fail_msg("%s: %s\n", SEVADM_DEVICE, strerror(errno));
	while (count < SEEN_MAX && read(fd, &events[count], sizeof(*events)) == sizeof(*events))
		if (events[count].pid == (__u32)getpid())
			count++;
	close(fd);
	return count;
}

struct command {
	char name[40], status[40];
	long long ret, fw_error, vm, asid, handle, psp_ns;
};

static long long number(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
}

static const char *text(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static bool is_own_command(struct json_object *event, __u64 from)
{
	return !strcmp(text(event, "event"), "psp") && number(event, "seq") >= (long long)from &&
	       number(event, "pid") == getpid() &&
	       number(event, "command_id") >= FIRST_GUEST_COMMAND;
}

/* The firmware commands of this process from event @from on, as `sevadm -j trace show` has them. */
static size_t own_commands(__u64 from, struct command *commands)
{
	const char *const argv[] = { run_sevadm(), "-j", "trace", "show", NULL };
	int status = 0;
	char *output = run_output(argv, &status), *rest = output, *line;
	size_t count = 0;

	if (!output || status)
		ksft_exit_fail_msg("%s -j trace show: exit status %d\n", argv[0], status);
	while ((line = strsep(&rest, "\n")) && count < SEEN_MAX) {
		struct json_object *event = *line ? json_tokener_parse(line) : NULL;
		struct command *command = &commands[count];

		if (*line && !event)
			ksft_exit_fail_msg("trace show: no JSON: %s\n", line);
		if (event && is_own_command(event, from)) {
			*command = (struct command) {
				.ret = number(event, "ret"),
				.fw_error = number(event, "fw_error"),
				.vm = number(event, "vm"),
				.asid = number(event, "asid"),
				.handle = number(event, "handle"),
				.psp_ns = number(event, "psp_ns"),
			};
			snprintf(command->name, sizeof(command->name), "%s", text(event, "command"));
			snprintf(command->status, sizeof(command->status), "%s",
				 text(event, "fw_error_name"));
			count++;
		}
		json_object_put(event);
	}
	free(output);
	return count;
}

/* ---- firmware commands ---------------------------------------------------------------------- */

struct expected {
	const char *name, *status;
	bool repeats;		/* one for each contiguous piece of memory */
};

static const struct expected sev_launch[] = {
	{ "LAUNCH_START", "SUCCESS", false },
	{ "ACTIVATE", "SUCCESS", false },
	{ "LAUNCH_UPDATE_DATA", "SUCCESS", true },
	{ "LAUNCH_MEASURE", "INVALID_LEN", false },
	{ "LAUNCH_MEASURE", "SUCCESS", false },
	{ "LAUNCH_FINISH", "SUCCESS", false },
	{ "DEACTIVATE", "SUCCESS", false },
	{ "DECOMMISSION", "SUCCESS", false },
	{ 0 }
};

static const struct expected sev_es_launch[] = {
	{ "LAUNCH_START", "SUCCESS", false },
	{ "ACTIVATE", "SUCCESS", false },
	{ "LAUNCH_UPDATE_DATA", "SUCCESS", true },
	{ "LAUNCH_UPDATE_VMSA", "SUCCESS", false },
	{ "LAUNCH_MEASURE", "INVALID_LEN", false },
	{ "LAUNCH_MEASURE", "SUCCESS", false },
	{ "LAUNCH_FINISH", "SUCCESS", false },
	{ "DEACTIVATE", "SUCCESS", false },
	{ "DECOMMISSION", "SUCCESS", false },
	{ 0 }
};

/* A guest that is not measured yet cannot be finished. */
static const struct expected wrong_state[] = {
	{ "LAUNCH_START", "SUCCESS", false },
	{ "ACTIVATE", "SUCCESS", false },
	{ "LAUNCH_FINISH", "INVALID_GUEST_STATE", false },
	{ "DEACTIVATE", "SUCCESS", false },
	{ "DECOMMISSION", "SUCCESS", false },
	{ 0 }
};

static const struct expected debug_forbidden[] = {
	{ "LAUNCH_START", "SUCCESS", false },
	{ "ACTIVATE", "SUCCESS", false },
	{ "DBG_DECRYPT", "POLICY_FAILURE", false },
	{ "DEACTIVATE", "SUCCESS", false },
	{ "DECOMMISSION", "SUCCESS", false },
	{ 0 }
};

static const struct trace {
	const char *name, *steps;
	enum sev_type type;
	uint32_t policy;
	const struct expected *expected;
} traces[] = {
	{ "sev launch", "create,init,register,launch_start,launch_update_data,measure,finish",
	  SEV_TYPE_SEV, 0, sev_launch },
	{ "sev-es launch", "create,init,vcpu,register,launch_start,launch_update_data,"
	  "launch_update_vmsa,measure,finish", SEV_TYPE_SEV_ES, 4, sev_es_launch },
	{ "finish before measure", "create,init,launch_start,finish", SEV_TYPE_SEV, 0,
	  wrong_state },
	{ "debugging that the policy forbids", "create,init,launch_start,dbg_decrypt", SEV_TYPE_SEV,
	  1, debug_forbidden },
};

static bool compare_commands(const struct command *seen, size_t count, const struct expected *want)
{
	size_t i = 0;
	bool good = true;

	for (; want->name; want++) {
		size_t first = i;

		while (i < count && !strcmp(seen[i].name, want->name) &&
		       !strcmp(seen[i].status, want->status) && (want->repeats || i == first))
			i++;
		if (i == first) {
			ksft_print_msg("command %zu is %s (%s), should be %s (%s)\n", i,
				       i < count ? seen[i].name : "none",
				       i < count ? seen[i].status : "", want->name, want->status);
			return false;
		}
	}
	if (i < count)
		ksft_print_msg("%zu commands too many, the first is %s\n", count - i, seen[i].name);

	/* All for one guest, and each took its time. */
	for (i = 0; i < count; i++) {
		bool succeeded = !strcmp(seen[i].status, "SUCCESS");

		good &= check(seen[i].vm == seen[0].vm && seen[i].vm > 0);
		good &= check(seen[i].handle == seen[0].handle && seen[i].handle > 0);
		good &= check(seen[i].psp_ns > 0);
		good &= check(seen[i].ret == (succeeded ? 0 : -EIO));
		good &= check(!seen[i].fw_error == succeeded);
		good &= check(i < 1 || seen[i].asid == seen[1].asid);
	}
	return good && i == count;
}

/* Runs @steps, whatever they end with; the last one's outcome is in @out. */
static void run_steps(const char *list, enum sev_type type, uint32_t policy,
		      struct sev_outcome *out)
{
	const struct sev_launch_options options = {
		.type = type,
		.memory = MEMORY,
		.regions = 2,
		.policy = policy,
	};
	const struct sev_step *steps[SEV_STEPS_MAX];
	static struct sev_launch launch;
	const char *missing;
	char *wrong;
	int count = sev_steps_parse(list, steps, &wrong), i;

	if (count < 0)
		ksft_exit_fail_msg("%s: no such step\n", wrong);
	if (!sev_launch_open(&launch, &options, &missing))
		ksft_exit_fail_msg("%s cannot be opened\n", missing);
	for (i = 0; i < count; i++) {
		*out = steps[i]->run(&launch);
		if (!sev_step_good(steps[i], out))
			break;
	}
	sev_launch_close(&launch);
}

static bool test_trace(const struct trace *trace)
{
	static struct command seen[SEEN_MAX];
	__u64 from = events_next();
	struct sev_outcome out;

	run_steps(trace->steps, trace->type, trace->policy, &out);
	return compare_commands(seen, own_commands(from, seen), trace->expected);
}

/* ---- events that are no firmware commands --------------------------------------------------- */

struct wanted {
	const char *what;
	bool (*is)(const struct sevadm_event *event);
};

static bool is_init(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_KVM && e->command == KVM_SEV_INIT && !e->ret;
}

static bool is_pin(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_PIN && e->command == SEVADM_KVM_REGISTER_REGION &&
	       !(e->flags & SEVADM_EVENT_TRANSIENT) && !e->ret && e->bytes == MEMORY / 2;
}

static bool is_refused_pin(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_PIN && e->ret == -ENOMEM && e->bytes == MEMORY &&
	       e->refusal == SEVADM_REFUSAL_MEMLOCK && e->known & SEVADM_KNOWN_LIMIT &&
	       e->limit_bytes == SEV_PAGE_SIZE && e->pinned_bytes == MEMORY;
}

static bool is_failed_register(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_KVM && e->command == SEVADM_KVM_REGISTER_REGION &&
	       e->ret == -ENOMEM;
}

static bool is_transient_pin(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_PIN && e->command == KVM_SEV_LAUNCH_UPDATE_DATA &&
	       e->flags & SEVADM_EVENT_TRANSIENT && e->bytes == 64 * 1024;
}

static bool is_transient_unpin(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_UNPIN && e->command == KVM_SEV_LAUNCH_UPDATE_DATA &&
	       e->flags & SEVADM_EVENT_TRANSIENT && e->bytes == 64 * 1024 &&
	       e->pinned_bytes == MEMORY + 64 * 1024;
}

static bool is_asid_used(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_ASID && e->asid_state == SEVADM_ASID_STATE_USED &&
	       e->pool == SEVADM_POOL_SEV && e->known & SEVADM_KNOWN_ASID;
}

static bool is_unpin(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_UNPIN && e->command == SEVADM_KVM_DESTROY &&
	       e->bytes == MEMORY;
}

static bool is_asid_reclaim(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_ASID && e->asid_state == SEVADM_ASID_STATE_RECLAIM &&
	       e->pool == SEVADM_POOL_SEV && e->known & SEVADM_KNOWN_ASID;
}

static bool is_destroy(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_KVM && e->command == SEVADM_KVM_DESTROY;
}

/* In this order; what else comes between is another test's matter. */
static const struct wanted wanted[] = {
	{ "the VM is initialised", is_init },
	{ "the first region is pinned", is_pin },
	{ "the second region is pinned", is_pin },
	{ "a pin is refused, with the limit", is_refused_pin },
	{ "so the registration fails", is_failed_register },
	{ "LAUNCH_UPDATE_DATA pins", is_transient_pin },
	{ "LAUNCH_UPDATE_DATA unpins", is_transient_unpin },
	{ "all is unpinned", is_unpin },
	{ "the ASID waits", is_asid_reclaim },
	{ "the VM is gone", is_destroy },
};

/*
 * The ASID is reported as used once: when its number shows, which is at ACTIVATE, behind all
 * registrations; or as soon as KVM has chosen it, if the module knows where KVM keeps it.
 */
static bool asid_is_told_in_time(const struct sevadm_event *events, size_t count, bool adopted)
{
	size_t i, used = 0, first_pin = count, refused = count, update = count, nr = 0;

	for (i = count; i--; ) {
		if (is_asid_used(&events[i])) {
			used = i;
			nr++;
		}
		if (is_pin(&events[i]))
			first_pin = i;
		if (is_failed_register(&events[i]))
			refused = i;
		if (is_transient_pin(&events[i]))
			update = i;
	}
	if (!check(nr == 1))
		return false;
	if (used < first_pin)
		return true;
	return check(!adopted) & check(used > refused) & check(used < update);
}

static bool test_events(bool adopted)
{
	static struct sevadm_event events[SEEN_MAX];
	__u64 from = events_next();
	struct sev_outcome out;
	size_t count, i = 0, w;
	bool good = true;

	run_steps("create,init,register,register_over_limit,launch_start,launch_update_data",
		  SEV_TYPE_SEV, 0, &out);
	good &= check(!out.err);
	count = own_events(from, events);

	for (w = 0; w < ARRAY_SIZE(wanted); w++) {
		while (i < count && !wanted[w].is(&events[i]))
			i++;
		if (i == count) {
			ksft_print_msg("no event in its place: %s\n", wanted[w].what);
			return false;
		}
		i++;
	}
	good &= asid_is_told_in_time(events, count, adopted);
	for (i = 0; i < count; i++)
		good &= check(events[i].type == SEVADM_EVENT_PSP ||
			      events[i].type == SEVADM_EVENT_ASID ||
			      (events[i].known & SEVADM_KNOWN_VM && events[i].vm == events[0].vm));
	return good;
}

/* KVM_SEV_DBG_DECRYPT releases its pages after each round: what it pins, it unpins. */
static bool test_debug_pins(void)
{
	static struct sevadm_event events[SEEN_MAX];
	__u64 from = events_next(), pinned = 0, unpinned = 0;
	struct sev_outcome out;
	size_t count, i;

	run_steps("create,init,register,launch_start,launch_update_data,dbg_decrypt", SEV_TYPE_SEV, 0,
		  &out);
	count = own_events(from, events);
	for (i = 0; i < count; i++) {
		if (events[i].command != KVM_SEV_DBG_DECRYPT ||
		    !(events[i].flags & SEVADM_EVENT_TRANSIENT))
			continue;
		if (events[i].type == SEVADM_EVENT_PIN)
			pinned += events[i].bytes;
		if (events[i].type == SEVADM_EVENT_UNPIN)
			unpinned += events[i].bytes;
	}
	return check(pinned > 0) & check(unpinned == pinned);
}

/* ---- a fault of the firmware ---------------------------------------------------------------- */

static bool test_fault(const char *rule)
{
	static struct command seen[SEEN_MAX];
	const char *colon = strchr(rule, ':');
	__u64 from = events_next();
	struct sev_outcome out;
	size_t count, i;

	run_steps(sev_steps_launch(SEV_TYPE_SEV), SEV_TYPE_SEV, 0, &out);
	count = own_commands(from, seen);
	for (i = 0; i < count; i++) {
		if (strncmp(seen[i].name, rule, colon - rule) || seen[i].name[colon - rule] ||
		    strcmp(seen[i].status, colon + 1))
			continue;
		/* What the launcher got from KVM is what the trace says. */
		return check(out.err == EIO) & check(out.fw_error == (uint32_t)seen[i].fw_error) &
		       check(seen[i].ret == -EIO);
	}
	ksft_print_msg("the trace of %zu commands has no %s; the launch ended with errno %d fw_error %u\n",
		       count, rule, out.err, out.fw_error);
	return false;
}

int main(int argc, char **argv)
{
	const char *fault = argc == 3 && !strcmp(argv[1], "--fault") ? argv[2] : NULL;
	const bool adopted = argc == 2 && !strcmp(argv[1], "--adopted");
	const char *reason = ledger_unavailable();
	size_t i;

	if (argc > 1 && !adopted && (!fault || !strchr(fault, ':'))) {
		fprintf(stderr, "usage: %s [--adopted | --fault COMMAND:STATUS]\n", argv[0]);
		return 2;
	}

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (fault) {
		ksft_set_plan(1);
		ksft_test_result(test_fault(fault), "fault %s\n", fault);
		ksft_finished();
	}

	ksft_set_plan(ARRAY_SIZE(traces) + 2);
	for (i = 0; i < ARRAY_SIZE(traces); i++)
		ksft_test_result(test_trace(&traces[i]), "%s\n", traces[i].name);
	ksft_test_result(test_events(adopted), "pins and ASIDs\n");
	ksft_test_result(test_debug_pins(), "pins of debug commands\n");
	ksft_finished();
}

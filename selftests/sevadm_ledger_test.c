// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm's ledger equals kvm_amd's own state after every step of a VM's life.
 *
 * usage: sevadm_ledger_test                  all scenarios
 *        sevadm_ledger_test --compare        compare once, now; exit status 1: they differ
 *        sevadm_ledger_test --flavour NAME   those of one way to start a guest (lib/flavour.h)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/cgroup.h"
#include "lib/flavour.h"
#include "lib/ledger.h"
#include "lib/sev_abi.h"
#include "lib/sev_steps.h"
#include "lib/stepper.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MEMORY		(2UL << 20)	/* KVM flushes each line of it */
#define VMS_MAX		1024	/* more than a processor has ASIDs */

/* Words of a scenario's list that are no steps: see lib/stepper.h. */
#define HAND_OVER	"@hand_over"
#define KILL_CREATOR	"@kill_creator"
#define ENTER_CGROUP	"@enter_cgroup"	/* that is made for the process */
#define REMOVE_CGROUP	"@remove_cgroup"

#define ROOT_CGROUP	"/sys/fs/cgroup"
#define TEST_CGROUP	ROOT_CGROUP "/sevadm_ledger_test"

/* What stands for a whole launch of the flavour in a scenario's list. */
#define LAUNCH "LAUNCH"

static const struct scenario {
	const char *name, *steps;
	unsigned int regions;
} scenarios[] = {
	{ "launch", LAUNCH ",status,attestation,close", 1 },
	{ "regions before the launch", "create,init,register,launch_start,unregister", 7 },
	{ "many regions", "create,init,register,unregister", 512 },
	{ "unaligned region", LAUNCH ",register_unaligned,unregister_unaligned,unregister", 1 },
	{ "overlapping regions",
	  LAUNCH ",register_overlapping,register_unaligned,register_unaligned,"
	  "unregister_unaligned,unregister", 2 },
	{ "unregister an unknown region", LAUNCH ",unregister_unknown,unregister", 1 },
	{ "RLIMIT_MEMLOCK refuses", LAUNCH ",register_over_limit,unregister,register_over_limit",
	  1 },
	{ "pages that cannot be pinned", LAUNCH ",register_unmapped", 1 },
	{ "transient pins", "create,init,vcpu,launch_start,launch_update_data,launch_update_data,"
	  "measure,secret,finish,dbg_decrypt,dbg_encrypt", 1 },
	{ "huge pages", LAUNCH ",register_huge,register_unaligned,unregister_huge,"
	  "register_huge,unregister_unaligned,close", 1 },
	{ "its cgroup is removed while it lives",
	  ENTER_CGROUP ",create,init,register,launch_start," REMOVE_CGROUP
	  ",register_unaligned,launch_update_data,close", 1 },
	{ "launched twice", LAUNCH ",launch_again,status,unregister", 1 },
	{ "an answer that cannot be written",
	  "create,init,register,launch_unwritable,unregister,close", 1 },
	{ "mirror", LAUNCH ",mirror,mirror_dbg,mirror_register,close_mirror", 1 },
	{ "mirror outlives its owner", LAUNCH ",mirror,close,mirror_dbg,close_mirror", 1 },
	{ "mirror before the launch", "create,init,mirror,register,launch_start,close_mirror", 1 },
	{ "migration", LAUNCH ",migrate,close_source,register_unaligned,unregister_unaligned", 2 },
	{ "migration, the source stays open", LAUNCH ",migrate,register_unaligned,close", 2 },
	{ "chain of migrations", LAUNCH ",migrate*8,unregister", 3 },
	{ "mirror migrates", LAUNCH ",mirror,migrate_mirror,close_source,close_mirror", 1 },
	{ "owner of a mirror migrates", LAUNCH ",mirror,migrate,close_source,mirror_dbg", 1 },
	{ "creator dies", LAUNCH "," HAND_OVER "," KILL_CREATOR ",close", 2 },
	{ "migration to another process",
	  LAUNCH "," HAND_OVER ",migrate,close_source," KILL_CREATOR, 2 },
	{ "send and receive", LAUNCH ",send_start,send_update_data,receive_start,"
	  "receive_update_data,send_finish,receive_finish,close,close_receiver", 1 },
	{ "send, cancelled", LAUNCH ",send_start,send_update_data,send_cancel", 1 },
};

static bool nothing_left(const char *where)
{
	struct ledger_totals totals = { 0 };

	if (ledger_differences(where, &totals))
		return false;
	if (totals.vms || totals.pinned_bytes)
		ksft_print_msg("%s: left with %zu VMs and %llu pinned bytes\n", where, totals.vms,
			       totals.pinned_bytes);
	return !totals.vms && !totals.pinned_bytes;
}

static bool make_cgroup(pid_t pid)
{
	return (!mkdir(TEST_CGROUP, 0755) || errno == EEXIST) && cgroup_enter(TEST_CGROUP, pid);
}

/*
 * A kernel that keeps a thread of KVM in the VM's cgroup as long as it lives (6.1) refuses: then
 * the cgroup goes after the VM, and what is tested is that it stays.
 */
static bool remove_cgroup(pid_t pid)
{
	return cgroup_enter(ROOT_CGROUP, pid) && (!rmdir(TEST_CGROUP) || errno == EBUSY);
}

/* One word of a scenario, done and compared. */
static bool take_word(struct stepper *s, const char *name, const char *word)
{
	const struct sev_step *step = sev_step_find(word);
	struct sev_outcome out;
	char where[256];

	snprintf(where, sizeof(where), "%s: after %s", name, word);
	if (!strcmp(word, HAND_OVER)) {
		if (!stepper_hand_over(s))
			return false;
	} else if (!strcmp(word, ENTER_CGROUP) || !strcmp(word, REMOVE_CGROUP)) {
		if (!strcmp(word, ENTER_CGROUP) ? !make_cgroup(s->pid) : !remove_cgroup(s->pid)) {
			ksft_print_msg("%s: %s: %s\n", where, TEST_CGROUP, strerror(errno));
			return false;
		}
	} else if (!strcmp(word, KILL_CREATOR)) {
		stepper_kill_creator(s);
	} else if (!step) {
		ksft_exit_fail_msg("%s: no such step: %s\n", name, word);
	} else {
		if (!stepper_step(s, step, &out)) {
			ksft_print_msg("%s: the process is gone\n", where);
			return false;
		}
		if (!sev_step_good(step, &out)) {
			ksft_print_msg("%s: errno %d, should be %d; fw_error %#x\n", where,
				       out.err, step->expect, out.fw_error);
			return false;
		}
	}
	return !ledger_differences_quick(where);
}

/* @list with LAUNCH written out. To be freed. */
static char *write_out(const char *list, enum sev_type type)
{
	bool launch = !strncmp(list, LAUNCH, strlen(LAUNCH));
	char *text;

	if (asprintf(&text, "%s%s", launch ? sev_steps_launch(type) : "",
		     launch ? list + strlen(LAUNCH) : list) < 0)
		ksft_exit_fail_msg("no memory\n");
	return text;
}

static struct sev_launch_options options_of(const struct flavour *f, unsigned int regions)
{
	return (struct sev_launch_options) {
		.type = f->type,
		.init = f->init,
		.memory = MEMORY,
		.regions = regions,
		.policy = f->policy,
	};
}

static bool run_scenario(const struct scenario *scenario, const struct flavour *f)
{
	struct sev_launch_options options = options_of(f, scenario->regions);
	char *list = write_out(scenario->steps, f->type), *rest = list, *word;
	struct stepper stepper;
	bool good = stepper_start(&stepper, &options);

	while (good && (word = strsep(&rest, ","))) {
		char *star = strchr(word, '*');
		int times = star ? atoi(star + 1) : 1;

		if (star)
			*star = '\0';
		while (good && times--)
			good = take_word(&stepper, scenario->name, word);
	}
	free(list);
	if (!good) {
		stepper_kill(&stepper);
		return false;
	}
	if (!stepper_finish(&stepper)) {
		ksft_print_msg("%s: the process failed in the end\n", scenario->name);
		return false;
	}
	return nothing_left(scenario->name);
}

/* SIGKILL when @count steps of a launch have been taken. */
static bool run_kill(const struct flavour *f, const struct sev_step **steps, int count)
{
	struct sev_launch_options options = options_of(f, 2);
	struct stepper stepper;
	struct sev_outcome out;
	bool good = stepper_start(&stepper, &options);
	char where[128];
	int i;

	for (i = 0; good && i < count; i++)
		good = stepper_step(&stepper, steps[i], &out) && sev_step_good(steps[i], &out);
	snprintf(where, sizeof(where), "SIGKILL after %s", steps[count - 1]->name);
	if (!good)
		ksft_print_msg("%s: step %d failed\n", where, i);
	good &= !ledger_differences_quick(where);
	stepper_kill(&stepper);
	return nothing_left(where) && good;
}

static struct sev_outcome start_vm(struct sev_vm *vm, const struct sev_host *host,
				   const struct flavour *f)
{
	struct kvm_sev_launch_start start = { .policy = f->policy };
	struct sev_outcome out = sev_vm_create(vm, host, f->type, f->init, 0);

	if (!out.err)
		out = sev_vm_init(vm);
	if (!out.err)
		out = sev_vm_command(vm, KVM_SEV_LAUNCH_START, &start);
	if (out.err)
		sev_vm_close(vm);
	return out;
}

/* Launches VMs until KVM has no ASID left for one more. False: it ended otherwise. */
static bool fill(struct sev_vm *vms, int *count, const struct sev_host *host,
		 const struct flavour *f)
{
	struct sev_outcome out = { 0 };

	while (*count < VMS_MAX && !out.err) {
		out = start_vm(&vms[*count], host, f);
		*count += !out.err;
	}
	if (out.err != EBUSY)
		ksft_print_msg("%s: VM %d: errno %d, should be %d\n", f->name, *count + 1, out.err,
			       EBUSY);
	return out.err == EBUSY;
}

/*
 * How many VMs there can be: the misc cgroup's charges that intra-host migration has leaked count
 * against the pools (6.12 and later).
 */
static int room_of_pools(void)
{
	struct sevadm_pool_query query = { .size = sizeof(query) };
	int fd = open(SEVADM_DEVICE, O_RDONLY), room = 0;

	for (query.pool = 0; query.pool < SEVADM_POOL_NR; query.pool++) {
		query.capacity = 0;
		query.charged = 0;
		/* Not all hosts have one for SEV-SNP guests. */
		if (ioctl(fd, SEVADM_IOC_POOL_QUERY, &query) && errno != ENOENT)
			ksft_exit_fail_msg("%s: %s\n", SEVADM_DEVICE, strerror(errno));
		room += query.capacity - query.charged;
	}
	close(fd);
	return room;
}

/*
 * Every ASID of both pools at once; a third of them given back and handed out again, which takes a
 * DF_FLUSH; all of them given back, and one more VM of each type.
 */
static bool run_exhaustion(const struct flavour *sev, const struct flavour *es)
{
	static struct sev_vm vms[VMS_MAX];
	int room = room_of_pools(), count = 0, kept = 0, i;
	struct sev_host host;
	const char *missing;
	bool good;

	if (!sev_host_open(&host, &missing))
		return false;
	good = fill(vms, &count, &host, sev) && fill(vms, &count, &host, es);
	ksft_print_msg("%d VMs at once\n", count);
	if (count != room) {
		ksft_print_msg("the pools have room for %d\n", room);
		good = false;
	}
	good &= !ledger_differences("all ASIDs used", NULL);

	for (i = 0; i < count; i++) {
		if (i % 3)
			vms[kept++] = vms[i];
		else
			sev_vm_close(&vms[i]);
	}
	count = kept;
	good &= !ledger_differences("a third of the ASIDs waits", NULL);
	good &= fill(vms, &count, &host, es) && fill(vms, &count, &host, sev) && count == room;
	good &= !ledger_differences("all ASIDs used again", NULL);

	while (count)
		sev_vm_close(&vms[--count]);
	good &= nothing_left("all ASIDs wait");
	good &= !start_vm(&vms[0], &host, sev).err && !start_vm(&vms[1], &host, es).err &&
		!ledger_differences("the ASIDs are recycled", NULL);
	sev_vm_close(&vms[0]);
	sev_vm_close(&vms[1]);
	sev_host_close(&host);
	return nothing_left("after the recycling") && good;
}

static void run_flavour(const struct flavour *f)
{
	const struct sev_step *steps[SEV_STEPS_MAX];
	char *wrong;
	int count = sev_steps_parse(sev_steps_launch(f->type), steps, &wrong), i;
	size_t s;

	for (s = 0; s < ARRAY_SIZE(scenarios); s++)
		ksft_test_result(run_scenario(&scenarios[s], f), "%s: %s\n", f->name,
				 scenarios[s].name);
	for (i = 1; i <= count; i++)
		ksft_test_result(run_kill(f, steps, i), "%s: SIGKILL after %s\n", f->name,
				 steps[i - 1]->name);
}

static unsigned int planned_of(const struct flavour *f)
{
	const struct sev_step *steps[SEV_STEPS_MAX];
	char *wrong;

	return ARRAY_SIZE(scenarios) + sev_steps_parse(sev_steps_launch(f->type), steps, &wrong);
}

static void run_all(int count)
{
	unsigned int plan = 1 + count / 2;
	int i;

	for (i = 0; i < count; i++)
		plan += planned_of(&flavours[i]);
	ksft_set_plan(plan);
	ksft_test_result(nothing_left("start"), "nothing at the start\n");
	for (i = 0; i < count; i += 2) {
		/* Before the migrations, which take some of the room. */
		ksft_test_result(run_exhaustion(&flavours[i], &flavours[i + 1]),
				 "%s: exhaustion and recycling of both pools\n", flavours[i].name);
		run_flavour(&flavours[i]);
		run_flavour(&flavours[i + 1]);
	}
}

static void run_one(const char *name, int count)
{
	int i = 0;

	while (i < count && strcmp(flavours[i].name, name))
		i++;
	if (i == count)
		ksft_exit_fail_msg("this kernel has no way \"%s\" to start a guest\n", name);
	ksft_set_plan(1 + planned_of(&flavours[i]));
	ksft_test_result(nothing_left("start"), "nothing at the start\n");
	run_flavour(&flavours[i]);
}

int main(int argc, char **argv)
{
	bool compare = argc == 2 && !strcmp(argv[1], "--compare");
	const char *flavour = argc == 3 && !strcmp(argv[1], "--flavour") ? argv[2] : NULL;
	const char *reason = ledger_unavailable();

	if (argc > 1 && !compare && !flavour) {
		fprintf(stderr, "usage: %s [--compare | --flavour NAME]\n", argv[0]);
		return 2;
	}
	if (compare && reason) {
		fprintf(stderr, "%s: %s\n", argv[0], reason);
		return KSFT_SKIP;
	}
	if (compare)
		return ledger_differences("now", NULL) ? KSFT_FAIL : KSFT_PASS;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 2 * VMS_MAX, 2 * VMS_MAX });

	if (flavour)
		run_one(flavour, flavours_here());
	else
		run_all(flavours_here());
	ksft_finished();
}

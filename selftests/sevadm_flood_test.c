// SPDX-License-Identifier: GPL-2.0-only
/*
 * No tenant erases another's trace: while one user makes refused calls, or calls that succeed, as
 * fast as that goes, what others have had the firmware do stays in the ring, every refused call is
 * counted, and listeners hear of others.
 *
 * usage: sevadm_flood_test [--calls N]             refused calls (40000): each sort has a share
 *        sevadm_flood_test --refuse-calls N        only make them
 *        sevadm_flood_test --refuse-pins SECONDS   be refused pins by a limit for so long, as it is
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/events.h"
#include "lib/genl.h"
#include "lib/sev_abi.h"
#include "lib/sev_steps.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define TENANT		60001
#define BYSTANDER	60002
#define COMMANDS	1000	/* of the firmware, that others have had done */
#define BATCH		64
#define NO_COMMAND	200	/* KVM has no commands of these numbers */
#define NO_COMMANDS	1000	/* and up, for each call another one */
#define MESSAGES	400	/* pins refused by a limit that listeners hear of, one by one */

#define EVENT_MS	120000	/* in which a message comes on a busy machine */
#define MESSAGES_A_SECOND 18 /* of either user eight one by one, and one for all others */
#define SILENCE_MS	500	/* in which none comes that is too many */

static unsigned long calls = 40000;
static struct sev_launch victim;

/* ---- the tenant ----------------------------------------------------------------------------- */

struct tenant {
	struct sev_host host;
	struct sev_vm plain, sev;
};

static void refuse_on_plain(struct tenant *tenant, unsigned long call)
{
	(void)call;
	sev_vm_command(&tenant->plain, NO_COMMAND, NULL);
}

static void refuse_region_on_plain(struct tenant *tenant, unsigned long call)
{
	(void)call;
	sev_vm_register(&tenant->plain, (uintptr_t)tenant->plain.memory, SEV_PAGE_SIZE);
}

static void refuse_on_sev(struct tenant *tenant, unsigned long call)
{
	(void)call;
	sev_vm_command(&tenant->sev, NO_COMMAND + 1, NULL);
}

static void refuse_invention(struct tenant *tenant, unsigned long call)
{
	sev_vm_command(&tenant->sev, NO_COMMANDS + call % 50000, NULL);
}

static void refuse_region(struct tenant *tenant, unsigned long call)
{
	(void)call;
	sev_vm_register(&tenant->sev, (uintptr_t)tenant->sev.memory, tenant->sev.size);
}

/* Sorts of refused calls, and what their events have that others do not. */
static const struct sort {
	const char *name;
	void (*refuse)(struct tenant *tenant, unsigned long call);
	__u32 type, command, last;
	bool of_vm;
} sorts[] = {
	{ "a command of a VM that is no SEV VM", refuse_on_plain, SEVADM_EVENT_KVM, NO_COMMAND,
	  NO_COMMAND, false },
	{ "a region of a VM that is no SEV VM", refuse_region_on_plain, SEVADM_EVENT_KVM,
	  SEVADM_KVM_REGISTER_REGION, SEVADM_KVM_REGISTER_REGION, false },
	{ "a command that there is not", refuse_on_sev, SEVADM_EVENT_KVM, NO_COMMAND + 1,
	  NO_COMMAND + 1, true },
	{ "a command that there is not, another one each time", refuse_invention, SEVADM_EVENT_KVM,
	  NO_COMMANDS, NO_COMMANDS + 50000, true },
	{ "a region above RLIMIT_MEMLOCK", refuse_region, SEVADM_EVENT_PIN,
	  SEVADM_KVM_REGISTER_REGION, SEVADM_KVM_REGISTER_REGION, true },
};

static bool become(uid_t uid)
{
	struct rlimit locked = { SEV_PAGE_SIZE, 4 * SEV_PAGE_SIZE };

	return !setrlimit(RLIMIT_MEMLOCK, &locked) && !setgroups(0, NULL) &&
	       !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid);
}

/* With files that root has opened: who may open /dev/kvm is not what this is about. */
static bool tenant_init(struct tenant *tenant, uid_t uid)
{
	const char *missing;

	return sev_host_open(&tenant->host, &missing) && become(uid) &&
	       !sev_vm_create(&tenant->plain, &tenant->host, SEV_TYPE_SEV, SEV_INIT_LEGACY,
			      SEV_PAGE_SIZE).err &&
	       !sev_vm_create(&tenant->sev, &tenant->host, SEV_TYPE_SEV, SEV_INIT_LEGACY,
			      2 * SEV_PAGE_SIZE).err && !sev_vm_init(&tenant->sev).err;
}

static bool flood_refused(struct tenant *tenant)
{
	unsigned long i, sort;

	for (i = 0; i < calls / ARRAY_SIZE(sorts); i++)
		for (sort = 0; sort < ARRAY_SIZE(sorts); sort++)
			sorts[sort].refuse(tenant, i);
	return true;
}

/* Each four events, none of which is a refusal. */
static bool flood_done(struct tenant *tenant)
{
	unsigned long i;

	for (i = 0; i < calls / 4; i++)
		if (sev_vm_register(&tenant->sev, (uintptr_t)tenant->sev.memory, SEV_PAGE_SIZE)
			    .err ||
		    sev_vm_unregister(&tenant->sev, (uintptr_t)tenant->sev.memory, SEV_PAGE_SIZE)
			    .err)
			return false;
	return true;
}

/* What follows is refused by limits of sevadm, not by the process's own. */
static bool raise_limit(void)
{
	struct rlimit locked = { 4 * SEV_PAGE_SIZE, 4 * SEV_PAGE_SIZE };

	return !setrlimit(RLIMIT_MEMLOCK, &locked);
}

static time_t *refusal_seconds;	/* that the tenant's refusals took; shared with it */

static bool refuse_some(struct tenant *tenant)
{
	time_t begin = time(NULL);
	unsigned int i;

	if (!raise_limit())
		return false;
	for (i = 0; i < MESSAGES; i++)
		refuse_region(tenant, i);
	*refusal_seconds = time(NULL) - begin;
	return true;
}

static bool refuse_one(struct tenant *tenant)
{
	if (!raise_limit())
		return false;
	refuse_region(tenant, 0);
	return true;
}

/* The process, once it is gone; 0: it could not do it. */
static pid_t run(uid_t uid, bool (*flood)(struct tenant *tenant))
{
	struct tenant tenant;
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(tenant_init(&tenant, uid) && flood(&tenant) ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && !status ? pid : 0;
}

/* ---- what the ring has ---------------------------------------------------------------------- */

/* Goes over all that is held, from the oldest on. */
static void look(void (*see)(const struct sevadm_event *event, void *context), void *context)
{
	struct sevadm_event_seek oldest = { .size = sizeof(oldest), .whence = SEVADM_SEEK_OLDEST };
	struct sevadm_event events[BATCH];
	int fd = events_open(NULL), count, i;

	if (ioctl(fd, SEVADM_IOC_EVENT_SEEK, &oldest))
		ksft_exit_fail_msg("EVENT_SEEK: %s\n", strerror(errno));
	while ((count = events_read(fd, events, BATCH)) > 0)
		for (i = 0; i < count; i++)
			see(&events[i], context);
	close(fd);
}

static __u64 commands[COMMANDS];	/* numbers of the events of the victim's commands */

struct survivors {
	size_t next, found;
};

static void see_survivor(const struct sevadm_event *event, void *context)
{
	struct survivors *survivors = context;

	while (survivors->next < COMMANDS && commands[survivors->next] < event->seq)
		survivors->next++;
	if (survivors->next < COMMANDS && commands[survivors->next] == event->seq &&
	    event->type == SEVADM_EVENT_PSP && event->pid == (__u32)getpid())
		survivors->found++;
}

static bool all_survive(void)
{
	struct survivors survivors = { 0 };

	look(see_survivor, &survivors);
	ksft_print_msg("%zu of the %u firmware commands are in the ring\n", survivors.found, COMMANDS);
	return check(survivors.found == COMMANDS);
}

struct refusals {
	pid_t pid;
	__u64 calls[ARRAY_SIZE(sorts)];
	__u64 records;
};

static void count_refusal(const struct sevadm_event *event, void *context)
{
	struct refusals *refusals = context;
	size_t i;

	if (event->type == SEVADM_EVENT_LOST || event->pid != (__u32)refusals->pid ||
	    event->ret >= 0)
		return;
	refusals->records++;
	for (i = 0; i < ARRAY_SIZE(sorts); i++)
		if (event->type == sorts[i].type && event->command >= sorts[i].command &&
		    event->command <= sorts[i].last &&
		    !(event->known & SEVADM_KNOWN_VM) == !sorts[i].of_vm)
			refusals->calls[i] +=
				event->flags & SEVADM_EVENT_REPEATED ? event->count : 1;
}

static bool all_are_counted(pid_t pid)
{
	struct refusals refusals = { .pid = pid };
	bool good = true;
	size_t i;

	look(count_refusal, &refusals);
	for (i = 0; i < ARRAY_SIZE(sorts); i++) {
		ksft_print_msg("%s: %llu of %lu calls\n", sorts[i].name,
			       (unsigned long long)refusals.calls[i], calls / ARRAY_SIZE(sorts));
		good &= check(refusals.calls[i] == calls / ARRAY_SIZE(sorts));
	}
	ksft_print_msg("in %llu records\n", (unsigned long long)refusals.records);
	return good;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static bool launch(void)
{
	const struct sev_launch_options options = {
		.type = SEV_TYPE_SEV,
		.init = SEV_INIT_LEGACY,
		.memory = 4 * SEV_PAGE_SIZE,
		.regions = 1,
	};
	static const char *const steps[] = { "create", "init", "launch_start" };
	const char *missing;
	size_t i;

	if (!sev_launch_open(&victim, &options, &missing))
		ksft_exit_skip("%s: no SEV host\n", missing);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		if (sev_step_find(steps[i])->run(&victim).err)
			return false;
	return true;
}

static bool ask_firmware(void)
{
	struct kvm_sev_guest_status status;
	struct sevadm_event events[BATCH];
	size_t nr = 0, i;
	int fd = events_open(NULL), count;

	for (i = 0; i < COMMANDS; i++)
		if (sev_vm_command(&victim.vms[victim.current], KVM_SEV_GUEST_STATUS, &status).err)
			return check(false);
	while ((count = events_read(fd, events, BATCH)) > 0)
		for (i = 0; i < (size_t)count; i++)
			if (events[i].type == SEVADM_EVENT_PSP && nr < COMMANDS)
				commands[nr++] = events[i].seq;
	close(fd);
	return check(nr == COMMANDS);
}

static bool test_refused(void)
{
	pid_t pid = run(TENANT, flood_refused);

	return check(pid) && all_are_counted(pid) & all_survive();
}

static bool test_done(void)
{
	return check(run(TENANT, flood_done)) && all_survive();
}

/* The same user, as every QEMU of libvirt's is. */
static bool test_process(void)
{
	return ask_firmware() && check(run(getuid(), flood_done)) && all_survive();
}

static bool limit_pins(struct genl *genl, uid_t uid, __u8 command)
{
	static struct genl_message message;

	genl_begin(&message, genl, command, 0);
	genl_put_u32(&message, SEVADM_A_LIMIT_SUBJECT, SEVADM_SUBJECT_USER);
	genl_put_u64(&message, SEVADM_A_LIMIT_ID, uid);
	genl_put_u32(&message, SEVADM_A_LIMIT_RESOURCE, SEVADM_RESOURCE_PIN);
	if (command == SEVADM_CMD_LIMIT_SET)
		genl_put_u64(&message, SEVADM_A_LIMIT_MAX_VALUE, 0);
	return !genl_talk(genl, &message, NULL, NULL);
}

struct heard {
	__u64 tenant, bystander;	/* refusals that messages report */
	unsigned int messages;
};

static void hear(const struct nlattr *first, size_t length, void *context)
{
	struct sevadm_event event = { 0 };
	struct heard *heard = context;
	const struct nlattr *attr;
	size_t rest;
	__u64 times;

	genl_for_each(attr, rest, first, length)
		if (genl_type(attr) == SEVADM_A_EVENT_RECORD)
			memcpy(&event, genl_data(attr), genl_length(attr) < sizeof(event) ?
			       genl_length(attr) : sizeof(event));
	times = event.flags & SEVADM_EVENT_REPEATED ? event.count : 1;
	heard->messages++;
	if (event.type == SEVADM_EVENT_LIMIT && event.subject_id == TENANT)
		heard->tenant += times;
	if (event.type == SEVADM_EVENT_LIMIT && event.subject_id == BYSTANDER)
		heard->bystander += times;
}

static bool all_heard(const struct heard *heard)
{
	return heard->tenant >= MESSAGES && heard->bystander;
}

static bool test_messages(void)
{
	struct genl genl, listener;
	struct heard heard = { 0 };
	bool good;

	refusal_seconds = mmap(NULL, sizeof(*refusal_seconds), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!check(refusal_seconds != MAP_FAILED))
		return false;
	good = check(!genl_open(&genl)) && check(!genl_open(&listener)) &&
	       check(!genl_join(&listener)) &&
	       check(limit_pins(&genl, TENANT, SEVADM_CMD_LIMIT_SET)) &&
	       check(limit_pins(&genl, BYSTANDER, SEVADM_CMD_LIMIT_SET)) &&
	       check(run(TENANT, refuse_some)) && check(run(BYSTANDER, refuse_one));
	/* Opened again, the device has what was counted reported. */
	close(events_open(NULL));
	while (good &&
	       genl_event(&listener, all_heard(&heard) ? SILENCE_MS : EVENT_MS, hear, &heard))
		;
	ksft_print_msg(
		"%u messages: of %llu refusals of the tenant in %lld s, %llu of another user\n",
		heard.messages, (unsigned long long)heard.tenant, (long long)*refusal_seconds,
		(unsigned long long)heard.bystander);
	good &= check(heard.tenant == MESSAGES) & check(heard.bystander == 1) &
		/*
		 * A slow machine has more seconds to report in: those of the refusals, no others.
		 */
		check(heard.messages <= MESSAGES_A_SECOND * (*refusal_seconds + 2));
	limit_pins(&genl, TENANT, SEVADM_CMD_LIMIT_DELETE);
	limit_pins(&genl, BYSTANDER, SEVADM_CMD_LIMIT_DELETE);
	genl_close(&listener);
	genl_close(&genl);
	munmap(refusal_seconds, sizeof(*refusal_seconds));
	return good;
}

/* Of another test, which looks at what comes after them. */
static int refuse_calls(unsigned long number)
{
	struct tenant tenant;

	calls = number;
	return !tenant_init(&tenant, TENANT) || !flood_refused(&tenant);
}

/* Of another test, which has set a limit, and wants a tenant that runs into it. */
static int refuse_pins(unsigned long seconds)
{
	time_t end = time(NULL) + seconds;
	struct tenant tenant;

	if (!tenant_init(&tenant, TENANT) || !raise_limit())
		return 1;
	while (time(NULL) < end)
		refuse_region(&tenant, 0);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "calls", required_argument, NULL, 'c' },
		{ "refuse-calls", required_argument, NULL, 'n' },
		{ "refuse-pins", required_argument, NULL, 'r' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			calls = strtoul(optarg, NULL, 0);
		else if (option == 'n')
			return refuse_calls(strtoul(optarg, NULL, 0));
		else if (option == 'r')
			return refuse_pins(strtoul(optarg, NULL, 0));
		else
			return 2;
	}

	ksft_print_header();
	if (access(SEVADM_DEVICE, F_OK))
		ksft_exit_skip("no %s: the module sevadm is not loaded\n", SEVADM_DEVICE);
	if (!launch())
		ksft_exit_fail_msg("no SEV VM that is launched: %s\n", strerror(errno));
	ksft_set_plan(5);
	ksft_test_result(ask_firmware(), "firmware commands are in the ring\n");
	ksft_test_result(test_refused(), "%lu refused calls of a user\n", calls);
	ksft_test_result(test_done(), "%lu events of a user that are no refusals\n", calls);
	ksft_test_result(test_process(), "the same of another process of the same user\n");
	ksft_test_result(test_messages(), "listeners hear of all\n");
	sev_launch_close(&victim);
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main job, as an operator of a SEV host would see it: starts real QEMU guests, shows what
 * sevadm says of them, and holds each expectation against sevadm's JSON. Run by `make demo` inside
 * of the emulated SEV host; exits with 1 when an expectation was not met.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/run.h"

#define MIB			(1024ULL * 1024)
#define GUEST_MEMORY		256	/* MiB */
#define SMALL_MEMLOCK		(64 * MIB)	/* what libvirt's daemons hand down by default */
#define START_SECONDS		600	/* a busy machine is slow, never so slow */
#define CGROUP_ROOT		"/sys/fs/cgroup"

/* ASIDs of the emulated processor: selftests/vm/qemu. */
#define LOWEST_SEV_ASID		100
#define HIGHEST_ASID		509

static unsigned int unexpected;

/* A guest of the demo: what it is started as, and what becomes of it. */
struct guest {
	const char *type;
	const char *cgroup;
	const char *user;	/* NULL: root */
	unsigned long long memlock;	/* 0: as inherited */
	bool paused;		/* launched up to LAUNCH_MEASURE, and not run: quicker */
	pid_t pid;
	char log[64];
};

static void title(const char *text)
{
	printf("\n\033[1m== %s ==\033[0m\n", text);
	fflush(stdout);
}

__attribute__((format(printf, 2, 3)))
static void expect(bool met, const char *format, ...)
{
	va_list arguments;

	printf(met ? "  \033[32mas expected:\033[0m " : "  \033[31mNOT AS EXPECTED:\033[0m ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	if (!met)
		unexpected++;
}

/* What an operator types: shown, run, and to succeed. */
static void type(const char *command)
{
	int status;

	printf("\n\033[36m# %s\033[0m\n", command);
	fflush(stdout);
	status = system(command);
	if (status)
		expect(false, "`%s` ends with status %#x", command, status);
}

static struct json_object *ask(const char *object, const char *command, const char *filter)
{
	const char *const argv[] = { run_sevadm(), "-j", object, command, filter, NULL };

	return run_json(argv);
}

static struct json_object *member(struct json_object *object, const char *path)
{
	char name[64];
	size_t length;

	while (object && *path) {
		length = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = json_object_object_get(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

/* -1: it is not there, or null. */
static long long number(struct json_object *object, const char *path)
{
	object = member(object, path);
	return object ? json_object_get_int64(object) : -1;
}

static const char *text(struct json_object *object, const char *path)
{
	object = member(object, path);
	return object ? json_object_get_string(object) : "(none)";
}

static void become(const struct guest *guest)
{
	struct rlimit limit = { guest->memlock, guest->memlock };
	const struct passwd *user;

	if (guest->memlock && setrlimit(RLIMIT_MEMLOCK, &limit))
		_exit(126);
	if (!guest->user)
		return;
	user = getpwnam(guest->user);
	if (!user || initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid) ||
	    setuid(user->pw_uid))
		_exit(126);
}

static void join_cgroup(const struct guest *guest)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), CGROUP_ROOT "%s/cgroup.procs", guest->cgroup);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(126);
	close(fd);
}

static void make_cgroup(const struct guest *guest)
{
	char path[256];
	char *slash;

	snprintf(path, sizeof(path), CGROUP_ROOT "%s", guest->cgroup);
	for (slash = strchr(path + strlen(CGROUP_ROOT) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0755);
}

static void start(struct guest *guest)
{
	char memory[16];
	int log;

	make_cgroup(guest);
	snprintf(guest->log, sizeof(guest->log), "/tmp/%s.log", strrchr(guest->cgroup, '/') + 1);
	snprintf(memory, sizeof(memory), "%d", GUEST_MEMORY);
	printf("\n\033[36m# sev-guest --type %s --memory %s%s   (real QEMU%s%s)\033[0m\n",
	       guest->type, memory, guest->paused ? " --paused" : "",
	       guest->user ? ", as user " : "", guest->user ?: "");
	fflush(stdout);

	guest->pid = fork();
	if (guest->pid)
		return;
	log = open(guest->log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	join_cgroup(guest);
	become(guest);
	execlp("sev-guest", "sev-guest", "--type", guest->type, "--memory", memory,
	       guest->paused ? "--paused" : NULL, NULL);
	_exit(127);
}

static bool ended(struct guest *guest)
{
	if (guest->pid > 0 && waitpid(guest->pid, NULL, WNOHANG) == guest->pid)
		guest->pid = 0;
	return guest->pid <= 0;
}

/* The VM in sevadm's list whose cgroup is the guest's. */
static struct json_object *vm_of(struct json_object *list, const struct guest *guest)
{
	size_t i;

	for (i = 0; list && i < json_object_array_length(list); i++)
		if (!strcmp(text(json_object_array_get_idx(list, i), "cgroup"), guest->cgroup))
			return json_object_array_get_idx(list, i);
	return NULL;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 500 * 1000 * 1000 }, NULL);
}

static bool wait_until_launched(struct guest *guest)
{
	time_t end = time(NULL) + START_SECONDS;
	struct json_object *list;
	bool launched;

	do {
		nap();
		list = ask("vm", "list", NULL);
		launched = !strcmp(text(vm_of(list, guest), "state"),
				   guest->paused ? "lsecret" : "running");
		json_object_put(list);
	} while (!launched && !ended(guest) && time(NULL) < end);
	return launched;
}

static bool wait_until_ended(struct guest *guest)
{
	time_t end = time(NULL) + START_SECONDS;

	while (!ended(guest) && time(NULL) < end)
		nap();
	return ended(guest);
}

static void show_log(const struct guest *guest)
{
	char command[128];

	snprintf(command, sizeof(command), "cat %s", guest->log);
	type(command);
}

static void check_vm(struct json_object *list, const struct guest *guest, int lowest, int highest)
{
	struct json_object *vm = vm_of(list, guest);
	long long asid = number(vm, "asid");

	expect(vm && !strcmp(text(vm, "type"), guest->type), "a VM of type %s in cgroup %s",
	       text(vm, "type"), guest->cgroup);
	expect(number(vm, "pid") == guest->pid, "its process is QEMU, pid %lld", number(vm, "pid"));
	expect(asid >= lowest && asid <= highest, "ASID %lld lies in %d to %d", asid, lowest,
	       highest);
	expect(number(vm, "handle") > 0, "the firmware's handle is %lld", number(vm, "handle"));
	expect(number(vm, "pinned_bytes") > (long long)(GUEST_MEMORY * MIB),
	       "%lld bytes pinned: its %d MiB, firmware and ROMs", number(vm, "pinned_bytes"),
	       GUEST_MEMORY);
}

static void check_totals(unsigned int vms)
{
	struct json_object *status = ask("status", NULL, NULL);

	expect(!strcmp(text(status, "module.state"), "attached"), "the module is %s",
	       text(status, "module.state"));
	expect(number(status, "vms") == vms, "%lld VMs are accounted", number(status, "vms"));
	expect(vms ? number(status, "pinned.current_bytes") > 0 :
	       !number(status, "pinned.current_bytes"),
	       "%lld bytes are pinned on this host", number(status, "pinned.current_bytes"));
	json_object_put(status);
}

/* Events of `trace show`: one object a line. */
static bool trace_has(bool (*wanted)(struct json_object *event))
{
	const char *const argv[] = { run_sevadm(), "-j", "trace", "show", NULL };
	char *output, *line, *rest;
	struct json_object *event;
	bool found = false;
	int status;

	output = run_output(argv, &status);
	for (line = strtok_r(output, "\n", &rest); line && !found; line = strtok_r(NULL, "\n", &rest)) {
		event = json_tokener_parse(line);
		found = event && wanted(event);
		json_object_put(event);
	}
	free(output);
	return found;
}

static bool is_finished_launch(struct json_object *event)
{
	return !strcmp(text(event, "event"), "psp") &&
	       !strcmp(text(event, "command"), "LAUNCH_FINISH") &&
	       !strcmp(text(event, "fw_error_name"), "SUCCESS");
}

static bool is_memlock_refusal(struct json_object *event)
{
	return !strcmp(text(event, "event"), "pin") && number(event, "ret") == -ENOMEM &&
	       !strcmp(text(event, "refusal"), "memlock") &&
	       number(event, "bytes") == (long long)(GUEST_MEMORY * MIB) &&
	       number(event, "limit_bytes") == (long long)SMALL_MEMLOCK;
}

static void show_guests(struct guest *sev, struct guest *sev_es)
{
	struct json_object *list;
	char command[64];

	title("Two tenants start encrypted VMs");
	start(sev);
	expect(wait_until_launched(sev), "the SEV guest is launched and runs");
	start(sev_es);
	expect(wait_until_launched(sev_es),
	       "the SEV-ES guest is launched, and QEMU keeps it paused");

	title("Who holds which ASID, how much is pinned");
	type("sevadm vm list");
	type("sevadm status");
	list = ask("vm", "list", NULL);
	check_vm(list, sev, LOWEST_SEV_ASID, HIGHEST_ASID);
	check_vm(list, sev_es, 1, LOWEST_SEV_ASID - 1);
	check_totals(2);

	snprintf(command, sizeof(command), "sevadm vm show %lld", number(vm_of(list, sev), "id"));
	type(command);
	snprintf(command, sizeof(command), "sevadm asid show %lld",
		 number(vm_of(list, sev_es), "asid"));
	type(command);

	title("What the security processor was asked for the first guest, and how long it took");
	snprintf(command, sizeof(command), "sevadm trace show --vm %lld",
		 number(vm_of(list, sev), "id"));
	type(command);
	expect(trace_has(is_finished_launch), "LAUNCH_FINISH with status SUCCESS is in the trace");
	json_object_put(list);
}

static void show_refusal(struct guest *refused)
{
	title("A guest whose locked-memory limit is too low");
	start(refused);
	expect(wait_until_ended(refused), "QEMU gave up");
	show_log(refused);
	type("sevadm trace show --event pin --errors");
	expect(trace_has(is_memlock_refusal),
	       "the refusal is in the trace: %d MiB asked for, limit %llu MiB", GUEST_MEMORY,
	       SMALL_MEMLOCK / MIB);
}

static void show_end(struct guest *sev, struct guest *sev_es)
{
	title("The guests are killed");
	kill(sev->pid, SIGKILL);
	kill(sev_es->pid, SIGKILL);
	expect(wait_until_ended(sev) && wait_until_ended(sev_es), "both processes are gone");
	type("sevadm status");
	check_totals(0);
}

int main(void)
{
	struct guest sev = { .type = "sev", .cgroup = "/machine.slice/tenant-a" };
	struct guest sev_es = { .type = "sev-es", .cgroup = "/machine.slice/tenant-b",
				.paused = true };
	struct guest refused = { .type = "sev", .cgroup = "/machine.slice/tenant-c",
				 .user = "tenant-a", .memlock = SMALL_MEMLOCK };

	title("A SEV host with nothing on it");
	type("sevadm status");
	check_totals(0);
	show_guests(&sev, &sev_es);
	show_refusal(&refused);
	show_end(&sev, &sev_es);

	title(unexpected ? "NOT everything was as expected" : "Everything was as expected");
	return unexpected ? EXIT_FAILURE : EXIT_SUCCESS;
}

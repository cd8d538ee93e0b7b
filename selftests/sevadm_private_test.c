// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sevadm says is private to each SEV-SNP guest, to all of them and to the firmware is what the
 * machine's own RMP has, page by page: after every step of a launch, while guests are killed,
 * commands fail and pages leak, and for guests that are older than the module.
 *
 * Wants sevhost --snp, and a kernel with KVM's SNP side (Linux 6.11).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/events.h"
#include "lib/gmem.h"
#include "lib/json.h"
#include "lib/kmod.h"
#include "lib/limits.h"
#include "lib/private_limits.h"
#include "lib/private_recount.h"
#include "lib/private_view.h"
#include "lib/psp_fault.h"
#include "lib/rmp_count.h"
#include "lib/run.h"
#include "lib/snp_steps.h"
#include "lib/stepper.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MANY		4	/* guests at once */

#define STATUS_REFUSED	0x16	/* INVALID_PARAM */

/* The firmware's numbers (56860). */
#define SNP_ACTIVATE		0x91
#define SNP_GCTX_CREATE		0x93
#define SNP_LAUNCH_START	0xa0
#define SNP_LAUNCH_UPDATE	0xa1
#define SNP_LAUNCH_FINISH	0xa2
#define SNP_PAGE_RECLAIM	0xc7

static const char *const life[] = {
	"create", "init", "vcpu", "snp_start", "snp_update", "snp_finish", "snp_prefault",
	"snp_punch", "snp_prefault", "snp_punch",
};

#define STEPS	ARRAY_SIZE(life)

static const size_t sizes[] = { 256 << 10, 2 << 20 };

/* Until a guest's memory has been given back. */
#define TRIES		6000
#define PAUSE_US	20000

/* ---- lives ---------------------------------------------------------------------------------- */

static struct sev_launch_options options_of(size_t memory)
{
	return (struct sev_launch_options) {
		.type = SEV_TYPE_SEV_SNP, .init = SEV_INIT_2, .memory = memory, .regions = 1,
		.policy = SEV_SNP_POLICY,
	};
}

static bool step_ends(struct stepper *s, const char *name, bool good)
{
	const struct sev_step *step = sev_step_find(name);
	struct sev_outcome out;

	if (stepper_step(s, step, &out) && sev_step_good(step, &out) == good)
		return true;
	ksft_print_msg("%s: errno %d, firmware 0x%x\n", name, out.err, out.fw_error);
	return false;
}

/* What is allocated of a guest's memory when a step has ended. */
static size_t allocated_after(const char *step, size_t memory)
{
	if (!strcmp(step, "snp_update") || !strcmp(step, "snp_finish"))
		return memory < SNP_LAUNCH_BYTES ? memory : SNP_LAUNCH_BYTES;
	if (!strcmp(step, "snp_prefault"))
		return memory;
	return strcmp(step, "snp_punch") ? 0 : memory - SNP_PUNCH_BYTES;
}

/* Of each VM, of which there is to be one. */
static bool gmem_is(const char *where, size_t allocated, size_t memory)
{
	const struct sevadm_vm_query *vm;
	struct private_view view = { 0 };
	unsigned int i;

	if (!private_view_ledger(&view))
		return false;
	if (!view.vm_nr)
		ksft_print_msg("%s: there is no VM\n", where);
	for (i = 0; i < view.vm_nr; i++) {
		vm = &view.vms[i];
		if (vm->known & SEVADM_KNOWN_GMEM && vm->known & SEVADM_KNOWN_GMEM_ALLOCATED &&
		    vm->gmem_size_bytes == memory && vm->gmem_bytes == allocated)
			continue;
		ksft_print_msg("%s: %llu of %llu bytes are allocated, should be %zu of %zu\n",
			       where, (unsigned long long)vm->gmem_bytes,
			       (unsigned long long)vm->gmem_size_bytes, allocated, memory);
		return false;
	}
	return view.vm_nr;
}

static bool take_steps(struct stepper *s, size_t memory, unsigned int count, bool look)
{
	struct sev_launch_options options = options_of(memory);
	unsigned int i;

	if (!stepper_start(s, &options))
		return false;
	for (i = 0; i < count; i++) {
		if (!step_ends(s, life[i], true))
			return false;
		/* The ledger has it from its initialisation on. */
		if (look && (!vms_agree(life[i], i > 0, -1) ||
			     (i && !gmem_is(life[i], allocated_after(life[i], memory), memory))))
			return false;
	}
	return true;
}

enum end { END_CLOSED, END_KILLED, END_HANDED_OVER, ENDS };

static const char *const end_names[ENDS] = {
	"closed", "killed", "killed, when its creator was already",
};

static bool run_life(size_t memory, unsigned int count, enum end end)
{
	bool look = end == END_CLOSED && count == STEPS, good;
	struct stepper stepper;

	good = take_steps(&stepper, memory, count, look);
	good = good && vms_agree(life[count - 1], count > 1, -1);
	switch (end) {
	case END_CLOSED:
		good = stepper_finish(&stepper) && good;
		break;
	case END_HANDED_OVER:
		good = good && stepper_hand_over(&stepper);
		stepper_kill_creator(&stepper);
		good = good && vms_agree("its creator is gone", count > 1, -1);
		/* fall through */
	default:
		stepper_kill(&stepper);
	}
	return vms_agree("gone", 0, 0) && good;
}

/* ---- the trace ------------------------------------------------------------------------------ */

struct converted {
	uint64_t made_private, made_shared;
};

/* Adds what the only VM's events count that are there. False: one is not as it should be. */
static bool add_converted(int events, const struct sevadm_vm_query *vm, struct converted *sum)
{
	struct sevadm_event event;

	while (events_read(events, &event, 1) == 1) {
		if (event.type != SEVADM_EVENT_KVM || (event.command != SEVADM_KVM_MAKE_PRIVATE &&
						       event.command != SEVADM_KVM_MAKE_SHARED))
			continue;
		/* One that has just ended may be reported once more. */
		if (event.vm != vm->vm)
			continue;
		if (event.pid != vm->pid || !event.count ||
		    !(event.flags & SEVADM_EVENT_REPEATED)) {
			ksft_print_msg("an event of %llu pages of VM %llu, pid %u\n",
				       (unsigned long long)event.count,
				       (unsigned long long)event.vm, event.pid);
			return false;
		}
		if (event.command == SEVADM_KVM_MAKE_PRIVATE)
			sum->made_private += event.count;
		else
			sum->made_shared += event.count;
	}
	return true;
}

/* The events of the only VM's pages add up to what its counters have, soon. */
static bool events_add_up(const char *where, int events, struct converted *sum)
{
	struct private_view view = { 0 };
	const struct sevadm_vm_query *vm = &view.vms[0];
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (!private_view_ledger(&view) || view.vm_nr != 1 ||
		    !add_converted(events, vm, sum))
			return false;
		if (sum->made_private == vm->conversions && sum->made_shared == vm->reclaims)
			return true;
		usleep(PAUSE_US);
	}
	ksft_print_msg("%s: events of %llu and %llu pages, the ledger has %llu and %llu\n", where,
		       (unsigned long long)sum->made_private, (unsigned long long)sum->made_shared,
		       (unsigned long long)vm->conversions, (unsigned long long)vm->reclaims);
	return false;
}

/* Pages that change hands are in the trace, in bulk: without a second reader, and with one. */
static bool run_traced(void)
{
	struct converted sum = { 0 };
	struct stepper stepper;
	int events = events_open(NULL);
	bool good = take_steps(&stepper, sizes[1], 7, false) &&
		    events_add_up("all of it", events, &sum);

	good = good && sum.made_private >= sizes[1] / SEV_PAGE_SIZE && !sum.made_shared;
	good = good && step_ends(&stepper, "snp_punch", true);
	close(events_open(NULL));
	good = good && events_add_up("a hole", events, &sum) &&
	       sum.made_shared == SNP_PUNCH_BYTES / SEV_PAGE_SIZE;
	stepper_kill(&stepper);
	close(events);
	return vms_agree("gone", 0, 0) && good;
}

/* ---- many ----------------------------------------------------------------------------------- */

/* Guests of different sizes, of which every second one is killed before the others are. */
static bool run_many(bool in_order)
{
	struct stepper steppers[MANY];
	unsigned int i, turn;
	bool good = true;

	for (i = 0; i < MANY; i++)
		good = take_steps(&steppers[i], sizes[i % ARRAY_SIZE(sizes)], 7, false) && good;
	good = vms_agree("all", MANY, -1) && host_agrees("all") && good;
	good = (in_order || check_agrees("all")) && good;
	for (turn = 0; turn < 2; turn++) {
		for (i = turn; i < MANY; i += 2)
			stepper_kill(&steppers[in_order ? i : MANY - 1 - i]);
		good = vms_agree(turn ? "none" : "half", turn ? 0 : MANY / 2, turn ? 0 : -1) && good;
	}
	return host_agrees("none") && (in_order || check_agrees("none")) && good;
}

/* ---- a storm -------------------------------------------------------------------------------- */

#define STORM		64	/* guests of processes of their own, all at once */

/*
 * One that is launched up to a step, and then waits until it is killed, as @input says nothing. It
 * writes a line for each step to @output.
 */
static pid_t storm_guest(const char *step, int input, int output)
{
	char *program = run_helper("sevlaunch");
	pid_t pid = fork();

	if (!pid) {
		dup2(input, STDIN_FILENO);
		dup2(output, STDOUT_FILENO);
		execl(program, program, "--type", "sev-snp", "--memory", "1", "--steps",
		      "create,init,vcpu,snp_start,snp_update,snp_finish,snp_prefault,snp_punch",
		      "--pause-at", step, NULL);
		_exit(126);
	}
	free(program);
	return pid;
}

/* Until all have come where they wait. False: some have not, for two minutes. */
static bool storm_has_come(int output, unsigned int steps)
{
	struct pollfd more = { .fd = output, .events = POLLIN };
	unsigned int seen = 0;
	char text[4096];
	ssize_t got, i;

	while (seen < steps && poll(&more, 1, 120000) > 0 &&
	       (got = read(output, text, sizeof(text))) > 0)
		for (i = 0; i < got; i++)
			seen += text[i] == '\n';
	if (seen != steps)
		ksft_print_msg("%u steps were taken, should be %u\n", seen, steps);
	return seen == steps;
}

static void storm_kill(const pid_t guests[STORM], unsigned int first)
{
	unsigned int i;

	for (i = first; i < STORM; i += 2)
		kill(guests[i], SIGKILL);
	for (i = first; i < STORM; i += 2)
		waitpid(guests[i], NULL, 0);
}

/* All begin at once, and half of them end at once, at each step of a life; then the other half. */
static bool run_storm(void)
{
	const unsigned int last = 7;	/* from "init" on, which makes it a VM of the ledger */
	unsigned int i, steps = 0;
	pid_t guests[STORM];
	int silence[2], said[2];
	bool good;

	if (pipe(silence) || pipe(said))
		return false;
	for (i = 0; i < STORM; i++) {
		guests[i] = storm_guest(life[1 + i % last], silence[0], said[1]);
		steps += 2 + i % last;
	}
	close(said[1]);
	good = storm_has_come(said[0], steps) && vms_agree("storm", STORM, -1) &&
	       host_agrees("storm") && check_agrees("storm");
	storm_kill(guests, 0);
	good = vms_agree("half of the storm", STORM / 2, -1) && good;
	storm_kill(guests, 1);
	close(silence[0]);
	close(silence[1]);
	close(said[0]);
	return vms_agree("after the storm", 0, 0) && host_agrees("after the storm") &&
	       check_agrees("after the storm") && good;
}

/* ---- what goes wrong ------------------------------------------------------------------------ */

static const struct fault {
	const char *what;
	uint16_t command;
	unsigned int before;		/* steps that go well */
	const char *step;		/* that fails; NULL: none, the VM is closed */
} faults[] = {
	{ "GCTX_CREATE fails", SNP_GCTX_CREATE, 3, "snp_start" },
	{ "LAUNCH_START fails", SNP_LAUNCH_START, 3, "snp_start" },
	{ "ACTIVATE fails", SNP_ACTIVATE, 3, "snp_start" },
	{ "LAUNCH_UPDATE fails", SNP_LAUNCH_UPDATE, 4, "snp_update" },
	{ "LAUNCH_FINISH fails", SNP_LAUNCH_FINISH, 5, "snp_finish" },
	{ "PAGE_RECLAIM fails", SNP_PAGE_RECLAIM, 7, NULL },
};

/* Pages that the kernel gave up since the module was loaded. */
static long long leaked_pages(void)
{
	const char *const argv[] = { run_sevadm(), "-j", "status", NULL };
	struct json_object *status = run_json(argv);
	long long bytes = json_number(json_at(status, "private"), "leaked_bytes");

	json_object_put(status);
	return bytes / (long long)SEV_PAGE_SIZE;
}

/* A page that the firmware will not return is leaked, and counted; nothing else is. */
static bool run_fault(const struct fault *fault)
{
	long long leaked = leaked_pages();
	struct stepper stepper;
	bool good = take_steps(&stepper, sizes[1], fault->before, false);

	good = good && psp_fault_arm(fault->command, STATUS_REFUSED);
	if (good && fault->step)
		good = step_ends(&stepper, fault->step, false) && !psp_fault_is_armed() &&
		       vms_agree(fault->what, 1, -1);
	stepper_kill(&stepper);
	good = vms_agree(fault->what, 0, 0) && host_agrees(fault->what) && good;
	leaked = leaked_pages() - leaked;
	if (!psp_fault_is_armed() && leaked == !fault->step)
		return good;
	ksft_print_msg("%s: %lld pages leaked\n", fault->what, leaked);
	return false;
}

/*
 * What the kernel and the firmware do not say of the only guest is not known: nothing is guessed.
 * Its ASID is, as its pages are found by that.
 */
static bool is_right_or_unknown(const char *where, bool state_is_seen)
{
	struct private_view view = { 0 };
	const struct sevadm_vm_query *vm = &view.vms[0];
	bool good = private_view_ledger(&view) && view.vm_nr == 1 &&
		    vm->type == SEVADM_VM_TYPE_SEV_SNP && vm->known & SEVADM_KNOWN_ASID &&
		    !(vm->known & SEVADM_KNOWN_HANDLE) &&
		    (!(vm->known & SEVADM_KNOWN_POLICY) || vm->policy == SEV_SNP_POLICY) &&
		    (vm->known & SEVADM_KNOWN_STATE ? vm->state == SEVADM_VM_STATE_RUNNING :
						      !state_is_seen);

	if (!good)
		ksft_print_msg("%s: known 0x%x, handle %u, policy 0x%llx, state %u\n", where,
			       vm->known, vm->handle, (unsigned long long)vm->policy, vm->state);
	return good;
}

/* One whose launch the module sees the end of: it runs from then on. */
static bool run_adopted_in_launch(void)
{
	struct stepper stepper;
	bool good = kmod_unload_sevadm() && take_steps(&stepper, sizes[1], 4, false);

	good = kmod_load_sevadm() && good;
	private_view_reloaded();
	good = vms_agree("adopted in launch", 1, -1) && good;
	good = step_ends(&stepper, "snp_update", true) && good;
	good = step_ends(&stepper, "snp_finish", true) && good;
	good = vms_agree("launched", 1, -1) && is_right_or_unknown("launched", true) && good;
	stepper_kill(&stepper);
	return vms_agree("gone", 0, 0) && good;
}

/* Guests that are older than the module: their pages are found in the RMP. */
static bool run_adopted(void)
{
	struct stepper older, younger;
	bool good;

	good = kmod_unload_sevadm() && take_steps(&older, sizes[1], 7, false);
	good = kmod_load_sevadm() && good;
	private_view_reloaded();
	good = vms_agree("adopted", 1, -1) && host_agrees("adopted") && good;
	good = is_right_or_unknown("adopted", false) && good;
	good = gmem_is("adopted", sizes[1], sizes[1]) && good;
	good = take_steps(&younger, sizes[0], 7, false) && vms_agree("a second one", 2, -1) && good;
	good = step_ends(&older, "snp_punch", true) && vms_agree("a hole", 2, -1) && good;
	stepper_kill(&older);
	good = vms_agree("the older is gone", 1, -1) && good;
	stepper_kill(&younger);
	return vms_agree("gone", 0, 0) && good;
}

/* ---- files of guest_memfd ------------------------------------------------------------------- */

#define PART		(64UL << 10)
#define PARTS		8U
#define FILES_KNOWN	32		/* more bound to one VM are not looked through */
#define SLOTS_KNOWN	512		/* nor are more slots */
#define RUSH_VMS	6
#define RUSH_FILES	40

static bool no_memory(struct sev_vm *vm, const struct sev_host *host)
{
	return !sev_vm_create(vm, host, SEV_TYPE_SEV_SNP, SEV_INIT_2, 0).err &&
	       !sev_vm_init(vm).err;
}

/* One file, in two slots. */
static bool run_file(const struct sev_host *host)
{
	const size_t all = PARTS * PART;
	struct sev_vm vm;
	bool good = no_memory(&vm, host) && gmem_is("no memory", 0, 0);
	int fd = gmem_create(&vm, all);

	good = good && gmem_allocate(fd, 0, PART) && gmem_is("bound to nothing", 0, 0);
	good = good && gmem_bind(&vm, 0, fd, 0, all / 2) && gmem_is("one slot", PART, all / 2);
	good = good && gmem_bind(&vm, 1, fd, all / 2, all / 2) && gmem_is("two slots", PART, all);
	good = good && gmem_allocate(fd, 0, all) && gmem_is("all of it", all, all);
	good = good && gmem_punch(fd, all - PART, PART) && gmem_is("a hole", all - PART, all);
	good = good && gmem_bind(&vm, 0, fd, 0, 0) && gmem_is("a slot less", all - PART, all / 2);
	close(fd);
	good = good && gmem_is("closed", 0, all / 2);
	sev_vm_close(&vm);
	return vms_agree("gone", 0, 0) && good;
}

/* False: it is not known of the only guest. */
static bool gmem_is_known(void)
{
	struct private_view view = { 0 };

	return private_view_ledger(&view) && view.vm_nr == 1 &&
	       view.vms[0].known & SEVADM_KNOWN_GMEM_ALLOCATED;
}

/* Nobody waits for the end of a list that a tenant may make as long as it likes. */
static bool run_many_files(const struct sev_host *host)
{
	int fds[FILES_KNOWN + 1];
	unsigned int i, slot;
	struct sev_vm vm;
	bool good = no_memory(&vm, host);

	for (i = 0; i <= FILES_KNOWN; i++) {
		good = good && gmem_is("files", i * PART, i * PART);
		fds[i] = gmem_create(&vm, PART);
		good = good && gmem_allocate(fds[i], 0, PART) && gmem_bind(&vm, i, fds[i], 0, PART);
	}
	good = good && !gmem_is_known();
	close(fds[0]);
	good = good && gmem_is("closed", FILES_KNOWN * PART, (FILES_KNOWN + 1) * PART);
	for (i = 1; i <= FILES_KNOWN; i++)
		close(fds[i]);

	fds[0] = gmem_create(&vm, SLOTS_KNOWN * SEV_PAGE_SIZE);
	for (slot = FILES_KNOWN + 1; good && slot < SLOTS_KNOWN; slot++)
		good = gmem_bind(&vm, slot, fds[0], slot * SEV_PAGE_SIZE, SEV_PAGE_SIZE);
	good = good && gmem_is_known();
	good = good && gmem_bind(&vm, slot, fds[0], 0, SEV_PAGE_SIZE) && !gmem_is_known();
	close(fds[0]);
	sev_vm_close(&vm);
	return vms_agree("gone", 0, 0) && good;
}

/* Files that come, grow, shrink and go, and so do their VMs. Returns 0 if all was possible. */
static int rush(const struct sev_host *host)
{
	struct sev_vm vm;
	bool good = true;
	int i, j, fd;

	for (i = 0; good && i < RUSH_VMS; i++) {
		good = no_memory(&vm, host);
		for (j = 0; good && j < RUSH_FILES; j++) {
			fd = gmem_create(&vm, PARTS * PART);
			good = gmem_bind(&vm, 0, fd, 0, PART) &&
			       gmem_allocate(fd, 0, PARTS * PART) &&
			       gmem_bind(&vm, 1, fd, PART, PART) && gmem_punch(fd, 0, PART);
			/* Before its slots, after them, or between them. */
			if (j % 3 == 0)
				close(fd);
			good = good && gmem_bind(&vm, 0, fd, 0, 0);
			if (j % 3 == 1)
				close(fd);
			good = good && gmem_bind(&vm, 1, fd, 0, 0);
			if (j % 3 == 2)
				close(fd);
		}
		fd = gmem_create(&vm, PART);
		good = good && gmem_bind(&vm, 0, fd, 0, PART) && gmem_allocate(fd, 0, PART);
		/* The file outlives its VM's descriptor, or is closed before it. */
		if (i % 2)
			sev_vm_close(&vm);
		close(fd);
		sev_vm_close(&vm);
	}
	return !good;
}

/* A reader sees what is, or was just before, and keeps nothing from going. */
static bool run_rush(const struct sev_host *host)
{
	const unsigned long long most = PARTS * PART;
	unsigned long long seen = 0, bytes;
	struct private_view view = { 0 };
	bool good = true;
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(rush(host));
	while (good && !waitpid(pid, &status, WNOHANG)) {
		good = private_view_ledger(&view) && view.vm_nr <= 1;
		bytes = view.vm_nr ? view.vms[0].gmem_bytes : 0;
		seen = bytes > seen ? bytes : seen;
		good = good && bytes <= most;
	}
	if (!good)
		waitpid(pid, &status, 0);
	if (!good || status || !seen)
		ksft_print_msg("status %d, %u VMs, at most %llu bytes seen\n", status, view.vm_nr,
			       seen);
	return vms_agree("gone", 0, 0) && good && !status && seen;
}

/* The guests that there are, of which there is to be one at least. */
static bool guests_agree(const char *where)
{
	struct private_view view = { 0 };

	if (!vms_agree(where, -1, -1) || !private_view_ledger(&view))
		return false;
	if (!view.vm_nr)
		ksft_print_msg("%s: there is no VM\n", where);
	ksft_print_msg("RMP: %lld\n", rmp_guest_bytes());
	return view.vm_nr;
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* What is run where there is little time, of one size. */
static bool is_short(size_t size, enum end end, unsigned int count)
{
	return size && (end == END_CLOSED ? count == STEPS :
			end == END_KILLED ? count == 5 || count == 7 : count == 6);
}

static unsigned int run_lives(bool all, bool count_only)
{
	unsigned int size, count, nr = 0;
	enum end end;

	for (size = 0; size < ARRAY_SIZE(sizes); size++)
		for (end = 0; end < ENDS; end++)
			for (count = 1; count <= STEPS; count++) {
				if (!all && !is_short(size, end, count))
					continue;
				nr++;
				if (!count_only)
					ksft_test_result(run_life(sizes[size], count, end),
							 "%zu KiB, %u steps up to %s, %s\n",
							 sizes[size] >> 10, count, life[count - 1],
							 end_names[end]);
			}
	return nr;
}

/*
 * Argument "all": the whole of what a guest may do and how it may end, which takes minutes. "now":
 * the guests that there are, of which "none": there is to be none, are only compared.
 */
int main(int argc, char **argv)
{
	bool all = argc > 1 && !strcmp(argv[1], "all");
	struct sev_host host;
	const char *missing;
	unsigned int i;

	ksft_print_header();
	if (!rmp_open())
		ksft_exit_skip("no emulated host with SEV-SNP\n");
	if (argc > 1 && !all)
		return !(strcmp(argv[1], "none") ? guests_agree(argv[1]) : vms_agree(argv[1], 0, 0));
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s cannot be opened\n", missing);
	if (!sev_host_has_snp(&host))
		ksft_exit_fail_msg("KVM offers no SEV-SNP\n");
	if (limits_open())
		ksft_exit_fail_msg("there is no sevadm module\n");
	if (!psp_fault_open())
		ksft_exit_fail_msg("no commands can be made to fail\n");
	/* sevadm check ledger asks it where the RMP is. */
	if (all && !kmod_load("msr", NULL))
		ksft_exit_fail_msg("there is no module msr\n");
	signal(SIGPIPE, SIG_IGN);

	ksft_set_plan(1 + run_lives(all, true) + 2 + 2 * all + 3 + 5 + ARRAY_SIZE(faults) + 3);
	ksft_test_result(host_agrees("no guests"), "a host without guests\n");
	run_lives(all, false);
	ksft_test_result(run_traced(), "pages that change hands are in the trace\n");
	ksft_test_result(run_many(true), "%u guests at once, the oldest go first\n", MANY);
	if (all)
		ksft_test_result(run_many(false), "%u guests at once, the youngest go first\n", MANY);
	ksft_test_result(run_file(&host), "a file of guest_memfd in two slots is counted once\n");
	ksft_test_result(run_many_files(&host), "more files and slots than are looked through\n");
	ksft_test_result(run_rush(&host), "files and VMs that come and go while their memory is read\n");
	ksft_test_result(private_limit_refuses(&host, true),
			 "private.max refuses a guest that has memory\n");
	ksft_test_result(private_limit_refuses(&host, false),
			 "private.max refuses a guest its memory\n");
	ksft_test_result(private_limit_contest(), "%d processes, %d guests fit\n", CONTENDERS,
			 CONTEST_FITTING);
	ksft_test_result(private_limit_taken(&host, sev_vm_migrate),
			 "no guest's context moves to unlimited memory\n");
	ksft_test_result(private_limit_taken(&host, sev_vm_mirror),
			 "no guest's mirror has unlimited memory\n");
	sev_host_close(&host);
	/* Behind the contest, which looks at the highest usage that ever was. */
	if (all)
		ksft_test_result(run_storm(), "a storm of %u guests\n", STORM);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		ksft_test_result(run_fault(&faults[i]), "%s\n", faults[i].what);
	ksft_test_result(run_adopted(), "guests that are older than the module\n");
	ksft_test_result(run_adopted_in_launch(),
			 "a guest whose launch is older than the module\n");
	ksft_test_result(private_recount(), "%d guests whose pages change hands while it is loaded\n",
			 RECOUNTED_GUESTS);
	ksft_finished();
}

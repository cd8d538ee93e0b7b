// SPDX-License-Identifier: GPL-2.0-only
/*
 * The creator of a VM ends while another process keeps the VM, and its pid goes to a new process:
 * the VM is not taken for the new process's, which has its own, and the ledger equals kvm_amd's own
 * state.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/flavour.h"
#include "lib/ledger.h"
#include "lib/sev_steps.h"
#include "lib/stepper.h"

#define MEMORY	(64UL << 10)

/* 0, or the errno of the question; *@id: the VM that @pid has created. */
static int vm_of(pid_t pid, __u64 *id)
{
	struct sevadm_vm_query query = {
		.size = sizeof(query), .by = SEVADM_VM_BY_PID, .by_pid = pid,
	};
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", SEVADM_DEVICE, strerror(errno));
	err = ioctl(fd, SEVADM_IOC_VM_QUERY, &query) ? errno : 0;
	close(fd);
	*id = query.vm;
	return err;
}

static bool is(const char *what, int err, int expected)
{
	if (err != expected)
		ksft_print_msg("%s: %s, should be: %s\n", what, strerror(err), strerror(expected));
	return err == expected;
}

/* With a VM of its own, until it is killed. */
static void be_another(const struct flavour *f, int ready)
{
	struct sev_host host;
	const char *missing;
	struct sev_vm vm;
	bool good = sev_host_open(&host, &missing) &&
		    !sev_vm_create(&vm, &host, f->type, f->init, 0).err && !sev_vm_init(&vm).err;

	if (write(ready, &good, sizeof(good)) == sizeof(good))
		pause();
	_exit(1);
}

/*
 * A child whose pid is @pid: clone(2), set_tid. Returns when it has its VM, or has failed; 0: no
 * child.
 */
static pid_t start_another(pid_t pid, const struct flavour *f)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (__u64)(unsigned long)&pid,
		.set_tid_size = 1,
	};
	bool ready = false;
	int ready_pipe[2];
	long child;

	if (pipe(ready_pipe))
		return 0;
	fflush(stdout);
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (!child)
		be_another(f, ready_pipe[1]);
	close(ready_pipe[1]);
	if (child < 0)
		ksft_print_msg("clone3() with pid %d: %s\n", pid, strerror(errno));
	if (child < 0 || read(ready_pipe[0], &ready, sizeof(ready)) != sizeof(ready) || !ready)
		ksft_print_msg("the process with pid %d has no VM\n", pid);
	close(ready_pipe[0]);
	return child > 0 ? child : 0;
}

static void end(pid_t pid)
{
	if (!pid)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool vms_are(const char *where, size_t count)
{
	struct ledger_totals totals = { 0 };
	bool good = !ledger_differences(where, &totals) && totals.vms == count;

	if (totals.vms != count)
		ksft_print_msg("%s: %zu VMs, should be %zu\n", where, totals.vms, count);
	return good;
}

static bool launched(struct stepper *s, const struct flavour *f)
{
	struct sev_launch_options options = {
		.type = f->type,
		.init = f->init,
		.memory = MEMORY,
		.regions = 1,
		.policy = f->policy,
	};

	return stepper_launch(s, &options, 0) && stepper_hand_over(s);
}

static bool run(const struct flavour *f)
{
	__u64 first = 0, second = 0, none;
	struct stepper stepper;
	pid_t creator, another;
	bool good = launched(&stepper, f);

	creator = stepper.creator;
	good = good && is("its creator lives", vm_of(creator, &first), 0);
	stepper_kill_creator(&stepper);
	good = good && is("its creator has ended", vm_of(creator, &none), ESRCH) &&
	       vms_are("its creator has ended", 1);
	if (!good) {
		stepper_kill(&stepper);
		return false;
	}

	another = start_another(creator, f);
	good = another == creator && is("another has its pid", vm_of(creator, &second), 0) &&
	       vms_are("another has its pid", 2);
	if (first == second) {
		ksft_print_msg("VM %llu is taken for that of another process\n", first);
		good = false;
	}
	end(another);
	good = vms_are("the other one has ended", 1) && good;
	good = stepper_finish(&stepper) && good;
	return vms_are("at the end", 0) && good;
}

int main(void)
{
	const char *reason = ledger_unavailable();
	int count = flavours_here(), i;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (geteuid())
		ksft_exit_skip("needs root\n");
	signal(SIGPIPE, SIG_IGN);

	ksft_set_plan(count);
	for (i = 0; i < count; i++)
		ksft_test_result(run(&flavours[i]), "%s: the pid of its creator is used again\n",
				 flavours[i].name);
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tenant's commands lie in a file whose file system is the tenant's own, who so decides, for each
 * look that the kernel has at them, when it succeeds, and if.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evasion.h"
#include "fuse_file.h"
#include "ledger.h"
#include "limits.h"
#include "sev_abi.h"

#define ALLOWED		2	/* VMs that the tenant may have */
#define FAILURES	6	/* of reads in a row: each look at a command takes one or two */
#define CALLS		8	/* for a VM, of which each may fail at a look */
#define HELD_MS		60000
#define DEATH_US	50000	/* in which who is killed may end */

bool evasion_has_file_systems(void)
{
	return fuse_file_possible();
}

/* 0: it was initialised; or why not. */
static int init_by_file(const struct sev_vm *vm)
{
	void *command = fuse_file_map();
	int i, err = EFAULT;

	check(command != MAP_FAILED);
	for (i = 0; i < CALLS && err == EFAULT; i++)
		err = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, command) ? errno : 0;
	fuse_file_unmap(command);
	return err;
}

/* The look that the module may have fails, KVM's succeeds: no VM gets past the maximum so. */
void evasion_file_that_fails_now_and_then(void)
{
	const struct kvm_sev_cmd command = { .id = KVM_SEV_INIT, .sev_fd = evasion_host.sev_fd };
	struct sev_vm vms[FAILURES + 1];
	int i, count = 0, refused = 0, err;
	struct fuse_file file;

	check(fuse_file_mount(&file));
	if (!evasion_good)
		return;
	memcpy(file.content, &command, sizeof(command));
	check(evasion_max(SEVADM_SUBJECT_USER, getuid(), ALLOWED));
	for (i = 0; i <= FAILURES; i++) {
		check(evasion_new(&vms[i]));
		atomic_store(&file.failures, i);
		err = init_by_file(&vms[i]);
		check(!atomic_load(&file.failures));
		check(!err || err == EBUSY);
		count += !err;
		refused += err == EBUSY;
		check(!ledger_differences_quick("a file that fails now and then"));
		/* Room for the one that comes after the next failure. */
		if (i < FAILURES - ALLOWED)
			sev_vm_close(&vms[i]);
	}
	for (i = FAILURES - ALLOWED; i <= FAILURES; i++)
		sev_vm_close(&vms[i]);
	ksft_print_msg("%d VMs initialised, %d refused\n", count, refused);
	check(count == FAILURES && refused == 1);
	check(!limit_delete(SEVADM_SUBJECT_USER, getuid()));
	fuse_file_unmount(&file);
	evasion_check_empty();
}

static void run_held_command(void)
{
	struct sev_vm vm;

	if (!evasion_start(&vm))
		_exit(1);
	ioctl(vm.fd, KVM_MEMORY_ENCRYPT_OP, fuse_file_map());
	_exit(0);
}

/*
 * A tenant is killed in a call that its own file system holds: the VM is accounted for as long as
 * there is one.
 */
void evasion_file_that_outlives_a_kill(void)
{
	const struct kvm_sev_cmd command = { .id = KVM_SEV_GUEST_STATUS,
					     .sev_fd = evasion_host.sev_fd };
	struct fuse_file file;
	pid_t child;
	int status;

	check(fuse_file_mount(&file));
	if (!evasion_good)
		return;
	memcpy(file.content, &command, sizeof(command));
	atomic_store(&file.holds, true);
	child = fork();
	if (!child)
		run_held_command();
	check(fuse_file_wait(&file, HELD_MS));
	check(!ledger_differences_quick("the call is held"));
	check(!kill(child, SIGKILL));
	usleep(DEATH_US);
	check(!ledger_differences_quick("who calls is killed"));
	atomic_store(&file.holds, false);
	check(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	fuse_file_unmount(&file);
	evasion_check_empty();
}

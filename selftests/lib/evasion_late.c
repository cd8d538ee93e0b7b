// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does not see all, or comes when tenants have done what they could to be missed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "cgroup.h"
#include "evasion.h"
#include "handover.h"
#include "kmod.h"
#include "ledger.h"
#include "limits.h"

#define LEFT_CGROUP	"/sys/fs/cgroup/sevadm-left"
#define UNSEEN		40	/* so many that the kernel gives one the memory of another */
#define YIELD		"/sys/module/sevadm/parameters/yield"

static bool yield(const char *function)
{
	FILE *file = fopen(YIELD, "w");
	bool written = file && fputs(function, file) >= 0;

	return file && !fclose(file) && written;
}

static bool is_any_listed(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	bool listed = !ioctl(fd, SEVADM_IOC_VM_QUERY, &query);

	close(fd);
	return listed;
}

/*
 * Where a seam is missing (here: the end of a VM), so are data; nobody is refused, and nothing
 * stays behind.
 */
void evasion_seams_that_are_missing(void)
{
	struct sev_vm vm;
	int n;

	check(yield("sev_vm_destroy"));
	for (n = 0; n < UNSEEN && evasion_good; n++) {
		check(evasion_start(&vm));
		sev_vm_close(&vm);
	}
	check(!is_any_listed());
	check(kmod_unload_sevadm() && kmod_load_sevadm());
	check(!limits_open());
	evasion_check_empty();
}

static atomic_bool churns;

static void *churn(void *argument)
{
	struct sev_vm vm;

	(void)argument;
	while (atomic_load(&churns))
		if (evasion_start(&vm))
			sev_vm_close(&vm);
	return NULL;
}

/*
 * ASIDs are taken and given back all the while that the module looks for VMs that are older than
 * it.
 */
void evasion_adoption_while_others_come_and_go(void)
{
	struct ledger_totals totals = { 0 };
	pthread_t threads[2];
	struct sev_vm vm;
	int i;

	check(evasion_start(&vm));
	check(kmod_unload_sevadm());
	atomic_store(&churns, true);
	for (i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, churn, NULL));
	check(kmod_load_sevadm());
	atomic_store(&churns, false);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	check(!limits_open());
	check(!ledger_differences("a VM is older than the module", &totals));
	check(totals.vms == 1);
	sev_vm_close(&vm);
	evasion_check_empty();
}

static void *start_vm(void *vm)
{
	return evasion_start(vm) ? vm : NULL;
}

/* Whose VM it is shows even if the thread that made it has ended before the module came. */
void evasion_creating_thread_has_ended(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	pthread_t thread;
	struct sev_vm vm;
	void *started;
	int fd;

	check(!pthread_create(&thread, NULL, start_vm, &vm));
	pthread_join(thread, &started);
	check(started);
	check(kmod_unload_sevadm() && kmod_load_sevadm() && !limits_open());
	fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	check(!ioctl(fd, SEVADM_IOC_VM_QUERY, &query));
	check(query.known & SEVADM_KNOWN_CREATOR && query.pid == (__u32)getpid());
	close(fd);
	sev_vm_close(&vm);
	evasion_check_empty();
}

/*
 * In the cgroup, of a process that has been made there and is gone, with no trace but the file in a
 * socket.
 */
static bool leave_vm_in_socket(const char *cgroup, int socket)
{
	pid_t child = fork(), grandchild;
	struct sev_vm vm;
	int status;

	if (!child) {
		if (!cgroup_enter(cgroup, getpid()))
			_exit(1);
		grandchild = fork();
		if (!grandchild)
			_exit(!evasion_start(&vm) || !handover_send(socket, vm.fd, 0));
		_exit(waitpid(grandchild, &status, 0) != grandchild || status);
	}
	return waitpid(child, &status, 0) == child && !status;
}

/*
 * The maximum of a cgroup holds for what it has left behind, in sockets or with processes of
 * others, as well.
 */
void evasion_all_processes_have_ended(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	struct limit limit = { 0 };
	int sockets[2], fd, note;
	struct stat stats;

	check(!mkdir(LEFT_CGROUP, 0755) && !stat(LEFT_CGROUP, &stats));
	check(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets));
	check(leave_vm_in_socket(LEFT_CGROUP, sockets[0]));
	check(kmod_unload_sevadm() && kmod_load_sevadm() && !limits_open());
	fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	check(!ioctl(fd, SEVADM_IOC_VM_QUERY, &query));
	check(!(query.known & SEVADM_KNOWN_CREATOR));
	close(fd);
	check(evasion_max(SEVADM_SUBJECT_CGROUP, stats.st_ino, 1));
	check(!limit_get(SEVADM_SUBJECT_CGROUP, stats.st_ino, SEVADM_RESOURCE_ASID_SEV, &limit));
	check(limit.current == 1);
	check(!leave_vm_in_socket(LEFT_CGROUP, sockets[0]));
	close(handover_receive(sockets[1], &note));
	check(leave_vm_in_socket(LEFT_CGROUP, sockets[0]));
	close(sockets[0]);
	close(sockets[1]);
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, stats.st_ino));
	evasion_check_empty();
	check(!rmdir(LEFT_CGROUP));
}

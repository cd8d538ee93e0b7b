// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes of a storm: started, replaced, held still and ended. What each one does is in
 * storm_life.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm.h"
#include "storm_life.h"

#define PROCESSES_MAX	256
#define PAUSE_POLL_US	10000

static struct storm_shared *shared;
static unsigned int process_count;
static unsigned long storm_seed, lives;
static struct process {
	pid_t pid;
	int mailbox[2];		/* [0] its own end, [1] where others put descriptors for it */
} processes[PROCESSES_MAX];

static bool start_process(unsigned int index)
{
	struct storm_life life = {
		.shared = shared,
		.index = index,
		.random = storm_seed * 1000003 + ++lives,
		.mailbox = processes[index].mailbox[0],
		.neighbour = processes[(index + 1) % process_count].mailbox[1],
	};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		/* A test that dies must not leave a storm behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		storm_live(&life);
	}
	processes[index].pid = pid;
	return pid > 0;
}

bool storm_start(unsigned int count, unsigned long seed)
{
	unsigned int i;

	if (count > PROCESSES_MAX)
		return false;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		return false;
	process_count = count;
	storm_seed = seed;
	for (i = 0; i < count; i++)
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, processes[i].mailbox))
			return false;
	for (i = 0; i < count; i++)
		if (!start_process(i))
			return false;
	return true;
}

static struct process *find_process(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < process_count; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	return NULL;
}

/* Takes note of one that is dead. A life ends by its own SIGKILL, or when the storm stops. */
static void bury(struct process *process, int status)
{
	process->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	printf("# a process of the storm ended with status %#x\n", status);
	atomic_fetch_add(&shared->failures, 1);
}

void storm_tend(void)
{
	struct process *process;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		process = find_process(pid);
		if (!process)
			continue;
		bury(process, status);
		if (!atomic_load(&shared->stop) && !start_process(process - processes))
			atomic_fetch_add(&shared->failures, 1);
	}
}

void storm_pause(void)
{
	atomic_store(&shared->pause, 1);
	while (atomic_load(&shared->paused) < process_count) {
		storm_tend();
		usleep(PAUSE_POLL_US);
	}
}

void storm_resume(void)
{
	atomic_store(&shared->pause, 0);
	while (atomic_load(&shared->paused))
		usleep(PAUSE_POLL_US);
}

void storm_drop_vms(void)
{
	atomic_store(&shared->dropped, 0);
	atomic_fetch_add(&shared->generation, 1);
	while (atomic_load(&shared->dropped) < process_count)
		usleep(PAUSE_POLL_US);
}

void storm_stop(void)
{
	unsigned int i;
	int status;

	atomic_store(&shared->stop, 1);
	for (i = 0; i < process_count; i++) {
		pid_t pid = processes[i].pid, got = 0;

		while (pid > 0 && (got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
			;
		if (got == pid && pid > 0)
			bury(&processes[i], status);
		/* Descriptors that nobody has taken out hold VMs. */
		close(processes[i].mailbox[0]);
		close(processes[i].mailbox[1]);
	}
}

unsigned long storm_failures(void)
{
	return atomic_load(&shared->failures);
}

bool storm_count(size_t index, struct storm_counts *counts)
{
	const char *action = index < STORM_ACTIONS_MAX ? storm_action_name(index) : NULL;

	if (!action)
		return false;
	*counts = (struct storm_counts) {
		.action = action,
		.tried = atomic_load(&shared->tried[index]),
		.done = atomic_load(&shared->done[index]),
	};
	return true;
}

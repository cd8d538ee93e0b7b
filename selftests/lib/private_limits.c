// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits on private memory: private.max of the host refuses what would exceed it, and nothing else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "../kselftest.h"
#include "limits.h"
#include "private_limits.h"
#include "run.h"

/* Until a guest's memory has been given back. */
#define TRIES		6000
#define PAUSE_US	20000

#define FITTING		3		/* guests that fit into the host's maximum */
#define GUEST_BYTES	(1UL << 20)

static bool host_max(unsigned long long bytes)
{
	int ret = limit_set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PRIVATE,
			    SEVADM_A_LIMIT_MAX_VALUE, bytes);

	if (ret)
		ksft_print_msg("private.max: %s\n", strerror(-ret));
	return !ret;
}

static bool usage_is(unsigned long long bytes)
{
	struct limit limit = { 0 };
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (!limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PRIVATE, &limit) &&
		    limit.current == bytes)
			return true;
		usleep(PAUSE_US);
	}
	ksft_print_msg("usage is %llu, should be %llu\n", (unsigned long long)limit.current, bytes);
	return false;
}

/* The newest event of a limit says which one has refused. */
static bool refusal_is_told(void)
{
	const char *const argv[] = { run_sevadm(), "-j", "trace", "show", "--event", "limit",
				     NULL };
	int status;
	char *text = run_output(argv, &status);
	bool good = text && strstr(text, "\"resource\":\"private\",\"knob\":\"max\"");

	if (!good)
		ksft_print_msg("no event of private.max: %s\n", text ? text : "");
	free(text);
	return good;
}

/* 0, or an errno: a guest whose memory is bound before it is one, or afterwards. */
static int start_guest(struct sev_vm *vm, const struct sev_host *host, bool memory_first)
{
	struct sev_outcome out = sev_vm_create(vm, host, SEV_TYPE_SEV_SNP, SEV_INIT_2,
					       memory_first ? GUEST_BYTES : 0);

	if (!out.err)
		out = sev_vm_init(vm);
	if (!out.err && !memory_first)
		out = sev_vm_add_memory(vm, GUEST_BYTES);
	return out.err;
}

static void end_guest(struct sev_vm *vm)
{
	sev_vm_close(vm);
	sev_vm_free_memory(vm);
}

bool private_limit_refuses(const struct sev_host *host, bool memory_first)
{
	struct sev_vm vms[FITTING + 1] = { 0 };
	int i, err;
	bool good = host_max(FITTING * GUEST_BYTES + GUEST_BYTES / 2);

	for (i = 0; i < FITTING; i++)
		good = !start_guest(&vms[i], host, memory_first) && good;
	err = start_guest(&vms[FITTING], host, memory_first);
	if (err != ENOMEM)
		ksft_print_msg("one too many: %s\n", strerror(err));
	good = usage_is(FITTING * GUEST_BYTES) && refusal_is_told() && err == ENOMEM && good;
	end_guest(&vms[FITTING]);

	/* The others are untouched, and there is room when one has gone. */
	good = usage_is(FITTING * GUEST_BYTES) && good;
	end_guest(&vms[0]);
	good = usage_is((FITTING - 1) * GUEST_BYTES) && good;
	good = !start_guest(&vms[0], host, memory_first) && good;
	for (i = 0; i < FITTING; i++)
		end_guest(&vms[i]);
	good = usage_is(0) && good;
	return host_max(SEVADM_LIMIT_MAX) && good;
}

/* As many processes that start a guest at the same time succeed as fit, and never more. */
bool private_limit_contest(void)
{
	bool good = host_max(CONTEST_FITTING * GUEST_BYTES);
	int i, how, started = 0, to_children[2], from_children[2];
	struct limit limit = { 0 };
	pid_t pid;
	char byte;

	if (pipe(to_children) || pipe(from_children))
		return false;
	for (i = 0; i < CONTENDERS; i++) {
		struct sev_host host;
		const char *missing;
		struct sev_vm vm;

		pid = fork();
		if (pid)
			continue;
		close(to_children[1]);
		close(from_children[0]);
		if (!sev_host_open(&host, &missing))
			_exit(2);
		how = start_guest(&vm, &host, i % 2);
		if (write(from_children[1], "", 1) != 1 || read(to_children[0], &byte, 1))
			_exit(3);
		_exit(how != 0 && how != ENOMEM ? 4 : !how);
	}
	close(to_children[0]);
	close(from_children[1]);
	for (i = 0; i < CONTENDERS; i++)
		good = read(from_children[0], &byte, 1) == 1 && good;
	good = usage_is(CONTEST_FITTING * GUEST_BYTES) && good;
	if (limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PRIVATE, &limit) ||
	    limit.peak > CONTEST_FITTING * GUEST_BYTES) {
		ksft_print_msg("usage was %llu\n", (unsigned long long)limit.peak);
		good = false;
	}
	close(to_children[1]);
	close(from_children[0]);
	for (i = 0; i < CONTENDERS; i++) {
		good = wait(&how) > 0 && WIFEXITED(how) && WEXITSTATUS(how) <= 1 && good;
		started += WIFEXITED(how) && WEXITSTATUS(how) == 1;
	}
	if (started != CONTEST_FITTING)
		ksft_print_msg("%d guests have started, should be %d\n", started, CONTEST_FITTING);
	good = usage_is(0) && started == CONTEST_FITTING && good;
	return host_max(SEVADM_LIMIT_MAX) && good;
}

/*
 * Memory that was bound to a VM before it took over another one's context has been charged to
 * nobody. KVM refuses both ways to take one over from a SEV-SNP guest; where it does not, this
 * fails.
 */
bool private_limit_taken(const struct sev_host *host,
			 struct sev_outcome (*take)(struct sev_vm *vm, const struct sev_vm *source))
{
	struct sev_vm from = { 0 }, to = { 0 };
	bool good = host_max(GUEST_BYTES);
	int err;

	good = !start_guest(&from, host, true) && good;
	good = !sev_vm_create(&to, host, SEV_TYPE_SEV_SNP, SEV_INIT_2, GUEST_BYTES).err && good;
	err = take(&to, &from).err;
	if (err != EINVAL)
		ksft_print_msg("not refused by KVM: %s\n", strerror(err));
	good = err == EINVAL && usage_is(GUEST_BYTES) && good;
	end_guest(&to);
	end_guest(&from);
	good = usage_is(0) && good;
	return host_max(SEVADM_LIMIT_MAX) && good;
}

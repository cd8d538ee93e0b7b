// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RMP, counted by the module while its entries change.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "kmod.h"
#include "private_recount.h"
#include "private_view.h"
#include "sev_abi.h"
#include "sev_steps.h"
#include "sev_vm.h"

#define LAUNCHED	(64UL << 10)
#define MEMORY		(1UL << 20)

/* In which changes are counted one by one. */
#define MEANWHILE_US	200000

static bool launch(struct sev_vm *vm, const struct sev_host *host)
{
	struct kvm_sev_snp_launch_start start = { .policy = SEV_SNP_POLICY };
	struct kvm_sev_snp_launch_finish finish = { 0 };
	struct kvm_sev_snp_launch_update update = {
		.len = LAUNCHED, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};

	if (sev_vm_create(vm, host, SEV_TYPE_SEV_SNP, SEV_INIT_2, MEMORY).err ||
	    sev_vm_init(vm).err || sev_vm_add_vcpu(vm).err ||
	    sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_START, &start).err)
		return false;
	update.uaddr = (uintptr_t)vm->memory;
	return !sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_UPDATE, &update).err &&
	       !sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_FINISH, &finish).err;
}

/* Until it is killed. */
static void convert(int ready)
{
	const char *missing;
	struct sev_host host;
	struct sev_vm vm;

	if (!sev_host_open(&host, &missing) || !launch(&vm, &host) || write(ready, "", 1) != 1)
		_exit(1);
	while (!sev_vm_prefault(&vm, LAUNCHED, MEMORY - LAUNCHED).err &&
	       !sev_vm_punch(&vm, LAUNCHED, MEMORY - LAUNCHED).err)
		;
	_exit(2);
}

static bool signal_all(const pid_t guests[RECOUNTED_GUESTS], int signal)
{
	bool good = true;
	int i, status;

	for (i = 0; i < RECOUNTED_GUESTS; i++)
		good = !kill(guests[i], signal) && good;
	for (i = 0; i < RECOUNTED_GUESTS && signal != SIGCONT; i++)
		good = waitpid(guests[i], &status, WUNTRACED) == guests[i] &&
		       !WIFEXITED(status) && good;
	return good;
}

static bool recount(const pid_t guests[RECOUNTED_GUESTS])
{
	bool good = kmod_unload_sevadm() && kmod_load_sevadm();

	usleep(MEANWHILE_US);
	good = signal_all(guests, SIGSTOP) && good;
	private_view_reloaded();
	good = good && vms_agree("counted meanwhile", RECOUNTED_GUESTS, -1) &&
	       host_agrees("counted meanwhile");
	return signal_all(guests, SIGCONT) && good;
}

bool private_recount(void)
{
	pid_t guests[RECOUNTED_GUESTS];
	bool good = true;
	int i, ready[2];
	char byte;

	if (pipe(ready))
		return false;
	for (i = 0; i < RECOUNTED_GUESTS; i++) {
		guests[i] = fork();
		if (!guests[i])
			convert(ready[1]);
	}
	close(ready[1]);
	for (i = 0; i < RECOUNTED_GUESTS; i++)
		good = read(ready[0], &byte, 1) == 1 && good;
	for (i = 0; i < RECOUNTS && good; i++)
		good = recount(guests);
	close(ready[0]);
	good = signal_all(guests, SIGKILL) && good;
	return vms_agree("gone", 0, 0) && host_agrees("gone") && good;
}

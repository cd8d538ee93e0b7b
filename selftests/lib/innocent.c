// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user who wants no more than what is guaranteed, beside hostile tenants: one VM that is launched
 * and stays, and one after the other that comes and goes. Nothing of that may be refused.
 */
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hostile.h"
#include "random.h"
#include "sev_abi.h"

#define PAUSE_POLL_US	50000	/* of many processes: a look each 2 ms takes both processors */

static struct storm_life *self;
static struct sev_host host;

static bool must(struct sev_outcome out, const char *what)
{
	if (out.err) {
		printf("# the innocent is refused: %s: errno %d, fw_error %#x\n", what, out.err,
		       out.fw_error);
		atomic_fetch_add(&self->shared->failures, 1);
	}
	return !out.err;
}

static bool launch(struct sev_vm *vm, const struct flavour *flavour)
{
	struct kvm_sev_launch_start start = { .policy = flavour->policy };
	struct kvm_sev_launch_update_data data = { .len = HOSTILE_PAGES * SEV_PAGE_SIZE };
	struct kvm_sev_launch_measure measure = { .len = 1024 };
	uint8_t blob[1024];

	if (!must(sev_vm_create(vm, &host, flavour->type, flavour->init,
				HOSTILE_PAGES * SEV_PAGE_SIZE), "create"))
		return false;
	data.uaddr = (uintptr_t)vm->memory;
	measure.uaddr = (uintptr_t)blob;
	return must(sev_vm_init(vm), flavour->name) &&
	       must(sev_vm_register(vm, (uintptr_t)vm->memory, vm->size), "register") &&
	       must(sev_vm_command(vm, KVM_SEV_LAUNCH_START, &start), "launch start") &&
	       must(sev_vm_command(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data), "update data") &&
	       must(sev_vm_command(vm, KVM_SEV_LAUNCH_MEASURE, &measure), "measure") &&
	       must(sev_vm_command(vm, KVM_SEV_LAUNCH_FINISH, NULL), "finish");
}

/* Uses a launched VM: asks for its status, decrypts a page, registers one and takes it back. */
static void use(struct sev_vm *vm)
{
	static uint8_t page[SEV_PAGE_SIZE];
	struct kvm_sev_guest_status status = { 0 };
	struct kvm_sev_dbg debug = {
		.src_uaddr = (uintptr_t)vm->memory,
		.dst_uaddr = (uintptr_t)page,
		.len = SEV_PAGE_SIZE,
	};

	must(sev_vm_command(vm, KVM_SEV_GUEST_STATUS, &status), "status");
	must(sev_vm_command(vm, KVM_SEV_DBG_DECRYPT, &debug), "debug");
	must(sev_vm_register(vm, (uintptr_t)vm->memory, SEV_PAGE_SIZE), "register a page");
	must(sev_vm_unregister(vm, (uintptr_t)vm->memory, SEV_PAGE_SIZE), "unregister a page");
}

static void end(struct sev_vm *vm)
{
	sev_vm_close(vm);
	sev_vm_free_memory(vm);
}

static void stand_still(struct storm_shared *shared)
{
	atomic_fetch_add(&shared->paused, 1);
	while (atomic_load(&shared->pause))
		usleep(PAUSE_POLL_US);
	atomic_fetch_sub(&shared->paused, 1);
}

void innocent_live(struct storm_life *life)
{
	struct storm_shared *shared = life->shared;
	struct hostile mail = { .life = life, .foreign = -1 };
	struct sev_vm stays, comes;
	const char *missing;
	int count = flavours_here(), lives = 0;

	self = life;
	if (!sev_host_open(&host, &missing) || setgroups(0, NULL) ||
	    setresgid(INNOCENT_UID, INNOCENT_UID, INNOCENT_UID) ||
	    setresuid(INNOCENT_UID, INNOCENT_UID, INNOCENT_UID) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) || !launch(&stays, &flavours[0]))
		_exit(1);
	while (!atomic_load(&shared->stop)) {
		if (atomic_load(&shared->pause))
			stand_still(shared);
		/* What the last of the others sends it would hold their VMs. */
		while (hostile_receive(&mail))
			;
		if (launch(&comes, &flavours[lives++ % count]))
			use(&comes);
		end(&comes);
		use(&stays);
	}
	end(&stays);
	printf("# the innocent has launched %d VMs\n", lives);
	fflush(stdout);
	_exit(0);
}

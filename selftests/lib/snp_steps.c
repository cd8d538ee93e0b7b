// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of an SEV-SNP launch.
 */
#include "sev_abi.h"
#include "snp_steps.h"

static struct sev_vm *current_vm(struct sev_launch *l)
{
	return &l->vms[l->current];
}

struct sev_outcome step_snp_start(struct sev_launch *l)
{
	struct kvm_sev_snp_launch_start start = { .policy = l->options.policy };

	return sev_vm_command(current_vm(l), KVM_SEV_SNP_LAUNCH_START, &start);
}

/* KVM copies the shared page into the private one at the same address. */
struct sev_outcome step_snp_update(struct sev_launch *l)
{
	struct sev_vm *vm = current_vm(l);
	struct kvm_sev_snp_launch_update update = {
		.uaddr = (uintptr_t)vm->memory,
		.len = vm->size < SNP_LAUNCH_BYTES ? vm->size : SNP_LAUNCH_BYTES,
		.type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};

	return sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_UPDATE, &update);
}

struct sev_outcome step_snp_finish(struct sev_launch *l)
{
	struct kvm_sev_snp_launch_finish finish = { 0 };

	return sev_vm_command(current_vm(l), KVM_SEV_SNP_LAUNCH_FINISH, &finish);
}

struct sev_outcome step_snp_prefault(struct sev_launch *l)
{
	return sev_vm_prefault(current_vm(l), 0, current_vm(l)->size);
}

struct sev_outcome step_snp_punch(struct sev_launch *l)
{
	struct sev_vm *vm = current_vm(l);

	return sev_vm_punch(vm, vm->size - SNP_PUNCH_BYTES, SNP_PUNCH_BYTES);
}

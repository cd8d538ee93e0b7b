// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SEV, SEV-ES or SEV-SNP guest of a few bytes of code.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "check.h"
#include "kselftest.h"
#include "sev_abi.h"
#include "tiny_guest.h"

#define IDT		0x2000
#define GDT		0x3000
#define CODE_SELECTOR	0x08
#define DATA_SELECTOR	0x10
#define VC_VECTOR	29
#define POLICY_ES	(1 << 2)
#define POLICY_SNP	(3 << 16)	/* SMT is allowed; a bit that must be set */

static const uint64_t descriptors[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };

/* POP EDX: the error code. */
static const uint8_t vc_handler[] = { 0x5a, TINY_END };

/* An interrupt gate of 32 bits. */
static void set_gate(uint8_t *memory, unsigned int vector, uint32_t handler)
{
	uint64_t gate = handler | CODE_SELECTOR << 16 | 0x8eULL << 40;

	memcpy(memory + IDT + vector * sizeof(gate), &gate, sizeof(gate));
}

static void fill_memory(uint8_t *memory, const void *code, size_t length)
{
	memcpy(memory + TINY_CODE, code, length);
	memcpy(memory + TINY_VC, vc_handler, sizeof(vc_handler));
	memcpy(memory + GDT, descriptors, sizeof(descriptors));
	set_gate(memory, VC_VECTOR, TINY_VC);
	if (length > TINY_IRQ - TINY_CODE)
		set_gate(memory, TINY_VECTOR, TINY_IRQ);
}

static int set_registers(int vcpu)
{
	struct kvm_segment code = {
		.limit = ~0U,
		.selector = CODE_SELECTOR,
		.type = 0xb,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
	struct kvm_segment data = code;
	struct kvm_regs regs = { .rip = TINY_CODE, .rsp = TINY_STACK, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	data.selector = DATA_SELECTOR;
	data.type = 3;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = data;
	sregs.gdt = (struct kvm_dtable) { .base = GDT, .limit = sizeof(descriptors) - 1 };
	sregs.idt = (struct kvm_dtable) { .base = IDT, .limit = 8 * (TINY_VECTOR + 1) - 1 };
	sregs.cr0 |= 1;
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs) ? -1 : 0;
}

/* The steps of a launch, in order: the first that fails ends it. */
static const char *launch_encrypted(struct sev_vm *vm)
{
	bool es = vm->type == SEV_TYPE_SEV_ES;
	uint8_t blob[1024];
	struct kvm_sev_launch_start start = { .policy = es ? POLICY_ES : 0 };
	struct kvm_sev_launch_measure measure = { .uaddr = (uintptr_t)blob, .len = sizeof(blob) };
	struct kvm_sev_launch_update_data data = {
		.uaddr = (uintptr_t)vm->memory,
		.len = TINY_FREE,
	};

	if (sev_vm_register(vm, (uintptr_t)vm->memory, vm->size).err)
		return "registration";
	if (sev_vm_command(vm, KVM_SEV_LAUNCH_START, &start).err)
		return "LAUNCH_START";
	vm->handle = start.handle;
	if (sev_vm_command(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data).err)
		return "LAUNCH_UPDATE_DATA";
	if (es && sev_vm_command(vm, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL).err)
		return "LAUNCH_UPDATE_VMSA";
	if (sev_vm_command(vm, KVM_SEV_LAUNCH_MEASURE, &measure).err)
		return "LAUNCH_MEASURE";
	if (sev_vm_command(vm, KVM_SEV_LAUNCH_FINISH, NULL).err)
		return "LAUNCH_FINISH";
	return NULL;
}

static const char *launch_snp(struct sev_vm *vm)
{
	struct kvm_sev_snp_launch_start start = { .policy = POLICY_SNP };
	struct kvm_sev_snp_launch_finish finish = { 0 };
	struct kvm_sev_snp_launch_update update = {
		.uaddr = (uintptr_t)vm->memory,
		.len = TINY_FREE,
		.type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};

	if (sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_START, &start).err)
		return "SNP_LAUNCH_START";
	if (sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_UPDATE, &update).err)
		return "SNP_LAUNCH_UPDATE";
	if (sev_vm_command(vm, KVM_SEV_SNP_LAUNCH_FINISH, &finish).err)
		return "SNP_LAUNCH_FINISH";
	return NULL;
}

static const char *launch(struct tiny_guest *guest)
{
	struct sev_vm *vm = &guest->vm;

	if (sev_vm_init(vm).err)
		return "init";
	if (sev_vm_add_vcpu(vm).err || set_registers(vm->vcpu_fd))
		return "the vCPU";
	guest->run_size = ioctl(vm->host->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	guest->run =
		mmap(NULL, guest->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (guest->run == MAP_FAILED) {
		guest->run = NULL;
		return "the vCPU's mapping";
	}
	return vm->type == SEV_TYPE_SEV_SNP ? launch_snp(vm) : launch_encrypted(vm);
}

bool tiny_guest_launch(struct tiny_guest *guest, const struct sev_host *host, enum sev_type type,
		       size_t size, const void *code, size_t length)
{
	enum sev_init init = type == SEV_TYPE_SEV_SNP ? SEV_INIT_2 : SEV_INIT_LEGACY;
	const char *step;

	*guest = (struct tiny_guest) { .vm.fd = -1 };
	if (sev_vm_create(&guest->vm, host, type, init, size).err) {
		ksft_print_msg("a guest's VM: %s\n", strerror(errno));
		return false;
	}
	fill_memory(guest->vm.memory, code, length);
	step = launch(guest);
	if (step) {
		ksft_print_msg("a guest's %s: %s\n", step, strerror(errno));
		tiny_guest_end(guest);
	}
	return !step;
}

int tiny_guest_run(struct tiny_guest *guest)
{
	return ioctl(guest->vm.vcpu_fd, KVM_RUN, 0) ? -1 : (int)guest->run->exit_reason;
}

static bool ends_so(const struct kvm_run *run, enum tiny_ending ending, uint32_t wanted)
{
	uint32_t value = 0;

	switch (ending) {
	case PORT:
		if (!check(run->exit_reason == KVM_EXIT_IO))
			return false;
		memcpy(&value, (const uint8_t *)run + run->io.data_offset, sizeof(value));
		break;
	case MMIO:
		if (!check(run->exit_reason == KVM_EXIT_MMIO) || !check(run->mmio.is_write) ||
		    !check(run->mmio.phys_addr == 0xf0000000))
			return false;
		memcpy(&value, run->mmio.data, sizeof(value));
		break;
	case HALT:
		return check(run->exit_reason == KVM_EXIT_HLT);
	case ENDED:
		if (!check(run->exit_reason == KVM_EXIT_SYSTEM_EVENT) ||
		    !check(run->system_event.type == KVM_SYSTEM_EVENT_SEV_TERM) ||
		    !check((uint32_t)run->system_event.data[0] == 0x100))
			return false;
		value = run->system_event.data[0] >> 32;
		break;
	case SHUTDOWN:
		return check(run->exit_reason == KVM_EXIT_SHUTDOWN);
	}
	if (value != wanted)
		ksft_print_msg("the value is %#x, not %#x\n", value, wanted);
	return value == wanted;
}

bool tiny_guest_ended(const struct tiny_guest *guest, enum tiny_ending ending, uint32_t value)
{
	bool good = ends_so(guest->run, ending, value);

	if (!good)
		ksft_print_msg("exit reason %u\n", guest->run->exit_reason);
	return good;
}

void tiny_guest_end(struct tiny_guest *guest)
{
	if (guest->run)
		munmap(guest->run, guest->run_size);
	guest->run = NULL;
	sev_vm_close(&guest->vm);
	sev_vm_free_memory(&guest->vm);
}

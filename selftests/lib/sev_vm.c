// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SEV VM driven by KVM's ioctls alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sev_abi.h"
#include "sev_vm.h"

static struct sev_outcome outcome(int ret, uint32_t fw_error)
{
	return (struct sev_outcome) {
		.ret = ret,
		.err = ret < 0 ? errno : 0,
		.fw_error = fw_error,
	};
}

bool sev_host_open(struct sev_host *host, const char **missing)
{
	*missing = "/dev/kvm";
	host->sev_fd = -1;
	host->kvm_fd = open(*missing, O_RDWR | O_CLOEXEC);
	if (host->kvm_fd < 0)
		return false;

	*missing = "/dev/sev";
	host->sev_fd = open(*missing, O_RDWR | O_CLOEXEC);
	if (host->sev_fd >= 0)
		return true;

	close(host->kvm_fd);
	host->kvm_fd = -1;
	return false;
}

void sev_host_close(struct sev_host *host)
{
	close(host->sev_fd);
	close(host->kvm_fd);
}

bool sev_host_has_init2(const struct sev_host *host)
{
	int types = ioctl(host->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);

	return types > 0 && types & (1 << KVM_X86_SEV_VM);
}

bool sev_host_has_snp(const struct sev_host *host)
{
	int types = ioctl(host->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);

	return types > 0 && types & (1 << KVM_X86_SNP_VM);
}

static unsigned long vm_type(enum sev_type type, enum sev_init init)
{
	static const unsigned long types[] = {
		[SEV_TYPE_SEV] = KVM_X86_SEV_VM,
		[SEV_TYPE_SEV_ES] = KVM_X86_SEV_ES_VM,
		[SEV_TYPE_SEV_SNP] = KVM_X86_SNP_VM,
	};

	return init == SEV_INIT_2 ? types[type] : KVM_X86_DEFAULT_VM;
}

/* All of it private. */
static struct sev_outcome add_private_memory(struct sev_vm *vm, size_t size)
{
	struct kvm_create_guest_memfd memfd = { .size = size };
	struct kvm_memory_attributes attributes = {
		.size = size,
		.attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};
	struct kvm_userspace_memory_region2 slot = {
		.flags = KVM_MEM_GUEST_MEMFD,
		.memory_size = size,
		.userspace_addr = (uintptr_t)vm->memory,
	};

	vm->memfd = ioctl(vm->fd, KVM_CREATE_GUEST_MEMFD, &memfd);
	if (vm->memfd < 0)
		return outcome(-1, 0);
	slot.guest_memfd = vm->memfd;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION2, &slot))
		return outcome(-1, 0);
	return outcome(ioctl(vm->fd, KVM_SET_MEMORY_ATTRIBUTES, &attributes), 0);
}

struct sev_outcome sev_vm_add_memory(struct sev_vm *vm, size_t size)
{
	struct kvm_userspace_memory_region slot = { .memory_size = size };

	vm->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm->memory == MAP_FAILED) {
		vm->memory = NULL;
		return outcome(-1, 0);
	}
	vm->size = size;
	if (vm->type == SEV_TYPE_SEV_SNP)
		return add_private_memory(vm, size);
	slot.userspace_addr = (uintptr_t)vm->memory;
	return outcome(ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot), 0);
}

struct sev_outcome sev_vm_create(struct sev_vm *vm, const struct sev_host *host,
				 enum sev_type type, enum sev_init init, size_t size)
{
	struct sev_outcome out;

	*vm = (struct sev_vm) {
		.host = host,
		.type = type,
		.init = init,
		.vcpu_fd = -1,
		.memfd = -1,
		.fd = ioctl(host->kvm_fd, KVM_CREATE_VM, vm_type(type, init)),
	};
	if (vm->fd < 0)
		return outcome(-1, 0);
	if (!size)
		return outcome(0, 0);

	out = sev_vm_add_memory(vm, size);
	if (out.err) {
		sev_vm_close(vm);
		sev_vm_free_memory(vm);
	}
	return out;
}

void sev_vm_close(struct sev_vm *vm)
{
	if (vm->vcpu_fd >= 0)
		close(vm->vcpu_fd);
	if (vm->memfd >= 0)
		close(vm->memfd);
	if (vm->fd >= 0)
		close(vm->fd);
	vm->memfd = -1;
	vm->vcpu_fd = -1;
	vm->fd = -1;
}

void sev_vm_free_memory(struct sev_vm *vm)
{
	if (vm->memory)
		munmap(vm->memory, vm->size);
	vm->memory = NULL;
	vm->size = 0;
}

struct sev_outcome sev_vm_command(struct sev_vm *vm, unsigned int id, void *data)
{
	struct kvm_sev_cmd cmd = {
		.id = id,
		.data = (uintptr_t)data,
		.sev_fd = vm->host->sev_fd,
	};
	int ret = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, &cmd);

	return outcome(ret, cmd.error);
}

struct sev_outcome sev_vm_init(struct sev_vm *vm)
{
	struct kvm_sev_init init = { 0 };

	if (vm->init == SEV_INIT_2)
		return sev_vm_command(vm, KVM_SEV_INIT2, &init);
	return sev_vm_command(vm, vm->type == SEV_TYPE_SEV ? KVM_SEV_INIT : KVM_SEV_ES_INIT, NULL);
}

struct sev_outcome sev_vm_add_vcpu(struct sev_vm *vm)
{
	vm->vcpu_fd = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	return outcome(vm->vcpu_fd < 0 ? -1 : 0, 0);
}

struct sev_outcome sev_vm_register(struct sev_vm *vm, uint64_t addr, uint64_t size)
{
	struct kvm_enc_region region = { .addr = addr, .size = size };

	return outcome(ioctl(vm->fd, KVM_MEMORY_ENCRYPT_REG_REGION, &region), 0);
}

struct sev_outcome sev_vm_unregister(struct sev_vm *vm, uint64_t addr, uint64_t size)
{
	struct kvm_enc_region region = { .addr = addr, .size = size };

	return outcome(ioctl(vm->fd, KVM_MEMORY_ENCRYPT_UNREG_REGION, &region), 0);
}

struct sev_outcome sev_vm_prefault(struct sev_vm *vm, uint64_t addr, uint64_t size)
{
	struct kvm_pre_fault_memory range = { .gpa = addr, .size = size };
	int ret;

	/* It goes as far as it gets before a signal, and says how much is left. */
	do {
		ret = ioctl(vm->vcpu_fd, KVM_PRE_FAULT_MEMORY, &range);
	} while (range.size && (!ret || errno == EINTR || errno == EAGAIN));
	return outcome(ret, 0);
}

struct sev_outcome sev_vm_punch(struct sev_vm *vm, uint64_t addr, uint64_t size)
{
	return outcome(fallocate(vm->memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, addr, size),
		       0);
}

static struct sev_outcome take_context(struct sev_vm *vm, uint32_t cap, const struct sev_vm *source)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { source->fd } };
	struct sev_outcome out = outcome(ioctl(vm->fd, KVM_ENABLE_CAP, &enable), 0);

	if (!out.err)
		vm->handle = source->handle;
	return out;
}

struct sev_outcome sev_vm_mirror(struct sev_vm *vm, const struct sev_vm *source)
{
	return take_context(vm, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, source);
}

struct sev_outcome sev_vm_migrate(struct sev_vm *vm, const struct sev_vm *source)
{
	return take_context(vm, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, source);
}

struct sev_outcome sev_host_certificates(const struct sev_host *host, void **pdh, uint32_t *pdh_len,
					 void **chain, uint32_t *chain_len)
{
	struct sev_user_data_pdh_cert_export export = { 0 };
	struct sev_issue_cmd cmd = {
		.cmd = SEV_PDH_CERT_EXPORT,
		.data = (uintptr_t)&export,
	};
	struct sev_outcome out;

	*pdh = NULL;
	*chain = NULL;

	/* Without buffers the firmware refuses with INVALID_LEN and says how long they must be. */
	ioctl(host->sev_fd, SEV_ISSUE_CMD, &cmd);
	if (!export.pdh_cert_len || !export.cert_chain_len) {
		errno = EIO;
		return outcome(-1, cmd.error);
	}

	*pdh = calloc(1, export.pdh_cert_len);
	*chain = calloc(1, export.cert_chain_len);
	if (!*pdh || !*chain)
		goto fail;

	export.pdh_cert_address = (uintptr_t)*pdh;
	export.cert_chain_address = (uintptr_t)*chain;
	if (ioctl(host->sev_fd, SEV_ISSUE_CMD, &cmd))
		goto fail;

	*pdh_len = export.pdh_cert_len;
	*chain_len = export.cert_chain_len;
	return outcome(0, cmd.error);
fail:
	out = outcome(-1, cmd.error);
	free(*pdh);
	free(*chain);
	*pdh = NULL;
	*chain = NULL;
	return out;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SEV VM driven by KVM's ioctls alone: what a VMM does, and nothing in between.
 */
#ifndef SEVADM_SEV_VM_H
#define SEVADM_SEV_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEV_PAGE_SIZE	4096UL

enum sev_type {
	SEV_TYPE_SEV,
	SEV_TYPE_SEV_ES,
	SEV_TYPE_SEV_SNP,	/* only with SEV_INIT_2 */
};

/* Which ioctl makes the VM a SEV VM. */
enum sev_init {
	SEV_INIT_LEGACY,	/* KVM_SEV_INIT or KVM_SEV_ES_INIT, by the type */
	SEV_INIT_2,		/* KVM_SEV_INIT2 */
};

/* How a call ended: @err is the errno (0: it did not fail), @fw_error the firmware's status. */
struct sev_outcome {
	int ret;
	int err;
	uint32_t fw_error;
};

struct sev_host {
	int kvm_fd;
	int sev_fd;
};

struct sev_vm {
	const struct sev_host *host;
	enum sev_type type;
	enum sev_init init;
	int fd;			/* -1: there is no such VM */
	int vcpu_fd;		/* -1: it has no vCPU */
	int memfd;		/* an SNP guest's private memory; -1: none */
	uint8_t *memory;	/* its shared memory, which it never uses */
	size_t size;
	uint32_t handle;
};

/* Both devices, or NULL and errno; @missing then names the one that failed. */
bool sev_host_open(struct sev_host *host, const char **missing);
void sev_host_close(struct sev_host *host);
bool sev_host_has_init2(const struct sev_host *host);
bool sev_host_has_snp(const struct sev_host *host);

/* @size bytes of guest memory in slot 0; 0: a VM without memory. */
struct sev_outcome sev_vm_create(struct sev_vm *vm, const struct sev_host *host,
				 enum sev_type type, enum sev_init init, size_t size);
/* To one that has none: slot 0. */
struct sev_outcome sev_vm_add_memory(struct sev_vm *vm, size_t size);
/* The memory stays mapped: it is the process's, and other VMs may share it. */
void sev_vm_close(struct sev_vm *vm);
void sev_vm_free_memory(struct sev_vm *vm);

struct sev_outcome sev_vm_init(struct sev_vm *vm);
struct sev_outcome sev_vm_add_vcpu(struct sev_vm *vm);
/* KVM_MEMORY_ENCRYPT_OP: @id is an enum sev_cmd_id, @data its structure. */
struct sev_outcome sev_vm_command(struct sev_vm *vm, unsigned int id, void *data);
struct sev_outcome sev_vm_register(struct sev_vm *vm, uint64_t addr, uint64_t size);
struct sev_outcome sev_vm_unregister(struct sev_vm *vm, uint64_t addr, uint64_t size);
/* @vm, not a SEV VM yet, becomes a mirror of @source. */
struct sev_outcome sev_vm_mirror(struct sev_vm *vm, const struct sev_vm *source);
/* @vm, not a SEV VM yet, takes over what @source is. */
struct sev_outcome sev_vm_migrate(struct sev_vm *vm, const struct sev_vm *source);
/* Of an SNP VM: pages of guest_memfd, by guest address. */
struct sev_outcome sev_vm_prefault(struct sev_vm *vm, uint64_t addr, uint64_t size);
struct sev_outcome sev_vm_punch(struct sev_vm *vm, uint64_t addr, uint64_t size);
/* SEV_PDH_CERT_EXPORT: the platform's key and its chain, each malloc()ed. */
struct sev_outcome sev_host_certificates(const struct sev_host *host, void **pdh, uint32_t *pdh_len,
					 void **chain, uint32_t *chain_len);

#endif /* SEVADM_SEV_VM_H */

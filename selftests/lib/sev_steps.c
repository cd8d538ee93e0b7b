// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of a launch, and the table that names them.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sev_abi.h"
#include "sev_steps.h"
#include "snp_steps.h"

#define LAUNCH_DATA_BYTES	(64 * 1024UL)
/* LAUNCH_SECRET's packet header (55766, "LAUNCH_SECRET"): FLAGS, IV, MAC. */
#define SECRET_HEADER_BYTES	(4 + 16 + 32)
#define SECRET_BYTES		16
#define AMD_CERTS_BYTES		4096
#define HUGE_BYTES		(2UL << 20)

static struct sev_outcome failed(int err)
{
	return (struct sev_outcome) { .ret = -1, .err = err };
}

static struct sev_vm *current_vm(struct sev_launch *l)
{
	return &l->vms[l->current];
}

/* A VM of the launch's type; its index, or -1 with the reason in @out. */
static int new_vm(struct sev_launch *l, size_t memory, struct sev_outcome *out)
{
	int index = l->spare;

	if (index >= 0) {
		l->spare = -1;
		*out = memory ? sev_vm_add_memory(&l->vms[index], memory) :
				(struct sev_outcome) { 0 };
		return out->err ? -1 : index;
	}
	index = l->vm_count;
	if (index == SEV_VMS_MAX) {
		*out = failed(ENOSPC);
		return -1;
	}
	*out = sev_vm_create(&l->vms[index], &l->host, l->options.type, l->options.init, memory);
	if (out->err)
		return -1;
	l->vm_count++;
	return index;
}

static struct sev_outcome close_vm(struct sev_launch *l, int *index)
{
	if (*index < 0 || l->vms[*index].fd < 0)
		return failed(ENOENT);
	sev_vm_close(&l->vms[*index]);
	*index = -1;
	return (struct sev_outcome) { 0 };
}

/* ---- one VM --------------------------------------------------------------------------------- */

static struct sev_outcome step_create(struct sev_launch *l)
{
	struct sev_outcome out;
	int index = new_vm(l, l->options.memory, &out);

	if (index >= 0) {
		l->current = index;
		l->registered = 0;
	}
	return out;
}

static struct sev_outcome step_spare(struct sev_launch *l)
{
	struct sev_outcome out;

	l->spare = new_vm(l, 0, &out);
	return out;
}

static struct sev_outcome step_init(struct sev_launch *l)
{
	return sev_vm_init(current_vm(l));
}

static struct sev_outcome step_vcpu(struct sev_launch *l)
{
	return sev_vm_add_vcpu(current_vm(l));
}

static struct sev_outcome step_close(struct sev_launch *l)
{
	int index = l->current;

	return close_vm(l, &index);
}

/* ---- regions -------------------------------------------------------------------------------- */

static void region(const struct sev_launch *l, unsigned int index, uint64_t *addr, uint64_t *size)
{
	uint64_t pages = l->options.memory / SEV_PAGE_SIZE / l->options.regions;

	*addr = (uintptr_t)l->vms[l->current].memory + index * pages * SEV_PAGE_SIZE;
	*size = pages * SEV_PAGE_SIZE;
}

static struct sev_outcome step_register(struct sev_launch *l)
{
	struct sev_outcome out = { 0 };
	uint64_t addr, size;

	for (; l->registered < l->options.regions; l->registered++) {
		region(l, l->registered, &addr, &size);
		out = sev_vm_register(current_vm(l), addr, size);
		if (out.err)
			break;
	}
	return out;
}

static struct sev_outcome step_unregister(struct sev_launch *l)
{
	struct sev_outcome out = { 0 };
	uint64_t addr, size;

	for (; l->registered; l->registered--) {
		region(l, l->registered - 1, &addr, &size);
		out = sev_vm_unregister(current_vm(l), addr, size);
		if (out.err)
			break;
	}
	return out;
}

/* Neither end is on a page boundary: 3 pages are touched by little more than one page's bytes. */
static void unaligned_region(struct sev_launch *l, uint64_t *addr, uint64_t *size)
{
	*addr = (uintptr_t)current_vm(l)->memory + SEV_PAGE_SIZE - 0x123;
	*size = SEV_PAGE_SIZE + 0x246;
}

static struct sev_outcome step_register_unaligned(struct sev_launch *l)
{
	uint64_t addr, size;

	unaligned_region(l, &addr, &size);
	return sev_vm_register(current_vm(l), addr, size);
}

static struct sev_outcome step_unregister_unaligned(struct sev_launch *l)
{
	uint64_t addr, size;

	unaligned_region(l, &addr, &size);
	return sev_vm_unregister(current_vm(l), addr, size);
}

/* KVM neither merges nor refuses: what is registered twice is pinned and counted twice. */
static struct sev_outcome step_register_overlapping(struct sev_launch *l)
{
	struct sev_vm *vm = current_vm(l);

	return sev_vm_register(vm, (uintptr_t)vm->memory, vm->size / 2 + SEV_PAGE_SIZE);
}

/* Memory of huge pages where the host has any: KVM counts the small pages that they are made of. */
static struct sev_outcome step_register_huge(struct sev_launch *l)
{
	uintptr_t area;

	if (!l->huge) {
		l->huge_area = mmap(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (l->huge_area == MAP_FAILED)
			return failed(errno);
		area = ((uintptr_t)l->huge_area + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
		l->huge = (uint8_t *)area;
		madvise(l->huge, HUGE_BYTES, MADV_HUGEPAGE);
		memset(l->huge, 1, HUGE_BYTES);
	}
	return sev_vm_register(current_vm(l), (uintptr_t)l->huge, HUGE_BYTES);
}

static struct sev_outcome step_unregister_huge(struct sev_launch *l)
{
	return sev_vm_unregister(current_vm(l), (uintptr_t)l->huge, HUGE_BYTES);
}

static struct sev_outcome step_unregister_unknown(struct sev_launch *l)
{
	return sev_vm_unregister(current_vm(l), (uintptr_t)l->scratch, SEV_PAGE_SIZE);
}

static struct sev_outcome step_register_unmapped(struct sev_launch *l)
{
	/* The first page can be pinned, the next ones cannot: pin_user_pages_fast() gives 1. */
	return sev_vm_register(current_vm(l), (uintptr_t)l->scratch, 4 * SEV_PAGE_SIZE);
}

/* glibc has no wrapper, and libcap would be a library for one bit. */
static int set_ipc_lock(bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return -1;
	if (on)
		data[0].effective |= data[0].permitted & (1U << CAP_IPC_LOCK);
	else
		data[0].effective &= ~(1U << CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data);
}

/* Without CAP_IPC_LOCK, under a limit of one page: KVM's own check must refuse. */
static struct sev_outcome step_register_over_limit(struct sev_launch *l)
{
	struct sev_vm *vm = current_vm(l);
	struct rlimit before, one_page;
	struct sev_outcome out;

	if (getrlimit(RLIMIT_MEMLOCK, &before))
		return failed(errno);
	one_page = before;
	one_page.rlim_cur = SEV_PAGE_SIZE;

	if (setrlimit(RLIMIT_MEMLOCK, &one_page) || set_ipc_lock(false))
		return failed(errno);
	out = sev_vm_register(vm, (uintptr_t)vm->memory, vm->size);
	if (set_ipc_lock(true) || setrlimit(RLIMIT_MEMLOCK, &before))
		return failed(errno);
	return out;
}

/* ---- launch --------------------------------------------------------------------------------- */

static struct sev_outcome step_launch_start(struct sev_launch *l)
{
	struct kvm_sev_launch_start start = { .policy = l->options.policy };
	struct sev_outcome out = sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_START, &start);

	if (!out.err)
		current_vm(l)->handle = start.handle;
	return out;
}

/* KVM asks the firmware for a second guest, which it cannot bind to the ASID, and gives it up. */
static struct sev_outcome step_launch_again(struct sev_launch *l)
{
	struct kvm_sev_launch_start start = { .policy = l->options.policy };

	return sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_START, &start);
}

/* KVM can read the request and not write its answer: by then the guest is there. */
static struct sev_outcome step_launch_unwritable(struct sev_launch *l)
{
	struct kvm_sev_launch_start *start = mmap(NULL, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE,
						  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sev_outcome out;

	if (start == MAP_FAILED)
		return failed(errno);
	start->policy = l->options.policy;
	mprotect(start, SEV_PAGE_SIZE, PROT_READ);
	out = sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_START, start);
	munmap(start, SEV_PAGE_SIZE);
	return out;
}

static struct sev_outcome step_launch_update_data(struct sev_launch *l)
{
	struct sev_vm *vm = current_vm(l);
	struct kvm_sev_launch_update_data data = {
		.uaddr = (uintptr_t)vm->memory,
		.len = vm->size < LAUNCH_DATA_BYTES ? vm->size : LAUNCH_DATA_BYTES,
	};

	return sev_vm_command(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data);
}

static struct sev_outcome step_launch_update_vmsa(struct sev_launch *l)
{
	return sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_UPDATE_VMSA, NULL);
}

static struct sev_outcome step_measure(struct sev_launch *l)
{
	struct kvm_sev_launch_measure measure = { 0 };
	uint8_t blob[1024];

	/* As every VMM does: first ask for the length, which the firmware answers as an error. */
	sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_MEASURE, &measure);
	if (measure.len > sizeof(blob))
		return failed(EMSGSIZE);
	measure.uaddr = (uintptr_t)blob;
	return sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_MEASURE, &measure);
}

/* The guest's owner has no key to the session, so the firmware must refuse the packet. */
static struct sev_outcome step_secret(struct sev_launch *l)
{
	uint8_t header[SECRET_HEADER_BYTES] = { 0 }, secret[SECRET_BYTES] = { 0 };
	struct kvm_sev_launch_secret packet = {
		.hdr_uaddr = (uintptr_t)header,
		.hdr_len = sizeof(header),
		.guest_uaddr = (uintptr_t)current_vm(l)->memory,
		.guest_len = sizeof(secret),
		.trans_uaddr = (uintptr_t)secret,
		.trans_len = sizeof(secret),
	};

	return sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_SECRET, &packet);
}

static struct sev_outcome step_finish(struct sev_launch *l)
{
	return sev_vm_command(current_vm(l), KVM_SEV_LAUNCH_FINISH, NULL);
}

/* ---- a guest that runs ---------------------------------------------------------------------- */

static struct sev_outcome step_status(struct sev_launch *l)
{
	struct kvm_sev_guest_status status = { 0 };

	return sev_vm_command(current_vm(l), KVM_SEV_GUEST_STATUS, &status);
}

static struct sev_outcome debug(struct sev_launch *l, struct sev_vm *vm, bool encrypt)
{
	uintptr_t guest = (uintptr_t)current_vm(l)->memory, host = (uintptr_t)l->scratch;
	struct kvm_sev_dbg dbg = {
		.src_uaddr = encrypt ? host : guest,
		.dst_uaddr = encrypt ? guest : host,
		.len = SEV_PAGE_SIZE,
	};

	return sev_vm_command(vm, encrypt ? KVM_SEV_DBG_ENCRYPT : KVM_SEV_DBG_DECRYPT, &dbg);
}

static struct sev_outcome step_dbg_decrypt(struct sev_launch *l)
{
	return debug(l, current_vm(l), false);
}

static struct sev_outcome step_dbg_encrypt(struct sev_launch *l)
{
	return debug(l, current_vm(l), true);
}

static struct sev_outcome step_attestation(struct sev_launch *l)
{
	struct kvm_sev_attestation_report report = { 0 };
	uint8_t blob[4096];

	sev_vm_command(current_vm(l), KVM_SEV_GET_ATTESTATION_REPORT, &report);
	if (report.len > sizeof(blob))
		return failed(EMSGSIZE);
	report.uaddr = (uintptr_t)blob;
	return sev_vm_command(current_vm(l), KVM_SEV_GET_ATTESTATION_REPORT, &report);
}

/* ---- several VMs: mirrors and intra-host migration ------------------------------------------ */

static struct sev_outcome step_mirror(struct sev_launch *l)
{
	struct sev_outcome out;
	int index = new_vm(l, 0, &out);

	if (index < 0)
		return out;
	l->mirror = index;
	return sev_vm_mirror(&l->vms[index], current_vm(l));
}

static struct sev_outcome step_mirror_dbg(struct sev_launch *l)
{
	if (l->mirror < 0)
		return failed(ENOENT);
	return debug(l, &l->vms[l->mirror], false);
}

static struct sev_outcome step_mirror_register(struct sev_launch *l)
{
	if (l->mirror < 0)
		return failed(ENOENT);
	return sev_vm_register(&l->vms[l->mirror], (uintptr_t)current_vm(l)->memory, SEV_PAGE_SIZE);
}

static struct sev_outcome step_close_mirror(struct sev_launch *l)
{
	return close_vm(l, &l->mirror);
}

/* The guest's memory stays mapped where it is: it is the process's, not the VM's. */
static void give_memory(struct sev_vm *to, struct sev_vm *from)
{
	to->memory = from->memory;
	to->size = from->size;
	from->memory = NULL;
	from->size = 0;
}

/* A new VM takes over @from; its index, or -1 with the reason in @out. */
static int migrate(struct sev_launch *l, int from, struct sev_outcome *out)
{
	int index = new_vm(l, 0, out);
	struct sev_vm *vm;

	if (index < 0)
		return -1;
	vm = &l->vms[index];
	/* A SEV-ES guest's VMSAs move too: KVM wants as many vCPUs at the destination. */
	if (l->vms[from].vcpu_fd >= 0 && l->options.type == SEV_TYPE_SEV_ES)
		*out = sev_vm_add_vcpu(vm);
	if (!out->err)
		*out = sev_vm_migrate(vm, &l->vms[from]);
	if (out->err) {
		sev_vm_close(vm);
		return -1;
	}
	give_memory(vm, &l->vms[from]);
	return index;
}

static struct sev_outcome step_migrate(struct sev_launch *l)
{
	struct sev_outcome out;
	int index = migrate(l, l->current, &out);

	if (index >= 0) {
		l->source = l->current;
		l->current = index;
	}
	return out;
}

static struct sev_outcome step_migrate_mirror(struct sev_launch *l)
{
	struct sev_outcome out = failed(ENOENT);
	int index = l->mirror < 0 ? -1 : migrate(l, l->mirror, &out);

	if (index >= 0) {
		l->source = l->mirror;
		l->mirror = index;
	}
	return out;
}

static struct sev_outcome step_close_source(struct sev_launch *l)
{
	return close_vm(l, &l->source);
}

/* ---- migration through the firmware: SEND and RECEIVE --------------------------------------- */

static void take_blob(struct sev_blob *blob, uint32_t len)
{
	free(blob->data);
	blob->data = calloc(1, len);
	blob->len = blob->data ? len : 0;
}

static struct sev_outcome step_send_start(struct sev_launch *l)
{
	static uint8_t amd_certs[AMD_CERTS_BYTES];
	struct kvm_sev_send_start start = { 0 };
	struct sev_outcome out;

	if (!l->pdh.data) {
		out = sev_host_certificates(&l->host, &l->pdh.data, &l->pdh.len, &l->chain.data,
					    &l->chain.len);
		if (out.err)
			return out;
	}

	out = sev_vm_command(current_vm(l), KVM_SEV_SEND_START, &start);
	if (!start.session_len)
		return out;
	take_blob(&l->session, start.session_len);

	start = (struct kvm_sev_send_start) {
		.pdh_cert_uaddr = (uintptr_t)l->pdh.data,
		.pdh_cert_len = l->pdh.len,
		.plat_certs_uaddr = (uintptr_t)l->chain.data,
		.plat_certs_len = l->chain.len,
		.amd_certs_uaddr = (uintptr_t)amd_certs,
		.amd_certs_len = sizeof(amd_certs),
		.session_uaddr = (uintptr_t)l->session.data,
		.session_len = l->session.len,
	};
	return sev_vm_command(current_vm(l), KVM_SEV_SEND_START, &start);
}

static struct sev_outcome step_send_update_data(struct sev_launch *l)
{
	struct kvm_sev_send_update_data data = { 0 };
	struct sev_outcome out = sev_vm_command(current_vm(l), KVM_SEV_SEND_UPDATE_DATA, &data);

	if (!data.hdr_len)
		return out;
	take_blob(&l->header, data.hdr_len);
	take_blob(&l->transport, SEV_PAGE_SIZE);

	data = (struct kvm_sev_send_update_data) {
		.hdr_uaddr = (uintptr_t)l->header.data,
		.hdr_len = l->header.len,
		.guest_uaddr = (uintptr_t)current_vm(l)->memory,
		.guest_len = SEV_PAGE_SIZE,
		.trans_uaddr = (uintptr_t)l->transport.data,
		.trans_len = l->transport.len,
	};
	return sev_vm_command(current_vm(l), KVM_SEV_SEND_UPDATE_DATA, &data);
}

static struct sev_outcome step_send_finish(struct sev_launch *l)
{
	return sev_vm_command(current_vm(l), KVM_SEV_SEND_FINISH, NULL);
}

static struct sev_outcome step_send_cancel(struct sev_launch *l)
{
	return sev_vm_command(current_vm(l), KVM_SEV_SEND_CANCEL, NULL);
}

static struct sev_outcome step_receive_start(struct sev_launch *l)
{
	struct kvm_sev_receive_start start = {
		.policy = l->options.policy,
		.pdh_uaddr = (uintptr_t)l->pdh.data,
		.pdh_len = l->pdh.len,
		.session_uaddr = (uintptr_t)l->session.data,
		.session_len = l->session.len,
	};
	struct sev_outcome out;
	struct sev_vm *vm;

	l->receiver = new_vm(l, SEV_PAGE_SIZE, &out);
	if (l->receiver < 0)
		return out;
	vm = &l->vms[l->receiver];
	out = sev_vm_init(vm);
	if (!out.err)
		out = sev_vm_command(vm, KVM_SEV_RECEIVE_START, &start);
	if (!out.err)
		vm->handle = start.handle;
	return out;
}

static struct sev_outcome step_receive_update_data(struct sev_launch *l)
{
	struct kvm_sev_receive_update_data data = {
		.hdr_uaddr = (uintptr_t)l->header.data,
		.hdr_len = l->header.len,
		.guest_len = SEV_PAGE_SIZE,
		.trans_uaddr = (uintptr_t)l->transport.data,
		.trans_len = l->transport.len,
	};

	if (l->receiver < 0)
		return failed(ENOENT);
	data.guest_uaddr = (uintptr_t)l->vms[l->receiver].memory;
	return sev_vm_command(&l->vms[l->receiver], KVM_SEV_RECEIVE_UPDATE_DATA, &data);
}

static struct sev_outcome step_receive_finish(struct sev_launch *l)
{
	if (l->receiver < 0)
		return failed(ENOENT);
	return sev_vm_command(&l->vms[l->receiver], KVM_SEV_RECEIVE_FINISH, NULL);
}

static struct sev_outcome step_close_receiver(struct sev_launch *l)
{
	return close_vm(l, &l->receiver);
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct sev_step steps[] = {
	{ "create", "KVM_CREATE_VM, with memory", 0, step_create },
	{ "spare", "KVM_CREATE_VM for the step after it that takes another VM", 0, step_spare },
	{ "init", "KVM_SEV_INIT, KVM_SEV_ES_INIT or KVM_SEV_INIT2", 0, step_init },
	{ "vcpu", "KVM_CREATE_VCPU", 0, step_vcpu },
	{ "register", "register the memory, in the regions asked for", 0, step_register },
	{ "register_unaligned", "register a region off all page boundaries", 0,
	  step_register_unaligned },
	{ "register_overlapping", "register a little more than half of the memory again", 0,
	  step_register_overlapping },
	{ "register_huge", "register 2 MiB of huge pages", 0, step_register_huge },
	{ "unregister_huge", "unregister what step register_huge has registered", 0,
	  step_unregister_huge },
	{ "register_over_limit", "register under too small a RLIMIT_MEMLOCK (refused)", ENOMEM,
	  step_register_over_limit },
	{ "register_unmapped", "register a range that is mapped only in part (refused)", ENOMEM,
	  step_register_unmapped },
	{ "unregister", "unregister what step register has registered", 0, step_unregister },
	{ "unregister_unaligned", "unregister what step register_unaligned has registered", 0,
	  step_unregister_unaligned },
	{ "unregister_unknown", "unregister what never was registered (refused)", EINVAL,
	  step_unregister_unknown },
	{ "launch_start", "KVM_SEV_LAUNCH_START", 0, step_launch_start },
	{ "launch_again", "KVM_SEV_LAUNCH_START of what is launched (refused)", EIO,
	  step_launch_again },
	{ "launch_unwritable", "KVM_SEV_LAUNCH_START with no room for its answer (refused)", EFAULT,
	  step_launch_unwritable },
	{ "launch_update_data", "KVM_SEV_LAUNCH_UPDATE_DATA", 0, step_launch_update_data },
	{ "launch_update_vmsa", "KVM_SEV_LAUNCH_UPDATE_VMSA", 0, step_launch_update_vmsa },
	{ "measure", "KVM_SEV_LAUNCH_MEASURE, its length first", 0, step_measure },
	{ "secret", "KVM_SEV_LAUNCH_SECRET with a forged packet (refused)", EIO, step_secret },
	{ "finish", "KVM_SEV_LAUNCH_FINISH", 0, step_finish },
	{ "status", "KVM_SEV_GUEST_STATUS", 0, step_status },
	{ "dbg_decrypt", "KVM_SEV_DBG_DECRYPT of one page", 0, step_dbg_decrypt },
	{ "dbg_encrypt", "KVM_SEV_DBG_ENCRYPT of one page", 0, step_dbg_encrypt },
	{ "attestation", "KVM_SEV_GET_ATTESTATION_REPORT, its length first", 0, step_attestation },
	{ "mirror", "another VM becomes a mirror of this one", 0, step_mirror },
	{ "mirror_dbg", "KVM_SEV_DBG_DECRYPT through the mirror", 0, step_mirror_dbg },
	{ "mirror_register", "register memory with the mirror (refused)", EINVAL,
	  step_mirror_register },
	{ "migrate", "another VM takes this one over", 0, step_migrate },
	{ "migrate_mirror", "another VM takes the mirror over", 0, step_migrate_mirror },
	{ "send_start", "KVM_SEV_SEND_START, its length first", 0, step_send_start },
	{ "send_update_data", "KVM_SEV_SEND_UPDATE_DATA of one page, its lengths first", 0,
	  step_send_update_data },
	{ "send_finish", "KVM_SEV_SEND_FINISH", 0, step_send_finish },
	{ "send_cancel", "KVM_SEV_SEND_CANCEL", 0, step_send_cancel },
	{ "receive_start", "a VM of its own, KVM_SEV_RECEIVE_START", 0, step_receive_start },
	{ "receive_update_data", "KVM_SEV_RECEIVE_UPDATE_DATA of what was sent", 0,
	  step_receive_update_data },
	{ "receive_finish", "KVM_SEV_RECEIVE_FINISH", 0, step_receive_finish },
	{ "snp_start", "KVM_SEV_SNP_LAUNCH_START", 0, step_snp_start },
	{ "snp_update", "KVM_SEV_SNP_LAUNCH_UPDATE of the first 64 KiB", 0, step_snp_update },
	{ "snp_finish", "KVM_SEV_SNP_LAUNCH_FINISH", 0, step_snp_finish },
	{ "snp_prefault", "KVM_PRE_FAULT_MEMORY of all memory", 0, step_snp_prefault },
	{ "snp_punch", "punch a hole into guest_memfd: its last 64 KiB", 0, step_snp_punch },
	{ "close", "close the VM", 0, step_close },
	{ "close_mirror", "close the mirror", 0, step_close_mirror },
	{ "close_source", "close the VM that was migrated away from", 0, step_close_source },
	{ "close_receiver", "close the VM that received", 0, step_close_receiver },
	{ 0 }
};

const struct sev_step *sev_step_all(void)
{
	return steps;
}

const struct sev_step *sev_step_find(const char *name)
{
	const struct sev_step *step;

	for (step = steps; step->name; step++)
		if (!strcmp(step->name, name))
			return step;
	return NULL;
}

int sev_steps_parse(const char *list, const struct sev_step **found, char **wrong)
{
	char *copy = strdup(list), *rest = copy, *word;
	int count = 0;

	*wrong = NULL;
	while (copy && (word = strsep(&rest, ","))) {
		char *star = strchr(word, '*'), *end = NULL;
		unsigned long times = star ? strtoul(star + 1, &end, 10) : 1;
		const struct sev_step *step;

		if (star)
			*star = '\0';
		step = sev_step_find(word);
		if (!step || (star && (*end || end == star + 1))) {
			*wrong = strdup(word);
			count = -1;
			break;
		}
		if (times > (unsigned long)(SEV_STEPS_MAX - count)) {
			count = -1;
			break;
		}
		while (times--)
			found[count++] = step;
	}
	free(copy);
	return copy ? count : -1;
}

const char *sev_steps_launch(enum sev_type type)
{
	if (type == SEV_TYPE_SEV_SNP)
		return "create,init,vcpu,snp_start,snp_update,snp_finish";
	if (type == SEV_TYPE_SEV)
		return "create,init,vcpu,register,launch_start,launch_update_data,measure,finish";
	return "create,init,vcpu,register,launch_start,launch_update_data,launch_update_vmsa,"
	       "measure,finish";
}

bool sev_launch_open(struct sev_launch *l, const struct sev_launch_options *options,
		     const char **missing)
{
	*l = (struct sev_launch) {
		.options = *options,
		.spare = -1,
		.mirror = -1,
		.source = -1,
		.receiver = -1,
	};
	/* Until step create: every call ends with EBADF. */
	l->vms[0] = (struct sev_vm) { .host = &l->host, .fd = -1, .vcpu_fd = -1, .memfd = -1 };

	/* Only the first page can be reached: see step_register_unmapped(). */
	*missing = "memory";
	l->scratch = mmap(NULL, 4 * SEV_PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l->scratch == MAP_FAILED)
		return false;
	if (mprotect(l->scratch + SEV_PAGE_SIZE, 3 * SEV_PAGE_SIZE, PROT_NONE))
		return false;

	return sev_host_open(&l->host, missing);
}

void sev_launch_close(struct sev_launch *l)
{
	unsigned int i;

	for (i = 0; i < l->vm_count; i++) {
		sev_vm_close(&l->vms[i]);
		sev_vm_free_memory(&l->vms[i]);
	}
	sev_host_close(&l->host);
	munmap(l->scratch, 4 * SEV_PAGE_SIZE);
	if (l->huge)
		munmap(l->huge_area, 2 * HUGE_BYTES);
	free(l->pdh.data);
	free(l->chain.data);
	free(l->session.data);
	free(l->header.data);
	free(l->transport.data);
}

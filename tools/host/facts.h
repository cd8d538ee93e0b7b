/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts about a host: what `sevadm check host` found out, and what checks of guests need to know.
 * They are gathered here or loaded from what `check host -j` printed elsewhere; rules only ever see
 * facts. What could not be found out is unknown, and says why.
 */
#ifndef SEVADM_HOST_FACTS_H
#define SEVADM_HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/** enum host_fact_id - one fact; its key in JSON and its meaning: the table in host_facts.c */
enum host_fact_id {
	HOST_NAME,
	HOST_TIME,
	HOST_SEVADM,
	HOST_KERNEL,
	HOST_COMMAND_LINE,
	HOST_CONTAINER,
	HOST_UEFI,
	HOST_MEMORY_BYTES,
	HOST_HUGEPAGES_2M_FREE,
	HOST_HUGEPAGES_1G_FREE,

	HOST_CPU_VENDOR,
	HOST_CPU_NAME,
	HOST_CPU_SVM,
	HOST_CPU_SME,
	HOST_CPU_SEV,
	HOST_CPU_SEV_ES,
	HOST_CPU_SEV_SNP,
	HOST_C_BIT,
	HOST_REDUCED_PHYS_BITS,
	HOST_MAX_ASID,
	HOST_MIN_SEV_ASID,
	HOST_SYSCFG_SMEE,
	HOST_SYSCFG_SNPEN,
	HOST_HWCR_SMMLOCK,
	HOST_SVM_DISABLED,

	HOST_CCP,
	HOST_KVM_AMD,
	HOST_KVM_AMD_INSTALLED,
	HOST_SEV,
	HOST_SEV_ES,
	HOST_SEV_SNP,
	HOST_CONFIGURED_SEV,
	HOST_CONFIGURED_SEV_ES,
	HOST_CONFIGURED_SEV_SNP,

	HOST_DEV_KVM,
	HOST_DEV_SEV,
	HOST_QEMU_USER,
	HOST_DEV_KVM_USABLE,
	HOST_DEV_SEV_USABLE,

	HOST_FIRMWARE_API_MAJOR,
	HOST_FIRMWARE_API_MINOR,
	HOST_FIRMWARE_BUILD,
	HOST_FIRMWARE_STATE,
	HOST_FIRMWARE_GUESTS,
	HOST_FIRMWARE_ERROR,

	HOST_MISC_CONTROLLER,
	HOST_MISC_SEV_CAPACITY,
	HOST_MISC_SEV_CURRENT,
	HOST_MISC_SEV_ES_CAPACITY,
	HOST_MISC_SEV_ES_CURRENT,
	HOST_IOMMU,
	HOST_SWIOTLB_BYTES,

	HOST_LIBVIRT_DAEMON,
	HOST_LIBVIRT_PID,
	HOST_MEMLOCK_LIBVIRT_BYTES,
	HOST_MEMLOCK_LIBVIRT_SOURCE,
	HOST_MEMLOCK_LIBVIRT_UNIT_BYTES,
	HOST_MEMLOCK_LIBVIRT_UNIT_SOURCE,
	HOST_MEMLOCK_SESSION_BYTES,
	HOST_MEMLOCK_SESSION_SOURCE,
	HOST_MEMLOCK_HERE_BYTES,

	HOST_LIBVIRT_VERSION,
	HOST_LIBVIRT_SEV,
	HOST_LIBVIRT_C_BIT,
	HOST_LIBVIRT_REDUCED_PHYS_BITS,
	HOST_LIBVIRT_MAX_GUESTS,
	HOST_LIBVIRT_MAX_ES_GUESTS,
	HOST_QEMU,
	HOST_QEMU_VERSION,
	HOST_QEMU_SEV,
	HOST_QEMU_C_BIT,
	HOST_QEMU_REDUCED_PHYS_BITS,
	HOST_OVMF_SEV,
	HOST_OVMF_SEV_ES,
	HOST_OVMF_SEV_SNP,

	HOST_KVM_VM_TYPES,
	HOST_GUEST_MEMFD,
	HOST_CIPHERTEXT_HIDING_ASIDS,
	HOST_RMP_BYTES,
	HOST_MEMORY_TOP_BYTES,
	HOST_SNP_API_MAJOR,
	HOST_SNP_API_MINOR,
	HOST_SNP_BUILD,
	HOST_SNP_STATE,
	HOST_SNP_GUESTS,
	HOST_SNP_TCB_CURRENT,
	HOST_SNP_TCB_REPORTED,
	HOST_MITIGATIONS_SUPPORTED,
	HOST_MITIGATIONS_VERIFIED,
	HOST_CRASH_KERNEL_BYTES,

	HOST_FACT_NR,
};

/* A limit that is none: "unlimited" in JSON. */
#define HOST_UNLIMITED	UINT64_MAX

/**
 * struct host_fact - the value of a fact
 * @known: it was found out
 * @number: of a number, a size, or a truth value (0, 1)
 * @text: of a text; owned by the facts
 * @why: why it is not known, or NULL; owned by the facts
 */
struct host_fact {
	bool known;
	uint64_t number;
	char *text;
	char *why;
};

struct host_facts {
	struct host_fact facts[HOST_FACT_NR];
};

/** host_is() - true: the fact is known to be true */
bool host_is(const struct host_facts *facts, enum host_fact_id id);

/** host_is_not() - true: the fact is known to be false */
bool host_is_not(const struct host_facts *facts, enum host_fact_id id);

/** host_number() - true: known, and *@number is its value (also of sizes) */
bool host_number(const struct host_facts *facts, enum host_fact_id id, uint64_t *number);

/** host_text() - its text, NULL: not known */
const char *host_text(const struct host_facts *facts, enum host_fact_id id);

/** host_why() - why it is not known; never NULL */
const char *host_why(const struct host_facts *facts, enum host_fact_id id);

/** host_key() - its key in JSON */
const char *host_key(enum host_fact_id id);

void host_set_number(struct host_facts *facts, enum host_fact_id id, uint64_t number);
void host_set_text(struct host_facts *facts, enum host_fact_id id, const char *text);
void host_set_unknown(struct host_facts *facts, enum host_fact_id id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** host_facts_json() - {KEY: VALUE or null, …, "unknown": {KEY: why, …}}; the caller puts it */
struct json_object *host_facts_json(const struct host_facts *facts);

/**
 * host_facts_gather() - find out about this host
 * @root: "" or the folder that stands for / in tests (see host_root())
 */
void host_facts_gather(const char *root, struct host_facts *facts);

/**
 * host_facts_gather_limits() - kernel, memory and limits alone, which asks no other program
 *
 * A hook of libvirt's must not ask libvirt, which waits for it.
 */
void host_facts_gather_limits(const char *root, struct host_facts *facts);

/**
 * host_facts_gather_qemu() - the version of its QEMU, as the program says it
 *
 * It asks no libvirt, and needs no KVM. No domain decides which program that is: who wrote one is
 * not to choose what root runs.
 */
void host_facts_gather_qemu(const char *root, struct host_facts *facts);

/* Bits of KVM_CAP_VM_TYPES: KVM_X86_SEV_ES_VM and KVM_X86_SNP_VM of KVM's uapi header. */
#define HOST_VM_TYPE_SEV_ES	(1U << 3)
#define HOST_VM_TYPE_SNP	(1U << 4)

/** host_vm_types() - return what this host's KVM offers: KVM_CAP_VM_TYPES; 0: not known */
unsigned int host_vm_types(void);

/**
 * host_es_refused() - return true if KVM offers SEV-SNP and, as the firmware refuses it, no SEV-ES
 */
static inline bool host_es_refused(unsigned int vm_types)
{
	return vm_types & HOST_VM_TYPE_SNP && !(vm_types & HOST_VM_TYPE_SEV_ES);
}

/**
 * snp_tcb() - ask the firmware for its TCB, and for the one that it names in guests' reports
 *
 * Return: false if it says neither within a second: it is busy, dead, or not one with SNP.
 */
bool snp_tcb(uint64_t *current, uint64_t *reported);

/** host_root() - return the folder that stands for /: $SEVADM_SYSROOT, or "" */
const char *host_root(void);

/**
 * load_host_facts() - read what `sevadm check host -j` printed, or its "facts" alone
 *
 * Facts that the file lacks are unknown; keys that are not known here are left out.
 *
 * Return: an exit code, and reports what is wrong with the file.
 */
int load_host_facts(const char *path, struct host_facts *facts);

/** host_facts_free() - free what the facts own */
void host_facts_free(struct host_facts *facts);

#endif /* SEVADM_HOST_FACTS_H */

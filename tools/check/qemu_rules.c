// SPDX-License-Identifier: GPL-2.0-only
/* The rules of a command line of QEMU's that are about any encrypted guest. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <linux/capability.h>

#include "check/guest_host.h"
#include "check/qemu.h"
#include "cli/output.h"
#include "report/files.h"
#include "sev/names.h"
#include "sev/policy.h"

#define FOR_SEV		(1U << SEVADM_VM_TYPE_SEV)
#define FOR_ES		(1U << SEVADM_VM_TYPE_SEV_ES)
#define FOR_SNP		(1U << SEVADM_VM_TYPE_SEV_SNP)
#define FOR_ALL		(FOR_SEV | FOR_ES | FOR_SNP)

static void judge_object(const struct qemu *qemu, const struct rule *rule)
{
	if (!qemu->object && !qemu->other)
		finding_add(qemu->target, rule, 0, "there is no -object sev-guest or sev-snp-guest");
}

static void judge_other(const struct qemu *qemu, const struct rule *rule)
{
	if (!qemu->object && qemu->other)
		finding_add(qemu->target, rule, 0, "the guest is one of %s, which is not judged here",
			    qemu->other);
}

static void judge_host_type(const struct qemu *qemu, const struct rule *rule)
{
	const char *why = qemu->host ? host_refuses_type(qemu->host, qemu->type) : NULL;

	if (why)
		finding_add(qemu->target, rule, 0, "%s", why);
}

static void judge_policy_host(const struct qemu *qemu, const struct rule *rule)
{
	uint64_t policy;
	char text[160];

	if (qemu->host && qemu_is_number(qemu_property(qemu->object, "policy"), &policy) &&
	    host_refuses_policy(qemu->host, qemu->type, policy, text, sizeof(text)))
		finding_add(qemu->target, rule, 0, "%s", text);
}

static void judge_machine(const struct qemu *qemu, const struct rule *rule)
{
	char id[256];
	const char *used;

	snprintf(id, sizeof(id), "%s", qemu_property(qemu->object, "id") ?: "");
	used = qemu_machine(qemu, "memory-encryption") ?:
	       qemu_machine(qemu, "confidential-guest-support");
	if (!used)
		finding_add(qemu->target, rule, 0,
			    "-machine has neither confidential-guest-support nor memory-encryption: %s is not used",
			    id);
	else if (strcmp(used, id))
		finding_add(qemu->target, rule, 0, "-machine names the object %s, but its id is %s", used,
			    id);
}

static void judge_number(const struct qemu *qemu, const struct rule *rule, const char *key,
			 enum host_fact_id fact)
{
	const char *text = qemu_property(qemu->object, key);
	uint64_t value, real;

	if (!text)
		finding_add(qemu->target, rule, 0, "the object has no %s", key);
	else if (!qemu_is_number(text, &value) || value < 1 || value > 63)
		finding_add(qemu->target, rule, 0, "%s is %s, no number from 1 to 63", key, text);
	else if (qemu->host && host_number(qemu->host, fact, &real) && value != real)
		finding_add(qemu->target, rule, 0, "%s is %" PRIu64 ", but the host's is %" PRIu64, key,
			    value, real);
}

static void judge_cbitpos(const struct qemu *qemu, const struct rule *rule)
{
	judge_number(qemu, rule, "cbitpos", HOST_C_BIT);
}

static void judge_reduced(const struct qemu *qemu, const struct rule *rule)
{
	judge_number(qemu, rule, "reduced-phys-bits", HOST_REDUCED_PHYS_BITS);
}

/* QEMU's own default is 1 for SEV and 0x30000 for SNP. */
static void judge_policies(const struct qemu *qemu, const struct rule *rule,
			   enum policy_severity severity)
{
	const char *text = qemu_property(qemu->object, "policy");
	const struct policy_rule *row;
	uint64_t policy;

	if (!text)
		return;
	if (!qemu_is_number(text, &policy)) {
		if (severity == POLICY_ERROR)
			finding_add(qemu->target, rule, 0, "the policy %s is not a number", text);
		return;
	}
	for (row = policy_rules; row->rule; row++)
		if (row->severity == severity && policy_breaks(row, qemu->type, policy))
			finding_add(qemu->target, rule, 0, "the policy 0x%" PRIx64 " [%s]: %s", policy,
				    row->rule, row->message);
}

static void judge_policy(const struct qemu *qemu, const struct rule *rule)
{
	judge_policies(qemu, rule, POLICY_ERROR);
}

static void judge_policy_weak(const struct qemu *qemu, const struct rule *rule)
{
	judge_policies(qemu, rule, POLICY_WARNING);
}

static void judge_firmware(const struct qemu *qemu, const struct rule *rule)
{
	const bool snp = qemu->type == SEVADM_VM_TYPE_SEV_SNP;

	if (snp && qemu_has_pflash(qemu))
		finding_add(qemu->target, rule, 0, "the firmware is in pflash, which SEV-SNP cannot use");
	else if (!qemu_has_pflash(qemu) && !qemu_last(qemu, "bios") && !qemu_has_igvm(qemu))
		finding_add(qemu->target, rule, 0,
			    "there is no UEFI firmware: neither pflash nor -bios nor an IGVM file");
}

static void judge_kvm(const struct qemu *qemu, const struct rule *rule)
{
	const char *accel = qemu_machine(qemu, "accel");
	size_t i;

	for (i = 0; i < qemu->nr; i++)
		if (qemu_option_is(&qemu->options[i], "enable-kvm") ||
		    (qemu_option_is(&qemu->options[i], "accel") &&
		     !strncmp(qemu->options[i].value, "kvm", 3)))
			return;
	if (!(accel && !strncmp(accel, "kvm", 3)))
		finding_add(qemu->target, rule, 0, "KVM is not asked for: QEMU emulates by default");
}

static void judge_hashes(const struct qemu *qemu, const struct rule *rule)
{
	const char *hashes = qemu_property(qemu->object, "kernel-hashes");
	const bool on = hashes && (!strcmp(hashes, "on") || !strcmp(hashes, "true"));

	if (qemu_last(qemu, "kernel") && !on)
		finding_add(qemu->target, rule, 0, "the -kernel that is booted is not measured");
	if (!qemu_last(qemu, "kernel") && on)
		finding_add(qemu->target, rule, 0, "kernel-hashes is on, but there is no -kernel");
}

static void judge_pair(const struct qemu *qemu, const struct rule *rule)
{
	const bool cert = qemu_property(qemu->object, "dh-cert-file");
	const bool session = qemu_property(qemu->object, "session-file");

	if (cert != session)
		finding_add(qemu->target, rule, 0, "there is a %s without a %s",
			    cert ? "dh-cert-file" : "session-file",
			    cert ? "session-file" : "dh-cert-file");
}

static void judge_vfio(const struct qemu *qemu, const struct rule *rule)
{
	const bool snp = qemu->type == SEVADM_VM_TYPE_SEV_SNP;
	const struct option_text *option;

	qemu_for_each(option, qemu, "device")
		if (!strncmp(qemu_kind(option->value), "vfio-", 5))
			finding_add_as(qemu->target, rule, snp ? SEVERITY_INFO : rule->severity, 0,
				       "a device of the host is passed through: %.60s",
				       qemu_kind(option->value));
}

/* From 6.0 on QEMU sets both by itself; what is written out stays. */
static void judge_virtio(const struct qemu *qemu, const struct rule *rule)
{
	const struct option_text *option;

	qemu_for_each(option, qemu, "device") {
		const char *kind = qemu_kind(option->value);

		if (strncmp(kind, "virtio-", 7) && strncmp(kind, "vhost-", 6))
			continue;
		if (strstr(kind, "-transitional") && !strstr(kind, "-non-transitional"))
			finding_add(qemu->target, rule, 0,
				    "%s is transitional, which cannot go through the IOMMU", kind);
		else if (qemu_is_off(option->value, "disable-legacy"))
			finding_add(qemu->target, rule, 0,
				    "%s has disable-legacy=off: a legacy device cannot go through the IOMMU",
				    kind);
		else if (qemu_is_off(option->value, "iommu_platform"))
			finding_add(qemu->target, rule, 0,
				    "%s has iommu_platform=off: the guest does not share memory with it",
				    kind);
	}
}

static void judge_memory_device(const struct qemu *qemu, const struct rule *rule)
{
	static const char *const kinds[] = { "nvdimm", "virtio-pmem-pci", "virtio-mem-pci" };
	const struct option_text *option;
	size_t i;

	qemu_for_each(option, qemu, "device")
		for (i = 0; i < ARRAY_SIZE(kinds); i++)
			if (!strcmp(qemu_kind(option->value), kinds[i]))
				finding_add(qemu->target, rule, 0,
					    "memory of the kind %s is shared with the host or changes size",
					    kinds[i]);
}

static void judge_smm(const struct qemu *qemu, const struct rule *rule)
{
	const char *smm = qemu_machine(qemu, "smm");

	if (smm && !strcmp(smm, "on"))
		finding_add(qemu->target, rule, 0,
			    "-machine has smm=on, which KVM has not for such guests");
}

static void judge_irqchip(const struct qemu *qemu, const struct rule *rule)
{
	const char *machine = qemu_machine(qemu, "kernel-irqchip");
	const bool off = machine && !strcmp(machine, "off");

	if (off || qemu_is_off(qemu_last(qemu, "accel"), "kernel-irqchip"))
		finding_add(qemu->target, rule, 0,
			    "kernel-irqchip is off: KVM boots the other processors of such guests");
}

static void judge_memory_backend(const struct qemu *qemu, const struct rule *rule)
{
	const char *used = qemu_machine(qemu, "memory-backend");
	const struct option_text *option;
	char name[256];

	if (!used)
		return;
	snprintf(name, sizeof(name), "%s", used);
	qemu_for_each(option, qemu, "object") {
		used = qemu_property(option->value, "id");
		if (used && !strcmp(used, name))
			return;
	}
	finding_add(qemu->target, rule, 0, "-machine names the memory-backend %s, which no -object is",
		    name);
}

static void judge_igvm(const struct qemu *qemu, const struct rule *rule)
{
	const struct option_text *option;
	bool given = false;

	qemu_for_each(option, qemu, "object")
		given |= !strcmp(qemu_kind(option->value), "igvm-cfg");
	if (given != qemu_has_igvm(qemu))
		finding_add(qemu->target, rule, 0, given ?
			    "there is an -object igvm-cfg, but -machine does not use it" :
			    "-machine has igvm-cfg, but there is no -object igvm-cfg");
	if (!qemu_has_igvm(qemu))
		return;
	if (qemu_has_pflash(qemu))
		finding_add(qemu->target, rule, 0,
			    "the firmware is in pflash beside the IGVM file: QEMU takes one of them");
	else if (qemu_last(qemu, "bios"))
		finding_add_as(qemu->target, rule, SEVERITY_WARNING, 0,
			       "-bios is not read: the IGVM file has the firmware");
}

static bool memory_bytes(const struct qemu *qemu, uint64_t *bytes)
{
	const char *text = qemu_last(qemu, "m"), *size;
	unsigned int shift = 20;
	char *end;

	if (!text)
		return false;
	size = qemu_property(text, "size") ?: text;
	*bytes = strtoull(size, &end, 10);
	switch (toupper((unsigned char)*end)) {
	case 'K':
		shift = 10;
		break;
	case 'G':
		shift = 30;
		break;
	case 'T':
		shift = 40;
		break;
	}
	return end != size && *bytes && *bytes < 1ULL << (63 - shift) && (*bytes <<= shift);
}

/* With CAP_IPC_LOCK the limit does not count. */
static bool may_lock_all(const struct qemu *qemu)
{
	unsigned long long capabilities = 0;
	char path[64], *status, *line;
	const char *why;
	size_t size;

	strcpy(path, "/proc/self/status");
	if (qemu->pid)
		snprintf(path, sizeof(path), "/proc/%d/status", (int)qemu->pid);
	status = file_read(path, &size, &why);
	line = status ? strstr(status, "\nCapEff:") : NULL;
	if (line)
		capabilities = strtoull(line + strlen("\nCapEff:"), NULL, 16);
	free(status);
	return capabilities & 1ULL << CAP_IPC_LOCK;
}

static void judge_limit(const struct qemu *qemu, const struct rule *rule)
{
	uint64_t memory;
	struct rlimit limit;
	bool small;

	/* This shell's limit is nothing to another host. */
	if ((qemu->host && !qemu->pid) || !memory_bytes(qemu, &memory))
		return;
	if (prlimit(qemu->pid, RLIMIT_MEMLOCK, NULL, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	small = limit.rlim_cur < 1 << 20;
	/* A VM that runs has what it needed; what it could not get any more is worth a word. */
	if (limit.rlim_cur < memory && !may_lock_all(qemu))
		finding_add_as(qemu->target, rule, qemu->pid ? SEVERITY_WARNING : rule->severity, 0,
			       "RLIMIT_MEMLOCK is %" PRIu64 " %s %s, RAM alone is %" PRIu64 " MiB",
			       (uint64_t)limit.rlim_cur >> (small ? 10 : 20), small ? "KiB" : "MiB",
			       qemu->pid ? "in this process" : "here", memory >> 20);
}

const struct qemu_rule qemu_rules[] = {
	{ { "qemu-object", SEVERITY_INFO, "there is a SEV object",
	    "add -object sev-guest,id=sev0,cbitpos=…,reduced-phys-bits=1", QEMU_DOCUMENT }, 0, judge_object },
	{ { "qemu-other", SEVERITY_INFO, "the guest is of AMD SEV",
	    "nothing: other technologies are somebody else's", "QEMU, docs/system/confidential-guest-support" },
	  0, judge_other },
	{ { "qemu-host-type", SEVERITY_ERROR, "the host runs guests of this type",
	    "choose another host or type; sevadm check host reports what the host lacks",
	    "kvm_amd, parameters sev, sev_es and sev_snp; KVM_CAP_VM_TYPES; KVM_CAP_GUEST_MEMFD" },
	  FOR_ALL, judge_host_type },
	{ { "qemu-machine", SEVERITY_ERROR, "the machine uses the SEV object",
	    "write -machine …,confidential-guest-support=ID", QEMU_DOCUMENT }, FOR_ALL, judge_machine },
	{ { "qemu-kvm", SEVERITY_ERROR, "KVM runs the guest", "add -accel kvm", QEMU_DOCUMENT }, FOR_ALL, judge_kvm },
	{ { "qemu-cbitpos", SEVERITY_ERROR, "cbitpos is the processor's",
	    "write the C-bit of sevadm check host", "CPUID 0x8000001F EBX 5:0" }, FOR_ALL, judge_cbitpos },
	{ { "qemu-reduced-phys-bits", SEVERITY_ERROR, "reduced-phys-bits is from 1 to 63",
	    "write reduced-phys-bits=1", "QEMU, sev_common_kvm_init()" }, FOR_ALL, judge_reduced },
	{ { "qemu-policy-refused", SEVERITY_ERROR, "firmware and KVM take the policy",
	    "sevadm policy check explains it", "AMD SEV API (55766), Guest Policy Structure" }, FOR_ALL,
	  judge_policy },
	{ { "qemu-policy-host", SEVERITY_ERROR, "the host's firmware is as new as the policy asks for",
	    "update the firmware, choose another host, or ask for an older version",
	    "AMD SEV API (55766), LAUNCH_START; AMD SEV-SNP ABI (56860), Guest Policy" },
	  FOR_ALL, judge_policy_host },
	{ { "qemu-policy-weak", SEVERITY_WARNING, "the policy keeps the hypervisor out",
	    "sevadm policy check explains it", "AMD SEV API (55766), Guest Policy Structure" }, FOR_ALL,
	  judge_policy_weak },
	{ { "qemu-firmware", SEVERITY_ERROR, "the firmware is UEFI, as a ROM for SEV-SNP",
	    "add -drive if=pflash,… with OVMF; for SEV-SNP -bios with a build for it", QEMU_DOCUMENT }, FOR_ALL,
	  judge_firmware },
	{ { "qemu-kernel-hashes", SEVERITY_WARNING, "a kernel that is booted directly is measured",
	    "write -object sev-guest,…,kernel-hashes=on, with -kernel", QEMU_DOCUMENT }, FOR_ALL, judge_hashes },
	{ { "qemu-session-pair", SEVERITY_ERROR, "dh-cert-file and session-file come together",
	    "give both, or neither", "AMD SEV API (55766), LAUNCH_START" }, FOR_ALL, judge_pair },
	{ { "qemu-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove it: it cannot reach encrypted memory", "AMD SEV Guide (SUSE), 6" }, FOR_ALL, judge_vfio },
	{ { "qemu-lock-limit", SEVERITY_ERROR, "RLIMIT_MEMLOCK is above what is pinned",
	    "raise it: ulimit -l, LimitMEMLOCK=, or CAP_IPC_LOCK", "KVM, sev_pin_memory()" }, FOR_SEV | FOR_ES,
	  judge_limit },
	{ { "qemu-virtio", SEVERITY_ERROR, "virtio devices are modern, and go through the IOMMU",
	    "remove disable-legacy and iommu_platform, which QEMU sets by itself from 6.0 on",
	    "QEMU, machine_run_board_init() and virtio_pci_realize()" }, FOR_ALL, judge_virtio },
	{ { "qemu-memory-device", SEVERITY_WARNING, "memory is plain RAM", "use -m alone",
	    "AMD SEV Guide (SUSE), 6; QEMU, docs/system/confidential-guest-support" },
	  FOR_ALL, judge_memory_device },
	{ { "qemu-memory-backend", SEVERITY_ERROR, "the machine's memory is there",
	    "add -object memory-backend-memfd,id=ID,size=…,share=on", "QEMU, machine_run_board_init()" },
	  FOR_ALL, judge_memory_backend },
	{ { "qemu-smm", SEVERITY_ERROR, "SMM is off", "remove smm=on",
	    QEMU_DOCUMENT ": SEV-ES; QEMU, sev_snp_kvm_init()" }, FOR_ES | FOR_SNP, judge_smm },
	{ { "qemu-irqchip", SEVERITY_ERROR, "the interrupt controller is KVM's",
	    "write kernel-irqchip=split, or remove it", "QEMU, sev_common_kvm_init()" },
	  FOR_ES | FOR_SNP, judge_irqchip },
	{ { "qemu-igvm", SEVERITY_ERROR, "an IGVM file is used, and by itself",
	    "write -machine …,igvm-cfg=ID, and no pflash",
	    "https://qemu.org/docs/master/system/igvm.html; QEMU, pc_system_firmware_init()" },
	  FOR_ALL, judge_igvm },
	{}
};

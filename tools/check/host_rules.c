// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a host: one row each, judged by facts alone, so that any host can be judged
 * anywhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check/host_rules.h"
#include "check/rules.h"
#include "cli/output.h"

typedef const struct host_facts *facts_t;

/* The cause is reported once, not again as "no guest starts" or "such guests do not start". */
static bool can_sev(facts_t facts)
{
	return !host_is_not(facts, HOST_CPU_SEV);
}

static bool runs_sev(facts_t facts)
{
	return host_is(facts, HOST_SEV) || host_is(facts, HOST_SEV_ES);
}

static const char *bytes_text(uint64_t bytes, char text[32])
{
	struct json_object *value;

	if (bytes == HOST_UNLIMITED)
		return "unlimited";
	value = json_u64(bytes);
	format_bytes(value, text, 32);
	json_object_put(value);
	return text;
}

/* ---- processor and BIOS ---------------------------------------------------------------------- */

static void judge_vendor(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *vendor = host_text(facts, HOST_CPU_VENDOR);

	if (vendor && strcmp(vendor, "AuthenticAMD") && strcmp(vendor, "HygonGenuine"))
		finding_add(target, rule, 0, "the processor is not an AMD EPYC but %s %s", vendor,
			    host_text(facts, HOST_CPU_NAME) ?: "");
}

static void judge_svm(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is_not(facts, HOST_CPU_SVM))
		finding_add(target, rule, 0, "the processor does not offer SVM");
	else if (host_is(facts, HOST_SVM_DISABLED))
		finding_add(target, rule, 0, "the BIOS has disabled SVM: VM_CR.SVMDIS is set");
}

static void judge_cpu_sev(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is_not(facts, HOST_CPU_SEV))
		finding_add(target, rule, 0, "the processor has no SEV: CPUID 0x8000001F EAX bit 1 is 0");
}

static void judge_cpu_es(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is(facts, HOST_CPU_SEV) && host_is_not(facts, HOST_CPU_SEV_ES))
		finding_add(target, rule, 0,
			    "the processor has no SEV-ES: CPUID 0x8000001F EAX bit 3 is 0");
}

static void judge_smee(facts_t facts, const struct rule *rule, struct target *target)
{
	if (can_sev(facts) && host_is_not(facts, HOST_SYSCFG_SMEE))
		finding_add(target, rule, 0,
			    "memory encryption is off: SYSCFG bit 23 (SMEE) is 0 on a processor");
}

static void judge_smmlock(facts_t facts, const struct rule *rule, struct target *target)
{
	if (can_sev(facts) && host_is_not(facts, HOST_HWCR_SMMLOCK))
		finding_add(target, rule, 0,
			    "SMM is not locked: HWCR bit 0 (SMMLOCK) is 0 on a processor");
}

#define ASIDS_ENOUGH	16

/* ---- ASIDs ----------------------------------------------------------------------------------- */

static void judge_es_range(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t min;

	if (host_is(facts, HOST_CPU_SEV_ES) && host_number(facts, HOST_MIN_SEV_ASID, &min) &&
	    min <= 1)
		finding_add(target, rule, 0,
			    "no ASID is left for SEV-ES and SEV-SNP: the lowest plain SEV ASID is %"
			    PRIu64, min);
}

static void judge_few(const struct rule *rule, struct target *target, uint64_t asids,
		      const char *type)
{
	if (asids && asids < ASIDS_ENOUGH)
		finding_add(target, rule, 0, "only %" PRIu64 " %s guest%s can run at a time", asids,
			    type, plural(asids));
}

static void judge_es_few(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t min, hiding;

	if (!host_number(facts, HOST_MIN_SEV_ASID, &min) || min <= 1)
		return;
	if (host_is(facts, HOST_SEV_SNP) &&
	    host_number(facts, HOST_CIPHERTEXT_HIDING_ASIDS, &hiding) && hiding) {
		if (host_is(facts, HOST_SEV_ES) && hiding < min)
			judge_few(rule, target, min - 1 - hiding, "SEV-ES");
		judge_few(rule, target, hiding < min ? hiding : min - 1, "SEV-SNP");
	} else if (host_is(facts, HOST_SEV_ES) && min <= ASIDS_ENOUGH) {
		finding_add(target, rule, 0, "only %" PRIu64
			    " SEV-ES or SEV-SNP guest%s can run at a time", min - 1,
			    plural(min - 1));
	}
}

static void judge_sev_range(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t min, max;

	if (host_number(facts, HOST_MIN_SEV_ASID, &min) &&
	    host_number(facts, HOST_MAX_ASID, &max) && min > max)
		finding_add(target, rule, 0, "no ASID is left for plain SEV: the lowest one would be %"
			    PRIu64 ", the highest ASID is %" PRIu64, min, max);
}

/* ---- modules --------------------------------------------------------------------------------- */

static void judge_kvm_amd(facts_t facts, const struct rule *rule, struct target *target)
{
	if (!host_is_not(facts, HOST_KVM_AMD))
		return;
	if (host_is_not(facts, HOST_KVM_AMD_INSTALLED)) {
		finding_add(target, rule, 0, "kvm_amd is not installed for kernel %s",
			    host_text(facts, HOST_KERNEL) ?: "(unknown)");
		finding_fix(target, "install the kernel's modules, or boot a kernel that has them");
	} else {
		finding_add(target, rule, 0, "kvm_amd is not loaded");
	}
}

static void judge_ccp(facts_t facts, const struct rule *rule, struct target *target)
{
	if (can_sev(facts) && host_is_not(facts, HOST_CCP) && !host_is(facts, HOST_DEV_SEV))
		finding_add(target, rule, 0, "ccp, the driver of the security processor, is not loaded");
}

static void judge_sev(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t min, max;

	if (!can_sev(facts) || !host_is_not(facts, HOST_SEV))
		return;
	if (host_number(facts, HOST_MIN_SEV_ASID, &min) &&
	    host_number(facts, HOST_MAX_ASID, &max) && min > max)
		return;
	finding_add(target, rule, 0,
		    "kvm_amd offers no SEV: /sys/module/kvm_amd/parameters/sev is not 1 or Y");
	if (host_is_not(facts, HOST_CONFIGURED_SEV))
		finding_fix(target,
			    "it was switched off: remove sev=0 from modprobe.d (or kvm_amd.sev=0 from the command line) and reload kvm_amd");
	else if (host_is(facts, HOST_CPU_SEV_SNP) && host_is(facts, HOST_SYSCFG_SNPEN))
		finding_fix(target,
			    "SNP is enabled, and its SNP_INIT failed, which takes SEV and SEV-ES along: dmesg | sevadm explain; until it is cured, iommu=pt keeps the kernel from SNP");
	else if (host_is_not(facts, HOST_DEV_SEV))
		finding_fix(target,
			    "first see why there is no /dev/sev: kvm_amd needs the security processor");
}

static void judge_es(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t min;

	if (!host_is(facts, HOST_CPU_SEV_ES) || !host_is(facts, HOST_SEV) ||
	    !host_is_not(facts, HOST_SEV_ES) ||
	    (host_number(facts, HOST_MIN_SEV_ASID, &min) && min <= 1))
		return;
	finding_add(target, rule, 0, "kvm_amd offers no SEV-ES, which the processor has");
}

static void judge_snp(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is(facts, HOST_CPU_SEV_SNP) && runs_sev(facts) &&
	    !host_is(facts, HOST_SEV_SNP))
		finding_add(target, rule, 0, "kvm_amd offers no SEV-SNP, which the processor has");
}

static void judge_es_on_snp(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t types;

	/* Where KVM says what it offers, sev-es-refused says it for certain. */
	if (host_number(facts, HOST_KVM_VM_TYPES, &types) && !(types & HOST_VM_TYPE_SEV_ES))
		return;
	if (host_is(facts, HOST_SEV_SNP) && host_is(facts, HOST_SEV_ES))
		finding_add(target, rule, 0,
			    "SEV-ES and SEV-SNP are both on: firmware with the cure of CVE-2025-48514 refuses SEV-ES guests while SNP is initialised");
}

static void judge_next_load(facts_t facts, const struct rule *rule, struct target *target)
{
	static const enum host_fact_id pairs[][2] = {
		{ HOST_SEV, HOST_CONFIGURED_SEV }, { HOST_SEV_ES, HOST_CONFIGURED_SEV_ES },
		{ HOST_SEV_SNP, HOST_CONFIGURED_SEV_SNP },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (host_is(facts, pairs[i][0]) && host_is_not(facts, pairs[i][1]))
			finding_add(target, rule, 0,
				    "%s is on now, but modprobe.d or the command line says %s=0: the next load of kvm_amd ends it",
				    host_key(pairs[i][0]), host_key(pairs[i][0]));
}

/* ---- devices and firmware -------------------------------------------------------------------- */

static void judge_dev_kvm(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is_not(facts, HOST_DEV_KVM) && !host_is_not(facts, HOST_KVM_AMD))
		finding_add(target, rule, 0, "/dev/kvm is not there");
}

static void judge_dev_sev(facts_t facts, const struct rule *rule, struct target *target)
{
	/* Without ccp, which is reported, it cannot be there. */
	if (can_sev(facts) && host_is_not(facts, HOST_DEV_SEV) && !host_is_not(facts, HOST_CCP))
		finding_add(target, rule, 0,
			    "/dev/sev is not there: ccp found no security processor that does SEV");
}

static void judge_kvm_access(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is_not(facts, HOST_DEV_KVM_USABLE))
		finding_add(target, rule, 0, "user %s, whom QEMU runs as, may not use /dev/kvm",
			    host_text(facts, HOST_QEMU_USER) ?: "(not known)");
}

static void judge_sev_access(facts_t facts, const struct rule *rule, struct target *target)
{
	if (!host_is_not(facts, HOST_DEV_SEV_USABLE))
		return;
	if (host_text(facts, HOST_LIBVIRT_DAEMON)) {
		finding_add_as(target, rule, SEVERITY_INFO, 0,
			       "user %s may not use /dev/sev: libvirt relabels it for each guest, QEMU without libvirt fails",
			       host_text(facts, HOST_QEMU_USER) ?: "(not known)");
		finding_fix(target, "nothing, unless QEMU is started without libvirt");
		return;
	}
	finding_add(target, rule, 0, "user %s, whom QEMU runs as, may not use /dev/sev",
		    host_text(facts, HOST_QEMU_USER) ?: "(not known)");
}

static void judge_firmware(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *error = host_text(facts, HOST_FIRMWARE_ERROR);

	if (error)
		finding_add(target, rule, 0, "the firmware does not report its status: %s", error);
}

static void judge_snp_api(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t major, minor;

	if (host_is(facts, HOST_CPU_SEV_SNP) &&
	    host_number(facts, HOST_FIRMWARE_API_MAJOR, &major) &&
	    host_number(facts, HOST_FIRMWARE_API_MINOR, &minor) &&
	    (major < 1 || (major == 1 && minor < 51)))
		finding_add(target, rule, 0, "SEV firmware API %" PRIu64 ".%" PRIu64
			    " is older than 1.51, which SEV-SNP needs", major, minor);
}

/* ---- the kernel's accounting and memory ------------------------------------------------------ */

static void judge_misc(facts_t facts, const struct rule *rule, struct target *target)
{
	if (runs_sev(facts) && host_is_not(facts, HOST_MISC_CONTROLLER))
		finding_add(target, rule, 0, "the misc controller is not in /sys/fs/cgroup/cgroup.controllers");
}

static void judge_misc_full(facts_t facts, const struct rule *rule, struct target *target)
{
	static const struct {
		const char *pool;
		enum host_fact_id capacity, current;
	} rows[] = {
		{ "sev", HOST_MISC_SEV_CAPACITY, HOST_MISC_SEV_CURRENT },
		{ "sev_es", HOST_MISC_SEV_ES_CAPACITY, HOST_MISC_SEV_ES_CURRENT },
	};
	uint64_t capacity, current, hiding;
	size_t i;

	/* 0 where it is not known; the misc cgroup counts two pools together. */
	host_number(facts, HOST_CIPHERTEXT_HIDING_ASIDS, &hiding);

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (host_number(facts, rows[i].capacity, &capacity) && capacity &&
		    host_number(facts, rows[i].current, &current) && current >= capacity)
			finding_add(target, rule, 0, "all %" PRIu64
				    " ASIDs of pool %s%s are charged to cgroups: every start fails with EBUSY",
				    capacity, rows[i].pool, i && hiding ? " and sev_snp together" : "");
}

static void judge_iommu(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *line = host_text(facts, HOST_COMMAND_LINE);

	if (!host_is(facts, HOST_CPU_SEV_SNP) || !line)
		return;
	if (strstr(line, "iommu=pt") || strstr(line, "iommu.passthrough=1") ||
	    strstr(line, "amd_iommu=off") || strstr(line, "iommu=off"))
		finding_add(target, rule, 0,
			    "the command line turns the IOMMU off or to passthrough: the kernel then gives SEV-SNP up");
	else if (host_is_not(facts, HOST_IOMMU))
		finding_add(target, rule, 0, "no AMD IOMMU is in use, which SEV-SNP needs");
}

static void judge_swiotlb(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *line = host_text(facts, HOST_COMMAND_LINE);

	if (line && strstr(line, "mem_encrypt=on") && strstr(line, "swiotlb=noforce"))
		finding_add(target, rule, 0,
			    "the host encrypts its own memory (mem_encrypt=on) but may not bounce (swiotlb=noforce): devices that cannot address the C-bit fail");
}

static void judge_memory(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t bytes, pages, huge;

	if (!host_number(facts, HOST_MEMORY_BYTES, &bytes) ||
	    !host_number(facts, HOST_HUGEPAGES_2M_FREE, &pages))
		return;
	if (!host_number(facts, HOST_HUGEPAGES_1G_FREE, &huge))
		huge = 0;
	/* Ordinary memory comes from what huge pages leave. */
	if ((pages << 21) + (huge << 30) > bytes / 10 * 9)
		finding_add(target, rule, 0,
			    "free huge pages take over 90 %% of the memory: only guests with <hugepages/> have room");
}

/* ---- locked memory --------------------------------------------------------------------------- */

static void judge_memlock_libvirt(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t bytes;
	char text[32];

	if (!host_number(facts, HOST_MEMLOCK_LIBVIRT_BYTES, &bytes) || bytes == HOST_UNLIMITED)
		return;
	finding_add(target, rule, 0,
		    "a guest without <hard_limit> and <locked/> inherits RLIMIT_MEMLOCK %s of %s (%s): too little for SEV and SEV-ES",
		    bytes_text(bytes, text), host_text(facts, HOST_LIBVIRT_DAEMON) ?: "libvirt's daemon",
		    host_text(facts, HOST_MEMLOCK_LIBVIRT_SOURCE) ?: "source unknown");
}

static void judge_memlock_stale(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t live, unit;
	char have[32], want[32];

	if (!facts->facts[HOST_LIBVIRT_PID].known ||
	    !host_number(facts, HOST_MEMLOCK_LIBVIRT_BYTES, &live) ||
	    !host_number(facts, HOST_MEMLOCK_LIBVIRT_UNIT_BYTES, &unit) || live == unit)
		return;
	finding_add(target, rule, 0, "the running %s has RLIMIT_MEMLOCK %s, its unit says %s (%s)",
		    host_text(facts, HOST_LIBVIRT_DAEMON) ?: "daemon of libvirt",
		    bytes_text(live, have), bytes_text(unit, want),
		    host_text(facts, HOST_MEMLOCK_LIBVIRT_UNIT_SOURCE) ?: "source unknown");
}

static void judge_memlock_session(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t bytes;
	char text[32];

	if (host_number(facts, HOST_MEMLOCK_SESSION_BYTES, &bytes) && bytes != HOST_UNLIMITED)
		finding_add(target, rule, 0,
			    "users' sessions have RLIMIT_MEMLOCK %s (%s): no SEV guest starts in qemu:///session or by hand without root",
			    bytes_text(bytes, text),
			    host_text(facts, HOST_MEMLOCK_SESSION_SOURCE) ?: "source unknown");
}

static void judge_memlock_container(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *container = host_text(facts, HOST_CONTAINER);
	uint64_t bytes;
	char text[32];

	if (container && strcmp(container, "none") &&
	    host_number(facts, HOST_MEMLOCK_HERE_BYTES, &bytes) && bytes != HOST_UNLIMITED)
		finding_add(target, rule, 0, "this %s container has RLIMIT_MEMLOCK %s",
			    container, bytes_text(bytes, text));
}

/* ---- what is installed ----------------------------------------------------------------------- */

static void judge_libvirt(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is(facts, HOST_SEV) && host_is_not(facts, HOST_LIBVIRT_SEV))
		finding_add(target, rule, 0,
			    "libvirt says <sev supported='no'/>, though kvm_amd offers SEV");
	else if (host_is_not(facts, HOST_SEV) && host_is(facts, HOST_LIBVIRT_SEV))
		finding_add(target, rule, 0,
			    "libvirt says <sev supported='yes'>, though kvm_amd offers no SEV");
}

static void differ(facts_t facts, const struct rule *rule, struct target *target,
		   enum host_fact_id one, const char *who, enum host_fact_id other)
{
	uint64_t left, right;

	if (host_number(facts, one, &left) && host_number(facts, other, &right) && left != right)
		finding_add(target, rule, 0, "%s says %s is %" PRIu64 ", the processor says %"
			    PRIu64, who, host_key(other), left, right);
}

static void judge_libvirt_values(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t min, max, guests;

	differ(facts, rule, target, HOST_LIBVIRT_C_BIT, "libvirt", HOST_C_BIT);
	differ(facts, rule, target, HOST_LIBVIRT_REDUCED_PHYS_BITS, "libvirt",
	       HOST_REDUCED_PHYS_BITS);
	if (!host_number(facts, HOST_MIN_SEV_ASID, &min) ||
	    !host_number(facts, HOST_MAX_ASID, &max) || min > max)
		return;
	if (host_number(facts, HOST_LIBVIRT_MAX_GUESTS, &guests) && guests != max - min + 1)
		finding_add(target, rule, 0, "libvirt says maxGuests is %" PRIu64
			    ", the processor has %" PRIu64 " ASIDs for plain SEV", guests,
			    max - min + 1);
	if (min && host_number(facts, HOST_LIBVIRT_MAX_ES_GUESTS, &guests) && guests != min - 1)
		finding_add(target, rule, 0, "libvirt says maxESGuests is %" PRIu64
			    ", the processor has %" PRIu64 " ASIDs for SEV-ES", guests, min - 1);
}

static void judge_qemu(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is(facts, HOST_SEV) && host_is_not(facts, HOST_QEMU_SEV))
		finding_add(target, rule, 0, "%s %s offers no SEV, though kvm_amd does: %s",
			    host_text(facts, HOST_QEMU) ?: "QEMU",
			    host_text(facts, HOST_QEMU_VERSION) ?: "",
			    host_why(facts, HOST_QEMU_C_BIT));
}

static void judge_qemu_values(facts_t facts, const struct rule *rule, struct target *target)
{
	differ(facts, rule, target, HOST_QEMU_C_BIT, "QEMU", HOST_C_BIT);
	/* QEMU's query-sev-capabilities gives the constant 1: what it calls the guest's share. */
}

static void judge_ovmf(facts_t facts, const struct rule *rule, struct target *target)
{
	if (!host_text(facts, HOST_QEMU) || !runs_sev(facts))
		return;
	if (!host_text(facts, HOST_OVMF_SEV))
		finding_add(target, rule, 0, "no UEFI firmware for SEV guests is installed: %s",
			    host_why(facts, HOST_OVMF_SEV));
	else if (host_is(facts, HOST_SEV_ES) && !host_text(facts, HOST_OVMF_SEV_ES))
		finding_add_as(target, rule, SEVERITY_INFO, 0,
			       "no UEFI firmware says that it is for SEV-ES guests");
}

#define BIOS_ASID "\"Minimum SEV non-ES ASID\" (or \"SEV-ES ASID space limit\")"

const struct host_rule host_rules[] = {
	{ { "cpu-amd", SEVERITY_ERROR, "the processor is made by AMD",
	    "use a host with an AMD EPYC", "AMD APM volume 2 (24593), 15.34" }, judge_vendor },
	{ { "cpu-svm", SEVERITY_ERROR, "the processor offers SVM",
	    "enable SVM in the BIOS", "AMD APM volume 2 (24593), 15.4 and 15.30.1" }, judge_svm },
	{ { "cpu-sev", SEVERITY_ERROR, "the processor has SEV",
	    "use an EPYC 7001 or later; if this machine is itself a VM, SEV cannot be enabled in it",
	    "AMD APM volume 3 (24594), CPUID 0x8000001F; SEV guide, 2" }, judge_cpu_sev },
	{ { "cpu-sev-es", SEVERITY_INFO, "the processor has SEV-ES",
	    "use plain SEV here, an EPYC 7002 or later for SEV-ES",
	    "AMD APM volume 3 (24594), CPUID 0x8000001F" }, judge_cpu_es },
	{ { "bios-smee", SEVERITY_ERROR, "memory encryption is enabled in every processor",
	    "enable SMEE in the BIOS (CBS, CPU common options)",
	    "AMD APM volume 2 (24593), 7.10.1; kernel early_detect_mem_encrypt()" }, judge_smee },
	{ { "bios-smmlock", SEVERITY_ERROR, "SMM is locked in every processor",
	    "update the BIOS: it must lock SMM, or the kernel hides SEV",
	    "AMD APM volume 2 (24593), 15.34.1; kernel early_detect_mem_encrypt()" },
	  judge_smmlock },
	{ { "asid-sev-es-range", SEVERITY_WARNING, "SEV-ES and SEV-SNP have ASIDs",
	    "raise " BIOS_ASID " in the BIOS, such as to 100",
	    "kvm_amd sev_hardware_setup(); AMDSEV #33, #84, #137; sevctl #116" },
	  judge_es_range },
	{ { "asid-sev-es-few", SEVERITY_INFO, "SEV-ES and SEV-SNP have more than 15 ASIDs",
	    "for more of them raise " BIOS_ASID " in the BIOS",
	    "kvm_amd sev_asid_new(); enarx #2589" }, judge_es_few },
	{ { "asid-sev-range", SEVERITY_WARNING, "plain SEV has ASIDs",
	    "lower " BIOS_ASID " in the BIOS, or use SEV-ES", "kvm_amd sev_hardware_setup()" },
	  judge_sev_range },
	{ { "kvm-amd", SEVERITY_ERROR, "kvm_amd is loaded",
	    "modprobe kvm_amd; if it does not load, dmesg says why", "SEV guide, 2" },
	  judge_kvm_amd },
	{ { "ccp", SEVERITY_ERROR, "ccp is loaded", "modprobe ccp", "kernel drivers/crypto/ccp" },
	  judge_ccp },
	{ { "kvm-amd-sev", SEVERITY_ERROR, "kvm_amd's parameter sev is on",
	    "load kvm_amd with sev=1; if it stays off, dmesg | grep -i -e ccp -e sev says why",
	    "SEV guide, 2; kvm_amd sev_hardware_setup()" }, judge_sev },
	{ { "kvm-amd-sev-es", SEVERITY_WARNING, "kvm_amd's parameter sev_es is on",
	    "load kvm_amd with sev_es=1", "kvm_amd sev_hardware_setup()" }, judge_es },
	{ { "kvm-amd-sev-snp", SEVERITY_INFO, "kvm_amd's parameter sev_snp is on",
	    "for SNP guests: Linux 6.11 or later, SNP and its RMP table enabled in the BIOS, sev_snp=1",
	    "kvm_amd sev_hardware_setup(); AMDSEV #258" }, judge_snp },
	{ { "sev-es-on-snp", SEVERITY_WARNING, "an SNP host does not count on SEV-ES guests",
	    "run SNP guests here, and SEV-ES guests on hosts whose BIOS has SNP off: sev_snp=0 does not keep ccp from initialising it",
	    "CVE-2025-48514; kubevirt #17118" }, judge_es_on_snp },
	{ { "kvm-amd-next-load", SEVERITY_WARNING, "the configuration keeps what is on now",
	    "correct /etc/modprobe.d or the kernel's command line", "modprobe.d(5)" },
	  judge_next_load },
	{ { "dev-kvm", SEVERITY_ERROR, "/dev/kvm is there",
	    "see whether kvm_amd is loaded, and in a container whether the device is passed in",
	    "kernel Documentation/virt/kvm/api.rst" }, judge_dev_kvm },
	{ { "dev-sev", SEVERITY_ERROR, "/dev/sev is there",
	    "enable SEV in the BIOS, modprobe ccp, see dmesg | grep ccp; in a container pass the device in",
	    "ccp sev_dev_init(), sev_misc_init()" }, judge_dev_sev },
	{ { "dev-kvm-access", SEVERITY_ERROR, "QEMU's user may use /dev/kvm",
	    "add the user to the group of /dev/kvm, as a rule kvm", "libvirt qemu.conf: user" },
	  judge_kvm_access },
	{ { "dev-sev-access", SEVERITY_WARNING, "QEMU's user may use /dev/sev",
	    "give the device to a group that the user is in, by a udev rule",
	    "QEMU sev_kvm_init(); libvirt virSecurityDACSetSEVLabel()" }, judge_sev_access },
	{ { "firmware-status", SEVERITY_ERROR, "the SEV firmware answers PLATFORM_STATUS",
	    "give this message to sevadm explain; a security processor that timed out needs a power cycle",
	    "AMD SEV API (55766), PLATFORM_STATUS" }, judge_firmware },
	{ { "firmware-snp-api", SEVERITY_WARNING, "the SEV firmware is new enough for SEV-SNP",
	    "update the SEV firmware (linux-firmware: amd/amd_sev_*.sbin) and the BIOS",
	    "ccp __sev_snp_init_locked(), SNP_MIN_API_MINOR" }, judge_snp_api },
	{ { "misc-controller", SEVERITY_INFO, "cgroups count ASIDs",
	    "use cgroup v2 and a kernel with CONFIG_CGROUP_MISC, to see and limit ASIDs by cgroup",
	    "kernel cgroup-v2.rst, Misc" }, judge_misc },
	{ { "misc-full", SEVERITY_ERROR, "the misc controller has ASIDs left",
	    "stop guests; if sevadm status shows fewer used than charged, the charge has leaked: reboot",
	    "kvm_amd sev_misc_cg_try_charge(); kernel cgroup-v2.rst, Misc" }, judge_misc_full },
	{ { "snp-iommu", SEVERITY_WARNING, "SEV-SNP has an IOMMU that translates",
	    "enable the IOMMU in the BIOS; remove iommu=pt, iommu=off, amd_iommu=off from the command line",
	    "kernel drivers/iommu/amd/init.c, iommu_snp_enable()" }, judge_iommu },
	{ { "swiotlb", SEVERITY_WARNING, "a host that encrypts its memory can bounce",
	    "remove swiotlb=noforce from the command line",
	    "kernel Documentation/arch/x86/amd-memory-encryption.rst" }, judge_swiotlb },
	{ { "hugepages", SEVERITY_WARNING, "huge pages leave memory for what is not huge",
	    "give some back: vm.nr_hugepages", "SEV guide, 4; kernel hugetlbpage.rst" },
	  judge_memory },
	{ { "memlock-libvirt", SEVERITY_INFO, "libvirt's guests inherit no memory-lock limit",
	    "give every SEV and SEV-ES domain a <hard_limit>: sevadm recommend memlock says how large",
	    "libvirt qemuDomainGetMemLockLimitBytes(); SEV guide, 4" }, judge_memlock_libvirt },
	{ { "memlock-stale", SEVERITY_WARNING, "libvirt's daemon runs with its unit's limit",
	    "systemctl daemon-reload, then restart the daemon: its guests keep running",
	    "systemd.exec(5), LimitMEMLOCK=" }, judge_memlock_stale },
	{ { "memlock-session", SEVERITY_INFO, "users' sessions have no memory-lock limit",
	    "for guests of users: LimitMEMLOCK= in a drop-in of user@.service, or limits.conf(5)",
	    "kvm_amd sev_pin_memory(); systemd.exec(5)" }, judge_memlock_session },
	{ { "memlock-container", SEVERITY_WARNING, "a container has no memory-lock limit",
	    "start it with a larger ulimit memlock, or CAP_IPC_LOCK",
	    "kvm_amd sev_pin_memory(); kubevirt #16384" }, judge_memlock_container },
	{ { "libvirt-sev", SEVERITY_ERROR, "libvirt and kvm_amd agree on SEV",
	    "restart libvirt's daemon; if it stays so, remove its cache /var/cache/libvirt/qemu/capabilities/*.xml first",
	    "SEV guide, 2; libvirt virQEMUCapsProbeQMPSEVCapabilities()" }, judge_libvirt },
	{ { "libvirt-values", SEVERITY_WARNING, "libvirt and the processor agree on SEV's values",
	    "restart libvirt's daemon after changes in the BIOS: it keeps what QEMU said",
	    "libvirt formatdomaincaps, SEV capabilities; SEV guide, 4" }, judge_libvirt_values },
	{ { "qemu-sev", SEVERITY_ERROR, "QEMU and kvm_amd agree on SEV",
	    "install a QEMU with sev-guest (2.12 or later), and let it open /dev/sev",
	    "QEMU query-sev-capabilities" }, judge_qemu },
	{ { "qemu-values", SEVERITY_ERROR, "QEMU and the processor agree on the C-bit",
	    "report it to QEMU: it reads the same CPUID", "QEMU sev_get_capabilities()" },
	  judge_qemu_values },
	{ { "ovmf", SEVERITY_WARNING, "UEFI firmware for SEV guests is installed",
	    "install OVMF (package ovmf, edk2-ovmf or qemu-ovmf-x86_64)",
	    "SEV guide, 3; QEMU docs/interop/firmware.json" }, judge_ovmf },
	{}
};

const struct rule *host_rule_at(unsigned int i)
{
	const struct host_rule *row = host_rules;

	for (; row->rule.id && i; row++)
		i--;
	if (!row->rule.id && host_snp_rules[0].rule.id)
		for (row = host_snp_rules; row->rule.id && i; row++)
			i--;
	return row->rule.id ? &row->rule : NULL;
}

static void judge_table(const struct host_rule *row, const struct host_facts *facts,
			struct target *target)
{
	for (; row->rule.id; row++)
		row->judge(facts, &row->rule, target);
}

void host_judge(const struct host_facts *facts, struct target *target)
{
	judge_table(host_rules, facts, target);
	judge_table(host_snp_rules, facts, target);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a SEV-SNP host: one row each, judged by facts alone. Names of BIOS switches are
 * those of AMD's reference BIOS (AMD CBS); vendors move and rename them: Dell has "Secure Nested
 * Paging", Supermicro, Gigabyte and ASRock Rack have CBS as it is.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/host_rules.h"
#include "cli/output.h"

typedef const struct host_facts *facts_t;

/* The first 16 KiB of the RMP table are the processor's; then 16 bytes for each page of memory. */
#define RMP_HEAD	0x4000
#define RMP_PAGES	256

/* SNP as such: kvm_amd's sev_snp=0 does not keep ccp from initialising it. */
static bool runs_snp(facts_t facts)
{
	const char *state = host_text(facts, HOST_SNP_STATE);

	return host_is(facts, HOST_SEV_SNP) || (state && !strcmp(state, "init"));
}

static void judge_rmp_missing(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t bytes;

	if (host_is(facts, HOST_CPU_SEV_SNP) && host_number(facts, HOST_RMP_BYTES, &bytes) &&
	    !bytes)
		finding_add(target, rule, 0,
			    "the BIOS has reserved no memory for the RMP table");
}

static void judge_rmp_small(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t bytes, top, need;

	if (!host_is(facts, HOST_CPU_SEV_SNP) || !host_number(facts, HOST_RMP_BYTES, &bytes) ||
	    !bytes || !host_number(facts, HOST_MEMORY_TOP_BYTES, &top))
		return;
	need = top / RMP_PAGES + RMP_HEAD;
	if (bytes < need)
		finding_add(target, rule, 0, "the RMP table has %" PRIu64 " MiB, memory needs %" PRIu64
			    " MiB", bytes >> 20, (need + (1 << 20) - 1) >> 20);
}

static void judge_page_tables(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *line = host_text(facts, HOST_COMMAND_LINE);

	if (host_is(facts, HOST_CPU_SEV_SNP) && line && strstr(line, "amd_iommu=pgtbl_v2"))
		finding_add(target, rule, 0,
			    "amd_iommu=pgtbl_v2 gives the IOMMU page tables with which the kernel leaves SEV-SNP off");
}

static void judge_es_refused(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t types;

	if (host_number(facts, HOST_KVM_VM_TYPES, &types) && host_is(facts, HOST_SEV_ES) &&
	    runs_snp(facts) && !(types & HOST_VM_TYPE_SEV_ES))
		finding_add(target, rule, 0,
			    "KVM does not offer SEV-ES, though the parameter sev_es says so: this firmware refuses it while SNP is initialised");
}

static void judge_snp_offered(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t types;

	if (host_number(facts, HOST_KVM_VM_TYPES, &types) && host_is(facts, HOST_SEV_SNP) &&
	    !(types & HOST_VM_TYPE_SNP))
		finding_add(target, rule, 0,
			    "KVM does not offer SEV-SNP, though the parameter sev_snp says so");
}

/*
 * A kernel that is too old for SEV-SNP guests lacks it, too: the processor has what the kernel has
 * not.
 */
static void judge_memfd(facts_t facts, const struct rule *rule, struct target *target)
{
	if ((host_is(facts, HOST_SEV_SNP) || host_is(facts, HOST_CPU_SEV_SNP)) &&
	    host_is_not(facts, HOST_GUEST_MEMFD))
		finding_add_as(target, rule,
			       host_is(facts, HOST_SEV_SNP) ? rule->severity : SEVERITY_WARNING, 0,
			       "KVM has no guest_memfd, where SEV-SNP guests keep their private memory");
}

static void judge_hiding(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t asids, min;

	if (!host_number(facts, HOST_CIPHERTEXT_HIDING_ASIDS, &asids) || !asids ||
	    !host_number(facts, HOST_MIN_SEV_ASID, &min) || !runs_snp(facts))
		return;
	if (asids + 1 < min)
		finding_add(target, rule, 0, "ciphertext hiding splits the pool: SEV-SNP has the ASIDs 1 to %"
			    PRIu64 ", SEV-ES %" PRIu64 " to %" PRIu64, asids, asids + 1, min - 1);
	else
		finding_add_as(target, rule, SEVERITY_WARNING, 0,
			       "ciphertext hiding gives all %" PRIu64
			       " ASIDs to SEV-SNP: none is left for SEV-ES", min - 1);
}

static void judge_snp_state(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *state = host_text(facts, HOST_SNP_STATE);

	if (host_is(facts, HOST_SEV_SNP) && state && strcmp(state, "init"))
		finding_add(target, rule, 0, "the firmware has SNP in the state %s, not init", state);
}

static void judge_tcb(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t current, reported;

	if (host_number(facts, HOST_SNP_TCB_CURRENT, &current) &&
	    host_number(facts, HOST_SNP_TCB_REPORTED, &reported) && current != reported)
		finding_add(target, rule, 0, "guests' reports name the TCB 0x%016" PRIx64
			    ", the platform runs 0x%016" PRIx64, reported, current);
}

static void judge_mitigations(facts_t facts, const struct rule *rule, struct target *target)
{
	const char *supported = host_text(facts, HOST_MITIGATIONS_SUPPORTED);
	const char *verified = host_text(facts, HOST_MITIGATIONS_VERIFIED);
	uint64_t open;

	if (!supported || !verified)
		return;
	open = strtoull(supported, NULL, 0) & ~strtoull(verified, NULL, 0);
	if (open)
		finding_add(target, rule, 0, "mitigations 0x%" PRIx64
			    " are supported by the firmware, but not verified", open);
}

static void judge_kdump(facts_t facts, const struct rule *rule, struct target *target)
{
	uint64_t crash, major, minor;

	if (host_number(facts, HOST_CRASH_KERNEL_BYTES, &crash) && crash && runs_snp(facts) &&
	    host_number(facts, HOST_SNP_API_MAJOR, &major) && major == 1 &&
	    host_number(facts, HOST_SNP_API_MINOR, &minor) && minor < 53)
		finding_add(target, rule, 0, "SNP firmware 1.%" PRIu64
			    " does not give the IOMMU's pages back: the crash kernel will fault on them",
			    minor);
}

static void judge_ovmf_snp(facts_t facts, const struct rule *rule, struct target *target)
{
	if (host_is(facts, HOST_SEV_SNP) && host_text(facts, HOST_OVMF_SEV) &&
	    !host_text(facts, HOST_OVMF_SEV_SNP))
		finding_add(target, rule, 0,
			    "no firmware descriptor in /usr/share/qemu/firmware has the feature amd-sev-snp");
}

const struct host_rule host_snp_rules[] = {
	{ { "snp-rmp-missing", SEVERITY_WARNING, "the BIOS has reserved memory for the RMP table",
	    "set \"SNP Memory (RMP Table) Coverage\" to Enabled (AMD CBS, CPU Common Options) and \"SEV-SNP Support\" to Enable (NBIO Common Options); on Dell \"Secure Nested Paging\"; or update the BIOS",
	    "kernel probe_contiguous_rmptable_info(); AMDSEV #68" }, judge_rmp_missing },
	{ { "snp-rmp-small", SEVERITY_WARNING, "the RMP table covers all memory",
	    "set \"SNP Memory (RMP Table) Coverage\" to Enabled, not Custom, in the BIOS",
	    "kernel setup_contiguous_rmptable(); AMDSEV #226" }, judge_rmp_small },
	{ { "snp-iommu-tables", SEVERITY_WARNING, "the IOMMU's page tables suit SEV-SNP",
	    "remove amd_iommu=pgtbl_v2 from the command line",
	    "kernel drivers/iommu/amd/init.c, iommu_snp_enable()" }, judge_page_tables },
	{ { "sev-es-refused", SEVERITY_WARNING, "KVM offers the SEV-ES that its parameter says",
	    "run SEV-SNP guests here, and SEV-ES guests on hosts whose BIOS has SNP off; an older firmware would bring CVE-2025-48514 back",
	    "KVM_CAP_VM_TYPES; AMD-SB-3023; kubevirt #17118" }, judge_es_refused },
	{ { "snp-not-offered", SEVERITY_ERROR, "KVM offers the SEV-SNP that its parameter says",
	    "dmesg | sevadm explain: the first failure of ccp counts", "KVM_CAP_VM_TYPES" },
	  judge_snp_offered },
	{ { "snp-guest-memfd", SEVERITY_ERROR, "KVM has guest_memfd",
	    "use a kernel with CONFIG_KVM_AMD_SEV and guest_memfd (6.11 or later)",
	    "KVM_CAP_GUEST_MEMFD; coconut-svsm #409" }, judge_memfd },
	{ { "ciphertext-hiding", SEVERITY_INFO, "SEV-ES and SEV-SNP each have ASIDs",
	    "choose kvm_amd.ciphertext_hiding_asids for the guests that are to run; misc.capacity counts both together",
	    "kvm_amd sev_hardware_setup()" }, judge_hiding },
	{ { "snp-state", SEVERITY_ERROR, "the firmware has SNP initialised",
	    "dmesg | sevadm explain; reload kvm_amd and ccp when no guest runs",
	    "AMD SEV-SNP ABI (56860), SNP_PLATFORM_STATUS" }, judge_snp_state },
	{ { "snp-tcb-drift", SEVERITY_WARNING, "guests' reports name the TCB that runs",
	    "snphost commit makes a trusted update final (it cannot be rolled back); snphost config reset undoes SNP_CONFIG",
	    "AMD SEV-SNP ABI (56860), SNP_CONFIG, SNP_COMMIT; snphost #127" }, judge_tcb },
	{ { "snp-mitigations", SEVERITY_WARNING, "the firmware's mitigations are verified",
	    "write the bits to /sys/firmware/sev/vulnerabilities/verified_mitigations; if that fails, update BIOS and microcode",
	    "kernel ABI sysfs-firmware-sev; AMD SEV-SNP ABI (56860), SNP_VERIFY_MITIGATION" },
	  judge_mitigations },
	{ { "snp-kdump", SEVERITY_WARNING, "kdump works with SNP",
	    "update the SEV firmware to 1.53 or later", "AMDESE/linux #5" }, judge_kdump },
	{ { "ovmf-snp", SEVERITY_INFO, "UEFI firmware for SEV-SNP guests is installed",
	    "install OVMF with OVMF.amdsev.fd, or name the loader in each domain",
	    "QEMU docs/interop/firmware.json" }, judge_ovmf_snp },
	{}
};

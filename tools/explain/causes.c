// SPDX-License-Identifier: GPL-2.0-only
/* Causes: one row per cause, the likelier above the less likely; facts change the order. */
#include <errno.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/proofs.h"
#include "sev/names.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Contexts in which a firmware status comes back. */
#define GUEST	(CONTEXT_INIT | CONTEXT_START | CONTEXT_SNP_START | CONTEXT_LAUNCH)
#define LAUNCHES (CONTEXT_START | CONTEXT_SNP_START | CONTEXT_LAUNCH)
#define PINNING	(CONTEXT_REGISTER | CONTEXT_PIN_LIMIT | CONTEXT_LAUNCH)

static const struct cause causes[] = {
	/* EBUSY and no status: KVM has no ASID to give, or ccp refuses to ask the firmware */
	{ EBUSY, FW_NOT_ASKED, GUEST,
	  "every ASID of the pool is in use; SEV-ES and SEV-SNP share those below the lowest plain SEV ASID",
	  "sevadm status: the pool's free is 0; sevadm asid list: who holds them",
	  "stop a guest of that pool; for more SEV-ES and SEV-SNP guests raise \"Minimum SEV non-ES ASID\" in the BIOS",
	  "kvm_amd sev_asid_new(); enarx #2589", proof_pool_empty },
	{ EBUSY, FW_NOT_ASKED, GUEST,
	  "a misc.max of the VM's cgroup, or of one above it, is used up",
	  "compare misc.current with misc.max in the VM's cgroup and each one above",
	  "raise misc.max there, or stop a guest of that cgroup",
	  "kernel cgroup-v2.rst, Misc; kvm_amd sev_misc_cg_try_charge()", proof_misc_max },
	{ EBUSY, FW_NOT_ASKED, GUEST,
	  "the misc cgroup counts ASIDs that no VM holds: intra-host migration leaks its charge on some kernels",
	  "compare misc.current in /sys/fs/cgroup with \"used\" of sevadm status",
	  "reboot at the next occasion, and update the kernel; until then fewer guests fit",
	  "linux/sevadm.h, sevadm_pool_query.charged", proof_drift },
	{ EBUSY, FW_NOT_ASKED, GUEST,
	  "the host's misc.capacity for this kind of guest is used up",
	  "compare misc.current with misc.capacity in /sys/fs/cgroup",
	  "stop a guest of that pool", "kernel cgroup-v2.rst, Misc", proof_misc_full },
	{ EBUSY, FW_NOT_ASKED, GUEST | CONTEXT_PSP_INIT | CONTEXT_PSP_COMMAND,
	  "a command of the security processor timed out; ccp refuses every later one (psp_dead)",
	  "dmesg | grep 'timed out, disabling PSP'",
	  "power-cycle the host; if it returns at boot, set IOMMU to auto in the BIOS and update BIOS and SEV firmware",
	  "ccp __sev_do_cmd_locked(); AMDSEV #184", proof_psp_dead },
	{ EBUSY, FW_NOT_ASKED, GUEST | CONTEXT_PSP_INIT | CONTEXT_PSP_BUFFERS,
	  "ccp ran out of command buffers, after page reclaims nested in a command failed",
	  "dmesg | grep -e 'too many firmware commands' -e RMPUPDATE",
	  "reboot and update the host's kernel", "ccp __sev_do_cmd_locked(); AMDSEV #205",
	  proof_buffers },
	{ ETIMEDOUT, FW_ANY, 0,
	  "the security processor did not answer in time; ccp gave it up until the next boot",
	  "dmesg | grep 'timed out, disabling PSP': which command it was",
	  "power-cycle the host; if it returns at boot, set IOMMU to auto in the BIOS and update BIOS and SEV firmware",
	  "ccp __sev_do_cmd_locked(); AMDSEV #184", proof_psp_dead },

	/* ENOTTY: KVM does not offer this kind of guest */
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_SNP_START,
	  "QEMU and the host's kernel disagree about SNP's interface, or the firmware gave no guest context",
	  "QEMU 9.1 and Linux 6.11 or later, both from the same series; dmesg | grep 'SEV-SNP context'",
	  "use QEMU and kernel that belong together", "kvm_amd snp_launch_start(); AMDSEV #216",
	  NULL },
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_INIT | CONTEXT_START,
	  "SEV is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev must say Y or 1; dmesg | grep -i -e ccp -e sev",
	  "load kvm_amd with sev=1; if it stays off, enable SMEE and SEV in the BIOS and see whether ccp failed to INIT",
	  "kvm_amd sev_guest_init(); AMDSEV #36", proof_sev_off },
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_INIT | CONTEXT_START, "the firmware could not be initialised: kvm_amd then offers no SEV",
	  "dmesg | grep -e 'ccp.*INIT' -e 'timed out': the status that came back",
	  "cure that failure first: give its line to sevadm explain", "ccp __sev_platform_init_locked()",
	  proof_init_failed },
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_INIT | CONTEXT_START,
	  "there is no ASID for SEV-ES and SEV-SNP: the lowest plain SEV ASID is 1",
	  "CPUID 0x8000001F EDX; dmesg | grep 'SEV-ES.*ASIDs'",
	  "raise \"Minimum SEV non-ES ASID\" (or \"SEV-ES ASID space limit\") in the BIOS, such as to 100",
	  "kvm_amd sev_asid_new(); AMDSEV #33, #84, #137, #258", proof_es_range },
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_INIT | CONTEXT_START,
	  "SEV-ES is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev_es must say Y",
	  "load kvm_amd with sev_es=1", "kvm_amd sev_hardware_setup(); AMDSEV #258",
	  proof_es_off },
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_INIT | CONTEXT_SNP_START,
	  "SEV-SNP is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev_snp must say Y; dmesg | grep -e RMP -e SNP",
	  "load kvm_amd with sev_snp=1, enable SEV-SNP and its RMP table in the BIOS",
	  "kvm_amd sev_hardware_setup(); AMDSEV #258", proof_snp_off },
	{ ENOTTY, FW_NOT_ASKED, CONTEXT_INIT | CONTEXT_START,
	  "there is no ASID for plain SEV: all belong to SEV-ES and SEV-SNP",
	  "CPUID 0x8000001F: EDX above ECX; dmesg | grep 'SEV unusable'",
	  "lower \"Minimum SEV non-ES ASID\" in the BIOS, or use SEV-ES",
	  "kvm_amd sev_asid_new()", proof_sev_range },

	/* EINVAL and no status: KVM refused before it asked the firmware */
	{ EINVAL, FW_NOT_ASKED, CONTEXT_SNP_START,
	  "the SNP policy is wrong: bit 17 must be one, and KVM refuses bit 18 and bits the firmware does not have",
	  "sevadm policy check VALUE --type sev-snp",
	  "use 0x30000, or what sevadm policy encode --snp makes",
	  "kvm_amd snp_launch_start(); AMDSEV #240, sev-guest #33", proof_snp_policy },
	{ EINVAL, FW_NOT_ASKED, CONTEXT_INIT | LAUNCHES,
	  "QEMU and the host's kernel disagree about the interface: SNP has changed between the series",
	  "the versions of QEMU and kernel: upstream SNP needs QEMU 9.1 and Linux 6.11 or later",
	  "use QEMU and kernel that belong together",
	  "kvm_amd __sev_guest_init(); AMDSEV #215, #216, #223", NULL },
	{ EINVAL, FW_NOT_ASKED, CONTEXT_INIT,
	  "the VM has vCPUs already, was made SEV before, or asks for VMSA features KVM does not offer",
	  "sevadm trace show: an earlier INIT of the same process",
	  "let QEMU start the guest anew; use a QEMU that suits the kernel",
	  "kvm_amd __sev_guest_init()", NULL },
	{ EINVAL, FW_NOT_ASKED, CONTEXT_START,
	  "dh-cert-file or session-file is empty or holds something else",
	  "base64 -d of the certificate gives 2084 bytes, of the session 128",
	  "give both or neither, as base64 content", "kvm_amd sev_launch_start()", NULL },

	/* ENOMEM: the three ceilings of locked memory */
	{ ENOMEM, FW_NOT_ASKED, PINNING,
	  "RLIMIT_MEMLOCK is lower than what the VM has pinned and wants to pin",
	  "dmesg | grep -e 'locked pages exceed' -e 'lock limit'; prlimit --memlock --pid of QEMU",
	  "raise <hard_limit>, or the unit's LimitMEMLOCK= without libvirt",
	  "kvm_amd sev_pin_memory()", proof_memlock },
	{ ENOMEM, FW_NOT_ASKED, CONTEXT_REGISTER | CONTEXT_LAUNCH | CONTEXT_PIN_FAILURE,
	  "the VM's memory cgroup is too small: pinning allocates guest memory, and the OOM killer came",
	  "dmesg | grep 'Memory cgroup out of memory'; memory.max of the VM's cgroup",
	  "raise <hard_limit>: libvirt makes it memory.max as well", "kvm_amd sev_pin_memory()",
	  proof_oom_cgroup },
	{ ENOMEM, FW_NOT_ASKED, CONTEXT_REGISTER | CONTEXT_LAUNCH | CONTEXT_PIN_FAILURE,
	  "the host has no memory left for the guest",
	  "dmesg | grep 'Out of memory'; MemAvailable of /proc/meminfo",
	  "start fewer guests: pinned memory cannot be swapped", "kvm_amd sev_pin_memory()",
	  proof_oom_host },
	{ ENOMEM, FW_NOT_ASKED, CONTEXT_PIN_FAILURE,
	  "a part of guest memory could not be pinned: huge pages are exhausted, or its file is too short",
	  "HugePages_Free of /proc/meminfo; the size of the memory backend's file",
	  "provide the huge pages, or let QEMU preallocate", "kvm_amd sev_pin_memory()", NULL },
	{ 0, FW_ANY, CONTEXT_MLOCKALL,
	  "<locked/> makes QEMU lock its whole address space, which is larger than RLIMIT_MEMLOCK",
	  "VmSize of QEMU against prlimit --memlock: threads and libraries count",
	  "leave <locked/> away (SEV pins its memory by itself), or raise <hard_limit> far above the guest's RAM",
	  "mm/mlock.c, mlockall()", proof_line },
	{ 0, FW_ANY, CONTEXT_OOM_CGROUP,
	  "the VM's memory cgroup is too small: pinned guest memory is charged in full, and so is QEMU itself",
	  "memory.max, memory.peak and memory.events of the VM's cgroup",
	  "raise <hard_limit>: libvirt makes it memory.max as well", "mm/oom_kill.c", proof_line },
	{ 0, FW_ANY, CONTEXT_OOM_HOST,
	  "the host ran out of memory: what SEV guests have pinned cannot be swapped or reclaimed",
	  "sevadm status: pinned memory; MemTotal of /proc/meminfo",
	  "start fewer guests, or cap machine.slice", "mm/oom_kill.c", proof_line },

	/* EPERM and EACCES */
	{ EPERM, FW_NOT_ASKED, GUEST,
	  "the user QEMU runs as may not use /dev/sev",
	  "ls -l /dev/sev; getfacl /dev/sev",
	  "let libvirt relabel it, or add the user to its group", "ccp sev_ioctl()", NULL },
	{ EACCES, FW_ANY, 0,
	  "the user QEMU runs as may not open /dev/sev or /dev/kvm",
	  "ls -l /dev/sev /dev/kvm; getfacl /dev/sev",
	  "let libvirt relabel them, or add the user to their groups", "ccp sev_misc_init()",
	  NULL },
	{ EFAULT, FW_NOT_ASKED, 0,
	  "QEMU handed over an address that is not its own",
	  "sevadm trace show: which command failed", "report it to QEMU", "kvm_amd sev.c", NULL },
	{ ENODEV, FW_ANY, 0,
	  "ccp has no SEV device: it is not loaded, or SEV is off in the BIOS",
	  "lsmod | grep ccp; ls /dev/sev; dmesg | grep ccp",
	  "modprobe ccp; enable SMEE and SEV in the BIOS", "ccp __sev_do_cmd_locked()", NULL },

	/* the firmware's own answers */
	{ 0, 0x01, 0, "SNP failed to initialise before it, or SEV is initialised already",
	  "dmesg | grep 'SEV-SNP.*INIT': the first failure counts",
	  "cure the failure of SNP; if SNP is not wanted, turn it off in the BIOS",
	  "AMDSEV #176, #189, #271", NULL },
	{ 0, 0x03, 0, "the platform's configuration forbids it: SNP needs UEFI boot, all its BIOS options and SMT as the policy says",
	  "dmesg | grep -e RMP -e SNP; efivar: booted by UEFI",
	  "enable SMEE, SNP and RMP coverage in the BIOS, boot by UEFI, update BIOS and SEV firmware",
	  "AMDSEV #107, #176, #271", NULL },
	{ 0, 0x04, CONTEXT_START | CONTEXT_LAUNCH,
	  "dhCert or session is not what the firmware expects: often a file's name in place of its base64 content",
	  "base64 -d of the certificate gives 2084 bytes, of the session 128",
	  "paste the files' base64 content into <dhCert> and <session>, both or neither",
	  "AMDSEV #70", NULL },
	{ 0, 0x06, CONTEXT_START, "the guest owner's certificate (dhCert) is not valid",
	  "sevctl verify, or make it anew against this host's certificate chain",
	  "make session and certificate for this very host: its PDH changes with a platform reset",
	  "AMD SEV API (55766), LAUNCH_START", NULL },
	{ 0, 0x07, GUEST, "the guest's policy asks for what the platform does not have, or sets reserved bits",
	  "sevadm policy check VALUE; API version of sevadm status",
	  "use a policy whose reserved bits are zero and whose API version the firmware has",
	  "AMD SEV API (55766), LAUNCH_START; AMDSEV #253", proof_sev_policy },
	{ 0, 0x0a, CONTEXT_START, "the session was made for another host or another policy",
	  "was the session made from this host's PDH and with the same policy?",
	  "make session and certificate for this very host and policy",
	  "AMD SEV API (55766), LAUNCH_START", NULL },
	{ 0, 0x0b, CONTEXT_START, "the session's measurement does not match: another policy or platform",
	  "was the session made with the same policy?",
	  "make session and certificate for this very host and policy",
	  "AMD SEV API (55766), LAUNCH_START", NULL },
	{ 0, 0x0d, GUEST, "the ASID does not suit the kind of guest: the policy's bit 2 (es) and the VM's type differ",
	  "sevadm policy decode VALUE; type of sevadm vm list",
	  "set bit 2 of the policy for SEV-ES, and only then",
	  "AMD SEV API (55766), ACTIVATE", proof_sev_policy },
	{ 0, 0x0e, 0, "WBINVD_REQUIRED: caches were not flushed on every core since the last use of an ASID",
	  "dmesg | grep ccp: is SNP initialised first? kernel and SEV firmware versions",
	  "update the SEV firmware (linux-firmware), BIOS and kernel, then power-cycle the host",
	  "AMD SEV API (55766), Status Codes; AMDSEV #202", NULL },
	{ 0, 0x0f, 0, "a DF_FLUSH was left out after ASIDs were used",
	  "sevadm trace show: was there a DF_FLUSH that failed?",
	  "update the kernel; reloading kvm_amd flushes as well",
	  "AMD SEV API (55766), DF_FLUSH", NULL },
	{ 0, 0x13, 0, "HWSEV_RET_PLATFORM: memory encryption (SMEE) is off in the BIOS",
	  "rdmsr 0xc0010010: bit 23 must be one; dmesg | grep 'Memory Encryption'",
	  "enable SMEE in the BIOS (CBS, CPU common options), and boot with mem_encrypt=on where the BIOS does not help",
	  "sev-tool #43, #65; AMDSEV README, FAQ 7; enarx #2263", NULL },
	{ 0, 0x14, 0, "HWSEV_RET_UNSAFE: the firmware found the hardware's configuration unsafe",
	  "BIOS and SEV firmware versions", "update BIOS and SEV firmware",
	  "AMD SEV API (55766), Status Codes", NULL },
	{ 0, 0x15, 0, "UNSUPPORTED: this firmware does not support the feature asked for",
	  "sevadm status: API version and build", "update the SEV firmware (linux-firmware)",
	  "AMD SEV API (55766), Status Codes", NULL },
	{ 0, 0x16, LAUNCHES, "INVALID_PARAM: a reserved field is not zero, often a wrong policy",
	  "sevadm policy check VALUE", "use a policy whose reserved bits are zero",
	  "AMD SEV API (55766), Status Codes; AMDSEV #253", proof_sev_policy },
	{ 0, 0x16, 0, "INVALID_PARAM: kernel and firmware disagree about a command",
	  "sevadm trace show: which command", "update kernel and SEV firmware",
	  "AMD SEV API (55766), Status Codes", NULL },
	{ 0, 0x17, 0, "RESOURCE_LIMIT: the firmware has no room for another guest context; each VM and some leaked ones take one",
	  "sevadm vm list; sevadm trace show: DECOMMISSION that failed",
	  "stop guests; if none run, reload kvm_amd and ccp, or reboot",
	  "AMD SEV API (55766), Status Codes", NULL },
	{ 0, 0x18, 0, "SECURE_DATA_INVALID: the platform's stored keys failed their check",
	  "dmesg | grep ccp: is INIT_EX used?", "reset the platform: sevctl reset (all certificates are made anew)",
	  "AMD SEV API (55766), Status Codes", NULL },
	{ 0, 0x8003, 0, "the security processor's boot loader refused to run the SEV firmware: the BIOS is too old",
	  "BIOS and AGESA version: dmidecode -t bios", "update the BIOS",
	  "AMDSEV #25, #36", NULL },
	{ 0, 0x8004, 0, "the security processor's boot loader refused to run the SEV firmware: the BIOS is too old",
	  "BIOS and AGESA version: dmidecode -t bios", "update the BIOS", "sev-tool #6, #66", NULL },
	{ 0, 0x9000, 0, "the security processor did not come up as the BIOS should have made it",
	  "BIOS and AGESA version: dmidecode -t bios", "update the BIOS", "AMDSEV #105, #246", NULL },

	/* lines that speak for themselves */
	{ 0, FW_ANY, CONTEXT_BIOS_OFF, "memory encryption (SMEE) is off in the BIOS",
	  "rdmsr 0xc0010010: bit 23 must be one",
	  "enable SMEE in the BIOS (CBS, CPU common options)",
	  "ccp sev_dev_init()", proof_line },
	{ 0, FW_ANY, CONTEXT_ES_DISABLED,
	  "there is no ASID for SEV-ES and SEV-SNP: the lowest plain SEV ASID is 1",
	  "CPUID 0x8000001F EDX; dmesg | grep 'SEV-ES.*ASIDs'",
	  "raise \"Minimum SEV non-ES ASID\" (or \"SEV-ES ASID space limit\") in the BIOS, such as to 100",
	  "kvm_amd sev_hardware_setup(); AMDSEV #33, #84, #137; sevctl #116", proof_es_range },
	{ 0, FW_ANY, CONTEXT_SEV_DISABLED | CONTEXT_ES_DISABLED, "the firmware could not be initialised: kvm_amd then offers no SEV",
	  "dmesg | grep -e 'ccp.*INIT' -e 'timed out': the status that came back",
	  "cure that failure first: give its line to sevadm explain", "ccp __sev_platform_init_locked()",
	  proof_init_failed },
	{ 0, FW_ANY, CONTEXT_ES_DISABLED, "SEV-ES is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev_es must say Y", "load kvm_amd with sev_es=1",
	  "kvm_amd sev_hardware_setup()", proof_es_off },
	{ 0, FW_ANY, CONTEXT_ES_DISABLED, "SEV-SNP is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev_snp must say Y; dmesg | grep -e RMP -e SNP",
	  "load kvm_amd with sev_snp=1, enable SEV-SNP and its RMP table in the BIOS",
	  "kvm_amd sev_hardware_setup()", proof_snp_off },
	{ 0, FW_ANY, CONTEXT_SEV_DISABLED,
	  "there is no ASID for plain SEV: all belong to SEV-ES and SEV-SNP",
	  "CPUID 0x8000001F: EDX above ECX", "lower \"Minimum SEV non-ES ASID\" in the BIOS, or use SEV-ES",
	  "kvm_amd sev_hardware_setup()", proof_sev_range },
	{ 0, FW_ANY, CONTEXT_SEV_DISABLED, "SEV is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev must say Y or 1", "load kvm_amd with sev=1",
	  "kvm_amd sev_hardware_setup()", proof_sev_off },
};

static bool fits_firmware(const struct cause *cause, const struct symptom *symptom)
{
	if (cause->fw_error == FW_ANY)
		return true;
	if (cause->fw_error == FW_NOT_ASKED)
		return !symptom->fw_known || !symptom->fw_error ||
		       symptom->fw_error == FW_NO_FW_CALL;
	return symptom->fw_known && symptom->fw_error == cause->fw_error;
}

static bool fits(const struct cause *cause, const struct symptom *symptom)
{
	if (cause->err && cause->err != symptom->err)
		return false;
	if (!fits_firmware(cause, symptom))
		return false;
	/* Numbers without a context fit what is said by numbers. */
	if (!symptom->context)
		return cause->err || cause->fw_error != FW_ANY;
	return !cause->contexts || cause->contexts & symptom->context;
}

size_t explain_symptom(const struct symptom *symptom, const struct facts *facts,
		       struct explanation explanations[CAUSES_MAX])
{
	struct explanation found[CAUSES_MAX] = {};
	enum verdict verdict;
	size_t nr = 0, sorted = 0, i;

	for (i = 0; i < ARRAY_SIZE(causes) && nr < CAUSES_MAX; i++) {
		struct explanation *explanation = &found[nr];

		if (!fits(&causes[i], symptom))
			continue;
		nr++;
		explanation->cause = &causes[i];
		explanation->verdict = VERDICT_POSSIBLE;
		if (causes[i].proof)
			explanation->verdict = causes[i].proof(facts, symptom, explanation->why,
							       sizeof(explanation->why));
		if (explanation->verdict == VERDICT_POSSIBLE)
			explanation->why[0] = '\0';
	}
	for (verdict = VERDICT_PROVEN; verdict <= VERDICT_CONTRADICTED; verdict++)
		for (i = 0; i < nr; i++)
			if (found[i].verdict == verdict)
				explanations[sorted++] = found[i];
	return nr;
}

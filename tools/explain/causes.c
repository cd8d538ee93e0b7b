// SPDX-License-Identifier: GPL-2.0-only
/*
 * Causes of errno and of lines that speak for themselves: one row a cause, the likelier above the
 * less likely; facts change the order. statuses.c has those of the firmware, topics_*.c those of
 * messages.
 */
#include <errno.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/proofs.h"
#include "sev/names.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Contexts in which a firmware status comes back. */
#define GUEST	(CONTEXT_INIT | LAUNCHES)
#define SNP	(CONTEXT_SNP_START | CONTEXT_SNP_UPDATE | CONTEXT_SNP_FINISH)
#define LAUNCHES (CONTEXT_START | CONTEXT_LAUNCH | CONTEXT_LAUNCH_ES | SNP)
#define HOST	(CONTEXT_PSP_INIT | CONTEXT_SNP_INIT | CONTEXT_PSP_COMMAND)
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
	{ EBUSY, FW_NOT_ASKED, CONTEXT_INIT,
	  "a limit of sevadm on ASIDs is met, or those that are free are guaranteed to others (where the module is loaded)",
	  "sevadm explain --last; sevadm limit list: asid",
	  "end a VM that counts for it, or raise the maximum of the host, the user or the cgroup",
	  "sevadm module limit.c", proof_asid_limit },
	{ EBUSY, FW_NOT_ASKED, GUEST,
	  "the misc cgroup counts ASIDs that no VM holds: intra-host migration leaks its charge on some kernels",
	  "compare misc.current in /sys/fs/cgroup with \"used\" of sevadm status",
	  "reboot at the next occasion, and update the kernel; until then fewer guests fit",
	  "linux/sevadm.h, sevadm_pool_query.charged", proof_drift },
	{ EBUSY, FW_NOT_ASKED, GUEST,
	  "the host's misc.capacity for this kind of guest is used up",
	  "compare misc.current with misc.capacity in /sys/fs/cgroup",
	  "stop a guest of that pool", "kernel cgroup-v2.rst, Misc", proof_misc_full },
	{ EBUSY, FW_NOT_ASKED, GUEST | HOST,
	  "a command of the security processor timed out; ccp refuses every later one (psp_dead)",
	  "dmesg | grep 'timed out, disabling PSP'",
	  "power-cycle the host; if it returns at boot, set IOMMU to auto in the BIOS and update BIOS and SEV firmware",
	  "ccp __sev_do_cmd_locked(); AMDSEV #184", proof_psp_dead },
	{ EBUSY, FW_NOT_ASKED, GUEST | HOST | CONTEXT_PSP_BUFFERS,
	  "ccp ran out of command buffers, after page reclaims nested in a command failed",
	  "dmesg | grep -e 'too many firmware commands' -e RMPUPDATE",
	  "reboot and update the host's kernel", "ccp __sev_do_cmd_locked(); AMDSEV #205",
	  proof_buffers },
	{ ETIMEDOUT, FW_ANY, GUEST | HOST | CONTEXT_PSP_TIMEOUT,
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
	{ EINVAL, FW_NOT_ASKED, CONTEXT_SNP_START | CONTEXT_SNP_UPDATE,
	  "the firmware is in pflash, or guest memory has no guest_memfd: SNP takes neither",
	  "-drive if=pflash or <loader type='pflash'>; dmesg | grep guest_memfd",
	  "give the firmware by -bios, or <loader type='rom'> without <nvram>, and use QEMU 9.1 or later",
	  "kvm_amd snp_launch_update(); AMDSEV #166, #223; kata-containers #9092", NULL },
	{ EINVAL, FW_NOT_ASKED, CONTEXT_INIT | LAUNCHES,
	  "QEMU and the host's kernel disagree about the interface: SNP has changed between the series",
	  "the versions of QEMU and kernel: upstream SNP needs QEMU 9.1 and Linux 6.11 or later",
	  "use QEMU and kernel that belong together",
	  "kvm_amd __sev_guest_init(); AMDSEV #215, #216, #223", NULL },
	{ EINVAL, FW_NOT_ASKED, CONTEXT_INIT,
	  "the VM has vCPUs already, was made SEV before, or asks for VMSA features KVM does not offer",
	  "sevadm trace show: an earlier INIT of the same process",
	  "restart the guest; use a QEMU that suits the kernel",
	  "kvm_amd __sev_guest_init()", NULL },
	{ EINVAL, FW_NOT_ASKED, CONTEXT_START,
	  "dh-cert-file or session-file is empty or holds something else",
	  "base64 -d of the certificate gives 2084 bytes, of the session 128",
	  "give both or neither, as base64 content", "kvm_amd sev_launch_start()", NULL },

	{ ENOMEM, FW_NOT_ASKED, CONTEXT_INIT,
	  "a limit of sevadm on private memory refuses a SEV-SNP guest with so much (where the module is loaded), or KVM found no memory for the VM",
	  "sevadm limit list: private; sevadm trace show --event limit",
	  "raise private.max of the host, the user or the cgroup, or give the guest less memory",
	  "sevadm module gmem.c", NULL },

	/* ENOMEM: the three ceilings of locked memory, and one of ours */
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
	{ ENOMEM, FW_NOT_ASKED, CONTEXT_REGISTER | CONTEXT_LAUNCH,
	  "a limit of sevadm on pinned memory is met (where the module is loaded)",
	  "sevadm explain --last; sevadm limit list: pin",
	  "end a VM that counts for it, or raise pin.max of the host, the user or the cgroup",
	  "sevadm module limit.c", proof_limit },
	{ ENOMEM, FW_NOT_ASKED, CONTEXT_PIN_FAILURE,
	  "a part of guest memory could not be pinned: huge pages are exhausted, or its file is too short",
	  "HugePages_Free of /proc/meminfo; the size of the memory backend's file",
	  "provide the huge pages, or let QEMU preallocate", "kvm_amd sev_pin_memory()", NULL },
	{ 0, FW_ANY, CONTEXT_MLOCKALL,
	  "<locked/> makes QEMU lock its whole address space, which is larger than RLIMIT_MEMLOCK",
	  "VmSize of QEMU against prlimit --memlock: threads and libraries count",
	  "remove <locked/> (SEV pins the guest's memory anyway), or raise <hard_limit> far above the guest's RAM",
	  "mm/mlock.c, mlockall()", proof_line },
	{ 0, FW_ANY, CONTEXT_OOM_CGROUP,
	  "the VM's memory cgroup is too small: pinned guest memory is charged in full, and so is QEMU itself",
	  "memory.max, memory.peak and memory.events of the VM's cgroup",
	  "raise <hard_limit>: libvirt makes it memory.max as well", "mm/oom_kill.c", proof_line },
	{ 0, FW_ANY, CONTEXT_OOM_HOST,
	  "the host ran out of memory: what SEV guests have pinned cannot be swapped or reclaimed",
	  "sevadm status: pinned memory; MemTotal of /proc/meminfo",
	  "start fewer guests, or cap machine.slice", "mm/oom_kill.c", proof_line },

	/* EOPNOTSUPP: ccp will not */
	{ EOPNOTSUPP, FW_NOT_ASKED, CONTEXT_SNP_INIT,
	  "the SEV firmware is older than 1.51, which SEV-SNP needs",
	  "sevadm status: the firmware's API and build; dmesg | grep 'requires firmware version'",
	  "install the current SEV firmware (linux-firmware) and reload ccp; update the BIOS if it is refused",
	  "ccp __sev_snp_init_locked(); AMDSEV #81", NULL },
	{ EOPNOTSUPP, FW_NOT_ASKED, CONTEXT_INIT,
	  "KVM knows no such kind of guest: QEMU asks for an interface that this kernel does not have",
	  "the versions of QEMU and kernel (SVSM trees have their own)", "use QEMU and kernel that belong together",
	  "kvm_amd sev_guest_init(); linux-svsm #7", NULL },
	{ ENODEV, FW_NOT_ASKED, CONTEXT_SNP_INIT,
	  "SNP is not enabled on this host: RMP table or IOMMU are missing",
	  "dmesg | grep -e RMP -e SNP: the first failure", "cure it: RMP coverage and IOMMU in the BIOS, no iommu=pt",
	  "ccp __sev_snp_init_locked()", NULL },
	{ EIO, FW_NOT_ASKED, CONTEXT_SNP_UPDATE,
	  "a page was given to the firmware twice, or could not be assigned in the RMP: the image's pages overlap",
	  "dmesg | grep -e RMPUPDATE -e RMP; which image: IGVM or OVMF, and its build",
	  "use an image and a QEMU that belong together; update the host's kernel",
	  "kvm_amd sev_gmem_post_populate(); coconut-svsm #1029", NULL },
	{ EFAULT, FW_NOT_ASKED, CONTEXT_SNP_UPDATE,
	  "KVM could not read what is to be copied into the guest", "QEMU's memory backends",
	  "use memory-backend-memfd with share=on, or plain -m", "kvm_amd snp_launch_update()", NULL },

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
	{ 0, FW_ANY, CONTEXT_ES_UNUSABLE,
	  "firmware with the cure of CVE-2025-48514 refuses SEV-ES guests while SNP is initialised",
	  "sevadm check host: sev-es-on-snp; the parameter sev_es still says Y",
	  "run SEV-SNP guests here, and SEV-ES guests on hosts whose BIOS has SNP off; an older firmware would bring the hole back",
	  "ccp sev_firmware_supported_vm_types(); AMD-SB-3023; kubevirt #17118", proof_line },
	{ 0, FW_ANY, CONTEXT_ES_UNUSABLE,
	  "ciphertext hiding gives all ASIDs of SEV-ES to SEV-SNP",
	  "cat /sys/module/kvm_amd/parameters/ciphertext_hiding_asids; dmesg | grep ASIDs",
	  "give kvm_amd.ciphertext_hiding_asids a smaller number, or raise \"Minimum SEV non-ES ASID\" in the BIOS",
	  "kvm_amd sev_hardware_setup()", NULL },
	{ 0, FW_ANY, CONTEXT_SNP_DISABLED,
	  "SEV-SNP is off on this host: RMP table, IOMMU, firmware or the parameter sev_snp",
	  "dmesg | grep -e RMP -e 'SNP:' -e ccp: the first failure; sevadm check host",
	  "enable SEV-SNP, its RMP table and the IOMMU in the BIOS, remove iommu=pt, and load kvm_amd with sev_snp=1",
	  "kvm_amd sev_hardware_setup(); AMDSEV #226, #238", proof_snp_off },
	{ 0, FW_ANY, CONTEXT_SEV_DISABLED | CONTEXT_ES_DISABLED | CONTEXT_SNP_DISABLED, "the firmware could not be initialised: kvm_amd then offers no SEV",
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
	{ 0, FW_ANY, CONTEXT_SEV_DISABLED | CONTEXT_SEV_UNUSABLE,
	  "there is no ASID for plain SEV: all belong to SEV-ES and SEV-SNP",
	  "CPUID 0x8000001F: EDX above ECX", "lower \"Minimum SEV non-ES ASID\" in the BIOS, or use SEV-ES",
	  "kvm_amd sev_hardware_setup()", proof_sev_range },
	{ 0, FW_ANY, CONTEXT_SEV_DISABLED, "SEV is off in kvm_amd",
	  "cat /sys/module/kvm_amd/parameters/sev must say Y or 1", "load kvm_amd with sev=1",
	  "kvm_amd sev_hardware_setup()", proof_sev_off },
	{}
};

/* No table of AMD's gives that status to such a command. */
static const struct cause unlisted = {
	0, FW_ANY, 0, "AMD's specification does not give this status to such a command",
	"sevadm trace show: which command it was; kernel, firmware and BIOS version",
	"report it to the kernel's maintainers with these; update kernel, BIOS and firmware together",
	"API and ABI, Status Codes", NULL
};

static const struct cause unlisted_in_guest = {
	0, FW_ANY, 0, "AMD's specification does not give this status to a guest's request",
	"versions of the guest's kernel and of the tool that asks", "ask the host's operator",
	"ABI, SNP_GUEST_REQUEST", NULL
};

/* Searched one after the other: what a message says counts before what its numbers say. */
static const struct cause *const tables[] = {
	host_topics, vm_topics, guest_topics, causes, status_causes,
};

static bool fits_firmware(const struct cause *cause, const struct symptom *symptom)
{
	if (cause->fw_error == FW_ANY)
		return true;
	if (cause->fw_error == FW_NOT_ASKED)
		return !firmware_refused(symptom);
	return symptom->fw_known && symptom->fw_error == cause->fw_error;
}

static bool fits(const struct cause *cause, const struct symptom *symptom)
{
	if (symptom->topic || cause->topic)
		return symptom->topic && cause->topic && !strcmp(symptom->topic, cause->topic);
	if (cause->err && cause->err != symptom->err)
		return false;
	if (!fits_firmware(cause, symptom))
		return false;
	/* Numbers without a context fit what is said by numbers. */
	if (!symptom->context)
		return cause->err || cause->fw_error != FW_ANY;
	return !cause->contexts || cause->contexts & symptom->context;
}

static void add(const struct cause *cause, const struct symptom *symptom,
		const struct facts *facts, struct explanation *explanation)
{
	explanation->cause = cause;
	explanation->verdict = VERDICT_POSSIBLE;
	if (cause->proof)
		explanation->verdict = cause->proof(facts, symptom, explanation->why,
						    sizeof(explanation->why));
	if (explanation->verdict == VERDICT_POSSIBLE)
		explanation->why[0] = '\0';
}

size_t explain_symptom(const struct symptom *symptom, const struct facts *facts,
		       struct explanation explanations[CAUSES_MAX])
{
	struct explanation found[CAUSES_MAX] = {};
	const struct cause *cause;
	enum verdict verdict;
	size_t nr = 0, sorted = 0, i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (cause = tables[i]; cause->cause && nr < CAUSES_MAX; cause++)
			if (fits(cause, symptom))
				add(cause, symptom, facts, &found[nr++]);
	if (!nr && symptom->context && firmware_refused(symptom))
		add(symptom->context & CONTEXT_REQUEST ? &unlisted_in_guest : &unlisted, symptom,
		    facts, &found[nr++]);
	for (verdict = VERDICT_PROVEN; verdict <= VERDICT_CONTRADICTED; verdict++)
		for (i = 0; i < nr; i++)
			if (found[i].verdict == verdict)
				explanations[sorted++] = found[i];
	return nr;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware statuses: what each means for each kind of command, one row a cause.
 *
 * The same number has another cause, and another remedy, at a launch of SEV, a launch of SEV-SNP, a
 * guest's request and the initialisation of the host. Sources: the tables "Status Codes" of each
 * command in AMD SEV API (55766, "API") and AMD SEV-SNP ABI (56860, "ABI").
 */
#include "explain/explain.h"
#include "explain/proofs.h"

#define SEV_START	(CONTEXT_START)
#define SEV_ANY		(CONTEXT_START | CONTEXT_LAUNCH | CONTEXT_LAUNCH_ES | CONTEXT_SECRET)
#define SNP_ANY		(CONTEXT_SNP_START | CONTEXT_SNP_UPDATE | CONTEXT_SNP_FINISH)
#define LAUNCHES	(SEV_ANY | SNP_ANY)
#define KVM_INIT	CONTEXT_INIT
#define HOST_SEV	CONTEXT_PSP_INIT
#define HOST_SNP	CONTEXT_SNP_INIT
#define HOST_ANY	(HOST_SEV | HOST_SNP)
#define COMMAND		CONTEXT_PSP_COMMAND
#define REQUEST		CONTEXT_REQUEST

#define BUG_CHECK	"sevadm trace show: which command, and what came before it; kernel and firmware version"
#define BUG_REMEDY	"update the host's kernel, and report it with the trace"
#define HERE_CHECK	"was the session made from this host's PDH and with the same policy?"
#define HERE_REMEDY	"make session and certificate for this very host and policy"
#define REQUEST_CHECK	"versions of the guest's kernel and of the tool that asks (snpguest)"
#define REQUEST_REMEDY	"update the guest's kernel and the tool, then restart the guest"

#define STATUS(code, contexts, cause, check, remedy, source) \
	{ 0, code, contexts, cause, check, remedy, source, NULL }

const struct cause status_causes[] = {
	/* 0x01 INVALID_PLATFORM_STATE */
	STATUS(0x01, HOST_SEV, "SNP failed to initialise before it, or SEV is initialised already",
	       "dmesg | grep 'SEV-SNP.*INIT': the first failure counts",
	       "cure the failure of SNP; if SNP is not wanted, turn it off in the BIOS",
	       "API, INIT; AMDSEV #176, #189, #271"),
	STATUS(0x01, HOST_SNP, "the platform was initialised already when SNP was to be",
	       "dmesg | grep ccp: was legacy INIT first? kernel version",
	       "reload kvm_amd and ccp when no guest runs, or reboot; update the kernel",
	       "ABI, SNP_INIT"),
	STATUS(0x01, LAUNCHES | KVM_INIT | COMMAND, "the firmware is not initialised: INIT failed, or it was shut down",
	       "dmesg | grep ccp; sevadm status: the firmware's state",
	       "cure the failure of INIT; reload kvm_amd and ccp when no guest runs",
	       "API, LAUNCH_START; ABI, SNP_LAUNCH_START"),
	STATUS(0x01, REQUEST, "the host's firmware is not initialised any more",
	       "ask the host's operator", "start the guest on another host", "ABI, SNP_GUEST_REQUEST"),

	/* 0x02 INVALID_GUEST_STATE */
	STATUS(0x02, LAUNCHES, "a launch command came out of order: the guest is not in that stage any more",
	       BUG_CHECK, "restart the guest; update QEMU if it returns",
	       "API, GSTATE; ABI, guest context"),
	STATUS(0x02, REQUEST, "the guest is not running for the firmware: it is being launched or has ended",
	       "virsh domstate", "ask again once it runs", "ABI, SNP_GUEST_REQUEST"),

	/* 0x03 INVALID_CONFIG */
	STATUS(0x03, HOST_ANY, "the platform's configuration forbids it: SNP needs UEFI boot, all its BIOS options and SMT as the policy says",
	       "dmesg | grep -e RMP -e SNP; efivar: booted by UEFI; the same SYSCFG on all processors",
	       "enable SMEE, SNP and RMP coverage in the BIOS, boot by UEFI, update BIOS and SEV firmware",
	       "ABI, SNP_INIT; AMDSEV #107, #176, #271"),
	{ 0, 0x03, CONTEXT_LAUNCH_ES | CONTEXT_START,
	  "the SEV firmware is too old for SEV-ES, or the host lacks the memory (TMR) that it needs",
	  "sevadm status: API 0.17 or later; dmesg | grep TMR",
	  "install the current SEV firmware (linux-firmware) and reload ccp; load ccp early in the boot",
	  "API, LAUNCH_UPDATE_VMSA; AMDSEV #41", proof_is_es },
	STATUS(0x03, SNP_ANY, "the ASID still has pages in the RMP, or the platform has what the policy forbids (SMT, two sockets)",
	       "sevadm asid list; sevadm policy decode VALUE",
	       "restart it to get another ASID; allow SMT (bit 16) in the policy, or switch SMT off",
	       "ABI, SNP_ACTIVATE, SNP_LAUNCH_START"),

	/* 0x04 INVALID_LEN */
	STATUS(0x04, CONTEXT_START | CONTEXT_LAUNCH,
	       "dhCert or session is not what the firmware expects: often a file's name in place of its base64 content",
	       "base64 -d of the certificate gives 2084 bytes, of the session 128",
	       "paste the files' base64 content into <dhCert> and <session>, both or neither", "AMDSEV #70"),
	STATUS(0x04, CONTEXT_SECRET, "the secret or its header has the wrong length",
	       "base64 -d: the header has 52 bytes, the secret a multiple of 16",
	       "make both by sevctl secret build for this very launch", "API, LAUNCH_SECRET"),
	STATUS(0x04, CONTEXT_LAUNCH_ES | SNP_ANY | HOST_ANY | COMMAND,
	       "a buffer of the kernel is too small for this firmware", BUG_CHECK, BUG_REMEDY,
	       "API and ABI, Status Codes"),
	STATUS(0x04, REQUEST, "the answer does not fit into the guest's buffer", REQUEST_CHECK,
	       "ask again with a larger buffer", "ABI, SNP_GUEST_REQUEST"),

	STATUS(0x05, COMMAND, "the platform has an owner: its certificate was imported before",
	       "sevctl show flags: owner", "reset the platform first, which replaces all certificates",
	       "API, PEK_CERT_IMPORT"),

	/* 0x06 INVALID_CERTIFICATE */
	STATUS(0x06, CONTEXT_START, "the guest owner's certificate (dhCert) is not valid",
	       "sevctl verify, or make a new one with this host's certificate chain",
	       "make session and certificate for this very host: its PDH changes with a platform reset",
	       "API, LAUNCH_START"),
	STATUS(0x06, COMMAND, "a certificate that was to be imported is not valid",
	       "sevctl verify", "make a new one for this host's PEK", "API, PEK_CERT_IMPORT"),

	/* 0x07 POLICY_FAILURE */
	{ 0, 0x07, SEV_ANY, "the guest's policy asks for what the platform does not have, or sets reserved bits",
	  "sevadm policy check VALUE; API version of sevadm status",
	  "use a policy whose reserved bits are zero and whose API version the firmware has",
	  "API, LAUNCH_START; AMDSEV #253", proof_sev_policy },
	{ 0, 0x07, CONTEXT_SNP_START | CONTEXT_SNP_UPDATE,
	  "the SNP policy asks for what the platform does not have: bit 17 clear, SMT forbidden while it is on, a newer ABI",
	  "sevadm policy check VALUE --type sev-snp; lscpu: threads per core",
	  "use 0x30000 (bit 17 one, SMT allowed), or what sevadm policy encode --snp makes",
	  "ABI, SNP_LAUNCH_START; kata-containers #5795", proof_snp_policy },
	STATUS(0x07, CONTEXT_SNP_FINISH, "the policy in the ID block is not the policy that the guest was started with",
	       "the policy of -object sev-snp-guest and the one given to snpguest generate id-block",
	       "make a new ID block with the guest's policy", "ABI, SNP_LAUNCH_FINISH"),
	STATUS(0x07, REQUEST, "the guest's policy, or its VMPL, forbids the request",
	       "sevadm policy decode of the report's policy; the VMPL asked for",
	       "ask for a report or key of the guest's own VMPL or a higher number", "ABI, MSG_REPORT_REQ"),

	/* 0x08 .. 0x09 */
	STATUS(0x08, LAUNCHES | KVM_INIT | COMMAND, "the guest has no ASID for the firmware: ACTIVATE is missing or was refused",
	       BUG_CHECK, BUG_REMEDY, "API, ACTIVATE"),
	STATUS(0x09, LAUNCHES | KVM_INIT | HOST_ANY | COMMAND, "an address that the kernel gave is not aligned, or not memory the firmware may use",
	       "dmesg: RMPUPDATE beside it; is a parameter of ccp or a backend's alignment unusual?", BUG_REMEDY,
	       "API and ABI, Status Codes"),
	STATUS(0x09, REQUEST, "the host gave the firmware a wrong address for the guest's request",
	       "host kernel version", "ask the host's operator to update its kernel", "ABI, SNP_GUEST_REQUEST"),

	/* 0x0a BAD_SIGNATURE, 0x0b BAD_MEASUREMENT */
	STATUS(0x0a, CONTEXT_START, "the session was made for another host or another policy",
	       HERE_CHECK, HERE_REMEDY, "API, LAUNCH_START"),
	STATUS(0x0a, CONTEXT_SNP_FINISH | CONTEXT_SNP_START | CONTEXT_SNP_UPDATE,
	       "the ID block's signature does not verify: id-auth is for another id-block, or the keys do not belong together",
	       "id-block 96 bytes, id-auth 4096; which keys signed them (ECDSA P-384)?",
	       "make a new id-block and id-auth, together, with a current tool (sev-snp-measure once padded numbers wrongly)",
	       "ABI, SNP_LAUNCH_FINISH; sev-snp-measure #28"),
	STATUS(0x0a, HOST_ANY | COMMAND, "the signature of a firmware file or certificate does not verify",
	       "the file's origin and processor family", "install the file made for this processor",
	       "API, DOWNLOAD_FIRMWARE"),
	STATUS(0x0b, CONTEXT_START, "the session's measurement does not match: another policy or platform",
	       HERE_CHECK, HERE_REMEDY, "API, LAUNCH_START"),
	STATUS(0x0b, CONTEXT_SECRET | CONTEXT_LAUNCH | CONTEXT_LAUNCH_ES,
	       "the secret was made for another launch: the measurement in its header is not this guest's",
	       "virsh domlaunchsecinfo: the measurement used", "measure this launch, and build a new secret",
	       "API, LAUNCH_SECRET"),
	STATUS(0x0b, SNP_ANY, "the launch digest in the ID block is not this guest's: another firmware image, vCPU count, CPU type or kernel hashes",
	       "sev-snp-measure with the same OVMF, vcpus, vcpu-type and kernel",
	       "compute the digest for this very guest (QEMU's vmm-type), and make a new ID block",
	       "ABI, SNP_LAUNCH_FINISH; AMDSEV #195"),

	/* 0x0c .. 0x0d ASIDs */
	STATUS(0x0c, LAUNCHES | KVM_INIT | COMMAND, "another guest holds the ASID for the firmware: one that ended was not released",
	       "sevadm asid list; sevadm trace show: DECOMMISSION that failed",
	       "restart the guest; reload kvm_amd and ccp when no guest runs", "API, ACTIVATE; ABI, SNP_ACTIVATE"),
	{ 0, 0x0d, SEV_ANY | KVM_INIT | COMMAND, "the ASID does not suit the kind of guest: the policy's bit 2 (es) and the VM's type differ",
	  "sevadm policy decode VALUE; type of sevadm vm list",
	  "set bit 2 of the policy for SEV-ES, and only then", "API, ACTIVATE", proof_sev_policy },
	STATUS(0x0d, SNP_ANY, "the ASID is out of the range for SNP guests: with ciphertext hiding that is smaller",
	       "cat /sys/module/kvm_amd/parameters/ciphertext_hiding_asids; dmesg | grep ASIDs",
	       "reload kvm_amd (and ccp) so that kernel and firmware have the same range; update the kernel",
	       "ABI, SNP_ACTIVATE"),

	/* 0x0e WBINVD_REQUIRED, 0x0f DFFLUSH_REQUIRED */
	STATUS(0x0e, HOST_ANY | LAUNCHES | KVM_INIT | COMMAND,
	       "WBINVD_REQUIRED: caches were not flushed on every core since the last use of an ASID",
	       "dmesg | grep ccp: is SNP initialised first? kernel and SEV firmware versions",
	       "update the SEV firmware (linux-firmware), BIOS and kernel, then power-cycle the host",
	       "API, Status Codes; AMDSEV #202"),
	STATUS(0x0f, HOST_ANY | LAUNCHES | KVM_INIT | COMMAND, "a DF_FLUSH was left out after ASIDs were used",
	       "sevadm trace show: was there a DF_FLUSH that failed?",
	       "update the kernel; reloading kvm_amd flushes as well", "API, DF_FLUSH; ABI, SNP_DF_FLUSH"),

	/* 0x10 .. 0x12 */
	STATUS(0x10, LAUNCHES | KVM_INIT | COMMAND, "the firmware knows no such guest: its context was not made, or is gone",
	       BUG_CHECK, "restart the guest; " BUG_REMEDY, "API, handles; ABI, guest context"),
	STATUS(0x10, REQUEST, "the host's firmware has lost the guest's context", "ask the host's operator",
	       "restart the guest", "ABI, SNP_GUEST_REQUEST"),
	STATUS(0x11, HOST_ANY | LAUNCHES | KVM_INIT | COMMAND, "INVALID_COMMAND: this firmware does not know the command",
	       "sevadm status: API version and build; which command",
	       "install the current SEV firmware (linux-firmware) and BIOS", "API, Status Codes"),
	STATUS(0x12, LAUNCHES | KVM_INIT | COMMAND, "the guest still has an ASID: DEACTIVATE is missing", BUG_CHECK,
	       BUG_REMEDY, "API, DECOMMISSION"),

	/* 0x13 HWSEV_RET_PLATFORM, 0x14 HWSEV_RET_UNSAFE */
	STATUS(0x13, HOST_ANY | COMMAND | KVM_INIT | LAUNCHES, "HWSEV_RET_PLATFORM: memory encryption (SMEE) is off in the BIOS",
	       "rdmsr 0xc0010010: bit 23 must be one; dmesg | grep 'Memory Encryption'",
	       "enable SMEE in the BIOS (CBS, CPU common options), and boot with mem_encrypt=on where the BIOS does not help",
	       "sev-tool #43, #65; AMDSEV README, FAQ 7; enarx #2263"),
	STATUS(0x14, HOST_ANY | COMMAND | KVM_INIT | LAUNCHES, "HWSEV_RET_UNSAFE: the firmware found the hardware's configuration unsafe",
	       "BIOS and SEV firmware versions", "update BIOS and SEV firmware", "API, Status Codes"),

	/* 0x15 UNSUPPORTED: a newer firmware supports less for SEV-ES, never more */
	{ 0, 0x15, CONTEXT_START | CONTEXT_LAUNCH_ES | CONTEXT_LAUNCH,
	  "firmware with the cure of CVE-2025-48514 refuses SEV-ES guests while SNP is initialised",
	  "sevadm check host: sev-es-on-snp; dmesg | grep 'SEV-ES.*unusable'; did the firmware change lately?",
	  "start it as a SEV-SNP guest, or on a host whose BIOS has SNP off; an older firmware would bring the hole back",
	  "AMD-SB-3023; AMDSEV #282; kubevirt #17118", proof_is_es },
	STATUS(0x15, CONTEXT_START | CONTEXT_LAUNCH | CONTEXT_SECRET,
	       "the platform does not do what the guest's policy asks for",
	       "sevadm policy decode VALUE; sevadm check host", "use a policy without that bit",
	       "API, LAUNCH_START"),
	STATUS(0x15, SNP_ANY, "the guest asks for a feature that this processor or firmware does not have: a policy bit above 20, Secure TSC, VMSA features",
	       "sevadm policy decode VALUE; sevadm check host; -object's options",
	       "use policy 0x30000, and start the guest without that feature", "ABI, SNP_LAUNCH_START"),
	STATUS(0x15, HOST_SNP, "SNP_INIT asks for what this platform does not have: ciphertext hiding, RAPL off, trusted I/O",
	       "cat /sys/module/kvm_amd/parameters/ciphertext_hiding_asids; ccp.tio",
	       "remove ciphertext_hiding_asids= and ccp.tio from the options", "ABI, SNP_INIT_EX"),
	STATUS(0x15, HOST_SEV | COMMAND | KVM_INIT, "UNSUPPORTED: this firmware does not do what the kernel asks for",
	       "sevadm status: API version and build; which command",
	       "see AMD's release notes for this build; update kernel and BIOS together", "API, Status Codes"),
	STATUS(0x15, REQUEST, "this host's firmware does not know the request", "version of the report; snpguest's version",
	       "ask for an older message version, or use a host with newer firmware", "ABI, SNP_GUEST_REQUEST"),

	/* 0x16 INVALID_PARAM */
	{ 0, 0x16, SEV_ANY, "INVALID_PARAM: a reserved field is not zero, often a wrong policy",
	  "sevadm policy check VALUE", "use a policy whose reserved bits are zero",
	  "API, Status Codes; AMDSEV #253", proof_sev_policy },
	STATUS(0x16, CONTEXT_SNP_UPDATE, "the firmware corrected the CPUID page: the CPU model names what this processor cannot give",
	       "QEMU's lines \"CPUID validation failed\": provided and expected",
	       "use -cpu EPYC-v4, EPYC-Milan-v2 or EPYC-Genoa in place of EPYC", "ABI, PAGE_TYPE_CPUID; nvtrust #91"),
	{ 0, 0x16, CONTEXT_SNP_START, "INVALID_PARAM: the policy has bits that this firmware reserves",
	  "sevadm policy check VALUE --type sev-snp", "use 0x30000", "ABI, SNP_LAUNCH_START", proof_snp_policy },
	STATUS(0x16, CONTEXT_SNP_FINISH, "id-block or id-auth has a wrong version, algorithm or reserved field, or has no author key, which some firmware wants",
	       "id-block: version 1; id-auth: ECDSA P-384 with SHA-384; is there an author key?",
	       "make a new id-block and id-auth with an author key, and set author-key-enabled=on (auth-key-enabled in older trees)",
	       "ABI, SNP_LAUNCH_FINISH; sev-guest #13, #19"),
	STATUS(0x16, HOST_ANY | COMMAND | KVM_INIT, "INVALID_PARAM: kernel and firmware disagree about a command",
	       "sevadm trace show: which command", "update kernel and SEV firmware together", "API and ABI, Status Codes"),
	STATUS(0x16, REQUEST, "the firmware could not take the guest's message: another VMPL's key, a counter out of step, or a field it does not know",
	       REQUEST_CHECK "; the VMPL asked for and the kernel's vmpck_id", REQUEST_REMEDY,
	       "ABI, SNP_GUEST_REQUEST; snpguest #154; linux-svsm #22"),

	STATUS(0x17, LAUNCHES | KVM_INIT | HOST_ANY | COMMAND,
	       "RESOURCE_LIMIT: the firmware has no room for another guest context; each VM and some leaked ones take one",
	       "sevadm vm list; sevadm trace show: DECOMMISSION that failed",
	       "stop guests; if none run, reload kvm_amd and ccp, or reboot", "API, Status Codes"),
	STATUS(0x18, HOST_ANY | COMMAND | KVM_INIT, "SECURE_DATA_INVALID: the platform's stored keys failed their check",
	       "dmesg | grep ccp: is INIT_EX used?", "reset the platform: sevctl reset (this replaces all certificates)",
	       "API, Status Codes"),

	/* 0x19 .. 0x1c: pages and the RMP */
	STATUS(0x19, LAUNCHES | KVM_INIT | HOST_ANY | COMMAND, "the RMP has the page in another size than the kernel says",
	       "dmesg | grep -e RMPUPDATE -e PSMASH", "update the host's kernel; end the guest", "ABI, RMP"),
	STATUS(0x1a, LAUNCHES | KVM_INIT | HOST_ANY | COMMAND, "a page is not in the RMP state that the command needs",
	       "dmesg | grep -e RMPUPDATE -e Leaking; QEMU's firmware image: one page given twice?",
	       "use QEMU, kernel and firmware image that belong together; reboot if pages leaked", "ABI, page states"),
	STATUS(0x1b, COMMAND | SNP_ANY, "a metadata entry of swapped pages is not valid", BUG_CHECK, BUG_REMEDY,
	       "ABI, SNP_PAGE_SWAP_IN"),
	STATUS(0x1c, LAUNCHES | KVM_INIT | HOST_ANY | COMMAND, "a page belongs to another guest", "dmesg | grep RMP",
	       "restart the guest; update the host's kernel", "ABI, page states"),
	STATUS(0x1d, REQUEST, "the guest has used up its message counter with the firmware",
	       "how many reports were asked for", "restart the guest: a new launch has a new key", "ABI, SNP_GUEST_REQUEST"),
	STATUS(0x1f, HOST_ANY | COMMAND, "the firmware left its ring buffer mode", BUG_CHECK, BUG_REMEDY, "API, RING_BUFFER"),

	/* 0x20 .. 0x28: SNP's platform commands */
	STATUS(0x20, HOST_ANY | COMMAND, "the RMP has not been initialised since the last reset",
	       "dmesg | grep -e RMP -e SNP_INIT; did kexec start this kernel?",
	       "cold-boot the host; use a kernel whose kexec shuts SNP down (6.9 or later)", "ABI, SNP_INIT"),
	STATUS(0x21, HOST_ANY | COMMAND, "the security version is lower than the committed one: this would be a rollback",
	       "snphost show tcb: committed and current", "install a firmware that is not older than what was committed: a commit cannot be undone",
	       "ABI, SNP_COMMIT, DOWNLOAD_FIRMWARE_EX"),
	STATUS(0x22, HOST_ANY | COMMAND, "the firmware's version is lower than the committed one: this would be a rollback",
	       "sevadm status; snphost show version", "install a firmware that is not older than what was committed",
	       "ABI, DOWNLOAD_FIRMWARE_EX"),
	STATUS(0x23, HOST_ANY | COMMAND, "this update wants SEV and SNP shut down first", "sevadm vm list: guests that run",
	       "stop all guests, unload kvm_amd, reload ccp", "ABI, DOWNLOAD_FIRMWARE_EX"),
	STATUS(0x24, HOST_ANY | COMMAND, "the update of the firmware failed, the old one runs on", "dmesg | grep ccp",
	       "install the file for this family and model; else update by the BIOS", "ABI, DOWNLOAD_FIRMWARE_EX"),
	STATUS(0x25, HOST_ANY | COMMAND, "the update of the firmware failed halfway, the old one must be loaded again",
	       "dmesg | grep ccp", "power-cycle the host, then update by the BIOS", "ABI, DOWNLOAD_FIRMWARE_EX"),
	STATUS(0x26, HOST_ANY | COMMAND, "the firmware could not initialise the RMP", "dmesg | grep RMP; BIOS: RMP coverage",
	       "cover all memory in the BIOS, update BIOS and SEV firmware, cold-boot", "ABI, SNP_INIT"),
	STATUS(0x27, REQUEST | COMMAND, "the key asked for is not there: no VLEK is loaded, or VCEK is disabled for this guest",
	       "snphost show vlek; key selection of the request",
	       "ask for the other key (VCEK or VLEK), or have the VLEK loaded by snphost vlek-load", "ABI, MSG_REPORT_REQ, SNP_VLEK_LOAD"),
	STATUS(0x28, HOST_ANY | COMMAND, "the last shutdown of SNP has not ended", "dmesg | grep ccp",
	       "wait and try again; reboot if it stays", "ABI, SNP_SHUTDOWN_EX"),

	/* 0x30 .. 0x3f: trusted I/O */
	STATUS(0x30, COMMAND | HOST_ANY, "a buffer for the device's security manager has the wrong length", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x31, COMMAND | HOST_ANY, "the firmware wants a larger buffer; ccp gives it one and asks again", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x32, COMMAND | HOST_ANY, "the firmware has a message for the device; no error", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x33, COMMAND | HOST_ANY, "the device refused its security messages (SPDM)", "dmesg for the device", "update the device's firmware", "SEV-TIO (58271)"),
	STATUS(0x35, COMMAND | HOST_ANY, "the connection to the device failed", "dmesg for the device", "update the device's firmware; use another slot with IDE", "SEV-TIO (58271)"),
	STATUS(0x36, COMMAND | HOST_ANY, "the device's context is not valid", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x37, COMMAND | HOST_ANY, "the interface's context is not valid", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x38, COMMAND | HOST_ANY, "the device has no such interface", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x39, COMMAND | HOST_ANY, "what the device holds must be reclaimed first", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x3a, COMMAND | HOST_ANY, "the device or stream is in use", "lspci -k", "detach it from its guest first", "SEV-TIO (58271)"),
	STATUS(0x3b, COMMAND | HOST_ANY, "the device is in the wrong state for it", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x3c, COMMAND | HOST_ANY, "the interface is in the wrong state for it", BUG_CHECK, BUG_REMEDY, "SEV-TIO (58271)"),
	STATUS(0x3d, COMMAND | HOST_ANY, "the device's certificate has changed", "was its firmware updated?", "connect it again", "SEV-TIO (58271)"),
	STATUS(0x3e, COMMAND | HOST_ANY, "firmware and device must resynchronise", "dmesg for the device", "connect it again", "SEV-TIO (58271)"),

	/* in no table of AMD's: the boot loader's */
	STATUS(0x8003, HOST_ANY | COMMAND | KVM_INIT | LAUNCHES, "the security processor's boot loader refused to run the SEV firmware: the BIOS is too old",
	       "BIOS and AGESA version: dmidecode -t bios", "update the BIOS", "AMDSEV #25, #36"),
	STATUS(0x8004, HOST_ANY | COMMAND | KVM_INIT | LAUNCHES, "the security processor's boot loader refused to run the SEV firmware: the BIOS is too old",
	       "BIOS and AGESA version: dmidecode -t bios", "update the BIOS", "sev-tool #6, #66"),
	STATUS(0x9000, HOST_ANY | COMMAND | KVM_INIT | LAUNCHES, "the security processor did not come up as the BIOS should have made it",
	       "BIOS and AGESA version: dmidecode -t bios", "update the BIOS", "AMDSEV #105, #246"),
	STATUS(0x9003, HOST_ANY | COMMAND | KVM_INIT | LAUNCHES, "the security processor did not come up as the BIOS should have made it",
	       "BIOS and AGESA version: dmidecode -t bios; a cloud's host offers SNP for guests only",
	       "update the BIOS; on a rented machine ask its provider", "AMDSEV #181"),
	{}
};

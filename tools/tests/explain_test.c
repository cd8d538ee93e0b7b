// SPDX-License-Identifier: GPL-2.0-only
/* Explanations: the cases that operators reported, the shapes of lines, and what facts decide. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "explain/explain.h"
#include "sev/names.h"
#include "test.h"

static size_t explain(const char *line, const struct facts *facts,
		      struct explanation explanations[CAUSES_MAX])
{
	struct symptom symptom;

	return symptom_parse_typed(line, &symptom) ?
	       explain_symptom(&symptom, facts, explanations) : 0;
}

/* People pasted these lines, and their threads came to these causes. */
static void reported_cases(void)
{
	static const struct {
		const char *thread;
		const char *line;
		const char *cause;	/* of the first explanation */
		const char *remedy;
	} rows[] = {
		{ "enarx #2589", "Error: Device or resource busy (os error 16)",
		  "every ASID of the pool is in use", "Minimum SEV non-ES ASID" },
		{ "private.max", "qemu-system-x86_64: sev_common_kvm_init: failed to initialize ret=-12 fw_error=0 ''",
		  "(where the module is loaded), or KVM found no memory for", "raise private.max" },
		{ "private.max", "qemu-system-x86_64: kvm_set_user_memory_region: KVM_SET_USER_MEMORY_REGION2 failed, slot=0, start=0x0, size=0x80000000, flags=0x4, guest_memfd=10, guest_memfd_offset=0x0: Cannot allocate memory",
		  "(where the module is loaded), or KVM found no memory for", "raise private.max" },
		{ "enarx #2589", "16 0", "every ASID of the pool is in use",
		  "Minimum SEV non-ES ASID" },
		{ "AMDSEV #33", "qemu-system-x86_64: sev_kvm_init: guest policy requires SEV-ES, "
		  "but host SEV-ES support unavailable", "no ASID for SEV-ES and SEV-SNP",
		  "Minimum SEV non-ES ASID" },
		{ "AMDSEV #84", "[   12.1] kvm_amd: SEV-ES disabled (ASIDs 0 - 0)",
		  "no ASID for SEV-ES and SEV-SNP", "Minimum SEV non-ES ASID" },
		{ "AMDSEV #137", "[   12.1] kvm_amd: SEV-SNP disabled (ASIDs 0 - 0)",
		  "no ASID for SEV-ES and SEV-SNP", "Minimum SEV non-ES ASID" },
		{ "sevctl #116", "SEV-ES not supported", "no ASID for SEV-ES and SEV-SNP",
		  "Minimum SEV non-ES ASID" },
		{ "AMDSEV #202", "[   21.543946] ccp 0000:09:00.5: SEV: failed to INIT error 0xe",
		  "WBINVD_REQUIRED", "update the SEV firmware" },
		{ "AMDSEV #202", "failed to INIT error 0xe, rc -5", "WBINVD_REQUIRED",
		  "update the SEV firmware" },
		{ "AMDSEV #184", "ccp 0000:01:00.5: sev command 0x85 timed out, disabling PSP",
		  "did not answer in time", "IOMMU to auto" },
		{ "AMDSEV #184", "ccp 0000:01:00.5: SEV-SNP: failed to INIT rc -110, error 0x0",
		  "did not answer in time", "IOMMU to auto" },
		{ "AMDSEV #184", "ccp 0000:01:00.5: SEV: failed to INIT error 0xffffffff, rc -16",
		  "timed out", "IOMMU to auto" },
		{ "AMDSEV #205", "ccp 0000:01:00.5: SEV: too many firmware commands are in-progress, "
		  "no command buffers available.", "ran out of command buffers",
		  "update the host's kernel" },
		{ "enarx #2263", "ccp 0000:54:00.1: sev command 0x1 failed (0x00000013)",
		  "memory encryption (SMEE) is off", "enable SMEE" },
		{ "AMDSEV #25", "ccp 0000:05:00.2: SEV: failed to INIT error 0x8003",
		  "BIOS is too old", "update the BIOS" },
		{ "sev-tool #6", "ccp 0000:06:00.2: SEV: failed to INIT error 0x8004",
		  "BIOS is too old", "update the BIOS" },
		{ "AMDSEV #105", "ccp 0000:23:00.1: SEV: failed to get status. Error: 0x9000",
		  "did not come up as the BIOS", "update the BIOS" },
		{ "AMDSEV #246", "ccp 0000:23:00.1: SEV: failed to INIT error 0x9000, rc -5",
		  "did not come up as the BIOS", "update the BIOS" },
		{ "sev-tool #43", "ccp 0000:42:00.1: SEV: failed to INIT error 0x13",
		  "memory encryption (SMEE) is off", "enable SMEE" },
		{ "AMDSEV README FAQ 7", "HWSEV_RET_PLATFORM error: SEV_RET_HWSEV_RET_PLATFORM",
		  "memory encryption (SMEE) is off", "enable SMEE" },
		{ "AMDSEV #70", "sev_launch_start: LAUNCH_START ret=1 fw_error=4 'Buffer too small'",
		  "file's name in place of its base64", "base64" },
		{ "AMDSEV #240", "sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 ''",
		  "the SNP policy is wrong", "0x30000" },
		{ "sev-guest #33", "sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 '' "
		  "policy=0x300000", "the SNP policy is wrong", "0x30000" },
		{ "AMDSEV #253", "sev_launch_start: LAUNCH_START ret=-5 fw_error=7 'Policy is not "
		  "allowed' <policy>0x007f</policy>", "policy asks for what the platform does not",
		  "reserved bits are zero" },
		{ "AMDSEV #36", "sev_guest_init: failed to initialize ret=-25 fw_error=0 ''",
		  "SEV is off in kvm_amd", "sev=1" },
		{ "AMDSEV #36", "qemu: failed to initialize ret=-25", "SEV is off in kvm_amd", "sev=1" },
		{ "AMDSEV #216", "sev_snp_launch_start: SNP_LAUNCH_START ret=-25 fw_error=0 ''",
		  "QEMU and the host's kernel disagree", "belong together" },
		{ "AMDSEV #215", "sev_kvm_init: failed to initialize ret=-22 fw_error=0 ''",
		  "QEMU and the host's kernel disagree", "belong together" },
		/* locked memory: the three ceilings */
		{ "DevConf 2023", "SEV: 131072 locked pages exceed the lock limit of 16384.",
		  "RLIMIT_MEMLOCK is lower", "<hard_limit>" },
		{ "DevConf 2023", "sev_ram_block_added: failed to register region "
		  "(0x7f2b87e00000+0x20000000) error 'Cannot allocate memory'",
		  "RLIMIT_MEMLOCK is lower", "<hard_limit>" },
		{ "Linux 7.1", "kvm_amd: SEV: total pages would exceed the lock limit",
		  "RLIMIT_MEMLOCK is lower", "<hard_limit>" },
		{ "memory cgroup", "Memory cgroup out of memory: Killed process 812 "
		  "(qemu-system-x86) total-vm:1kB", "memory cgroup is too small", "<hard_limit>" },
		{ "memory cgroup", "SEV: Failure locking 65536 pages.", "memory cgroup is too small",
		  "<hard_limit>" },
		{ "<locked/>", "qemu-system-x86_64: mlockall: Cannot allocate memory",
		  "<locked/> makes QEMU lock", "remove <locked/>" },
		{ "<locked/>", "qemu-system-x86_64: locking memory failed",
		  "<locked/> makes QEMU lock", "remove <locked/>" },
		{ "<locked/>", "qemu-system-x86_64: -device {\"driver\":\"qxl-vga\",\"id\":\"video0\"}: "
		  "cannot set up guest memory 'qxl.vram': Resource temporarily unavailable",
		  "<locked/> makes QEMU lock", "remove <locked/>" },
		/* the firmware's guest contexts */
		{ "RESOURCE_LIMIT", "sev_launch_start: LAUNCH_START ret=1 fw_error=23 'Required "
		  "firmware resource depleted'", "no room for another guest context",
		  "stop guests" },
	};
	struct explanation explanations[CAUSES_MAX];
	struct facts facts;
	size_t i;

	facts_none(&facts);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cause *cause = NULL;

		if (explain(rows[i].line, &facts, explanations))
			cause = explanations[0].cause;
		if (cause && strstr(cause->cause, rows[i].cause) &&
		    strstr(cause->remedy, rows[i].remedy))
			continue;
		ksft_print_msg("%s: \"%s\" is explained by \"%s\" (%s)\n", rows[i].thread,
			       rows[i].line, cause ? cause->cause : "nothing",
			       cause ? cause->remedy : "-");
		test_failed = true;
	}
}

static void numbers_in_all_their_forms(void)
{
	static const struct {
		const char *line;
		int err;
		bool fw_known;
		uint32_t fw_error;
	} rows[] = {
		{ "errno=-16 fw_error=0", EBUSY, true, 0 },
		{ "ret=-16 fw_error=0 ''", EBUSY, true, 0 },
		{ "ret=-16 fw_error=0", EBUSY, true, 0 },
		{ "16 0", EBUSY, true, 0 },
		{ "-16 0", EBUSY, true, 0 },
		{ "-16", EBUSY, false, 0 },
		{ "EBUSY", EBUSY, false, 0 },
		{ "-EBUSY 0", EBUSY, true, 0 },
		{ "errno=EBUSY", EBUSY, false, 0 },
		{ "5 0xe", EIO, true, 0xe },
		{ "5 WBINVD_REQUIRED", EIO, true, 0xe },
		{ "ret=-5, fw_error=14", EIO, true, 0xe },
		{ "ret=-5 fw_error=RESOURCE_LIMIT", EIO, true, 0x17 },
		{ "fw_error=23", 0, true, 0x17 },
		{ "sev_launch_start: fw_error=23", 0, true, 0x17 },
		{ "ret=-16 fw_error=-1", EBUSY, true, FW_NO_FW_CALL },
		{ "failed to initialize ret=-16 fw_error=-1 'unknown error'", EBUSY, true,
		  FW_NO_FW_CALL },
		{ "SEV: INIT_EX failed 0x3, rc -5", EIO, true, 3 },
		{ "SEV: INIT failed 0x3, rc -5", EIO, true, 3 },
		{ "sev_common_kvm_init: failed to get platform status ret=-1 fw_error='0: '",
		  EPERM, true, 0 },
		{ "sev_launch_update_data: LAUNCH_UPDATE ret=-12 fw_error=0 ''", ENOMEM, true, 0 },
	};
	struct symptom symptom;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&symptom, 0, sizeof(symptom));
		if (symptom_parse_typed(rows[i].line, &symptom) && symptom.err == rows[i].err &&
		    symptom.fw_known == rows[i].fw_known && symptom.fw_error == rows[i].fw_error)
			continue;
		ksft_print_msg("\"%s\": errno %d, firmware status %s0x%x\n", rows[i].line,
			       symptom.err, symptom.fw_known ? "" : "unknown ", symptom.fw_error);
		test_failed = true;
	}
}

static void what_is_no_symptom(void)
{
	static const char *const lines[] = {
		"", " ", "hello", "error: cannot open file", "ccp 0000:01:00.5: sev enabled",
		"ccp 0000:01:00.5: SEV API:1.55 build:24", "kvm_amd: SEV enabled (ASIDs 100 - 509)",
		"kvm_amd: SEV-ES enabled (ASIDs 1 - 99)", "errno=", "0x", "fw_error=",
		/* of a draft of ciphertext hiding alone, and of an SNP that worked */
		"kvm_amd: SEV-SNP enabled (ASIDs 1 - 0)", "kvm_amd: SEV-ES enabled (ASIDs 1 - 0)",
		"Out of memory: Killed process 9 (firefox)", "Error: SOMETHING_ELSE",
		/* what other programs and drivers say in the same words */
		"umount: /mnt: Device or resource busy", "umount: Device or resource busy",
		"Memory cgroup out of memory: Killed process 77 (java) total-vm:8388608kB",
		"oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/x,task=java,pid=77,uid=0",
		"e1000e 0000:00:1f.6 eno1: reset failed ret=-110", "xhci_hcd: init failed, rc -5",
		"foo: failed to initialize ret=-22", "ata1: error 0x14", "status 0x13 of disk 0",
		"mlockall: Cannot allocate memory", "Verify Mitigation", "nfs: server error 5 0",
		"rtl8192ee 0000:05:00.0: something is full (sz: 4000 bytes)",
	};
	struct symptom symptom;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (symptom_parse_typed(lines[i], &symptom)) {
			ksft_print_msg("\"%s\" is taken for a symptom\n", lines[i]);
			test_failed = true;
		}
}

/* Which OOM killer it was, and that it was a VM that it took. */
static void what_the_oom_killer_took(void)
{
	static const struct {
		const char *line;
		unsigned int context;
	} rows[] = {
		{ "Memory cgroup out of memory: Killed process 9 (qemu-system-x86) total-vm:1kB", CONTEXT_OOM_CGROUP },
		{ "memory cgroup out of memory: Killed process 9 (CPU 0/KVM)", CONTEXT_OOM_CGROUP },
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/x,task=qemu-system-x86,pid=9,uid=0", CONTEXT_OOM_CGROUP },
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/x,task=CPU 0/KVM,pid=9,uid=0", CONTEXT_OOM_CGROUP },
		{ "Out of memory: Killed process 9 (qemu-system-x86) total-vm:1kB", CONTEXT_OOM_HOST },
		{ "Out of memory: Killed process 9 (kvm) total-vm:1kB", CONTEXT_OOM_HOST },
		{ "oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/x,task=kvm,pid=9,uid=0", CONTEXT_OOM_HOST },
		{ "oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/x,task=java,pid=9,uid=0", CONTEXT_NONE },
		{ "Out of memory: Killed process 9 (java)", CONTEXT_NONE },
		{ "Killed process 9 (qemu-system-x86)", CONTEXT_NONE },
		{ "CONSTRAINT_MEMCG of (qemu-system-x86)", CONTEXT_NONE },
	};
	struct symptom symptom;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_NUMBER(symptom_parse(rows[i].line, &symptom), !!rows[i].context);
		if (rows[i].context)
			EXPECT_NUMBER(symptom.context, rows[i].context);
	}
}

/* Every status of the tables that means a failure of INIT or LAUNCH_START must lead somewhere. */
static void known_codes_have_causes(void)
{
	static const uint32_t codes[] = { 1, 3, 4, 6, 7, 0xa, 0xb, 0xd, 0xe, 0xf, 0x13, 0x14, 0x15,
					  0x16, 0x17, 0x18, 0x8003, 0x8004, 0x9000 };
	static const int errors[] = { EBUSY, ENOTTY, EINVAL, ENOMEM, EPERM, EACCES, EFAULT, ENODEV,
				      ETIMEDOUT };
	struct explanation explanations[CAUSES_MAX];
	struct facts facts;
	char line[32];
	size_t i, j, nr;

	facts_none(&facts);
	for (i = 0; i < ARRAY_SIZE(codes) + ARRAY_SIZE(errors); i++) {
		if (i < ARRAY_SIZE(codes))
			snprintf(line, sizeof(line), "5 0x%x", codes[i]);
		else
			snprintf(line, sizeof(line), "%d 0", errors[i - ARRAY_SIZE(codes)]);
		nr = explain(line, &facts, explanations);
		if (!nr)
			ksft_print_msg("\"%s\" has no cause\n", line);
		EXPECT(nr && nr < CAUSES_MAX);
		for (j = 0; j < nr; j++)
			EXPECT(explanations[j].cause->cause && explanations[j].cause->check &&
			       explanations[j].cause->remedy && explanations[j].cause->source);
	}
}

/* ---- what facts decide ---------------------------------------------------------------------- */

static void pool(struct facts *facts, unsigned int number, uint64_t used, uint64_t capacity,
		 uint64_t charged)
{
	struct pool_facts *pool = &facts->pools[number];

	pool->known = true;
	pool->free_known = true;
	pool->capacity = capacity;
	pool->used = used;
	pool->free = capacity - used;
	pool->misc_known = true;
	pool->misc_capacity = capacity;
	pool->misc_current = charged;
}

#define FIRST(line, facts, text, decided) do {					\
	struct explanation list[CAUSES_MAX];					\
										\
	EXPECT(explain(line, facts, list));					\
	if (!strstr(list[0].cause->cause, text))				\
		ksft_print_msg("first: %s\n", list[0].cause->cause);		\
	EXPECT(strstr(list[0].cause->cause, text));				\
	EXPECT_NUMBER(list[0].verdict, decided);				\
	EXPECT((list[0].verdict == VERDICT_PROVEN) == !!list[0].why[0]);	\
} while (0)

static enum verdict verdict_of(const char *line, const struct facts *facts, const char *cause)
{
	struct explanation list[CAUSES_MAX];
	size_t nr = explain(line, facts, list), i;

	for (i = 0; i < nr; i++)
		if (strstr(list[i].cause->cause, cause))
			return list[i].verdict;
	ksft_exit_fail_msg("\"%s\" has no cause \"%s\"\n", line, cause);
}

static const char *why_of(const char *line, const struct facts *facts, const char *cause)
{
	static struct explanation list[CAUSES_MAX];
	size_t nr = explain(line, facts, list), i;

	for (i = 0; i < nr; i++)
		if (strstr(list[i].cause->cause, cause))
			return list[i].why;
	return "no such cause";
}

static void facts_decide_ebusy(void)
{
	static const char line[] = "failed to initialize ret=-16 fw_error=0 ''";
	struct facts facts;

	facts_none(&facts);
	FIRST(line, &facts, "every ASID", VERDICT_POSSIBLE);

	pool(&facts, SEVADM_POOL_SEV, 3, 400, 3);
	pool(&facts, SEVADM_POOL_SEV_ES, 14, 14, 14);
	FIRST(line, &facts, "every ASID", VERDICT_PROVEN);
	/* As many charges as VMs are no drift. */
	EXPECT(verdict_of(line, &facts, "ASIDs that no VM holds") == VERDICT_CONTRADICTED);

	/* Charges without VMs: the pool is not empty, and yet the host's capacity is used up. */
	pool(&facts, SEVADM_POOL_SEV_ES, 9, 14, 14);
	FIRST(line, &facts, "ASIDs that no VM holds", VERDICT_PROVEN);

	pool(&facts, SEVADM_POOL_SEV_ES, 9, 14, 9);
	strcpy(facts.pools[SEVADM_POOL_SEV].full_cgroup, "/machine.slice");
	FIRST(line, &facts, "misc.max", VERDICT_PROVEN);

	/* A failure of last week: who fills what now is another matter. */
	pool(&facts, SEVADM_POOL_SEV_ES, 14, 14, 14);
	facts_forget_present(&facts);
	FIRST(line, &facts, "every ASID", VERDICT_POSSIBLE);
	EXPECT(verdict_of(line, &facts, "a misc.max") == VERDICT_POSSIBLE);
	EXPECT(verdict_of(line, &facts, "ASIDs that no VM holds") == VERDICT_POSSIBLE);
	EXPECT(verdict_of(line, &facts, "misc.capacity") == VERDICT_POSSIBLE);
	pool(&facts, SEVADM_POOL_SEV, 3, 400, 3);
	pool(&facts, SEVADM_POOL_SEV_ES, 9, 14, 9);

	/* All pools have room: what is left is a processor that may be dead. */
	facts.pools[SEVADM_POOL_SEV].full_cgroup[0] = '\0';
	FIRST(line, &facts, "a misc.max", VERDICT_POSSIBLE);
	facts.seen = CONTEXT_PSP_TIMEOUT;
	FIRST(line, &facts, "timed out", VERDICT_PROVEN);

	/* A full plain SEV pool is not a reason for an SNP guest to fail. */
	facts.seen = 0;
	pool(&facts, SEVADM_POOL_SEV, 400, 400, 400);
	FIRST("SNP_LAUNCH_START ret=-16 fw_error=0", &facts, "a misc.max", VERDICT_POSSIBLE);
	/* SEV-SNP guests with a pool of their own: it counts for them, and no other does. */
	pool(&facts, SEVADM_POOL_SEV, 3, 400, 3);
	pool(&facts, SEVADM_POOL_SEV_SNP, 5, 5, 0);
	facts.pools[SEVADM_POOL_SEV_SNP].misc_known = false;
	pool(&facts, SEVADM_POOL_SEV_ES, 2, 9, 7);
	FIRST("SNP_LAUNCH_START ret=-16 fw_error=0", &facts, "every ASID", VERDICT_PROVEN);
	EXPECT_TEXT(why_of(line, &facts, "every ASID"),
		    "all 5 ASIDs of pool sev_snp are used; the 7 free ones of pool sev_es are for SEV-ES guests alone, as kvm_amd.ciphertext_hiding_asids divides them");
	/* What the misc cgroup counts together is no drift. */
	EXPECT(verdict_of(line, &facts, "ASIDs that no VM holds") == VERDICT_CONTRADICTED);
	pool(&facts, SEVADM_POOL_SEV_SNP, 2, 5, 0);
	pool(&facts, SEVADM_POOL_SEV_ES, 9, 9, 11);
	EXPECT(verdict_of("SNP_LAUNCH_START ret=-16 fw_error=0", &facts, "every ASID") ==
	       VERDICT_CONTRADICTED);
	EXPECT_TEXT(why_of(line, &facts, "every ASID"),
		    "all 9 ASIDs of pool sev_es are used; the 3 free ones of pool sev_snp are for SEV-SNP guests alone, as kvm_amd.ciphertext_hiding_asids divides them");
	facts.pools[SEVADM_POOL_SEV_SNP] = (struct pool_facts) {};
	pool(&facts, SEVADM_POOL_SEV_ES, 9, 14, 9);

	/* VMs that are not accounted leave it open whether ASIDs are free. */
	pool(&facts, SEVADM_POOL_SEV, 3, 400, 3);
	facts.pools[SEVADM_POOL_SEV].free_known = false;
	FIRST(line, &facts, "every ASID", VERDICT_POSSIBLE);
}

static void facts_decide_enotty(void)
{
	static const char line[] = "failed to initialize ret=-25 fw_error=0 ''";
	struct facts facts;

	facts_none(&facts);
	facts.kvm_amd = 1;
	facts.parameters[SEVADM_VM_TYPE_SEV] = 1;
	facts.parameters[SEVADM_VM_TYPE_SEV_ES] = 1;
	facts.cpuid_known = true;
	facts.min_asid = 1;
	facts.max_asid = 509;
	FIRST(line, &facts, "no ASID for SEV-ES", VERDICT_PROVEN);
	facts.min_asid = 100;
	facts.parameters[SEVADM_VM_TYPE_SEV_SNP] = 0;
	FIRST(line, &facts, "SEV-SNP is off", VERDICT_PROVEN);
	facts.parameters[SEVADM_VM_TYPE_SEV] = 0;
	FIRST(line, &facts, "SEV is off", VERDICT_PROVEN);
	facts.parameters[SEVADM_VM_TYPE_SEV] = 1;
	facts.parameters[SEVADM_VM_TYPE_SEV_SNP] = 1;
	facts.min_asid = 510;
	FIRST(line, &facts, "no ASID for plain SEV", VERDICT_PROVEN);

	/* A processor that failed to initialise is why kvm_amd switched SEV off. */
	facts.min_asid = 100;
	facts.parameters[SEVADM_VM_TYPE_SEV_ES] = 0;
	facts.seen = CONTEXT_PSP_INIT;
	FIRST("kvm_amd: SEV-ES disabled (ASIDs 1 - 99)", &facts, "could not be initialised",
	      VERDICT_PROVEN);
}

static void lines_prove_each_other(void)
{
	struct explanation list[CAUSES_MAX];
	struct facts facts;

	facts_none(&facts);
	EXPECT(explain("SEV: 131072 locked pages exceed the lock limit of 16384.", &facts, list));
	EXPECT_NUMBER(list[0].verdict, VERDICT_PROVEN);
	EXPECT_TEXT(list[0].why,
		    "524288 KiB to be pinned, 65536 KiB allowed: 458752 KiB too little");
	facts.seen = CONTEXT_OOM_CGROUP;
	FIRST("failed to register region (0x1+0x2) error 'Cannot allocate memory'", &facts,
	      "memory cgroup is too small", VERDICT_PROVEN);
	facts.seen = CONTEXT_PIN_LIMIT;
	FIRST("failed to register region (0x1+0x2) error 'Cannot allocate memory'", &facts,
	      "RLIMIT_MEMLOCK", VERDICT_PROVEN);
	facts.seen = 0;
	facts.refusals.list[0] = (struct refusal) { .pid = 4711 };
	facts.refusals.nr = 1;
	facts.refusal = &facts.refusals.list[0];
	FIRST("failed to register region (0x1+0x2) error 'Cannot allocate memory'", &facts,
	      "a limit of sevadm on pinned memory", VERDICT_PROVEN);
	FIRST("sev_kvm_init: failed to initialize ret=-16 fw_error=0 ''", &facts,
	      "every ASID of the pool", VERDICT_POSSIBLE);
	facts.refusals.list[0].asid = true;
	FIRST("sev_kvm_init: failed to initialize ret=-16 fw_error=0 ''", &facts,
	      "a limit of sevadm on ASIDs is met", VERDICT_PROVEN);
}

/* The trace's last failure may be a later one than the line's. */
static void a_refusal_proves_its_own_failure_only(void)
{
	struct explanation list[CAUSES_MAX];
	struct facts facts;
	size_t i, nr;

	facts_none(&facts);
	facts.refusals.list[0] = (struct refusal) { .pid = 4711 };
	facts.refusals.nr = 1;
	nr = explain("failed to register region (0x1+0x2) error 'Cannot allocate memory'", &facts, list);
	for (i = 0; i < nr && !strstr(list[i].cause->cause, "a limit of sevadm on pinned memory"); i++)
		;
	if (i == nr)
		ksft_exit_fail_msg("a limit is no cause\n");
	EXPECT_NUMBER(list[i].verdict, VERDICT_POSSIBLE);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run(char **argv)
{
	char *words[16] = {};
	int argc = 0, code;

	/* Options are taken out of it. */
	for (; argv[argc] && argc < 15; argc++)
		words[argc] = argv[argc];
	capture_begin();
	code = do_explain(argc, words);
	capture_end();
	return code;
}

static void the_command(void)
{
	char *numbers[] = { "explain", "--elsewhere", "-16", "0", NULL };
	char *quotes[] = { "explain", "--elsewhere", "ret=-16", "fw_error=0", "", NULL };
	char *nothing[] = { "explain", "--elsewhere", "hello", NULL };
	char *unexplained[] = { "explain", "--elsewhere", "5", "0x3f", NULL };
	char *option[] = { "explain", "--elsewere", "16", NULL };
	char *no_file[] = { "explain", "--elsewhere", "--file", NULL };
	char *after[] = { "explain", "--elsewhere", "--", "-16", "0", NULL };
	char *last[] = { "explain", "--last", "-16", "0", NULL };
	char *hostile[] = { "explain", "--elsewhere", "qemu: failed to initialize ret=-16 fw_error=0\033[2J", NULL };
	struct json_object *rows, *causes;

	EXPECT_NUMBER(run(numbers), EXIT_OK);
	EXPECT(strstr(captured, "1. every ASID of the pool is in use"));
	EXPECT(strstr(captured, "EBUSY"));
	EXPECT_NUMBER(run(quotes), EXIT_OK);
	EXPECT_NUMBER(run(nothing), EXIT_REFUSED);
	EXPECT(strstr(captured_errors, "no known SEV error found in the input"));
	EXPECT_NUMBER(run(unexplained), EXIT_REFUSED);
	EXPECT(strstr(captured, "RESPONSE_TOO_LARGE"));
	EXPECT_NUMBER(run(option), EXIT_USAGE);
	EXPECT_NUMBER(run(no_file), EXIT_USAGE);
	EXPECT(strstr(captured_errors, "--file needs LOG"));
	EXPECT_NUMBER(run(after), EXIT_OK);
	EXPECT(strstr(captured, "EBUSY"));
	EXPECT_NUMBER(run(last), EXIT_USAGE);
	EXPECT_NUMBER(run(hostile), EXIT_OK);
	EXPECT(!strchr(captured, '\033'));

	output_json = true;
	EXPECT_NUMBER(run(numbers), EXIT_OK);
	rows = json_tokener_parse(captured);
	EXPECT(rows && json_object_array_length(rows) == 1);
	causes = json_object_object_get(json_object_array_get_idx(rows, 0), "causes");
	EXPECT(json_object_array_length(causes) >= 5);
	EXPECT_TEXT(json_get_text(json_object_array_get_idx(causes, 0), "verdict"), "possible");
	json_object_put(rows);
	output_json = false;
}

/* Whether SEV is off now, or kvm_amd loaded, says nothing about another year. */
static void an_old_line(void)
{
	char *old[] = { "explain", "2020-01-01T00:00:00.000000Z qemu-system-x86_64: sev_kvm_init:",
			"failed to initialize ret=-25 fw_error=0 ''", NULL };
	struct json_object *rows, *causes;
	size_t i;

	output_json = true;
	EXPECT_NUMBER(run(old), EXIT_OK);
	output_json = false;
	rows = json_tokener_parse(captured);
	causes = json_object_object_get(json_object_array_get_idx(rows, 0), "causes");
	EXPECT(json_object_array_length(causes));
	for (i = 0; i < json_object_array_length(causes); i++)
		EXPECT_TEXT(json_get_text(json_object_array_get_idx(causes, i), "verdict"),
			    "possible");
	json_object_put(rows);
}

static void a_log_in_a_file(void)
{
	char path[] = "/tmp/sevadm-explain.XXXXXX";
	char *file[] = { "explain", "--elsewhere", "--file", path, NULL };
	char *both[] = { "explain", "--file", path, "5", NULL };
	char *missing[] = { "explain", "--file", "/nowhere/guest.log", NULL };
	FILE *log = fdopen(mkstemp(path), "w");

	EXPECT(log);
	fputs("-msg timestamp=on\nqemu-system-x86_64: mlockall: Cannot allocate memory\n", log);
	fclose(log);
	EXPECT_NUMBER(run(file), EXIT_OK);
	EXPECT(strstr(captured, "mlockall: Cannot allocate memory"));
	EXPECT_NUMBER(run(both), EXIT_USAGE);
	EXPECT_NUMBER(run(missing), EXIT_USAGE);
	EXPECT(strstr(captured_errors, "/nowhere/guest.log"));
	unlink(path);
}

static int explain_log(const char *lines)
{
	char path[] = "/tmp/sevadm-explain.XXXXXX";
	char *file[] = { "explain", "--elsewhere", "--file", path, NULL };
	FILE *log = fdopen(mkstemp(path), "w");
	int code;

	EXPECT(log);
	fputs(lines, log);
	fclose(log);
	code = run(file);
	unlink(path);
	return code;
}

#define FAULT	"BUG: unable to handle page fault for address: ff1276cbfdf36000\n"		\
		"#PF: supervisor write access in kernel mode\n"				\
		"#PF: error_code(0x80000003) - RMP violation\n"

/* QEMU runs in no crash kernel: where it met the RMP, kexec is the last thing to think of. */
static void whose_fault_it_was(void)
{
	static const char kexec[] = "1. the kernel touched a page", kvm[] = "1. KVM wrote to a vCPU's page";

	EXPECT_NUMBER(explain_log(FAULT), EXIT_OK);
	EXPECT(strstr(captured, kexec));
	EXPECT_NUMBER(explain_log(FAULT "CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.12.0\n"), EXIT_OK);
	EXPECT(strstr(captured, kexec));
	EXPECT_NUMBER(explain_log(FAULT "CPU: 5 PID: 4713 Comm: CPU 0/KVM Not tainted 6.12.0\n"), EXIT_OK);
	EXPECT(strstr(captured, kvm));
	EXPECT_NUMBER(explain_log(FAULT "CPU: 5 UID: 0 PID: 4711 Comm: qemu-system-x86 Not tainted\n"), EXIT_OK);
	EXPECT(strstr(captured, kvm));
	EXPECT(strstr(captured, "2. the kernel touched a page"));
	/* What QEMU met before is another matter. */
	EXPECT_NUMBER(explain_log("CPU: 5 PID: 4711 Comm: qemu-system-x86 Not tainted 6.12.0\n" FAULT), EXIT_OK);
	EXPECT(strstr(captured, kexec));
}

/* Each host has IOMMUs that hang: only after kexec is that SNP's doing. */
static void iommu_that_does_not_answer(void)
{
	EXPECT_NUMBER(explain_log("AMD-Vi: Completion-Wait loop timed out\n"), EXIT_REFUSED);
	EXPECT_NUMBER(explain_log("SEV-SNP: RMP table physical range [0x1000000 - 0x5dfffff]\n"
				  "AMD-Vi: Completion-Wait loop timed out\n"), EXIT_OK);
	EXPECT(strstr(captured, "1. if kexec or kdump started this kernel: SNP"));
	EXPECT(strstr(captured, "2. otherwise: the IOMMU or a device"));
}

int main(void)
{
	static const struct test tests[] = {
		{ "cases that operators reported", reported_cases },
		{ "numbers in all their forms", numbers_in_all_their_forms },
		{ "what is no symptom", what_is_no_symptom },
		{ "what the OOM killer took", what_the_oom_killer_took },
		{ "known codes have causes", known_codes_have_causes },
		{ "facts decide EBUSY", facts_decide_ebusy },
		{ "facts decide ENOTTY", facts_decide_enotty },
		{ "lines prove each other", lines_prove_each_other },
		{ "a refusal proves its own failure only", a_refusal_proves_its_own_failure_only },
		{ "the command", the_command },
		{ "the host as it is now, and an old line", an_old_line },
		{ "a log in a file", a_log_in_a_file },
		{ "whose fault it was", whose_fault_it_was },
		{ "an IOMMU that does not answer", iommu_that_does_not_answer },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

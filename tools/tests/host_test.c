// SPDX-License-Identifier: GPL-2.0-only
/* Hosts: each rule is broken by facts and by nothing else; facts survive JSON; a made-up host. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"
#include "check/host_compare.h"
#include "check/host_rules.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/version.h"
#include "host/facts.h"
#include "host/gather.h"
#include "host/read.h"
#include "folder.h"
#include "test.h"

/* A host on which everything is well. */
static void well(struct host_facts *facts)
{
	static const enum host_fact_id truths[] = {
		HOST_UEFI, HOST_CPU_SVM, HOST_CPU_SEV, HOST_CPU_SEV_ES, HOST_SYSCFG_SMEE,
		HOST_HWCR_SMMLOCK, HOST_CCP, HOST_KVM_AMD, HOST_KVM_AMD_INSTALLED, HOST_SEV,
		HOST_SEV_ES, HOST_DEV_KVM, HOST_DEV_SEV, HOST_DEV_KVM_USABLE,
		HOST_DEV_SEV_USABLE, HOST_MISC_CONTROLLER, HOST_IOMMU, HOST_LIBVIRT_SEV,
		HOST_QEMU_SEV,
	};
	static const enum host_fact_id falses[] = { HOST_CPU_SEV_SNP, HOST_SVM_DISABLED,
						    HOST_SEV_SNP };
	static const struct {
		enum host_fact_id id;
		uint64_t number;
	} numbers[] = {
		{ HOST_C_BIT, 51 }, { HOST_REDUCED_PHYS_BITS, 1 }, { HOST_MAX_ASID, 509 },
		{ HOST_MIN_SEV_ASID, 100 }, { HOST_MEMORY_BYTES, 64ULL << 30 },
		{ HOST_HUGEPAGES_2M_FREE, 0 }, { HOST_MISC_SEV_CAPACITY, 410 },
		{ HOST_MISC_SEV_CURRENT, 3 }, { HOST_FIRMWARE_API_MAJOR, 1 },
		{ HOST_FIRMWARE_API_MINOR, 55 }, { HOST_LIBVIRT_PID, 812 },
		{ HOST_MEMLOCK_LIBVIRT_BYTES, HOST_UNLIMITED },
		{ HOST_MEMLOCK_LIBVIRT_UNIT_BYTES, HOST_UNLIMITED },
		{ HOST_MEMLOCK_SESSION_BYTES, HOST_UNLIMITED },
		{ HOST_MEMLOCK_HERE_BYTES, 8 << 20 }, { HOST_LIBVIRT_C_BIT, 51 },
		{ HOST_LIBVIRT_REDUCED_PHYS_BITS, 1 }, { HOST_LIBVIRT_MAX_GUESTS, 410 },
		{ HOST_LIBVIRT_MAX_ES_GUESTS, 99 }, { HOST_QEMU_C_BIT, 51 },
	};
	size_t i;

	*facts = (struct host_facts) {};
	for (i = 0; i < ARRAY_SIZE(truths); i++)
		host_set_number(facts, truths[i], 1);
	for (i = 0; i < ARRAY_SIZE(falses); i++)
		host_set_number(facts, falses[i], 0);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		host_set_number(facts, numbers[i].id, numbers[i].number);
	host_set_text(facts, HOST_NAME, "epyc");
	host_set_text(facts, HOST_KERNEL, "6.12.0");
	host_set_text(facts, HOST_COMMAND_LINE, "mem_encrypt=on");
	host_set_text(facts, HOST_CONTAINER, "none");
	host_set_text(facts, HOST_CPU_VENDOR, "AuthenticAMD");
	host_set_text(facts, HOST_CPU_NAME, "EPYC");
	host_set_text(facts, HOST_QEMU_USER, "libvirt-qemu");
	host_set_text(facts, HOST_QEMU, "/usr/bin/qemu-system-x86_64");
	host_set_text(facts, HOST_LIBVIRT_DAEMON, "libvirtd");
	host_set_text(facts, HOST_OVMF_SEV, "/ovmf");
	host_set_text(facts, HOST_OVMF_SEV_ES, "/ovmf");
}

/* One or two changes to a host that is well, and the only rule that they break. */
static const struct breakage {
	const char *rule;
	struct {
		enum host_fact_id id;
		uint64_t number;
		const char *text;
	} changes[3];
} broken[] = {
	{ "cpu-amd", { { HOST_CPU_VENDOR, 0, "GenuineIntel" } } },
	{ "cpu-svm", { { HOST_CPU_SVM, 0, NULL } } },
	{ "cpu-svm", { { HOST_SVM_DISABLED, 1, NULL } } },
	{ "cpu-sev", { { HOST_CPU_SEV, 0, NULL } } },
	{ "cpu-sev-es", { { HOST_CPU_SEV_ES, 0, NULL } } },
	{ "bios-smee", { { HOST_SYSCFG_SMEE, 0, NULL } } },
	{ "bios-smmlock", { { HOST_HWCR_SMMLOCK, 0, NULL } } },
	{ "asid-sev-es-range", { { HOST_MIN_SEV_ASID, 1, NULL }, { HOST_SEV_ES, 0, NULL },
				 { HOST_LIBVIRT_MAX_GUESTS, 509, NULL } } },
	{ "asid-sev-es-few", { { HOST_MIN_SEV_ASID, 16, NULL },
			       { HOST_LIBVIRT_MAX_GUESTS, 494, NULL },
			       { HOST_LIBVIRT_MAX_ES_GUESTS, 15, NULL } } },
	{ "asid-sev-range", { { HOST_MIN_SEV_ASID, 510, NULL } } },
	{ "kvm-amd", { { HOST_KVM_AMD, 0, NULL } } },
	{ "ccp", { { HOST_CCP, 0, NULL }, { HOST_DEV_SEV, 0, NULL } } },
	{ "kvm-amd-sev", { { HOST_SEV, 0, NULL }, { HOST_LIBVIRT_SEV, 0, NULL } } },
	{ "kvm-amd-sev-es", { { HOST_SEV_ES, 0, NULL } } },
	{ "kvm-amd-sev-snp", { { HOST_CPU_SEV_SNP, 1, NULL } } },
	{ "sev-es-on-snp", { { HOST_SEV_SNP, 1, NULL } } },
	{ "kvm-amd-next-load", { { HOST_CONFIGURED_SEV, 0, NULL } } },
	{ "dev-kvm", { { HOST_DEV_KVM, 0, NULL } } },
	{ "dev-sev", { { HOST_DEV_SEV, 0, NULL } } },
	{ "dev-kvm-access", { { HOST_DEV_KVM_USABLE, 0, NULL } } },
	{ "dev-sev-access", { { HOST_DEV_SEV_USABLE, 0, NULL } } },
	{ "firmware-status", { { HOST_FIRMWARE_ERROR, 0, "Device or resource busy" } } },
	{ "firmware-snp-api", { { HOST_CPU_SEV_SNP, 1, NULL }, { HOST_FIRMWARE_API_MINOR, 50, NULL } } },
	{ "misc-controller", { { HOST_MISC_CONTROLLER, 0, NULL } } },
	{ "misc-full", { { HOST_MISC_SEV_CURRENT, 410, NULL } } },
	{ "snp-iommu", { { HOST_CPU_SEV_SNP, 1, NULL }, { HOST_COMMAND_LINE, 0, "iommu=pt" } } },
	{ "swiotlb", { { HOST_COMMAND_LINE, 0, "mem_encrypt=on swiotlb=noforce" } } },
	{ "hugepages", { { HOST_HUGEPAGES_2M_FREE, 31000, NULL } } },
	{ "memlock-libvirt", { { HOST_MEMLOCK_LIBVIRT_BYTES, 64 << 20, NULL },
			       { HOST_MEMLOCK_LIBVIRT_UNIT_BYTES, 64 << 20, NULL } } },
	{ "memlock-stale", { { HOST_MEMLOCK_LIBVIRT_UNIT_BYTES, 64 << 20, NULL } } },
	{ "memlock-session", { { HOST_MEMLOCK_SESSION_BYTES, 8 << 20, NULL } } },
	{ "memlock-container", { { HOST_CONTAINER, 0, "docker" } } },
	{ "libvirt-sev", { { HOST_LIBVIRT_SEV, 0, NULL } } },
	{ "libvirt-values", { { HOST_LIBVIRT_C_BIT, 47, NULL } } },
	{ "qemu-sev", { { HOST_QEMU_SEV, 0, NULL } } },
	{ "qemu-values", { { HOST_QEMU_C_BIT, 47, NULL } } },
	{ "kvm-amd-sev", { { HOST_SEV, 0, NULL }, { HOST_LIBVIRT_SEV, 0, NULL },
			   { HOST_SYSCFG_SNPEN, 1, NULL } } },
};

/* The same for a host that is well and runs SEV-SNP guests. */
static const struct breakage broken_snp[] = {
	{ "snp-rmp-missing", { { HOST_RMP_BYTES, 0, NULL } } },
	{ "snp-rmp-small", { { HOST_RMP_BYTES, (256 << 20) + 0x3fff, NULL } } },
	{ "snp-rmp-small", { { HOST_MEMORY_TOP_BYTES, (64ULL << 30) + 4096 * 64, NULL } } },
	{ "snp-iommu-tables", { { HOST_COMMAND_LINE, 0, "amd_iommu=pgtbl_v2" } } },
	{ "snp-iommu", { { HOST_COMMAND_LINE, 0, "iommu=pt" } } },
	{ "snp-iommu", { { HOST_IOMMU, 0, NULL } } },
	{ "firmware-snp-api", { { HOST_FIRMWARE_API_MINOR, 50, NULL } } },
	{ "sev-es-refused", { { HOST_SEV_ES, 1, NULL }, { HOST_KVM_VM_TYPES, 0x15, NULL } } },
	{ "sev-es-on-snp", { { HOST_SEV_ES, 1, NULL } } },
	{ "snp-not-offered", { { HOST_KVM_VM_TYPES, 0xd, NULL } } },
	{ "snp-guest-memfd", { { HOST_GUEST_MEMFD, 0, NULL } } },
	{ "ciphertext-hiding", { { HOST_CIPHERTEXT_HIDING_ASIDS, 40, NULL } } },
	{ "ciphertext-hiding", { { HOST_CIPHERTEXT_HIDING_ASIDS, 99, NULL } } },
	{ "snp-state", { { HOST_SNP_STATE, 0, "uninit" } } },
	{ "snp-tcb-drift", { { HOST_SNP_TCB_REPORTED, 0xd516000000000003, NULL } } },
	{ "snp-mitigations", { { HOST_MITIGATIONS_VERIFIED, 0, "0x1" } } },
	{ "snp-kdump", { { HOST_CRASH_KERNEL_BYTES, 256 << 20, NULL },
			 { HOST_SNP_API_MINOR, 52, NULL } } },
	{ "ovmf-snp", { { HOST_OVMF_SEV_SNP, 0, "-" } } },
};

static void well_with_snp(struct host_facts *facts)
{
	static const struct {
		enum host_fact_id id;
		uint64_t number;
	} numbers[] = {
		{ HOST_CPU_SEV_SNP, 1 }, { HOST_SEV_SNP, 1 }, { HOST_SEV_ES, 0 },
		{ HOST_SYSCFG_SNPEN, 1 }, { HOST_KVM_VM_TYPES, 0x1d }, { HOST_GUEST_MEMFD, 1 },
		{ HOST_CIPHERTEXT_HIDING_ASIDS, 0 }, { HOST_RMP_BYTES, (256 << 20) + 0x4000 },
		{ HOST_MEMORY_TOP_BYTES, 64ULL << 30 }, { HOST_SNP_API_MAJOR, 1 },
		{ HOST_SNP_API_MINOR, 55 }, { HOST_SNP_TCB_CURRENT, 0xd518000000000003 },
		{ HOST_SNP_TCB_REPORTED, 0xd518000000000003 }, { HOST_CRASH_KERNEL_BYTES, 0 },
	};
	size_t i;

	well(facts);
	/* That KVM offers no SEV-ES, which the processor has, is a finding of its own. */
	host_set_unknown(facts, HOST_CPU_SEV_ES, "not looked for");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		host_set_number(facts, numbers[i].id, numbers[i].number);
	host_set_text(facts, HOST_SNP_STATE, "init");
	host_set_text(facts, HOST_OVMF_SEV_SNP, "/ovmf");
	host_set_text(facts, HOST_MITIGATIONS_SUPPORTED, "0x3");
	host_set_text(facts, HOST_MITIGATIONS_VERIFIED, "0x3");
}

static void break_it(struct host_facts *facts, const struct breakage *breakage)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(breakage->changes); i++) {
		const enum host_fact_id id = breakage->changes[i].id;
		const char *text = breakage->changes[i].text;

		/* HOST_NAME, the first, ends the list. */
		if (!id)
			break;
		if (text && !strcmp(text, "-"))
			host_set_unknown(facts, id, "not there");
		else if (text)
			host_set_text(facts, id, text);
		else
			host_set_number(facts, id, breakage->changes[i].number);
	}
}

/* A host that is well breaks no rule; each change breaks its own, and with @exact no other. */
static void break_each(void (*well_host)(struct host_facts *facts), const struct breakage *list,
		       size_t nr, bool exact)
{
	struct host_facts facts;
	struct report report = {};
	struct target *target;
	size_t i, j, found;

	well_host(&facts);
	target = report_target(&report, "epyc", TARGET_OBJECT);
	host_judge(&facts, target);
	EXPECT_NUMBER(target->nr, 0);
	host_facts_free(&facts);
	for (i = 0; i < nr; i++) {
		well_host(&facts);
		break_it(&facts, &list[i]);
		target = report_target(&report, list[i].rule, TARGET_OBJECT);
		host_judge(&facts, target);
		for (found = j = 0; j < target->nr; j++)
			found += !strcmp(target->findings[j].rule->id, list[i].rule);
		if (found != 1 || (exact && target->nr != 1))
			ksft_print_msg("%s is found %zu times, with %zu others\n", list[i].rule, found,
				       target->nr - found);
		EXPECT(found == 1);
		EXPECT(!exact || target->nr == 1);
		host_facts_free(&facts);
	}
	report_free(&report);
}

/* A file of facts may lack any of them: what is not known is not printed as if it were. */
static void names_that_are_not_known(void)
{
	static const enum host_fact_id names[] = {
		HOST_QEMU_USER, HOST_QEMU, HOST_QEMU_VERSION, HOST_KERNEL, HOST_LIBVIRT_VERSION,
		HOST_MEMLOCK_LIBVIRT_SOURCE, HOST_MEMLOCK_LIBVIRT_UNIT_SOURCE, HOST_LIBVIRT_DAEMON,
	};
	struct report report = {};
	struct host_facts facts;
	struct target *target;
	size_t i, j, known;

	/* Without each of them, and last without all. */
	for (i = 0; i < ARRAY_SIZE(broken); i++)
		for (known = 0; known <= ARRAY_SIZE(names); known++) {
			well(&facts);
			break_it(&facts, &broken[i]);
			for (j = 0; j < ARRAY_SIZE(names); j++)
				if (j == known || known == ARRAY_SIZE(names))
					host_set_unknown(&facts, names[j], "not there");
			target = report_target(&report, broken[i].rule, TARGET_OBJECT);
			host_judge(&facts, target);
			for (j = 0; j < target->nr; j++)
				EXPECT(!strstr(target->findings[j].message, "(null)"));
			host_facts_free(&facts);
		}
	report_free(&report);
}

static bool has_case(const struct breakage *list, size_t nr, const char *rule)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(list[i].rule, rule))
			return true;
	return false;
}

static void each_rule(void)
{
	const struct host_rule *row;

	break_each(well, broken, ARRAY_SIZE(broken), false);
	for (row = host_rules; row->rule.id; row++) {
		/* The images for SEV and SEV-ES are one finding. */
		if (!has_case(broken, ARRAY_SIZE(broken), row->rule.id) &&
		    strcmp(row->rule.id, "ovmf")) {
			ksft_print_msg("%s has no case\n", row->rule.id);
			test_failed = true;
		}
		EXPECT(row->rule.title && row->rule.remedy && row->rule.source && row->judge);
	}
}

static void each_rule_of_snp(void)
{
	const struct host_rule *row;

	break_each(well_with_snp, broken_snp, ARRAY_SIZE(broken_snp), true);
	for (row = host_snp_rules; row->rule.id; row++) {
		if (!has_case(broken_snp, ARRAY_SIZE(broken_snp), row->rule.id)) {
			ksft_print_msg("%s has no case\n", row->rule.id);
			test_failed = true;
		}
		EXPECT(row->rule.title && row->rule.remedy && row->rule.source && row->judge);
	}
}

static bool has_message(const struct target *target, const char *text)
{
	size_t i;

	for (i = 0; i < target->nr; i++)
		if (strstr(target->findings[i].message, text))
			return true;
	return false;
}

/* Bits 0 default, 2 SEV, 3 SEV-ES, 4 SEV-SNP; before 6.8 KVM does not say. */
static void refusal_of_es(void)
{
	EXPECT(host_es_refused(0x15));
	EXPECT(!host_es_refused(0x1d));
	EXPECT(!host_es_refused(0x5));
	EXPECT(!host_es_refused(0));
}

/* How bad it is, and what to do: where facts decide it. */
static void severities_of_snp(void)
{
	struct report report = {};
	struct target *target = report_target(&report, "epyc", TARGET_OBJECT);
	struct host_facts facts;

	well_with_snp(&facts);
	host_set_number(&facts, HOST_CIPHERTEXT_HIDING_ASIDS, 40);
	host_judge(&facts, target);
	EXPECT_TEXT(target_verdict(target), "ok");
	EXPECT(strstr(target->findings[0].message, "1 to 40, SEV-ES 41 to 99"));
	host_facts_free(&facts);

	target = report_target(&report, "epyc", TARGET_OBJECT);
	well_with_snp(&facts);
	host_set_number(&facts, HOST_CIPHERTEXT_HIDING_ASIDS, 99);
	host_judge(&facts, target);
	EXPECT_TEXT(target_verdict(target), "warning");
	host_facts_free(&facts);

	/* A host that offers SEV-SNP guests needs guest_memfd; an older kernel offers none. */
	target = report_target(&report, "epyc", TARGET_OBJECT);
	well_with_snp(&facts);
	host_set_number(&facts, HOST_GUEST_MEMFD, 0);
	host_judge(&facts, target);
	EXPECT_TEXT(target_verdict(target), "error");
	EXPECT(has_message(target, "KVM has no guest_memfd"));
	host_facts_free(&facts);

	target = report_target(&report, "epyc", TARGET_OBJECT);
	well_with_snp(&facts);
	host_set_number(&facts, HOST_GUEST_MEMFD, 0);
	host_set_number(&facts, HOST_SEV_SNP, 0);
	host_set_number(&facts, HOST_KVM_VM_TYPES, 0x5);
	host_judge(&facts, target);
	EXPECT_TEXT(target_verdict(target), "warning");
	EXPECT(has_message(target, "KVM has no guest_memfd"));
	host_facts_free(&facts);

	/* Each kind of guests has few or many of its own. */
	target = report_target(&report, "epyc", TARGET_OBJECT);
	well_with_snp(&facts);
	host_set_number(&facts, HOST_SEV_ES, 1);
	host_set_number(&facts, HOST_CIPHERTEXT_HIDING_ASIDS, 90);
	host_judge(&facts, target);
	EXPECT(has_message(target, "only 9 SEV-ES guests can run"));
	EXPECT(!has_message(target, "SEV-SNP guests can run"));
	host_facts_free(&facts);

	target = report_target(&report, "epyc", TARGET_OBJECT);
	well_with_snp(&facts);
	host_set_number(&facts, HOST_SEV_ES, 1);
	host_set_number(&facts, HOST_CIPHERTEXT_HIDING_ASIDS, 15);
	host_judge(&facts, target);
	EXPECT(has_message(target, "only 15 SEV-SNP guests can run"));
	EXPECT(!has_message(target, "SEV-ES guests can run"));
	host_facts_free(&facts);

	/* kvm_amd without SNP, on a host whose firmware has it initialised. */
	target = report_target(&report, "epyc", TARGET_OBJECT);
	well_with_snp(&facts);
	host_set_number(&facts, HOST_SEV_SNP, 0);
	host_set_number(&facts, HOST_SEV_ES, 1);
	host_set_number(&facts, HOST_KVM_VM_TYPES, 0x5);
	host_judge(&facts, target);
	EXPECT(target->nr && strstr(target_verdict(target), "warning"));
	host_facts_free(&facts);
	report_free(&report);
}

/* What differs is named with the value of each host; what differs by the hour is not. */
static void hosts_side_by_side(void)
{
	struct host_facts facts[3];
	struct report report = {};
	struct json_object *differences;
	struct target *target;
	size_t i;

	for (i = 0; i < 3; i++)
		well_with_snp(&facts[i]);
	host_set_text(&facts[1], HOST_KERNEL, "7.3.4");
	host_set_number(&facts[2], HOST_SNP_TCB_CURRENT, 7);
	host_set_unknown(&facts[2], HOST_RMP_BYTES, "only root may");
	host_set_number(&facts[1], HOST_MISC_SEV_CURRENT, 9);
	host_compare(&report, facts, 3);
	target = report.targets[0];
	differences = json_object_object_get(target->extra, "differences");
	EXPECT_NUMBER(json_object_object_length(differences), 3);
	EXPECT_TEXT(json_object_to_json_string_ext(json_object_object_get(differences, "kernel"),
						   JSON_C_TO_STRING_PLAIN),
		    "[\"6.12.0\",\"7.3.4\",\"6.12.0\"]");
	EXPECT_TEXT(json_object_to_json_string_ext(json_object_object_get(differences, "rmp_bytes"),
						   JSON_C_TO_STRING_PLAIN), "[268451840,268451840,null]");
	EXPECT(json_object_object_get(differences, "snp_tcb_current"));
	EXPECT(strstr(target->text, "not known"));
	report_free(&report);
	for (i = 0; i < 3; i++)
		host_facts_free(&facts[i]);
}

static void nothing_known(void)
{
	struct host_facts facts = {};
	struct report report = {};
	struct target *target = report_target(&report, "x", TARGET_OBJECT);

	host_judge(&facts, target);
	EXPECT_NUMBER(target->nr, 0);
	report_free(&report);
}

static char root[] = "/tmp/sevadm-host-XXXXXX";

static void put(const char *path, const char *text)
{
	folder_put(root, path, 0644, text);
}

static void through_json(void)
{
	struct host_facts facts, loaded;
	struct json_object *json;
	char path[PATH_MAX];

	well(&facts);
	host_set_unknown(&facts, HOST_UEFI, "nobody knows");
	json = host_facts_json(&facts);
	put("facts.json", json_object_to_json_string(json));
	snprintf(path, sizeof(path), "%s/facts.json", root);
	EXPECT_NUMBER(load_host_facts(path, &loaded), EXIT_OK);
	EXPECT(loaded.facts[HOST_MEMLOCK_LIBVIRT_BYTES].number == HOST_UNLIMITED);
	EXPECT_TEXT(host_why(&loaded, HOST_UEFI), "nobody knows");
	EXPECT_TEXT(host_text(&loaded, HOST_KERNEL), "6.12.0");
	json_object_put(json);
	host_facts_free(&facts);
	host_facts_free(&loaded);

	capture_begin();
	put("facts.json", "{\"kernel\": 7}");
	EXPECT_NUMBER(load_host_facts(path, &loaded), EXIT_USAGE);
	put("facts.json", "{\"kernel\": ");
	EXPECT_NUMBER(load_host_facts(path, &loaded), EXIT_USAGE);
	put("facts.json", "{}");
	EXPECT_NUMBER(load_host_facts(path, &loaded), EXIT_USAGE);
	capture_end();
	EXPECT(strstr(captured_errors, "wrong kind") && strstr(captured_errors, "byte 11"));
}

int main(void)
{
	static const struct test tests[] = {
		{ "each rule", each_rule },
		{ "each rule of SEV-SNP", each_rule_of_snp },
		{ "names that are not known", names_that_are_not_known },
		{ "severities of SEV-SNP", severities_of_snp },
		{ "SEV-ES that firmware refuses", refusal_of_es },
		{ "hosts side by side", hosts_side_by_side },
		{ "nothing known is no finding", nothing_known },
		{ "facts through JSON", through_json },
	};

	folder_make(root);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(root);
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/* The rules of a command line of QEMU's that are about SEV-SNP guests alone. */
#include <stdio.h>
#include <string.h>

#include "check/qemu.h"
#include "cli/output.h"
#include "sev/certificate.h"

#define SNP_ABI	"AMD SEV-SNP ABI (56860)"
#define FOR_SNP	(1U << SEVADM_VM_TYPE_SEV_SNP)

static void judge_blobs(const struct qemu *qemu, const struct rule *rule)
{
	static const struct {
		const char *key;
		size_t size;
	} blobs[] = {
		{ "guest-visible-workarounds", 16 },
		{ "id-block", 96 },
		{ "id-auth", 4096 },
		{ "host-data", 32 },
	};
	struct certificate_problem problem;
	uint8_t bytes[4096];
	const char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blobs); i++) {
		text = qemu_property(qemu->object, blobs[i].key);
		if (text && base64_exact(text, bytes, blobs[i].size, &problem))
			finding_add(qemu->target, rule, 0, "%s %s", blobs[i].key, problem.text);
	}
}

/* KVM reads id-auth and the author's key only where there is an id-block. */
static void judge_identity(const struct qemu *qemu, const struct rule *rule)
{
	const bool block = qemu_property(qemu->object, "id-block");
	const bool auth = qemu_property(qemu->object, "id-auth");

	if (block && !auth)
		finding_add(qemu->target, rule, 0, "there is an id-block without an id-auth");
	else if (!block && auth)
		finding_add_as(qemu->target, rule, SEVERITY_WARNING, 0,
			       "there is an id-auth without an id-block: nobody reads it");
	if (qemu_is_on(qemu->object, "author-key-enabled") && !(block && auth))
		finding_add_as(qemu->target, rule, SEVERITY_WARNING, 0,
			       "author-key-enabled is on, but there is no id-block with an id-auth that has the key");
}

static void judge_cpu(const struct qemu *qemu, const struct rule *rule)
{
	static const char *const good[] = { "host", "max", "EPYC" };
	const char *cpu = qemu_last(qemu, "cpu");
	size_t i;

	for (i = 0; cpu && i < ARRAY_SIZE(good); i++)
		if (!strncmp(cpu, good[i], strlen(good[i])))
			return;
	finding_add(qemu->target, rule, 0, "the processor is %.*s, whose CPUID the firmware may refuse",
		    cpu ? (int)strcspn(cpu, ",") : 24, cpu ?: "QEMU's default, qemu64");
}

static void judge_hugepages(const struct qemu *qemu, const struct rule *rule)
{
	const char *path = qemu_last(qemu, "mem-path");
	const struct option_text *option;
	bool huge = path && strstr(path, "huge");

	qemu_for_each(option, qemu, "object") {
		path = qemu_property(option->value, "mem-path");
		huge |= qemu_is_on(option->value, "hugetlb") || (path && strstr(path, "huge"));
	}
	if (huge)
		finding_add(qemu->target, rule, 0,
			    "huge pages hold what the guest shares, and stay taken beside its private memory: it needs its RAM twice");
}

/* AMD's branches of QEMU had these before SEV-SNP was part of Linux 6.11 and QEMU 9.1. */
static void judge_series(const struct qemu *qemu, const struct rule *rule)
{
	const char *kind = qemu_machine(qemu, "kvm-type");
	const struct option_text *option;

	if (kind && !strcmp(kind, "protected"))
		finding_add(qemu->target, rule, 0, "-machine has kvm-type=protected");
	qemu_for_each(option, qemu, "object")
		if (!strcmp(qemu_kind(option->value), "memory-backend-memfd-private"))
			finding_add(qemu->target, rule, 0, "the memory is a memory-backend-memfd-private");
	if (qemu_property(qemu->object, "init-flags"))
		finding_add(qemu->target, rule, 0, "the object has init-flags");
}

const struct qemu_rule qemu_snp_rules[] = {
	{ { "qemu-snp-blobs", SEVERITY_ERROR, "the blobs of SEV-SNP have their lengths",
	    "16 bytes guest-visible-workarounds, 96 id-block, 4096 id-auth, 32 host-data, in base64",
	    SNP_ABI ", SNP_LAUNCH_START and SNP_LAUNCH_FINISH; QEMU, sev_snp_guest_set_id_block()" },
	  FOR_SNP, judge_blobs },
	{ { "qemu-snp-identity", SEVERITY_ERROR, "id-block and id-auth come together",
	    "give both, or neither; author-key-enabled only with both",
	    SNP_ABI ", SNP_LAUNCH_FINISH; KVM, snp_launch_finish()" }, FOR_SNP, judge_identity },
	{ { "qemu-cpu", SEVERITY_WARNING, "the processor is the host's or an EPYC",
	    "write -cpu host or an EPYC model", SNP_ABI ", CPUID page validation" }, FOR_SNP, judge_cpu },
	{ { "qemu-hugepages", SEVERITY_WARNING, "private memory comes from guest_memfd alone",
	    "use memory-backend-memfd without hugetlb, or have its RAM free twice",
	    "QEMU, kvm_convert_memory()" }, FOR_SNP, judge_hugepages },
	{ { "qemu-snp-series", SEVERITY_ERROR, "QEMU and kernel are of the SEV-SNP that was merged",
	    "with QEMU 9.1 and Linux 6.11 or later: remove it, and use memory-backend-memfd",
	    "QEMU 9.1, qapi/qom.json: sev-snp-guest; AMDSEV #223" }, FOR_SNP, judge_series },
	{}
};

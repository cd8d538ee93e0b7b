// SPDX-License-Identifier: GPL-2.0-only
/* Guest policies: fields, numbers and rules, held against policies that are in use. */
#include "cli/errors.h"
#include "sev/policy.h"
#include "test.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The value of field @name in @policy; -1: there is no such field. */
static long long field(bool snp, uint64_t policy, const char *name)
{
	const struct policy_field *row;

	for (row = policy_fields(snp); row->name; row++)
		if (!strcmp(row->name, name))
			return policy_field_value(row, policy);
	return -1;
}

static void fields_of_sev(void)
{
	EXPECT_NUMBER(field(false, 0x5, "nodbg"), 1);
	EXPECT_NUMBER(field(false, 0x5, "noks"), 0);
	EXPECT_NUMBER(field(false, 0x5, "es"), 1);
	EXPECT_NUMBER(field(false, 0x37010033, "sev"), 1);
	EXPECT_NUMBER(field(false, 0x37010033, "domain"), 1);
	EXPECT_NUMBER(field(false, 0x37010033, "api_major"), 1);
	EXPECT_NUMBER(field(false, 0x37010033, "api_minor"), 0x37);
}

static void fields_of_snp(void)
{
	EXPECT_NUMBER(field(true, 0x30000, "smt"), 1);
	EXPECT_NUMBER(field(true, 0x30000, "reserved_one"), 1);
	EXPECT_NUMBER(field(true, 0x30000, "debug"), 0);
	EXPECT_NUMBER(field(true, 0xb0133, "debug"), 1);
	EXPECT_NUMBER(field(true, 0xb0133, "abi_major"), 1);
	EXPECT_NUMBER(field(true, 0xb0133, "abi_minor"), 0x33);
}

/* Each bit belongs to exactly one field. */
static void fields_cover_the_policy(void)
{
	const struct policy_field *row;
	uint64_t seen;
	int snp;

	for (snp = 0; snp <= 1; snp++) {
		seen = 0;
		for (row = policy_fields(snp); row->name; row++) {
			EXPECT(!(seen & policy_field_mask(row)));
			seen |= policy_field_mask(row);
		}
		EXPECT(seen == (snp ? UINT64_MAX : UINT32_MAX));
	}
}

static void numbers(void)
{
	static const char *const wrong[] = {
		"", "-1", "+1", " 1", "1 ", "07", "0x", "0x0x1", "0xg", "x", "1x",
		"0x10000000000000000", "18446744073709551616",
	};
	uint64_t policy;
	size_t i;

	EXPECT_NUMBER(policy_parse("0", &policy), 0);
	EXPECT_NUMBER(policy_parse("196608", &policy), 0);
	EXPECT_NUMBER(policy, 0x30000);
	EXPECT_NUMBER(policy_parse("0X30000", &policy), 0);
	EXPECT_NUMBER(policy, 0x30000);
	EXPECT_NUMBER(policy_parse("0xffffffffffffffff", &policy), 0);
	EXPECT(policy == UINT64_MAX);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_NUMBER(policy_parse(wrong[i], &policy), -1);
}

static void encode_is_the_inverse_of_decode(void)
{
	static const uint64_t policies[] = { 0x30000, 0xb0133, 0x3f30000 };
	const struct policy_field *row;
	uint64_t policy;
	char flag[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		policy = policy_encode_start(true);
		for (row = policy_fields(true); row->name; row++) {
			if (row->fixed)
				continue;
			snprintf(flag, sizeof(flag), "%s=%llu", row->name, (unsigned long long)
				 policy_field_value(row, policies[i]));
			EXPECT_NUMBER(policy_encode(true, flag, &policy), 0);
		}
		EXPECT_NUMBER(policy, policies[i]);
	}
}

static void wrong_flags(void)
{
	uint64_t policy = policy_encode_start(false);

	EXPECT_NUMBER(policy_encode(false, "nodbg", &policy), 0);
	EXPECT_NUMBER(policy_encode(false, "es", &policy), 0);
	EXPECT_NUMBER(policy, 0x5);
	EXPECT_NUMBER(policy_encode(false, "smt", &policy), POLICY_UNKNOWN_FLAG);
	EXPECT_NUMBER(policy_encode(false, "nod", &policy), POLICY_UNKNOWN_FLAG);
	EXPECT_NUMBER(policy_encode(false, "reserved", &policy), POLICY_UNKNOWN_FLAG);
	EXPECT_NUMBER(policy_encode(false, "api_major", &policy), POLICY_BAD_NUMBER);
	EXPECT_NUMBER(policy_encode(false, "api_major=256", &policy), POLICY_BAD_NUMBER);
	EXPECT_NUMBER(policy_encode(false, "api_major=x", &policy), POLICY_BAD_NUMBER);
	EXPECT_NUMBER(policy_encode(false, "es=2", &policy), POLICY_BAD_NUMBER);
	EXPECT_NUMBER(policy, 0x5);
}

static const char *broken_rule(enum sevadm_vm_type type, uint64_t policy,
			       enum policy_severity severity)
{
	const struct policy_rule *rule;

	for (rule = policy_rules; rule->rule; rule++)
		if (rule->severity == severity && policy_breaks(rule, type, policy)) {
			EXPECT(!policy_breaks(rule, type, policy_corrected(rule, policy)));
			return rule->rule;
		}
	return "";
}

/* Policies that projects use, and those that their bug trackers have complaints about. */
static void rules(void)
{
	static const struct {
		enum sevadm_vm_type type;
		uint64_t policy;
		const char *error;
	} rows[] = {
		{ SEVADM_VM_TYPE_SEV, 0x1, "" },		/* libvirt, KubeVirt */
		{ SEVADM_VM_TYPE_SEV, 0x3, "" },		/* libvirt, virt-install */
		{ SEVADM_VM_TYPE_SEV_ES, 0x5, "" },		/* KubeVirt */
		{ SEVADM_VM_TYPE_SEV_ES, 0x7, "" },		/* virt-install */
		{ SEVADM_VM_TYPE_SEV, 0x33, "" },		/* Nova */
		{ SEVADM_VM_TYPE_SEV_ES, 0x37, "" },		/* Nova */
		{ SEVADM_VM_TYPE_SEV_SNP, 0x30000, "" },	/* QEMU, libvirt */
		{ SEVADM_VM_TYPE_SEV_ES, 0x7f, "" },	/* AMDSEV #253: its guests started */
		{ SEVADM_VM_TYPE_SEV, 0x41, "" },
		{ SEVADM_VM_TYPE_SEV, 0x5, "policy-es" },
		{ SEVADM_VM_TYPE_SEV_ES, 0x3, "policy-es" },
		{ SEVADM_VM_TYPE_SEV_SNP, 0x300000, "policy-must-be-one" },
		{ SEVADM_VM_TYPE_SEV_SNP, 0x0, "policy-must-be-one" },
		{ SEVADM_VM_TYPE_SEV_SNP, 0x70000, "policy-migrate-ma" },	/* AMDSEV #240 */
		{ SEVADM_VM_TYPE_SEV_SNP, 0x4030000, "policy-reserved" },
		{ SEVADM_VM_TYPE_SEV, 0x100000001, "policy-width" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_TEXT(broken_rule(rows[i].type, rows[i].policy, POLICY_ERROR), rows[i].error);
	EXPECT_TEXT(broken_rule(SEVADM_VM_TYPE_SEV, 0x0, POLICY_WARNING), "policy-debug");
	EXPECT_TEXT(broken_rule(SEVADM_VM_TYPE_SEV_ES, 0x7f, POLICY_WARNING), "policy-reserved");
	EXPECT_TEXT(broken_rule(SEVADM_VM_TYPE_SEV_SNP, 0xb0000, POLICY_WARNING), "policy-debug");
}

static void types(void)
{
	EXPECT_NUMBER(policy_type(false, 0x1), SEVADM_VM_TYPE_SEV);
	EXPECT_NUMBER(policy_type(false, 0x5), SEVADM_VM_TYPE_SEV_ES);
	EXPECT_NUMBER(policy_type(true, 0x30004), SEVADM_VM_TYPE_SEV_SNP);
}

int main(void)
{
	static const struct test tests[] = {
		{ "fields of SEV and SEV-ES", fields_of_sev },
		{ "fields of SNP", fields_of_snp },
		{ "fields cover the policy", fields_cover_the_policy },
		{ "numbers", numbers },
		{ "encode is the inverse of decode", encode_is_the_inverse_of_decode },
		{ "wrong flags", wrong_flags },
		{ "rules", rules },
		{ "types", types },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

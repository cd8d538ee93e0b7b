// SPDX-License-Identifier: GPL-2.0-only
/* sevadm policy: exit codes, what it says, and its JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "sev/policy.h"
#include "test.h"

/* Runs a command with its output caught; @words are what follows "sevadm policy". */
static int run(const char *words)
{
	const struct object policy = { "policy", NULL, policy_commands, NULL };
	char text[128], *argv[16], *rest;
	int argc = 0, code;

	snprintf(text, sizeof(text), "policy %s", words);
	for (argv[argc] = strtok_r(text, " ", &rest); argv[argc];
	     argv[argc] = strtok_r(NULL, " ", &rest))
		argc++;
	capture_begin();
	code = command_dispatch(&policy, argc, argv);
	capture_end();
	return code;
}

static void exit_codes(void)
{
	static const struct {
		const char *words;
		int code;
		const char *said;	/* by stdout or stderr */
	} rows[] = {
		/* AMDSEV #240, AMDESE/sev-guest #33, AMDSEV #253 */
		{ "check 0x70000 --type sev-snp", EXIT_REFUSED, "policy-migrate-ma" },
		{ "check 0x300000 --type sev-snp", EXIT_REFUSED, "policy-must-be-one" },
		{ "check 0x007f", EXIT_OK, "policy-reserved" },
		/* what works */
		{ "check 0x30000 --type sev-snp", EXIT_OK, "sev-snp guest: ok" },
		{ "check 0x3", EXIT_OK, "sev guest: ok" },
		{ "check 0x7", EXIT_OK, "sev-es guest: ok" },
		{ "check 0x33", EXIT_OK, "sev guest: ok" },
		{ "check 0x5 --type sev-es", EXIT_OK, "sev-es guest: ok" },
		/* what works and should be known */
		{ "check 0x8", EXIT_OK, "policy-debug" },
		{ "check 0x2", EXIT_OK, "sev guest: warning" },
		{ "check 0xb0000 --type sev-snp", EXIT_OK, "policy-debug" },
		{ "check 0x230000 --type sev-snp", EXIT_OK, "policy-firmware-bits" },
		{ "check 0x20000 --type sev-snp", EXIT_OK, "policy-smt" },
		{ "check 0x130000 --type sev-snp", EXIT_OK, "policy-single-socket" },
		/* what cannot work */
		{ "check 0x3 --type sev-es", EXIT_REFUSED, "policy-es" },
		{ "check 0x7 --type sev", EXIT_REFUSED, "policy-es" },
		{ "check 0x30000", EXIT_REFUSED, "policy-api-major" },
		{ "check 0x100000001", EXIT_REFUSED, "policy-width" },
		{ "check 0x4030000 --type sev-snp", EXIT_REFUSED, "policy-reserved" },
		/* usage */
		{ "check", EXIT_USAGE, "needs one policy" },
		{ "check 1 2", EXIT_USAGE, "needs one policy" },
		{ "check 010", EXIT_USAGE, "not a number" },
		{ "check 0x0x3", EXIT_USAGE, "not a number" },
		{ "check 1 --type tdx", EXIT_USAGE, "there is no type" },
		{ "decode", EXIT_USAGE, "needs a policy" },
		{ "decode 3 nonsense", EXIT_USAGE, "not a number" },
		{ "decode 0x100000000", EXIT_USAGE, "--snp" },
		{ "decode 0x100000000 --snp", EXIT_OK, "reserved" },
		{ "decode 0x3 0x7", EXIT_OK, "policy 0x7 of a sev-es guest" },
		{ "encode", EXIT_OK, "0x0\n" },
		{ "encode nodbg noks", EXIT_OK, "0x3\n" },
		{ "encode nodbg=0 es=1", EXIT_OK, "0x4\n" },
		{ "encode ES api_major=1 api_minor=51", EXIT_OK, "0x33010004\n" },
		{ "encode --snp", EXIT_OK, "0x20000\n" },
		{ "encode --snp smt abi_major=1 abi_minor=51", EXIT_OK, "0x30133\n" },
		{ "encode nodebug", EXIT_USAGE, "did you mean \"nodbg\"" },
		{ "encode reserved=1", EXIT_USAGE, "there is no SEV policy flag" },
		{ "encode nodbg=2", EXIT_USAGE, "number that fits" },
		{ "encode api_major", EXIT_USAGE, "number that fits" },
		{ "encode api_major=256", EXIT_USAGE, "number that fits" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int code = run(rows[i].words);

		if (code == rows[i].code && (strstr(captured, rows[i].said) ||
					     strstr(captured_errors, rows[i].said)))
			continue;
		ksft_print_msg("policy %s: exit %d, not %d, or without \"%s\":\n%s%s\n",
			       rows[i].words, code, rows[i].code, rows[i].said, captured,
			       captured_errors);
		test_failed = true;
	}
}

/* Applying what every rule wants leads to a policy without findings, however wrong it was. */
static void corrections_converge(void)
{
	static const uint64_t policies[] = { 0, 0x7f, 0x70000, 0x300000, UINT64_MAX, 0xffff, 4 };
	const struct policy_rule *rule;
	enum sevadm_vm_type type;
	uint64_t policy;
	size_t i;

	for (type = SEVADM_VM_TYPE_SEV; type <= SEVADM_VM_TYPE_SEV_SNP; type++)
		for (i = 0; i < ARRAY_SIZE(policies); i++) {
			policy = policies[i];
			for (rule = policy_rules; rule->rule; rule++)
				if (policy_breaks(rule, type, policy))
					policy = policy_corrected(rule, policy);
			for (rule = policy_rules; rule->rule; rule++)
				EXPECT(!policy_breaks(rule, type, policy));
		}
}

static void json_has_the_documented_keys(void)
{
	struct json_object *result, *finding;

	output_json = true;
	EXPECT_NUMBER(run("check 0x70000 --type sev-snp"), EXIT_REFUSED);
	result = json_tokener_parse(captured);
	finding = json_object_array_get_idx(json_object_object_get(result, "findings"), 0);
	EXPECT_TEXT(json_get_text(result, "verdict"), "error");
	EXPECT_TEXT(json_get_text(result, "target"), "0x70000");
	EXPECT_TEXT(json_get_text(finding, "rule"), "policy-migrate-ma");
	EXPECT_TEXT(json_get_text(finding, "fix"), "0x30000");
	json_object_put(result);

	/* More than 63 bits are still exact. */
	EXPECT_NUMBER(run("decode 0xffffffffffffffff --snp"), EXIT_OK);
	result = json_tokener_parse(captured);
	EXPECT(json_get_u64(json_object_array_get_idx(result, 0), "policy") == UINT64_MAX);
	json_object_put(result);
	output_json = false;
}

int main(void)
{
	static const struct test tests[] = {
		{ "exit codes and words of every command", exit_codes },
		{ "corrections converge", corrections_converge },
		{ "JSON has the documented keys", json_has_the_documented_keys },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm policy: decodes, encodes and checks guest policies. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "sev/certificate.h"
#include "sev/names.h"
#include "sev/policy.h"

struct policy_options {
	bool snp;
	unsigned int type;
};

/* In the order of enum sevadm_vm_type. */
static const char *const type_words[] = { "sev", "sev-es", "sev-snp", NULL };
#define NO_TYPE	(ARRAY_SIZE(type_words) - 1)

static const struct option_row snp_options[] = {
	{ "snp", 0, NULL, "a policy of an SEV-SNP guest, not of SEV and SEV-ES",
	  OPTION_FLAG(struct policy_options, snp) },
	{}
};

const struct option_row policy_check_options[] = {
	{ "type", 0, "TYPE", "of the guest; without it, sev or sev-es by bit 2",
	  OPTION_WORD(struct policy_options, type, type_words) },
	{}
};

static int parse(const char *text, uint64_t *policy)
{
	if (policy_parse(text, policy))
		return fail(EXIT_USAGE,
			    "policy \"%s\" is not a number of 64 bits: write 196608 or 0x30000",
			    text);
	return EXIT_OK;
}

static struct json_object *field_row(const struct policy_field *field, uint64_t policy)
{
	struct json_object *row = json_object_new_object();
	uint64_t value = policy_field_value(field, policy);
	const char *meaning = field->width > 1 || value ? field->set : field->clear;

	json_object_object_add(row, "low", json_u64(field->low));
	json_object_object_add(row, "high", json_u64(field->low + field->width - 1));
	json_object_object_add(row, "name", json_object_new_string(field->name));
	json_object_object_add(row, "value", json_u64(value));
	json_object_object_add(row, "meaning", json_known_string(meaning, meaning));
	json_object_object_add(row, "source", json_object_new_string(field->source));
	return row;
}

static struct json_object *decode(uint64_t policy, bool snp)
{
	struct json_object *row = json_object_new_object(), *rows = json_object_new_array();
	const struct policy_field *field;

	for (field = policy_fields(snp); field->name; field++)
		json_object_array_add(rows, field_row(field, policy));
	json_object_object_add(row, "policy", json_u64(policy));
	json_object_object_add(row, "type",
			       json_object_new_string(vm_type_name(policy_type(snp, policy))));
	json_object_object_add(row, "fields", rows);
	return row;
}

static int policy_decode(int argc, char **argv)
{
	static const struct column columns[] = {
		{ "low", "BIT", NULL },
		{ "high", "TO", NULL },
		{ "name", "FIELD", NULL },
		{ "value", "VALUE", format_hex },
		{ "meaning", "MEANING", NULL },
		{ "source", "SOURCE", NULL },
	};
	struct policy_options options = {};
	struct json_object *rows, *row;
	uint64_t policy;
	int i, ret;

	ret = options_parse(snp_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (!argc)
		return fail(EXIT_USAGE, "policy decode needs a policy, such as 0x30000");

	rows = json_object_new_array();
	for (i = 0; i < argc && !ret; i++) {
		ret = parse(argv[i], &policy);
		if (!ret && !options.snp && policy >> 32)
			ret = fail(EXIT_USAGE,
				   "policy %s has more than SEV's 32 bits: is it one of SNP (--snp)?",
				   argv[i]);
		if (!ret)
			json_object_array_add(rows, decode(policy, options.snp));
	}
	if (!ret && output_json)
		output_print_json(rows);
	for (i = 0; !ret && !output_json && i < argc; i++) {
		row = json_object_array_get_idx(rows, i);
		printf("%spolicy %s of a %s guest\n", i ? "\n" : "",
		       output_text(row, "policy", format_hex), json_get_text(row, "type"));
		output_table(json_object_object_get(row, "fields"), columns,
			     ARRAY_SIZE(columns));
	}
	json_object_put(rows);
	return ret;
}

static int policy_encode_command(int argc, char **argv)
{
	struct policy_options options = {};
	struct json_object *row;
	uint64_t policy;
	int i, ret;

	ret = options_parse(snp_options, &options, &argc, argv);
	if (ret)
		return ret;
	policy = policy_encode_start(options.snp);
	for (i = 0; i < argc; i++) {
		char word[32];

		switch (policy_encode(options.snp, argv[i], &policy)) {
		case POLICY_UNKNOWN_FLAG:
			snprintf(word, sizeof(word), "%.*s", (int)strcspn(argv[i], "="), argv[i]);
			return command_unknown(options.snp ? "SNP policy flag" : "SEV policy flag",
					       word, policy_fields(options.snp),
					       sizeof(struct policy_field));
		case POLICY_BAD_NUMBER:
			return fail(EXIT_USAGE,
				    "policy flag \"%s\" needs a number that fits, such as NAME=1",
				    argv[i]);
		}
	}
	if (!output_json) {
		printf("0x%" PRIx64 "\n", policy);
		return EXIT_OK;
	}
	row = decode(policy, options.snp);
	output_print_json(row);
	json_object_put(row);
	return EXIT_OK;
}

static struct json_object *finding(const struct policy_rule *rule, uint64_t policy)
{
	static const char *const severities[] = {
		[POLICY_WARNING] = "warning",
		[POLICY_ERROR] = "error",
	};
	struct json_object *row = json_object_new_object();
	char fix[sizeof("0x") + 16];

	snprintf(fix, sizeof(fix), "0x%" PRIx64, policy_corrected(rule, policy));
	json_object_object_add(row, "rule", json_object_new_string(rule->rule));
	json_object_object_add(row, "severity",
			       json_object_new_string(severities[rule->severity]));
	json_object_object_add(row, "line", NULL);
	json_object_object_add(row, "message", json_object_new_string(rule->message));
	json_object_object_add(row, "fix", json_object_new_string(fix));
	json_object_object_add(row, "source", json_object_new_string(rule->source));
	return row;
}

int policy_check(int argc, char **argv)
{
	static const struct column columns[] = {
		{ "severity", "SEVERITY", NULL },
		{ "rule", "RULE", NULL },
		{ "message", "WHY", NULL },
		{ "fix", "BETTER", NULL },
		{ "source", "SOURCE", NULL },
	};
	struct policy_options options = { .type = NO_TYPE };
	struct json_object *result, *findings;
	const struct policy_rule *rule;
	const char *verdict = "ok";
	int ret, code = EXIT_OK;
	uint64_t policy;

	ret = options_parse(policy_check_options, &options, &argc, argv);
	if (!ret && argc != 1)
		ret = fail(EXIT_USAGE, "policy check needs one policy, such as 0x30000");
	if (!ret)
		ret = parse(argv[0], &policy);
	if (ret)
		return ret;
	if (options.type == NO_TYPE)
		options.type = policy_type(false, policy);

	findings = json_object_new_array();
	for (rule = policy_rules; rule->rule; rule++) {
		if (!policy_breaks(rule, options.type, policy))
			continue;
		json_object_array_add(findings, finding(rule, policy));
		if (rule->severity == POLICY_ERROR)
			code = EXIT_REFUSED;
	}
	if (json_object_array_length(findings))
		verdict = code ? "error" : "warning";

	result = json_object_new_object();
	json_object_object_add(result, "target", json_object_new_string(argv[0]));
	json_object_object_add(result, "type",
			       json_object_new_string(vm_type_name(options.type)));
	json_object_object_add(result, "verdict", json_object_new_string(verdict));
	json_object_object_add(result, "findings", findings);
	if (output_json) {
		output_print_json(result);
	} else {
		printf("policy 0x%" PRIx64 " of a %s guest: %s\n", policy,
		       vm_type_name(options.type), verdict);
		if (json_object_array_length(findings))
			output_table(findings, columns, ARRAY_SIZE(columns));
	}
	json_object_put(result);
	return code;
}

const struct command policy_commands[] = {
	{ "decode", "VALUE...", "What each bit of a guest policy says.", snp_options,
	  policy_decode },
	{ "encode", "FLAG...", "The policy of these flags: nodbg noks, or abi_major=1.", snp_options,
	  policy_encode_command },
	{ "check", "VALUE", "Whether a guest can start with this policy, and how safe it is.",
	  policy_check_options, policy_check },
	{ "certificate", "FILE", "The fields of an owner's Diffie-Hellman certificate (dhCert).",
	  NULL, policy_certificate },
	{ "session", "FILE", "The fields of an owner's session.", NULL, policy_session },
	{}
};

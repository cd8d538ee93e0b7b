// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check rules: what is checked, from the tables that the checks use. */
#include "check/rules.h"

#include <stdio.h>

#include "check/check.h"
#include "check/ledger.h"
#include "check/plan.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "config/file.h"
#include "memlock/command.h"

static const struct rule_list lists[] = {
	{ "host", "check host", host_rule_at, NULL },
	{ "plan", "check host --plan", plan_rule_at, NULL },
	{ "domain", "check domain", domain_rule_at, domain_rule_fixable },
	{ "kubevirt", "check kubevirt", kubevirt_rule_at, kubevirt_rule_fixable },
	{ "qemu", "check qemu", qemu_rule_at, NULL },
	{ "kata", "check kata", kata_rule_at, NULL },
	{ "nova", "check nova", nova_rule_at, NULL },
	{ "proxmox", "check proxmox", proxmox_rule_at, NULL },
	{ "incus", "check incus", incus_rule_at, NULL },
	{ "memlock", "check memlock", memlock_rule_at, NULL },
	{ "ledger", "check ledger", ledger_rule_at, NULL },
	{ "config", "config check", config_rule_at, NULL },
};

struct options {
	bool markdown;
};

const struct option_row check_rules_options[] = {
	{ "markdown", 0, NULL, "print Documentation/check-rules.md",
	  OPTION_FLAG(struct options, markdown) },
	{}
};

/* A pipe of a shell is not the end of a cell. */
static void print_cell(const char *text)
{
	fputs(" | ", stdout);
	for (; *text; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void print_markdown(void)
{
	const struct rule *rule;
	unsigned int i, j;

	puts("# Rules\n\nMade by `sevadm check rules --markdown`. The severity is the usual one: a profile, a "
	     "version\nor the facts of a host may raise or lower it. Corrected: by `--fix`.");
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		printf("\n## %s\n\n| rule | severity | what must hold | remedy | corrected | source |\n"
		       "|---|---|---|---|---|---|\n", lists[i].command);
		for (j = 0; (rule = lists[i].at(j)); j++) {
			printf("| `%s` | %s", rule->id, severity_words[rule->severity]);
			print_cell(rule->title);
			print_cell(rule->remedy);
			print_cell(lists[i].fixable && lists[i].fixable(j) ? "yes" : "");
			print_cell(rule->source);
			puts(" |");
		}
	}
}

static struct json_object *rule_row(const struct rule_list *list, unsigned int i)
{
	const struct rule *rule = list->at(i);
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "check", json_object_new_string(list->check));
	json_object_object_add(row, "rule", json_object_new_string(rule->id));
	json_object_object_add(row, "severity",
			       json_object_new_string(severity_words[rule->severity]));
	json_object_object_add(row, "fixable",
			       json_object_new_boolean(list->fixable && list->fixable(i)));
	json_object_object_add(row, "title", json_object_new_string(rule->title));
	json_object_object_add(row, "remedy", json_object_new_string(rule->remedy));
	json_object_object_add(row, "source", json_object_new_string(rule->source));
	return row;
}

int check_rules(int argc, char **argv)
{
	static const struct column columns[] = {
		{ "check", "CHECK", NULL },
		{ "rule", "RULE", NULL },
		{ "severity", "SEVERITY", NULL },
		{ "title", "WHAT MUST HOLD", NULL },
	};
	struct options options = {};
	struct json_object *rows;
	unsigned int i, j;
	int ret;

	ret = options_parse(check_rules_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "check rules takes no arguments");
	if (options.markdown) {
		print_markdown();
		return EXIT_OK;
	}
	rows = json_object_new_array();
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (j = 0; lists[i].at(j); j++)
			json_object_array_add(rows, rule_row(&lists[i], j));
	return output_list(rows, columns, ARRAY_SIZE(columns));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check qemu: the command line of a QEMU that runs, or is to run, judged by a table of
 * rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/placement.h"
#include "check/qemu.h"
#include "check/rules.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "report/files.h"
#include "sev/policy.h"

/* All rules, in the order of their tables. */
static const struct qemu_rule *rule_at(unsigned int i)
{
	const struct qemu_rule *row;

	for (row = qemu_rules; row->rule.id; row++)
		if (!i--)
			return row;
	return qemu_snp_rules[i].rule.id ? &qemu_snp_rules[i] : NULL;
}

const struct rule *qemu_rule_at(unsigned int i)
{
	const struct qemu_rule *row = rule_at(i);

	return row ? &row->rule : NULL;
}

/* ---- the command line ------------------------------------------------------------------------ */

static void take_object(struct qemu *qemu, const char *text)
{
	static const struct {
		const char *kind, *name;
	} others[] = {
		{ "tdx-guest", "Intel TDX" },
		{ "s390-pv-guest", "IBM Secure Execution" },
		{ "pef-guest", "POWER's PEF" },
		{ "rme-guest", "Arm CCA" },
	};
	const char *kind = qemu_kind(text);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(kind, others[i].kind))
			qemu->other = others[i].name;
	if (!strcmp(kind, "sev-guest") || !strcmp(kind, "sev-snp-guest")) {
		qemu->object = text;
		qemu->type = kind[4] == 's' ? SEVADM_VM_TYPE_SEV_SNP : SEVADM_VM_TYPE_SEV;
	}
}

static int take_arguments(struct qemu *qemu, char **words, size_t nr)
{
	const char *name;
	size_t i;

	/* The first is the program. */
	for (i = 1; i < nr; i++) {
		if (words[i][0] != '-')
			continue;
		if (qemu->nr == QEMU_OPTIONS)
			return fail(EXIT_USAGE, "over %d options", QEMU_OPTIONS);
		name = words[i] + 1 + (words[i][1] == '-');
		qemu->options[qemu->nr++] = (struct option_text) {
			name, i + 1 < nr && words[i + 1][0] != '-' ? words[i + 1] : "" };
		if (strcmp(name, "object") || i + 1 == nr)
			continue;
		take_object(qemu, words[i + 1]);
	}
	return EXIT_OK;
}

static int judge(struct qemu *qemu, const struct host_list *hosts, const char *name)
{
	struct report report = {};
	size_t host = 0;

	const struct qemu_rule *row;
	unsigned int i;
	uint64_t policy;

	if (qemu->object && qemu->type == SEVADM_VM_TYPE_SEV &&
	    qemu_is_number(qemu_property(qemu->object, "policy"), &policy))
		qemu->type = policy_type(false, policy);
	do {
		qemu->host = host_list_at(hosts, host);
		qemu->target = placement_target(&report, hosts, name, NULL, qemu->host);
		qemu->target->kind = TARGET_OBJECT;
		for (i = 0; (row = rule_at(i)); i++)
			if (!row->types || (qemu->object && row->types & 1U << qemu->type))
				row->check(qemu, &row->rule);
	} while (++host < hosts->files.nr);
	placement_report(&report, hosts);
	return report_finish(&report);
}

/* A QEMU is known by its name; else by an option that no other program has. */
static bool is_qemu(const struct qemu *qemu, const char *program)
{
	const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;

	return strstr(name, "qemu") || strstr(name, "kvm") || qemu_last(qemu, "machine") ||
	       qemu_last(qemu, "accel");
}

/* The words of /proc/PID/cmdline, which zeroes separate. */
static int take_process(struct qemu *qemu, char *bytes, size_t size)
{
	char *words[2 * QEMU_OPTIONS];
	size_t nr = 0, at;

	for (at = 0; at < size && nr < ARRAY_SIZE(words); at += strlen(bytes + at) + 1)
		words[nr++] = bytes + at;
	return take_arguments(qemu, words, nr);
}

const struct option_row check_qemu_options[] = {
	{ "host", 0, "FILE", "the host it is for: what check host -j printed there; many, or a folder",
	  NULL, host_list_add },
	FINDINGS_ROWS,
	{}
};

static int check_process(struct qemu *qemu, const struct host_list *hosts, const char *word)
{
	unsigned long long pid;
	char path[64], *bytes;
	const char *why;
	size_t size;
	int ret;

	ret = number_parse("process", word, 1 << 22, &pid);
	if (ret)
		return ret;
	qemu->pid = (pid_t)pid;
	snprintf(path, sizeof(path), "/proc/%llu/cmdline", pid);
	bytes = file_read(path, &size, &why);
	if (!bytes)
		return fail(EXIT_USAGE, "process %llu: %s", pid, why);
	ret = take_process(qemu, bytes, size);
	if (!ret && !is_qemu(qemu, bytes))
		ret = fail(EXIT_USAGE, "process %llu is no QEMU but \"%s\"", pid, bytes);
	snprintf(path, sizeof(path), "process %llu", pid);
	ret = ret ?: judge(qemu, hosts, path);
	free(bytes);
	return ret;
}

int check_qemu(int argc, char **argv)
{
	struct qemu *qemu = calloc(1, sizeof(*qemu));
	struct host_list hosts = {};
	int ret, own = 0, rest = 0;

	/* What follows -- is QEMU's, and none of our options. */
	while (own < argc && strcmp(argv[own], "--"))
		own++;
	rest = own < argc ? argc - own - 1 : 0;
	argc = own;
	ret = qemu ? options_parse(check_qemu_options, &hosts, &argc, argv) :
		     fail(EXIT_REFUSED, "out of memory");
	if (!ret && (argc > 1 || !argc == !rest))
		ret = fail(EXIT_USAGE, "check qemu needs a process, or -- and a command line");
	if (!ret)
		ret = host_list_load(&hosts);
	if (!ret && argc) {
		ret = check_process(qemu, &hosts, argv[0]);
	} else if (!ret) {
		ret = take_arguments(qemu, argv + own + 1, (size_t)rest);
		ret = ret ?: judge(qemu, &hosts, "command line");
	}
	host_list_free(&hosts);
	free(qemu);
	return ret;
}

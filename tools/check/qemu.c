// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check qemu: the command line of a QEMU that runs, or is to run, judged by a table of rules. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <json-c/json.h>
#include <linux/capability.h>

#include "check/check.h"
#include "check/rules.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "report/files.h"
#include "sev/certificate.h"
#include "sev/names.h"
#include "sev/policy.h"

#define QEMU_DOCUMENT	"QEMU, docs/system/i386/amd-memory-encryption"
#define MAX_OPTIONS	4096

/** struct option_text - an option of QEMU's and its argument, "" for none */
struct option_text {
	const char *name, *value;
};

/**
 * struct qemu - what the rules see
 * @object: the argument of -object that begins with sev-, NULL: none
 * @pid: of a running one, 0: planned
 */
struct qemu {
	struct target *target;
	struct option_text options[MAX_OPTIONS];
	size_t nr;
	const char *object;
	enum sevadm_vm_type type;
	const struct host_facts *host;
	pid_t pid;
};

struct qemu_rule {
	struct rule rule;
	void (*check)(const struct qemu *qemu, const struct rule *rule);
};

/* ---- options ---------------------------------------------------------------------------------- */

/* The value of KEY in "first,KEY=VALUE,…" or {"KEY": VALUE}, in a buffer that the next call reuses. */
static const char *property(const char *text, const char *key)
{
	static char value[4096];
	struct json_object *object, *found;
	size_t length, part;

	if (text && *text == '{') {
		object = json_tokener_parse(text);
		found = NULL;
		if (json_object_is_type(object, json_type_object))
			json_object_object_get_ex(object, key, &found);
		if (found)
			snprintf(value, sizeof(value), "%s", json_object_get_string(found));
		json_object_put(object);
		return found ? value : NULL;
	}
	for (length = strlen(key); text && *text; text += part + (text[part] == ',')) {
		part = strcspn(text, ",");
		if (part > length && !strncmp(text, key, length) && text[length] == '=') {
			snprintf(value, sizeof(value), "%.*s", (int)(part - length - 1),
				 text + length + 1);
			return value;
		}
	}
	return NULL;
}

static bool option_is(const struct option_text *option, const char *name)
{
	return !strcmp(option->name, name);
}

static const char *last_option(const struct qemu *qemu, const char *name)
{
	size_t i;

	for (i = qemu->nr; i--; )
		if (option_is(&qemu->options[i], name))
			return qemu->options[i].value;
	return NULL;
}

/* A property of -machine, of which there may be several. */
static const char *machine_property(const struct qemu *qemu, const char *key)
{
	const char *value;
	size_t i;

	for (i = 0; i < qemu->nr; i++) {
		if (!option_is(&qemu->options[i], "machine") && !option_is(&qemu->options[i], "M"))
			continue;
		value = property(qemu->options[i].value, key);
		if (value)
			return value;
	}
	return NULL;
}

static bool is_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = text ? strtoull(text, &end, 0) : 0;
	return text && isdigit((unsigned char)*text) && !errno && !*end;
}

/* ---- rules ------------------------------------------------------------------------------------ */

static void judge_object(const struct qemu *qemu, const struct rule *rule)
{
	if (!qemu->object)
		finding_add(qemu->target, rule, 0, "there is no -object sev-guest or sev-snp-guest");
}

static void judge_machine(const struct qemu *qemu, const struct rule *rule)
{
	char id[256];
	const char *used;

	if (!qemu->object)
		return;
	snprintf(id, sizeof(id), "%s", property(qemu->object, "id") ?: "");
	used = machine_property(qemu, "memory-encryption") ?:
	       machine_property(qemu, "confidential-guest-support");
	if (!used)
		finding_add(qemu->target, rule, 0,
			    "-machine has neither confidential-guest-support nor memory-encryption: %s is not used",
			    id);
	else if (strcmp(used, id))
		finding_add(qemu->target, rule, 0, "-machine names the object %s, but its id is %s", used,
			    id);
}

static void judge_number(const struct qemu *qemu, const struct rule *rule, const char *key,
			 enum host_fact_id fact)
{
	const char *text = property(qemu->object, key);
	uint64_t value, real;

	if (!qemu->object)
		return;
	if (!text)
		finding_add(qemu->target, rule, 0, "the object has no %s", key);
	else if (!is_number(text, &value) || value < 1 || value > 63)
		finding_add(qemu->target, rule, 0, "%s is %s, no number from 1 to 63", key, text);
	else if (qemu->host && host_number(qemu->host, fact, &real) && value != real)
		finding_add(qemu->target, rule, 0, "%s is %" PRIu64 ", but the host's is %" PRIu64, key,
			    value, real);
}

static void judge_cbitpos(const struct qemu *qemu, const struct rule *rule)
{
	judge_number(qemu, rule, "cbitpos", HOST_C_BIT);
}

static void judge_reduced(const struct qemu *qemu, const struct rule *rule)
{
	judge_number(qemu, rule, "reduced-phys-bits", HOST_REDUCED_PHYS_BITS);
}

/* QEMU's own default is 1 for SEV and 0x30000 for SNP. */
static void judge_policies(const struct qemu *qemu, const struct rule *rule,
			   enum policy_severity severity)
{
	const char *text = property(qemu->object, "policy");
	const struct policy_rule *row;
	uint64_t policy;

	if (!qemu->object || !text)
		return;
	if (!is_number(text, &policy)) {
		if (severity == POLICY_ERROR)
			finding_add(qemu->target, rule, 0, "the policy %s is not a number", text);
		return;
	}
	for (row = policy_rules; row->rule; row++)
		if (row->severity == severity && policy_breaks(row, qemu->type, policy))
			finding_add(qemu->target, rule, 0, "the policy 0x%" PRIx64 " [%s]: %s", policy,
				    row->rule, row->message);
}

static void judge_policy(const struct qemu *qemu, const struct rule *rule)
{
	judge_policies(qemu, rule, POLICY_ERROR);
}

static void judge_policy_weak(const struct qemu *qemu, const struct rule *rule)
{
	judge_policies(qemu, rule, POLICY_WARNING);
}

static bool has_pflash(const struct qemu *qemu)
{
	size_t i;

	for (i = 0; i < qemu->nr; i++) {
		const char *kind = option_is(&qemu->options[i], "drive") ?
				   property(qemu->options[i].value, "if") : NULL;

		if (option_is(&qemu->options[i], "pflash") || (kind && !strcmp(kind, "pflash")))
			return true;
	}
	return machine_property(qemu, "pflash0");
}

static void judge_firmware(const struct qemu *qemu, const struct rule *rule)
{
	const bool snp = qemu->type == SEVADM_VM_TYPE_SEV_SNP;

	if (!qemu->object)
		return;
	if (snp && has_pflash(qemu))
		finding_add(qemu->target, rule, 0, "the firmware is in pflash, which SEV-SNP cannot use");
	else if (!has_pflash(qemu) && !last_option(qemu, "bios"))
		finding_add(qemu->target, rule, 0, "there is no UEFI firmware: neither pflash nor -bios");
}

static void judge_kvm(const struct qemu *qemu, const struct rule *rule)
{
	const char *accel = machine_property(qemu, "accel");
	size_t i;

	for (i = 0; i < qemu->nr; i++)
		if (option_is(&qemu->options[i], "enable-kvm") ||
		    (option_is(&qemu->options[i], "accel") &&
		     !strncmp(qemu->options[i].value, "kvm", 3)))
			return;
	if (qemu->object && !(accel && !strncmp(accel, "kvm", 3)))
		finding_add(qemu->target, rule, 0, "KVM is not asked for: QEMU emulates by default");
}

static void judge_hashes(const struct qemu *qemu, const struct rule *rule)
{
	const char *hashes = property(qemu->object, "kernel-hashes");
	const bool on = hashes && (!strcmp(hashes, "on") || !strcmp(hashes, "true"));

	if (qemu->object && last_option(qemu, "kernel") && !on)
		finding_add(qemu->target, rule, 0, "the -kernel that is booted is not measured");
	if (qemu->object && !last_option(qemu, "kernel") && on)
		finding_add(qemu->target, rule, 0, "kernel-hashes is on, but there is no -kernel");
}

static void judge_pair(const struct qemu *qemu, const struct rule *rule)
{
	const bool cert = property(qemu->object, "dh-cert-file");
	const bool session = property(qemu->object, "session-file");

	if (cert != session)
		finding_add(qemu->target, rule, 0, "there is a %s without a %s",
			    cert ? "dh-cert-file" : "session-file",
			    cert ? "session-file" : "dh-cert-file");
}

static void judge_vfio(const struct qemu *qemu, const struct rule *rule)
{
	const char *driver;
	size_t i;

	for (i = 0; i < qemu->nr; i++) {
		if (!option_is(&qemu->options[i], "device"))
			continue;
		driver = *qemu->options[i].value == '{' ? property(qemu->options[i].value, "driver") :
			 qemu->options[i].value;
		if (qemu->object && driver && !strncmp(driver, "vfio-", 5))
			finding_add_as(qemu->target, rule,
				       qemu->type == SEVADM_VM_TYPE_SEV_SNP ? SEVERITY_INFO : rule->severity,
				       0, "a device of the host is passed through: %.60s", driver);
	}
}

static bool memory_bytes(const struct qemu *qemu, uint64_t *bytes)
{
	const char *text = last_option(qemu, "m"), *size;
	unsigned int shift = 20;
	char *end;

	if (!text)
		return false;
	size = property(text, "size") ?: text;
	*bytes = strtoull(size, &end, 10);
	switch (toupper((unsigned char)*end)) {
	case 'K':
		shift = 10;
		break;
	case 'G':
		shift = 30;
		break;
	case 'T':
		shift = 40;
		break;
	}
	return end != size && *bytes && *bytes < 1ULL << (63 - shift) && (*bytes <<= shift);
}

/* With CAP_IPC_LOCK the limit does not count. */
static bool may_lock_all(const struct qemu *qemu)
{
	unsigned long long capabilities = 0;
	char path[64], *status, *line;
	const char *why;
	size_t size;

	strcpy(path, "/proc/self/status");
	if (qemu->pid)
		snprintf(path, sizeof(path), "/proc/%d/status", (int)qemu->pid);
	status = file_read(path, &size, &why);
	line = status ? strstr(status, "\nCapEff:") : NULL;
	if (line)
		capabilities = strtoull(line + strlen("\nCapEff:"), NULL, 16);
	free(status);
	return capabilities & 1ULL << CAP_IPC_LOCK;
}

static void judge_limit(const struct qemu *qemu, const struct rule *rule)
{
	uint64_t memory;
	struct rlimit limit;

	if (!qemu->object || qemu->type == SEVADM_VM_TYPE_SEV_SNP || !memory_bytes(qemu, &memory))
		return;
	if (prlimit(qemu->pid, RLIMIT_MEMLOCK, NULL, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	/* A VM that runs has what it needed; what it could not get any more is worth a word. */
	if (limit.rlim_cur < memory && !may_lock_all(qemu))
		finding_add_as(qemu->target, rule, qemu->pid ? SEVERITY_WARNING : rule->severity, 0,
			       "RLIMIT_MEMLOCK is %" PRIu64 " MiB %s, RAM alone is %" PRIu64 " MiB",
			       (uint64_t)limit.rlim_cur >> 20, qemu->pid ? "in this process" : "here",
			       memory >> 20);
}

static const struct qemu_rule rules[] = {
	{ { "qemu-object", SEVERITY_INFO, "there is a SEV object",
	    "add -object sev-guest,id=sev0,cbitpos=…,reduced-phys-bits=1", QEMU_DOCUMENT }, judge_object },
	{ { "qemu-machine", SEVERITY_ERROR, "the machine uses the SEV object",
	    "write -machine …,confidential-guest-support=ID", QEMU_DOCUMENT }, judge_machine },
	{ { "qemu-kvm", SEVERITY_ERROR, "KVM runs the guest", "add -accel kvm", QEMU_DOCUMENT }, judge_kvm },
	{ { "qemu-cbitpos", SEVERITY_ERROR, "cbitpos is the processor's",
	    "write the C-bit of sevadm check host", "CPUID 0x8000001F EBX 5:0" }, judge_cbitpos },
	{ { "qemu-reduced-phys-bits", SEVERITY_ERROR, "reduced-phys-bits is from 1 to 63",
	    "write reduced-phys-bits=1", "QEMU, sev_common_kvm_init()" }, judge_reduced },
	{ { "qemu-policy-refused", SEVERITY_ERROR, "firmware and KVM take the policy",
	    "sevadm policy check explains it", "AMD SEV API (55766), Guest Policy Structure" },
	  judge_policy },
	{ { "qemu-policy-weak", SEVERITY_WARNING, "the policy keeps the hypervisor out",
	    "sevadm policy check explains it", "AMD SEV API (55766), Guest Policy Structure" },
	  judge_policy_weak },
	{ { "qemu-firmware", SEVERITY_ERROR, "the firmware is UEFI, as a ROM for SEV-SNP",
	    "add -drive if=pflash,… with OVMF; for SEV-SNP -bios with a build for it", QEMU_DOCUMENT },
	  judge_firmware },
	{ { "qemu-kernel-hashes", SEVERITY_WARNING, "a kernel that is booted directly is measured",
	    "write -object sev-guest,…,kernel-hashes=on, with -kernel", QEMU_DOCUMENT }, judge_hashes },
	{ { "qemu-session-pair", SEVERITY_ERROR, "dh-cert-file and session-file come together",
	    "give both, or neither", "AMD SEV API (55766), LAUNCH_START" }, judge_pair },
	{ { "qemu-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove it: it cannot reach encrypted memory", "AMD SEV Guide (SUSE), 6" }, judge_vfio },
	{ { "qemu-lock-limit", SEVERITY_ERROR, "RLIMIT_MEMLOCK is above what is pinned",
	    "raise it: ulimit -l, LimitMEMLOCK=, or CAP_IPC_LOCK", "KVM, sev_pin_memory()" },
	  judge_limit },
};

const struct rule *qemu_rule_at(unsigned int i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i].rule : NULL;
}

/* ---- the command line ------------------------------------------------------------------------- */

static int take_arguments(struct qemu *qemu, char **words, size_t nr)
{
	const char *name;
	size_t i;

	/* The first is the program. */
	for (i = 1; i < nr; i++) {
		if (words[i][0] != '-')
			continue;
		if (qemu->nr == MAX_OPTIONS)
			return fail(EXIT_USAGE, "over %d options", MAX_OPTIONS);
		name = words[i] + 1 + (words[i][1] == '-');
		qemu->options[qemu->nr++] = (struct option_text) {
			name, i + 1 < nr && words[i + 1][0] != '-' ? words[i + 1] : "" };
		if (strcmp(name, "object") || i + 1 == nr)
			continue;
		name = words[i + 1];
		if (*name == '{')
			name = property(name, "qom-type") ?: "";
		if (!strncmp(name, "sev-guest", 9) || !strncmp(name, "sev-snp-guest", 13)) {
			qemu->object = words[i + 1];
			qemu->type = name[4] == 's' ? SEVADM_VM_TYPE_SEV_SNP : SEVADM_VM_TYPE_SEV;
		}
	}
	return EXIT_OK;
}

static int judge(struct qemu *qemu, struct report *report, const char *name)
{
	uint64_t policy;
	size_t i;

	if (qemu->object && qemu->type == SEVADM_VM_TYPE_SEV &&
	    is_number(property(qemu->object, "policy"), &policy))
		qemu->type = policy_type(false, policy);
	qemu->target = report_target(report, name, TARGET_OBJECT);
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		rules[i].check(qemu, &rules[i].rule);
	return report_finish(report);
}

/* By its name; else by an option that no other program has beside it. */
static bool is_qemu(const struct qemu *qemu, const char *program)
{
	const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;

	return strstr(name, "qemu") || strstr(name, "kvm") || last_option(qemu, "machine") ||
	       last_option(qemu, "accel");
}

/* The words of /proc/PID/cmdline, which zeroes separate. */
static int take_process(struct qemu *qemu, char *bytes, size_t size)
{
	char *words[2 * MAX_OPTIONS];
	size_t nr = 0, at;

	for (at = 0; at < size && nr < ARRAY_SIZE(words); at += strlen(bytes + at) + 1)
		words[nr++] = bytes + at;
	return take_arguments(qemu, words, nr);
}

struct options {
	const char *host;
};

const struct option_row check_qemu_options[] = {
	{ "host", 0, "FILE", "the host it is for: what check host -j printed there",
	  OPTION_TEXT(struct options, host) },
	FINDINGS_ROWS,
	{}
};

static int check_process(struct qemu *qemu, struct report *report, const char *word)
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
	ret = ret ?: judge(qemu, report, path);
	free(bytes);
	return ret;
}

int check_qemu(int argc, char **argv)
{
	struct qemu *qemu = calloc(1, sizeof(*qemu));
	struct options options = {};
	struct host_facts facts = {};
	struct report report = {};
	int ret, own = 0, rest = 0;

	/* What follows -- is QEMU's, and none of our options. */
	while (own < argc && strcmp(argv[own], "--"))
		own++;
	rest = own < argc ? argc - own - 1 : 0;
	argc = own;
	ret = qemu ? options_parse(check_qemu_options, &options, &argc, argv) :
		     fail(EXIT_REFUSED, "out of memory");
	if (!ret && (argc > 1 || !argc == !rest))
		ret = fail(EXIT_USAGE, "check qemu needs a process, or -- and a command line");
	if (!ret && options.host)
		ret = load_host_facts(options.host, &facts);
	if (!ret) {
		qemu->host = options.host ? &facts : NULL;
		if (argc) {
			ret = check_process(qemu, &report, argv[0]);
		} else {
			ret = take_arguments(qemu, argv + own + 1, (size_t)rest);
			ret = ret ?: judge(qemu, &report, "command line");
		}
	}
	host_facts_free(&facts);
	free(qemu);
	return ret;
}

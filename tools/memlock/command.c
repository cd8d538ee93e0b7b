// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check memlock: whether a VM's limits let it start, and how it will die otherwise. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "memlock/command.h"
#include "memlock/forecast_json.h"
#include "memlock/gaps.h"
#include "memlock/input.h"
#include "memlock/model.h"
#include "memlock/process.h"
#include "report/findings.h"

#define MIB	((uint64_t)1 << 20)

struct options {
	struct memlock_source source;
};

static const struct rule rules[] = {
	[OUTCOME_REFUSED_BY_RLIMIT] = {
		"memlock-rlimit", SEVERITY_ERROR, "RLIMIT_MEMLOCK lets KVM pin the guest's memory",
		"give the domain a <hard_limit>: sevadm recommend memlock says which",
		"kvm_amd sev_pin_memory(): pages_locked against RLIMIT_MEMLOCK without CAP_IPC_LOCK" },
	[OUTCOME_KILLED_BY_CGROUP] = {
		"memlock-cgroup", SEVERITY_ERROR, "the memory cgroup holds the guest and QEMU",
		"raise the <hard_limit>, which libvirt writes to memory.max, too",
		"libvirt qemuSetupMemoryCgroup(); Documentation/admin-guide/cgroup-v2.rst, memory.max" },
	[OUTCOME_MLOCKALL_FAILS] = {
		"memlock-mlockall", SEVERITY_ERROR, "with <locked/> QEMU's whole address space fits",
		"raise the <hard_limit>, or remove <locked/>: SEV pins the guest's memory anyway",
		"QEMU os_mlock(); mlockall(2): total_vm against RLIMIT_MEMLOCK" },
};

static const struct rule rule_assumed = {
	"memlock-firmware-size", SEVERITY_INFO, "the firmware's files can be read",
	"check on the host that has them, for the exact figure",
	"libvirt domain XML: <loader>, <nvram>" };

static const struct rule rule_plain = {
	"memlock-not-encrypted", SEVERITY_INFO, "the domain is a SEV guest",
	"nothing, unless it is to be a SEV guest: then <launchSecurity type='sev'>",
	"libvirt domain XML: <launchSecurity>" };

static const struct rule rule_figures = {
	"memlock-figures", SEVERITY_INFO, "the host's QEMU was measured",
	"sevadm recommend memlock --calibrate, as root on the host, measures it",
	"Documentation/locked-memory.md of sevadm's sources" };

const struct rule *memlock_rule_at(unsigned int i)
{
	static const struct rule *const all[] = {
		&rules[OUTCOME_REFUSED_BY_RLIMIT], &rules[OUTCOME_KILLED_BY_CGROUP],
		&rules[OUTCOME_MLOCKALL_FAILS], &rule_assumed, &rule_plain, &rule_figures,
	};

	if (i < ARRAY_SIZE(all))
		return all[i];
	i -= ARRAY_SIZE(all);
	return memlock_gap_rule_at(i) ?: memlock_process_rule_at(i - MEMLOCK_GAP_RULES);
}

const char *const ceiling_names[] = {
	[CEILING_PINNED] = "pinned, against RLIMIT_MEMLOCK",
	[CEILING_CHARGED] = "charged, against memory.max",
	[CEILING_MAPPED] = "mapped, against RLIMIT_MEMLOCK",
};

const struct option_row check_memlock_options[] = {
	MEMLOCK_SOURCE_ROWS(struct options),
	FINDINGS_ROWS,
	{}
};

/* ---- one domain ------------------------------------------------------------------------------ */

static void print_bytes(FILE *out, uint64_t bytes)
{
	if (bytes == MEMLOCK_UNLIMITED)
		fprintf(out, "%12s", "unlimited");
	else
		fprintf(out, "%8.1f MiB", (double)bytes / MIB);
}

void print_figures(FILE *out, const struct memlock_host *host)
{
	static const char *const how[] = {
		[MATCH_CALIBRATED] = "measured on this host",
		[MATCH_VERSION] = "measured for sevadm",
		[MATCH_NEAREST] = "the nearest that was measured",
		[MATCH_ASSUMED] = "assumed, as the host's QEMU is not known",
	};

	fprintf(out, "figures: of QEMU %s, %s (%s)\n", host->figures->name, how[host->match],
		host->figures->source);
}

static char *forecast_text(const struct vm_shape *shape, const struct memlock_forecast *forecast,
			   const struct memlock_host *host)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	enum ceiling i;

	if (!out)
		return NULL;
	if (!shape->encrypted) {
		fprintf(out, "  not %s: nothing is pinned\n",
			shape->foreign ? "a SEV guest" : "encrypted");
		fclose(out);
		return text;
	}
	fprintf(out, "  outcome: %s%s\n", memlock_outcome_names[forecast->outcome],
		forecast->while_running ? ", while it runs" : "");
	for (i = 0; i < CEILING_NR; i++) {
		if (!forecast->need[i])
			continue;
		fprintf(out, "  %-32s", ceiling_names[i]);
		print_bytes(out, forecast->need[i]);
		fputs(" of ", out);
		print_bytes(out, forecast->limit[i]);
		fprintf(out, "  %s\n", forecast->setter[i]);
	}
	fprintf(out, "  smallest safe hard_limit: %" PRIu64 " MiB\n", memlock_recommend(shape) / MIB);
	fputs("  ", out);
	print_figures(out, host);
	fclose(out);
	return text;
}

static void judge_figures(struct target *target, const struct memlock_host *host)
{
	if (host->stale[0])
		finding_add(target, &rule_figures, 0,
			    "what was measured is of QEMU %s, and the host's is %s: it is not used",
			    host->stale, host->qemu_name);
	if (host->match == MATCH_NEAREST)
		finding_add(target, &rule_figures, 0,
			    "QEMU %s was not measured: figures of QEMU %s, the nearest, are used",
			    host->qemu_name, host->figures->name);
}

static void judge(struct target *target, const struct vm_shape *shape,
		  const struct memlock_host *host)
{
	struct memlock_forecast forecast;
	enum ceiling met;

	memlock_forecast(shape, host, &forecast);
	met = forecast.ceiling;
	if (!shape->encrypted)
		finding_add(target, &rule_plain, 0, shape->foreign ?
			    "its <launchSecurity> is not of SEV: kvm_amd pins nothing" :
			    "no <launchSecurity>: nothing is pinned");
	else
		judge_figures(target, host);
	if (shape->encrypted && !shape->firmware_known)
		finding_add(target, &rule_assumed, 0,
			    "the sizes of firmware and variables are those of OVMF's larger build");
	if (forecast.outcome != OUTCOME_STARTS && forecast.outcome != OUTCOME_NOT_ENCRYPTED) {
		finding_add(target, &rules[forecast.outcome], 0,
			    "%.1f MiB %s %s and the limit is %.1f MiB (%s)",
			    (double)forecast.need[met] / MIB,
			    forecast.while_running ? "will in time be" : "are", ceiling_keys[met],
			    (double)forecast.limit[met] / MIB, forecast.setter[met]);
		finding_fix(target, "<hard_limit unit='MiB'>%" PRIu64 "</hard_limit>",
			    memlock_recommend(shape) / MIB);
	}
	target_add_json(target, "memlock", memlock_json(shape, &forecast, host));
	target->text = forecast_text(shape, &forecast, host);
}

static void check_file(struct report *report, const char *path, const struct memlock_host *host,
		       bool here)
{
	struct target *target = report_target(report, path, TARGET_FILE);
	struct vm_shape shape;
	unsigned int line;
	char why[320];
	xmlDoc *doc;

	doc = memlock_read_domain(path, &shape, &line, why, sizeof(why));
	if (!doc) {
		target_unreadable(target, line, "%s", why);
		return;
	}
	memlock_shape_on(&shape, host);
	judge(target, &shape, host);
	if (shape.encrypted)
		memlock_gaps(target, memlock_domain(doc), host, here);
	xmlFreeDoc(doc);
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

int check_memlock(int argc, char **argv)
{
	struct options options = {};
	struct report report = {};
	struct memlock_host host;
	int i, ret;

	findings_reset();
	ret = options_parse(check_memlock_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (!argc)
		return fail(EXIT_USAGE,
			    "check memlock needs a libvirt domain's FILE, or the PID of a running QEMU");
	ret = memlock_get_host(&options.source, &host);
	for (i = 0; i < argc && !ret; i++) {
		if (is_number(argv[i]))
			ret = memlock_process(&report, strtoul(argv[i], NULL, 10));
		else
			check_file(&report, argv[i], &host, !options.source.host);
	}
	if (ret) {
		report_free(&report);
		return ret;
	}
	return report_finish(&report);
}

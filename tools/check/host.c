// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check host: gather the facts, judge them, and say what this host can run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/host_compare.h"
#include "check/host_rules.h"
#include "check/plan.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "report/files.h"

/* An empty folder is no host, and not this one either. */
static bool host_given;

/* Domains that the hosts are to run, instead of the rules of a host. */
static const char *plan;

static int set_plan(void *options, const char *text)
{
	(void)options;
	plan = text;
	return EXIT_OK;
}

static int set_host(void *options, const char *text)
{
	static const char *const endings[] = { ".json", NULL };

	host_given = true;
	return file_list_add(options, text, endings);
}

const struct option_row check_host_options[] = {
	{ "host", 0, "FILE", "judge the facts that check host -j printed elsewhere; many, or a folder", NULL,
	  set_host },
	{ "plan", 0, "DIR", "whether it can run the libvirt domains in DIR at once, and under which limits",
	  NULL, set_plan },
	FINDINGS_ROWS,
	{}
};

/* ---- the summary ----------------------------------------------------------------------------- */

static const char *on_off(const struct host_facts *facts, enum host_fact_id id)
{
	return host_is(facts, id) ? "on" : host_is_not(facts, id) ? "off" : "not known";
}

static void print_range(FILE *file, const struct host_facts *facts, enum host_fact_id id,
			uint64_t low, uint64_t high)
{
	fprintf(file, "%s", on_off(facts, id));
	if (host_is(facts, id) && facts->facts[HOST_MAX_ASID].known &&
	    facts->facts[HOST_MIN_SEV_ASID].known) {
		if (low > high)
			fputs(", but it has no ASID", file);
		else
			fprintf(file, ", %" PRIu64 " ASID%s: %" PRIu64 " to %" PRIu64, high - low + 1,
				plural(high - low + 1), low, high);
	}
	fputc('\n', file);
}

/* kvm_amd divides the ASIDs by its parameter, whether SNP runs or not: sev_hardware_setup(). */
static void print_guests(FILE *file, const struct host_facts *facts)
{
	uint64_t min, max, last, hiding, types;

	/* 0 where it is not known, as of each number. */
	host_number(facts, HOST_CIPHERTEXT_HIDING_ASIDS, &hiding);
	host_number(facts, HOST_MIN_SEV_ASID, &min);
	last = min ? min - 1 : 0;
	host_number(facts, HOST_MAX_ASID, &max);
	fputs("  sev        ", file);
	print_range(file, facts, HOST_SEV, min, max);
	fputs("  sev-es     ", file);
	if (host_is(facts, HOST_SEV_ES) && host_number(facts, HOST_KVM_VM_TYPES, &types) &&
	    host_es_refused(types))
		fputs("refused by the firmware while SNP is initialised\n", file);
	else
		print_range(file, facts, HOST_SEV_ES, hiding + 1, last);
	fputs("  sev-snp    ", file);
	if (hiding)
		print_range(file, facts, HOST_SEV_SNP, 1, hiding < min ? hiding : last);
	else
		fprintf(file, "%s%s\n", on_off(facts, HOST_SEV_SNP),
			host_is(facts, HOST_SEV_SNP) ? ", with the ASIDs of sev-es" : "");
}

static void print_firmware(FILE *file, const struct host_facts *facts)
{
	uint64_t major, minor, build, guests;

	if (!host_number(facts, HOST_FIRMWARE_API_MAJOR, &major) ||
	    !host_number(facts, HOST_FIRMWARE_API_MINOR, &minor) ||
	    !host_number(facts, HOST_FIRMWARE_BUILD, &build))
		return;
	fprintf(file, "  firmware   API %" PRIu64 ".%" PRIu64 " build %" PRIu64 ", %s", major,
		minor, build, host_text(facts, HOST_FIRMWARE_STATE) ?: "state not known");
	if (host_number(facts, HOST_FIRMWARE_GUESTS, &guests))
		fprintf(file, ", %" PRIu64 " guest%s", guests, plural(guests));
	fputc('\n', file);
}

static void print_snp(FILE *file, const struct host_facts *facts)
{
	uint64_t major, minor, build, guests, current, reported;

	if (!host_number(facts, HOST_SNP_API_MAJOR, &major) ||
	    !host_number(facts, HOST_SNP_API_MINOR, &minor) ||
	    !host_number(facts, HOST_SNP_BUILD, &build))
		return;
	host_number(facts, HOST_SNP_GUESTS, &guests);
	host_number(facts, HOST_SNP_TCB_CURRENT, &current);
	host_number(facts, HOST_SNP_TCB_REPORTED, &reported);
	fprintf(file, "  snp        API %" PRIu64 ".%" PRIu64 " build %" PRIu64 ", %s, %" PRIu64
		" guest%s; TCB 0x%016" PRIx64 ", reported 0x%016" PRIx64 "\n", major, minor, build,
		host_text(facts, HOST_SNP_STATE) ?: "state not known", guests, plural(guests),
		current, reported);
}

/* One line for each reason, with all that is not known for it. */
static void print_unknown(FILE *file, const struct host_facts *facts)
{
	bool reported[HOST_FACT_NR] = {}, first = true;
	int id, other;

	for (id = 0; id < HOST_FACT_NR; id++) {
		if (facts->facts[id].known || reported[id] || id == HOST_FIRMWARE_ERROR)
			continue;
		fputs(first ? "\n  not known:\n    " : "    ", file);
		first = false;
		for (other = id; other < HOST_FACT_NR; other++) {
			if (facts->facts[other].known || other == HOST_FIRMWARE_ERROR ||
			    strcmp(host_why(facts, other), host_why(facts, id)))
				continue;
			fprintf(file, "%s%s", other == id ? "" : ", ", host_key(other));
			reported[other] = true;
		}
		fprintf(file, ": %s\n", host_why(facts, id));
	}
}

static char *summary(const struct host_facts *facts)
{
	const char *text;
	char *memory = NULL;
	uint64_t bit, less;
	size_t size;
	FILE *file = open_memstream(&memory, &size);

	if (!file)
		return NULL;
	fprintf(file, "  kernel     %s\n", host_text(facts, HOST_KERNEL) ?: "not known");
	text = host_text(facts, HOST_CPU_NAME);
	fprintf(file, "  processor  %s", text ?: "not known");
	if (host_number(facts, HOST_C_BIT, &bit) &&
	    host_number(facts, HOST_REDUCED_PHYS_BITS, &less))
		fprintf(file, "; C-bit %" PRIu64 ", %" PRIu64 " address bit%s less", bit, less,
			plural(less));
	fputc('\n', file);
	print_guests(file, facts);
	print_firmware(file, facts);
	print_snp(file, facts);
	text = host_text(facts, HOST_QEMU_VERSION);
	if (text)
		fprintf(file, "  qemu       %s, runs as %s\n", text,
			host_text(facts, HOST_QEMU_USER) ?: "an unknown user");
	text = host_text(facts, HOST_LIBVIRT_VERSION);
	if (text)
		fprintf(file, "  libvirt    %s\n", text);
	print_unknown(file, facts);
	fclose(file);
	if (memory)
		for (text = memory; *text; text++)
			if (*text != '\n' && (unsigned char)*text < ' ')
				memory[text - memory] = '?';
	return memory;
}

static void judge_host(struct report *report, const struct host_facts *facts)
{
	struct target *target;

	target = report_target(report, host_text(facts, HOST_NAME) ?: "host", TARGET_OBJECT);
	host_judge(facts, target);
	target_add_json(target, "facts", host_facts_json(facts));
	target->text = summary(facts);
}

static int judge_one(struct report *report, const struct host_facts *facts, bool here)
{
	if (plan)
		return host_plan(report, facts, here, plan);
	judge_host(report, facts);
	return EXIT_OK;
}

static int judge_files(struct report *report, const struct file_list *files)
{
	struct host_facts *facts = calloc(files->nr + 1, sizeof(*facts));
	size_t nr;
	int ret = EXIT_OK;

	if (!facts)
		return fail(EXIT_REFUSED, "out of memory");
	for (nr = 0; nr < files->nr && !ret; nr++)
		ret = load_host_facts(files->names[nr].path, &facts[nr]);
	for (nr = 0; nr < files->nr && !ret; nr++)
		ret = judge_one(report, &facts[nr], false);
	if (!ret && files->nr > 1 && !plan)
		host_compare(report, facts, files->nr);
	for (nr = 0; nr < files->nr; nr++)
		host_facts_free(&facts[nr]);
	free(facts);
	return ret;
}

int check_host(int argc, char **argv)
{
	struct file_list files = {};
	struct host_facts facts = {};
	struct report report = { .what = "host" };
	bool here;
	int ret;

	host_given = false;
	plan = NULL;
	ret = options_parse(check_host_options, &files, &argc, argv);
	here = !ret && !files.nr && !host_given;
	if (!ret && argc)
		ret = fail(EXIT_USAGE, "check host takes options only: see sevadm check --help");
	if (!ret && here) {
		host_facts_gather(host_root(), &facts);
		ret = judge_one(&report, &facts, true);
	} else if (!ret) {
		ret = judge_files(&report, &files);
	}
	if (ret)
		report_free(&report);
	else
		ret = report_finish(&report);
	host_facts_free(&facts);
	file_list_free(&files);
	return ret;
}

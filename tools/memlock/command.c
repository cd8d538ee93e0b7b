// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check memlock: whether a VM's limits let it start, and how it will die otherwise; sevadm
 * recommend memlock: the limit that fits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "limit/value.h"
#include "memlock/command.h"
#include "memlock/forecast_json.h"
#include "memlock/model.h"
#include "memlock/process.h"
#include "report/files.h"
#include "report/findings.h"
#include "report/xml.h"

#define MIB	((uint64_t)1 << 20)

struct options {
	const char *host;
	uint64_t memory;
	unsigned int vcpus;
	bool locked;
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
	"memlock-not-encrypted", SEVERITY_INFO, "the domain is an encrypted VM",
	"add <launchSecurity>", "libvirt domain XML: <launchSecurity>" };

const struct rule *memlock_rule_at(unsigned int i)
{
	static const struct rule *const all[] = {
		&rules[OUTCOME_REFUSED_BY_RLIMIT], &rules[OUTCOME_KILLED_BY_CGROUP],
		&rules[OUTCOME_MLOCKALL_FAILS], &rule_assumed, &rule_plain,
	};

	return i < ARRAY_SIZE(all) ? all[i] : memlock_process_rule_at(i - ARRAY_SIZE(all));
}

static const char *const ceiling_names[] = {
	[CEILING_PINNED] = "pinned, against RLIMIT_MEMLOCK",
	[CEILING_CHARGED] = "charged, against memory.max",
	[CEILING_MAPPED] = "mapped, against RLIMIT_MEMLOCK",
};

/* ---- options -------------------------------------------------------------------------------- */

static int set_memory(void *to, const char *text)
{
	struct limit_value value;
	const char *wrong = limit_value_parse(text, true, &value);

	if (wrong)
		return fail(EXIT_USAGE, "--memory %s %s", text, wrong);
	if (value.is_percent || !value.number || value.number >= 1ULL << 52)
		return fail(EXIT_USAGE, "--memory %s is not the size of a VM: write 4G", text);
	*(uint64_t *)to = value.number;
	return EXIT_OK;
}

#define HOST_ROW { "host", 0, "FILE", "facts of the host it is for (sevadm -j check host)", \
		   OPTION_TEXT(struct options, host) }

const struct option_row check_memlock_options[] = {
	HOST_ROW,
	FINDINGS_ROWS,
	{}
};

static const struct option_row recommend_options[] = {
	HOST_ROW,
	{ "memory", 0, "SIZE", "memory of the VM, such as 4G",
	  OPTION_CALL(struct options, memory, set_memory) },
	{ "vcpus", 0, "N", "its vCPUs (1)", OPTION_NUMBER(struct options, vcpus, 0, 4096) },
	{ "locked", 0, NULL, "it has <locked/>", OPTION_FLAG(struct options, locked) },
	{}
};

/* ---- the host ------------------------------------------------------------------------------- */

static int get_host(const char *path, struct memlock_host *host)
{
	struct host_facts facts = {};
	int ret = EXIT_OK;

	if (path)
		ret = load_host_facts(path, &facts);
	else
		host_facts_gather_limits(host_root(), &facts);
	if (!ret)
		memlock_host_of(host, &facts);
	host_facts_free(&facts);
	return ret;
}

/* ---- one domain ------------------------------------------------------------------------------ */

static void print_bytes(FILE *out, uint64_t bytes)
{
	if (bytes == MEMLOCK_UNLIMITED)
		fprintf(out, "%12s", "unlimited");
	else
		fprintf(out, "%8.1f MiB", (double)bytes / MIB);
}

static char *forecast_text(const struct vm_shape *shape, const struct memlock_forecast *forecast)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	enum ceiling i;

	if (!out)
		return NULL;
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
	fclose(out);
	return text;
}

static void judge(struct target *target, const struct vm_shape *shape,
		  const struct memlock_host *host)
{
	struct memlock_forecast forecast;
	enum ceiling met;

	memlock_forecast(shape, host, &forecast);
	met = forecast.ceiling;
	if (!shape->encrypted)
		finding_add(target, &rule_plain, 0, "no <launchSecurity>: nothing is pinned");
	if (!shape->firmware_known)
		finding_add(target, &rule_assumed, 0,
			    "the sizes of firmware and variables are those of OVMF's larger build");
	if (forecast.outcome != OUTCOME_STARTS) {
		finding_add(target, &rules[forecast.outcome], 0,
			    "%.1f MiB %s %s and the limit is %.1f MiB (%s)",
			    (double)forecast.need[met] / MIB,
			    forecast.while_running ? "will in time be" : "are", ceiling_keys[met],
			    (double)forecast.limit[met] / MIB, forecast.setter[met]);
		finding_fix(target, "<hard_limit unit='MiB'>%" PRIu64 "</hard_limit>",
			    memlock_recommend(shape) / MIB);
	}
	target_add_json(target, "memlock", memlock_json(shape, &forecast));
	target->text = forecast_text(shape, &forecast);
}

/* The domain in a file; false: reported at @line. */
static bool read_shape(const char *path, struct vm_shape *shape, unsigned int *line,
		       char *why, size_t why_size)
{
	struct xml_error error;
	const char *reason;
	size_t size;
	char *bytes;
	xmlDoc *doc;
	bool good;

	*line = 0;
	bytes = file_read(path, &size, &reason);
	if (!bytes) {
		snprintf(why, why_size, "%s", reason);
		return false;
	}
	doc = xml_read(bytes, size, &error);
	free(bytes);
	if (!doc) {
		*line = error.line;
		snprintf(why, why_size, "%s", error.message);
		return false;
	}
	good = !strcmp((const char *)xmlDocGetRootElement(doc)->name, "domain") ||
	       !strcmp((const char *)xmlDocGetRootElement(doc)->name, "domstatus");
	if (!good) {
		snprintf(why, why_size, "it is not a libvirt domain");
	} else {
		good = vm_shape_domain(shape, xmlDocGetRootElement(doc), &reason);
		if (!good)
			snprintf(why, why_size, "%s", reason);
	}
	xmlFreeDoc(doc);
	return good;
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
	struct vm_shape shape;
	struct target *target;
	unsigned int line;
	char why[320];
	int i, ret;

	findings_reset();
	ret = options_parse(check_memlock_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (!argc)
		return fail(EXIT_USAGE,
			    "check memlock needs a libvirt domain's FILE, or the PID of a running QEMU");
	ret = get_host(options.host, &host);
	for (i = 0; i < argc && !ret; i++) {
		if (is_number(argv[i])) {
			ret = memlock_process(&report, strtoul(argv[i], NULL, 10));
			continue;
		}
		target = report_target(&report, argv[i], TARGET_FILE);
		if (read_shape(argv[i], &shape, &line, why, sizeof(why)))
			judge(target, &shape, &host);
		else
			target_unreadable(target, line, "%s", why);
	}
	if (ret) {
		report_free(&report);
		return ret;
	}
	return report_finish(&report);
}

/* ---- recommend ------------------------------------------------------------------------------ */

static struct json_object *recommend_json(const struct vm_shape *shape, uint64_t limit)
{
	struct json_object *object = json_object_new_object(), *terms, *one;
	const struct memlock_term *term;

	json_object_object_add(object, "hard_limit_bytes", json_u64(limit));
	json_object_object_add(object, "locked_bytes",
			       json_u64(memlock_need(shape, CEILING_PINNED)));
	terms = json_object_new_array();
	for (term = memlock_terms; term->name; term++) {
		if (!term->bytes(shape))
			continue;
		one = json_object_new_object();
		json_object_object_add(one, "name", json_object_new_string(term->name));
		json_object_object_add(one, "bytes", json_u64(term->bytes(shape)));
		json_object_object_add(one, "source", json_object_new_string(term->source));
		json_object_array_add(terms, one);
	}
	json_object_object_add(object, "terms", terms);
	return object;
}

static void print_terms(const struct vm_shape *shape)
{
	const struct memlock_term *term;
	uint64_t bytes;

	printf("%-16s %10s  %-24s %s\n", "TERM", "MIB", "COUNTS AGAINST", "SOURCE");
	for (term = memlock_terms; term->name; term++) {
		bytes = term->bytes(shape);
		if (!bytes)
			continue;
		printf("%-16s %10.1f  %s%s%-8s %s\n", term->name, (double)bytes / MIB,
		       term->ceilings & 1U << CEILING_PINNED ? "pinned  " : "        ",
		       term->ceilings & 1U << CEILING_CHARGED ? "charged  " : "         ",
		       term->ceilings & 1U << CEILING_MAPPED && shape->locked ? "mapped" : "",
		       term->source);
	}
}

static void print_recommendation(const struct vm_shape *shape, uint64_t limit,
				 const struct memlock_host *host)
{
	enum ceiling i;

	print_terms(shape);
	putchar('\n');
	for (i = 0; i < CEILING_NR; i++)
		if (memlock_need(shape, i))
			printf("%-32s %8.1f MiB\n", ceiling_names[i],
			       (double)memlock_need(shape, i) / MIB);
	printf("smallest safe hard_limit         %8" PRIu64 " MiB\n\n", limit / MIB);
	printf("libvirt domain:\n\n  <memtune>\n    <hard_limit unit='KiB'>%" PRIu64
	       "</hard_limit>\n  </memtune>\n\n", limit / 1024);
	printf("or for every VM, systemd (systemctl edit virtqemud or libvirtd):\n\n"
	       "  [Service]\n  LimitMEMLOCK=%" PRIu64 "\n\n", limit);
	printf("or for QEMU without libvirt, /etc/security/limits.conf (KiB):\n\n"
	       "  USER hard memlock %" PRIu64 "\n  USER soft memlock %" PRIu64 "\n\n",
	       limit / 1024, limit / 1024);
	if (host->memory)
		printf("%" PRIu64 " such VM(s) fit the host's %.1f GiB of memory.\n",
		       host->memory / limit, (double)host->memory / (1024 * MIB));
}

static int recommend_shape(const struct options *options, int argc, char **argv,
			   struct vm_shape *shape)
{
	unsigned int line;
	char why[320];

	if (options->memory) {
		if (argc)
			return fail(EXIT_USAGE,
				    "recommend memlock takes a FILE or --memory, not both");
		vm_shape_default(shape, options->memory);
		shape->vcpus = options->vcpus ? options->vcpus : 1;
		shape->locked = options->locked;
		return EXIT_OK;
	}
	if (argc != 1)
		return fail(EXIT_USAGE,
			    "recommend memlock needs a libvirt domain's FILE, or --memory SIZE");
	if (!read_shape(argv[0], shape, &line, why, sizeof(why)))
		return fail(EXIT_USAGE, line ? "%s:%u: %s" : "%s:%.0u %s", argv[0], line, why);
	if (options->vcpus)
		shape->vcpus = options->vcpus;
	shape->locked |= options->locked;
	return EXIT_OK;
}

static int recommend_memlock(int argc, char **argv)
{
	struct options options = {};
	struct json_object *object;
	struct memlock_host host;
	struct vm_shape shape;
	uint64_t limit;
	int ret;

	ret = options_parse(recommend_options, &options, &argc, argv) ?:
	      recommend_shape(&options, argc, argv, &shape) ?:
	      get_host(options.host, &host);
	if (ret)
		return ret;
	limit = memlock_recommend(&shape);
	if (!output_json) {
		print_recommendation(&shape, limit, &host);
		return EXIT_OK;
	}
	object = recommend_json(&shape, limit);
	output_print_json(object);
	json_object_put(object);
	return EXIT_OK;
}

const struct command recommend_commands[] = {
	{ "memlock", "FILE | --memory SIZE", "the smallest hard_limit that is safe, term by term",
	  recommend_options, recommend_memlock },
	{}
};

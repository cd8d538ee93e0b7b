// SPDX-License-Identifier: GPL-2.0-only
/* sevadm recommend memory: what memory a VM takes of its host, and how many fit. */
#include <inttypes.h>
#include <stdio.h>

#include <libxml/tree.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "memlock/command.h"
#include "memlock/forecast_json.h"
#include "memlock/input.h"
#include "memlock/memory.h"
#include "sev/names.h"

#define MIB	((uint64_t)1 << 20)
#define GIB	((uint64_t)1 << 30)

/* The RMP has 16 bytes for each page of 4 KiB of the host: APM volume 2, 15.36.3. */
#define RMP_PART	256

enum type_word { TYPE_SNP, TYPE_SEV, TYPE_SEV_ES, TYPE_PLAIN };

struct options {
	struct memlock_source source;
	uint64_t memory;
	unsigned int vcpus, count;
	enum type_word type;
	bool hugepages, vhost_user;
};

static const char *const type_words[] = { "sev-snp", "sev", "sev-es", "plain", NULL };

const struct option_row recommend_memory_options[] = {
	MEMLOCK_SOURCE_ROWS(struct options),
	{ "memory", 0, "SIZE", "memory of the VM, such as 4G",
	  OPTION_CALL(struct options, memory, memlock_set_bytes) },
	{ "vcpus", 0, "N", "its vCPUs (1)", OPTION_NUMBER(struct options, vcpus, 0, 4096) },
	{ "type", 0, "TYPE", "what it is, with --memory (sev-snp)",
	  OPTION_WORD(struct options, type, type_words) },
	{ "hugepages", 0, NULL, "its memory comes from hugetlbfs",
	  OPTION_FLAG(struct options, hugepages) },
	{ "vhost-user", 0, NULL, "another process maps its memory, as Open vSwitch does",
	  OPTION_FLAG(struct options, vhost_user) },
	{ "count", 0, "N", "how many such VMs the host is to have (1)",
	  OPTION_NUMBER(struct options, count, 1, 100000) },
	{}
};

/**
 * struct answer - for the host as a whole
 * @need: of all VMs; UINT64_MAX: more than can be counted
 * @rmp: 0: not known, or there is none
 * @asids: of the VM's type, if @asids_known
 */
struct answer {
	uint64_t need, rmp, asids;
	bool asids_known;
	uint64_t by_memory, fits;
};

static uint64_t asids_for(const struct vm_shape *shape, const struct memlock_host *host)
{
	switch (shape->type) {
	case SEVADM_VM_TYPE_SEV:
		return host->asids;
	case SEVADM_VM_TYPE_SEV_SNP:
		return host->snp_asids;
	default:
		return host->es_asids;
	}
}

static struct answer answer_for(const struct options *options, const struct vm_shape *shape,
				const struct memlock_host *host)
{
	const bool snp = shape->encrypted && shape->type == SEVADM_VM_TYPE_SEV_SNP;
	const uint64_t each = memory_max(shape) + memory_hugetlb(shape);
	struct answer answer = {};

	if (__builtin_mul_overflow(each, options->count, &answer.need))
		answer.need = UINT64_MAX;
	if (snp)
		answer.rmp = host->rmp ?: answer.need / RMP_PART + !!(answer.need % RMP_PART);
	answer.asids_known = shape->encrypted && host->asids_known;
	if (answer.asids_known)
		answer.asids = asids_for(shape, host);
	/* The firmware has the RMP's memory, so that MemTotal is without it. */
	answer.by_memory = each ? host->memory / each : 0;
	answer.fits = answer.by_memory;
	if (answer.asids_known && answer.asids < answer.fits)
		answer.fits = answer.asids;
	return answer;
}

static const char *kind_text(const struct vm_shape *shape, enum memory_kind kind)
{
	const bool snp = shape->encrypted && shape->type == SEVADM_VM_TYPE_SEV_SNP;

	if (kind == MEMORY_PRIVATE && !snp)
		return shape->encrypted ? "pinned" : "guest";
	return memory_kind_names[kind];
}

static void print_row(const char *name, const char *kind, const struct memory_need *need,
		      const char *source)
{
	printf("%-14s %-9s %10.1f %12.1f%s%s\n", name, kind, (double)need->worst / MIB,
	       (double)need->booted / MIB, *source ? "  " : "", source);
}

static void print_terms(const struct vm_shape *shape)
{
	const struct memory_term *term;
	struct memory_need need;
	enum memory_kind kind;

	printf("%-14s %-9s %10s %12s  %s\n", "TERM", "STORE", "WORST MIB", "AFTER BOOT", "SOURCE");
	for (term = memory_terms; term->name; term++) {
		need = term->need(shape);
		if (need.worst)
			print_row(term->name, kind_text(shape, term->kind), &need,
				  memory_source(term, shape));
	}
	putchar('\n');
	for (kind = 0; kind < MEMORY_NR; kind++) {
		need = memory_sum(shape, kind);
		if (need.worst)
			print_row("sum", kind_text(shape, kind), &need, "");
	}
	need = memory_total(shape);
	print_row("sum", "all", &need, "");
	putchar('\n');
}

static void print_host(const struct options *options, const struct vm_shape *shape,
		       const struct answer *answer, const struct memlock_host *host)
{
	printf("%u such VM%s ", options->count, options->count == 1 ? " needs" : "s need");
	if (answer->need == UINT64_MAX)
		printf("more memory than any host has");
	else
		printf("%.1f GiB of the host", (double)answer->need / GIB);
	if (answer->rmp && answer->need != UINT64_MAX)
		printf(", and the RMP has %.1f MiB", (double)answer->rmp / MIB);
	puts("");
	if (!host->memory)
		return;
	printf("%" PRIu64 " fit%s into the host's %.1f GiB of memory", answer->by_memory,
	       answer->by_memory == 1 ? "s" : "", (double)host->memory / GIB);
	if (answer->asids_known)
		printf(", %" PRIu64 " into its %" PRIu64 " ASID%s: %" PRIu64 " in all",
		       answer->asids, answer->asids, plural(answer->asids), answer->fits);
	else if (shape->encrypted)
		printf("; how many ASIDs it has is not known");
	puts("");
}

static void print_memory(const struct options *options, const struct vm_shape *shape,
			 const struct memlock_host *host)
{
	const bool snp = shape->encrypted && shape->type == SEVADM_VM_TYPE_SEV_SNP;
	const struct answer answer = answer_for(options, shape, host);
	const uint64_t max = memory_max(shape);

	print_terms(shape);
	if (snp) {
		printf("%s\n", memory_copies_texts[memory_copies_of(shape)]);
		puts("nothing of it is locked: RLIMIT_MEMLOCK and <locked/> do not matter, and swap does not help.\n"
		     "Private memory is in no VmRSS: it is \"buff/cache\" of free(1), file and unevictable of the\n"
		     "cgroup's memory.stat; shared memory is anon there, or shmem where QEMU has it in a memfd");
	}
	printf("memory.max that is safe          %8" PRIu64 " MiB\n", max / MIB);
	if (memory_hugetlb(shape))
		printf("huge pages besides               %8" PRIu64 " MiB\n",
		       memory_hugetlb(shape) / MIB);
	print_figures(stdout, host);
	printf("\nlibvirt domain:\n\n  <memtune>\n    <hard_limit unit='KiB'>%" PRIu64
	       "</hard_limit>\n  </memtune>\n\n", max / 1024);
	print_host(options, shape, &answer, host);
}

static void add_need(struct json_object *object, const char *key, const struct memory_need *need)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "worst_bytes", json_u64(need->worst));
	json_object_object_add(one, "booted_bytes", json_u64(need->booted));
	json_object_object_add(object, key, one);
}

static struct json_object *terms_json(const struct vm_shape *shape)
{
	struct json_object *terms = json_object_new_array(), *one;
	const struct memory_term *term;
	struct memory_need need;

	for (term = memory_terms; term->name; term++) {
		need = term->need(shape);
		if (!need.worst)
			continue;
		one = json_object_new_object();
		json_object_object_add(one, "name", json_object_new_string(term->name));
		json_object_object_add(one, "store",
				       json_object_new_string(kind_text(shape, term->kind)));
		json_object_object_add(one, "worst_bytes", json_u64(need.worst));
		json_object_object_add(one, "booted_bytes", json_u64(need.booted));
		json_object_object_add(one, "source", json_object_new_string(memory_source(term, shape)));
		json_object_array_add(terms, one);
	}
	return terms;
}

static struct json_object *memory_json(const struct options *options, const struct vm_shape *shape,
				       const struct memlock_host *host)
{
	const struct answer answer = answer_for(options, shape, host);
	struct json_object *object = json_object_new_object(), *fit = json_object_new_object();
	struct memory_need need;
	enum memory_kind kind;

	json_object_object_add(object, "type", json_known_string(shape->encrypted,
								 vm_type_name(shape->type)));
	json_object_object_add(object, "memory_max_bytes", json_u64(memory_max(shape)));
	json_object_object_add(object, "hugetlb_bytes", json_u64(memory_hugetlb(shape)));
	for (kind = 0; kind < MEMORY_NR; kind++) {
		need = memory_sum(shape, kind);
		add_need(object, memory_kind_names[kind], &need);
	}
	json_object_object_add(object, "terms", terms_json(shape));
	json_object_object_add(fit, "count", json_u64(options->count));
	json_object_object_add(fit, "need_bytes", json_u64(answer.need));
	json_object_object_add(fit, "rmp_bytes", json_u64(answer.rmp));
	json_object_object_add(fit, "memory_bytes", json_known_u64(host->memory, host->memory));
	json_object_object_add(fit, "asids", json_known_u64(answer.asids_known, answer.asids));
	json_object_object_add(fit, "fits", json_known_u64(host->memory, answer.fits));
	json_object_object_add(object, "host", fit);
	json_object_object_add(object, "figures", memlock_figures_of(host));
	return object;
}

static const enum sevadm_vm_type types[] = {
	[TYPE_SNP] = SEVADM_VM_TYPE_SEV_SNP,
	[TYPE_SEV] = SEVADM_VM_TYPE_SEV,
	[TYPE_SEV_ES] = SEVADM_VM_TYPE_SEV_ES,
};

static int take_shape(const struct options *options, int argc, char **argv, struct vm_shape *shape)
{
	unsigned int line;
	char why[320];
	xmlDoc *doc;

	if (options->memory && argc)
		return fail(EXIT_USAGE, "recommend memory takes a FILE or --memory, not both");
	if (options->memory) {
		vm_shape_default(shape, options->memory);
		shape->encrypted = options->type != TYPE_PLAIN;
		if (shape->encrypted)
			shape->type = types[options->type];
		if (shape->type == SEVADM_VM_TYPE_SEV_SNP)
			shape->variables = 0;
	} else if (argc > 1) {
		return fail(EXIT_USAGE, "recommend memory takes one FILE");
	} else if (!argc) {
		return fail(EXIT_USAGE,
			    "recommend memory needs a libvirt domain's FILE, or --memory SIZE");
	} else {
		doc = memlock_read_domain(argv[0], shape, &line, why, sizeof(why));
		if (!doc)
			return fail(EXIT_USAGE, line ? "%s:%u: %s" : "%s:%.0u %s", argv[0], line,
				    why);
		xmlFreeDoc(doc);
		shape->ram = shape->ram_max;
	}
	if (options->vcpus)
		shape->vcpus = options->vcpus;
	shape->hugepages |= options->hugepages;
	shape->vhost_user |= options->vhost_user;
	return EXIT_OK;
}

int recommend_memory(int argc, char **argv)
{
	struct options options = { .count = 1, .source.whole = true };
	struct json_object *object;
	struct memlock_host host;
	struct vm_shape shape;
	int ret;

	ret = options_parse(recommend_memory_options, &options, &argc, argv) ?:
	      take_shape(&options, argc, argv, &shape) ?:
	      memlock_get_host(&options.source, &host);
	if (ret)
		return ret;
	memlock_shape_on(&shape, &host);
	if (!output_json) {
		print_memory(&options, &shape, &host);
		return EXIT_OK;
	}
	object = memory_json(&options, &shape, &host);
	output_print_json(object);
	json_object_put(object);
	return EXIT_OK;
}

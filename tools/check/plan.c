// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check host --plan: whether a host can run domains at once, and under which limits. */
#include "check/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>

#include "check/guest_host.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "memlock/input.h"
#include "memlock/memory.h"
#include "memlock/model.h"
#include "report/files.h"
#include "report/xml.h"
#include "sev/names.h"

#define MIB	((uint64_t)1 << 20)

/* Less than this part of its memory is little for the host itself. */
#define NEAR_PART	16

enum plan_rule {
	RULE_MEMORY,
	RULE_ROOM,
	RULE_HUGEPAGES,
	RULE_ASIDS,
	RULE_TYPE,
	RULE_LIMIT,
	RULE_UNCAPPED,
};

static const struct rule rules[] = {
	[RULE_MEMORY] = {
		"plan-memory", SEVERITY_ERROR, "the host's memory holds all VMs",
		"move VMs to another host: memory of encrypted VMs cannot be swapped or moved",
		"Documentation/locked-memory.md of sevadm's sources" },
	[RULE_ROOM] = {
		"plan-room", SEVERITY_WARNING, "the host keeps a sixteenth of its memory",
		"leave the host memory of its own: what encrypted VMs hold cannot be reclaimed",
		"Documentation/locked-memory.md of sevadm's sources" },
	[RULE_HUGEPAGES] = {
		"plan-hugepages", SEVERITY_ERROR, "the host has the huge pages",
		"reserve them: vm.nr_hugepages, or hugepages= on the kernel's command line",
		"Documentation/admin-guide/mm/hugetlbpage.rst" },
	[RULE_ASIDS] = {
		"plan-asids", SEVERITY_ERROR, "each VM has an ASID of its pool",
		"change the BIOS's minimum SEV ASID, or move VMs to another host",
		"CPUID 0x8000001F ECX, EDX" },
	[RULE_TYPE] = {
		"plan-type", SEVERITY_ERROR, "the host runs VMs of each type",
		"sevadm check host says why it does not",
		"kvm_amd parameters sev, sev_es, sev_snp" },
	[RULE_LIMIT] = {
		"plan-limit", SEVERITY_ERROR, "each VM starts under its own limits",
		"sevadm check memlock FILE says more", "libvirt domain XML: <hard_limit>, <locked/>" },
	[RULE_UNCAPPED] = {
		"plan-uncapped", SEVERITY_WARNING, "each VM has a limit of its own",
		"give it a <hard_limit>, or cap machine.slice, as below",
		"libvirt qemuDomainGetMemLockLimitBytes()" },
};

const struct rule *plan_rule_at(unsigned int i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i] : NULL;
}

/** enum pool - of ASIDs; with ciphertext hiding, SNP has one of its own */
enum pool { POOL_SEV, POOL_ES, POOL_SNP, POOL_NR };

static const char *const pool_names[POOL_NR] = { "sev", "sev_es", "sev_snp" };

/** struct planned - one domain */
struct planned {
	const char *path;
	struct vm_shape shape;
	char name[128];
	struct memory_need store[MEMORY_NR];
	uint64_t max, hugetlb, pinned;
	enum pool pool;
	enum memlock_outcome outcome;
};

/** struct plan - all of them, against a host */
struct plan {
	const struct host_facts *facts;
	struct memlock_host host;
	struct planned *domains;
	size_t nr;
	uint64_t capacity[POOL_NR];
	bool pools_known, hiding;
	uint64_t used[POOL_NR];
	uint64_t max, hugetlb, pinned, private;
};

/* ---- reading --------------------------------------------------------------------------------- */

static enum pool pool_of(const struct plan *plan, const struct vm_shape *shape)
{
	if (shape->type == SEVADM_VM_TYPE_SEV)
		return POOL_SEV;
	return shape->type == SEVADM_VM_TYPE_SEV_SNP && plan->hiding ? POOL_SNP : POOL_ES;
}

static void take_domain(struct plan *plan, struct planned *domain, const xmlNode *root)
{
	struct memlock_forecast forecast;
	struct vm_shape grown;
	enum memory_kind kind;

	xml_text(xml_find(root, "name"), domain->name, sizeof(domain->name));
	output_make_printable(domain->name);
	memlock_shape_on(&domain->shape, &plan->host);
	memlock_forecast(&domain->shape, &plan->host, &forecast);
	domain->outcome = forecast.outcome;
	grown = domain->shape;
	grown.ram = grown.ram_max;
	for (kind = 0; kind < MEMORY_NR; kind++)
		domain->store[kind] = memory_sum(&grown, kind);
	domain->max = memory_max(&grown);
	domain->hugetlb = memory_hugetlb(&grown);
	domain->pinned = memlock_need(&grown, CEILING_PINNED);
	plan->max += domain->max;
	plan->hugetlb += domain->hugetlb;
	plan->pinned += domain->pinned;
	if (!domain->shape.encrypted)
		return;
	domain->pool = pool_of(plan, &domain->shape);
	plan->used[domain->pool]++;
	if (domain->shape.type == SEVADM_VM_TYPE_SEV_SNP)
		plan->private += domain->store[MEMORY_PRIVATE].worst;
}

/* Networks and pools live beside libvirt's domains. */
static void read_domains(struct plan *plan, const struct file_list *files, struct report *report)
{
	struct planned *domain;
	struct target *target;
	unsigned int line;
	char why[320];
	xmlDoc *doc;
	size_t i;

	for (i = 0; i < files->nr; i++) {
		domain = &plan->domains[plan->nr];
		domain->path = files->names[i].path;
		doc = memlock_read_domain(domain->path, &domain->shape, &line, why, sizeof(why));
		if (doc) {
			take_domain(plan, domain, memlock_domain(doc));
			plan->nr++;
			xmlFreeDoc(doc);
		} else if (strcmp(why, MEMLOCK_NO_DOMAIN) || !files->names[i].found) {
			target = report_target(report, domain->path, TARGET_FILE);
			target_unreadable(target, line, "%s", why);
		}
	}
}

static void take_pools(struct plan *plan)
{
	uint64_t min, max, hiding;

	plan->pools_known = host_number(plan->facts, HOST_MIN_SEV_ASID, &min) &&
			    host_number(plan->facts, HOST_MAX_ASID, &max) && min && min <= max + 1;
	host_number(plan->facts, HOST_CIPHERTEXT_HIDING_ASIDS, &hiding);
	plan->hiding = hiding;
	if (!plan->pools_known)
		return;
	hiding = hiding < min ? hiding : min - 1;
	plan->capacity[POOL_SEV] = max - min + 1;
	plan->capacity[POOL_ES] = min - 1 - hiding;
	plan->capacity[POOL_SNP] = hiding;
}

/* ---- judging --------------------------------------------------------------------------------- */

static void judge_memory(const struct plan *plan, struct target *target)
{
	const uint64_t need = plan->max + plan->hugetlb, memory = plan->host.memory;
	uint64_t small = 0, large = 0, huge;

	if (memory && need > memory)
		finding_add(target, &rules[RULE_MEMORY], 0,
			    "%" PRIu64 " MiB are needed, the host has %" PRIu64 " MiB", need / MIB,
			    memory / MIB);
	else if (memory && memory - need < memory / NEAR_PART)
		finding_add(target, &rules[RULE_ROOM], 0,
			    "%" PRIu64 " MiB of %" PRIu64 " MiB are left for the host",
			    (memory - need) / MIB, memory / MIB);
	if (!host_number(plan->facts, HOST_HUGEPAGES_2M_FREE, &small) ||
	    !host_number(plan->facts, HOST_HUGEPAGES_1G_FREE, &large))
		return;
	huge = small * 2 * MIB + large * 1024 * MIB;
	if (plan->hugetlb > huge)
		finding_add(target, &rules[RULE_HUGEPAGES], 0,
			    "%" PRIu64 " MiB of huge pages are needed, %" PRIu64 " MiB are free",
			    plan->hugetlb / MIB, huge / MIB);
}

static void judge_pools(const struct plan *plan, struct target *target)
{
	enum pool pool;

	for (pool = 0; pool < POOL_NR && plan->pools_known; pool++)
		if (plan->used[pool] > plan->capacity[pool])
			finding_add(target, &rules[RULE_ASIDS], 0,
				    "%" PRIu64 " VM%s an ASID of the pool %s, which has %" PRIu64,
				    plan->used[pool], plan->used[pool] == 1 ? " needs" : "s need",
				    pool_names[pool], plan->capacity[pool]);
}

static void judge_domains(const struct plan *plan, struct target *target)
{
	const struct planned *domain;
	const char *refused;

	for (domain = plan->domains; domain < plan->domains + plan->nr; domain++) {
		if (!domain->shape.encrypted)
			continue;
		refused = host_refuses_type(plan->facts, domain->shape.type);
		if (refused)
			finding_add(target, &rules[RULE_TYPE], 0, "%s: %s", domain->path, refused);
		if (domain->outcome != OUTCOME_STARTS)
			finding_add(target, &rules[RULE_LIMIT], 0, "%s: %s under its limits",
				    domain->path, memlock_outcome_names[domain->outcome]);
		else if (domain->shape.hard_limit == MEMLOCK_UNLIMITED)
			finding_add(target, &rules[RULE_UNCAPPED], 0,
				    "%s has no <hard_limit>: nothing stops it", domain->path);
	}
}

/* ---- output ---------------------------------------------------------------------------------- */

static uint64_t whole_mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

/* What is not in use gets no line: a limit of 0 would be one. */
static char *config_text(const struct plan *plan)
{
	const uint64_t es = plan->used[POOL_ES], snp = plan->used[POOL_SNP];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(plan->used[POOL_SEV] + es + snp ? "[cgroup /machine.slice]\n" :
	      "# no VM is a SEV guest: there is nothing to be limited\n", out);
	if (plan->pinned)
		fprintf(out, "pin.max = %" PRIu64 "M\n", whole_mib(plan->pinned));
	if (plan->private)
		fprintf(out, "private.max = %" PRIu64 "M\n", whole_mib(plan->private));
	if (plan->used[POOL_SEV])
		fprintf(out, "asid.sev.min = %" PRIu64 "\nasid.sev.max = %" PRIu64 "\n",
			plan->used[POOL_SEV], plan->used[POOL_SEV]);
	if (es)
		fprintf(out, "asid.sev_es.min = %" PRIu64 "\nasid.sev_es.max = %" PRIu64 "\n",
			es, es);
	if (snp)
		fprintf(out, "asid.sev_snp.min = %" PRIu64 "\nasid.sev_snp.max = %" PRIu64 "\n",
			snp, snp);
	fclose(out);
	return text;
}

static char *slice_text(const struct plan *plan)
{
	char *text;

	if (asprintf(&text, "[Slice]\nMemoryMax=%" PRIu64 "M\n", plan->max / MIB) < 0)
		return NULL;
	return text;
}

static void print_indented(FILE *out, const char *text)
{
	size_t length;

	for (; text && *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		fprintf(out, "    %.*s\n", (int)length, text);
	}
}

static const char *type_of(const struct planned *domain)
{
	if (domain->shape.encrypted)
		return vm_type_name(domain->shape.type);
	return domain->shape.foreign ? "not SEV" : "plain";
}

static void print_domains(FILE *out, const struct plan *plan)
{
	const struct planned *domain;

	fprintf(out, "  %-24s %-8s %12s %12s %12s %12s\n", "DOMAIN", "TYPE", "PRIVATE MIB", "SHARED MIB",
		"OVERHEAD MIB", "AT MOST MIB");
	for (domain = plan->domains; domain < plan->domains + plan->nr; domain++)
		fprintf(out, "  %-24s %-8s %12.1f %12.1f %12.1f %12" PRIu64 "\n", domain->name,
			type_of(domain), (double)domain->store[MEMORY_PRIVATE].worst / MIB,
			(double)domain->store[MEMORY_SHARED].worst / MIB,
			(double)domain->store[MEMORY_OVERHEAD].worst / MIB,
			(domain->max + domain->hugetlb) / MIB);
	fprintf(out, "  all %zu: %" PRIu64 " MiB", plan->nr, (plan->max + plan->hugetlb) / MIB);
	if (plan->host.memory)
		fprintf(out, " of %" PRIu64 " MiB", plan->host.memory / MIB);
	if (plan->host.rmp)
		fprintf(out, "; the RMP has %" PRIu64 " MiB more", plan->host.rmp / MIB);
	fputc('\n', out);
}

static char *plan_text(const struct plan *plan, const char *config, const char *slice)
{
	char *text = NULL;
	enum pool pool;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_domains(out, plan);
	for (pool = 0; pool < POOL_NR; pool++) {
		if (!plan->used[pool] && !plan->capacity[pool])
			continue;
		fprintf(out, "  ASIDs of %s: %" PRIu64 " of ", pool_names[pool], plan->used[pool]);
		if (plan->pools_known)
			fprintf(out, "%" PRIu64 "\n", plan->capacity[pool]);
		else
			fputs("an unknown number\n", out);
	}
	fputs("\n  /etc/sevadm.conf:\n\n", out);
	print_indented(out, config);
	fputs("\n  /etc/systemd/system/machine.slice.d/50-sevadm.conf:\n\n", out);
	print_indented(out, slice);
	fclose(out);
	return text;
}

static struct json_object *domains_json(const struct plan *plan)
{
	struct json_object *rows = json_object_new_array(), *row;
	const struct planned *domain;
	const char *outcome;

	for (domain = plan->domains; domain < plan->domains + plan->nr; domain++) {
		row = json_object_new_object();
		json_object_object_add(row, "name", json_text(domain->name));
		json_object_object_add(row, "path", json_text(domain->path));
		json_object_object_add(row, "type",
				       json_known_string(domain->shape.encrypted, type_of(domain)));
		json_object_object_add(row, "pool",
				       json_known_string(domain->shape.encrypted,
							 pool_names[domain->pool]));
		json_object_object_add(row, "private_bytes",
				       json_u64(domain->store[MEMORY_PRIVATE].worst));
		json_object_object_add(row, "shared_bytes",
				       json_u64(domain->store[MEMORY_SHARED].worst));
		json_object_object_add(row, "overhead_bytes",
				       json_u64(domain->store[MEMORY_OVERHEAD].worst));
		json_object_object_add(row, "pinned_bytes", json_u64(domain->pinned));
		json_object_object_add(row, "memory_max_bytes", json_u64(domain->max));
		json_object_object_add(row, "hugetlb_bytes", json_u64(domain->hugetlb));
		outcome = memlock_outcome_names[domain->outcome];
		json_object_object_add(row, "outcome", json_object_new_string(outcome));
		json_object_array_add(rows, row);
	}
	return rows;
}

static struct json_object *plan_json(const struct plan *plan, const char *config, const char *slice)
{
	struct json_object *object = json_object_new_object(), *pools, *pool_row;
	enum pool pool;

	json_object_object_add(object, "domains", domains_json(plan));
	json_object_object_add(object, "need_bytes", json_u64(plan->max + plan->hugetlb));
	json_object_object_add(object, "memory_bytes",
			       json_known_u64(plan->host.memory, plan->host.memory));
	json_object_object_add(object, "hugetlb_bytes", json_u64(plan->hugetlb));
	pools = json_object_new_object();
	for (pool = 0; pool < POOL_NR; pool++) {
		pool_row = json_object_new_object();
		json_object_object_add(pool_row, "need", json_u64(plan->used[pool]));
		json_object_object_add(pool_row, "capacity",
				       json_known_u64(plan->pools_known, plan->capacity[pool]));
		json_object_object_add(pools, pool_names[pool], pool_row);
	}
	json_object_object_add(object, "pools", pools);
	json_object_object_add(object, "config", json_text(config ?: ""));
	json_object_object_add(object, "machine_slice", json_text(slice ?: ""));
	return object;
}

static void finish(const struct plan *plan, struct target *target)
{
	char *config = config_text(plan), *slice = slice_text(plan);

	judge_memory(plan, target);
	judge_pools(plan, target);
	judge_domains(plan, target);
	target_add_json(target, "plan", plan_json(plan, config, slice));
	target->text = plan_text(plan, config, slice);
	free(config);
	free(slice);
}

int host_plan(struct report *report, const struct host_facts *facts, bool here, const char *path)
{
	static const char *const endings[] = { ".xml", NULL };
	struct plan plan = { .facts = facts };
	struct file_list files = {};
	char *name = NULL;
	int ret = EXIT_OK;

	memlock_host_of(&plan.host, facts);
	if (here)
		ret = memlock_calibrated(NULL, &plan.host);
	take_pools(&plan);
	ret = ret ?: file_list_add(&files, path, endings);
	if (!ret && !files.nr)
		ret = fail(EXIT_USAGE, "%s: there is no *.xml in it", path);
	if (!ret) {
		plan.domains = calloc(files.nr, sizeof(*plan.domains));
		if (!plan.domains || asprintf(&name, "%s on %s", path,
					      host_text(facts, HOST_NAME) ?: "host") < 0)
			ret = fail(EXIT_REFUSED, "out of memory");
	}
	if (!ret)
		read_domains(&plan, &files, report);
	if (!ret && plan.nr)
		finish(&plan, report_target(report, name, TARGET_OBJECT));
	else if (!ret && !report->nr)
		ret = fail(EXIT_USAGE, "%s: there is no libvirt domain in it", path);
	free(name);
	free(plan.domains);
	file_list_free(&files);
	return ret;
}

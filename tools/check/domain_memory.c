// SPDX-License-Identifier: GPL-2.0-only
/* Rules of a domain about memory: what locks it, what caps it, what may be added to it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/domain.h"
#include "memlock/model.h"
#include "report/xml_value.h"

#define MIB	((uint64_t)1 << 20)

static enum severity own(const struct domain_rule *row)
{
	return row->rule.severity;
}

DOMAIN_CHECK(memory_size)
{
	xmlNode *memory = xml_find(domain->root, "memory");
	uint64_t bytes;

	if (!memory)
		domain_finding(domain, row, own(row), domain->root, "there is no <memory>");
	else if (!xml_bytes(memory, &bytes) || !bytes)
		domain_finding(domain, row, own(row), memory, "the <memory> is not a size");
}

static bool is_locked(const struct domain *domain)
{
	return xml_find(domain->root, "memoryBacking/locked");
}

/* libvirt takes 9007199254740991 KiB and more for no limit. */
static bool hard_limit(const struct domain *domain, xmlNode **node, uint64_t *bytes)
{
	*node = xml_find(domain->root, "memtune/hard_limit");
	return xml_bytes(*node, bytes) && *bytes / 1024 < 9007199254740991ULL;
}

DOMAIN_CHECK(lock_missing)
{
	if (!is_locked(domain) && !xml_find(domain->root, "memtune/hard_limit"))
		domain_finding(domain, row, own(row), domain->root,
			       "neither <hard_limit> nor <locked/>: the VM inherits libvirt's 64 MiB");
}

static bool shape_of(const struct domain *domain, struct vm_shape *shape)
{
	enum memlock_match match;
	const char *why;

	if (!vm_shape_domain(shape, domain->root, &why))
		return false;
	shape->figures = memlock_figures_shipped(domain->qemu_version, &match);
	return true;
}

/* Which of the three ceilings the domain will meet: the model says (memlock/model.h). */
DOMAIN_CHECK(limit_low)
{
	static const char *const deaths[] = {
		[OUTCOME_REFUSED_BY_RLIMIT] = "KVM will refuse to pin its memory",
		[OUTCOME_KILLED_BY_CGROUP] = "its memory cgroup will have it killed",
		[OUTCOME_MLOCKALL_FAILS] = "mlockall(), which <locked/> asks for, will fail",
	};
	struct memlock_forecast forecast;
	struct memlock_host host;
	struct vm_shape shape;
	uint64_t limit;
	xmlNode *node;

	if (!hard_limit(domain, &node, &limit) || !shape_of(domain, &shape))
		return;
	memlock_host_of(&host, domain->host);
	memlock_forecast(&shape, &host, &forecast);
	if (forecast.outcome != OUTCOME_STARTS)
		domain_finding(domain, row, own(row), node,
			       "%s: %" PRIu64 " MiB are needed, the limit is %" PRIu64 " MiB",
			       deaths[forecast.outcome],
			       (forecast.need[forecast.ceiling] + MIB - 1) / MIB, limit / MIB);
	else if (limit < memlock_recommend(&shape))
		domain_finding(domain, row, SEVERITY_WARNING, node,
			       "the limit of %" PRIu64 " MiB leaves %" PRIu64 " MiB of room: %" PRIu64 " MiB are safe",
			       limit / MIB, (limit - forecast.need[forecast.ceiling]) / MIB,
			       memlock_recommend(&shape) / MIB);
}

DOMAIN_FIX(limit)
{
	xmlNode *memtune = xml_find(domain->root, "memtune");
	xmlNode *limit = xml_find(memtune, "hard_limit");
	struct vm_shape shape;
	uint64_t kib;
	char text[96];

	(void)node;
	if (!shape_of(domain, &shape))
		return;
	kib = memlock_recommend(&shape) / 1024;
	if (limit) {
		snprintf(text, sizeof(text), "%" PRIu64, kib);
		xml_edit_attribute(edit, limit, "unit", "KiB");
		xml_edit_content(edit, limit, text);
		return;
	}
	snprintf(text, sizeof(text),
		 memtune ? "<hard_limit unit='KiB'>%" PRIu64 "</hard_limit>" :
		 "<memtune>\n  <hard_limit unit='KiB'>%" PRIu64 "</hard_limit>\n</memtune>", kib);
	xml_edit_append(edit, memtune ?: domain->root, text);
}

DOMAIN_CHECK(locked_uncapped)
{
	if (is_locked(domain) && !xml_find(domain->root, "memtune/hard_limit"))
		domain_finding(domain, row, own(row),
			       xml_find(domain->root, "memoryBacking/locked"),
			       "<locked/> without <hard_limit>: the VM may lock all of the host's memory");
}

DOMAIN_CHECK(hugepages)
{
	xmlNode *node = xml_find(domain->root, "memoryBacking/hugepages");

	if (node)
		domain_finding(domain, row, own(row), node,
			       "huge pages count against RLIMIT_MEMLOCK like any when SEV pins them");
}

/* QEMU gives back what a guest makes private, but of huge pages. */
DOMAIN_CHECK(snp_hugepages)
{
	xmlNode *node = xml_find(domain->root, "memoryBacking/hugepages");

	if (node)
		domain_finding(domain, row, own(row), node,
			       "huge pages hold what the guest shares, and stay taken beside its private memory: it needs its RAM twice");
}

DOMAIN_CHECK(hotplug)
{
	xmlNode *node = xml_find(domain->root, "maxMemory");
	uint64_t bytes, limit;
	xmlNode *tune;

	if (!xml_bytes(node, &bytes))
		return;
	if (hard_limit(domain, &tune, &limit) && limit < bytes)
		domain_finding(domain, row, own(row), node,
			       "memory can grow to %" PRIu64 " MiB, above the limit of %" PRIu64 " MiB: plugging it in will fail",
			       bytes / MIB, limit / MIB);
}

DOMAIN_CHECK(nvdimm)
{
	static const char *const kinds[] = { "nvdimm", "virtio-pmem", "virtio-mem" };
	const char *model;
	xmlNode *node;
	size_t i;

	xml_for_each(node, xml_find(domain->root, "devices"), "memory") {
		model = xml_attribute(node, "model");
		for (i = 0; model && i < sizeof(kinds) / sizeof(*kinds); i++)
			if (!strcmp(model, kinds[i]))
				domain_finding(domain, row, own(row), node,
					       "memory of the kind %s is shared with the host or changes size",
					       model);
	}
}

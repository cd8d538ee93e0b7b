// SPDX-License-Identifier: GPL-2.0-only
/* Rules of a domain about memory: what locks it, what caps it, what may be added to it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/domain.h"

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
	else if (!domain_bytes(memory, &bytes) || !bytes)
		domain_finding(domain, row, own(row), memory, "the <memory> is no size");
}

static bool is_locked(const struct domain *domain)
{
	return xml_find(domain->root, "memoryBacking/locked");
}

/* libvirt takes 9007199254740991 KiB and more for no limit. */
static bool hard_limit(const struct domain *domain, xmlNode **node, uint64_t *bytes)
{
	*node = xml_find(domain->root, "memtune/hard_limit");
	return domain_bytes(*node, bytes) && *bytes / 1024 < 9007199254740991ULL;
}

DOMAIN_CHECK(lock_missing)
{
	if (!is_locked(domain) && !xml_find(domain->root, "memtune/hard_limit"))
		domain_finding(domain, row, own(row), domain->root,
			       "neither <hard_limit> nor <locked/>: the VM inherits libvirt's 64 MiB");
}

static uint64_t video_bytes(const struct domain *domain)
{
	uint64_t sum = 0;
	const char *ram, *vram;
	xmlNode *video, *model;

	xml_for_each(video, xml_find(domain->root, "devices"), "video") {
		model = xml_find(video, "model");
		if (!xml_is(model, "type", "qxl")) {
			/* QEMU's std VGA, unless told otherwise. */
			sum += xml_is(model, "type", "none") ? 0 : 16 * MIB;
			continue;
		}
		ram = xml_attribute(model, "ram") ?: "65536";
		vram = xml_attribute(model, "vram") ?: "65536";
		sum += (strtoull(ram, NULL, 0) + strtoull(vram, NULL, 0)) << 10;
	}
	return sum;
}

/* libvirt starts a domain with its <memory>; DIMMs named in the file are part of it. */
static bool ram_bytes(const struct domain *domain, uint64_t *bytes)
{
	return domain_bytes(xml_find(domain->root, "memory"), bytes) && *bytes < 1ULL << 52;
}

DOMAIN_CHECK(limit_low)
{
	uint64_t limit, ram, least;
	xmlNode *node;

	if (!hard_limit(domain, &node, &limit) || !ram_bytes(domain, &ram))
		return;
	/* Two pflash of 2 MiB, ROMs and ACPI tables: the least that any such VM pins besides. */
	least = ram + video_bytes(domain) + 4 * MIB;
	if (is_locked(domain) && limit < least + 256 * MIB)
		domain_finding(domain, row, own(row), node,
			       "the limit of %" PRIu64 " MiB is below what QEMU maps, which <locked/> locks as a whole",
			       limit / MIB);
	else if (limit < least)
		domain_finding(domain, row, own(row), node,
			       "the limit of %" PRIu64 " MiB is below the %" PRIu64 " MiB that are pinned at least",
			       limit / MIB, (least + MIB - 1) / MIB);
	else if (limit < ram + video_bytes(domain) + 128 * MIB)
		domain_finding(domain, row, SEVERITY_WARNING, node,
			       "the limit of %" PRIu64 " MiB leaves little for QEMU itself besides the %" PRIu64 " MiB pinned",
			       limit / MIB, (least + MIB - 1) / MIB);
}

/* libvirt's own rule for SEV, which is generous without <locked/>. */
DOMAIN_FIX(limit)
{
	xmlNode *memtune = xml_find(domain->root, "memtune");
	xmlNode *limit = xml_find(memtune, "hard_limit");
	uint64_t ram, kib;
	char text[96];

	(void)node;
	if (!ram_bytes(domain, &ram))
		return;
	kib = (ram + video_bytes(domain) + (is_locked(domain) ? 1024 : 256) * MIB) / 1024;
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

DOMAIN_CHECK(hotplug)
{
	xmlNode *node = xml_find(domain->root, "maxMemory");
	uint64_t bytes, limit = 0;
	xmlNode *tune;

	if (!domain_bytes(node, &bytes))
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

// SPDX-License-Identifier: GPL-2.0-only
/* Facts about this host: the kernel, its memory, the misc controller, and the order of the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cli/output.h"
#include "cli/version.h"
#include "host/gather.h"
#include "host/read.h"

/* ---- the kernel and its memory --------------------------------------------------------------- */

static void set_file_text(const char *root, const char *file, struct host_facts *facts,
			  enum host_fact_id id)
{
	char path[PATH_MAX], text[4096];
	int ret;

	rooted(path, root, "%s", file);
	ret = read_small(path, text, sizeof(text));
	if (ret)
		host_set_unknown(facts, id, "%s: %s", file, strerror(-ret));
	else
		host_set_text(facts, id, text);
}

static void set_file_number(const char *root, const char *file, struct host_facts *facts,
			    enum host_fact_id id)
{
	char path[PATH_MAX], text[64];
	int ret;

	rooted(path, root, "%s", file);
	ret = read_small(path, text, sizeof(text));
	if (ret)
		host_set_unknown(facts, id, "%s: %s", file, strerror(-ret));
	else
		host_set_number(facts, id, strtoull(text, NULL, 10));
}

static void gather_memory(const char *root, struct host_facts *facts)
{
	char path[PATH_MAX], text[8192], *line;
	int ret;

	rooted(path, root, "/proc/meminfo");
	ret = read_small(path, text, sizeof(text));
	line = ret ? NULL : strstr(text, "MemTotal:");
	if (line)
		host_set_number(facts, HOST_MEMORY_BYTES,
				strtoull(line + strlen("MemTotal:"), NULL, 10) * 1024);
	else
		host_set_unknown(facts, HOST_MEMORY_BYTES, "/proc/meminfo: %s",
				 ret ? strerror(-ret) : "no MemTotal");
	set_file_number(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", facts,
			HOST_HUGEPAGES_2M_FREE);
	set_file_number(root, "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", facts,
			HOST_HUGEPAGES_1G_FREE);
}

/* kernel/dma/swiotlb.c: slots of IO_TLB_SIZE, 1 << 11 bytes */
static void gather_swiotlb(const char *root, struct host_facts *facts)
{
	uint64_t slots;

	set_file_number(root, "/sys/kernel/debug/swiotlb/io_tlb_nslabs", facts,
			HOST_SWIOTLB_BYTES);
	if (host_number(facts, HOST_SWIOTLB_BYTES, &slots))
		host_set_number(facts, HOST_SWIOTLB_BYTES, slots << 11);
}

/* Only what concerns SEV: the rest may hold secrets, and facts are made to be passed on. */
static bool concerns_sev(const char *word)
{
	static const char *const wanted[] = {
		"iommu", "amd_iommu", "mem_encrypt", "swiotlb", "kvm_amd.", "kvm.", "ccp.", "crashkernel",
		"systemd.unified_cgroup_hierarchy", "hugepages", "default_hugepagesz",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strncmp(word, wanted[i], strlen(wanted[i])))
			return true;
	return false;
}

static void gather_command_line(const char *root, struct host_facts *facts)
{
	char *copy, *word, *rest, line[1024] = "";
	size_t length = 0;

	set_file_text(root, "/proc/cmdline", facts, HOST_COMMAND_LINE);
	if (!host_text(facts, HOST_COMMAND_LINE))
		return;
	copy = strdup(host_text(facts, HOST_COMMAND_LINE));
	for (word = copy ? strtok_r(copy, " ", &rest) : NULL; word; word = strtok_r(NULL, " ", &rest))
		if (concerns_sev(word) && length + strlen(word) + 2 <= sizeof(line))
			length += sprintf(line + length, "%s%s", length ? " " : "", word);
	free(copy);
	host_set_text(facts, HOST_COMMAND_LINE, line);
}

static void gather_kernel(const char *root, struct host_facts *facts)
{
	char now[32];
	struct utsname host;
	time_t seconds = time(NULL);

	uname(&host);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
	host_set_text(facts, HOST_NAME, host.nodename);
	host_set_text(facts, HOST_TIME, now);
	host_set_text(facts, HOST_SEVADM, sevadm_version);
	if (root[0])
		set_file_text(root, "/proc/sys/kernel/osrelease", facts, HOST_KERNEL);
	else
		host_set_text(facts, HOST_KERNEL, host.release);
	gather_command_line(root, facts);
	host_set_number(facts, HOST_UEFI, is_there(root, "/sys/firmware/efi"));
	/* Every IOMMU that is in use has its place there: drivers/iommu/iommu-sysfs.c */
	if (is_there(root, "/sys/class/iommu"))
		host_set_number(facts, HOST_IOMMU, is_there(root, "/sys/class/iommu/ivhd0"));
	else
		host_set_unknown(facts, HOST_IOMMU, "/sys/class/iommu: %m");
}

/* ---- the misc controller --------------------------------------------------------------------- */

/* Lines "NAME VALUE": kernel/cgroup/misc.c */
static void set_misc(const char *root, const char *file, const char *pool,
		     struct host_facts *facts, enum host_fact_id id)
{
	char path[PATH_MAX], text[1024], *line, *rest;
	size_t length = strlen(pool);
	int ret;

	rooted(path, root, "/sys/fs/cgroup/%s", file);
	ret = read_small(path, text, sizeof(text));
	if (ret) {
		host_set_unknown(facts, id, "/sys/fs/cgroup/%s: %s", file, strerror(-ret));
		return;
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, pool, length) && line[length] == ' ') {
			host_set_number(facts, id, strtoull(line + length, NULL, 10));
			return;
		}
	host_set_unknown(facts, id, "/sys/fs/cgroup/%s has no line \"%s\"", file, pool);
}

void gather_misc(const char *root, struct host_facts *facts)
{
	char path[PATH_MAX], text[1024], *word, *rest;
	bool found = false;
	int ret;

	rooted(path, root, "/sys/fs/cgroup/cgroup.controllers");
	ret = read_small(path, text, sizeof(text));
	if (ret) {
		host_set_unknown(facts, HOST_MISC_CONTROLLER,
				 "/sys/fs/cgroup is not a cgroup v2 hierarchy: %s", strerror(-ret));
	} else {
		for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			found = found || !strcmp(word, "misc");
		host_set_number(facts, HOST_MISC_CONTROLLER, found);
	}
	set_misc(root, "misc.capacity", "sev", facts, HOST_MISC_SEV_CAPACITY);
	set_misc(root, "misc.current", "sev", facts, HOST_MISC_SEV_CURRENT);
	set_misc(root, "misc.capacity", "sev_es", facts, HOST_MISC_SEV_ES_CAPACITY);
	set_misc(root, "misc.current", "sev_es", facts, HOST_MISC_SEV_ES_CURRENT);
}

void host_facts_gather_limits(const char *root, struct host_facts *facts)
{
	*facts = (struct host_facts) {};
	gather_kernel(root, facts);
	gather_memory(root, facts);
	gather_limits(root, facts);
}

void host_facts_gather(const char *root, struct host_facts *facts)
{
	*facts = (struct host_facts) {};
	gather_kernel(root, facts);
	gather_memory(root, facts);
	gather_swiotlb(root, facts);
	gather_cpu(root, facts);
	gather_modules(root, facts);
	gather_devices(root, facts);
	gather_snp(root, facts);
	gather_misc(root, facts);
	gather_limits(root, facts);
	gather_programs(root, facts);
}

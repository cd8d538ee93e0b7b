// SPDX-License-Identifier: GPL-2.0-only
/* Facts: what this host is like, as far as explanations need it; what cannot be read is unknown. */
#include <cpuid.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/explain.h"
#include "sev/names.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Deeper than any hierarchy of systemd, containers and libvirt; keeps loops and stacks short. */
#define CGROUP_DEPTH_MAX 16

#define CPUID_ENCRYPTED_MEMORY	0x8000001f
#define CPUID_HAS_SEV		(1U << 1)

static int read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t length;

	if (!file)
		return -1;
	length = fread(text, 1, size - 1, file);
	fclose(file);
	text[length] = '\0';
	return 0;
}

/* A file of lines "NAME VALUE", as those of the misc controller; "max" is no limit. */
static bool read_keyed(const char *path, const char *key, uint64_t *value)
{
	char text[1024], *line, *rest;
	size_t length = strlen(key);

	if (read_text(path, text, sizeof(text)))
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, key, length) || line[length] != ' ')
			continue;
		*value = strcmp(line + length + 1, "max") ? strtoull(line + length, NULL, 10) :
			 UINT64_MAX;
		return true;
	}
	return false;
}

static void note_full(const char *root, const char *path, struct facts *facts)
{
	char file[4200];
	uint64_t max, current;
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		struct pool_facts *pool = &facts->pools[i];

		snprintf(file, sizeof(file), "%s/misc.max", path);
		if (pool->full_cgroup[0] || !read_keyed(file, pool_name(i), &max))
			continue;
		snprintf(file, sizeof(file), "%s/misc.current", path);
		if (max == UINT64_MAX || !read_keyed(file, pool_name(i), &current) || current < max)
			continue;
		snprintf(pool->full_cgroup, sizeof(pool->full_cgroup), "%s",
			 path + strlen(root) + strlen("/sys/fs/cgroup"));
	}
}

static void walk_cgroups(const char *root, const char *path, unsigned int depth,
			 struct facts *facts)
{
	struct dirent *entry;
	char below[4096];
	DIR *directory;

	note_full(root, path, facts);
	directory = depth < CGROUP_DEPTH_MAX ? opendir(path) : NULL;
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			walk_cgroups(root, below, depth + 1, facts);
	}
	closedir(directory);
}

static void gather_misc(const char *root, struct facts *facts)
{
	char path[512];
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		struct pool_facts *pool = &facts->pools[i];

		snprintf(path, sizeof(path), "%s/sys/fs/cgroup/misc.capacity", root);
		pool->misc_known = read_keyed(path, pool_name(i), &pool->misc_capacity);
		snprintf(path, sizeof(path), "%s/sys/fs/cgroup/misc.current", root);
		/* The root of 6.1 has no misc.current, that of 6.12 has. */
		pool->misc_known = pool->misc_known &&
				   read_keyed(path, pool_name(i), &pool->misc_current);
	}
	snprintf(path, sizeof(path), "%s/sys/fs/cgroup", root);
	walk_cgroups(root, path, 0, facts);
}

static void gather_kvm(const char *root, struct facts *facts)
{
	static const char *const names[] = {
		[SEVADM_VM_TYPE_SEV] = "sev",
		[SEVADM_VM_TYPE_SEV_ES] = "sev_es",
		[SEVADM_VM_TYPE_SEV_SNP] = "sev_snp",
	};
	char path[512], text[16];
	unsigned int i;

	snprintf(path, sizeof(path), "%s/sys/module", root);
	if (access(path, F_OK))
		return;
	snprintf(path, sizeof(path), "%s/sys/module/kvm_amd", root);
	facts->kvm_amd = !access(path, F_OK);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/sys/module/kvm_amd/parameters/%s", root, names[i]);
		/* Y and N; 1 and 0 up to 5.12, when sev was an int. */
		if (!read_text(path, text, sizeof(text)))
			facts->parameters[i] = text[0] == 'Y' || text[0] == '1';
	}
}

static void gather_cpuid(struct facts *facts)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid_count(CPUID_ENCRYPTED_MEMORY, 0, &eax, &ebx, &ecx, &edx) ||
	    !(eax & CPUID_HAS_SEV))
		return;
	facts->cpuid_known = true;
	facts->max_asid = ecx;
	facts->min_asid = edx;
}

/* A dead security processor stays dead until the next boot, and so does the log. */
static void gather_log(const char *root, struct facts *facts)
{
	struct symptom symptom;
	char path[512], record[8192];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Each read() is one record; EAGAIN ends the log. A plain file (in tests) is one record. */
	while ((length = read(fd, record, sizeof(record) - 1)) > 0) {
		record[length] = '\0';
		if (strstr(record, "ccp") && symptom_parse(record, &symptom))
			facts->seen |= symptom.context & (CONTEXT_PSP_TIMEOUT |
							  CONTEXT_PSP_BUFFERS | CONTEXT_PSP_INIT |
							  CONTEXT_SNP_INIT);
	}
	close(fd);
}

void facts_forget_present(struct facts *facts)
{
	unsigned int i;

	memset(facts->pools, 0, sizeof(facts->pools));
	facts->kvm_amd = FACT_UNKNOWN;
	for (i = 0; i < ARRAY_SIZE(facts->parameters); i++)
		facts->parameters[i] = FACT_UNKNOWN;
}

void facts_none(struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts_forget_present(facts);
}

void facts_gather(const char *root, facts_ask_t ask, struct facts *facts)
{
	facts_none(facts);
	gather_kvm(root, facts);
	gather_misc(root, facts);
	gather_log(root, facts);
	/* The processor is that of this machine, whatever the root. */
	if (!root[0])
		gather_cpuid(facts);
	if (ask)
		ask(facts);
}

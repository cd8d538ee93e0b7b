// SPDX-License-Identifier: GPL-2.0-only
/* Facts: what this host is like, as far as explanations need it; what cannot be read is unknown. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/explain.h"
#include "explain/refusals.h"
#include "host/read.h"
#include "report/moment.h"
#include "sev/names.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Deeper than any hierarchy of systemd, containers and libvirt; keeps loops and stacks short. */
#define CGROUP_DEPTH_MAX 16

#define CPUID_ENCRYPTED_MEMORY	0x8000001f
#define CPUID_HAS_SEV		(1U << 1)

/* A file of lines "NAME VALUE", as those of the misc controller; "max" is no limit. */
static bool read_keyed(const char *path, const char *key, uint64_t *value)
{
	char text[1024], *line, *rest;
	size_t length = strlen(key);

	if (read_small(path, text, sizeof(text)))
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
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < SEVADM_POOL_NR; i++) {
		struct pool_facts *pool = &facts->pools[i];

		rooted(path, root, "/sys/fs/cgroup/misc.capacity");
		pool->misc_known = read_keyed(path, pool_name(i), &pool->misc_capacity);
		rooted(path, root, "/sys/fs/cgroup/misc.current");
		/* The root of 6.1 has no misc.current, that of 6.12 has. */
		pool->misc_known = pool->misc_known &&
				   read_keyed(path, pool_name(i), &pool->misc_current);
	}
	rooted(path, root, "/sys/fs/cgroup");
	walk_cgroups(root, path, 0, facts);
}

static void gather_kvm(const char *root, struct facts *facts)
{
	static const char *const names[] = {
		[SEVADM_VM_TYPE_SEV] = "sev",
		[SEVADM_VM_TYPE_SEV_ES] = "sev_es",
		[SEVADM_VM_TYPE_SEV_SNP] = "sev_snp",
	};
	char path[PATH_MAX], text[16];
	unsigned int i;

	if (!is_there(root, "/sys/module"))
		return;
	facts->kvm_amd = is_there(root, "/sys/module/kvm_amd");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		rooted(path, root, "/sys/module/kvm_amd/parameters/%s", names[i]);
		/* Y and N; 1 and 0 up to 5.12, when sev was an int. */
		if (!read_small(path, text, sizeof(text)))
			facts->parameters[i] = text[0] == 'Y' || text[0] == '1';
	}
}

static void gather_cpuid(const char *root, struct facts *facts)
{
	uint32_t registers[4];

	if (!read_cpuid(root, CPUID_ENCRYPTED_MEMORY, registers) ||
	    !(registers[EAX] & CPUID_HAS_SEV))
		return;
	facts->cpuid_known = true;
	facts->max_asid = registers[ECX];
	facts->min_asid = registers[EDX];
}

/* A dead security processor stays dead until the next boot, and so does the log. */
static void gather_log(const char *root, struct facts *facts)
{
	struct symptom symptom;
	char path[PATH_MAX], record[8192];
	ssize_t length;
	int fd;

	rooted(path, root, "/dev/kmsg");
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

void facts_of_line(struct facts *facts, const char *line, int64_t now_ns)
{
	if (line_is_old(line, now_ns))
		facts_forget_present(facts);
	if (line_is_before(line, now_ns, facts->booted_ns))
		facts->seen = 0;
}

void facts_none(struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts_forget_present(facts);
}

void facts_gather(const char *root, facts_ask_t ask, struct facts *facts)
{
	facts_none(facts);
	facts->booted_ns = moment_of_boot();
	gather_kvm(root, facts);
	gather_misc(root, facts);
	gather_log(root, facts);
	gather_cpuid(root, facts);
	if (ask)
		ask(facts);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about RLIMIT_MEMLOCK: what a QEMU inherits from libvirt's daemon, from a user's session,
 * and from here. Sources: systemd.unit(5), systemd.exec(5) LimitMEMLOCK=, systemd-system.conf(5).
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ini.h>

#include "cli/output.h"
#include "host/gather.h"
#include "host/read.h"

/* systemd since 240: src/core/main.c, DEFAULT_RLIMIT_MEMLOCK; the kernel's own since 5.16. */
#define SYSTEMD_DEFAULT (8ULL << 20)

/* Where systemd looks, the strongest first. */
static const char *const folders[] = {
	"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
	"/lib/systemd",
};

/* ---- LimitMEMLOCK= of units ------------------------------------------------------------------ */

struct setting {
	const char *section;
	const char *name;
	bool found;
	uint64_t bytes;
	char source[PATH_MAX];
	const char *file;
};

/* "infinity", bytes, or with a suffix of base 1024; of SOFT:HARD the soft one is in force. */
static bool parse_limit(const char *text, uint64_t *bytes)
{
	static const char suffixes[] = "KMGTPE";
	const char *suffix;
	char *end;

	if (!strncmp(text, "infinity", strlen("infinity"))) {
		*bytes = HOST_UNLIMITED;
		return true;
	}
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	if (end == text || errno || text[0] == '-')
		return false;
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		*bytes <<= 10 * (suffix - suffixes + 1);
		end++;
	}
	return !*end || *end == ':' || (*end == 'B' && !end[1]);
}

/* The last assignment wins. */
static int take_setting(void *context, const char *section, const char *name, const char *value)
{
	struct setting *setting = context;
	uint64_t bytes;

	if (strcmp(section, setting->section) || strcmp(name, setting->name))
		return 1;
	if (!value[0]) {
		setting->found = false;
	} else if (parse_limit(value, &bytes)) {
		setting->found = true;
		setting->bytes = bytes;
		snprintf(setting->source, sizeof(setting->source), "%s: %s=%s", setting->file, name,
			 value);
	}
	return 1;
}

static void read_settings(const char *root, const char *file, struct setting *setting)
{
	char path[PATH_MAX];

	rooted(path, root, "%s", file);
	setting->file = file;
	ini_parse(path, take_setting, setting);
}

struct drop_in {
	char name[NAME_MAX + 1];
	char path[PATH_MAX];
};

static int compare_drop_ins(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name, ((const struct drop_in *)b)->name);
}

/* More than any unit has. */
#define DROP_INS_MAX 64

/*
 * A file hides those of the same name in weaker folders, whichever of the .d folders they are in.
 */
static void add_drop_ins(const char *root, const char *folder, struct drop_in *list, size_t *nr)
{
	char path[PATH_MAX];
	struct dirent *entry;
	size_t length, i;
	DIR *directory;

	rooted(path, root, "%s", folder);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)) && *nr < DROP_INS_MAX) {
		length = strlen(entry->d_name);
		if (length < 6 || strcmp(entry->d_name + length - 5, ".conf"))
			continue;
		for (i = 0; i < *nr && strcmp(list[i].name, entry->d_name); i++)
			;
		if (i < *nr)
			continue;
		strcpy(list[*nr].name, entry->d_name);
		if (snprintf(list[*nr].path, PATH_MAX, "%s/%s", folder, entry->d_name) < PATH_MAX)
			(*nr)++;
	}
	if (directory)
		closedir(directory);
}

/* Reads @main in the strongest folder that has it, then the drop-ins of @names in order. */
static void read_unit(const char *root, const char *below, const char *main,
		      const char *const *names, struct setting *setting)
{
	struct drop_in *list = calloc(DROP_INS_MAX, sizeof(*list));
	char file[PATH_MAX], path[PATH_MAX];
	size_t nr = 0, i;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(file, sizeof(file), "%s%s/%s", folders[i], below, main);
		rooted(path, root, "%s", file);
		if (access(path, R_OK))
			continue;
		read_settings(root, file, setting);
		break;
	}
	for (; list && *names; names++)
		for (i = 0; i < ARRAY_SIZE(folders); i++) {
			snprintf(file, sizeof(file), "%s%s/%s.d", folders[i], below, *names);
			add_drop_ins(root, file, list, &nr);
		}
	if (nr)
		qsort(list, nr, sizeof(*list), compare_drop_ins);
	for (i = 0; i < nr; i++)
		read_settings(root, list[i].path, setting);
	free(list);
}

/* Find what the service manager gives @unit. */
static void unit_limit(const char *root, const char *unit, struct setting *setting)
{
	static const char *const system_names[] = { "system.conf", NULL };
	const char *const names[] = { unit, "service", NULL };
	struct setting manager = { .section = "Manager", .name = "DefaultLimitMEMLOCK" };

	*setting = (struct setting) { .section = "Service", .name = "LimitMEMLOCK" };
	read_unit(root, "/system", unit, names, setting);
	if (setting->found)
		return;
	read_unit(root, "", "system.conf", system_names, &manager);
	*setting = manager;
	if (manager.found)
		return;
	setting->bytes = SYSTEMD_DEFAULT;
	snprintf(setting->source, sizeof(setting->source), "%s: systemd's default", unit);
}

/* ---- limits of live processes ---------------------------------------------------------------- */

/* "Max locked memory         SOFT  HARD  bytes" */
static bool process_limit(const char *root, unsigned long pid, uint64_t *bytes)
{
	static const char label[] = "Max locked memory";
	char path[PATH_MAX], text[4096], *line;

	rooted(path, root, "/proc/%lu/limits", pid);
	if (read_small(path, text, sizeof(text)))
		return false;
	line = strstr(text, label);
	if (!line)
		return false;
	line += strlen(label);
	line += strspn(line, " ");
	*bytes = strncmp(line, "unlimited", 9) ? strtoull(line, NULL, 10) : HOST_UNLIMITED;
	return true;
}

static unsigned long find_process(const char *root, const char *comm)
{
	char path[PATH_MAX], name[32];
	unsigned long pid = 0;
	struct dirent *entry;
	DIR *directory;

	rooted(path, root, "/proc");
	directory = opendir(path);
	while (directory && !pid && (entry = readdir(directory))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		rooted(path, root, "/proc/%s/comm", entry->d_name);
		if (!read_small(path, name, sizeof(name)) && !strcmp(name, comm))
			pid = strtoul(entry->d_name, NULL, 10);
	}
	if (directory)
		closedir(directory);
	return pid;
}

/* ---- who QEMU inherits from ------------------------------------------------------------------ */

static bool has_unit(const char *root, const char *unit)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		rooted(path, root, "%s/system/%s", folders[i], unit);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

static void gather_libvirt(const char *root, struct host_facts *facts)
{
	static const char *const daemons[] = { "virtqemud", "libvirtd" };
	const char *daemon = NULL;
	struct setting setting;
	unsigned long pid = 0;
	char unit[32], source[64];
	uint64_t bytes;
	size_t i;

	/* Both may be installed: the one that runs is the one that starts QEMU. */
	for (i = 0; i < ARRAY_SIZE(daemons) && !pid; i++) {
		snprintf(unit, sizeof(unit), "%s.service", daemons[i]);
		pid = find_process(root, daemons[i]);
		if (pid || (!daemon && has_unit(root, unit)))
			daemon = daemons[i];
	}
	if (!daemon) {
		for (i = HOST_LIBVIRT_DAEMON; i <= HOST_MEMLOCK_LIBVIRT_UNIT_SOURCE; i++)
			host_set_unknown(facts, i, "neither libvirtd nor virtqemud is installed");
		return;
	}
	host_set_text(facts, HOST_LIBVIRT_DAEMON, daemon);
	snprintf(unit, sizeof(unit), "%s.service", daemon);
	unit_limit(root, unit, &setting);
	host_set_number(facts, HOST_MEMLOCK_LIBVIRT_UNIT_BYTES, setting.bytes);
	host_set_text(facts, HOST_MEMLOCK_LIBVIRT_UNIT_SOURCE, setting.source);
	if (pid)
		host_set_number(facts, HOST_LIBVIRT_PID, pid);
	else
		host_set_unknown(facts, HOST_LIBVIRT_PID, "%s does not run", daemon);
	if (pid && process_limit(root, pid, &bytes)) {
		snprintf(source, sizeof(source), "/proc/%lu/limits of %s", pid, daemon);
		host_set_number(facts, HOST_MEMLOCK_LIBVIRT_BYTES, bytes);
		host_set_text(facts, HOST_MEMLOCK_LIBVIRT_SOURCE, source);
	} else {
		host_set_number(facts, HOST_MEMLOCK_LIBVIRT_BYTES, setting.bytes);
		host_set_text(facts, HOST_MEMLOCK_LIBVIRT_SOURCE, setting.source);
	}
}

static void gather_session(const char *root, struct host_facts *facts)
{
	static const char why[] = "there is no user@.service: systemd does not run sessions here";
	struct setting setting;

	if (!has_unit(root, "user@.service")) {
		host_set_unknown(facts, HOST_MEMLOCK_SESSION_BYTES, why);
		host_set_unknown(facts, HOST_MEMLOCK_SESSION_SOURCE, why);
		return;
	}
	unit_limit(root, "user@.service", &setting);
	host_set_number(facts, HOST_MEMLOCK_SESSION_BYTES, setting.bytes);
	host_set_text(facts, HOST_MEMLOCK_SESSION_SOURCE, setting.source);
}

/*
 * Look where systemd-detect-virt(1) does: the manager's own word, then docker's and podman's files.
 */
static void gather_container(const char *root, struct host_facts *facts)
{
	static const struct {
		const char *path;
		const char *name;
	} marks[] = { { "/run/.containerenv", "podman" }, { "/.dockerenv", "docker" },
		      { "/var/run/secrets/kubernetes.io", "kubernetes" } };
	char path[PATH_MAX], text[64];
	size_t i;

	rooted(path, root, "/run/systemd/container");
	if (!read_small(path, text, sizeof(text)) && text[0]) {
		host_set_text(facts, HOST_CONTAINER, text);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		rooted(path, root, "%s", marks[i].path);
		if (!access(path, F_OK)) {
			host_set_text(facts, HOST_CONTAINER, marks[i].name);
			return;
		}
	}
	host_set_text(facts, HOST_CONTAINER, "none");
}

void gather_limits(const char *root, struct host_facts *facts)
{
	struct rlimit limit;

	gather_libvirt(root, facts);
	gather_session(root, facts);
	gather_container(root, facts);
	if (!getrlimit(RLIMIT_MEMLOCK, &limit))
		host_set_number(facts, HOST_MEMLOCK_HERE_BYTES,
				limit.rlim_cur == RLIM_INFINITY ? HOST_UNLIMITED : limit.rlim_cur);
}

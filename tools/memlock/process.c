// SPDX-License-Identifier: GPL-2.0-only
/* A running QEMU: what it has pinned, by the ledger, against the limits it really has. */
#include "memlock/process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "host/read.h"
#include "kernel/client.h"
#include "memlock/shape.h"

#define MIB	((double)(1 << 20))

/* Nearer to a limit than this part of it is a warning: the next plug or reboot may fail. */
#define NEAR_PART	16

static const struct rule rule_near = {
	"memlock-headroom", SEVERITY_WARNING, "a running VM has room below its limits",
	"raise the limit before memory is plugged in: prlimit --memlock, or memory.max of the cgroup",
	"prlimit(1); Documentation/admin-guide/cgroup-v2.rst, memory.max" };

static const struct rule rule_unknown = {
	"memlock-ledger", SEVERITY_INFO, "the ledger knows what the VM has pinned",
	"sevadm module load, as root: pins of SEV show in neither VmLck nor VmPin",
	"kvm_amd sev_pin_memory(): it counts in kvm_sev_info.pages_locked alone" };

const struct rule *memlock_process_rule_at(unsigned int i)
{
	static const struct rule *const all[] = { &rule_near, &rule_unknown };

	return i < ARRAY_SIZE(all) ? all[i] : NULL;
}

/**
 * struct process - what is known of one; bytes
 * @pinned: pinned by its VMs; @pinned_known: it is in the ledger
 * @rlimit: its RLIMIT_MEMLOCK
 * @private: private pages of its SNP VMs
 * @charged: memory.current of its cgroup; @max: the smallest memory.max of it and those above
 * @left: what may still be charged, by the one of them that has the least room; @left_cgroup: it
 * @mapped: its address space; @locks_all: mlockall() has locked it
 */
struct process {
	uint64_t pinned, private;
	bool pinned_known;
	uint64_t rlimit;
	uint64_t charged, max;
	bool charged_known;
	uint64_t left;
	char left_cgroup[600];
	uint64_t mapped;
	bool locks_all;
	char cgroup[512];
};

/* The first line of a file that begins with @key, behind it; "" is none. */
static bool read_line(const char *path, const char *key, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key))) {
			snprintf(text, size, "%s", line + strlen(key));
			text[strcspn(text, "\n")] = '\0';
			found = true;
		}
	if (file)
		fclose(file);
	return found;
}

static uint64_t number_or_unlimited(const char *text)
{
	char *end;
	uint64_t value;

	value = strtoull(text, &end, 10);
	return end == text ? MEMLOCK_UNLIMITED : value;
}

static bool read_number(const char *folder, const char *file, uint64_t *value)
{
	char path[PATH_MAX], text[64];

	rooted(path, folder, "/%s", file);
	if (!read_line(path, "", text, sizeof(text)))
		return false;
	*value = number_or_unlimited(text);
	return true;
}

/* Each memory.max on the way up to the root can kill it; those above its own count others, too. */
static void read_cgroup(unsigned long pid, struct process *process)
{
	char path[PATH_MAX];
	uint64_t max, current;
	size_t least;

	process->max = MEMLOCK_UNLIMITED;
	process->left = MEMLOCK_UNLIMITED;
	rooted(path, host_root(), "/proc/%lu/cgroup", pid);
	if (!read_line(path, "0::", process->cgroup, sizeof(process->cgroup)))
		return;
	rooted(path, host_root(), "/sys/fs/cgroup%s", process->cgroup);
	least = strlen(path) - strlen(process->cgroup);
	process->charged_known = read_number(path, "memory.current", &process->charged);
	for (; strlen(path) > least; *strrchr(path, '/') = '\0') {
		if (!read_number(path, "memory.max", &max) || max == MEMLOCK_UNLIMITED)
			continue;
		process->max = max < process->max ? max : process->max;
		if (!read_number(path, "memory.current", &current))
			continue;
		current = current < max ? max - current : 0;
		if (current >= process->left)
			continue;
		process->left = current;
		snprintf(process->left_cgroup, sizeof(process->left_cgroup), "%s",
			 path + least);
	}
}

static void read_ledger(unsigned long pid, struct process *process)
{
	struct json_object *vms, *vm;
	size_t i;

	/* Without it, and without leave to ask it, this is not known. */
	if (!client_module_loaded() || geteuid() ||
	    client_dump(SEVADM_CMD_VM_GET, &vm_attributes, &vms))
		return;
	for (i = 0; i < json_object_array_length(vms); i++) {
		vm = json_object_array_get_idx(vms, i);
		if (json_is_null(vm, "pid") || json_is_null(vm, "pinned_bytes") ||
		    json_get_u64(vm, "pid") != pid)
			continue;
		process->pinned_known = true;
		process->pinned += json_get_u64(vm, "pinned_bytes");
		process->private += json_get_u64(vm, "private_bytes");
	}
	json_object_put(vms);
}

static bool read_process(unsigned long pid, struct process *process)
{
	char path[PATH_MAX], text[128];

	*process = (struct process) {};
	rooted(path, host_root(), "/proc/%lu/limits", pid);
	if (!read_line(path, "Max locked memory", text, sizeof(text)))
		return false;
	process->rlimit = number_or_unlimited(text);
	rooted(path, host_root(), "/proc/%lu/status", pid);
	if (read_line(path, "VmSize:", text, sizeof(text)))
		process->mapped = strtoull(text, NULL, 10) << 10;
	/* Little is locked otherwise: buffers of io_uring, of a library. */
	if (read_line(path, "VmLck:", text, sizeof(text)))
		process->locks_all = strtoull(text, NULL, 10) << 10 > process->mapped / 2;
	read_cgroup(pid, process);
	read_ledger(pid, process);
	return true;
}

static uint64_t left_of(uint64_t used, uint64_t limit)
{
	return limit == MEMLOCK_UNLIMITED ? limit : limit > used ? limit - used : 0;
}

static void judge_near(struct target *target, const char *what, uint64_t used, uint64_t limit)
{
	uint64_t room = left_of(used, limit);

	if (limit != MEMLOCK_UNLIMITED && room < limit / NEAR_PART)
		finding_add(target, &rule_near, 0, "%s: %.1f MiB of %.1f MiB, %.1f MiB are left", what,
			    (double)used / MIB, (double)limit / MIB, (double)room / MIB);
}

/* Its own cgroup has room, but not one above, which it shares with others. */
static void judge_above(struct target *target, const struct process *process)
{
	if (process->left == MEMLOCK_UNLIMITED || !strcmp(process->left_cgroup, process->cgroup))
		return;
	if (process->left < process->max / NEAR_PART)
		finding_add(target, &rule_near, 0,
			    "charged, against memory.max of %s: %.1f MiB are left for all in it",
			    process->left_cgroup, (double)process->left / MIB);
}

static struct json_object *known(bool is, uint64_t value)
{
	return json_known_u64(is && value != MEMLOCK_UNLIMITED, value);
}

/* What may be added before each ceiling is met; null: not known, or there is none. */
static struct json_object *headroom_json(const struct process *process)
{
	const uint64_t pinned = left_of(process->pinned, process->rlimit);
	const uint64_t mapped = left_of(process->mapped, process->rlimit);
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "pinned_bytes", known(process->pinned_known, pinned));
	json_object_object_add(object, "charged_bytes",
			       known(process->charged_known, process->left));
	json_object_object_add(object, "charged_cgroup",
			       process->left != MEMLOCK_UNLIMITED ?
			       json_text(process->left_cgroup) : NULL);
	json_object_object_add(object, "mapped_bytes", known(process->locks_all, mapped));
	return object;
}

static struct json_object *process_json(const struct process *process)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "pinned_bytes",
			       known(process->pinned_known, process->pinned));
	json_add_limit(object, "rlimit_bytes", true, process->rlimit);
	json_object_object_add(object, "charged_bytes",
			       known(process->charged_known, process->charged));
	json_add_limit(object, "memory_max_bytes", process->cgroup[0], process->max);
	json_object_object_add(object, "mapped_bytes", known(process->mapped, process->mapped));
	json_object_object_add(object, "cgroup", json_text(process->cgroup));
	json_object_object_add(object, "private_bytes",
			       known(process->pinned_known, process->private));
	json_object_object_add(object, "headroom", headroom_json(process));
	return object;
}

/* @over: how more than the limit can be used. */
static void print_pair(FILE *out, const char *what, bool is_known, uint64_t used, uint64_t limit,
		       const char *over)
{
	fprintf(out, "  %-10s", what);
	if (is_known)
		fprintf(out, "%10.1f MiB of ", (double)used / MIB);
	else
		fputs("   unknown     of ", out);
	if (limit == MEMLOCK_UNLIMITED)
		fputs("unlimited\n", out);
	else
		fprintf(out, "%.1f MiB", (double)limit / MIB);
	if (limit == MEMLOCK_UNLIMITED)
		return;
	if (!is_known)
		fputc('\n', out);
	else if (limit < used)
		fprintf(out, "  (%s)\n", over);
	else
		fprintf(out, ", %.1f MiB left\n", (double)(limit - used) / MIB);
}

static char *process_text(const struct process *process)
{
	static const char privileged[] = "CAP_IPC_LOCK is not held to it";
	char left_cgroup[sizeof(process->left_cgroup)], cgroup[sizeof(process->cgroup)];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	/* A tenant may choose the name of its cgroup. */
	memcpy(cgroup, process->cgroup, sizeof(cgroup));
	memcpy(left_cgroup, process->left_cgroup, sizeof(left_cgroup));
	output_make_printable(cgroup);
	output_make_printable(left_cgroup);
	print_pair(out, "pinned", process->pinned_known, process->pinned, process->rlimit, privileged);
	print_pair(out, "charged", process->charged_known, process->charged, process->max,
		   "it was lowered since");
	if (process->locks_all)
		print_pair(out, "mapped", true, process->mapped, process->rlimit, privileged);
	if (process->private)
		fprintf(out, "  private   %10.1f MiB, which no RLIMIT_MEMLOCK counts\n",
			(double)process->private / MIB);
	fprintf(out, "  cgroup    %s\n", cgroup);
	if (process->left != MEMLOCK_UNLIMITED)
		fprintf(out, "  at most   %10.1f MiB may be added, by memory.max of %s\n",
			(double)process->left / MIB, left_cgroup);
	fclose(out);
	return text;
}

int memlock_process(struct report *report, unsigned long pid)
{
	struct process process;
	struct target *target;
	char name[32];

	snprintf(name, sizeof(name), "process %lu", pid);
	target = report_target(report, name, TARGET_OBJECT);
	if (!read_process(pid, &process)) {
		target_unreadable(target, 0, "there is no process %lu", pid);
		return EXIT_OK;
	}
	if (!process.pinned_known)
		finding_add(target, &rule_unknown, 0, "what it has pinned is not known");
	else
		judge_near(target, "pinned, against RLIMIT_MEMLOCK", process.pinned, process.rlimit);
	if (process.charged_known)
		judge_near(target, "charged, against memory.max", process.charged, process.max);
	judge_above(target, &process);
	if (process.locks_all)
		judge_near(target, "mapped, against RLIMIT_MEMLOCK", process.mapped,
			   process.rlimit);
	target_add_json(target, "memlock", process_json(&process));
	target->text = process_text(&process);
	return EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Metrics: one row of a table each; names and units as Prometheus' documentation wants them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "metrics/metrics.h"

/* What a metric has a sample for. */
enum source {
	OF_HOST,	/* the status */
	OF_POOL,	/* each pool of the status */
	OF_VM,		/* each VM, up to a number of them */
	OF_VMS,		/* the VMs that have no samples of their own */
	OF_LIMIT,	/* each limit */
	OF_MODULE,	/* the module */
	OF_SEAM,	/* each seam of the module */
	OF_FIRMWARE,	/* the firmware */
	OF_TCB,		/* the firmware, if it is one with SNP that runs */
};

/**
 * struct metric - one metric
 * @group: key of the object that has @key; NULL: there is none
 * @key: of the value, a metric without a value has no sample; NULL: the value is 1, for the labels
 */
struct metric {
	const char *name;
	const char *type;
	const char *help;
	enum source source;
	const char *group;
	const char *key;
};

static const struct metric metrics[] = {
	{ "sevadm_module_info", "gauge", "The module's version and state", OF_MODULE, NULL, NULL },
	{ "sevadm_seam_attached", "gauge", "1: the module sees what passes through the function",
	  OF_SEAM, NULL, "attached" },
	{ "sevadm_firmware_info", "gauge", "The firmware's version and state", OF_FIRMWARE, NULL, NULL },
	{ "sevadm_firmware_tcb_info", "gauge", "The TCB of an SNP host's firmware, and the one that guests' reports name",
	  OF_TCB, NULL, NULL },
	{ "sevadm_vms", "gauge", "VMs that hold SEV resources", OF_HOST, NULL, "vms" },
	{ "sevadm_unaccounted_vms", "gauge", "VMs started before the module was loaded, of which nothing is known",
	  OF_HOST, NULL, "unaccounted_vms" },
	{ "sevadm_pinned_bytes", "gauge", "Memory that all VMs have pinned", OF_HOST, "pinned",
	  "current_bytes" },
	{ "sevadm_pinned_peak_bytes", "gauge", "The most memory that was pinned", OF_HOST, "pinned",
	  "peak_bytes" },
	{ "sevadm_pinned_max_bytes", "gauge", "Limit of the host on pinned memory", OF_HOST, "pinned",
	  "max_bytes" },
	{ "sevadm_private_bytes", "gauge", "Memory that is private to SEV-SNP guests", OF_HOST, "private",
	  "current_bytes" },
	{ "sevadm_private_peak_bytes", "gauge", "The most memory that was private", OF_HOST, "private",
	  "peak_bytes" },
	{ "sevadm_private_max_bytes", "gauge", "Limit of the host on private memory", OF_HOST, "private",
	  "max_bytes" },
	{ "sevadm_private_conversions_total", "counter", "Pages that became private", OF_HOST,
	  "private", "conversions" },
	{ "sevadm_private_reclaims_total", "counter", "Private pages that were given back", OF_HOST,
	  "private", "reclaims" },
	{ "sevadm_rmp_firmware_bytes", "gauge", "Memory that is the firmware's by the RMP", OF_HOST,
	  "private", "firmware_bytes" },
	{ "sevadm_rmp_leaked_bytes", "gauge", "Memory that the kernel gave up, as the firmware kept it",
	  OF_HOST, "private", "leaked_bytes" },
	{ "sevadm_events_total", "counter", "Events of the trace", OF_HOST, NULL, "events" },
	{ "sevadm_asids", "gauge", "ASIDs of the pool", OF_POOL, NULL, "capacity" },
	{ "sevadm_asids_used", "gauge", "ASIDs that VMs hold", OF_POOL, NULL, "used" },
	{ "sevadm_asids_reclaim", "gauge", "ASIDs that wait for a DF_FLUSH", OF_POOL, NULL,
	  "reclaim" },
	{ "sevadm_asids_reserved", "gauge", "ASIDs guaranteed or leased, and not used", OF_POOL, NULL,
	  "reserved" },
	{ "sevadm_asids_free", "gauge", "ASIDs that are free", OF_POOL, NULL, "free" },
	{ "sevadm_asids_peak", "gauge", "The most ASIDs that were used at once", OF_POOL, NULL,
	  "peak" },
	{ "sevadm_asid_recycles_total", "counter", "DF_FLUSHes that made ASIDs free again", OF_POOL,
	  NULL, "recycles" },
	{ "sevadm_asid_drift", "gauge", "ASIDs that the misc cgroup counts and no VM holds", OF_POOL,
	  NULL, "drift" },
	{ "sevadm_vm_pinned_bytes", "gauge", "Memory that the VM has pinned", OF_VM, NULL,
	  "pinned_bytes" },
	{ "sevadm_vm_pinned_peak_bytes", "gauge", "The most memory that the VM had pinned", OF_VM,
	  NULL, "pinned_peak_bytes" },
	{ "sevadm_vm_private_bytes", "gauge", "Memory that is private to the SEV-SNP guest", OF_VM,
	  NULL, "private_bytes" },
	{ "sevadm_vm_private_peak_bytes", "gauge", "The most memory that was private to it", OF_VM,
	  NULL, "private_peak_bytes" },
	{ "sevadm_vm_gmem_bytes", "gauge", "Memory that is allocated in the VM's guest_memfd", OF_VM,
	  NULL, "gmem_bytes" },
	{ "sevadm_vm_memory_bytes", "gauge", "Memory of the VM that cannot be reclaimed", OF_VM, NULL,
	  "memory_bytes" },
	{ "sevadm_vms_left_out", "gauge", "VMs without samples of their own, since they are too many", OF_VMS,
	  NULL, "left_out" },
	{ "sevadm_limit_min", "gauge", "Guarantee, in ASIDs", OF_LIMIT, NULL, "min" },
	{ "sevadm_limit_high", "gauge", "Soft limit, in bytes or ASIDs", OF_LIMIT, NULL, "high" },
	{ "sevadm_limit_max", "gauge", "Hard limit, in bytes or ASIDs", OF_LIMIT, NULL, "max" },
	{ "sevadm_limit_usage", "gauge", "What is used, in bytes or ASIDs", OF_LIMIT, NULL,
	  "current" },
	{ "sevadm_limit_high_events_total", "counter", "How often usage passed the soft limit",
	  OF_LIMIT, "events", "high" },
	{ "sevadm_limit_max_events_total", "counter", "How often the hard limit refused", OF_LIMIT,
	  "events", "max" },
};

/* Labels of a source: keys of its rows under the same names. */
static const char *const labels[][7] = {
	[OF_HOST] = { NULL },
	[OF_POOL] = { "pool", NULL },
	[OF_VM] = { "id", "name", "type", "pool", "uid", "cgroup", NULL },
	[OF_VMS] = { NULL },
	[OF_LIMIT] = { "subject", "resource", NULL },
	[OF_MODULE] = { "version", "state", NULL },
	[OF_SEAM] = { "name", "module", NULL },
	[OF_FIRMWARE] = { "api_major", "api_minor", "build", "state", NULL },
	[OF_TCB] = { "tcb_current", "tcb_reported", NULL },
};

static void write_escaped(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', file);
		if (*text == '\n')
			fputs("\\n", file);
		else
			fputc(*text, file);
	}
}

static void write_sample(FILE *file, const struct metric *metric, struct json_object *row)
{
	struct json_object *group = metric->group ? json_object_object_get(row, metric->group) :
						    row;
	struct json_object *value = metric->key ? json_object_object_get(group, metric->key) : NULL;
	const char *const *label = labels[metric->source];
	char separator = '{';

	if (metric->key && !value)
		return;
	fputs(metric->name, file);
	for (; *label; label++) {
		if (json_is_null(row, *label))
			continue;
		fprintf(file, "%c%s=\"", separator, *label);
		write_escaped(file, json_get_text(row, *label));
		fputc('"', file);
		separator = ',';
	}
	fprintf(file, "%s %" PRId64 "\n", separator == ',' ? "}" : "",
		value ? json_object_get_int64(value) : 1);
}

/* The pools as rows like any other, which are the caller's. */
static struct json_object *pool_rows(struct json_object *status)
{
	struct json_object *rows = json_object_new_array(), *row;

	json_object_object_foreach(json_object_object_get(status, "pools"), name, pool) {
		row = NULL;
		json_object_deep_copy(pool, &row, NULL);
		json_object_object_add(row, "pool", json_object_new_string(name));
		json_object_array_add(rows, row);
	}
	return rows;
}

/* An array of one row, which is the caller's. */
static struct json_object *one_row(struct json_object *row)
{
	struct json_object *rows = json_object_new_array();

	json_object_array_add(rows, json_object_get(row));
	return rows;
}

/* None where SNP is not initialised. */
static struct json_object *tcb_rows(struct json_object *firmware)
{
	return json_is_null(firmware, "tcb_current") ? json_object_new_array() : one_row(firmware);
}

/* Compares two rows of VMs: the one that holds more memory comes first, of equal ones the older. */
static int compare_memory(const void *a, const void *b)
{
	static const char *const keys[] = { "memory_bytes", "pinned_bytes", "private_bytes" };
	struct json_object *const left = *(struct json_object *const *)a;
	struct json_object *const right = *(struct json_object *const *)b;
	uint64_t more, less;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		more = json_get_u64(left, keys[i]);
		less = json_get_u64(right, keys[i]);
		if (more != less)
			return more < less ? 1 : -1;
	}
	more = json_get_u64(left, "id");
	less = json_get_u64(right, "id");
	return (more > less) - (more < less);
}

/* The @max largest VMs in the order of @vms; the array is the caller's. */
static struct json_object *largest(struct json_object *vms, size_t max)
{
	struct json_object *some = json_object_new_array(), *all = json_object_new_array();
	size_t nr = json_object_array_length(vms), i;
	struct json_object *last, *row;

	for (i = 0; i < nr; i++)
		json_object_array_add(all, json_object_get(json_object_array_get_idx(vms, i)));
	json_object_array_sort(all, compare_memory);
	last = max < nr ? json_object_array_get_idx(all, max) : NULL;
	for (i = 0; i < nr; i++) {
		row = json_object_array_get_idx(vms, i);
		if (!last || compare_memory(&row, &last) < 0)
			json_object_array_add(some, json_object_get(row));
	}
	json_object_put(all);
	return some;
}

/* How many of the VMs have no row in @some, as rows like any other, which are the caller's. */
static struct json_object *left_out(struct json_object *vms, struct json_object *some)
{
	struct json_object *rows = json_object_new_array(), *row = json_object_new_object();

	json_object_object_add(row, "left_out", json_u64(json_object_array_length(vms) -
							 json_object_array_length(some)));
	json_object_array_add(rows, row);
	return rows;
}

void metrics_write(FILE *file, struct json_object *status, struct json_object *limits,
		   struct json_object *vms, size_t by_vm)
{
	struct json_object *some = largest(vms, by_vm), *others = left_out(vms, some);
	struct json_object *host = one_row(status), *pools = pool_rows(status);
	struct json_object *module = one_row(json_object_object_get(status, "module"));
	struct json_object *firmware = one_row(json_object_object_get(status, "firmware"));
	struct json_object *tcb = tcb_rows(json_object_object_get(status, "firmware"));
	struct json_object *const rows[] = {
		[OF_HOST] = host, [OF_POOL] = pools, [OF_VM] = some, [OF_VMS] = others,
		[OF_LIMIT] = limits, [OF_MODULE] = module, [OF_FIRMWARE] = firmware, [OF_TCB] = tcb,
		[OF_SEAM] = json_object_object_get(json_object_array_get_idx(module, 0), "seams"),
	};
	const struct metric *metric;
	size_t i;

	for (metric = metrics; metric < metrics + ARRAY_SIZE(metrics); metric++) {
		fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
			metric->name, metric->type);
		for (i = 0; i < json_object_array_length(rows[metric->source]); i++)
			write_sample(file, metric,
				     json_object_array_get_idx(rows[metric->source], i));
	}
	json_object_put(some);
	json_object_put(others);
	json_object_put(host);
	json_object_put(pools);
	json_object_put(module);
	json_object_put(firmware);
	json_object_put(tcb);
}

/* VMs of the pool in pods: kubelet's cgroups are below /kubepods or /kubepods.slice. */
static uint64_t in_pods(struct json_object *vms, const char *pool)
{
	struct json_object *vm;
	const char *cgroup;
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(vms); i++) {
		vm = json_object_array_get_idx(vms, i);
		cgroup = json_get_text(vm, "cgroup");
		nr += cgroup && !strncmp(cgroup, "/kubepods", strlen("/kubepods")) &&
		      json_is_null(vm, "mirror_of") && !strcmp(json_get_text(vm, "pool"), pool);
	}
	return nr;
}

/*
 * ASIDs that pods can have: Kubernetes itself subtracts what pods ask for, so those of VMs in pods
 * count. Others hold what the misc cgroup has lost, and VMs outside of pods.
 */
static uint64_t usable(struct json_object *pool, uint64_t pods)
{
	int64_t drift = json_object_get_int64(json_object_object_get(pool, "drift"));
	uint64_t capacity = json_get_u64(pool, "capacity"), used = json_get_u64(pool, "used");
	uint64_t gone = (used > pods ? used - pods : 0) + (drift > 0 ? drift : 0);

	return capacity > gone ? capacity - gone : 0;
}

/* Names without a namespace get feature.node.kubernetes.io/. What changes often is no label. */
void metrics_write_nfd(FILE *file, struct json_object *status, struct json_object *vms)
{
	struct json_object *firmware = json_object_object_get(status, "firmware");
	struct json_object *module = json_object_object_get(status, "module");

	fprintf(file, "sevadm.module=%s\n", json_get_text(module, "state"));
	json_object_object_foreach(json_object_object_get(status, "pools"), name, pool)
		fprintf(file, "sevadm.asids.%s=%" PRIu64 "\n# +no-label\nsevadm.asids.%s.usable=%" PRIu64 "\n",
			name, json_get_u64(pool, "capacity"), name, usable(pool, in_pods(vms, name)));
	if (!json_is_null(firmware, "api_major"))
		fprintf(file, "sevadm.firmware=%" PRIu64 ".%" PRIu64 ".%" PRIu64 "\n",
			json_get_u64(firmware, "api_major"), json_get_u64(firmware, "api_minor"),
			json_get_u64(firmware, "build"));
}

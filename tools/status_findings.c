// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a host, or soon will be: a row for each thing that can be. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "sev/names.h"
#include "status.h"
#include "status_findings.h"

/* One command in a hundred that queues for 2^32 ns, some 4 s, makes launches feel stuck. */
#define SLOW_BUCKET	32
#define SLOW_SHARE	100
/* Fewer say nothing about one in a hundred. */
#define SLOW_LEAST	20

struct findings {
	struct json_object *status, *rows;
	const struct stats *stats;
};

struct finding_row {
	const char *name, *severity, *fix;
	void (*look)(struct findings *findings, const struct finding_row *row);
};

__attribute__((format(printf, 3, 4)))
static void found(struct findings *findings, const struct finding_row *row, const char *format, ...)
{
	struct json_object *finding = json_object_new_object();
	char *message = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	json_object_object_add(finding, "finding", json_object_new_string(row->name));
	json_object_object_add(finding, "severity", json_object_new_string(row->severity));
	json_object_object_add(finding, "message", json_text(message ?: "out of memory"));
	json_object_object_add(finding, "fix", json_object_new_string(row->fix));
	json_object_array_add(findings->rows, finding);
	free(message);
}

static struct json_object *get(struct json_object *row, const char *key)
{
	return json_object_object_get(row, key);
}

/*
 * Since the ccp driver was loaded it asks the firmware nothing more (psp_dead in ccp's sev-dev.c).
 */
static void look_psp_dead(struct findings *findings, const struct finding_row *row)
{
	const struct stats *stats = findings->stats;
	const struct stats_row *command;
	size_t i;

	for (command = stats ? stats->rows : NULL; command && command < stats->rows + stats->nr;
	     command++)
		for (i = 0; i < command->nr_statuses; i++)
			if (command->type == SEVADM_EVENT_PSP && !command->statuses[i].firmware &&
			    command->statuses[i].number == ETIMEDOUT)
				found(findings, row, "the security processor did not answer %s (%" PRIu64 " times)",
				      psp_command_name(command->command),
				      command->statuses[i].count);
}

static void look_psp_slow(struct findings *findings, const struct finding_row *row)
{
	const struct stats *stats = findings->stats;
	const struct stats_row *command;
	uint64_t all = 0, slow = 0;
	unsigned int bucket;

	for (command = stats ? stats->rows : NULL; command && command < stats->rows + stats->nr;
	     command++) {
		if (command->type != SEVADM_EVENT_PSP)
			continue;
		all += command->waited.count;
		for (bucket = SLOW_BUCKET; bucket < STATS_BUCKETS; bucket++)
			slow += command->waited.buckets[bucket];
	}
	if (all >= SLOW_LEAST && slow > all / SLOW_SHARE)
		found(findings, row, "%" PRIu64 " of %" PRIu64 " commands queued for more than 4 s for the security processor",
		      slow, all);
}

static void look_degraded(struct findings *findings, const struct finding_row *row)
{
	struct json_object *module = get(findings->status, "module"), *seams, *seam;
	size_t i;

	if (strcmp(json_get_text(module, "state"), module_state_name(SEVADM_MODULE_STATE_DEGRADED)))
		return;
	seams = get(module, "seams");
	for (i = 0; i < json_object_array_length(seams); i++) {
		seam = json_object_array_get_idx(seams, i);
		if (json_object_get_boolean(get(seam, "required")) &&
		    !json_object_get_boolean(get(seam, "attached")))
			found(findings, row, "the module is not attached to %s: %s",
			      json_get_text(seam, "name"), output_text(seam, "reason", NULL));
	}
}

static void look_unaccounted(struct findings *findings, const struct finding_row *row)
{
	uint64_t nr = json_get_u64(findings->status, "unaccounted_vms");

	if (nr)
		found(findings, row, "%" PRIu64 " %s started before the module was loaded: what %s not known",
		      nr, nr == 1 ? "VM" : "VMs", nr == 1 ? "it holds is" : "they hold is");
}

/* Return how many VMs can still start: KVM recycles what waits as soon as no ASID is free. */
static uint64_t left_in(struct json_object *pool)
{
	return json_get_u64(pool, "free") + json_get_u64(pool, "reclaim");
}

/*
 * Says of SEV-ES and SEV-SNP guests that they cannot take each other's ASIDs, where those are
 * divided.
 */
static const char *room_beside(struct json_object *pools, const char *name, char *text, size_t size)
{
	bool snp = !strcmp(name, "sev_snp");
	const char *beside = snp ? "sev_es" : "sev_snp";
	uint64_t free = left_in(get(pools, beside));

	text[0] = '\0';
	if (free && strcmp(name, "sev"))
		snprintf(text, size, "; the %" PRIu64 " free ones of %s are for %s guests alone", free,
			 beside, snp ? "SEV-ES" : "SEV-SNP");
	return text;
}

static void look_pool_empty(struct findings *findings, const struct finding_row *row)
{
	struct json_object *pools = get(findings->status, "pools");
	char text[96];

	json_object_object_foreach(pools, name, pool)
		if (json_get_u64(pool, "capacity") && !left_in(pool))
			found(findings, row, "pool %s: none of %" PRIu64 " ASIDs is free or to be recycled, no VM of this type starts%s",
			      name, json_get_u64(pool, "capacity"),
			      room_beside(pools, name, text, sizeof(text)));
}

static void look_pool_refused(struct findings *findings, const struct finding_row *row)
{
	json_object_object_foreach(get(findings->status, "pools"), name, pool)
		if (!json_is_null(pool, "reason"))
			found(findings, row, "pool %s: %s", name, json_get_text(pool, "reason"));
}

static void look_pool_near(struct findings *findings, const struct finding_row *row)
{
	uint64_t capacity, free;

	json_object_object_foreach(get(findings->status, "pools"), name, pool) {
		capacity = json_get_u64(pool, "capacity");
		free = left_in(pool);
		if (free && free <= capacity / 10)
			found(findings, row, "pool %s: %" PRIu64 " of %" PRIu64 " ASIDs are free or to be recycled", name,
			      free, capacity);
	}
}

/* Nothing but a reboot sets the misc cgroup's counters back (kernel/cgroup/misc.c). */
static void look_drift(struct findings *findings, const struct finding_row *row)
{
	int64_t drift;

	json_object_object_foreach(get(findings->status, "pools"), name, pool) {
		drift = json_object_get_int64(get(pool, "drift"));
		if (drift > 0)
			found(findings, row,
			      "pool %s: the misc cgroup counts %" PRIu64 " ASIDs, but %" PRIu64
			      " are used; at %" PRIu64 " every launch fails with EBUSY",
			      name, json_get_u64(pool, "charged"), json_get_u64(pool, "used"),
			      json_get_u64(pool, "capacity"));
		else if (drift)
			found(findings, row,
			      "pool %s: the misc cgroup counts %" PRIu64 " ASIDs, but %" PRIu64
			      " are used: a VM is being created or destroyed, or the counter is wrong",
			      name, json_get_u64(pool, "charged"), json_get_u64(pool, "used"));
	}
}

static void look_leaked(struct findings *findings, const struct finding_row *row)
{
	struct json_object *private = get(findings->status, "private");

	if (private && json_get_u64(private, "leaked_bytes"))
		found(findings, row, "%s of memory are leaked: the firmware would not return them",
		      output_text(private, "leaked_bytes", format_bytes));
}

static void look_tcb(struct findings *findings, const struct finding_row *row)
{
	struct json_object *firmware = get(findings->status, "firmware");
	const char *current, *reported;

	if (!firmware || json_is_null(firmware, "tcb_current") || json_is_null(firmware, "tcb_reported"))
		return;
	current = json_get_text(firmware, "tcb_current");
	reported = json_get_text(firmware, "tcb_reported");
	if (strcmp(current, reported))
		found(findings, row, "guests' reports name the TCB %s, the firmware that runs is %s",
		      reported, current);
}

static void look_limit_near(struct findings *findings, const struct finding_row *row)
{
	struct json_object *near = get(findings->status, "limits_near"), *limit;
	output_formatter format;
	const char *knob;
	size_t i;

	for (i = 0; i < json_object_array_length(near); i++) {
		limit = json_object_array_get_idx(near, i);
		format = strncmp(json_get_text(limit, "resource"), "asid", 4) ? format_bytes : NULL;
		knob = status_is_near(limit, "max") ? "max" : "high";
		found(findings, row, "%s uses %s of %s.%s=%s", json_get_text(limit, "subject"),
		      output_text(limit, "current", format), json_get_text(limit, "resource"), knob,
		      output_text(limit, knob, format));
	}
}

static void look_waiting(struct findings *findings, const struct finding_row *row)
{
	if (!strcmp(json_get_text(get(findings->status, "module"), "state"),
		    module_state_name(SEVADM_MODULE_STATE_WAITING)))
		found(findings, row, "kvm_amd or ccp is not loaded: there is nothing to account yet");
}

/* The worst first. */
static const struct finding_row finding_rows[] = {
	{ "psp-dead", "error", "drain the host and restart it: the ccp driver asks the firmware nothing more",
	  look_psp_dead },
	{ "module-degraded", "error", "sevadm module status has the reasons", look_degraded },
	{ "pool-empty", "error", "sevadm asid list shows who holds them; the BIOS splits ASIDs between SEV and SEV-ES/SNP",
	  look_pool_empty },
	{ "asid-drift", "warning", "intra-host migration leaks such charges: only a restart of the host resets them",
	  look_drift },
	{ "limit-near", "warning", "raise it with sevadm limit set, or move VMs away", look_limit_near },
	{ "pool-near", "warning", "sevadm asid list shows who holds them", look_pool_near },
	{ "unaccounted-vms", "warning", "sevadm module adopt", look_unaccounted },
	{ "psp-slow", "warning", "sevadm trace stats shows what takes the time; start fewer VMs at once",
	  look_psp_slow },
	{ "pages-leaked", "warning", "only a restart of the host gets them back; the kernel's log names them: update SEV firmware and kernel if there are more",
	  look_leaked },
	{ "tcb-drift", "warning", "set it with snphost config set, or commit the firmware: sevadm check host",
	  look_tcb },
	{ "pool-refused", "info", "run SEV-ES guests on hosts whose BIOS has SNP off: sevadm check host",
	  look_pool_refused },
	{ "module-waiting", "info", "modprobe kvm_amd; sevadm check host says what keeps it from loading",
	  look_waiting },
};

struct json_object *status_findings(struct json_object *status, const struct stats *stats)
{
	struct findings findings = {
		.status = status, .rows = json_object_new_array(), .stats = stats,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(finding_rows); i++)
		finding_rows[i].look(&findings, &finding_rows[i]);
	return findings.rows;
}

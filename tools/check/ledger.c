// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check ledger: read kvm_amd's memory, the RMP and the module's ledger at one moment, and
 * compare.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "asid.h"
#include "check/check.h"
#include "check/ledger.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "kernel/client.h"
#include "status.h"
#include "trace/stats.h"
#include "vm.h"

/* What differs at one moment may have been in the middle of a change: it must differ often. */
#define TRIES		100
#define DIFFERENCES	5
#define TRY_PAUSE_NS	20000000L
/* A reading of the RMP takes seconds on a host with much memory. */
#define RMP_TRIES	20
/* An ASID that no VM holds in so many readings is not one of a VM that ends: it is lost. */
#define LOST		(TRIES / 2)

const struct option_row check_ledger_options[] = {
	FINDINGS_ROWS,
	{}
};

static void drop_ledger(struct ledger *ledger)
{
	json_object_put(ledger->vms);
	json_object_put(ledger->asids);
	json_object_put(ledger->status);
	*ledger = (struct ledger) {};
}

/* What the firmware is handed with a command is its own until that ends. */
static int count_commands(uint64_t *commands)
{
	struct stats stats = {};
	int ret = stats_take_live(&stats);
	size_t i;

	*commands = 0;
	for (i = 0; i < stats.nr; i++)
		if (stats.rows[i].type == SEVADM_EVENT_PSP)
			*commands += stats.rows[i].count;
	free(stats.rows);
	return ret;
}

static int ask(struct ledger *ledger)
{
	int ret;

	drop_ledger(ledger);
	ret = vms_get(&ledger->vms);
	if (!ret)
		ret = asids_get(&ledger->asids);
	if (!ret)
		ret = status_get(&ledger->status);
	if (!ret)
		ret = count_commands(&ledger->commands);
	return ret;
}

/**
 * struct moment - what both sides said
 * @truth: kvm_amd, before the module was asked
 * @after: kvm_amd, after that: the moment was quiet if it is the same
 * @unheld: for each ASID, in how many readings in a row it was in use without a VM
 */
struct moment {
	struct kernel_memory memory;
	struct kvm_amd_state truth, after;
	struct ledger ledger;
	unsigned char unheld[KVM_AMD_ASIDS];
};

/* An exit code; the target is unreadable if kvm_amd's memory is. */
static int read_moment(struct moment *moment, struct target *target)
{
	int ret;

	if (!kvm_amd_read(&moment->memory, &moment->truth)) {
		target_unreadable(target, 0, "%s", moment->memory.why);
		return EXIT_OK;
	}
	ret = ask(&moment->ledger);
	if (!ret && !kvm_amd_read(&moment->memory, &moment->after))
		target_unreadable(target, 0, "%s", moment->memory.why);
	return ret;
}

static struct json_object *make_totals(const struct moment *moment)
{
	struct json_object *totals = json_object_new_object();
	uint64_t bytes = 0, used = 0, reclaim = 0;
	uint32_t asid;
	size_t i;

	for (i = 0; i < moment->truth.nr_vms; i++)
		bytes += moment->truth.vms[i].pages * KVM_AMD_PAGE;
	for (asid = 1; asid <= moment->truth.max; asid++) {
		reclaim += kvm_amd_has(moment->truth.reclaim, asid);
		used += kvm_amd_has(moment->truth.used, asid) &&
			!kvm_amd_has(moment->truth.reclaim, asid);
	}
	json_object_object_add(totals, "vms", json_u64(moment->truth.nr_vms));
	json_object_object_add(totals, "pinned_bytes", json_u64(bytes));
	json_object_object_add(totals, "used", json_u64(used));
	json_object_object_add(totals, "reclaim", json_u64(reclaim));
	return totals;
}

static void summarise(const struct moment *moment, struct target *target)
{
	struct json_object *totals = make_totals(moment);

	if (asprintf(&target->text, "  kvm_amd has %s VM%s, %s pinned, %s ASID%s used and %s to be recycled%s\n",
		     output_text(totals, "vms", NULL), plural(json_get_u64(totals, "vms")),
		     output_text(totals, "pinned_bytes", format_bytes),
		     output_text(totals, "used", NULL), plural(json_get_u64(totals, "used")),
		     output_text(totals, "reclaim", NULL),
		     target->nr ? "" : ": the ledger has the same") < 0)
		target->text = NULL;
	target_add_json(target, "kvm_amd", totals);
}

/*
 * Returns true while a VM ends: KVM takes it off its list first, waits for its readers, and only
 * then unpins its memory and gives up its ASID (kvm_destroy_vm()).
 */
static bool a_vm_ends(struct moment *moment)
{
	const struct kvm_amd_state *truth = &moment->truth;
	bool ends = false;
	uint32_t asid;
	size_t i;

	for (asid = 1; asid <= truth->max && asid < KVM_AMD_ASIDS; asid++) {
		if (kvm_amd_has(truth->used, asid) && !kvm_amd_has(truth->reclaim, asid))
			moment->unheld[asid] += moment->unheld[asid] < LOST;
		else
			moment->unheld[asid] = 0;
	}
	for (i = 0; i < truth->nr_vms; i++)
		if (truth->vms[i].asid < KVM_AMD_ASIDS)
			moment->unheld[truth->vms[i].asid] = 0;
	for (asid = 1; asid <= truth->max && asid < KVM_AMD_ASIDS; asid++)
		ends |= moment->unheld[asid] && moment->unheld[asid] < LOST;
	return ends;
}

/* ---- the RMP -------------------------------------------------------------------------------- */

/* Says why not, or what the RMP has. */
static void report_rmp(struct target *target, const struct rmp_owners *owners, const char *why)
{
	struct json_object *rmp = json_object_new_object();
	char *text = NULL, *before = target->text;
	int length;

	json_object_object_add(rmp, "compared", json_object_new_boolean(!why));
	json_object_object_add(rmp, "reason", why ? json_object_new_string(why) : NULL);
	json_object_object_add(rmp, "guest_bytes",
			       json_known_u64(!why, why ? 0 : rmp_guest_pages(owners) * RMP_PAGE));
	json_object_object_add(rmp, "firmware_bytes",
			       json_known_u64(!why, why ? 0 : owners->pages[0] * RMP_PAGE));
	if (why)
		length = asprintf(&text, "%s  the RMP is not compared: %s\n", before ?: "", why);
	else
		length = asprintf(&text, "%s  the RMP has %s of guests and %s of the firmware%s\n", before ?: "",
				  output_text(rmp, "guest_bytes", format_bytes),
				  output_text(rmp, "firmware_bytes", format_bytes),
				  target->nr ? "" : ": the ledger has the same");
	if (length >= 0) {
		target->text = text;
		free(before);
	}
	target_add_json(target, "rmp", rmp);
}

/* Returns an exit code; @why is set if nothing could be compared. */
static int compare_quiet_rmp(struct rmp_table *table, struct rmp_owners *owners,
			     struct target *target, const char **why)
{
	static const char *const reasons[] = {
		[LEDGER_CHANGED] = "private memory was given or taken during each reading",
		[LEDGER_FIRMWARE_BUSY] =
			"the firmware was at work during each reading, and has what it is handed meanwhile",
		[LEDGER_DIFFERS] = "it differed, but not at enough moments to be a fault",
		[LEDGER_EQUAL] = NULL,
	};
	const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
	struct ledger before = {}, after = {};
	enum ledger_reading reading = LEDGER_CHANGED;
	unsigned int differed = 0;
	int try, ret = EXIT_OK;

	for (try = 0; try < RMP_TRIES && reading != LEDGER_EQUAL && differed < DIFFERENCES; try++) {
		if (try)
			nanosleep(&pause, NULL);
		ret = ask(&before);
		if (ret)
			break;
		if (!rmp_read(table, owners)) {
			*why = table->why;
			goto drop;
		}
		ret = ask(&after);
		if (ret)
			break;
		reading = ledger_read_rmp(owners, &before, &after);
		differed += reading == LEDGER_DIFFERS;
	}
	*why = reasons[reading];
	if (!ret && differed == DIFFERENCES) {
		ledger_compare_rmp(owners, &after, before.commands == after.commands, target);
		*why = NULL;
	}
drop:
	drop_ledger(&before);
	drop_ledger(&after);
	return ret;
}

static int compare_rmp(const struct ledger *ledger, struct target *target)
{
	struct json_object *private = json_object_object_get(ledger->status, "private");
	static struct rmp_owners owners;
	struct rmp_table table;
	const char *why;
	int ret = EXIT_OK;

	if (json_is_null(private, "current_bytes")) {
		why = "the module counts no private memory: SEV-SNP is off, or this processor's RMP is unknown to it";
	} else if (!rmp_open(&table, host_root())) {
		why = table.why;
	} else {
		ret = compare_quiet_rmp(&table, &owners, target, &why);
		rmp_close(&table);
	}
	if (!ret)
		report_rmp(target, &owners, why);
	return ret;
}

/* ---- kvm_amd -------------------------------------------------------------------------------- */

/* Compares at quiet moments until one is equal, or enough of them differ. */
static int compare(struct moment *moment, struct report *report)
{
	const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
	struct target *target;
	unsigned int differed = 0;
	int try, ret;
	bool ends;

	for (try = 0; try < TRIES; try++) {
		if (try)
			nanosleep(&pause, NULL);
		target = report_target(report, "ledger", TARGET_OBJECT);
		ret = read_moment(moment, target);
		if (ret || target->unreadable)
			return ret;
		ends = a_vm_ends(moment);
		if (kvm_amd_same(&moment->truth, &moment->after)) {
			ledger_compare(&moment->truth, &moment->ledger, target);
			if (!ends)
				differed++;
			if (target_is_ok(target) || differed == DIFFERENCES) {
				summarise(moment, target);
				return compare_rmp(&moment->ledger, target);
			}
		}
		report_drop(report);
	}
	target = report_target(report, "ledger", TARGET_OBJECT);
	target_unreadable(target, 0, "no quiet moment: VMs began, changed or ended in each of %d readings", TRIES);
	return EXIT_OK;
}

int check_ledger(int argc, char **argv)
{
	struct report report = { .what = "ledger" };
	struct moment moment = { .memory.fd = -1 };
	struct target *target;
	int ret;

	ret = options_parse(check_ledger_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "check ledger takes options only: see sevadm check --help");
	if (!client_module_loaded())
		return fail_absent();
	if (kernel_memory_open(&moment.memory, host_root()) && kvm_amd_open(&moment.memory)) {
		ret = compare(&moment, &report);
	} else {
		target = report_target(&report, "ledger", TARGET_OBJECT);
		target_unreadable(target, 0, "%s", moment.memory.why);
	}
	if (ret)
		report_free(&report);
	else
		ret = report_finish(&report);
	kernel_memory_close(&moment.memory);
	kvm_amd_drop(&moment.truth);
	kvm_amd_drop(&moment.after);
	drop_ledger(&moment.ledger);
	return ret;
}

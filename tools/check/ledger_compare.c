// SPDX-License-Identifier: GPL-2.0-only
/* The module's ledger beside kvm_amd's own state: what differs. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "check/ledger.h"
#include "cli/output.h"
#include "sev/names.h"

#define SOURCE "kvm_amd's memory: arch/x86/kvm/svm/sev.c, struct kvm_sev_info and sev_asid_bitmap"
#define BUG "report it with the output of sevadm -j check ledger and sevadm -j status"

enum rule_id {
	RULE_EXTRA, RULE_MISSING, RULE_VM, RULE_ASID, RULE_POOL, RULE_PINNED, RULE_UNACCOUNTED,
	RULE_DEGRADED, RULE_PRIVATE,
};

#define SOURCE_RMP "the RMP: AMD APM volume 2 (24593), 15.36; arch/x86/virt/svm/sev.c, struct rmpentry_raw"

static const struct rule rules[] = {
	[RULE_EXTRA] = { "ledger-extra-vm", SEVERITY_ERROR, "no VM is in the ledger that kvm_amd does not have",
			 BUG, SOURCE },
	[RULE_MISSING] = { "ledger-missing-vm", SEVERITY_ERROR, "each VM of kvm_amd is in the ledger",
			   BUG, SOURCE },
	[RULE_VM] = { "ledger-vm", SEVERITY_ERROR,
		      "of each VM the ledger has process, type, pool, ASID, handle, pinned memory, regions and owner as kvm_amd has them",
		      BUG, SOURCE },
	[RULE_ASID] = { "ledger-asid", SEVERITY_ERROR,
			"each ASID is of the pool from which kvm_amd takes it, in the state that its bitmaps give it",
			BUG, SOURCE },
	[RULE_POOL] = { "ledger-pool", SEVERITY_ERROR, "each pool counts as many ASIDs as kvm_amd's bitmaps have",
			BUG, SOURCE },
	[RULE_PINNED] = { "ledger-pinned", SEVERITY_ERROR, "the sum of pinned memory is that of kvm_amd's VMs",
			  BUG, SOURCE },
	[RULE_UNACCOUNTED] = { "ledger-unaccounted", SEVERITY_WARNING,
			       "no VM is older than the module", "run sevadm module adopt",
			       "Documentation/module.md" },
	[RULE_DEGRADED] = { "ledger-degraded", SEVERITY_WARNING, "the module is attached to all that it needs",
			    "sevadm module status names the seam and the reason", "Documentation/module.md" },
	[RULE_PRIVATE] = { "ledger-private", SEVERITY_ERROR,
			   "of each VM, of all and of the firmware the ledger has as many private pages as the RMP",
			   BUG, SOURCE_RMP },
	{}
};

const struct rule *ledger_rule_at(unsigned int i)
{
	return rules[i].id ? &rules[i] : NULL;
}

/**
 * struct record - a VM of the ledger
 * @row: where it is from
 * @known: bits of the fields that the module knows
 * @taken: it is the record of a VM of kvm_amd
 */
struct record {
	struct json_object *row;
	uint64_t id, pid, asid, handle, pinned, regions, mirror_of;
	bool es, pid_known, asid_known, handle_known, pinned_known, is_mirror, taken;
};

struct comparison {
	const struct kvm_amd_state *truth;
	const struct ledger *ledger;
	struct target *target;
	struct record *records, **matches;	/* matches: by VM of the truth, or NULL */
	size_t nr_records;
};

static struct record make_record(struct json_object *row)
{
	return (struct record) {
		.row = row,
		.id = json_get_u64(row, "id"),
		.pid = json_get_u64(row, "pid"),
		.asid = json_get_u64(row, "asid"),
		.handle = json_get_u64(row, "handle"),
		.pinned = json_get_u64(row, "pinned_bytes"),
		.regions = json_get_u64(row, "regions"),
		.mirror_of = json_get_u64(row, "mirror_of"),
		.es = strcmp(json_get_text(row, "type"), vm_type_name(SEVADM_VM_TYPE_SEV)),
		.pid_known = !json_is_null(row, "pid"),
		.asid_known = !json_is_null(row, "asid"),
		.handle_known = !json_is_null(row, "handle"),
		.pinned_known = !json_is_null(row, "pinned_bytes"),
		.is_mirror = !json_is_null(row, "mirror_of"),
	};
}

/* ---- which record is which VM --------------------------------------------------------------- */

/* The module cannot see an ASID's number before the firmware hears of it. */
static bool asid_agrees(const struct kvm_amd_vm *vm, const struct record *record)
{
	return record->asid_known ? record->asid == vm->asid : !vm->handle;
}

static bool handle_agrees(const struct kvm_amd_vm *vm, const struct record *record)
{
	return record->handle_known ? record->handle == vm->handle : !vm->handle;
}

#define LIKE_BEST	(2 * (6 * 4 + 2))	/* twice the best of likeness_alone() */

static bool pool_agrees(const struct comparison *c, const struct kvm_amd_vm *vm,
			const struct record *record)
{
	return !strcmp(json_get_text(record->row, "pool"), pool_name(kvm_amd_pool(c->truth, vm->asid)));
}

static int likeness_alone(const struct comparison *c, const struct kvm_amd_vm *vm,
			  const struct record *record)
{
	return 4 * (record->pid == vm->pid) + 4 * asid_agrees(vm, record) +
	       4 * (record->asid == vm->asid) + 4 * (record->es == !!vm->es) +
	       4 * handle_agrees(vm, record) + 4 * pool_agrees(c, vm, record) +
	       (record->pinned == vm->pages * KVM_AMD_PAGE) + (record->regions == vm->regions);
}

static struct record *find_record(const struct comparison *c, uint64_t id)
{
	size_t i;

	for (i = 0; i < c->nr_records; i++)
		if (c->records[i].id == id)
			return &c->records[i];
	return NULL;
}

/* Mirrors are distinguished by their owners, too. */
static int likeness(const struct comparison *c, const struct kvm_amd_vm *vm,
		    const struct record *record)
{
	struct record *owner = record->is_mirror ? find_record(c, record->mirror_of) : NULL;
	int alone = likeness_alone(c, vm, record);

	if (vm->mirror_of < 0 || !owner)
		return 2 * alone * ((vm->mirror_of < 0) == !owner);
	return alone + likeness_alone(c, &c->truth->vms[vm->mirror_of], owner);
}

/* Pairs each VM with the free record that is most alike, if that is @enough. */
static void match_if(struct comparison *c, int enough)
{
	struct record *best;
	size_t i, j;
	int score, most;

	for (i = 0; i < c->truth->nr_vms; i++) {
		if (c->matches[i])
			continue;
		most = enough - 1;
		best = NULL;
		for (j = 0; j < c->nr_records && most < LIKE_BEST; j++) {
			if (c->records[j].taken)
				continue;
			score = likeness(c, &c->truth->vms[i], &c->records[j]);
			if (score > most) {
				most = score;
				best = &c->records[j];
			}
		}
		c->matches[i] = best;
		if (best)
			best->taken = true;
	}
}

static void match(struct comparison *c)
{
	size_t j;
	int enough;

	for (enough = LIKE_BEST; enough >= 0; enough--)
		match_if(c, enough);
	for (j = 0; j < c->nr_records; j++)
		if (!c->records[j].taken)
			finding_add(c->target, &rules[RULE_EXTRA], 0,
				    "the ledger has VM %" PRIu64 " of process %" PRIu64 ", which kvm_amd does not have",
				    c->records[j].id, c->records[j].pid);
}

/* ---- VMs ------------------------------------------------------------------------------------ */

static void compare_number(struct comparison *c, const struct record *record, const char *key,
			   bool agrees, uint64_t truth)
{
	if (!agrees)
		finding_add(c->target, &rules[RULE_VM], 0, "VM %" PRIu64 ": the ledger's %s is %s, kvm_amd's %" PRIu64,
			    record->id, key, output_text(record->row, key, NULL), truth);
}

/* VMs of one process that are not activated yet look the same: any of them may be the owner. */
static bool owner_agrees(const struct comparison *c, const struct kvm_amd_vm *vm,
			 const struct record *record)
{
	const struct record *owner, *named;

	if (vm->mirror_of < 0 || !record->is_mirror)
		return (vm->mirror_of < 0) == !record->is_mirror;
	owner = c->matches[vm->mirror_of];
	named = find_record(c, record->mirror_of);
	return named == owner ||
	       (named && owner && !owner->asid_known &&
		likeness(c, &c->truth->vms[vm->mirror_of], named) ==
		likeness(c, &c->truth->vms[vm->mirror_of], owner));
}

/*
 * KVM has the thread that made the VM, the ledger a process: that thread's, or, if it had ended
 * when the VM was adopted, one that uses the VM.
 */
static bool pid_agrees(const struct kvm_amd_vm *vm, const struct record *record)
{
	char path[64];

	if (!record->pid_known || record->pid == vm->pid)
		return true;
	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/task/%" PRIu64, record->pid, vm->pid);
	return !access(path, F_OK) || (kill(vm->pid, 0) && errno == ESRCH);
}

static void compare_vm(struct comparison *c, const struct kvm_amd_vm *vm,
		       const struct record *record)
{
	const char *type = vm->es ? "SEV-ES or SEV-SNP" : "SEV";

	compare_number(c, record, "pid", pid_agrees(vm, record), vm->pid);
	compare_number(c, record, "handle", handle_agrees(vm, record), vm->handle);
	compare_number(c, record, "asid", asid_agrees(vm, record), vm->asid);
	compare_number(c, record, "pinned_bytes",
		       !record->pinned_known || record->pinned == vm->pages * KVM_AMD_PAGE,
		       vm->pages * KVM_AMD_PAGE);
	compare_number(c, record, "regions", !record->pinned_known || record->regions == vm->regions,
		       vm->regions);
	if (record->es != !!vm->es)
		finding_add(c->target, &rules[RULE_VM], 0, "VM %" PRIu64 ": the ledger's type is %s, kvm_amd's %s",
			    record->id, json_get_text(record->row, "type"), type);
	if (!pool_agrees(c, vm, record))
		finding_add(c->target, &rules[RULE_VM], 0, "VM %" PRIu64 ": the ledger's pool is %s, kvm_amd's %s",
			    record->id, json_get_text(record->row, "pool"),
			    pool_name(kvm_amd_pool(c->truth, vm->asid)));
	if (!owner_agrees(c, vm, record))
		finding_add(c->target, &rules[RULE_VM], 0,
			    "VM %" PRIu64 ": the ledger's mirror_of is %s, which is not the VM that it mirrors in kvm_amd",
			    record->id, output_text(record->row, "mirror_of", NULL));
}

/* The module counts VMs that are older than itself: as many may be without a record. */
static void compare_vms(struct comparison *c)
{
	uint64_t unaccounted = json_get_u64(c->ledger->status, "unaccounted_vms"), missing = 0;
	size_t i;

	for (i = 0; i < c->truth->nr_vms; i++) {
		if (c->matches[i])
			compare_vm(c, &c->truth->vms[i], c->matches[i]);
		else
			missing++;
	}
	if (missing == unaccounted && missing)
		finding_add(c->target, &rules[RULE_UNACCOUNTED], 0,
			    "%" PRIu64 " VM%s older than the module: what %s is not in the ledger",
			    missing, missing == 1 ? " is" : "s are",
			    missing == 1 ? "it holds" : "they hold");
	for (i = 0; i < c->truth->nr_vms && missing != unaccounted; i++)
		if (!c->matches[i])
			finding_add(c->target, &rules[RULE_MISSING], 0,
				    "the ledger lacks a VM of process %" PRIu64 ": ASID %" PRIu64 ", %" PRIu64 " bytes pinned",
				    c->truth->vms[i].pid, c->truth->vms[i].asid,
				    c->truth->vms[i].pages * KVM_AMD_PAGE);
	if (!missing && unaccounted)
		finding_add(c->target, &rules[RULE_MISSING], 0,
			    "the module counts %" PRIu64 " unaccounted VMs, kvm_amd has none", unaccounted);
}

static void compare_pinned(struct comparison *c)
{
	struct json_object *pinned = json_object_object_get(c->ledger->status, "pinned");
	uint64_t truth = 0;
	size_t i;

	for (i = 0; i < c->truth->nr_vms; i++)
		if (c->matches[i])
			truth += c->truth->vms[i].pages * KVM_AMD_PAGE;
	if (!json_is_null(pinned, "current_bytes") && json_get_u64(pinned, "current_bytes") != truth)
		finding_add(c->target, &rules[RULE_PINNED], 0,
			    "the ledger has %" PRIu64 " bytes pinned, kvm_amd %" PRIu64,
			    json_get_u64(pinned, "current_bytes"), truth);
}

/* ---- ASIDs ---------------------------------------------------------------------------------- */

static enum sevadm_asid_state true_state(const struct comparison *c, uint32_t asid)
{
	return kvm_amd_has(c->truth->reclaim, asid) ? SEVADM_ASID_STATE_RECLAIM :
	       kvm_amd_has(c->truth->used, asid) ? SEVADM_ASID_STATE_USED : SEVADM_ASID_STATE_FREE;
}

/* The VM whose own ASID it is, -1: none. */
static long holder(const struct comparison *c, uint32_t asid)
{
	size_t i;

	for (i = 0; i < c->truth->nr_vms; i++)
		if (c->truth->vms[i].mirror_of < 0 && c->truth->vms[i].asid == asid)
			return i;
	return -1;
}

/*
 * An ASID whose VM ended before the firmware heard of it: the module knows that one more waits in
 * the pool, not which. compare_pool() holds them against the pool's count.
 */
static bool waits_without_number(const char *have, enum sevadm_asid_state truth)
{
	return truth == SEVADM_ASID_STATE_RECLAIM &&
	       !strcmp(have, asid_state_name(SEVADM_ASID_STATE_FREE));
}

static void compare_asid(struct comparison *c, struct json_object *row)
{
	uint32_t asid = json_get_u64(row, "asid");
	enum sevadm_asid_state truth = true_state(c, asid);
	const char *have = json_get_text(row, "state");
	long vm = holder(c, asid);
	const struct record *record = vm < 0 ? NULL : c->matches[vm];
	char held_by[32] = "no VM";
	unsigned int pool = kvm_amd_pool(c->truth, asid);

	if (strcmp(json_get_text(row, "pool"), pool_name(pool)))
		finding_add(c->target, &rules[RULE_ASID], 0, "ASID %u is of pool %s in the ledger, of %s in kvm_amd",
			    asid, json_get_text(row, "pool"), pool_name(pool));
	/* The ledger knows nothing of a VM that is older, nor of an ASID without a number. */
	if (vm >= 0 && (!record || !record->asid_known))
		return;
	if (strcmp(have, asid_state_name(truth)) && !waits_without_number(have, truth))
		finding_add(c->target, &rules[RULE_ASID], 0, "ASID %u is %s in the ledger, %s in kvm_amd",
			    asid, have, asid_state_name(truth));
	if (record)
		snprintf(held_by, sizeof(held_by), "VM %" PRIu64, record->id);
	if (json_is_null(row, "vm") != !record || (record && json_get_u64(row, "vm") != record->id))
		finding_add(c->target, &rules[RULE_ASID], 0,
			    "ASID %u: the ledger's vm is %s, in kvm_amd %s holds it", asid,
			    output_text(row, "vm", NULL), held_by);
}

static uint64_t count(const struct comparison *c, const char *pool, enum sevadm_asid_state state)
{
	uint64_t nr = 0;
	uint32_t asid;

	for (asid = 1; asid <= c->truth->max; asid++)
		nr += !strcmp(pool_name(kvm_amd_pool(c->truth, asid)), pool) &&
		      true_state(c, asid) == state;
	return nr;
}

static void compare_pool(struct comparison *c, const char *name, struct json_object *pool)
{
	static const struct {
		const char *key;
		enum sevadm_asid_state state;
	} keys[] = {
		{ "used", SEVADM_ASID_STATE_USED }, { "reclaim", SEVADM_ASID_STATE_RECLAIM },
	};
	uint64_t truth;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		truth = count(c, name, keys[i].state);
		if (json_get_u64(pool, keys[i].key) != truth)
			finding_add(c->target, &rules[RULE_POOL], 0,
				    "pool %s: %s is %" PRIu64 " in the ledger, %" PRIu64 " in kvm_amd", name,
				    keys[i].key, json_get_u64(pool, keys[i].key), truth);
	}
}

static void compare_asids(struct comparison *c)
{
	size_t i;

	for (i = 0; i < json_object_array_length(c->ledger->asids); i++)
		compare_asid(c, json_object_array_get_idx(c->ledger->asids, i));
	/* Of VMs that are older the pool knows no numbers. */
	if (json_get_u64(c->ledger->status, "unaccounted_vms"))
		return;
	json_object_object_foreach(json_object_object_get(c->ledger->status, "pools"), name, pool)
		compare_pool(c, name, pool);
}

void ledger_compare(const struct kvm_amd_state *truth, const struct ledger *ledger,
		    struct target *target)
{
	struct comparison c = { .truth = truth, .ledger = ledger, .target = target };
	const char *state = json_get_text(json_object_object_get(ledger->status, "module"), "state");
	size_t i;

	c.nr_records = json_object_array_length(ledger->vms);
	c.records = calloc(c.nr_records + 1, sizeof(*c.records));
	c.matches = calloc(truth->nr_vms + 1, sizeof(*c.matches));
	if (!c.records || !c.matches) {
		target_unreadable(target, 0, "out of memory");
	} else {
		for (i = 0; i < c.nr_records; i++)
			c.records[i] = make_record(json_object_array_get_idx(ledger->vms, i));
		match(&c);
		compare_vms(&c);
		compare_pinned(&c);
		compare_asids(&c);
		if (strcmp(state, module_state_name(SEVADM_MODULE_STATE_ATTACHED)))
			finding_add(target, &rules[RULE_DEGRADED], 0, "the module is %s", state);
	}
	free(c.records);
	free(c.matches);
}

/* ---- the RMP -------------------------------------------------------------------------------- */

struct rmp_comparison {
	struct target *target;
	bool same;
};

static void compare_pages(struct rmp_comparison *c, struct json_object *row, const char *key,
			  uint64_t pages, const char *whose, uint64_t id)
{
	const uint64_t bytes = pages * RMP_PAGE;
	char number[24] = "";

	if (json_is_null(row, key) || json_get_u64(row, key) == bytes)
		return;
	c->same = false;
	if (!c->target)
		return;
	if (id)
		snprintf(number, sizeof(number), " %" PRIu64, id);
	finding_add(c->target, &rules[RULE_PRIVATE], 0,
		    "%s%s: the ledger's %s is %" PRIu64 ", the RMP's %" PRIu64, whose, number, key,
		    json_get_u64(row, key), bytes);
}

bool ledger_compare_rmp(const struct rmp_owners *owners, const struct ledger *ledger,
			bool firmware, struct target *target)
{
	struct json_object *private = json_object_object_get(ledger->status, "private"), *vm;
	struct rmp_comparison c = { .target = target, .same = true };
	size_t i;

	for (i = 0; i < json_object_array_length(ledger->vms); i++) {
		vm = json_object_array_get_idx(ledger->vms, i);
		if (!json_is_null(vm, "asid") && json_get_u64(vm, "asid") < RMP_ASIDS)
			compare_pages(&c, vm, "private_bytes", owners->pages[json_get_u64(vm, "asid")],
				      "VM", json_get_u64(vm, "id"));
	}
	compare_pages(&c, private, "current_bytes", rmp_guest_pages(owners), "all VMs", 0);
	if (firmware)
		compare_pages(&c, private, "firmware_bytes", owners->pages[0],
			      "the firmware", 0);
	return c.same;
}

bool ledger_same_private(const struct ledger *a, const struct ledger *b)
{
	static const char *const keys[] = { "id", "asid", "private_bytes", "conversions", "reclaims" };
	size_t nr = json_object_array_length(a->vms), i, k;
	struct json_object *left, *right;

	if (json_object_array_length(b->vms) != nr)
		return false;
	for (i = 0; i < nr; i++) {
		left = json_object_array_get_idx(a->vms, i);
		right = json_object_array_get_idx(b->vms, i);
		for (k = 0; k < ARRAY_SIZE(keys); k++)
			if (!json_object_equal(json_object_object_get(left, keys[k]),
					       json_object_object_get(right, keys[k])))
				return false;
	}
	return json_object_equal(json_object_object_get(a->status, "private"),
				 json_object_object_get(b->status, "private"));
}

enum ledger_reading ledger_read_rmp(const struct rmp_owners *owners, const struct ledger *before,
				    const struct ledger *after)
{
	if (!ledger_same_private(before, after))
		return LEDGER_CHANGED;
	if (ledger_compare_rmp(owners, after, true, NULL))
		return LEDGER_EQUAL;
	if (before->commands != after->commands && ledger_compare_rmp(owners, after, false, NULL))
		return LEDGER_FIRMWARE_BUSY;
	return LEDGER_DIFFERS;
}

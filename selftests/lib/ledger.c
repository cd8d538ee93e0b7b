// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does sevadm's ledger equal kvm_amd's own state?
 */
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define QUIET_TRIES	300
#define QUIET_PAUSE_NS	20000000L
#define MOMENTS		20	/* at which a VM may be in the middle of its end */

struct comparison {
	const char *where;
	bool print;
	unsigned int differences;
	struct view truth, have;	/* read at one quiet moment */
	const struct view_vm **matches;	/* by VM of the truth: sevadm's record, or NULL */
	/* By pool: ASIDs that wait without a number: see waits_without_number(). */
	long long numberless[SEVADM_POOL_NR];
};

__attribute__((format(printf, 2, 3)))
static void differ(struct comparison *c, const char *fmt, ...)
{
	va_list args;

	c->differences++;
	if (!c->print)
		return;
	printf("# %s: ", c->where);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static void compare_number(struct comparison *c, long long id, const char *key, long long have,
			   long long want)
{
	if (have != want)
		differ(c, "vm %lld: %s is %lld, should be %lld (-1: null)", id, key, have, want);
}

/* ---- VMs ------------------------------------------------------------------------------------ */

/* The module cannot see an ASID's number before the firmware hears of it. */
static bool asid_agrees(const struct view_vm *truth, const struct view_vm *vm)
{
	return vm->asid == VIEW_NONE ? truth->handle == VIEW_NONE : vm->asid == truth->asid;
}

#define LIKE_BEST	(2 * (6 * 4 + 2))	/* twice the best of likeness_alone() */

static int likeness_alone(const struct view_vm *truth, const struct view_vm *vm)
{
	return 4 * (truth->pid == vm->pid) + 4 * asid_agrees(truth, vm) +
	       4 * (truth->asid == vm->asid) + 4 * (truth->es == vm->es) +
	       4 * (truth->pool == vm->pool) + 4 * (truth->handle == vm->handle) +
	       (truth->pinned_bytes == vm->pinned_bytes) + (truth->regions == vm->regions);
}

static const struct view_vm *find_vm(const struct view *view, long long id)
{
	size_t i;

	for (i = 0; id != VIEW_NONE && i < view->vm_count; i++)
		if (view->vms[i].id == id)
			return &view->vms[i];
	return NULL;
}

/* Mirrors differ by their owners, too. */
static int likeness(const struct comparison *c, const struct view_vm *truth,
		    const struct view_vm *vm)
{
	const struct view_vm *true_owner = find_vm(&c->truth, truth->mirror_of);
	const struct view_vm *owner = find_vm(&c->have, vm->mirror_of);
	int alone = likeness_alone(truth, vm);

	if (!true_owner || !owner)
		return 2 * alone * (!true_owner == !owner);
	return alone + likeness_alone(true_owner, owner);
}

/* Pairs each VM of the truth with the free record that is most alike, if that is @enough. */
static void match_if(struct comparison *c, bool *taken, int enough)
{
	size_t i, j, best = 0;
	int score, most;

	for (i = 0; i < c->truth.vm_count; i++) {
		if (c->matches[i])
			continue;
		most = enough - 1;
		for (j = 0; j < c->have.vm_count && most < LIKE_BEST; j++) {
			score = taken[j] ? -1 : likeness(c, &c->truth.vms[i], &c->have.vms[j]);
			if (score > most) {
				most = score;
				best = j;
			}
		}
		if (most < enough)
			continue;
		c->matches[i] = &c->have.vms[best];
		taken[best] = true;
	}
}

/* Neither side knows the other's names: those that are most alike are the same, best ones first. */
static void match_vms(struct comparison *c)
{
	bool *taken = calloc(c->have.vm_count + 1, sizeof(*taken));
	size_t j;
	int enough;

	c->matches = calloc(c->truth.vm_count + 1, sizeof(*c->matches));
	if (!taken || !c->matches) {
		differ(c, "no memory");
		c->truth.vm_count = 0;
	}
	for (enough = LIKE_BEST; enough >= 0 && taken; enough--)
		match_if(c, taken, enough);
	for (j = 0; taken && j < c->have.vm_count; j++)
		if (!taken[j])
			differ(c, "sevadm lists a VM that kvm_amd does not have: %lld of pid %lld, asid %lld",
			       c->have.vms[j].id, c->have.vms[j].pid, c->have.vms[j].asid);
	free(taken);
}

/* VMs of one process that are not activated yet look the same: any of them may be the owner. */
static bool is_owner(const struct comparison *c, const struct view_vm *vm, long long truth)
{
	const struct view_vm *owner = truth == VIEW_NONE ? NULL : c->matches[truth], *have;

	if (!owner || owner->asid != VIEW_NONE)
		return vm->mirror_of == (owner ? owner->id : VIEW_NONE);
	have = find_vm(&c->have, vm->mirror_of);
	return have && likeness(c, &c->truth.vms[truth], have) ==
		       likeness(c, &c->truth.vms[truth], owner);
}

/*
 * KVM has the thread that made the VM. Of one that is older than the module and whose thread has
 * ended, the process is one that uses it, and known only while there is one.
 */
static bool pid_agrees(const struct view_vm *truth, const struct view_vm *vm)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%lld/task/%lld", vm->pid, truth->pid);
	return vm->pid == truth->pid || !access(path, F_OK) ||
	       (kill(truth->pid, 0) && (vm->pid == VIEW_NONE || !kill(vm->pid, 0)));
}

static void compare_vm(struct comparison *c, size_t index)
{
	const struct view_vm *truth = &c->truth.vms[index], *vm = c->matches[index], *owner;

	if (!vm) {
		differ(c, "sevadm lists no VM for kvm_amd's of pid %lld: asid %lld, handle %lld, %lld bytes pinned",
		       truth->pid, truth->asid, truth->handle, truth->pinned_bytes);
		return;
	}
	if (!pid_agrees(truth, vm))
		compare_number(c, vm->id, "pid", vm->pid, truth->pid);
	compare_number(c, vm->id, "handle", vm->handle, truth->handle);
	if (!asid_agrees(truth, vm))
		compare_number(c, vm->id, "asid", vm->asid, truth->asid);
	compare_number(c, vm->id, "pinned_bytes", vm->pinned_bytes, truth->pinned_bytes);
	compare_number(c, vm->id, "regions", vm->regions, truth->regions);
	compare_number(c, vm->id, "SEV-ES", vm->es, truth->es);
	if (vm->pool != truth->pool)
		differ(c, "vm %lld: pool is %s, should be %s", vm->id, view_pool_name(vm->pool),
		       view_pool_name(truth->pool));
	if (!is_owner(c, vm, truth->mirror_of)) {
		owner = find_vm(&c->truth, truth->mirror_of);
		differ(c, "vm %lld: mirror_of is %lld, should be the VM of pid %lld with asid %lld, handle %lld (-1: null)",
		       vm->id, vm->mirror_of, owner ? owner->pid : VIEW_NONE,
		       owner ? owner->asid : VIEW_NONE, owner ? owner->handle : VIEW_NONE);
	}

	/* The oracle's own sum must hold, or it has misread a list. */
	if (truth->region_bytes != truth->pinned_bytes)
		differ(c, "oracle: pages_locked is %lld bytes, but the regions have %lld",
		       truth->pinned_bytes, truth->region_bytes);
}

/* ---- ASIDs ---------------------------------------------------------------------------------- */

/*
 * An ASID whose VM ended before the firmware heard of it: the module knows that one more waits in
 * the pool, not which. Counted here, held against the pool's count in compare_pool().
 */
static bool waits_without_number(struct comparison *c, const struct view_asid *truth,
				 const struct view_asid *have)
{
	if (have->state != SEVADM_ASID_STATE_FREE || truth->state != SEVADM_ASID_STATE_RECLAIM)
		return false;
	c->numberless[truth->pool]++;
	return true;
}

/* @owner: the VM whose own ASID it is, as sevadm has it; NULL: none. */
static void compare_asid(struct comparison *c, int asid, const struct view_vm *owner)
{
	const struct view_asid *truth = &c->truth.asids[asid], *have = &c->have.asids[asid];
	long long vm = owner ? owner->id : VIEW_NONE, pid = owner ? owner->pid : VIEW_NONE;

	if (truth->listed != have->listed) {
		differ(c, "asid %d: %s", asid, have->listed ? "there is none" : "not listed");
		return;
	}
	if (!truth->listed)
		return;
	if (have->pool != truth->pool)
		differ(c, "asid %d: pool is %s, should be %s", asid, view_pool_name(have->pool),
		       view_pool_name(truth->pool));
	if (owner && owner->asid == VIEW_NONE)
		return;
	if (have->state != truth->state && !waits_without_number(c, truth, have))
		differ(c, "asid %d: state is %s, should be %s", asid,
		       view_state_name(have->state), view_state_name(truth->state));
	if (have->vm != vm || have->pid != pid)
		differ(c, "asid %d: vm %lld pid %lld, should be vm %lld pid %lld (-1: null)", asid,
		       have->vm, have->pid, vm, pid);
}

static void compare_asids(struct comparison *c)
{
	const struct view_vm *owners[VIEW_ASIDS] = { 0 };
	int asid;
	size_t i;

	for (i = 0; i < c->truth.vm_count; i++) {
		const struct view_vm *vm = &c->truth.vms[i];

		if (vm->mirror_of == VIEW_NONE && vm->asid > 0 && vm->asid < VIEW_ASIDS)
			owners[vm->asid] = c->matches[i];
	}
	for (asid = 1; asid < VIEW_ASIDS; asid++)
		compare_asid(c, asid, owners[asid]);
}

/* ---- totals --------------------------------------------------------------------------------- */

static long long count(const struct view *view, int pool, int state)
{
	long long found = 0;
	int asid;

	for (asid = 1; asid < VIEW_ASIDS; asid++)
		found += view->asids[asid].listed && view->asids[asid].pool == pool &&
			 view->asids[asid].state == state;
	return found;
}

static void compare_pool(struct comparison *c, int id)
{
	const struct view_pool *pool = &c->have.pools[id];
	long long used = count(&c->truth, id, SEVADM_ASID_STATE_USED);
	long long reclaim = count(&c->truth, id, SEVADM_ASID_STATE_RECLAIM);
	long long free = count(&c->truth, id, SEVADM_ASID_STATE_FREE);
	long long listed = count(&c->have, id, SEVADM_ASID_STATE_RECLAIM);
	const struct {
		const char *name;
		long long have, want;
	} rows[] = {
		{ "capacity", pool->capacity, used + reclaim + free },
		{ "used", pool->used, used },
		{ "reclaim", pool->reclaim, reclaim },
		{ "free", pool->free, free },
		{ "reclaim, beside asid list,", pool->reclaim, listed + c->numberless[id] },
	};
	size_t i;

	if (!pool->listed && !(used + reclaim + free))
		return;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].have != rows[i].want)
			differ(c, "pool %s: %s is %lld, should be %lld",
			       view_pool_name(id), rows[i].name,
			       rows[i].have, rows[i].want);
}

static unsigned long long compare_totals(struct comparison *c)
{
	long long pinned = 0;
	size_t i;
	int pool;

	for (i = 0; i < c->truth.vm_count; i++)
		pinned += c->truth.vms[i].pinned_bytes;
	if (c->have.pinned_bytes != VIEW_NONE && c->have.pinned_bytes != pinned)
		differ(c, "status: pinned.current_bytes is %lld, should be %lld",
		       c->have.pinned_bytes, pinned);
	if (c->have.unaccounted_vms > 0)
		differ(c, "status: %lld unaccounted VMs: start with none", c->have.unaccounted_vms);
	if (!c->have.attached)
		differ(c, "status: the module is not attached");
	for (pool = 0; pool < SEVADM_POOL_NR; pool++)
		compare_pool(c, pool);
	return pinned;
}

/* ---- a quiet moment ------------------------------------------------------------------------- */

static void pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = QUIET_PAUSE_NS };

	nanosleep(&pause, NULL);
}

enum reading { READ_QUIET, READ_DISTURBED, READ_FAILED };

/* Quiet when kvm_amd's state was the same before and after sevadm was asked. */
static enum reading read_views(struct comparison *c, enum view_source source)
{
	char *before = view_oracle_line(), *after = NULL;
	enum reading reading = READ_FAILED;

	if (before && view_of_sevadm(&c->have, source))
		after = view_oracle_line();
	if (after)
		reading = strcmp(before, after) ? READ_DISTURBED : READ_QUIET;
	if (reading == READ_QUIET && !view_of_oracle(&c->truth, before))
		reading = READ_FAILED;
	free(before);
	free(after);
	return reading;
}

/*
 * Return true if a VM may be in the middle of its end: KVM takes it off its list before it unpins
 * its memory and gives up its ASID (kvm_destroy_vm()). Then the ledger has a VM more, or an ASID is
 * used by no VM.
 */
static bool vm_may_end(const struct comparison *c)
{
	bool held[VIEW_ASIDS] = { 0 };
	size_t i;
	int asid;

	if (c->have.vm_count > c->truth.vm_count)
		return true;
	for (i = 0; i < c->truth.vm_count; i++)
		if (c->truth.vms[i].asid > 0 && c->truth.vms[i].asid < VIEW_ASIDS)
			held[c->truth.vms[i].asid] = true;
	for (asid = 1; asid < VIEW_ASIDS; asid++)
		if (c->truth.asids[asid].listed && !held[asid] &&
		    c->truth.asids[asid].state == SEVADM_ASID_STATE_USED)
			return true;
	return false;
}

/* @ends: whether a VM may be in the middle of its end. */
static unsigned int compare_once(const char *where, enum view_source source,
				 struct ledger_totals *totals, bool print, bool *ends)
{
	static struct comparison c;
	enum reading reading = READ_DISTURBED;
	unsigned long long pinned;
	int try;
	size_t i;

	*ends = false;
	c = (struct comparison) { .where = where, .print = true };
	for (try = 0; try < QUIET_TRIES && reading == READ_DISTURBED; try++) {
		if (try)
			pause_a_little();
		view_drop(&c.have);
		reading = read_views(&c, source);
	}
	if (reading != READ_QUIET) {
		view_drop(&c.have);
		differ(&c, reading == READ_FAILED ? "oracle or sevadm failed" : "no quiet moment");
		return c.differences;
	}

	*ends = vm_may_end(&c);
	c.print = print || !*ends;
	match_vms(&c);
	for (i = 0; i < c.truth.vm_count; i++)
		compare_vm(&c, i);
	compare_asids(&c);
	pinned = compare_totals(&c);
	if (totals)
		*totals = (struct ledger_totals) { c.truth.vm_count, pinned };

	free(c.matches);
	view_drop(&c.truth);
	view_drop(&c.have);
	return c.differences;
}

static unsigned int compare(const char *where, enum view_source source,
			    struct ledger_totals *totals)
{
	unsigned int differences;
	bool ends;
	int moment;

	for (moment = 1; moment <= MOMENTS; moment++) {
		if (moment > 1)
			pause_a_little();
		differences = compare_once(where, source, totals, moment == MOMENTS, &ends);
		if (!differences || !ends)
			break;
	}
	return differences;
}

unsigned int ledger_differences(const char *where, struct ledger_totals *totals)
{
	return compare(where, VIEW_PROGRAM, totals);
}

unsigned int ledger_differences_quick(const char *where)
{
	return compare(where, VIEW_DEVICE, NULL);
}

const char *ledger_unavailable(void)
{
	static const struct {
		const char *path, *reason;
	} needed[] = {
		{ "/dev/kvm", "no /dev/kvm: no host of VMs" },
		{ "/dev/sev", "no /dev/sev: no SEV host" },
		{ "/sys/module/kvm_amd", "kvm_amd is not loaded" },
		{ "/sys/module/sevadm", "the module sevadm is not loaded" },
	};
	size_t i;

	if (geteuid())
		return "only root can read the kernel's memory";
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (access(needed[i].path, F_OK))
			return needed[i].reason;
	return NULL;
}

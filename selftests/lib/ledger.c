// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does sevadm's ledger equal kvm_amd's own state?
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "run.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define PAGE_BYTES	4096LL
#define QUIET_TRIES	100
#define QUIET_PAUSE_NS	20000000L
#define NONE		-1LL	/* JSON null, or no such key */

/* All that is compared, read at one quiet moment. */
struct views {
	struct json_object *oracle, *vms, *asids, *status;
};

struct comparison {
	const char *where;
	unsigned int differences;
	const struct views *views;
	size_t vm_count;		/* of the oracle */
	struct json_object **matches;	/* per VM of the oracle: sevadm's record, or NULL */
	long long numberless[2];	/* per pool, sev and sev_es: see waits_without_number() */
};

__attribute__((format(printf, 2, 3)))
static void differ(struct comparison *c, const char *fmt, ...)
{
	va_list args;

	c->differences++;
	printf("# %s: ", c->where);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static long long number(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : NONE;
}

static const char *text(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static struct json_object *path(struct json_object *object, const char *a, const char *b)
{
	return get(get(object, a), b);
}

/* ---- one VM --------------------------------------------------------------------------------- */

static long long oracle_regions(struct json_object *vm)
{
	return json_object_array_length(get(vm, "regions"));
}

static long long oracle_pinned(struct json_object *vm)
{
	return number(vm, "pages_locked") * PAGE_BYTES;
}

static bool oracle_es(struct json_object *vm)
{
	return json_object_get_boolean(get(vm, "es_active"));
}

/* Numbers that both sides have under a name of their own. */
static const struct {
	const char *key;			/* sevadm's */
	long long (*truth)(struct json_object *vm);
} vm_numbers[] = {
	{ "pinned_bytes", oracle_pinned },
	{ "regions", oracle_regions },
};

static struct json_object *oracle_vm(const struct comparison *c, size_t index)
{
	return json_object_array_get_idx(get(c->views->oracle, "vms"), index);
}

static bool is_mirror(struct json_object *vm)
{
	return number(vm, "mirror_of") != NONE;
}

/*
 * The firmware's name of a guest is a number above zero: KVM's zero means none. A mirror has its
 * owner's guest; KVM's copy of the handle is as old as the mirror, and never looked up again.
 */
static long long oracle_handle(const struct comparison *c, struct json_object *vm)
{
	long long handle;

	if (is_mirror(vm))
		vm = oracle_vm(c, number(vm, "mirror_of"));
	handle = number(vm, "handle");
	return handle ? handle : NONE;
}

/* The module cannot see an ASID's number before the firmware hears of it. */
static bool asid_agrees(const struct comparison *c, struct json_object *truth,
			struct json_object *vm)
{
	long long asid = number(vm, "asid");

	if (asid == NONE)
		return oracle_handle(c, truth) == NONE;
	return asid == number(truth, "asid");
}

static int likeness(const struct comparison *c, struct json_object *truth, struct json_object *vm)
{
	int score = 0;
	size_t i;

	score += 4 * (number(truth, "pid") == number(vm, "pid"));
	score += 4 * (is_mirror(truth) == is_mirror(vm));
	score += 4 * asid_agrees(c, truth, vm);
	score += 4 * (number(truth, "asid") == number(vm, "asid"));
	score += 4 * (oracle_handle(c, truth) == number(vm, "handle"));
	for (i = 0; i < ARRAY_SIZE(vm_numbers); i++)
		score += vm_numbers[i].truth(truth) == number(vm, vm_numbers[i].key);
	return score;
}

/* Neither side knows the other's names: pair the records that are most alike, best pair first. */
static void match_vms(struct comparison *c)
{
	size_t have = json_object_array_length(c->views->vms), i, j;
	bool *taken = calloc(have + 1, sizeof(*taken));

	c->matches = calloc(c->vm_count + 1, sizeof(*c->matches));
	for (;;) {
		size_t best_i = 0, best_j = 0;
		int best = -1;

		for (i = 0; i < c->vm_count; i++) {
			struct json_object *truth = oracle_vm(c, i);

			for (j = 0; !c->matches[i] && j < have; j++) {
				int score = taken[j] ? -1 :
					likeness(c, truth,
						 json_object_array_get_idx(c->views->vms, j));

				if (score > best) {
					best = score;
					best_i = i;
					best_j = j;
				}
			}
		}
		if (best < 0)
			break;
		c->matches[best_i] = json_object_array_get_idx(c->views->vms, best_j);
		taken[best_j] = true;
	}

	for (j = 0; j < have; j++)
		if (!taken[j])
			differ(c, "sevadm lists a VM that kvm_amd does not have: %s",
			       json_object_to_json_string(
				       json_object_array_get_idx(c->views->vms, j)));
	free(taken);
}

static void compare_mirror(struct comparison *c, struct json_object *truth, struct json_object *vm)
{
	long long owner = number(truth, "mirror_of"), expected = NONE;

	if (owner != NONE)
		expected = number(c->matches[owner], "id");
	if (number(vm, "mirror_of") != expected)
		differ(c, "vm %lld: mirror_of is %lld, should be %lld (-1: null)",
		       number(vm, "id"), number(vm, "mirror_of"), expected);
}

static void compare_number(struct comparison *c, long long id, const char *key, long long have,
			   long long want)
{
	if (have != want)
		differ(c, "vm %lld: %s is %lld, should be %lld (-1: null)", id, key, have, want);
}

static void compare_vm(struct comparison *c, size_t index)
{
	struct json_object *truth = oracle_vm(c, index);
	struct json_object *vm = c->matches[index];
	long long id = number(vm, "id"), pages = 0;
	size_t i;

	if (!vm) {
		differ(c, "sevadm lists no VM for kvm_amd's %s", json_object_to_json_string(truth));
		return;
	}

	for (i = 0; i < ARRAY_SIZE(vm_numbers); i++)
		compare_number(c, id, vm_numbers[i].key, number(vm, vm_numbers[i].key),
			       vm_numbers[i].truth(truth));
	compare_number(c, id, "handle", number(vm, "handle"), oracle_handle(c, truth));
	if (!asid_agrees(c, truth, vm))
		differ(c, "vm %lld: asid is %lld, should be %lld (-1: null)", id,
		       number(vm, "asid"), number(truth, "asid"));
	compare_number(c, id, "pid", number(vm, "pid"), number(truth, "pid"));
	if (strcmp(text(vm, "type"), oracle_es(truth) ? "sev-es" : "sev"))
		differ(c, "vm %lld: type is %s, but es_active is %d", id, text(vm, "type"),
		       oracle_es(truth));
	if (strcmp(text(vm, "pool"), oracle_es(truth) ? "sev_es" : "sev"))
		differ(c, "vm %lld: pool is %s, but es_active is %d", id, text(vm, "pool"),
		       oracle_es(truth));
	compare_mirror(c, truth, vm);

	/* The oracle's own sum must hold, or it has misread a list. */
	for (i = 0; i < (size_t)oracle_regions(truth); i++)
		pages += number(json_object_array_get_idx(get(truth, "regions"), i), "npages");
	if (pages != number(truth, "pages_locked"))
		differ(c, "oracle: pages_locked %lld, but the regions have %lld pages",
		       number(truth, "pages_locked"), pages);
}

/* ---- ASIDs ---------------------------------------------------------------------------------- */

static bool has_number(struct json_object *array, long long value)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		if (json_object_get_int64(json_object_array_get_idx(array, i)) == value)
			return true;
	return false;
}

static const char *true_state(const struct views *v, long long asid)
{
	if (has_number(get(v->oracle, "used"), asid))
		return "used";
	return has_number(get(v->oracle, "reclaim"), asid) ? "reclaim" : "free";
}

/* The VM whose own ASID @asid is; NULL with *@unnumbered: its number is not known yet. */
static struct json_object *owner_of(const struct comparison *c, long long asid, bool *unnumbered)
{
	size_t i;

	*unnumbered = false;
	for (i = 0; i < c->vm_count; i++) {
		struct json_object *truth = oracle_vm(c, i);

		if (number(truth, "asid") != asid || is_mirror(truth) || !c->matches[i])
			continue;
		*unnumbered = number(c->matches[i], "asid") == NONE;
		return *unnumbered ? NULL : c->matches[i];
	}
	return NULL;
}

/*
 * An ASID whose VM ended before the firmware heard of it: the module knows that one more waits in
 * the pool, not which. Counted here, held against the pool's count in compare_pool().
 */
static bool waits_without_number(struct comparison *c, const char *state, const char *truth,
				 const char *pool)
{
	if (strcmp(state, "free") || strcmp(truth, "reclaim"))
		return false;
	c->numberless[!strcmp(pool, "sev_es")]++;
	return true;
}

static void compare_asid(struct comparison *c, struct json_object *row)
{
	long long asid = number(row, "asid");
	const char *state = text(row, "state"), *truth = true_state(c->views, asid);
	const char *pool = asid < number(c->views->oracle, "min_sev_asid") ? "sev_es" : "sev";
	struct json_object *owner;
	bool unnumbered;

	if (strcmp(text(row, "pool"), pool))
		differ(c, "asid %lld: pool is %s, should be %s", asid, text(row, "pool"), pool);
	owner = owner_of(c, asid, &unnumbered);
	if (unnumbered)
		return;
	if (strcmp(state, truth) && !waits_without_number(c, state, truth, pool))
		differ(c, "asid %lld: state is %s, should be %s", asid, state, truth);
	if (number(row, "vm") != number(owner, "id") || number(row, "pid") != number(owner, "pid"))
		differ(c, "asid %lld: vm %lld pid %lld, should be vm %lld pid %lld (-1: null)",
		       asid, number(row, "vm"), number(row, "pid"), number(owner, "id"),
		       number(owner, "pid"));
}

static void compare_asids(struct comparison *c)
{
	size_t rows = json_object_array_length(c->views->asids), i;
	long long highest = number(c->views->oracle, "max_sev_asid");

	if ((long long)rows != highest)
		differ(c, "asid list has %zu rows, should have one for each of 1 to %lld", rows,
		       highest);
	for (i = 0; i < rows; i++) {
		struct json_object *row = json_object_array_get_idx(c->views->asids, i);

		if (number(row, "asid") != (long long)i + 1)
			differ(c, "asid list: row %zu is about asid %lld", i, number(row, "asid"));
		compare_asid(c, row);
	}
}

/* ---- totals --------------------------------------------------------------------------------- */

static long long count_in(struct json_object *array, long long from, long long to)
{
	long long count = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++) {
		long long asid = json_object_get_int64(json_object_array_get_idx(array, i));

		count += asid >= from && asid <= to;
	}
	return count;
}

static long long count_rows(struct json_object *rows, const char *pool, const char *state)
{
	long long count = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		count += !strcmp(text(row, "pool"), pool) && !strcmp(text(row, "state"), state);
	}
	return count;
}

static void compare_pool(struct comparison *c, const char *name, long long from, long long to)
{
	static const char *const states[] = { "used", "reclaim" };
	struct json_object *pool = path(c->views->status, "pools", name);
	long long left = to - from + 1, listed;
	size_t i;

	if (number(pool, "capacity") != left)
		differ(c, "pool %s: capacity is %lld, should be %lld", name,
		       number(pool, "capacity"), left);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		long long want = count_in(get(c->views->oracle, states[i]), from, to);

		left -= want;
		if (number(pool, states[i]) != want)
			differ(c, "pool %s: %s is %lld, should be %lld", name, states[i],
			       number(pool, states[i]), want);
	}
	listed = count_rows(c->views->asids, name, "reclaim");
	if (number(pool, "reclaim") != listed + c->numberless[!strcmp(name, "sev_es")])
		differ(c, "pool %s: reclaim is %lld, but asid list has %lld, and %lld more wait", name,
		       number(pool, "reclaim"), listed, c->numberless[!strcmp(name, "sev_es")]);
	if (number(pool, "free") != left)
		differ(c, "pool %s: free is %lld, should be %lld", name, number(pool, "free"),
		       left);
}

static long long compare_status(struct comparison *c)
{
	struct json_object *truth = c->views->oracle, *status = c->views->status;
	long long min = number(truth, "min_sev_asid"), max = number(truth, "max_sev_asid");
	long long pinned = 0;
	size_t i;

	for (i = 0; i < c->vm_count; i++)
		pinned += oracle_pinned(json_object_array_get_idx(get(truth, "vms"), i));
	if (number(get(status, "pinned"), "current_bytes") != pinned)
		differ(c, "status: pinned.current_bytes is %lld, should be %lld",
		       number(get(status, "pinned"), "current_bytes"), pinned);
	if (number(status, "unaccounted_vms"))
		differ(c, "status: %lld unaccounted VMs: start with none",
		       number(status, "unaccounted_vms"));
	if (strcmp(text(get(status, "module"), "state"), "attached"))
		differ(c, "status: the module is %s", text(get(status, "module"), "state"));
	compare_pool(c, "sev", min, max);
	compare_pool(c, "sev_es", 1, min - 1);
	return pinned;
}

/* ---- a quiet moment ------------------------------------------------------------------------- */

static void drop_views(struct views *v)
{
	json_object_put(v->oracle);
	json_object_put(v->vms);
	json_object_put(v->asids);
	json_object_put(v->status);
	*v = (struct views) { 0 };
}

/* One oracle serves all comparisons: most of its time goes into finding symbols and layouts. */
static struct json_object *read_oracle(void)
{
	static FILE *to, *from;
	struct json_object *json = NULL;
	char *line = NULL;
	size_t size = 0;

	if (!to) {
		char *helper = run_helper("oracle");
		const char *const argv[] = { helper ? helper : "oracle", "--follow", NULL };
		bool started = run_talk(argv, &to, &from);

		free(helper);
		if (!started)
			return NULL;
	}
	if (fputc('\n', to) != EOF && !fflush(to) && getline(&line, &size, from) > 0)
		json = json_tokener_parse(line);
	free(line);
	return json;
}

static struct json_object *read_sevadm(const char *object, const char *command)
{
	const char *const argv[] = { run_sevadm(), "-j", object, command, NULL };

	return run_json(argv);
}

static bool json_same(struct json_object *a, struct json_object *b)
{
	return !strcmp(json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN),
		       json_object_to_json_string_ext(b, JSON_C_TO_STRING_PLAIN));
}

/* True when the kernel's state was the same before and after sevadm was asked. */
static bool read_views(struct views *v, bool *broken)
{
	struct json_object *after;
	bool quiet;

	v->oracle = read_oracle();
	v->vms = read_sevadm("vm", "list");
	v->asids = read_sevadm("asid", "list");
	v->status = read_sevadm("status", NULL);
	after = read_oracle();
	*broken = !v->oracle || !v->vms || !v->asids || !v->status || !after;
	quiet = !*broken && json_same(v->oracle, after);
	json_object_put(after);
	return quiet;
}

unsigned int ledger_differences(const char *where, struct ledger_totals *totals)
{
	const struct timespec pause = { .tv_nsec = QUIET_PAUSE_NS };
	struct views views = { 0 };
	struct comparison c = { .where = where, .views = &views };
	unsigned long long pinned;
	bool broken = false;
	int try;
	size_t i;

	for (try = 0; try < QUIET_TRIES && !read_views(&views, &broken); try++) {
		drop_views(&views);
		if (broken)
			break;
		nanosleep(&pause, NULL);
	}
	if (!views.oracle) {
		differ(&c, broken ? "oracle or sevadm failed" : "no quiet moment");
		return c.differences;
	}

	c.vm_count = json_object_array_length(get(views.oracle, "vms"));
	match_vms(&c);
	for (i = 0; i < c.vm_count; i++)
		compare_vm(&c, i);
	compare_asids(&c);
	pinned = compare_status(&c);
	if (totals)
		*totals = (struct ledger_totals) { c.vm_count, pinned };

	free(c.matches);
	drop_views(&views);
	return c.differences;
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

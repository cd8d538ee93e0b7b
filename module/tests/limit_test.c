// SPDX-License-Identifier: GPL-2.0-only
/* Limits: what is refused and recorded, what is charged to whom, and that nothing wraps around. */
#include <kunit/test.h>

#include "../ledger.h"
#include "../notify.h"

#include <linux/delay.h>
#include <linux/sched/signal.h>

static struct sevadm_limit_hits reported;
static int told_ret;

/* What the limits report is looked at here, and goes no further. */
static void hear(const struct sevadm_limit_hits *hits, const struct sevadm_vm *vm, int ret)
{
	reported = *hits;
	told_ret = ret;
}

#define sevadm_notify_hits(hits, vm, ret)	hear(hits, vm, ret)

/* What happens while a charge waits for those in flight, if anything; how often it has waited. */
static void (*while_it_waits)(void);
static unsigned int waits;
static bool dying;

static void wait_between_tries(void)
{
	waits++;
	if (while_it_waits)
		while_it_waits();
}

#undef usleep_range
#define usleep_range(low, high)		wait_between_tries()
#undef fatal_signal_pending
#define fatal_signal_pending(task)	dying

#include "../guarantee.h"
#include "../limit.c"
#include "../limit_set.c"
#include "../subject.c"
#include "limits.h"
#include "pools.h"

void limits_for_test(void)
{
	hash_init(subjects);
	INIT_LIST_HEAD(&sevadm_subject_list);
	memset(&sevadm_subject_host, 0, sizeof(sevadm_subject_host));
	memset(levels, 0, sizeof(levels));
	memset(level_nr, 0, sizeof(level_nr));
	memset(guaranteed, 0, sizeof(guaranteed));
	last_seq = 0;
	sevadm_subjects_init();
}

void limits_end(void)
{
	sevadm_subjects_uninit();
}

const struct sevadm_limit_hits *limits_told(void)
{
	return &reported;
}

int limits_test_init(struct kunit *test)
{
	limits_for_test();
	return pools_for_test(test);
}

void limits_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
	limits_end();
}

struct sevadm_vm *limits_start(struct kunit *test, unsigned long number, u32 uid)
{
	struct sevadm_vm *vm = sevadm_vm_create((const struct kvm *)(number * 64),
						SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	vm->uid = KUIDT_INIT(uid);
	vm->uids[0] = vm->uid;
	vm->uid_nr = 1;
	sevadm_vm_put(vm);
	return vm;
}

u64 limits_reserved(void)
{
	u64 asids;

	spin_lock(&sevadm_ledger_lock);
	asids = sevadm_pool_reserved_locked(SEVADM_POOL_SEV);
	spin_unlock(&sevadm_ledger_lock);
	return asids;
}

static int set(u32 uid, u32 resource, u32 knob, u64 value, u64 *left)
{
	struct sevadm_limit_set set = {
		.key = { .kind = uid ? SEVADM_SUBJECT_USER : SEVADM_SUBJECT_HOST,
			 .uid = KUIDT_INIT(uid) },
		.resource = resource,
		.mask = BIT(knob),
		.limits = { .min = value, .high = value, .max = value },
	};

	return sevadm_limit_set(&set, left);
}

static void limit_pins(struct kunit *test, u32 uid, u32 knob, u64 pages)
{
	u64 left;

	KUNIT_ASSERT_EQ(test, set(uid, SEVADM_RESOURCE_PIN, knob, pages, &left), 0);
}

/* Return what the host, or a user, is charged for pins. */
static struct sevadm_limit_info info(struct kunit *test, u32 uid)
{
	struct sevadm_limit_info infos[SEVADM_RESOURCE_NR];
	u64 cursor = 0;

	while (sevadm_limit_info(&cursor, infos))
		if (infos[0].key.kind == (uid ? SEVADM_SUBJECT_USER : SEVADM_SUBJECT_HOST) &&
		    __kuid_val(infos[0].key.uid) == uid)
			return infos[SEVADM_RESOURCE_PIN];
	KUNIT_FAIL(test, "user %u is not a subject", uid);
	return (struct sevadm_limit_info) {};
}

/* KVM has taken it. */
static void settle(struct sevadm_vm *vm, u32 resource, u64 amount)
{
	struct sevadm_limit_hits hits = {};

	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_settle_locked(vm, resource, amount, &hits);
	spin_unlock(&sevadm_ledger_lock);
	sevadm_notify_hits(&hits, vm, 0);
}

static int pin(struct sevadm_vm *vm, u64 pages)
{
	u64 limit;
	int ret = sevadm_limit_charge(vm, SEVADM_RESOURCE_PIN, pages, &limit);

	if (!ret)
		settle(vm, SEVADM_RESOURCE_PIN, pages);
	return ret;
}

static void unpin(struct sevadm_vm *vm, u64 pages)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_limit_uncharge_locked(vm, SEVADM_RESOURCE_PIN, pages);
	spin_unlock(&sevadm_ledger_lock);
}

static void limit_refuses_and_records(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);
	u64 limit = 0;

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, pin(vm, 60), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_PIN, 41, &limit), -EDQUOT);
	KUNIT_EXPECT_EQ(test, limit, 100);
	KUNIT_EXPECT_EQ(test, told_ret, -ENOMEM);
	KUNIT_ASSERT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].subject, SEVADM_SUBJECT_USER);
	KUNIT_EXPECT_EQ(test, reported.hits[0].subject_id, UID_ONE);
	KUNIT_EXPECT_EQ(test, reported.hits[0].resource, SEVADM_RESOURCE_PIN);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_MAX);
	KUNIT_EXPECT_EQ(test, reported.hits[0].usage, 60);
	KUNIT_EXPECT_EQ(test, reported.hits[0].limit, 100);
	KUNIT_EXPECT_EQ(test, reported.hits[0].amount, 41);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).max_events, 1);

	/* All or none: the host, asked first, has been charged nothing of it. */
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 60);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 60);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_PIN], 60);
	KUNIT_EXPECT_EQ(test, pin(vm, 40), 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).peak, 100);
}

/* Pages that were pinned unseen are there, whatever the limits are. */
static void limit_counts_what_it_cannot_refuse(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, pin(vm, 60), 0);
	sevadm_vm_pin_unseen(vm, 50);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 110);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 110);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), -EDQUOT);
	unpin(vm, 50);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 60);
	KUNIT_EXPECT_EQ(test, pin(vm, 40), 0);
}

/* They pass a soft limit as any other page does. */
static void limit_high_of_what_it_cannot_refuse(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	limit_pins(test, UID_ONE, SEVADM_KNOB_HIGH, 100);
	sevadm_vm_pin_unseen(vm, 100);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).high_events, 0);
	sevadm_vm_pin_unseen(vm, 1);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).high_events, 1);
}

/* A charge of another thread stays in flight, and is given back if KVM refuses what it is for. */
static void limit_leaves_what_is_in_flight_alone(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);
	u64 limit;

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_PIN, 7, &limit), 0);
	sevadm_vm_pin_unseen(vm, 50);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 50);
	sevadm_limit_cancel(vm, SEVADM_RESOURCE_PIN, 7);
	KUNIT_EXPECT_EQ(test, vm->in_flight[SEVADM_RESOURCE_PIN], 0);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 50);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_PIN], 50);
}

/* Another thread may release a region before it is booked: no charge stays behind. */
static void limit_of_what_is_released_before_it_is_booked(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	sevadm_vm_pin_unseen(vm, 20);
	sevadm_vm_pin(vm, -50, -1);
	sevadm_vm_pin_unseen(vm, 50);
	KUNIT_EXPECT_EQ(test, vm->pinned, 20);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_PIN], 20);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 20);
	sevadm_vm_pin(vm, -20, -1);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 0);
}

static void limit_is_of_one_user(struct kunit *test)
{
	struct sevadm_vm *one = limits_start(test, 1, UID_ONE),
			 *two = limits_start(test, 2, UID_TWO);

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 10);
	KUNIT_EXPECT_EQ(test, pin(two, 1000), 0);
	KUNIT_EXPECT_EQ(test, pin(one, 10), 0);
	KUNIT_EXPECT_EQ(test, pin(one, 1), -EDQUOT);
	limit_pins(test, 0, SEVADM_KNOB_MAX, 1010);
	KUNIT_EXPECT_EQ(test, pin(two, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, reported.hits[0].subject, SEVADM_SUBJECT_HOST);
	KUNIT_EXPECT_EQ(test, reported.hits[0].subject_id, 0);
	sevadm_vm_remove(one, false);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 0);
	KUNIT_EXPECT_EQ(test, pin(two, 10), 0);
}

/* Root is a user as any other: what others pin is not its. */
static void limit_of_root(struct kunit *test)
{
	const struct sevadm_limit_set root = {
		.key = { .kind = SEVADM_SUBJECT_USER, .uid = KUIDT_INIT(0) },
		.resource = SEVADM_RESOURCE_PIN, .mask = BIT(SEVADM_KNOB_MAX), .limits.max = 1,
	};
	struct sevadm_vm *of_root = limits_start(test, 1, 0);
	struct sevadm_vm *other = limits_start(test, 2, UID_ONE);
	u64 left;

	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&root, &left), 0);
	KUNIT_EXPECT_EQ(test, pin(other, 1000), 0);
	KUNIT_EXPECT_EQ(test, pin(of_root, 1), 0);
	KUNIT_EXPECT_EQ(test, pin(of_root, 1), -EDQUOT);
}

/* Usage and amount are compared so that their sum, which may not fit, is never made. */
static void limit_does_not_wrap(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, pin(vm, 50), 0);
	KUNIT_EXPECT_EQ(test, pin(vm, U64_MAX), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(vm, U64_MAX - 49), -EDQUOT);	/* sums to 0 */
	KUNIT_EXPECT_EQ(test, pin(vm, U64_MAX - 40), -EDQUOT);	/* sums to 9 */
	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, U64_MAX);
	KUNIT_EXPECT_EQ(test, pin(vm, U64_MAX - 49), -EDQUOT);	/* not even without a limit */
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 50);
}

static void limit_lowered_below_usage(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	KUNIT_EXPECT_EQ(test, pin(vm, 50), 0);
	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 10);	/* counts what is there already */
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 50);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), -EDQUOT);
	unpin(vm, 45);
	KUNIT_EXPECT_EQ(test, pin(vm, 5), 0);
}

/* Regions that are older than the attachment were never charged. */
static void limit_gives_back_what_was_charged(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	KUNIT_EXPECT_EQ(test, pin(vm, 5), 0);
	unpin(vm, 500);
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 0);
	unpin(vm, 1);
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 0);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_PIN], 0);
}

static void limit_high_tells_once(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	limit_pins(test, UID_ONE, SEVADM_KNOB_HIGH, 160);
	KUNIT_EXPECT_EQ(test, pin(vm, 160), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), 0);
	KUNIT_ASSERT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_HIGH);
	KUNIT_EXPECT_EQ(test, reported.hits[0].usage, 161);
	KUNIT_EXPECT_EQ(test, told_ret, 0);
	KUNIT_EXPECT_EQ(test, pin(vm, 1), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	unpin(vm, 11);	/* to 151: more than 15/16 */
	KUNIT_EXPECT_EQ(test, pin(vm, 10), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	unpin(vm, 11);	/* to 150 */
	KUNIT_EXPECT_EQ(test, pin(vm, 11), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).high_events, 2);
}

/* A charge counts while KVM is asked; if KVM refuses, it was never there. */
static void limit_of_what_is_in_flight(struct kunit *test)
{
	struct sevadm_vm *one = limits_start(test, 1, UID_ONE),
			 *two = limits_start(test, 2, UID_ONE);
	u64 limit;

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	limit_pins(test, UID_ONE, SEVADM_KNOB_HIGH, 20);
	KUNIT_EXPECT_EQ(test, pin(one, 10), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(one, SEVADM_RESOURCE_PIN, 80, &limit), 0);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 10);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).peak, 10);
	KUNIT_EXPECT_EQ(test, pin(two, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, reported.hits[0].usage, 90);
	KUNIT_EXPECT_EQ(test, pin(two, 5), 0);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).peak, 15);
	unpin(one, 90);		/* of which it has 10 */
	KUNIT_EXPECT_EQ(test, one->charged[SEVADM_RESOURCE_PIN], 80);

	sevadm_limit_cancel(one, SEVADM_RESOURCE_PIN, 80);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).peak, 15);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 5);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).high_events, 0);
	KUNIT_EXPECT_EQ(test, info(test, 0).peak, 15);
	KUNIT_EXPECT_EQ(test, pin(two, 95), 0);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).peak, 100);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).high_events, 1);

	/* A soft limit looks at what is there alone. */
	unpin(two, 95);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(one, SEVADM_RESOURCE_PIN, 50, &limit), 0);
	KUNIT_EXPECT_EQ(test, pin(two, 16), 0);
	KUNIT_ASSERT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_HIGH);
	KUNIT_EXPECT_EQ(test, reported.hits[0].usage, 21);
}

static struct sevadm_vm *refused_by_kvm;

static void kvm_refuses(void)
{
	if (waits == 3)
		sevadm_limit_cancel(refused_by_kvm, SEVADM_RESOURCE_PIN, 80);
}

/* Another's charge may be for nothing: a charge that only it leaves no room for waits a while. */
static void limit_waits_for_what_is_in_flight(struct kunit *test)
{
	struct sevadm_vm *one = limits_start(test, 1, UID_ONE),
			 *two = limits_start(test, 2, UID_ONE);
	u64 limit = 0;

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(one, SEVADM_RESOURCE_PIN, 80, &limit), 0);
	refused_by_kvm = one;
	waits = 0;
	while_it_waits = kvm_refuses;
	KUNIT_EXPECT_EQ(test, pin(two, 90), 0);
	while_it_waits = NULL;
	KUNIT_EXPECT_EQ(test, waits, 3);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 90);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).max_events, 0);

	/* Not for what would have no room without it, either. */
	waits = 0;
	KUNIT_EXPECT_EQ(test, pin(two, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, waits, 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(one, SEVADM_RESOURCE_PIN, 10, &limit), 0);
	KUNIT_EXPECT_EQ(test, pin(two, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(two, 101), -EDQUOT);
	KUNIT_EXPECT_EQ(test, waits, 0);

	/* Nor for ever, nor if it is to die. */
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(two, SEVADM_RESOURCE_PIN, 10, &limit), -EDQUOT);
	KUNIT_EXPECT_EQ(test, limit, 100);
	KUNIT_EXPECT_EQ(test, waits, IN_FLIGHT_TRIES);
	dying = true;
	KUNIT_EXPECT_EQ(test, pin(two, 10), -EDQUOT);
	dying = false;
	KUNIT_EXPECT_EQ(test, waits, IN_FLIGHT_TRIES);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).max_events, 5);
}

/* A VM that leaves the ledger takes along what is in flight. */
static void limit_of_what_is_in_flight_when_it_ends(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);
	u64 limit;

	KUNIT_EXPECT_EQ(test, pin(vm, 7), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_PIN, 80, &limit), 0);
	sevadm_vm_remove(vm, false);
	KUNIT_EXPECT_EQ(test, sevadm_subject_host.counters[SEVADM_RESOURCE_PIN].usage, 0);
	KUNIT_EXPECT_EQ(test, sevadm_subject_host.counters[SEVADM_RESOURCE_PIN].in_flight, 0);
	KUNIT_EXPECT_EQ(test, info(test, 0).peak, 7);
}

/* A process runs under a subordinate uid, in a user namespace of another user. */
static void limit_is_that_of_the_owner_as_well(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_TWO);

	vm->uids[vm->uid_nr++] = KUIDT_INIT(UID_ONE);
	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 10);
	limit_pins(test, UID_TWO, SEVADM_KNOB_MAX, 20);
	KUNIT_EXPECT_EQ(test, pin(vm, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, pin(vm, 10), 0);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 10);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 10);
}

/* A cgroup that has been removed; not one of the kernel's. */
static void limit_of_a_removed_cgroup(struct kunit *test)
{
	struct sevadm_subject_key key = { .kind = SEVADM_SUBJECT_CGROUP };
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);
	struct subject *spare;

	key.cgroup = kunit_kzalloc(test, sizeof(*key.cgroup), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, key.cgroup);
	key.cgroup->self.flags = CSS_NO_REF;
	spare = sevadm_subject_alloc(&key);
	KUNIT_ASSERT_NOT_NULL(test, spare);
	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 10);
	spin_lock(&sevadm_ledger_lock);
	sevadm_subject_enter_locked(&key, &spare);
	spin_unlock(&sevadm_ledger_lock);

	/* One refusal is one, whatever leaves meanwhile. */
	KUNIT_EXPECT_EQ(test, pin(vm, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).max_events, 1);
	KUNIT_EXPECT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_limit_sweep());
	KUNIT_EXPECT_FALSE(test, sevadm_limit_sweep());
	KUNIT_EXPECT_TRUE(test, bitmap_empty(levels, SUBJECT_LEVELS_MAX));
}

static void limit_of_a_cgroup_that_is_too_deep(struct kunit *test)
{
	struct sevadm_limit_set set = { .key.kind = SEVADM_SUBJECT_CGROUP };
	u32 resource;
	u64 left;

	set.key.cgroup = kunit_kzalloc(test, sizeof(*set.key.cgroup), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, set.key.cgroup);
	set.key.cgroup->self.flags = CSS_NO_REF | CSS_ONLINE;
	set.key.cgroup->level = SUBJECT_LEVELS_MAX;
	KUNIT_EXPECT_EQ(test, sevadm_limit_set(&set, &left), -E2BIG);
	KUNIT_EXPECT_EQ(test, sevadm_limit_apply(&set, 1, &resource, &left), -E2BIG);
}

static void limit_follows_a_migration(struct kunit *test)
{
	struct sevadm_vm *from = limits_start(test, 1, UID_ONE),
			 *to = limits_start(test, 2, UID_TWO);

	limit_pins(test, UID_ONE, SEVADM_KNOB_MAX, 100);
	limit_pins(test, UID_TWO, SEVADM_KNOB_MAX, 20);
	sevadm_vm_account(from);
	KUNIT_EXPECT_EQ(test, pin(from, 30), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), -EDQUOT);
	KUNIT_EXPECT_EQ(test, told_ret, -ENOMEM);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 0);

	limit_pins(test, UID_TWO, SEVADM_KNOB_MAX, 40);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), -EBUSY);
	/* Both until it has ended, and the host once. */
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 30);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 30);
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 30);
	KUNIT_EXPECT_EQ(test, pin(from, 11), -EDQUOT);

	sevadm_limit_move_cancel(to, from);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, info(test, UID_ONE).current_usage, 0);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 30);
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 30);
	KUNIT_EXPECT_EQ(test, to->charged[SEVADM_RESOURCE_PIN], 30);
}

/*
 * KVM has moved the context, and another thread releases regions at the destination, or pins more,
 * before the ledger has followed. What is pinned in the end is what is charged.
 */
static void limit_of_what_is_released_during_a_migration(struct kunit *test)
{
	struct sevadm_vm *from = limits_start(test, 1, UID_ONE);
	struct sevadm_vm *to = limits_start(test, 2, UID_TWO);

	limit_pins(test, UID_TWO, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(from, SEVADM_RESOURCE_PIN, 60, NULL), 0);
	sevadm_vm_pin(from, 60, 2);
	KUNIT_ASSERT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_pin(to, -50, -1);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(to, SEVADM_RESOURCE_PIN, 30, NULL), 0);
	sevadm_vm_pin(to, 30, 1);
	/* Of these, the last is not booked when the ledger follows. */
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(to, SEVADM_RESOURCE_PIN, 5, NULL), 0);
	KUNIT_ASSERT_TRUE(test, sevadm_vm_find((const struct kvm *)64) == from);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, from->charged[SEVADM_RESOURCE_PIN], 0);
	KUNIT_EXPECT_EQ(test, from->in_flight[SEVADM_RESOURCE_PIN], 0);
	sevadm_vm_put(from);
	KUNIT_EXPECT_EQ(test, to->pinned, 40);
	KUNIT_EXPECT_EQ(test, to->charged[SEVADM_RESOURCE_PIN], 45);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 40);
	KUNIT_EXPECT_EQ(test, info(test, 0).current_usage, 40);
	sevadm_vm_pin(to, 5, 1);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 45);
	KUNIT_EXPECT_EQ(test, pin(to, 55), 0);
	KUNIT_EXPECT_EQ(test, pin(to, 1), -EDQUOT);
}

/* What is in flight at the source goes along, and is settled, or given back, at the destination. */
static void limit_of_what_is_in_flight_during_a_migration(struct kunit *test)
{
	struct sevadm_vm *from = limits_start(test, 1, UID_ONE);
	struct sevadm_vm *to = limits_start(test, 2, UID_TWO);

	limit_pins(test, UID_TWO, SEVADM_KNOB_MAX, 100);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(from, SEVADM_RESOURCE_PIN, 7, NULL), 0);
	KUNIT_ASSERT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_move(to, from);
	KUNIT_EXPECT_EQ(test, to->charged[SEVADM_RESOURCE_PIN], 7);
	KUNIT_EXPECT_EQ(test, to->in_flight[SEVADM_RESOURCE_PIN], 7);
	KUNIT_EXPECT_EQ(test, info(test, UID_TWO).current_usage, 0);
	sevadm_limit_cancel(to, SEVADM_RESOURCE_PIN, 7);
	KUNIT_EXPECT_EQ(test, pin(to, 100), 0);
}

/* A knob that is not among those that are set stays as it is, whatever the message has there. */
static void limit_sets_what_is_asked_for(struct kunit *test)
{
	struct sevadm_limit_set set = {
		.key = { .kind = SEVADM_SUBJECT_USER, .uid = KUIDT_INIT(UID_ONE) },
		.resource = SEVADM_RESOURCE_ASID_SEV,
		.mask = BIT(SEVADM_KNOB_MAX),
		.limits = { .min = U64_MAX, .high = 3, .max = 5 },
	};
	const struct counter *counter;
	u64 left = 0;

	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&set, &left), 0);
	spin_lock(&sevadm_ledger_lock);
	counter = &sevadm_subject_find_locked(&set.key)->counters[SEVADM_RESOURCE_ASID_SEV];
	spin_unlock(&sevadm_ledger_lock);
	KUNIT_EXPECT_EQ(test, counter->limits.min, 0);
	KUNIT_EXPECT_EQ(test, counter->limits.high, U64_MAX);
	KUNIT_EXPECT_EQ(test, counter->limits.max, 5);
	set.mask = BIT(SEVADM_KNOB_HIGH);
	set.limits.max = 6;
	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&set, &left), 0);
	KUNIT_EXPECT_EQ(test, counter->limits.high, 3);
	KUNIT_EXPECT_EQ(test, counter->limits.max, 5);
	KUNIT_EXPECT_EQ(test, limits_reserved(), 0);
}

static int take(struct sevadm_vm *vm)
{
	return sevadm_limit_charge(vm, SEVADM_RESOURCE_ASID_SEV, 1, NULL);
}

static void limit_keeps_guaranteed_asids(struct kunit *test)
{
	const u32 capacity = POOLS_LAST - POOLS_FIRST_SEV + 1;
	unsigned long i;
	u64 left = 0;

	KUNIT_EXPECT_EQ(test, set(UID_ONE, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN,
				  capacity + 1, &left), -ENOSPC);
	KUNIT_EXPECT_EQ(test, left, capacity);
	KUNIT_EXPECT_EQ(test, set(UID_ONE, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, U64_MAX,
				  &left), -ENOSPC);
	KUNIT_ASSERT_EQ(test, set(UID_ONE, SEVADM_RESOURCE_ASID_SEV, SEVADM_KNOB_MIN, 2, &left), 0);

	for (i = 1; i <= capacity - 2; i++)
		KUNIT_EXPECT_EQ(test, take(limits_start(test, i, UID_TWO)), 0);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 100, UID_TWO)), -EDQUOT);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_MIN);
	KUNIT_EXPECT_EQ(test, told_ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 101, UID_ONE)), 0);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 102, UID_ONE)), 0);
	KUNIT_EXPECT_EQ(test, take(limits_start(test, 103, UID_ONE)), -EDQUOT);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_POOL);
}

/* An ASID that KVM did not take in the end was never used. */
static void asid_that_was_not_had(struct kunit *test)
{
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	KUNIT_EXPECT_EQ(test, take(vm), 0);
	sevadm_vm_remove(vm, false);
	KUNIT_EXPECT_EQ(test, sevadm_subject_host.counters[SEVADM_RESOURCE_ASID_SEV].peak, 0);
	vm = limits_start(test, 2, UID_ONE);
	KUNIT_EXPECT_EQ(test, take(vm), 0);
	sevadm_vm_account(vm);
	KUNIT_EXPECT_EQ(test, sevadm_subject_host.counters[SEVADM_RESOURCE_ASID_SEV].peak, 1);
}

/* Where nothing is reserved KVM refuses what its pool does not have, and that is reported. */
static void asids_that_the_pool_has_not(struct kunit *test)
{
	const u32 capacity = POOLS_LAST - POOLS_FIRST_SEV + 1;
	struct sevadm_vm *vm;
	unsigned long i;

	reported.nr = 0;
	for (i = 1; i <= capacity; i++) {
		vm = limits_start(test, i, UID_ONE);
		KUNIT_EXPECT_EQ(test, take(vm), 0);
		sevadm_vm_account(vm);
		KUNIT_EXPECT_EQ(test, reported.nr, 0);
	}
	KUNIT_EXPECT_EQ(test, take(limits_start(test, i, UID_ONE)), 0);
	KUNIT_ASSERT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_POOL);
	KUNIT_EXPECT_EQ(test, told_ret, 0);
	KUNIT_EXPECT_EQ(test, reported.hits[0].limit, capacity);
	KUNIT_EXPECT_EQ(test, reported.hits[0].amount, 1);
}

/* A VM is charged to the users it has, and to no other. */
static void limit_concerns_its_users(struct kunit *test)
{
	struct subject subject = { .key.kind = SEVADM_SUBJECT_USER };
	struct sevadm_vm *vm = limits_start(test, 1, UID_ONE);

	vm->uids[vm->uid_nr++] = KUIDT_INIT(UID_TWO);
	subject.key.uid = KUIDT_INIT(UID_ONE);
	KUNIT_EXPECT_TRUE(test, sevadm_subject_concerns(&subject, vm));
	subject.key.uid = KUIDT_INIT(UID_TWO);
	KUNIT_EXPECT_TRUE(test, sevadm_subject_concerns(&subject, vm));
	subject.key.uid = KUIDT_INIT(UID_TWO + 1);
	vm->uids[vm->uid_nr] = subject.key.uid;
	KUNIT_EXPECT_FALSE(test, sevadm_subject_concerns(&subject, vm));
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(limit_refuses_and_records),
	KUNIT_CASE(limit_counts_what_it_cannot_refuse),
	KUNIT_CASE(limit_high_of_what_it_cannot_refuse),
	KUNIT_CASE(limit_leaves_what_is_in_flight_alone),
	KUNIT_CASE(limit_of_what_is_released_before_it_is_booked),
	KUNIT_CASE(limit_is_of_one_user),
	KUNIT_CASE(limit_of_root),
	KUNIT_CASE(limit_does_not_wrap),
	KUNIT_CASE(limit_lowered_below_usage),
	KUNIT_CASE(limit_gives_back_what_was_charged),
	KUNIT_CASE(limit_high_tells_once),
	KUNIT_CASE(limit_follows_a_migration),
	KUNIT_CASE(limit_of_what_is_released_during_a_migration),
	KUNIT_CASE(limit_keeps_guaranteed_asids),
	KUNIT_CASE(limit_of_what_is_in_flight),
	KUNIT_CASE(limit_waits_for_what_is_in_flight),
	KUNIT_CASE(limit_of_what_is_in_flight_when_it_ends),
	KUNIT_CASE(limit_is_that_of_the_owner_as_well),
	KUNIT_CASE(limit_of_a_removed_cgroup),
	KUNIT_CASE(limit_of_a_cgroup_that_is_too_deep),
	KUNIT_CASE(asid_that_was_not_had),
	KUNIT_CASE(limit_of_what_is_in_flight_during_a_migration),
	KUNIT_CASE(limit_sets_what_is_asked_for),
	KUNIT_CASE(asids_that_the_pool_has_not),
	KUNIT_CASE(limit_concerns_its_users),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "sevadm_limit",
	.init = limits_test_init,
	.exit = limits_test_exit,
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);

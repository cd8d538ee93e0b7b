// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that change hands, in bulk: each is reported once, and put down to the VM that had it, also
 * while KVM gives its ASID to another one.
 */
#include <kunit/test.h>

#include "../../event.h"
#include "../private_counters.h"
#include "../vms.h"

#define SEEN_MAX	8

static struct sevadm_event seen[SEEN_MAX];
static unsigned int nr_seen;

static void saw(const struct sevadm_event *event)
{
	if (nr_seen < SEEN_MAX)
		seen[nr_seen++] = *event;
}

#define sevadm_event_emit(event)	saw(event)

#include "../../conversions.c"

static int conversions_test_init(struct kunit *test)
{
	nr_seen = 0;
	vms_for_test();
	report_work.work.pending = false;
	report_work.work.running = false;
	private_for_test(test, true);
	return pools_for_test(test);
}

static void conversions_test_exit(struct kunit *test)
{
	sevadm_conversions_uninit();
	sevadm_ledger_uninit();
	private_end();
}

static struct sevadm_vm *guest(struct kunit *test, unsigned long number, u32 asid)
{
	struct sevadm_vm *vm = start(test, number, SEVADM_VM_TYPE_SEV_SNP);

	sevadm_vm_set_asid(vm, asid);
	sevadm_conversions_watch(vm);
	return vm;
}

static void give(u32 asid, u64 pages)
{
	sevadm_private_changed(0, pages, SEVADM_RMP_NOBODY, asid);
}

static void take_back(u32 asid, u64 pages)
{
	sevadm_private_changed(0, pages, asid, SEVADM_RMP_NOBODY);
}

/* A second goes by. */
static void tick(void)
{
	if (!report_work.work.pending)
		return;
	report_work.work.pending = false;
	report_work.work.function(&report_work.work);
}

/* Expects the next events to be those of a VM, and forgets them. */
static void expect(struct kunit *test, u64 vm, u64 made_private, u64 made_shared)
{
	const u64 pages[] = { made_private, made_shared };
	const u32 commands[] = { SEVADM_KVM_MAKE_PRIVATE, SEVADM_KVM_MAKE_SHARED };
	unsigned int i, at = 0;

	for (i = 0; i < 2; i++) {
		if (!pages[i])
			continue;
		KUNIT_ASSERT_LT(test, at, nr_seen);
		KUNIT_EXPECT_EQ(test, seen[at].type, SEVADM_EVENT_KVM);
		KUNIT_EXPECT_EQ(test, seen[at].command, commands[i]);
		KUNIT_EXPECT_EQ(test, seen[at].count, pages[i]);
		KUNIT_EXPECT_EQ(test, seen[at].flags, SEVADM_EVENT_REPEATED);
		KUNIT_EXPECT_EQ(test, seen[at].ret, 0);
		KUNIT_EXPECT_TRUE(test, seen[at].known & SEVADM_KNOWN_VM);
		KUNIT_EXPECT_EQ(test, seen[at].vm, vm);
		at++;
	}
	KUNIT_EXPECT_EQ(test, nr_seen, at);
	nr_seen = 0;
}

/* ---- each page once -------------------------------------------------------------------------- */

static void pages_are_reported_once(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	give(1, 7);
	take_back(1, 2);
	give(2, 5);		/* another's */
	tick();
	expect(test, vm->id, 7, 2);
	tick();
	expect(test, vm->id, 0, 0);
	take_back(1, 3);
	give(1, 1);
	sevadm_conversions_flush();
	expect(test, vm->id, 1, 3);
	give(1, 4);
	sevadm_conversions_report(vm);
	expect(test, vm->id, 4, 0);
	KUNIT_EXPECT_TRUE(test, report_work.work.pending);
}

static void other_guests_are_not_watched(struct kunit *test)
{
	struct sevadm_vm *sev = start(test, 1, SEVADM_VM_TYPE_SEV_ES);

	sevadm_vm_set_asid(sev, 1);
	sevadm_conversions_watch(sev);
	KUNIT_EXPECT_FALSE(test, report_work.work.pending);
	give(1, 3);
	sevadm_conversions_report(sev);
	KUNIT_EXPECT_EQ(test, nr_seen, 0);
}

static void nobody_is_watched_at_the_end(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	tick();
	KUNIT_EXPECT_TRUE(test, report_work.work.pending);
	sevadm_vm_remove(vm, true);
	tick();
	KUNIT_EXPECT_FALSE(test, report_work.work.pending);
	guest(test, 2, 2);
	sevadm_conversions_uninit();
	KUNIT_EXPECT_FALSE(test, report_work.work.pending);
}

/* While the work runs, it may have passed the VM whose pages a new reader is to find. */
static void reader_comes_while_the_work_runs(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	report_work.work.pending = false;
	report_work.work.running = true;
	give(1, 6);
	sevadm_conversions_flush();
	expect(test, vm->id, 6, 0);
}

static void nothing_is_reported_before_the_count(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	private_for_test(test, false);
	give(1, 6);
	tick();
	KUNIT_EXPECT_EQ(test, nr_seen, 0);
	sevadm_private_count_end();
	tick();
	expect(test, vm->id, 6, 0);
}

/* ---- whose they are ------------------------------------------------------------------------- */

/*
 * KVM gives an ASID back before the ledger follows: until then another VM may have taken it, whose
 * counters begin at nothing.
 */
static void asid_is_another_vms_by_now(struct kunit *test)
{
	struct sevadm_vm *ends = guest(test, 1, 1), *next;

	give(1, 100);
	tick();
	expect(test, ends->id, 100, 0);
	next = guest(test, 2, 1);
	give(1, 3);
	sevadm_conversions_report(ends);
	KUNIT_EXPECT_EQ(test, nr_seen, 0);
	tick();
	expect(test, next->id, 3, 0);
}

/* The work may hold a VM that leaves meanwhile. */
static void vm_has_left(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1), *held = sevadm_vm_next(0);

	KUNIT_ASSERT_TRUE(test, held == vm);
	give(1, 2);
	sevadm_vm_remove(vm, true);
	sevadm_conversions_report(held);
	KUNIT_EXPECT_EQ(test, nr_seen, 0);
	sevadm_vm_put(held);
}

/* The firmware says that its ASID is another one than the layout of KVM's data has shown. */
static void vm_has_another_asid(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	give(1, 50);
	tick();
	expect(test, vm->id, 50, 0);
	sevadm_vm_set_asid(vm, 2);
	give(2, 4);
	tick();
	expect(test, vm->id, 4, 0);
}

/* An event counts as the user whom all other events of that process count as. */
static void event_has_the_owner_of_the_namespace(struct kunit *test)
{
	struct user_namespace outer = { .parent = &init_user_ns, .owner = KUIDT_INIT(77) };
	struct user_namespace inner = { .parent = &outer, .owner = KUIDT_INIT(88) };
	struct user_namespace *const before = shim_task.cred.user_ns;

	shim_task.cred.user_ns = &inner;
	guest(test, 1, 1);
	outer.owner = GLOBAL_ROOT_UID;
	guest(test, 2, 2);
	shim_task.cred.user_ns = before;
	guest(test, 3, 3);
	give(1, 1);
	give(2, 1);
	give(3, 1);
	tick();
	KUNIT_ASSERT_EQ(test, nr_seen, 3);
	KUNIT_EXPECT_EQ(test, seen[0].uid, 77);
	KUNIT_EXPECT_EQ(test, seen[1].uid, 1000);
	KUNIT_EXPECT_EQ(test, seen[2].uid, 1000);
	KUNIT_EXPECT_TRUE(test, seen[0].known & SEVADM_KNOWN_UID);
}

/* The process has a uid; what it does may be down to another one. */
static void vm_is_of_the_creators_user(struct kunit *test)
{
	struct user_namespace *const before = shim_task.cred.user_ns;
	struct user_namespace inner = { .parent = &init_user_ns, .owner = KUIDT_INIT(77) };
	struct sevadm_vm *vm;

	shim_task.cred.user_ns = &inner;
	vm = guest(test, 1, 1);
	shim_task.cred.user_ns = before;
	KUNIT_EXPECT_EQ(test, look(vm).uid, 1000);
	KUNIT_EXPECT_EQ(test, vm->uid_nr, 2);
	KUNIT_EXPECT_EQ(test, __kuid_val(vm->uids[0]), 1000);
	KUNIT_EXPECT_EQ(test, __kuid_val(vm->uids[1]), 77);
}

/* The module does not load then. */
static void no_room_for_accounts(struct kunit *test)
{
	private_end();
	shim_fault = 1;
	KUNIT_EXPECT_EQ(test, sevadm_private_init(9), -ENOMEM);
	KUNIT_EXPECT_EQ(test, sevadm_private_init(9), 0);
	give(9, 1);
	KUNIT_EXPECT_EQ(test, sevadm_private_accounts.nr, 10);
	/* What hands pages over after the end does no harm. */
	sevadm_private_uninit();
	give(9, 1);
	KUNIT_EXPECT_EQ(test, sevadm_private_accounts.nr, 0);
	private_for_test(test, true);
}

/* Whichever task counts: that of the work queue, or one that begins to read. */
static void event_is_put_down_to_the_creator(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	vm->pid = 4711;
	memset(vm->comm, 0, sizeof(vm->comm));
	strscpy(vm->comm, "qemu", sizeof(vm->comm));
	give(1, 1);
	tick();
	KUNIT_ASSERT_EQ(test, nr_seen, 1);
	KUNIT_EXPECT_EQ(test, seen[0].pid, 4711);
	KUNIT_EXPECT_EQ(test, seen[0].tid, 4711);
	KUNIT_EXPECT_EQ(test, strcmp(seen[0].comm, "qemu"), 0);
	KUNIT_EXPECT_EQ(test, strcmp(vm->comm, "qemu"), 0);
}

static void creator_is_not_known(struct kunit *test)
{
	struct sevadm_vm *vm = guest(test, 1, 1);

	vm->known &= ~SEVADM_KNOWN_CREATOR;
	give(1, 1);
	tick();
	KUNIT_ASSERT_EQ(test, nr_seen, 1);
	KUNIT_EXPECT_FALSE(test, seen[0].known & SEVADM_KNOWN_UID);
}

static struct kunit_case conversions_cases[] = {
	KUNIT_CASE(pages_are_reported_once),
	KUNIT_CASE(other_guests_are_not_watched),
	KUNIT_CASE(nobody_is_watched_at_the_end),
	KUNIT_CASE(reader_comes_while_the_work_runs),
	KUNIT_CASE(nothing_is_reported_before_the_count),
	KUNIT_CASE(asid_is_another_vms_by_now),
	KUNIT_CASE(vm_has_left),
	KUNIT_CASE(vm_has_another_asid),
	KUNIT_CASE(event_has_the_owner_of_the_namespace),
	KUNIT_CASE(vm_is_of_the_creators_user),
	KUNIT_CASE(no_room_for_accounts),
	KUNIT_CASE(event_is_put_down_to_the_creator),
	KUNIT_CASE(creator_is_not_known),
	{}
};

static struct kunit_suite conversions_suite = {
	.name = "sevadm_conversions",
	.init = conversions_test_init,
	.exit = conversions_test_exit,
	.test_cases = conversions_cases,
};

kunit_test_suite(conversions_suite);

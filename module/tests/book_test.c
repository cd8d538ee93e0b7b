// SPDX-License-Identifier: GPL-2.0-only
/* Firmware commands of a guest: what the ledger learns from each. */
#include <kunit/test.h>

#include "../book.c"
#include "private_counters.h"
#include "vms.h"

static int book_test_init(struct kunit *test)
{
	private_for_test(test, true);
	return pools_for_test(test);
}

static void book_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
	private_end();
}

static void book_follows_a_launch(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	const struct sevadm_psp_guest guest = {
		.known = SEVADM_KNOWN_HANDLE | SEVADM_KNOWN_POLICY | SEVADM_KNOWN_ASID,
		.handle = HANDLE, .policy = 1, .asid = ASID };

	KUNIT_EXPECT_FALSE(test, run(vm, SEV_CMD_LAUNCH_START, &guest));
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_HANDLE);
	KUNIT_EXPECT_TRUE(test, run(vm, SEV_CMD_ACTIVATE, &guest));
	KUNIT_EXPECT_FALSE(test, run(vm, SEV_CMD_ACTIVATE, &guest));	/* no news */
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_LUPDATE);
	KUNIT_EXPECT_EQ(test, look(vm).policy, 1);
	KUNIT_EXPECT_EQ(test, look(vm).handle, HANDLE);
	run(vm, SEV_CMD_LAUNCH_MEASURE, &guest);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_LSECRET);
	run(vm, SEV_CMD_LAUNCH_FINISH, &guest);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_RUNNING);
	run(vm, SEV_CMD_DECOMMISSION, &guest);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_INIT);
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_HANDLE);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_handle(HANDLE), NULL));
	/* KVM holds the ASID until the VM ends. */
	KUNIT_EXPECT_EQ(test, look(vm).asid, ASID);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).vm, vm->id);
}

/* KVM_SEV_LAUNCH_START of a VM that is launched already. */
static void book_leaves_out_a_second_guest(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	const struct sevadm_psp_guest other = { .known = SEVADM_KNOWN_HANDLE | SEVADM_KNOWN_POLICY,
						.handle = HANDLE + 1,
						.policy = 9 };
	const struct sevadm_psp_guest its = { .known = SEVADM_KNOWN_HANDLE, .handle = HANDLE };

	activate(vm, HANDLE, ASID);
	run(vm, SEV_CMD_LAUNCH_FINISH, &its);
	run(vm, SEV_CMD_LAUNCH_START, &other);
	KUNIT_EXPECT_FALSE(test, run(vm, SEV_CMD_DECOMMISSION, &other));
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, look(vm).handle, HANDLE);
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_POLICY);
}

/* The order is that of KVM_SEV_SNP_LAUNCH_START to sev_vm_destroy(). */
static void book_follows_an_snp_guest(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV_SNP);
	const struct sevadm_psp_guest named = { .gctx = GCTX };
	const struct sevadm_psp_guest launch = {
		.known = SEVADM_KNOWN_POLICY, .gctx = GCTX, .policy = 0x1000000030000 };
	const struct sevadm_psp_guest bind = {
		.known = SEVADM_KNOWN_ASID, .gctx = GCTX, .asid = ASID_ES };
	struct sevadm_vm_query query;

	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 1);
	run(vm, SEV_CMD_SNP_GCTX_CREATE, &named);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_INIT);
	run(vm, SEV_CMD_SNP_LAUNCH_START, &launch);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_LAUNCH);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_gctx(GCTX), NULL));
	KUNIT_EXPECT_TRUE(test, run(vm, SEV_CMD_SNP_ACTIVATE, &bind));
	run(vm, SEV_CMD_SNP_LAUNCH_UPDATE, &named);
	run(vm, SEV_CMD_SNP_LAUNCH_FINISH, &named);

	query = look(vm);
	KUNIT_EXPECT_EQ(test, query.type, SEVADM_VM_TYPE_SEV_SNP);
	KUNIT_EXPECT_EQ(test, query.pool, SEVADM_POOL_SEV_ES);
	KUNIT_EXPECT_EQ(test, query.state, SEVADM_VM_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, query.policy, launch.policy);
	KUNIT_EXPECT_EQ(test, query.asid, ASID_ES);
	KUNIT_EXPECT_FALSE(test, query.known & SEVADM_KNOWN_HANDLE);
	KUNIT_EXPECT_EQ(test, query.handle, 0);
	EXPECT_PAGES(test, query.pinned_bytes, 0);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID_ES).vm, vm->id);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_gctx(GCTX), vm));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_handle(0), NULL));

	run(vm, SEV_CMD_SNP_DECOMMISSION, &named);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_INIT);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_gctx(GCTX), NULL));
	KUNIT_EXPECT_EQ(test, vm->gctx, 0);
	/* The VM is there, and has no context: no address is that of nothing. */
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_gctx(0), NULL));
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID_ES).state, SEVADM_ASID_STATE_RECLAIM);
}

/* Each sort of news alone; a command without any leaves all as it is. */
static void book_takes_each_sort_of_news(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_psp_guest guest = {
		.state = -1, .policy = 9, .handle = HANDLE, .gctx = GCTX };
	const struct sevadm_vm_query before = look(vm);

	KUNIT_EXPECT_FALSE(test, sevadm_book(vm, &guest));
	KUNIT_EXPECT_EQ(test, look(vm).known, before.known);
	KUNIT_EXPECT_EQ(test, look(vm).state, before.state);
	KUNIT_EXPECT_EQ(test, look(vm).policy, before.policy);

	guest.known = SEVADM_KNOWN_POLICY;
	KUNIT_EXPECT_FALSE(test, sevadm_book(vm, &guest));
	KUNIT_EXPECT_EQ(test, look(vm).known, before.known | SEVADM_KNOWN_POLICY);
	KUNIT_EXPECT_EQ(test, look(vm).policy, 9);
	KUNIT_EXPECT_EQ(test, look(vm).state, before.state);

	/* The first number of a state is a state. */
	guest.known = 0;
	guest.policy = 10;
	guest.state = SEVADM_VM_STATE_LUPDATE;
	sevadm_book(vm, &guest);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_LUPDATE);
	KUNIT_EXPECT_TRUE(test, look(vm).known & SEVADM_KNOWN_STATE);
	guest.state = SEVADM_VM_STATE_INIT;
	sevadm_book(vm, &guest);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_INIT);
	KUNIT_EXPECT_EQ(test, look(vm).policy, 9);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_gctx(GCTX), NULL));

	/* A command that names no guest is about the VM, whatever its handle. */
	activate(vm, HANDLE, ASID);
	guest.handle = 0;
	guest.state = SEVADM_VM_STATE_RUNNING;
	sevadm_book(vm, &guest);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_RUNNING);
}

/*
 * The firmware may give a name again before KVM's VM of that name has left: the older one is found.
 */
static void book_of_a_name_that_two_have(struct kunit *test)
{
	const struct sevadm_psp_guest bind = {
		.known = SEVADM_KNOWN_ASID, .gctx = GCTX, .asid = ASID_ES };
	struct sevadm_vm *vms[4];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vms[i] = start(test, i + 1, SEVADM_VM_TYPE_SEV);
		activate(vms[i], HANDLE, ASID + i);
		vms[2 + i] = start(test, i + 3, SEVADM_VM_TYPE_SEV_SNP);
		run(vms[2 + i], SEV_CMD_SNP_ACTIVATE, &bind);
	}
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_handle(HANDLE), vms[0]));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_gctx(GCTX), vms[2]));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ_MSG(test, kref_read(&vms[i]->ref), 1, "VM %u", i);
}

static struct kunit_case book_cases[] = {
	KUNIT_CASE(book_follows_a_launch),
	KUNIT_CASE(book_leaves_out_a_second_guest),
	KUNIT_CASE(book_follows_an_snp_guest),
	KUNIT_CASE(book_takes_each_sort_of_news),
	KUNIT_CASE(book_of_a_name_that_two_have),
	{}
};

static struct kunit_suite book_suite = {
	.name = "sevadm_book",
	.init = book_test_init,
	.exit = book_test_exit,
	.test_cases = book_cases,
};

kunit_test_suite(book_suite);

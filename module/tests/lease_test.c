// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: whose VM may use one up, what is kept meanwhile, what ends with the file, and the bounds.
 */
#include <kunit/test.h>

#include <linux/capability.h>

/* The caller is trusted, or not. */
static bool is_admin = true;

#define ns_capable(namespace, capability)	(is_admin)

#include "../ledger.h"
#include "../lease.c"
#include "limits.h"
#include "pools.h"

#define SEV_CAPACITY	(POOLS_LAST - POOLS_FIRST_SEV + 1)
#define UID_ONE		1001
#define UID_TWO		1002

/* Open files: their leases. */
static struct list_head files[LEASES_ALL_MAX / LEASES_MAX + 2];

/* The VMs of a test, by their numbers. */
static struct sevadm_vm *vms[4];

static int lease_test_init(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		INIT_LIST_HEAD(&files[i]);
	memset(vms, 0, sizeof(vms));
	is_admin = true;
	limits_for_test();
	return pools_for_test(test);
}

static void unuse(struct sevadm_vm *vm)
{
	spin_lock(&sevadm_ledger_lock);
	sevadm_lease_unuse_locked(vm);
	spin_unlock(&sevadm_ledger_lock);
}

static void lease_test_exit(struct kunit *test)
{
	unsigned int i;

	is_admin = true;
	for (i = 0; i < ARRAY_SIZE(vms); i++)
		if (vms[i])
			unuse(vms[i]);
	sevadm_ledger_uninit();
	for (i = 0; i < ARRAY_SIZE(files); i++)
		sevadm_lease_release_all(&files[i]);
	limits_end();
}

/* A VM that the current task initialises; the ledger keeps it. */
static struct sevadm_vm *start(struct kunit *test, unsigned long number)
{
	struct sevadm_vm *vm =
		sevadm_vm_create((const struct kvm *)(number * 64), SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	vms[number] = vm;
	sevadm_vm_put(vm);
	return vm;
}

static int reserve(unsigned int file, u32 count, u32 subject, u64 id, u64 *number)
{
	struct sevadm_lease argument = {
		.pool = SEVADM_POOL_SEV, .count = count, .subject = subject, .subject_id = id,
	};
	int ret = sevadm_lease_reserve(&files[file], &argument);

	if (number)
		*number = argument.lease;
	return ret;
}

static bool use(struct sevadm_vm *vm, u32 pool)
{
	bool used;

	spin_lock(&sevadm_ledger_lock);
	used = sevadm_lease_use_locked(vm, pool);
	spin_unlock(&sevadm_ledger_lock);
	return used;
}

/* ASIDs that are leased and not used, and leased at all. */
static void expect_kept(struct kunit *test, u64 free, u64 all)
{
	spin_lock(&sevadm_ledger_lock);
	KUNIT_EXPECT_EQ(test, sevadm_pool_reserved_locked(SEVADM_POOL_SEV), free);
	KUNIT_EXPECT_EQ(test, sevadm_lease_count_locked(SEVADM_POOL_SEV), all);
	KUNIT_EXPECT_EQ(test, sevadm_pool_reserved_locked(SEVADM_POOL_SEV_ES), 0);
	KUNIT_EXPECT_EQ(test, sevadm_pool_available_locked(SEVADM_POOL_SEV), SEV_CAPACITY - free);
	spin_unlock(&sevadm_ledger_lock);
}

static void lease_is_kept_until_it_is_used(struct kunit *test)
{
	struct sevadm_vm *one = start(test, 1), *two = start(test, 2), *three = start(test, 3);

	KUNIT_ASSERT_EQ(test, reserve(0, 2, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	expect_kept(test, 2, 2);
	KUNIT_EXPECT_FALSE(test, use(one, SEVADM_POOL_SEV_ES));
	KUNIT_EXPECT_TRUE(test, use(one, SEVADM_POOL_SEV));
	expect_kept(test, 1, 2);
	KUNIT_EXPECT_TRUE(test, use(two, SEVADM_POOL_SEV));
	expect_kept(test, 0, 2);
	KUNIT_EXPECT_FALSE(test, use(three, SEVADM_POOL_SEV));
	unuse(three);	/* has none */
	expect_kept(test, 0, 2);
	unuse(one);
	KUNIT_EXPECT_NULL(test, one->lease);
	expect_kept(test, 1, 2);
	unuse(one);
	expect_kept(test, 1, 2);
	KUNIT_EXPECT_TRUE(test, use(three, SEVADM_POOL_SEV));
}

/* The first that is for it and has one left. */
static void lease_after_lease(struct kunit *test)
{
	struct sevadm_vm *one = start(test, 1), *two = start(test, 2);
	u64 first, second;

	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, &first), 0);
	KUNIT_ASSERT_EQ(test, reserve(1, 1, SEVADM_LEASE_DESCENDANTS, 0, &second), 0);
	KUNIT_EXPECT_NE(test, first, 0);
	KUNIT_EXPECT_GT(test, second, first);
	KUNIT_EXPECT_TRUE(test, use(one, SEVADM_POOL_SEV));
	KUNIT_EXPECT_EQ(test, one->lease->number, first);
	KUNIT_EXPECT_TRUE(test, use(two, SEVADM_POOL_SEV));
	KUNIT_EXPECT_EQ(test, two->lease->number, second);
}

static void lease_of_a_user(struct kunit *test)
{
	struct sevadm_vm *one = start(test, 1), *two = start(test, 2);

	one->uid = KUIDT_INIT(UID_ONE);
	two->uid = KUIDT_INIT(UID_TWO);
	KUNIT_ASSERT_EQ(test, reserve(0, 3, SEVADM_LEASE_USER, UID_TWO, NULL), 0);
	KUNIT_EXPECT_FALSE(test, use(one, SEVADM_POOL_SEV));
	KUNIT_EXPECT_TRUE(test, use(two, SEVADM_POOL_SEV));
	expect_kept(test, 2, 3);
}

/* Nobody knows whose an adopted VM was. */
static void lease_of_a_user_and_a_vm_without_creator(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);
	struct pid *creator = vm->creator;

	vm->uid = KUIDT_INIT(UID_ONE);
	vm->creator = NULL;
	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_USER, UID_ONE, NULL), 0);
	KUNIT_EXPECT_FALSE(test, use(vm, SEVADM_POOL_SEV));
	vm->creator = creator;
	KUNIT_EXPECT_TRUE(test, use(vm, SEVADM_POOL_SEV));
}

static void lease_of_a_cgroup(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);
	struct cgroup *cgroup = vm->cgroup;

	KUNIT_ASSERT_NOT_NULL(test, cgroup);
	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_CGROUP, cgroup_id(cgroup), NULL), 0);
	vm->cgroup = NULL;
	KUNIT_EXPECT_FALSE(test, use(vm, SEVADM_POOL_SEV));
	vm->cgroup = cgroup;
	KUNIT_EXPECT_TRUE(test, use(vm, SEVADM_POOL_SEV));
	KUNIT_EXPECT_EQ(test, reserve(0, 1, SEVADM_LEASE_CGROUP, ~0ULL >> 1, NULL), -ENOENT);
	expect_kept(test, 0, 1);
}

/* Held by @holder instead of the task that reserved it. */
static void hold_by(struct lease *lease, struct pid *holder)
{
	put_pid(lease->holder);
	lease->holder = get_pid(holder);
}

/* `sevadm asid reserve -- qemu`: the lease is the parent's, the VM its child's. */
static void lease_of_a_parent(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);
	struct pid *parent;

	rcu_read_lock();
	parent = task_tgid(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	hold_by(list_first_entry(&files[0], struct lease, file), parent);
	KUNIT_EXPECT_TRUE(test, use(vm, SEVADM_POOL_SEV));
}

static void lease_of_nobody_above(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);

	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	hold_by(list_first_entry(&files[0], struct lease, file), NULL);
	KUNIT_EXPECT_FALSE(test, use(vm, SEVADM_POOL_SEV));
}

static void lease_follows_a_migration(struct kunit *test)
{
	struct sevadm_vm *from = start(test, 1), *to = start(test, 2);

	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	KUNIT_ASSERT_TRUE(test, use(from, SEVADM_POOL_SEV));
	spin_lock(&sevadm_ledger_lock);
	sevadm_lease_move_locked(to, from);
	spin_unlock(&sevadm_ledger_lock);
	KUNIT_EXPECT_NULL(test, from->lease);
	unuse(from);
	expect_kept(test, 0, 1);
	unuse(to);
	expect_kept(test, 1, 1);
}

/* The ASIDs that its VMs use are left of it, and go with them. */
static void lease_ends_while_it_is_used(struct kunit *test)
{
	struct sevadm_vm *one = start(test, 1), *two = start(test, 2);
	u64 number, other;

	KUNIT_ASSERT_EQ(test, reserve(0, 3, SEVADM_LEASE_DESCENDANTS, 0, &number), 0);
	KUNIT_ASSERT_TRUE(test, use(one, SEVADM_POOL_SEV));
	KUNIT_ASSERT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, &other), 0);
	KUNIT_EXPECT_EQ(test, sevadm_lease_release(&files[1], number), -ENOENT);
	KUNIT_EXPECT_EQ(test, sevadm_lease_release(&files[0], other + 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, sevadm_lease_release(&files[0], number), 0);
	KUNIT_EXPECT_EQ(test, sevadm_lease_release(&files[0], number), -ENOENT);
	expect_kept(test, 1, 1);
	unuse(one);
	expect_kept(test, 1, 1);
	KUNIT_EXPECT_TRUE(test, use(two, SEVADM_POOL_SEV));
	KUNIT_EXPECT_EQ(test, two->lease->number, other);
}

static void lease_goes_with_its_file(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1);

	KUNIT_ASSERT_EQ(test, reserve(0, 2, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	KUNIT_ASSERT_EQ(test, reserve(0, 3, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	KUNIT_ASSERT_EQ(test, reserve(1, 1, SEVADM_LEASE_USER, UID_ONE, NULL), 0);
	expect_kept(test, 6, 6);
	sevadm_lease_release_all(&files[0]);
	expect_kept(test, 1, 1);
	KUNIT_EXPECT_FALSE(test, use(vm, SEVADM_POOL_SEV));
	sevadm_lease_release_all(&files[0]);
	expect_kept(test, 1, 1);
}

static void lease_of_no_more_than_there_are(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, reserve(0, SEV_CAPACITY + 1, SEVADM_LEASE_DESCENDANTS, 0, NULL),
			-EBUSY);
	expect_kept(test, 0, 0);
	KUNIT_EXPECT_EQ(test, reserve(0, SEV_CAPACITY, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), -EBUSY);
	expect_kept(test, SEV_CAPACITY, SEV_CAPACITY);
}

static void lease_that_makes_no_sense(struct kunit *test)
{
	static const struct {
		u32 pool, count, subject;
		u64 id;
		int ret;
	} rows[] = {
		{ SEVADM_POOL_NR, 1, SEVADM_LEASE_DESCENDANTS, 0, -EINVAL },
		{ SEVADM_POOL_SEV, 0, SEVADM_LEASE_DESCENDANTS, 0, -EINVAL },
		{ SEVADM_POOL_SEV, 1, SEVADM_LEASE_CGROUP + 1, 0, -EINVAL },
		{ SEVADM_POOL_SEV, 1, SEVADM_LEASE_DESCENDANTS, 1, -EINVAL },
		{ SEVADM_POOL_SEV, 1, SEVADM_LEASE_USER, U32_MAX, -EINVAL },
		{ SEVADM_POOL_SEV, 1, SEVADM_LEASE_USER, U32_MAX + 1ULL, -EINVAL },
		{ SEVADM_POOL_SEV, 1, SEVADM_LEASE_USER, U32_MAX - 1, 0 },
		{ SEVADM_POOL_SEV, 1, SEVADM_LEASE_USER, 0, 0 },
		{ SEVADM_POOL_SEV_SNP, 1, SEVADM_LEASE_DESCENDANTS, 0, -ENOENT },
		{ SEVADM_POOL_SEV_ES, POOLS_FIRST_SEV, SEVADM_LEASE_DESCENDANTS, 0, -EBUSY },
		{ SEVADM_POOL_SEV_ES, POOLS_FIRST_SEV - 1, SEVADM_LEASE_DESCENDANTS, 0, 0 },
	};
	/* One for SEV-ES and SEV-SNP guests. */
	const struct sevadm_asid_range both = { .first = 1, .last = POOLS_FIRST_SEV - 1 };
	unsigned int i;

	sevadm_pool_divide(&both, &both);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sevadm_lease argument = {
			.pool = rows[i].pool, .count = rows[i].count,
			.subject = rows[i].subject, .subject_id = rows[i].id,
		};

		KUNIT_EXPECT_EQ_MSG(test, sevadm_lease_reserve(&files[0], &argument), rows[i].ret,
				    "row %u", i);
	}
}

static void lease_of_the_unprivileged(struct kunit *test)
{
	is_admin = false;
	KUNIT_EXPECT_EQ(test, reserve(0, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), -EPERM);
	expect_kept(test, 0, 0);
}

/* One file has a bound, and all together have one. */
static void lease_bounds(struct kunit *test)
{
	unsigned int file, i;
	u64 number = 0;

	pools_of_size(test, POOLS_FIRST_SEV, POOLS_FIRST_SEV + 2 * LEASES_ALL_MAX);
	for (file = 0; file < LEASES_ALL_MAX / LEASES_MAX; file++) {
		for (i = 0; i < LEASES_MAX; i++)
			KUNIT_ASSERT_EQ(test,
					reserve(file, 1, SEVADM_LEASE_DESCENDANTS, 0, &number), 0);
		KUNIT_ASSERT_EQ(test, reserve(file, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), -ENOSPC);
	}
	KUNIT_EXPECT_EQ(test, reserve(file, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, sevadm_lease_release(&files[file - 1], number), 0);
	KUNIT_EXPECT_EQ(test, reserve(file, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, reserve(file, 1, SEVADM_LEASE_DESCENDANTS, 0, NULL), -ENOSPC);
}

static struct kunit_case lease_cases[] = {
	KUNIT_CASE(lease_is_kept_until_it_is_used),
	KUNIT_CASE(lease_after_lease),
	KUNIT_CASE(lease_of_a_user),
	KUNIT_CASE(lease_of_a_user_and_a_vm_without_creator),
	KUNIT_CASE(lease_of_a_cgroup),
	KUNIT_CASE(lease_of_a_parent),
	KUNIT_CASE(lease_of_nobody_above),
	KUNIT_CASE(lease_follows_a_migration),
	KUNIT_CASE(lease_ends_while_it_is_used),
	KUNIT_CASE(lease_goes_with_its_file),
	KUNIT_CASE(lease_of_no_more_than_there_are),
	KUNIT_CASE(lease_that_makes_no_sense),
	KUNIT_CASE(lease_of_the_unprivileged),
	KUNIT_CASE(lease_bounds),
	{}
};

static struct kunit_suite lease_suite = {
	.name = "sevadm_lease",
	.init = lease_test_init,
	.exit = lease_test_exit,
	.test_cases = lease_cases,
};

kunit_test_suite(lease_suite);

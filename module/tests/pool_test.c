// SPDX-License-Identifier: GPL-2.0-only
/* Arithmetic of the ASID pools. */
#include <kunit/test.h>
#include <linux/module.h>

#include "../compat/cpuid.h"
#include "../compat/misc_cgroup.h"

/* What the processor says of itself, and what the misc controller has counted. */
static struct {
	u32 last_leaf, eax, ecx, edx;
} processor;
static u64 misc_sev, misc_es;

#undef cpuid
#undef cpuid_eax
#define cpuid(leaf, a, b, c, d) ({			\
	*(a) = processor.eax;				\
	*(b) = 0;					\
	*(c) = processor.ecx;				\
	*(d) = processor.edx;				\
})
#define cpuid_eax(leaf)	processor.last_leaf
#define compat_misc_cg_total_usage(type) ((type) == MISC_CG_RES_SEV ? misc_sev : misc_es)

#include "../pool.c"
#include "pools.h"

#define FIRST_SEV	POOLS_FIRST_SEV
#define LAST		POOLS_LAST
#define VM		77
#define PID		4711

#define locked(call) ({						\
	spin_lock(&sevadm_ledger_lock);				\
	call;							\
	spin_unlock(&sevadm_ledger_lock);			\
})

void pools_of_size(struct kunit *test, u32 first_sev, u32 last)
{
	asids = kunit_kcalloc(test, last + 1, sizeof(*asids), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, asids);
	max_asid = last;
	max_es_asid = first_sev - 1;
	division_known = false;
	memset(pools, 0, sizeof(pools));
	pool_define(SEVADM_POOL_SEV, first_sev, last);
	pool_define(SEVADM_POOL_SEV_ES, 1, first_sev - 1);
}

int pools_for_test(struct kunit *test)
{
	pools_of_size(test, FIRST_SEV, LAST);
	return 0;
}

static struct sevadm_pool_query pool_now(struct kunit *test, u32 pool)
{
	struct sevadm_pool_query query = { .pool = pool };

	KUNIT_ASSERT_EQ(test, sevadm_pool_query(&query), 0);
	KUNIT_EXPECT_EQ(test, query.used + query.reclaim + query.free, query.capacity);
	return query;
}

static u32 state_with_pid(struct kunit *test, u32 asid, u64 vm, u32 vm_pid)
{
	struct sevadm_asid_query query = { .asid = asid };
	u32 pid = 0;

	KUNIT_ASSERT_EQ(test, sevadm_asid_query(&query, &pid), 0);
	KUNIT_EXPECT_EQ(test, query.vm, vm);
	KUNIT_EXPECT_EQ(test, pid, vm_pid);
	return query.state;
}

static u32 state_of(struct kunit *test, u32 asid, u64 vm)
{
	return state_with_pid(test, asid, vm, vm ? PID : 0);
}

/* A VM's ASID: taken, its number known. */
static void take(u32 pool, u32 asid)
{
	locked({
		sevadm_pool_take_locked(pool);
		sevadm_pool_bind_locked(pool, asid, VM, PID);
	});
}

static void pool_is_free_at_first(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).free, LAST - FIRST_SEV + 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).free, FIRST_SEV - 1);
	KUNIT_EXPECT_EQ(test, state_of(test, 1, 0), SEVADM_ASID_STATE_FREE);
}

static void pool_boundaries(struct kunit *test)
{
	struct sevadm_asid_query query = {};
	struct sevadm_pool_query pool = { .pool = SEVADM_POOL_NR };
	u32 pid;

	KUNIT_EXPECT_EQ(test, pool_of_asid(FIRST_SEV - 1), SEVADM_POOL_SEV_ES);
	KUNIT_EXPECT_EQ(test, pool_of_asid(FIRST_SEV), SEVADM_POOL_SEV);
	KUNIT_EXPECT_EQ(test, sevadm_asid_query(&query, &pid), -ENOENT);
	query.asid = LAST + 1;
	KUNIT_EXPECT_EQ(test, sevadm_asid_query(&query, &pid), -ENOENT);
	query.asid = LAST;
	query.pool = SEVADM_POOL_NR;
	KUNIT_EXPECT_EQ(test, sevadm_asid_query(&query, &pid), 0);
	KUNIT_EXPECT_EQ(test, query.pool, SEVADM_POOL_SEV);
	query.asid = 1;
	KUNIT_EXPECT_EQ(test, sevadm_asid_query(&query, &pid), 0);
	KUNIT_EXPECT_EQ(test, query.pool, SEVADM_POOL_SEV_ES);
	KUNIT_EXPECT_EQ(test, sevadm_pool_query(&pool), -ENOENT);
}

/* A processor whose SEV-ES guests have no ASIDs, and one whose SEV guests have none. */
static void pool_may_be_empty(struct kunit *test)
{
	pool_define(SEVADM_POOL_SEV, LAST + 1, LAST);
	KUNIT_EXPECT_EQ(test, pools[SEVADM_POOL_SEV].capacity, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).free, 0);
}

static void pool_life_of_an_asid(struct kunit *test)
{
	locked(sevadm_pool_take_locked(SEVADM_POOL_SEV));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, FIRST_SEV, 0), SEVADM_ASID_STATE_FREE);

	locked(sevadm_pool_bind_locked(SEVADM_POOL_SEV, FIRST_SEV, VM, PID));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, FIRST_SEV, VM), SEVADM_ASID_STATE_USED);

	locked(sevadm_pool_give_back_locked(SEVADM_POOL_SEV, FIRST_SEV, VM));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, FIRST_SEV, 0), SEVADM_ASID_STATE_RECLAIM);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 0);
}

static void pool_recycles_both(struct kunit *test)
{
	u32 recycled;

	take(SEVADM_POOL_SEV, FIRST_SEV);
	take(SEVADM_POOL_SEV, LAST);
	take(SEVADM_POOL_SEV_ES, 1);
	locked({
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV, FIRST_SEV, VM);
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV_ES, 1, VM);
		recycled = sevadm_pool_recycle_locked();
	});
	KUNIT_EXPECT_EQ(test, recycled, 2);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).recycles, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).recycles, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, FIRST_SEV, 0), SEVADM_ASID_STATE_FREE);
	KUNIT_EXPECT_EQ(test, state_of(test, 1, 0), SEVADM_ASID_STATE_FREE);
	KUNIT_EXPECT_EQ(test, state_of(test, LAST, VM), SEVADM_ASID_STATE_USED);
	locked({
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV, LAST, VM);
		recycled = sevadm_pool_recycle_locked();
	});
	KUNIT_EXPECT_EQ(test, recycled, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, LAST, 0), SEVADM_ASID_STATE_FREE);
}

/* An ASID whose number never showed waits all the same. */
static void pool_waits_without_a_number(struct kunit *test)
{
	locked({
		sevadm_pool_take_locked(SEVADM_POOL_SEV_ES);
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV_ES, 0, VM);
	});
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 0);
}

/* KVM hands out nothing that waits: it has recycled unseen. */
static void pool_bind_of_one_that_waits(struct kunit *test)
{
	take(SEVADM_POOL_SEV, FIRST_SEV);
	locked(sevadm_pool_give_back_locked(SEVADM_POOL_SEV, FIRST_SEV, VM));
	take(SEVADM_POOL_SEV, FIRST_SEV);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);

	/* While one waits, another that does not wait says nothing of it. */
	take(SEVADM_POOL_SEV, LAST);
	locked(sevadm_pool_give_back_locked(SEVADM_POOL_SEV, LAST, VM));
	take(SEVADM_POOL_SEV, FIRST_SEV + 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
	/* Nor does one that waits for no pool's count. */
	locked(pools[SEVADM_POOL_SEV].reclaim = 0);
	take(SEVADM_POOL_SEV, LAST);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
}

static void pool_never_below_zero(struct kunit *test)
{
	struct sevadm_pool_query query = { .pool = SEVADM_POOL_SEV_ES };
	u32 i;

	locked(sevadm_pool_give_back_locked(SEVADM_POOL_SEV, FIRST_SEV, VM));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);

	/* More than there are: then nothing is free, whatever is wrong. */
	for (i = 0; i < 2 * LAST; i++)
		locked(sevadm_pool_take_locked(SEVADM_POOL_SEV_ES));
	KUNIT_ASSERT_EQ(test, sevadm_pool_query(&query), 0);
	KUNIT_EXPECT_EQ(test, query.free, 0);
}

static void pool_ignores_impossible_numbers(struct kunit *test)
{
	locked({
		sevadm_pool_bind_locked(SEVADM_POOL_SEV, 0, VM, PID);
		sevadm_pool_bind_locked(SEVADM_POOL_SEV, LAST + 1, VM, PID);
		sevadm_pool_bind_locked(SEVADM_POOL_SEV, U32_MAX, VM, PID);
		sevadm_pool_move_locked(U32_MAX, VM, VM + 1, PID);
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV, U32_MAX, VM);
	});
	KUNIT_EXPECT_EQ(test, state_of(test, LAST, 0), SEVADM_ASID_STATE_FREE);
}

static void pool_peak_stays(struct kunit *test)
{
	take(SEVADM_POOL_SEV, FIRST_SEV);
	take(SEVADM_POOL_SEV, FIRST_SEV + 1);
	locked({
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV, FIRST_SEV, VM);
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV, FIRST_SEV + 1, VM);
	});
	take(SEVADM_POOL_SEV, FIRST_SEV + 2);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).peak, 2);
}

static void pool_moves_to_another_vm(struct kunit *test)
{
	take(SEVADM_POOL_SEV, LAST);
	locked(sevadm_pool_move_locked(LAST, VM, VM + 1, PID + 1));
	KUNIT_EXPECT_EQ(test, state_with_pid(test, LAST, VM + 1, PID + 1), SEVADM_ASID_STATE_USED);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
}

/*
 * KVM has recycled the ASID and handed it out again, before the end of the VM that had it was
 * reported.
 */
static void pool_of_the_next_vm_stays_its(struct kunit *test)
{
	take(SEVADM_POOL_SEV, LAST);
	locked(sevadm_pool_move_locked(LAST, VM + 1, VM + 2, PID + 1));
	KUNIT_EXPECT_EQ(test, state_of(test, LAST, VM), SEVADM_ASID_STATE_USED);
	locked(sevadm_pool_move_locked(LAST, VM + 1, 0, 0));
	KUNIT_EXPECT_EQ(test, state_of(test, LAST, VM), SEVADM_ASID_STATE_USED);
	locked(sevadm_pool_give_back_locked(SEVADM_POOL_SEV, LAST, VM + 1));
	KUNIT_EXPECT_EQ(test, state_of(test, LAST, VM), SEVADM_ASID_STATE_USED);
}

static bool adopt(u64 used_bits, u64 reclaim_bits)
{
	DECLARE_BITMAP(used, LAST + 1);
	DECLARE_BITMAP(reclaim, LAST + 1);
	bool done;

	bitmap_from_arr64(used, &used_bits, LAST + 1);
	bitmap_from_arr64(reclaim, &reclaim_bits, LAST + 1);
	locked(done = sevadm_pool_sync_locked(used, reclaim));
	return done;
}

static void pool_adopts_bitmaps(struct kunit *test)
{
	take(SEVADM_POOL_SEV, 6);
	KUNIT_EXPECT_TRUE(test,
			  adopt(BIT(1) | BIT(2) | BIT(6) | BIT(7) | BIT(12), BIT(2) | BIT(12)));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 2);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, 6, VM), SEVADM_ASID_STATE_USED);
	KUNIT_EXPECT_EQ(test, state_of(test, 7, 0), SEVADM_ASID_STATE_USED);
	KUNIT_EXPECT_EQ(test, state_of(test, 12, 0), SEVADM_ASID_STATE_RECLAIM);
	KUNIT_EXPECT_EQ(test, state_of(test, 11, 0), SEVADM_ASID_STATE_FREE);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).peak, 2);
	/* And what is gone from them is free. */
	KUNIT_EXPECT_TRUE(test, adopt(BIT(6), 0));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, state_of(test, 7, 0), SEVADM_ASID_STATE_FREE);
}

static void pool_does_not_believe_contradictions(struct kunit *test)
{
	take(SEVADM_POOL_SEV, 6);
	/* Waiting, but free; and the VM's own, but free. */
	KUNIT_EXPECT_FALSE(test, adopt(BIT(6), BIT(7)));
	KUNIT_EXPECT_FALSE(test, adopt(BIT(6), BIT(LAST)));
	KUNIT_EXPECT_FALSE(test, adopt(BIT(7), 0));
	take(SEVADM_POOL_SEV_ES, 1);
	KUNIT_EXPECT_FALSE(test, adopt(BIT(6), 0));
	KUNIT_EXPECT_FALSE(test, adopt(BIT(1), 0));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
	KUNIT_EXPECT_EQ(test, state_of(test, 7, 0), SEVADM_ASID_STATE_FREE);
}

static void pool_forgets_with_kvm(struct kunit *test)
{
	take(SEVADM_POOL_SEV, 6);
	take(SEVADM_POOL_SEV_ES, 1);
	locked({
		sevadm_pool_give_back_locked(SEVADM_POOL_SEV_ES, 1, VM);
		sevadm_pool_reset_locked();
	});
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 0);
	KUNIT_EXPECT_EQ(test, state_of(test, 6, 0), SEVADM_ASID_STATE_FREE);
	KUNIT_EXPECT_EQ(test, state_of(test, 1, 0), SEVADM_ASID_STATE_FREE);
}

static void divide(u32 first_snp, u32 last_snp, u32 first_es, u32 last_es)
{
	const struct sevadm_asid_range snp = { first_snp, last_snp }, es = { first_es, last_es };

	sevadm_pool_divide(&snp, &es);
}

static bool has_snp(void)
{
	struct sevadm_pool_query query = { .pool = SEVADM_POOL_SEV_SNP };

	return !sevadm_pool_query(&query);
}

/* Until kvm_amd is there nobody knows if SEV-SNP guests have ASIDs of their own. */
static void pool_of_snp_is_not_known(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, has_snp());
	KUNIT_EXPECT_FALSE(test, sevadm_pool_known_absent(SEVADM_POOL_SEV_SNP));
	KUNIT_EXPECT_EQ(test, sevadm_pool_capacity_hoped_for(SEVADM_POOL_SEV_SNP), FIRST_SEV - 1);
	KUNIT_EXPECT_EQ(test, sevadm_pool_capacity(SEVADM_POOL_SEV_SNP), 0);
	KUNIT_EXPECT_EQ(test, sevadm_pool_of_type(SEVADM_VM_TYPE_SEV_SNP), SEVADM_POOL_SEV_ES);
}

static void pool_of_snp_is_not_there(struct kunit *test)
{
	divide(1, FIRST_SEV - 1, 1, FIRST_SEV - 1);
	KUNIT_EXPECT_FALSE(test, has_snp());
	KUNIT_EXPECT_TRUE(test, sevadm_pool_known_absent(SEVADM_POOL_SEV_SNP));
	KUNIT_EXPECT_FALSE(test, sevadm_pool_known_absent(SEVADM_POOL_SEV_ES));
	KUNIT_EXPECT_EQ(test, sevadm_pool_capacity_hoped_for(SEVADM_POOL_SEV_SNP), 0);
	KUNIT_EXPECT_EQ(test, sevadm_pool_of_type(SEVADM_VM_TYPE_SEV_SNP), SEVADM_POOL_SEV_ES);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).capacity, FIRST_SEV - 1);

	/* One ASID is enough for a pool. */
	divide(1, 1, 2, FIRST_SEV - 1);
	KUNIT_EXPECT_TRUE(test, has_snp());
	/* A kernel without ciphertext hiding, where only the other variable was found. */
	divide(1, 0, 1, U32_MAX);
	KUNIT_EXPECT_FALSE(test, has_snp());
}

static void pool_of_snp_is_divided(struct kunit *test)
{
	divide(1, 3, 4, FIRST_SEV - 1);
	KUNIT_EXPECT_FALSE(test, sevadm_pool_known_absent(SEVADM_POOL_SEV_SNP));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).free, 3);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).min_asid, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).free, FIRST_SEV - 4);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).min_asid, 4);
	KUNIT_EXPECT_EQ(test, pool_of_asid(3), SEVADM_POOL_SEV_SNP);
	KUNIT_EXPECT_EQ(test, pool_of_asid(4), SEVADM_POOL_SEV_ES);
	KUNIT_EXPECT_EQ(test, pool_of_asid(FIRST_SEV), SEVADM_POOL_SEV);
	KUNIT_EXPECT_EQ(test, sevadm_pool_of_type(SEVADM_VM_TYPE_SEV), SEVADM_POOL_SEV);
	KUNIT_EXPECT_EQ(test, sevadm_pool_of_type(SEVADM_VM_TYPE_SEV_ES), SEVADM_POOL_SEV_ES);
	KUNIT_EXPECT_EQ(test, sevadm_pool_of_type(SEVADM_VM_TYPE_SEV_SNP), SEVADM_POOL_SEV_SNP);

	/* What one uses, the other has still; one flush frees what waits of both. */
	take(SEVADM_POOL_SEV_SNP, 2);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 0);
	locked(sevadm_pool_give_back_locked(SEVADM_POOL_SEV_SNP, 2, VM));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).reclaim, 1);
	locked(sevadm_pool_recycle_locked());
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).free, 3);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).recycles, 1);

	KUNIT_EXPECT_TRUE(test, adopt(BIT(1) | BIT(4) | BIT(6), BIT(4)));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_pool_held(SEVADM_POOL_SEV_SNP, 1));
	KUNIT_EXPECT_FALSE(test, sevadm_pool_held(SEVADM_POOL_SEV_ES, 1));
}

/* kvm_amd may give SEV-SNP guests all, and more than there are where its parameter says so. */
static void pool_of_snp_has_all(struct kunit *test)
{
	divide(1, FIRST_SEV + 3, FIRST_SEV + 4, FIRST_SEV - 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).capacity, FIRST_SEV - 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).capacity, 0);
	KUNIT_EXPECT_EQ(test, pool_of_asid(FIRST_SEV - 1), SEVADM_POOL_SEV_SNP);
	KUNIT_EXPECT_EQ(test, pool_of_asid(FIRST_SEV), SEVADM_POOL_SEV);
}

static void pool_of_snp_goes_with_kvm(struct kunit *test)
{
	divide(1, 3, 4, FIRST_SEV - 1);
	sevadm_pool_undivide();
	KUNIT_EXPECT_FALSE(test, has_snp());
	KUNIT_EXPECT_FALSE(test, sevadm_pool_known_absent(SEVADM_POOL_SEV_SNP));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).capacity, FIRST_SEV - 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).min_asid, 1);

	/* It comes again, without the parameter, and was not seen to go. */
	divide(1, 3, 4, FIRST_SEV - 1);
	divide(1, FIRST_SEV - 1, 1, FIRST_SEV - 1);
	KUNIT_EXPECT_TRUE(test, sevadm_pool_known_absent(SEVADM_POOL_SEV_SNP));
	KUNIT_EXPECT_EQ(test, sevadm_pool_of_type(SEVADM_VM_TYPE_SEV_SNP), SEVADM_POOL_SEV_ES);
}

/* What VMs of the ledger hold is not foreign; while one is just taking an ASID it is not known. */
static void pool_has_foreign_asids(struct kunit *test)
{
	locked(sevadm_pool_hold_locked(SEVADM_POOL_SEV));
	locked(sevadm_pool_charge_locked(SEVADM_POOL_SEV, 1));
	KUNIT_EXPECT_TRUE(test, adopt(BIT(5) | BIT(6) | BIT(7), 0));
	KUNIT_EXPECT_EQ(test, foreign_locked(SEVADM_POOL_SEV), 2);
	locked(sevadm_pool_charge_locked(SEVADM_POOL_SEV, 1));
	KUNIT_EXPECT_TRUE(test, adopt(BIT(5) | BIT(6) | BIT(7) | BIT(8), 0));
	KUNIT_EXPECT_EQ(test, foreign_locked(SEVADM_POOL_SEV), 2);
	locked(sevadm_pool_hold_locked(SEVADM_POOL_SEV));
	KUNIT_EXPECT_TRUE(test, adopt(BIT(5) | BIT(6), 0));
	KUNIT_EXPECT_EQ(test, foreign_locked(SEVADM_POOL_SEV), 0);
	locked(sevadm_pool_unhold_locked(SEVADM_POOL_SEV));
	locked(sevadm_pool_charge_locked(SEVADM_POOL_SEV, -1));
	KUNIT_EXPECT_TRUE(test, adopt(BIT(5) | BIT(6), 0));
	KUNIT_EXPECT_EQ(test, foreign_locked(SEVADM_POOL_SEV), 1);
}

/* Where SEV guests' ASIDs begin, and whether others have any, is as in sev_hardware_setup(). */
static void pool_is_what_the_processor_has(struct kunit *test)
{
	static const u32 sev = CPUID_ENCRYPTED_MEMORY_SEV;
	static const u32 both = CPUID_ENCRYPTED_MEMORY_SEV | CPUID_ENCRYPTED_MEMORY_SEV_ES;
	static const struct {
		u32 last_leaf, eax, ecx, edx;	/* what it says of itself */
		u32 max, first_sev, nr_sev, nr_es;
	} rows[] = {
		{ CPUID_ENCRYPTED_MEMORY - 1, both, 12, 5, 0, 0, 0, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 5, 12, 5, 8, 4 },
		{ CPUID_ENCRYPTED_MEMORY + 1, both, 12, 5, 12, 5, 8, 4 },
		{ CPUID_ENCRYPTED_MEMORY, sev, 12, 5, 12, 5, 8, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both & ~sev, 12, 5, 0, 0, 0, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both, 0, 0, 0, 0, 0, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both, 1, 1, 1, 1, 1, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 0, 12, 1, 12, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 1, 12, 1, 12, 0 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 2, 12, 2, 11, 1 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 12, 12, 12, 1, 11 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 13, 12, 13, 0, 12 },
		{ CPUID_ENCRYPTED_MEMORY, both, 12, 20, 12, 20, 0, 12 },
		{ CPUID_ENCRYPTED_MEMORY, both, MAX_ASIDS, 5, MAX_ASIDS, 5, MAX_ASIDS - 4, 4 },
		{ CPUID_ENCRYPTED_MEMORY, both, MAX_ASIDS + 1, 5, 0, 0, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(pools, 0, sizeof(pools));
		asids = NULL;
		max_asid = 0;
		max_es_asid = 0;
		processor.last_leaf = rows[i].last_leaf;
		processor.eax = rows[i].eax;
		processor.ecx = rows[i].ecx;
		processor.edx = rows[i].edx;
		KUNIT_ASSERT_EQ(test, sevadm_pool_init(), 0);
		KUNIT_EXPECT_EQ_MSG(test, sevadm_pool_max_asid(), rows[i].max, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, pool_now(test, SEVADM_POOL_SEV).min_asid,
				    rows[i].first_sev, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, pool_now(test, SEVADM_POOL_SEV).max_asid,
				    rows[i].max, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, sevadm_pool_capacity(SEVADM_POOL_SEV), rows[i].nr_sev,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, sevadm_pool_capacity(SEVADM_POOL_SEV_ES), rows[i].nr_es,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, sevadm_pool_capacity_hoped_for(SEVADM_POOL_SEV_SNP),
				    rows[i].nr_es, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, asid_valid(rows[i].max), !!rows[i].max, "row %u", i);
		KUNIT_EXPECT_FALSE(test, asid_valid(rows[i].max + 1));
		if (rows[i].max) {
			KUNIT_ASSERT_NOT_NULL(test, asids);
			KUNIT_EXPECT_EQ(test, asids[rows[i].max].state, SEVADM_ASID_STATE_FREE);
		}
		sevadm_pool_uninit();
	}
}

/* The misc controller counts SEV-ES and SEV-SNP together: the latter are as many as are used. */
static void pool_of_the_misc_controller(struct kunit *test)
{
	misc_sev = 3;
	misc_es = 5;
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).charged, 3);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).charged, 5);
	divide(1, 3, 4, FIRST_SEV - 1);
	locked(sevadm_pool_charge_locked(SEVADM_POOL_SEV_SNP, 2));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).charged, 3);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).charged, 2);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).charged, 3);
	/* KVM has lost count. */
	misc_es = 1;
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_SNP).charged, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).charged, 0);
	misc_sev = 0;
	misc_es = 0;
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(pool_is_free_at_first),
	KUNIT_CASE(pool_boundaries),
	KUNIT_CASE(pool_may_be_empty),
	KUNIT_CASE(pool_life_of_an_asid),
	KUNIT_CASE(pool_recycles_both),
	KUNIT_CASE(pool_waits_without_a_number),
	KUNIT_CASE(pool_bind_of_one_that_waits),
	KUNIT_CASE(pool_never_below_zero),
	KUNIT_CASE(pool_ignores_impossible_numbers),
	KUNIT_CASE(pool_peak_stays),
	KUNIT_CASE(pool_moves_to_another_vm),
	KUNIT_CASE(pool_of_the_next_vm_stays_its),
	KUNIT_CASE(pool_adopts_bitmaps),
	KUNIT_CASE(pool_does_not_believe_contradictions),
	KUNIT_CASE(pool_forgets_with_kvm),
	KUNIT_CASE(pool_of_snp_is_not_known),
	KUNIT_CASE(pool_of_snp_is_not_there),
	KUNIT_CASE(pool_of_snp_is_divided),
	KUNIT_CASE(pool_of_snp_has_all),
	KUNIT_CASE(pool_of_snp_goes_with_kvm),
	KUNIT_CASE(pool_has_foreign_asids),
	KUNIT_CASE(pool_is_what_the_processor_has),
	KUNIT_CASE(pool_of_the_misc_controller),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "sevadm_pool",
	.init = pools_for_test,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);

MODULE_DESCRIPTION("KUnit suites of sevadm");
MODULE_AUTHOR("The sevadm authors");
MODULE_LICENSE("GPL");

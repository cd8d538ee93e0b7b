// SPDX-License-Identifier: GPL-2.0-only
/* The ledger: VMs come, pin, mirror, migrate and go, and what it says of them adds up. */
#include <kunit/test.h>

#include "../notify.h"

/* What the ledger reports of limits goes no further. */
static struct sevadm_limit_hits reported;
static const struct sevadm_vm *reported_of;
static int reported_ret;

static void hear(const struct sevadm_limit_hits *hits, const struct sevadm_vm *vm, int ret)
{
	reported = *hits;
	reported_of = vm;
	reported_ret = ret;
}

#define sevadm_notify_hits(hits, vm, ret)	hear(hits, vm, ret)

#include "../vm.c"
#include "../ledger.c"
#include "limits.h"
#include "pools.h"
#include "private_counters.h"
#include "vms.h"

/* Also to the suites that come before this one. */
static enum sevadm_seam_id missing = SEVADM_SEAM_NR;

/* The seams', which are not in this module: those of a kernel that has no sev_pin_page(). */
bool sevadm_seam_attached(enum sevadm_seam_id id)
{
	return id != missing && id != SEAM_sev_pin_page;
}

/* In KVM's files: 7 pages, and 9 are bound; more than can be looked through, if there are to be. */
static bool too_many_files;

bool sevadm_gmem_files_pages(const struct kvm *kvm, u64 *bound, u64 *allocated)
{
	*bound = 9;
	*allocated = 7;
	return !too_many_files;
}

void vms_for_test(void)
{
	last_id = 0;
}

static int ledger_test_init(struct kunit *test)
{
	vms_for_test();
	missing = SEVADM_SEAM_NR;
	too_many_files = false;
	totals = (struct sevadm_totals) {};
	private_for_test(test, true);
	return pools_for_test(test);
}

/* A test that has failed in the middle leaves nothing to the next one. */
static void ledger_test_exit(struct kunit *test)
{
	sevadm_ledger_uninit();
	private_end();
	missing = SEVADM_SEAM_NR;
}

/* ---- coming and going ----------------------------------------------------------------------- */

static void ledger_shows_what_is_initialised(struct kunit *test)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(1), SEVADM_VM_TYPE_SEV);
	struct sevadm_vm_query query;

	KUNIT_ASSERT_NOT_NULL(test, vm);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find(kvm(1)), vm));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_next(0), NULL));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_get_id(vm->id), NULL));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_get_creator(task_tgid(current)), NULL));
	KUNIT_EXPECT_EQ(test, host_now().vms, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);

	sevadm_vm_account(vm);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_next(0), vm));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_next(vm->id), NULL));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_get_id(vm->id), vm));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_get_creator(task_tgid(current)), vm));
	KUNIT_EXPECT_EQ(test, host_now().vms, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);

	query = look(vm);
	KUNIT_EXPECT_EQ(test, query.vm, 1);
	KUNIT_EXPECT_EQ(test, query.pid, task_tgid_nr(current));
	KUNIT_EXPECT_EQ(test, query.created_ns, vm->created_ns);
	KUNIT_EXPECT_GT(test, query.created_ns, 0);
	KUNIT_EXPECT_EQ(test, query.state, SEVADM_VM_STATE_INIT);
	KUNIT_EXPECT_EQ(test, query.known, SEVADM_KNOWN_CREATOR | SEVADM_KNOWN_CREATED |
			SEVADM_KNOWN_STATE | SEVADM_KNOWN_PINNED | SEVADM_KNOWN_PRIVATE |
			SEVADM_KNOWN_GMEM | SEVADM_KNOWN_GMEM_ALLOCATED);
	sevadm_vm_put(vm);
}

static void ledger_has_a_vm_once(struct kunit *test)
{
	start(test, 1, SEVADM_VM_TYPE_SEV);
	KUNIT_EXPECT_NULL(test, sevadm_vm_create(kvm(1), SEVADM_VM_TYPE_SEV));
	KUNIT_EXPECT_EQ(test, host_now().vms, 1);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find(kvm(2)), NULL));
}

static void ledger_forgets_a_failed_initialisation(struct kunit *test)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(1), SEVADM_VM_TYPE_SEV_ES);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_remove(vm, false);
	sevadm_vm_put(vm);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find(kvm(1)), NULL));
	KUNIT_EXPECT_EQ(test, host_now().generation, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 0);
}

static bool sync_bitmaps(u64 used_bits, u64 reclaim_bits)
{
	DECLARE_BITMAP(used, POOLS_LAST + 1);
	DECLARE_BITMAP(reclaim, POOLS_LAST + 1);
	bool done;

	bitmap_from_arr64(used, &used_bits, POOLS_LAST + 1);
	bitmap_from_arr64(reclaim, &reclaim_bits, POOLS_LAST + 1);
	spin_lock(&sevadm_ledger_lock);
	done = sevadm_pool_sync_locked(used, reclaim);
	spin_unlock(&sevadm_ledger_lock);
	return done;
}

/*
 * KVM 7.x can fail behind the ASID and before it asks the firmware: what it has taken waits, which
 * only its bitmaps say.
 */
static void ledger_of_an_asid_that_waits_unseen(struct kunit *test)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(1), SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_ASID_SEV, 1, NULL), 0);
	sevadm_vm_remove(vm, false);
	KUNIT_EXPECT_EQ(test, vm->charged[SEVADM_RESOURCE_ASID_SEV], 0ULL);
	sevadm_vm_put(vm);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find(kvm(1)), NULL));

	KUNIT_EXPECT_TRUE(test, sync_bitmaps(BIT(ASID), BIT(ASID)));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).state, SEVADM_ASID_STATE_RECLAIM);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).vm, 0ULL);
	KUNIT_EXPECT_TRUE(test, sync_bitmaps(0, 0));
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).state, SEVADM_ASID_STATE_FREE);
}

static void ledger_lists_in_order(struct kunit *test)
{
	struct sevadm_vm *vms[4];
	u64 after = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vms); i++)
		vms[i] = start(test, i + 1, SEVADM_VM_TYPE_SEV);
	sevadm_vm_remove(vms[1], true);
	for (i = 0; i < ARRAY_SIZE(vms); i++) {
		if (i == 1)
			continue;
		KUNIT_EXPECT_TRUE(test, found(sevadm_vm_next(after), vms[i]));
		after = vms[i]->id;
	}
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_next(after), NULL));
	/* Of an ended VM the id is used up. */
	KUNIT_EXPECT_EQ(test, start(test, 2, SEVADM_VM_TYPE_SEV)->id, 5);
}

static void ledger_gives_the_asid_back(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	u32 generation = host_now().generation;

	activate(vm, HANDLE, ASID);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).vm, vm->id);
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).state, SEVADM_ASID_STATE_RECLAIM);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
	KUNIT_EXPECT_EQ(test, host_now().vms, 0);
	KUNIT_EXPECT_NE(test, host_now().generation, generation);
}

/* sev_vm_destroy() leaks an ASID rather than to hand out what the firmware still knows. */
static void ledger_keeps_a_leaked_asid(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_asid_query query = { .asid = ASID };
	u32 pid = 1;

	activate(vm, HANDLE, ASID);
	sevadm_vm_remove(vm, false);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).state, SEVADM_ASID_STATE_USED);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).vm, 0);
	KUNIT_EXPECT_EQ(test, sevadm_asid_query(&query, &pid), 0);
	KUNIT_EXPECT_EQ(test, pid, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
}

static void ledger_ends_with_kvm_amd(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);

	activate(vm, HANDLE, ASID);
	sevadm_unaccounted_set(3);
	sevadm_vm_remove(vm, true);
	/* The end of another one has gone unseen. */
	sevadm_vm_pin(start(test, 2, SEVADM_VM_TYPE_SEV), 10, 1);
	KUNIT_EXPECT_EQ(test, sevadm_ledger_reset(), 1);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find(kvm(2)), NULL));
	KUNIT_EXPECT_EQ(test, host_now().vms, 0);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 0);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 0);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).state, SEVADM_ASID_STATE_FREE);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 0);
}

/* ---- pins ----------------------------------------------------------------------------------- */

static void pins_peak_is_that_of_the_sum(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);

	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, 100, 1), 0);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, 7, 0), 100);	/* while a command runs */
	EXPECT_PAGES(test, look(vm).pinned_bytes, 107);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, -7, 0), 107);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, 5, 1), 100);
	EXPECT_PAGES(test, look(vm).pinned_bytes, 105);
	EXPECT_PAGES(test, look(vm).pinned_peak_bytes, 107);
	KUNIT_EXPECT_EQ(test, look(vm).regions, 2);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, -105, -2), 105);
	EXPECT_PAGES(test, look(vm).pinned_bytes, 0);
	EXPECT_PAGES(test, look(vm).pinned_peak_bytes, 107);
	KUNIT_EXPECT_EQ(test, look(vm).regions, 0);
}

static void pins_add_up_over_the_host(struct kunit *test)
{
	struct sevadm_vm *one = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *two = start(test, 2, SEVADM_VM_TYPE_SEV_ES);

	sevadm_vm_pin(one, 10, 1);
	sevadm_vm_pin(two, 30, 1);
	sevadm_vm_pin(one, -10, -1);
	sevadm_vm_pin(one, 5, 1);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 35);
	KUNIT_EXPECT_EQ(test, host_now().pinned_peak, 40);
	sevadm_vm_remove(two, true);	/* with what it has pinned */
	KUNIT_EXPECT_EQ(test, host_now().pinned, 5);
	KUNIT_EXPECT_EQ(test, host_now().pinned_peak, 40);
}

/* Regions that are older than the attachment. */
static void pins_are_never_below_zero(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);

	sevadm_vm_pin(vm, 3, 1);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, -10, -2), 3);
	EXPECT_PAGES(test, look(vm).pinned_bytes, 0);
	KUNIT_EXPECT_EQ(test, look(vm).regions, 0);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(vm, -1, -1), 0);
	EXPECT_PAGES(test, look(vm).pinned_bytes, 0);
	EXPECT_PAGES(test, look(vm).pinned_peak_bytes, 3);
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 0);
}

/* Pins as many pages as a range of the address space has at most. */
/* A soft limit is no refusal. */
static void pins_beyond_a_soft_limit(struct kunit *test)
{
	const struct sevadm_limit_set soft = {
		.key.kind = SEVADM_SUBJECT_HOST,
		.resource = SEVADM_RESOURCE_PIN,
		.mask = BIT(SEVADM_KNOB_HIGH),
		.limits.high = 5,
	};
	struct sevadm_vm *vm;
	u64 left;

	limits_for_test();
	vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	KUNIT_ASSERT_EQ(test, sevadm_limit_set(&soft, &left), 0);
	reported.nr = 0;
	reported_ret = 1;
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_PIN, 5, NULL), 0);
	sevadm_vm_pin(vm, 5, 1);
	KUNIT_EXPECT_EQ(test, reported.nr, 0);
	KUNIT_EXPECT_EQ(test, sevadm_limit_charge(vm, SEVADM_RESOURCE_PIN, 1, NULL), 0);
	sevadm_vm_pin(vm, 1, 1);
	KUNIT_EXPECT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].knob, SEVADM_KNOB_HIGH);
	KUNIT_EXPECT_EQ(test, reported.hits[0].usage, 6);
	KUNIT_EXPECT_PTR_EQ(test, reported_of, (const struct sevadm_vm *)vm);
	KUNIT_EXPECT_EQ(test, reported_ret, 0);
	sevadm_vm_pin(vm, -6, -2);
	reported.nr = 0;
	reported_ret = 1;
	sevadm_vm_pin_unseen(vm, 7);
	KUNIT_EXPECT_EQ(test, reported.nr, 1);
	KUNIT_EXPECT_EQ(test, reported.hits[0].usage, 7);
	KUNIT_EXPECT_EQ(test, reported_ret, 0);
	sevadm_vm_remove(vm, true);
	limits_for_test();
}

static void pins_do_not_overflow(struct kunit *test)
{
	const s64 pages = U64_MAX >> PAGE_SHIFT;
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);

	sevadm_vm_pin(vm, pages, 1);
	KUNIT_EXPECT_EQ(test, look(vm).pinned_bytes, U64_MAX & PAGE_MASK);
	KUNIT_EXPECT_EQ(test, look(vm).pinned_peak_bytes, U64_MAX & PAGE_MASK);
	sevadm_vm_pin(vm, pages, 1);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 2 * pages);
	sevadm_vm_pin(vm, -2 * pages, -2);
	EXPECT_PAGES(test, look(vm).pinned_bytes, 0);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 0);
}

static void pins_that_nobody_sees_are_unknown(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);

	KUNIT_EXPECT_TRUE(test, look(vm).known & SEVADM_KNOWN_PINNED);
	/* What a region pins is known without it. */
	missing = SEAM_sev_pin_memory;
	KUNIT_EXPECT_TRUE(test, look(vm).known & SEVADM_KNOWN_PINNED);
	missing = SEAM_sev_mem_enc_register_region;
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_PINNED);
	missing = SEAM_sev_mem_enc_unregister_region;
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_PINNED);
}

/* ---- mirrors -------------------------------------------------------------------------------- */

static struct sevadm_vm *mirror(struct kunit *test, unsigned long number,
				struct sevadm_vm *owner)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(number), SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_mirror(vm, owner);
	sevadm_vm_put(vm);
	return vm;
}

/* Known of other guests: they have none. */
static void private_is_an_snp_guests(struct kunit *test)
{
	struct sevadm_vm *sev = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *snp = start(test, 2, SEVADM_VM_TYPE_SEV_SNP);

	KUNIT_EXPECT_TRUE(test, look(sev).known & SEVADM_KNOWN_PRIVATE);
	KUNIT_EXPECT_FALSE(test, look(snp).known & SEVADM_KNOWN_PRIVATE);
	sevadm_private_changed(0, 9, SEVADM_RMP_NOBODY, ASID_ES);
	sevadm_private_changed(0, 5, ASID_ES, SEVADM_RMP_NOBODY);
	sevadm_vm_set_asid(snp, ASID_ES);
	sevadm_private_changed(0, 6, SEVADM_RMP_NOBODY, ASID_ES);
	sevadm_private_leaked(ASID_ES);
	sevadm_private_changed(0, 2, ASID_ES, SEVADM_RMP_NOBODY);

	KUNIT_EXPECT_TRUE(test, look(snp).known & SEVADM_KNOWN_PRIVATE);
	EXPECT_PAGES(test, look(snp).private_bytes, 8);
	EXPECT_PAGES(test, look(snp).private_peak_bytes, 10);
	EXPECT_PAGES(test, look(snp).leaked_bytes, 1);
	KUNIT_EXPECT_EQ(test, look(snp).conversions, 6ULL);
	KUNIT_EXPECT_EQ(test, look(snp).reclaims, 2ULL);
	KUNIT_EXPECT_EQ(test, look(sev).private_bytes, 0ULL);

	missing = SEAM_rmp_make_shared;
	KUNIT_EXPECT_FALSE(test, look(snp).known & SEVADM_KNOWN_PRIVATE);
	KUNIT_EXPECT_TRUE(test, look(sev).known & SEVADM_KNOWN_PRIVATE);
}

/* The size is counted for SEV-SNP guests, and read for all others. */
static void gmem_is_read_or_not_known(struct kunit *test)
{
	struct sevadm_vm *snp = start(test, 1, SEVADM_VM_TYPE_SEV_SNP);
	struct sevadm_vm *sev = start(test, 2, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *const vms[] = { snp, sev, mirror(test, 3, sev) };
	const u32 gmem = SEVADM_KNOWN_GMEM | SEVADM_KNOWN_GMEM_ALLOCATED;
	unsigned int i;

	snp->gmem_pages = 8;
	for (i = 0; i < ARRAY_SIZE(vms); i++) {
		KUNIT_EXPECT_EQ(test, look(vms[i]).known & gmem, gmem);
		EXPECT_PAGES(test, look(vms[i]).gmem_size_bytes, vms[i] == snp ? 8 : 9);
		EXPECT_PAGES(test, look(vms[i]).gmem_bytes, 7);
		too_many_files = true;
		KUNIT_EXPECT_EQ(test, look(vms[i]).known & gmem,
				vms[i] == snp ? SEVADM_KNOWN_GMEM : 0);
		too_many_files = false;
		/* Where the end of a VM may go unseen, KVM's VM may be gone. */
		missing = SEAM_sev_vm_destroy;
		KUNIT_EXPECT_FALSE(test, look(vms[i]).known & SEVADM_KNOWN_GMEM_ALLOCATED);
		missing = SEVADM_SEAM_NR;
	}
}

static void mirror_shows_its_owners_context(struct kunit *test)
{
	struct sevadm_vm *owner = start(test, 1, SEVADM_VM_TYPE_SEV_ES);
	struct sevadm_vm *vm = mirror(test, 2, owner);
	struct sevadm_vm_query query;

	activate(owner, HANDLE, ASID_ES);
	sevadm_vm_pin(vm, 4, 0);
	query = look(vm);
	KUNIT_EXPECT_EQ(test, query.mirror_of, owner->id);
	KUNIT_EXPECT_TRUE(test, query.known & SEVADM_KNOWN_MIRROR_OF);
	KUNIT_EXPECT_EQ(test, query.type, SEVADM_VM_TYPE_SEV_ES);
	KUNIT_EXPECT_EQ(test, query.asid, ASID_ES);
	KUNIT_EXPECT_EQ(test, query.handle, HANDLE);
	EXPECT_PAGES(test, query.pinned_bytes, 4);
	EXPECT_PAGES(test, look(owner).pinned_bytes, 0);
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_handle(HANDLE), owner));
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 1);

	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 1);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID_ES).vm, owner->id);
	KUNIT_EXPECT_EQ(test, host_now().vms, 1);
}

/* KVM keeps an owner until its last mirror has gone; one that was not adopted is not known. */
static void mirror_of_an_unaccounted_vm(struct kunit *test)
{
	struct sevadm_vm *vm = mirror(test, 2, NULL), *owner;

	KUNIT_EXPECT_FALSE(test, look(vm).known & (SEVADM_KNOWN_MIRROR_OF | SEVADM_KNOWN_ASID));
	sevadm_vm_set_owner(kvm(2), kvm(1));
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_MIRROR_OF);

	owner = start(test, 1, SEVADM_VM_TYPE_SEV_ES);
	sevadm_vm_set_owner(kvm(2), kvm(1));
	KUNIT_EXPECT_EQ(test, look(vm).mirror_of, owner->id);
	KUNIT_EXPECT_EQ(test, look(vm).type, SEVADM_VM_TYPE_SEV_ES);
}

/* ---- intra-host migration ------------------------------------------------------------------- */

static struct sevadm_vm *migrate(struct kunit *test, unsigned long number, struct sevadm_vm *from)
{
	struct sevadm_vm *to = sevadm_vm_create(kvm(number), SEVADM_VM_TYPE_SEV);

	KUNIT_ASSERT_NOT_NULL(test, to);
	KUNIT_ASSERT_EQ(test, sevadm_limit_move_begin(to, from), 0);
	sevadm_vm_move(to, from);
	sevadm_vm_put(to);
	return to;
}

static void migration_moves_everything(struct kunit *test)
{
	struct sevadm_vm *from = start(test, 1, SEVADM_VM_TYPE_SEV_ES), *to, *shadow;
	const struct sevadm_psp_guest launch = {
		.known = SEVADM_KNOWN_HANDLE | SEVADM_KNOWN_POLICY, .handle = HANDLE, .policy = 5 };
	struct sevadm_vm_query query;
	u64 old_id = from->id;

	run(from, SEV_CMD_LAUNCH_START, &launch);
	activate(from, HANDLE, ASID_ES);
	shadow = mirror(test, 2, from);
	sevadm_vm_pin(from, 50, 2);
	sevadm_vm_pin(from, -10, -1);

	to = migrate(test, 3, from);
	query = look(to);
	KUNIT_EXPECT_NE(test, query.vm, old_id);
	KUNIT_EXPECT_EQ(test, query.type, SEVADM_VM_TYPE_SEV_ES);
	KUNIT_EXPECT_EQ(test, query.asid, ASID_ES);
	KUNIT_EXPECT_EQ(test, query.handle, HANDLE);
	KUNIT_EXPECT_EQ(test, query.policy, 5);
	KUNIT_EXPECT_EQ(test, query.state, SEVADM_VM_STATE_LUPDATE);
	KUNIT_EXPECT_EQ(test, query.regions, 1);
	EXPECT_PAGES(test, query.pinned_bytes, 40);
	EXPECT_PAGES(test, query.pinned_peak_bytes, 50);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID_ES).vm, to->id);
	KUNIT_EXPECT_EQ(test, look(shadow).mirror_of, to->id);

	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find(kvm(1)), NULL));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_get_id(old_id), NULL));
	KUNIT_EXPECT_TRUE(test, found(sevadm_vm_find_handle(HANDLE), to));
	KUNIT_EXPECT_EQ(test, host_now().vms, 2);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 40);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).used, 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV_ES).reclaim, 0);
}

/* Another thread that unregisters a region may have looked its VM up before the migration. */
static void migration_takes_late_unpins_along(struct kunit *test)
{
	struct sevadm_vm *first, *last;

	start(test, 1, SEVADM_VM_TYPE_SEV);
	first = sevadm_vm_find(kvm(1));
	sevadm_vm_pin(first, 20, 1);
	last = migrate(test, 3, migrate(test, 2, first));
	EXPECT_PAGES(test, look(last).pinned_bytes, 20);

	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(first, -8, 0), 20);
	EXPECT_PAGES(test, look(last).pinned_bytes, 12);
	EXPECT_PAGES(test, look(first).pinned_bytes, 0);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 12);
	KUNIT_EXPECT_EQ(test, host_now().vms, 1);
	sevadm_vm_put(first);

	sevadm_vm_remove(last, true);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 0);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reclaim, 1);
}

/* No stack is so deep: what is held of the first VM holds none of those that came after it. */
static void migration_without_end(struct kunit *test)
{
	struct sevadm_vm *first, *last = start(test, 1, SEVADM_VM_TYPE_SEV);
	unsigned long number;

	sevadm_vm_pin(last, 20, 1);
	first = sevadm_vm_find(kvm(1));
	for (number = 2; number < 10000; number++)
		last = migrate(test, number, last);
	KUNIT_EXPECT_EQ(test, host_now().vms, 1);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(first, -8, 0), 20);
	EXPECT_PAGES(test, look(last).pinned_bytes, 12);
	KUNIT_EXPECT_PTR_EQ(test, first->line, last->line);
	KUNIT_EXPECT_PTR_EQ(test, first->line->vm, last);
	sevadm_vm_put(first);
}

/* What was pinned has gone with the VM: it is not subtracted once more. */
static void late_unpin_of_a_vm_that_is_gone(struct kunit *test)
{
	struct sevadm_vm *first = start(test, 1, SEVADM_VM_TYPE_SEV), *second;
	struct sevadm_vm *other = start(test, 3, SEVADM_VM_TYPE_SEV);

	sevadm_vm_pin(other, 100, 1);
	sevadm_vm_pin(first, 20, 1);
	first = sevadm_vm_find(kvm(1));
	second = migrate(test, 2, first);
	sevadm_vm_remove(second, true);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 100);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(first, -20, -1), 0);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(first, 5, 0), 0);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 100);
	sevadm_vm_put(first);
}

static void migration_of_an_owner_that_ends(struct kunit *test)
{
	struct sevadm_vm *owner = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *shadow = mirror(test, 2, owner);
	struct sevadm_vm *to = migrate(test, 3, owner);

	KUNIT_EXPECT_EQ(test, look(shadow).mirror_of, to->id);
	sevadm_vm_remove(to, true);
	KUNIT_EXPECT_FALSE(test, look(shadow).known & SEVADM_KNOWN_MIRROR_OF);
}

static void migration_of_a_mirror(struct kunit *test)
{
	struct sevadm_vm *owner = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *vm = migrate(test, 3, mirror(test, 2, owner));

	activate(owner, HANDLE, ASID);
	KUNIT_EXPECT_EQ(test, look(vm).mirror_of, owner->id);
	KUNIT_EXPECT_EQ(test, look(vm).asid, ASID);
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).vm, owner->id);
}

/* ---- users ---------------------------------------------------------------------------------- */

static void users_are_charged_once(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	u32 i;

	/* This process is in the initial namespace, or in one of its user's. */
	KUNIT_EXPECT_EQ(test, __kuid_val(vm->uids[0]), __kuid_val(vm->uid));
	vm->uid_nr = 0;
	for (i = 0; i < 2 * SEVADM_VM_UIDS_MAX; i++)
		add_uid(vm, KUIDT_INIT(i / 2));
	KUNIT_EXPECT_EQ(test, vm->uid_nr, SEVADM_VM_UIDS_MAX);
	for (i = 0; i < vm->uid_nr; i++)
		KUNIT_EXPECT_EQ(test, __kuid_val(vm->uids[i]), i);
}

/* ---- VMs older than the module -------------------------------------------------------------- */

static void unaccounted_are_the_firmwares_others(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);

	start(test, 2, SEVADM_VM_TYPE_SEV);	/* not launched: the firmware does not know it */
	mirror(test, 3, vm);
	activate(vm, HANDLE, ASID);
	sevadm_unaccounted_set(3);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 2);
	sevadm_unaccounted_add(1);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 3);
	sevadm_unaccounted_set(0);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 0);
	sevadm_unaccounted_add(-1);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 0);
}

static struct sevadm_vm *adopt(struct kunit *test, unsigned long number, u32 type, u32 asid,
			       u32 handle, s64 pinned)
{
	struct sevadm_vm *vm = sevadm_vm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_describe(vm, kvm(number), type, NULL);
	vm->asid = asid;
	vm->handle = handle;
	vm->known |= SEVADM_KNOWN_ASID | (handle ? SEVADM_KNOWN_HANDLE : 0);
	vm->pinned = pinned;
	vm->pinned_peak = pinned;
	vm->regions = 1;
	sevadm_vm_adopt(vm);
	sevadm_vm_put(vm);
	return vm;
}

/* The entry of a VM that was at work is described again, for the next one that is looked at. */
static void nobody_stays_known_of_the_vm_before(struct kunit *test)
{
	struct sevadm_vm *vm = sevadm_vm_alloc();
	struct sevadm_vm_query query;

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_describe(vm, kvm(1), SEVADM_VM_TYPE_SEV, current);
	vm->uid = KUIDT_INIT(1001);
	KUNIT_EXPECT_NE(test, look(vm).comm[0], '\0');
	sevadm_vm_describe(vm, kvm(2), SEVADM_VM_TYPE_SEV, NULL);
	query = look(vm);
	KUNIT_EXPECT_EQ(test, query.comm[0], '\0');
	KUNIT_EXPECT_EQ(test, query.uid, 0);
	KUNIT_EXPECT_EQ(test, query.pid, 0);
	KUNIT_EXPECT_EQ(test, query.cgroup_id, 0);
	KUNIT_EXPECT_EQ(test, vm->uid_nr, 0);
	sevadm_vm_put(vm);
}

static void adopted_vm_is_accounted(struct kunit *test)
{
	DECLARE_BITMAP(used, POOLS_LAST + 1) = {}, reclaim[1] = {};
	struct sevadm_vm *vm;

	sevadm_unaccounted_set(1);
	bitmap_set(used, ASID, 1);
	spin_lock(&sevadm_ledger_lock);
	KUNIT_EXPECT_TRUE(test, sevadm_pool_sync_locked(used, reclaim));
	spin_unlock(&sevadm_ledger_lock);

	vm = adopt(test, 1, SEVADM_VM_TYPE_SEV, ASID, HANDLE, 64);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 0);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 64);
	KUNIT_EXPECT_EQ(test, host_now().pinned_peak, 64);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 1);
	KUNIT_EXPECT_EQ(test, asid_now(test, ASID).vm, vm->id);
	KUNIT_EXPECT_FALSE(test, look(vm).known & (SEVADM_KNOWN_CREATOR | SEVADM_KNOWN_CREATED |
						   SEVADM_KNOWN_STATE | SEVADM_KNOWN_POLICY));
	KUNIT_EXPECT_EQ(test, look(vm).pid, 0);

	sevadm_vm_set_status(vm, HANDLE + 1, 1, SEVADM_VM_STATE_SENT);
	KUNIT_EXPECT_FALSE(test, look(vm).known & SEVADM_KNOWN_STATE);
	sevadm_vm_set_status(vm, HANDLE, 1, SEVADM_VM_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, look(vm).state, SEVADM_VM_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, look(vm).policy, 1);

	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, 0);
	KUNIT_EXPECT_EQ(test, host_now().pinned, 0);
}

static void adoption_compares_with_the_ledger(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV), *shadow = mirror(test, 2, vm);

	KUNIT_EXPECT_TRUE(test, sevadm_vm_agrees(vm, 99, 99));	/* nothing is known yet */
	activate(vm, HANDLE, ASID);
	KUNIT_EXPECT_TRUE(test, sevadm_vm_agrees(vm, ASID, HANDLE));
	KUNIT_EXPECT_FALSE(test, sevadm_vm_agrees(vm, ASID + 1, HANDLE));
	KUNIT_EXPECT_FALSE(test, sevadm_vm_agrees(vm, ASID, HANDLE + 1));
	/* KVM copied the handle before there was one. */
	KUNIT_EXPECT_TRUE(test, sevadm_vm_agrees(shadow, ASID, 0));
	KUNIT_EXPECT_FALSE(test, sevadm_vm_agrees(shadow, ASID + 1, 0));
}

static void unaccounted_leaves_snp_guests_out(struct kunit *test)
{
	const struct sevadm_psp_guest bind = {
		.known = SEVADM_KNOWN_ASID, .gctx = GCTX, .asid = ASID_ES };
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV_SNP);

	run(vm, SEV_CMD_SNP_ACTIVATE, &bind);
	sevadm_unaccounted_set(1);	/* of PLATFORM_STATUS */
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 1);
	adopt(test, 2, SEVADM_VM_TYPE_SEV_SNP, ASID_ES + 1, 0, 0);
	KUNIT_EXPECT_EQ(test, host_now().unaccounted, 1);
}

/*
 * Each seam that makes, moves or ends an entry is needed, and those of regions see what is pinned.
 */
static void ledger_needs_its_seams(struct kunit *test)
{
	static const struct {
		enum sevadm_seam_id missing;
		bool complete, sees_pins;
	} rows[] = {
		{ SEVADM_SEAM_NR, true, true },
		{ SEAM_misc_cg_try_charge, false, true },
		{ SEAM_misc_cg_uncharge, false, true },
		{ SEAM_sev_mem_enc_ioctl, false, true },
		{ SEAM_sev_vm_destroy, false, true },
		{ SEAM_sev_vm_move_enc_context_from, false, true },
		{ SEAM_sev_vm_copy_enc_context_from, false, true },
		{ SEAM_sev_mem_enc_register_region, true, false },
		{ SEAM_sev_mem_enc_unregister_region, true, false },
		{ SEAM_sev_pin_memory, true, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		missing = rows[i].missing;
		KUNIT_EXPECT_EQ_MSG(test, sevadm_ledger_complete(), rows[i].complete, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, sevadm_ledger_sees_pins(), rows[i].sees_pins, "row %u",
				    i);
	}
	missing = SEVADM_SEAM_NR;
}

/* An entry that was meant for one VM may be used for another. */
static void entry_is_described_anew(struct kunit *test)
{
	struct sevadm_vm *owner = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *vm = sevadm_vm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, vm);
	sevadm_vm_describe(vm, kvm(2), SEVADM_VM_TYPE_SEV, current);
	sevadm_vm_describe_mirror(vm, owner);
	KUNIT_EXPECT_TRUE(test, vm->mirror);
	KUNIT_EXPECT_PTR_EQ(test, vm->owner, owner->line);
	KUNIT_EXPECT_EQ(test, kref_read(&owner->line->ref), 2);
	KUNIT_EXPECT_EQ(test, vm->known, SEVADM_KNOWN_CREATOR);

	sevadm_vm_describe(vm, kvm(3), SEVADM_VM_TYPE_SEV_ES, NULL);
	KUNIT_EXPECT_FALSE(test, vm->mirror);
	KUNIT_EXPECT_TRUE(test, !vm->owner);
	KUNIT_EXPECT_EQ(test, kref_read(&owner->line->ref), 1);
	KUNIT_EXPECT_EQ(test, vm->known, 0);
	KUNIT_EXPECT_EQ(test, vm->type, SEVADM_VM_TYPE_SEV_ES);
	KUNIT_EXPECT_PTR_EQ(test, vm->kvm, kvm(3));
	KUNIT_EXPECT_TRUE(test, !vm->creator);
	sevadm_vm_put(vm);
}

/* What is pinned or released for a VM that has left in the meantime is nobody's. */
static void pins_of_a_vm_that_has_left(struct kunit *test)
{
	struct sevadm_vm *vm = start(test, 1, SEVADM_VM_TYPE_SEV);
	struct sevadm_vm *held = sevadm_vm_find(kvm(1));

	sevadm_vm_pin(vm, 5, 1);
	sevadm_vm_remove(vm, true);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(held, 3, 1), 0);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin(held, -3, -1), 0);
	KUNIT_EXPECT_EQ(test, sevadm_vm_pin_unseen(held, 3), 0);
	EXPECT_PAGES(test, host_now().pinned * PAGE_SIZE, 0);
	sevadm_vm_put(held);
}

static struct kunit_case ledger_cases[] = {
	KUNIT_CASE(ledger_shows_what_is_initialised),
	KUNIT_CASE(gmem_is_read_or_not_known),
	KUNIT_CASE(ledger_has_a_vm_once),
	KUNIT_CASE(ledger_forgets_a_failed_initialisation),
	KUNIT_CASE(ledger_of_an_asid_that_waits_unseen),
	KUNIT_CASE(ledger_lists_in_order),
	KUNIT_CASE(ledger_gives_the_asid_back),
	KUNIT_CASE(ledger_keeps_a_leaked_asid),
	KUNIT_CASE(ledger_ends_with_kvm_amd),
	KUNIT_CASE(pins_peak_is_that_of_the_sum),
	KUNIT_CASE(pins_add_up_over_the_host),
	KUNIT_CASE(pins_are_never_below_zero),
	KUNIT_CASE(pins_beyond_a_soft_limit),
	KUNIT_CASE(pins_do_not_overflow),
	KUNIT_CASE(pins_that_nobody_sees_are_unknown),
	KUNIT_CASE(private_is_an_snp_guests),
	KUNIT_CASE(mirror_shows_its_owners_context),
	KUNIT_CASE(mirror_of_an_unaccounted_vm),
	KUNIT_CASE(migration_moves_everything),
	KUNIT_CASE(migration_takes_late_unpins_along),
	KUNIT_CASE(users_are_charged_once),
	KUNIT_CASE(migration_without_end),
	KUNIT_CASE(late_unpin_of_a_vm_that_is_gone),
	KUNIT_CASE(migration_of_an_owner_that_ends),
	KUNIT_CASE(migration_of_a_mirror),
	KUNIT_CASE(unaccounted_are_the_firmwares_others),
	KUNIT_CASE(nobody_stays_known_of_the_vm_before),
	KUNIT_CASE(adopted_vm_is_accounted),
	KUNIT_CASE(adoption_compares_with_the_ledger),
	KUNIT_CASE(unaccounted_leaves_snp_guests_out),
	KUNIT_CASE(ledger_needs_its_seams),
	KUNIT_CASE(entry_is_described_anew),
	KUNIT_CASE(pins_of_a_vm_that_has_left),
	{}
};

static struct kunit_suite ledger_suite = {
	.name = "sevadm_ledger",
	.init = ledger_test_init,
	.exit = ledger_test_exit,
	.test_cases = ledger_cases,
};

kunit_test_suite(ledger_suite);

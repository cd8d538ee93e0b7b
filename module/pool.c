// SPDX-License-Identifier: GPL-2.0-only
/*
 * ASID pools. KVM takes an ASID when a VM is initialised, but its number shows only in the
 * firmware's ACTIVATE command: until then it counts as used without a number. When a VM ends, its
 * ASID waits (reclaim) until KVM runs out of free ones, flushes all caches and the data fabric, and
 * recycles every waiting ASID of all pools at once (sev_flush_asids(), __sev_recycle_asids()).
 *
 * The processor has ASIDs of plain SEV guests and others. Of those SEV-ES and SEV-SNP guests take
 * alike, unless kvm_amd hides ciphertext: then each kind has its own, and there is a third pool.
 */
#include <linux/bitmap.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "compat/cpuid.h"
#include "compat/misc_cgroup.h"
#include "pool.h"
#include "vm.h"

/* CPUID Fn8000_001F (AMD APM volume 3): EAX bits 1 SEV, 3 SEV-ES; ECX highest ASID; EDX lowest
 * ASID of plain SEV guests.
 */
#define CPUID_ENCRYPTED_MEMORY		0x8000001f
#define CPUID_ENCRYPTED_MEMORY_SEV	BIT(1)
#define CPUID_ENCRYPTED_MEMORY_SEV_ES	BIT(3)

/* ASIDs have 32 bits in the VMCB, but processors have a few hundred of encrypted VMs. */
#define MAX_ASIDS	(1U << 16)

struct sevadm_asid {
	u8 state;	/* enum sevadm_asid_state */
	u64 vm;		/* id of its VM; 0: none that is accounted */
	u32 pid;
};

struct sevadm_asid_pool {
	u32 min_asid;
	u32 max_asid;
	u32 capacity;
	u32 used;	/* with and without a number */
	u32 held;	/* by VMs of the ledger */
	u32 foreign;	/* used, yet by no VM of the ledger: older, or leaked by KVM */
	u64 charged;	/* that VMs of the ledger are charged: held, or just being taken */
	u64 reserved;	/* guaranteed or leased, and not used by their owners */
	u32 reclaim;	/* with and without a number */
	u32 peak;
	u64 recycles;
};

/* Both guarded by sevadm_ledger_lock. */
static struct sevadm_asid_pool pools[SEVADM_POOL_NR];
static struct sevadm_asid *asids;
static u32 max_asid;

/* The last ASID of SEV-ES or SEV-SNP guests; 0: there is none. */
static u32 max_es_asid;

/* kvm_amd is there, and has said if SEV-SNP guests have a pool of their own. */
static bool division_known;

/* SEV-SNP guests have a pool of their own. It changes only while there is no VM. */
static bool is_divided(void)
{
	return READ_ONCE(pools[SEVADM_POOL_SEV_SNP].capacity);
}

static u32 pool_of_asid(u32 asid)
{
	const struct sevadm_asid_pool *snp = &pools[SEVADM_POOL_SEV_SNP];

	if (asid >= pools[SEVADM_POOL_SEV].min_asid)
		return SEVADM_POOL_SEV;
	return is_divided() && asid >= snp->min_asid && asid <= snp->max_asid ?
	       SEVADM_POOL_SEV_SNP : SEVADM_POOL_SEV_ES;
}

/**
 * sevadm_pool_of_type() - return the enum sevadm_pool that VMs of an enum sevadm_vm_type take from
 * @type: enum sevadm_vm_type
 */
u32 sevadm_pool_of_type(u32 type)
{
	if (type == SEVADM_VM_TYPE_SEV)
		return SEVADM_POOL_SEV;
	return type == SEVADM_VM_TYPE_SEV_SNP && is_divided() ? SEVADM_POOL_SEV_SNP :
	       SEVADM_POOL_SEV_ES;
}

/** sevadm_pool_known_absent() - return true if kvm_amd is there, and has no such pool */
bool sevadm_pool_known_absent(u32 pool)
{
	return pool == SEVADM_POOL_SEV_SNP && READ_ONCE(division_known) && !is_divided();
}

static bool asid_valid(u32 asid)
{
	return asid && asid <= max_asid;
}

/** sevadm_pool_take_locked() - count an ASID that KVM took of @pool; its number is not known yet */
void sevadm_pool_take_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	pools[pool].used++;
	pools[pool].peak = max(pools[pool].peak, pools[pool].used);
}

/** sevadm_pool_hold_locked() - count an ASID of @pool that a VM of the ledger holds */
void sevadm_pool_hold_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	pools[pool].held++;
}

/** sevadm_pool_unhold_locked() - undo sevadm_pool_hold_locked(): the VM, or the ASID, has gone */
void sevadm_pool_unhold_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	pools[pool].held--;
}

/** sevadm_pool_capacity() - return the number of ASIDs that the processor has for @pool */
u32 sevadm_pool_capacity(u32 pool)
{
	return READ_ONCE(pools[pool].capacity);
}

/**
 * sevadm_pool_capacity_hoped_for() - return what the capacity of @pool is, or may yet become
 * @pool: enum sevadm_pool
 *
 * Before kvm_amd comes nobody knows how many ASIDs SEV-SNP guests will have for themselves: at most
 * all that are not of plain SEV guests.
 */
u32 sevadm_pool_capacity_hoped_for(u32 pool)
{
	return pool == SEVADM_POOL_SEV_SNP && !READ_ONCE(division_known) ? max_es_asid :
	       sevadm_pool_capacity(pool);
}

/**
 * sevadm_pool_charge_locked() - add to what VMs of the ledger are charged
 * @pool: enum sevadm_pool
 * @asids: how many more; negative: less
 */
void sevadm_pool_charge_locked(u32 pool, s64 asids)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	pools[pool].charged += asids;
}

/**
 * sevadm_pool_reserve_locked() - add to what is guaranteed or leased, and not used
 * @pool: enum sevadm_pool
 * @asids: how many more; negative: less
 */
void sevadm_pool_reserve_locked(u32 pool, s64 asids)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	pools[pool].reserved += asids;
}

/*
 * ASIDs used by no VM of the ledger, as kvm_amd's bitmaps last said while no VM was being
 * initialised.
 */
static u64 foreign_locked(u32 pool)
{
	return pools[pool].foreign;
}

/**
 * sevadm_pool_used_locked() - return how many ASIDs of @pool are used, by VMs of the ledger or not
 * @pool: enum sevadm_pool
 */
u64 sevadm_pool_used_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return foreign_locked(pool) + pools[pool].charged;
}

/** sevadm_pool_reserved_locked() - return how many ASIDs are guaranteed or leased, and not used */
u64 sevadm_pool_reserved_locked(u32 pool)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return pools[pool].reserved;
}

/** sevadm_pool_available_locked() - return how many ASIDs of @pool are neither used nor reserved */
u64 sevadm_pool_available_locked(u32 pool)
{
	u64 busy = sevadm_pool_used_locked(pool) + sevadm_pool_reserved_locked(pool);
	u64 capacity = sevadm_pool_capacity(pool);

	return capacity > busy ? capacity - busy : 0;
}

/**
 * sevadm_pool_bind_locked() - note the number of an ASID that was taken
 * @pool: enum sevadm_pool
 * @asid: its number
 * @vm: id of the VM that holds it
 * @pid: creator of that
 *
 * An ASID that was believed to wait must have been recycled unseen, or KVM could not have handed it
 * out.
 */
void sevadm_pool_bind_locked(u32 pool, u32 asid, u64 vm, u32 pid)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	if (!asid_valid(asid))
		return;
	if (asids[asid].state == SEVADM_ASID_STATE_RECLAIM && pools[pool].reclaim)
		pools[pool].reclaim--;
	asids[asid] = (struct sevadm_asid) {
		.state = SEVADM_ASID_STATE_USED,
		.vm = vm,
		.pid = pid,
	};
}

/**
 * sevadm_pool_move_locked() - pass an ASID on to another VM (intra-host migration)
 * @asid: the ASID
 * @from: id of the VM that held it
 * @to: id of the one that does; 0: none that is accounted
 * @pid: creator of that
 *
 * An ASID that belongs to another VM by now stays with it.
 */
void sevadm_pool_move_locked(u32 asid, u64 from, u64 to, u32 pid)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	if (!asid_valid(asid) || asids[asid].vm != from)
		return;
	asids[asid].vm = to;
	asids[asid].pid = pid;
}

/** sevadm_pool_is_of_locked() - return true if an ASID is that of the VM with the id @vm */
bool sevadm_pool_is_of_locked(u32 asid, u64 vm)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	return asid_valid(asid) && asids[asid].vm == vm;
}

/**
 * sevadm_pool_give_back_locked() - let a VM's ASID wait to be recycled
 * @pool: enum sevadm_pool
 * @asid: the ASID; 0: it never showed
 * @vm: id of the VM; an ASID that belongs to another one by now stays as it is
 */
void sevadm_pool_give_back_locked(u32 pool, u32 asid, u64 vm)
{
	lockdep_assert_held(&sevadm_ledger_lock);
	if (pools[pool].used)
		pools[pool].used--;
	pools[pool].reclaim++;
	if (asid_valid(asid) && asids[asid].vm == vm)
		asids[asid] = (struct sevadm_asid) { .state = SEVADM_ASID_STATE_RECLAIM };
}

/** sevadm_pool_recycle_locked() - free every waiting ASID, as KVM has done, and return how many */
u32 sevadm_pool_recycle_locked(void)
{
	u32 pool, asid, recycled = 0;

	lockdep_assert_held(&sevadm_ledger_lock);
	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		recycled += pools[pool].reclaim;
		pools[pool].reclaim = 0;
		pools[pool].recycles++;
	}
	for (asid = 1; asid <= max_asid; asid++)
		if (asids[asid].state == SEVADM_ASID_STATE_RECLAIM)
			asids[asid].state = SEVADM_ASID_STATE_FREE;
	return recycled;
}

/**
 * sevadm_pool_sync_locked() - bring ASIDs that no accounted VM holds in line with kvm_amd's bitmaps
 * @used: sev_asid_bitmap, with a bit for each ASID that is not free
 * @reclaim: sev_reclaim_asid_bitmap: those of them that wait
 *
 * They were taken or given back before the module came, or are of unaccounted VMs. A VM that has
 * just been initialised, or is just ending, may show in the bitmaps before or after it does in the
 * ledger; the next reading puts that right.
 *
 * Return: false: they contradict the ledger, and nothing was changed.
 */
bool sevadm_pool_sync_locked(const unsigned long *used, const unsigned long *reclaim)
{
	u32 held[SEVADM_POOL_NR] = {}, waiting[SEVADM_POOL_NR] = {};
	u32 asid, pool;

	lockdep_assert_held(&sevadm_ledger_lock);
	if (!bitmap_subset(reclaim, used, max_asid + 1))
		return false;
	for (asid = 1; asid <= max_asid; asid++)
		if (asids[asid].vm && !test_bit(asid, used))
			return false;

	for (asid = 1; asid <= max_asid; asid++) {
		pool = pool_of_asid(asid);
		if (asids[asid].vm) {
			held[pool]++;
		} else if (test_bit(asid, reclaim)) {
			asids[asid].state = SEVADM_ASID_STATE_RECLAIM;
			waiting[pool]++;
		} else if (test_bit(asid, used)) {
			asids[asid].state = SEVADM_ASID_STATE_USED;
			held[pool]++;
		} else {
			asids[asid].state = SEVADM_ASID_STATE_FREE;
		}
	}
	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		pools[pool].used = held[pool];
		if (pools[pool].charged == pools[pool].held)
			pools[pool].foreign = held[pool] > pools[pool].held ?
					      held[pool] - pools[pool].held : 0;
		pools[pool].reclaim = waiting[pool];
		pools[pool].peak = max(pools[pool].peak, pools[pool].used);
	}
	return true;
}

/** sevadm_pool_held() - return true if an ASID of @pool is used by a VM, in the ledger or not */
bool sevadm_pool_held(u32 pool, u32 asid)
{
	bool held;

	if (!asid_valid(asid))
		return false;
	spin_lock(&sevadm_ledger_lock);
	held = pool_of_asid(asid) == pool && asids[asid].state == SEVADM_ASID_STATE_USED;
	spin_unlock(&sevadm_ledger_lock);
	return held;
}

/** sevadm_pool_reset_locked() - forget what is used: kvm_amd has gone, and its bitmaps with it */
void sevadm_pool_reset_locked(void)
{
	u32 pool;

	lockdep_assert_held(&sevadm_ledger_lock);
	for (pool = 0; pool < SEVADM_POOL_NR; pool++) {
		pools[pool].used = 0;
		pools[pool].reclaim = 0;
		pools[pool].foreign = 0;
	}
	if (asids)
		memset(asids, 0, array_size(max_asid + 1, sizeof(*asids)));
}

/**
 * sevadm_pool_misc_usage_locked() - return how many ASIDs of @pool the misc cgroup believes to be
 * used
 * @pool: enum sevadm_pool
 *
 * It counts SEV-ES and SEV-SNP guests together. Those of SEV-SNP never migrate, which is how KVM
 * loses count: whatever does not fit is of SEV-ES.
 */
u64 sevadm_pool_misc_usage_locked(u32 pool)
{
	u64 snp, both;

	lockdep_assert_held(&sevadm_ledger_lock);
	if (pool == SEVADM_POOL_SEV)
		return compat_misc_cg_total_usage(MISC_CG_RES_SEV);
	both = compat_misc_cg_total_usage(MISC_CG_RES_SEV_ES);
	snp = min(sevadm_pool_used_locked(SEVADM_POOL_SEV_SNP), both);
	return pool == SEVADM_POOL_SEV_SNP ? snp : both - snp;
}

/**
 * sevadm_pool_query() - describe one ASID pool
 * @query: its @pool is read, the rest filled in
 *
 * Return: 0, or -ENOENT: no such pool, or not on this host.
 */
int sevadm_pool_query(struct sevadm_pool_query *query)
{
	const struct sevadm_asid_pool *pool;
	u32 busy;

	if (query->pool >= SEVADM_POOL_NR)
		return -ENOENT;
	query->pool = array_index_nospec(query->pool, SEVADM_POOL_NR);

	spin_lock(&sevadm_ledger_lock);
	pool = &pools[query->pool];
	if (query->pool == SEVADM_POOL_SEV_SNP && !is_divided()) {
		spin_unlock(&sevadm_ledger_lock);
		return -ENOENT;
	}
	query->charged = sevadm_pool_misc_usage_locked(query->pool);
	query->min_asid = pool->min_asid;
	query->max_asid = pool->max_asid;
	query->capacity = pool->capacity;
	query->used = pool->used;
	query->reclaim = pool->reclaim;
	busy = pool->used + pool->reclaim;
	query->free = pool->capacity > busy ? pool->capacity - busy : 0;
	query->peak = pool->peak;
	query->reserved = sevadm_pool_reserved_locked(query->pool);
	query->recycles = pool->recycles;
	spin_unlock(&sevadm_ledger_lock);
	return 0;
}

/**
 * sevadm_asid_query() - describe one ASID
 * @query: its @asid is read, the rest filled in
 * @pid: creator of the VM that holds it, if one does
 *
 * Return: 0, or -ENOENT: this host has no such ASID.
 */
int sevadm_asid_query(struct sevadm_asid_query *query, u32 *pid)
{
	if (!asid_valid(query->asid))
		return -ENOENT;
	query->asid = array_index_nospec(query->asid, max_asid + 1);

	spin_lock(&sevadm_ledger_lock);
	query->pool = pool_of_asid(query->asid);
	query->state = asids[query->asid].state;
	query->vm = asids[query->asid].vm;
	*pid = asids[query->asid].pid;
	spin_unlock(&sevadm_ledger_lock);
	return 0;
}

/** sevadm_pool_max_asid() - return the highest ASID of this host; 0: the processor has no SEV */
u32 sevadm_pool_max_asid(void)
{
	return max_asid;
}

static void pool_define(u32 pool, u32 first, u32 last)
{
	pools[pool].min_asid = first;
	pools[pool].max_asid = last;
	WRITE_ONCE(pools[pool].capacity, first <= last ? last - first + 1 : 0);
}

static void undivide_locked(void)
{
	pool_define(SEVADM_POOL_SEV_SNP, 1, 0);
	if (max_es_asid)
		pool_define(SEVADM_POOL_SEV_ES, 1, max_es_asid);
}

/**
 * sevadm_pool_divide() - take over how kvm_amd, which has arrived, divides the ASIDs
 * @snp: what it gives to SEV-SNP guests
 * @es: what it gives to SEV-ES guests
 *
 * There is a third pool only if no ASID can be of either. No VM is in the ledger yet, or this was
 * called before with the same.
 */
void sevadm_pool_divide(const struct sevadm_asid_range *snp, const struct sevadm_asid_range *es)
{
	spin_lock(&sevadm_ledger_lock);
	if (snp->first && snp->first <= snp->last && snp->first <= max_es_asid &&
	    snp->last < es->first) {
		pool_define(SEVADM_POOL_SEV_ES, es->first, min(es->last, max_es_asid));
		pool_define(SEVADM_POOL_SEV_SNP, snp->first, min(snp->last, max_es_asid));
	} else {
		undivide_locked();
	}
	WRITE_ONCE(division_known, true);
	spin_unlock(&sevadm_ledger_lock);
}

/**
 * sevadm_pool_undivide() - go back to what the processor says: kvm_amd has gone, and no VM is left
 */
void sevadm_pool_undivide(void)
{
	spin_lock(&sevadm_ledger_lock);
	WRITE_ONCE(division_known, false);
	undivide_locked();
	spin_unlock(&sevadm_ledger_lock);
}

/** sevadm_pool_init() - ask the processor which ASIDs it has; 0 or -ENOMEM */
int sevadm_pool_init(void)
{
	u32 eax, ebx, ecx, edx;

	if (cpuid_eax(0x80000000) < CPUID_ENCRYPTED_MEMORY)
		return 0;
	cpuid(CPUID_ENCRYPTED_MEMORY, &eax, &ebx, &ecx, &edx);
	if (!(eax & CPUID_ENCRYPTED_MEMORY_SEV) || !ecx || ecx > MAX_ASIDS)
		return 0;

	asids = kvcalloc(ecx + 1, sizeof(*asids), GFP_KERNEL);
	if (!asids)
		return -ENOMEM;
	max_asid = ecx;

	/* As in sev_hardware_setup(): one ASID is never in both pools. */
	pool_define(SEVADM_POOL_SEV, max(edx, 1U), ecx);
	if (eax & CPUID_ENCRYPTED_MEMORY_SEV_ES && edx > 1)
		max_es_asid = min(edx - 1, ecx);
	sevadm_pool_undivide();
	return 0;
}

/** sevadm_pool_uninit() - free what is known of ASIDs */
void sevadm_pool_uninit(void)
{
	kvfree(asids);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* ASID pools: which ASIDs exist, which are used, which wait to be recycled. */
#ifndef SEVADM_POOL_H
#define SEVADM_POOL_H

#include <linux/types.h>

#include <uapi/linux/sevadm.h>

/**
 * struct sevadm_asid_range - ASIDs of one kind of guests
 * @first: the first one
 * @last: the last one; less than @first: there are none
 */
struct sevadm_asid_range {
	u32 first;
	u32 last;
};

u32 sevadm_pool_of_type(u32 type);
bool sevadm_pool_known_absent(u32 pool);
u32 sevadm_pool_capacity(u32 pool);
u32 sevadm_pool_capacity_hoped_for(u32 pool);
u64 sevadm_pool_misc_usage_locked(u32 pool);

void sevadm_pool_charge_locked(u32 pool, s64 asids);
void sevadm_pool_reserve_locked(u32 pool, s64 asids);
u64 sevadm_pool_used_locked(u32 pool);
u64 sevadm_pool_reserved_locked(u32 pool);
u64 sevadm_pool_available_locked(u32 pool);

void sevadm_pool_take_locked(u32 pool);
void sevadm_pool_hold_locked(u32 pool);
void sevadm_pool_unhold_locked(u32 pool);
void sevadm_pool_bind_locked(u32 pool, u32 asid, u64 vm, u32 pid);
void sevadm_pool_move_locked(u32 asid, u64 from, u64 to, u32 pid);
bool sevadm_pool_is_of_locked(u32 asid, u64 vm);
void sevadm_pool_give_back_locked(u32 pool, u32 asid, u64 vm);
u32 sevadm_pool_recycle_locked(void);
bool sevadm_pool_sync_locked(const unsigned long *used, const unsigned long *reclaim);
void sevadm_pool_reset_locked(void);

bool sevadm_pool_held(u32 pool, u32 asid);
int sevadm_pool_query(struct sevadm_pool_query *query);
int sevadm_asid_query(struct sevadm_asid_query *query, u32 *pid);
u32 sevadm_pool_max_asid(void);

void sevadm_pool_divide(const struct sevadm_asid_range *snp, const struct sevadm_asid_range *es);
void sevadm_pool_undivide(void);
int sevadm_pool_init(void);
void sevadm_pool_uninit(void);

#endif /* SEVADM_POOL_H */

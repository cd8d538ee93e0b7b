/* SPDX-License-Identifier: GPL-2.0-only */
/* ASID pools: which ASIDs exist, which are used, which wait to be recycled. */
#ifndef SEVADM_POOL_H
#define SEVADM_POOL_H

#include <linux/types.h>

#include <uapi/linux/sevadm.h>

void sevadm_pool_take(u32 pool);
void sevadm_pool_hold(u32 pool);
void sevadm_pool_let_go(u32 pool);
u32 sevadm_pool_foreign_locked(u32 pool);
u32 sevadm_pool_capacity(u32 pool);
u64 sevadm_pool_charged(u32 pool);
void sevadm_pool_bind(u32 pool, u32 asid, u64 vm, u32 pid);
void sevadm_pool_move(u32 asid, u64 from, u64 to, u32 pid);
void sevadm_pool_give_back(u32 pool, u32 asid, u64 vm);
u32 sevadm_pool_recycle(void);
bool sevadm_pool_adopt(const unsigned long *used, const unsigned long *reclaim);
bool sevadm_pool_held(u32 pool, u32 asid);
void sevadm_pool_reset(void);

int sevadm_pool_query(struct sevadm_pool_query *query);
int sevadm_asid_query(struct sevadm_asid_query *query, u32 *pid);
u32 sevadm_pool_max_asid(void);

int sevadm_pool_init(void);
void sevadm_pool_uninit(void);

#endif /* SEVADM_POOL_H */

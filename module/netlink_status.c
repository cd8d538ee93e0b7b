// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEVADM_CMD_STATUS_GET and SEVADM_CMD_SEAM_GET: the host as a whole, and the state of the module.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "bitmaps.h"
#include "host.h"
#include "ledger.h"
#include "limit.h"
#include "netlink.h"
#include "pool.h"
#include "private.h"
#include "ring.h"
#include "seam.h"

static int put_pool(struct sk_buff *skb, u32 pool, bool free_known)
{
	struct sevadm_pool_query query = { .pool = pool };
	struct nlattr *nest;
	int ret;

	ret = sevadm_pool_query(&query);
	if (ret == -ENOENT)
		return 0;
	if (ret)
		return ret;

	nest = nla_nest_start(skb, SEVADM_A_STATUS_POOL);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, SEVADM_A_POOL_POOL, query.pool) ||
	    nla_put_u32(skb, SEVADM_A_POOL_MIN_ASID, query.min_asid) ||
	    nla_put_u32(skb, SEVADM_A_POOL_MAX_ASID, query.max_asid) ||
	    nla_put_u32(skb, SEVADM_A_POOL_CAPACITY, query.capacity) ||
	    nla_put_u32(skb, SEVADM_A_POOL_USED, query.used) ||
	    nla_put_u32(skb, SEVADM_A_POOL_RECLAIM, query.reclaim) ||
	    (free_known && nla_put_u32(skb, SEVADM_A_POOL_FREE, query.free)) ||
	    nla_put_u32(skb, SEVADM_A_POOL_PEAK, query.peak) ||
	    nla_put_u64_64bit(skb, SEVADM_A_POOL_RECYCLES, query.recycles, SEVADM_A_POOL_PAD) ||
	    nla_put_u64_64bit(skb, SEVADM_A_POOL_CHARGED, query.charged, SEVADM_A_POOL_PAD) ||
	    nla_put_u32(skb, SEVADM_A_POOL_RESERVED, query.reserved)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_firmware(struct sk_buff *skb)
{
	struct sevadm_firmware firmware;

	sevadm_firmware_get(&firmware);
	if (!firmware.known)
		return 0;
	if (nla_put_u32(skb, SEVADM_A_STATUS_API_MAJOR, firmware.api_major) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_API_MINOR, firmware.api_minor) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_BUILD, firmware.build) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_FIRMWARE_STATE, firmware.state))
		return -EMSGSIZE;
	return 0;
}

static int put_private(struct sk_buff *skb)
{
	struct sevadm_private_host host;

	if (!sevadm_private_seen() || !sevadm_private_get_host(&host))
		return 0;
	if (nla_put_u64_64bit(skb, SEVADM_A_STATUS_PRIVATE_BYTES, host.guests.pages << PAGE_SHIFT,
			      SEVADM_A_STATUS_PAD) ||
	    nla_put_u64_64bit(skb, SEVADM_A_STATUS_PRIVATE_PEAK_BYTES,
			      host.guests.peak << PAGE_SHIFT, SEVADM_A_STATUS_PAD) ||
	    nla_put_u64_64bit(skb, SEVADM_A_STATUS_CONVERSIONS, host.guests.conversions,
			      SEVADM_A_STATUS_PAD) ||
	    nla_put_u64_64bit(skb, SEVADM_A_STATUS_RECLAIMS, host.guests.reclaims,
			      SEVADM_A_STATUS_PAD) ||
	    nla_put_u64_64bit(skb, SEVADM_A_STATUS_RMP_FIRMWARE_BYTES, host.firmware << PAGE_SHIFT,
			      SEVADM_A_STATUS_PAD) ||
	    nla_put_u64_64bit(skb, SEVADM_A_STATUS_LEAKED_BYTES, host.guests.leaked << PAGE_SHIFT,
			      SEVADM_A_STATUS_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_status(struct sk_buff *skb)
{
	bool exact = sevadm_bitmaps_sync();
	struct sevadm_totals totals;
	u32 pool;

	sevadm_limit_sweep();
	sevadm_ledger_totals(&totals);
	if (nla_put_string(skb, SEVADM_A_STATUS_VERSION, SEVADM_VERSION) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_STATE, sevadm_seam_state()) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_VMS, totals.vms) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_UNACCOUNTED_VMS, totals.unaccounted) ||
	    nla_put_u64_64bit(skb, SEVADM_A_STATUS_EVENTS, sevadm_ring_next() - 1,
			      SEVADM_A_STATUS_PAD) ||
	    nla_put_u32(skb, SEVADM_A_STATUS_RING_EVENTS, sevadm_ring_size()))
		return -EMSGSIZE;
	if (sevadm_ledger_sees_pins() &&
	    (nla_put_u64_64bit(skb, SEVADM_A_STATUS_PINNED_BYTES,
			       max(totals.pinned, 0LL) << PAGE_SHIFT, SEVADM_A_STATUS_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_STATUS_PINNED_PEAK_BYTES,
			       totals.pinned_peak << PAGE_SHIFT, SEVADM_A_STATUS_PAD)))
		return -EMSGSIZE;

	for (pool = 0; pool < SEVADM_POOL_NR; pool++)
		if (put_pool(skb, pool, exact || !totals.unaccounted))
			return -EMSGSIZE;
	return put_firmware(skb) ?: put_private(skb);
}

static int reply_status(struct sk_buff *skb, void *argument)
{
	return put_status(skb);
}

/** sevadm_nl_status_get_doit() - answer SEVADM_CMD_STATUS_GET: &genl_ops.doit */
int sevadm_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return sevadm_nl_may_read(skb, info->extack) ?:
	       sevadm_nl_reply(info, SEVADM_CMD_STATUS_GET, reply_status, NULL);
}

static int put_seam(struct sk_buff *skb, const struct sevadm_seam_info *seam)
{
	if (nla_put_string(skb, SEVADM_A_SEAM_NAME, seam->symbol) ||
	    nla_put_string(skb, SEVADM_A_SEAM_MODULE, seam->module) ||
	    (seam->required && nla_put_flag(skb, SEVADM_A_SEAM_REQUIRED)) ||
	    (seam->attached && nla_put_flag(skb, SEVADM_A_SEAM_ATTACHED)) ||
	    (seam->error && nla_put_u32(skb, SEVADM_A_SEAM_ERROR, -seam->error)) ||
	    (*seam->reason && nla_put_string(skb, SEVADM_A_SEAM_REASON, seam->reason)) ||
	    nla_put_u64_64bit(skb, SEVADM_A_SEAM_HITS, seam->hits, SEVADM_A_SEAM_PAD))
		return -EMSGSIZE;
	return 0;
}

/** sevadm_nl_seam_get_dumpit() - answer SEVADM_CMD_SEAM_GET: &genl_ops.dumpit */
int sevadm_nl_seam_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	u64 *next = (u64 *)cb->ctx;
	struct sevadm_seam_info seam;
	void *header;
	int ret;

	for (; !sevadm_seam_info(*next, &seam); (*next)++) {
		header = sevadm_nl_dump_put(skb, cb, SEVADM_CMD_SEAM_GET);
		ret = header ? put_seam(skb, &seam) : -EMSGSIZE;
		if (ret) {
			genlmsg_cancel(skb, header);
			return sevadm_nl_dumped(skb, ret);
		}
		genlmsg_end(skb, header);
	}
	return skb->len;
}

// SPDX-License-Identifier: GPL-2.0-only
/* SEVADM_CMD_STATS_*: the statistics of commands and VMs. */
#include <linux/capability.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "netlink.h"
#include "stats.h"
#include "vm.h"

/**
 * struct stats_cursor - where a dump goes on
 * @begun: the totals have been put
 * @slot: of the next command
 * @vm: last VM
 */
struct stats_cursor {
	u32 begun;
	u32 slot;
	u64 vm;
};

static int put_u64(struct sk_buff *skb, int attribute, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, attribute, value, pad);
}

static int put_bucket(struct sk_buff *skb, u64 from_ns, u64 count)
{
	struct nlattr *nest = nla_nest_start(skb, SEVADM_A_TIMES_BUCKET);

	if (!nest ||
	    put_u64(skb, SEVADM_A_BUCKET_FROM_NS, from_ns, SEVADM_A_BUCKET_PAD) ||
	    put_u64(skb, SEVADM_A_BUCKET_COUNT, count, SEVADM_A_BUCKET_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_times(struct sk_buff *skb, int attribute, const struct sevadm_times *times)
{
	struct nlattr *nest;
	u32 i;

	if (!times->count)
		return 0;
	nest = nla_nest_start(skb, attribute);
	if (!nest ||
	    put_u64(skb, SEVADM_A_TIMES_COUNT, times->count, SEVADM_A_TIMES_PAD) ||
	    put_u64(skb, SEVADM_A_TIMES_SUM_NS, times->sum_ns, SEVADM_A_TIMES_PAD) ||
	    put_u64(skb, SEVADM_A_TIMES_MIN_NS, times->min_ns, SEVADM_A_TIMES_PAD) ||
	    put_u64(skb, SEVADM_A_TIMES_MAX_NS, times->max_ns, SEVADM_A_TIMES_PAD))
		return -EMSGSIZE;
	for (i = 0; i < SEVADM_STATS_BUCKETS; i++)
		if (times->buckets[i] && put_bucket(skb, i ? BIT_ULL(i) : 0, times->buckets[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_failure(struct sk_buff *skb, const struct sevadm_status_count *status)
{
	struct nlattr *nest = nla_nest_start(skb, SEVADM_A_STATS_FAILURE);

	if (!nest ||
	    nla_put_u32(skb, status->firmware ? SEVADM_A_FAILURE_FW_ERROR : SEVADM_A_FAILURE_ERRNO,
			status->number) ||
	    put_u64(skb, SEVADM_A_FAILURE_COUNT, status->count, SEVADM_A_FAILURE_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_stats(struct sk_buff *skb, const struct sevadm_stats *stats)
{
	u32 i;

	if (put_u64(skb, SEVADM_A_STATS_COUNT, stats->count, SEVADM_A_STATS_PAD) ||
	    put_u64(skb, SEVADM_A_STATS_FAILURES, stats->failures, SEVADM_A_STATS_PAD) ||
	    put_u64(skb, SEVADM_A_STATS_OTHER_FAILURES, stats->other_failures,
		    SEVADM_A_STATS_PAD) ||
	    put_u64(skb, SEVADM_A_STATS_BYTES, stats->bytes, SEVADM_A_STATS_PAD) ||
	    put_u64(skb, SEVADM_A_STATS_BYTES_NS, stats->bytes_ns, SEVADM_A_STATS_PAD) ||
	    put_times(skb, SEVADM_A_STATS_TOOK, &stats->took) ||
	    put_times(skb, SEVADM_A_STATS_WAIT, &stats->waited))
		return -EMSGSIZE;
	for (i = 0; i < stats->nr_statuses; i++)
		if (put_failure(skb, &stats->statuses[i]))
			return -EMSGSIZE;
	return 0;
}

/* Begins a message. A reset before it shows: the dump is marked as inconsistent. */
static void *begin_message(struct sk_buff *skb, struct netlink_callback *cb, u32 generation)
{
	cb->seq = generation;
	return sevadm_nl_dump_put(skb, cb, SEVADM_CMD_STATS_GET);
}

/* Ends the message, or, if it did not fit (@ret), takes it back; returns @ret. */
static int end_message(struct sk_buff *skb, struct netlink_callback *cb, void *header, int ret)
{
	if (!ret) {
		genl_dump_check_consistent(cb, header);
		genlmsg_end(skb, header);
	} else if (header) {
		genlmsg_cancel(skb, header);
	}
	return ret;
}

static int put_totals(struct sk_buff *skb, const struct sevadm_stats_totals *totals)
{
	return put_u64(skb, SEVADM_A_STATS_SINCE_NS, totals->since_ns, SEVADM_A_STATS_PAD) ?:
	       put_u64(skb, SEVADM_A_STATS_LEFT_OUT, totals->left_out, SEVADM_A_STATS_PAD);
}

static int put_command(struct sk_buff *skb, u32 type, u32 command, const struct sevadm_stats *stats)
{
	return nla_put_u32(skb, SEVADM_A_STATS_EVENT, type) ?:
	       nla_put_u32(skb, SEVADM_A_STATS_COMMAND, command) ?: put_stats(skb, stats);
}

static int put_vm(struct sk_buff *skb, u64 vm, const struct sevadm_stats *stats)
{
	return put_u64(skb, SEVADM_A_STATS_VM, vm, SEVADM_A_STATS_PAD) ?: put_stats(skb, stats);
}

static int dump_vms(struct sk_buff *skb, struct netlink_callback *cb, struct stats_cursor *cursor,
		    struct sevadm_stats *stats)
{
	struct sevadm_vm *vm;
	void *header;
	int ret = 0;

	while (!ret && (vm = sevadm_vm_next(cursor->vm))) {
		sevadm_stats_copy(&vm->stats, stats);
		header = begin_message(skb, cb, stats->generation);
		ret = end_message(skb, cb, header,
				  header ? put_vm(skb, vm->id, stats) : -EMSGSIZE);
		if (!ret)
			cursor->vm = vm->id;
		sevadm_vm_put(vm);
	}
	return ret;
}

/* First the totals, then the commands, then the VMs. A reset meanwhile shows (NLM_F_DUMP_INTR). */
static int dump(struct sk_buff *skb, struct netlink_callback *cb, struct sevadm_stats *stats)
{
	struct stats_cursor *cursor = (struct stats_cursor *)cb->ctx;
	struct sevadm_stats_totals totals;
	u32 type, command;
	void *header;
	int ret;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(cb->ctx));
	if (!cursor->begun) {
		sevadm_stats_totals(&totals);
		header = begin_message(skb, cb, totals.generation);
		ret = end_message(skb, cb, header,
				  header ? put_totals(skb, &totals) : -EMSGSIZE);
		if (ret)
			return ret;
		cursor->begun = true;
	}
	for (; sevadm_stats_command(&cursor->slot, &type, &command, stats); cursor->slot++) {
		header = begin_message(skb, cb, stats->generation);
		ret = end_message(skb, cb, header,
				  header ? put_command(skb, type, command, stats) : -EMSGSIZE);
		if (ret)
			return ret;
	}
	return dump_vms(skb, cb, cursor, stats);
}

/** sevadm_nl_stats_get_dumpit() - answer SEVADM_CMD_STATS_GET: &genl_ops.dumpit */
int sevadm_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct sevadm_stats *stats;	/* too large for the stack */
	int ret;

	stats = kmalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	ret = dump(skb, cb, stats);
	kfree(stats);
	return sevadm_nl_dumped(skb, ret);
}

/** sevadm_nl_stats_reset_doit() - take a SEVADM_CMD_STATS_RESET: &genl_ops.doit */
int sevadm_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (sevadm_nl_may_change(skb, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(info->extack,
			       "resetting the statistics needs CAP_SYS_ADMIN in the initial user namespace: run it as root");
		return -EPERM;
	}
	sevadm_stats_reset();
	return 0;
}

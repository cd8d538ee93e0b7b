// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "sevadm". Its specification is
 * Documentation/netlink/specs/sevadm.yaml; the numbers are in uapi/linux/sevadm_netlink.h.
 *
 * Who may read and change is checked in netlink_access.c: Documentation/security.md.
 */
#include <linux/cgroup.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "bitmaps.h"
#include "compat/netlink.h"
#include "host.h"
#include "ledger.h"
#include "limit.h"
#include "netlink.h"
#include "pool.h"
#include "ring.h"
#include "seam.h"

/* Where a dump goes on; of VMs: of which user alone they are, if not of all. */
struct dump_cursor {
	u64 next;
	bool all;
	kuid_t owner;
};

static struct dump_cursor *dump_cursor(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump_cursor) > sizeof(cb->ctx));
	return (struct dump_cursor *)cb->ctx;
}

static int put_pool(struct sk_buff *skb, u32 pool, bool free_known)
{
	struct sevadm_pool_query query = { .pool = pool };
	struct nlattr *nest;
	int ret;

	ret = sevadm_pool_query(&query);
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

static int put_status(struct sk_buff *skb)
{
	bool exact = sevadm_bitmaps_read();
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
	if (sevadm_seam_attached(SEAM_sev_pin_memory) &&
	    (nla_put_u64_64bit(skb, SEVADM_A_STATUS_PINNED_BYTES,
			       max(totals.pinned, 0LL) << PAGE_SHIFT, SEVADM_A_STATUS_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_STATUS_PINNED_PEAK_BYTES,
			       totals.pinned_peak << PAGE_SHIFT, SEVADM_A_STATUS_PAD)))
		return -EMSGSIZE;

	for (pool = 0; pool < SEVADM_POOL_NR; pool++)
		if (put_pool(skb, pool, exact || !totals.unaccounted))
			return -EMSGSIZE;
	return put_firmware(skb);
}

/* sevadm_nl_reply() - a reply of one message, made by @put */
int sevadm_nl_reply(struct genl_info *info, u8 cmd,
		    int (*put)(struct sk_buff *skb, void *argument), void *argument)
{
	struct sk_buff *skb;
	void *header;
	int ret;

	/* A cgroup's path has room, however long it is. */
	skb = genlmsg_new(NLMSG_GOODSIZE + PATH_MAX, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;

	header = genlmsg_put_reply(skb, info, &sevadm_family, 0, cmd);
	ret = header ? put(skb, argument) : -EMSGSIZE;
	if (ret) {
		nlmsg_free(skb);
		return ret;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

static int reply_status(struct sk_buff *skb, void *argument)
{
	return put_status(skb);
}

static int sevadm_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
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

/* sevadm_nl_dump_put() - the header of one message of a dump */
void *sevadm_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &sevadm_family,
			   NLM_F_MULTI, cmd);
}

static int sevadm_nl_seam_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_cursor *cursor = dump_cursor(cb);
	struct sevadm_seam_info seam;
	void *header;
	int ret;

	for (; !sevadm_seam_info(cursor->next, &seam); cursor->next++) {
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

/* sevadm_nl_put_cgroup() - a cgroup's path, asked for now: a cgroup may have been renamed since the VM was created. */
int sevadm_nl_put_cgroup(struct sk_buff *skb, int attribute, struct cgroup *cgroup)
{
	char *path;
	int ret = 0;

	path = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	if (cgroup_path(cgroup, path, PATH_MAX) > 0 &&
	    nla_put_string(skb, attribute, path))
		ret = -EMSGSIZE;
	kfree(path);
	return ret;
}

static int put_creator(struct sk_buff *skb, const struct sevadm_vm *vm,
		       const struct sevadm_vm_query *query, bool path)
{
	if (nla_put_u32(skb, SEVADM_A_VM_PID, query->pid) ||
	    nla_put_string(skb, SEVADM_A_VM_COMM, query->comm) ||
	    nla_put_u32(skb, SEVADM_A_VM_UID, query->uid) ||
	    nla_put_u64_64bit(skb, SEVADM_A_VM_CGROUP_ID, query->cgroup_id, SEVADM_A_VM_PAD))
		return -EMSGSIZE;
	return path ? sevadm_nl_put_cgroup(skb, SEVADM_A_VM_CGROUP, vm->cgroup) : 0;
}

/* @path: with the cgroup's path, which is of any length */
static int put_vm(struct sk_buff *skb, struct sevadm_vm *vm, bool path)
{
	struct sevadm_vm_query query = {};
	int ret;

	sevadm_vm_query(vm, &query);
	if (nla_put_u64_64bit(skb, SEVADM_A_VM_ID, query.vm, SEVADM_A_VM_PAD) ||
	    nla_put_u32(skb, SEVADM_A_VM_TYPE, query.type) ||
	    nla_put_u32(skb, SEVADM_A_VM_POOL, query.pool))
		return -EMSGSIZE;
	if (query.known & SEVADM_KNOWN_CREATOR) {
		ret = put_creator(skb, vm, &query, path);
		if (ret)
			return ret;
	}
	if ((query.known & SEVADM_KNOWN_STATE &&
	     nla_put_u32(skb, SEVADM_A_VM_STATE, query.state)) ||
	    (query.known & SEVADM_KNOWN_CREATED &&
	     nla_put_u64_64bit(skb, SEVADM_A_VM_CREATED_NS, query.created_ns,
			       SEVADM_A_VM_PAD)))
		return -EMSGSIZE;
	if ((query.known & SEVADM_KNOWN_ASID && nla_put_u32(skb, SEVADM_A_VM_ASID, query.asid)) ||
	    (query.known & SEVADM_KNOWN_HANDLE &&
	     nla_put_u32(skb, SEVADM_A_VM_HANDLE, query.handle)) ||
	    (query.known & SEVADM_KNOWN_POLICY &&
	     nla_put_u64_64bit(skb, SEVADM_A_VM_POLICY, query.policy, SEVADM_A_VM_PAD)) ||
	    (query.known & SEVADM_KNOWN_MIRROR_OF &&
	     nla_put_u64_64bit(skb, SEVADM_A_VM_MIRROR_OF, query.mirror_of, SEVADM_A_VM_PAD)))
		return -EMSGSIZE;
	if (query.known & SEVADM_KNOWN_PINNED &&
	    (nla_put_u64_64bit(skb, SEVADM_A_VM_PINNED_BYTES, query.pinned_bytes,
			       SEVADM_A_VM_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_VM_PINNED_PEAK_BYTES, query.pinned_peak_bytes,
			       SEVADM_A_VM_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_VM_REGIONS, query.regions, SEVADM_A_VM_PAD)))
		return -EMSGSIZE;
	return 0;
}

static int reply_vm(struct sk_buff *skb, void *argument)
{
	return put_vm(skb, argument, true);
}

/* A caller that may not see all VMs does not learn whether there is one of that id either. */
static int may_see_vm(const struct sk_buff *skb, struct genl_info *info, const struct sevadm_vm *vm)
{
	if (vm && sevadm_nl_owns(sevadm_nl_owner(skb), vm))
		return 0;
	return sevadm_nl_may_read(skb, info->extack);
}

static int sevadm_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sevadm_vm *vm;
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, SEVADM_A_VM_ID))
		return -EINVAL;

	vm = sevadm_vm_get_id(nla_get_u64(info->attrs[SEVADM_A_VM_ID]));
	ret = may_see_vm(skb, info, vm);
	if (!ret && !vm) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SEVADM_A_VM_ID],
				    "no VM has this id: sevadm vm list shows all");
		ret = -ENOENT;
	}
	if (!ret)
		ret = sevadm_nl_reply(info, SEVADM_CMD_VM_GET, reply_vm, vm);
	sevadm_vm_put(vm);
	return ret;
}

static int sevadm_nl_vm_get_start(struct netlink_callback *cb)
{
	struct dump_cursor *cursor = dump_cursor(cb);

	cursor->all = !compat_genl_dump_attrs(cb)[SEVADM_A_VM_OWN];
	if (cursor->all)
		return sevadm_nl_may_read(cb->skb, cb->extack);
	cursor->owner = sevadm_nl_owner(cb->skb);
	return uid_valid(cursor->owner) ? 0 : -EPERM;
}

static int dump_vm(struct sk_buff *skb, struct netlink_callback *cb, struct sevadm_vm *vm, bool path)
{
	void *header = sevadm_nl_dump_put(skb, cb, SEVADM_CMD_VM_GET);
	int ret = header ? put_vm(skb, vm, path) : -EMSGSIZE;

	if (ret) {
		genlmsg_cancel(skb, header);
		return ret;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
	return 0;
}

static int sevadm_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_cursor *cursor = dump_cursor(cb);
	struct sevadm_totals totals;
	struct sevadm_vm *vm;
	int ret = 0;

	sevadm_ledger_totals(&totals);
	cb->seq = totals.generation + 1;

	while (!ret && (vm = sevadm_vm_next(cursor->next))) {
		if (cursor->all || sevadm_nl_owns(cursor->owner, vm)) {
			ret = dump_vm(skb, cb, vm, true);
			/* No tenant keeps a VM out of the list by the name of its cgroup. */
			if (ret == -EMSGSIZE && !skb->len)
				ret = dump_vm(skb, cb, vm, false);
		}
		if (!ret)
			cursor->next = vm->id;
		sevadm_vm_put(vm);
	}
	return sevadm_nl_dumped(skb, ret);
}

static int put_asid(struct sk_buff *skb, u32 asid)
{
	struct sevadm_asid_query query = { .asid = asid };
	u32 pid;
	int ret;

	ret = sevadm_asid_query(&query, &pid);
	if (ret)
		return ret;
	if (nla_put_u32(skb, SEVADM_A_ASID_ASID, query.asid) ||
	    nla_put_u32(skb, SEVADM_A_ASID_POOL, query.pool) ||
	    nla_put_u32(skb, SEVADM_A_ASID_STATE, query.state))
		return -EMSGSIZE;
	if (query.vm && nla_put_u64_64bit(skb, SEVADM_A_ASID_VM, query.vm, SEVADM_A_ASID_PAD))
		return -EMSGSIZE;
	/* Of a VM that is older than the module, the creator may not be known. */
	if (query.vm && pid && nla_put_u32(skb, SEVADM_A_ASID_PID, pid))
		return -EMSGSIZE;
	return 0;
}

static int reply_asid(struct sk_buff *skb, void *argument)
{
	return put_asid(skb, *(u32 *)argument);
}

static int sevadm_nl_asid_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 asid;
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, SEVADM_A_ASID_ASID))
		return -EINVAL;

	asid = nla_get_u32(info->attrs[SEVADM_A_ASID_ASID]);
	ret = sevadm_nl_may_read(skb, info->extack);
	if (ret)
		return ret;
	sevadm_bitmaps_read();
	ret = sevadm_nl_reply(info, SEVADM_CMD_ASID_GET, reply_asid, &asid);
	if (ret == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SEVADM_A_ASID_ASID],
				    "this host has no such ASID: sevadm status shows the ranges");
	return ret;
}

static int sevadm_nl_asid_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_cursor *cursor = dump_cursor(cb);
	void *header;
	int ret;

	sevadm_bitmaps_read();
	for (; cursor->next < sevadm_pool_max_asid(); cursor->next++) {
		header = sevadm_nl_dump_put(skb, cb, SEVADM_CMD_ASID_GET);
		ret = header ? put_asid(skb, cursor->next + 1) : -EMSGSIZE;
		if (ret) {
			genlmsg_cancel(skb, header);
			return sevadm_nl_dumped(skb, ret);
		}
		genlmsg_end(skb, header);
	}
	return skb->len;
}

static const struct nla_policy vm_get_policy[SEVADM_A_VM_OWN + 1] = {
	[SEVADM_A_VM_ID] = NLA_POLICY_MIN(NLA_U64, 1),
	[SEVADM_A_VM_OWN] = { .type = NLA_FLAG },
};

static const struct nla_policy asid_get_policy[SEVADM_A_ASID_ASID + 1] = {
	[SEVADM_A_ASID_ASID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy adopt_policy[SEVADM_A_ADOPT_REGION_NPAGES + 1] = {
	[SEVADM_A_ADOPT_KVM_SIZE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_KVM_VM_LIST] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_SVM_SIZE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_ACTIVE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_ES_ACTIVE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_ASID] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_HANDLE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_PAGES_LOCKED] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_REGIONS] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_OWNER] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_REGION_LIST] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_REGION_NPAGES] = { .type = NLA_U32 },
};

const struct nla_policy sevadm_limit_policy[SEVADM_A_LIMIT_MAX + 1] = {
	[SEVADM_A_LIMIT_SUBJECT] = NLA_POLICY_MAX(NLA_U32, SEVADM_SUBJECT_CGROUP),
	[SEVADM_A_LIMIT_ID] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_RESOURCE] = NLA_POLICY_MAX(NLA_U32, SEVADM_RESOURCE_NR - 1),
	[SEVADM_A_LIMIT_MIN_VALUE] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_HIGH_VALUE] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_MAX_VALUE] = { .type = NLA_U64 },
};

static const struct nla_policy limit_delete_policy[SEVADM_A_LIMIT_RESOURCE + 1] = {
	[SEVADM_A_LIMIT_SUBJECT] = NLA_POLICY_MAX(NLA_U32, SEVADM_SUBJECT_CGROUP),
	[SEVADM_A_LIMIT_ID] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_RESOURCE] = NLA_POLICY_MAX(NLA_U32, SEVADM_RESOURCE_NR - 1),
};

static const struct nla_policy limit_apply_policy[SEVADM_A_APPLY_LIMIT + 1] = {
	[SEVADM_A_APPLY_LIMIT] = NLA_POLICY_NESTED(sevadm_limit_policy),
};

static const struct genl_ops sevadm_ops[] = {
	{
		.cmd = SEVADM_CMD_STATUS_GET,
		.doit = sevadm_nl_status_get_doit,
	},
	{
		.cmd = SEVADM_CMD_SEAM_GET,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_seam_get_dumpit,
	},
	{
		.cmd = SEVADM_CMD_VM_GET,
		.doit = sevadm_nl_vm_get_doit,
		.start = sevadm_nl_vm_get_start,
		.dumpit = sevadm_nl_vm_get_dumpit,
		.policy = vm_get_policy,
		.maxattr = SEVADM_A_VM_OWN,
	},
	{
		.cmd = SEVADM_CMD_ASID_GET,
		.doit = sevadm_nl_asid_get_doit,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_asid_get_dumpit,
		.policy = asid_get_policy,
		.maxattr = SEVADM_A_ASID_ASID,
	},
	{
		.cmd = SEVADM_CMD_ADOPT,
		.doit = sevadm_nl_adopt_doit,
		.policy = adopt_policy,
		.maxattr = SEVADM_A_ADOPT_REGION_NPAGES,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_GET,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_limit_get_dumpit,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_SET,
		.doit = sevadm_nl_limit_set_doit,
		.policy = sevadm_limit_policy,
		.maxattr = SEVADM_A_LIMIT_MAX_VALUE,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_DELETE,
		.doit = sevadm_nl_limit_delete_doit,
		.policy = limit_delete_policy,
		.maxattr = SEVADM_A_LIMIT_RESOURCE,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_APPLY,
		.doit = sevadm_nl_limit_apply_doit,
		.policy = limit_apply_policy,
		.maxattr = SEVADM_A_APPLY_LIMIT,
	},
	{
		.cmd = SEVADM_CMD_STATS_GET,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_stats_get_dumpit,
	},
	{
		.cmd = SEVADM_CMD_STATS_RESET,
		.doit = sevadm_nl_stats_reset_doit,
	},
};

static const struct genl_multicast_group sevadm_mcgrps[] = {
	{ .name = SEVADM_GENL_MCGRP_EVENTS, COMPAT_GENL_MCGRP_SYS_ADMIN },
};

struct genl_family sevadm_family __ro_after_init = {
	.name = SEVADM_GENL_NAME,
	.version = SEVADM_GENL_VERSION,
	.netnsok = false,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = sevadm_ops,
	.n_ops = ARRAY_SIZE(sevadm_ops),
	COMPAT_GENL_RESV_START_OP(SEVADM_CMD_STATUS_GET)
	.mcgrps = sevadm_mcgrps,
	.n_mcgrps = ARRAY_SIZE(sevadm_mcgrps),
};

int sevadm_netlink_init(void)
{
	return genl_register_family(&sevadm_family);
}

void sevadm_netlink_uninit(void)
{
	genl_unregister_family(&sevadm_family);
}

MODULE_ALIAS_GENL_FAMILY(SEVADM_GENL_NAME);

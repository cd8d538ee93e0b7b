// SPDX-License-Identifier: GPL-2.0-only
/* SEVADM_CMD_VM_GET and SEVADM_CMD_ASID_GET: one row a VM, one row an ASID. */
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "bitmaps.h"
#include "compat/netlink.h"
#include "ledger.h"
#include "netlink.h"
#include "pool.h"

/* Where a dump goes on. A dump of VMs is of all, or of those of one user. */
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

static int put_vm_private(struct sk_buff *skb, const struct sevadm_vm_query *query)
{
	if (query->known & SEVADM_KNOWN_PRIVATE &&
	    (nla_put_u64_64bit(skb, SEVADM_A_VM_PRIVATE_BYTES, query->private_bytes,
			       SEVADM_A_VM_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_VM_PRIVATE_PEAK_BYTES, query->private_peak_bytes,
			       SEVADM_A_VM_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_VM_CONVERSIONS, query->conversions, SEVADM_A_VM_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_VM_RECLAIMS, query->reclaims, SEVADM_A_VM_PAD) ||
	     nla_put_u64_64bit(skb, SEVADM_A_VM_LEAKED_BYTES, query->leaked_bytes,
			       SEVADM_A_VM_PAD)))
		return -EMSGSIZE;
	if (query->known & SEVADM_KNOWN_GMEM &&
	    nla_put_u64_64bit(skb, SEVADM_A_VM_GMEM_SIZE_BYTES, query->gmem_size_bytes,
			      SEVADM_A_VM_PAD))
		return -EMSGSIZE;
	if (query->known & SEVADM_KNOWN_GMEM_ALLOCATED &&
	    nla_put_u64_64bit(skb, SEVADM_A_VM_GMEM_BYTES, query->gmem_bytes, SEVADM_A_VM_PAD))
		return -EMSGSIZE;
	return 0;
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
	return put_vm_private(skb, &query);
}

static int reply_vm(struct sk_buff *skb, void *argument)
{
	return put_vm(skb, argument, true);
}

/*
 * Returns 0 or -EPERM. A caller that may not see all VMs does not learn if there is one of that id.
 */
static int may_see_vm(const struct sk_buff *skb, struct genl_info *info, const struct sevadm_vm *vm)
{
	if (vm && sevadm_nl_owns(sevadm_nl_owner(skb), vm))
		return 0;
	return sevadm_nl_may_read(skb, info->extack);
}

/** sevadm_nl_vm_get_doit() - answer SEVADM_CMD_VM_GET for one VM: &genl_ops.doit */
int sevadm_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info)
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

/** sevadm_nl_vm_get_start() - check who may list which VMs: &genl_ops.start */
int sevadm_nl_vm_get_start(struct netlink_callback *cb)
{
	struct dump_cursor *cursor = dump_cursor(cb);

	cursor->all = !compat_genl_dump_attrs(cb)[SEVADM_A_VM_OWN];
	if (cursor->all)
		return sevadm_nl_may_read(cb->skb, cb->extack);
	cursor->owner = sevadm_nl_owner(cb->skb);
	return uid_valid(cursor->owner) ? 0 : -EPERM;
}

static int dump_vm(struct sk_buff *skb, struct netlink_callback *cb, struct sevadm_vm *vm,
		   bool path)
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

/** sevadm_nl_vm_get_dumpit() - answer SEVADM_CMD_VM_GET: &genl_ops.dumpit */
int sevadm_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
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
			/* A tenant cannot keep a VM out of the list by the name of its cgroup. */
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
	/* The creator of a VM that is older than the module may not be known. */
	if (query.vm && pid && nla_put_u32(skb, SEVADM_A_ASID_PID, pid))
		return -EMSGSIZE;
	return 0;
}

static int reply_asid(struct sk_buff *skb, void *argument)
{
	return put_asid(skb, *(u32 *)argument);
}

/** sevadm_nl_asid_get_doit() - answer SEVADM_CMD_ASID_GET for one ASID: &genl_ops.doit */
int sevadm_nl_asid_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 asid;
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, SEVADM_A_ASID_ASID))
		return -EINVAL;

	asid = nla_get_u32(info->attrs[SEVADM_A_ASID_ASID]);
	ret = sevadm_nl_may_read(skb, info->extack);
	if (ret)
		return ret;
	sevadm_bitmaps_sync();
	ret = sevadm_nl_reply(info, SEVADM_CMD_ASID_GET, reply_asid, &asid);
	if (ret == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SEVADM_A_ASID_ASID],
				    "this host has no such ASID: sevadm status shows the ranges");
	return ret;
}

/** sevadm_nl_asid_get_dumpit() - answer SEVADM_CMD_ASID_GET: &genl_ops.dumpit */
int sevadm_nl_asid_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_cursor *cursor = dump_cursor(cb);
	void *header;
	int ret;

	sevadm_bitmaps_sync();
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

// SPDX-License-Identifier: GPL-2.0-only
/* SEVADM_CMD_LIMIT_*: limits as user space sees them, in bytes, by uid and by id of the cgroup. */
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "bitmaps.h"
#include "compat/netlink.h"
#include "limit.h"
#include "netlink.h"
#include "pool.h"
#include "resource.h"
#include "trace_names.h"

/* By enum sevadm_pool. */
static const struct {
	u32 pool;
	const char *name;
} pool_names[] = { SEVADM_POOL_NAMES };

/* ---- listing ------------------------------------------------------------------------------- */

static int put_subject(struct sk_buff *skb, const struct sevadm_subject_key *key, bool path)
{
	if (nla_put_u32(skb, SEVADM_A_LIMIT_SUBJECT, key->kind))
		return -EMSGSIZE;
	switch (key->kind) {
	case SEVADM_SUBJECT_USER:
		return nla_put_u64_64bit(skb, SEVADM_A_LIMIT_ID,
					 from_kuid_munged(&init_user_ns, key->uid),
					 SEVADM_A_LIMIT_PAD);
	case SEVADM_SUBJECT_CGROUP:
		return nla_put_u64_64bit(skb, SEVADM_A_LIMIT_ID, cgroup_id(key->cgroup),
					 SEVADM_A_LIMIT_PAD) ?:
		       (path ? sevadm_nl_put_cgroup(skb, SEVADM_A_LIMIT_CGROUP, key->cgroup) : 0);
	default:
		return 0;
	}
}

/* @path: with the cgroup's path, which is of any length */
static int put_limit(struct sk_buff *skb, u32 resource, const struct sevadm_limit_info *info,
		     bool path)
{
	const struct { u16 attribute; u64 value; } rows[] = {
		{ SEVADM_A_LIMIT_MIN_VALUE, info->limits.min },
		{ SEVADM_A_LIMIT_HIGH_VALUE, sevadm_resource_to_user(resource, info->limits.high) },
		{ SEVADM_A_LIMIT_MAX_VALUE, sevadm_resource_to_user(resource, info->limits.max) },
		{ SEVADM_A_LIMIT_CURRENT, sevadm_resource_to_user(resource, info->current_usage) },
		{ SEVADM_A_LIMIT_PEAK, sevadm_resource_to_user(resource, info->peak) },
		{ SEVADM_A_LIMIT_HIGH_EVENTS, info->high_events },
		{ SEVADM_A_LIMIT_MAX_EVENTS, info->max_events },
	};
	int i, ret;

	ret = put_subject(skb, &info->key, path);
	if (ret)
		return ret;
	if (nla_put_u32(skb, SEVADM_A_LIMIT_RESOURCE, resource))
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (nla_put_u64_64bit(skb, rows[i].attribute, rows[i].value, SEVADM_A_LIMIT_PAD))
			return -EMSGSIZE;
	return 0;
}

/* Return true if this host may have the resource: SEV-SNP guests may have no ASIDs of their own. */
static bool is_possible(u32 resource)
{
	return sevadm_resource_is_memory(resource) ||
	       !sevadm_pool_known_absent(sevadm_pool_of_resource(resource));
}

static bool is_there(u32 resource)
{
	return resource != SEVADM_RESOURCE_ASID_SEV_SNP ||
	       sevadm_pool_capacity(SEVADM_POOL_SEV_SNP);
}

static bool is_shown(u32 resource, const struct sevadm_limit_info *info)
{
	return (info->key.kind == SEVADM_SUBJECT_HOST && is_there(resource)) || info->limits.min ||
	       info->limits.high != U64_MAX || info->limits.max != U64_MAX;
}

/* Puts all resources of one subject, or, if they do not fit, none. */
static int put_limits(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct sevadm_limit_info *infos, bool path)
{
	unsigned char *start = skb_tail_pointer(skb);
	void *header;
	u32 i;
	int ret;

	for (i = 0; i < SEVADM_RESOURCE_NR; i++) {
		if (!is_shown(i, &infos[i]))
			continue;
		header = sevadm_nl_dump_put(skb, cb, SEVADM_CMD_LIMIT_GET);
		ret = header ? put_limit(skb, i, &infos[i], path) : -EMSGSIZE;
		if (ret) {
			nlmsg_trim(skb, start);
			return ret;
		}
		genlmsg_end(skb, header);
	}
	return 0;
}

/** sevadm_nl_limit_get_dumpit() - answer SEVADM_CMD_LIMIT_GET: &genl_ops.dumpit */
int sevadm_nl_limit_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct sevadm_limit_info infos[SEVADM_RESOURCE_NR];
	u64 *cursor = (u64 *)cb->ctx, next = *cursor;
	int ret = 0;

	while (!ret && sevadm_limit_info(&next, infos)) {
		ret = put_limits(skb, cb, infos, true);
		/* A tenant cannot keep a limit out of the list by the name of a cgroup. */
		if (ret == -EMSGSIZE && !skb->len)
			ret = put_limits(skb, cb, infos, false);
		if (infos[0].key.cgroup)
			cgroup_put(infos[0].key.cgroup);
		if (!ret)
			*cursor = next;
	}
	return sevadm_nl_dumped(skb, ret);
}

/* ---- setting ------------------------------------------------------------------------------- */

const struct nla_policy sevadm_limit_policy[SEVADM_A_LIMIT_MAX + 1] = {
	[SEVADM_A_LIMIT_SUBJECT] = NLA_POLICY_MAX(NLA_U32, SEVADM_SUBJECT_CGROUP),
	[SEVADM_A_LIMIT_ID] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_RESOURCE] = NLA_POLICY_MAX(NLA_U32, SEVADM_RESOURCE_NR - 1),
	[SEVADM_A_LIMIT_MIN_VALUE] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_HIGH_VALUE] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_MAX_VALUE] = { .type = NLA_U64 },
};

static int may_change(const struct sk_buff *skb, struct genl_info *info)
{
	if (!sevadm_nl_may_change(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "changing limits needs CAP_SYS_ADMIN in the initial user namespace: run it as root");
	return -EPERM;
}

static void release_subject(const struct sevadm_subject_key *key)
{
	if (key->cgroup)
		cgroup_put(key->cgroup);
}

/* A cgroup in @key comes with a reference. */
static int get_subject(struct nlattr **attrs, struct netlink_ext_ack *extack,
		       struct sevadm_subject_key *key)
{
	const struct nlattr *kind = attrs[SEVADM_A_LIMIT_SUBJECT], *id = attrs[SEVADM_A_LIMIT_ID];
	bool is_host;

	*key = (struct sevadm_subject_key) {};
	if (!kind) {
		NL_SET_ERR_MSG(extack, "the subject is missing");
		return -EINVAL;
	}
	key->kind = nla_get_u32(kind);
	is_host = key->kind == SEVADM_SUBJECT_HOST;
	if (!id != is_host) {
		NL_SET_ERR_MSG_ATTR(extack, id ?: kind,
				    "users and cgroups are named by an id, the host is not");
		return -EINVAL;
	}
	switch (key->kind) {
	case SEVADM_SUBJECT_USER:
		key->uid = nla_get_u64(id) < U32_MAX ?
			   make_kuid(&init_user_ns, nla_get_u64(id)) : INVALID_UID;
		if (uid_valid(key->uid))
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, id, "there is no such uid");
		return -EINVAL;
	case SEVADM_SUBJECT_CGROUP:
		key->cgroup = cgroup_get_from_id(nla_get_u64(id));
		if (!IS_ERR_OR_NULL(key->cgroup))
			return 0;
		key->cgroup = NULL;
		NL_SET_ERR_MSG_ATTR(extack, id, "no cgroup has this id: it may just have gone");
		return -ENOENT;
	default:
		return 0;
	}
}

static int get_limits(struct nlattr **attrs, struct netlink_ext_ack *extack,
		      struct sevadm_limit_set *set)
{
	const struct { u16 attribute; u32 knob; u64 *value; } rows[] = {
		{ SEVADM_A_LIMIT_MIN_VALUE, SEVADM_KNOB_MIN, &set->limits.min },
		{ SEVADM_A_LIMIT_HIGH_VALUE, SEVADM_KNOB_HIGH, &set->limits.high },
		{ SEVADM_A_LIMIT_MAX_VALUE, SEVADM_KNOB_MAX, &set->limits.max },
	};
	u64 value;
	int i;

	if (!attrs[SEVADM_A_LIMIT_RESOURCE]) {
		NL_SET_ERR_MSG(extack, "the resource is missing");
		return -EINVAL;
	}
	set->resource = nla_get_u32(attrs[SEVADM_A_LIMIT_RESOURCE]);
	if (!is_possible(set->resource)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SEVADM_A_LIMIT_RESOURCE],
				    "kvm_amd has no pool sev_snp here: SEV-SNP guests take ASIDs of pool sev_es");
		return -ENOENT;
	}
	set->mask = 0;
	set->limits = (struct sevadm_limits) { .high = U64_MAX, .max = U64_MAX };
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (attrs[rows[i].attribute]) {
			value = nla_get_u64(attrs[rows[i].attribute]);
			*rows[i].value = sevadm_resource_from_user(set->resource, value);
			set->mask |= BIT(rows[i].knob);
		}
	if (!set->mask) {
		NL_SET_ERR_MSG(extack, "there is no limit to set: min, high or max");
		return -EINVAL;
	}
	if (set->limits.min && sevadm_resource_is_memory(set->resource)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SEVADM_A_LIMIT_MIN_VALUE],
				    "only ASIDs can be guaranteed, not memory");
		return -EINVAL;
	}
	/* Also keeps sums of guarantees from overflowing. */
	if (set->limits.min > U16_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SEVADM_A_LIMIT_MIN_VALUE],
				    "no host has so many ASIDs to guarantee");
		return -ENOSPC;
	}
	if (set->limits.min > set->limits.max) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SEVADM_A_LIMIT_MIN_VALUE],
				    "more is guaranteed than the maximum allows");
		return -EINVAL;
	}
	return 0;
}

static int get_set(struct nlattr **attrs, struct netlink_ext_ack *extack,
		   struct sevadm_limit_set *set)
{
	int ret;

	ret = get_limits(attrs, extack, set) ?: get_subject(attrs, extack, &set->key);
	if (ret)
		return ret;
	if (set->limits.min && set->key.kind == SEVADM_SUBJECT_HOST) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SEVADM_A_LIMIT_MIN_VALUE],
				    "a guarantee is for users and cgroups: the host as a whole cannot be guaranteed ASIDs");
		return -EINVAL;
	}
	return 0;
}

static int explain(int ret, struct netlink_ext_ack *extack, u32 resource, u64 left)
{
	if (ret == -ENOSPC)
		compat_nl_set_err_msg_fmt(extack, "pool %s: only %llu ASIDs are left to guarantee",
					  pool_names[sevadm_pool_of_resource(resource)].name, left);
	else if (ret == -E2BIG)
		NL_SET_ERR_MSG(extack, "too many subjects have limits: delete some; or a cgroup is nested more than 2000 deep");
	return ret;
}

/** sevadm_nl_limit_set_doit() - take a SEVADM_CMD_LIMIT_SET: &genl_ops.doit */
int sevadm_nl_limit_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sevadm_limit_set set;
	u64 left = 0;
	int ret;

	ret = may_change(skb, info) ?: get_set(info->attrs, info->extack, &set);
	if (ret)
		return ret;
	sevadm_bitmaps_sync();
	ret = sevadm_limit_set(&set, &left);
	release_subject(&set.key);
	return explain(ret, info->extack, set.resource, left);
}

/** sevadm_nl_limit_delete_doit() - take a SEVADM_CMD_LIMIT_DELETE: &genl_ops.doit */
int sevadm_nl_limit_delete_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *resource = info->attrs[SEVADM_A_LIMIT_RESOURCE];
	struct sevadm_subject_key key;
	int ret;

	ret = may_change(skb, info) ?: get_subject(info->attrs, info->extack, &key);
	if (ret)
		return ret;
	ret = sevadm_limit_delete(&key, resource ? nla_get_u32(resource) : SEVADM_RESOURCE_NR);
	release_subject(&key);
	if (ret == -ENOENT)
		NL_SET_ERR_MSG(info->extack, "it has no limits: sevadm limit list shows who has");
	return ret;
}

static int get_sets(struct genl_info *info, struct sevadm_limit_set *sets, u32 *nr)
{
	struct nlattr *attrs[SEVADM_A_LIMIT_MAX + 1], *nest;
	int rest, ret;

	*nr = 0;
	nlmsg_for_each_attr(nest, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(nest) != SEVADM_A_APPLY_LIMIT)
			continue;
		if (*nr == SEVADM_LIMITS_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, nest, "more than 8192 limits");
			return -E2BIG;
		}
		ret = nla_parse_nested(attrs, SEVADM_A_LIMIT_MAX, nest, sevadm_limit_policy,
				       info->extack) ?:
		      get_set(attrs, info->extack, &sets[*nr]);
		if (ret)
			return ret;
		(*nr)++;
	}
	return 0;
}

/** sevadm_nl_limit_apply_doit() - take a SEVADM_CMD_LIMIT_APPLY: &genl_ops.doit */
int sevadm_nl_limit_apply_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sevadm_limit_set *sets;
	u32 nr = 0, i, resource = 0;
	u64 left = 0;
	int ret;

	ret = may_change(skb, info);
	if (ret)
		return ret;
	sets = kvcalloc(SEVADM_LIMITS_MAX, sizeof(*sets), GFP_KERNEL_ACCOUNT);
	if (!sets)
		return -ENOMEM;
	sevadm_bitmaps_sync();
	/* Errors in one of them have been explained; the rest is about a pool. */
	ret = get_sets(info, sets, &nr);
	if (!ret) {
		ret = sevadm_limit_apply(sets, nr, &resource, &left);
		explain(ret, info->extack, resource, left);
	}
	for (i = 0; i < nr; i++)
		release_subject(&sets[i].key);
	kvfree(sets);
	return ret;
}

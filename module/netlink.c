// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "sevadm": its frame, which every command and the multicast messages
 * use. The commands are in netlink_*.c, their table in netlink_commands.c. The specification is
 * Documentation/netlink/specs/sevadm.yaml; the numbers are in uapi/linux/sevadm_netlink.h.
 */
#include <linux/cgroup.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "compat/netlink.h"
#include "netlink.h"

static const struct genl_multicast_group sevadm_mcgrps[] = {
	{ .name = SEVADM_GENL_MCGRP_EVENTS, COMPAT_GENL_MCGRP_SYS_ADMIN },
};

struct genl_family sevadm_family __ro_after_init = {
	.name = SEVADM_GENL_NAME,
	.version = SEVADM_GENL_VERSION,
	.netnsok = false,
	.parallel_ops = true,
	.module = THIS_MODULE,
	COMPAT_GENL_RESV_START_OP(SEVADM_CMD_STATUS_GET)
	.mcgrps = sevadm_mcgrps,
	.n_mcgrps = ARRAY_SIZE(sevadm_mcgrps),
};

/**
 * sevadm_nl_reply() - answer a request by one message
 * @info: the request
 * @cmd: SEVADM_CMD_* of the answer
 * @put: puts its attributes
 * @argument: of @put
 *
 * Context: may sleep.
 * Return: 0 or a negative errno, also that of @put.
 */
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

/** sevadm_nl_dump_put() - put the header of one message of a dump; NULL: it does not fit */
void *sevadm_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &sevadm_family,
			   NLM_F_MULTI, cmd);
}

/**
 * sevadm_nl_put_cgroup() - put the path that a cgroup has now: it may have been renamed
 * @skb: the message
 * @attribute: SEVADM_A_*
 * @cgroup: the cgroup
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM or -EMSGSIZE.
 */
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

/**
 * sevadm_netlink_register() - offer the family
 * @ops: its commands
 * @nr: number of @ops
 *
 * Return: 0 or a negative errno.
 */
int __init sevadm_netlink_register(const struct genl_ops *ops, unsigned int nr)
{
	sevadm_family.ops = ops;
	sevadm_family.n_ops = nr;
	return genl_register_family(&sevadm_family);
}

/** sevadm_netlink_uninit() - withdraw the family */
void sevadm_netlink_uninit(void)
{
	genl_unregister_family(&sevadm_family);
}

MODULE_ALIAS_GENL_FAMILY(SEVADM_GENL_NAME);

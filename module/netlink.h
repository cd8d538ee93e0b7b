/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family "sevadm": Documentation/netlink/specs/sevadm.yaml. */
#ifndef SEVADM_NETLINK_H
#define SEVADM_NETLINK_H

#include <linux/uidgid.h>
#include <net/netlink.h>

#include <uapi/linux/sevadm.h>

struct cgroup;
struct genl_ops;
struct genl_family;
struct genl_info;
struct sevadm_vm;

extern struct genl_family sevadm_family;
extern const struct nla_policy sevadm_limit_policy[SEVADM_A_LIMIT_MAX + 1];

int sevadm_nl_reply(struct genl_info *info, u8 cmd,
		    int (*put)(struct sk_buff *skb, void *argument), void *argument);

void *sevadm_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);
int sevadm_nl_put_cgroup(struct sk_buff *skb, int attribute, struct cgroup *cgroup);

int sevadm_nl_may_read(const struct sk_buff *skb, struct netlink_ext_ack *extack);
int sevadm_nl_read_start(struct netlink_callback *cb);
int sevadm_nl_may_change(const struct sk_buff *skb, int capability);
kuid_t sevadm_nl_owner(const struct sk_buff *skb);
bool sevadm_nl_owns(kuid_t owner, const struct sevadm_vm *vm);

/**
 * sevadm_nl_dumped() - find what a dump returns when a message did not go in
 * @skb: the messages so far
 * @ret: 0, or why the last one did not go in
 *
 * What is in @skb is sent, and the dump goes on. A message that does not fit into an empty @skb
 * never will: then the dump fails, as the list would seem to end there.
 */
static inline int sevadm_nl_dumped(const struct sk_buff *skb, int ret)
{
	return ret && (ret != -EMSGSIZE || !skb->len) ? ret : skb->len;
}

/* The commands, in netlink_*.c. */
int sevadm_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_seam_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_vm_get_start(struct netlink_callback *cb);
int sevadm_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_asid_get_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_asid_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_limit_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_limit_set_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_limit_delete_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_limit_apply_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_adopt_doit(struct sk_buff *skb, struct genl_info *info);

int sevadm_netlink_register(const struct genl_ops *ops, unsigned int nr);
int sevadm_netlink_init(void);
void sevadm_netlink_uninit(void);

#endif /* SEVADM_NETLINK_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family "sevadm": Documentation/netlink/specs/sevadm.yaml. */
#ifndef SEVADM_NETLINK_H
#define SEVADM_NETLINK_H

#include <net/netlink.h>

struct cgroup;
struct genl_info;
struct sevadm_event;

extern const struct nla_policy sevadm_limit_policy[];

int sevadm_nl_reply(struct genl_info *info, u8 cmd,
		    int (*put)(struct sk_buff *skb, void *argument), void *argument);

void *sevadm_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);
int sevadm_nl_put_cgroup(struct sk_buff *skb, int attribute, struct cgroup *cgroup);
void sevadm_nl_multicast(const struct sevadm_event *event);

int sevadm_nl_limit_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_limit_set_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_limit_delete_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_limit_apply_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int sevadm_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info);
int sevadm_nl_adopt_doit(struct sk_buff *skb, struct genl_info *info);

int sevadm_netlink_init(void);
void sevadm_netlink_uninit(void);

#endif /* SEVADM_NETLINK_H */

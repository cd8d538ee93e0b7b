/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family "sevadm": Documentation/netlink/specs/sevadm.yaml. */
#ifndef SEVADM_NETLINK_H
#define SEVADM_NETLINK_H

#include <linux/types.h>

struct genl_info;
struct sk_buff;

int sevadm_nl_reply(struct genl_info *info, u8 cmd,
		    int (*put)(struct sk_buff *skb, void *argument), void *argument);

int sevadm_nl_adopt_doit(struct sk_buff *skb, struct genl_info *info);

int sevadm_netlink_init(void);
void sevadm_netlink_uninit(void);

#endif /* SEVADM_NETLINK_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family "sevadm": Documentation/netlink/specs/sevadm.yaml. */
#ifndef SEVADM_NETLINK_H
#define SEVADM_NETLINK_H

int sevadm_netlink_init(void);
void sevadm_netlink_uninit(void);

#endif /* SEVADM_NETLINK_H */

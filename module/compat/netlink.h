/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink: extended acknowledgements with numbers in them. Probed in compat/Kbuild.include. */
#ifndef SEVADM_COMPAT_NETLINK_H
#define SEVADM_COMPAT_NETLINK_H

#include <linux/netlink.h>

#ifdef NL_SET_ERR_MSG_FMT
#define compat_nl_set_err_msg_fmt(extack, fmt, ...) NL_SET_ERR_MSG_FMT(extack, fmt, ##__VA_ARGS__)
#else
/* The numbers are lost: the text is a constant that outlives the request. */
#define compat_nl_set_err_msg_fmt(extack, fmt, ...)						\
	do {											\
		no_printk(fmt, ##__VA_ARGS__);							\
		NL_SET_ERR_MSG(extack, "more is guaranteed than the pool has left");		\
	} while (0)
#endif

#endif /* SEVADM_COMPAT_NETLINK_H */

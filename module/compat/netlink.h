/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink: extended acknowledgements with numbers in them; who may join a multicast group; where a
 * family's strict header checks begin; the attributes of a dump's request. Probed in
 * compat/Kbuild.include.
 */
#ifndef SEVADM_COMPAT_NETLINK_H
#define SEVADM_COMPAT_NETLINK_H

#include <linux/netlink.h>
#include <net/genetlink.h>

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

/* Initialise a multicast group's field so that joining it takes CAP_SYS_ADMIN. */
#ifdef SEVADM_HAVE_GENL_MCAST_CAP_SYS_ADMIN
#define COMPAT_GENL_MCGRP_SYS_ADMIN	.flags = GENL_MCAST_CAP_SYS_ADMIN
#else
#define COMPAT_GENL_MCGRP_SYS_ADMIN	.cap_sys_admin = 1
#endif

/* Initialise a family's field: commands from @op on refuse requests with a reserved field set. */
#ifdef SEVADM_HAVE_GENL_RESV_START_OP
#define COMPAT_GENL_RESV_START_OP(op)	.resv_start_op = (op),
#else
#define COMPAT_GENL_RESV_START_OP(op)
#endif

static inline struct nlattr **compat_genl_dump_attrs(struct netlink_callback *cb)
{
#ifdef SEVADM_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* SEVADM_COMPAT_NETLINK_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights over netlink, which Documentation/security.md lists. The opener of the socket and the
 * sender of the request must both have the right: a privileged program that is given a socket as
 * its standard output lends its rights to nobody.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "vm.h"

static bool may_read(const struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_PERFMON) || netlink_capable(skb, CAP_SYS_ADMIN);
}

/**
 * sevadm_nl_may_read() - check that the sender may read what is about all tenants
 * @skb: the request
 * @extack: says what is missing
 *
 * perf shows the same of the tracepoints, so the same capability is needed. CAP_NET_ADMIN, which is
 * about networks, is not enough.
 *
 * Context: process context of the sender.
 * Return: 0 or -EPERM.
 */
int sevadm_nl_may_read(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (may_read(skb))
		return 0;
	NL_SET_ERR_MSG(extack,
		       "this shows the VMs of all users and needs CAP_PERFMON in the initial user namespace: run it as root");
	return -EPERM;
}

/** sevadm_nl_read_start() - begin a dump that is about all tenants: &genl_ops.start; 0 or -EPERM */
int sevadm_nl_read_start(struct netlink_callback *cb)
{
	return sevadm_nl_may_read(cb->skb, cb->extack);
}

/**
 * sevadm_nl_may_change() - check that the sender may change something
 * @skb: the request
 * @capability: CAP_*, in the initial user namespace
 *
 * Context: process context of the sender.
 * Return: 0 or -EPERM.
 */
int sevadm_nl_may_change(const struct sk_buff *skb, int capability)
{
	return netlink_capable(skb, capability) ? 0 : -EPERM;
}

static const struct cred *opener(const struct sk_buff *skb)
{
	const struct socket *socket = NETLINK_CB(skb).sk->sk_socket;

	return socket && socket->file ? socket->file->f_cred : NULL;
}

/**
 * sevadm_nl_owner() - find the user whose own VMs the sender may see without any capability
 * @skb: the request
 *
 * Context: process context of the sender.
 * Return: the real uid of both the sender and the opener of the socket; INVALID_UID: they differ.
 */
kuid_t sevadm_nl_owner(const struct sk_buff *skb)
{
	const struct cred *cred = opener(skb);

	return cred && uid_eq(cred->uid, current_uid()) ? current_uid() : INVALID_UID;
}

/** sevadm_nl_owns() - return true if a process of user @owner created @vm */
bool sevadm_nl_owns(kuid_t owner, const struct sevadm_vm *vm)
{
	return uid_valid(owner) && vm->creator && uid_eq(vm->uid, owner);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEVADM_CMD_ADOPT: user space says where kvm_amd keeps what it knows of VMs; older VMs are
 * adopted.
 */
#include <linux/capability.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "adopt.h"
#include "netlink.h"

struct adopt_reply {
	u32 adopted;
	u32 left;
};

static int put_adopt(struct sk_buff *skb, void *argument)
{
	const struct adopt_reply *counts = argument;

	if (nla_put_u32(skb, SEVADM_A_ADOPT_ADOPTED, counts->adopted) ||
	    nla_put_u32(skb, SEVADM_A_ADOPT_LEFT, counts->left))
		return -EMSGSIZE;
	return 0;
}

/* Where each attribute of the request goes. */
static const struct {
	u16 attribute;
	u16 offset;
} members[] = {
#define MEMBER(attribute, member) \
	{ SEVADM_A_ADOPT_##attribute, offsetof(struct sevadm_layout, member) }
	MEMBER(KVM_SIZE, kvm_size),
	MEMBER(KVM_VM_LIST, kvm_vm_list),
	MEMBER(SVM_SIZE, svm_size),
	MEMBER(ACTIVE, active),
	MEMBER(ES_ACTIVE, es_active),
	MEMBER(ASID, asid),
	MEMBER(HANDLE, handle),
	MEMBER(PAGES_LOCKED, pages_locked),
	MEMBER(REGIONS, regions),
	MEMBER(OWNER, owner),
	MEMBER(REGION_LIST, region_list),
	MEMBER(REGION_NPAGES, region_npages),
#undef MEMBER
};

/** sevadm_nl_adopt_doit() - take a SEVADM_CMD_ADOPT: &genl_ops.doit */
int sevadm_nl_adopt_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct adopt_reply counts = {};
	struct sevadm_layout layout;
	int i, ret;

	if (sevadm_nl_may_change(skb, CAP_SYS_MODULE)) {
		NL_SET_ERR_MSG(info->extack, "adopting VMs needs CAP_SYS_MODULE: run it as root");
		return -EPERM;
	}
	for (i = 0; i < ARRAY_SIZE(members); i++) {
		if (GENL_REQ_ATTR_CHECK(info, members[i].attribute))
			return -EINVAL;
		*(u32 *)((void *)&layout + members[i].offset) =
			nla_get_u32(info->attrs[members[i].attribute]);
	}

	ret = sevadm_adopt(&layout, &counts.adopted, &counts.left, info->extack);
	return ret ?: sevadm_nl_reply(info, SEVADM_CMD_ADOPT, put_adopt, &counts);
}

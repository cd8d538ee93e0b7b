// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the commands of the generic netlink family "sevadm", and what each takes. Who may
 * read and change is checked by netlink_access.c: Documentation/security.md.
 */
#include <linux/init.h>
#include <net/genetlink.h>

#include <uapi/linux/sevadm.h>

#include "netlink.h"

static const struct nla_policy vm_get_policy[SEVADM_A_VM_OWN + 1] = {
	[SEVADM_A_VM_ID] = NLA_POLICY_MIN(NLA_U64, 1),
	[SEVADM_A_VM_OWN] = { .type = NLA_FLAG },
};

static const struct nla_policy asid_get_policy[SEVADM_A_ASID_ASID + 1] = {
	[SEVADM_A_ASID_ASID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy adopt_policy[SEVADM_A_ADOPT_REGION_NPAGES + 1] = {
	[SEVADM_A_ADOPT_KVM_SIZE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_KVM_VM_LIST] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_SVM_SIZE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_ACTIVE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_ES_ACTIVE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_ASID] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_HANDLE] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_PAGES_LOCKED] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_REGIONS] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_OWNER] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_REGION_LIST] = { .type = NLA_U32 },
	[SEVADM_A_ADOPT_REGION_NPAGES] = { .type = NLA_U32 },
};

static const struct nla_policy limit_delete_policy[SEVADM_A_LIMIT_RESOURCE + 1] = {
	[SEVADM_A_LIMIT_SUBJECT] = NLA_POLICY_MAX(NLA_U32, SEVADM_SUBJECT_CGROUP),
	[SEVADM_A_LIMIT_ID] = { .type = NLA_U64 },
	[SEVADM_A_LIMIT_RESOURCE] = NLA_POLICY_MAX(NLA_U32, SEVADM_RESOURCE_NR - 1),
};

static const struct nla_policy limit_apply_policy[SEVADM_A_APPLY_LIMIT + 1] = {
	[SEVADM_A_APPLY_LIMIT] = NLA_POLICY_NESTED(sevadm_limit_policy),
};

static const struct genl_ops sevadm_ops[] = {
	{
		.cmd = SEVADM_CMD_STATUS_GET,
		.doit = sevadm_nl_status_get_doit,
	},
	{
		.cmd = SEVADM_CMD_SEAM_GET,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_seam_get_dumpit,
	},
	{
		.cmd = SEVADM_CMD_VM_GET,
		.doit = sevadm_nl_vm_get_doit,
		.start = sevadm_nl_vm_get_start,
		.dumpit = sevadm_nl_vm_get_dumpit,
		.policy = vm_get_policy,
		.maxattr = SEVADM_A_VM_OWN,
	},
	{
		.cmd = SEVADM_CMD_ASID_GET,
		.doit = sevadm_nl_asid_get_doit,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_asid_get_dumpit,
		.policy = asid_get_policy,
		.maxattr = SEVADM_A_ASID_ASID,
	},
	{
		.cmd = SEVADM_CMD_ADOPT,
		.doit = sevadm_nl_adopt_doit,
		.policy = adopt_policy,
		.maxattr = SEVADM_A_ADOPT_REGION_NPAGES,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_GET,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_limit_get_dumpit,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_SET,
		.doit = sevadm_nl_limit_set_doit,
		.policy = sevadm_limit_policy,
		.maxattr = SEVADM_A_LIMIT_MAX_VALUE,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_DELETE,
		.doit = sevadm_nl_limit_delete_doit,
		.policy = limit_delete_policy,
		.maxattr = SEVADM_A_LIMIT_RESOURCE,
	},
	{
		.cmd = SEVADM_CMD_LIMIT_APPLY,
		.doit = sevadm_nl_limit_apply_doit,
		.policy = limit_apply_policy,
		.maxattr = SEVADM_A_APPLY_LIMIT,
	},
	{
		.cmd = SEVADM_CMD_STATS_GET,
		.start = sevadm_nl_read_start,
		.dumpit = sevadm_nl_stats_get_dumpit,
	},
	{
		.cmd = SEVADM_CMD_STATS_RESET,
		.doit = sevadm_nl_stats_reset_doit,
	},
};

/** sevadm_netlink_init() - offer the family with all its commands; 0 or a negative errno */
int __init sevadm_netlink_init(void)
{
	return sevadm_netlink_register(sevadm_ops, ARRAY_SIZE(sevadm_ops));
}

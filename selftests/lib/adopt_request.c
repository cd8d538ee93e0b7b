// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEVADM_CMD_ADOPT: sizes and offsets out of the kernel's BTF.
 */
#include <string.h>

#include <bpf/btf.h>

#include <linux/sevadm.h>

#include "adopt_request.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static struct row {
	uint16_t attribute;
	const char *type, *outer, *member;	/* NULL: not within one; the type's size */
	uint32_t value;
} rows[] = {
	{ SEVADM_A_ADOPT_KVM_SIZE, "kvm", NULL, NULL, 0 },
	{ SEVADM_A_ADOPT_KVM_VM_LIST, "kvm", NULL, "vm_list", 0 },
	{ SEVADM_A_ADOPT_SVM_SIZE, "kvm_svm", NULL, NULL, 0 },
	{ SEVADM_A_ADOPT_ACTIVE, "kvm_svm", "sev_info", "active", 0 },
	{ SEVADM_A_ADOPT_ES_ACTIVE, "kvm_svm", "sev_info", "es_active", 0 },
	{ SEVADM_A_ADOPT_ASID, "kvm_svm", "sev_info", "asid", 0 },
	{ SEVADM_A_ADOPT_HANDLE, "kvm_svm", "sev_info", "handle", 0 },
	{ SEVADM_A_ADOPT_PAGES_LOCKED, "kvm_svm", "sev_info", "pages_locked", 0 },
	{ SEVADM_A_ADOPT_REGIONS, "kvm_svm", "sev_info", "regions_list", 0 },
	{ SEVADM_A_ADOPT_OWNER, "kvm_svm", "sev_info", "enc_context_owner", 0 },
	{ SEVADM_A_ADOPT_REGION_LIST, "enc_region", NULL, "list", 0 },
	{ SEVADM_A_ADOPT_REGION_NPAGES, "enc_region", NULL, "npages", 0 },
};

static bool ready;

/* Adds the member's offset to *@bytes and returns its type; -1: there is no such member. */
static int find(const struct btf *btf, int id, const char *name, uint32_t *bytes)
{
	const struct btf_type *type = btf__type_by_id(btf, btf__resolve_type(btf, id));
	int i;

	for (i = 0; type && i < btf_vlen(type); i++) {
		if (strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name))
			continue;
		*bytes += btf_member_bit_offset(type, i) / 8;
		return btf_members(type)[i].type;
	}
	return -1;
}

static bool look_up(const struct btf *btf, struct row *row)
{
	int id = btf__find_by_name_kind(btf, row->type, BTF_KIND_STRUCT);

	if (id < 0)
		return false;
	if (!row->member) {
		row->value = btf__resolve_size(btf, id);
		return true;
	}
	row->value = 0;
	if (row->outer)
		id = find(btf, id, row->outer, &row->value);
	return id >= 0 && find(btf, id, row->member, &row->value) >= 0;
}

bool adopt_request_prepare(void)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *btf;
	size_t i;

	btf = kernel ? btf__load_module_btf("kvm_amd", kernel) : NULL;
	ready = btf;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ready = ready && look_up(btf, &rows[i]);
	btf__free(btf);
	btf__free(kernel);
	return ready;
}

uint32_t adopt_request_value(uint16_t attribute)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].attribute == attribute)
			return rows[i].value;
	return 0;
}

bool adopt_request_put(struct genl_message *request, const struct adopt_change *change)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!change || change->attribute != rows[i].attribute)
			genl_put_u32(request, rows[i].attribute, rows[i].value);
		else if (!change->left_out)
			genl_put_u32(request, change->attribute, change->value);
	}
	return ready;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adopt VMs started before the module was loaded. Where kvm_amd keeps what it knows of a VM is in
 * the kernel's BTF, which user space can read; the module checks what it finds there.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <linux/sevadm.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/adopt.h"
#include "kernel/btf_member.h"
#include "kernel/client.h"

#define BTF_KERNEL	"/sys/kernel/btf/vmlinux"
#define BTF_KVM_AMD	"/sys/kernel/btf/kvm_amd"

/*
 * One row for each attribute of the request: the offset of a member, or without one a type's size.
 */
static const struct layout_row {
	struct attribute attribute;
	const char *type;
	const char *member;
	unsigned int size;	/* bytes the member must have, as the module reads so many */
} rows[] = {
#define SIZE(name, type) ROW(name, type, NULL, 0)
#define ROW(name, type, member, size) \
	{ { SEVADM_A_ADOPT_##name, ATTRIBUTE_U32, #name }, type, member, size }
	SIZE(KVM_SIZE, "kvm"),
	ROW(KVM_VM_LIST, "kvm", "vm_list", 16),
	SIZE(SVM_SIZE, "kvm_svm"),
	ROW(ACTIVE, "kvm_svm", "sev_info.active", 1),
	ROW(ES_ACTIVE, "kvm_svm", "sev_info.es_active", 1),
	ROW(ASID, "kvm_svm", "sev_info.asid", 4),
	ROW(HANDLE, "kvm_svm", "sev_info.handle", 4),
	ROW(PAGES_LOCKED, "kvm_svm", "sev_info.pages_locked", 8),
	ROW(REGIONS, "kvm_svm", "sev_info.regions_list", 16),
	ROW(OWNER, "kvm_svm", "sev_info.enc_context_owner", 8),
	ROW(REGION_LIST, "enc_region", "list", 16),
	ROW(REGION_NPAGES, "enc_region", "npages", 8),
#undef SIZE
#undef ROW
};

/* -1: this kernel has no such type or member, or it is not what it used to be. */
static long long look_up(const struct btf *btf, const struct layout_row *row)
{
	int type = btf__find_by_name_kind(btf, row->type, BTF_KIND_STRUCT);
	unsigned int bits;

	if (type < 0)
		return -1;
	if (!row->member)
		return btf__resolve_size(btf, type);
	type = btf_member_find(btf, type, row->member, &bits);
	if (type < 0 || btf__resolve_size(btf, type) != row->size || bits % 8)
		return -1;
	return bits / 8;
}

static int fill(const struct btf *btf, struct client_value *values)
{
	long long number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		number = look_up(btf, &rows[i]);
		if (number < 0)
			return fail(EXIT_REFUSED,
				    "this kernel's struct %s%s%s is not known: VMs started before the module was loaded stay unaccounted",
				    rows[i].type, rows[i].member ? ", member " : "",
				    rows[i].member ? rows[i].member : "");
		values[i] = (struct client_value) { &rows[i].attribute, number };
	}
	return EXIT_OK;
}

static int be_quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static bool module_is_starting(void)
{
	char state[sizeof("coming")] = "";
	FILE *f = fopen("/sys/module/sevadm/initstate", "re");

	if (!f)
		return false;
	if (!fgets(state, sizeof(state), f))
		*state = '\0';
	fclose(f);
	return !strcmp(state, "coming");
}

/* Its device is there before it is attached, and what udev starts by the device is that early. */
static void await_module(void)
{
	const struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };
	int tries;

	for (tries = 1500; tries && module_is_starting(); tries--)
		nanosleep(&step, NULL);
}

int adopt_vms(struct json_object **result)
{
	struct client_value values[ARRAY_SIZE(rows)];
	struct btf *kernel, *btf;
	int ret;

	*result = NULL;
	await_module();
	libbpf_set_print(be_quiet);
	kernel = btf__parse(BTF_KERNEL, NULL);
	if (!kernel)
		return fail(EXIT_ABSENT, "cannot read " BTF_KERNEL
			    ": %s: the kernel needs CONFIG_DEBUG_INFO_BTF", strerror(errno));
	/* Built into the kernel it has no BTF of its own. */
	btf = access(BTF_KVM_AMD, F_OK) ? kernel : btf__parse_split(BTF_KVM_AMD, kernel);
	ret = btf ? fill(btf, values) :
	      fail(EXIT_ABSENT, "cannot read " BTF_KVM_AMD ": %s", strerror(errno));
	if (btf != kernel)
		btf__free(btf);
	btf__free(kernel);
	return ret ?: client_request(SEVADM_CMD_ADOPT, values, ARRAY_SIZE(values),
				     &adopt_attributes, result);
}

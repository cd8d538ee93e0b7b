// SPDX-License-Identifier: GPL-2.0-only
/* Loading programs of BPF that are attached to functions. */
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "bpf_function.h"

/* The kernel's number of a module's types. -1: it has none. */
static int btf_of(const char *module)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = {
			.name = (unsigned long)name, .name_len = sizeof(name),
		};
		__u32 size = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.kernel_btf &&
		    !strcmp(name, module))
			return fd;
		close(fd);
	}
	return -1;
}

/* The number of a function's type within its module's. */
static int type_of(const char *module, const char *function)
{
	static struct btf *vmlinux;
	struct btf *btf;
	int id;

	if (!vmlinux)
		vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux)
		return -1;
	if (!strcmp(module, "vmlinux"))
		return btf__find_by_name_kind(vmlinux, function, BTF_KIND_FUNC);
	btf = btf__load_module_btf(module, vmlinux);
	id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -1;
	btf__free(btf);
	return id;
}

int bpf_function_load(const char *module, const char *function, enum bpf_attach_type type,
		      const struct bpf_insn *program, size_t nr)
{
	int btf = strcmp(module, "vmlinux") ? btf_of(module) : 0, fd;
	const struct bpf_prog_load_opts options = {
		.sz = sizeof(options),
		.expected_attach_type = type,
		.attach_btf_id = type_of(module, function),
		.attach_btf_obj_fd = btf,
	};

	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "selftest", "GPL", program, nr, &options);
	if (btf > 0)
		close(btf);
	return fd;
}

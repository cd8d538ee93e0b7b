/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of BPF at functions of the kernel and of its modules, found by their BTF. */
#ifndef SEVADM_BPF_FUNCTION_H
#define SEVADM_BPF_FUNCTION_H

#include <stddef.h>

#include <linux/bpf.h>

/* "vmlinux" is the kernel proper. Returns the program's descriptor; -1: it could not be loaded. */
int bpf_function_load(const char *module, const char *function, enum bpf_attach_type type,
		      const struct bpf_insn *program, size_t nr);

#endif /* SEVADM_BPF_FUNCTION_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of guest_memfd: what is bound to those of a VM, and allocated in them. */
#ifndef SEVADM_GMEM_FILES_H
#define SEVADM_GMEM_FILES_H

#include <linux/types.h>

struct kvm;

bool sevadm_gmem_files_pages(const struct kvm *kvm, u64 *bound, u64 *allocated);

#endif /* SEVADM_GMEM_FILES_H */

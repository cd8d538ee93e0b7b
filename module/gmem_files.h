/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of guest_memfd: what is allocated in those that are bound to a VM. */
#ifndef SEVADM_GMEM_FILES_H
#define SEVADM_GMEM_FILES_H

#include <linux/types.h>

struct kvm;

bool sevadm_gmem_files_pages(const struct kvm *kvm, u64 *pages);

#endif /* SEVADM_GMEM_FILES_H */

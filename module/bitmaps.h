/* SPDX-License-Identifier: GPL-2.0-only */
/* kvm_amd's own bitmaps of ASIDs, read only. */
#ifndef SEVADM_BITMAPS_H
#define SEVADM_BITMAPS_H

#include <linux/types.h>

int sevadm_bitmaps_init(void);
void sevadm_bitmaps_uninit(void);

void sevadm_bitmaps_find(void);
void sevadm_bitmaps_forget(void);
bool sevadm_bitmaps_sync(void);
bool sevadm_bitmaps_absent(void);

#endif /* SEVADM_BITMAPS_H */

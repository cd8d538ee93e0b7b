/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sevadm says is private, and what the emulated machine's own RMP has: see rmp_count.h, which
 * has to be opened.
 */
#ifndef SEVADM_PRIVATE_VIEW_H
#define SEVADM_PRIVATE_VIEW_H

#include <stdbool.h>

#include <linux/sevadm.h>

#define PRIVATE_VMS_MAX	80

struct private_view {
	struct sevadm_vm_query vms[PRIVATE_VMS_MAX];
	unsigned int vm_nr;
	unsigned long long vm_rmp[PRIVATE_VMS_MAX];	/* pages of each one's ASID */
	unsigned long long guests_rmp, firmware_rmp;
};

/* The module has been loaded again since pages were made private. */
void private_view_reloaded(void);
/* Fills in the ledger's side alone. */
bool private_view_ledger(struct private_view *view);
/*
 * Each guest, by the device. @vms: how many there are to be; negative: any number; @pages: of all
 * together, if it is >= 0. Both wait for pages that are on their way, and print what is different.
 */
bool vms_agree(const char *where, int vms, long long pages);
/* The host as a whole, by the program. */
bool host_agrees(const char *where);
/* What sevadm check ledger itself finds in the RMP, which it reads through /dev/mem. */
bool check_agrees(const char *where);
/* Of all guests, as the RMP is now; negative: it cannot be read. */
long long rmp_guest_bytes(void);

#endif /* SEVADM_PRIVATE_VIEW_H */

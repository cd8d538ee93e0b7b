/* SPDX-License-Identifier: GPL-2.0-only */
/* What a firmware command that has succeeded changes about a VM of the ledger. */
#ifndef SEVADM_BOOK_H
#define SEVADM_BOOK_H

#include <linux/types.h>

struct sevadm_psp_guest;
struct sevadm_vm;

bool sevadm_book(struct sevadm_vm *vm, const struct sevadm_psp_guest *guest);

#endif /* SEVADM_BOOK_H */

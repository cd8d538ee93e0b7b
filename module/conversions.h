/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of SEV-SNP guests that change hands, reported in bulk. */
#ifndef SEVADM_CONVERSIONS_H
#define SEVADM_CONVERSIONS_H

struct sevadm_vm;

void sevadm_conversions_watch(const struct sevadm_vm *vm);
void sevadm_conversions_report(struct sevadm_vm *vm);
void sevadm_conversions_flush(void);

void sevadm_conversions_uninit(void);

#endif /* SEVADM_CONVERSIONS_H */

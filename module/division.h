/* SPDX-License-Identifier: GPL-2.0-only */
/* How kvm_amd divides the ASIDs between SEV-ES and SEV-SNP guests. */
#ifndef SEVADM_DIVISION_H
#define SEVADM_DIVISION_H

int sevadm_division_init(void);
void sevadm_division_read(void);
void sevadm_division_uninit(void);

#endif /* SEVADM_DIVISION_H */

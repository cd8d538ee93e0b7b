/* SPDX-License-Identifier: GPL-2.0-only */
/* Variables of kvm and kvm_amd that are not exported. */
#ifndef SEVADM_SYMBOL_H
#define SEVADM_SYMBOL_H

void *sevadm_symbol_variable(const char *name);

#endif /* SEVADM_SYMBOL_H */

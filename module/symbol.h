/* SPDX-License-Identifier: GPL-2.0-only */
/* What other modules do not export. */
#ifndef SEVADM_SYMBOL_H
#define SEVADM_SYMBOL_H

#include <linux/types.h>

void *sevadm_symbol_variable(const char *name);
int sevadm_symbol_function(const char *module, const char *symbol, const char *suffix,
			   unsigned long *location);
bool sevadm_symbol_module_is_live(const char *name);

#endif /* SEVADM_SYMBOL_H */

// SPDX-License-Identifier: GPL-2.0-only
/* Where variables of other modules are that these do not export. */
#include <linux/kprobes.h>

#include "symbol.h"

/**
 * sevadm_symbol_variable() - the address of another module's variable
 * @name: "module:variable"
 *
 * A probe is the one way for a module to resolve a name; that no probe may be put on data is checked
 * only when the name has been resolved.
 *
 * Context: may sleep.
 * Return: its address; NULL: there is none, or it is not data.
 */
void *sevadm_symbol_variable(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	int ret;

	ret = register_kprobe(&probe);
	if (!ret) {
		unregister_kprobe(&probe);
		return NULL;
	}
	return ret == -EINVAL ? probe.addr : NULL;
}

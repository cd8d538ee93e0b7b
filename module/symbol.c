// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other modules do not export: where their variables and functions are, and if they are live.
 */
#include <linux/kobject.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#include "symbol.h"

/**
 * sevadm_symbol_variable() - find the address of another module's variable
 * @name: "module:variable"
 *
 * A probe is the only way for a module to resolve a name. The kernel refuses a probe on data only
 * after it has resolved the name.
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

/**
 * sevadm_symbol_function() - find ftrace's call in a function
 * @module: the module it lives in; "vmlinux" for the kernel proper
 * @symbol: its name
 * @suffix: of the name, when it is a compiler's clone; else ""
 * @location: set to its first instruction after an ENDBR, which kprobes skip
 *	(arch_adjust_kprobe_addr())
 *
 * A probe that is registered disabled, and never armed, resolves the name.
 *
 * Context: may sleep.
 * Return: 0; -ENOENT: there is none of that name; or another negative errno.
 */
int sevadm_symbol_function(const char *module, const char *symbol, const char *suffix,
			   unsigned long *location)
{
	struct kprobe probe = { .flags = KPROBE_FLAG_DISABLED };
	char name[MODULE_NAME_LEN + 64];
	bool kernel = !strcmp(module, "vmlinux");
	int ret;

	snprintf(name, sizeof(name), "%s%s%s%s", kernel ? "" : module, kernel ? "" : ":", symbol,
		 suffix);
	probe.symbol_name = name;
	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	*location = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

/**
 * sevadm_symbol_module_is_live() - return true if a module is initialised and not on its way out
 * @name: its name
 *
 * A module on its way in has names before ftrace knows its functions. In sysfs it shows only later;
 * what is there is not freed while this holds it.
 *
 * Context: may sleep.
 */
bool sevadm_symbol_module_is_live(const char *name)
{
	struct kobject *kobject = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
	const struct module_kobject *module;
	bool live;

	if (!kobject)
		return false;
	module = container_of(kobject, struct module_kobject, kobj);
	live = module->mod && READ_ONCE(module->mod->state) == MODULE_STATE_LIVE;
	kobject_put(kobject);
	return live;
}

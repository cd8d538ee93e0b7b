// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the place of kvm_amd, and as some compiler may make it: the functions that sevadm interposes
 * on, and beside one of them a clone that takes part of its calls. Nobody calls any of them.
 */
#include <linux/module.h>

#define FUNCTION(name)				\
	static noinline __used void name(void)	\
	{					\
		barrier();			\
	}

FUNCTION(sev_pin_memory)
FUNCTION(sev_mem_enc_unregister_region)
FUNCTION(sev_mem_enc_register_region)
FUNCTION(sev_vm_destroy)
FUNCTION(sev_vm_move_enc_context_from)
FUNCTION(sev_vm_copy_enc_context_from)
FUNCTION(sev_mem_enc_ioctl)

void clone(void) __asm__("sev_pin_memory.constprop.0");
noinline void clone(void)
{
	barrier();
}

static int __init clone_init(void)
{
	return 0;
}

static void __exit clone_exit(void)
{
}

module_init(clone_init);
module_exit(clone_exit);

MODULE_DESCRIPTION("Has a clone of a function that sevadm interposes on");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");

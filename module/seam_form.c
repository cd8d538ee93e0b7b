// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forms in which kernels have the functions of seams: by which name, with which prototype. The
 * table (seam_table.h) has them all; here is which one this kernel has.
 */
#include <linux/kernel.h>
#include <linux/kvm_host.h>
#include <linux/misc_cgroup.h>
#include <linux/psp-sev.h>
#include <linux/string.h>

#include "compat/kvm.h"
#include "seam_form.h"
#include "symbol.h"

/* Stands for the type of a function that no header declares. */
struct unseen {
};

#define UNSEEN	(*(struct unseen *)NULL)
#define OPERATION(name, name_5_17)	COMPAT_KVM_OPERATION(name, name_5_17)
#define IS_UNSEEN(declared) \
	__builtin_types_compatible_p(typeof(declared), struct unseen)
/* True if the expression @declared has the type of a function of that prototype. */
#define SAME(declared, type, prototype) \
	__builtin_types_compatible_p(typeof(declared), type prototype)

/**
 * struct sevadm_form - a name and a prototype that kernels have the function of a seam by
 * @id: the seam
 * @name: the function's name
 * @known: the kernel's headers have the prototype so, or have none
 */
struct sevadm_form {
	enum sevadm_seam_id id;
	const char *name;
	bool known;
};

static const struct sevadm_form forms[] = {
#define SEAM(module, symbol, required, declared, type, prototype)		\
	{									\
		SEAM_##symbol, #symbol,						\
		SAME(declared, type, prototype) || IS_UNSEEN(declared)		\
	},
	SEVADM_SEAMS(SEAM)
#undef SEAM
#define FORM(symbol, name, declared, type, prototype) \
	{ SEAM_##symbol, #name, SAME(declared, type, prototype) },
	SEVADM_SEAM_FORMS(FORM)
#undef FORM
};

/**
 * sevadm_seam_form_find() - find ftrace's call in the function of a seam
 * @id: the seam
 * @module: the module it lives in; "vmlinux" for the kernel proper
 * @name: set to the name that this kernel has for it
 * @location: see sevadm_symbol_function()
 *
 * Context: may sleep.
 * Return: 0; -ENOENT: there is none by any name; or another negative errno.
 */
int sevadm_seam_form_find(enum sevadm_seam_id id, const char *module, const char **name,
			  unsigned long *location)
{
	const struct sevadm_form *form, *end = forms + ARRAY_SIZE(forms);
	int ret = -ENOENT;

	*name = forms[id].name;
	for (form = forms; ret == -ENOENT && form < end; form++) {
		if (form->id != id)
			continue;
		ret = sevadm_symbol_function(module, form->name, "", location);
		if (!ret)
			*name = form->name;
	}
	return ret;
}

/**
 * sevadm_seam_form_has_name() - return true if kernels have the function of a seam by a name
 * @id: the seam
 * @name: the name
 */
bool sevadm_seam_form_has_name(enum sevadm_seam_id id, const char *name)
{
	const struct sevadm_form *form;

	for (form = forms; form < forms + ARRAY_SIZE(forms); form++)
		if (form->id == id && !strcmp(form->name, name))
			return true;
	return false;
}

/**
 * sevadm_seam_form_is_known() - return true if the wrapper of a seam can take the function's place
 * @id: the seam
 *
 * Return: false if the kernel's headers declare the function in a form that is not in the table.
 */
bool sevadm_seam_form_is_known(enum sevadm_seam_id id)
{
	const struct sevadm_form *form;

	for (form = forms; form < forms + ARRAY_SIZE(forms); form++)
		if (form->id == id && form->known)
			return true;
	return false;
}

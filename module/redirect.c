// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redirecting functions by ftrace (IPMODIFY): beginning and ending it, finding out if a function
 * can be redirected and if it really is, and saying why not.
 */
#include <linux/ftrace.h>
#include <linux/uaccess.h>

#include <asm/text-patching.h>

#include "compat/ftrace.h"
#include "redirect.h"
#include "symbol.h"

/* How often to try again while others change what is attached to a function. */
#define TRIES_MAX	1000

/* ftrace would not let go of a callback: it stays reachable for ever. */
static bool stuck;

/* Redirects a function to where it is. */
static void notrace sevadm_redirect_nowhere(unsigned long ip, unsigned long parent_ip,
					    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops trial_ops = {
	.func = sevadm_redirect_nowhere,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT | COMPAT_FTRACE_FL_SET_IP,
};

/**
 * sevadm_redirect() - redirect functions
 * @ops: with FTRACE_OPS_FL_IPMODIFY; its callback sets the instruction pointer
 * @locations: of ftrace's calls in the functions
 * @nr: number of @locations
 *
 * Context: may sleep.
 * Return: 0, or a negative errno: none is redirected; see sevadm_redirect_why_not().
 */
int sevadm_redirect(struct ftrace_ops *ops, unsigned long *locations, unsigned int nr)
{
	int ret, tries = 0;

	ret = ftrace_set_filter_ips(ops, locations, nr, 0, 1);
	if (ret)
		return ret;
	do
		ret = register_ftrace_function(ops);
	while (ret == -EAGAIN && ++tries < TRIES_MAX);
	return ret;
}

/**
 * sevadm_redirect_end() - redirect the functions of a callback no longer
 * @ops: as for sevadm_redirect()
 *
 * Context: may sleep.
 * Return: 0, or a negative errno: sevadm_redirect_is_stuck() from now on.
 */
int sevadm_redirect_end(struct ftrace_ops *ops)
{
	int ret = unregister_ftrace_function(ops);

	if (ret)
		stuck = true;
	return ret;
}

/** sevadm_redirect_is_stuck() - return true if ftrace still leads to a callback of this module */
bool sevadm_redirect_is_stuck(void)
{
	return stuck;
}

/**
 * sevadm_redirect_trial() - find out if a function can be redirected, by redirecting it to where it
 * is
 * @location: of ftrace's call in the function
 *
 * Context: may sleep.
 * Return: 0 or a negative errno, as sevadm_redirect().
 */
int sevadm_redirect_trial(unsigned long location)
{
	int ret = sevadm_redirect(&trial_ops, &location, 1);

	if (!ret)
		sevadm_redirect_end(&trial_ops);
	return ret;
}

/**
 * sevadm_redirect_in_place() - return true if a function begins with ftrace's call
 * @location: of ftrace's call in the function
 *
 * Then every call of the function passes there.
 */
bool sevadm_redirect_in_place(unsigned long location)
{
	u8 opcode;

	return !copy_from_kernel_nofault(&opcode, (void *)location, sizeof(opcode)) &&
	       opcode == CALL_INSN_OPCODE;
}

/* Tries it with a function that nobody else can have taken: one of this module's. */
static bool ftrace_is_off(void)
{
	unsigned long location;

	return !sevadm_symbol_function(KBUILD_MODNAME, "sevadm_redirect_why_not", "", &location) &&
	       sevadm_redirect_trial(location) == -EBUSY;
}

/**
 * sevadm_redirect_why_not() - say in words why a function could not be redirected
 * @error: negative errno of sevadm_redirect()
 *
 * Context: may sleep.
 */
const char *sevadm_redirect_why_not(int error)
{
	switch (error) {
	case -EBUSY:
		return ftrace_is_off() ? "kernel.ftrace_enabled is 0" :
			"already redirected by someone else: a livepatch?";
	case -EAGAIN:
		return "someone else keeps changing what is attached to it";
	case -ENODEV:
		return "ftrace is dead: see the kernel's log for its bug";
	case -EINVAL:
	case -ENOENT:
		return "the function cannot be traced: it has no ftrace location";
	}
	return "ftrace refused to redirect it";
}

/** sevadm_redirect_uninit() - free what trials have used */
void sevadm_redirect_uninit(void)
{
	ftrace_free_filter(&trial_ops);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a seam is attached: an ftrace callback with IPMODIFY redirects the function to its wrapper,
 * a static call leads back. Compared with a return probe there is no pool of instances that could
 * run dry, the wrapper may sleep, and it can refuse the call.
 *
 * kvm_amd and ccp come and go: a module notifier attaches and detaches their rows, so that the
 * order of loading does not matter.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include <uapi/linux/sevadm.h>

#include "compat/ftrace.h"
#include "host.h"
#include "seam.h"

struct sevadm_seam {
	const char *symbol;
	const char *module;
	bool required;
	void *wrapper;
	struct static_call_key *key;
	void *trampoline;
	struct ftrace_ops ops;
	unsigned long address;
	bool attached;
	int error;
	const char *reason;
	atomic64_t hits;
};

#define SEAM(module, symbol, required, type, prototype) \
	DEFINE_STATIC_CALL_NULL(original_##symbol, wrap_##symbol);
SEVADM_SEAMS(SEAM)
#undef SEAM

/*
 * A call that comes from this module is the wrapper's own call of the original: let it through. A
 * seam that another seam's function leaves to by a jump would be let through, too; none in the table
 * is entered that way, but the ways to the mailbox, of which the outermost counts anyhow. Runs with preemption off, possibly in any context: it reads constants only.
 */
static void notrace sevadm_seam_redirect(unsigned long ip, unsigned long parent_ip,
					 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct sevadm_seam *seam = container_of(ops, struct sevadm_seam, ops);

	if (!within_module(parent_ip, THIS_MODULE))
		compat_ftrace_regs_set_ip(fregs, (unsigned long)seam->wrapper);
}

static struct sevadm_seam seams[SEVADM_SEAM_NR] = {
#define SEAM(_module, _symbol, _required, type, prototype)			\
	[SEAM_##_symbol] = {							\
		.symbol = #_symbol,						\
		.module = #_module,						\
		.required = _required,						\
		.wrapper = wrap_##_symbol,					\
		.key = &STATIC_CALL_KEY(original_##_symbol),			\
		.trampoline = STATIC_CALL_TRAMP_ADDR(original_##_symbol),	\
		.ops = {							\
			.func = sevadm_seam_redirect,				\
			.flags = FTRACE_OPS_FL_IPMODIFY |			\
				 FTRACE_OPS_FL_SAVE_REGS |			\
				 FTRACE_OPS_FL_PERMANENT,			\
		},								\
		.reason = "not tried yet",					\
	},
	SEVADM_SEAMS(SEAM)
#undef SEAM
};

/* Serialises attaching and detaching, and guards every field of a seam but the counter. */
static DEFINE_MUTEX(seam_mutex);

/* Tasks inside of any wrapper: the module's text and data stay until it is zero. */
static atomic_t seam_tasks = ATOMIC_INIT(0);

/**
 * sevadm_seam_enter() - to be called first by every wrapper
 * @id: seam of the wrapper
 *
 * Context: any that the function interposed on is called in.
 */
void notrace sevadm_seam_enter(enum sevadm_seam_id id)
{
	atomic_inc(&seam_tasks);
	atomic64_inc(&seams[id].hits);
}

/** sevadm_seam_exit() - to be called last by every wrapper */
void notrace sevadm_seam_exit(void)
{
	atomic_dec(&seam_tasks);
}

/*
 * Where a function is: a probe that is registered disabled, never armed, resolves the name. A name
 * that exists only as a compiler's clone (.isra, .constprop, .part) is not found, and that is
 * right: the clone's arguments have moved.
 */
static int seam_resolve(const struct sevadm_seam *seam, unsigned long *address)
{
	struct kprobe probe = { .flags = KPROBE_FLAG_DISABLED };
	char name[MODULE_NAME_LEN + 64];
	int ret;

	if (!strcmp(seam->module, "vmlinux"))
		strscpy(name, seam->symbol, sizeof(name));
	else
		snprintf(name, sizeof(name), "%s:%s", seam->module, seam->symbol);

	probe.symbol_name = name;
	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	*address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int seam_attach(struct sevadm_seam *seam)
{
	int ret;

	ret = seam_resolve(seam, &seam->address);
	if (ret) {
		seam->reason = ret == -ENOENT ?
			"no such function: inlined, or only a clone of it with other arguments" :
			"its address cannot be resolved: are kprobes disabled or locked down?";
		return ret;
	}

	ret = ftrace_set_filter_ip(&seam->ops, seam->address, 0, 1);
	if (ret) {
		seam->reason = "the function cannot be traced: it has no ftrace location";
		return ret;
	}

	__static_call_update(seam->key, seam->trampoline, (void *)seam->address);

	ret = register_ftrace_function(&seam->ops);
	if (ret) {
		seam->reason = ret == -EBUSY ?
			"already redirected by someone else (a livepatch?), or kernel.ftrace_enabled is 0" :
			"ftrace refused to redirect it";
		__static_call_update(seam->key, seam->trampoline, NULL);
		return ret;
	}

	seam->attached = true;
	seam->reason = "";
	return 0;
}

/* The static call stays until no task can be inside of the wrapper any more: seam_forget(). */
static void seam_detach(struct sevadm_seam *seam, const char *reason)
{
	if (seam->attached && unregister_ftrace_function(&seam->ops))
		pr_err("%s: ftrace would not let go\n", seam->symbol);
	seam->attached = false;
	seam->error = 0;
	seam->reason = reason;
}

static void seam_forget(struct sevadm_seam *seam)
{
	__static_call_update(seam->key, seam->trampoline, NULL);
}

/*
 * A module that offers none of its symbols is not there (or was built without SEV): that is no
 * error, its rows wait for it.
 */
static bool seam_module_present(const char *module)
{
	unsigned long address;
	int i;

	for (i = 0; i < SEVADM_SEAM_NR; i++)
		if (!strcmp(seams[i].module, module) && !seam_resolve(&seams[i], &address))
			return true;
	return false;
}

static void seam_attach_module(const char *module)
{
	struct sevadm_seam *seam;
	int i;

	mutex_lock(&seam_mutex);
	if (!seam_module_present(module)) {
		for (i = 0; i < SEVADM_SEAM_NR; i++)
			if (!strcmp(seams[i].module, module))
				seams[i].reason = "its module is not loaded, or was built without SEV";
		goto unlock;
	}

	for (i = 0; i < SEVADM_SEAM_NR; i++) {
		seam = &seams[i];
		if (strcmp(seam->module, module) || seam->attached)
			continue;
		seam->error = seam_attach(seam);
		if (seam->error && seam->required)
			pr_warn("%s: cannot attach to %s (%d): %s\n", seam->module, seam->symbol,
				seam->error, seam->reason);
	}
unlock:
	mutex_unlock(&seam_mutex);
}

static void seam_detach_module(const char *module, const char *reason)
{
	int i;

	mutex_lock(&seam_mutex);
	for (i = SEVADM_SEAM_NR - 1; i >= 0; i--)
		if (!strcmp(seams[i].module, module))
			seam_detach(&seams[i], reason);

	/* A module that goes has no task inside of its functions, so none in the wrappers. */
	for (i = SEVADM_SEAM_NR - 1; i >= 0; i--)
		if (!strcmp(seams[i].module, module))
			seam_forget(&seams[i]);
	mutex_unlock(&seam_mutex);
}

static bool seam_is_target(const char *module)
{
	return !strcmp(module, "ccp") || !strcmp(module, "kvm_amd");
}

static int sevadm_seam_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (!seam_is_target(mod->name))
		return NOTIFY_DONE;

	switch (state) {
	case MODULE_STATE_COMING:
		seam_attach_module(mod->name);
		break;
	case MODULE_STATE_LIVE:
		if (!strcmp(mod->name, "kvm_amd"))
			sevadm_host_kvm_arrived();
		break;
	case MODULE_STATE_GOING:
		seam_detach_module(mod->name, "its module is not loaded");
		if (!strcmp(mod->name, "kvm_amd"))
			sevadm_host_kvm_left();
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block seam_notifier = {
	.notifier_call = sevadm_seam_notify,
};

/**
 * sevadm_seam_attached() - whether calls come through a seam
 * @id: the seam
 */
bool sevadm_seam_attached(enum sevadm_seam_id id)
{
	return READ_ONCE(seams[id].attached);
}

/**
 * sevadm_seam_info() - state of one row of the table
 * @index: row, from 0
 * @info: filled in
 *
 * Context: may sleep.
 * Return: 0, or -ENOENT behind the last row.
 */
int sevadm_seam_info(unsigned int index, struct sevadm_seam_info *info)
{
	const struct sevadm_seam *seam;

	if (index >= SEVADM_SEAM_NR)
		return -ENOENT;

	seam = &seams[index];
	mutex_lock(&seam_mutex);
	*info = (struct sevadm_seam_info) {
		.symbol = seam->symbol,
		.module = seam->module,
		.required = seam->required,
		.attached = seam->attached,
		.error = seam->error,
		.reason = seam->reason,
		.hits = atomic64_read(&seam->hits),
	};
	mutex_unlock(&seam_mutex);
	return 0;
}

/**
 * sevadm_seam_state() - how much of the module is at work
 *
 * Context: may sleep.
 * Return: enum sevadm_module_state.
 */
u32 sevadm_seam_state(void)
{
	u32 state = SEVADM_MODULE_STATE_ATTACHED;
	int i;

	mutex_lock(&seam_mutex);
	for (i = 0; i < SEVADM_SEAM_NR; i++) {
		if (!seams[i].required || seams[i].attached)
			continue;
		if (seams[i].error) {
			state = SEVADM_MODULE_STATE_DEGRADED;
			break;
		}
		state = SEVADM_MODULE_STATE_WAITING;
	}
	mutex_unlock(&seam_mutex);
	return state;
}

/**
 * sevadm_seam_init() - attach to everything that is there, and to the rest as it arrives
 *
 * A seam that cannot be attached is no error here: the module stays loaded and says which and why.
 *
 * Return: 0 or a negative errno.
 */
int sevadm_seam_init(void)
{
	int ret;

	ret = register_module_notifier(&seam_notifier);
	if (ret)
		return ret;

	seam_attach_module("vmlinux");
	seam_attach_module("ccp");
	seam_attach_module("kvm_amd");
	return 0;
}

/**
 * sevadm_seam_uninit() - let go of everything and wait until no task is inside of a wrapper
 *
 * A task sleeps in a wrapper as long as the firmware command it waits for takes.
 */
void sevadm_seam_uninit(void)
{
	unsigned int waited;
	int i;

	unregister_module_notifier(&seam_notifier);

	mutex_lock(&seam_mutex);
	for (i = SEVADM_SEAM_NR - 1; i >= 0; i--)
		seam_detach(&seams[i], "the module is being unloaded");
	mutex_unlock(&seam_mutex);

	/* Whoever was redirected has counted itself once this returns... */
	synchronize_rcu_tasks();
	for (waited = 0; atomic_read(&seam_tasks); waited++) {
		if (waited % 1000 == 999)
			pr_info("waiting for %d task(s) inside of SEV commands before unloading\n",
				atomic_read(&seam_tasks));
		msleep(10);
	}
	/* ... and whoever has counted itself out has left the wrapper once this returns. */
	synchronize_rcu_tasks();

	/* Not sooner: an ftrace_ops whose filter was freed must not be used again. */
	for (i = 0; i < SEVADM_SEAM_NR; i++) {
		seam_forget(&seams[i]);
		ftrace_free_filter(&seams[i].ops);
	}
}

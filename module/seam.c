// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a seam is attached: an ftrace callback with IPMODIFY redirects the function to its wrapper,
 * a static call leads back, into the function's body. Compared with a return probe there is no pool of instances that could
 * run dry, the wrapper may sleep, and it can refuse the call.
 *
 * The seams of one module share one callback: seams are added to it one by one, so that each has
 * its own verdict, and let go together: each ftrace_ops that goes costs a grace period.
 *
 * kvm_amd and ccp come and go: a module notifier attaches and detaches their rows, so that the
 * order of loading does not matter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

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
	unsigned long location;		/* of ftrace's call in the function */
	bool attached;
	int error;
	const char *reason;
};

#define SEAM(module, symbol, required, type, prototype) \
	DEFINE_STATIC_CALL_NULL(original_##symbol, wrap_##symbol);
SEVADM_SEAMS(SEAM)
#undef SEAM

static struct sevadm_seam seams[SEVADM_SEAM_NR] = {
#define SEAM(_module, _symbol, _required, type, prototype)			\
	[SEAM_##_symbol] = {							\
		.symbol = #_symbol,						\
		.module = #_module,						\
		.required = _required,						\
		.wrapper = wrap_##_symbol,					\
		.key = &STATIC_CALL_KEY(original_##_symbol),			\
		.trampoline = STATIC_CALL_TRAMP_ADDR(original_##_symbol),	\
		.reason = "not tried yet",					\
	},
	SEVADM_SEAMS(SEAM)
#undef SEAM
};

/**
 * struct sevadm_target - a module whose functions are interposed on
 * @name: its name; "vmlinux" for the kernel proper
 * @first: its seams, up to but not with @end
 * @end: see @first
 * @ops: redirects the functions of its attached seams
 * @registered: @ops is at work
 */
struct sevadm_target {
	const char *name;
	const struct sevadm_seam *first, *end;
	struct ftrace_ops ops;
	bool registered;
};

/*
 * Only calls from outside come here: a wrapper calls the function's body behind ftrace's location.
 *
 * Runs with preemption off, possibly in any context: what it reads of a row was written before its
 * address came into the filter.
 */
static void notrace sevadm_seam_redirect(unsigned long ip, unsigned long parent_ip,
					 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct sevadm_target *target = container_of(ops, struct sevadm_target, ops);
	const struct sevadm_seam *seam;

	for (seam = target->first; seam < target->end; seam++)
		if (ip == seam->location) {
			compat_ftrace_regs_set_ip(fregs, (unsigned long)seam->wrapper);
			return;
		}
}

#define TARGET(_name) {								\
	.name = _name,								\
	.ops = {								\
		.func = sevadm_seam_redirect,					\
		.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |	\
			 COMPAT_FTRACE_FL_SET_IP,				\
	},									\
}

/* In the order of attaching; let go in reverse. */
static struct sevadm_target targets[] = {
	TARGET("vmlinux"),
	TARGET("ccp"),
	TARGET("kvm_amd"),
};

/* Serialises attaching and detaching, and guards every field of seams and targets. */
static DEFINE_MUTEX(seam_mutex);

atomic_t sevadm_seam_tasks = ATOMIC_INIT(0);
atomic64_t sevadm_seam_hits[SEVADM_SEAM_NR];

/*
 * Where ftrace's call in a function is, its first instruction but for an ENDBR, which kprobes skip at
 * a function's name (arch_adjust_kprobe_addr()): a probe that is registered disabled, never armed,
 * resolves the name. A name that exists only as a compiler's clone (.isra, .constprop, .part) is not
 * found, and that is right: the clone's arguments have moved.
 */
static int seam_resolve(const struct sevadm_seam *seam, unsigned long *location)
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
	*location = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

/* Adds one function to what a target's callback redirects; the first one sets it to work. */
static int target_redirect(struct sevadm_target *target, unsigned long location)
{
	int ret;

	ret = ftrace_set_filter_ip(&target->ops, location, 0, !target->registered);
	if (ret || target->registered)
		return ret;
	ret = register_ftrace_function(&target->ops);
	target->registered = !ret;
	return ret;
}

static int seam_attach(struct sevadm_target *target, struct sevadm_seam *seam)
{
	unsigned long location;
	int ret;

	ret = seam_resolve(seam, &location);
	if (ret) {
		seam->reason = ret == -ENOENT ?
			"no such function: inlined, or only a clone of it with other arguments" :
			"its address cannot be resolved: are kprobes disabled or locked down?";
		return ret;
	}

	seam->location = location;
	__static_call_update(seam->key, seam->trampoline, (void *)(location + MCOUNT_INSN_SIZE));

	ret = target_redirect(target, location);
	if (ret) {
		seam->reason = ret == -EBUSY ?
			"already redirected by someone else (a livepatch?), or kernel.ftrace_enabled is 0" :
			ret == -EINVAL || ret == -ENOENT ?
			"the function cannot be traced: it has no ftrace location" :
			"ftrace refused to redirect it";
		__static_call_update(seam->key, seam->trampoline, NULL);
		seam->location = 0;
		return ret;
	}

	seam->attached = true;
	seam->reason = "";
	return 0;
}

/* The static calls stay until no task can be inside of a wrapper any more: seam_forget(). */
static void target_detach(struct sevadm_target *target, const char *reason)
{
	struct sevadm_seam *seam;

	if (target->registered && unregister_ftrace_function(&target->ops))
		pr_err("%s: ftrace would not let go\n", target->name);
	target->registered = false;

	for (seam = seams; seam < seams + SEVADM_SEAM_NR; seam++) {
		if (strcmp(seam->module, target->name))
			continue;
		seam->attached = false;
		seam->error = 0;
		seam->reason = reason;
	}
}

static void seam_forget(struct sevadm_seam *seam)
{
	__static_call_update(seam->key, seam->trampoline, NULL);
	seam->location = 0;
}

/*
 * A module that offers none of its symbols is not there (or was built without SEV): that is no
 * error, its rows wait for it.
 */
static bool target_present(const struct sevadm_target *target)
{
	unsigned long location;
	int i;

	for (i = 0; i < SEVADM_SEAM_NR; i++)
		if (!strcmp(seams[i].module, target->name) && !seam_resolve(&seams[i], &location))
			return true;
	return false;
}

static void target_attach(struct sevadm_target *target)
{
	struct sevadm_seam *seam;
	bool present;

	mutex_lock(&seam_mutex);
	present = target_present(target);
	for (seam = seams; seam < seams + SEVADM_SEAM_NR; seam++) {
		if (strcmp(seam->module, target->name) || seam->attached)
			continue;
		if (!present) {
			seam->reason = "its module is not loaded, or was built without SEV";
			continue;
		}
		seam->error = seam_attach(target, seam);
		if (seam->error && seam->required)
			pr_warn("%s: cannot attach to %s (%d): %s\n", seam->module, seam->symbol,
				seam->error, seam->reason);
	}
	mutex_unlock(&seam_mutex);
}

/* A module that goes has no task inside of its functions, so none in the wrappers. */
static void target_left(struct sevadm_target *target)
{
	int i;

	mutex_lock(&seam_mutex);
	target_detach(target, "its module is not loaded");
	for (i = 0; i < SEVADM_SEAM_NR; i++)
		if (!strcmp(seams[i].module, target->name))
			seam_forget(&seams[i]);
	mutex_unlock(&seam_mutex);
}

/* The loadable module whose seams are in the table, or NULL. */
static struct sevadm_target *target_of(const struct module *mod)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(targets[i].name, mod->name))
			return &targets[i];
	return NULL;
}

static int sevadm_seam_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;
	struct sevadm_target *target = target_of(mod);

	if (!target)
		return NOTIFY_DONE;

	switch (state) {
	case MODULE_STATE_COMING:
		target_attach(target);
		break;
	case MODULE_STATE_LIVE:
		if (!strcmp(mod->name, "kvm_amd"))
			sevadm_host_kvm_arrived();
		break;
	case MODULE_STATE_GOING:
		target_left(target);
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
		.hits = atomic64_read(&sevadm_seam_hits[index]),
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

/* The rows of one target follow one another. */
static void target_rows(struct sevadm_target *target)
{
	const struct sevadm_seam *seam = seams;

	while (strcmp(seam->module, target->name))
		seam++;
	target->first = seam;
	while (seam < seams + SEVADM_SEAM_NR && !strcmp(seam->module, target->name))
		seam++;
	target->end = seam;
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
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		target_rows(&targets[i]);

	ret = register_module_notifier(&seam_notifier);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		target_attach(&targets[i]);
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
	for (i = ARRAY_SIZE(targets) - 1; i >= 0; i--)
		target_detach(&targets[i], "the module is being unloaded");
	mutex_unlock(&seam_mutex);

	/* Whoever was redirected has counted itself once this returns... */
	synchronize_rcu_tasks();
	for (waited = 0; atomic_read(&sevadm_seam_tasks); waited++) {
		if (waited % 1000 == 999)
			pr_info("waiting for %d task(s) inside of SEV commands before unloading\n",
				atomic_read(&sevadm_seam_tasks));
		msleep(10);
	}
	/* ... and whoever has counted itself out has left the wrapper once this returns. */
	synchronize_rcu_tasks();

	/* Not sooner: an ftrace_ops whose filter was freed must not be used again. */
	for (i = 0; i < SEVADM_SEAM_NR; i++)
		seam_forget(&seams[i]);
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		ftrace_free_filter(&targets[i].ops);
}

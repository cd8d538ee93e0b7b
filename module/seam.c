// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attach a seam (a hook): an ftrace IPMODIFY callback redirects the function to its wrapper; a
 * static call re-enters the body. Unlike a return probe this has no instance pool to exhaust, and
 * the wrapper may sleep or refuse the call.
 *
 * The seams of one module share one callback and are registered at once. Only then does ftrace make
 * programs that are attached to a function already (BPF's fexit) call what it is redirected to
 * instead of its body. They would not call the wrapper of a function that is added later.
 *
 * kvm_amd and ccp come and go: a module notifier attaches and detaches their rows, so that the
 * order of loading does not matter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <uapi/linux/sevadm.h>

#include "compat/ftrace.h"
#include "redirect.h"
#include "seam.h"
#include "seam_form.h"
#include "symbol.h"

/**
 * struct sevadm_seam - a function that is interposed on
 * @symbol: its name in the table
 * @name: its name in this kernel, once it has been looked for
 * @module: the module it lives in
 * @required: without it the module is degraded
 * @yielded: it is left to someone else
 * @attached: it is redirected
 * @escaped: a call has passed it by that began after it was redirected
 * @wrapper: where it is redirected to
 * @key: static call into the function's body
 * @trampoline: see @key
 * @location: of ftrace's call in the function; 0: not known
 * @error: 0, or a negative errno: why it is not attached, or misses calls
 * @reason: @error in words
 */
struct sevadm_seam {
	const char *symbol;
	const char *name;
	const char *module;
	bool required;
	bool yielded;
	bool attached;
	bool escaped;
	void *wrapper;
	struct static_call_key *key;
	void *trampoline;
	unsigned long location;
	int error;
	const char *reason;
};

#define SEAM(module, symbol, required, declared, type, prototype) \
	DEFINE_STATIC_CALL_NULL(original_##symbol, wrap_##symbol);
SEVADM_SEAMS(SEAM)
#undef SEAM

static struct sevadm_seam seams[SEVADM_SEAM_NR] = {
#define SEAM(_module, _symbol, _required, declared, type, prototype)		\
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
	struct sevadm_seam *first, *end;
	struct ftrace_ops ops;
	bool registered;
};

/*
 * Redirects a call. Only calls from outside come here: a wrapper calls the function's body behind
 * ftrace's location.
 *
 * Runs in any context, with preemption off or not: what it reads of a row was written before its
 * address was put into the filter.
 */
static void notrace sevadm_seam_redirect(unsigned long ip, unsigned long parent_ip,
					 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct sevadm_target *target = container_of(ops, struct sevadm_target, ops);
	const struct sevadm_seam *seam = target->first;

	/* A target has one row at least. */
	do {
		if (likely(ip == seam->location)) {
			compat_ftrace_regs_set_ip(fregs, (unsigned long)seam->wrapper);
			return;
		}
	} while (++seam < target->end);
}

#define TARGET(_name) {								\
	.name = _name,								\
	.ops = {								\
		.func = sevadm_seam_redirect,					\
		.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |	\
			 COMPAT_FTRACE_FL_SET_IP,				\
	},									\
}

/* In the order of attaching; detached in reverse. */
static struct sevadm_target targets[] = {
	TARGET("vmlinux"),
	TARGET("ccp"),
	TARGET("kvm"),
	TARGET("kvm_amd"),
};

/*
 * Serialises attaching and detaching, and guards every field of seams and targets. Wrappers, which
 * do not take it, read @attached and write @escaped.
 */
static DEFINE_MUTEX(seam_mutex);

/* When all functions that there are had been redirected, by CLOCK_BOOTTIME; U64_MAX: not yet. */
static u64 settled_ns = U64_MAX;

DEFINE_PER_CPU(struct sevadm_seam_calls, sevadm_seam_calls);
static atomic64_t bypasses[SEVADM_SEAM_NR];

static const struct sevadm_seam_calls *calls_of(int cpu)
{
	return per_cpu_ptr(&sevadm_seam_calls, cpu);
}

static u64 hits_of(unsigned int seam)
{
	u64 hits = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		hits += READ_ONCE(calls_of(cpu)->entered[seam]);
	return hits;
}

/*
 * Number of tasks inside of wrappers; at least those that were so when it was called and still are.
 */
static unsigned long tasks_inside(void)
{
	unsigned long entered = 0, left = 0;
	unsigned int seam;
	int cpu;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(calls_of(cpu)->left);
	/* In this order: who is counted as having left is counted as having entered. */
	smp_rmb();
	for (seam = 0; seam < SEVADM_SEAM_NR; seam++)
		entered += hits_of(seam);
	return entered - left;
}

static const char *why_not_resolved(int error)
{
	return error == -ENOENT ?
		"no such function: inlined, or only a clone of it with other arguments" :
		"its address cannot be resolved: are kprobes disabled or locked down?";
}

/*
 * Return true if the compiler made a clone beside the function, which takes calls from within its
 * module that the seam does not see. Other modules call the function itself only.
 */
static bool has_clone(const struct sevadm_seam *seam)
{
	static const char * const suffixes[] = {
		".isra.0", ".constprop.0", ".part.0", ".constprop.0.isra.0", ".isra.0.constprop.0",
		".part.0.constprop.0", ".part.0.isra.0", ".constprop.0.part.0", ".isra.0.part.0",
	};
	unsigned long location;
	int i;

	if (!strcmp(seam->module, "vmlinux"))
		return false;
	for (i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (!sevadm_symbol_function(seam->module, seam->name, suffixes[i], &location))
			return true;
	return false;
}

static void seam_forget(struct sevadm_seam *seam)
{
	__static_call_update(seam->key, seam->trampoline, NULL);
	seam->location = 0;
}

static void seam_refused(struct sevadm_seam *seam, int error, const char *reason)
{
	seam->error = error;
	seam->reason = reason;
	if (seam->required)
		pr_warn("%s: not attached to all of %s (%d): %s\n", seam->module, seam->symbol,
			error, reason);
}

/* Finds what is needed to redirect a function. */
static void seam_prepare(struct sevadm_seam *seam)
{
	unsigned long location;
	int ret;

	seam->error = 0;
	if (seam->yielded) {
		seam_refused(seam, -ECANCELED, "yielded: someone else may redirect it");
		return;
	}
	ret = sevadm_seam_form_find(seam - seams, seam->module, &seam->name, &location);
	if (ret) {
		seam_refused(seam, ret, why_not_resolved(ret));
		return;
	}
	if (!sevadm_seam_form_is_known(seam - seams)) {
		seam_refused(seam, -EPROTO, "the kernel's headers have it with arguments that are not known here");
		return;
	}
	seam->location = location;
	__static_call_update(seam->key, seam->trampoline, (void *)(location + MCOUNT_INSN_SIZE));
}

static void target_set_attached(struct sevadm_target *target, bool attached)
{
	struct sevadm_seam *seam;

	for (seam = target->first; seam < target->end; seam++)
		WRITE_ONCE(seam->attached, attached && seam->location);
}

/*
 * Redirects every function whose location is known. Those that cannot be redirected lose it first.
 */
static void target_redirect(struct sevadm_target *target, bool one_by_one)
{
	unsigned long locations[SEVADM_SEAM_NR];
	struct sevadm_seam *seam;
	unsigned int nr = 0;
	int ret;

	for (seam = target->first; seam < target->end; seam++) {
		if (!seam->location)
			continue;
		ret = one_by_one ? sevadm_redirect_trial(seam->location) : 0;
		if (!ret) {
			locations[nr++] = seam->location;
			continue;
		}
		seam_forget(seam);
		seam_refused(seam, ret, sevadm_redirect_why_not(ret));
	}
	if (!nr)
		return;

	/* Before a call may come: wrappers ask. */
	target_set_attached(target, true);
	ret = sevadm_redirect(&target->ops, locations, nr);
	target->registered = !ret;
	if (!ret)
		return;
	target_set_attached(target, false);
	if (!one_by_one) {
		target_redirect(target, true);
		return;
	}
	for (seam = target->first; seam < target->end; seam++) {
		if (!seam->location)
			continue;
		seam_forget(seam);
		seam_refused(seam, ret, sevadm_redirect_why_not(ret));
	}
}

static void seam_settle(struct sevadm_seam *seam)
{
	seam->reason = "";
	if (strcmp(seam->name, seam->symbol))
		pr_info("%s: %s is %s in this kernel\n", seam->module, seam->symbol, seam->name);
	if (!sevadm_redirect_in_place(seam->location)) {
		WRITE_ONCE(seam->attached, false);
		seam_refused(seam, -EIO, "ftrace took it, but did not change the function");
	} else if (has_clone(seam)) {
		seam_refused(seam, -ENOTUNIQ,
			     "a clone of it, with other arguments, takes part of the calls");
	}
}

/* The static calls stay until no task can be inside of a wrapper any more: seam_forget(). */
static void target_detach(struct sevadm_target *target, const char *reason)
{
	struct sevadm_seam *seam;

	if (target->registered && sevadm_redirect_end(&target->ops))
		pr_err("%s: ftrace would not let go\n", target->name);
	target->registered = false;

	for (seam = target->first; seam < target->end; seam++) {
		WRITE_ONCE(seam->attached, false);
		WRITE_ONCE(seam->escaped, false);
		seam->error = 0;
		seam->reason = reason;
	}
}

/*
 * Return true if the module offers any of its symbols. If not, it is not there or was built without
 * SEV: that is not an error, its rows wait for it.
 */
static bool target_present(const struct sevadm_target *target)
{
	const struct sevadm_seam *seam;
	unsigned long location;
	const char *name;

	for (seam = target->first; seam < target->end; seam++)
		if (!sevadm_seam_form_find(seam - seams, seam->module, &name, &location))
			return true;
	return false;
}

/* Attaches to what is there, once: seams are never added to a callback that is at work. */
static void target_attach(struct sevadm_target *target)
{
	struct sevadm_seam *seam;

	lockdep_assert_held(&seam_mutex);
	if (target->registered)
		return;
	if (!target_present(target)) {
		for (seam = target->first; seam < target->end; seam++)
			seam->reason = "its module is not loaded, or was built without SEV";
		return;
	}

	/* Until then a call may come through one of them, and not yet through the next. */
	WRITE_ONCE(settled_ns, U64_MAX);
	for (seam = target->first; seam < target->end; seam++)
		seam_prepare(seam);
	target_redirect(target, false);
	for (seam = target->first; seam < target->end; seam++)
		if (seam->location)
			seam_settle(seam);
	WRITE_ONCE(settled_ns, ktime_get_boottime_ns());
}

static void target_arrived(struct sevadm_target *target)
{
	mutex_lock(&seam_mutex);
	target_attach(target);
	mutex_unlock(&seam_mutex);
}

/*
 * Attaches unless the module is on its way in or out: then the notifier does so at the right time.
 * The state changes before the notification, so that none is missed.
 */
static void target_look(struct sevadm_target *target)
{
	struct sevadm_seam *seam;

	mutex_lock(&seam_mutex);
	if (!strcmp(target->name, "vmlinux") || sevadm_symbol_module_is_live(target->name)) {
		target_attach(target);
	} else if (!target->registered) {
		/* Otherwise it is coming, and the notifier has attached to it already. */
		for (seam = target->first; seam < target->end; seam++)
			seam->reason = "its module is not loaded";
	}
	mutex_unlock(&seam_mutex);
}

/* Detaches. A module that goes has no task inside of its functions, so none in the wrappers. */
static void target_left(struct sevadm_target *target)
{
	struct sevadm_seam *seam;

	mutex_lock(&seam_mutex);
	target_detach(target, "its module is not loaded");
	for (seam = target->first; seam < target->end; seam++)
		seam_forget(seam);
	mutex_unlock(&seam_mutex);
}

/* Finds the target that is this loadable module; NULL: none. */
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
		target_arrived(target);
		break;
	case MODULE_STATE_LIVE:
		/* For one that was on its way in when this module came. */
		target_arrived(target);
		break;
	case MODULE_STATE_GOING:
		target_left(target);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block seam_notifier = {
	.notifier_call = sevadm_seam_notify,
};

/**
 * sevadm_seam_attached() - return true if calls come through a seam
 * @id: the seam
 *
 * They do so until rcu_read_unlock() at least, but for those that began before it was attached.
 */
bool sevadm_seam_attached(enum sevadm_seam_id id)
{
	return READ_ONCE(seams[id].attached);
}

/**
 * sevadm_seam_passed_by() - note that a call passed a seam by
 * @id: the seam, whose function KVM or ccp must have called
 * @since_ns: the call cannot have begun before, by CLOCK_BOOTTIME; 0: it is not known since when it
 *	runs
 *
 * Either the call began before the seam was attached, or something else takes the calls, or the
 * compiler has put the function's body into callers. Unless the call may have begun before, the
 * module is degraded.
 *
 * Context: does not sleep.
 */
void sevadm_seam_passed_by(enum sevadm_seam_id id, u64 since_ns)
{
	if (!sevadm_seam_attached(id))
		return;
	if (since_ns > READ_ONCE(settled_ns))
		WRITE_ONCE(seams[id].escaped, true);
	if (atomic64_inc_return(&bypasses[id]) == 1)
		pr_warn("%s: a call of %s has passed by the module\n", seams[id].module,
			seams[id].symbol);
}

/**
 * sevadm_seam_info() - describe one row of the table
 * @index: row, from 0
 * @info: filled in
 *
 * Context: may sleep.
 * Return: 0, or -ENOENT behind the last row.
 */
int sevadm_seam_info(unsigned int index, struct sevadm_seam_info *info)
{
	const struct sevadm_seam *seam;
	u64 passed;

	if (index >= SEVADM_SEAM_NR)
		return -ENOENT;

	seam = &seams[index];
	passed = atomic64_read(&bypasses[index]);
	mutex_lock(&seam_mutex);
	*info = (struct sevadm_seam_info) {
		.symbol = seam->symbol,
		.module = seam->module,
		.required = seam->required,
		.attached = seam->attached && sevadm_redirect_in_place(seam->location),
		.error = seam->error,
		.hits = hits_of(index),
	};
	if (seam->attached && !info->attached)
		strscpy(info->reason, "no longer redirected: ftrace has changed the function back",
			sizeof(info->reason));
	else if (seam->attached && READ_ONCE(seam->escaped))
		snprintf(info->reason, sizeof(info->reason),
			 "%llu calls passed it by: the compiler has put it into callers", passed);
	else if (seam->attached && passed)
		snprintf(info->reason, sizeof(info->reason),
			 "%llu calls passed it by, or began before it was attached", passed);
	else
		strscpy(info->reason, seam->reason, sizeof(info->reason));
	mutex_unlock(&seam_mutex);
	return 0;
}

/**
 * sevadm_seam_state() - return how much of the module is at work
 *
 * Context: may sleep.
 * Return: enum sevadm_module_state.
 */
u32 sevadm_seam_state(void)
{
	u32 state = SEVADM_MODULE_STATE_ATTACHED;
	const struct sevadm_seam *seam;

	mutex_lock(&seam_mutex);
	for (seam = seams; seam < seams + SEVADM_SEAM_NR; seam++) {
		if (!seam->required && !READ_ONCE(seam->escaped))
			continue;
		if (seam->error || READ_ONCE(seam->escaped) ||
		    (seam->attached && !sevadm_redirect_in_place(seam->location))) {
			state = SEVADM_MODULE_STATE_DEGRADED;
			break;
		}
		if (!seam->attached)
			state = SEVADM_MODULE_STATE_WAITING;
	}
	mutex_unlock(&seam_mutex);
	return state;
}

static struct sevadm_target *target_of_seam(const struct sevadm_seam *seam)
{
	struct sevadm_target *target = targets;

	while (strcmp(target->name, seam->module))
		target++;
	return target;
}

static unsigned int attached_seams(const struct sevadm_target *target)
{
	const struct sevadm_seam *seam;
	unsigned int nr = 0;

	for (seam = target->first; seam < target->end; seam++)
		nr += seam->attached;
	return nr;
}

/* Releases one function, for someone else to redirect it. Tasks inside of its wrapper come back. */
static int seam_yield(struct sevadm_seam *seam)
{
	struct sevadm_target *target = target_of_seam(seam);
	int ret;

	lockdep_assert_held(&seam_mutex);
	seam->yielded = true;
	if (!seam->attached)
		return 0;
	/* Nobody may rely on what is not seen any more: see sevadm_seam_attached(). */
	WRITE_ONCE(seam->attached, false);
	synchronize_rcu();
	/* The last one goes with the callback: a filter of nothing would mean every function. */
	if (attached_seams(target)) {
		ret = ftrace_set_filter_ip(&target->ops, seam->location, 1, 0);
	} else {
		ret = unregister_ftrace_function(&target->ops);
		target->registered = ret;
	}
	if (ret) {
		WRITE_ONCE(seam->attached, true);
		return ret;
	}
	seam_refused(seam, -ECANCELED, "yielded: someone else may redirect it");
	return 0;
}

static int yield_one(const char *symbol)
{
	struct sevadm_seam *seam;
	int ret = -ENOENT;

	mutex_lock(&seam_mutex);
	for (seam = seams; seam < seams + SEVADM_SEAM_NR; seam++)
		if (sevadm_seam_form_has_name(seam - seams, symbol))
			ret = seam_yield(seam);
	mutex_unlock(&seam_mutex);
	if (ret == -ENOENT)
		pr_err("yield: there is no seam %s\n", symbol);
	return ret;
}

static int yield_set(const char *text, const struct kernel_param *param)
{
	char *copy = kstrdup(text, GFP_KERNEL), *rest = copy, *symbol;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (symbol = strsep(&rest, ", \n")))
		if (*symbol)
			ret = yield_one(symbol);
	kfree(copy);
	return ret;
}

static int yield_get(char *text, const struct kernel_param *param)
{
	const struct sevadm_seam *seam;
	int length = 0;

	mutex_lock(&seam_mutex);
	for (seam = seams; seam < seams + SEVADM_SEAM_NR; seam++)
		if (seam->yielded)
			length += scnprintf(text + length, PAGE_SIZE - length, "%s%s",
					    length ? "," : "", seam->symbol);
	mutex_unlock(&seam_mutex);
	return length + scnprintf(text + length, PAGE_SIZE - length, "\n");
}

static const struct kernel_param_ops yield_ops = { .set = yield_set, .get = yield_get };
module_param_cb(yield, &yield_ops, NULL, 0644);
MODULE_PARM_DESC(yield, "functions to leave to others (a livepatch), until the module is loaded again");

/* The rows of one target follow one another. */
static void target_rows(struct sevadm_target *target)
{
	struct sevadm_seam *seam = seams;

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
 * A seam that cannot be attached is not an error: the module stays loaded and says which and why.
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
		target_look(&targets[i]);
	return 0;
}

/*
 * Never returns: what the callback leads to must not be freed while ftrace leads to the callback.
 */
static void stay_for_ever(void)
{
	pr_err("ftrace would not let go, which only a bug of its own can bring about: the module stays, at work, until the host is started again\n");
	for (;;)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
}

/* Says who keeps the module: a task that sleeps for ever can be ended when it is known which. */
static void wait_for_tasks(void (*say_who)(void))
{
	unsigned long tasks;
	unsigned int waited;

	for (waited = 0; (tasks = tasks_inside()); waited++) {
		if (waited % 500 == 50) {
			pr_info("waiting for %lu task(s) inside of SEV commands before unloading\n",
				tasks);
			say_who();
		}
		msleep(20);
	}
}

/**
 * sevadm_seam_uninit() - detach from everything and wait until no task is inside of a wrapper
 * @say_who: prints the tasks that are
 *
 * A task sleeps in a wrapper as long as the firmware command takes that it waits for, or as long as
 * it likes, by the memory that it has KVM read.
 */
void sevadm_seam_uninit(void (*say_who)(void))
{
	int i;

	unregister_module_notifier(&seam_notifier);

	mutex_lock(&seam_mutex);
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		target_set_attached(&targets[i], false);
	synchronize_rcu();
	for (i = ARRAY_SIZE(targets) - 1; i >= 0; i--)
		target_detach(&targets[i], "the module is being unloaded");
	mutex_unlock(&seam_mutex);
	if (sevadm_redirect_is_stuck())
		stay_for_ever();

	/* Tasks that were redirected have counted themselves once this returns... */
	synchronize_rcu_tasks();
	wait_for_tasks(say_who);
	/*
	 * ... and those that have counted themselves out have left the wrapper once this returns.
	 */
	synchronize_rcu_tasks();

	/* Not sooner: an ftrace_ops whose filter was freed must not be used again. */
	for (i = 0; i < SEVADM_SEAM_NR; i++)
		seam_forget(&seams[i]);
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		ftrace_free_filter(&targets[i].ops);
	sevadm_redirect_uninit();
}

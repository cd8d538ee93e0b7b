/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The task, its parents, its user and its cgroup. A cgroup may have others above it, and go
 * offline; the one who takes a reference has to give it back.
 */
#ifndef SEVADM_USER_SHIM_TASKS_H
#define SEVADM_USER_SHIM_TASKS_H

typedef struct {
	u32 value;
} kuid_t;

#define KUIDT_INIT(uid)				((kuid_t) { uid })
#define GLOBAL_ROOT_UID				KUIDT_INIT(0)
#define __kuid_val(uid)				((uid).value)
#define __task_cred(task)			(&(task)->cred)
#define uid_eq(one, two)			((one).value == (two).value)
#define from_kuid_munged(namespace, uid)	((uid).value)
#define make_kuid(namespace, uid)		KUIDT_INIT(uid)

#define CAP_SYS_ADMIN				21

struct pid {
	int number;
	int references;
};

#define CSS_NO_REF	1U
#define CSS_ONLINE	2U

struct cgroup {
	struct {
		unsigned int flags;
	} self;
	int references;
	int level;
	u64 id;
	struct cgroup *parent;
};

struct user_namespace {
	struct user_namespace *parent;
	kuid_t owner;
};

#define init_user_ns		shim_user_ns
extern struct user_namespace shim_user_ns;

static inline bool ns_capable(struct user_namespace *namespace, int capability)
{
	return true;
}

static inline bool ns_capable_noaudit(struct user_namespace *namespace, int capability)
{
	return true;
}

struct cred {
	struct user_namespace *user_ns;
	kuid_t uid;
};

typedef struct {
	int number;
} refcount_t;

#define REFCOUNT_INIT(start)	{ start }
#define refcount_read(count)	((count)->number)

#define EXIT_DEAD		0x10

struct task_struct {
	refcount_t usage;
	int exit_state;
	char comm[16];
	struct cred cred;
	struct pid tgid;
	struct cgroup cgroup;
	struct task_struct *real_parent;
};

/* The one that runs; its parent is init, whose parent is the idle task. */
extern struct task_struct shim_task;

#define __weak			__attribute__((weak))
#define noinline
#define likely(condition)	(condition)
#define unlikely(condition)	(condition)
#define current			(&shim_task)
#define current_cred()		(&shim_task.cred)
#define task_tgid(task)		(&(task)->tgid)
#define task_tgid_nr(task)	((task)->tgid.number)
#define task_pid_nr(task)	((task)->tgid.number)
#define task_uid(task)		((task)->cred.uid)
#define get_task_comm(to, task)	strscpy(to, (task)->comm, sizeof(to))
#define fatal_signal_pending(task) false
#define signal_pending(task)	false
#define irqs_disabled()		false
#define mutex_lock_interruptible(mutex) ({ mutex_lock(mutex); 0; })
#define pr_info(...)		printf("# " __VA_ARGS__)

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	task->usage.number++;
	return task;
}

static inline void put_task_struct(struct task_struct *task)
{
	assert(task->usage.number > 0);
	task->usage.number--;
}

static inline struct pid *get_pid(struct pid *pid)
{
	if (pid)
		pid->references++;
	return pid;
}

static inline void put_pid(struct pid *pid)
{
	assert(!pid || pid->references > 0);
	if (pid)
		pid->references--;
}

/* Finds this process, the only one. */
static inline struct pid *find_get_pid(int number)
{
	return number == current->tgid.number ? get_pid(&current->tgid) : NULL;
}

static inline struct cgroup *task_dfl_cgroup(struct task_struct *task)
{
	return &task->cgroup;
}

/* Takes a reference, as the kernel's does; of one that is dead none any more. */
static inline bool cgroup_tryget(struct cgroup *cgroup)
{
	cgroup->references++;
	return true;
}

static inline void cgroup_put(struct cgroup *cgroup)
{
	assert(cgroup->references > 0);
	cgroup->references--;
}

static inline u64 cgroup_id(const struct cgroup *cgroup)
{
	return cgroup->id;
}

/* Returns that of the task, or none. */
static inline struct cgroup *cgroup_get_from_id(u64 id)
{
	if (id != shim_task.cgroup.id)
		return ERR_PTR(-ENOENT);
	cgroup_tryget(&shim_task.cgroup);
	return &shim_task.cgroup;
}

static inline struct cgroup *cgroup_ancestor(struct cgroup *cgroup, int level)
{
	while (cgroup && cgroup->level > level)
		cgroup = cgroup->parent;
	return cgroup;
}

static inline bool cgroup_is_descendant(struct cgroup *cgroup, struct cgroup *ancestor)
{
	while (cgroup && cgroup != ancestor)
		cgroup = cgroup->parent;
	return cgroup;
}

#endif /* SEVADM_USER_SHIM_TASKS_H */

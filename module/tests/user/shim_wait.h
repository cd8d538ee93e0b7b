/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting: queues whose entries are functions, timers and work that never run by themselves, RCU
 * for one thread.
 */
#ifndef SEVADM_USER_SHIM_WAIT_H
#define SEVADM_USER_SHIM_WAIT_H

#define EPOLLIN		1
#define EPOLLRDNORM	0x40

struct wait_queue_entry {
	int (*func)(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);
	struct wait_queue_entry *next;
};

struct wait_queue_head {
	struct wait_queue_entry *first;
};

typedef struct wait_queue_entry wait_queue_entry_t;

#define init_waitqueue_head(queue)			((queue)->first = NULL)
#define waitqueue_active(queue)				((queue)->first != NULL)
#define init_waitqueue_func_entry(entry, function)	((entry)->func = (function))

static inline void add_wait_queue(struct wait_queue_head *queue, struct wait_queue_entry *entry)
{
	entry->next = queue->first;
	queue->first = entry;
}

static inline void remove_wait_queue(struct wait_queue_head *queue, struct wait_queue_entry *entry)
{
	struct wait_queue_entry **link = &queue->first;

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
}

static inline void wake_up_interruptible_poll(struct wait_queue_head *queue, unsigned long key)
{
	struct wait_queue_entry *entry;

	for (entry = queue->first; entry; entry = entry->next)
		entry->func(entry, 0, 0, (void *)key);
}

struct timer_list {
	void (*function)(struct timer_list *timer);
	bool pending;
};

#define DEFINE_TIMER(name, callback)	struct timer_list name = { .function = (callback) }
#define jiffies				0UL
#define timer_pending(timer)		((timer)->pending)

static inline int mod_timer(struct timer_list *timer, unsigned long when)
{
	timer->pending = true;
	return 0;
}

static inline int del_timer_sync(struct timer_list *timer)
{
	bool was = timer->pending;

	timer->pending = false;
	return was;
}

/* Work that waits, or runs: a case sets both as a workqueue would. */
struct work_struct {
	void (*function)(struct work_struct *work);
	bool pending;
	bool running;
};

struct delayed_work {
	struct work_struct work;
};

#define HZ				250
#define DECLARE_DELAYED_WORK(name, callback)	\
	struct delayed_work name = { .work.function = (callback) }
#define delayed_work_pending(delayed)	((delayed)->work.pending)
#define work_busy(one)			((one)->pending || (one)->running)

static inline bool schedule_delayed_work(struct delayed_work *delayed, unsigned long delay)
{
	bool was = delayed->work.pending;

	delayed->work.pending = true;
	return !was;
}

static inline bool cancel_delayed_work_sync(struct delayed_work *delayed)
{
	bool was = delayed->work.pending;

	delayed->work.pending = false;
	return was;
}

/* Nobody writes. */
struct percpu_rw_semaphore {
	unsigned int readers;
};

#define DEFINE_PERCPU_RWSEM(name)		struct percpu_rw_semaphore name
#define percpu_down_read_trylock(semaphore)	(!(semaphore)->readers++)
#define percpu_down_read(semaphore)		assert(!(semaphore)->readers++)
#define percpu_up_read(semaphore)		assert(!--(semaphore)->readers)

#define smp_mb()				do { } while (0)
#define xchg(pointer, value) \
	({ typeof(*(pointer)) _was = *(pointer); *(pointer) = (value); _was; })
#define cmpxchg(pointer, old, new)	({						\
	typeof(*(pointer)) _was = *(pointer);						\
											\
	if (_was == (old))								\
		*(pointer) = (new);							\
	_was;										\
})

#define mutex_init(mutex)			((mutex)->held = false)
#define lockdep_is_held(lock)			((lock)->held)
#define rcu_dereference(pointer)		(pointer)
#define rcu_dereference_protected(pointer, condition)	({ assert(condition); (pointer); })
#define rcu_access_pointer(pointer)		(pointer)
#define rcu_assign_pointer(pointer, value)	((pointer) = (value))
#define kfree_rcu(pointer, member)		free((void *)(pointer))
#define list_add_tail_rcu(entry, list)		list_add_tail(entry, list)
#define list_del_rcu(entry)			list_del(entry)
#define list_for_each_entry_rcu(entry, list, member)	list_for_each_entry(entry, list, member)

#define wait_event_interruptible(queue, condition)	((condition) ? 0 : -ERESTARTSYS)

#endif /* SEVADM_USER_SHIM_WAIT_H */

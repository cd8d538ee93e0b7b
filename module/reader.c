// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readers of the events: each has its own cursor, filter and wait queue. A task that emits an
 * event looks at the readers that wait, and wakes those that want it.
 *
 * No wakeup is missed: a reader is in the queue before it looks into the ring for the last time. If
 * that look comes before the event, the ring's lock makes the entry in the queue visible to the
 * writer.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "compat/timer.h"
#include "filter.h"
#include "reader.h"
#include "ring.h"

/* Every open file makes each event dearer, so unprivileged opens are capped. */
#define READERS_MAX	256

/* A reader this far behind is woken at once, not at the next tick. */
#define BEHIND(ring_size)	((ring_size) / 4)

LIST_HEAD(sevadm_readers);
static u32 nr_readers;
static DEFINE_SPINLOCK(readers_lock);	/* guards changes of the list, and nr_readers */

static bool enter(struct sevadm_reader *reader)
{
	bool trusted = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN), entered;

	spin_lock(&readers_lock);
	entered = trusted || nr_readers < READERS_MAX;
	if (entered) {
		list_add_tail_rcu(&reader->node, &sevadm_readers);
		nr_readers++;
	}
	spin_unlock(&readers_lock);
	return entered;
}

/**
 * sevadm_reader_open() - make a reader whose cursor is at the oldest event
 *
 * Context: may sleep.
 * Return: the reader, or ERR_PTR: -ENOMEM, -EUSERS: too many unprivileged opens.
 */
struct sevadm_reader *sevadm_reader_open(void)
{
	struct sevadm_reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);

	if (!reader)
		return ERR_PTR(-ENOMEM);
	mutex_init(&reader->mutex);
	init_waitqueue_head(&reader->wait);
	INIT_LIST_HEAD(&reader->leases);
	reader->cursor = sevadm_ring_oldest();
	if (!enter(reader)) {
		kfree(reader);
		return ERR_PTR(-EUSERS);
	}
	return reader;
}

static struct sevadm_filter *filter_of(struct sevadm_reader *reader)
{
	return rcu_dereference_protected(reader->filter, lockdep_is_held(&reader->mutex));
}

static void set_filter(struct sevadm_reader *reader, struct sevadm_filter *filter)
{
	struct sevadm_filter *before;

	mutex_lock(&reader->mutex);
	before = filter_of(reader);
	rcu_assign_pointer(reader->filter, filter);
	mutex_unlock(&reader->mutex);
	if (before)
		kfree_rcu(before, rcu);
}

/** sevadm_reader_close() - free a reader that nobody uses any more; may sleep */
void sevadm_reader_close(struct sevadm_reader *reader)
{
	spin_lock(&readers_lock);
	list_del_rcu(&reader->node);
	nr_readers--;
	spin_unlock(&readers_lock);

	set_filter(reader, NULL);
	kfree_rcu(reader, rcu);
}

/* Looks as sevadm_ring_look() does, but up to the end of the ring; may sleep. */
static bool look(struct sevadm_reader *reader, u64 *cursor, struct sevadm_event *event)
{
	enum sevadm_ring_look found;

	for (;;) {
		rcu_read_lock();
		found = sevadm_ring_look(cursor, rcu_dereference(reader->filter), event);
		rcu_read_unlock();
		if (found != SEVADM_RING_MORE)
			return found == SEVADM_RING_FOUND;
		cond_resched();
	}
}

/* Advances the cursor, unless it has left @from meanwhile. */
static void pass_over(struct sevadm_reader *reader, u64 from, u64 to)
{
	if (from != to)
		cmpxchg(&reader->cursor, from, to);
}

/**
 * sevadm_reader_pending() - return true if there is an event to read; passes over those not wanted
 * @reader: the reader
 */
bool sevadm_reader_pending(struct sevadm_reader *reader)
{
	u64 from = READ_ONCE(reader->cursor), cursor = from;
	bool found = look(reader, &cursor, NULL);

	pass_over(reader, from, cursor);
	return found;
}

static unsigned long copy_record(char __user *to, const struct sevadm_event *event, size_t size)
{
	/* The size is constant, so that hardened usercopy does not look up the object. */
	if (likely(size == sizeof(*event)))
		return copy_to_user(to, event, sizeof(*event));
	return copy_to_user(to, event, size);
}

/**
 * sevadm_reader_copy() - copy as many whole events to user space as fit and are there
 * @reader: its @mutex is held
 * @buffer: where to
 * @length: bytes of @buffer, not fewer than SEVADM_EVENT_FIRST_BYTES
 *
 * Where not even one fits, one is cut to what does: the reader was made for an older version. An
 * event that cannot be copied is not consumed.
 *
 * Return: number of bytes copied; 0: there is no event; -EFAULT.
 */
ssize_t sevadm_reader_copy(struct sevadm_reader *reader, char __user *buffer, size_t length)
{
	size_t record = round_down(min(length, sizeof(struct sevadm_event)), sizeof(u64));
	struct sevadm_event event;
	u64 from, cursor;
	size_t done = 0;

	while (length - done >= record) {
		from = READ_ONCE(reader->cursor);
		cursor = from;
		if (!look(reader, &cursor, &event)) {
			pass_over(reader, from, cursor);
			break;
		}
		event.size = record;
		if (copy_record(buffer + done, &event, record))
			return done ?: -EFAULT;
		WRITE_ONCE(reader->cursor, cursor);
		done += record;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

/** sevadm_reader_seek() - set the number of the event that is read next; may sleep */
void sevadm_reader_seek(struct sevadm_reader *reader, u64 cursor)
{
	mutex_lock(&reader->mutex);
	WRITE_ONCE(reader->cursor, cursor);
	mutex_unlock(&reader->mutex);
	wake_up_interruptible_poll(&reader->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * sevadm_reader_filter() - give a reader another filter
 * @reader: the reader
 * @wanted: what is wanted, as user space asks for it
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int sevadm_reader_filter(struct sevadm_reader *reader, const struct sevadm_event_filter *wanted)
{
	struct sevadm_filter *filter = sevadm_filter_make(wanted);

	if (IS_ERR(filter))
		return PTR_ERR(filter);
	set_filter(reader, filter);
	wake_up_interruptible_poll(&reader->wait, EPOLLIN | EPOLLRDNORM);
	return 0;
}

/* Passes over one event. Concurrent writers may arrive here out of sequence order. */
static void pass_event(struct sevadm_reader *reader, const struct sevadm_filter *filter, u64 seq)
{
	u64 from = READ_ONCE(reader->cursor), cursor = from;

	if (from == seq)
		cursor++;
	else
		sevadm_ring_look(&cursor, filter, NULL);
	pass_over(reader, from, cursor);
}

static void wake_reader(struct sevadm_reader *reader)
{
	wake_up_interruptible_poll(&reader->wait, EPOLLIN | EPOLLRDNORM);
}

static void wake_due(struct timer_list *unused)
{
	struct sevadm_reader *reader;

	/* Pairs with that of wake_soon(): a task that finds the timer pending has asked in time. */
	smp_mb();
	rcu_read_lock();
	list_for_each_entry_rcu(reader, &sevadm_readers, node)
		if (READ_ONCE(reader->wake) && xchg(&reader->wake, false))
			wake_reader(reader);
	rcu_read_unlock();
}

static DEFINE_TIMER(wake_timer, wake_due);

/*
 * Waking a task costs several times as much as writing an event, and the caller of the firmware
 * would pay for it. So a reader sleeps until the next tick, and is then woken once for all that has
 * come.
 */
static void wake_soon(void)
{
	/* Pairs with that of wake_due(): the wish is written before the timer is looked at. */
	smp_mb();
	if (!timer_pending(&wake_timer))
		mod_timer(&wake_timer, jiffies);
}

/**
 * sevadm_readers_wake() - wake the readers that wait for an event like this one, at the next tick
 * at latest
 * @event: is in the ring
 *
 * Waiting readers that filter it out skip it here, so it is never counted as lost for them.
 *
 * Context: does not sleep.
 */
void sevadm_readers_wake(const struct sevadm_event *event)
{
	const struct sevadm_filter *filter;
	struct sevadm_reader *reader;
	bool soon = false;

	rcu_read_lock();
	list_for_each_entry_rcu(reader, &sevadm_readers, node) {
		/* No barrier: the ring's lock, see above. */
		if (!waitqueue_active(&reader->wait))
			continue;
		filter = rcu_dereference(reader->filter);
		if (!sevadm_filter_wants(filter, event)) {
			pass_event(reader, filter, event->seq);
		} else if (event->seq - READ_ONCE(reader->cursor) >= BEHIND(sevadm_ring_size())) {
			wake_reader(reader);
		} else {
			WRITE_ONCE(reader->wake, true);
			soon = true;
		}
	}
	rcu_read_unlock();
	if (soon)
		wake_soon();
}

/** sevadm_readers_uninit() - stop the timer: there are no more events, and no file is open */
void sevadm_readers_uninit(void)
{
	timer_delete_sync(&wake_timer);
}

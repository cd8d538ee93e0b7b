// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readers of the events: each has its own cursor, filter and queue of those who wait on it. Who
 * has an event to tell looks at the readers that wait, and wakes those that want it.
 *
 * No wakeup is missed: whoever waits is in the queue before it looks into the ring for the last time.
 * If that look comes before the event, the ring's lock makes the queue's entry seen by who brings it.
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

/* Each makes every event cost a little more: what group kvm may open has an end. */
#define READERS_MAX	256

/* A reader that this part of the ring is still to be read by is not left to sleep any longer. */
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

/* sevadm_reader_open() - a reader whose cursor is at the oldest event; or -ENOMEM, -EUSERS */
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

void sevadm_reader_close(struct sevadm_reader *reader)
{
	spin_lock(&readers_lock);
	list_del_rcu(&reader->node);
	nr_readers--;
	spin_unlock(&readers_lock);

	set_filter(reader, NULL);
	kfree_rcu(reader, rcu);
}

/* As sevadm_ring_look(), all the way to the end, which may take a while. */
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

/* Unless the cursor has been moved meanwhile, which @from tells. */
static void pass_over(struct sevadm_reader *reader, u64 from, u64 to)
{
	if (from != to)
		cmpxchg(&reader->cursor, from, to);
}

/* sevadm_reader_pending() - whether there is an event to read; passes over what is not wanted */
bool sevadm_reader_pending(struct sevadm_reader *reader)
{
	u64 from = READ_ONCE(reader->cursor), cursor = from;
	bool found = look(reader, &cursor, NULL);

	pass_over(reader, from, cursor);
	return found;
}

/**
 * sevadm_reader_copy() - as many whole events as fit and are there
 * @reader: its @mutex is held
 * @buffer: user space's
 * @length: of @buffer
 *
 * An event that cannot be copied is not consumed.
 *
 * Return: number of bytes copied; 0: there is no event.
 */
ssize_t sevadm_reader_copy(struct sevadm_reader *reader, char __user *buffer, size_t length)
{
	struct sevadm_event event;
	u64 from, cursor;
	size_t done = 0;

	while (length - done >= sizeof(event)) {
		from = cursor = READ_ONCE(reader->cursor);
		if (!look(reader, &cursor, &event)) {
			pass_over(reader, from, cursor);
			break;
		}
		if (copy_to_user(buffer + done, &event, sizeof(event)))
			return done ?: -EFAULT;
		WRITE_ONCE(reader->cursor, cursor);
		done += sizeof(event);
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

void sevadm_reader_seek(struct sevadm_reader *reader, u64 cursor)
{
	mutex_lock(&reader->mutex);
	WRITE_ONCE(reader->cursor, cursor);
	mutex_unlock(&reader->mutex);
	wake_up_interruptible_poll(&reader->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * sevadm_reader_filter() - a reader gets another filter
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

/* Events are told in another order than they are numbered when several come at once. */
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

	/* Pairs with that of wake_soon(): who finds the timer pending has asked in time. */
	smp_mb();
	rcu_read_lock();
	list_for_each_entry_rcu(reader, &sevadm_readers, node)
		if (READ_ONCE(reader->wake) && xchg(&reader->wake, false))
			wake_reader(reader);
	rcu_read_unlock();
}

static DEFINE_TIMER(wake_timer, wake_due);

/*
 * To wake a task costs several times what it costs to write an event, and whoever asks something of
 * the firmware would pay for that. So a reader sleeps until the next tick, and is then woken once for
 * all that has come.
 */
static void wake_soon(void)
{
	smp_mb();
	if (!timer_pending(&wake_timer))
		mod_timer(&wake_timer, jiffies);
}

/**
 * sevadm_readers_wake() - those who wait for an event like this one wake up, at the next tick at latest
 * @event: is in the ring
 *
 * Readers that wait and do not want it are past it, so that it cannot count as lost to them.
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

/* sevadm_readers_uninit() - nobody has an event to tell any more, and no file is open */
void sevadm_readers_uninit(void)
{
	timer_delete_sync(&wake_timer);
}

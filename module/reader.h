/* SPDX-License-Identifier: GPL-2.0-only */
/* The readers of the events: open files of /dev/sevadm. */
#ifndef SEVADM_READER_H
#define SEVADM_READER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <uapi/linux/sevadm.h>

struct sevadm_filter;

/**
 * struct sevadm_reader - one open file
 * @node: in the list of all readers
 * @rcu: frees it
 * @wait: tasks that wait for an event on it
 * @wake: to be woken at the next tick
 * @mutex: one thread reads, seeks or changes the filter at a time
 * @cursor: number of the event that is read next. Without @mutex it is only moved over events that
 *	are not wanted, by cmpxchg()
 * @filter: which events are wanted; NULL: all
 * @leases: ASIDs reserved through it
 */
struct sevadm_reader {
	struct list_head node;
	struct rcu_head rcu;
	struct wait_queue_head wait;
	bool wake;
	struct mutex mutex;	/* of those who read through it */
	u64 cursor;
	struct sevadm_filter __rcu *filter;
	struct list_head leases;
};

struct sevadm_reader *sevadm_reader_open(void);
void sevadm_reader_close(struct sevadm_reader *reader);
bool sevadm_reader_pending(struct sevadm_reader *reader);
ssize_t sevadm_reader_copy(struct sevadm_reader *reader, char __user *buffer, size_t length);
void sevadm_reader_seek(struct sevadm_reader *reader, u64 cursor);
int sevadm_reader_filter(struct sevadm_reader *reader, const struct sevadm_event_filter *wanted);

extern struct list_head sevadm_readers;

/**
 * sevadm_readers_are_there() - return true if there may be a reader to wake
 *
 * Without a lock: a reader that comes now finds the event when it looks into the ring.
 */
static inline bool sevadm_readers_are_there(void)
{
	return !list_empty(&sevadm_readers);
}

void sevadm_readers_wake(const struct sevadm_event *event);
void sevadm_readers_uninit(void);

#endif /* SEVADM_READER_H */

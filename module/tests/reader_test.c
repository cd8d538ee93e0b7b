// SPDX-License-Identifier: GPL-2.0-only
/* Readers: whose cursor an event moves, who is woken by it and when, and what is copied. */
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

/* The caller, as the test wants it. */
static bool is_trusted, is_signalled;
static unsigned int copies_left;

static unsigned long copied(void *to, const void *from, unsigned long size)
{
	if (!copies_left)
		return size;
	copies_left--;
	memcpy(to, from, size);
	return 0;
}

#define ns_capable_noaudit(namespace, capability)	(is_trusted)
#undef signal_pending
#define signal_pending(task)				(is_signalled)
#define copy_to_user(to, from, size)			copied((__force void *)(to), from, size)

#include "../event.h"
#include "../reader.c"

#include "readers.h"
#include "rings.h"

void readers_copies(unsigned int number)
{
	copies_left = number;
}

/* One that waits for events of a reader; @woken: how often it was. */
struct waiter {
	wait_queue_entry_t entry;
	unsigned int woken;
};

static int wake(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	/* It is readable, or who waits for that would go on waiting. */
	if ((__force __poll_t)(uintptr_t)key == (EPOLLIN | EPOLLRDNORM))
		container_of(entry, struct waiter, entry)->woken++;
	return 0;
}

static void wait_on(struct sevadm_reader *reader, struct waiter *waiter)
{
	waiter->woken = 0;
	init_waitqueue_func_entry(&waiter->entry, wake);
	add_wait_queue(&reader->wait, &waiter->entry);
}

/* The next tick comes. */
static void tick(void)
{
	timer_delete_sync(&wake_timer);
	wake_due(NULL);
}

static int reader_test_init(struct kunit *test)
{
	is_trusted = true;
	is_signalled = false;
	copies_left = 1000;
	return ring_for_test();
}

static void reader_test_exit(struct kunit *test)
{
	struct sevadm_reader *reader, *next;

	timer_delete_sync(&wake_timer);
	list_for_each_entry_safe(reader, next, &sevadm_readers, node)
		sevadm_reader_close(reader);
	ring_end();
}

static struct sevadm_reader *open_reader(struct kunit *test)
{
	struct sevadm_reader *reader = sevadm_reader_open();

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, reader);
	return reader;
}

static void want(struct kunit *test, struct sevadm_reader *reader, u32 types)
{
	const struct sevadm_event_filter wanted = { .size = sizeof(wanted), .types = types };

	KUNIT_ASSERT_EQ(test, sevadm_reader_filter(reader, &wanted), 0);
}

/* Emits an event as the module does. */
static void emit(u32 type)
{
	struct sevadm_event event;

	sevadm_event_prepare(&event, type);
	ring_push_alone(&event);
	sevadm_readers_wake(&event);
}

static void reader_of_all_is_woken_once_a_tick(struct kunit *test)
{
	struct sevadm_reader *idle = open_reader(test), *reader = open_reader(test);
	struct waiter waiter;

	wait_on(reader, &waiter);
	KUNIT_EXPECT_FALSE(test, sevadm_reader_pending(reader));
	/* The kernel's own tick does not come in between. */
	local_bh_disable();
	emit(SEVADM_EVENT_PSP);
	emit(SEVADM_EVENT_PSP);
	KUNIT_EXPECT_TRUE(test, timer_pending(&wake_timer));
	KUNIT_EXPECT_EQ(test, waiter.woken, 0);
	KUNIT_EXPECT_FALSE(test, idle->wake);
	tick();
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, waiter.woken, 1);
	tick();
	KUNIT_EXPECT_EQ(test, waiter.woken, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_reader_pending(reader));
	emit(SEVADM_EVENT_PIN);
	tick();
	KUNIT_EXPECT_EQ(test, waiter.woken, 2);
	remove_wait_queue(&reader->wait, &waiter.entry);
}

/* A reader that does not want an event sleeps through it, and it never counts as lost for it. */
static void reader_is_not_woken_by_what_it_does_not_want(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test), *other = open_reader(test);
	struct waiter waiter, of_other;
	unsigned int i;

	want(test, reader, BIT(SEVADM_EVENT_ASID));
	want(test, other, BIT(SEVADM_EVENT_PIN));
	wait_on(reader, &waiter);
	wait_on(other, &of_other);
	for (i = 0; i < 10; i++) {
		emit(SEVADM_EVENT_PIN);
		KUNIT_EXPECT_EQ(test, reader->cursor, sevadm_ring_next());
		KUNIT_EXPECT_EQ(test, other->cursor, 1);
		tick();
	}
	KUNIT_EXPECT_EQ(test, waiter.woken, 0);
	KUNIT_EXPECT_EQ(test, of_other.woken, 10);
	emit(SEVADM_EVENT_ASID);
	tick();
	KUNIT_EXPECT_EQ(test, waiter.woken, 1);
	KUNIT_EXPECT_EQ(test, of_other.woken, 10);
	KUNIT_EXPECT_EQ(test, reader->cursor, sevadm_ring_next() - 1);
	remove_wait_queue(&reader->wait, &waiter.entry);
	remove_wait_queue(&other->wait, &of_other.entry);
}

/* Nobody waits on it: its cursor stays until it is asked. */
static void reader_that_does_not_wait(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);

	want(test, reader, BIT(SEVADM_EVENT_ASID));
	emit(SEVADM_EVENT_PIN);
	emit(SEVADM_EVENT_PIN);
	KUNIT_EXPECT_EQ(test, reader->cursor, 1);
	KUNIT_EXPECT_FALSE(test, reader->wake);
	KUNIT_EXPECT_FALSE(test, sevadm_reader_pending(reader));
	KUNIT_EXPECT_EQ(test, reader->cursor, 3);
}

/* A quarter of the ring is still to be read: it is woken without waiting for the tick. */
static void reader_that_is_behind_is_woken_at_once(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct waiter waiter;
	u64 i, quarter = sevadm_ring_size() / 4;

	wait_on(reader, &waiter);
	local_bh_disable();
	for (i = 0; i < quarter; i++)
		emit(SEVADM_EVENT_PSP);
	KUNIT_EXPECT_EQ(test, waiter.woken, 0);
	emit(SEVADM_EVENT_PSP);
	KUNIT_EXPECT_EQ(test, waiter.woken, 1);
	timer_delete_sync(&wake_timer);
	local_bh_enable();
	remove_wait_queue(&reader->wait, &waiter.entry);
}

/* Events that come at once may be reported in another order than they are numbered. */
static void reader_told_out_of_order(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct sevadm_event first, second;
	struct waiter waiter;

	want(test, reader, BIT(SEVADM_EVENT_ASID));
	wait_on(reader, &waiter);
	sevadm_event_prepare(&first, SEVADM_EVENT_PIN);
	sevadm_event_prepare(&second, SEVADM_EVENT_PIN);
	ring_push_alone(&first);
	ring_push_alone(&second);
	sevadm_readers_wake(&second);
	KUNIT_EXPECT_EQ(test, reader->cursor, 3);
	sevadm_readers_wake(&first);
	KUNIT_EXPECT_EQ(test, reader->cursor, 3);
	KUNIT_EXPECT_EQ(test, waiter.woken, 0);
	remove_wait_queue(&reader->wait, &waiter.entry);
}

/* It has been moved meanwhile: what a look has found to pass over is no longer what it was. */
static void reader_whose_cursor_was_moved(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);

	reader->cursor = 7;
	pass_over(reader, 5, 9);
	KUNIT_EXPECT_EQ(test, reader->cursor, 7);
	pass_over(reader, 7, 9);
	KUNIT_EXPECT_EQ(test, reader->cursor, 9);
}

static void reader_seeks_and_wakes(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct waiter waiter;

	emit(SEVADM_EVENT_PSP);
	wait_on(reader, &waiter);
	sevadm_reader_seek(reader, 2);
	KUNIT_EXPECT_EQ(test, waiter.woken, 1);
	KUNIT_EXPECT_FALSE(test, sevadm_reader_pending(reader));
	sevadm_reader_seek(reader, 1);
	KUNIT_EXPECT_TRUE(test, sevadm_reader_pending(reader));
	KUNIT_EXPECT_EQ(test, waiter.woken, 2);
	want(test, reader, BIT(SEVADM_EVENT_PIN));
	KUNIT_EXPECT_EQ(test, waiter.woken, 3);
	KUNIT_EXPECT_FALSE(test, sevadm_reader_pending(reader));
	remove_wait_queue(&reader->wait, &waiter.entry);
}

static void reader_copies_whole_events(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct sevadm_event *events = kunit_kcalloc(test, 4, sizeof(*events), GFP_KERNEL);
	char __user *buffer = (char __user *)events;

	KUNIT_ASSERT_NOT_NULL(test, events);
	mutex_lock(&reader->mutex);
	KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, 4 * sizeof(*events)), 0);
	emit(SEVADM_EVENT_PSP);
	emit(SEVADM_EVENT_PIN);
	emit(SEVADM_EVENT_ASID);
	KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, 2 * sizeof(*events) + 1),
			(ssize_t)(2 * sizeof(*events)));
	KUNIT_EXPECT_EQ(test, events[0].seq, 1);
	KUNIT_EXPECT_EQ(test, events[1].type, SEVADM_EVENT_PIN);
	KUNIT_EXPECT_EQ(test, events[2].seq, 0);
	KUNIT_EXPECT_EQ(test, reader->cursor, 3);
	KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, 4 * sizeof(*events)),
			(ssize_t)sizeof(*events));
	KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, 4 * sizeof(*events)), 0);
	mutex_unlock(&reader->mutex);
}

/* One that was made for shorter records gets one of those at a time, and loses none. */
static void older_reader_gets_what_fits(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct sevadm_event *event = kunit_kcalloc(test, 1, sizeof(*event), GFP_KERNEL);
	char __user *buffer = (char __user *)event;
	unsigned int i, sizes[] = { SEVADM_EVENT_FIRST_BYTES, SEVADM_EVENT_FIRST_BYTES + 1,
				    sizeof(*event) - 1, sizeof(*event) };

	KUNIT_ASSERT_NOT_NULL(test, event);
	KUNIT_EXPECT_LE(test, SEVADM_EVENT_FIRST_BYTES, sizeof(*event));
	mutex_lock(&reader->mutex);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		emit(SEVADM_EVENT_PSP);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(event, 0xa5, sizeof(*event));
		KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, sizes[i]),
				(ssize_t)round_down(sizes[i], 8));
		KUNIT_EXPECT_EQ(test, event->size, round_down(sizes[i], 8));
		KUNIT_EXPECT_EQ(test, event->seq, 1 + i);
		KUNIT_EXPECT_EQ(test, event->reserved,
				event->size < sizeof(*event) ? 0xa5a5a5a5 : 0);
	}
	mutex_unlock(&reader->mutex);
}

/* A signal ends a read with what is there so far. */
static void reader_that_is_signalled(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct sevadm_event *events = kunit_kcalloc(test, 4, sizeof(*events), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, events);
	emit(SEVADM_EVENT_PSP);
	emit(SEVADM_EVENT_PIN);
	is_signalled = true;
	mutex_lock(&reader->mutex);
	KUNIT_EXPECT_EQ(test,
			sevadm_reader_copy(reader, (char __user *)events, 4 * sizeof(*events)),
			(ssize_t)sizeof(*events));
	KUNIT_EXPECT_EQ(test, reader->cursor, 2);
	mutex_unlock(&reader->mutex);
}

static void readers_end_with_their_timer(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct waiter waiter;

	wait_on(reader, &waiter);
	emit(SEVADM_EVENT_PSP);
	sevadm_readers_uninit();
	KUNIT_EXPECT_FALSE(test, timer_pending(&wake_timer));
	remove_wait_queue(&reader->wait, &waiter.entry);
}

/* An event that cannot be copied is not consumed. */
static void reader_whose_buffer_ends(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct sevadm_event *events = kunit_kcalloc(test, 4, sizeof(*events), GFP_KERNEL);
	char __user *buffer = (char __user *)events;

	KUNIT_ASSERT_NOT_NULL(test, events);
	emit(SEVADM_EVENT_PSP);
	emit(SEVADM_EVENT_PIN);
	mutex_lock(&reader->mutex);
	copies_left = 1;
	KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, 4 * sizeof(*events)),
			(ssize_t)sizeof(*events));
	KUNIT_EXPECT_EQ(test, reader->cursor, 2);
	KUNIT_EXPECT_EQ(test, sevadm_reader_copy(reader, buffer, 4 * sizeof(*events)), -EFAULT);
	KUNIT_EXPECT_EQ(test, reader->cursor, 2);
	mutex_unlock(&reader->mutex);
}

/* Events that are passed over at the end of a read are passed over for good. */
static void reader_reads_past_the_unwanted(struct kunit *test)
{
	struct sevadm_reader *reader = open_reader(test);
	struct sevadm_event *events = kunit_kcalloc(test, 4, sizeof(*events), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, events);
	want(test, reader, BIT(SEVADM_EVENT_ASID));
	emit(SEVADM_EVENT_PSP);
	emit(SEVADM_EVENT_ASID);
	emit(SEVADM_EVENT_PIN);
	mutex_lock(&reader->mutex);
	KUNIT_EXPECT_EQ(test,
			sevadm_reader_copy(reader, (char __user *)events, 4 * sizeof(*events)),
			(ssize_t)sizeof(*events));
	KUNIT_EXPECT_EQ(test, events[0].seq, 2);
	KUNIT_EXPECT_EQ(test, reader->cursor, 4);
	mutex_unlock(&reader->mutex);
}

static void reader_with_a_filter_that_is_none(struct kunit *test)
{
	struct sevadm_event_filter wanted = { .size = sizeof(wanted), .types = ~0U };
	struct sevadm_reader *reader = open_reader(test);

	KUNIT_EXPECT_EQ(test, sevadm_reader_filter(reader, &wanted), -EINVAL);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(reader->filter));
}

static void readers_have_an_end(struct kunit *test)
{
	struct sevadm_reader *last = NULL, *one;
	unsigned int i;

	is_trusted = false;
	for (i = 0; i < READERS_MAX; i++)
		last = open_reader(test);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sevadm_reader_open()), -EUSERS);
	is_trusted = true;
	one = open_reader(test);
	is_trusted = false;
	sevadm_reader_close(one);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sevadm_reader_open()), -EUSERS);
	sevadm_reader_close(last);
	open_reader(test);
}

static struct kunit_case reader_cases[] = {
	KUNIT_CASE(reader_of_all_is_woken_once_a_tick),
	KUNIT_CASE(reader_is_not_woken_by_what_it_does_not_want),
	KUNIT_CASE(reader_that_does_not_wait),
	KUNIT_CASE(reader_that_is_behind_is_woken_at_once),
	KUNIT_CASE(reader_told_out_of_order),
	KUNIT_CASE(reader_whose_cursor_was_moved),
	KUNIT_CASE(reader_seeks_and_wakes),
	KUNIT_CASE(reader_copies_whole_events),
	KUNIT_CASE(older_reader_gets_what_fits),
	KUNIT_CASE(reader_that_is_signalled),
	KUNIT_CASE(readers_end_with_their_timer),
	KUNIT_CASE(reader_whose_buffer_ends),
	KUNIT_CASE(reader_reads_past_the_unwanted),
	KUNIT_CASE(reader_with_a_filter_that_is_none),
	KUNIT_CASE(readers_have_an_end),
	{}
};

static struct kunit_suite reader_suite = {
	.name = "sevadm_reader",
	.init = reader_test_init,
	.exit = reader_test_exit,
	.test_cases = reader_cases,
};

kunit_test_suite(reader_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of events. Event number N lies in slot N modulo size. Writers never wait for readers:
 * the oldest event is overwritten, and a reader that comes too late learns how many it missed. The
 * size can be changed at any time.
 *
 * A user, or a process, that causes more than half of the events in the ring does not push out
 * those of others: what others caused and leaves the ring then is kept beside it, in a ring of a
 * quarter of the size. There is one for users and one for processes, as a user may have many of
 * these. Documentation/trace.md says what follows from that.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "filter.h"
#include "record.h"
#include "ring.h"

#define RING_EVENTS_MIN	16U
#define RING_EVENTS_MAX	(1U << 20)

/* How many events are looked at, or copied or dropped, before the lock is released for others. */
#define RING_LOOK_MAX	32
#define RING_COPY_MAX	128

/* The part of the ring's size that is kept for users, and as much for processes: a quarter. */
#define KEPT_PART	4

/* Users, or processes, that share a number here count as one: 1 in 4096. */
#define SOURCE_BITS	12

/**
 * struct events - events in a circle
 * @slots: the event at place N lies in slot N modulo @size
 * @size: number of slots, a power of two
 * @first: place of the oldest one held
 * @next: place that the next one will have
 */
struct events {
	struct sevadm_event *slots;
	unsigned int size;
	u64 first;
	u64 next;
};

/* What counts as one source, whose flood does not push out the events of others. */
enum level {
	LEVEL_USER,
	LEVEL_PROCESS,
	LEVEL_NR,
};

/**
 * struct sources - who caused the events in the ring, at one level
 * @counts: number of events of each source
 * @heavy: the last source that was seen to have more than half of the ring
 * @heavy_id: uid or pid of an event of it
 * @kept: events of others that left the ring while one source had more than half of it
 */
struct sources {
	u32 counts[1 << SOURCE_BITS];
	u32 heavy;
	u32 heavy_id;
	struct events kept;
};

DEFINE_SPINLOCK(sevadm_record_lock);	/* guards the slots and what is known of them */
static DEFINE_MUTEX(ring_mutex);	/* serialises changes of the size */
static unsigned int ring_events = 16384;
static struct events ring;		/* places are the events' numbers; the first is 1 */
static struct sources levels[LEVEL_NR];
static u32 seed;

static struct sevadm_event *slot_at(const struct events *events, u64 place)
{
	return &events->slots[place & (events->size - 1)];
}

static __always_inline u32 id_of(const struct sevadm_event *event, enum level level)
{
	return level == LEVEL_USER ? event->uid : event->pid;
}

static __always_inline u32 source_of(const struct sevadm_event *event, enum level level)
{
	return hash_32(id_of(event, level) ^ seed, SOURCE_BITS);
}

static __always_inline bool has_half(const struct sources *sources, u32 source)
{
	return sources->counts[source] > ring.size / 2;
}

static __always_inline void enter(const struct sevadm_event *event, enum level level)
{
	struct sources *sources = &levels[level];
	u32 source = source_of(event, level);

	if (++sources->counts[source] > ring.size / 2) {
		sources->heavy = source;
		sources->heavy_id = id_of(event, level);
	}
}

static noinline void keep(struct events *kept, const struct sevadm_event *event)
{
	if (kept->next - kept->first == kept->size)
		kept->first++;
	*slot_at(kept, kept->next++) = *event;
}

/* Return true if the event is to be kept: another source has more than half of the ring. */
static __always_inline bool forget(const struct sevadm_event *event, enum level level)
{
	struct sources *sources = &levels[level];
	u32 source = source_of(event, level);

	sources->counts[source]--;
	return source != sources->heavy && has_half(sources, sources->heavy);
}

/* Drops the oldest event, or keeps it if another source has more than half of the ring. */
static noinline void leave(void)
{
	const struct sevadm_event *event = slot_at(&ring, ring.first++);
	bool of_user = forget(event, LEVEL_USER), of_process = forget(event, LEVEL_PROCESS);

	if (unlikely(of_user))
		keep(&levels[LEVEL_USER].kept, event);
	else if (unlikely(of_process))
		keep(&levels[LEVEL_PROCESS].kept, event);
}

/*
 * Return true if one event of the heaviest source takes the place of another one of it, as in a
 * flood: then no count changes.
 */
static __always_inline bool is_same_again(const struct sevadm_event *one,
					  const struct sevadm_event *other, enum level level)
{
	return id_of(one, level) == id_of(other, level) &&
	       id_of(one, level) == levels[level].heavy_id;
}

static noinline void enter_by_level(const struct sevadm_event *event)
{
	enter(event, LEVEL_USER);
	enter(event, LEVEL_PROCESS);
}

/**
 * sevadm_ring_append() - number an event and store it
 * @event: its @seq is set
 *
 * Context: process context; sevadm_record_lock is held; constant time.
 */
void sevadm_ring_append(struct sevadm_event *event)
{
	struct sevadm_event *slot;

	lockdep_assert_held(&sevadm_record_lock);
	slot = slot_at(&ring, ring.next);
	if (ring.next - ring.first == ring.size && is_same_again(slot, event, LEVEL_USER) &&
	    is_same_again(slot, event, LEVEL_PROCESS)) {
		ring.first++;
	} else {
		if (ring.next - ring.first == ring.size)
			leave();
		enter_by_level(event);
	}
	event->seq = ring.next++;
	*slot = *event;
}

/**
 * sevadm_ring_add() - number an event and store it
 * @event: its @seq is set
 *
 * Context: process context; does not sleep; constant time.
 */
void sevadm_ring_add(struct sevadm_event *event)
{
	spin_lock(&sevadm_record_lock);
	sevadm_ring_append(event);
	spin_unlock(&sevadm_record_lock);
}

/* ---- reading -------------------------------------------------------------------------------- */

/*
 * Finds the place of the first event kept with a number of @seq or higher; @kept->next: there is
 * none.
 */
static u64 find_kept(const struct events *kept, u64 seq)
{
	u64 from = kept->first, to = kept->next, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (slot_at(kept, middle)->seq < seq)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Finds the first event held with a number of @seq or higher; NULL: there is none. */
static const struct sevadm_event *find(u64 seq)
{
	const struct sevadm_event *found = NULL, *other;
	enum level level;
	u64 place;

	place = max(seq, ring.first);
	if (place < ring.next)
		found = slot_at(&ring, place);
	if (seq >= ring.first)
		return found;
	for (level = 0; level < LEVEL_NR; level++) {
		const struct events *kept = &levels[level].kept;

		place = find_kept(kept, seq);
		if (place == kept->next)
			continue;
		other = slot_at(kept, place);
		if (!found || other->seq < found->seq)
			found = other;
	}
	return found;
}

static void report_lost(u64 *cursor, const struct sevadm_event *next, struct sevadm_event *event)
{
	*event = (struct sevadm_event) {
		.size = sizeof(*event),
		.type = SEVADM_EVENT_LOST,
		.seq = *cursor,
		.time_ns = next->time_ns,
		.count = next->seq - *cursor,
	};
	*cursor = next->seq;
}

/**
 * sevadm_ring_look() - find the first event from a cursor on that a reader wants
 * @cursor: number of the event to look at first; moved behind the one found, or behind what was
 *	looked at without finding one
 * @filter: what is wanted; NULL: everything
 * @event: filled in, if some were lost with how many. NULL: the cursor stays at what is found
 *
 * Context: does not sleep; constant time, plus the logarithm of the size where events are kept.
 * Return: enum sevadm_ring_look.
 */
enum sevadm_ring_look sevadm_ring_look(u64 *cursor, const struct sevadm_filter *filter,
				       struct sevadm_event *event)
{
	enum sevadm_ring_look look = SEVADM_RING_FOUND;
	const struct sevadm_event *found;
	unsigned int looks;

	spin_lock(&sevadm_record_lock);
	for (looks = 0; looks < RING_LOOK_MAX; looks++) {
		found = find(*cursor);
		if (!found) {
			look = SEVADM_RING_END;
			goto unlock;
		}
		if (found->seq > *cursor) {
			if (event)
				report_lost(cursor, found, event);
			goto unlock;
		}
		if (sevadm_filter_wants(filter, found)) {
			if (event) {
				*event = *found;
				(*cursor)++;
			}
			goto unlock;
		}
		(*cursor)++;
	}
	look = *cursor < ring.next ? SEVADM_RING_MORE : SEVADM_RING_END;
unlock:
	spin_unlock(&sevadm_record_lock);
	return look;
}

/**
 * sevadm_ring_oldest() - return the number of the oldest event held, or of the next one if there is
 * none
 */
u64 sevadm_ring_oldest(void)
{
	const struct sevadm_event *found;
	u64 oldest;

	spin_lock(&sevadm_record_lock);
	found = find(1);
	oldest = found ? found->seq : ring.next;
	spin_unlock(&sevadm_record_lock);
	return oldest;
}

/** sevadm_ring_next() - return the number that the next event will have */
u64 sevadm_ring_next(void)
{
	u64 next;

	spin_lock(&sevadm_record_lock);
	next = ring.next;
	spin_unlock(&sevadm_record_lock);
	return next;
}

/**
 * sevadm_ring_size() - return the number of slots, without those of what is kept beside the ring
 */
u32 sevadm_ring_size(void)
{
	return READ_ONCE(ring_events);
}

/* ---- the size ------------------------------------------------------------------------------- */

static unsigned int ring_size_for(unsigned int events)
{
	return roundup_pow_of_two(clamp(events, RING_EVENTS_MIN, RING_EVENTS_MAX));
}

/* The ring, and what is kept beside it. */
#define CIRCLES	(1 + LEVEL_NR)

static struct events *circle(int i)
{
	return i ? &levels[i - 1].kept : &ring;
}

static int circles_alloc(struct events circles[CIRCLES], unsigned int size)
{
	int i;

	for (i = 0; i < CIRCLES; i++) {
		circles[i].size = i ? size / KEPT_PART : size;
		circles[i].slots = vcalloc(circles[i].size, sizeof(*circles[i].slots));
		if (circles[i].slots)
			continue;
		while (i--)
			vfree(circles[i].slots);
		return -ENOMEM;
	}
	return 0;
}

static void drop_oldest(struct events *events)
{
	if (events == &ring)
		leave();
	else
		events->first++;
}

/*
 * Copies the next few events into a circle of another size, or drops those that have no room there.
 * When none is left, puts that circle in place of the old one, and returns true.
 */
static bool move_some(struct events *from, struct events *to, u64 *next)
{
	unsigned int drops;
	bool moved = false;
	u64 end;

	spin_lock(&sevadm_record_lock);
	for (drops = 0; from->next - from->first > to->size && drops < RING_COPY_MAX; drops++)
		drop_oldest(from);
	if (from->next - from->first > to->size)
		goto unlock;
	/* What was overwritten meanwhile is not copied. */
	*next = max(*next, from->first);
	end = min(from->next, *next + RING_COPY_MAX);
	for (; *next < end; (*next)++)
		*slot_at(to, *next) = *slot_at(from, *next);
	moved = *next == from->next;
	if (moved) {
		swap(from->slots, to->slots);
		from->size = to->size;
		if (from == &ring)
			WRITE_ONCE(ring_events, to->size);
	}
unlock:
	spin_unlock(&sevadm_record_lock);
	return moved;
}

/*
 * Returns 0 or -EINTR. Circles that have moved keep their new size; the next attempt moves the
 * rest.
 */
static int circles_move(struct events circles[CIRCLES])
{
	int i;

	for (i = 0; i < CIRCLES; i++) {
		u64 next = 0;

		while (!move_some(circle(i), &circles[i], &next)) {
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
		}
	}
	return 0;
}

static int ring_resize(unsigned int size)
{
	struct events others[CIRCLES] = {};
	int i, ret;

	lockdep_assert_held(&ring_mutex);
	if (size == ring_events && size / KEPT_PART == levels[LEVEL_NR - 1].kept.size)
		return 0;
	ret = circles_alloc(others, size);
	if (ret)
		return ret;
	ret = circles_move(others);
	for (i = 0; i < CIRCLES; i++)
		vfree(others[i].slots);
	return ret;
}

/*
 * May run before init and after uninit: then it only stores the value. A bad size at load time is
 * clamped, not refused.
 */
static int set_ring_events(const char *text, const struct kernel_param *param)
{
	unsigned int events;
	int ret;

	ret = kstrtouint(text, 0, &events);
	if (ret)
		return ret;
	mutex_lock(&ring_mutex);
	if (!ring.slots)
		ring_events = ring_size_for(events);
	else if (events < RING_EVENTS_MIN || events > RING_EVENTS_MAX)
		ret = -EINVAL;
	else
		ret = ring_resize(ring_size_for(events));
	mutex_unlock(&ring_mutex);
	return ret;
}

static const struct kernel_param_ops ring_events_ops = {
	.set = set_ring_events,
	.get = param_get_uint,
};

module_param_cb(ring_events, &ring_events_ops, &ring_events, 0644);
MODULE_PARM_DESC(ring_events,
		 "Number of events the ring holds: 16 to 1048576, rounded up to a power of two (default 16384)");

/** sevadm_ring_init() - allocate the ring; 0 or -ENOMEM */
int sevadm_ring_init(void)
{
	struct events circles[CIRCLES] = {};
	int i, ret;

	mutex_lock(&ring_mutex);
	ret = circles_alloc(circles, ring_events);
	if (!ret) {
		for (i = 0; i < CIRCLES; i++)
			*circle(i) = circles[i];
		ring.first = 1;
		ring.next = 1;
		seed = get_random_u32();
		/* Nobody has had more than half yet: @heavy is the source of @heavy_id. */
		for (i = 0; i < LEVEL_NR; i++) {
			levels[i].heavy = hash_32(seed, SOURCE_BITS);
			levels[i].heavy_id = 0;
		}
	}
	mutex_unlock(&ring_mutex);
	return ret;
}

/** sevadm_ring_uninit() - free the ring: there are no more events, and no readers */
void sevadm_ring_uninit(void)
{
	int i;

	mutex_lock(&ring_mutex);
	for (i = 0; i < CIRCLES; i++) {
		vfree(circle(i)->slots);
		circle(i)->slots = NULL;
	}
	mutex_unlock(&ring_mutex);
}

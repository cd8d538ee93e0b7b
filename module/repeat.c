// SPDX-License-Identifier: GPL-2.0-only
/*
 * Equal refusals of one process: the first ones are reported one by one. Those that follow within a
 * second are counted and reported by one event a second, for as long as they go on. None is
 * reported twice, none is missed: the sum of all counts is the number of calls.
 *
 * A slot of a fixed table holds one sort of refusal. A sort has a few slots to choose from; one
 * that finds all of them taken by others has that of the one that was last seen longest ago, once
 * what was counted there has been reported.
 */
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/spinlock.h>
#include <linux/time64.h>

#include "repeat.h"

#define SETS		64
#define WAYS		4
#define SLOTS		(SETS * WAYS)
/* How many of one sort are reported one by one within a second. */
#define BURST		8
/* KVM has no command with a higher number, but for those of enum sevadm_kvm_command. */
#define KVM_COMMANDS	256

/**
 * struct slot - one sort of refusal
 * @last: the last one; its size is 0 while the slot is empty
 * @since_ns: when the second began
 * @reported: how many were reported one by one within this second
 * @count: how many are counted and not reported yet
 * @sum_ns: how long these took together
 */
struct slot {
	struct sevadm_event last;
	u64 since_ns;
	u32 reported;
	u64 count;
	u64 sum_ns;
};

static struct slot slots[SLOTS];
static DEFINE_SPINLOCK(repeat_lock);	/* a leaf: guards them all */

/* User space may invent numbers of commands: all that KVM does not have are one sort. */
static u32 sort_of_command(u32 command)
{
	return command < KVM_COMMANDS || (command >= SEVADM_KVM_REGISTER_REGION &&
					  command <= SEVADM_KVM_DESTROY) ? command : KVM_COMMANDS;
}

/* Return the first of the slots that a refusal of this sort can be in. */
static struct slot *set_of(const struct sevadm_event *event)
{
	const u32 words[] = {
		event->pid, event->uid, event->type, sort_of_command(event->command), event->ret,
		event->vm, event->refusal, event->knob, event->subject_id,
	};

	return &slots[jhash2(words, ARRAY_SIZE(words), 0) % SETS * WAYS];
}

static bool is_same(const struct sevadm_event *one, const struct sevadm_event *other)
{
	return one->size && one->pid == other->pid && one->uid == other->uid &&
	       one->type == other->type &&
	       sort_of_command(one->command) == sort_of_command(other->command) &&
	       one->ret == other->ret && one->vm == other->vm && one->known == other->known &&
	       one->flags == other->flags && one->refusal == other->refusal &&
	       one->knob == other->knob && one->resource == other->resource &&
	       one->subject == other->subject && one->subject_id == other->subject_id;
}

/*
 * Return the slot of the sort, or the one to take over for it: a slot that is empty is the oldest.
 */
static struct slot *slot_of(const struct sevadm_event *event)
{
	struct slot *set = set_of(event), *oldest = set, *slot;

	for (slot = set; slot < set + WAYS; slot++) {
		if (is_same(&slot->last, event))
			return slot;
		if (slot->last.time_ns < oldest->last.time_ns)
			oldest = slot;
	}
	return oldest;
}

/*
 * Return true if the slot's second is over. It may have begun after @now_ns: a thread notes the
 * time before it comes here, and another one may overtake it.
 */
static bool second_is_over(const struct slot *slot, u64 now_ns)
{
	return (s64)(now_ns - slot->since_ns) >= NSEC_PER_SEC;
}

/* Makes one event of all that the slot has counted. */
static void take(struct slot *slot, struct sevadm_event *event)
{
	*event = slot->last;
	event->flags |= SEVADM_EVENT_REPEATED;
	event->count = slot->count;
	event->duration_ns = div64_u64(slot->sum_ns, slot->count);
	slot->count = 0;
	slot->sum_ns = 0;
}

/**
 * sevadm_repeat_absorb() - count a refusal, unless it is to be reported
 * @event: the refusal
 * @before: for SEVADM_REPEAT_OTHER: filled in with what is to be reported first
 *
 * Context: does not sleep; constant time.
 * Return: enum sevadm_repeat.
 */
enum sevadm_repeat sevadm_repeat_absorb(const struct sevadm_event *event,
					struct sevadm_event *before)
{
	enum sevadm_repeat what = SEVADM_REPEAT_NEW;
	struct slot *slot;

	spin_lock(&repeat_lock);
	slot = slot_of(event);
	if (!is_same(&slot->last, event)) {
		if (slot->count) {
			take(slot, before);
			before->time_ns = event->time_ns;
			what = SEVADM_REPEAT_OTHER;
		}
		slot->reported = 0;
	}
	/* sevadm_repeat_next() reports what is counted, and begins the next second then. */
	if (!slot->reported || (!slot->count && second_is_over(slot, event->time_ns))) {
		slot->since_ns = event->time_ns;
		slot->reported = 0;
	}
	slot->last = *event;
	if (slot->reported < BURST) {
		slot->reported++;
	} else {
		slot->count++;
		slot->sum_ns += event->duration_ns;
		what = SEVADM_REPEAT_COUNTED;
	}
	spin_unlock(&repeat_lock);
	return what;
}

/**
 * sevadm_repeat_next() - take out the next sort of refusals that were counted
 * @slot: where to look first, from 0; moved on
 * @all: also those whose second is not over
 * @event: filled in, of this moment: so many equal ones
 * @left: set to true if some stay counted
 *
 * Context: does not sleep.
 * Return: true if there was one.
 */
bool sevadm_repeat_next(u32 *slot, bool all, struct sevadm_event *event, bool *left)
{
	u64 now_ns = ktime_get_boottime_ns();
	bool found = false;

	if (!*slot)
		*left = false;
	for (; *slot < SLOTS && !found; (*slot)++) {
		struct slot *at = &slots[*slot];

		spin_lock(&repeat_lock);
		found = at->count && (all || second_is_over(at, now_ns));
		if (found) {
			take(at, event);
			event->time_ns = now_ns;
			at->since_ns = now_ns;
		} else if (at->count) {
			*left = true;
		}
		spin_unlock(&repeat_lock);
	}
	return found;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of commands and VMs. A command has a slot from when it first comes, a VM has its own
 * in the ledger. A reset only begins another generation: what is of an older one is cleared when it
 * is used next, so that a reset takes no time.
 */
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include <uapi/linux/sevadm.h>

#include "record.h"
#include "stats.h"

/*
 * Which commands there can be. Those of the mailbox differ in their low byte. KVM's numbers come
 * from user space: numbers that KVM does not have must not use up slots.
 */
#define PSP_COMMANDS	256
#define KVM_OWN		64
#define KVM_SNP_FIRST	100	/* KVM_SEV_SNP_LAUNCH_START, which older kernels do not have */
#define KVM_SNP		16
#define KVM_COMMANDS	(KVM_OWN + KVM_SNP + 8)
#define KVM_TYPES	(SEVADM_EVENT_UNPIN - SEVADM_EVENT_KVM + 1)
#define KEYS		(PSP_COMMANDS + KVM_TYPES * KVM_COMMANDS)
/*
 * More than there are commands with a name: about 70 of the firmware, 40 of KVM, a few of which
 * pin.
 */
#define SLOTS		192

struct slot {
	u32 type;
	u32 command;
	struct sevadm_stats stats;
};

/* All of it, and sevadm_vm.stats, is guarded by sevadm_record_lock. */
static struct slot *slots;
static u32 nr_slots;
static struct slot *slot_of[KEYS];	/* NULL: none yet */
static u32 generation = 1;
static u64 since_ns, left_out;

/* Makes an index of a command; negative: no command has this number. */
static int key_of(u32 type, u32 command)
{
	if (type == SEVADM_EVENT_PSP)
		return command < PSP_COMMANDS ? command : -1;
	if (command >= SEVADM_KVM_REGISTER_REGION)
		command -= SEVADM_KVM_REGISTER_REGION - KVM_OWN - KVM_SNP;
	else if (command >= KVM_SNP_FIRST && command < KVM_SNP_FIRST + KVM_SNP)
		command -= KVM_SNP_FIRST - KVM_OWN;
	else if (command >= KVM_OWN)
		return -1;
	if (command >= KVM_COMMANDS)
		return -1;
	return PSP_COMMANDS + (type - SEVADM_EVENT_KVM) * KVM_COMMANDS + command;
}

static struct sevadm_stats *stats_for(u32 type, u32 command)
{
	int key = key_of(type, command);
	struct slot *slot;

	lockdep_assert_held(&sevadm_record_lock);
	if (key < 0)
		return NULL;
	/*
	 * User space chooses the command: also where the processor speculates, the table has an
	 * end.
	 */
	key = array_index_nospec(key, ARRAY_SIZE(slot_of));
	slot = slot_of[key];
	if (unlikely(!slot)) {
		if (nr_slots == SLOTS)
			return NULL;
		slot = &slots[nr_slots++];
		slot->type = type;
		slot->command = command;
		slot_of[key] = slot;
	}
	return &slot->stats;
}

static u32 bucket_of(u64 ns)
{
	return ns ? min_t(u32, ilog2(ns), SEVADM_STATS_BUCKETS - 1) : 0;
}

static __always_inline void add_time(struct sevadm_times *times, u64 ns, u32 bucket)
{
	if (!times->count || ns < times->min_ns)
		times->min_ns = ns;
	if (ns > times->max_ns)
		times->max_ns = ns;
	times->count++;
	times->sum_ns += ns;
	times->buckets[bucket]++;
}

static noinline void add_failure(struct sevadm_stats *stats, const struct sevadm_event *event)
{
	bool firmware = event->known & SEVADM_KNOWN_FW_ERROR && event->fw_error;
	u32 number = firmware ? event->fw_error : -event->ret, i;

	stats->failures++;
	for (i = 0; i < stats->nr_statuses; i++)
		if (stats->statuses[i].number == number && stats->statuses[i].firmware == firmware)
			break;
	if (i == SEVADM_STATS_STATUSES) {
		stats->other_failures++;
		return;
	}
	if (i == stats->nr_statuses)
		stats->statuses[stats->nr_statuses++] = (struct sevadm_status_count) {
			.firmware = firmware,
			.number = number,
		};
	stats->statuses[i].count++;
}

/* What counts for an event's command and for its VM. */
struct sample {
	const struct sevadm_event *event;
	bool failed;
	u32 took_bucket, waited_bucket;
};

static __always_inline void add_command(struct sevadm_stats *stats, const struct sample *sample)
{
	const struct sevadm_event *event = sample->event;

	stats->count++;
	if (sample->failed)
		add_failure(stats, event);
	add_time(&stats->took, event->duration_ns, sample->took_bucket);
	if (event->known & SEVADM_KNOWN_WAIT)
		add_time(&stats->waited, event->wait_ns, sample->waited_bucket);
}

static void add_bytes(struct sevadm_stats *stats, const struct sevadm_event *event)
{
	if (event->ret || !(event->known & SEVADM_KNOWN_BYTES))
		return;
	stats->bytes += event->bytes;
	stats->bytes_ns += event->duration_ns;
}

static struct sevadm_stats *of_this_generation(struct sevadm_stats *stats)
{
	if (stats->generation != generation)
		*stats = (struct sevadm_stats) { .generation = generation };
	return stats;
}

/**
 * sevadm_stats_count() - count an event
 * @event: SEVADM_EVENT_PSP, _KVM, _PIN or _UNPIN
 * @of_vm: the statistics of the VM it is about; NULL: none
 *
 * Context: sevadm_record_lock is held; constant time.
 */
void sevadm_stats_count(const struct sevadm_event *event, struct sevadm_stats *of_vm)
{
	const struct sample sample = {
		.event = event,
		.failed = sevadm_event_failed(event),
		.took_bucket = bucket_of(event->duration_ns),
		.waited_bucket = bucket_of(event->wait_ns),
	};
	struct sevadm_stats *stats;

	lockdep_assert_held(&sevadm_record_lock);
	stats = stats_for(event->type, event->command);
	if (stats) {
		add_command(of_this_generation(stats), &sample);
		add_bytes(stats, event);
	} else {
		left_out++;
	}
	if (of_vm && event->type == SEVADM_EVENT_PSP)
		add_command(of_this_generation(of_vm), &sample);
	if (of_vm && event->type == SEVADM_EVENT_PIN)
		add_bytes(of_this_generation(of_vm), event);
}

/** sevadm_stats_reset() - begin from zero, for all commands and VMs at the same moment */
void sevadm_stats_reset(void)
{
	spin_lock(&sevadm_record_lock);
	generation++;
	since_ns = ktime_get_boottime_ns();
	left_out = 0;
	spin_unlock(&sevadm_record_lock);
}

/** sevadm_stats_totals() - describe the statistics as a whole */
void sevadm_stats_totals(struct sevadm_stats_totals *totals)
{
	spin_lock(&sevadm_record_lock);
	*totals = (struct sevadm_stats_totals) {
		.since_ns = since_ns,
		.left_out = left_out,
		.generation = generation,
	};
	spin_unlock(&sevadm_record_lock);
}

/**
 * sevadm_stats_command() - copy the statistics of the next command that has come since the last
 * reset
 * @slot: where to look first, from 0; set to that of the command found
 * @type: set to SEVADM_EVENT_PSP, _KVM, _PIN or _UNPIN
 * @command: set to its number
 * @stats: filled in
 *
 * Return: true if there was one.
 */
bool sevadm_stats_command(u32 *slot, u32 *type, u32 *command, struct sevadm_stats *stats)
{
	bool found;

	spin_lock(&sevadm_record_lock);
	while (*slot < nr_slots && slots[*slot].stats.generation != generation)
		(*slot)++;
	found = *slot < nr_slots;
	if (found) {
		*type = slots[*slot].type;
		*command = slots[*slot].command;
		*stats = slots[*slot].stats;
	}
	spin_unlock(&sevadm_record_lock);
	return found;
}

/**
 * sevadm_stats_copy() - copy the statistics of a VM's firmware commands and pins
 * @of_vm: of the VM, which the caller holds
 * @stats: filled in; all zero if nothing has come since the last reset
 */
void sevadm_stats_copy(const struct sevadm_stats *of_vm, struct sevadm_stats *stats)
{
	spin_lock(&sevadm_record_lock);
	if (of_vm->generation == generation)
		*stats = *of_vm;
	else
		*stats = (struct sevadm_stats) { .generation = generation };
	spin_unlock(&sevadm_record_lock);
}

/** sevadm_stats_init() - allocate the slots; 0 or -ENOMEM */
int sevadm_stats_init(void)
{
	slots = vcalloc(SLOTS, sizeof(*slots));
	since_ns = ktime_get_boottime_ns();
	return slots ? 0 : -ENOMEM;
}

/** sevadm_stats_uninit() - free the slots: there are no more events */
void sevadm_stats_uninit(void)
{
	vfree(slots);
}

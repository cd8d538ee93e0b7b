/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of commands and VMs: fixed memory, a few instructions an event. */
#ifndef SEVADM_STATS_H
#define SEVADM_STATS_H

#include <linux/types.h>

struct sevadm_event;

/*
 * Bucket N holds times from 2^N ns to 2^(N + 1) - 1 ns, the first one also 0, the last all above.
 */
#define SEVADM_STATS_BUCKETS	40
#define SEVADM_STATS_STATUSES	16

/**
 * struct sevadm_times - a distribution of times
 * @count: number of times
 * @sum_ns: of all of them
 * @min_ns: the shortest one; means nothing while @count is 0
 * @max_ns: the longest one
 * @buckets: number of times of each length
 */
struct sevadm_times {
	u64 count;
	u64 sum_ns;
	u64 min_ns;
	u64 max_ns;
	u64 buckets[SEVADM_STATS_BUCKETS];
};

/**
 * struct sevadm_status_count - how often commands failed with one status
 * @firmware: @number is the firmware's status; else it is a positive errno
 * @number: see @firmware
 * @count: how often
 */
struct sevadm_status_count {
	bool firmware;
	u32 number;
	u64 count;
};

/**
 * struct sevadm_stats - the statistics of one command, or of one VM's firmware commands
 * @generation: of the statistics as a whole; if it is an older one, all members count as zero
 * @nr_statuses: number of @statuses that are in use
 * @count: number of events
 * @failures: number of those that failed; a query of a length is not a failure
 * @other_failures: number of failures for whose status there was no room
 * @bytes: bytes pinned, or bytes that the commands that succeeded were about
 * @bytes_ns: how long these took
 * @took: time inside the firmware, or of the whole call
 * @waited: for the mailbox of the security processor
 * @statuses: in the order in which they came
 */
struct sevadm_stats {
	u32 generation;
	u32 nr_statuses;
	u64 count;
	u64 failures;
	u64 other_failures;
	u64 bytes;
	u64 bytes_ns;
	struct sevadm_times took;
	struct sevadm_times waited;
	struct sevadm_status_count statuses[SEVADM_STATS_STATUSES];
};

/**
 * struct sevadm_stats_totals - the statistics as a whole
 * @since_ns: CLOCK_BOOTTIME of the last reset, or of the module's loading
 * @left_out: events of commands that have no number of KVM or the firmware
 * @generation: changes with each reset
 */
struct sevadm_stats_totals {
	u64 since_ns;
	u64 left_out;
	u32 generation;
};

void sevadm_stats_count(const struct sevadm_event *event, struct sevadm_stats *of_vm);
void sevadm_stats_reset(void);
void sevadm_stats_totals(struct sevadm_stats_totals *totals);
bool sevadm_stats_command(u32 *slot, u32 *type, u32 *command, struct sevadm_stats *stats);
void sevadm_stats_copy(const struct sevadm_stats *of_vm, struct sevadm_stats *stats);

int sevadm_stats_init(void);
void sevadm_stats_uninit(void);

#endif /* SEVADM_STATS_H */

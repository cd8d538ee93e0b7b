// SPDX-License-Identifier: GPL-2.0-only
/* Statistics: buckets of histograms, what counts as what, and that memory is bounded. */
#include <kunit/test.h>

#include "../stats.c"
#include "../vm.h"

static int stats_test_init(struct kunit *test)
{
	memset(slot_of, 0, sizeof(slot_of));
	nr_slots = 0;
	generation = 1;
	left_out = 0;
	return sevadm_stats_init();
}

static void stats_test_exit(struct kunit *test)
{
	sevadm_stats_uninit();
}

static void count(u32 type, u32 command, int ret, u32 fw_error, u64 duration_ns,
		  struct sevadm_vm *vm)
{
	const struct sevadm_event event = {
		.type = type, .command = command, .ret = ret, .fw_error = fw_error,
		.duration_ns = duration_ns, .wait_ns = 3, .bytes = 4096,
		.known = SEVADM_KNOWN_FW_ERROR | SEVADM_KNOWN_BYTES |
			 (type == SEVADM_EVENT_PSP ? SEVADM_KNOWN_WAIT : 0),
	};

	spin_lock(&sevadm_record_lock);
	sevadm_stats_count(&event, vm ? &vm->stats : NULL);
	spin_unlock(&sevadm_record_lock);
}

/* All zeroes: it did not come. */
static struct sevadm_stats *find(struct kunit *test, u32 type, u32 command)
{
	struct sevadm_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	u32 slot, its_type, its_command;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	for (slot = 0; sevadm_stats_command(&slot, &its_type, &its_command, stats); slot++)
		if (its_type == type && its_command == command)
			return stats;
	memset(stats, 0, sizeof(*stats));
	return stats;
}

/* A bucket goes from 2^N up to 2^(N + 1) - 1. */
static void stats_buckets(struct kunit *test)
{
	u32 n;

	KUNIT_EXPECT_EQ(test, bucket_of(0), 0);
	KUNIT_EXPECT_EQ(test, bucket_of(1), 0);
	for (n = 1; n < SEVADM_STATS_BUCKETS - 1; n++) {
		KUNIT_EXPECT_EQ(test, bucket_of(1ULL << n), n);
		KUNIT_EXPECT_EQ(test, bucket_of((1ULL << n) + 1), n);
		KUNIT_EXPECT_EQ(test, bucket_of((2ULL << n) - 1), n);
	}
	KUNIT_EXPECT_EQ(test, bucket_of((1ULL << (SEVADM_STATS_BUCKETS - 1)) - 1),
			SEVADM_STATS_BUCKETS - 2);
	KUNIT_EXPECT_EQ(test, bucket_of(1ULL << (SEVADM_STATS_BUCKETS - 1)),
			SEVADM_STATS_BUCKETS - 1);
	KUNIT_EXPECT_EQ(test, bucket_of(U64_MAX), SEVADM_STATS_BUCKETS - 1);
}

static void stats_times(struct kunit *test)
{
	static const u64 ns[] = { 1000, 500, 4000, 1023 };
	struct sevadm_stats *stats;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ns); i++)
		count(SEVADM_EVENT_PSP, 0x20, 0, 0, ns[i], NULL);
	stats = find(test, SEVADM_EVENT_PSP, 0x20);
	KUNIT_EXPECT_EQ(test, stats->count, 4);
	KUNIT_EXPECT_EQ(test, stats->failures, 0);
	KUNIT_EXPECT_EQ(test, stats->took.count, 4);
	KUNIT_EXPECT_EQ(test, stats->took.sum_ns, 6523);
	KUNIT_EXPECT_EQ(test, stats->took.min_ns, 500);
	KUNIT_EXPECT_EQ(test, stats->took.max_ns, 4000);
	KUNIT_EXPECT_EQ(test, stats->took.buckets[8], 1);
	KUNIT_EXPECT_EQ(test, stats->took.buckets[9], 2);
	KUNIT_EXPECT_EQ(test, stats->took.buckets[11], 1);
	KUNIT_EXPECT_EQ(test, stats->waited.count, 4);
	KUNIT_EXPECT_EQ(test, stats->waited.sum_ns, 12);
	KUNIT_EXPECT_EQ(test, stats->waited.buckets[1], 4);
	KUNIT_EXPECT_EQ(test, stats->bytes, 4 * 4096);
	KUNIT_EXPECT_EQ(test, stats->bytes_ns, 6523);
}

/* A time of 0 is the shortest there can be, and not that there was none. */
static void stats_time_of_zero(struct kunit *test)
{
	count(SEVADM_EVENT_KVM, 1, 0, 0, 7, NULL);
	count(SEVADM_EVENT_KVM, 1, 0, 0, 0, NULL);
	count(SEVADM_EVENT_KVM, 1, 0, 0, 9, NULL);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_KVM, 1)->took.min_ns, 0);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_KVM, 1)->took.max_ns, 9);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_KVM, 1)->waited.count, 0);
}

static void stats_failures(struct kunit *test)
{
	const struct sevadm_event query = {
		.type = SEVADM_EVENT_PSP, .command = 0x33, .ret = -EIO, .fw_error = 4,
		.known = SEVADM_KNOWN_FW_ERROR, .flags = SEVADM_EVENT_LENGTH_QUERY,
	};
	struct sevadm_stats *stats;

	count(SEVADM_EVENT_PSP, 0x33, -EIO, 0x17, 1, NULL);
	count(SEVADM_EVENT_PSP, 0x33, -EBUSY, 0, 1, NULL);
	count(SEVADM_EVENT_PSP, 0x33, -EIO, 0x17, 1, NULL);
	/* The same number, yet not the same. */
	count(SEVADM_EVENT_PSP, 0x33, -EIO, EBUSY, 1, NULL);
	count(SEVADM_EVENT_PSP, 0x33, 0, 0, 1, NULL);
	spin_lock(&sevadm_record_lock);
	sevadm_stats_count(&query, NULL);
	spin_unlock(&sevadm_record_lock);
	stats = find(test, SEVADM_EVENT_PSP, 0x33);
	KUNIT_EXPECT_EQ(test, stats->count, 6);
	KUNIT_EXPECT_EQ(test, stats->failures, 4);
	KUNIT_ASSERT_EQ(test, stats->nr_statuses, 3);
	KUNIT_EXPECT_TRUE(test, stats->statuses[0].firmware);
	KUNIT_EXPECT_EQ(test, stats->statuses[0].number, 0x17);
	KUNIT_EXPECT_EQ(test, stats->statuses[0].count, 2);
	KUNIT_EXPECT_FALSE(test, stats->statuses[1].firmware);
	KUNIT_EXPECT_EQ(test, stats->statuses[1].number, EBUSY);
	KUNIT_EXPECT_EQ(test, stats->statuses[1].count, 1);
	KUNIT_EXPECT_EQ(test, stats->statuses[2].count, 1);
	KUNIT_EXPECT_EQ(test, stats->bytes, 4096);
}

static void stats_statuses_are_bounded(struct kunit *test)
{
	struct sevadm_stats *stats;
	u32 i;

	for (i = 1; i <= SEVADM_STATS_STATUSES + 5; i++)
		count(SEVADM_EVENT_PSP, 0x30, -EIO, i, 1, NULL);
	stats = find(test, SEVADM_EVENT_PSP, 0x30);
	KUNIT_EXPECT_EQ(test, stats->failures, SEVADM_STATS_STATUSES + 5);
	KUNIT_EXPECT_EQ(test, stats->other_failures, 5);
	KUNIT_EXPECT_EQ(test, stats->nr_statuses, SEVADM_STATS_STATUSES);
	KUNIT_EXPECT_EQ(test, stats->statuses[SEVADM_STATS_STATUSES - 1].number,
			SEVADM_STATS_STATUSES);
}

/* Numbers that only user space has heard of take no memory. */
static void stats_commands_are_bounded(struct kunit *test)
{
	struct sevadm_stats_totals totals;
	u32 i;

	count(SEVADM_EVENT_KVM, U32_MAX, 0, 0, 1, NULL);
	count(SEVADM_EVENT_KVM, KVM_OWN, 0, 0, 1, NULL);
	count(SEVADM_EVENT_KVM, KVM_SNP_FIRST + KVM_SNP, 0, 0, 1, NULL);
	count(SEVADM_EVENT_KVM, SEVADM_KVM_DESTROY + 100, 0, 0, 1, NULL);
	count(SEVADM_EVENT_PSP, PSP_COMMANDS, 0, 0, 1, NULL);
	sevadm_stats_totals(&totals);
	KUNIT_EXPECT_EQ(test, totals.left_out, 5);
	KUNIT_EXPECT_EQ(test, nr_slots, 0);

	for (i = 0; i < PSP_COMMANDS; i++)
		count(SEVADM_EVENT_PSP, i, 0, 0, 1, NULL);
	sevadm_stats_totals(&totals);
	KUNIT_EXPECT_EQ(test, totals.left_out, 5 + PSP_COMMANDS - SLOTS);
	KUNIT_EXPECT_EQ(test, nr_slots, SLOTS);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, SLOTS - 1)->count, 1);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, SLOTS)->count, 0);
}

/* No two commands share a slot. */
static void stats_keys_are_unique(struct kunit *test)
{
	static const u32 firsts[] = { 0, SEVADM_KVM_REGISTER_REGION };
	DECLARE_BITMAP(seen, KEYS) = {};
	u32 type, i, n;
	int key;

	for (type = SEVADM_EVENT_PSP; type <= SEVADM_EVENT_UNPIN; type++)
		for (i = 0; i < ARRAY_SIZE(firsts); i++)
			for (n = 0; n < PSP_COMMANDS; n++) {
				key = key_of(type, firsts[i] + n);
				if (key < 0)
					continue;
				KUNIT_ASSERT_LT(test, key, KEYS);
				KUNIT_EXPECT_FALSE(test, test_and_set_bit(key, seen));
			}
	KUNIT_EXPECT_GE(test, key_of(SEVADM_EVENT_UNPIN, SEVADM_KVM_DESTROY), 0);
	/* KVM_SEV_SNP_LAUNCH_START up to _ENABLE_REQ_CERTS */
	for (i = 100; i <= 103; i++)
		KUNIT_EXPECT_GE(test, key_of(SEVADM_EVENT_KVM, i), 0);
}

static void stats_of_a_vm(struct kunit *test)
{
	struct sevadm_vm *vm = kunit_kzalloc(test, sizeof(*vm), GFP_KERNEL);
	struct sevadm_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	KUNIT_ASSERT_NOT_NULL(test, stats);
	sevadm_stats_copy(&vm->stats, stats);
	KUNIT_EXPECT_EQ(test, stats->count, 0);

	count(SEVADM_EVENT_PSP, 0x30, -EIO, 0x17, 5, vm);
	count(SEVADM_EVENT_PSP, 0x31, 0, 0, 7, vm);
	count(SEVADM_EVENT_KVM, 3, 0, 0, 100, vm);
	count(SEVADM_EVENT_PIN, 3, 0, 0, 11, vm);
	count(SEVADM_EVENT_PIN, 3, -ENOMEM, 0, 13, vm);
	count(SEVADM_EVENT_UNPIN, 3, 0, 0, 17, vm);
	sevadm_stats_copy(&vm->stats, stats);
	KUNIT_EXPECT_EQ(test, stats->count, 2);
	KUNIT_EXPECT_EQ(test, stats->failures, 1);
	KUNIT_EXPECT_EQ(test, stats->took.sum_ns, 12);
	KUNIT_EXPECT_EQ(test, stats->bytes, 4096);
	KUNIT_EXPECT_EQ(test, stats->bytes_ns, 11);

	sevadm_stats_reset();
	sevadm_stats_copy(&vm->stats, stats);
	KUNIT_EXPECT_EQ(test, stats->count, 0);
	KUNIT_EXPECT_EQ(test, stats->bytes, 0);
	count(SEVADM_EVENT_PIN, 3, 0, 0, 11, vm);
	sevadm_stats_copy(&vm->stats, stats);
	KUNIT_EXPECT_EQ(test, stats->count, 0);
	KUNIT_EXPECT_EQ(test, stats->bytes, 4096);
}

static void stats_begin_when_the_module_does(struct kunit *test)
{
	const u64 before = ktime_get_boottime_ns();
	struct sevadm_stats_totals totals;

	sevadm_stats_uninit();
	KUNIT_ASSERT_EQ(test, sevadm_stats_init(), 0);
	sevadm_stats_totals(&totals);
	KUNIT_EXPECT_GE(test, totals.since_ns, before);
	KUNIT_EXPECT_LE(test, totals.since_ns, ktime_get_boottime_ns());
}

static void stats_reset_begins_anew(struct kunit *test)
{
	struct sevadm_stats_totals before, after;

	count(SEVADM_EVENT_PSP, 0x30, -EIO, 0x17, 1000, NULL);
	count(SEVADM_EVENT_KVM, U32_MAX, 0, 0, 1, NULL);
	sevadm_stats_totals(&before);
	/* On a coarse clock both could be at the same moment. */
	while (ktime_get_boottime_ns() == before.since_ns)
		;
	sevadm_stats_reset();
	sevadm_stats_totals(&after);
	KUNIT_EXPECT_GT(test, after.since_ns, before.since_ns);
	KUNIT_EXPECT_NE(test, after.generation, before.generation);
	KUNIT_EXPECT_EQ(test, before.left_out, 1);
	KUNIT_EXPECT_EQ(test, after.left_out, 0);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, 0x30)->count, 0);

	count(SEVADM_EVENT_PSP, 0x30, 0, 0, 2000, NULL);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, 0x30)->count, 1);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, 0x30)->failures, 0);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, 0x30)->nr_statuses, 0);
	KUNIT_EXPECT_EQ(test, find(test, SEVADM_EVENT_PSP, 0x30)->took.min_ns, 2000);
}

static struct kunit_case stats_cases[] = {
	KUNIT_CASE(stats_buckets),
	KUNIT_CASE(stats_times),
	KUNIT_CASE(stats_time_of_zero),
	KUNIT_CASE(stats_failures),
	KUNIT_CASE(stats_statuses_are_bounded),
	KUNIT_CASE(stats_commands_are_bounded),
	KUNIT_CASE(stats_keys_are_unique),
	KUNIT_CASE(stats_of_a_vm),
	KUNIT_CASE(stats_begin_when_the_module_does),
	KUNIT_CASE(stats_reset_begins_anew),
	{}
};

static struct kunit_suite stats_suite = {
	.name = "sevadm_stats",
	.init = stats_test_init,
	.exit = stats_test_exit,
	.test_cases = stats_cases,
};

kunit_test_suite(stats_suite);

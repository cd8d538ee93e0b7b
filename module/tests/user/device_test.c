// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/sevadm, whose callers only user space can make up: an index that a caller has chosen stays
 * within its table also where the processor speculates; and each allocation, and each copy from and
 * to the caller's memory, fails in turn, below every ioctl, read() and what else allocates. Nothing
 * is left of a call that failed.
 */
#include <kunit/test.h>

#include <linux/rculist.h>

#include "../../conversions.h"

/* How often what is only counted so far has been asked for. */
static unsigned int conversions_flushed, events_flushed;

#define sevadm_conversions_flush()	((void)conversions_flushed++)

#include "../../device.c"
#include "../../record.h"
#include "../../stats.h"
#include "../limits.h"
#include "../readers.h"
#include "../rings.h"
#include "../vms.h"

/* A call that can fail at more places than that does not end. */
#define PLACES_MAX	64
#define EVENTS		3
#define USERS		3

/* The bitmaps are kvm_amd's, and what is counted (event.c) has been emitted. */
static unsigned int bitmaps_synced;

bool sevadm_bitmaps_sync(void)
{
	bitmaps_synced++;
	return true;
}

void sevadm_event_flush(void)
{
	events_flushed++;
}

static struct file file;
static union sevadm_argument argument;

static int device_open(void)
{
	file = (struct file) { .f_flags = O_NONBLOCK, .seekable = true };
	return sevadm_fops.open(NULL, &file);
}

static void device_close(void)
{
	if (file.private_data)
		sevadm_fops.release(NULL, &file);
	file.private_data = NULL;
}

static int call(unsigned int number, void *with)
{
	return sevadm_fops.unlocked_ioctl(&file, number, (unsigned long)with);
}

static int ioctl_with(unsigned int number, union sevadm_argument with)
{
	argument = with;
	argument.pool_query.size = ioctls[_IOC_NR(number)].size;
	return call(number, &argument);
}

static int device_test_init(struct kunit *test)
{
	int ret = ring_for_test();

	shim_fault = 0;
	limits_for_test();
	pools_for_test(test);
	readers_copies(UINT_MAX);
	return ret ?: device_open();
}

static void device_test_exit(struct kunit *test)
{
	device_close();
	sevadm_ledger_uninit();
	limits_end();
	ring_end();
}

/* ---- what a caller has chosen --------------------------------------------------------------- */

static int pool_query(void)
{
	return ioctl_with(SEVADM_IOC_POOL_QUERY, (union sevadm_argument) {
			  .pool_query.pool = SEVADM_POOL_SEV_ES });
}

static int asid_query(void)
{
	return ioctl_with(SEVADM_IOC_ASID_QUERY, (union sevadm_argument) {
			  .asid_query.asid = POOLS_LAST });
}

static int seek(void)
{
	return ioctl_with(SEVADM_IOC_EVENT_SEEK, (union sevadm_argument) {
			  .event_seek.whence = SEVADM_SEEK_OLDEST });
}

/* The last table that is looked into has that many entries. */
static void index_of_a_caller_is_bounded(struct kunit *test)
{
	const struct sevadm_event event = {
		.type = SEVADM_EVENT_KVM, .command = SEVADM_KVM_REGISTER_REGION,
	};

	shim_bound = 0;
	KUNIT_EXPECT_EQ(test, seek(), 0);
	KUNIT_EXPECT_EQ(test, shim_bound, ARRAY_SIZE(ioctls));
	KUNIT_EXPECT_EQ(test, pool_query(), 0);
	KUNIT_EXPECT_EQ(test, shim_bound, SEVADM_POOL_NR);
	KUNIT_EXPECT_EQ(test, asid_query(), 0);
	KUNIT_EXPECT_EQ(test, shim_bound, POOLS_LAST + 1);

	KUNIT_ASSERT_EQ(test, sevadm_stats_init(), 0);
	shim_bound = 0;
	spin_lock(&sevadm_record_lock);
	sevadm_stats_count(&event, NULL);
	spin_unlock(&sevadm_record_lock);
	sevadm_stats_uninit();
	KUNIT_EXPECT_NE(test, shim_bound, 0);
}

/* ---- a file's life --------------------------------------------------------------------------- */

static struct sevadm_event read_to[4];

static void file_is_a_reader(struct kunit *test)
{
	struct sevadm_reader *reader;
	poll_table table = {};

	device_close();
	conversions_flushed = 0;
	events_flushed = 0;
	KUNIT_ASSERT_EQ(test, device_open(), 0);
	reader = file.private_data;
	KUNIT_EXPECT_EQ(test, conversions_flushed, 1);
	KUNIT_EXPECT_EQ(test, events_flushed, 1);
	KUNIT_EXPECT_FALSE(test, file.seekable);
	KUNIT_EXPECT_FALSE(test, list_empty(&sevadm_readers));
	KUNIT_EXPECT_EQ(test, sevadm_fops.poll(&file, &table), 0);
	KUNIT_EXPECT_PTR_EQ(test, table.queue, &reader->wait);
	KUNIT_EXPECT_EQ(test, sevadm_fops.release(NULL, &file), 0);
	file.private_data = NULL;
	KUNIT_EXPECT_TRUE(test, list_empty(&sevadm_readers));
}

static void device_is_registered(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sevadm_device_init(), 0);
	KUNIT_ASSERT_TRUE(test, shim_misc);
	KUNIT_EXPECT_PTR_EQ(test, shim_misc->fops, &sevadm_fops);
	KUNIT_EXPECT_EQ(test, shim_misc->mode, 0660);
	sevadm_device_uninit();
	KUNIT_EXPECT_TRUE(test, !shim_misc);
	shim_misc_error = -ENOSPC;
	KUNIT_EXPECT_EQ(test, sevadm_device_init(), -ENOSPC);
	shim_misc_error = 0;
}

static int filter(void);

static void push_events(unsigned int number)
{
	struct sevadm_event event = { .size = sizeof(event), .type = SEVADM_EVENT_ASID };

	while (number--)
		ring_push_alone(&event);
}

static ssize_t read_bytes(size_t bytes)
{
	return sevadm_fops.read(&file, (char *)read_to, bytes, NULL);
}

static void file_is_read_in_whole_events(struct kunit *test)
{
	poll_table table = {};

	KUNIT_EXPECT_EQ(test, read_bytes(sizeof(read_to[0])), -EAGAIN);
	file.f_flags = 0;
	KUNIT_EXPECT_EQ(test, read_bytes(sizeof(read_to[0])), -ERESTARTSYS);
	push_events(4);
	KUNIT_EXPECT_EQ(test, sevadm_fops.poll(&file, &table), EPOLLIN | EPOLLRDNORM);
	KUNIT_EXPECT_EQ(test, read_bytes(1), -EINVAL);
	KUNIT_EXPECT_EQ(test, read_bytes(SEVADM_EVENT_FIRST_BYTES - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, read_bytes(SEVADM_EVENT_FIRST_BYTES), SEVADM_EVENT_FIRST_BYTES);
	KUNIT_EXPECT_EQ(test, read_to[0].seq, 1);
	KUNIT_EXPECT_EQ(test, read_bytes(sizeof(read_to[0])), sizeof(read_to[0]));
	KUNIT_EXPECT_EQ(test, read_to[0].seq, 2);
	KUNIT_EXPECT_EQ(test, read_bytes(sizeof(read_to)), 2 * sizeof(read_to[0]));
	KUNIT_EXPECT_EQ(test, read_to[1].seq, 4);
	KUNIT_EXPECT_EQ(test, sevadm_fops.poll(&file, &table), 0);
	/* Of failures alone, of which there are none. */
	KUNIT_EXPECT_EQ(test, filter(), 0);
	push_events(1);
	KUNIT_EXPECT_EQ(test, sevadm_fops.poll(&file, &table), 0);
	KUNIT_EXPECT_EQ(test, read_bytes(sizeof(read_to)), -ERESTARTSYS);
}

static int seek_to(u32 whence, u64 seq)
{
	return ioctl_with(SEVADM_IOC_EVENT_SEEK, (union sevadm_argument) {
			  .event_seek = { .whence = whence, .seq = seq } });
}

/* As many as the smallest ring holds. */
#define RING_SLOTS	16

static void file_is_sought(struct kunit *test)
{
	const u64 end = 21;
	const struct {
		u32 whence;
		u64 seq;
		int ret;
		u64 cursor;
	} rows[] = {
		{ SEVADM_SEEK_NEWEST, 0, 0, end },
		{ SEVADM_SEEK_OLDEST, 0, 0, end - RING_SLOTS },
		{ SEVADM_SEEK_SEQ, 0, -EINVAL, 0 },
		{ SEVADM_SEEK_SEQ, 1, 0, 1 },
		{ SEVADM_SEEK_SEQ, end, 0, end },
		{ SEVADM_SEEK_SEQ, end + 1, -EINVAL, 0 },
		{ SEVADM_SEEK_SEQ + 1, 1, -EINVAL, 0 },
	};
	struct sevadm_reader *reader = file.private_data;
	unsigned int i;

	push_events(20);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 before = reader->cursor;

		KUNIT_EXPECT_EQ_MSG(test, seek_to(rows[i].whence, rows[i].seq), rows[i].ret,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, reader->cursor, rows[i].ret ? before : rows[i].cursor,
				    "row %u", i);
		if (!rows[i].ret)
			KUNIT_EXPECT_EQ_MSG(test, argument.event_seek.seq, rows[i].cursor,
					    "row %u", i);
	}
}

/* ---- faults --------------------------------------------------------------------------------- */

static int nothing(struct kunit *test)
{
	return 0;
}

static int closed(struct kunit *test)
{
	device_close();
	return 0;
}

static int filter(void)
{
	return ioctl_with(SEVADM_IOC_EVENT_FILTER, (union sevadm_argument) {
			  .event_filter.flags = SEVADM_FILTER_FAILED });
}

/* The VM's id, or the lease's. */
static u64 number;

static int with_vm(struct kunit *test)
{
	number = start(test, 1, SEVADM_VM_TYPE_SEV)->id;
	return 0;
}

static int vm_query(u32 by, u64 vm, u32 pid)
{
	return ioctl_with(SEVADM_IOC_VM_QUERY, (union sevadm_argument) {
			  .vm_query = { .by = by, .vm = vm, .by_pid = pid } });
}

static int vm_query_next(void)
{
	return vm_query(SEVADM_VM_BY_NEXT, 0, 0);
}

static int vm_query_id(void)
{
	return vm_query(SEVADM_VM_BY_ID, number, 0);
}

static int vm_query_pid(void)
{
	return vm_query(SEVADM_VM_BY_PID, 0, getpid());
}

static int reserve(void)
{
	return ioctl_with(SEVADM_IOC_RESERVE, (union sevadm_argument) {
			  .lease = { .pool = SEVADM_POOL_SEV, .count = 2 } });
}

/* What nobody can name is not reserved. */
static void only_named_leases(struct kunit *test, int err)
{
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reserved, err ? 0 : 2);
}

static int with_lease(struct kunit *test)
{
	int ret = reserve();

	number = argument.lease.lease;
	return ret;
}

static int release(void)
{
	return ioctl_with(SEVADM_IOC_RELEASE, (union sevadm_argument) {
			  .lease_release.lease = number });
}

/* A lease is given back once, whether its release failed before or after that. */
static void released_once(struct kunit *test, int err)
{
	bool is_there = pool_now(test, SEVADM_POOL_SEV).reserved;

	KUNIT_EXPECT_FALSE(test, is_there && !err);
	KUNIT_EXPECT_EQ(test, release(), is_there ? 0 : -ENOENT);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).reserved, 0);
}

static struct sevadm_event events[EVENTS + 1];

static int with_events(struct kunit *test)
{
	struct sevadm_event event = { .size = sizeof(event), .type = SEVADM_EVENT_ASID };
	int i;

	for (i = 0; i < EVENTS; i++)
		ring_push_alone(&event);
	return 0;
}

/* Reads all at one go. Where a copy fails behind others, those are what is read: no error. */
static int read_events(void)
{
	ssize_t ret;

	readers_copies(shim_fault ? shim_fault - 1 : UINT_MAX);
	if (shim_fault && shim_fault <= EVENTS)
		shim_fault = 0;
	ret = sevadm_fops.read(&file, (char *)events, sizeof(events), NULL);
	readers_copies(UINT_MAX);
	return ret < 0 ? ret : 0;
}

/* What could not be copied is read next: none is lost, none comes twice. */
static void each_event_once(struct kunit *test, int err)
{
	u64 read = 0;

	while (!err && read < EVENTS && events[read].seq == read + 1)
		read++;
	memset(events, 0, sizeof(events));
	if (read < EVENTS) {
		KUNIT_EXPECT_EQ(test, read_events(), 0);
		KUNIT_EXPECT_EQ(test, events[0].seq, read + 1);
		KUNIT_EXPECT_EQ(test, events[EVENTS - read - 1].seq, EVENTS);
		memset(events, 0, sizeof(events));
	}
	KUNIT_EXPECT_EQ(test, read_events(), -EAGAIN);
}

static int enter_vm(void)
{
	struct sevadm_vm *vm = sevadm_vm_create(kvm(1), SEVADM_VM_TYPE_SEV);

	if (!vm)
		return -ENOMEM;
	sevadm_vm_account(vm);
	sevadm_vm_put(vm);
	return 0;
}

static void whole_or_no_vm(struct kunit *test, int err)
{
	struct sevadm_vm *vm = sevadm_vm_find(kvm(1));

	KUNIT_EXPECT_EQ(test, vm == NULL, err != 0);
	KUNIT_EXPECT_EQ(test, host_now().vms, err ? 0 : 1);
	KUNIT_EXPECT_EQ(test, pool_now(test, SEVADM_POOL_SEV).used, err ? 0 : 1);
	sevadm_vm_put(vm);
}

static struct sevadm_limit_set limit_of(u32 uid)
{
	return (struct sevadm_limit_set) {
		.key = { .kind = SEVADM_SUBJECT_USER, .uid = KUIDT_INIT(uid) },
		.resource = SEVADM_RESOURCE_PIN,
		.mask = BIT(SEVADM_KNOB_MAX),
		.limits.max = 1,
	};
}

static int limit_set(void)
{
	const struct sevadm_limit_set set = limit_of(UID_ONE);
	u64 left;

	return sevadm_limit_set(&set, &left);
}

static int limit_apply(void)
{
	struct sevadm_limit_set sets[USERS];
	u32 i, resource;
	u64 left;

	for (i = 0; i < USERS; i++)
		sets[i] = limit_of(UID_ONE + i);
	return sevadm_limit_apply(sets, USERS, &resource, &left);
}

static u32 limited_users(void)
{
	struct sevadm_limit_info infos[SEVADM_RESOURCE_NR];
	u64 cursor = 0;
	u32 users = 0;

	while (sevadm_limit_info(&cursor, infos))
		users += infos[0].key.kind == SEVADM_SUBJECT_USER;
	return users;
}

static void one_or_no_limit(struct kunit *test, int err)
{
	KUNIT_EXPECT_EQ(test, limited_users(), err ? 0 : 1);
}

static void all_or_no_limits(struct kunit *test, int err)
{
	KUNIT_EXPECT_EQ(test, limited_users(), err ? 0 : USERS);
}

/* Makes another ring, as a module does that is loaded. */
static int ring_init(void)
{
	ring_end();
	return ring_for_test();
}

/* Where there is no memory for a part of it, no part is there. */
static void ring_or_none(struct kunit *test, int err)
{
	if (err)
		KUNIT_ASSERT_EQ(test, ring_for_test(), 0);
}

static int stats_init(void)
{
	int ret = sevadm_stats_init();

	if (!ret)
		sevadm_stats_uninit();
	return ret;
}

/**
 * struct trial - a call that fails
 * @name: what it is
 * @prepare: what it needs
 * @call: 0 or a negative errno
 * @holds: says what is not as it should be after a call that ended so; NULL: nothing more than that
 *	the case leaves nothing behind
 */
static const struct trial {
	const char *name;
	int (*prepare)(struct kunit *test);
	int (*call)(void);
	void (*holds)(struct kunit *test, int err);
} trials[] = {
	{ "open", closed, device_open, NULL },
	{ "read", with_events, read_events, each_event_once },
	{ "SEVADM_IOC_EVENT_SEEK", nothing, seek, NULL },
	{ "SEVADM_IOC_EVENT_FILTER", nothing, filter, NULL },
	{ "SEVADM_IOC_POOL_QUERY", nothing, pool_query, NULL },
	{ "SEVADM_IOC_ASID_QUERY", nothing, asid_query, NULL },
	{ "SEVADM_IOC_VM_QUERY of the next", with_vm, vm_query_next, NULL },
	{ "SEVADM_IOC_VM_QUERY by its number", with_vm, vm_query_id, NULL },
	{ "SEVADM_IOC_VM_QUERY by its process", with_vm, vm_query_pid, NULL },
	{ "SEVADM_IOC_RESERVE", nothing, reserve, only_named_leases },
	{ "SEVADM_IOC_RELEASE", with_lease, release, released_once },
	{ "a VM's entry", nothing, enter_vm, whole_or_no_vm },
	{ "a limit", nothing, limit_set, one_or_no_limit },
	{ "all limits", nothing, limit_apply, all_or_no_limits },
	{ "the ring", nothing, ring_init, ring_or_none },
	{ "statistics", nothing, stats_init, NULL },
};

static unsigned int all_met;

/* One call with one fault. Return true if the call came to it. */
static bool try_nth(struct kunit *test, const struct trial *trial, unsigned int nth)
{
	bool met;
	int err;

	KUNIT_ASSERT_EQ(test, device_test_init(test), 0);
	KUNIT_ASSERT_EQ(test, trial->prepare(test), 0);
	shim_fault = nth;
	err = trial->call();
	met = !shim_fault;
	shim_fault = 0;
	if (met && err != -ENOMEM && err != -EFAULT && trial->call != read_events)
		KUNIT_FAIL(test, "fault %u: %d", nth, err);
	if (!met && err)
		KUNIT_FAIL(test, "no fault: %d", err);
	if (trial->holds)
		trial->holds(test, err);
	device_test_exit(test);
	return met;
}

static void each_fault(struct kunit *test)
{
	const struct trial *trial = test->param_value;
	unsigned int met = 0;

	device_test_exit(test);
	while (met < PLACES_MAX && try_nth(test, trial, met + 1))
		met++;
	pr_info("%s: %u faults\n", trial->name, met);
	all_met += met;
	KUNIT_EXPECT_GT(test, met, 0);
	KUNIT_EXPECT_LT(test, met, PLACES_MAX);
	KUNIT_EXPECT_EQ(test, device_test_init(test), 0);
}

static void name_trial(const struct trial *trial, char *name)
{
	strscpy(name, trial->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(trials, trials, name_trial);

static void faults_have_come(struct kunit *test)
{
	pr_info("%u faults in all, until no allocation and no copy was left\n", all_met);
	KUNIT_EXPECT_GT(test, all_met, ARRAY_SIZE(trials));
}

/* ---- refusals ------------------------------------------------------------------------------- */

/* What a caller gets wrong has a number of its own, and changes nothing. */
static void calls_are_refused(struct kunit *test)
{
	static char page[2 * PAGE_SIZE];
	union sevadm_argument *all = (union sevadm_argument *)page;
	const struct {
		unsigned int number;
		union sevadm_argument with;
		int ret;
	} rows[] = {
		{ SEVADM_IOC_POOL_QUERY, { .pool_query = { .pool = SEVADM_POOL_SEV } }, 0 },
		{ SEVADM_IOC_POOL_QUERY,
		  { .pool_query = { .pool = SEVADM_POOL_SEV, .reserved = 1 } }, -EINVAL },
		{ SEVADM_IOC_POOL_QUERY, { .pool_query = { .pool = SEVADM_POOL_NR } }, -ENOENT },
		{ SEVADM_IOC_ASID_QUERY, { .asid_query = { .asid = POOLS_LAST + 1 } }, -ENOENT },
		{ SEVADM_IOC_VM_QUERY, { .vm_query = { .by = SEVADM_VM_BY_ID, .vm = 1 } }, 0 },
		{ SEVADM_IOC_VM_QUERY,
		  { .vm_query = { .by = SEVADM_VM_BY_ID, .vm = 2 } }, -ENOENT },
		{ SEVADM_IOC_VM_QUERY, { .vm_query = { .by = SEVADM_VM_BY_NEXT, .vm = 1 } },
		  -ENOENT },
		{ SEVADM_IOC_VM_QUERY,
		  { .vm_query = { .by = SEVADM_VM_BY_ID, .vm = 1, .reserved = 1 } }, -EINVAL },
		{ SEVADM_IOC_VM_QUERY,
		  { .vm_query = { .by = SEVADM_VM_BY_ID, .vm = 1, .by_pid = 1 } }, -EINVAL },
		{ SEVADM_IOC_VM_QUERY, { .vm_query = { .by = SEVADM_VM_BY_PID + 1 } }, -EINVAL },
		{ SEVADM_IOC_VM_QUERY,
		  { .vm_query = { .by = SEVADM_VM_BY_PID, .by_pid = INT_MAX } }, -ESRCH },
		{ SEVADM_IOC_RELEASE, { .lease_release = { .lease = 1 } }, -ENOENT },
		{ SEVADM_IOC_RELEASE, { .lease_release = { .lease = 1, .reserved = 1 } }, -EINVAL },
	};
	unsigned int i;

	with_vm(test);
	KUNIT_ASSERT_EQ(test, number, 1);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, ioctl_with(rows[i].number, rows[i].with), rows[i].ret,
				    "row %u", i);

	/* Of ASIDs as kvm_amd's bitmaps have them by now. */
	bitmaps_synced = 0;
	KUNIT_EXPECT_EQ(test, pool_query(), 0);
	KUNIT_EXPECT_EQ(test, bitmaps_synced, 1);
	KUNIT_EXPECT_EQ(test, asid_query(), 0);
	KUNIT_EXPECT_EQ(test, bitmaps_synced, 2);
	KUNIT_EXPECT_EQ(test, reserve(), 0);
	KUNIT_EXPECT_EQ(test, bitmaps_synced, 3);

	/* What is answered is of that VM. */
	KUNIT_EXPECT_EQ(test, vm_query_next(), 0);
	KUNIT_EXPECT_EQ(test, argument.vm_query.vm, number);
	KUNIT_EXPECT_EQ(test, argument.vm_query.type, SEVADM_VM_TYPE_SEV);
	KUNIT_EXPECT_EQ(test, argument.vm_query.pid, getpid());

	/* A number that is none, and one of another size or direction. */
	KUNIT_EXPECT_EQ(test, call(_IO(0, ARRAY_SIZE(ioctls)), page), -ENOTTY);
	KUNIT_EXPECT_EQ(test, call(_IO(0, _IOC_NR(SEVADM_IOC_POOL_QUERY)), page), -ENOTTY);

	/* The structure's size: that of the first version at least, a page at most. */
	all->pool_query = (struct sevadm_pool_query) {
		.size = offsetofend(struct sevadm_pool_query, charged) - 1 };
	KUNIT_EXPECT_EQ(test, call(SEVADM_IOC_POOL_QUERY, page), -EINVAL);
	all->pool_query.size = sizeof(all->pool_query);
	KUNIT_EXPECT_EQ(test, call(SEVADM_IOC_POOL_QUERY, page), 0);
	all->pool_query = (struct sevadm_pool_query) { .size = PAGE_SIZE };
	KUNIT_EXPECT_EQ(test, call(SEVADM_IOC_POOL_QUERY, page), 0);
	KUNIT_EXPECT_EQ(test, all->pool_query.capacity, POOLS_LAST - POOLS_FIRST_SEV + 1);
	all->pool_query = (struct sevadm_pool_query) { .size = PAGE_SIZE + 1 };
	KUNIT_EXPECT_EQ(test, call(SEVADM_IOC_POOL_QUERY, page), -E2BIG);
	/* The caller is of a later version, and sets a field that this one does not know. */
	all->pool_query = (struct sevadm_pool_query) { .size = PAGE_SIZE };
	page[PAGE_SIZE - 1] = 1;
	KUNIT_EXPECT_EQ(test, call(SEVADM_IOC_POOL_QUERY, page), -E2BIG);
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE(index_of_a_caller_is_bounded),
	KUNIT_CASE(device_is_registered),
	KUNIT_CASE(file_is_a_reader),
	KUNIT_CASE(file_is_read_in_whole_events),
	KUNIT_CASE(file_is_sought),
	KUNIT_CASE(calls_are_refused),
	KUNIT_CASE_PARAM(each_fault, trials_gen_params),
	KUNIT_CASE(faults_have_come),
	{}
};

static struct kunit_suite device_suite = {
	.name = "sevadm_device",
	.init = device_test_init,
	.exit = device_test_exit,
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/sevadm keeps what uapi/linux/sevadm.h promises: the size rules of every ioctl, their errors,
 * and an event stream of whole records, one cursor per open file, that never loses in silence.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/sev_vm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define GUEST_PAGES	16UL
#define FILES_MAX	256	/* that the unprivileged may open */
#define NOBODY		65534
#define NO_SUCH_PID	0x3fffffff	/* above PID_MAX_LIMIT */

static struct sev_host host;
static struct sev_vm vm;
static __u64 created_after_ns, created_before_ns;	/* vm */

/* Says what was wrong with a condition that did not hold, and makes the test fail. */
static int device(int flags)
{
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", SEVADM_DEVICE, strerror(errno));
	return fd;
}

/* 0, or the errno of the ioctl. */
static int call(unsigned long number, void *argument)
{
	int fd = device(0), err = ioctl(fd, number, argument) ? errno : 0;

	close(fd);
	return err;
}

static bool ends_with(int err, unsigned long number, void *argument)
{
	int got = call(number, argument);

	if (got != err)
		ksft_print_msg("ioctl %#lx: errno %d, should be %d\n", number, got, err);
	return got == err;
}

/* ---- ioctls --------------------------------------------------------------------------------- */

/* A call of each ioctl that succeeds, as long as the structure's first version. */
static const struct row {
	const char *name;
	unsigned long number;
	size_t size, newest;	/* of the first version, and of this one */
	union argument {
		__u32 size;
		struct sevadm_event_seek seek;
		struct sevadm_pool_query pool;
		struct sevadm_asid_query asid;
		struct sevadm_vm_query vm;
		struct sevadm_event_filter filter;
		unsigned char bytes[512];
	} valid;
} rows[] = {
	{ "EVENT_SEEK", SEVADM_IOC_EVENT_SEEK, sizeof(struct sevadm_event_seek),
	  sizeof(struct sevadm_event_seek),
	  { .seek = { .whence = SEVADM_SEEK_OLDEST } } },
	{ "POOL_QUERY", SEVADM_IOC_POOL_QUERY, sizeof(struct sevadm_pool_query),
	  sizeof(struct sevadm_pool_query),
	  { .pool = { .pool = SEVADM_POOL_SEV } } },
	{ "ASID_QUERY", SEVADM_IOC_ASID_QUERY, sizeof(struct sevadm_asid_query),
	  sizeof(struct sevadm_asid_query),
	  { .asid = { .asid = 1 } } },
	{ "VM_QUERY", SEVADM_IOC_VM_QUERY, offsetof(struct sevadm_vm_query, private_bytes),
	  sizeof(struct sevadm_vm_query),
	  { .vm = { .by = SEVADM_VM_BY_NEXT } } },
	{ "EVENT_FILTER", SEVADM_IOC_EVENT_FILTER, sizeof(struct sevadm_event_filter),
	  sizeof(struct sevadm_event_filter),
	  { .filter = { .vm = 1 } } },
};

static bool row_with_size(const struct row *row, __u32 size, size_t set_byte, int err)
{
	union argument argument = row->valid;

	argument.size = size;
	if (set_byte)
		argument.bytes[set_byte] = 1;
	return ends_with(err, row->number, &argument);
}

static bool test_sizes(void)
{
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		bool held;

		held = row_with_size(row, row->size, 0, 0);
		held &= row_with_size(row, 0, 0, EINVAL);
		held &= row_with_size(row, row->size - 1, 0, EINVAL);
		held &= row_with_size(row, row->newest, 0, 0);
		held &= row_with_size(row, row->newest + 1, 0, 0);
		held &= row_with_size(row, sizeof(row->valid), 0, 0);
		held &= row_with_size(row, row->newest + 1, row->newest, E2BIG);
		held &= row_with_size(row, sizeof(row->valid), sizeof(row->valid) - 1, E2BIG);
		held &= row_with_size(row, 1 << 20, 0, E2BIG);
		held &= ends_with(EFAULT, row->number, NULL);
		if (!held)
			ksft_print_msg("the lines above are about %s\n", row->name);
		good &= held;
	}
	return good;
}

/* A caller's longer structure keeps what the kernel does not know of. */
static bool test_size_is_kept(void)
{
	union argument argument = { .pool = { .size = sizeof(argument), .pool = SEVADM_POOL_SEV } };

	return check(!call(SEVADM_IOC_POOL_QUERY, &argument)) &&
	       check(argument.size == sizeof(argument)) &&
	       check(argument.pool.capacity > 0) &&
	       check(!argument.bytes[sizeof(argument.pool)]);
}

static bool test_unknown_ioctls(void)
{
	__u32 size = sizeof(size);

	return ends_with(ENOTTY, _IO(SEVADM_IOC_MAGIC, 0xff), &size) &
	       ends_with(ENOTTY, _IO('~', 0), &size) &
	       ends_with(ENOTTY, _IOWR(SEVADM_IOC_MAGIC, _IOC_NR(SEVADM_IOC_POOL_QUERY),
				       struct sevadm_pool_query), &size);
}

static bool test_wrong_values(void)
{
	static const struct {
		int err;
		unsigned long number;
		union argument argument;
	} wrong[] = {
		{ EINVAL, SEVADM_IOC_EVENT_SEEK, { .seek = { .size = sizeof(rows[0].valid.seek),
			.whence = 99 } } },
		{ EINVAL, SEVADM_IOC_EVENT_SEEK, { .seek = { .size = sizeof(rows[0].valid.seek),
			.whence = SEVADM_SEEK_SEQ, .seq = 1ULL << 60 } } },
		{ EINVAL, SEVADM_IOC_POOL_QUERY, { .pool = { .size = sizeof(rows[0].valid.pool),
			.reserved = 1 } } },
		{ ENOENT, SEVADM_IOC_POOL_QUERY, { .pool = { .size = sizeof(rows[0].valid.pool),
			.pool = SEVADM_POOL_NR } } },
		{ ENOENT, SEVADM_IOC_ASID_QUERY, { .asid = { .size = sizeof(rows[0].valid.asid),
			.asid = 0 } } },
		{ ENOENT, SEVADM_IOC_ASID_QUERY, { .asid = { .size = sizeof(rows[0].valid.asid),
			.asid = ~0U } } },
		{ EINVAL, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = 99 } } },
		{ EINVAL, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = SEVADM_VM_BY_NEXT, .reserved = 1 } } },
		{ EINVAL, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = SEVADM_VM_BY_NEXT, .by_pid = 1 } } },
		{ ENOENT, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = SEVADM_VM_BY_ID, .vm = ~0ULL } } },
		{ ENOENT, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = SEVADM_VM_BY_NEXT, .vm = ~0ULL } } },
		{ ESRCH, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = SEVADM_VM_BY_PID, .by_pid = NO_SUCH_PID } } },
		{ ENOENT, SEVADM_IOC_VM_QUERY, { .vm = { .size = sizeof(rows[0].valid.vm),
			.by = SEVADM_VM_BY_PID, .by_pid = 1 } } },
	};
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		union argument argument = wrong[i].argument;

		if (!ends_with(wrong[i].err, wrong[i].number, &argument)) {
			ksft_print_msg("the line above is about row %zu\n", i);
			good = false;
		}
	}
	return good;
}

/* A caller who does not get the number of a lease does not have it. */
static bool test_reserve_undone(void)
{
	struct sevadm_lease lease = { .size = sizeof(lease), .pool = SEVADM_POOL_SEV, .count = 3 };
	struct sevadm_pool_query pool = { .size = sizeof(pool), .pool = SEVADM_POOL_SEV };
	struct sevadm_lease *readable = mmap(NULL, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = device(0);
	bool good;

	if (readable == MAP_FAILED)
		return check(false);
	*readable = lease;
	good = check(!mprotect(readable, SEV_PAGE_SIZE, PROT_READ)) &
	       check(ioctl(fd, SEVADM_IOC_RESERVE, readable) < 0 && errno == EFAULT) &
	       check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool) && !pool.reserved);
	pool.reserved = 0;
	good &= check(!ioctl(fd, SEVADM_IOC_RESERVE, &lease)) &
		check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool) && pool.reserved == 3);
	munmap(readable, SEV_PAGE_SIZE);
	close(fd);
	return good;
}

/* ---- queries -------------------------------------------------------------------------------- */

static bool test_pools(void)
{
	__u32 expected_min = 1;
	bool good = true;
	int pool, err;

	/*
	 * The pools meet: SEV-SNP from 1 on if it has any of its own, SEV-ES, plain SEV behind it.
	 */
	for (pool = SEVADM_POOL_SEV_SNP; pool >= SEVADM_POOL_SEV; pool--) {
		struct sevadm_pool_query q = { .size = sizeof(q), .pool = pool };

		err = call(SEVADM_IOC_POOL_QUERY, &q);
		if (pool == SEVADM_POOL_SEV_SNP && err == ENOENT)
			continue;
		good &= check(!err);
		if (!q.capacity)
			continue;
		good &= check(q.min_asid == expected_min);
		good &= check(q.capacity == q.max_asid - q.min_asid + 1);
		good &= check(q.used + q.reclaim + q.free == q.capacity);
		good &= check(q.peak >= q.used);
		good &= check(q.charged >= q.used);
		expected_min = q.max_asid + 1;
	}
	return good;
}

static bool query_own_vm(struct sevadm_vm_query *q)
{
	*q = (struct sevadm_vm_query) {
		.size = sizeof(*q),
		.by = SEVADM_VM_BY_PID,
		.by_pid = getpid(),
	};
	return check(!call(SEVADM_IOC_VM_QUERY, q));
}

static bool test_vm(void)
{
	struct sevadm_vm_query own, same = { .size = sizeof(same), .by = SEVADM_VM_BY_ID };
	struct sevadm_vm_query next = { .size = sizeof(next), .by = SEVADM_VM_BY_NEXT };
	bool good = query_own_vm(&own);

	good &= check(own.pid == (__u32)getpid());
	good &= check(own.uid == NOBODY);
	good &= check(own.known & SEVADM_KNOWN_CREATED);
	good &= check(own.created_ns > created_after_ns && own.created_ns < created_before_ns);
	good &= check(!strcmp(own.comm, "sevadm_device_t"));
	good &= check(own.type == SEVADM_VM_TYPE_SEV);
	good &= check(own.pool == SEVADM_POOL_SEV);
	good &= check(own.state == SEVADM_VM_STATE_INIT);
	good &= check(!(own.known & SEVADM_KNOWN_HANDLE));
	good &= check(own.known & SEVADM_KNOWN_PINNED);
	good &= check(!own.pinned_bytes && !own.regions);
	good &= check(own.vm);

	same.vm = own.vm;
	good &= check(!call(SEVADM_IOC_VM_QUERY, &same));
	good &= check(same.pid == own.pid && same.created_ns == own.created_ns);

	next.vm = own.vm - 1;
	good &= check(!call(SEVADM_IOC_VM_QUERY, &next));
	good &= check(next.vm == own.vm);
	return good;
}

static bool test_pins(void)
{
	uint64_t addr = (uintptr_t)vm.memory, size = 3 * SEV_PAGE_SIZE;
	struct sevadm_vm_query q;
	bool good;

	good = check(!sev_vm_register(&vm, addr, size).err) && query_own_vm(&q);
	good &= check(q.pinned_bytes == size && q.regions == 1);
	/* Two bytes on two pages. */
	good &= check(!sev_vm_register(&vm, addr + SEV_PAGE_SIZE - 1, 2).err) && query_own_vm(&q);
	good &= check(q.pinned_bytes == size + 2 * SEV_PAGE_SIZE && q.regions == 2);
	good &= check(!sev_vm_unregister(&vm, addr, size).err) && query_own_vm(&q);
	good &= check(q.pinned_bytes == 2 * SEV_PAGE_SIZE && q.regions == 1);
	good &= check(!sev_vm_unregister(&vm, addr + SEV_PAGE_SIZE - 1, 2).err) && query_own_vm(&q);
	good &= check(!q.pinned_bytes && !q.regions);
	good &= check(q.pinned_peak_bytes == size + 2 * SEV_PAGE_SIZE);
	return good;
}

/* ---- the event stream ----------------------------------------------------------------------- */

static __u64 seek(int fd, __u32 whence, __u64 seq)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek), .whence = whence, .seq = seq };

	if (ioctl(fd, SEVADM_IOC_EVENT_SEEK, &seek))
		ksft_exit_fail_msg("EVENT_SEEK: %s\n", strerror(errno));
	return seek.seq;
}

/* At least one event. */
static void make_events(void)
{
	uint64_t addr = (uintptr_t)vm.memory;

	if (sev_vm_register(&vm, addr, SEV_PAGE_SIZE).err ||
	    sev_vm_unregister(&vm, addr, SEV_PAGE_SIZE).err)
		ksft_exit_fail_msg("a region cannot be registered: %s\n", strerror(errno));
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents == POLLIN;
}

static bool test_read_errors(void)
{
	struct sevadm_event event;
	int fd = device(O_NONBLOCK);
	bool good;

	seek(fd, SEVADM_SEEK_NEWEST, 0);
	good = check(read(fd, &event, sizeof(event)) < 0 && errno == EAGAIN);
	good &= check(!readable(fd));
	make_events();
	good &= check(readable(fd));
	good &= check(read(fd, &event, SEVADM_EVENT_FIRST_BYTES - 1) < 0 && errno == EINVAL);
	good &= check(read(fd, &event, 0) < 0 && errno == EINVAL);
	good &= check(read(fd, (void *)SEV_PAGE_SIZE, sizeof(event)) < 0 && errno == EFAULT);
	/* None of these has taken the event away. */
	good &= check(read(fd, &event, sizeof(event)) == sizeof(event));
	good &= check(lseek(fd, 0, SEEK_SET) < 0 && errno == ESPIPE);
	close(fd);
	return good;
}

static bool test_whole_records(void)
{
	struct sevadm_event events[3];
	int fd = device(O_NONBLOCK);
	__u64 first = seek(fd, SEVADM_SEEK_NEWEST, 0);
	size_t i;
	bool good;

	make_events();
	make_events();
	good = check(read(fd, events, sizeof(events[0]) * 3 / 2) == sizeof(events[0]));
	good &= check(read(fd, events + 1, 2 * sizeof(events[0])) == 2 * sizeof(events[0]));
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		good &= check(events[i].size == sizeof(events[i]));
		good &= check(events[i].seq == first + i);
		good &= check(!i || events[i].time_ns >= events[i - 1].time_ns);
		good &= check(events[i].pid == (__u32)getpid());
		good &= check(events[i].type == SEVADM_EVENT_PIN ||
			      events[i].type == SEVADM_EVENT_UNPIN ||
			      events[i].type == SEVADM_EVENT_KVM);
	}
	close(fd);
	return good;
}

/* A reader that was built when records were shorter, and has room for one or for several. */
static bool test_older_records(void)
{
	struct sevadm_event events[2], event;
	const __u8 *bytes = (const __u8 *)&event;
	int fd = device(O_NONBLOCK);
	__u64 first = seek(fd, SEVADM_SEEK_NEWEST, 0);
	size_t size, i;
	bool good = true;

	make_events();
	check(read(fd, events, sizeof(events)) == sizeof(events));
	for (size = SEVADM_EVENT_FIRST_BYTES; size <= sizeof(event); size++) {
		seek(fd, SEVADM_SEEK_SEQ, first);
		memset(&event, 0xa5, sizeof(event));
		good &= check(read(fd, &event, size) == (ssize_t)(size & ~7UL));
		good &= check(event.size == (size & ~7UL));
		good &= check(event.seq == first && event.known == events[0].known);
		for (i = event.size; i < sizeof(event); i++)
			good &= check(bytes[i] == 0xa5);
		/* The next is not lost by that. */
		good &= check(read(fd, &event, sizeof(event)) == sizeof(event));
		good &= check(event.seq == first + 1);
	}
	seek(fd, SEVADM_SEEK_SEQ, first);
	good &= check(read(fd, events, 2 * SEVADM_EVENT_FIRST_BYTES) == sizeof(event));
	good &= check(events[0].size == sizeof(event) && events[0].seq == first);
	close(fd);
	return good;
}

static bool test_cursor_per_file(void)
{
	int a = device(O_NONBLOCK), b = device(O_NONBLOCK);
	__u64 first = seek(a, SEVADM_SEEK_NEWEST, 0);
	struct sevadm_event event;
	bool good;

	make_events();
	good = check(read(a, &event, sizeof(event)) == sizeof(event) && event.seq == first);
	good &= check(seek(b, SEVADM_SEEK_SEQ, first) == first);
	good &= check(read(b, &event, sizeof(event)) == sizeof(event) && event.seq == first);
	good &= check(read(a, &event, sizeof(event)) == sizeof(event) && event.seq == first + 1);

	/* Back to where it was: nothing is consumed for good. */
	seek(a, SEVADM_SEEK_SEQ, first);
	good &= check(read(a, &event, sizeof(event)) == sizeof(event) && event.seq == first);
	close(a);
	close(b);
	return good;
}

static bool test_blocking_read(void)
{
	struct sevadm_event event;
	int fd = device(0), status;
	__u64 first = seek(fd, SEVADM_SEEK_NEWEST, 0);
	pid_t reader = fork();
	bool good;

	if (!reader)
		_exit(read(fd, &event, sizeof(event)) != sizeof(event) || event.seq != first);
	/* Long enough for the reader to sleep; had it returned, it would have ended by now. */
	usleep(300000);
	good = check(!waitpid(reader, &status, WNOHANG));
	make_events();
	good &= check(waitpid(reader, &status, 0) == reader && !status);
	close(fd);
	return good;
}

static void no_action(int signal)
{
	(void)signal;
}

static bool test_interrupted_read(void)
{
	struct sigaction action = { .sa_handler = no_action };
	/* Again and again: the first may come before read() waits. */
	struct itimerval timer = {
		.it_value = { .tv_usec = 300000 }, .it_interval = { .tv_usec = 300000 },
	};
	struct sevadm_event event;
	int fd = device(0);
	bool good;

	sigaction(SIGALRM, &action, NULL);
	seek(fd, SEVADM_SEEK_NEWEST, 0);
	setitimer(ITIMER_REAL, &timer, NULL);
	good = check(read(fd, &event, sizeof(event)) < 0 && errno == EINTR);
	timer = (struct itimerval) { 0 };
	setitimer(ITIMER_REAL, &timer, NULL);
	close(fd);
	return good;
}

static __u64 ring_events(void)
{
	FILE *file = fopen("/sys/module/sevadm/parameters/ring_events", "r");
	unsigned long long size = 0;

	if (!file || fscanf(file, "%llu", &size) != 1 || !size)
		ksft_exit_fail_msg("the module's parameter ring_events cannot be read\n");
	fclose(file);
	return size;
}

static bool test_lost(void)
{
	__u64 ring = ring_events(), first, next;
	int fd = device(O_NONBLOCK), other = device(O_NONBLOCK);
	struct sevadm_event event;
	bool good;

	first = seek(fd, SEVADM_SEEK_NEWEST, 0);
	do
		make_events();
	while ((next = seek(other, SEVADM_SEEK_NEWEST, 0)) < first + ring + 7);

	good = check(readable(fd));
	good &= check(read(fd, &event, sizeof(event)) == sizeof(event));
	good &= check(event.type == SEVADM_EVENT_LOST);
	good &= check(event.seq == first);
	good &= check(event.count == next - ring - first);
	good &= check(read(fd, &event, sizeof(event)) == sizeof(event));
	good &= check(event.type != SEVADM_EVENT_LOST && event.seq == next - ring);

	/*
	 * A reader that begins with the oldest event, on purpose, has of this process what the ring
	 * holds. Of others there may be more, and of the user that this process was when it created
	 * the VM.
	 */
	good &= check(seek(other, SEVADM_SEEK_OLDEST, 0) <= next - ring);
	do
		good &= check(read(other, &event, sizeof(event)) == sizeof(event));
	while (good && (event.type == SEVADM_EVENT_LOST || event.pid != (__u32)getpid() ||
			event.seq < first));
	good &= check(event.seq == next - ring);
	close(fd);
	close(other);
	return good;
}

/* ---- the node ------------------------------------------------------------------------------- */

static bool test_mode(void)
{
	struct stat st;

	return check(!stat(SEVADM_DEVICE, &st)) && check(S_ISCHR(st.st_mode)) &&
	       check((st.st_mode & 07777) == 0660) && check(!st.st_uid);
}

/* Members of the node's group may open so many files; root is not kept out by them. */
static bool open_files_end(void)
{
	struct stat node;
	int files = 0;

	if (stat(SEVADM_DEVICE, &node) || setgroups(0, NULL) ||
	    setresgid(node.st_gid, node.st_gid, node.st_gid) || setresuid(NOBODY, NOBODY, NOBODY))
		return check(false);
	while (files < 2 * FILES_MAX && open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC) >= 0)
		files++;
	return check(errno == EUSERS) & check(files > FILES_MAX / 2 && files <= FILES_MAX);
}

static bool test_open_files(void)
{
	int ends[2], status;
	char done = 0;
	pid_t member;
	bool good;

	if (pipe2(ends, O_CLOEXEC))
		return check(false);
	member = fork();
	if (!member) {
		done = open_files_end();
		if (write(ends[1], &done, 1) == 1)
			pause();
		_exit(0);
	}
	good = check(read(ends[0], &done, 1) == 1 && done);
	close(device(0));
	kill(member, SIGKILL);
	good &= check(waitpid(member, &status, 0) == member);
	close(ends[0]);
	close(ends[1]);
	return good;
}

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "the node is root's, 0660", test_mode },
	{ "a user that is not root opens so many files", test_open_files },
	{ "sizes of the structures", test_sizes },
	{ "a longer structure keeps its size", test_size_is_kept },
	{ "unknown ioctls", test_unknown_ioctls },
	{ "wrong values", test_wrong_values },
	{ "a lease whose number cannot be handed over", test_reserve_undone },
	{ "pools", test_pools },
	{ "a VM by pid, id and in order", test_vm },
	{ "pinned pages and regions", test_pins },
	{ "errors of read", test_read_errors },
	{ "whole records, numbers without gaps", test_whole_records },
	{ "records of older versions", test_older_records },
	{ "a cursor per open file", test_cursor_per_file },
	{ "a blocking read wakes up", test_blocking_read },
	{ "a signal interrupts read", test_interrupted_read },
	{ "lost events are counted", test_lost },
};

static __u64 boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Creates the VM as a user whose number is not zero: what the module shows of it was read. */
static bool create_vm(void)
{
	bool created;

	if (setresuid(NOBODY, 0, 0))
		ksft_exit_fail_msg("cannot take another user's number: %s\n", strerror(errno));
	created_after_ns = boottime_ns();
	created = !sev_vm_create(&vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY,
				 GUEST_PAGES * SEV_PAGE_SIZE).err && !sev_vm_init(&vm).err;
	created_before_ns = boottime_ns();
	if (setresuid(0, 0, 0))
		ksft_exit_fail_msg("cannot be root again: %s\n", strerror(errno));
	return created;
}

int main(void)
{
	const char *missing;
	size_t i;

	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(SEVADM_DEVICE, F_OK))
		ksft_exit_skip("no %s: the module sevadm is not loaded\n", SEVADM_DEVICE);
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("no %s: no SEV host\n", missing);
	if (!create_vm())
		ksft_exit_fail_msg("a SEV VM cannot be initialised: %s\n", strerror(errno));

	ksft_set_plan(ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		ksft_test_result(tests[i].run(), "%s\n", tests[i].name);
	sev_vm_close(&vm);
	sev_vm_free_memory(&vm);
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each reader of /dev/sevadm gets the events that it asked for, all of them and no other, and what
 * is lost is counted exactly: also while filters change, and while the ring gets another size under
 * it. The module's parameter ring_events is changed meanwhile and set back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/sev_abi.h"
#include "lib/sev_vm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define PARAMETER	"/sys/module/sevadm/parameters/ring_events"
#define RING		64U
#define SEEN_MAX	4096
#define GUEST_PAGES	4UL
#define EVENT_MS	120000	/* a busy machine is slow, never this slow */

/* linux/psp-sev.h of the kernel: SEV_CMD_PLATFORM_STATUS */
#define PLATFORM_STATUS	0x4
/*
 * Numbers that KVM has no commands for. Each is another sort of refusal: equal ones are only
 * counted.
 */
#define NO_COMMANDS	100
#define NO_COMMAND	128

static struct sev_host host;
static struct sev_vm vms[2];
static __u64 vm_ids[2];

/* ---- the device ----------------------------------------------------------------------------- */

static int device(int flags)
{
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", SEVADM_DEVICE, strerror(errno));
	return fd;
}

static __u64 seek(int fd, __u32 whence, __u64 seq)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek), .whence = whence, .seq = seq };

	if (ioctl(fd, SEVADM_IOC_EVENT_SEEK, &seek))
		ksft_exit_fail_msg("EVENT_SEEK: %s\n", strerror(errno));
	return seek.seq;
}

static int filter(int fd, struct sevadm_event_filter wanted)
{
	wanted.size = sizeof(wanted);
	return ioctl(fd, SEVADM_IOC_EVENT_FILTER, &wanted) ? errno : 0;
}

/* A reader of what comes from now on. */
static int reader_of(struct sevadm_event_filter wanted, int flags)
{
	int fd = device(flags), err = filter(fd, wanted);

	if (err)
		ksft_exit_fail_msg("EVENT_FILTER: %s\n", strerror(err));
	seek(fd, SEVADM_SEEK_NEWEST, 0);
	return fd;
}

static size_t read_all(int fd, struct sevadm_event *events)
{
	size_t count = 0;

	while (count < SEEN_MAX && read(fd, &events[count], sizeof(*events)) == sizeof(*events))
		count++;
	return count;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents == POLLIN;
}

static bool set_ring(unsigned int events)
{
	char text[16];
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC), length, written;

	length = snprintf(text, sizeof(text), "%u", events);
	written = fd < 0 ? -1 : write(fd, text, length);
	if (fd >= 0)
		close(fd);
	return written == length;
}

static unsigned int ring(void)
{
	FILE *file = fopen(PARAMETER, "r");
	unsigned int size = 0;

	if (!file || fscanf(file, "%u", &size) != 1)
		ksft_exit_fail_msg("%s cannot be read\n", PARAMETER);
	fclose(file);
	return size;
}

/* ---- events --------------------------------------------------------------------------------- */

/* One event of KVM that fails, which the firmware is not asked about. */
static void fail_once(struct sev_vm *vm)
{
	static unsigned int times;

	sev_vm_command(vm, NO_COMMAND + times++ % NO_COMMANDS, NULL);
}

/* Pins and unpins a page: four events, none of which fails. */
static void pin_once(struct sev_vm *vm)
{
	uint64_t addr = (uintptr_t)vm->memory;

	if (sev_vm_register(vm, addr, SEV_PAGE_SIZE).err ||
	    sev_vm_unregister(vm, addr, SEV_PAGE_SIZE).err)
		ksft_exit_fail_msg("a region cannot be registered: %s\n", strerror(errno));
}

/* The firmware's own command, which is about no VM. */
static void ask_platform(void)
{
	struct sev_user_data_status status;
	struct sev_issue_cmd issue = { .cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&status };

	if (ioctl(host.sev_fd, SEV_ISSUE_CMD, &issue))
		ksft_exit_fail_msg("PLATFORM_STATUS: %s\n", strerror(errno));
}

static void make_all_sorts(void)
{
	pin_once(&vms[0]);
	fail_once(&vms[1]);
	ask_platform();
	pin_once(&vms[1]);
	fail_once(&vms[0]);
}

/* ---- what passes ---------------------------------------------------------------------------- */

static bool of_first_vm(const struct sevadm_event *e)
{
	return e->known & SEVADM_KNOWN_VM && e->vm == vm_ids[0];
}

static bool failed(const struct sevadm_event *e)
{
	return e->ret < 0 || (e->known & SEVADM_KNOWN_FW_ERROR && e->fw_error);
}

static bool platform_status(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_PSP && e->command == PLATFORM_STATUS;
}

static bool registration(const struct sevadm_event *e)
{
	return (e->type == SEVADM_EVENT_KVM || e->type == SEVADM_EVENT_PIN) &&
	       e->command == SEVADM_KVM_REGISTER_REGION;
}

static bool either_command(const struct sevadm_event *e)
{
	return registration(e) || platform_status(e);
}

static bool pins(const struct sevadm_event *e)
{
	return e->type == SEVADM_EVENT_PIN || e->type == SEVADM_EVENT_UNPIN;
}

static bool longer_than_a_second(const struct sevadm_event *e)
{
	return e->duration_ns + (e->known & SEVADM_KNOWN_WAIT ? e->wait_ns : 0) > 1000000000;
}

static bool failed_of_first_vm(const struct sevadm_event *e)
{
	return of_first_vm(e) && failed(e);
}

static bool anything(const struct sevadm_event *e)
{
	return e->seq;
}

static bool nothing(const struct sevadm_event *e)
{
	return !e->seq;
}

/* What the filter lets pass is what the function finds among all events. */
static const struct passing {
	const char *name;
	struct sevadm_event_filter wanted;
	bool first_vm, own_pid;
	bool (*passes)(const struct sevadm_event *event);
	bool some;		/* at least one does */
} passing[] = {
	{ "no filter", { 0 }, false, false, anything, true },
	{ "VM", { 0 }, true, false, of_first_vm, true },
	{ "no such VM", { .vm = 1ULL << 60 }, false, false, nothing, false },
	{ "own process", { 0 }, false, true, anything, true },
	{ "another process", { .pid = 0x3fffffff }, false, false, nothing, false },
	{ "failures", { .flags = SEVADM_FILTER_FAILED }, false, false, failed, true },
	{ "failures of a VM", { .flags = SEVADM_FILTER_FAILED }, true, false, failed_of_first_vm,
	  true },
	{ "types", { .types = 1U << SEVADM_EVENT_PIN | 1U << SEVADM_EVENT_UNPIN }, false, false,
	  pins, true },
	{ "firmware command", { .nr_commands = 1, .commands = { { SEVADM_EVENT_PSP,
	  PLATFORM_STATUS } } }, false, false, platform_status, true },
	{ "commands of both", { .nr_commands = 2, .commands = { { SEVADM_EVENT_KVM,
	  SEVADM_KVM_REGISTER_REGION }, { SEVADM_EVENT_PSP, PLATFORM_STATUS } } }, false,
	  false, either_command, true },
	{ "longer than a second", { .longer_ns = 1000000000 }, false, false, longer_than_a_second,
	  false },
};

static bool test_passing(const struct passing *row)
{
	static struct sevadm_event all[SEEN_MAX], seen[SEEN_MAX];
	struct sevadm_event_filter wanted = row->wanted;
	int every = reader_of((struct sevadm_event_filter) {}, O_NONBLOCK), fd;
	size_t nr_all, nr_seen, i, k = 0;
	bool good = true;

	wanted.vm = row->first_vm ? vm_ids[0] : wanted.vm;
	wanted.pid = row->own_pid ? (__u32)getpid() : wanted.pid;
	fd = reader_of(wanted, O_NONBLOCK);
	make_all_sorts();
	nr_all = read_all(every, all);
	good &= check(readable(fd) == row->some);
	nr_seen = read_all(fd, seen);
	for (i = 0; i < nr_all; i++) {
		/*
		 * Only who filters by process may see fewer than there are: other tasks are at
		 * work.
		 */
		if (!row->passes(&all[i]) || (row->own_pid && all[i].pid != (__u32)getpid()))
			continue;
		good &= check(k < nr_seen && !memcmp(&seen[k], &all[i], sizeof(all[i])));
		k++;
	}
	good &= check(k == nr_seen) & check(!!nr_seen == row->some) & check(!readable(fd));
	if (!good)
		ksft_print_msg("%zu of %zu events passed, should be %zu\n", nr_seen, nr_all, k);
	close(every);
	close(fd);
	return good;
}

/* ---- waiting -------------------------------------------------------------------------------- */

/*
 * poll() and epoll see nothing in what is not wanted. What is wanted poll() sees at once; epoll
 * hears of it when readers are woken, which is at the next tick (module/reader.c).
 */
static bool test_poll(void)
{
	int fd = reader_of((struct sevadm_event_filter) { .vm = vm_ids[1] }, O_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool good = check(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	int i;

	for (i = 0; i < 20; i++)
		pin_once(&vms[0]);
	good &= check(!readable(fd)) & check(!epoll_wait(epoll, &event, 1, 0));
	fail_once(&vms[1]);
	good &= check(readable(fd)) & check(epoll_wait(epoll, &event, 1, EVENT_MS) == 1);
	close(epoll);
	close(fd);
	return good;
}

struct sleeper {
	int fd;
	atomic_int tid;
	struct sevadm_event event;
	ssize_t got;
	atomic_int done;
};

static void *sleep_in_read(void *argument)
{
	struct sleeper *sleeper = argument;

	atomic_store(&sleeper->tid, syscall(SYS_gettid));
	sleeper->got = read(sleeper->fd, &sleeper->event, sizeof(sleeper->event));
	atomic_store(&sleeper->done, 1);
	return NULL;
}

/* What /proc says of a thread behind @key; -1: nothing. */
static long of_thread(int tid, const char *key, char *state)
{
	char path[64], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "State:", 6))
			sscanf(line + 6, " %c", state);
		if (!strncmp(line, key, strlen(key)))
			value = atol(line + strlen(key));
	}
	if (file)
		fclose(file);
	return value;
}

/* How often a thread has gone to sleep so far; comes back when it sleeps. */
static long sleeps_of(struct sleeper *sleeper)
{
	const char key[] = "voluntary_ctxt_switches:";
	long before = -1, now = -1;
	char state = 0;

	do {
		before = now;
		usleep(20000);
		if (atomic_load(&sleeper->tid))
			now = of_thread(atomic_load(&sleeper->tid), key, &state);
	} while ((state != 'S' || now != before || now < 0) && !atomic_load(&sleeper->done));
	return now;
}

/*
 * A reader that waits for one VM sleeps through all that another one does, and loses nothing by it.
 */
static bool test_sleeper(void)
{
	struct sleeper sleeper = {
		.fd = reader_of((struct sevadm_event_filter) { .vm = vm_ids[1] }, 0),
	};
	pthread_t thread;
	unsigned int i;
	long slept;
	bool good;

	pthread_create(&thread, NULL, sleep_in_read, &sleeper);
	slept = sleeps_of(&sleeper);
	for (i = 0; i < RING; i++)
		pin_once(&vms[0]);
	/* Some ticks, at which those who are due are woken: it is not among them, not once. */
	usleep(100000);
	good = check(!atomic_load(&sleeper.done)) & check(sleeps_of(&sleeper) == slept);
	fail_once(&vms[1]);
	pthread_join(thread, NULL);
	good &= check(sleeper.got == sizeof(sleeper.event));
	good &= check(sleeper.event.type == SEVADM_EVENT_KVM && sleeper.event.vm == vm_ids[1]);
	close(sleeper.fd);
	return good;
}

/* A filter that lets pass what is there already wakes the reader that waits. */
static bool test_filter_wakes(void)
{
	struct sleeper sleeper = {
		.fd = reader_of((struct sevadm_event_filter) { .vm = vm_ids[1] }, 0),
	};
	pthread_t thread;
	__u64 from;
	bool good;

	pthread_create(&thread, NULL, sleep_in_read, &sleeper);
	sleeps_of(&sleeper);
	from = seek(sleeper.fd, SEVADM_SEEK_NEWEST, 0);
	fail_once(&vms[0]);
	usleep(100000);
	good = check(!atomic_load(&sleeper.done));
	/* What was passed over stays so until one goes back to it. */
	good &= check(!filter(sleeper.fd, (struct sevadm_event_filter) { .vm = vm_ids[0] }));
	usleep(100000);
	good &= check(!atomic_load(&sleeper.done));
	ioctl(sleeper.fd, SEVADM_IOC_EVENT_SEEK, &(struct sevadm_event_seek) {
		.size = sizeof(struct sevadm_event_seek), .whence = SEVADM_SEEK_SEQ, .seq = from });
	pthread_join(thread, NULL);
	good &= check(sleeper.got == sizeof(sleeper.event) && sleeper.event.seq == from);
	close(sleeper.fd);
	return good;
}

/* A reader that does not look learns how many were overwritten, wanted or not. */
static bool test_lost(void)
{
	struct sevadm_event_filter wanted = { .vm = vm_ids[1] };
	int fd = reader_of(wanted, O_NONBLOCK), other = device(O_NONBLOCK);
	__u64 from = seek(fd, SEVADM_SEEK_NEWEST, 0), next;
	struct sevadm_event event;
	bool good;

	do
		pin_once(&vms[0]);
	while ((next = seek(other, SEVADM_SEEK_NEWEST, 0)) < from + RING + 5);
	good = check(readable(fd));
	good &= check(read(fd, &event, sizeof(event)) == sizeof(event));
	good &= check(event.type == SEVADM_EVENT_LOST && event.seq == from);
	good &= check(event.count == next - RING - from);
	good &= check(!readable(fd));
	close(fd);
	close(other);
	return good;
}

static const struct wrong {
	const char *name;
	struct sevadm_event_filter wanted;
} wrongs[] = {
	{ "flag", { .flags = 1U << 31 } },
	{ "type", { .types = 1U << 31 } },
	{ "reserved", { .reserved = 1 } },
	{ "number of commands", { .nr_commands = SEVADM_FILTER_COMMANDS + 1 } },
	{ "type of a command", { .nr_commands = 1, .commands = { { SEVADM_EVENT_PIN, 1 } } } },
	{ "command behind the last", { .commands = { { SEVADM_EVENT_PSP, 1 } } } },
};

/* A filter that is refused leaves the one before it. */
static bool test_wrong(void)
{
	int fd = reader_of((struct sevadm_event_filter) { .vm = vm_ids[1] }, O_NONBLOCK);
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++)
		if (filter(fd, wrongs[i].wanted) != EINVAL) {
			ksft_print_msg("a wrong %s is not refused\n", wrongs[i].name);
			good = false;
		}
	fail_once(&vms[0]);
	good &= check(!readable(fd));
	good &= check(!filter(fd, (struct sevadm_event_filter) {}));
	fail_once(&vms[0]);
	good &= check(readable(fd));
	close(fd);
	return good;
}

/* ---- under load ----------------------------------------------------------------------------- */

static atomic_int stop, stop_reader, reading;

static void *make_noise(void *argument)
{
	while (!atomic_load(&stop))
		pin_once(argument);
	return NULL;
}

struct follower {
	__u64 from, next;	/* number of the first event, and of the one expected next */
	bool good;
};

/* Reads whole stretches: every event that is not read counts as lost. */
static void *follow(void *argument)
{
	static struct sevadm_event events[256];
	struct follower *follower = argument;
	int fd = device(O_NONBLOCK);
	ssize_t got, i;

	follower->next = follower->from = seek(fd, SEVADM_SEEK_NEWEST, 0);
	follower->good = true;
	atomic_store(&reading, 1);
	while (!atomic_load(&stop_reader) || readable(fd)) {
		got = read(fd, events, sizeof(events));
		for (i = 0; i < got / (ssize_t)sizeof(events[0]); i++) {
			if (events[i].seq != follower->next)
				follower->good = false;
			follower->next = events[i].seq + (events[i].type == SEVADM_EVENT_LOST ?
							  events[i].count : 1);
		}
	}
	close(fd);
	return NULL;
}

/* The ring gets larger and smaller under a reader, with events coming from two threads. */
static bool test_resize(void)
{
	static const unsigned int sizes[] = { 4096, 16, 1 << 17, 64, 1024, 32768, 16, 16384 };
	struct follower follower;
	pthread_t noise[2], reader;
	bool good = true;
	size_t i;
	int other;

	atomic_store(&stop, 0);
	atomic_store(&stop_reader, 0);
	atomic_store(&reading, 0);
	other = device(O_NONBLOCK);
	pthread_create(&reader, NULL, follow, &follower);
	while (!atomic_load(&reading))
		usleep(1000);
	pthread_create(&noise[0], NULL, make_noise, &vms[0]);
	pthread_create(&noise[1], NULL, make_noise, &vms[1]);
	/* A slow host goes on until there were events enough. */
	for (i = 0; i < 5 * ARRAY_SIZE(sizes) ||
	     seek(other, SEVADM_SEEK_NEWEST, 0) <= follower.from + 1000; i++) {
		good &= check(set_ring(sizes[i % ARRAY_SIZE(sizes)]));
		good &= check(ring() == sizes[i % ARRAY_SIZE(sizes)]);
		usleep(20000);
	}
	atomic_store(&stop, 1);
	pthread_join(noise[0], NULL);
	pthread_join(noise[1], NULL);
	/* What they did last is read as well. */
	atomic_store(&stop_reader, 1);
	pthread_join(reader, NULL);

	good &= check(follower.good) & check(follower.next > follower.from + 1000);
	good &= check(follower.next == seek(other, SEVADM_SEEK_NEWEST, 0));
	close(other);
	return good;
}

/* Events are kept where they fit. */
static bool test_kept(void)
{
	static struct sevadm_event events[SEEN_MAX];
	int fd = device(O_NONBLOCK);
	__u64 from, next;
	size_t count;
	bool good;

	good = check(set_ring(256));
	from = seek(fd, SEVADM_SEEK_NEWEST, 0);
	while ((next = seek(fd, SEVADM_SEEK_NEWEST, 0)) < from + 100)
		fail_once(&vms[0]);

	good &= check(set_ring(1024));
	seek(fd, SEVADM_SEEK_SEQ, from);
	count = read_all(fd, events);
	good &= check(count >= next - from && events[0].seq == from);

	good &= check(set_ring(32));
	seek(fd, SEVADM_SEEK_SEQ, from);
	count = read_all(fd, events);
	good &= check(count == 33 && events[0].type == SEVADM_EVENT_LOST);
	good &= check(events[0].seq == from && events[0].count == next - 32 - from);
	good &= check(events[1].seq == next - 32);

	good &= check(!set_ring(0)) & check(!set_ring(15)) & check(!set_ring((1 << 20) + 1));
	good &= check(ring() == 32);
	close(fd);
	return good;
}

/* Filters change all the time under a reader that waits and under events; nothing goes astray. */
static bool test_changing_filters(void)
{
	struct sevadm_event_filter one = { .vm = vm_ids[0] }, failures = {
		.flags = SEVADM_FILTER_FAILED };
	int fd = device(O_NONBLOCK), i;
	struct sevadm_event event;
	pthread_t noise[2];
	__u64 last = 0;
	bool good = true;

	atomic_store(&stop, 0);
	pthread_create(&noise[0], NULL, make_noise, &vms[0]);
	pthread_create(&noise[1], NULL, make_noise, &vms[1]);
	for (i = 0; i < 3000; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		good &= !filter(fd, i % 2 ? one : failures);
		if (poll(&p, 1, 1) < 0 || read(fd, &event, sizeof(event)) != sizeof(event))
			continue;
		/* Back to an event is where nobody ever goes by himself. */
		good &= event.seq > last && (event.type == SEVADM_EVENT_LOST ||
					     (i % 2 ? of_first_vm(&event) : failed(&event)));
		last = event.seq;
	}
	atomic_store(&stop, 1);
	pthread_join(noise[0], NULL);
	pthread_join(noise[1], NULL);
	close(fd);
	return check(good) & check(last);
}

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "poll and epoll see what is wanted", test_poll },
	{ "a reader that waits sleeps through the rest", test_sleeper },
	{ "another filter, and a seek, wake", test_filter_wakes },
	{ "lost events are counted", test_lost },
	{ "wrong filters are refused", test_wrong },
	{ "filters change under load", test_changing_filters },
	{ "events are kept in a ring of another size", test_kept },
	{ "the ring is resized under load", test_resize },
};

static __u64 newest_vm(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	int fd = device(0);
	__u64 newest = 0;

	while (!ioctl(fd, SEVADM_IOC_VM_QUERY, &query))
		newest = query.vm;
	close(fd);
	return newest;
}

int main(void)
{
	unsigned int before;
	const char *missing;
	size_t i;

	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(SEVADM_DEVICE, F_OK))
		ksft_exit_skip("no %s: the module sevadm is not loaded\n", SEVADM_DEVICE);
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("no %s: no SEV host\n", missing);
	for (i = 0; i < ARRAY_SIZE(vms); i++) {
		if (sev_vm_create(&vms[i], &host, SEV_TYPE_SEV, SEV_INIT_LEGACY,
				  GUEST_PAGES * SEV_PAGE_SIZE).err || sev_vm_init(&vms[i]).err)
			ksft_exit_fail_msg("a SEV VM cannot be initialised: %s\n", strerror(errno));
		vm_ids[i] = newest_vm();
	}
	before = ring();
	if (!set_ring(RING))
		ksft_exit_fail_msg("ring_events cannot be set: %s\n", strerror(errno));

	ksft_set_plan(ARRAY_SIZE(passing) + ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(passing); i++)
		ksft_test_result(test_passing(&passing[i]), "filter: %s\n", passing[i].name);
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		ksft_test_result(tests[i].run(), "%s\n", tests[i].name);
	set_ring(before);
	for (i = 0; i < ARRAY_SIZE(vms); i++)
		sev_vm_close(&vms[i]);
	ksft_finished();
}

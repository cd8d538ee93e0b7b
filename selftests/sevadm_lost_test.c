// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers that stop, while 100 000 events happen, learn exactly how many they have lost, each from
 * where it stood; one that keeps up loses none; the ring takes no more memory for any of them.
 *
 * The reader that keeps up is never more than half of the ring behind: events come in rounds of
 * that size, so that it does not depend on how busy the machine is.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/events.h"
#include "lib/sev_vm.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define EVENTS		100000
/* A region registered and released: the pin and the unpin, and KVM's operation for each. */
#define EVENTS_OF_PAIR	4
/* The stopped readers stop at different moments: one a round. */
#define STOPPED		3
#define BATCH		64

static struct sev_host host;
static struct sev_vm vm;
static unsigned long ring_events;

struct reader {
	int fd;
	__u64 start;		/* number of the event that it reads first */
	__u64 next;		/* of the event that must come next */
	__u64 read, lost;
	bool wrong;		/* something else came */
};

static struct reader fast, stopped[STOPPED];
static _Atomic __u64 fast_next;
static atomic_bool done;
static __u64 caused;		/* events, by the test itself */

/* ---- readers -------------------------------------------------------------------------------- */

static void reader_open(struct reader *reader)
{
	reader->fd = events_open(&reader->start);
	reader->next = reader->start;
}

/* Numbers have no gap: LOST takes the place of as many as it counts. */
static void reader_take(struct reader *reader, const struct sevadm_event *event)
{
	if (event->seq != reader->next && !reader->wrong) {
		ksft_print_msg("event %" PRIu64 " (type %u) comes where %" PRIu64 " should\n",
			       (uint64_t)event->seq, event->type, (uint64_t)reader->next);
		reader->wrong = true;
	}
	if (event->type == SEVADM_EVENT_LOST) {
		reader->lost += event->count;
		reader->next = event->seq + event->count;
	} else {
		reader->read++;
		reader->next = event->seq + 1;
	}
}

/* All that is there; returns how many records. */
static size_t reader_drain(struct reader *reader)
{
	struct sevadm_event events[BATCH];
	size_t records = 0;
	int count, i;

	while ((count = events_read(reader->fd, events, BATCH)) > 0) {
		for (i = 0; i < count; i++)
			reader_take(reader, &events[i]);
		records += count;
	}
	if (count < 0)
		ksft_exit_fail_msg("read: %s\n", strerror(errno));
	return records;
}

static void *read_fast(void *unused)
{
	struct pollfd poll_fd = { .fd = fast.fd, .events = POLLIN };

	while (reader_drain(&fast) || !done) {
		fast_next = fast.next;
		poll(&poll_fd, 1, 100);
	}
	return unused;
}

/* ---- events, and what they cost ------------------------------------------------------------- */

static void cause(unsigned long events)
{
	unsigned long i;

	for (i = 0; i < events; i += EVENTS_OF_PAIR) {
		struct sev_outcome in, out;

		in = sev_vm_register(&vm, (uintptr_t)vm.memory, SEV_PAGE_SIZE);
		out = sev_vm_unregister(&vm, (uintptr_t)vm.memory, SEV_PAGE_SIZE);
		if (in.err || out.err)
			ksft_exit_fail_msg("a region: errno %d, %d\n", in.err, out.err);
		caused += EVENTS_OF_PAIR;
	}
}

static void wait_for_fast(void)
{
	__u64 all = events_next();
	unsigned int tries;

	for (tries = 0; fast_next < all; tries++) {
		if (tries > 60000)
			ksft_exit_fail_msg("the reader does not get further than event %" PRIu64
					   " of %" PRIu64 "\n", (uint64_t)fast_next, (uint64_t)all);
		usleep(1000);
	}
}

/* Kibibytes of @key in /proc/meminfo. */
static long meminfo(const char *key)
{
	char line[256];
	long value = -1;
	FILE *file = fopen("/proc/meminfo", "re");

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			value = strtol(line + strlen(key) + 1, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

/* Bytes that functions of the module have from vmalloc(): the ring is among them. */
static unsigned long module_vmalloc(void)
{
	unsigned long from, to, size, sum = 0;
	char line[512];
	FILE *file = fopen("/proc/vmallocinfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "[sevadm]") &&
		    sscanf(line, "0x%lx-0x%lx %lu", &from, &to, &size) == 3)
			sum += size;
	if (file)
		fclose(file);
	return sum;
}

static unsigned long parameter(const char *name)
{
	unsigned long value = 0;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/sevadm/parameters/%s", name);
	file = fopen(path, "re");
	if (file && fscanf(file, "%lu", &value) != 1)
		value = 0;
	if (file)
		fclose(file);
	return value;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static unsigned long vmalloc_before, vmalloc_after;
static long slab_before, slab_after;

static void let_it_happen(void)
{
	unsigned long round = ring_events / 2 / EVENTS_OF_PAIR * EVENTS_OF_PAIR;
	pthread_t thread;
	unsigned int i;

	reader_open(&fast);
	fast_next = fast.next;
	if (pthread_create(&thread, NULL, read_fast, NULL))
		ksft_exit_fail_msg("no thread\n");

	/* Once round the ring, so that all that is ever allocated is. */
	cause(round);
	wait_for_fast();
	slab_before = meminfo("Slab");
	vmalloc_before = module_vmalloc();
	for (i = 0; caused < EVENTS + STOPPED * round; i++) {
		if (i < STOPPED)
			reader_open(&stopped[i]);
		cause(round);
		wait_for_fast();
	}
	vmalloc_after = module_vmalloc();
	slab_after = meminfo("Slab");

	done = true;
	pthread_join(thread, NULL);
	ksft_print_msg("%" PRIu64 " events by a ring of %lu\n", (uint64_t)caused, ring_events);
}

static bool test_fast(void)
{
	return check(!fast.wrong) & check(fast.lost == 0) & check(fast.read >= caused) &
	       check(fast.next == events_next()) & check(fast.read == fast.next - fast.start);
}

static bool test_stopped(struct reader *reader)
{
	__u64 all = events_next();

	reader_drain(reader);
	ksft_print_msg("stopped at event %" PRIu64 " for %" PRIu64 ": %" PRIu64 " lost, %" PRIu64
		       " read\n", (uint64_t)reader->start, (uint64_t)(all - reader->start),
		       (uint64_t)reader->lost, (uint64_t)reader->read);
	/* What was lost is all that is no longer in the ring, which is full. */
	return check(!reader->wrong) & check(all - reader->start >= EVENTS) &
	       check(reader->next == all) & check(reader->read == ring_events) &
	       check(reader->lost == all - reader->start - ring_events);
}

/* Each of EVENTS records kept would be some 20 MB. */
static bool test_memory(void)
{
	ksft_print_msg("slab %ld KiB, then %ld; the module's vmalloc %lu bytes, then %lu\n", slab_before,
		       slab_after, vmalloc_before, vmalloc_after);
	return check(vmalloc_before >= ring_events * sizeof(struct sevadm_event)) &
	       check(vmalloc_after == vmalloc_before) & check(slab_before > 0) &
	       check(slab_after - slab_before < 2048);
}

int main(void)
{
	const char *missing;
	unsigned int i;

	ksft_print_header();
	if (access(SEVADM_DEVICE, F_OK))
		ksft_exit_skip("no %s: the module sevadm is not loaded\n", SEVADM_DEVICE);
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: no SEV host\n", missing);
	ring_events = parameter("ring_events");
	if (!ring_events || ring_events > EVENTS / 4)
		ksft_exit_skip("a ring of %lu events: %u events are to go round it\n", ring_events,
			       EVENTS);
	if (sev_vm_create(&vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, SEV_PAGE_SIZE).err ||
	    sev_vm_init(&vm).err)
		ksft_exit_fail_msg("no SEV VM\n");

	ksft_set_plan(2 + STOPPED);
	let_it_happen();
	ksft_test_result(test_fast(), "who keeps up loses none\n");
	for (i = 0; i < STOPPED; i++)
		ksft_test_result(test_stopped(&stopped[i]), "stopped reader %u has lost so many\n", i);
	ksft_test_result(test_memory(), "the memory stays the same\n");
	sev_vm_close(&vm);
	ksft_finished();
}

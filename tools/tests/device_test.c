// SPDX-License-Identifier: GPL-2.0-only
/* The event stream: whole records of any size, as an older or a newer module would write them. */
#include <fcntl.h>
#include <unistd.h>

#include "cli/errors.h"
#include "kernel/device.h"
#include "test.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct seen {
	unsigned int nr;
	unsigned int stop_at;
	struct sevadm_event last;
};

static int see(const struct sevadm_event *event, void *context)
{
	struct seen *seen = context;

	seen->last = *event;
	return ++seen->nr == seen->stop_at ? -1 : EXIT_OK;
}

/* Return what device_read() makes of @length bytes that are there to be read. */
static int read_stream(const void *stream, size_t length, struct seen *seen)
{
	int ends[2], ret;

	if (pipe2(ends, O_NONBLOCK) || write(ends[1], stream, length) != (ssize_t)length)
		abort();
	capture_begin();
	ret = device_read(ends[0], see, seen);
	capture_end();
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static void whole_records(void)
{
	struct sevadm_event events[] = {
		{ .size = sizeof(events[0]), .seq = 1 }, { .size = sizeof(events[0]), .seq = 2 },
		{ .size = sizeof(events[0]), .seq = 3, .comm = "qemu" },
	};
	struct seen seen = {};

	EXPECT_NUMBER(read_stream(events, sizeof(events), &seen), EXIT_OK);
	EXPECT_NUMBER(seen.nr, 3);
	EXPECT_NUMBER(seen.last.seq, 3);
	EXPECT_TEXT(seen.last.comm, "qemu");
}

static void records_of_a_newer_module(void)
{
	struct {
		struct sevadm_event event;
		uint64_t unknown[2];
	} records[2] = {
		{ { .size = sizeof(records[0]), .seq = 1 }, { ~0ULL, ~0ULL } },
		{ { .size = sizeof(records[0]), .seq = 2, .peer_vm = 5 }, { ~0ULL, ~0ULL } },
	};
	struct seen seen = {};

	EXPECT_NUMBER(read_stream(records, sizeof(records), &seen), EXIT_OK);
	EXPECT_NUMBER(seen.nr, 2);
	EXPECT_NUMBER(seen.last.seq, 2);
	EXPECT_NUMBER(seen.last.peer_vm, 5);
}

static void records_of_an_older_module(void)
{
	struct sevadm_event event = {
		.size = offsetof(struct sevadm_event, comm), .seq = 9, .comm = "beyond",
	};
	struct seen seen = {};

	EXPECT_NUMBER(read_stream(&event, event.size, &seen), EXIT_OK);
	EXPECT_NUMBER(seen.nr, 1);
	EXPECT_NUMBER(seen.last.seq, 9);
	EXPECT_TEXT(seen.last.comm, "");
}

static void broken_records(void)
{
	static const uint32_t sizes[] = { 0, 3, sizeof(struct sevadm_event) + 8, UINT32_MAX };
	struct sevadm_event event = {};
	struct seen seen = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		event.size = sizes[i];
		EXPECT_NUMBER(read_stream(&event, sizeof(event), &seen), EXIT_REFUSED);
		EXPECT(captured_errors_size > 0);
	}
	EXPECT_NUMBER(read_stream("ab", 2, &seen), EXIT_REFUSED);
	EXPECT_NUMBER(seen.nr, 0);
}

static void the_handler_ends_the_reading(void)
{
	struct sevadm_event events[3] = {
		{ .size = sizeof(events[0]) }, { .size = sizeof(events[0]) },
		{ .size = sizeof(events[0]) },
	};
	struct seen seen = { .stop_at = 2 };

	EXPECT_NUMBER(read_stream(events, sizeof(events), &seen), -1);
	EXPECT_NUMBER(seen.nr, 2);
}

/* A pipe knows the ioctl no more than an older module does. */
static void a_module_without_filters(void)
{
	struct sevadm_event_filter wanted = { .size = sizeof(wanted), .vm = 1 };
	int ends[2];

	if (pipe2(ends, O_NONBLOCK))
		abort();
	EXPECT_NUMBER(device_filter(ends[0], &wanted), EXIT_OK);
	close(ends[0]);
	capture_begin();
	EXPECT_NUMBER(device_filter(ends[0], &wanted), EXIT_REFUSED);
	capture_end();
	close(ends[1]);
}

int main(void)
{
	static const struct test tests[] = {
		{ "whole records", whole_records },
		{ "records of a newer module", records_of_a_newer_module },
		{ "records of an older module", records_of_an_older_module },
		{ "broken records", broken_records },
		{ "a module without filters", a_module_without_filters },
		{ "the handler ends the reading", the_handler_ends_the_reading },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

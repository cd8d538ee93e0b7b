// SPDX-License-Identifier: GPL-2.0-only
/* Which line of a log is about what a limit refused: by its time, its process, its region. */
#include <stdlib.h>
#include <time.h>

#include "explain/refusals.h"
#include "report/moment.h"
#include "test.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define SECOND	1000000000LL
#define WHEN	1795765201LL	/* 2026-11-27T07:40:01Z */
#define REGION	"failed to register region (0x7f0000000000+0x80000000) error 'Cannot allocate memory'"

static const struct refusals one = {
	.list = { { .time_ns = WHEN * SECOND + SECOND / 2, .pid = 4711, .bytes = 0x80000000 } },
	.nr = 1,
};

static void lines(void)
{
	static const struct {
		const char *line;
		bool about;
	} rows[] = {
		/* QEMU's own log, and what libvirt makes of it. */
		{ "2026-11-27T07:40:01.503456Z qemu-system-x86_64: sev_ram_block_added: " REGION, true },
		{ "error: internal error: process exited while connecting to monitor: 2026-11-27T07:40:01.503456Z qemu-system-x86_64: " REGION, true },
		{ "Nov 27 07:40:01 host libvirtd[812]: internal error: qemu unexpectedly closed the monitor: 2026-11-27T07:40:01.6Z qemu-system-x86_64: " REGION, true },
		{ "2026-11-27T08:40:01.503456+01:00 qemu-kvm: " REGION, true },
		{ "2026-11-27T03:10:01,503456-0430 qemu-kvm: " REGION, true },
		/* In this machine's time zone. */
		{ "2026-11-27 07:40:01 qemu-kvm: " REGION, true },
		{ "Nov 27 07:40:01 host qemu-kvm[4711]: " REGION, true },
		{ "Nov 27 07:40:01 host sh[1]: qemu-kvm: " REGION, true },
		{ "Nov 27 07:40:02.4 host sh[1]: qemu-kvm: " REGION, true },
		{ "qemu-kvm[4711]: " REGION, true },
		{ "level=error msg=\"" REGION "\" qemuPid=4711 sandbox=a72636e02", true },
		/* Earlier, later, and of another year. */
		{ "2026-11-27T07:40:01.303456Z qemu-system-x86_64: " REGION, false },
		{ "2026-11-27T07:40:03.503456Z qemu-system-x86_64: " REGION, false },
		{ "2026-11-27T07:40:01.503456-01:00 qemu-system-x86_64: " REGION, false },
		{ "Nov 27 07:39:59 host sh[1]: qemu-kvm: " REGION, false },
		{ "Nov 27 07:40:03 host qemu-kvm[4711]: " REGION, false },
		{ "Dec 31 07:40:01 host qemu-kvm[4711]: " REGION, false },
		{ "2025-11-27T07:40:01.503456Z qemu-kvm: " REGION, false },
		/* At that time, but another process, or another region. */
		{ "Nov 27 07:40:01 host qemu-kvm[4712]: " REGION, false },
		{ "2026-11-27T07:40:01.503456Z qemu-system-x86_64: failed to register region (0x7f0000000000+0x40000000) error 'Cannot allocate memory'", false },
		/* It says neither when nor who. */
		{ "qemu-system-x86_64: " REGION, false },
		{ "4711 " REGION, false },
		{ "sh[4711]: " REGION, false },
		{ "2026-13-27T07:40:01Z " REGION, false },
		{ "9999-12-31T23:59:59.9999999999Z " REGION, false },
		{ "0001-01-01T00:00:00+99:99 " REGION, false },
		{ "qemu-kvm[4294972007]: " REGION, false },
		{ "", false },
	};
	const struct refusal *found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		found = refusals_find(&one, rows[i].line, (WHEN + 60) * SECOND);
		if (!!found != rows[i].about)
			ksft_print_msg("%s\n", rows[i].line);
		EXPECT(!!found == rows[i].about);
	}
}

static void old_lines(void)
{
	static const struct {
		const char *line;
		bool old;
	} rows[] = {
		{ "2026-11-27T07:40:01.5Z qemu-kvm: ", false },
		{ "Nov 27 07:39:52 host qemu-kvm[4711]: ", false },
		{ "qemu-kvm[4711]: ", false },
		{ "", false },
		{ "Nov 27 07:39:50 host qemu-kvm[4711]: ", true },
		{ "2026-11-27T07:39:51.4Z qemu-kvm: ", true },
		{ "2025-11-27T07:40:01.5Z qemu-kvm: ", true },
		/* Of another host, whose clock is fast or whose time zone is not said. */
		{ "2026-11-27 08:40:01.5 qemu-kvm: ", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (line_is_old(rows[i].line, WHEN * SECOND + SECOND / 2) != rows[i].old)
			ksft_print_msg("%s\n", rows[i].line);
		EXPECT(line_is_old(rows[i].line, WHEN * SECOND + SECOND / 2) == rows[i].old);
	}
}

/* Ten seconds from the last moment that it may mean, or to the first, and a nanosecond more. */
static void when_a_line_is_old(void)
{
	static const char *const written[] = {
		"2026-11-27T07:40:01.500000Z qemu-kvm: ", "2026-11-27T07:40:01Z qemu-kvm: ",
		"Nov 27 07:40:01 host qemu-kvm[1]: ",
	};
	struct moment moment;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(written); i++) {
		EXPECT(moment_find(written[i], WHEN * SECOND, &moment));
		EXPECT(!line_is_old(written[i], moment.to_ns + 10 * SECOND));
		EXPECT(line_is_old(written[i], moment.to_ns + 10 * SECOND + 1));
		EXPECT(!line_is_old(written[i], moment.from_ns - 10 * SECOND));
		EXPECT(line_is_old(written[i], moment.from_ns - 10 * SECOND - 1));
		EXPECT(!line_is_before(written[i], WHEN * SECOND, moment.to_ns));
		EXPECT(line_is_before(written[i], WHEN * SECOND, moment.to_ns + 1));
	}
}

/* December is of the year before, in January. */
static void years(void)
{
	const int64_t december = 1798761540LL * SECOND;	/* 2026-12-31T23:59:00Z */
	const struct refusals last = { .list = { { .time_ns = december, .pid = 1 } }, .nr = 1 };

	EXPECT(refusals_find(&last, "Dec 31 23:59:00 host sh[1]: ", december + 3600 * SECOND));
	EXPECT(!refusals_find(&last, "Dec 31 23:59:00 host sh[1]: ", december + 366 * 86400 * SECOND));
}

static void the_newest_are_kept(void)
{
	struct refusals many = {};
	unsigned int i;
	char line[64];

	EXPECT(!refusals_find(&many, "qemu-kvm[1]: ", 0));
	for (i = 1; i <= REFUSALS_MAX + 1; i++)
		refusals_add(&many, &(struct refusal) { .pid = i });
	EXPECT_NUMBER(many.nr, REFUSALS_MAX);
	EXPECT(!refusals_find(&many, "qemu-kvm[1]: ", 0));
	for (i = 2; i <= REFUSALS_MAX + 1; i++) {
		snprintf(line, sizeof(line), "qemu-kvm[%u]: ", i);
		EXPECT(refusals_find(&many, line, 0));
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "lines that are about a refusal, and lines that are not", lines },
		{ "lines that are old", old_lines },
		{ "when a line is old", when_a_line_is_old },
		{ "a line without a year is of the last one", years },
		{ "the newest refusals are kept", the_newest_are_kept },
	};

	setenv("TZ", "UTC", 1);
	tzset();
	run_tests(tests, ARRAY_SIZE(tests));
}

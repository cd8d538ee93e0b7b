// SPDX-License-Identifier: GPL-2.0-only
/* When lines of logs were written, in a time zone an hour east of Greenwich. */
#include <stdlib.h>
#include <time.h>

#include "cli/output.h"
#include "report/moment.h"
#include "test.h"

#define SECOND	1000000000LL
/* 2026-11-27 07:40:01 UTC. */
#define THEN	1795765201LL

static void beginnings(void)
{
	static const struct {
		const char *text;
		int64_t seconds, fraction, unit;
		const char *rest;
	} rows[] = {
		{ "2026-11-27T07:40:01Z qemu", THEN, 0, SECOND, "Z qemu" },
		{ "2026-11-27 07:40:01Z", THEN, 0, SECOND, "Z" },
		{ "2026-11-27T07:40:01.25Z", THEN, 250000000, 10000000, "Z" },
		{ "2026-11-27T07:40:01,123456Z", THEN, 123456000, 1000, "Z" },
		{ "2026-11-27T07:40:01.123456789Z", THEN, 123456789, 1, "Z" },
		{ "2026-11-27T07:40:01.1234567899Z", THEN, 123456789, 1, "Z" },
		{ "2026-11-27T07:40:01.000Z", THEN, 0, 1000000, "Z" },
		/* East and west. */
		{ "2026-11-27T08:40:01+01:00", THEN, 0, SECOND, "+01:00" },
		{ "2026-11-27T08:40:01+0100", THEN, 0, SECOND, "+0100" },
		{ "2026-11-27T02:10:01-05:30", THEN, 0, SECOND, "-05:30" },
		{ "2026-11-27T08:41:01.5+0101", THEN, 500000000, 100000000, "+0101" },
		/* This machine's own zone, also behind what is none. */
		{ "2026-11-27 08:40:01 x", THEN, 0, SECOND, " x" },
		{ "2026-11-27 08:40:01", THEN, 0, SECOND, "" },
		{ "2026-11-27 08:40:01+x", THEN, 0, SECOND, "+x" },
		{ "2026-11-27 08:40:01 5", THEN, 0, SECOND, " 5" },
		/* A full stop is no fraction. */
		{ "2026-11-27 08:40:01. Then", THEN, 0, SECOND, ". Then" },
		{ "2026-11-27 08:40:01,x", THEN, 0, SECOND, ",x" },
		{ "2026-07-01T00:00:00Z", 1782864000, 0, SECOND, "Z" },
		{ "1970-01-01T00:00:01Z", 1, 0, SECOND, "Z" },
		/* Years that no clock of nanoseconds has. */
		{ "1969-12-31T23:59:59Z", 0, 0, SECOND, "Z" },
		{ "9999-01-01T00:00:00Z", 0, 0, SECOND, "Z" },
		{ "2026-11-27" }, { "2026-11-27x07:40:01" }, { "2026-11-27T07:40" }, { "07:40:01" }, { "" },
	};
	struct moment moment;
	const char *rest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		rest = moment_take(rows[i].text, &moment);
		EXPECT(!rest == !rows[i].rest);
		if (!rest || !rows[i].rest)
			continue;
		EXPECT_TEXT(rest, rows[i].rest);
		EXPECT_NUMBER(moment.from_ns, rows[i].seconds * SECOND + rows[i].fraction);
		EXPECT_NUMBER(moment.to_ns - moment.from_ns, rows[i].unit - 1);
	}
}

/* Found wherever it is; a line of syslog is of this year, or of the last one if not yet. */
static void lines(void)
{
	static const struct {
		const char *line;
		int64_t now, seconds, fraction, unit;
	} rows[] = {
		{ "2026-11-27T07:40:01Z x", THEN, THEN, 0, SECOND },
		{ "time=\"2026-11-27T07:40:01.5Z\" level=error", THEN, THEN, 500000000, 100000000 },
		{ "a-b 1-2 2026-11-27 08:40:01: x", THEN, THEN, 0, SECOND },
		{ "Nov 27 08:40:01 host kernel: x", THEN, THEN, 0, SECOND },
		{ "Nov 27 08:40:01.25 host kernel: x", THEN, THEN, 250000000, 10000000 },
		{ "Nov 27 08:40:01", THEN + 3600, THEN, 0, SECOND },
		/* A clock may be a little behind. */
		{ "Nov 27 08:40:01 host", THEN - 86400, THEN, 0, SECOND },
		{ "Nov 27 08:40:01 host", THEN - 86401, THEN - 365 * 86400, 0, SECOND },
		{ "Jul  1 02:00:00 host", THEN, 1782864000, 0, SECOND },
		{ "Nov 27 08:40", THEN, -1 }, { "nov 27 08:40:01 host", THEN, -1 },
		{ "Foo 27 08:40:01 host", THEN, -1 }, { "-", THEN, -1 }, { "", THEN, -1 },
	};
	struct moment moment;
	bool found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		found = moment_find(rows[i].line, rows[i].now * SECOND, &moment);
		EXPECT_NUMBER(found, rows[i].seconds >= 0);
		if (!found || rows[i].seconds < 0)
			continue;
		EXPECT_NUMBER(moment.from_ns, rows[i].seconds * SECOND + rows[i].fraction);
		EXPECT_NUMBER(moment.to_ns - moment.from_ns, rows[i].unit - 1);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "beginnings", beginnings },
		{ "lines", lines },
	};

	/* In summer two hours: POSIX has the sign the other way round. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", true);
	tzset();
	run_tests(tests, ARRAY_SIZE(tests));
}

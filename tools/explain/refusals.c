// SPDX-License-Identifier: GPL-2.0-only
/* What limits have refused, and which line of a log is about it. */
#include "explain/refusals.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS	1000000000LL
/* What is refused is reported at once, by the same thread. */
#define LATEST_NS	SECOND_NS
/* The two clocks are not read at the same time. */
#define EARLIEST_NS	(SECOND_NS / 20)
#define DAY_S		86400

void refusals_add(struct refusals *refusals, const struct refusal *refusal)
{
	if (refusals->nr == REFUSALS_MAX) {
		memmove(refusals->list, refusals->list + 1,
			(REFUSALS_MAX - 1) * sizeof(refusals->list[0]));
		refusals->nr--;
	}
	refusals->list[refusals->nr++] = *refusal;
}

/* ---- when a line was written ----------------------------------------------------------------- */

/* From the first nanosecond that it may have been to the last. */
struct moment {
	int64_t from_ns, to_ns;
};

/* Return the nanoseconds that ".25" is, in @unit those of its last digit; move @at behind it. */
static int64_t take_fraction(const char **at, int64_t *unit)
{
	int64_t fraction = 0;

	*unit = SECOND_NS;
	if ((**at != '.' && **at != ',') || !isdigit((unsigned char)(*at)[1]))
		return 0;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
		if (*unit == 1)
			continue;
		*unit /= 10;
		fraction += (**at - '0') * *unit;
	}
	return fraction;
}

/* Return true if "Z", "+01:00" or "+0100" says how many seconds @east of Greenwich it is. */
static bool take_zone(const char *at, long *east)
{
	unsigned int hours, minutes;

	*east = 0;
	if (*at == 'Z')
		return true;
	if (*at != '+' && *at != '-')
		return false;
	if (sscanf(at + 1, "%2u:%2u", &hours, &minutes) != 2 &&
	    sscanf(at + 1, "%2u%2u", &hours, &minutes) != 2)
		return false;
	*east = (hours * 60L + minutes) * 60 * (*at == '-' ? -1 : 1);
	return true;
}

static void set_moment(struct moment *moment, time_t seconds, int64_t fraction, int64_t unit)
{
	/* A year that nanoseconds do not reach is none of the trace's either. */
	if (seconds < 0 || seconds >= INT64_MAX / SECOND_NS)
		seconds = 0;
	moment->from_ns = seconds * SECOND_NS + fraction;
	moment->to_ns = moment->from_ns + unit - 1;
}

/* 2026-11-27T07:40:01.123456Z, as QEMU and containers write it: anywhere in the line. */
static bool find_iso(const char *line, struct moment *moment)
{
	struct tm tm;
	const char *at, *end;
	int64_t fraction, unit;
	time_t seconds;
	long east;

	for (at = line; (at = strchr(at, '-')); at++) {
		if (at - line < 4)
			continue;
		memset(&tm, 0, sizeof(tm));
		end = strptime(at - 4, "%Y-%m-%d", &tm);
		if (!end || (*end != 'T' && *end != ' '))
			continue;
		end = strptime(end + 1, "%H:%M:%S", &tm);
		if (!end)
			continue;
		fraction = take_fraction(&end, &unit);
		tm.tm_isdst = -1;
		seconds = take_zone(end, &east) ? timegm(&tm) - east : mktime(&tm);
		set_moment(moment, seconds, fraction, unit);
		return true;
	}
	return false;
}

/* Nov 27 07:40:01, as journals and syslog begin a line: in this machine's time zone, of no year. */
static bool find_syslog(const char *line, int64_t now_ns, struct moment *moment)
{
	const time_t now = now_ns / SECOND_NS;
	struct tm today, tm = {};
	const char *end;
	int64_t fraction, unit;
	time_t seconds;

	if (!isupper((unsigned char)line[0]) || strlen(line) < 15 || !localtime_r(&now, &today))
		return false;
	tm.tm_year = today.tm_year;
	end = strptime(line, "%b %d %H:%M:%S", &tm);
	if (!end)
		return false;
	fraction = take_fraction(&end, &unit);
	tm.tm_isdst = -1;
	seconds = mktime(&tm);
	if (seconds > now + DAY_S) {
		tm.tm_year = today.tm_year - 1;
		tm.tm_isdst = -1;
		seconds = mktime(&tm);
	}
	set_moment(moment, seconds, fraction, unit);
	return true;
}

static bool find_moment(const char *line, int64_t now_ns, struct moment *moment)
{
	return find_iso(line, moment) || find_syslog(line, now_ns, moment);
}

bool line_is_old(const char *line, int64_t now_ns)
{
	struct moment moment;

	return find_moment(line, now_ns, &moment) &&
	       (moment.to_ns < now_ns - OLD_NS || moment.from_ns > now_ns + OLD_NS);
}

/* ---- whose it is ----------------------------------------------------------------------------- */

/* Return QEMU's pid, as journals ("qemu-kvm[1]: ") and kata ("qemuPid=1") have it; 0: not said. */
static unsigned long process_of(const char *line)
{
	const char *at = strstr(line, "qemuPid=");

	if (at)
		return strtoul(at + strlen("qemuPid="), NULL, 10);
	for (at = line; (at = strstr(at, "qemu")); at++) {
		const char *end = at + strcspn(at, " [:");
		char *after;
		unsigned long pid;

		if (*end != '[')
			continue;
		pid = strtoul(end + 1, &after, 10);
		if (after > end + 1 && !strncmp(after, "]:", 2))
			return pid;
	}
	return 0;
}

/* QEMU's "failed to register region (0x7f0000000000+0x80000000)": KVM pins whole pages. */
static bool has_other_size(const char *line, uint64_t bytes)
{
	const char *at = strstr(line, "register region (0x");
	const uint64_t page = getpagesize();
	uint64_t size;

	at = at ? strchr(at, '+') : NULL;
	if (!at || !bytes)
		return false;
	size = strtoull(at + 1, NULL, 16);
	return (size + page - 1) / page != (bytes + page - 1) / page;
}

static bool is_about(const struct refusal *refusal, const char *line, const struct moment *moment)
{
	const unsigned long pid = process_of(line);

	if (moment && (moment->to_ns < refusal->time_ns - EARLIEST_NS ||
		       moment->from_ns > refusal->time_ns + LATEST_NS))
		return false;
	if ((pid && pid != refusal->pid) || has_other_size(line, refusal->bytes))
		return false;
	return moment || pid;
}

const struct refusal *refusals_find(const struct refusals *refusals, const char *line,
				    int64_t now_ns)
{
	struct moment moment;
	bool known;
	size_t i;

	known = find_moment(line, now_ns, &moment);
	for (i = refusals->nr; i--;)
		if (is_about(&refusals->list[i], line, known ? &moment : NULL))
			return &refusals->list[i];
	return NULL;
}

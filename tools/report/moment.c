// SPDX-License-Identifier: GPL-2.0-only
/* When a line of a log was written. */
#include "report/moment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_NS	1000000000LL
#define DAY_S		86400

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

const char *moment_take(const char *text, struct moment *moment)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	int64_t fraction, unit;
	time_t seconds;
	long east;

	if (!end || (*end != 'T' && *end != ' '))
		return NULL;
	end = strptime(end + 1, "%H:%M:%S", &tm);
	if (!end)
		return NULL;
	fraction = take_fraction(&end, &unit);
	seconds = take_zone(end, &east) ? timegm(&tm) - east : mktime(&tm);
	set_moment(moment, seconds, fraction, unit);
	return end;
}

/* As QEMU and containers write it: anywhere in the line. */
static bool find_iso(const char *line, struct moment *moment)
{
	const char *at;

	for (at = line; (at = strchr(at, '-')); at++)
		if (at - line >= 4 && moment_take(at - 4, moment))
			return true;
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

bool moment_find(const char *line, int64_t now_ns, struct moment *moment)
{
	return find_iso(line, moment) || find_syslog(line, now_ns, moment);
}

int64_t moment_of_boot(void)
{
	struct timespec now, since_boot;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since_boot);
	return (now.tv_sec - since_boot.tv_sec) * 1000000000LL + now.tv_nsec - since_boot.tv_nsec;
}

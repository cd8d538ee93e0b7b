// SPDX-License-Identifier: GPL-2.0-only
/* What limits have refused, and which line of a log is about it. */
#include "explain/refusals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/moment.h"

#define SECOND_NS	1000000000LL
/* What is refused is reported at once, by the same thread. */
#define LATEST_NS	SECOND_NS
/* The two clocks are not read at the same time. */
#define EARLIEST_NS	(SECOND_NS / 20)

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

bool line_is_old(const char *line, int64_t now_ns)
{
	struct moment moment;

	return moment_find(line, now_ns, &moment) &&
	       (moment.to_ns < now_ns - OLD_NS || moment.from_ns > now_ns + OLD_NS);
}

bool line_is_before(const char *line, int64_t now_ns, int64_t moment_ns)
{
	struct moment moment;

	return moment_find(line, now_ns, &moment) && moment.to_ns < moment_ns;
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

	known = moment_find(line, now_ns, &moment);
	for (i = refusals->nr; i--;)
		if (is_about(&refusals->list[i], line, known ? &moment : NULL))
			return &refusals->list[i];
	return NULL;
}

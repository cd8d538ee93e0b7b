/* SPDX-License-Identifier: GPL-2.0-only */
/* What limits have refused, and which line of a log is about it. */
#ifndef SEVADM_EXPLAIN_REFUSALS_H
#define SEVADM_EXPLAIN_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The newest; a tenant that is refused without end leaves no room for older ones. */
#define REFUSALS_MAX	32

/* A failure younger than this is explained by the host as it is now: somebody looks at once. */
#define OLD_NS		10000000000LL

/**
 * struct refusal - one
 * @time_ns: when, since 1970
 * @pid: whose KVM call was refused
 * @asid: an ASID was, for a limit or a guarantee of others; false: to pin memory was
 * @bytes: what it asked to have pinned; 0: not known
 */
struct refusal {
	int64_t time_ns;
	uint32_t pid;
	bool asid;
	uint64_t bytes;
};

/**
 * struct refusals - those that the trace holds; zeroes begin it
 * @nr: how many of @list there are, the oldest first
 */
struct refusals {
	struct refusal list[REFUSALS_MAX];
	size_t nr;
};

/** refusals_add() - take the next one; the oldest makes room for it */
void refusals_add(struct refusals *refusals, const struct refusal *refusal);

/**
 * refusals_find() - look for the refusal that a line is about
 * @line: of QEMU's, libvirt's or a journal, with what they put before it
 * @now_ns: since 1970: of which year a line without one is
 *
 * A line is about a refusal if it was written when that was refused, or has no time but names the
 * process. It is not if it names another process, or a region of another size. A line that says
 * neither when nor who may be about any failure.
 *
 * Return: NULL: none is known to be it.
 */
const struct refusal *refusals_find(const struct refusals *refusals, const char *line,
				    int64_t now_ns);

/**
 * line_is_old() - return true if a line was written more than OLD_NS ago, or has a time to come
 * @line: of QEMU's, libvirt's or a journal; one that says no time may be of now
 * @now_ns: since 1970
 */
bool line_is_old(const char *line, int64_t now_ns);

/**
 * line_is_before() - return true if a line says that it was written before a moment
 * @line: as for line_is_old()
 * @now_ns: since 1970: of which year a line without one is
 * @moment_ns: the moment, since 1970
 */
bool line_is_before(const char *line, int64_t now_ns, int64_t moment_ns);

#endif

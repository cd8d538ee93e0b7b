// SPDX-License-Identifier: GPL-2.0-only
/*
 * libvirt's logs of domains. Each start has a first and, if it fails, a last line with the time
 * (src/qemu/qemu_process.c):
 *
 *	2026-11-27 07:47:00.012+0000: starting up libvirt version: 9.0.0, ...
 *	2026-11-27 07:47:00.412+0000: shutting down, reason=failed
 */
#include "host/libvirt_log.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "host/read.h"
#include "report/moment.h"

/* The youngest part of a log, of which one start with QEMU's arguments has some 10 KiB. */
#define TAIL_BYTES	(256L << 10)
#define LINE_BYTES	(64 << 10)

/* Failures and lines of logs are timed by different clocks and at different places. */
#define SLACK_NS	500000000ULL

/* The text after the time, NULL: the line has none. libvirt writes UTC. */
static const char *take_time(const char *line, uint64_t *time_ns)
{
	static const char zone[] = "+0000: ";
	struct moment moment;
	const char *rest = moment_take(line, &moment);

	if (!rest || strncmp(rest, zone, strlen(zone)))
		return NULL;
	*time_ns = moment.from_ns;
	return rest + strlen(zone);
}

static bool begins_with(const char *text, const char *head)
{
	return !strncmp(text, head, strlen(head));
}

static bool failed_at(FILE *file, uint64_t time_ns)
{
	static char line[LINE_BYTES];
	uint64_t begun = 0, at;
	const char *text;

	if (!fseek(file, -TAIL_BYTES, SEEK_END) && !fgets(line, sizeof(line), file))
		return false;
	while (fgets(line, sizeof(line), file)) {
		text = take_time(line, &at);
		if (!text)
			continue;
		if (begins_with(text, "starting up"))
			begun = at;
		else if (begins_with(text, "shutting down, reason=failed") && begun &&
			 begun <= time_ns + SLACK_NS && time_ns <= at + SLACK_NS)
			return true;
		else if (begins_with(text, "shutting down"))
			begun = 0;
	}
	return false;
}

/* Takes the domain's name, which has no slash, from the path of its log. */
static void take_name(const char *path, char *name, size_t size)
{
	const char *file = strrchr(path, '/') + 1;

	snprintf(name, size, "%.*s", (int)(strlen(file) - strlen(".log")), file);
}

bool libvirt_failed_start(const char *root, uint64_t time_ns, char *name, size_t size)
{
	char pattern[PATH_MAX];
	size_t i, found = 0;
	glob_t logs;
	FILE *file;

	rooted(pattern, root, "/var/log/libvirt/qemu/*.log");
	if (glob(pattern, GLOB_NOSORT, NULL, &logs))
		return false;
	for (i = 0; i < logs.gl_pathc && found < 2; i++) {
		file = fopen(logs.gl_pathv[i], "re");
		if (!file)
			continue;
		if (failed_at(file, time_ns) && ++found == 1)
			take_name(logs.gl_pathv[i], name, size);
		fclose(file);
	}
	globfree(&logs);
	return found == 1;
}

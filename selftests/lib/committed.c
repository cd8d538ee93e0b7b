// SPDX-License-Identifier: GPL-2.0-only
/* The figures that are committed in Documentation/benchmarks.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "../kselftest.h"
#include "committed.h"

#define COPY		"benchmarks.md"
#define TEXT_MAX	(1 << 16)
#define HEADING		"\n## Linux "

static char text[TEXT_MAX + 1];
static const char *part;	/* about the running kernel */
static unsigned int compared, above;

bool committed_read(void)
{
	char heading[sizeof(HEADING) + sizeof(((struct utsname *)0)->release) + 1];
	FILE *file = fopen(COPY, "re");
	struct utsname name;
	char *end;

	if (!file)
		return false;
	text[fread(text, 1, TEXT_MAX, file)] = '\0';
	fclose(file);
	uname(&name);
	snprintf(heading, sizeof(heading), HEADING "%s\n", name.release);
	part = strstr(text, heading);
	if (!part)
		return false;
	end = strstr(part + 1, HEADING);
	if (end)
		*end = '\0';
	return true;
}

/* Finds the line that begins with "| @cell |" at @from or later; NULL: there is none. */
static const char *find_line(const char *from, const char *cell)
{
	char begins[128];

	snprintf(begins, sizeof(begins), "\n| %s |", cell);
	from = strstr(from, begins);
	return from ? from + 1 : NULL;
}

/* Reads the number in bold of a cell; false: it has none. */
static bool number_in(const char *line, unsigned int column, long *number)
{
	const char *end;

	for (line++; column; column--) {
		line = strchr(line, '|');
		if (!line++)
			return false;
	}
	end = strchr(line, '|');
	line = strstr(line, "**");
	if (!line || !end || line > end)
		return false;
	*number = strtol(line + 2, NULL, 10);
	return true;
}

void committed_compare(const char *table, const char *row, unsigned int column, long figure)
{
	const char *line = part ? find_line(part, table) : NULL;
	long before = 0;

	if (!part)
		return;
	compared++;
	line = line ? find_line(line, row) : NULL;
	if (line && number_in(line, column, &before) &&
	    figure <= before + before * COMMITTED_PERCENT / 100 + COMMITTED_NOISE)
		return;
	above++;
	ksft_print_msg("%s, %s, column %u: %ld, where " COPY " has %ld\n", table, row, column,
		       figure, before);
}

unsigned int committed_compared(void)
{
	return compared;
}

unsigned int committed_above(void)
{
	return above;
}

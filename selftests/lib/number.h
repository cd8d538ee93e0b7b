/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of the command line. */
#ifndef SEVADM_NUMBER_H
#define SEVADM_NUMBER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns the number that @text is; ends the program with status 2 if it is none in this range. */
static inline unsigned long number_from(const char *text, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || end == text || value < min || value > max) {
		fprintf(stderr, "%s: '%s' is not a number from %lu to %lu\n",
			program_invocation_short_name, text, min, max);
		exit(2);
	}
	return value;
}

#endif /* SEVADM_NUMBER_H */

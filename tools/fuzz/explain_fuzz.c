// SPDX-License-Identifier: GPL-2.0-only
/* Logs of any text: each line ends within its steps, and the lines are linked within the log. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct refusals refusals = { .list = { { .pid = 1 } }, .nr = 1 };
	static struct log log;
	struct explanation list[CAUSES_MAX];
	struct facts facts;
	FILE *file;
	char *line;
	size_t i;

	line = strndup((const char *)data, size);
	file = size ? fmemopen((void *)data, size, "r") : NULL;
	if (!line || !file) {
		free(line);
		return 0;
	}
	memset(&log, 0, sizeof(log));
	log_read(&log, file);
	log_take_typed(&log, line);
	log_link(&log);
	facts_none(&facts);
	for (i = 0; i < log.nr; i++) {
		const struct reading *by = log.readings[i].by;

		if (explain_symptom(&log.readings[i].symptom, &facts, list) > CAUSES_MAX)
			abort();
		if (by &&
		    (by < log.readings || by >= log.readings + log.nr || by == &log.readings[i]))
			abort();
	}
	refusals_find(&refusals, line, 0);
	log_free(&log);
	fclose(file);
	free(line);
	return 0;
}

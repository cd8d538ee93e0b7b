// SPDX-License-Identifier: GPL-2.0-only
/* Saved facts about a host of any bytes, and all rules on what can be read of them. */
#include "check/host_rules.h"
#include "cli/errors.h"
#include "memfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_facts facts;
	struct report report = {};
	char path[32];
	int fd = memfile(data, size, path);

	if (load_host_facts(path, &facts) == EXIT_OK) {
		host_judge(&facts, report_target(&report, "fuzz", TARGET_OBJECT));
		report_free(&report);
		host_facts_free(&facts);
	}
	close(fd);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* A file that is judged as one target. */
#include "report/check_file.h"

#include <stdlib.h>

void report_check_file(struct report *report, const struct file_name *name,
		       bool (*judge)(const void *context, struct target *target, char *bytes,
				     size_t size),
		       const void *context)
{
	struct target *target = report->targets[report->nr - 1];
	const char *why;
	size_t size;
	char *bytes;
	bool is_xml;

	bytes = file_read(name->path, &size, &why);
	is_xml = bytes && *bytes == '<';
	if (!bytes) {
		target_unreadable(target, 0, "%s", why);
	} else if (!judge(context, target, bytes, size)) {
		/* Other files live beside VMs. */
		if (name->found)
			report_drop(report);
		else
			target_unreadable(target, 0, "there is no %s in it%s", report->what,
					  is_xml ? ": it is XML, for check domain" : "");
	}
	free(bytes);
}

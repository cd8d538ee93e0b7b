// SPDX-License-Identifier: GPL-2.0-only
/* Domains of any bytes: reading, all rules, and corrections that must stay well-formed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct domain domain = { .path = "fuzz.xml", .qemu_version = QEMU_VERSION(5, 2) };
	struct report report = {};
	struct xml_error error;
	char *bytes, *fixed;
	xmlDoc *doc;

	doc = xml_read((const char *)data, size, &error);
	if (!doc)
		return 0;
	if (!strcmp((const char *)xmlDocGetRootElement(doc)->name, "domain")) {
		domain.target = report_target(&report, domain.path, TARGET_FILE);
		domain_judge(&domain, xmlDocGetRootElement(doc));
		domain_forget(&domain);
		bytes = malloc(size + 1);
		if (!bytes)
			abort();
		memcpy(bytes, data, size);
		bytes[size] = '\0';
		fixed = domain_fix(&domain, bytes, &size,
				   report_target(&report, domain.path, TARGET_FILE));
		if (!fixed)
			abort();
		free(fixed);
	}
	xmlFreeDoc(doc);
	report_free(&report);
	return 0;
}

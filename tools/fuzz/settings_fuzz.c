// SPDX-License-Identifier: GPL-2.0-only
/* Settings of any bytes, read by each reader, with all its rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct settings_kind *const kinds[] = {
		&kata_kind, &nova_kind, &proxmox_kind, &incus_kind
	};
	struct report report = {};
	char *bytes;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		bytes = malloc(size + 1);
		if (!bytes)
			abort();
		memcpy(bytes, data, size);
		bytes[size] = '\0';
		settings_judge(kinds[i], report_target(&report, "fuzz", TARGET_FILE), bytes, size);
		free(bytes);
	}
	report_free(&report);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* YAML of any bytes, with all rules of KubeVirt and their corrections. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check/kubevirt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = {};
	struct kubevirt_fixed fixed;
	char *bytes;

	kubevirt_judge(report_target(&report, "fuzz.yaml", TARGET_FILE), size % 2 ? 1009 : 0,
		       NULL, (const char *)data, size);
	report_free(&report);
	bytes = malloc(size + 1);
	if (bytes) {
		memcpy(bytes, data, size);
		free(kubevirt_fix(&fixed, "fuzz.yaml", size % 2 ? 1009 : 0, NULL, bytes, &size));
		report_free(&fixed.report);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* YAML of any bytes, with all rules of KubeVirt. */
#include <stdint.h>

#include "check/kubevirt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = {};

	kubevirt_judge(report_target(&report, "fuzz.yaml", TARGET_FILE), size % 2 ? 1009 : 0,
		       NULL, (const char *)data, size);
	report_free(&report);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Base64, certificates and sessions of any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sev/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const uint8_t *bytes)
{
	struct certificate_problem problem;

	json_object_put(certificate_json(bytes));
	certificate_judge(bytes, &problem);
	json_object_put(session_json(bytes));
	session_judge(bytes, &problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate_problem problem;
	uint8_t bytes[SEV_CERTIFICATE_BYTES] = {};
	size_t nr, bad;
	char *text;

	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	judge(bytes);
	text = strndup((const char *)data, size);
	if (!text)
		abort();
	base64_decode(text, bytes, 16, &nr, &bad);
	if (bad > strlen(text))
		abort();
	if (!base64_exact(text, bytes, SEV_SESSION_BYTES, &problem) ||
	    !base64_exact(text, bytes, SEV_CERTIFICATE_BYTES, &problem))
		judge(bytes);
	free(text);
	return 0;
}

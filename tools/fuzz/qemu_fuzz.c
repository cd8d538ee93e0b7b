// SPDX-License-Identifier: GPL-2.0-only
/* Command lines of QEMU of any words: one a line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *word;
	char **words = calloc(size + 4, sizeof(*words));
	int nr = 0;

	if (!text || !words)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	words[nr++] = (char *)"--";
	words[nr++] = (char *)"qemu";
	while ((word = strsep(&rest, "\n")))
		words[nr++] = word;
	check_qemu(nr, words);
	free(words);
	free(text);
	return 0;
}

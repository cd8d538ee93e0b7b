// SPDX-License-Identifier: GPL-2.0-only
/* Logs of any bytes, explained. */
#include "cli/command.h"
#include "memfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32], *words[] = { "explain", "--elsewhere", "--file", path, NULL };
	int fd = memfile(data, size, path);

	do_explain(4, words);
	close(fd);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Recordings of any bytes. */
#include "memfile.h"
#include "trace/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loaded loaded;
	char path[32];
	int fd = memfile(data, size, path);

	recording_load(path, &loaded);
	loaded_free(&loaded);
	close(fd);
	return 0;
}

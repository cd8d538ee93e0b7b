// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no healthy kernel writes into its log: vm/lib/splats.sh, as far as it can be said in words.
 * What KCSAN reports is mostly not about the module: vm/lib/races.sh judges that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "splats.h"

static const struct {
	const char *text;
	bool first;		/* only where a line begins */
} patterns[] = {
	{ "BUG: ", false },
	{ "kernel BUG at", false },
	{ "WARNING: ", true },
	{ "------------[ cut here ]", true },
	{ "Oops", true },
	{ "general protection", true },
	{ "stack segment", true },
	{ "double fault", true },
	{ "INFO: possible", true },
	{ "INFO: trying to register", true },
	{ "INFO: task", true },
	{ "detected stall", false },
	{ "self-detected stall", false },
	{ "KASAN: ", false },
	{ "UBSAN: ", false },
	{ "KFENCE: ", false },
	{ "refcount_t: ", false },
	{ "list_add corruption", true },
	{ "list_del corruption", true },
	{ "unable to handle ", false },
};

static bool is_splat(const char *line)
{
	const char *found;
	size_t i;

	if (!strncmp(line, "BUG: KCSAN: ", strlen("BUG: KCSAN: ")))
		return false;
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		found = strstr(line, patterns[i].text);
		if (found && (!patterns[i].first || found == line))
			return true;
	}
	return false;
}

int splats_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

unsigned int splats_count(int fd)
{
	unsigned int count = 0;
	char record[8192], *text;
	ssize_t got;

	/* EPIPE: some were overwritten; the next read has what is left. */
	while ((got = read(fd, record, sizeof(record) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		record[got] = '\0';
		text = strchr(record, ';');
		if (!text || !is_splat(text + 1))
			continue;
		ksft_print_msg("%.*s\n", (int)strcspn(text + 1, "\n"), text + 1);
		count++;
	}
	close(fd);
	return count;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * run_as UID GID COMMAND [ARGUMENT]...: COMMAND by that user, who is in that group alone. The
 * emulated host's busybox has nothing of the kind.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: run_as UID GID COMMAND [ARGUMENT]...\n", stderr);
		return 2;
	}
	if (setgroups(0, NULL) || setgid(strtoul(argv[2], NULL, 10)) ||
	    setuid(strtoul(argv[1], NULL, 10))) {
		perror("run_as");
		return 126;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}

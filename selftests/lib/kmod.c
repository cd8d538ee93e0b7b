// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and unload kernel modules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kmod.h"
#include "run.h"

static bool run(const char *const argv[])
{
	int status = 0;
	char *output = run_output(argv, &status);
	size_t i;

	free(output);
	if (output && !status)
		return true;
	printf("#");
	for (i = 0; argv[i]; i++)
		printf(" %s", argv[i]);
	printf(": exit status %d\n", status);
	return false;
}

bool kmod_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	return !access(path, F_OK);
}

bool kmod_load(const char *name, const char *parameter)
{
	return run((const char *const []) { "modprobe", name, parameter, NULL });
}

bool kmod_unload(const char *name)
{
	return run((const char *const []) { "rmmod", name, NULL });
}

bool kmod_load_sevadm(void)
{
	return run((const char *const []) { run_sevadm(), "module", "load", NULL });
}

bool kmod_unload_sevadm(void)
{
	return run((const char *const []) { run_sevadm(), "module", "unload", NULL });
}

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm trace set: what of the trace can be changed while the module is loaded. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/client.h"
#include "trace/trace.h"

#define PARAMETERS "/sys/module/sevadm/parameters/"

static const struct setting {
	const char *name;
	unsigned long long min, max;
} settings[] = {
	{ "ring_events", 16, 1 << 20 },
	{}
};

static int write_parameter(const char *name, unsigned long long value)
{
	char path[128];
	FILE *file;
	bool written;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	/* The mode holds for root as well, which access() does not know. */
	file = fopen(path, "re+");
	if (!file && errno == EACCES && !geteuid())
		return fail(EXIT_REFUSED,
			    "this module takes %s only when it is loaded: sevadm module unload, then modprobe sevadm %s=%llu",
			    name, name, value);
	if (!file)
		return fail(EXIT_REFUSED, "cannot set %s: %s%s", name, strerror(errno),
			    errno == EACCES ? ": run it as root" : "");
	written = fprintf(file, "%llu\n", value) > 0;
	if (fclose(file) || !written)
		return fail(EXIT_REFUSED, "the module refused %s=%llu: %m", name, value);
	return EXIT_OK;
}

static int set_one(char *word)
{
	char *value = strchr(word, '=');
	const struct setting *setting;
	unsigned long long number;
	int ret;

	if (!value)
		return fail(EXIT_USAGE, "\"%s\" is not NAME=VALUE", word);
	*value++ = '\0';
	for (setting = settings; setting->name && strcmp(setting->name, word); setting++)
		;
	if (!setting->name)
		return command_unknown("setting", word, settings, sizeof(*settings));
	ret = number_parse(setting->name, value, setting->max, &number);
	if (ret)
		return ret;
	if (number < setting->min)
		return fail(EXIT_USAGE, "%s has to be %llu at least", setting->name, setting->min);
	if (!client_module_loaded())
		return fail_absent();
	return write_parameter(setting->name, number);
}

int trace_set(int argc, char **argv)
{
	int i, ret = EXIT_OK;

	if (!argc)
		return fail(EXIT_USAGE, "trace set needs ring_events=NUMBER");
	for (i = 0; !ret && i < argc; i++)
		ret = set_one(argv[i]);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm: accountability of AMD SEV hosts. The table of objects, and what happens with argv. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "output.h"

static bool wants_help;
static bool wants_version;

static int set_json(void *options, const char *text)
{
	(void)options;
	(void)text;
	output_json = true;
	return EXIT_OK;
}

static int set_pretty(void *options, const char *text)
{
	output_pretty = true;
	return set_json(options, text);
}

static int set_help(void *options, const char *text)
{
	(void)options;
	(void)text;
	wants_help = true;
	return EXIT_OK;
}

static int set_version(void *options, const char *text)
{
	(void)options;
	(void)text;
	wants_version = true;
	return EXIT_OK;
}

const struct option_row global_options[] = {
	{ "json", 'j', NULL, "print JSON", NULL, set_json },
	{ "pretty", 'p', NULL, "print JSON for people", NULL, set_pretty },
	{ "help", 'h', NULL, "print this and exit", NULL, set_help },
	{ "version", 'V', NULL, "print the version and exit", NULL, set_version },
	{}
};

const struct object objects[] = {
	{ "status", "the host on one screen", status_commands, NULL },
	{ "vm", "VMs that hold SEV resources", vm_commands, NULL },
	{ "asid", "ASIDs of the host and who holds them", asid_commands, NULL },
	{ "trace", "what firmware and KVM were asked, and how it ended", trace_commands, NULL },
	{ "policy", "guest policies: what they say, and whether they hold", policy_commands, NULL },
	{ "explain", "why it failed: [--elsewhere] errno=-16 fw_error=0, or a LINE, or a log on stdin", NULL, do_explain },
	{ "module", "load, unload and inspect the kernel module", module_commands, NULL },
	{ "completion", "completion script for the shell", completion_commands, NULL },
	{}
};

static const struct object *find_object(const char *name)
{
	const struct object *object;

	for (object = objects; object->name; object++)
		if (!strcmp(object->name, name))
			return object;
	return NULL;
}

static int run(int argc, char **argv)
{
	const struct object *object;
	int ret;

	ret = options_take_global(&argc, argv);
	if (ret)
		return ret;
	if (wants_version) {
		puts("sevadm " SEVADM_VERSION);
		return EXIT_OK;
	}
	if (argc < 2) {
		help_program(wants_help ? stdout : stderr);
		return wants_help ? EXIT_OK : EXIT_USAGE;
	}
	if (argv[1][0] == '-')
		return command_unknown("option", argv[1], global_options, sizeof(*global_options));
	object = find_object(argv[1]);
	if (!object)
		return command_unknown("object", argv[1], objects, sizeof(*objects));
	if (wants_help) {
		help_object(stdout, object);
		return EXIT_OK;
	}
	return command_dispatch(object, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	/* A pipe without a reader is an error of write(): see output_finish(). */
	signal(SIGPIPE, SIG_IGN);
	return output_finish(run(argc, argv));
}

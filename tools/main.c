// SPDX-License-Identifier: GPL-2.0-only
/* sevadm: accountability of AMD SEV hosts. The table of objects, and what happens with argv. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/version.h"

static bool wants_help;
static bool wants_version;

static int set_pretty(void *options, const char *text)
{
	(void)options;
	(void)text;
	output_json = output_pretty = true;
	return EXIT_OK;
}

static const struct option_row option_table[] = {
	{ "json", 'j', NULL, "print JSON", OPTION_GLOBAL(output_json) },
	{ "pretty", 'p', NULL, "print JSON for people", NULL, set_pretty },
	{ "help", 'h', NULL, "print this and exit", OPTION_GLOBAL(wants_help) },
	{ "version", 'V', NULL, "print the version and exit", OPTION_GLOBAL(wants_version) },
	{}
};

static int do_help(int argc, char **argv);
static int do_version(int argc, char **argv);

static const struct object object_table[] = {
	{ "status", "the host on one screen", status_commands, NULL },
	{ "vm", "VMs that hold SEV resources", vm_commands, NULL },
	{ "asid", "ASIDs of the host and who holds them", asid_commands, NULL },
	{ "limit", "what the host, users and cgroups may pin, and take of the ASIDs",
	  limit_commands },
	{ "config", "limits as a file", config_commands },
	{ "trace", "what firmware and KVM were asked, and how it ended", trace_commands, NULL },
	{ "monitor", "limits met and passed, as it happens", NULL, do_monitor, NULL,
	  monitor_options },
	{ "top", "a live view of VMs, pools and limits", NULL, do_top, "[OPTIONS]", top_options },
	{ "report", "all that a ticket needs of this host, as one file", NULL, do_report, "[OPTIONS]",
	  report_options },
	{ "metrics", "for Prometheus and Kubernetes", metrics_commands },
	{ "check", "find what would keep a guest from starting", check_commands },
	{ "recommend", "limits on memory that fit a VM", recommend_commands, NULL },
	{ "policy", "guest policies: what they say, and whether they hold", policy_commands, NULL },
	{ "explain", "causes and remedies of what QEMU or a log says failed", NULL, do_explain,
	  "--last | [--elsewhere] [errno=N] [fw_error=N] | LINE | --file LOG; without any, a log on stdin, or --last at a prompt",
	  explain_options },
	{ "module", "load, unload and inspect the kernel module", module_commands, NULL },
	{ "completion", "completion script for the shell", completion_commands, NULL },
	{ "help", "this text, or that of an object", NULL, do_help, "[OBJECT]" },
	{ "version", "the version of the program", NULL, do_version },
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

static int do_help(int argc, char **argv)
{
	const struct object *object;

	if (argc > 2)
		return fail(EXIT_USAGE, "help takes one object at most");
	if (argc == 1) {
		help_program(stdout);
		return EXIT_OK;
	}
	object = find_object(argv[1]);
	if (!object)
		return command_unknown("object", argv[1], objects, sizeof(*objects));
	help_object(stdout, object);
	return EXIT_OK;
}

static void print_version(void)
{
	struct json_object *version;

	if (!output_json) {
		printf("sevadm %s\n", sevadm_version);
		return;
	}
	version = json_object_new_object();
	json_object_object_add(version, "version", json_object_new_string(sevadm_version));
	output_print_json(version);
	json_object_put(version);
}

static int do_version(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return fail(EXIT_USAGE, "version takes no arguments");
	print_version();
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	const struct object *object;
	int ret;

	ret = options_take_global(&argc, argv);
	if (ret)
		return ret;
	if (wants_version) {
		print_version();
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
	objects = object_table;
	global_options = option_table;
	/* A pipe without a reader is an error of write(): see output_finish(). */
	signal(SIGPIPE, SIG_IGN);
	return output_finish(run(argc, argv));
}

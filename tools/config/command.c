// SPDX-License-Identifier: GPL-2.0-only
/* sevadm config: the limits of a file become those of the module, and the other way round. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "config/config.h"
#include "config/file.h"
#include "limit/kernel.h"
#include "report/atomic_file.h"

static const struct option_row check_options[] = { FINDINGS_ROWS, {} };

struct apply {
	bool dry;
};

static const struct option_row apply_options[] = {
	{ "dry-run", 0, NULL, "only print what would change", OPTION_FLAG(struct apply, dry) },
	{}
};

static int check(int argc, char **argv)
{
	struct report report = {};
	struct limit_list list = {};
	const char *path = CONFIG_FILE;
	int ret;

	ret = options_parse(check_options, NULL, &argc, argv);
	if (!ret)
		ret = config_take_file("check", argc, argv, &path);
	if (ret)
		return ret;
	config_read(path, report_target(&report, config_name(path), TARGET_FILE), &list);
	limit_list_free(&list);
	return report_finish(&report);
}

static int apply(int argc, char **argv)
{
	struct limit_list list = {};
	const char *path = CONFIG_FILE;
	struct apply options = {};
	int ret;

	ret = options_parse(apply_options, &options, &argc, argv);
	if (!ret)
		ret = config_take_file("apply", argc, argv, &path);
	if (ret)
		return ret;
	ret = config_load(path, &list);
	if (!ret)
		ret = config_apply_list(&list, path, options.dry, false);
	limit_list_free(&list);
	return ret;
}

/* ---- save ---------------------------------------------------------------------------------- */

static int save(int argc, char **argv)
{
	struct limit_list list = {};
	const char *path = "-";
	size_t length = 0;
	char *text = NULL;
	FILE *file;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (!ret && argc)
		ret = config_take_file("save", argc, argv, &path);
	if (!ret)
		ret = limits_get_list(&list);
	if (ret)
		return ret;
	file = open_memstream(&text, &length);
	if (file) {
		config_write(file, &list);
		fclose(file);
	}
	if (!text)
		ret = fail(EXIT_REFUSED, "out of memory");
	else if (strcmp(path, "-"))
		ret = atomic_file_write(path, text, length);
	else
		fwrite(text, 1, length, stdout);
	free(text);
	limit_list_free(&list);
	return ret;
}

const struct command config_commands[] = {
	{ "check", "[FILE]", "whether a file (" CONFIG_FILE "; -: stdin) is understood",
	  check_options, check },
	{ "apply", "[FILE]", "make its limits the only ones, all of them or nothing", apply_options,
	  apply },
	{ "save", "[FILE]", "write the limits there are as such a file (stdout)", NULL, save },
	{ "watch", "[FILE]", "apply, and again whenever a cgroup of the file appears, or on SIGHUP",
	  NULL, config_watch },
	{}
};

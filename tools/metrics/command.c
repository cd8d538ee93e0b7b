// SPDX-License-Identifier: GPL-2.0-only
/* sevadm metrics: for Prometheus, and for Kubernetes' node-feature-discovery. */
#include <stdlib.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "limit/kernel.h"
#include "metrics/metrics.h"
#include "report/atomic_file.h"
#include "status.h"
#include "vm.h"

struct options {
	const char *textfile;
	unsigned int by_vm;
};

#define TEXTFILE_ROW \
	{ "textfile", 0, "FILE", "replace FILE as a whole instead of printing", \
	  OPTION_TEXT(struct options, textfile) }

static const struct option_row prometheus_options[] = {
	TEXTFILE_ROW,
	{ "by-vm", 0, "NUMBER", "at most so many VMs have samples of their own: 500; 0: none",
	  OPTION_NUMBER(struct options, by_vm, 0, 1000000) },
	{}
};

static const struct option_row nfd_options[] = {
	TEXTFILE_ROW,
	{}
};

/* Everything is asked for before anything is written: no half of a file. */
static int write_prometheus(FILE *file, const struct options *options)
{
	struct json_object *status, *limits = NULL, *vms = NULL;
	struct stats stats = {};
	int ret = status_get(&status);

	if (ret)
		return ret;
	status_add_tcb(status);
	ret = limits_try_get(&limits);
	if (!ret)
		ret = vms_get(&vms);
	if (!ret)
		ret = stats_take_live(&stats);
	if (!ret)
		metrics_write(file, status, limits, vms, options->by_vm);
	/* An older module counts no commands: then there are no such metrics. */
	if (!ret && stats.live)
		metrics_write_commands(file, &stats);
	free(stats.rows);
	json_object_put(vms);
	json_object_put(limits);
	json_object_put(status);
	return ret;
}

static int write_nfd(FILE *file, __attribute__((unused)) const struct options *options)
{
	struct json_object *status, *vms = NULL;
	int ret = status_get(&status);

	if (ret)
		return ret;
	ret = vms_get(&vms);
	if (!ret)
		metrics_write_nfd(file, status, vms);
	json_object_put(vms);
	json_object_put(status);
	return ret;
}

static int run(const char *command, int argc, char **argv, const struct option_row *rows,
	       int (*write)(FILE *file, const struct options *options))
{
	struct options options = { .by_vm = METRICS_BY_VM };
	size_t length = 0;
	char *text = NULL;
	FILE *file;
	int ret;

	ret = options_parse(rows, &options, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "metrics %s takes options only: see sevadm metrics --help",
			    command);
	file = open_memstream(&text, &length);
	if (!file)
		return fail(EXIT_REFUSED, "out of memory");
	ret = write(file, &options);
	fclose(file);
	if (!ret && options.textfile)
		ret = atomic_file_write(options.textfile, text, length);
	else if (!ret)
		fwrite(text, 1, length, stdout);
	free(text);
	return ret;
}

static int metrics_prometheus(int argc, char **argv)
{
	return run("prometheus", argc, argv, prometheus_options, write_prometheus);
}

static int metrics_nfd(int argc, char **argv)
{
	return run("nfd", argc, argv, nfd_options, write_nfd);
}

const struct command metrics_commands[] = {
	{ "prometheus", NULL, "pools, pinned memory, VMs and limits, as Prometheus reads them",
	  prometheus_options, metrics_prometheus },
	{ "nfd", NULL, "labels of a Kubernetes node, as node-feature-discovery reads them",
	  nfd_options, metrics_nfd },
	{}
};

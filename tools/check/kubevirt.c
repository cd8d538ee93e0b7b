// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check kubevirt: VMs, instance types and the KubeVirt object in files, and what --fix
 * writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/guest_host.h"
#include "check/kubevirt.h"
#include "check/placement.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "report/check_file.h"

struct options {
	unsigned int version;
	struct host_list hosts;
	const char *output;
	bool fix;
};

static int set_version(void *version, const char *text)
{
	unsigned int major, minor;

	text += *text == 'v';
	if (sscanf(text, "%3u.%3u", &major, &minor) != 2)
		return fail(EXIT_USAGE, "\"%s\" is not a version of KubeVirt: write 1.9", text);
	*(unsigned int *)version = KUBEVIRT_VERSION(major, minor);
	return EXIT_OK;
}

const struct option_row check_kubevirt_options[] = {
	{ "kubevirt-version", 0, "VERSION", "of the cluster's KubeVirt, such as 1.9",
	  OPTION_CALL(struct options, version, set_version) },
	{ "host", 0, "FILE", "the node it is for: what check host -j printed there; many, or a folder",
	  OPTION_CALL(struct options, hosts, host_list_add) },
	{ "fix", 0, NULL, "write FILE.fixed with what can be corrected, and say what that was",
	  OPTION_FLAG(struct options, fix) },
	{ "output", 0, "FILE", "the same, to this file (of one file)",
	  OPTION_TEXT(struct options, output) },
	FINDINGS_ROWS,
	{}
};

/**
 * struct job - what a file is judged for
 * @host: the node; NULL: none in particular
 * @path: the file
 * @ret: exit code of what is written
 */
struct job {
	const struct options *options;
	const struct host_facts *host;
	const char *path;
	int *ret;
};

/* Takes over @bytes. What was corrected is said once it is written. */
static int write_fixed(const struct job *job, char *bytes, size_t size)
{
	struct kubevirt_fixed fixed;
	int ret;

	bytes = kubevirt_fix(&fixed, job->path, job->options->version, job->host, bytes, &size);
	if (bytes)
		ret = file_write_fixed(job->path, job->options->output, bytes, size);
	else
		ret = fail(EXIT_REFUSED, "%s: cannot be corrected: %s", job->path, fixed.why);
	if (!ret)
		kubevirt_fixed_print(&fixed);
	report_free(&fixed.report);
	free(bytes);
	return ret;
}

static bool judge_file(const void *context, struct target *target, char *bytes, size_t size)
{
	const struct job *job = context;
	char *copy;
	int ret;

	if (!kubevirt_judge(target, job->options->version, job->host, bytes, size))
		return false;
	if (job->options->fix && !target->unreadable) {
		copy = malloc(size + 1);
		ret = copy ? write_fixed(job, memcpy(copy, bytes, size), size) : EXIT_REFUSED;
		*job->ret = *job->ret ?: ret;
	}
	return true;
}

static int check_files(const struct options *options, const struct file_list *files)
{
	struct report report = { .what = "VM, instance type or KubeVirt object" };
	int ret = EXIT_OK, code;
	struct job job = { .options = options, .ret = &ret };
	size_t nr, host;

	for (nr = 0; nr < files->nr; nr++) {
		host = 0;
		do {
			job.host = host_list_at(&options->hosts, host);
			job.path = files->names[nr].path;
			placement_target(&report, &options->hosts, job.path, NULL, job.host);
			report_check_file(&report, &files->names[nr], judge_file, &job);
		} while (++host < options->hosts.files.nr);
	}
	placement_report(&report, &options->hosts);
	code = report_finish(&report);
	return ret ?: code;
}

/* The same words as check domain has. */
static int judge_options(struct options *options, const struct file_list *files)
{
	size_t nr;

	options->fix |= !!options->output;
	if (options->output && files->nr != 1)
		return fail(EXIT_USAGE, "--output takes one file, not %zu", files->nr);
	for (nr = 0; nr < files->nr; nr++) {
		if (strcmp(files->names[nr].path, "-"))
			continue;
		if (options->fix && !options->output)
			return fail(EXIT_USAGE, "--fix of stdin needs --output FILE");
		if (options->hosts.files.nr > 1)
			return fail(EXIT_USAGE, "stdin is read once: many hosts need a FILE");
	}
	if (options->fix && options->hosts.files.nr > 1)
		return fail(EXIT_USAGE, "--fix takes one host, not %zu", options->hosts.files.nr);
	return EXIT_OK;
}

int check_kubevirt(int argc, char **argv)
{
	static const char *const endings[] = { ".yaml", ".yml", NULL };
	struct options options = {};
	struct file_list files = {};
	int i, ret;

	ret = options_parse(check_kubevirt_options, &options, &argc, argv);
	if (!ret && !argc)
		ret = fail(EXIT_USAGE, "check kubevirt needs a FILE, a folder, or - for stdin");
	for (i = 0; i < argc && !ret; i++)
		ret = file_list_add(&files, argv[i], endings);
	if (!ret)
		ret = judge_options(&options, &files);
	if (!ret)
		ret = host_list_load(&options.hosts);
	if (!ret)
		ret = check_files(&options, &files);
	host_list_free(&options.hosts);
	file_list_free(&files);
	return ret;
}

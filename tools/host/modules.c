// SPDX-License-Identifier: GPL-2.0-only
/* Facts about kvm_amd and ccp: loaded, installed, their parameters and their configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libkmod.h>

#include "cli/output.h"
#include "host/gather.h"
#include "host/read.h"

static const struct {
	const char *name;
	enum host_fact_id now;
	enum host_fact_id configured;
} parameters[] = {
	{ "sev", HOST_SEV, HOST_CONFIGURED_SEV },
	{ "sev_es", HOST_SEV_ES, HOST_CONFIGURED_SEV_ES },
	{ "sev_snp", HOST_SEV_SNP, HOST_CONFIGURED_SEV_SNP },
};

/* The kernel's kstrtobool(): Y, 1 and on are true. */
static bool is_true(const char *text)
{
	return strchr("yYtT1", text[0]) || !strncasecmp(text, "on", 2);
}

static void gather_parameters(const char *root, struct host_facts *facts)
{
	char path[PATH_MAX], text[16];
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		rooted(path, root, "/sys/module/kvm_amd/parameters/%s", parameters[i].name);
		ret = read_small(path, text, sizeof(text));
		if (!ret)
			host_set_number(facts, parameters[i].now, is_true(text));
		else if (host_is_not(facts, HOST_KVM_AMD))
			host_set_unknown(facts, parameters[i].now, "kvm_amd is not loaded");
		else
			host_set_unknown(facts, parameters[i].now,
					 ret == -ENOENT ? "this kernel's kvm_amd has no parameter %s" :
					 "kvm_amd's parameter %s cannot be read", parameters[i].name);
	}
}

/* Words "PARAMETER=VALUE"; the last one wins, as for the kernel. A bare name means true. */
static void take_options(const char *options, const char *prefix, struct host_facts *facts)
{
	char *copy = strdup(options), *word, *rest, *value;
	size_t i;

	for (word = copy ? strtok_r(copy, " \t", &rest) : NULL; word;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (strncmp(word, prefix, strlen(prefix)))
			continue;
		word += strlen(prefix);
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		for (i = 0; i < ARRAY_SIZE(parameters); i++)
			if (!strcmp(word, parameters[i].name))
				host_set_number(facts, parameters[i].configured,
						!value || is_true(value));
	}
	free(copy);
}

/* libkmod would write to stderr. */
static void be_quiet(void *data, int priority, const char *file, int line, const char *function,
		     const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function, (void)format;
	(void)args;
}

static void ask_kmod(struct kmod_ctx *ctx, struct host_facts *facts)
{
	struct kmod_list *list = NULL;
	struct kmod_config_iter *iter;
	const char *options;
	int ret;

	kmod_set_log_fn(ctx, be_quiet, NULL);
	/* Also true for what is built in; an alias resolves to nothing where no such module is. */
	ret = kmod_module_new_from_lookup(ctx, "kvm_amd", &list);
	if (ret < 0)
		host_set_unknown(facts, HOST_KVM_AMD_INSTALLED, "libkmod: %s", strerror(-ret));
	else
		host_set_number(facts, HOST_KVM_AMD_INSTALLED, !!list);
	kmod_module_unref_list(list);

	iter = kmod_config_get_options(ctx);
	while (iter && kmod_config_iter_next(iter)) {
		options = kmod_config_iter_get_value(iter);
		if (options && !strcmp(kmod_config_iter_get_key(iter), "kvm_amd"))
			take_options(options, "", facts);
	}
	if (iter)
		kmod_config_iter_free_iter(iter);
}

static void gather_configuration(const char *root, struct host_facts *facts)
{
	char etc[PATH_MAX], run[PATH_MAX], lib[PATH_MAX], modules[PATH_MAX];
	const char *const folders[] = { etc, run, lib, NULL };
	const char *kernel = host_text(facts, HOST_KERNEL);
	struct kmod_ctx *ctx;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		host_set_unknown(facts, parameters[i].configured,
				 "neither modprobe.d nor the kernel's command line sets it");
	rooted(etc, root, "/etc/modprobe.d");
	rooted(run, root, "/run/modprobe.d");
	rooted(lib, root, "/lib/modprobe.d");
	rooted(modules, root, "/lib/modules/%s", kernel ?: "");
	ctx = kmod_new(modules, root[0] ? folders : NULL);
	if (ctx) {
		ask_kmod(ctx, facts);
		kmod_unref(ctx);
	} else {
		host_set_unknown(facts, HOST_KVM_AMD_INSTALLED, "libkmod does not start");
	}
	if (host_text(facts, HOST_COMMAND_LINE))
		take_options(host_text(facts, HOST_COMMAND_LINE), "kvm_amd.", facts);
}

void gather_modules(const char *root, struct host_facts *facts)
{
	static const struct {
		const char *name;
		enum host_fact_id id;
	} rows[] = { { "kvm_amd", HOST_KVM_AMD }, { "ccp", HOST_CCP } };
	const bool sysfs = is_there(root, "/sys/module");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (sysfs)
			host_set_number(facts, rows[i].id, is_there(root, "/sys/module/%s", rows[i].name));
		else
			host_set_unknown(facts, rows[i].id, "/sys/module is not there");
	gather_parameters(root, facts);
	gather_configuration(root, facts);
}

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm module: load and unload sevadm.ko. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libkmod.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/adopt.h"
#include "kernel/client.h"
#include "status.h"

#define MODULE_NAME "sevadm"

struct load_options {
	bool no_adopt;
};

static const struct option_row load_options[] = {
	{ "no-adopt", 0, NULL, "leave VMs started before the module was loaded unaccounted",
	  OPTION_FLAG(struct load_options, no_adopt) },
	{}
};

/* What the errors of init_module() and delete_module() ask for. */
static const struct {
	int error;
	const char *remedy;
} remedies[] = {
	{ EPERM, "this needs CAP_SYS_MODULE (run it as root), and under Secure Boot a signed module" },
	{ ENOKEY, "the kernel does not trust its signature: enrol the key (mokutil --import)" },
	{ EKEYREJECTED, "the kernel does not trust its signature: enrol the key (mokutil --import)" },
	{ ENOEXEC, "it is not a module of the running kernel: build it for that one" },
	{ ENOENT, "a symbol or a module that it needs is missing: dmesg names it" },
	{ EBUSY, "it is in use: end the processes that have /dev/sevadm open, such as sevadm trace follow" },
	{ EAGAIN, "it is in use: end the processes that have /dev/sevadm open, such as sevadm trace follow" },
};

static int say_why(const char *what, const char *name, int error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].error == error)
			return fail(EXIT_REFUSED, "cannot %s %s: %s", what, name,
				    remedies[i].remedy);
	return fail(EXIT_REFUSED, "cannot %s %s: %s", what, name, strerror(error));
}

static int load_file(struct kmod_ctx *ctx, const char *path)
{
	struct kmod_module *module;
	int ret;

	ret = kmod_module_new_from_path(ctx, path, &module);
	if (ret == -EEXIST)
		return fail(EXIT_USAGE, "%s is not the only module of its name", path);
	if (ret < 0)
		return fail(EXIT_USAGE, "cannot read %s: %s", path, strerror(-ret));
	if (strcmp(kmod_module_get_name(module), MODULE_NAME)) {
		kmod_module_unref(module);
		return fail(EXIT_USAGE, "%s is not " MODULE_NAME ".ko", path);
	}
	ret = kmod_module_insert_module(module, 0, NULL);
	kmod_module_unref(module);
	if (ret == -EEXIST)
		return fail(EXIT_REFUSED,
			    "cannot load %s: the sevadm module is loaded already: sevadm module unload",
			    path);
	return ret ? say_why("load", path, -ret) : EXIT_OK;
}

static int load_installed(struct kmod_ctx *ctx)
{
	struct kmod_module *module;
	struct utsname host;
	const char *path;
	int ret;

	ret = kmod_module_new_from_name(ctx, MODULE_NAME, &module);
	if (ret < 0)
		return fail(EXIT_REFUSED, "cannot look for " MODULE_NAME ".ko: %s", strerror(-ret));
	path = kmod_module_get_path(module);
	/* The index of modules may be older than the removal of the file. */
	if (!path || access(path, F_OK)) {
		kmod_module_unref(module);
		uname(&host);
		return fail(EXIT_REFUSED,
			    MODULE_NAME ".ko is not installed for kernel %s: install it (dkms), or name the file: sevadm module load FILE",
			    host.release);
	}
	ret = kmod_module_probe_insert_module(module, KMOD_PROBE_FAIL_ON_LOADED |
					      KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
					      NULL, NULL, NULL, NULL);
	kmod_module_unref(module);
	if (ret == -EEXIST)
		return EXIT_OK;
	return ret ? say_why("load", MODULE_NAME, -ret) : EXIT_OK;
}

/* libkmod would write to stderr what sevadm says better. */
static void be_quiet(void *data, int priority, const char *file, int line, const char *function,
		     const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function, (void)format;
	(void)args;
}

static struct kmod_ctx *open_kmod(void)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);

	if (ctx)
		kmod_set_log_fn(ctx, be_quiet, NULL);
	else
		fail(EXIT_REFUSED, "libkmod does not start: %s", strerror(errno));
	return ctx;
}

static bool have_kvm_amd(void)
{
	return !access("/sys/module/kvm_amd", F_OK);
}

/* Older VMs that stay unaccounted are reported, but are not a failure to load the module. */
static int load_adopt(void)
{
	struct json_object *counts = NULL;
	int ret = EXIT_OK;

	if (have_kvm_amd())
		ret = adopt_vms(&counts);
	json_object_put(counts);
	if (ret)
		fail(ret, "the module is loaded, but what older VMs hold is not known: sevadm module adopt tries again");
	return EXIT_OK;
}

static int module_load(int argc, char **argv)
{
	struct load_options options = {};
	struct kmod_ctx *ctx;
	int ret;

	ret = options_parse(load_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (argc > 1)
		return fail(EXIT_USAGE, "module load takes one FILE at most");
	/* As modprobe does: what was asked for is so. A FILE, though, would not be what runs. */
	if (client_module_loaded() && !argc)
		return options.no_adopt ? EXIT_OK : load_adopt();
	if (client_module_loaded())
		return fail(EXIT_REFUSED,
			    "%s: another sevadm module is loaded: sevadm module unload", argv[0]);
	ctx = open_kmod();
	if (!ctx)
		return EXIT_REFUSED;
	ret = argc ? load_file(ctx, argv[0]) : load_installed(ctx);
	kmod_unref(ctx);
	return ret || options.no_adopt ? ret : load_adopt();
}

static int module_adopt(int argc, char **argv)
{
	struct json_object *counts;
	uint64_t adopted;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "module adopt takes no arguments");
	if (!have_kvm_amd())
		return fail(EXIT_REFUSED, "kvm_amd is not loaded: there are no VMs to adopt");
	ret = adopt_vms(&counts);
	if (ret)
		return ret;
	if (output_json) {
		output_print_json(counts);
	} else {
		adopted = json_get_u64(counts, "adopted");
		printf("%" PRIu64 " VM%s adopted", adopted, plural(adopted));
		if (json_object_get_int64(json_object_object_get(counts, "left")))
			fputs("; some were at work all the time: try again", stdout);
		putchar('\n');
	}
	json_object_put(counts);
	return EXIT_OK;
}

static int module_unload(int argc, char **argv)
{
	struct kmod_module *module;
	struct kmod_ctx *ctx;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "module unload takes no arguments");
	if (!client_module_loaded())
		return fail_absent();
	ctx = open_kmod();
	if (!ctx)
		return EXIT_REFUSED;
	ret = kmod_module_new_from_name(ctx, MODULE_NAME, &module);
	if (!ret) {
		ret = kmod_module_remove_module(module, 0);
		kmod_module_unref(module);
	}
	kmod_unref(ctx);
	return ret ? say_why("unload", MODULE_NAME, -ret) : EXIT_OK;
}

static int module_status(int argc, char **argv)
{
	struct json_object *module;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "module status takes no arguments");
	ret = status_get_module(&module);
	if (ret)
		return ret;
	if (output_json)
		output_print_json(module);
	else
		status_print_seams(module, true);
	json_object_put(module);
	return EXIT_OK;
}

const struct command module_commands[] = {
	{ "status", NULL, "version, state, and where it is attached", NULL, module_status },
	{ "load", "[FILE]", "load the installed module, or FILE, and adopt older VMs",
	  load_options, module_load },
	{ "adopt", NULL, "account VMs started before the module was loaded", NULL, module_adopt },
	{ "unload", NULL, "unload it; running VMs are not touched", NULL, module_unload },
	{}
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm module: what libkmod is asked and what its errors become, and which layout of kvm_amd's
 * structures the module is told for VMs that are older than it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <libkmod.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "netlink.h"
#include "test.h"

static char folder[] = "/tmp/sevadm-module-XXXXXX";

/**
 * struct host - how it behaves, and what was done to it
 * @loaded: the module is
 * @kvm_amd: so is that
 * @no_context: libkmod does not start
 * @found: what libkmod says of the module that it looks for; @done: of what it is to do
 * @name: of the module in the file; @file: where the installed one is
 * @starting: how often the module is found not to be attached yet
 * @adopted, @left: what it says of older VMs; @adopt_error: errno of that
 * @asked: what libkmod and the module were asked
 * @contexts, @modules: of libkmod that were not given back
 * @slept_ns: how long it waited
 */
static struct {
	bool loaded, kvm_amd, no_context;
	int found, done;
	const char *name, *file;
	unsigned int starting;
	uint32_t adopted, left;
	int adopt_error;
	char asked[1024];
	int contexts, modules;
	unsigned long slept_ns;
} host;

#define note(...)	append(host.asked, sizeof(host.asked), __VA_ARGS__)

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	host.name = "sevadm";
	host.file = "/lib/sevadm.ko";
	output_json = false;
}

/* ---- libkmod --------------------------------------------------------------------------------- */

/* What they are is libkmod's matter. */
static char context, module;

struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	EXPECT(!dirname && !config_paths);
	if (host.no_context) {
		errno = EMFILE;
		return NULL;
	}
	host.contexts++;
	return (struct kmod_ctx *)&context;
}

struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	EXPECT(ctx == (struct kmod_ctx *)&context);
	host.contexts--;
	return NULL;
}

void kmod_set_log_fn(struct kmod_ctx *ctx,
		     void (*log)(void *data, int priority, const char *file, int line,
				 const char *fn, const char *format, va_list args),
		     const void *data)
{
	va_list none;

	memset(&none, 0, sizeof(none));
	(void)ctx;
	log((void *)data, 0, "file", 1, "function", "libkmod's words\n", none);
}

static int found(const char *kind, const char *name, struct kmod_module **mod)
{
	note("%s %s\n", kind, name);
	if (host.found)
		return -host.found;
	host.modules++;
	*mod = (struct kmod_module *)&module;
	return 0;
}

int kmod_module_new_from_path(struct kmod_ctx *ctx, const char *path, struct kmod_module **mod)
{
	(void)ctx;
	return found("file", path, mod);
}

int kmod_module_new_from_name(struct kmod_ctx *ctx, const char *name, struct kmod_module **mod)
{
	(void)ctx;
	return found("name", name, mod);
}

struct kmod_module *kmod_module_unref(struct kmod_module *mod)
{
	EXPECT(mod == (struct kmod_module *)&module);
	host.modules--;
	return NULL;
}

const char *kmod_module_get_name(const struct kmod_module *mod)
{
	(void)mod;
	return host.name;
}

const char *kmod_module_get_path(const struct kmod_module *mod)
{
	(void)mod;
	return host.file;
}

int kmod_module_insert_module(struct kmod_module *mod, unsigned int flags, const char *options)
{
	(void)mod;
	note("insert %u %s\n", flags, options ?: "-");
	return -host.done;
}

int kmod_module_probe_insert_module(struct kmod_module *mod, unsigned int flags,
				    const char *options,
				    int (*run_install)(struct kmod_module *m, const char *cmdline,
						       void *data), const void *data,
				    void (*print_action)(struct kmod_module *m, bool install,
							 const char *options))
{
	(void)mod;
	EXPECT(!options && !run_install && !data && !print_action);
	EXPECT_NUMBER(flags, KMOD_PROBE_FAIL_ON_LOADED | KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY);
	note("probe\n");
	return -host.done;
}

int kmod_module_remove_module(struct kmod_module *mod, unsigned int flags)
{
	(void)mod;
	note("remove %u\n", flags);
	return -host.done;
}

/* ---- the host -------------------------------------------------------------------------------- */

static bool is_there(const char *path)
{
	if (!strcmp(path, "/sys/module/sevadm"))
		return host.loaded;
	if (!strcmp(path, "/sys/module/kvm_amd"))
		return host.kvm_amd;
	return !strcmp(path, "/lib/sevadm.ko");
}

int access(const char *path, int mode)
{
	char name[256];

	EXPECT_NUMBER(mode, F_OK);
	if (strncmp(path, "/sys/kernel/", 12))
		return is_there(path) ? 0 : -1;
	snprintf(name, sizeof(name), "%s%s", folder, path);
	return faccessat(AT_FDCWD, name, mode, 0);
}

/* What is below /sys is in the folder; the module's state is "coming" as often as is asked for. */
FILE *fopen(const char *path, const char *mode)
{
	char name[256];
	int fd;

	if (!strcmp(path, "/sys/module/sevadm/initstate")) {
		if (host.starting)
			host.starting--;
		else
			path = "/sys/module/sevadm/live";
	}
	snprintf(name, sizeof(name), "%s%s", strncmp(path, "/sys/", 5) ? "" : folder, path);
	fd = open(name, *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600);
	return fd < 0 ? NULL : fdopen(fd, *mode == 'w' ? "w" : "r");
}

/* What libbpf calls. */
FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	EXPECT_NUMBER(time->tv_sec, 0);
	host.slept_ns += time->tv_nsec;
	return 0;
}

/* ---- the module ------------------------------------------------------------------------------ */

static void note_numbers(const struct nlmsghdr *request)
{
	const char *at = (const char *)NLMSG_DATA(request) + GENL_HDRLEN;
	const struct nlattr *head;
	uint32_t number;

	for (; at < (const char *)request + request->nlmsg_len; at += NLA_ALIGN(head->nla_len)) {
		head = (const struct nlattr *)at;
		EXPECT_NUMBER(head->nla_len, NLA_HDRLEN + sizeof(number));
		memcpy(&number, at + NLA_HDRLEN, sizeof(number));
		note(" %u:%u", head->nla_type, number);
	}
	note("\n");
}

static void take_request(const struct nlmsghdr *request)
{
	const struct genlmsghdr *head = NLMSG_DATA(request);
	struct datagram *to;

	switch (head->cmd) {
	case SEVADM_CMD_ADOPT:
		note("adopt");
		note_numbers(request);
		if (host.adopt_error)
			break;
		to = next_datagram();
		answer_genl(to, request, 0, SEVADM_CMD_ADOPT);
		put_u32(to, SEVADM_A_ADOPT_ADOPTED, host.adopted);
		put_u32(to, SEVADM_A_ADOPT_LEFT, host.left);
		end_message(to);
		break;
	case SEVADM_CMD_STATUS_GET:
		to = next_datagram();
		answer_genl(to, request, 0, SEVADM_CMD_STATUS_GET);
		put_attribute(to, SEVADM_A_STATUS_VERSION, "7.1", 4);
		put_u32(to, SEVADM_A_STATUS_STATE, SEVADM_MODULE_STATE_ATTACHED);
		end_message(to);
		break;
	case SEVADM_CMD_SEAM_GET:
		to = next_datagram();
		answer_genl(to, request, NLM_F_MULTI, SEVADM_CMD_SEAM_GET);
		put_attribute(to, SEVADM_A_SEAM_NAME, "sev_vm_destroy", 15);
		put_attribute(to, SEVADM_A_SEAM_MODULE, "kvm_amd", 8);
		put_attribute(to, SEVADM_A_SEAM_ATTACHED, NULL, 0);
		put_attribute(to, SEVADM_A_SEAM_REQUIRED, NULL, 0);
		end_message(to);
		answer_done(request);
		return;
	default:
		ksft_exit_fail_msg("nobody asks that: %u\n", head->cmd);
	}
	answer_error(request, host.adopt_error, NULL, NO_OFFSET);
}

/* Types as kvm_amd's, one of whose members may have another name, or be a bit. */
static void write_types(const char *missing, bool bit)
{
	struct btf *base = btf__new_empty(), *btf;
	int u8 = btf__add_int(base, "bool", 1, BTF_INT_BOOL), u32 = btf__add_int(base, "int", 4, 0);
	int u64 = btf__add_int(base, "long", 8, 0), list, kvm, sev;
	const void *data;
	char name[256];
	uint32_t size;
	FILE *file;

#define NAME(name)	(strcmp(name, missing) ? (name) : "renamed")
	list = btf__add_struct(base, "list_head", 16);
	btf__add_field(base, "next", u64, 0, 0);
	btf__add_field(base, "prev", u64, 64, 0);
	kvm = btf__add_struct(base, NAME("kvm"), 48);
	btf__add_field(base, NAME("vm_list"), list, 128, 0);
	data = btf__raw_data(base, &size);
	snprintf(name, sizeof(name), "%s/sys/kernel/btf/vmlinux", folder);
	file = fopen(name, "w");
	fwrite(data, size, 1, file);
	fclose(file);

	btf = btf__new_empty_split(base);
	sev = btf__add_struct(btf, "kvm_sev_info", 64);
	btf__add_field(btf, NAME("active"), u8, bit ? 1 : 0, 0);
	btf__add_field(btf, NAME("es_active"), u8, 8, 0);
	btf__add_field(btf, NAME("asid"), strcmp(missing, "short") ? u32 : u8, 32, 0);
	btf__add_field(btf, NAME("handle"), u32, 64, 0);
	btf__add_field(btf, NAME("pages_locked"), u64, 128, 0);
	btf__add_field(btf, NAME("regions_list"), list, 192, 0);
	btf__add_field(btf, NAME("enc_context_owner"), u64, 320, 0);
	btf__add_struct(btf, NAME("kvm_svm"), 120);
	btf__add_field(btf, "kvm", kvm, 64, 0);
	btf__add_field(btf, "sev_info", sev, 448, 0);
	btf__add_struct(btf, "enc_region", 24);
	btf__add_field(btf, NAME("npages"), u64, 0, 0);
	btf__add_field(btf, NAME("list"), list, 64, 0);
#undef NAME
	data = btf__raw_data(btf, &size);
	snprintf(name, sizeof(name), "%s/sys/kernel/btf/kvm_amd", folder);
	file = fopen(name, "w");
	fwrite(data, size, 1, file);
	fclose(file);
	btf__free(btf);
	btf__free(base);
}

#define ADOPT "adopt 1:48 2:16 3:120 4:56 5:57 6:60 7:64 8:72 9:80 10:96 11:8 12:0\n"

/* ---- commands -------------------------------------------------------------------------------- */

/* Runs a command with up to two words. */
static int run(const char *name, const char *first, const char *second)
{
	const struct command *command = module_commands;
	char words[2][64], *argv[] = { words[0], words[1], NULL };
	int argc = !!first + !!second, ret;

	snprintf(words[0], sizeof(words[0]), "%s", first ?: "");
	snprintf(words[1], sizeof(words[1]), "%s", second ?: "");
	argv[argc] = NULL;
	while (strcmp(command->name, name))
		command++;
	capture_begin();
	ret = command->run(argc, argv);
	capture_end();
	EXPECT_NUMBER(host.contexts, 0);
	EXPECT_NUMBER(host.modules, 0);
	return ret;
}

static void installed_module_is_loaded(void)
{
	begin();
	EXPECT_NUMBER(run("load", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, "name sevadm\nprobe\n");
	EXPECT_TEXT(captured, "");
	EXPECT_TEXT(captured_errors, "");
	/* Somebody else was quicker. */
	begin();
	host.done = EEXIST;
	EXPECT_NUMBER(run("load", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(captured_errors, "");
	/* It is loaded: nothing to do. */
	begin();
	host.loaded = true;
	EXPECT_NUMBER(run("load", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, "");
}

static void file_is_loaded(void)
{
	begin();
	EXPECT_NUMBER(run("load", "/x/sevadm.ko", NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, "file /x/sevadm.ko\ninsert 0 -\n");
	begin();
	host.name = "another";
	EXPECT_NUMBER(run("load", "/x/another.ko", NULL), EXIT_USAGE);
	EXPECT_TEXT(host.asked, "file /x/another.ko\n");
	EXPECT_TEXT(captured_errors, "sevadm: /x/another.ko is not sevadm.ko\n");
	begin();
	host.loaded = true;
	EXPECT_NUMBER(run("load", "/x/sevadm.ko", NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: /x/sevadm.ko: another sevadm module is loaded: sevadm module unload\n");
	EXPECT_TEXT(host.asked, "");
	begin();
	EXPECT_NUMBER(run("load", "one", "two"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: module load takes one FILE at most\n");
	EXPECT_TEXT(host.asked, "");
}

static void loading_fails(void)
{
	static const struct {
		const char *file;
		int found, done, exit;
		const char *said;
	} rows[] = {
		{ "x.ko", EEXIST, 0, EXIT_USAGE, "x.ko is not the only module of its name" },
		{ "x.ko", ENOENT, 0, EXIT_USAGE, "cannot read x.ko: No such file or directory" },
		{ "x.ko", 0, EEXIST, EXIT_REFUSED,
		  "cannot load x.ko: the sevadm module is loaded already: sevadm module unload" },
		{ "x.ko", 0, EPERM, EXIT_REFUSED,
		  "cannot load x.ko: this needs CAP_SYS_MODULE (run it as root), and under Secure Boot a signed module" },
		{ "x.ko", 0, ENOMEM, EXIT_REFUSED, "cannot load x.ko: Cannot allocate memory" },
		{ NULL, ENOMEM, 0, EXIT_REFUSED, "cannot look for sevadm.ko: Cannot allocate memory" },
		{ NULL, 0, ENOKEY, EXIT_REFUSED,
		  "cannot load sevadm: the kernel does not trust its signature: enrol the key (mokutil --import)" },
		{ NULL, 0, ENOEXEC, EXIT_REFUSED,
		  "cannot load sevadm: it is not a module of the running kernel: build it for that one" },
		{ NULL, 0, ENOENT, EXIT_REFUSED,
		  "cannot load sevadm: a symbol or a module that it needs is missing: dmesg names it" },
		{ NULL, 0, EIO, EXIT_REFUSED, "cannot load sevadm: Input/output error" },
	};
	char said[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		host.kvm_amd = true;
		host.found = rows[i].found;
		host.done = rows[i].done;
		EXPECT_NUMBER(run("load", rows[i].file, NULL), rows[i].exit);
		snprintf(said, sizeof(said), "sevadm: %s\n", rows[i].said);
		EXPECT_TEXT(captured_errors, said);
		EXPECT(!strstr(host.asked, "adopt"));
	}
	for (i = 0; i < 2; i++) {
		begin();
		host.file = i ? "/gone" : NULL;
		EXPECT_NUMBER(run("load", NULL, NULL), EXIT_REFUSED);
		EXPECT_TEXT(host.asked, "name sevadm\n");
		EXPECT(strstr(captured_errors, "sevadm.ko is not installed for kernel "));
	}
	begin();
	host.no_context = true;
	EXPECT_NUMBER(run("load", NULL, NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: libkmod does not start: Too many open files\n");
}

/* With its offsets in the order of the interface; the module is waited for. */
static void older_vms_are_adopted(void)
{
	write_types("", false);
	begin();
	host.loaded = host.kvm_amd = true;
	host.adopted = 3;
	EXPECT_NUMBER(run("load", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, ADOPT);
	EXPECT_TEXT(captured, "");
	EXPECT_TEXT(captured_errors, "");
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(captured, "3 VMs adopted\n");
	EXPECT_NUMBER(host.slept_ns, 0);
	host.adopted = 1;
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(captured, "1 VM adopted\n");
	host.adopted = 3;
	host.left = 1;
	host.starting = 3;
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(captured, "3 VMs adopted; some were at work all the time: try again\n");
	EXPECT_NUMBER(host.slept_ns, 60000000);
	output_json = true;
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(captured, "{\"adopted\":3,\"left\":1}\n");
	/* One that never is there is not waited for without end. */
	begin();
	host.loaded = host.kvm_amd = true;
	host.starting = 1000000;
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_OK);
	EXPECT_NUMBER(host.slept_ns, 30000000000);
}

static void nobody_is_adopted(void)
{
	begin();
	host.loaded = host.kvm_amd = true;
	EXPECT_NUMBER(run("load", "--no-adopt", NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, "");
	host.loaded = false;
	EXPECT_NUMBER(run("load", "--no-adopt", NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, "name sevadm\nprobe\n");
	begin();
	host.loaded = true;
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: kvm_amd is not loaded: there are no VMs to adopt\n");
	EXPECT_NUMBER(run("adopt", "word", NULL), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: module adopt takes no arguments\n");
	EXPECT_TEXT(host.asked, "");
	/* The module is loaded all the same. */
	begin();
	host.loaded = host.kvm_amd = true;
	host.adopt_error = EINVAL;
	EXPECT_NUMBER(run("load", NULL, NULL), EXIT_OK);
	EXPECT(strstr(captured_errors, "the module is loaded, but what older VMs hold is not known: sevadm module adopt tries again"));
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: the kernel refused: Invalid argument\n");
}

/* A layout that is not understood is not handed on. */
static void layout_is_not_known(void)
{
	static const struct {
		const char *missing;
		bool bit;
		const char *what;
	} rows[] = {
		{ "kvm", false, "struct kvm is" }, { "vm_list", false, "struct kvm, member vm_list is" },
		{ "kvm_svm", false, "struct kvm_svm is" },
		{ "active", false, "struct kvm_svm, member sev_info.active is" },
		{ "es_active", false, "struct kvm_svm, member sev_info.es_active is" },
		{ "handle", false, "struct kvm_svm, member sev_info.handle is" },
		{ "pages_locked", false, "struct kvm_svm, member sev_info.pages_locked is" },
		{ "regions_list", false, "struct kvm_svm, member sev_info.regions_list is" },
		{ "enc_context_owner", false, "struct kvm_svm, member sev_info.enc_context_owner is" },
		{ "list", false, "struct enc_region, member list is" },
		{ "npages", false, "struct enc_region, member npages is" },
		{ "short", false, "struct kvm_svm, member sev_info.asid is" },
		{ "", true, "struct kvm_svm, member sev_info.active is" },
	};
	char said[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		write_types(rows[i].missing, rows[i].bit);
		begin();
		host.loaded = host.kvm_amd = true;
		EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_REFUSED);
		snprintf(said, sizeof(said), "sevadm: this kernel's %s not known: VMs started before the module was loaded stay unaccounted\n",
			 rows[i].what);
		EXPECT_TEXT(captured_errors, said);
		EXPECT_TEXT(host.asked, "");
	}
}

static void kernel_has_no_types(void)
{
	char name[128], other[128];

	begin();
	host.loaded = host.kvm_amd = true;
	write_types("", false);
	/* kvm_amd may be built in: then its types are the kernel's, which here has none of them. */
	snprintf(name, sizeof(name), "%s/sys/kernel/btf/kvm_amd", folder);
	unlink(name);
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_REFUSED);
	EXPECT(strstr(captured_errors, "this kernel's struct kvm_svm is not known"));
	folder_put(folder, "sys/kernel/btf/kvm_amd", 0600, "these are no types");
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_ABSENT);
	EXPECT(strstr(captured_errors, "sevadm: cannot read /sys/kernel/btf/kvm_amd: "));
	snprintf(name, sizeof(name), "%s/sys/kernel/btf/vmlinux", folder);
	snprintf(other, sizeof(other), "%s/vmlinux", folder);
	rename(name, other);
	EXPECT_NUMBER(run("adopt", NULL, NULL), EXIT_ABSENT);
	EXPECT_TEXT(captured_errors, "sevadm: cannot read /sys/kernel/btf/vmlinux: No such file or directory: the kernel needs CONFIG_DEBUG_INFO_BTF\n");
	EXPECT_TEXT(host.asked, "");
}

static void module_is_unloaded(void)
{
	begin();
	host.loaded = true;
	EXPECT_NUMBER(run("unload", NULL, NULL), EXIT_OK);
	EXPECT_TEXT(host.asked, "name sevadm\nremove 0\n");
	host.done = EAGAIN;
	EXPECT_NUMBER(run("unload", NULL, NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot unload sevadm: it is in use: end the processes that have /dev/sevadm open, such as sevadm trace follow\n");
	host.found = ENOMEM;
	EXPECT_NUMBER(run("unload", NULL, NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot unload sevadm: Cannot allocate memory\n");
	host.no_context = true;
	EXPECT_NUMBER(run("unload", NULL, NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: libkmod does not start: Too many open files\n");
	begin();
	EXPECT_NUMBER(run("unload", NULL, NULL), EXIT_ABSENT);
	EXPECT_NUMBER(run("unload", "word", NULL), EXIT_USAGE);
	EXPECT_TEXT(host.asked, "");
}

static void status_is_shown(void)
{
	begin();
	host.loaded = true;
	EXPECT_NUMBER(run("status", NULL, NULL), EXIT_OK);
	EXPECT(strstr(captured, "7.1") && strstr(captured, "attached") && strstr(captured, "sev_vm_destroy"));
	output_json = true;
	EXPECT_NUMBER(run("status", NULL, NULL), EXIT_OK);
	EXPECT(!strncmp(captured, "{\"version\":\"7.1\",\"state\":\"attached\",", 36));
	EXPECT(strstr(captured, "{\"name\":\"sev_vm_destroy\",\"module\":\"kvm_amd\",\"attached\":true,"));
	EXPECT_NUMBER(run("status", "word", NULL), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: module status takes no arguments\n");
	host.loaded = false;
	EXPECT_NUMBER(run("load", "--none", NULL), EXIT_USAGE);
	EXPECT_NUMBER(run("adopt", "--none", NULL), EXIT_USAGE);
	EXPECT_NUMBER(run("unload", "--none", NULL), EXIT_USAGE);
	EXPECT_NUMBER(run("status", "--none", NULL), EXIT_USAGE);
	EXPECT_TEXT(host.asked, "");
}

int main(void)
{
	static const struct test tests[] = {
		{ "the installed module is loaded", installed_module_is_loaded },
		{ "a file is loaded", file_is_loaded },
		{ "loading fails", loading_fails },
		{ "older VMs are adopted", older_vms_are_adopted },
		{ "nobody is adopted", nobody_is_adopted },
		{ "the layout is not known", layout_is_not_known },
		{ "the kernel has no types", kernel_has_no_types },
		{ "the module is unloaded", module_is_unloaded },
		{ "the status is shown", status_is_shown },
	};

	folder_make(folder);
	folder_put(folder, "sys/module/sevadm/initstate", 0600, "coming\n");
	folder_put(folder, "sys/module/sevadm/live", 0600, "live\n");
	folder_put(folder, "sys/kernel/btf/kvm_amd", 0600, "");
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

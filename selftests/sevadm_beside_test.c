// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm beside others that attach to the same functions, before it and after it; and beside what
 * happens to a host: ftrace switched off, processors that go and come, modules that are loaded at
 * the same time, a suspend. Each function is called as often with others as without, each side sees
 * each call, and the ledger is true.
 *
 * Wants a host with one ASID for SEV guests (--psp min-sev-asid=2 --psp max-asid=2), so that each
 * VM has the ASIDs recycled.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../module/seam_table.h"
#include "kselftest.h"
#include "lib/beside.h"
#include "lib/json.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/run.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define PARALLEL_LOADS	2	/* either one first */
#define HOTPLUG_LIVES	3

/*
 * Every function that is interposed on is called at least once, if it is for guests of this type;
 * and as often each time, which LAUNCH_UPDATE_DATA is not: one command for pages that happen to lie
 * together.
 */
#define LIFE	"create,init,register,launch_start,measure,finish,dbg_decrypt,mirror,close_mirror," \
		"unregister,migrate,close_source,close"

#define TEXT(...)	TEXT_AGAIN(__VA_ARGS__)
#define TEXT_AGAIN(...)	#__VA_ARGS__
#define SEAM(_module, _symbol, ...)	{ TEXT(_module), TEXT(_symbol) },

static const struct beside_function all[] = { SEVADM_SEAMS(SEAM) };
/* Those that this kernel has. */
static struct beside_function functions[ARRAY_SIZE(all)];
static size_t nr_functions;

typedef unsigned long long counts[ARRAY_SIZE(all)];

/* Calls of each function in one life, with nobody beside. */
static counts reference;

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return good;
}

static struct json_object *status(void)
{
	return run_json((const char *const []) { run_sevadm(), "-j", "module", "status", NULL });
}

static bool is_state(const char *want)
{
	struct json_object *answer = status();
	bool good = !strcmp(json_text(answer, "state"), want);

	if (!good)
		ksft_print_msg("the module is %s, should be %s: %s\n", json_text(answer, "state"),
			       want, json_object_to_json_string(answer));
	json_object_put(answer);
	return good;
}

static struct json_object *seam_of(struct json_object *answer, const char *name)
{
	struct json_object *seams = json_at(answer, "seams"), *seam;
	size_t i;

	for (i = 0; seams && i < json_object_array_length(seams); i++) {
		seam = json_object_array_get_idx(seams, i);
		if (!strcmp(json_text(seam, "name"), name))
			return seam;
	}
	return NULL;
}

/* Calls that came through each seam; each must be attached, with nothing to say about it. */
static bool hits(counts result)
{
	struct json_object *answer = status(), *seam;
	bool good = answer;
	size_t i;

	for (i = 0; i < nr_functions && answer; i++) {
		seam = seam_of(answer, functions[i].name);
		result[i] = json_number(seam, "hits");
		if (json_object_get_boolean(json_at(seam, "attached")) && !*json_text(seam, "reason"))
			continue;
		ksft_print_msg("%s\n", json_object_to_json_string(seam));
		good = false;
	}
	json_object_put(answer);
	return good;
}

static pid_t life_start(void)
{
	char *program = run_helper("sevlaunch");
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		execl(program, program, "--memory", "1", "--steps", LIFE, NULL);
		_exit(126);
	}
	free(program);
	return pid;
}

static bool life_end(pid_t pid)
{
	int how = 0;

	if (pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && !WEXITSTATUS(how))
		return true;
	ksft_print_msg("a guest did not live as it should: %#x\n", how);
	return false;
}

static bool life(void)
{
	return life_end(life_start());
}

static bool same(const char *who, const counts have, const counts want)
{
	bool good = true;
	size_t i;

	for (i = 0; i < nr_functions; i++) {
		if (have[i] == want[i])
			continue;
		ksft_print_msg("%s: %llu calls of %s, should be %llu\n", who, have[i],
			       functions[i].name, want[i]);
		good = false;
	}
	return good;
}

/* One life, each of whose calls comes through its seam. */
static bool life_is_seen(void)
{
	counts before, after;
	bool good = hits(before) && life() && hits(after);
	size_t i;

	for (i = 0; i < nr_functions; i++)
		after[i] -= before[i];
	return good && same("sevadm", after, reference) && !ledger_differences("after a life", NULL);
}

/* What the kernel, or KVM, calls for SEV-SNP alone. */
static bool is_of_snp(const char *function)
{
	static const char *const names[] = {
		"sev_do_cmd", "rmp_make_private", "rmp_make_shared", "snp_leak_pages",
		"__snp_leak_pages",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

static bool find_reference(void)
{
	counts before, after;
	size_t i;

	/* The first one finds an ASID that was never used. */
	if (!life() || !hits(before) || !life() || !hits(after))
		return false;
	for (i = 0; i < nr_functions; i++) {
		reference[i] = after[i] - before[i];
		if (!reference[i] && !is_of_snp(functions[i].name)) {
			ksft_print_msg("%s is not called at all\n", functions[i].name);
			return false;
		}
	}
	return life_is_seen();
}

static bool find_functions(void)
{
	struct json_object *answer = status(), *seam;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all) && answer; i++) {
		seam = seam_of(answer, all[i].name);
		if (json_number(seam, "error") != ENOENT)
			functions[nr_functions++] = all[i];
	}
	json_object_put(answer);
	return answer && beside_functions(functions, nr_functions);
}

/* ---- others --------------------------------------------------------------------------------- */

static bool both_see(const struct beside *other)
{
	counts before, after;
	size_t i;

	if (!other->calls(before) || !life_is_seen() || !other->calls(after))
		return false;
	for (i = 0; i < nr_functions; i++)
		after[i] -= before[i];
	return same(other->name, after, reference);
}

static void test_other(const struct beside *other)
{
	bool good = kmod_unload_sevadm() && other->start() && kmod_load_sevadm();

	good = good && both_see(other);
	other->stop();
	/* That the module goes on alone, the life beside the next one shows. */
	ksft_test_result(good, "%s that was there before\n", other->name);

	good = other->start() && both_see(other);
	other->stop();
	ksft_test_result(good && life_is_seen(), "%s that comes later\n", other->name);
}

/* What could take a call away from the module beside a livepatch, the kernel itself refuses. */
static bool nobody_may_modify(void)
{
	bool good = true;
	size_t i;

	for (i = 0; i < nr_functions; i++) {
		if (!beside_may_modify(i))
			continue;
		ksft_print_msg("a BPF program may change what %s returns\n", functions[i].name);
		good = false;
	}
	return good;
}

/* ---- the host ------------------------------------------------------------------------------- */

#define FTRACE_ENABLED	"/proc/sys/kernel/ftrace_enabled"

static bool is_reason(const char *function, const char *want)
{
	struct json_object *answer = status();
	const char *reason = json_text(seam_of(answer, function), "reason");
	bool good = !strcmp(reason, want);

	if (!good)
		ksft_print_msg("%s: '%s', should be '%s'\n", function, reason, want);
	json_object_put(answer);
	return good;
}

/* Newer kernels (7.x) do not let it be switched off at all. */
static bool ftrace_is_off(void)
{
	bool good = kmod_unload_sevadm(), off = write_text(FTRACE_ENABLED, "0");

	good = good && kmod_load_sevadm();
	if (off)
		good = good && is_state("degraded") &&
		       is_reason("sev_mem_enc_ioctl", "kernel.ftrace_enabled is 0") && life() &&
		       kmod_unload_sevadm() && write_text(FTRACE_ENABLED, "1") && kmod_load_sevadm();
	else
		ksft_print_msg("ftrace cannot be switched off: %s\n", strerror(errno));
	return good && is_state("attached") && life_is_seen();
}

static bool ftrace_stays_on(void)
{
	return !write_text(FTRACE_ENABLED, "0") && is_state("attached") && life_is_seen();
}

static bool set_cpu(const char *value)
{
	if (write_text("/sys/devices/system/cpu/cpu1/online", value))
		return true;
	ksft_print_msg("cpu1: %s\n", strerror(errno));
	return false;
}

static bool cpus_come_and_go(void)
{
	bool good = true;
	pid_t pid;
	int i;

	for (i = 0; i < HOTPLUG_LIVES && good; i++) {
		pid = life_start();
		good = set_cpu("0") & set_cpu("1") & life_end(pid);
	}
	return good && is_state("attached") && life_is_seen();
}

static pid_t start_module(bool sevadm)
{
	pid_t pid = fork();

	if (!pid)
		_exit(sevadm ? !kmod_load("sevadm", NULL) : !kmod_load("kvm_amd", NULL));
	return pid;
}

static bool loaded_at_once(void)
{
	bool good = true;
	pid_t one, other;
	int i;

	for (i = 0; i < PARALLEL_LOADS && good; i++) {
		view_oracle_forget();
		good = kmod_unload_sevadm() && kmod_unload("kvm_amd");
		one = start_module(i % 2);
		other = start_module(!(i % 2));
		good &= life_end(one) & life_end(other);
		good = good && is_state("attached") && life() && life_is_seen();
	}
	return good;
}

/* As far as to devices that sleep, and back: this machine has nothing that would wake it. */
static bool suspended(void)
{
	write_text("/sys/module/suspend/parameters/pm_test_delay", "1");
	if (!write_text("/sys/power/pm_test", "devices") || !write_text("/sys/power/state", "freeze")) {
		ksft_print_msg("the host cannot be suspended: %s\n", strerror(errno));
		return false;
	}
	return is_state("attached") && life_is_seen();
}

int main(void)
{
	static const struct {
		bool (*run)(void);
		const char *name;
	} cases[] = {
		{ nobody_may_modify, "no BPF program may change what a function returns" },
		{ ftrace_is_off, "kernel.ftrace_enabled is 0 before" },
		{ ftrace_stays_on, "kernel.ftrace_enabled cannot be set to 0 afterwards" },
		{ cpus_come_and_go, "processors go and come" },
		{ loaded_at_once, "kvm_amd and sevadm are loaded at once" },
		{ suspended, "the host is suspended" },
	};
	const char *missing;
	size_t i;

	ksft_print_header();
	missing = ledger_unavailable();
	if (missing)
		ksft_exit_skip("%s\n", missing);
	if (!find_functions())
		ksft_exit_fail_msg("what the module attaches to cannot be found out\n");
	setvbuf(stdout, NULL, _IOLBF, 0);

	for (i = 0; beside_all[i]; i++)
		;
	ksft_set_plan(1 + 2 * i + ARRAY_SIZE(cases));
	if (!find_reference())
		ksft_exit_fail_msg("not every function is called and seen with nobody beside\n");
	ksft_test_result_pass("nobody beside\n");
	for (i = 0; beside_all[i]; i++)
		test_other(beside_all[i]);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ksft_test_result(cases[i].run(), "%s\n", cases[i].name);
	ksft_finished();
}

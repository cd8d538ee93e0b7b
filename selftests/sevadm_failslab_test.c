// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of memory below a call, and each copy from and to user space, fails in turn. The
 * call fails or succeeds, sevadm's ledger equals kvm_amd's own state then and when all is given
 * back, and what finds faults on the debug kernel (make check-debug) finds none. Every ioctl of the
 * device, every command of netlink, and every call that comes to a seam; on a SEV-SNP host those
 * that come to the seams of SEV-SNP.
 *
 *	sevadm_failslab_test [NAME...]
 *
 * NAME: of a call, as it is printed; without: all.
 *
 * Wants CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC and CONFIG_FAULT_INJECTION_USERCOPY, with their
 * settings in debugfs: the kernel's Documentation/fault-injection/fault-injection.rst, "Systematic
 * faults using fail-nth".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/adopt_request.h"
#include "lib/ledger.h"
#include "lib/trials.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* A call that can fail at more places than that does not end. */
#define NTH_MAX		4096

/* ---- faults --------------------------------------------------------------------------------- */

static const struct {
	const char *path, *value;
} settings[] = {
	/* Those that may sleep, too; and any number of pages. */
	{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
	{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
	/* Backtraces are for faults that were not meant. */
	{ "/sys/kernel/debug/failslab/verbose", "0" },
	{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
	{ "/sys/kernel/debug/fail_usercopy/verbose", "0" },
};

static int fail_nth = -1;

static bool set_up(void)
{
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, settings[i].value, 1) != 1)
			return false;
		close(fd);
	}
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_nth >= 0;
}

/*
 * This task's @nth fault from now on comes true; 0: none. A fault that waits may hit the very copy
 * of this text; then it is gone, which 0 asks for.
 */
static void fail_at(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, length, 0) != length && (nth || errno != EFAULT))
		ksft_exit_fail_msg("fail-nth: %s\n", strerror(errno));
}

/* Return true if the fault has come; false if it hits the answer. */
static bool has_failed(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) > 0)
		return !strtoul(text, NULL, 10);
	if (errno != EFAULT)
		ksft_exit_fail_msg("fail-nth: %s\n", strerror(errno));
	return false;
}

/* ---- trials --------------------------------------------------------------------------------- */

struct tally {
	unsigned int met;	/* faults */
	unsigned int refused;	/* calls */
};

/* One call with one fault. False: something is wrong. */
static bool try_nth(const struct trial *trial, struct scene *s, unsigned int nth,
		    struct tally *tally)
{
	char where[128];
	bool good;
	int err;

	snprintf(where, sizeof(where), "%s: fault %u", trial->name, nth);
	s->vm = s->other = (struct sev_vm) { .fd = -1, .vcpu_fd = -1 };
	s->step = trial->step;
	err = trial->prepare(s);
	if (err)
		ksft_exit_fail_msg("%s: cannot be prepared: %s\n", where, strerror(err));
	fail_at(nth);
	err = trial->call(s);
	s->met = has_failed();
	fail_at(0);
	tally->met += s->met;
	tally->refused += err != 0;

	good = !err || (s->met && (trial->ends == BOTH_WAYS || err == EFAULT));
	if (!good)
		ksft_print_msg("%s: errno %d\n", where, err);
	if (trial->holds && !trial->holds(s, err)) {
		ksft_print_msg("%s: errno %d, and what should hold does not\n", where, err);
		good = false;
	}
	good &= !ledger_differences_quick(where);
	trial->undo(s);
	return good;
}

static unsigned int all_met;

static bool run_trial(const struct trial *trial, struct scene *s)
{
	struct tally tally = { 0 };
	struct ledger_totals totals = { 0 };
	unsigned int nth = 0;
	bool good = true;

	do {
		good &= try_nth(trial, s, ++nth, &tally);
	} while (s->met && nth < NTH_MAX);
	ksft_print_msg("%s: %u faults, %u of the calls failed\n", trial->name,
		       tally.met, tally.refused);
	all_met += tally.met;
	good &= !s->met && !ledger_differences(trial->name, &totals) && !totals.vms;
	return good && (trial->ends == ALWAYS_WELL || tally.refused);
}

/* Return true if the arguments name the trial, or if there are none. */
static bool is_chosen(const struct trial *trial, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], trial->name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const char *reason = ledger_unavailable(), *missing;
	static struct scene scene = { .device = -1 };
	const struct trial *tried = trials;
	size_t i, nr = trials_nr, chosen = 0;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!set_up())
		ksft_exit_skip("no fault injection here: see the beginning of its source\n");
	if (!sev_host_open(&scene.host, &missing))
		ksft_exit_fail_msg("%s: %s\n", missing, strerror(errno));

	if (sev_host_has_snp(&scene.host)) {
		tried = snp_trials;
		nr = snp_trials_nr;
	} else if (!adopt_request_prepare()) {
		ksft_exit_fail_msg("the kernel's BTF does not say where kvm_amd keeps its VMs\n");
	}

	for (i = 0; i < nr; i++)
		chosen += is_chosen(&tried[i], argc, argv);
	if (!chosen)
		ksft_exit_fail_msg("no call has that name on this host\n");
	ksft_set_plan(chosen);
	for (i = 0; i < nr; i++)
		if (is_chosen(&tried[i], argc, argv))
			ksft_test_result(run_trial(&tried[i], &scene), "%s\n", tried[i].name);
	ksft_print_msg("%u faults in all, until no allocation and no copy was left\n", all_met);
	sev_host_close(&scene.host);
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ccp, kvm_amd and sevadm are loaded and unloaded in every order that their dependencies allow,
 * with a guest each time that all three are there: the module attaches and lets go, and the ledger
 * is true. Between coming up and going down kvm_amd, or sevadm, goes and comes back while the
 * others stay.
 *
 * usage: sevadm_orders_test [COUNT]     how often a host is brought up and down (9: each way once;
 *                                       27: each with each of the reloads)
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/flavour.h"
#include "lib/json.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/run.h"
#include "lib/sev_steps.h"
#include "lib/stepper.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MODULES		3
#define MEMORY		(64UL << 10)

enum module { CCP, KVM_AMD, SEVADM, NONE };

static const char *const names[MODULES] = { "ccp", "kvm_amd", "sevadm" };

/* kvm_amd needs ccp; sevadm needs neither. */
static const enum module up[][MODULES] = {
	{ CCP, KVM_AMD, SEVADM },
	{ CCP, SEVADM, KVM_AMD },
	{ SEVADM, CCP, KVM_AMD },
};

static const enum module down[][MODULES] = {
	{ SEVADM, KVM_AMD, CCP },
	{ KVM_AMD, SEVADM, CCP },
	{ KVM_AMD, CCP, SEVADM },
};

/* What is reloaded alone, and then has a guest. */
static const enum module between[] = { KVM_AMD, SEVADM, NONE };

static bool load(enum module module)
{
	return module == SEVADM ? kmod_load_sevadm() : kmod_load(names[module], NULL);
}

static bool unload(enum module module)
{
	return module == SEVADM ? kmod_unload_sevadm() : kmod_unload(names[module]);
}

/* Attached when kvm_amd is there, waiting otherwise, and never degraded. */
static bool state_is_right(void)
{
	const char *const argv[] = { run_sevadm(), "-j", "module", "status", NULL };
	const char *want = kmod_loaded("kvm_amd") ? "attached" : "waiting";
	struct json_object *status;
	bool good;

	if (!kmod_loaded("sevadm"))
		return true;
	status = run_json(argv);
	good = !strcmp(json_text(status, "state"), want);
	if (!good)
		ksft_print_msg("the module is %s, should be %s\n", json_text(status, "state"), want);
	json_object_put(status);
	return good;
}

static bool bring_up(const enum module *order)
{
	bool good = true;
	int i;

	for (i = 0; i < MODULES && good; i++)
		good = load(order[i]) && state_is_right();
	return good;
}

static bool bring_down(const enum module *order)
{
	bool good = true;
	int i;

	view_oracle_forget();
	for (i = 0; i < MODULES && good; i++)
		good = unload(order[i]) && state_is_right();
	return good;
}

/* @killed: in the middle of its launch. */
static bool guest_is_counted(const struct flavour *f, bool killed)
{
	struct sev_launch_options options = {
		.type = f->type,
		.init = f->init,
		.memory = MEMORY,
		.regions = 2,
		.policy = f->policy,
	};
	struct ledger_totals totals = { 0 };
	struct stepper stepper;
	bool good = stepper_launch(&stepper, &options, killed);

	good = good && !ledger_differences("with a guest", &totals) && totals.vms == 1 &&
	       totals.pinned_bytes == MEMORY;
	if (killed || !good)
		stepper_kill(&stepper);
	else
		good = stepper_finish(&stepper);
	return !ledger_differences("without a guest", &totals) && !totals.vms && good;
}

static bool reload(enum module module, const struct flavour *f)
{
	if (module == NONE)
		return true;
	view_oracle_forget();
	return unload(module) && state_is_right() && load(module) && state_is_right() &&
	       guest_is_counted(f, false);
}

static void report(int round, const enum module *in, enum module again, const enum module *out,
		   bool good)
{
	ksft_test_result(good, "%d: up %s %s %s, %s%s, down %s %s %s\n", round, names[in[0]],
			 names[in[1]], names[in[2]], again == NONE ? "no reload" : "reload ",
			 again == NONE ? "" : names[again], names[out[0]], names[out[1]],
			 names[out[2]]);
}

int main(int argc, char **argv)
{
	const char *reason = ledger_unavailable();
	int rounds = argc > 1 ? atoi(argv[1]) : 9, failed = 0, i, flavour_count;

	if (argc > 2 || rounds < 1) {
		fprintf(stderr, "usage: %s [COUNT]\n", argv[0]);
		return 2;
	}
	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	flavour_count = flavours_here();
	signal(SIGPIPE, SIG_IGN);

	ksft_set_plan(rounds + 1);
	ksft_test_result(bring_down(down[0]), "taken down at first\n");
	for (i = 0; i < rounds; i++) {
		const enum module *in = up[i % ARRAY_SIZE(up)];
		const enum module *out = down[i / ARRAY_SIZE(up) % ARRAY_SIZE(down)];
		/* Nine rounds have each reload with each way up, and with each way down. */
		enum module again = between[(i + i / 3 + i / 9) % ARRAY_SIZE(between)];
		const struct flavour *f = &flavours[i % flavour_count];
		bool good = bring_up(in);

		good = good && guest_is_counted(f, i / flavour_count % 2) && reload(again, f);
		good &= bring_down(out);
		failed += !good;
		report(i + 1, in, again, out, good);
		if (!good)
			break;
	}
	/* As it was found. */
	if (!failed && !bring_up(up[0]))
		ksft_exit_fail_msg("the host does not come back\n");
	ksft_finished();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevlaunch: start a SEV VM step by step with KVM's ioctls, and stop, wait or die after any step.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/sev_steps.h"

enum exit_code {
	EXIT_GOOD = 0,
	EXIT_STEP_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3,
};

/* As the command line has it, before the steps are put together. */
struct arguments {
	struct sev_launch_options launch;
	const char *steps, *kill_at, *pause_at, *mark;
	unsigned long migrations;
	bool mirror, json, keep_going, hold, policy_given;
	double hold_seconds;	/* 0: until SIGUSR1 */
};

static volatile sig_atomic_t told_to_go_on;

static void go_on(int signal)
{
	(void)signal;
	told_to_go_on = 1;
}

__attribute__((noreturn, format(printf, 1, 2)))
static void usage_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("sevlaunch: ", stderr);
	vfprintf(stderr, fmt, args);
	fputs(" (see sevlaunch --help)\n", stderr);
	va_end(args);
	exit(EXIT_USAGE);
}

static void help(void)
{
	const struct sev_step *step;

	puts("usage: sevlaunch [OPTION]...\n"
	     "Start a SEV VM step by step, by KVM's ioctls alone.\n\n"
	     "  --type sev|sev-es|sev-snp  kind of guest (sev)\n"
	     "  --init WHICH          init, es-init or init2 (by the type: init, es-init, init2)\n"
	     "  --memory MIB          guest memory (16)\n"
	     "  --regions N           regions it is registered in (1)\n"
	     "  --policy N            guest policy (0; for sev-es 4, for sev-snp 0x30000)\n"
	     "  --steps STEP,...      steps to take (a whole launch); STEP*N repeats one\n"
	     "  --mirror              add step mirror\n"
	     "  --migrate [N]         add step migrate, N times\n"
	     "  --kill-at STEP        SIGKILL itself when STEP is done\n"
	     "  --pause-at STEP       when STEP is done, wait for a line of input or SIGUSR1\n"
	     "  --mark STEP           mark the beginning and the end of STEP for vm/profile\n"
	     "  --hold SECONDS        in the end, keep the VM so long; 0: as --pause-at\n"
	     "  --keep-going          go on after a step that went wrong\n"
	     "  --json                one JSON object a line\n\n"
	     "Exit status: 0 each step ended as it should, 1 one did not, 2 usage, 3 no SEV host.\n\n"
	     "Steps:");
	for (step = sev_step_all(); step->name; step++)
		printf("  %-22s%s\n", step->name, step->what);
	exit(EXIT_GOOD);
}

static unsigned long number(const char *option, const char *text, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value > max)
		usage_error("--%s %s: not a number from 0 to %lu", option, text, max);
	return value;
}

static double seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0 && value <= 1e6))
		usage_error("--hold %s: not a number of seconds", text);
	return value;
}

static void set_init(struct arguments *a, const char *which)
{
	static const struct {
		const char *name;
		enum sev_init init;
		bool of_sev, of_sev_es;
	} inits[] = {
		{ "init", SEV_INIT_LEGACY, true, false },
		{ "es-init", SEV_INIT_LEGACY, false, true },
		{ "init2", SEV_INIT_2, true, true },
	};
	bool es = a->launch.type == SEV_TYPE_SEV_ES;
	size_t i;

	if (a->launch.type == SEV_TYPE_SEV_SNP) {
		if (which && strcmp(which, "init2"))
			usage_error("--init %s does not make a guest of --type sev-snp", which);
		a->launch.init = SEV_INIT_2;
		return;
	}
	if (!which)
		return;
	for (i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
		if (strcmp(inits[i].name, which))
			continue;
		if (es ? !inits[i].of_sev_es : !inits[i].of_sev)
			usage_error("--init %s does not make a guest of --type %s", which,
				    es ? "sev-es" : "sev");
		a->launch.init = inits[i].init;
		return;
	}
	usage_error("--init %s: not one of init, es-init, init2", which);
}

static void parse_arguments(struct arguments *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "type", required_argument, NULL, 't' },
		{ "init", required_argument, NULL, 'i' },
		{ "memory", required_argument, NULL, 'm' },
		{ "regions", required_argument, NULL, 'r' },
		{ "policy", required_argument, NULL, 'p' },
		{ "steps", required_argument, NULL, 's' },
		{ "mirror", no_argument, NULL, 'M' },
		{ "migrate", optional_argument, NULL, 'G' },
		{ "kill-at", required_argument, NULL, 'K' },
		{ "pause-at", required_argument, NULL, 'P' },
		{ "mark", required_argument, NULL, 'R' },
		{ "hold", required_argument, NULL, 'H' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *init = NULL;
	int option;

	*a = (struct arguments) {
		.launch = { .type = SEV_TYPE_SEV, .memory = 16UL << 20, .regions = 1 },
	};

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 't':
			if (!strcmp(optarg, "sev"))
				a->launch.type = SEV_TYPE_SEV;
			else if (!strcmp(optarg, "sev-es"))
				a->launch.type = SEV_TYPE_SEV_ES;
			else if (!strcmp(optarg, "sev-snp"))
				a->launch.type = SEV_TYPE_SEV_SNP;
			else
				usage_error("--type %s: not one of sev, sev-es, sev-snp", optarg);
			break;
		case 'i':
			init = optarg;
			break;
		case 'm':
			a->launch.memory = number("memory", optarg, 1UL << 20) << 20;
			break;
		case 'r':
			a->launch.regions = number("regions", optarg, 1UL << 20);
			break;
		case 'p':
			a->launch.policy = number("policy", optarg, UINT32_MAX);
			a->policy_given = true;
			break;
		case 's':
			a->steps = optarg;
			break;
		case 'M':
			a->mirror = true;
			break;
		case 'G':
			/* "--migrate 3" as well as "--migrate=3" */
			if (!optarg && optind < argc && argv[optind][0] != '-')
				optarg = argv[optind++];
			a->migrations = optarg ? number("migrate", optarg, SEV_VMS_MAX - 2) : 1;
			break;
		case 'K':
			a->kill_at = optarg;
			break;
		case 'P':
			a->pause_at = optarg;
			break;
		case 'R':
			a->mark = optarg;
			break;
		case 'H':
			a->hold = true;
			a->hold_seconds = seconds(optarg);
			break;
		case 'k':
			a->keep_going = true;
			break;
		case 'j':
			a->json = true;
			break;
		case 'h':
			help();
			break;
		default:
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc)
		usage_error("%s: unexpected argument", argv[optind]);
	if (!a->launch.memory || !a->launch.regions ||
	    a->launch.regions > a->launch.memory / SEV_PAGE_SIZE)
		usage_error("--memory and --regions: each region needs a page");
	set_init(a, init);
	if (!a->policy_given && a->launch.type == SEV_TYPE_SEV_ES)
		a->launch.policy = 4;
	if (!a->policy_given && a->launch.type == SEV_TYPE_SEV_SNP)
		a->launch.policy = SEV_SNP_POLICY;
}

static int all_steps(const struct arguments *a, const struct sev_step **steps)
{
	const char *base = a->steps ? a->steps : sev_steps_launch(a->launch.type);
	char *list, *wrong;
	int count;

	if (asprintf(&list, "%s%s%s,migrate*%lu", strncmp(base, "create", 6) ? "create," : "",
		     base, a->mirror ? ",mirror" : "", a->migrations) < 0)
		exit(EXIT_STEP_FAILED);
	count = sev_steps_parse(list, steps, &wrong);
	if (count < 0 && wrong)
		usage_error("%s: no such step", wrong);
	if (count < 0)
		usage_error("more than %d steps", SEV_STEPS_MAX);
	free(list);
	return count;
}

/* @name must be one of the steps that will be taken, or the wish could never come true. */
static const struct sev_step *step_taken(const char *option, const char *name,
					 const struct sev_step **steps, int count)
{
	int i;

	if (!name)
		return NULL;
	for (i = 0; i < count; i++)
		if (!strcmp(steps[i]->name, name))
			return steps[i];
	usage_error("--%s %s: none of the steps", option, name);
}

static void report(const struct arguments *a, const struct sev_step *step,
		   const struct sev_outcome *out, uint32_t handle)
{
	const char *format = a->json ?
		"{\"step\":\"%s\",\"good\":%s,\"ret\":%d,\"errno\":%d,\"fw_error\":%u,"
		"\"handle\":%u}\n" :
		"%s: good=%s ret=%d errno=%d fw_error=%u handle=%u\n";

	printf(format, step->name, sev_step_good(step, out) ? "true" : "false", out->ret, out->err,
	       out->fw_error, handle);
	fflush(stdout);
}

/*
 * Wait for a line of input, SIGUSR1, or the time (0: for ever). The end of the input is not a line:
 * a shell gives /dev/null to what it starts in the background.
 */
static void wait_to_go_on(double limit)
{
	struct timespec left = { (time_t)limit, (limit - (time_t)limit) * 1e9 };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t usr1, none;
	char line[256];

	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	while (!told_to_go_on && ppoll(&input, 1, limit > 0 ? &left : NULL, &none) > 0) {
		if (read(STDIN_FILENO, line, sizeof(line)) > 0)
			break;
		input.fd = -1;
	}
	told_to_go_on = 0;
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
}

/* Marks are NOPs that the profiler knows: vm/profile/counter.c. */
static struct sev_outcome run_marked(const struct sev_step *step, struct sev_launch *launch)
{
	struct sev_outcome out;

	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'S', 'E', 'V', '1'" ::: "memory");
	out = step->run(launch);
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'S', 'E', 'V', '0'" ::: "memory");
	return out;
}

int main(int argc, char **argv)
{
	const struct sev_step *steps[SEV_STEPS_MAX], *kill_at, *pause_at, *mark;
	struct sigaction on_usr1 = { .sa_handler = go_on };
	static struct sev_launch launch;
	struct arguments arguments;
	const char *missing;
	bool good = true;
	int count, i;

	parse_arguments(&arguments, argc, argv);
	count = all_steps(&arguments, steps);
	kill_at = step_taken("kill-at", arguments.kill_at, steps, count);
	pause_at = step_taken("pause-at", arguments.pause_at, steps, count);
	mark = step_taken("mark", arguments.mark, steps, count);
	sigaction(SIGUSR1, &on_usr1, NULL);

	if (!sev_launch_open(&launch, &arguments.launch, &missing)) {
		fprintf(stderr, "sevlaunch: %s: %s\n", missing, strerror(errno));
		return EXIT_NO_DEVICE;
	}

	for (i = 0; i < count && (good || arguments.keep_going); i++) {
		struct sev_outcome out = steps[i] == mark ? run_marked(steps[i], &launch) :
							    steps[i]->run(&launch);

		good &= sev_step_good(steps[i], &out);
		report(&arguments, steps[i], &out, launch.vms[launch.current].handle);
		if (steps[i] == kill_at)
			raise(SIGKILL);
		if (steps[i] == pause_at)
			wait_to_go_on(0);
	}
	if (arguments.hold)
		wait_to_go_on(arguments.hold_seconds);
	sev_launch_close(&launch);
	return good ? EXIT_GOOD : EXIT_STEP_FAILED;
}

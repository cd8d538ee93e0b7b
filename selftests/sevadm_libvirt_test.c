// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real libvirt starts encrypted domains, and what becomes of each is what sevadm said beforehand:
 * with limits around the edges of all three ceilings, and with the limit that sevadm recommends,
 * which is held against the smallest one that will do.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/domain.h"
#include "lib/run.h"

#define MIB		(1 << 20)
/* As near to an edge either outcome is right, but never "starts" of one that dies. */
#define EDGE_MIB	8
/* A recommendation may be this much above the smallest limit that will do: the larger of both. */
#define SLACK_MIB	32
#define SLACK_PERCENT	5
/* The smallest limit is found as exactly as this. */
#define STEP_MIB	2

/* Further away than any edge is. */
#define NO_EDGE		1e9

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

#define DOMAIN(of_name, of_ram, of_vcpus, ...) \
	{ .name = of_name, .ram = of_ram, .vcpus = of_vcpus, ##__VA_ARGS__ }

/* Those that `make check` runs are marked. */
static const struct {
	bool quick;
	struct domain domain;
} rows[] = {
#define ROW(...)	{ false, DOMAIN(__VA_ARGS__) }
#define QUICK(...)	{ true, DOMAIN(__VA_ARGS__) }
	/* The daemon's 64 MiB. */
	QUICK("inherits-128", 128, 1),
	ROW("inherits-256-es", 256, 1, .es = true),
	ROW("inherits-256-huge", 256, 1, .hugepages = true),
	/* No limit at all. */
	ROW("locked-128", 128, 1, .locked = true),
	ROW("locked-512-es", 512, 2, .locked = true, .es = true),
	ROW("locked-256-qxl", 256, 1, .locked = true, .video = "qxl", .graphics = "spice"),
	ROW("locked-2048", 2048, 8, .locked = true),
	/* Less than is pinned. */
	ROW("128-of-64", 128, 1, .limit = 64),
	ROW("256-of-200", 256, 1, .limit = 200),
	ROW("256-of-250", 256, 8, .limit = 250),
	ROW("512-of-505-es", 512, 1, .limit = 505, .es = true, .large = true),
	ROW("1024-of-1000", 1024, 4, .limit = 1000),
	ROW("2048-of-2040", 2048, 1, .limit = 2040),
	ROW("256-qxl-of-370", 256, 1, .limit = 370, .video = "qxl", .graphics = "vnc"),
	ROW("256-huge-of-250", 256, 1, .limit = 250, .hugepages = true),
	ROW("256-locked-of-200", 256, 1, .limit = 200, .locked = true),
	/* It can be pinned, but QEMU has no room beside it. */
	QUICK("256-of-271", 256, 1, .limit = 271),
	ROW("256-of-271-es", 256, 1, .limit = 271, .es = true),
	ROW("256-8-of-271", 256, 8, .limit = 271),
	ROW("512-of-528", 512, 1, .limit = 528),
	ROW("1024-of-1040", 1024, 2, .limit = 1040),
	ROW("2048-of-2066", 2048, 1, .limit = 2066),
	ROW("256-large-of-274", 256, 1, .limit = 274, .large = true),
	ROW("256-nic-of-272", 256, 2, .limit = 272, .nic = true),
	ROW("256-vga-of-288", 256, 1, .limit = 288, .video = "vga", .graphics = "vnc"),
	ROW("256-qxl-of-402", 256, 1, .limit = 402, .video = "qxl", .graphics = "spice"),
	ROW("256-locked-of-271", 256, 1, .limit = 271, .locked = true),
	/* Just enough. */
	ROW("128-of-170", 128, 1, .limit = 170),
	ROW("256-of-300", 256, 1, .limit = 300),
	QUICK("256-8-of-302-es", 256, 8, .limit = 302, .es = true),
	ROW("512-of-558", 512, 2, .limit = 558, .es = true),
	ROW("1024-of-1072", 1024, 1, .limit = 1072),
	ROW("2048-of-2104", 2048, 1, .limit = 2104),
	ROW("256-large-of-306", 256, 2, .limit = 306, .large = true, .nic = true, .disk = true),
	ROW("256-vga-of-320", 256, 1, .limit = 320, .video = "vga", .graphics = "vnc"),
	ROW("256-qxl-of-435", 256, 1, .limit = 435, .video = "qxl", .graphics = "spice"),
	ROW("256-huge-of-272", 256, 1, .limit = 272, .hugepages = true),
	/* mlockall() wants the whole address space. */
	ROW("128-locked-of-400", 128, 1, .limit = 400, .locked = true),
	QUICK("256-locked-of-600", 256, 1, .limit = 600, .locked = true),
	ROW("256-locked-8-of-1100", 256, 8, .limit = 1100, .locked = true),
	ROW("512-locked-of-1080-es", 512, 4, .limit = 1080, .locked = true, .es = true),
	ROW("256-locked-io-of-890", 256, 1, .iothreads = 4, .limit = 890, .locked = true),
	ROW("256-locked-qxl-of-800", 256, 1, .limit = 800, .locked = true, .video = "qxl",
	    .graphics = "spice"),
	ROW("256-locked-huge-of-600", 256, 1, .limit = 600, .locked = true, .hugepages = true),
	QUICK("256-locked-of-645", 256, 1, .limit = 645, .locked = true),
	ROW("256-locked-8-of-1150", 256, 8, .limit = 1150, .locked = true),
	ROW("1024-locked-of-1485", 1024, 2, .limit = 1485, .locked = true, .large = true),
	ROW("256-locked-vga-of-675", 256, 1, .limit = 675, .locked = true, .video = "vga",
	    .graphics = "vnc"),
	ROW("256-locked-qxl-of-845", 256, 1, .limit = 845, .locked = true, .video = "qxl",
	    .graphics = "vnc"),
	QUICK("256-locked-huge-of-645", 256, 1, .limit = 645, .locked = true, .hugepages = true),
	/* Nearer than anybody can say. */
	ROW("128-of-160", 128, 1, .limit = 160),
	ROW("256-of-285", 256, 4, .limit = 285),
	ROW("256-locked-of-630", 256, 1, .limit = 630, .locked = true),
#undef ROW
#undef QUICK
};

/* What is started with the limit that sevadm recommends. */
static const struct domain shapes[] = {
	DOMAIN("r-128", 128, 1),
	DOMAIN("r-256", 256, 1),
	DOMAIN("r-512-es", 512, 1, .es = true),
	DOMAIN("r-1024", 1024, 1),
	DOMAIN("r-2048", 2048, 1),
	DOMAIN("r-2048-8", 2048, 8),
	DOMAIN("r-256-8", 256, 8),
	DOMAIN("r-large", 256, 1, .large = true),
	DOMAIN("r-nic", 256, 2, .nic = true),
	DOMAIN("r-disk", 256, 2, .disk = true),
	DOMAIN("r-vga", 256, 1, .video = "vga", .graphics = "vnc"),
	DOMAIN("r-qxl", 256, 1, .video = "qxl", .graphics = "spice"),
	DOMAIN("r-io", 256, 1, .iothreads = 4),
	DOMAIN("r-huge", 256, 1, .hugepages = true),
	DOMAIN("r-l-128", 128, 1, .locked = true),
	DOMAIN("r-l-256", 256, 1, .locked = true),
	DOMAIN("r-l-512", 512, 4, .locked = true),
	DOMAIN("r-l-2048-8", 2048, 8, .locked = true),
	DOMAIN("r-l-256-8", 256, 8, .locked = true),
	DOMAIN("r-l-vga", 256, 1, .locked = true, .video = "vga", .graphics = "vnc"),
	DOMAIN("r-l-qxl", 256, 1, .locked = true, .video = "qxl", .graphics = "spice"),
	DOMAIN("r-l-qxlv", 256, 1, .locked = true, .video = "qxl", .graphics = "vnc"),
	DOMAIN("r-l-io", 256, 1, .iothreads = 4, .locked = true),
	DOMAIN("r-l-large", 256, 2, .locked = true, .large = true, .nic = true, .disk = true),
	DOMAIN("r-l-es", 512, 8, .locked = true, .es = true),
	DOMAIN("r-l-huge", 256, 4, .locked = true, .hugepages = true),
};

/*
 * struct forecast - what sevadm says; MiB: how far the nearest edge is, and the limit it
 * recommends.
 * @while_running: it starts, and dies as its guest comes to use its memory, which no paused one
 *	does.
 */
struct forecast {
	enum outcome outcome;
	bool while_running;
	double edge;
	unsigned int recommended;
};

static struct json_object *member(struct json_object *object, const char *name)
{
	return object ? json_object_object_get(object, name) : NULL;
}

static double mib(struct json_object *object, const char *name)
{
	return (double)json_object_get_int64(member(object, name)) / MIB;
}

static void take_edges(struct json_object *ceilings, struct forecast *forecast)
{
	double distance;

	json_object_object_foreach(ceilings, name, ceiling) {
		(void)name;
		if (!member(ceiling, "limit_bytes") || !mib(ceiling, "need_bytes"))
			continue;
		distance = mib(ceiling, "limit_bytes") - mib(ceiling, "need_bytes");
		distance = distance < 0 ? -distance : distance;
		forecast->edge = distance < forecast->edge ? distance : forecast->edge;
	}
}

/* sevadm exits with 1 when it foretells a death. */
static bool foretell(const struct domain *domain, struct forecast *forecast)
{
	const char *const argv[] = { run_sevadm(), "-j", "check", "memlock", domain_file(domain),
				     NULL };
	struct json_object *json, *memlock;
	int status = -1;
	const char *outcome;
	char *text;

	*forecast = (struct forecast) { .outcome = OTHERWISE, .edge = NO_EDGE };
	text = domain_write(domain) ? run_output(argv, &status) : NULL;
	json = text ? json_tokener_parse(text) : NULL;
	memlock = member(json, "memlock");
	if (memlock) {
		outcome = json_object_get_string(member(memlock, "outcome"));
		forecast->outcome = STARTS;
		while (forecast->outcome < OTHERWISE &&
		       strcmp(outcome, outcome_names[forecast->outcome]))
			forecast->outcome++;
		forecast->while_running = json_object_get_boolean(member(memlock, "while_running"));
		forecast->recommended = mib(memlock, "hard_limit_bytes");
		take_edges(member(memlock, "ceilings"), forecast);
	}
	json_object_put(json);
	free(text);
	return memlock;
}

static void print_said(const char *said)
{
	const char *line, *end;

	for (line = said; line && *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		ksft_print_msg("  %.*s\n", (int)(end - line), line);
	}
}

static void try_row(const struct domain *domain)
{
	struct forecast forecast;
	enum outcome outcome;
	char *said = NULL, edge[40];
	bool good, near;

	if (!foretell(domain, &forecast)) {
		ksft_test_result_fail("%s: sevadm says nothing of it\n", domain->name);
		return;
	}
	outcome = domain_start(domain, &said);
	near = forecast.edge <= EDGE_MIB;
	good = outcome == (forecast.while_running ? STARTS : forecast.outcome) ||
	       (near && forecast.outcome != STARTS && outcome != OTHERWISE);
	if (!good)
		print_said(said);
	snprintf(edge, sizeof(edge), forecast.edge < NO_EDGE ? "%7.1f MiB from an edge" : "no limit",
		 forecast.edge);
	ksft_test_result(good, "%-23s forecast %-18s was %-18s %s%s%s\n", domain->name,
			 outcome_names[forecast.outcome], outcome_names[outcome], edge,
			 near && forecast.outcome != STARTS ? ", so near that any death counts" : "",
			 forecast.while_running ? ", while it runs" : "");
	free(said);
}

static bool starts_with(struct domain *domain, unsigned int limit)
{
	domain->limit = limit;
	return domain_write(domain) && domain_start(domain, NULL) == STARTS;
}

static unsigned int slack_above(unsigned int minimum)
{
	unsigned int part = minimum * SLACK_PERCENT / 100;

	return part > SLACK_MIB ? part : SLACK_MIB;
}

/* The largest limit that is too far below @recommended for it to be the smallest that will do. */
static unsigned int far_below(unsigned int recommended)
{
	unsigned int limit = recommended - SLACK_MIB;

	while (limit + slack_above(limit) >= recommended)
		limit--;
	return limit;
}

/* The smallest limit that will do, between one that does not and one that does. */
static unsigned int find_minimum(struct domain *domain, unsigned int low, unsigned int high)
{
	unsigned int middle;

	while (high - low > STEP_MIB) {
		middle = low + (high - low) / 2;
		if (starts_with(domain, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* Of one that needs more than what was recommended. */
static void print_minimum(struct domain *domain, unsigned int low)
{
	unsigned int high = low + slack_above(low);

	if (starts_with(domain, high))
		ksft_print_msg("%s needs %u MiB\n", domain->name, find_minimum(domain, low, high));
	else
		ksft_print_msg("%s needs more than %u MiB\n", domain->name, high);
}

static void try_recommendation(const struct domain *shape, bool bisect)
{
	struct domain domain = *shape;
	unsigned int recommended, low;
	struct forecast forecast;
	char *said = NULL;
	enum outcome outcome;

	foretell(&domain, &forecast);
	recommended = forecast.recommended;
	domain.limit = recommended;
	if (!recommended || !domain_write(&domain)) {
		ksft_test_result_fail("%s: no limit is recommended\n", shape->name);
		return;
	}
	outcome = domain_start(&domain, &said);
	if (outcome != STARTS) {
		print_said(said);
		ksft_test_result_fail("%s: %s with the recommended %u MiB\n", shape->name,
				      outcome_names[outcome], recommended);
		if (bisect)
			print_minimum(&domain, recommended);
	} else {
		low = far_below(recommended);
		if (starts_with(&domain, low))
			ksft_test_result_fail("%-12s recommended %4u MiB, does with %u\n",
					      shape->name, recommended, low);
		else if (bisect)
			ksft_test_result_pass("%-12s recommended %4u MiB, needs %4u\n", shape->name,
					      recommended, find_minimum(&domain, low, recommended));
		else
			ksft_test_result_pass("%-12s recommended %4u MiB, dies with %u\n",
					      shape->name, recommended, low);
	}
	free(said);
}

static bool is_named(const char *name, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return !argc;
}

static void usage(FILE *out)
{
	fputs("Usage: sevadm_libvirt_test [--all|--recommend|--bisect] [ROW...]\n"
	      "  --all        all rows, not just the six of `make check`\n"
	      "  --recommend  start domains with the limit that sevadm recommends, not far below\n"
	      "  --bisect     and find the smallest limit that will do\n", out);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "recommend", no_argument, NULL, 'r' },
		{ "bisect", no_argument, NULL, 'b' },
		{}
	};
	bool all = false, recommend = false, bisect = false;
	unsigned int planned = 0;
	size_t i;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?') {
			usage(stderr);
			return 2;
		}
		all |= c == 'a';
		recommend |= c != 'a';
		bisect |= c == 'b';
	}
	argc -= optind;
	argv += optind;

	ksft_print_header();
	if (geteuid() || access("/dev/sev", F_OK) || system("virsh -q version >/dev/null 2>&1"))
		ksft_exit_skip("needs root, a SEV host, and libvirt's daemon\n");
	for (i = 0; !recommend && i < ARRAY_SIZE(rows); i++)
		planned += (all || argc || rows[i].quick) &&
			   is_named(rows[i].domain.name, argc, argv);
	for (i = 0; recommend && i < ARRAY_SIZE(shapes); i++)
		planned += is_named(shapes[i].name, argc, argv);
	ksft_set_plan(planned);
	for (i = 0; !recommend && i < ARRAY_SIZE(rows); i++)
		if ((all || argc || rows[i].quick) && is_named(rows[i].domain.name, argc, argv))
			try_row(&rows[i].domain);
	for (i = 0; recommend && i < ARRAY_SIZE(shapes); i++)
		if (is_named(shapes[i].name, argc, argv))
			try_recommendation(&shapes[i], bisect);
	ksft_finished();
}

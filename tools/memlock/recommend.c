// SPDX-License-Identifier: GPL-2.0-only
/* sevadm recommend memlock: the limit that fits a VM, and the figures that it rests on. */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "host/read.h"
#include "memlock/calibrate.h"
#include "memlock/command.h"
#include "memlock/forecast_json.h"
#include "memlock/input.h"
#include "memlock/model.h"
#include "report/atomic_file.h"

#define MIB	((uint64_t)1 << 20)

struct options {
	struct memlock_source source;
	uint64_t memory;
	unsigned int vcpus;
	bool locked;
	bool calibrate;
	const char *qemu;
	const char *file;
};

const struct option_row recommend_memlock_options[] = {
	MEMLOCK_SOURCE_ROWS(struct options),
	{ "memory", 0, "SIZE", "memory of the VM, such as 4G",
	  OPTION_CALL(struct options, memory, memlock_set_bytes) },
	{ "vcpus", 0, "N", "its vCPUs (1)", OPTION_NUMBER(struct options, vcpus, 0, 4096) },
	{ "locked", 0, NULL, "it has <locked/>", OPTION_FLAG(struct options, locked) },
	{ "calibrate", 0, NULL, "measure this host's QEMU, and keep the figures",
	  OPTION_FLAG(struct options, calibrate) },
	{ "qemu", 0, "PROGRAM", "the QEMU to be measured", OPTION_TEXT(struct options, qemu) },
	{ "file", 0, "FILE", "where its figures are kept (" MEMLOCK_CALIBRATION ")",
	  OPTION_TEXT(struct options, file) },
	{}
};

static struct json_object *recommend_json(const struct vm_shape *shape, uint64_t limit,
					  const struct memlock_host *host)
{
	struct json_object *object = json_object_new_object(), *terms, *one;
	const struct memlock_term *term;

	json_object_object_add(object, "hard_limit_bytes", json_known_u64(limit, limit));
	json_object_object_add(object, "locked_bytes",
			       json_u64(memlock_need(shape, CEILING_PINNED)));
	terms = json_object_new_array();
	for (term = memlock_terms; term->name; term++) {
		if (!limit || !term->bytes(shape))
			continue;
		one = json_object_new_object();
		json_object_object_add(one, "name", json_object_new_string(term->name));
		json_object_object_add(one, "bytes", json_u64(term->bytes(shape)));
		json_object_object_add(one, "source", json_object_new_string(term->source));
		json_object_array_add(terms, one);
	}
	json_object_object_add(object, "terms", terms);
	json_object_object_add(object, "figures", memlock_figures_of(host));
	return object;
}

static void print_terms(const struct vm_shape *shape)
{
	const struct memlock_term *term;
	const bool pinned = memlock_need(shape, CEILING_PINNED);
	uint64_t bytes;

	printf("%-16s %10s  %-24s %s\n", "TERM", "MIB", "COUNTS AGAINST", "SOURCE");
	for (term = memlock_terms; term->name; term++) {
		bytes = term->bytes(shape);
		if (!bytes)
			continue;
		printf("%-16s %10.1f  %s%s%-8s %s\n", term->name, (double)bytes / MIB,
		       term->ceilings & 1U << CEILING_PINNED && pinned ? "pinned  " : "        ",
		       term->ceilings & 1U << CEILING_CHARGED ? "charged  " : "         ",
		       term->ceilings & 1U << CEILING_MAPPED && shape->locked ? "mapped" : "",
		       term->source);
	}
}

static void print_recommendation(const struct vm_shape *shape, uint64_t limit,
				 const struct memlock_host *host)
{
	enum ceiling i;

	print_terms(shape);
	putchar('\n');
	for (i = 0; i < CEILING_NR; i++)
		if (memlock_need(shape, i))
			printf("%-32s %8.1f MiB\n", ceiling_names[i],
			       (double)memlock_need(shape, i) / MIB);
	printf("smallest safe hard_limit         %8" PRIu64 " MiB\n", limit / MIB);
	print_figures(stdout, host);
	putchar('\n');
	printf("libvirt domain:\n\n  <memtune>\n    <hard_limit unit='KiB'>%" PRIu64
	       "</hard_limit>\n  </memtune>\n\n", limit / 1024);
	/* memory.max alone counts what SNP guests hold. */
	if (memlock_need(shape, CEILING_PINNED))
		printf("or for every VM, systemd (systemctl edit virtqemud or libvirtd):\n\n"
		       "  [Service]\n  LimitMEMLOCK=%" PRIu64 "\n\n"
		       "or for QEMU without libvirt, /etc/security/limits.conf (KiB):\n\n"
		       "  USER hard memlock %" PRIu64 "\n  USER soft memlock %" PRIu64 "\n\n",
		       limit, limit / 1024, limit / 1024);
	if (host->memory && limit)
		printf("%" PRIu64 " such VM%s into the host's %.1f GiB of memory.\n",
		       host->memory / limit, host->memory / limit == 1 ? " fits" : "s fit",
		       (double)host->memory / (1024 * MIB));
}

static int recommend_shape(const struct options *options, int argc, char **argv,
			   struct vm_shape *shape)
{
	unsigned int line;
	char why[320];
	xmlDoc *doc;

	if (options->memory) {
		if (argc)
			return fail(EXIT_USAGE,
				    "recommend memlock takes a FILE or --memory, not both");
		vm_shape_default(shape, options->memory);
		shape->vcpus = options->vcpus ? options->vcpus : 1;
		shape->locked = options->locked;
		return EXIT_OK;
	}
	if (argc > 1)
		return fail(EXIT_USAGE, "recommend memlock takes one FILE");
	if (!argc)
		return fail(EXIT_USAGE,
			    "recommend memlock needs a libvirt domain's FILE, or --memory SIZE");
	doc = memlock_read_domain(argv[0], shape, &line, why, sizeof(why));
	if (!doc)
		return fail(EXIT_USAGE, line ? "%s:%u: %s" : "%s:%.0u %s", argv[0], line, why);
	xmlFreeDoc(doc);
	if (options->vcpus)
		shape->vcpus = options->vcpus;
	shape->locked |= options->locked;
	return EXIT_OK;
}

static void print_calibration(const struct memlock_figures *figures, const char *path)
{
	enum memlock_figure i;

	for (i = 0; i < FIGURE_NR; i++)
		printf("%-24s %8.1f MiB\n", memlock_figure_keys[i],
		       (double)figures->bytes[i] / MIB);
	if (*figures->lacks)
		printf("video models that it lacks: %s\n", figures->lacks);
	printf("figures of QEMU %s are in %s\n", figures->name, path);
}

/* What is measured takes minutes: that it cannot be kept is to be known before. */
static int prepare_file(const struct options *options, char path[PATH_MAX])
{
	char copy[PATH_MAX], *folder;

	if (options->file)
		snprintf(path, PATH_MAX, "%s", options->file);
	else
		rooted(path, host_root(), "%s", MEMLOCK_CALIBRATION);
	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	/* All may read it, whatever the caller's umask is. */
	if (!options->file && !mkdir(folder, 0755))
		chmod(folder, 0755);
	if (access(folder, W_OK))
		return fail(EXIT_USAGE, "cannot write a file beside %s: %s", path, strerror(errno));
	return EXIT_OK;
}

static int calibrate(const struct options *options, int argc)
{
	char path[PATH_MAX];
	struct memlock_figures figures;
	struct host_facts facts = {};
	struct json_object *object;
	const char *qemu, *text;
	int ret = EXIT_OK;

	if (!options->calibrate)
		return fail(EXIT_USAGE, "--qemu and --file go with --calibrate");
	if (argc || options->memory)
		return fail(EXIT_USAGE, "--calibrate takes neither a FILE nor --memory");
	host_facts_gather_qemu(host_root(), &facts);
	qemu = options->qemu ?: host_text(&facts, HOST_QEMU);
	if (!qemu)
		ret = fail(EXIT_REFUSED, "%s", host_why(&facts, HOST_QEMU));
	ret = ret ?: prepare_file(options, path) ?: memlock_calibrate(qemu, &figures);
	host_facts_free(&facts);
	if (ret)
		return ret;
	object = memlock_figures_json(&figures);
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY);
	ret = atomic_file_write(path, text, strlen(text));
	if (!ret && output_json)
		output_print_json(object);
	else if (!ret)
		print_calibration(&figures, path);
	json_object_put(object);
	return ret;
}

int recommend_memlock(int argc, char **argv)
{
	struct options options = {};
	struct json_object *object;
	struct memlock_host host;
	struct vm_shape shape;
	uint64_t limit;
	int ret;

	ret = options_parse(recommend_memlock_options, &options, &argc, argv) ?:
	      (options.calibrate || options.qemu || options.file ?
	       calibrate(&options, argc) : recommend_shape(&options, argc, argv, &shape));
	if (ret || options.calibrate)
		return ret;
	ret = memlock_get_host(&options.source, &host);
	if (ret)
		return ret;
	memlock_shape_on(&shape, &host);
	limit = memlock_recommend(&shape);
	if (!output_json && !shape.encrypted) {
		printf("not %s: nothing is pinned, and it needs no hard_limit\n",
		       shape.foreign ? "a SEV guest" : "encrypted");
		return EXIT_OK;
	}
	if (!output_json) {
		print_recommendation(&shape, limit, &host);
		return EXIT_OK;
	}
	object = recommend_json(&shape, limit, &host);
	output_print_json(object);
	json_object_put(object);
	return EXIT_OK;
}

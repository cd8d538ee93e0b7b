// SPDX-License-Identifier: GPL-2.0-only
/* Figures of QEMUs: the table, and files. */
#include "memlock/figures.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "report/files.h"

#define KIB	((uint64_t)1 << 10)
#define MIB	((uint64_t)1 << 20)

/* More than any program takes: a file with such a figure was not measured. */
#define FIGURE_MAX	(64 * 1024 * MIB)

/*
 * How each was found: Documentation/locked-memory.md. A vCPU has a stack of 8 MiB, an arena of
 * malloc() of 64 MiB, and their guards; threads that start after mlockall() do without an arena
 * when there is no room for one.
 */
static const struct memlock_figures table[] = {
	{
		MEMLOCK_QEMU(7, 2), MEMLOCK_QEMU(1, 4),
		{
			[FIGURE_QEMU_ANONYMOUS] = 25 * MIB,
			[FIGURE_VCPU_ANONYMOUS] = 256 * KIB,
			[FIGURE_GRAPHICS_CHARGE] = 4 * MIB,
			[FIGURE_QEMU_LOCKED] = 44 * MIB,
			[FIGURE_STACK_LOCKED] = 8 * MIB,
			[FIGURE_QEMU_MAPPED] = 298 * MIB,
			[FIGURE_VCPU_MAPPED] = 72 * MIB + 64 * KIB,
			[FIGURE_IOTHREAD_MAPPED] = 72 * MIB + 64 * KIB,
			[FIGURE_GRAPHICS_MAPPED] = 13 * MIB,
			[FIGURE_QXL_MAPPED] = 62 * MIB,
			[FIGURE_WORKER_MAPPED] = 8 * MIB,
		},
		"7.2", "Debian 12's QEMU 7.2 and libvirt 9.0: smallest limits of 26 domains", "",
	},
	{
		MEMLOCK_QEMU(10, 0), MEMLOCK_QEMU(2, 4),
		{
			[FIGURE_QEMU_ANONYMOUS] = 25 * MIB,
			[FIGURE_VCPU_ANONYMOUS] = 256 * KIB,
			[FIGURE_GRAPHICS_CHARGE] = 4 * MIB,
			[FIGURE_QEMU_LOCKED] = 68 * MIB,
			[FIGURE_STACK_LOCKED] = 8 * MIB,
			[FIGURE_QEMU_MAPPED] = 324 * MIB,
			[FIGURE_VCPU_MAPPED] = 72 * MIB + 256 * KIB,
			[FIGURE_IOTHREAD_MAPPED] = 72 * MIB + 256 * KIB,
			[FIGURE_GRAPHICS_MAPPED] = 15 * MIB,
			[FIGURE_QXL_MAPPED] = 64 * MIB,
			[FIGURE_WORKER_MAPPED] = 8 * MIB,
		},
		"10.0", "Debian 13's QEMU 10.0 and libvirt 11.3: smallest limits of 21 domains", "qxl",
	},
};

const char *const memlock_match_names[] = {
	[MATCH_CALIBRATED] = "calibrated",
	[MATCH_VERSION] = "version",
	[MATCH_NEAREST] = "nearest",
	[MATCH_ASSUMED] = "assumed",
};

const char *const memlock_figure_keys[FIGURE_NR] = {
	[FIGURE_QEMU_ANONYMOUS] = "qemu_anonymous_bytes",
	[FIGURE_VCPU_ANONYMOUS] = "vcpu_anonymous_bytes",
	[FIGURE_GRAPHICS_CHARGE] = "graphics_charge_bytes",
	[FIGURE_QEMU_LOCKED] = "qemu_locked_bytes",
	[FIGURE_STACK_LOCKED] = "stack_locked_bytes",
	[FIGURE_QEMU_MAPPED] = "qemu_mapped_bytes",
	[FIGURE_VCPU_MAPPED] = "vcpu_mapped_bytes",
	[FIGURE_IOTHREAD_MAPPED] = "iothread_mapped_bytes",
	[FIGURE_GRAPHICS_MAPPED] = "graphics_mapped_bytes",
	[FIGURE_QXL_MAPPED] = "qxl_mapped_bytes",
	[FIGURE_WORKER_MAPPED] = "worker_mapped_bytes",
};

const struct memlock_figures *memlock_figures_at(unsigned int i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

static unsigned int distance(unsigned int one, unsigned int other)
{
	return one > other ? one - other : other - one;
}

/* Newer QEMUs ask for more: a tie, and a QEMU that is not known, get the newer row. */
const struct memlock_figures *memlock_figures_shipped(unsigned int version,
						      enum memlock_match *match)
{
	const struct memlock_figures *row, *best = &table[ARRAY_SIZE(table) - 1];

	for (row = table; version && row < table + ARRAY_SIZE(table); row++)
		if (distance(row->version, version) < distance(best->version, version))
			best = row;
	*match = !version ? MATCH_ASSUMED :
		 best->version == version ? MATCH_VERSION : MATCH_NEAREST;
	return best;
}

unsigned int memlock_version(const char *text)
{
	unsigned int major, minor;

	if (!text || !isdigit((unsigned char)*text) || sscanf(text, "%3u.%3u", &major, &minor) != 2)
		return 0;
	return MEMLOCK_QEMU(major, minor);
}

bool memlock_figures_lack(const struct memlock_figures *figures, const char *model)
{
	const size_t length = strlen(model);
	const char *word = figures->lacks;

	for (; *word; word += strcspn(word, " "), word += *word == ' ')
		if (strcspn(word, " ") == length && !strncmp(word, model, length))
			return true;
	return false;
}

/* ---- files ----------------------------------------------------------------------------------- */

struct json_object *memlock_figures_json(const struct memlock_figures *figures)
{
	struct json_object *object = json_object_new_object(), *bytes = json_object_new_object();
	enum memlock_figure i;

	json_object_object_add(object, "qemu_version", json_text(figures->name));
	json_object_object_add(object, "source", json_text(figures->source));
	json_object_object_add(object, "lacks", json_text(figures->lacks));
	for (i = 0; i < FIGURE_NR; i++)
		json_object_object_add(bytes, memlock_figure_keys[i], json_u64(figures->bytes[i]));
	json_object_object_add(object, "figures", bytes);
	return object;
}

static const char *take_figures(struct json_object *object, struct memlock_figures *figures)
{
	struct json_object *bytes, *one;
	const char *text;
	enum memlock_figure i;

	text = json_object_is_type(object, json_type_object) ?
	       json_get_text(object, "qemu_version") : NULL;
	figures->version = memlock_version(text);
	if (!figures->version)
		return "it has no \"qemu_version\"";
	snprintf(figures->name, sizeof(figures->name), "%s", text);
	snprintf(figures->source, sizeof(figures->source), "%s",
		 json_get_text(object, "source") ?: "a file");
	snprintf(figures->lacks, sizeof(figures->lacks), "%s",
		 json_get_text(object, "lacks") ?: "");
	if (!json_object_object_get_ex(object, "figures", &bytes) ||
	    !json_object_is_type(bytes, json_type_object))
		return "it has no \"figures\"";
	for (i = 0; i < FIGURE_NR; i++) {
		if (!json_object_object_get_ex(bytes, memlock_figure_keys[i], &one) ||
		    !json_object_is_type(one, json_type_int) || json_object_get_int64(one) < 0 ||
		    (uint64_t)json_object_get_int64(one) > FIGURE_MAX)
			return "one of its figures is missing or is not a size";
		figures->bytes[i] = json_object_get_int64(one);
	}
	/* A file may come from anybody, and a terminal shows them. */
	output_make_printable(figures->name);
	output_make_printable(figures->source);
	output_make_printable(figures->lacks);
	return NULL;
}

int memlock_figures_load(const char *path, struct memlock_figures *figures, const char **why)
{
	struct json_object *object;
	size_t size;
	char *text;

	*figures = (struct memlock_figures) {};
	errno = 0;
	text = file_read(path, &size, why);
	if (!text)
		return errno == ENOENT || errno == EACCES ? -errno : -EINVAL;
	object = json_tokener_parse(text);
	free(text);
	*why = take_figures(object, figures);
	json_object_put(object);
	return *why ? -EINVAL : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What check memlock, recommend and check host --plan read: a domain, and the host it is for. */
#ifndef SEVADM_MEMLOCK_INPUT_H
#define SEVADM_MEMLOCK_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "cli/command.h"
#include "memlock/host.h"
#include "memlock/shape.h"

/**
 * struct memlock_source - which host, and whose figures
 * @host: file of its facts, NULL: this one
 * @whole: all about this host is asked for, of libvirt, too; else only what limits depend on
 * @figures: file of figures, NULL: this host's own, if it has measured them, else those shipped
 */
struct memlock_source {
	const char *host;
	const char *figures;
	bool whole;
};

#define MEMLOCK_SOURCE_ROWS(type)						\
	{ "host", 0, "FILE", "facts of the host it is for (sevadm -j check host)",	\
	  OPTION_TEXT(type, source.host) },					\
	{ "figures", 0, "FILE", "figures of its QEMU (recommend memlock --calibrate)", \
	  OPTION_TEXT(type, source.figures) }

/** memlock_get_host() - the host, with figures of its QEMU; an exit code, and reports errors */
int memlock_get_host(const struct memlock_source *source, struct memlock_host *host);

/**
 * memlock_calibrated() - take the figures that were measured
 * @file: file of figures, which has to be a good one; NULL: this host's own, if it has measured
 *	them
 *
 * Return: an exit code, and reports what is wrong with @file. What is wrong with the host's own is
 * a warning.
 */
int memlock_calibrated(const char *file, struct memlock_host *host);

/** memlock_shape_on() - have the shape run by the host's QEMU */
void memlock_shape_on(struct vm_shape *shape, const struct memlock_host *host);

/* Why a file is refused that has another root element. */
#define MEMLOCK_NO_DOMAIN	"it is not a libvirt domain"

/**
 * memlock_read_domain() - a libvirt domain, with its shape
 * @line: where it is wrong, 0: nowhere in particular
 * @why: what is wrong with it
 *
 * Return: its document, which the caller frees; NULL: it is wrong.
 */
xmlDoc *memlock_read_domain(const char *path, struct vm_shape *shape, unsigned int *line, char *why,
			    size_t why_size);

/**
 * memlock_domain() - return a document's <domain>, also of libvirt's <domstatus>; NULL: it has none
 */
xmlNode *memlock_domain(const xmlDoc *doc);

/** memlock_set_bytes() - an option's SIZE, into a uint64_t; an exit code */
int memlock_set_bytes(void *to, const char *text);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and sizes in XML, as libvirt reads them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "cli/output.h"
#include "report/xml.h"
#include "report/xml_value.h"

bool xml_number(const xmlNode *node, uint64_t *number)
{
	char text[64], *end;

	xml_text(node, text, sizeof(text));
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 0);
	return !errno && !*end;
}

/* libvirt's virScaleInteger() */
static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "b", 1 }, { "bytes", 1 },
	{ "KB", 1000 }, { "k", 1024 }, { "KiB", 1024 },
	{ "MB", 1000000 }, { "M", 1 << 20 }, { "MiB", 1 << 20 },
	{ "GB", 1000000000 }, { "G", 1 << 30 }, { "GiB", 1 << 30 },
	{ "TB", 1000000000000 }, { "T", 1ULL << 40 }, { "TiB", 1ULL << 40 },
};

bool xml_bytes(const xmlNode *node, uint64_t *bytes)
{
	const char *unit = xml_attribute(node, "unit") ?: "KiB";
	size_t i;

	if (!node || !xml_number(node, bytes))
		return false;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcasecmp(unit, units[i].name))
			return !__builtin_mul_overflow(*bytes, units[i].bytes, bytes);
	return false;
}

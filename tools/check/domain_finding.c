// SPDX-License-Identifier: GPL-2.0-only
/* What the rules of domains use: how they report, and what several of them ask. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/domain.h"
#include "cli/errors.h"

void domain_finding(struct domain *domain, const struct domain_rule *row, enum severity severity,
		    xmlNode *node, const char *format, ...)
{
	size_t nr = domain->nr_hits;
	struct domain_hit *hits = domain->hits;
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!(nr & (nr - 1)))
		hits = reallocarray(hits, nr ? 2 * nr : 1, sizeof(*hits));
	if (!hits || !text) {
		fputs("sevadm: out of memory\n", stderr);
		exit(EXIT_REFUSED);
	}
	domain->hits = hits;
	hits[nr] = (struct domain_hit) { row, node, domain->target->nr };
	domain->nr_hits++;
	finding_add_as(domain->target, &row->rule, severity, xml_line(node), "%s", text);
	free(text);
}

bool domain_is_q35(const struct domain *domain)
{
	const char *machine = xml_attribute(xml_find(domain->root, "os/type"), "machine");

	return machine && strstr(machine, "q35");
}

// SPDX-License-Identifier: GPL-2.0-only
/* What check memlock, recommend and check host --plan read. */
#include "memlock/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "host/read.h"
#include "limit/value.h"
#include "report/files.h"
#include "report/xml.h"

/* What was measured of a QEMU that the host has no more is of no use. */
int memlock_calibrated(const char *file, struct memlock_host *host)
{
	static struct memlock_figures measured;
	char path[PATH_MAX];
	const char *why = NULL;
	int ret;

	if (file)
		snprintf(path, sizeof(path), "%s", file);
	else
		rooted(path, host_root(), "%s", MEMLOCK_CALIBRATION);
	ret = memlock_figures_load(path, &measured, &why);
	if (ret && file)
		return fail(EXIT_USAGE, "%s: %s", path, why);
	/* The caller did not ask for it: what sevadm has for the version is better than nothing. */
	if (ret == -EINVAL)
		error_print("sevadm: warning: %s is not used: %s", path, why);
	if (ret)
		return EXIT_OK;
	if (host->qemu && host->qemu != measured.version) {
		snprintf(host->stale, sizeof(host->stale), "%s", measured.name);
		return EXIT_OK;
	}
	host->figures = &measured;
	host->match = MATCH_CALIBRATED;
	return EXIT_OK;
}

int memlock_get_host(const struct memlock_source *source, struct memlock_host *host)
{
	struct host_facts facts = {};
	int ret = EXIT_OK;

	if (source->host) {
		ret = load_host_facts(source->host, &facts);
	} else {
		if (source->whole)
			host_facts_gather(host_root(), &facts);
		else
			host_facts_gather_limits(host_root(), &facts);
		host_facts_gather_qemu(host_root(), &facts);
	}
	if (!ret)
		memlock_host_of(host, &facts);
	if (!ret && (!source->host || source->figures))
		ret = memlock_calibrated(source->figures, host);
	host_facts_free(&facts);
	return ret;
}

void memlock_shape_on(struct vm_shape *shape, const struct memlock_host *host)
{
	shape->figures = host->figures;
	shape->qemu = host->qemu;
}

xmlNode *memlock_domain(const xmlDoc *doc)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	if (!strcmp((const char *)root->name, "domain"))
		return root;
	return strcmp((const char *)root->name, "domstatus") ? NULL : xml_find(root, "domain");
}

xmlDoc *memlock_read_domain(const char *path, struct vm_shape *shape, unsigned int *line, char *why,
			    size_t why_size)
{
	struct xml_error error;
	const xmlNode *domain;
	const char *reason;
	size_t size;
	char *bytes;
	xmlDoc *doc;

	*line = 0;
	bytes = file_read(path, &size, &reason);
	if (!bytes) {
		snprintf(why, why_size, "%s", reason);
		return NULL;
	}
	doc = xml_read(bytes, size, &error);
	free(bytes);
	if (!doc) {
		*line = error.line;
		snprintf(why, why_size, "%s", error.message);
		return NULL;
	}
	domain = memlock_domain(doc);
	reason = MEMLOCK_NO_DOMAIN;
	if (domain && vm_shape_domain(shape, domain, &reason))
		return doc;
	snprintf(why, why_size, "%s", reason);
	xmlFreeDoc(doc);
	return NULL;
}

int memlock_set_bytes(void *to, const char *text)
{
	struct limit_value value;
	const char *wrong = limit_value_parse(text, true, &value);

	if (wrong)
		return fail(EXIT_USAGE, "--memory %s %s", text, wrong);
	if (value.is_percent || !value.number || value.number >= 1ULL << 52)
		return fail(EXIT_USAGE, "--memory %s is not the size of a VM: write 4G", text);
	*(uint64_t *)to = value.number;
	return EXIT_OK;
}

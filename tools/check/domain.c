// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check domain: libvirt domains judged by a table of rules, and corrected on request. */
#include "check/domain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "check/check.h"
#include "check/placement.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "memlock/forecast_json.h"
#include "report/files.h"
#include "report/xml_value.h"
#include "sev/policy.h"

struct options {
	enum domain_profile profile;
	unsigned int qemu_version;
	struct host_list hosts;
	const char *output;
	bool fix;
};

static const char *const profile_words[] = { "libvirt", "nova", "virt-install", NULL };

static bool parse_version(const char *text, unsigned int *version)
{
	unsigned int major, minor;

	if (!isdigit((unsigned char)*text) || sscanf(text, "%3u.%3u", &major, &minor) != 2)
		return false;
	*version = QEMU_VERSION(major, minor);
	return true;
}

static int set_qemu_version(void *to, const char *text)
{
	if (!parse_version(text, to))
		return fail(EXIT_USAGE, "\"%s\" is not a version of QEMU: write 7.2", text);
	return EXIT_OK;
}

const struct option_row check_domain_options[] = {
	{ "profile", 0, "PROFILE", "who starts it",
	  OPTION_WORD(struct options, profile, profile_words) },
	{ "qemu-version", 0, "VERSION", "of the host's QEMU, such as 7.2",
	  OPTION_CALL(struct options, qemu_version, set_qemu_version) },
	{ "host", 0, "FILE", "the host it is for: what check host -j printed there; many, or a folder",
	  OPTION_CALL(struct options, hosts, host_list_add) },
	{ "fix", 0, NULL, "write FILE.fixed with what can be corrected, and say what that was",
	  OPTION_FLAG(struct options, fix) },
	{ "output", 0, "FILE", "the same, to this file (of one domain)",
	  OPTION_TEXT(struct options, output) },
	FINDINGS_ROWS,
	{}
};

/* ---- one document ---------------------------------------------------------------------------- */

static enum sevadm_vm_type type_of(const xmlNode *launch)
{
	uint64_t policy = 0;

	if (xml_is(launch, "type", "sev-snp"))
		return SEVADM_VM_TYPE_SEV_SNP;
	xml_number(xml_find(launch, "policy"), &policy);
	return policy_type(false, policy);
}

void domain_judge(struct domain *domain, xmlNode *root)
{
	const struct domain_rule *row;
	bool amd;

	domain->root = root;
	domain->launch = xml_find(domain->root, "launchSecurity");
	domain->type = type_of(domain->launch);
	amd = xml_is(domain->launch, "type", "sev") || xml_is(domain->launch, "type", "sev-snp");
	for (row = domain_rules; row->rule.id; row++)
		if (!row->types || (amd && row->types & 1U << domain->type))
			row->check(domain, row);
}

void domain_forget(struct domain *domain)
{
	free(domain->hits);
	domain->hits = NULL;
	domain->nr_hits = 0;
}

/* The first rule that can be fixed and was not yet: NULL when all is done. */
static const struct domain_rule *next_fix(const struct domain *domain, const bool *done)
{
	const struct domain_hit *hit;
	size_t i;

	for (i = 0; i < domain->nr_hits; i++) {
		hit = &domain->hits[i];
		if (hit->rule->fix && !done[hit->rule - domain_rules] &&
		    domain->target->findings[hit->finding].severity > SEVERITY_INFO)
			return hit->rule;
	}
	return NULL;
}

/* All that one rule found, as edits; @done gets what they correct. */
static char *fix_one(const struct domain *domain, const struct domain_rule *row, xmlDoc *doc,
		     const char *bytes, size_t *size, struct target *done)
{
	const struct finding *finding;
	struct xml_edit edit;
	char *fixed;
	size_t i;

	if (xml_edit_begin(&edit, doc, bytes, *size))
		return NULL;
	for (i = 0; i < domain->nr_hits; i++) {
		finding = &domain->target->findings[domain->hits[i].finding];
		if (domain->hits[i].rule != row || finding->severity == SEVERITY_INFO)
			continue;
		row->fix(domain, domain->hits[i].node, &edit);
		finding_add_as(done, finding->rule, finding->severity, finding->line, "%s",
			       finding->message ?: "");
	}
	fixed = xml_edit_apply(&edit, size);
	xml_edit_end(&edit);
	return fixed;
}

/*
 * Rule by rule, each on the document as the one before has left it: what an edit brings about, the
 * next rules see. Each rule has one turn, so that this ends.
 */
char *domain_fix(const struct domain *like, char *bytes, size_t *size, struct target *corrected)
{
	struct report report = {};
	struct domain domain = *like;
	const struct domain_rule *row;
	struct xml_error error;
	bool done[128] = {};
	char *fixed;
	xmlDoc *doc;

	domain.hits = NULL;
	domain.nr_hits = 0;
	for (;;) {
		doc = xml_read(bytes, *size, &error);
		if (!doc)
			break;
		domain.target = report_target(&report, domain.path, TARGET_FILE);
		domain_judge(&domain, xmlDocGetRootElement(doc));
		row = next_fix(&domain, done);
		fixed = row ? fix_one(&domain, row, doc, bytes, size, corrected) : NULL;
		domain_forget(&domain);
		xmlFreeDoc(doc);
		report_free(&report);
		if (!fixed)
			return bytes;
		done[row - domain_rules] = true;
		free(bytes);
		bytes = fixed;
	}
	free(bytes);
	return NULL;
}

/* Takes over @bytes. What was corrected is said once it is written. */
static int write_fixed(const struct options *options, const struct domain *domain, char *bytes,
		       size_t size)
{
	struct report report = {};
	struct target *corrected = report_target(&report, domain->path, TARGET_FILE);
	char *fixed;
	size_t i;
	int ret;

	fixed = domain_fix(domain, bytes, &size, corrected);
	if (fixed)
		ret = file_write_fixed(domain->path, options->output, fixed, size);
	else
		ret = fail(EXIT_REFUSED, "%s: the corrected copy is not well-formed: please report this",
			   domain->path);
	for (i = 0; !ret && i < corrected->nr; i++)
		finding_print_fixed(domain->path, &corrected->findings[i]);
	report_free(&report);
	free(fixed);
	return ret;
}

/* The rules, and what the model of locked memory says: {need_bytes,limit_bytes,outcome,...}. */
static void judge_all(struct domain *domain, xmlNode *root)
{
	struct memlock_forecast forecast;
	struct memlock_host host;
	struct vm_shape shape;
	const char *why;

	domain_judge(domain, root);
	if (!vm_shape_domain(&shape, domain->root, &why))
		return;
	memlock_host_of(&host, domain->host);
	if (domain->qemu_version)
		host.figures = memlock_figures_shipped(domain->qemu_version, &host.match);
	shape.figures = host.figures;
	memlock_forecast(&shape, &host, &forecast);
	target_add_json(domain->target, "memlock", memlock_json(&shape, &forecast, &host));
}

/* QEMU's version is the host's, unless it is given. */
static unsigned int version_on(const struct options *options, const struct host_facts *host)
{
	const char *text = host ? host_text(host, HOST_QEMU_VERSION) : NULL;
	unsigned int version = options->qemu_version;

	if (text && !version)
		parse_version(text, &version);
	return version;
}

/* All of the file's domains: a lone one that is the file goes by the file's name. */
static void judge_domains(struct domain *domain, const struct host_list *hosts,
			  struct report *report, xmlDoc *doc)
{
	const bool alone = domains_next(doc, NULL) == xmlDocGetRootElement(doc);
	char guest[128];
	xmlNode *node;

	for (node = domains_next(doc, NULL); node; node = domains_next(doc, node)) {
		xml_text(xml_find(node, "name"), guest, sizeof(guest));
		domain->target = placement_target(report, hosts, domain->path,
						  alone ? NULL : *guest ? guest : "without name",
						  domain->host);
		judge_all(domain, node);
		domain_forget(domain);
	}
}

static int check_file(const struct options *options, const struct host_facts *host,
		      const struct file_name *name, struct report *report)
{
	struct domain domain = {
		.path = name->path, .profile = options->profile, .host = host,
		.qemu_version = version_on(options, host),
	};
	struct xml_error error = {};
	struct target *target;
	int ret = EXIT_OK;
	const char *why;
	xmlNode *first;
	xmlDoc *doc;
	size_t size;
	char *bytes;

	bytes = file_read(name->path, &size, &why);
	doc = bytes ? domains_read(bytes, size, &error) : NULL;
	first = doc ? domains_next(doc, NULL) : NULL;
	if (first) {
		judge_domains(&domain, &options->hosts, report, doc);
		if (options->fix && first != xmlDocGetRootElement(doc)) {
			ret = fail(EXIT_USAGE, "%s: --fix takes a file that is one <domain>", name->path);
		} else if (options->fix) {
			ret = write_fixed(options, &domain, bytes, size);
			bytes = NULL;
		}
	} else if (!doc || !name->found) {
		/* Networks and pools live beside libvirt's domains. */
		target = placement_target(report, &options->hosts, name->path, NULL, host);
		if (!doc)
			target_unreadable(target, error.line, "%s", bytes ? error.message : why);
		else
			target_unreadable(target, xml_line(xmlDocGetRootElement(doc)),
					  "there is no domain in it: the root element is <%s>",
					  (const char *)xmlDocGetRootElement(doc)->name);
	}
	xmlFreeDoc(doc);
	free(bytes);
	return ret;
}

/* Each domain for each host, or for none in particular. */
static int check_files(const struct options *options, const struct file_list *files,
		       struct report *report)
{
	size_t nr, host;
	int ret = EXIT_OK, code;

	for (nr = 0; nr < files->nr; nr++) {
		host = 0;
		do {
			code = check_file(options, host_list_at(&options->hosts, host),
					  &files->names[nr], report);
			ret = ret ?: code;
		} while (++host < options->hosts.files.nr);
	}
	placement_report(report, &options->hosts);
	code = report_finish(report);
	return ret ?: code;
}

int check_domain(int argc, char **argv)
{
	static const char *const endings[] = { ".xml", NULL };
	struct options options = {};
	struct file_list files = {};
	struct report report = { .what = "domain" };
	size_t nr;
	int i, ret;

	ret = options_parse(check_domain_options, &options, &argc, argv);
	if (!ret && !argc)
		ret = fail(EXIT_USAGE, "check domain needs a FILE, a folder, or - for stdin");
	for (i = 0; i < argc && !ret; i++)
		ret = file_list_add(&files, argv[i], endings);
	options.fix |= !!options.output;
	if (!ret && options.output && files.nr != 1)
		ret = fail(EXIT_USAGE, "--output takes one domain, not %zu", files.nr);
	if (!ret && options.fix && !options.output)
		for (nr = 0; nr < files.nr && !ret; nr++)
			if (!strcmp(files.names[nr].path, "-"))
				ret = fail(EXIT_USAGE, "--fix of stdin needs --output FILE");
	for (nr = 0; nr < files.nr && options.hosts.files.nr > 1 && !ret; nr++)
		if (!strcmp(files.names[nr].path, "-"))
			ret = fail(EXIT_USAGE, "stdin is read once: many hosts need a FILE");
	if (!ret && options.fix && options.hosts.files.nr > 1)
		ret = fail(EXIT_USAGE, "--fix takes one host, not %zu", options.hosts.files.nr);
	if (!ret)
		ret = host_list_load(&options.hosts);
	if (!ret)
		ret = check_files(&options, &files, &report);
	host_list_free(&options.hosts);
	file_list_free(&files);
	xmlCleanupParser();
	return ret;
}

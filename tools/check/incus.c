// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check incus: instances and profiles of Incus (and LXD), as incus config show prints them.
 */
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "check/settings.h"
#include "cli/output.h"
#include "report/yaml.h"
#include "sev/certificate.h"

#define OPTIONS	"Incus, instance options: https://linuxcontainers.org/incus/docs/main/reference/instance_options/"

/* Aliases let a small file stand for gigabytes: what they add up to is bounded. */
#define MAX_BYTES	(16UL << 20)

/**
 * struct reader - where the keys go
 * @bytes: what was looked at and kept so far
 */
struct reader {
	struct settings *settings;
	size_t bytes;
};

/* The rules judge no other keys of a device. */
static bool is_kept(const char *head, const char *name)
{
	return strncmp(head, "device/", strlen("device/")) || !strcmp(name, "type") || !strcmp(name, "nictype");
}

/* The scalars of a mapping, each with a head before its key. */
static void add_map(struct reader *reader, yaml_document_t *doc, yaml_node_t *map, const char *head)
{
	yaml_node_pair_t *pair;
	yaml_node_t *name, *value;
	char key[256];

	if (!map || map->type != YAML_MAPPING_NODE)
		return;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		name = yaml_document_get_node(doc, pair->key);
		value = yaml_document_get_node(doc, pair->value);
		reader->bytes += sizeof(*pair);
		if (reader->bytes > MAX_BYTES)
			return;
		if (!yaml_text(name) || !yaml_text(value) || !is_kept(head, yaml_text(name)))
			continue;
		snprintf(key, sizeof(key), "%s%.160s", head, yaml_text(name));
		reader->bytes += sizeof(struct setting) + strlen(key) + strlen(yaml_text(value));
		settings_add(reader->settings, key, yaml_text(value), yaml_line(name));
	}
}

static void add_devices(struct reader *reader, yaml_document_t *doc, yaml_node_t *devices)
{
	yaml_node_pair_t *pair;
	yaml_node_t *name;
	char head[128];

	if (!devices || devices->type != YAML_MAPPING_NODE)
		return;
	for (pair = devices->data.mapping.pairs.start; pair < devices->data.mapping.pairs.top;
	     pair++) {
		name = yaml_document_get_node(doc, pair->key);
		snprintf(head, sizeof(head), "device/%.60s/", yaml_text(name) ?: "");
		add_map(reader, doc, yaml_document_get_node(doc, pair->value), head);
	}
}

/* What is expanded holds the VM's own devices, too: each of them is named once. */
static void visit(void *context, yaml_document_t *doc, yaml_node_t *root)
{
	struct reader *reader = context;

	add_map(reader, doc, root, "");
	add_map(reader, doc, yaml_find(doc, root, "config"), "config/");
	add_map(reader, doc, yaml_find(doc, root, "expanded_config"), "config/");
	add_devices(reader, doc, yaml_find(doc, root, "expanded_devices") ?: yaml_find(doc, root, "devices"));
}

static bool read_yaml(struct settings *settings, char *bytes, size_t size)
{
	struct reader reader = { .settings = settings };
	struct yaml_error error;

	if (yaml_each(bytes, size, visit, &reader, &error))
		target_unreadable(settings->target, error.line, "%s", error.message);
	else if (reader.bytes > MAX_BYTES)
		target_unreadable(settings->target, 0, "its aliases stand for more than 16 MiB");
	else
		return true;
	return false;
}

static enum settings_state state_of(struct settings *settings)
{
	bool incus = false;
	size_t i;

	for (i = 0; i < settings->nr; i++)
		incus |= !strncmp(settings->rows[i].key, "config/", 7) ||
			 !strncmp(settings->rows[i].key, "device/", 7);
	if (!incus)
		return SETTINGS_NONE;
	if (!settings_is_on(settings, "config/security.sev"))
		return SETTINGS_PLAIN;
	settings->type = settings_is_on(settings, "config/security.sev.policy.es") ?
			 SEVADM_VM_TYPE_SEV_ES : SEVADM_VM_TYPE_SEV;
	return SETTINGS_ENCRYPTED;
}

static void judge_plain(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "config/security.sev.policy.es");

	if (row && text_is_on(row->value))
		finding_add_as(settings->target, rule, SEVERITY_WARNING, row->line,
			       "security.sev.policy.es is true, but security.sev is not: this VM is not encrypted");
	else
		finding_add(settings->target, rule, 0, "security.sev is not true: this VM is not encrypted");
}

static void judge_type(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "type");

	if (row && !strcmp(row->value, "container"))
		finding_add(settings->target, rule, row->line, "the instance is a container, not a VM");
}

static void judge_fields(const struct settings *settings, const struct rule *rule)
{
	static const char *const fields[] = { "policy.es", "session.dh", "session.data" };
	const char *name;
	size_t i, j;

	for (i = 0; i < settings->nr; i++) {
		if (strncmp(settings->rows[i].key, "config/security.sev.", strlen("config/security.sev.")))
			continue;
		name = settings->rows[i].key + strlen("config/security.sev.");
		for (j = 0; j < ARRAY_SIZE(fields); j++)
			if (!strcmp(name, fields[j]))
				break;
		if (j == ARRAY_SIZE(fields))
			finding_add(settings->target, rule, settings->rows[i].line,
				    "there is no option security.sev.%s", name);
	}
}

static void judge_csm(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "config/security.csm");

	if (row && text_is_on(row->value))
		finding_add(settings->target, rule, row->line, "security.csm is true: the firmware is a BIOS");
}

static void judge_session(const struct settings *settings, const struct rule *rule)
{
	settings_pair(settings, rule, "config/security.sev.session.dh", "config/security.sev.session.data");
	settings_blob(settings, rule, "config/security.sev.session.dh", SEV_CERTIFICATE_BYTES);
	settings_blob(settings, rule, "config/security.sev.session.data", SEV_SESSION_BYTES);
}

static void judge_stateful(const struct settings *settings, const struct rule *rule)
{
	const struct setting *row = settings_find(settings, "config/migration.stateful");

	if (row && text_is_on(row->value))
		finding_add(settings->target, rule, row->line,
			    "migration.stateful is true, but the state of an encrypted guest cannot be kept");
}

static void judge_devices(const struct settings *settings, const struct rule *rule)
{
	static const char *const values[] = { "gpu", "pci", "infiniband", "sriov", "physical" };
	const struct setting *row;
	const char *key;
	size_t i, j;

	for (i = 0; i < settings->nr; i++) {
		row = &settings->rows[i];
		key = strrchr(row->key, '/');
		if (strncmp(row->key, "device/", 7) || (strcmp(key, "/type") && strcmp(key, "/nictype")))
			continue;
		for (j = 0; j < ARRAY_SIZE(values); j++)
			if (!strcmp(row->value, values[j]))
				finding_add(settings->target, rule, row->line,
					    "%.*s is a device of the host: %s",
					    (int)(key - row->key - strlen("device/")),
					    row->key + strlen("device/"), row->value);
	}
}

static const struct settings_rule rules[] = {
	{ { "incus-not-encrypted", SEVERITY_INFO, "the VM has security.sev",
	    "incus config set VM security.sev=true if it is to be encrypted", OPTIONS }, judge_plain, SETTINGS_PLAIN },
	{ { "incus-type", SEVERITY_ERROR, "the instance is a VM", "create it with --vm", OPTIONS },
	  judge_type },
	{ { "incus-options", SEVERITY_ERROR, "options of security.sev are those that Incus knows",
	    "write policy.es, session.dh or session.data", OPTIONS }, judge_fields },
	{ { "incus-csm", SEVERITY_ERROR, "the firmware is UEFI", "incus config set VM security.csm=false",
	    OPTIONS ": security.csm" }, judge_csm },
	{ { "incus-session", SEVERITY_ERROR, "session.dh and session.data come together",
	    "give the content of both files by base64 -w0, or neither",
	    OPTIONS "; AMD SEV API (55766), LAUNCH_START" }, judge_session },
	{ { "incus-stateful", SEVERITY_WARNING, "the VM is not kept or migrated while it runs",
	    "incus config set VM migration.stateful=false", "AMD SEV Guide (SUSE), 6" }, judge_stateful },
	{ { "incus-host-devices", SEVERITY_ERROR, "no device of the host is passed through",
	    "remove it", "AMD SEV Guide (SUSE), 6" }, judge_devices },
};

const struct settings_kind incus_kind = {
	.check = "incus", .what = "instance or profile of Incus",
	.endings = (const char *const []) { ".yaml", ".yml", NULL },
	.read = read_yaml, .state = state_of, .rules = rules, .nr = ARRAY_SIZE(rules),
};

SETTINGS_COMMAND(incus)

// SPDX-License-Identifier: GPL-2.0-only
/* VMs that are written as plain settings: lists of keys, and the command that all kinds share. */
#include "check/settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "cli/errors.h"
#include "report/check_file.h"
#include "sev/certificate.h"
#include "sev/policy.h"

void settings_add(struct settings *settings, const char *key, const char *value, unsigned int line)
{
	struct setting *rows = settings->rows;
	size_t nr = settings->nr;

	if (!(nr & (nr - 1)))
		rows = reallocarray(rows, nr ? 2 * nr : 1, sizeof(*rows));
	if (rows)
		rows[nr] = (struct setting) { strdup(key), strdup(value), line };
	if (!rows || !rows[nr].key || !rows[nr].value) {
		fputs("sevadm: out of memory\n", stderr);
		exit(EXIT_REFUSED);
	}
	settings->rows = rows;
	settings->nr++;
}

const struct setting *settings_find(const struct settings *settings, const char *key)
{
	size_t i;

	for (i = settings->nr; i--; )
		if (!strcmp(settings->rows[i].key, key))
			return &settings->rows[i];
	return NULL;
}

const char *settings_text(const struct settings *settings, const char *key)
{
	const struct setting *row = settings_find(settings, key);

	return row ? row->value : NULL;
}

bool text_is_on(const char *text)
{
	static const char *const words[] = { "true", "yes", "on", "1" };
	size_t i;

	for (i = 0; text && i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

bool settings_is_on(const struct settings *settings, const char *key)
{
	return text_is_on(settings_text(settings, key));
}

void settings_policy(const struct settings *settings, const struct rule *rule, const char *key)
{
	const struct setting *row = settings_find(settings, key);
	const struct policy_rule *policy_rule;
	uint64_t policy;

	if (!row || !*row->value)
		return;
	if (policy_parse(row->value, &policy)) {
		finding_add(settings->target, rule, row->line, "the policy %s is not a number", row->value);
		return;
	}
	for (policy_rule = policy_rules; policy_rule->rule; policy_rule++)
		if (policy_breaks(policy_rule, settings->type, policy))
			finding_add_as(settings->target, rule,
				       policy_rule->severity == POLICY_ERROR ? SEVERITY_ERROR :
				       SEVERITY_WARNING, row->line, "the policy 0x%" PRIx64 " [%s]: %s",
				       policy, policy_rule->rule, policy_rule->message);
}

/* Readers of trees put the map before a key. */
static const char *bare(const char *key)
{
	return strrchr(key, '/') ? strrchr(key, '/') + 1 : key;
}

void settings_blob(const struct settings *settings, const struct rule *rule, const char *key,
		   size_t size)
{
	const struct setting *row = settings_find(settings, key);
	struct certificate_problem problem = {};
	uint8_t bytes[4096];

	if (row && *row->value && base64_exact(row->value, bytes, size, &problem))
		finding_add(settings->target, rule, row->line, "%s %s", bare(key), problem.text);
}

void settings_pair(const struct settings *settings, const struct rule *rule, const char *one,
		   const char *other)
{
	const struct setting *first = settings_find(settings, one);
	const struct setting *second = settings_find(settings, other);
	const bool has_first = first && *first->value, has_second = second && *second->value;

	if (has_first != has_second)
		finding_add(settings->target, rule, has_first ? first->line : second->line,
			    "there is %s without %s", bare(has_first ? one : other), bare(has_first ? other : one));
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

bool settings_lines(struct settings *settings, char *bytes, char separator)
{
	char *line, *value;

	while ((line = strsep(&bytes, "\n"))) {
		settings->last++;
		line = trim(line);
		/* What is behind a section of Proxmox's is an older state. */
		if (*line == '[')
			break;
		value = *line == '#' ? NULL : strchr(line, separator);
		if (!value)
			continue;
		*value++ = '\0';
		settings_add(settings, trim(line), trim(value), settings->last);
	}
	return true;
}

/* ---- the command ----------------------------------------------------------------------------- */

const struct rule *settings_rule_at(const struct settings_kind *kind, unsigned int i)
{
	return i < kind->nr ? &kind->rules[i].rule : NULL;
}

static void free_rows(struct settings *settings)
{
	while (settings->nr--) {
		free(settings->rows[settings->nr].key);
		free(settings->rows[settings->nr].value);
	}
	free(settings->rows);
}

bool settings_judge(const struct settings_kind *kind, struct target *target, char *bytes,
		    size_t size)
{
	struct settings settings = { .target = target };
	enum settings_state state = SETTINGS_NONE;
	unsigned int i;
	bool sound;

	if (memchr(bytes, '\0', size)) {
		target_unreadable(target, 0, "there is a zero byte in it");
		return true;
	}
	sound = kind->read(&settings, bytes, size);
	if (sound)
		state = kind->state(&settings);
	for (i = 0; i < kind->nr; i++)
		if (kind->rules[i].state == state)
			kind->rules[i].check(&settings, &kind->rules[i].rule);
	free_rows(&settings);
	return !sound || state != SETTINGS_NONE;
}

static bool judge_file(const void *kind, struct target *target, char *bytes, size_t size)
{
	return settings_judge(kind, target, bytes, size);
}

int settings_check(const struct settings_kind *kind, int argc, char **argv)
{
	struct report report = { .what = kind->what };
	struct file_list files = {};
	size_t nr;
	int i, ret;

	ret = options_parse(check_settings_options, NULL, &argc, argv);
	if (!ret && !argc)
		ret = fail(EXIT_USAGE, "check %s needs a FILE, a folder, or - for stdin", kind->check);
	for (i = 0; i < argc && !ret; i++)
		ret = file_list_add(&files, argv[i], kind->endings);
	for (nr = 0; nr < files.nr && !ret; nr++) {
		report_target(&report, files.names[nr].path, TARGET_FILE);
		report_check_file(&report, &files.names[nr], judge_file, kind);
	}
	if (!ret)
		ret = report_finish(&report);
	file_list_free(&files);
	return ret;
}

const struct option_row check_settings_options[] = {
	FINDINGS_ROWS,
	{}
};

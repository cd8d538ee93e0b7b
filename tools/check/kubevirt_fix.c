// SPDX-License-Identifier: GPL-2.0-only
/* Correct the files of check kubevirt --fix, rule by rule, and say what was corrected. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/kubevirt.h"
#include "check/kubevirt_object.h"
#include "check/rules.h"
#include "cli/errors.h"

static const char *message_of(const struct finding *finding)
{
	return finding->message ?: "";
}

/*
 * What was found before and is still found after is left, the rest is done. Both are in the order
 * of the file, whose lines have moved. @after may be NULL: nothing was edited.
 */
static void sort_out(struct kubevirt_fixed *fixed, const struct target *before,
		     const struct target *after)
{
	const struct finding *finding;
	size_t i, j = 0;
	bool left;

	for (i = 0; i < before->nr; i++) {
		finding = &before->findings[i];
		left = !after || (j < after->nr && !strcmp(message_of(finding),
							   message_of(&after->findings[j])));
		j += left;
		finding_add_as(left ? fixed->left : fixed->done, finding->rule, finding->severity,
			       finding->line, "%s", message_of(finding));
	}
}

static void say_why(struct kubevirt_fixed *fixed, const struct rule *rule,
		    const struct yaml_error *error)
{
	if (error->line)
		snprintf(fixed->why, sizeof(fixed->why), "with [%s] corrected, line %u: %s", rule->id,
			 error->line, error->message);
	else
		snprintf(fixed->why, sizeof(fixed->why), "with [%s] corrected, it %s", rule->id,
			 error->message);
}

/* Edits what the turn's rule finds. Takes over @bytes. */
static char *edit_turn(struct kubevirt_fixed *fixed, struct kubevirt_turn turn, char *bytes,
		       size_t *size, bool *edited)
{
	struct yaml_error error;
	struct yaml_edit edit;
	char *result = bytes;
	int ret;

	ret = yaml_edit_begin(&edit, bytes, *size);
	if (ret) {
		snprintf(fixed->why, sizeof(fixed->why), "%s", ret == -EILSEQ ?
			 "not in UTF-8, or with a byte order mark" : strerror(-ret));
		free(bytes);
		return NULL;
	}
	turn.edit = &edit;
	if (kubevirt_judge_turn(&turn, bytes, *size, &error)) {
		say_why(fixed, kubevirt_rule_at(turn.rule), &error);
		result = NULL;
	} else if (edit.nr_changes) {
		result = yaml_edit_apply(&edit, size);
		if (!result)
			snprintf(fixed->why, sizeof(fixed->why), "%s", strerror(ENOMEM));
	}
	yaml_edit_end(&edit);
	*edited = result != bytes;
	if (*edited)
		free(bytes);
	return result;
}

/* Edits, and judges what has become of it. Takes over @bytes. */
static char *fix_rule(struct kubevirt_fixed *fixed, struct kubevirt_turn turn, char *bytes,
		      size_t *size)
{
	struct report report = {};
	struct target *before, *after;
	struct yaml_error error;
	bool edited = false;

	before = report_target(&report, fixed->done->name, TARGET_FILE);
	after = report_target(&report, fixed->done->name, TARGET_FILE);
	turn.aside = report_target(&report, fixed->done->name, TARGET_FILE);
	turn.target = before;
	bytes = edit_turn(fixed, turn, bytes, size, &edited);
	fixed->aliases |= turn.aside->nr > 0;
	turn.target = after;
	if (bytes && edited && kubevirt_judge_turn(&turn, bytes, *size, &error)) {
		say_why(fixed, kubevirt_rule_at(turn.rule), &error);
		free(bytes);
		bytes = NULL;
	}
	if (bytes)
		sort_out(fixed, before, edited ? after : NULL);
	report_free(&report);
	return bytes;
}

/* Corrects rule by rule, one turn each: what an edit brings about, the next rules see. */
char *kubevirt_fix(struct kubevirt_fixed *fixed, const char *path, unsigned int version,
		   const struct host_facts *host, char *bytes, size_t *size)
{
	struct kubevirt_turn turn = { .version = version, .host = host };

	*fixed = (struct kubevirt_fixed) {};
	fixed->done = report_target(&fixed->report, path, TARGET_FILE);
	fixed->left = report_target(&fixed->report, path, TARGET_FILE);
	for (; kubevirt_rule_at(turn.rule) && bytes; turn.rule++)
		if (kubevirt_rule_fixable(turn.rule))
			bytes = fix_rule(fixed, turn, bytes, size);
	return bytes;
}

void kubevirt_fixed_print(const struct kubevirt_fixed *fixed)
{
	const struct target *done = fixed->done, *left = fixed->left;
	size_t i;

	for (i = 0; i < done->nr; i++)
		finding_print_fixed(done->name, &done->findings[i]);
	for (i = 0; i < left->nr; i++)
		error_print("%s: not corrected [%s]: %s", left->name, left->findings[i].rule->id,
			    message_of(&left->findings[i]));
	if (fixed->aliases)
		error_print("%s: what is in a document with aliases is not corrected", done->name);
}

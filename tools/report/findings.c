// SPDX-License-Identifier: GPL-2.0-only
/* Findings: collected by target, sorted, printed as text or JSON; sarif.c prints the third form. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "report/findings.h"
#include "report/sarif.h"

bool findings_sarif, findings_strict;

static const struct rule unreadable_rule = {
	"unreadable", SEVERITY_ERROR, "the input can be read to its end",
	"correct the input at this place", "sevadm-check(8), EXIT STATUS",
};

const char *const severity_words[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error",
};

void findings_reset(void)
{
	findings_sarif = false;
	findings_strict = false;
}

/* ---- collecting ----------------------------------------------------------------------------- */

/* A check without room for its findings has none to show. */
static void *have(void *memory)
{
	if (!memory) {
		fputs("sevadm: out of memory\n", stderr);
		exit(EXIT_REFUSED);
	}
	return memory;
}

/* Arrays grow when their length is a power of two. */
static void *grow(void *array, size_t nr, size_t size)
{
	return nr & (nr - 1) ? array : have(reallocarray(array, nr ? 2 * nr : 1, size));
}

static char *format_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	return have(text);
}

struct target *report_target(struct report *report, const char *name, enum target_kind kind)
{
	struct target *target = have(calloc(1, sizeof(*target)));

	report->targets = grow(report->targets, report->nr, sizeof(*report->targets));
	report->targets[report->nr++] = target;
	target->name = have(strdup(name));
	target->kind = kind;
	return target;
}

static void add(struct target *target, const struct rule *rule, enum severity severity,
		unsigned int line, const char *format, va_list args)
{
	struct finding *finding;

	target->findings = grow(target->findings, target->nr, sizeof(*finding));
	finding = &target->findings[target->nr];
	*finding = (struct finding) {
		.rule = rule, .severity = severity, .line = line,
		.message = format_text(format, args), .order = target->nr++,
	};
}

void finding_add(struct target *target, const struct rule *rule, unsigned int line,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(target, rule, rule->severity, line, format, args);
	va_end(args);
}

void finding_add_as(struct target *target, const struct rule *rule, enum severity severity,
		    unsigned int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(target, rule, severity, line, format, args);
	va_end(args);
}

void finding_fix(struct target *target, const char *format, ...)
{
	struct finding *finding = &target->findings[target->nr - 1];
	va_list args;

	va_start(args, format);
	free(finding->fix);
	finding->fix = format_text(format, args);
	va_end(args);
}

void finding_print_fixed(const char *path, const struct finding *finding)
{
	error_print("%s: fixed [%s]: %s", path, finding->rule->id, finding->message ?: "");
}

void target_unreadable(struct target *target, unsigned int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(target, &unreadable_rule, SEVERITY_ERROR, line, format, args);
	va_end(args);
	target->unreadable = true;
}

void target_add_json(struct target *target, const char *key, struct json_object *value)
{
	if (!target->extra)
		target->extra = have(json_object_new_object());
	json_object_object_add(target->extra, key, value);
}

static void free_target(struct target *target)
{
	size_t i;

	for (i = 0; i < target->nr; i++) {
		free(target->findings[i].message);
		free(target->findings[i].fix);
	}
	json_object_put(target->extra);
	free(target->findings);
	free(target->text);
	free(target->name);
	free(target);
}

void report_drop(struct report *report)
{
	free_target(report->targets[--report->nr]);
}

void report_free(struct report *report)
{
	while (report->nr)
		report_drop(report);
	free(report->targets);
	*report = (struct report) {};
}

/* ---- judging -------------------------------------------------------------------------------- */

static enum severity worst(const struct target *target)
{
	enum severity severity = SEVERITY_INFO;
	size_t i;

	for (i = 0; i < target->nr; i++)
		if (target->findings[i].severity > severity)
			severity = target->findings[i].severity;
	return severity;
}

const char *target_verdict(const struct target *target)
{
	enum severity severity = worst(target);

	return severity == SEVERITY_INFO ? "ok" : severity_words[severity];
}

bool target_is_ok(const struct target *target)
{
	return worst(target) == SEVERITY_INFO;
}

static int exit_code(const struct report *report)
{
	int code = EXIT_OK;
	size_t i;

	for (i = 0; i < report->nr; i++) {
		if (report->targets[i]->unreadable)
			return EXIT_USAGE;
		if (worst(report->targets[i]) >=
		    (findings_strict ? SEVERITY_WARNING : SEVERITY_ERROR))
			code = EXIT_REFUSED;
	}
	return code;
}

/* Sort by place; in the same place the worse first, then as they were found. */
static int compare(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	if (left->severity != right->severity)
		return left->severity > right->severity ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

/* ---- printing ------------------------------------------------------------------------------- */

static const char *fix_of(const struct finding *finding)
{
	return finding->fix ?: finding->rule->remedy;
}

static struct json_object *finding_row(const struct finding *finding)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "rule", json_object_new_string(finding->rule->id));
	json_object_object_add(row, "severity",
			       json_object_new_string(severity_words[finding->severity]));
	json_object_object_add(row, "line", json_known_u64(finding->line, finding->line));
	json_object_object_add(row, "message", json_text(finding->message));
	json_object_object_add(row, "fix", json_text(fix_of(finding)));
	json_object_object_add(row, "source", json_object_new_string(finding->rule->source));
	return row;
}

static void print_json(const struct target *target)
{
	struct json_object *row = json_object_new_object(), *list = json_object_new_array();
	size_t i;

	for (i = 0; i < target->nr; i++)
		json_object_array_add(list, finding_row(&target->findings[i]));
	json_object_object_add(row, "target", json_text(target->name));
	json_object_object_add(row, "verdict", json_object_new_string(target_verdict(target)));
	json_object_object_add(row, "findings", list);
	if (target->extra) {
		json_object_object_foreach(target->extra, key, value)
			json_object_object_add(row, key, json_object_get(value));
	}
	output_print_json(row);
	json_object_put(row);
}

static void print_line(const char *head, const char *text)
{
	char *copy = have(strdup(text));

	output_make_printable(copy);
	printf("%s%s\n", head, copy);
	free(copy);
}

static void print_count(const struct target *target, enum severity severity, const char *word)
{
	size_t count = 0, i;

	for (i = 0; i < target->nr; i++)
		count += target->findings[i].severity == severity;
	if (count)
		printf(", %zu %s%s", count, word, severity == SEVERITY_INFO ? "" : plural(count));
}

static void print_text(const struct target *target)
{
	const struct finding *finding;
	char *name = have(strdup(target->name));
	size_t i;

	output_make_printable(name);
	printf("%s: %s", name, target_verdict(target));
	free(name);
	print_count(target, SEVERITY_ERROR, "error");
	print_count(target, SEVERITY_WARNING, "warning");
	print_count(target, SEVERITY_INFO, "info");
	putchar('\n');
	for (i = 0; i < target->nr; i++) {
		finding = &target->findings[i];
		printf("\n  %s [%s]", severity_words[finding->severity], finding->rule->id);
		if (finding->line)
			printf(" line %u", finding->line);
		print_line(": ", finding->message);
		print_line("    fix:    ", fix_of(finding));
		print_line("    source: ", finding->rule->source);
	}
	if (target->text)
		printf("\n%s", target->text);
}

int report_finish(struct report *report)
{
	int code = exit_code(report);
	struct json_object *log;
	size_t i;

	/* A pipeline that asks for a check must not take nothing for success. */
	if (!report->nr) {
		code = fail(EXIT_USAGE, "nothing was checked: there is no %s in what was given",
			    report->what ?: "target");
		report_free(report);
		return code;
	}
	for (i = 0; i < report->nr; i++)
		if (report->targets[i]->nr)
			qsort(report->targets[i]->findings, report->targets[i]->nr,
			      sizeof(struct finding), compare);
	if (findings_sarif) {
		log = sarif_log(report);
		output_print_json(log);
		json_object_put(log);
	}
	for (i = 0; !findings_sarif && i < report->nr; i++) {
		if (output_json)
			print_json(report->targets[i]);
		else {
			if (i)
				putchar('\n');
			print_text(report->targets[i]);
		}
	}
	report_free(report);
	return code;
}

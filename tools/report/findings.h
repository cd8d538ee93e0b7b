/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings: what a check says about its targets, the same for every check, as text, JSON or SARIF.
 *
 *	struct report report = {};
 *	struct target *target = report_target(&report, "guest.xml", TARGET_FILE);
 *
 *	finding_add(target, &rules[RULE_ACPI], line, "the domain has no <acpi/>");
 *	return report_finish(&report);
 */
#ifndef SEVADM_FINDINGS_H
#define SEVADM_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "cli/command.h"

/** enum severity - how bad it is: an error keeps a guest from starting, a warning may */
enum severity {
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_ERROR,
};

/* The words of severities. */
extern const char *const severity_words[];

/**
 * struct rule - one thing that can be wrong: a row of a check's const table
 * @id: its name in the output: lower case, words joined by '-', the same for ever
 * @severity: that of its findings, unless finding_add_as() says otherwise
 * @title: what must hold, as one phrase
 * @remedy: what to do about it
 * @source: who says so: specification and section, kernel function, document
 */
struct rule {
	const char *id;
	enum severity severity;
	const char *title;
	const char *remedy;
	const char *source;
};

/**
 * struct finding - one rule that does not hold
 * @line: where in the target, from 1; 0: the target as a whole
 * @message: what was found, naming the object
 * @fix: what to do here; NULL: the rule's remedy
 * @order: place among the findings as they were added
 */
struct finding {
	const struct rule *rule;
	enum severity severity;
	unsigned int line;
	char *message;
	char *fix;
	size_t order;
};

enum target_kind {
	TARGET_FILE,	/* its name is a path */
	TARGET_OBJECT,	/* a host, a process, a value */
};

/**
 * struct target - what was checked
 * @extra: keys that this kind of check adds to its JSON object, or NULL; owned by the target
 * @text: printed after the findings when the output is text, or NULL; owned by the target
 * @unreadable: it could not be read, or not to its end: exit code 2
 */
struct target {
	char *name;
	enum target_kind kind;
	struct finding *findings;
	size_t nr;
	struct json_object *extra;
	char *text;
	bool unreadable;
};

/**
 * struct report - all targets of one run; zeroes begin it
 * @what: what is looked for, for when there is none: "domain"
 */
struct report {
	struct target **targets;
	size_t nr;
	const char *what;
};

/** report_target() - add a target; it stays where it is until report_finish() */
struct target *report_target(struct report *report, const char *name, enum target_kind kind);

/** report_drop() - take back the target that was added last: it was nothing to check */
void report_drop(struct report *report);

/**
 * finding_add() - say that @rule does not hold
 * @line: in the target, from 1; 0: the target as a whole
 * @format: what was found
 */
void finding_add(struct target *target, const struct rule *rule, unsigned int line,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/** finding_add_as() - add a finding with the severity that a profile or a version gives it */
void finding_add_as(struct target *target, const struct rule *rule, enum severity severity,
		    unsigned int line, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/** finding_fix() - say what to do about the finding that was added last, instead of the remedy */
void finding_fix(struct target *target, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** finding_print_fixed() - say on stderr that @finding about the file @path is corrected */
void finding_print_fixed(const char *path, const struct finding *finding);

/** target_unreadable() - say where and why @target cannot be read; what was found stays */
void target_unreadable(struct target *target, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** target_add_json() - give the target's JSON object another key; takes over @value */
void target_add_json(struct target *target, const char *key, struct json_object *value);

/** target_verdict() - "ok", "warning" or "error" */
const char *target_verdict(const struct target *target);

/** target_is_ok() - true: its verdict is "ok" */
bool target_is_ok(const struct target *target);

/**
 * report_finish() - sort, print and free everything
 *
 * With --json each target is one object on a line of its own; with --sarif the whole report is one
 * SARIF 2.1.0 log.
 *
 * Return: an exit code: EXIT_USAGE when a target was unreadable or there is none, else EXIT_REFUSED
 * when one has an error (with --strict: or a warning).
 */
int report_finish(struct report *report);

/** report_free() - free everything without printing it */
void report_free(struct report *report);

/* The options of every check: the last rows of its table but the empty one. */
extern bool findings_sarif, findings_strict;

#define FINDINGS_ROWS								\
	{ "sarif", 0, NULL, "print a SARIF 2.1.0 log, for code scanning",	\
	  OPTION_GLOBAL(findings_sarif) },					\
	{ "strict", 0, NULL, "a warning fails the check, too", OPTION_GLOBAL(findings_strict) }

/* Forgets these options. */
void findings_reset(void);

#endif /* SEVADM_FINDINGS_H */

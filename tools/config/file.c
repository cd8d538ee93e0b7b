// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of limits, sevadm.conf(5): read with the line of everything that is wrong, and written.
 *
 * Not by libinih: it cuts the names of sections at 49 bytes without a word (MAX_SECTION), by which
 * a limit would end up with another cgroup.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "config/file.h"

/* Far more than the limits of any host, far less than what hurts. */
#define FILE_MAX	(16UL << 20)
/* Nobody reads more than that in one go. */
#define ERRORS_MAX	100
#define WRONG_SIZE	512

static const char manual[] = "sevadm.conf(5)";

enum {
	RULE_SYNTAX,
	RULE_SUBJECT,
	RULE_KEY,
	RULE_LIMIT,
};

static const struct rule rules[] = {
	[RULE_SYNTAX] = { "config-syntax", SEVERITY_ERROR,
			  "a line is a section, a key with its value, or a comment",
			  "write [host], [user NAME] or [cgroup PATH], and below it KEY = VALUE",
			  manual },
	[RULE_SUBJECT] = { "config-subject", SEVERITY_ERROR, "a section is of a subject",
			   "write [host], [user NAME] or [cgroup PATH]", manual },
	[RULE_KEY] = { "config-key", SEVERITY_ERROR, "a key is a knob of a resource",
		       "write pin.max, asid.sev.min or the like", manual },
	[RULE_LIMIT] = { "config-limit", SEVERITY_ERROR, "limits are clear and can hold",
			 "write 64G, 10%, 4 or max", manual },
};

const struct rule *config_rule_at(unsigned int i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i] : NULL;
}

/**
 * struct reader - where the reading is
 * @subject: whose section it is, if @in_section
 * @skip: the section is not understood: neither are its keys
 */
struct reader {
	struct target *target;
	struct limit_list *list;
	struct limit_subject subject;
	bool in_section, skip;
	unsigned int line;
};

static void complain(struct reader *reader, int rule, const char *wrong)
{
	finding_add(reader->target, &rules[rule], reader->line, "%s", wrong);
}

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static bool is_utf8(const char *text)
{
	struct json_object *clean = json_text(text);
	bool same = clean && !strcmp(json_object_get_string(clean), text);

	json_object_put(clean);
	return same;
}

static void read_section(struct reader *reader, char *line)
{
	char wrong[WRONG_SIZE], *end = strrchr(line, ']'), *kind, *name;

	free(reader->subject.path);
	reader->subject = (struct limit_subject) {};
	reader->in_section = true;
	reader->skip = true;
	if (!end || end[1]) {
		complain(reader, RULE_SYNTAX, end ?
			 "nothing stands behind the ] of a section; comments have lines of their own" :
			 "the ] of the section is missing");
		return;
	}
	*end = '\0';
	kind = trim(line + 1);
	name = kind + strcspn(kind, " \t");
	if (*name)
		*name++ = '\0';
	name = trim(name);
	if (limit_subject_parse(kind, *name ? name : NULL, &reader->subject, wrong, sizeof(wrong)))
		reader->skip = false;
	else
		complain(reader, RULE_SUBJECT, wrong);
}

static void read_key(struct reader *reader, char *line)
{
	char wrong[WRONG_SIZE], *equals = strchr(line, '='), *value;
	enum limit_resource resource;
	enum limit_knob knob;

	if (!equals) {
		complain(reader, RULE_SYNTAX,
			 "this is neither a section, nor KEY = VALUE, nor a comment (# or ;)");
		return;
	}
	if (!reader->in_section) {
		complain(reader, RULE_SYNTAX,
			 "this stands before the first section: whose limit is it? [host], [user NAME] or [cgroup PATH]");
		return;
	}
	if (reader->skip)
		return;
	*equals = '\0';
	value = trim(equals + 1);
	if (!limit_key_parse(trim(line), &resource, &knob, wrong, sizeof(wrong)))
		complain(reader, RULE_KEY, wrong);
	else if (!limit_assign(limit_list_get(reader->list, &reader->subject, resource), knob,
			       value, reader->line, wrong, sizeof(wrong)))
		complain(reader, RULE_LIMIT, wrong);
}

static void read_line(struct reader *reader, char *line, size_t length)
{
	if (strlen(line) != length) {
		complain(reader, RULE_SYNTAX, "there is a NUL byte in this line: it is not text");
		return;
	}
	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return;
	if (!is_utf8(line))
		complain(reader, RULE_SYNTAX, "this line is not UTF-8");
	else if (*line == '[')
		read_section(reader, line);
	else
		read_key(reader, line);
}

bool config_parse(char *text, size_t length, struct target *target, struct limit_list *list)
{
	struct reader reader = { .target = target, .list = list };
	size_t before = target->nr;
	char *end = text + length, *next;

	while (text < end) {
		reader.line++;
		if (target->nr - before >= ERRORS_MAX) {
			complain(&reader, RULE_SYNTAX,
				 "too much is wrong with this file: from here on it was not read");
			break;
		}
		next = memchr(text, '\n', end - text) ?: end;
		*next = '\0';
		read_line(&reader, text, next - text);
		text = next + 1;
	}
	free(reader.subject.path);
	return target->nr == before;
}

bool config_read(const char *path, struct target *target, struct limit_list *list)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = malloc(FILE_MAX + 2);
	size_t length = 0;
	bool good = false;

	if (!file || !text) {
		target_unreadable(target, 0, "cannot be read: %s", strerror(errno));
		goto out;
	}
	length = fread(text, 1, FILE_MAX + 1, file);
	if (ferror(file))
		target_unreadable(target, 0, "cannot be read: %s", strerror(errno));
	else if (length > FILE_MAX)
		target_unreadable(target, 0, "is larger than %lu MiB: this is not a file of limits",
				  FILE_MAX >> 20);
	else {
		text[length] = '\0';
		good = config_parse(text, length, target, list);
	}
out:
	free(text);
	if (file && file != stdin)
		fclose(file);
	return good;
}

void config_write(FILE *file, const struct limit_list *list)
{
	char text[LIMIT_SUBJECT_SIZE];
	const struct limit *limit;
	size_t i, knob;

	for (i = 0; i < list->nr; i++) {
		limit = list->rows[i];
		if (!i || limit_subject_compare(&limit->subject, &list->rows[i - 1]->subject)) {
			limit_subject_write(&limit->subject, text, sizeof(text));
			fprintf(file, "%s[%s]\n", i ? "\n" : "", text);
		}
		for (knob = 0; knob < LIMIT_KNOBS; knob++) {
			if (!limit->lines[knob])
				continue;
			limit_value_write(limit->values[knob].number,
					  limit_resources[limit->resource].bytes, text,
					  sizeof(text));
			fprintf(file, "%s.%s = %s\n", limit_resources[limit->resource].name,
				limit_knobs[knob], text);
		}
	}
}

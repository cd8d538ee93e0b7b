// SPDX-License-Identifier: GPL-2.0-only
/*
 * check rules: as a table, as JSON, and as the page Documentation/check-rules.md. What one of them
 * has of a rule, the others have.
 */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "test.h"

static int rules(const char *word)
{
	char copy[32], *argv[] = { copy, NULL };

	snprintf(copy, sizeof(copy), "%s", word ?: "");
	capture_begin();
	word = word ? copy : NULL;
	return check_rules(!!word, argv);
}

static char *read_page(void)
{
	FILE *file = fopen(TESTS_FOLDER "/../../Documentation/check-rules.md", "r");
	static char text[1 << 18];

	if (!file)
		ksft_exit_fail_msg("no check-rules.md\n");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void page_is_that_of_the_documentation(void)
{
	EXPECT_NUMBER(rules("--markdown"), EXIT_OK);
	capture_end();
	EXPECT_TEXT(captured, read_page());
}

/* Takes the next cell out of a row of a table; a bar behind a backslash is one of the text. */
static const char *next_cell(char **row)
{
	static char cells[8][1024];
	static unsigned int turn;
	char *cell = cells[turn++ % 8], *to = cell, *from = *row;

	for (from += strspn(from, "| "); *from && *from != '|'; from++) {
		if (from[0] == '\\' && from[1] == '|')
			from++;
		*to++ = *from;
	}
	while (to > cell && to[-1] == ' ')
		to--;
	*to = '\0';
	*row = from;
	return cell;
}

/* The row of JSON of a rule. */
static struct json_object *row_of(struct json_object *rows, const char *check, const char *rule)
{
	struct json_object *row;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (!strcmp(json_get_text(row, "check"), check) &&
		    !strcmp(json_get_text(row, "rule"), rule))
			return row;
	}
	return NULL;
}

/* The words behind "## " of a command, as rows of JSON name it. */
static const char *check_of(const char *command)
{
	if (!strcmp(command, "check host --plan"))
		return "plan";
	if (!strcmp(command, "config check"))
		return "config";
	return strncmp(command, "check ", 6) ? command : command + 6;
}

static void each_rule_is_the_same_in_json(void)
{
	char *line, *rest, *row, check[64] = "", rule[64];
	struct json_object *rows, *found;
	unsigned int nr = 0;
	const char *cell;

	output_json = true;
	EXPECT_NUMBER(rules(NULL), EXIT_OK);
	capture_end();
	output_json = false;
	rows = json_tokener_parse(captured);
	for (line = strtok_r(read_page(), "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strncmp(line, "## ", 3))
			snprintf(check, sizeof(check), "%s", check_of(line + 3));
		if (strncmp(line, "| `", 3))
			continue;
		row = line;
		cell = next_cell(&row);
		snprintf(rule, sizeof(rule), "%.*s", (int)strlen(cell) - 2, cell + 1);
		found = row_of(rows, check, rule);
		if (!found) {
			ksft_print_msg("JSON has no %s of %s\n", rule, check);
			test_failed = true;
			continue;
		}
		nr++;
		EXPECT_TEXT(next_cell(&row), json_get_text(found, "severity"));
		EXPECT_TEXT(next_cell(&row), json_get_text(found, "title"));
		EXPECT_TEXT(next_cell(&row), json_get_text(found, "remedy"));
		row += 2;
		cell = *row == ' ' || *row == '|' ? "" : next_cell(&row);
		EXPECT_TEXT(cell, json_object_get_boolean(json_object_object_get(found, "fixable")) ?
			    "yes" : "");
		EXPECT_TEXT(next_cell(&row), json_get_text(found, "source"));
		EXPECT_TEXT(row, "|");
	}
	EXPECT_NUMBER(json_object_array_length(rows), nr);
	EXPECT(nr > 100);
	json_object_put(rows);
}

static void each_rule_has_a_line(void)
{
	unsigned int nr = 0;
	const char *c;

	EXPECT_NUMBER(rules(NULL), EXIT_OK);
	capture_end();
	EXPECT(!strncmp(captured, "CHECK ", 6));
	EXPECT(strstr(captured, "\nhost      cpu-svm                   error     the processor offers SVM\n"));
	for (c = captured; *c; c++)
		nr += *c == '\n';
	for (c = read_page(); (c = strstr(c, "\n| `")); c++)
		nr--;
	/* That of the names of columns. */
	EXPECT_NUMBER(nr, 1);
}

static void no_words(void)
{
	EXPECT_NUMBER(rules("words"), EXIT_USAGE);
	capture_end();
	EXPECT_TEXT(captured_errors, "sevadm: check rules takes no arguments\n");
	EXPECT_TEXT(captured, "");
}

int main(void)
{
	static const struct test tests[] = {
		{ "the page is that of the documentation", page_is_that_of_the_documentation },
		{ "each rule is the same in JSON", each_rule_is_the_same_in_json },
		{ "each rule has a line", each_rule_has_a_line },
		{ "no words", no_words },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

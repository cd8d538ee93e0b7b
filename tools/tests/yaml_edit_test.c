// SPDX-License-Identifier: GPL-2.0-only
/* Edits of YAML files: what each of them makes of a file, byte by byte, and which are not made. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "report/yaml_edit.h"
#include "test.h"

/**
 * struct row - an input, edits, and what becomes of it
 * @edits: lines of an operator, a path and a text: "= PATH TEXT" writes TEXT in place of the value
 *	at PATH, "+ PATH TEXT" adds it to the mapping there, "- PATH KEY" removes KEY from it. A
 *	path is keys, and numbers of items, behind slashes; "/" is the root
 * @output: NULL: the input as it was
 */
struct row {
	const char *input, *edits, *output;
};

struct work {
	struct yaml_edit edit;
	const char *edits;
};

/* The node at a path, and the one above it. */
static yaml_node_t *find(yaml_document_t *doc, const char *path, yaml_node_t **parent)
{
	yaml_node_t *node = yaml_document_get_root_node(doc);
	char word[64];

	*parent = NULL;
	while (sscanf(path, "/%63[^/]", word) == 1) {
		*parent = node;
		node = isdigit((unsigned char)*word) ? yaml_item(doc, node, (size_t)atoi(word)) :
						       yaml_find(doc, node, word);
		path += 1 + strlen(word);
	}
	return node;
}

static void edit_document(void *context, yaml_document_t *doc, yaml_node_t *root)
{
	struct work *work = context;
	char operator, path[128], text[128];
	const char *line = work->edits;
	yaml_node_t *node, *parent;

	(void)root;
	for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (sscanf(line, "%c %127s %127[^\n]", &operator, path, text) != 3)
			ksft_exit_fail_msg("no edit: %s\n", line);
		node = find(doc, path, &parent);
		if (!node)
			ksft_exit_fail_msg("there is no %s\n", path);
		if (operator == '=')
			yaml_edit_value(&work->edit, doc, parent, node, text);
		else if (operator == '+')
			yaml_edit_add(&work->edit, doc, node, text);
		else
			yaml_edit_remove(&work->edit, doc, node, text);
	}
}

static void expect_rows(const struct row *rows, size_t nr)
{
	struct yaml_error error;
	struct work work;
	size_t i, size;
	char *result;

	for (i = 0; i < nr; i++) {
		work.edits = rows[i].edits;
		EXPECT_NUMBER(yaml_edit_begin(&work.edit, rows[i].input, strlen(rows[i].input)), 0);
		EXPECT_NUMBER(yaml_each(rows[i].input, strlen(rows[i].input), edit_document, &work,
					&error), 0);
		result = yaml_edit_apply(&work.edit, &size);
		EXPECT_TEXT(result, rows[i].output ?: rows[i].input);
		EXPECT_NUMBER(size, strlen(rows[i].output ?: rows[i].input));
		free(result);
		yaml_edit_end(&work.edit);
	}
}

static void values(void)
{
	static const struct row rows[] = {
		{ "a: 1\nb: 2 # two\n", "= /b 3", "a: 1\nb: 3 # two\n" },
		{ "a: 'x'\nb: \"y\"\n", "= /a u\n= /b v", "a: u\nb: v\n" },
		/* Places are counted in characters. */
		{ "\"\xc3\xa9\": 1\nb: \xe2\x82\xac\nc: 2\n", "= /b e\n= /c 3", "\"\xc3\xa9\": 1\nb: e\nc: 3\n" },
		/* Absent ones. */
		{ "a:\nb: 2\n", "= /a 1", "a: 1\nb: 2\n" },
		{ "a: # one\nb: 2\n", "= /a 1", "a: 1 # one\nb: 2\n" },
		{ "a:", "= /a 1", "a: 1" },
		{ "x: {a, b: 2}\n", "= /x/a 1", "x: {a: 1, b: 2}\n" },
		{ "x: {a: , b: 2}\n", "= /x/a 1", "x: {a: 1, b: 2}\n" },
		/* What an anchor or a tag is for is not known; neither are several lines. */
		{ "a: &x 1\nb: !!int 2\n", "= /a 3\n= /b 3", NULL },
		{ "a: |\n  one\n  two\nb: 2\n", "= /a 3", NULL },
		{ "a: [1]\nb: {c: 1}\n", "= /a 3\n= /b 3", NULL },
		{ "x: {? a, b: 2}\n", "= /x/a 1", "x: {? a: 1, b: 2}\n" },
		{ "? a\n: 1\n? b\n", "= /a 2\n= /b 3", "? a\n: 2\n? b\n" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* Texts get the quotes that JSON has, but for numbers and truths. */
static void json(void)
{
	static const struct row rows[] = {
		{ "{\"a\": \"x\", \"b\": 1}", "= /a y\n= /b 22", "{\"a\": \"y\", \"b\": 22}" },
		{ "{\"a\": {}}", "= /a {}\n+ /a b: {c: true, d1: false, e: 10, f: 1x, truer: falsey}",
		  "{\"a\": {\"b\": {\"c\": true, \"d1\": false, \"e\": 10, \"f\": \"1x\", \"truer\": \"falsey\"}}}" },
		{ "{\"a\": 1}", "+ / b: x", "{\"b\": \"x\", \"a\": 1}" },
		/* Within YAML, too. */
		{ "m: {\"a\": 1}\nn: {a: 1}\n", "+ /m b: x\n+ /n b: x", "m: {\"b\": \"x\", \"a\": 1}\nn: {b: x, a: 1}\n" },
		{ "\"a\": x\n", "= /a y\n+ / b: z", "b: z\n\"a\": y\n" },
		{ "{'a': x}\n", "= /a y", "{'a': y}\n" },
		{ "{[1]: x, \"a\": y}\n", "= /a z", "{[1]: x, \"a\": z}\n" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* As the first key, in the column of the one that was it, with the file's own line ends. */
static void additions(void)
{
	static const struct row rows[] = {
		{ "a: 1\n", "+ / b: 2", "b: 2\na: 1\n" },
		{ "# what\nm:\n  # why\n  a: 1\n", "+ /m b: 2", "# what\nm:\n  # why\n  b: 2\n  a: 1\n" },
		{ "- a: 1\n  c: 3\n", "+ /0 b: 2", "- b: 2\n  a: 1\n  c: 3\n" },
		{ "-  -   a: 1\n", "+ /0/0 b: 2", "-  -   b: 2\n       a: 1\n" },
		{ "m:\r\n  a: 1\r\n", "+ /m b: 2", "m:\r\n  b: 2\r\n  a: 1\r\n" },
		{ "m:\r  a: 1\r", "+ /m b: 2", "m:\r  b: 2\r  a: 1\r" },
		{ "\na: 1\n", "+ / b: 2", "\nb: 2\na: 1\n" },
		{ "m: {}\n", "+ /m b: 2", "m: {b: 2}\n" },
		{ "m: {a: 1}\n", "+ /m b: 2", "m: {b: 2, a: 1}\n" },
		{ "m: {\n  a: 1 }\n", "+ /m b: 2", "m: {b: 2,\n  a: 1 }\n" },
		{ "m: {\r\n  a: 1 }\r\n", "+ /m b: 2", "m: {b: 2,\r\n  a: 1 }\r\n" },
		/* No sure place: an anchor, a tag, another form of key, no braces, no mapping. */
		{ "m: &x\n  a: 1\nn: !t {a: 1}\n", "+ /m b: 2\n+ /n b: 2", NULL },
		{ "? a\n: 1\n", "+ / b: 2", NULL },
		{ "m: [a: 1]\n", "+ /m/0 b: 2", NULL },
		{ "m: 1\nn: [1]\n", "+ /m b: 2\n+ /n b: 2", NULL },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* A key goes with its line, and the comment that is on it. */
static void removals(void)
{
	static const struct row rows[] = {
		{ "a: 1\nb: 2 # two\nc: 3\n", "- / b", "a: 1\nc: 3\n" },
		{ "a: 1\r\nb: 2\r\nc: 3\r\n", "- / b", "a: 1\r\nc: 3\r\n" },
		{ "a: 1\rb: 2\rc: 3\r", "- / a", "b: 2\rc: 3\r" },
		{ "a: 1\nb: 2", "- / b", "a: 1\n" },
		{ "m:\n  a: 1\n  b: 2\n", "- /m a", "m:\n  b: 2\n" },
		/* What follows takes the place of the first one of an item. */
		{ "- a: 1\n  b: 2\n", "- /0 a", "- b: 2\n" },
		{ "- a: 1 # one\n\n  b: 2\n", "- /0 a", "-\n\n  b: 2\n" },
		{ "- a: 1\n  # two\n  b: 2\n", "- /0 a", "-\n  # two\n  b: 2\n" },
		{ "m: {a: 1, b: 2, c: 3}\n", "- /m a", "m: {b: 2, c: 3}\n" },
		{ "m: {a: 1, b: 2, c: 3}\n", "- /m b", "m: {a: 1, c: 3}\n" },
		{ "m: {a: 1, b: 2, c: 3 }\n", "- /m c", "m: {a: 1, b: 2 }\n" },
		{ "m: {a: 1,\n  b: 2}\n", "- /m a", "m: {b: 2}\n" },
		{ "m: {a: 1,\r\n  b: 2}\r\n", "- /m a", "m: {b: 2}\r\n" },
		{ "m: {a: 1}\n", "- /m a", "m: {}\n" },
		{ "m: {a: 1\n}\n", "- /m a", "m: {\n}\n" },
		/* A comment, or an empty line, would be lost or be another's. */
		{ "m: {a: 1, # one\n  b: 2}\n", "- /m a", NULL },
		{ "m: {a: 1,\n\n  b: 2}\n", "- /m a", NULL },
		{ "m: {a: 1 # one\n}\n", "- /m a", NULL },
		/* A mapping stays one; what is not there, or is no scalar of that line, stays. */
		{ "m:\n  a: 1\n", "- /m a", NULL },
		{ "m: [a: 1]\n", "- /m/0 a", NULL },
		{ "a: 1\nb: 2\n", "- / c", NULL },
		{ "a: [1]\nb:\n  1\nc: \"2\n  3\"\nd: 4\n", "- / a\n- / b\n- / c", NULL },
		{ "m: 1\n", "- /m a", NULL },
		{ "? a\n: 1\n? b\n: 2\n", "- / a", NULL },
		/* NEL, LS and PS end a line for libyaml alone. */
		{ "a: 1 # \xc2\x85" "b: 2\nc: 3\n", "- / a", NULL },
		{ "a: 1 # \xe2\x80\xa8" "b: 2\nc: 3\n", "- / a", NULL },
		{ "a: 1 # \xe2\x80\xa9" "b: 2\nc: 3\n", "- / a", NULL },
		/* An alias has the place of what it is for: another line, or before its key. */
		{ "a: &x 1\nb: *x\nc: 3\n", "- / b", NULL },
		{ "[&x 1, {a: 0, b: *x}, {c: 2}]\n", "= /2/c 3\n- /1 b", "[&x 1, {a: 0, b: *x}, {c: 3}]\n" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* In any order; of edits at the same place, or that overlap, the first is made. */
static void several_edits(void)
{
	static const struct row rows[] = {
		{ "a: 1\nb: 2\nc: 3\nd: 4\n", "= /d 7\n= /a 5\n= /c 6", "a: 5\nb: 2\nc: 6\nd: 7\n" },
		{ "a: 1\nb: 2\n", "= /a 3\n- / a", "b: 2\n" },
		{ "m: &x {a: 1}\nn: *x\n", "= /m/a 2\n= /n/a 2", "m: &x {a: 2}\nn: *x\n" },
		{ "a: &x 1\nb: *x\nc: 3\n", "= /a 2\n= /c 4", "a: &x 1\nb: *x\nc: 4\n" },
		{ "m: {a: 1, b: 2}\n", "- /m b\n+ /m c: 3\n+ /m c: 3", "m: {c: 3, a: 1}\n" },
		{ "m: {a: 1, b: 2}\n", "- /m a\n+ /m c: 3", "m: {c: 3, a: 1, b: 2}\n" },
		{ "a: 1\n", "", NULL },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* What libyaml does not count as this does. */
static void other_encodings(void)
{
	static const struct {
		const char *bytes;
		size_t size;
		int ret;
	} rows[] = {
		{ "", 0, 0 }, { "a: \xef\n", 5, 0 },
		{ "\xef\xbb\xbf" "a: 1\n", 8, -EILSEQ }, { "\xff\xfe" "a", 3, -EILSEQ },
		{ "\xfe\xff" "a", 3, -EILSEQ }, { "a\0:\0", 4, -EILSEQ },
	};
	struct yaml_edit edit;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_NUMBER(yaml_edit_begin(&edit, rows[i].bytes, rows[i].size), rows[i].ret);
		yaml_edit_end(&edit);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "values", values },
		{ "JSON", json },
		{ "additions", additions },
		{ "removals", removals },
		{ "several edits", several_edits },
		{ "other encodings", other_encodings },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

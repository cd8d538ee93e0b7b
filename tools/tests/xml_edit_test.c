// SPDX-License-Identifier: GPL-2.0-only
/* Edits of XML files: what each of them makes of a file, byte by byte. */
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "report/xml.h"
#include "report/xml_edit.h"
#include "test.h"

/**
 * struct row - an input, edits, and what becomes of it
 * @edits: lines of an operator, a path and a text, \n in which is a line break: "@ PATH NAME=VALUE"
 *	sets an attribute, "+ PATH XML" appends an element, "= PATH TEXT" replaces what is in one,
 *	"- PATH -" removes one, "~ PATH -" removes stray text from one. A path is below the root,
 *	which is "."
 * @output: NULL: the input as it was
 */
struct row {
	const char *input, *edits, *output;
};

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++)
		*to++ = *text == '\\' && text[1] == 'n' ? (text++, '\n') : *text;
	*to = '\0';
}

static void edit_line(struct xml_edit *edit, xmlNode *root, const char *line)
{
	char operator, path[64], text[256], *value;
	xmlNode *node;

	if (sscanf(line, "%c %63s %255[^\n]", &operator, path, text) != 3)
		ksft_exit_fail_msg("no edit: %s\n", line);
	unescape(text);
	node = strcmp(path, ".") ? xml_find(root, path) : root;
	if (!node)
		ksft_exit_fail_msg("there is no %s\n", path);
	switch (operator) {
	case '@':
		value = strchr(text, '=');
		*value++ = '\0';
		xml_edit_attribute(edit, node, text, value);
		break;
	case '+':
		xml_edit_append(edit, node, text);
		break;
	case '=':
		xml_edit_content(edit, node, text);
		break;
	case '-':
		xml_edit_remove(edit, node);
		break;
	default:
		xml_edit_remove_text(edit, node);
	}
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

static void expect_rows(const struct row *rows, size_t nr)
{
	struct xml_error error;
	struct xml_edit edit;
	const char *line;
	char *result;
	size_t i, size;
	xmlDoc *doc;

	for (i = 0; i < nr; i++) {
		doc = xml_read(rows[i].input, strlen(rows[i].input), &error);
		if (!doc)
			ksft_exit_fail_msg("%s: %s\n", rows[i].input, error.message);
		EXPECT_NUMBER(xml_edit_begin(&edit, doc, rows[i].input, strlen(rows[i].input)), 0);
		for (line = rows[i].edits; line; line = next_line(line))
			edit_line(&edit, xmlDocGetRootElement(doc), line);
		result = xml_edit_apply(&edit, &size);
		EXPECT_TEXT(result, rows[i].output ?: rows[i].input);
		EXPECT_NUMBER(size, strlen(rows[i].output ?: rows[i].input));
		free(result);
		xml_edit_end(&edit);
		/* What was edited is XML. */
		xmlFreeDoc(doc);
		doc = xml_read(rows[i].output ?: "<a/>", strlen(rows[i].output ?: "<a/>"), &error);
		EXPECT(doc);
		xmlFreeDoc(doc);
	}
}

static void attributes(void)
{
	static const struct row rows[] = {
		{ "<a/>", "@ . x=1", "<a x='1'/>" },
		{ "<a></a>", "@ . x=1", "<a x='1'></a>" },
		{ "<a y='2'/>", "@ . x=1", "<a y='2' x='1'/>" },
		{ "<a y='2' />", "@ . x=1", "<a y='2' x='1' />" },
		{ "<a x='2'/>", "@ . x=1", "<a x='1'/>" },
		{ "<a xx='2' x='3'/>", "@ . x=1", "<a xx='2' x='1'/>" },
		{ "<a\n  y=\"it's > 2\"\n  x = \"3\"\n/>", "@ . x=1", "<a\n  y=\"it's > 2\"\n  x = \"1\"\n/>" },
		{ "<a x=''/>", "@ . x=long", "<a x='long'/>" },
		{ "<a><!-- <b x='0'> --><![CDATA[<b>]]><?p <b?><b x='2'/><b/></a>", "@ b x=1",
		  "<a><!-- <b x='0'> --><![CDATA[<b>]]><?p <b?><b x='1'/><b/></a>" },
		{ "<?xml version='1.0'?>\n<a><c/><d><b/></d></a>", "@ d/b x=1\n@ c y=2\n@ . z=3",
		  "<?xml version='1.0'?>\n<a z='3'><c y='2'/><d><b x='1'/></d></a>" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* After the last child, in its column; in an element without, two columns further in. */
static void elements(void)
{
	static const struct row rows[] = {
		{ "<a>\n  <b/>\n</a>\n", "+ . <c/>", "<a>\n  <b/>\n  <c/>\n</a>\n" },
		{ "<a>\n\t<b/>\n</a>\n", "+ . <c>\\n  <d/>\\n</c>", "<a>\n\t<b/>\n\t<c>\n\t  <d/>\n\t</c>\n</a>\n" },
		{ "<a>\n  <b/> <!-- last -->\n</a>\n", "+ . <c/>", "<a>\n  <b/>\n  <c/> <!-- last -->\n</a>\n" },
		{ "<a>\n  <b/>text</a>\n", "+ . <c/>", "<a>\n  <b/>\n  <c/>text</a>\n" },
		{ "<a>\n  <b>\n  </b>\n</a>\n", "+ b <c/>", "<a>\n  <b>\n    <c/>\n  </b>\n</a>\n" },
		{ "<a>\n  <b></b>\n</a>\n", "+ b <c/>", "<a>\n  <b>\n    <c/>\n  </b>\n</a>\n" },
		{ "<a>\n  <b>text</b>\n</a>\n", "+ b <c/>", "<a>\n  <b>text\n    <c/>\n  </b>\n</a>\n" },
		{ "<a>\n  <b/>\n</a>\n", "+ b <c/>", "<a>\n  <b>\n    <c/>\n  </b>\n</a>\n" },
		{ "<a>\n  <b x='1' />\n</a>\n", "+ b <c/>", "<a>\n  <b x='1'>\n    <c/>\n  </b>\n</a>\n" },
		{ "<a><b/></a>", "+ . <c/>", "<a><b/>\n<c/></a>" },
		{ "<a/>", "+ . <b/>", "<a>\n  <b/>\n</a>" },
		/* A prefix is a part of the name. */
		{ "<a xmlns:q='u'>\n  <q:b/>\n</a>\n", "+ b <c/>", "<a xmlns:q='u'>\n  <q:b>\n    <c/>\n  </q:b>\n</a>\n" },
		{ "<a xmlns:q='u'>\n  <q:b\tx='1'/>\n</a>\n", "+ b <c/>",
		  "<a xmlns:q='u'>\n  <q:b\tx='1'>\n    <c/>\n  </q:b>\n</a>\n" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

static void contents(void)
{
	static const struct row rows[] = {
		{ "<a><b>1</b></a>", "= b 22", "<a><b>22</b></a>" },
		{ "<a><b><!-- one -->1<c/></b></a>", "= b 22", "<a><b>22</b></a>" },
		{ "<a><b></b></a>", "= b 22", "<a><b>22</b></a>" },
		{ "<a><b/></a>", "= b 22", "<a><b>22</b></a>" },
		{ "<a xmlns:q='u'><q:b/></a>", "= b 22", "<a xmlns:q='u'><q:b>22</q:b></a>" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* With the space before them, where they begin their line. */
static void removals(void)
{
	static const struct row rows[] = {
		{ "<a>\n  <b/>\n  <c/>\n</a>\n", "- b -", "<a>\n  <c/>\n</a>\n" },
		{ "<a>\n \t <b>\n  1</b> <c/>\n</a>\n", "- b -", "<a> <c/>\n</a>\n" },
		{ "<a> <b/> <c/></a>", "- b -", "<a>  <c/></a>" },
		{ "<a>\n  <b/>\n</a>\n", "- b -", "<a>\n</a>\n" },
		{ "<a>\n  text\n  <b/>\n\t more\n</a>\n", "~ . -", "<a>\n  <b/>\n</a>\n" },
		{ "<a>\nx\n<b/>y<c/> z <d/></a>", "~ . -", "<a>\n<b/><c/> <d/></a>" },
		{ "<a>\n  <!-- text -->\n  <?p text?>\n  <b>text</b>\n</a>\n", "~ . -", NULL },
		{ "<a>\n  x<!-- kept -->y\n  <b/>\n</a>\n", "~ . -", "<a><!-- kept -->\n  <b/>\n</a>\n" },
		{ "<a>\n  <![CDATA[<x>]]> y\n  <b/>\n</a>\n", "~ . -", "<a>\n  <b/>\n</a>\n" },
		{ "<a>\n\tx\n</a>\n", "~ . -", "<a>\n</a>\n" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

/* In any order; the same at the same place is done once, and of those that overlap the first. */
static void several_edits(void)
{
	static const struct row rows[] = {
		{ "<a><b/><c/><d/></a>", "@ d x=1\n@ b x=1\n@ c x=1", "<a><b x='1'/><c x='1'/><d x='1'/></a>" },
		{ "<a><b/></a>", "@ b x=1\n@ b x=1", "<a><b x='1'/></a>" },
		{ "<a><b/></a>", "@ b x=1\n@ b y=2", "<a><b x='1' y='2'/></a>" },
		{ "<a><b>1</b></a>", "- b -\n= b 2\n@ b x=3", "<a></a>" },
		{ "<a><b>1</b><c/></a>", "= b 2\n- c -\n@ . x=3", "<a x='3'><b>2</b></a>" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

int main(void)
{
	static const struct test tests[] = {
		{ "attributes", attributes },
		{ "elements", elements },
		{ "contents", contents },
		{ "removals", removals },
		{ "several edits", several_edits },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/* Edits by place. libxml2 has judged the document well-formed, so that finding tags is simple. */
#include "report/xml_edit.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * struct xml_span - where an element is
 * @start: its '<'
 * @tag_end: after the '>' of its first tag
 * @close: its "</"; tag_end when it is <empty/>
 * @end: after its last '>'
 */
struct xml_span {
	size_t start, tag_end, close, end;
};

struct xml_change {
	size_t at, removed;
	char *inserted;
	size_t order;
};

static void *have(void *memory)
{
	if (!memory) {
		fputs("sevadm: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

/* After the next @end, which is there. */
static size_t skip_to(const struct xml_edit *edit, size_t at, const char *end)
{
	const char *found = memmem(edit->bytes + at, edit->size - at, end, strlen(end));

	return found ? (size_t)(found - edit->bytes) + strlen(end) : edit->size;
}

/* After the '>' of the tag at @at: one in a quoted value does not count. */
static size_t skip_tag(const struct xml_edit *edit, size_t at)
{
	char quote = 0;

	for (; at < edit->size; at++) {
		if (quote)
			quote = edit->bytes[at] == quote ? 0 : quote;
		else if (edit->bytes[at] == '"' || edit->bytes[at] == '\'')
			quote = edit->bytes[at];
		else if (edit->bytes[at] == '>')
			return at + 1;
	}
	return edit->size;
}

static struct xml_span *add_span(struct xml_edit *edit)
{
	size_t nr = edit->nr_spans;

	if (!(nr & (nr - 1)))
		edit->spans = have(reallocarray(edit->spans, nr ? 2 * nr : 1,
						sizeof(*edit->spans)));
	edit->nr_spans++;
	return &edit->spans[nr];
}

static bool starts(const struct xml_edit *edit, size_t at, const char *text)
{
	return edit->size - at >= strlen(text) && !memcmp(edit->bytes + at, text, strlen(text));
}

/* libxml2 goes no deeper than 256. */
#define MAX_DEPTH	512

static int find_spans(struct xml_edit *edit)
{
	size_t open[MAX_DEPTH], depth = 0, at = 0;
	struct xml_span *span;

	while (at < edit->size) {
		if (edit->bytes[at] != '<') {
			at++;
		} else if (starts(edit, at, "<!--")) {
			at = skip_to(edit, at + 4, "-->");
		} else if (starts(edit, at, "<![CDATA[")) {
			at = skip_to(edit, at, "]]>");
		} else if (starts(edit, at, "<?")) {
			at = skip_to(edit, at, "?>");
		} else if (starts(edit, at, "</")) {
			if (!depth)
				return -1;
			span = &edit->spans[open[--depth]];
			span->close = at;
			at = span->end = skip_tag(edit, at);
		} else {
			span = add_span(edit);
			span->start = at;
			at = span->tag_end = span->close = span->end = skip_tag(edit, at);
			if (edit->bytes[at - 2] == '/')
				continue;
			if (depth == MAX_DEPTH)
				return -1;
			open[depth++] = edit->nr_spans - 1;
		}
	}
	return depth ? -1 : 0;
}

/* Each element remembers its number, from 1, as the spans are in the same order. */
static size_t number(xmlNode *node, size_t last)
{
	for (; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		last++;
		node->_private = (void *)last;
		last = number(node->children, last);
	}
	return last;
}

int xml_edit_begin(struct xml_edit *edit, xmlDoc *doc, const char *bytes, size_t size)
{
	*edit = (struct xml_edit) { .bytes = bytes, .size = size };
	if (memchr(bytes, 0, size) || find_spans(edit) ||
	    number(doc->children, 0) != edit->nr_spans) {
		xml_edit_end(edit);
		return -1;
	}
	return 0;
}

static const struct xml_span *span_of(const struct xml_edit *edit, const xmlNode *node)
{
	return &edit->spans[(size_t)node->_private - 1];
}

static void change(struct xml_edit *edit, size_t at, size_t removed, char *inserted)
{
	size_t nr = edit->nr_changes;

	if (!(nr & (nr - 1)))
		edit->changes = have(reallocarray(edit->changes, nr ? 2 * nr : 1,
						  sizeof(*edit->changes)));
	edit->changes[nr] = (struct xml_change) { at, removed, have(inserted), nr };
	edit->nr_changes++;
}

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text_of(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return have(text);
}

void xml_edit_attribute(struct xml_edit *edit, xmlNode *node, const char *name, const char *value)
{
	const struct xml_span *span = span_of(edit, node);
	size_t at = span->start + 1, end, start, length = strlen(name);
	char quote;

	while (at < span->tag_end && !isspace((unsigned char)edit->bytes[at]) &&
	       edit->bytes[at] != '>' && edit->bytes[at] != '/')
		at++;
	end = at;
	while (at < span->tag_end) {
		while (isspace((unsigned char)edit->bytes[at]))
			at++;
		if (edit->bytes[at] == '>' || edit->bytes[at] == '/')
			break;
		start = at;
		while (edit->bytes[at] != '"' && edit->bytes[at] != '\'')
			at++;
		quote = edit->bytes[at++];
		end = skip_to(edit, at, (char[]){ quote, '\0' });
		if (!memcmp(edit->bytes + start, name, length) &&
		    (edit->bytes[start + length] == '=' ||
		     isspace((unsigned char)edit->bytes[start + length]))) {
			change(edit, at, end - 1 - at, strdup(value));
			return;
		}
		at = end;
	}
	change(edit, end, 0, text_of(" %s='%s'", name, value));
}

/* No line that a person has indented is longer: looking further back makes long lines quadratic. */
#define MAX_LINE	1024

/* The space that a line begins with, at most up to @at. */
static size_t indent_of(const struct xml_edit *edit, size_t at, size_t *length)
{
	size_t start = at;

	while (start && edit->bytes[start - 1] != '\n' && at - start < MAX_LINE)
		start--;
	if (at - start == MAX_LINE)
		start = at;
	for (*length = 0; start + *length < at; (*length)++)
		if (edit->bytes[start + *length] != ' ' && edit->bytes[start + *length] != '\t')
			break;
	return start;
}

/* Every line of @xml on a line of its own, behind @indent. */
static char *indented(const char *xml, const char *indent, size_t length)
{
	size_t size, part;
	char *text = NULL;
	FILE *file = have(open_memstream(&text, &size));

	for (; *xml; xml += part + (xml[part] == '\n')) {
		part = strcspn(xml, "\n");
		fprintf(file, "\n%.*s%.*s", (int)length, indent, (int)part, xml);
	}
	fclose(file);
	return have(text);
}

/* How long an element's name is, as its tag has it: with its prefix. */
static int name_length(const struct xml_edit *edit, const struct xml_span *span)
{
	return (int)strcspn(edit->bytes + span->start + 1, " \t\r\n/>");
}

void xml_edit_append(struct xml_edit *edit, xmlNode *node, const char *xml)
{
	const struct xml_span *span = span_of(edit, node), *child = NULL;
	size_t own, length, at, start, line;
	xmlNode *last;
	char *indent, *text;

	line = indent_of(edit, span->start, &own);
	for (last = node->last; last && last->type != XML_ELEMENT_NODE; )
		last = last->prev;
	if (last)
		child = span_of(edit, last);
	if (child) {
		at = indent_of(edit, child->start, &length);
		indent = strndup(edit->bytes + at, length);
	} else {
		indent = text_of("%.*s  ", (int)own, edit->bytes + line);
	}
	text = indented(xml, have(indent), strlen(indent));
	free(indent);
	if (span->close != span->tag_end || edit->bytes[span->tag_end - 2] != '/') {
		/* After the last child, before the space that leads to the closing tag. */
		at = child ? child->end : span->close;
		while (!child && at > span->tag_end && isspace((unsigned char)edit->bytes[at - 1]))
			at--;
		if (!child && at == span->close) {
			text = have(realloc(text, strlen(text) + own + 2));
			sprintf(text + strlen(text), "\n%.*s", (int)own, edit->bytes + line);
		}
		change(edit, at, 0, text);
		return;
	}
	for (start = span->tag_end - 2; isspace((unsigned char)edit->bytes[start - 1]); )
		start--;
	change(edit, start, span->tag_end - start,
	       text_of(">%s\n%.*s</%.*s>", text, (int)own, edit->bytes + span->start - own,
		       name_length(edit, span), edit->bytes + span->start + 1));
	free(text);
}

void xml_edit_content(struct xml_edit *edit, xmlNode *node, const char *text)
{
	const struct xml_span *span = span_of(edit, node);

	if (edit->bytes[span->tag_end - 2] == '/')
		change(edit, span->tag_end - 2, 2,
		       text_of(">%s</%.*s>", text, name_length(edit, span),
			       edit->bytes + span->start + 1));
	else
		change(edit, span->tag_end, span->close - span->tag_end, strdup(text));
}

void xml_edit_remove(struct xml_edit *edit, xmlNode *node)
{
	const struct xml_span *span = span_of(edit, node);
	size_t at = span->start;

	while (at && (edit->bytes[at - 1] == ' ' || edit->bytes[at - 1] == '\t'))
		at--;
	if (at && edit->bytes[at - 1] == '\n')
		at--;
	else
		at = span->start;
	change(edit, at, span->end - at, strdup(""));
}

/* From @at to @end there are no elements: what is neither space nor comment goes. */
static void remove_text(struct xml_edit *edit, size_t at, size_t end)
{
	size_t start;

	while (at < end) {
		if (isspace((unsigned char)edit->bytes[at])) {
			at++;
		} else if (starts(edit, at, "<!--")) {
			at = skip_to(edit, at + 4, "-->");
		} else if (starts(edit, at, "<?")) {
			at = skip_to(edit, at, "?>");
		} else {
			start = at;
			while (at < end && (edit->bytes[at] != '<' ||
					    starts(edit, at, "<![CDATA[")))
				at = edit->bytes[at] == '<' ? skip_to(edit, at, "]]>") : at + 1;
			while (isspace((unsigned char)edit->bytes[at - 1]))
				at--;
			end = end < at ? at : end;
			while (start && (edit->bytes[start - 1] == ' ' ||
					 edit->bytes[start - 1] == '\t'))
				start--;
			if (start && edit->bytes[start - 1] == '\n')
				start--;
			change(edit, start, at - start, strdup(""));
		}
	}
}

void xml_edit_remove_text(struct xml_edit *edit, xmlNode *parent)
{
	const struct xml_span *span = span_of(edit, parent), *child;
	size_t at = span->tag_end;
	xmlNode *node;

	for (node = parent->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		child = span_of(edit, node);
		remove_text(edit, at, child->start);
		at = child->end;
	}
	remove_text(edit, at, span->close);
}

static int by_place(const void *a, const void *b)
{
	const struct xml_change *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

/* Two findings may have one remedy: what is the same at the same place is done once. */
static bool is_same_change(const struct xml_change *a, const struct xml_change *b)
{
	return a->at == b->at && a->removed == b->removed && !strcmp(a->inserted, b->inserted);
}

char *xml_edit_apply(struct xml_edit *edit, size_t *size)
{
	const struct xml_change *row;
	size_t at = 0, i;
	char *text = NULL;
	FILE *file = have(open_memstream(&text, size));

	if (edit->nr_changes)
		qsort(edit->changes, edit->nr_changes, sizeof(*edit->changes), by_place);
	for (i = 0; i < edit->nr_changes; i++) {
		row = &edit->changes[i];
		if (row->at < at || (i && is_same_change(row, row - 1)))
			continue;
		fwrite(edit->bytes + at, 1, row->at - at, file);
		fputs(row->inserted, file);
		at = row->at + row->removed;
	}
	fwrite(edit->bytes + at, 1, edit->size - at, file);
	fclose(file);
	return have(text);
}

void xml_edit_end(struct xml_edit *edit)
{
	while (edit->nr_changes)
		free(edit->changes[--edit->nr_changes].inserted);
	free(edit->changes);
	free(edit->spans);
	*edit = (struct xml_edit) {};
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edits of a YAML file at the places that libyaml gives its values, which are counted in
 * characters.
 */
#include "report/yaml_edit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct yaml_change - bytes @start to before @end become @text
 */
struct yaml_change {
	size_t start, end;
	char *text;
};

int yaml_edit_begin(struct yaml_edit *edit, const char *bytes, size_t size)
{
	size_t i, nr = 0;

	*edit = (struct yaml_edit) { .bytes = bytes, .size = size };
	/* UTF-16, or a byte order mark, which libyaml leaves out of its count. */
	if (memchr(bytes, 0, size) || (size && ((unsigned char)bytes[0] == 0xef ||
					       (unsigned char)bytes[0] >= 0xfe)))
		return -EILSEQ;
	edit->offsets = calloc(size + 1, sizeof(*edit->offsets));
	if (!edit->offsets)
		return -ENOMEM;
	for (i = 0; i < size; i++)
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			edit->offsets[nr++] = i;
	edit->offsets[nr] = size;
	edit->nr_offsets = nr;
	return 0;
}

void yaml_edit_end(struct yaml_edit *edit)
{
	while (edit->nr_changes)
		free(edit->changes[--edit->nr_changes].text);
	free(edit->changes);
	free(edit->offsets);
}

static size_t offset_of(const struct yaml_edit *edit, const yaml_mark_t *mark)
{
	return edit->offsets[mark->index < edit->nr_offsets ? mark->index : edit->nr_offsets];
}

/* Takes over @text. */
static void change(struct yaml_edit *edit, size_t start, size_t end, char *text)
{
	const size_t nr = edit->nr_changes;
	struct yaml_change *changes = text && start <= end ? edit->changes : NULL;

	if (text && start <= end && !(nr & (nr - 1)))
		changes = reallocarray(edit->changes, nr ? 2 * nr : 1, sizeof(*changes));
	if (!changes) {
		free(text);
		return;
	}
	edit->changes = changes;
	changes[edit->nr_changes++] = (struct yaml_change) { start, end, text };
}

/* An anchor or a tag stands before the value: what it is for is not known here. */
static bool has_properties(const struct yaml_edit *edit, size_t at)
{
	return at < edit->size && (edit->bytes[at] == '&' || edit->bytes[at] == '!');
}

static bool is_json(const yaml_node_t *map, yaml_document_t *doc)
{
	const yaml_node_pair_t *first;
	const yaml_node_t *key;

	if (!map || map->type != YAML_MAPPING_NODE ||
	    map->data.mapping.style != YAML_FLOW_MAPPING_STYLE)
		return false;
	first = map->data.mapping.pairs.start;
	key = first < map->data.mapping.pairs.top ? yaml_document_get_node(doc, first->key) : NULL;
	return key && key->type == YAML_SCALAR_NODE &&
	       key->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

/* JSON has quotes around all words but these and numbers. */
static bool needs_quotes(const char *word, size_t length)
{
	if ((length == 4 && !memcmp(word, "true", 4)) || (length == 5 && !memcmp(word, "false", 5)))
		return false;
	return strspn(word, "0123456789") < length;
}

/* The text as it is written at @map, allocated, or NULL. */
static char *text_for(yaml_document_t *doc, const yaml_node_t *map, const char *text)
{
	char *copy, *to;
	size_t length;
	bool quotes;

	if (!is_json(map, doc) && !is_json(yaml_document_get_root_node(doc), doc))
		return strdup(text);
	copy = to = malloc(3 * strlen(text) + 1);
	while (copy && *text) {
		for (length = 0; isalnum((unsigned char)text[length]);)
			length++;
		quotes = length && needs_quotes(text, length);
		length += !length;
		if (quotes)
			*to++ = '"';
		to = mempcpy(to, text, length);
		if (quotes)
			*to++ = '"';
		text += length;
	}
	if (copy)
		*to = '\0';
	return copy;
}

/*
 * What stands before an absent value: "key:" ends at the colon, the key of {key} has none. NULL:
 * unknown.
 */
static const char *before_absent(const struct yaml_edit *edit, size_t at)
{
	const size_t value = at;

	while (at && (edit->bytes[at - 1] == ' ' || edit->bytes[at - 1] == '\t'))
		at--;
	if (!at || edit->bytes[at - 1] == '\n' || edit->bytes[at - 1] == '\r')
		return NULL;
	if (edit->bytes[at - 1] != ':')
		return ": ";
	return at == value ? " " : "";
}

void yaml_edit_value(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		     const yaml_node_t *node, const char *text)
{
	size_t start = offset_of(edit, &node->start_mark), end = offset_of(edit, &node->end_mark);
	const char *before = start == end ? before_absent(edit, start) : "";
	char *written, *copy;

	if (node->type != YAML_SCALAR_NODE || node->start_mark.line != node->end_mark.line ||
	    has_properties(edit, start) || !before)
		return;
	written = text_for(doc, map, text);
	if (written && asprintf(&copy, "%s%s", before, written) >= 0)
		change(edit, start, end, copy);
	free(written);
}

/* Where the pair stands, or NULL. */
static const yaml_node_pair_t *pair_of(yaml_document_t *doc, const yaml_node_t *map,
				       const char *key)
{
	const yaml_node_pair_t *pair;

	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
		if (yaml_is(yaml_document_get_node(doc, pair->key), key))
			return pair;
	return NULL;
}

/* libyaml breaks lines at these, and at three characters of Unicode: see has_wide_break(). */
static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* The start of the line that @at is in. */
static size_t line_of(const struct yaml_edit *edit, size_t at)
{
	while (at && !is_break(edit->bytes[at - 1]))
		at--;
	return at;
}

/* How the line before the one that starts at @line ends. */
static const char *line_end(const struct yaml_edit *edit, size_t line)
{
	if (!line || edit->bytes[line - 1] == '\r')
		return line ? "\r" : "\n";
	return line > 1 && edit->bytes[line - 2] == '\r' ? "\r\n" : "\n";
}

static bool holds_only(const struct yaml_edit *edit, size_t from, size_t to, const char *these)
{
	while (from < to && edit->bytes[from] && strchr(these, edit->bytes[from]))
		from++;
	return from == to;
}

void yaml_edit_add(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		   const char *text)
{
	const yaml_node_pair_t *first;
	const yaml_node_t *key;
	char *written, *copy = NULL;
	size_t start, line;
	bool ends_line;

	if (map->type != YAML_MAPPING_NODE)
		return;
	first = map->data.mapping.pairs.start;
	key = first < map->data.mapping.pairs.top ? yaml_document_get_node(doc, first->key) : NULL;
	start = offset_of(edit, &map->start_mark);
	if (has_properties(edit, start))
		return;
	written = text_for(doc, map, text);
	if (written && start < edit->size && edit->bytes[start] == '{') {
		start++;
		ends_line = start < edit->size && is_break(edit->bytes[start]);
		if (asprintf(&copy, "%s%s%s", written, key ? "," : "", key && !ends_line ? " " : "") >= 0)
			change(edit, start, start, copy);
	} else if (written && key && map->data.mapping.style != YAML_FLOW_MAPPING_STYLE) {
		/* Also the first key after "- ": the next one starts in the same column. */
		start = offset_of(edit, &key->start_mark);
		line = line_of(edit, start);
		/* "? key" is another form, which would take the text for a part of its key. */
		if (holds_only(edit, line, start, " -") &&
		    asprintf(&copy, "%s%s%*s", written, line_end(edit, line),
			     (int)key->start_mark.column, "") >= 0)
			change(edit, start, start, copy);
	}
	free(written);
}

/* NEL, LS or PS: one more line for libyaml, the same one for editors. */
static bool has_wide_break(const struct yaml_edit *edit, size_t from, size_t to)
{
	return memmem(edit->bytes + from, to - from, "\xc2\x85", 2) ||
	       memmem(edit->bytes + from, to - from, "\xe2\x80\xa8", 3) ||
	       memmem(edit->bytes + from, to - from, "\xe2\x80\xa9", 3);
}

/* The end of the line, before what breaks it. */
static size_t end_of_line(const struct yaml_edit *edit, size_t at)
{
	while (at < edit->size && !is_break(edit->bytes[at]))
		at++;
	return at;
}

/* After what breaks the line that ends at @at. */
static size_t next_line(const struct yaml_edit *edit, size_t at)
{
	at += at + 1 < edit->size && edit->bytes[at] == '\r' && edit->bytes[at + 1] == '\n';
	return at + (at < edit->size);
}

/* True: between two values of a flow mapping is nothing but what belongs to both. */
static bool only_comma(const struct yaml_edit *edit, size_t from, size_t to)
{
	size_t i, breaks = 0;

	if (from > to || !holds_only(edit, from, to, " \t,\r\n"))
		return false;
	for (i = from; i < to; i = is_break(edit->bytes[i]) ? next_line(edit, i) : i + 1)
		breaks += is_break(edit->bytes[i]);
	return breaks <= 1;
}

static void remove_flow(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
			const yaml_node_pair_t *pair, size_t start, size_t end)
{
	const yaml_node_pair_t *last = map->data.mapping.pairs.top - 1;
	size_t from = end, to = end;

	if (pair < last) {
		to = end = offset_of(edit, &yaml_document_get_node(doc, pair[1].key)->start_mark);
	} else if (pair > map->data.mapping.pairs.start) {
		to = start;
		from = start =
			offset_of(edit, &yaml_document_get_node(doc, pair[-1].value)->end_mark);
	} else {
		/* [key: value] is a mapping, too, and "{ , }" is none. */
		while (to < edit->size && strchr(" \t\r\n", edit->bytes[to]))
			to++;
		if (to == edit->size || edit->bytes[to] != '}')
			return;
		from = to;
	}
	if (only_comma(edit, from, to))
		change(edit, start, end, strdup(""));
}

/*
 * The first one after "- ": what follows takes its place, but for comments between, which stay
 * there.
 */
static void remove_first(struct yaml_edit *edit, size_t line, size_t start, size_t end, size_t next)
{
	if (!holds_only(edit, line, start, " -"))
		return;
	if (holds_only(edit, next_line(edit, end), next, " ")) {
		change(edit, start, next, strdup(""));
		return;
	}
	while (start > line && edit->bytes[start - 1] == ' ')
		start--;
	change(edit, start, end, strdup(""));
}

void yaml_edit_remove(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		      const char *key)
{
	const yaml_node_pair_t *pair = pair_of(doc, map, key), *last;
	const yaml_node_t *name, *value, *other;
	size_t start, end, line;

	if (!pair)
		return;
	last = map->data.mapping.pairs.top - 1;
	name = yaml_document_get_node(doc, pair->key);
	value = yaml_document_get_node(doc, pair->value);
	if (value->type != YAML_SCALAR_NODE || value->start_mark.line != name->start_mark.line ||
	    value->end_mark.line != name->start_mark.line)
		return;
	start = offset_of(edit, &name->start_mark);
	end = offset_of(edit, &value->end_mark);
	if (map->data.mapping.style == YAML_FLOW_MAPPING_STYLE) {
		remove_flow(edit, doc, map, pair, start, end);
		return;
	}
	line = line_of(edit, start);
	if (map->data.mapping.pairs.start == last ||
	    has_wide_break(edit, end, end_of_line(edit, end)))
		return;
	end = end_of_line(edit, end);
	if (holds_only(edit, line, start, " ")) {
		change(edit, line, next_line(edit, end), strdup(""));
	} else if (pair < last) {
		other = yaml_document_get_node(doc, pair[1].key);
		remove_first(edit, line, start, end, offset_of(edit, &other->start_mark));
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct yaml_change *left = a, *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return (left->end > right->end) - (left->end < right->end);
}

char *yaml_edit_apply(struct yaml_edit *edit, size_t *size)
{
	size_t most = edit->size + 1, at = 0, length = 0, i, extra;
	const struct yaml_change *row;
	char *bytes;

	for (i = 0; i < edit->nr_changes; i++)
		most += strlen(edit->changes[i].text);
	bytes = malloc(most);
	if (!bytes)
		return NULL;
	if (edit->nr_changes)
		qsort(edit->changes, edit->nr_changes, sizeof(*edit->changes), compare_places);
	for (i = 0; i < edit->nr_changes; i++) {
		row = &edit->changes[i];
		/* Objects that share an anchor ask for the same twice. */
		if (row->start < at || (i && row->start == row[-1].start))
			continue;
		memcpy(bytes + length, edit->bytes + at, row->start - at);
		length += row->start - at;
		extra = strlen(row->text);
		memcpy(bytes + length, row->text, extra);
		length += extra;
		at = row->end;
	}
	memcpy(bytes + length, edit->bytes + at, edit->size - at);
	length += edit->size - at;
	bytes[length] = '\0';
	*size = length;
	return bytes;
}

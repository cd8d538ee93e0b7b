// SPDX-License-Identifier: GPL-2.0-only
/* Edits of a YAML file at the places that libyaml gives its values, which are counted in characters. */
#include "report/yaml_edit.h"

#include <errno.h>
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

void yaml_edit_value(struct yaml_edit *edit, const yaml_node_t *node, const char *text)
{
	size_t start = offset_of(edit, &node->start_mark), end = offset_of(edit, &node->end_mark);
	char *copy;

	if (node->type != YAML_SCALAR_NODE || node->start_mark.line != node->end_mark.line ||
	    has_properties(edit, start))
		return;
	/* "key:" without a value ends at the colon. */
	if (asprintf(&copy, "%s%s", start == end ? " " : "", text) >= 0)
		change(edit, start, end, copy);
}

/* Where the pair stands, or NULL. */
static const yaml_node_pair_t *pair_of(yaml_document_t *doc, const yaml_node_t *map, const char *key)
{
	const yaml_node_pair_t *pair;

	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
		if (yaml_is(yaml_document_get_node(doc, pair->key), key))
			return pair;
	return NULL;
}

void yaml_edit_add(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		   const char *text)
{
	const yaml_node_pair_t *first;
	const yaml_node_t *key;
	size_t start;
	char *copy = NULL;

	if (map->type != YAML_MAPPING_NODE)
		return;
	first = map->data.mapping.pairs.start;
	key = first < map->data.mapping.pairs.top ? yaml_document_get_node(doc, first->key) : NULL;
	start = offset_of(edit, &map->start_mark);
	if (has_properties(edit, start))
		return;
	if (start < edit->size && edit->bytes[start] == '{') {
		if (asprintf(&copy, "%s%s", text, key ? ", " : "") >= 0)
			change(edit, start + 1, start + 1, copy);
	} else if (key && map->data.mapping.style != YAML_FLOW_MAPPING_STYLE) {
		/* Also the first key after "- ": the next one starts in the same column. */
		start = offset_of(edit, &key->start_mark);
		if (asprintf(&copy, "%s\n%*s", text, (int)key->start_mark.column, "") >= 0)
			change(edit, start, start, copy);
	}
}

/* The end of the line, with its newline. */
static size_t after_line(const struct yaml_edit *edit, size_t at)
{
	const char *newline = memchr(edit->bytes + at, '\n', edit->size - at);

	return newline ? (size_t)(newline - edit->bytes) + 1 : edit->size;
}

static bool only_blanks(const struct yaml_edit *edit, size_t from, size_t to)
{
	while (from < to && edit->bytes[from] == ' ')
		from++;
	return from == to;
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
	line = start - name->start_mark.column;
	if (map->data.mapping.style == YAML_FLOW_MAPPING_STYLE) {
		if (pair < last) {
			other = yaml_document_get_node(doc, pair[1].key);
			end = offset_of(edit, &other->start_mark);
		} else if (pair > map->data.mapping.pairs.start) {
			other = yaml_document_get_node(doc, pair[-1].value);
			start = offset_of(edit, &other->end_mark);
		}
		change(edit, start, end, strdup(""));
	} else if (line <= start && only_blanks(edit, line, start) &&
		   map->data.mapping.pairs.start < last) {
		change(edit, line, after_line(edit, end), strdup(""));
	} else if (pair < last) {
		/* The first one after "- ": what follows takes its place. */
		other = yaml_document_get_node(doc, pair[1].key);
		change(edit, start, offset_of(edit, &other->start_mark), strdup(""));
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

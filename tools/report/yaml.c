// SPDX-License-Identifier: GPL-2.0-only
/* Hostile YAML made harmless, with libyaml doing the reading. */
#include "report/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* etcd takes no larger requests. */
#define MAX_BYTES	(3UL << 19)
/* libyaml compares each anchor and alias with all anchors: many of them take minutes. */
#define MAX_ANCHORS	10000
/* It also looks through all open brackets at each token. */
#define MAX_BRACKETS	1000

static int refuse(struct yaml_error *error, unsigned int line, const char *message)
{
	error->line = line;
	snprintf(error->message, sizeof(error->message), "%s", message);
	return -1;
}

static int within_bounds(const char *bytes, size_t size, struct yaml_error *error)
{
	unsigned int line = 1, count = 0;
	int depth = 0;
	size_t i;

	if (size > MAX_BYTES)
		return refuse(error, 0, "is larger than 1.5 MiB");
	for (i = 0; i < size; i++) {
		line += bytes[i] == '\n';
		if ((bytes[i] == '&' || bytes[i] == '*') && ++count > MAX_ANCHORS)
			return refuse(error, line, "over 10000 anchors and aliases");
		if (bytes[i] == '[' || bytes[i] == '{')
			depth++;
		else if (depth && (bytes[i] == ']' || bytes[i] == '}'))
			depth--;
		if (depth > MAX_BRACKETS)
			return refuse(error, line, "over 1000 open brackets");
	}
	return 0;
}

/* The reader is ahead of the lines that were looked at: it reports a byte. */
static unsigned int line_of_byte(const char *bytes, size_t size, size_t at)
{
	unsigned int line = 1;
	size_t i;

	for (i = 0; i < size && i < at; i++)
		line += bytes[i] == '\n';
	return line;
}

static int explain(const yaml_parser_t *parser, const char *bytes, size_t size,
		   struct yaml_error *error)
{
	error->line = (unsigned int)parser->problem_mark.line + 1;
	if (parser->error == YAML_READER_ERROR) {
		error->line = line_of_byte(bytes, size, parser->problem_offset);
		snprintf(error->message, sizeof(error->message), "not YAML: %s at byte %zu",
			 parser->problem ?: "unreadable", parser->problem_offset);
	} else {
		snprintf(error->message, sizeof(error->message), "not YAML: %s%s%s (column %zu)",
			 parser->context ?: "", parser->context ? ", " : "",
			 parser->problem ?: "out of memory", parser->problem_mark.column + 1);
	}
	return -1;
}

int yaml_each(const char *bytes, size_t size,
	      void (*visit)(void *context, yaml_document_t *doc, yaml_node_t *root), void *context,
	      struct yaml_error *error)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	yaml_node_t *root;
	int ret;

	*error = (struct yaml_error) {};
	if (within_bounds(bytes, size, error))
		return -1;
	if (!yaml_parser_initialize(&parser))
		return refuse(error, 0, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	for (;;) {
		if (!yaml_parser_load(&parser, &doc)) {
			ret = explain(&parser, bytes, size, error);
			break;
		}
		root = yaml_document_get_root_node(&doc);
		if (!root) {
			yaml_document_delete(&doc);
			ret = 0;
			break;
		}
		visit(context, &doc, root);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return ret;
}

static yaml_node_t *value_of(yaml_document_t *doc, const yaml_node_t *map, const char *key,
			     size_t length)
{
	const yaml_node_pair_t *pair;
	yaml_node_t *name;

	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		name = yaml_document_get_node(doc, pair->key);
		if (name && name->type == YAML_SCALAR_NODE &&
		    name->data.scalar.length == length &&
		    !memcmp(name->data.scalar.value, key, length))
			return yaml_document_get_node(doc, pair->value);
	}
	return NULL;
}

yaml_node_t *yaml_find(yaml_document_t *doc, yaml_node_t *node, const char *path)
{
	size_t length;

	while (node && *path) {
		length = strcspn(path, "/");
		node = value_of(doc, node, path, length);
		path += length + (path[length] == '/');
	}
	return node;
}

yaml_node_t *yaml_item(yaml_document_t *doc, yaml_node_t *node, size_t i)
{
	if (!node || node->type != YAML_SEQUENCE_NODE ||
	    i >= (size_t)(node->data.sequence.items.top - node->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(doc, node->data.sequence.items.start[i]);
}

const char *yaml_text(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (!*text || !strcmp(text, "~") || !strcmp(text, "null")))
		return NULL;
	return text;
}

bool yaml_is(const yaml_node_t *node, const char *text)
{
	const char *value = yaml_text(node);

	return value && !strcmp(value, text);
}

unsigned int yaml_line(const yaml_node_t *node)
{
	return node ? (unsigned int)node->start_mark.line + 1 : 0;
}

/* Counts a use of node @id, whose numbers start from 1; true: it is not the first. */
static bool used_again(unsigned char *uses, int id)
{
	return uses[id - 1]++;
}

bool yaml_has_aliases(yaml_document_t *doc)
{
	const size_t nr = doc->nodes.top - doc->nodes.start;
	unsigned char *uses = calloc(nr + 1, 1);
	const yaml_node_pair_t *pair;
	const yaml_node_item_t *item;
	bool again = !uses;
	const yaml_node_t *node;

	for (node = doc->nodes.start; node < doc->nodes.top && !again; node++) {
		if (node->type == YAML_SEQUENCE_NODE)
			for (item = node->data.sequence.items.start;
			     item < node->data.sequence.items.top && !again; item++)
				again = used_again(uses, *item);
		if (node->type == YAML_MAPPING_NODE)
			for (pair = node->data.mapping.pairs.start;
			     pair < node->data.mapping.pairs.top && !again; pair++)
				again = used_again(uses, pair->key) ||
					used_again(uses, pair->value);
	}
	free(uses);
	return again;
}

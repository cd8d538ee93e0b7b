/* SPDX-License-Identifier: GPL-2.0-only */
/* YAML that may come from anybody: documents with lines, whose aliases are never expanded. */
#ifndef SEVADM_REPORT_YAML_H
#define SEVADM_REPORT_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

/** struct yaml_error - why input was refused; @line from 1, 0: as a whole */
struct yaml_error {
	unsigned int line;
	char message[256];
};

/**
 * yaml_each() - call @visit with each document of @bytes that is not empty
 *
 * Return: 0, or -1: @error says where reading stopped.
 */
int yaml_each(const char *bytes, size_t size,
	      void (*visit)(void *context, yaml_document_t *doc, yaml_node_t *root), void *context,
	      struct yaml_error *error);

/** yaml_find() - follow keys joined by '/' downwards from @node (may be NULL), or NULL */
yaml_node_t *yaml_find(yaml_document_t *doc, yaml_node_t *node, const char *path);

/** yaml_item() - item @i of a sequence; NULL: after the last, or no sequence */
yaml_node_t *yaml_item(yaml_document_t *doc, yaml_node_t *node, size_t i);

/** yaml_text() - return the text of a scalar, or NULL; null is none */
const char *yaml_text(const yaml_node_t *node);

/** yaml_is() - true: a scalar with this text */
bool yaml_is(const yaml_node_t *node, const char *text);

/** yaml_has_aliases() - true: a value of the document stands in more than one place */
bool yaml_has_aliases(yaml_document_t *doc);

unsigned int yaml_line(const yaml_node_t *node);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits of a YAML file that touch nothing else: bytes are put in and taken out at the places of
 * values, so that comments, quotes, order and indentation stay as their author wrote them.
 */
#ifndef SEVADM_REPORT_YAML_EDIT_H
#define SEVADM_REPORT_YAML_EDIT_H

#include "report/yaml.h"

struct yaml_change;

/**
 * struct yaml_edit - edits of one file that are not made yet
 * @bytes: the file that was parsed, in UTF-8
 */
struct yaml_edit {
	const char *bytes;
	size_t size;
	struct yaml_change *changes;
	size_t nr_changes;
	size_t *offsets;
	size_t nr_offsets;
};

/** yaml_edit_begin() - 0, -EILSEQ: @bytes are not UTF-8, or have a byte order mark; or -ENOMEM */
int yaml_edit_begin(struct yaml_edit *edit, const char *bytes, size_t size);

/*
 * Texts are one line of YAML without quotes. Where @map, or the document's root, is written as JSON
 * is, they get quotes. An edit that would lose a comment, or that has no sure place, is not made.
 */

/**
 * yaml_edit_value() - write @text in place of a scalar of @map (NULL: unknown), not of several
 * lines
 */
void yaml_edit_value(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		     const yaml_node_t *node, const char *text);

/** yaml_edit_add() - add the line @text, "key: value", as the first one of a mapping */
void yaml_edit_add(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		   const char *text);

/**
 * yaml_edit_remove() - remove a key whose value is a scalar from a mapping, with the comment on its
 * line
 */
void yaml_edit_remove(struct yaml_edit *edit, yaml_document_t *doc, const yaml_node_t *map,
		      const char *key);

/**
 * yaml_edit_apply() - the edited file, allocated; of edits that overlap the first is made; NULL: no
 * memory
 */
char *yaml_edit_apply(struct yaml_edit *edit, size_t *size);

void yaml_edit_end(struct yaml_edit *edit);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits of an XML file that touch nothing else: bytes are put in and taken out at the places of
 * elements, so that comments, quotes, order and indentation stay as their author wrote them.
 */
#ifndef SEVADM_REPORT_XML_EDIT_H
#define SEVADM_REPORT_XML_EDIT_H

#include <stddef.h>

#include <libxml/tree.h>

struct xml_span;
struct xml_change;

/**
 * struct xml_edit - edits of one document that are not made yet
 * @bytes: the document that was parsed, in UTF-8 or another code that ASCII is part of
 * @spans: where each element is, in document order
 */
struct xml_edit {
	const char *bytes;
	size_t size;
	struct xml_span *spans;
	size_t nr_spans;
	struct xml_change *changes;
	size_t nr_changes;
};

/** xml_edit_begin() - 0, or -1: @bytes cannot be edited (their encoding) */
int xml_edit_begin(struct xml_edit *edit, xmlDoc *doc, const char *bytes, size_t size);

/** xml_edit_attribute() - set an attribute of an element */
void xml_edit_attribute(struct xml_edit *edit, xmlNode *node, const char *name, const char *value);

/** xml_edit_append() - add @xml, one element, as the last child; its lines are indented */
void xml_edit_append(struct xml_edit *edit, xmlNode *node, const char *xml);

/** xml_edit_content() - replace what an element contains by text that needs no escapes */
void xml_edit_content(struct xml_edit *edit, xmlNode *node, const char *text);

/** xml_edit_remove() - remove an element and the space before it */
void xml_edit_remove(struct xml_edit *edit, xmlNode *node);

/** xml_edit_remove_text() - remove stray text next to elements, which must stand on its own */
void xml_edit_remove_text(struct xml_edit *edit, xmlNode *parent);

/** xml_edit_apply() - the edited document, allocated; of edits that overlap the first is made */
char *xml_edit_apply(struct xml_edit *edit, size_t *size);

void xml_edit_end(struct xml_edit *edit);

#endif

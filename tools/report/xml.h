/* SPDX-License-Identifier: GPL-2.0-only */
/* XML that may come from anybody: read without network, DTD and entities, and looked up simply. */
#ifndef SEVADM_REPORT_XML_H
#define SEVADM_REPORT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

/**
 * struct xml_error - why a document was refused
 * @line: from 1; 0: as a whole
 */
struct xml_error {
	unsigned int line;
	char message[256];
};

/** xml_read() - read a document; NULL: see @error; xmlFreeDoc() frees it */
xmlDoc *xml_read(const char *bytes, size_t size, struct xml_error *error);

/** xml_next() - the first child of @parent (may be NULL) with this name, or the one after @after */
xmlNode *xml_next(const xmlNode *parent, const xmlNode *after, const char *name);

#define xml_for_each(child, parent, name)					\
	for ((child) = xml_next(parent, NULL, name); (child);			\
	     (child) = xml_next(parent, child, name))

/** xml_find() - follow names joined by '/' downwards from @node, or NULL */
xmlNode *xml_find(const xmlNode *node, const char *path);

/** xml_attribute() - return the value of an attribute, or NULL; @node may be NULL */
const char *xml_attribute(const xmlNode *node, const char *name);

/** xml_is() - true: the attribute has this value */
bool xml_is(const xmlNode *node, const char *name, const char *value);

/** xml_text() - the text of an element without space around it, in @text; "" when there is none */
const char *xml_text(const xmlNode *node, char *text, size_t size);

/** xml_long_text() - return the same of any length, allocated; NULL: no such element */
char *xml_long_text(const xmlNode *node);

/** xml_line() - return where an element is; 0 for NULL */
unsigned int xml_line(const xmlNode *node);

#endif

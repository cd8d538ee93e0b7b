// SPDX-License-Identifier: GPL-2.0-only
/* Hostile XML made harmless, with libxml2 doing the reading. */
#include "report/xml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

/* libxml2 compares the attributes of an element pairwise: many of them take minutes. */
#define MAX_ATTRIBUTES	4096

/* Entities that grow a thousandfold need a DTD, and no domain has one. */
static void refuse_dtd(void *context, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	xmlParserCtxt *parser = context;
	struct xml_error *error = parser->_private;

	(void)name;
	(void)external;
	(void)system;
	error->line = (unsigned int)xmlSAX2GetLineNumber(parser);
	snprintf(error->message, sizeof(error->message),
		 "a DOCTYPE, by which entities come in, is not accepted");
	xmlStopParser(parser);
}

static bool too_many_attributes(const char *bytes, size_t size, struct xml_error *error)
{
	unsigned int line = 1, count = 0;
	bool in_tag = false;
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			line++;
		} else if (bytes[i] == '<') {
			in_tag = i + 1 < size && bytes[i + 1] != '!' && bytes[i + 1] != '?';
			count = 0;
		} else if (in_tag && bytes[i] == '=' && ++count > MAX_ATTRIBUTES) {
			error->line = line;
			snprintf(error->message, sizeof(error->message),
				 "an element has over %d attributes", MAX_ATTRIBUTES);
			return true;
		}
	}
	return false;
}

/* The first error is the cause: libxml2 reports more, which follow from it. */
static void note_error(void *context, xmlErrorPtr found)
{
	xmlParserCtxt *parser = context;
	struct xml_error *error = parser->_private;
	char *end;

	if (error->message[0] || found->level < XML_ERR_ERROR)
		return;
	error->line = found->line > 0 ? (unsigned int)found->line : 0;
	snprintf(error->message, sizeof(error->message) - 24, "not well-formed XML: %s",
		 found->message ?: "unknown error");
	for (end = error->message + strlen(error->message); isspace((unsigned char)end[-1]); )
		*--end = '\0';
	if (found->int2 > 0)
		snprintf(end, 24, " (column %d)", found->int2);
}

static void keep_quiet(void *context, xmlErrorPtr error)
{
	(void)context;
	(void)error;
}

xmlDoc *xml_read(const char *bytes, size_t size, struct xml_error *error)
{
	xmlParserCtxt *parser;
	xmlDoc *doc;

	*error = (struct xml_error) {};
	if (!size) {
		snprintf(error->message, sizeof(error->message), "the file is empty");
		return NULL;
	}
	if (too_many_attributes(bytes, size, error))
		return NULL;
	parser = xmlNewParserCtxt();
	if (!parser) {
		snprintf(error->message, sizeof(error->message), "out of memory");
		return NULL;
	}
	/* Complaints about encodings go by no context but the program's. */
	xmlSetStructuredErrorFunc(NULL, keep_quiet);
	parser->_private = error;
	parser->sax->internalSubset = refuse_dtd;
	parser->sax->serror = note_error;
	doc = xmlCtxtReadMemory(parser, bytes, (int)size, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				XML_PARSE_BIG_LINES | XML_PARSE_COMPACT | XML_PARSE_NOCDATA);
	if (!doc || error->message[0] || !xmlDocGetRootElement(doc)) {
		if (!error->message[0])
			snprintf(error->message, sizeof(error->message), "not well-formed XML");
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(parser);
	return doc;
}

xmlNode *xml_next(const xmlNode *parent, const xmlNode *after, const char *name)
{
	xmlNode *node = after ? after->next : parent ? parent->children : NULL;

	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name))
			return node;
	return NULL;
}

xmlNode *xml_find(const xmlNode *node, const char *path)
{
	char name[64];
	size_t length;

	while (node && *path) {
		length = strcspn(path, "/");
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		node = xml_next(node, NULL, name);
		path += length + (path[length] == '/');
	}
	return (xmlNode *)node;
}

const char *xml_attribute(const xmlNode *node, const char *name)
{
	const xmlAttr *attribute;

	for (attribute = node ? node->properties : NULL; attribute; attribute = attribute->next)
		if (!strcmp((const char *)attribute->name, name))
			return attribute->children && attribute->children->content ?
			       (const char *)attribute->children->content : "";
	return NULL;
}

bool xml_is(const xmlNode *node, const char *name, const char *value)
{
	const char *text = xml_attribute(node, name);

	return text && !strcmp(text, value);
}

char *xml_long_text(const xmlNode *node)
{
	char *text, *start, *end;

	if (!node)
		return NULL;
	text = (char *)xmlNodeGetContent(node);
	if (!text)
		return NULL;
	for (start = text; isspace((unsigned char)*start); )
		start++;
	for (end = start + strlen(start); end > start && isspace((unsigned char)end[-1]); )
		*--end = '\0';
	memmove(text, start, strlen(start) + 1);
	return text;
}

const char *xml_text(const xmlNode *node, char *text, size_t size)
{
	char *content = xml_long_text(node);

	snprintf(text, size, "%s", content ?: "");
	free(content);
	return text;
}

unsigned int xml_line(const xmlNode *node)
{
	long line = node ? xmlGetLineNo(node) : 0;

	return line > 0 ? (unsigned int)line : 0;
}

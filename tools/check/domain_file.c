// SPDX-License-Identifier: GPL-2.0-only
/* Files of domains: one domain, what holds several, or several documents one after the other. */
#include <stdlib.h>
#include <string.h>

#include "check/domain.h"

static bool is_named(const xmlNode *node, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp((const char *)node->name, *names))
			return true;
	return false;
}

static bool is_domain(const xmlNode *node)
{
	/* A snapshot of a running guest has both. */
	static const char *const names[] = { "domain", "inactiveDomain", NULL };

	return is_named(node, names);
}

/* Not every <domain> is one: those of <capabilities> and <domainCapabilities> are a word. */
static bool holds_domains(const xmlNode *node)
{
	static const char *const names[] = {
		"domains", "domainsnapshot", "domaincheckpoint", "domstatus", NULL
	};

	return is_named(node, names);
}

xmlNode *domains_next(xmlDoc *doc, xmlNode *after)
{
	xmlNode *root = xmlDocGetRootElement(doc);
	xmlNode *node = after ?: root;

	if (!after && (is_domain(root) || !holds_domains(root)))
		return is_domain(root) ? root : NULL;
	while (node) {
		if (node->children && node->type == XML_ELEMENT_NODE && holds_domains(node)) {
			node = node->children;
		} else {
			while (node != root && !node->next)
				node = node->parent;
			node = node == root ? NULL : node->next;
		}
		if (node && node->type == XML_ELEMENT_NODE && is_domain(node))
			return node;
	}
	return NULL;
}

/* Blanks over what may stand only at the beginning of a document; line breaks stay. */
static void blank_declarations(char *text)
{
	char *at = text, *end;

	while ((at = strstr(at, "<?xml "))) {
		end = strstr(at, "?>");
		if (!end)
			return;
		for (end += 2; at < end; at++)
			if (*at != '\n')
				*at = ' ';
	}
}

/* The whole in an element that begins on the first line, so that lines keep their numbers. */
static xmlDoc *read_many(const char *bytes, size_t size)
{
	static const char head[] = "<domains>", tail[] = "</domains>";
	char *text = malloc(size + sizeof(head) + sizeof(tail));
	struct xml_error error;
	xmlDoc *doc = NULL;
	xmlNode *first;

	if (!text)
		return NULL;
	memcpy(text, head, strlen(head));
	memcpy(text + strlen(head), bytes, size);
	strcpy(text + strlen(head) + size, tail);
	/* A zero among the bytes is no XML either way. */
	if (strlen(text) == strlen(head) + size + strlen(tail)) {
		blank_declarations(text);
		doc = xml_read(text, strlen(text), &error);
	}
	free(text);
	first = doc ? domains_next(doc, NULL) : NULL;
	if (first && domains_next(doc, first))
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}

xmlDoc *domains_read(const char *bytes, size_t size, struct xml_error *error)
{
	xmlDoc *doc = xml_read(bytes, size, error);

	return doc ?: read_many(bytes, size);
}

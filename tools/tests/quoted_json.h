/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON within C: its quotes are single there, so that none needs a backslash. */
#ifndef SEVADM_QUOTED_JSON_H
#define SEVADM_QUOTED_JSON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

/* Parses @text with its first @from replaced by @to; @from may be NULL, or stand nowhere in it. */
static inline struct json_object *quoted_json_with(const char *text, const char *from,
						   const char *to)
{
	const char *at = from ? strstr(text, from) : NULL;
	struct json_object *value;
	char *copy, *c;

	if (!at)
		copy = strdup(text);
	else if (asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		abort();
	for (c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_tokener_parse(copy);
	free(copy);
	if (!value)
		abort();
	return value;
}

static inline struct json_object *quoted_json(const char *text)
{
	return quoted_json_with(text, NULL, NULL);
}

#endif /* SEVADM_QUOTED_JSON_H */

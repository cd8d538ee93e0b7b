// SPDX-License-Identifier: GPL-2.0-only
/* Looking things up in a command line of QEMU's: options, their properties, what they come to. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "check/qemu.h"

const char *qemu_property(const char *text, const char *key)
{
	static char value[8192];
	struct json_object *object, *found;
	size_t length, part;

	if (text && *text == '{') {
		object = json_tokener_parse(text);
		found = NULL;
		if (json_object_is_type(object, json_type_object))
			json_object_object_get_ex(object, key, &found);
		if (found)
			snprintf(value, sizeof(value), "%s", json_object_get_string(found));
		json_object_put(object);
		return found ? value : NULL;
	}
	for (length = strlen(key); text && *text; text += part + (text[part] == ',')) {
		part = strcspn(text, ",");
		if (part > length && !strncmp(text, key, length) && text[length] == '=') {
			snprintf(value, sizeof(value), "%.*s", (int)(part - length - 1),
				 text + length + 1);
			return value;
		}
	}
	return NULL;
}

bool qemu_option_is(const struct option_text *option, const char *name)
{
	return !strcmp(option->name, name);
}

const char *qemu_last(const struct qemu *qemu, const char *name)
{
	size_t i;

	for (i = qemu->nr; i--; )
		if (qemu_option_is(&qemu->options[i], name))
			return qemu->options[i].value;
	return NULL;
}

const char *qemu_machine(const struct qemu *qemu, const char *key)
{
	const char *value;
	size_t i;

	for (i = 0; i < qemu->nr; i++) {
		if (!qemu_option_is(&qemu->options[i], "machine") && !qemu_option_is(&qemu->options[i], "M"))
			continue;
		value = qemu_property(qemu->options[i].value, key);
		if (value)
			return value;
	}
	return NULL;
}

bool qemu_is_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = text ? strtoull(text, &end, 0) : 0;
	return text && isdigit((unsigned char)*text) && !errno && !*end;
}

bool qemu_is_on(const char *text, const char *key)
{
	const char *value = qemu_property(text, key);

	return value && (!strcmp(value, "on") || !strcmp(value, "true") || !strcmp(value, "yes"));
}

bool qemu_is_off(const char *text, const char *key)
{
	const char *value = qemu_property(text, key);

	return value && (!strcmp(value, "off") || !strcmp(value, "false") || !strcmp(value, "no"));
}

const char *qemu_kind(const char *text)
{
	static char kind[128];

	if (*text == '{')
		snprintf(kind, sizeof(kind), "%s",
			 qemu_property(text, "qom-type") ?: qemu_property(text, "driver") ?: "");
	else
		snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(text, ","), text);
	return kind;
}

bool qemu_has_pflash(const struct qemu *qemu)
{
	size_t i;

	for (i = 0; i < qemu->nr; i++) {
		const char *kind = qemu_option_is(&qemu->options[i], "drive") ?
				   qemu_property(qemu->options[i].value, "if") : NULL;

		if (qemu_option_is(&qemu->options[i], "pflash") || (kind && !strcmp(kind, "pflash")))
			return true;
	}
	return qemu_machine(qemu, "pflash0");
}

bool qemu_has_igvm(const struct qemu *qemu)
{
	return qemu_machine(qemu, "igvm-cfg");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * json_get: one value out of the JSON on standard input, for tests written in shell.
 *
 * usage: json_get KEY|INDEX|length...   each argument goes one level deeper
 *
 * Strings are printed bare, all else as JSON. Exit status 1: there is no such value, 2: no JSON.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

/* False: @value has nothing called @key. */
static bool descend(struct json_object **value, const char *key)
{
	size_t index, length;
	char *end;

	if (!json_object_is_type(*value, json_type_array))
		return json_object_object_get_ex(*value, key, value);

	length = json_object_array_length(*value);
	if (!strcmp(key, "length")) {
		*value = json_object_new_uint64(length);
		return true;
	}
	index = strtoul(key, &end, 10);
	if (!*key || *end || index >= length)
		return false;
	*value = json_object_array_get_idx(*value, index);
	return true;
}

int main(int argc, char **argv)
{
	struct json_object *value = json_object_from_fd(STDIN_FILENO);
	int i;

	if (!value) {
		fputs("json_get: standard input is no JSON\n", stderr);
		return 2;
	}
	for (i = 1; i < argc; i++) {
		if (!descend(&value, argv[i])) {
			fprintf(stderr, "json_get: there is no %s\n", argv[i]);
			return 1;
		}
	}
	puts(json_object_is_type(value, json_type_string) ?
	     json_object_get_string(value) :
	     json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return 0;
}

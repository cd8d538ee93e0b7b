// SPDX-License-Identifier: GPL-2.0-only
/* How sevadm fails. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "cli/errors.h"
#include "cli/output.h"

/* Return the text, which the caller frees; NULL: there is no memory, which is said. */
static char *text_of(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) >= 0)
		return text;
	fputs("sevadm: out of memory\n", stderr);
	return NULL;
}

void error_print(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_of(format, args);
	va_end(args);
	if (!text)
		return;
	output_make_printable(text);
	fprintf(stderr, "%s\n", text);
	free(text);
}

int fail(int code, const char *format, ...)
{
	char *message;
	va_list args;

	va_start(args, format);
	message = text_of(format, args);
	va_end(args);
	if (!message)
		return code;

	error_print("sevadm: %s", message);
	if (output_json) {
		struct json_object *error = json_object_new_object();

		json_object_object_add(error, "error", json_object_new_string(message));
		output_print_json(error);
		json_object_put(error);
	}
	free(message);
	return code;
}

int fail_absent(void)
{
	return fail(EXIT_ABSENT,
		    "the sevadm module is not loaded: run \"sevadm module load\"");
}

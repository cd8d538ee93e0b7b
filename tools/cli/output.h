/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sevadm prints: rows are JSON objects; --json prints them as they are, otherwise a table of
 * columns renders the same rows as text.
 */
#ifndef SEVADM_OUTPUT_H
#define SEVADM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

extern bool output_json;
extern bool output_pretty;

/* Renders a value that is not null into @text. */
typedef void (*output_formatter)(struct json_object *value, char *text, size_t size);

/**
 * struct column - one column of a table, or one line of a record
 * @key: key of the value in the row
 * @heading: what people read
 * @format: how the value is rendered; NULL: as it is
 */
struct column {
	const char *key;
	const char *heading;
	output_formatter format;
};

void format_bytes(struct json_object *value, char *text, size_t size);
void format_ns(struct json_object *value, char *text, size_t size);
void format_hex(struct json_object *value, char *text, size_t size);
void format_since(struct json_object *value, char *text, size_t size);

/* The rendered value, "-" for null; in one of a few buffers that take turns. */
const char *output_text(struct json_object *row, const char *key, output_formatter format);

/* What a terminal could take for a command, and what is no UTF-8, becomes '?'. */
void output_make_printable(char *text);

void output_print_json(struct json_object *value);
void output_table(struct json_object *rows, const struct column *columns, size_t nr);
void output_record(struct json_object *row, const struct column *columns, size_t nr);

/* Both forms of a list and of one row; they take over @rows and return an exit code. */
int output_list(struct json_object *rows, const struct column *columns, size_t nr);
int output_show(struct json_object *row, const struct column *columns, size_t nr);

/* What follows a noun of which there are @nr. */
static inline const char *plural(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}

/* Flushes stdout; false: it could not be written, which output_finish() will report. */
bool output_flush(void);

/* Flushes stdout at the end: what could not be written makes @code an error. */
int output_finish(int code);

/* Text of any origin: bytes that are no UTF-8, which JSON has to be, become U+FFFD. */
struct json_object *json_text(const char *text);

/* Values that may be unknown. */
struct json_object *json_u64(uint64_t value);
struct json_object *json_known_u64(bool known, uint64_t value);
struct json_object *json_known_string(bool known, const char *text);

/*
 * Add a limit to @row. One that is not set (UINT64_MAX) is null, as one that is not known is, but
 * its key is in the row's array "unlimited".
 */
void json_add_limit(struct json_object *row, const char *key, bool known, uint64_t limit);

uint64_t json_get_u64(struct json_object *row, const char *key);
const char *json_get_text(struct json_object *row, const char *key);
bool json_is_null(struct json_object *row, const char *key);

#endif

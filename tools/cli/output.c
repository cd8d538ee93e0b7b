// SPDX-License-Identifier: GPL-2.0-only
/* What sevadm prints: JSON, or text rendered from the same rows. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/errors.h"
#include "cli/output.h"

#define CELL_SIZE 256

bool output_json;
bool output_pretty;

static void format_scaled(double value, double step, const char *const *units, size_t nr,
			  const char *fraction, char *text, size_t size)
{
	size_t unit = 0;

	/* What would be rounded up to a whole step belongs to the next unit. */
	while (unit < nr - 1 && value >= (unit ? step - 0.05 : step)) {
		value /= step;
		unit++;
	}
	snprintf(text, size, unit ? fraction : "%.0f %s", value, units[unit]);
}

void format_bytes(struct json_object *value, char *text, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };

	format_scaled(json_object_get_uint64(value), 1024, units, ARRAY_SIZE(units), "%.1f %s",
		      text, size);
}

void format_ns(struct json_object *value, char *text, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	format_scaled(json_object_get_uint64(value), 1000, units, ARRAY_SIZE(units), "%.1f %s",
		      text, size);
}

void format_hex(struct json_object *value, char *text, size_t size)
{
	snprintf(text, size, "0x%" PRIx64, json_object_get_uint64(value));
}

void format_since(struct json_object *value, char *text, size_t size)
{
	struct timespec now;
	uint64_t then = json_object_get_uint64(value), seconds;

	clock_gettime(CLOCK_BOOTTIME, &now);
	seconds = now.tv_sec - then / 1000000000;
	if (seconds < 60)
		snprintf(text, size, "%" PRIu64 "s ago", seconds);
	else if (seconds < 3600)
		snprintf(text, size, "%" PRIu64 "min ago", seconds / 60);
	else if (seconds < 86400)
		snprintf(text, size, "%" PRIu64 "h %02" PRIu64 "min ago", seconds / 3600,
			 seconds / 60 % 60);
	else
		snprintf(text, size, "%" PRIu64 "d %02" PRIu64 "h ago", seconds / 86400,
			 seconds / 3600 % 24);
}

/* Length of the well-formed UTF-8 character at @text (Unicode 15, table 3-7); 0: there is none. */
static size_t utf8_length(const unsigned char *text)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length, i;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < length; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

/* Names of processes come from tenants. */
void output_make_printable(char *text)
{
	unsigned char *byte = (unsigned char *)text;
	size_t length;

	for (; *byte; byte += length ?: 1) {
		length = utf8_length(byte);
		/* What is no UTF-8 commands some terminals; journals hide it. */
		if (!length || *byte < ' ' || *byte == 0x7f)
			*byte = '?';
		/* U+0080 to U+009F: the C1 control codes */
		else if (byte[0] == 0xc2 && byte[1] < 0xa0)
			byte[0] = byte[1] = '?';
	}
}

static void render(struct json_object *row, const struct column *column, char *text, size_t size)
{
	struct json_object *value = json_object_object_get(row, column->key);

	if (!value)
		snprintf(text, size, "-");
	else if (column->format)
		column->format(value, text, size);
	else if (json_object_is_type(value, json_type_boolean))
		snprintf(text, size, "%s", json_object_get_boolean(value) ? "yes" : "no");
	else
		snprintf(text, size, "%s", json_object_get_string(value));
	output_make_printable(text);
}

const char *output_text(struct json_object *row, const char *key, output_formatter format)
{
	static char cells[8][CELL_SIZE];
	static size_t next;
	const struct column column = { .key = key, .format = format };
	char *text = cells[next++ % ARRAY_SIZE(cells)];

	render(row, &column, text, CELL_SIZE);
	return text;
}

/*
 * Columns are as wide as terminals show them: bytes that continue a UTF-8 character take no room.
 */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void print_cell(const char *text, size_t width, bool last)
{
	if (last)
		printf("%s\n", text);
	else
		printf("%s%*s", text, (int)(width - text_width(text) + 2), "");
}

void output_table(struct json_object *rows, const struct column *columns, size_t nr)
{
	size_t nr_rows = json_object_array_length(rows), widths[nr], i, j;
	char text[CELL_SIZE];

	for (j = 0; j < nr; j++)
		widths[j] = text_width(columns[j].heading);
	for (i = 0; i < nr_rows; i++)
		for (j = 0; j < nr; j++) {
			render(json_object_array_get_idx(rows, i), &columns[j], text, sizeof(text));
			if (text_width(text) > widths[j])
				widths[j] = text_width(text);
		}

	for (j = 0; j < nr; j++)
		print_cell(columns[j].heading, widths[j], j == nr - 1);
	for (i = 0; i < nr_rows; i++)
		for (j = 0; j < nr; j++) {
			render(json_object_array_get_idx(rows, i), &columns[j], text, sizeof(text));
			print_cell(text, widths[j], j == nr - 1);
		}
}

void output_record(struct json_object *row, const struct column *columns, size_t nr)
{
	size_t width = 0, j;
	char text[CELL_SIZE];

	for (j = 0; j < nr; j++)
		if (text_width(columns[j].heading) > width)
			width = text_width(columns[j].heading);
	for (j = 0; j < nr; j++) {
		render(row, &columns[j], text, sizeof(text));
		print_cell(columns[j].heading, width, false);
		print_cell(text, 0, true);
	}
}

void output_print_json(struct json_object *value)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= output_pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
		 JSON_C_TO_STRING_PLAIN;
	puts(json_object_to_json_string_ext(value, flags));
}

int output_list(struct json_object *rows, const struct column *columns, size_t nr)
{
	if (output_json)
		output_print_json(rows);
	else
		output_table(rows, columns, nr);
	json_object_put(rows);
	return EXIT_OK;
}

int output_show(struct json_object *row, const struct column *columns, size_t nr)
{
	if (output_json)
		output_print_json(row);
	else
		output_record(row, columns, nr);
	json_object_put(row);
	return EXIT_OK;
}

/* The errno of the flush that failed first: stdio itself only knows that there was one. */
static int flush_error;

bool output_flush(void)
{
	if (!fflush(stdout))
		return true;
	if (!flush_error)
		flush_error = errno;
	return false;
}

/* A reader that has had enough, such as head(1), is not a fault. */
static bool reader_is_gone(int error)
{
	struct pollfd output = { .fd = fileno(stdout) };

	return error == EPIPE || (poll(&output, 1, 0) > 0 && output.revents & POLLERR);
}

int output_finish(int code)
{
	int error;

	if (output_flush() && !ferror(stdout))
		return code;
	error = flush_error;
	flush_error = 0;
	if (reader_is_gone(error))
		return code;
	fprintf(stderr, "sevadm: cannot write the output%s%s\n", error ? ": " : "",
		error ? strerror(error) : "");
	return code ? code : EXIT_REFUSED;
}

struct json_object *json_u64(uint64_t value)
{
	return json_object_new_uint64(value);
}

struct json_object *json_known_u64(bool known, uint64_t value)
{
	return known ? json_u64(value) : NULL;
}

struct json_object *json_text(const char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	struct json_object *value;
	size_t length, to = 0;
	/* U+FFFD, three bytes long, takes the place of at least one byte. */
	char *clean = malloc(3 * strlen(text) + 1);

	if (!clean)
		return NULL;
	while (*from) {
		length = utf8_length(from);
		memcpy(clean + to, length ? (const char *)from : "\xef\xbf\xbd", length ?: 3);
		to += length ?: 3;
		from += length ?: 1;
	}
	value = json_object_new_string_len(clean, to);
	free(clean);
	return value;
}

struct json_object *json_known_string(bool known, const char *text)
{
	return known ? json_object_new_string(text) : NULL;
}

void json_add_limit(struct json_object *row, const char *key, bool known, uint64_t limit)
{
	struct json_object *unlimited = json_object_get(json_object_object_get(row, "unlimited"));

	/* It stands behind the limits that it is about. */
	json_object_object_del(row, "unlimited");
	json_object_object_add(row, key, json_known_u64(known && limit != UINT64_MAX, limit));
	json_object_object_add(row, "unlimited", unlimited ?: (unlimited = json_object_new_array()));
	if (known && limit == UINT64_MAX)
		json_object_array_add(unlimited, json_object_new_string(key));
}

uint64_t json_get_u64(struct json_object *row, const char *key)
{
	return json_object_get_uint64(json_object_object_get(row, key));
}

const char *json_get_text(struct json_object *row, const char *key)
{
	return json_object_get_string(json_object_object_get(row, key));
}

bool json_is_null(struct json_object *row, const char *key)
{
	return !json_object_object_get(row, key);
}

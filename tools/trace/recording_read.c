// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: reading. Nothing in the file is trusted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "trace/event.h"
#include "trace/recording.h"

/* A header is the longest line, and far shorter. */
#define LINE_MAX_BYTES	(16 * 1024)

static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

/**
 * struct source - lines out of a file that may be compressed
 * @in: what was read of the file; @out: what that decompresses to
 * @hint: zstd's: 0 at the end of a frame
 * @more: zstd has filled all the room that there was: it may have more of what it was given
 * @fault: why it cannot be read any further, or empty
 */
struct source {
	FILE *file;
	ZSTD_DStream *zstd;
	bool more;
	char in[16 * 1024], out[32 * 1024];
	ZSTD_inBuffer input;
	size_t out_from, out_to, hint;
	char line[LINE_MAX_BYTES];
	size_t line_length;
	uint64_t number, position;
	char fault[128];
};

/* ---- bytes and lines ------------------------------------------------------------------------- */

static bool read_file(struct source *source)
{
	source->input = (ZSTD_inBuffer) {
		.src = source->in,
		.size = fread(source->in, 1, sizeof(source->in), source->file),
	};
	if (ferror(source->file))
		snprintf(source->fault, sizeof(source->fault), "%s", strerror(errno));
	return source->input.size;
}

static void begin(struct source *source)
{
	if (!read_file(source) || source->input.size < sizeof(zstd_magic) ||
	    memcmp(source->in, zstd_magic, sizeof(zstd_magic)))
		return;
	/* A hostile file must not ask for gigabytes: by default 128 MiB are the largest window. */
	source->zstd = ZSTD_createDStream();
}

/* Fills @out; false: there is no more, of which @fault says if there should be. */
static bool fill(struct source *source)
{
	ZSTD_outBuffer out = { .dst = source->out, .size = sizeof(source->out) };
	size_t length;

	source->out_from = source->out_to = 0;
	while (!out.pos) {
		if (source->input.pos == source->input.size && !source->more &&
		    !read_file(source)) {
			if (source->zstd && source->hint && !source->fault[0])
				snprintf(source->fault, sizeof(source->fault),
					 "the compressed file is cut off");
			return false;
		}
		if (source->zstd) {
			source->hint = ZSTD_decompressStream(source->zstd, &out, &source->input);
			if (ZSTD_isError(source->hint)) {
				snprintf(source->fault, sizeof(source->fault), "zstd: %s",
					 ZSTD_getErrorName(source->hint));
				return false;
			}
			source->more = out.pos == out.size;
		} else {
			length = source->input.size - source->input.pos;
			memcpy(source->out, source->in + source->input.pos, length);
			source->input.pos = source->input.size;
			out.pos = length;
		}
	}
	source->out_to = out.pos;
	return true;
}

/* True: a whole line is in @line. */
static bool next_line(struct source *source)
{
	source->number++;
	source->position += source->line_length;
	source->line_length = 0;
	for (;;) {
		char byte;

		if (source->out_from == source->out_to && !fill(source)) {
			if (source->line_length && !source->fault[0])
				snprintf(source->fault, sizeof(source->fault),
					 "the last line is cut off");
			return false;
		}
		byte = source->out[source->out_from++];
		if (source->line_length + 1 == sizeof(source->line)) {
			snprintf(source->fault, sizeof(source->fault),
				 "the line is longer than any of a recording");
			return false;
		}
		source->line[source->line_length++] = byte;
		if (byte != '\n')
			continue;
		source->line[source->line_length - 1] = '\0';
		return true;
	}
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json_object *parse(struct source *source, struct json_tokener *tokener)
{
	struct json_object *row;

	json_tokener_reset(tokener);
	row = json_tokener_parse_ex(tokener, source->line, source->line_length);
	if (!row)
		snprintf(source->fault, sizeof(source->fault), "no JSON at column %zu: %s",
			 json_tokener_get_parse_end(tokener) + 1,
			 json_tokener_error_desc(json_tokener_get_error(tokener)));
	else if (!json_object_is_type(row, json_type_object))
		snprintf(source->fault, sizeof(source->fault), "the line is not a JSON object");
	else
		return row;
	json_object_put(row);
	return NULL;
}

static void take_header(struct source *source, struct json_object *row, struct loaded *loaded)
{
	struct json_object *version = json_object_object_get(row, "version");
	const char *format = json_get_text(row, "format");

	if (!format || strcmp(format, RECORDING_FORMAT))
		snprintf(source->fault, sizeof(source->fault),
			 "this is not a recording of sevadm trace record");
	else if (!json_object_is_type(version, json_type_int) ||
		 json_object_get_int(version) != RECORDING_VERSION)
		snprintf(source->fault, sizeof(source->fault),
			 "its version is %s, this sevadm reads version %d: use a newer one",
			 json_object_to_json_string(version), RECORDING_VERSION);
	else
		loaded->header = json_object_get(row);
}

static void take_end(struct source *source, struct json_object *row, struct loaded *loaded)
{
	if (json_get_u64(row, "events") != loaded->nr) {
		snprintf(source->fault, sizeof(source->fault),
			 "the last line says %llu events, but there are %zu",
			 (unsigned long long)json_get_u64(row, "events"), loaded->nr);
		return;
	}
	loaded->complete = true;
}

static void take_event(struct source *source, struct json_object *row, struct loaded *loaded)
{
	struct sevadm_event event, *events;
	const char *key = NULL;

	if (!event_from_json(row, &event, &key)) {
		snprintf(source->fault, sizeof(source->fault),
			 "\"%s\" of the event is not there or has a wrong value", key);
		return;
	}
	if (event.type == SEVADM_EVENT_LOST) {
		loaded->lost += event.count;
		return;
	}
	if (loaded->nr == RECORDING_EVENTS_MAX) {
		snprintf(source->fault, sizeof(source->fault), "more than %d events",
			 RECORDING_EVENTS_MAX);
		return;
	}
	/* The length is a power of two whenever there is no room left. */
	if (!(loaded->nr & (loaded->nr - 1))) {
		events = reallocarray(loaded->events, loaded->nr ? 2 * loaded->nr : 1,
				      sizeof(*events));
		if (!events) {
			snprintf(source->fault, sizeof(source->fault), "out of memory");
			return;
		}
		loaded->events = events;
	}
	loaded->events[loaded->nr++] = event;
}

static void take_line(struct source *source, struct json_tokener *tokener, struct loaded *loaded)
{
	struct json_object *row = parse(source, tokener);

	if (!row)
		return;
	if (loaded->complete)
		snprintf(source->fault, sizeof(source->fault), "there is more after the end");
	else if (!loaded->header)
		take_header(source, row, loaded);
	else if (json_object_object_get(row, "end"))
		take_end(source, row, loaded);
	else
		take_event(source, row, loaded);
	json_object_put(row);
}

int recording_load(const char *path, struct loaded *loaded)
{
	struct source *source = calloc(1, sizeof(*source));
	/* An event is flat; a header may have one more level. */
	struct json_tokener *tokener = json_tokener_new_ex(4);
	int ret = EXIT_OK;

	*loaded = (struct loaded) {};
	if (!source || !tokener) {
		ret = fail(EXIT_REFUSED, "out of memory");
		goto out;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	source->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!source->file) {
		ret = fail(EXIT_USAGE, "cannot open %s: %m", path);
		goto out;
	}
	begin(source);
	while (!source->fault[0] && next_line(source))
		take_line(source, tokener, loaded);
	if (!source->fault[0] && !loaded->header)
		snprintf(source->fault, sizeof(source->fault), "the file is empty");
	if (!source->fault[0] && !loaded->complete)
		snprintf(source->fault, sizeof(source->fault),
			 "the recording has no end: sevadm trace record was killed, or the file was cut off");
	if (source->fault[0])
		ret = fail(EXIT_USAGE, "%s: line %llu, byte %llu: %s", path,
			   (unsigned long long)source->number,
			   (unsigned long long)source->position + 1, source->fault);
	ZSTD_freeDStream(source->zstd);
	if (source->file != stdin)
		fclose(source->file);
out:
	json_tokener_free(tokener);
	free(source);
	return ret;
}

void loaded_free(struct loaded *loaded)
{
	json_object_put(loaded->header);
	free(loaded->events);
	*loaded = (struct loaded) {};
}

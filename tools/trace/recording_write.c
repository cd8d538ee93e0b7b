// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: writing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <zstd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "cli/version.h"
#include "kernel/client.h"
#include "report/moment.h"
#include "trace/event.h"
#include "trace/recording.h"

struct recording {
	const char *path;
	FILE *file;
	ZSTD_CStream *zstd;
	uint64_t events, lost;
};

static int say_why(const struct recording *recording)
{
	return fail(EXIT_REFUSED, "cannot write %s: %m", recording->path);
}

/* @mode ZSTD_e_flush lets a reader, or a crash, find all that came before. */
static int put(struct recording *recording, const char *text, size_t size, ZSTD_EndDirective mode)
{
	ZSTD_inBuffer in = { .src = text, .size = size };
	char buffer[16 * 1024];
	size_t left;

	if (!recording->zstd) {
		if (fwrite(text, 1, size, recording->file) != size)
			return say_why(recording);
	} else {
		do {
			ZSTD_outBuffer out = { .dst = buffer, .size = sizeof(buffer) };

			left = ZSTD_compressStream2(recording->zstd, &out, &in, mode);
			if (ZSTD_isError(left))
				return fail(EXIT_REFUSED, "cannot compress %s: %s",
					    recording->path, ZSTD_getErrorName(left));
			if (fwrite(buffer, 1, out.pos, recording->file) != out.pos)
				return say_why(recording);
		} while (mode == ZSTD_e_continue ? in.pos < in.size : left);
	}
	if (mode != ZSTD_e_continue && fflush(recording->file))
		return say_why(recording);
	return EXIT_OK;
}

static int put_row(struct recording *recording, struct json_object *row)
{
	const char *text = json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	int ret = put(recording, text, strlen(text), ZSTD_e_continue);

	if (!ret)
		ret = put(recording, "\n", 1, ZSTD_e_continue);
	json_object_put(row);
	return ret;
}

/* What a recording's header says of the module, and what the module calls it. */
static const struct {
	const char *key, *of_status;
} status_keys[] = {
	{ "module", "version" },
	{ "firmware_api_major", "api_major" },
	{ "firmware_api_minor", "api_minor" },
	{ "firmware_build", "build" },
};

/* Only root sees the status of the module; a member of group sevadm records without it. */
static void add_status(struct json_object *header)
{
	struct json_object *status = NULL;
	size_t i;

	if (!geteuid() && client_module_loaded())
		client_do(SEVADM_CMD_STATUS_GET, NULL, 0, &status_attributes, &status);
	for (i = 0; i < ARRAY_SIZE(status_keys); i++)
		json_object_object_add(header, status_keys[i].key,
				       json_object_get(json_object_object_get(status,
							status_keys[i].of_status)));
	json_object_put(status);
}

static struct json_object *make_header(void)
{
	struct json_object *header = json_object_new_object();
	struct utsname host;
	char now[32];
	time_t seconds = time(NULL);

	uname(&host);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
	json_object_object_add(header, "format", json_object_new_string(RECORDING_FORMAT));
	json_object_object_add(header, "version", json_object_new_int(RECORDING_VERSION));
	json_object_object_add(header, "hostname", json_text(host.nodename));
	json_object_object_add(header, "kernel", json_text(host.release));
	json_object_object_add(header, "sevadm", json_object_new_string(sevadm_version));
	add_status(header);
	json_object_object_add(header, "time", json_object_new_string(now));
	json_object_object_add(header, "clock", json_object_new_string("boottime"));
	/* time_ns of an event and this together are nanoseconds since 1970. */
	json_object_object_add(header, "epoch_ns",
			       json_object_new_int64(moment_of_boot()));
	return header;
}

int recording_create(const char *path, struct recording **result)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	size_t length = strlen(path);
	int ret;

	if (!recording)
		return fail(EXIT_REFUSED, "out of memory");
	recording->path = path;
	recording->file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!recording->file) {
		ret = fail(EXIT_REFUSED, "cannot create %s: %m", path);
		free(recording);
		return ret;
	}
	if (length > 4 && !strcmp(path + length - 4, ".zst"))
		recording->zstd = ZSTD_createCStream();
	*result = recording;
	ret = put_row(recording, make_header());
	return ret ?: recording_flush(recording);
}

int recording_add(struct recording *recording, const struct sevadm_event *event)
{
	if (event->type == SEVADM_EVENT_LOST)
		recording->lost += event->count;
	else
		recording->events++;
	return put_row(recording, event_to_json(event));
}

int recording_flush(struct recording *recording)
{
	return put(recording, "", 0, ZSTD_e_flush);
}

int recording_close(struct recording *recording)
{
	struct json_object *end = json_object_new_object();
	int ret;

	json_object_object_add(end, "end", json_object_new_boolean(true));
	json_object_object_add(end, "events", json_u64(recording->events));
	json_object_object_add(end, "lost", json_u64(recording->lost));
	ret = put_row(recording, end);
	if (!ret)
		ret = put(recording, "", 0, ZSTD_e_end);
	if (recording->file != stdout && fclose(recording->file) && !ret)
		ret = say_why(recording);
	ZSTD_freeCStream(recording->zstd);
	free(recording);
	return ret;
}

uint64_t recording_events(const struct recording *recording, uint64_t *lost)
{
	*lost = recording->lost;
	return recording->events;
}

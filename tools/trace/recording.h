/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: events in a file that opens on any machine.
 *
 * A recording is JSON, an object a line: a header, the events as `sevadm -j trace show` prints
 * them, and a last line that says how many they were, without which it was cut off. Where its name
 * ends in .zst it is compressed by zstd, which reading finds out by itself. sevadm-trace(8),
 * Recordings, describes it.
 */
#ifndef SEVADM_RECORDING_H
#define SEVADM_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>
#include <linux/sevadm.h>

#define RECORDING_FORMAT	"sevadm-trace"
#define RECORDING_VERSION	1

/* ---- writing -------------------------------------------------------------------------------- */

struct recording;

/** recording_create() - begin the file; "-" is stdout. Returns an exit code. */
int recording_create(const char *path, struct recording **recording);

/** recording_add() - write an event. Returns an exit code. */
int recording_add(struct recording *recording, const struct sevadm_event *event);

/** recording_flush() - write out what was added; return an exit code */
int recording_flush(struct recording *recording);

/** recording_close() - write the last line, and end. Returns an exit code. */
int recording_close(struct recording *recording);

/** recording_events() - events added; *@lost of those that were lost before */
uint64_t recording_events(const struct recording *recording, uint64_t *lost);

/* ---- reading -------------------------------------------------------------------------------- */

/* More events than any launch has; they still fit into memory. */
#define RECORDING_EVENTS_MAX	1000000

/**
 * struct loaded - a recording in memory
 * @header: its first line; never NULL after recording_load()
 * @events: in order of their number
 * @lost: events that were lost when it was recorded
 * @complete: its last line is there, and true
 */
struct loaded {
	struct json_object *header;
	struct sevadm_event *events;
	size_t nr;
	uint64_t lost;
	bool complete;
};

/**
 * recording_load() - read a recording; "-" is stdin
 *
 * What can be read before a fault stays in @loaded. Of a file without a valid header that is
 * nothing: @loaded->header is then NULL.
 *
 * Return: an exit code, and reports what is wrong, and where.
 */
int recording_load(const char *path, struct loaded *loaded);

void loaded_free(struct loaded *loaded);

#endif

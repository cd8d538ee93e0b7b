/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as entries of systemd's journal, each with fields of its own. */
#ifndef SEVADM_MONITOR_JOURNAL_H
#define SEVADM_MONITOR_JOURNAL_H

#include <stdbool.h>
#include <sys/uio.h>

#include <json-c/json.h>

/**
 * struct journal - the way to the journal
 * @send: sd_journal_sendv() of libsystemd; NULL: events are printed
 */
struct journal {
	int (*send)(const struct iovec *fields, int nr);
};

/**
 * journal_takes() - return true if what is written to a file goes to the journal
 * @file: descriptor of an open file
 * @stream: what systemd puts into JOURNAL_STREAM, "DEVICE:INODE"; NULL: nothing
 *
 * A program that a service starts with its output elsewhere inherits the variable: only the file
 * decides.
 */
bool journal_takes(int file, const char *stream);

/**
 * journal_open() - find the way to the journal if stdout leads there
 *
 * libsystemd is loaded only then: nothing else needs it, and a host without systemd has none. Where
 * a service sees its stdout but not the journal's socket, as one with a root folder of its own,
 * events are printed.
 */
void journal_open(struct journal *journal);

/**
 * journal_send() - make an entry of an event
 * @row: the event as JSON: each value that is not null becomes the field SEVADM_KEY, as
 *	exec_event() names it
 * @message: what people read
 *
 * Return: false: it is to be printed, as there is no way to the journal or no memory.
 */
bool journal_send(const struct journal *journal, struct json_object *row, const char *message);

#endif

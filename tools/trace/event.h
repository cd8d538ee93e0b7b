/* SPDX-License-Identifier: GPL-2.0-only */
/* One event of the trace, as JSON and as a line of text. */
#ifndef SEVADM_EVENT_H
#define SEVADM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>
#include <linux/sevadm.h>

/* Words of enum sevadm_event_type, in its order; ends with NULL. */
extern const char *const event_types[];

/* -1: no such type */
int event_type_number(const char *name);

/* Return true if it counts pages that became private, or were given back. */
bool event_is_conversion(const struct sevadm_event *event);

/* Return true if it reports a failure. */
bool event_is_error(const struct sevadm_event *event);

struct json_object *event_to_json(const struct sevadm_event *event);

/**
 * event_from_json() - do the reverse
 * @key: what is wrong, if anything is
 *
 * Return: false: @row is not an event.
 */
bool event_from_json(struct json_object *row, struct sevadm_event *event, const char **key);

void event_print_heading(void);

/**
 * event_print() - print a line
 * @name: the VM's, NULL: not known
 */
void event_print(const struct sevadm_event *event, const char *name);

/**
 * event_sentence() - say what happened, and to which VM, without the time and without columns
 * @name: the VM's, NULL: not known
 *
 * Return: text to be freed; NULL: no memory.
 */
char *event_sentence(const struct sevadm_event *event, const char *name);

#endif

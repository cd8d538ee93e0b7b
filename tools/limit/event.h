/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of limits: SEVADM_EVENT_LIMIT. */
#ifndef SEVADM_LIMIT_EVENT_H
#define SEVADM_LIMIT_EVENT_H

#include <stdbool.h>

#include <json-c/json.h>

#include <linux/sevadm.h>

/* Adds what only these events have to their JSON object. */
void limit_event_add(struct json_object *row, const struct sevadm_event *event);

/**
 * limit_event_take() - do the reverse of limit_event_add()
 * @key: set to the key that is not there or has a wrong value
 *
 * The subject stays the text that it is: a path does not lead back to the number that a cgroup had.
 *
 * Return: true if all that @event needs was there.
 */
bool limit_event_take(struct json_object *row, struct sevadm_event *event, const char **key);

/* What happened and what to do, as the last column of a line. */
void limit_event_print(struct json_object *row, const struct sevadm_event *event);

#endif

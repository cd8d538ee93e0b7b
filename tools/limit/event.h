/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of limits: SEVADM_EVENT_LIMIT. */
#ifndef SEVADM_LIMIT_EVENT_H
#define SEVADM_LIMIT_EVENT_H

#include <json-c/json.h>

#include <linux/sevadm.h>

/* Adds what only these events have to their JSON object. */
void limit_event_add(struct json_object *row, const struct sevadm_event *event);

/* What happened and what to do, as the last column of a line. */
void limit_event_print(struct json_object *row, const struct sevadm_event *event);

#endif

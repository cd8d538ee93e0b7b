/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of the VMs that events are about. */
#ifndef SEVADM_EVENT_NAME_H
#define SEVADM_EVENT_NAME_H

#include <json-c/json.h>
#include <linux/sevadm.h>

struct event_names;

/** event_names_new() - return an empty memory of names, to be freed; NULL: no memory */
struct event_names *event_names_new(void);
void event_names_free(struct event_names *names);

/**
 * event_name() - find the name of the VM that an event is about
 * @names: what was found before: a name outlives its process there; NULL: nothing is found
 * @root: "" on a live host; tests have a folder that stands for /
 *
 * The event's process is asked, as vm_name_of() does, until one has named the VM: from then on
 * that one alone, for a better name.
 *
 * Return: the name, which lasts until the next call; NULL: not known.
 */
const char *event_name(struct event_names *names, const char *root,
		       const struct sevadm_event *event);

/** event_name_add() - add "name" to an event's JSON, if it is about a VM; null: not known */
void event_name_add(struct json_object *row, const char *name);

#endif

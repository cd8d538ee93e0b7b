/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits as the module has them: asked for, and changed. */
#ifndef SEVADM_LIMIT_KERNEL_H
#define SEVADM_LIMIT_KERNEL_H

#include <json-c/json.h>

#include "limit/limit.h"

/* All of these return an exit code, and reports what is wrong. */

/* An array of {subject,resource,min,high,max,current,peak,events:{high,max}}; null: no limit. */
int limits_get(struct json_object **rows);

/* The same; of a module that is too old for limits there are none. */
int limits_try_get(struct json_object **rows);

/* Such rows as a table. */
void limits_print(struct json_object *rows);

/* The same as a list, of what is set alone. */
int limits_get_list(struct limit_list *list);

/* Turn shares into numbers, and bytes into those of whole pages, as the module counts. */
int limits_resolve(struct limit_list *list);

/* Set the knobs of @limit that have a line; the others stay as they are. */
int limits_set(const struct limit *limit);

/* Lift the limits on @resource, or LIMIT_RESOURCES: on all. */
int limits_delete(const struct limit_subject *subject, enum limit_resource resource);

/**
 * limits_apply() - make @list the only limits there are, all of them or nothing
 * @list: limits; of cgroups that are there
 * @file: where they come from, for messages
 */
int limits_apply(const struct limit_list *list, const char *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of JSON objects, for tests: a key that is not there, or is of another type, has no value.
 */
#ifndef SEVADM_JSON_H
#define SEVADM_JSON_H

#include <json-c/json.h>

#include "view.h"

static inline struct json_object *json_at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static inline long long json_number(struct json_object *object, const char *key)
{
	struct json_object *value = json_at(object, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : VIEW_NONE;
}

static inline const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *value = json_at(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

#endif /* SEVADM_JSON_H */

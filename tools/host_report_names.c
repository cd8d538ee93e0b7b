// SPDX-License-Identifier: GPL-2.0-only
/* What a report says to strangers: no names of tenants, none of the host. */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "host_report.h"
#include "limit/limit.h"

/* Wherever they are. */
static const char *const private_keys[] = {
	"alias", "uuid", "comm", "cgroup", "hostname", "kernel_command_line", "qemu_user",
};

/* A name of a VM; seams and pools have names of their own, which are sevadm's. */
static bool names_vm(struct json_object *row)
{
	return json_object_object_get_ex(row, "name", NULL) &&
	       (json_object_object_get_ex(row, "id", NULL) ||
		json_object_object_get_ex(row, "asid", NULL));
}

/* "cgroup /machine.slice/tenant" becomes "cgroup 1": the number it has in @seen. */
static void hide_subject(struct json_object *row, struct json_object *seen)
{
	const char *subject = json_get_text(row, "subject");
	struct json_object *number;
	char text[64];

	if (!subject || strncmp(subject, limit_subjects[LIMIT_CGROUP],
				strlen(limit_subjects[LIMIT_CGROUP])))
		return;
	if (!json_object_object_get_ex(seen, subject, &number)) {
		number = json_u64(json_object_object_length(seen) + 1);
		json_object_object_add(seen, subject, number);
	}
	snprintf(text, sizeof(text), "%s %s", limit_subjects[LIMIT_CGROUP],
		 json_object_get_string(number));
	json_object_object_add(row, "subject", json_object_new_string(text));
}

static void hide_in_object(struct json_object *object, struct json_object *seen)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(private_keys); i++)
		if (json_object_object_get_ex(object, private_keys[i], NULL))
			json_object_object_add(object, private_keys[i], NULL);
	if (names_vm(object))
		json_object_object_add(object, "name", NULL);
	hide_subject(object, seen);
}

static void hide(struct json_object *value, struct json_object *seen)
{
	size_t i;

	if (json_object_is_type(value, json_type_array))
		for (i = 0; i < json_object_array_length(value); i++)
			hide(json_object_array_get_idx(value, i), seen);
	if (!json_object_is_type(value, json_type_object))
		return;
	hide_in_object(value, seen);
	json_object_object_foreach(value, key, inner) {
		(void)key;
		hide(inner, seen);
	}
}

void host_report_hide_names(struct json_object *facts)
{
	struct json_object *seen = json_object_new_object();

	hide(facts, seen);
	json_object_put(seen);
}

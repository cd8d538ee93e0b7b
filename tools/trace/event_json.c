// SPDX-License-Identifier: GPL-2.0-only
/* An event back from its JSON: the reverse of event_to_json(), for recordings. */
#include <limits.h>
#include <string.h>

#include "cli/output.h"
#include "limit/event.h"
#include "sev/names.h"
#include "trace/event.h"

/* False: @key is not there or holds something else; null is known to be not known. */
static bool take_u64(struct json_object *row, const char *key, uint64_t max, bool *known,
		     uint64_t *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(row, key, &value))
		return false;
	*known = !!value;
	*number = 0;
	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_int) ||
	    json_object_to_json_string(value)[0] == '-')
		return false;
	*number = json_object_get_uint64(value);
	return *number <= max;
}

/* Fields that are numbers: where they go, and the bit that says that they are known. */
static const struct field {
	const char *key;
	unsigned int types;	/* of events that have it */
	size_t offset;
	size_t size;
	uint32_t known;		/* 0: always */
} fields[] = {
#define FIELD(key, types, member, known)						\
	{ key, types, offsetof(struct sevadm_event, member),				\
	  sizeof(((struct sevadm_event *)0)->member), known }
#define IS(type) (1U << SEVADM_EVENT_##type)
#define PINS (IS(PIN) | IS(UNPIN))
#define OF_A_TASK (IS(PSP) | IS(KVM) | PINS | IS(LIMIT))
	FIELD("seq", ~0U, seq, 0),
	FIELD("time_ns", ~0U, time_ns, 0),
	FIELD("count", IS(LOST) | IS(ASID), count, 0),
	FIELD("command_id", IS(PSP) | IS(KVM), command, 0),
	FIELD("vm", OF_A_TASK | IS(ASID), vm, SEVADM_KNOWN_VM),
	FIELD("peer_vm", IS(KVM), peer_vm, SEVADM_KNOWN_PEER_VM),
	FIELD("asid", IS(PSP) | IS(ASID), asid, SEVADM_KNOWN_ASID),
	FIELD("handle", IS(PSP), handle, SEVADM_KNOWN_HANDLE),
	FIELD("pid", OF_A_TASK, pid, 0),
	FIELD("fw_error", IS(PSP) | IS(KVM), fw_error, SEVADM_KNOWN_FW_ERROR),
	FIELD("bytes", IS(PSP) | PINS, bytes, SEVADM_KNOWN_BYTES),
	FIELD("psp_ns", IS(PSP), duration_ns, 0),
	FIELD("wait_ns", IS(PSP), wait_ns, SEVADM_KNOWN_WAIT),
	FIELD("duration_ns", IS(KVM) | PINS, duration_ns, 0),
	FIELD("pinned_bytes", PINS, pinned_bytes, SEVADM_KNOWN_PINNED),
	FIELD("limit_bytes", PINS, limit_bytes, SEVADM_KNOWN_LIMIT),
};

static bool take_field(struct json_object *row, const struct field *field,
		       struct sevadm_event *event)
{
	uint64_t number, max = field->size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX;
	uint32_t narrow;
	bool known;

	/* Times are added to one another: a century is enough. */
	if (strstr(field->key, "_ns"))
		max = 1ULL << 62;
	if (!take_u64(row, field->key, max, &known, &number) || (!known && !field->known))
		return false;
	narrow = number;
	if (field->size == sizeof(narrow))
		memcpy((char *)event + field->offset, &narrow, sizeof(narrow));
	else
		memcpy((char *)event + field->offset, &number, sizeof(number));
	if (known)
		event->known |= field->known;
	return true;
}

static bool take_ret(struct json_object *row, struct sevadm_event *event)
{
	struct json_object *value = json_object_object_get(row, "ret");

	if (!json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < INT_MIN + 1 || json_object_get_int64(value) > INT_MAX)
		return false;
	event->ret = json_object_get_int(value);
	return true;
}

/* Recordings of older versions do not have it. */
static bool take_kind(struct json_object *row, struct sevadm_event *event)
{
	uint64_t number;
	bool known;

	if (!json_object_object_get_ex(row, "kind", NULL))
		return true;
	if (!take_u64(row, "kind", UINT32_MAX, &known, &number))
		return false;
	event->kind = number;
	if (known)
		event->known |= SEVADM_KNOWN_KIND;
	return true;
}

/*
 * Recordings of older versions do not have them: whom an event is put down to, and of how many
 * calls it is.
 */
static bool take_uid(struct json_object *row, struct sevadm_event *event)
{
	uint64_t number;
	bool known;

	if (!json_object_object_get_ex(row, "uid", NULL))
		return true;
	if (!take_u64(row, "uid", UINT32_MAX, &known, &number))
		return false;
	event->uid = number;
	if (known)
		event->known |= SEVADM_KNOWN_UID;
	return true;
}

static bool take_count(struct json_object *row, struct sevadm_event *event)
{
	struct json_object *value;
	uint64_t number;
	bool known;

	if (!json_object_object_get_ex(row, "repeated", &value))
		return true;
	if (!json_object_is_type(value, json_type_boolean) ||
	    !take_u64(row, "count", UINT64_MAX, &known, &number) || !known)
		return false;
	if (json_object_get_boolean(value)) {
		event->flags |= SEVADM_EVENT_REPEATED;
		event->count = number;
	}
	return true;
}

/* Recordings of older versions do not have it. */
static bool take_length_query(struct json_object *row, struct sevadm_event *event)
{
	struct json_object *value;

	if (!json_object_object_get_ex(row, "length_query", &value))
		return true;
	if (!json_object_is_type(value, json_type_boolean))
		return false;
	if (json_object_get_boolean(value))
		event->flags |= SEVADM_EVENT_LENGTH_QUERY;
	return true;
}

static bool take_comm(struct json_object *row, struct sevadm_event *event)
{
	struct json_object *value = json_object_object_get(row, "comm");
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string))
		return false;
	/* U+FFFD may have made it longer than a comm can be. */
	strncpy(event->comm, text, sizeof(event->comm) - 1);
	return true;
}

/* The words of a table that begins at 0: -1: it is none of them. */
static int number_of(const char *text, const char *(*name)(uint32_t number), uint32_t nr)
{
	uint32_t i;

	for (i = 0; text && i < nr; i++)
		if (!strcmp(name(i), text))
			return i;
	return -1;
}

static bool take_asid(struct json_object *row, struct sevadm_event *event, const char **key)
{
	const char *pool = json_get_text(row, "pool");
	int number;

	*key = "state";
	number = number_of(json_get_text(row, "state"), asid_state_name,
			   SEVADM_ASID_STATE_RECLAIM + 1);
	if (number < 0)
		return false;
	event->asid_state = number;
	*key = "pool";
	number = pool ? number_of(pool, pool_name, SEVADM_POOL_NR) : 0;
	event->pool = number;
	return number >= 0;
}

static bool take_pin(struct json_object *row, struct sevadm_event *event, const char **key)
{
	const char *command = json_get_text(row, "command");
	const char *refusal = json_get_text(row, "refusal");
	struct json_object *transient = json_object_object_get(row, "transient");
	int number;

	*key = "command";
	number = command ? kvm_command_id(command) : -1;
	if (number < 0)
		return false;
	event->command = number;
	*key = "transient";
	if (!json_object_is_type(transient, json_type_boolean))
		return false;
	if (json_object_get_boolean(transient))
		event->flags |= SEVADM_EVENT_TRANSIENT;
	*key = "refusal";
	number = refusal ? number_of(refusal, refusal_name, SEVADM_REFUSAL_LIMIT + 1) : 0;
	event->refusal = number;
	return number >= 0;
}

bool event_from_json(struct json_object *row, struct sevadm_event *event, const char **key)
{
	const char *type = json_get_text(row, "event");
	unsigned int bit;
	size_t i;

	*event = (struct sevadm_event) { .size = sizeof(*event) };
	*key = "event";
	if (!type || event_type_number(type) < 0)
		return false;
	event->type = event_type_number(type);
	bit = 1U << event->type;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		*key = fields[i].key;
		if (fields[i].types & bit && !take_field(row, &fields[i], event))
			return false;
	}
	*key = "ret";
	if (bit & OF_A_TASK && !take_ret(row, event))
		return false;
	*key = "length_query";
	if (bit & (IS(PSP) | IS(KVM)) && !take_length_query(row, event))
		return false;
	*key = "kind";
	if (bit & IS(PSP) && !take_kind(row, event))
		return false;
	*key = "comm";
	if (bit & OF_A_TASK && !take_comm(row, event))
		return false;
	*key = "uid";
	if (bit & OF_A_TASK && !take_uid(row, event))
		return false;
	*key = "count";
	if (bit & (OF_A_TASK & ~IS(PSP)) && !take_count(row, event))
		return false;
	if (event->type == SEVADM_EVENT_ASID)
		return take_asid(row, event, key);
	if (event->type == SEVADM_EVENT_LIMIT)
		return limit_event_take(row, event, key);
	return !(bit & PINS) || take_pin(row, event, key);
}

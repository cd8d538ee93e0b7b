// SPDX-License-Identifier: GPL-2.0-only
/* Events of the trace: their keys, which others rely on, and the lines that operators read. */
#include <errno.h>
#include <unistd.h>

#include "cli/output.h"
#include "test.h"
#include "trace/event.h"

static const struct sevadm_event psp = {
	.size = sizeof(psp), .type = SEVADM_EVENT_PSP, .seq = 42, .time_ns = 12345678901,
	.vm = 3, .duration_ns = 1200000, .wait_ns = 5000, .pid = 100, .tid = 101, .command = 0x30,
	.ret = -EIO, .fw_error = 0x17, .asid = 200, .handle = 9,
	.known = SEVADM_KNOWN_VM | SEVADM_KNOWN_ASID | SEVADM_KNOWN_HANDLE |
		 SEVADM_KNOWN_FW_ERROR | SEVADM_KNOWN_WAIT,
	.comm = "qemu-system-x86",
};

static const struct sevadm_event length_query = {
	.size = sizeof(psp), .type = SEVADM_EVENT_PSP, .seq = 44, .command = 0x33, .ret = -EIO,
	.fw_error = 4, .bytes = 48, .known = SEVADM_KNOWN_FW_ERROR | SEVADM_KNOWN_BYTES,
	.flags = SEVADM_EVENT_LENGTH_QUERY, .comm = "qemu",
};

static const struct sevadm_event refused = {
	.size = sizeof(refused), .type = SEVADM_EVENT_PIN, .seq = 43, .vm = 3,
	.bytes = 65536ULL * 4096, .pinned_bytes = 512ULL * 4096, .limit_bytes = 16384ULL * 4096,
	.pid = 100, .command = SEVADM_KVM_REGISTER_REGION, .ret = -ENOMEM,
	.refusal = SEVADM_REFUSAL_MEMLOCK,
	.known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED | SEVADM_KNOWN_LIMIT,
	.comm = "qemu",
};

static const char *json(const struct sevadm_event *event)
{
	static char text[1024];
	struct json_object *row = event_to_json(event);

	snprintf(text, sizeof(text), "%s",
		 json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN));
	json_object_put(row);
	return text;
}

static const char *line(const struct sevadm_event *event)
{
	capture_begin();
	event_print(event, NULL);
	capture_end();
	return captured;
}

/* The words of @keys are keys of the event, and they never become fewer: keys are only added. */
static void has_keys(const struct sevadm_event *event, const char *keys)
{
	struct json_object *row = event_to_json(event);
	char list[256], *key, *rest;

	snprintf(list, sizeof(list), "%s", keys);
	for (key = strtok_r(list, " ", &rest); key; key = strtok_r(NULL, " ", &rest))
		if (!json_object_object_get_ex(row, key, NULL)) {
			ksft_print_msg("event %u has no key %s\n", event->type, key);
			test_failed = true;
		}
	json_object_put(row);
}

static void keys_of_each_event(void)
{
	const struct sevadm_event kvm = { .type = SEVADM_EVENT_KVM }, unpin = {
		.type = SEVADM_EVENT_UNPIN }, asid = { .type = SEVADM_EVENT_ASID }, lost = { };

	has_keys(&psp, "seq time_ns event command command_id vm asid handle pid comm ret fw_error "
		 "fw_error_name psp_ns wait_ns kind kind_name");
	has_keys(&kvm, "seq time_ns event command command_id vm pid comm ret fw_error fw_error_name "
		 "duration_ns");
	has_keys(&refused, "seq time_ns event vm command bytes pages transient ret pinned_bytes "
		 "limit_bytes refusal duration_ns");
	has_keys(&unpin, "seq time_ns event vm command bytes pages transient ret pinned_bytes "
		 "limit_bytes refusal duration_ns");
	has_keys(&asid, "seq time_ns event asid pool state vm");
	has_keys(&lost, "seq time_ns event count");
}

static void values_of_a_command(void)
{
	EXPECT(strstr(json(&psp), "\"seq\":42,\"time_ns\":12345678901,\"event\":\"psp\","));
	EXPECT(strstr(json(&psp), "\"command\":\"LAUNCH_START\",\"command_id\":48,"));
	EXPECT(strstr(json(&psp), "\"vm\":3,\"asid\":200,\"handle\":9,"));
	EXPECT(strstr(json(&psp), "\"pid\":100,\"comm\":\"qemu-system-x86\","));
	EXPECT(strstr(json(&psp), "\"ret\":-5,\"fw_error\":23,\"fw_error_name\":\"RESOURCE_LIMIT\""));
	EXPECT(strstr(json(&psp), "\"psp_ns\":1200000,\"wait_ns\":5000"));
}

static void what_a_command_is_about(void)
{
	struct sevadm_event event = {
		.type = SEVADM_EVENT_PSP, .command = 0xa1, .kind = 6, .bytes = 4096,
		.known = SEVADM_KNOWN_KIND | SEVADM_KNOWN_BYTES, .comm = "qemu",
	};

	EXPECT(strstr(json(&event), "\"kind\":6,\"kind_name\":\"CPUID\""));
	EXPECT(strstr(line(&event), "ok, CPUID, 4.0 KiB"));
	event.command = 0x94;
	event.kind = 5;
	EXPECT(strstr(json(&event), "\"kind\":5,\"kind_name\":\"REPORT_REQ\""));
	event.kind = 200;
	EXPECT(strstr(json(&event), "\"kind\":200,\"kind_name\":\"0xc8\""));
	event.known = 0;
	EXPECT(strstr(json(&event), "\"kind\":null,\"kind_name\":null"));
	EXPECT(!strstr(line(&event), "0xc8"));
}

static void pages_that_changed_hands(void)
{
	struct sevadm_event event = {
		.type = SEVADM_EVENT_KVM, .command = SEVADM_KVM_MAKE_PRIVATE, .vm = 3,
		.count = 4096, .known = SEVADM_KNOWN_VM, .flags = SEVADM_EVENT_REPEATED,
		.comm = "qemu",
	};

	EXPECT(strstr(json(&event), "\"command\":\"MAKE_PRIVATE\""));
	EXPECT(strstr(json(&event), "\"count\":4096,\"repeated\":true"));
	EXPECT(strstr(line(&event), "4096 pages\n"));
	event.command = SEVADM_KVM_MAKE_SHARED;
	event.count = 1;
	EXPECT(strstr(line(&event), "1 page\n"));
}

static void what_is_not_known_is_null(void)
{
	struct sevadm_event event = psp;

	event.known = 0;
	EXPECT(strstr(json(&event), "\"vm\":null,\"asid\":null,\"handle\":null"));
	EXPECT(strstr(json(&event), "\"fw_error\":null,\"fw_error_name\":null"));
	EXPECT(strstr(json(&event), "\"wait_ns\":null"));
}

static void what_is_not_known_is_not_printed(void)
{
	struct sevadm_event event = psp;

	event.known = 0;
	EXPECT(strstr(line(&psp), "RESOURCE_LIMIT"));
	EXPECT(strstr(line(&psp), "ASID 200"));
	EXPECT(!strstr(line(&event), "RESOURCE_LIMIT"));
	EXPECT(!strstr(line(&event), "ASID"));
	EXPECT(strstr(line(&event), "EIO"));
}

/* ccp gives up on a command that the firmware does not answer: it was asked. */
static void a_command_that_hung_was_asked(void)
{
	struct sevadm_event event = psp;

	event.ret = -ETIMEDOUT;
	event.known &= ~SEVADM_KNOWN_FW_ERROR;
	EXPECT(strstr(line(&event), "ETIMEDOUT, the firmware did not answer"));
	event.ret = -EBUSY;
	EXPECT(strstr(line(&event), "EBUSY, the firmware was not asked"));
}

static void refusal_by_memlock(void)
{
	EXPECT(strstr(json(&refused), "\"refusal\":\"memlock\""));
	EXPECT(strstr(json(&refused), "\"pages\":65536"));
	EXPECT(strstr(line(&refused), "65536 pages (256.0 MiB)"));
	EXPECT(strstr(captured, "512 pages (2.0 MiB)"));
	EXPECT(strstr(captured, "16384 pages (64.0 MiB)"));
	EXPECT(strstr(captured, "RLIMIT_MEMLOCK"));
	EXPECT(strstr(captured, "hard_limit"));
}

static void pins(void)
{
	struct sevadm_event event = refused;

	event.ret = 0;
	event.known &= ~SEVADM_KNOWN_LIMIT;
	EXPECT(strstr(json(&event), "\"refusal\":null"));
	EXPECT(strstr(json(&event), "\"limit_bytes\":null"));
	EXPECT(strstr(json(&event), "\"transient\":false"));
	event.flags = SEVADM_EVENT_TRANSIENT;
	EXPECT(strstr(json(&event), "\"transient\":true"));
	EXPECT(strstr(line(&event), "256.0 MiB"));
	EXPECT(!strstr(captured, "refused"));
	event.ret = -EFAULT;
	event.refusal = SEVADM_REFUSAL_LIMIT;
	event.known |= SEVADM_KNOWN_LIMIT;
	EXPECT(strstr(json(&event), "\"refusal\":\"limit\""));
	EXPECT(strstr(line(&event), "refused by a pin.max of "));
	event.refusal = SEVADM_REFUSAL_OTHER;
	EXPECT(strstr(json(&event), "\"refusal\":\"other\""));
	EXPECT(strstr(line(&event), "EFAULT"));
}

static void asids(void)
{
	const struct sevadm_event taken = {
		.type = SEVADM_EVENT_ASID, .asid = 7, .vm = 3, .pool = SEVADM_POOL_SEV_ES,
		.asid_state = SEVADM_ASID_STATE_USED, .known = SEVADM_KNOWN_ASID | SEVADM_KNOWN_VM,
	}, recycled = {
		.type = SEVADM_EVENT_ASID, .asid_state = SEVADM_ASID_STATE_FREE, .count = 16,
	};

	EXPECT(strstr(json(&taken), "\"asid\":7,\"pool\":\"sev_es\",\"state\":\"used\",\"vm\":3"));
	EXPECT(strstr(line(&taken), "ASID 7 of pool sev_es: used"));
	EXPECT(strstr(json(&recycled), "\"asid\":null,\"pool\":null,\"state\":\"free\",\"vm\":null"));
	EXPECT(strstr(json(&recycled), "\"count\":16"));
	EXPECT(strstr(line(&recycled), "16 ASIDs"));
}

static void losses_and_newer_types(void)
{
	const struct sevadm_event lost = { .type = SEVADM_EVENT_LOST, .seq = 5, .count = 1234 };
	const struct sevadm_event newer = { .type = 77, .seq = 6 };

	EXPECT(strstr(json(&lost), "\"seq\":5") && strstr(json(&lost), "\"event\":\"lost\""));
	EXPECT(strstr(json(&lost), "\"count\":1234"));
	EXPECT(strstr(line(&lost), "1234 events"));
	EXPECT(strstr(json(&newer), "\"seq\":6"));
	EXPECT_NUMBER(strchr(line(&newer), '\n') - captured, captured_size - 1);
}

static void what_failed(void)
{
	struct sevadm_event event = psp;

	EXPECT(event_is_error(&psp));
	EXPECT(event_is_error(&refused));
	event.ret = 0;
	EXPECT(event_is_error(&event));
	/* The status counts only where the firmware was asked. */
	event.known = 0;
	EXPECT(!event_is_error(&event));
	event.known = SEVADM_KNOWN_FW_ERROR;
	event.fw_error = 0;
	EXPECT(!event_is_error(&event));
	EXPECT(event_is_error(&(struct sevadm_event){ .type = SEVADM_EVENT_LOST }));
}

/* One event, one line, each column at its place: eyes and awk(1) rely on it. */
static void one_line_each(void)
{
	struct sevadm_event event = psp;
	char heading[256];

	capture_begin();
	event_print_heading();
	capture_end();
	snprintf(heading, sizeof(heading), "%s", captured);
	EXPECT_NUMBER(strstr(line(&psp), "LAUNCH_START") - captured,
		      strstr(heading, "COMMAND") - heading);
	EXPECT_NUMBER(strstr(line(&psp), "RESOURCE_LIMIT") ? 1 : 0, 1);
	memcpy(event.comm, "\x1b[31m\nevil\xff name", 16);
	EXPECT_NUMBER(strchr(line(&event), '\n') - captured, captured_size - 1);
	EXPECT(!strchr(captured, '\x1b'));
}

/* A caller that asks how long an answer is gets what looks like an error, and is none. */
static void length_queries(void)
{
	struct sevadm_event failed = length_query;

	failed.flags = 0;
	EXPECT(!event_is_error(&length_query));
	EXPECT(event_is_error(&failed));
	EXPECT(strstr(json(&length_query), "\"fw_error_name\":\"INVALID_LEN\""));
	EXPECT(strstr(json(&length_query), "\"length_query\":true"));
	EXPECT(strstr(json(&failed), "\"length_query\":false"));
	EXPECT(strstr(line(&length_query), "length query (INVALID_LEN), 48 B"));
	EXPECT(!strstr(line(&length_query), "EIO"));
	EXPECT(strstr(line(&failed), "EIO, firmware: INVALID_LEN"));
}

/* What a recording has of an event is all of it. */
static void back_and_forth(void)
{
	static const struct sevadm_event rows[] = {
		{ .type = SEVADM_EVENT_ASID, .asid = 7, .pool = SEVADM_POOL_SEV_ES, .vm = 5,
		  .asid_state = SEVADM_ASID_STATE_RECLAIM, .known = SEVADM_KNOWN_VM },
		{ .type = SEVADM_EVENT_ASID, .asid = 8, .pool = SEVADM_POOL_SEV_SNP,
		  .asid_state = SEVADM_ASID_STATE_USED },
		{ .type = SEVADM_EVENT_LOST, .count = 9, .seq = 3, .time_ns = 4 },
		{ .type = SEVADM_EVENT_LIMIT, .subject = SEVADM_SUBJECT_USER, .subject_id = 1000,
		  .resource = SEVADM_RESOURCE_ASID_SEV_ES, .knob = SEVADM_KNOB_MIN, .usage = 1,
		  .limit = 2, .amount = 3, .ret = -EBUSY, .pid = 5, .comm = "qemu" },
		{ .type = SEVADM_EVENT_LIMIT, .subject = SEVADM_SUBJECT_HOST,
		  .resource = SEVADM_RESOURCE_PRIVATE, .knob = SEVADM_KNOB_MAX, .usage = 4096,
		  .limit = 8192, .amount = 12288, .ret = -ENOMEM },
		{ .type = SEVADM_EVENT_LIMIT, .resource = SEVADM_RESOURCE_PIN, .usage = 5,
		  .knob = SEVADM_KNOB_HIGH, .limit = 4 },
		{ .type = SEVADM_EVENT_KVM, .command = SEVADM_KVM_MOVE_ENC_CONTEXT, .vm = 3,
		  .peer_vm = 2, .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_PEER_VM, .pid = 4,
		  .duration_ns = 6, .comm = "qemu" },
		{ .type = SEVADM_EVENT_UNPIN, .command = SEVADM_KVM_UNREGISTER_REGION, .vm = 3,
		  .bytes = 4096, .pinned_bytes = 8192, .pid = 4, .known = SEVADM_KNOWN_VM |
		  SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED },
	};
	const struct sevadm_event *const all[] = {
		&psp, &length_query, &refused, &rows[0], &rows[1], &rows[2], &rows[3], &rows[4],
		&rows[5], &rows[6], &rows[7],
	};
	struct json_object *row, *again;
	struct sevadm_event back;
	const char *key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		row = event_to_json(all[i]);
		EXPECT(event_from_json(row, &back, &key));
		again = event_to_json(&back);
		EXPECT_TEXT(json_object_to_json_string(again), json_object_to_json_string(row));
		json_object_put(again);
		json_object_put(row);
	}
}

/* The key of a field that is missing, or has what no event has, is named. */
static void fields_that_are_wrong(void)
{
	static const struct {
		enum sevadm_event_type type;
		const char *key, *value;
	} rows[] = {
		{ SEVADM_EVENT_LIMIT, "subject", NULL }, { SEVADM_EVENT_LIMIT, "resource", NULL },
		{ SEVADM_EVENT_LIMIT, "knob", NULL }, { SEVADM_EVENT_LIMIT, "current", "many" },
		{ SEVADM_EVENT_LIMIT, "limit", "many" }, { SEVADM_EVENT_LIMIT, "amount", "many" },
		{ SEVADM_EVENT_ASID, "state", "lost" }, { SEVADM_EVENT_ASID, "state", NULL },
		{ SEVADM_EVENT_ASID, "pool", "sev_xs" }, { SEVADM_EVENT_PIN, "command", NULL },
		{ SEVADM_EVENT_PIN, "command", "NOTHING" }, { SEVADM_EVENT_PIN, "transient", "yes" },
		{ SEVADM_EVENT_PIN, "refusal", "no" }, { SEVADM_EVENT_KVM, "event", NULL },
	};
	struct sevadm_event event, back;
	struct json_object *row;
	const char *key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		event = (struct sevadm_event) { .type = rows[i].type, .knob = SEVADM_KNOB_MAX };
		row = event_to_json(&event);
		EXPECT(event_from_json(row, &back, &key));
		json_object_object_add(row, rows[i].key, rows[i].value ?
				       json_object_new_string(rows[i].value) : NULL);
		EXPECT(!event_from_json(row, &back, &key));
		EXPECT_TEXT(key, rows[i].key);
		json_object_put(row);
	}
}

/*
 * What is wrong with an event whose key is missing, or an array: the words of @text, each a key
 * that may be so, "KEY>OTHER" where another one is named. All others are said to be wrong by
 * themselves.
 */
static void forgiven(const struct sevadm_event *event, bool missing, char *text, size_t size)
{
	struct json_object *row = event_to_json(event), *copy;
	struct sevadm_event back;
	const char *wrong;

	*text = '\0';
	json_object_object_foreach(row, key, value) {
		(void)value;
		copy = NULL;
		json_object_deep_copy(row, &copy, NULL);
		if (missing)
			json_object_object_del(copy, key);
		else
			json_object_object_add(copy, key, json_object_new_array());
		wrong = "nothing";
		if (event_from_json(copy, &back, &wrong))
			append(text, size, "%s ", key);
		else if (strcmp(wrong, key))
			append(text, size, "%s>%s ", key, wrong);
		json_object_put(copy);
	}
	json_object_put(row);
}

static void each_key_that_is_wrong(void)
{
	static const struct {
		enum sevadm_event_type type;
		const char *missing, *array;
	} rows[] = {
		{ SEVADM_EVENT_LOST, "", "" },
		/* Names beside their numbers, and what older recordings have not. */
		{ SEVADM_EVENT_PSP, "command uid fw_error_name length_query kind kind_name ",
		  "command fw_error_name kind_name " },
		{ SEVADM_EVENT_KVM, "command uid fw_error_name length_query repeated ",
		  "command fw_error_name repeated>count " },
		/* Pages beside their bytes; no refusal is none. */
		{ SEVADM_EVENT_PIN, "uid pages refusal repeated ", "pages repeated>count " },
		{ SEVADM_EVENT_UNPIN, "uid pages refusal repeated ", "pages repeated>count " },
		/* An ASID of no pool that is known. */
		{ SEVADM_EVENT_ASID, "pool ", "" },
		/* Any words are those of a newer module. */
		{ SEVADM_EVENT_LIMIT, "uid unit unlimited repeated ",
		  "subject resource knob unit unlimited repeated>count " },
	};
	struct sevadm_event event;
	char text[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		event = (struct sevadm_event) {
			.type = rows[i].type, .known = ~0U, .comm = "qemu", .count = 2,
			.knob = SEVADM_KNOB_MAX, .flags = SEVADM_EVENT_REPEATED,
			.command = 2,
		};
		if (rows[i].type == SEVADM_EVENT_PIN || rows[i].type == SEVADM_EVENT_UNPIN)
			event.command = SEVADM_KVM_REGISTER_REGION;
		forgiven(&event, true, text, sizeof(text));
		EXPECT_TEXT(text, rows[i].missing);
		forgiven(&event, false, text, sizeof(text));
		EXPECT_TEXT(text, rows[i].array);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "keys of each event", keys_of_each_event },
		{ "values of a command", values_of_a_command },
		{ "what a command is about", what_a_command_is_about },
		{ "pages that changed hands", pages_that_changed_hands },
		{ "what is not known is null", what_is_not_known_is_null },
		{ "what is not known is not printed", what_is_not_known_is_not_printed },
		{ "a command that hung was asked", a_command_that_hung_was_asked },
		{ "refusal by RLIMIT_MEMLOCK", refusal_by_memlock },
		{ "pins", pins },
		{ "ASIDs", asids },
		{ "losses, and types of a newer module", losses_and_newer_types },
		{ "what failed", what_failed },
		{ "one line each", one_line_each },
		{ "length queries", length_queries },
		{ "back and forth", back_and_forth },
		{ "fields that are wrong", fields_that_are_wrong },
		{ "each key that is wrong", each_key_that_is_wrong },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

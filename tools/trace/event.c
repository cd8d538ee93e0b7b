// SPDX-License-Identifier: GPL-2.0-only
/* One event of the trace. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "limit/event.h"
#include "sev/names.h"
#include "trace/event.h"

const char *const event_types[] = {
	[SEVADM_EVENT_LOST] = "lost",	[SEVADM_EVENT_PSP] = "psp",
	[SEVADM_EVENT_KVM] = "kvm",	[SEVADM_EVENT_PIN] = "pin",
	[SEVADM_EVENT_UNPIN] = "unpin",	[SEVADM_EVENT_ASID] = "asid",
	[SEVADM_EVENT_LIMIT] = "limit",
	NULL
};

static const char *type_name(uint32_t type)
{
	return type < ARRAY_SIZE(event_types) - 1 ? event_types[type] : "unknown";
}

int event_type_number(const char *name)
{
	int type;

	for (type = 0; event_types[type]; type++)
		if (!strcmp(event_types[type], name))
			return type;
	return -1;
}

static bool knows(const struct sevadm_event *event, uint32_t bit)
{
	return event->known & bit;
}

/* The firmware was asked and did not say SUCCESS, which is 0. */
static bool fw_failed(const struct sevadm_event *event)
{
	return knows(event, SEVADM_KNOWN_FW_ERROR) && event->fw_error;
}

static bool is_length_query(const struct sevadm_event *event)
{
	return event->flags & SEVADM_EVENT_LENGTH_QUERY &&
	       (event->type == SEVADM_EVENT_PSP || event->type == SEVADM_EVENT_KVM);
}

bool event_is_error(const struct sevadm_event *event)
{
	if (is_length_query(event))
		return false;
	return event->type == SEVADM_EVENT_LOST || event->ret < 0 || fw_failed(event);
}

static bool is_refused_by_memlock(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_PIN && event->ret < 0 &&
	       event->refusal == SEVADM_REFUSAL_MEMLOCK && knows(event, SEVADM_KNOWN_LIMIT);
}

static const char *command_name(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_PSP ? psp_command_name(event->command) :
	       kvm_command_name(event->command);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void add(struct json_object *row, const char *key, struct json_object *value)
{
	json_object_object_add(row, key, value);
}

static bool is_repeated(const struct sevadm_event *event)
{
	return event->flags & SEVADM_EVENT_REPEATED;
}

/* Add how many calls it stands for: equal refusals are reported together. */
static void add_count(struct json_object *row, const struct sevadm_event *event)
{
	add(row, "count", json_u64(is_repeated(event) ? event->count : 1));
	add(row, "repeated", json_object_new_boolean(is_repeated(event)));
}

static void add_vm(struct json_object *row, const struct sevadm_event *event)
{
	add(row, "vm", json_known_u64(knows(event, SEVADM_KNOWN_VM), event->vm));
}

static void add_process(struct json_object *row, const struct sevadm_event *event)
{
	char comm[sizeof(event->comm) + 1] = {};

	memcpy(comm, event->comm, sizeof(event->comm));
	add(row, "pid", json_u64(event->pid));
	add(row, "comm", json_text(comm));
	add(row, "uid", json_known_u64(knows(event, SEVADM_KNOWN_UID), event->uid));
}

static void add_result(struct json_object *row, const struct sevadm_event *event)
{
	bool asked = knows(event, SEVADM_KNOWN_FW_ERROR);

	add(row, "ret", json_object_new_int(event->ret));
	add(row, "fw_error", json_known_u64(asked, event->fw_error));
	add(row, "fw_error_name", json_known_string(asked, fw_error_name(event->fw_error)));
	add(row, "length_query", json_object_new_boolean(is_length_query(event)));
}

static void add_psp(struct json_object *row, const struct sevadm_event *event)
{
	bool has_kind = knows(event, SEVADM_KNOWN_KIND);

	add(row, "command", json_object_new_string(command_name(event)));
	add(row, "command_id", json_u64(event->command));
	add_vm(row, event);
	add(row, "asid", json_known_u64(knows(event, SEVADM_KNOWN_ASID), event->asid));
	add(row, "handle", json_known_u64(knows(event, SEVADM_KNOWN_HANDLE), event->handle));
	add_process(row, event);
	add_result(row, event);
	add(row, "bytes", json_known_u64(knows(event, SEVADM_KNOWN_BYTES), event->bytes));
	add(row, "psp_ns", json_u64(event->duration_ns));
	add(row, "wait_ns", json_known_u64(knows(event, SEVADM_KNOWN_WAIT), event->wait_ns));
	add(row, "kind", json_known_u64(has_kind, event->kind));
	add(row, "kind_name", json_known_string(has_kind,
						psp_kind_name(event->command, event->kind)));
}

static void add_kvm(struct json_object *row, const struct sevadm_event *event)
{
	add(row, "command", json_object_new_string(command_name(event)));
	add(row, "command_id", json_u64(event->command));
	add_vm(row, event);
	add(row, "peer_vm", json_known_u64(knows(event, SEVADM_KNOWN_PEER_VM), event->peer_vm));
	add_process(row, event);
	add_result(row, event);
	add(row, "duration_ns", json_u64(event->duration_ns));
	add_count(row, event);
}

static void add_pin(struct json_object *row, const struct sevadm_event *event)
{
	bool sized = knows(event, SEVADM_KNOWN_BYTES);
	bool refused = event->type == SEVADM_EVENT_PIN && event->ret < 0;

	add(row, "command", json_object_new_string(command_name(event)));
	add_vm(row, event);
	add_process(row, event);
	add(row, "bytes", json_known_u64(sized, event->bytes));
	add(row, "pages", json_known_u64(sized, event->bytes / getpagesize()));
	add(row, "transient", json_object_new_boolean(!!(event->flags & SEVADM_EVENT_TRANSIENT)));
	add(row, "ret", json_object_new_int(event->ret));
	add(row, "pinned_bytes", json_known_u64(knows(event, SEVADM_KNOWN_PINNED),
						event->pinned_bytes));
	add(row, "limit_bytes", json_known_u64(knows(event, SEVADM_KNOWN_LIMIT),
					       event->limit_bytes));
	add(row, "refusal", json_known_string(refused, refusal_name(event->refusal)));
	add(row, "duration_ns", json_u64(event->duration_ns));
	add_count(row, event);
}

/* About no ASID and no VM: KVM's DF_FLUSH made @count ASIDs free, of both pools together. */
static bool is_recycling(const struct sevadm_event *event)
{
	return !knows(event, SEVADM_KNOWN_ASID | SEVADM_KNOWN_VM);
}

static void add_asid(struct json_object *row, const struct sevadm_event *event)
{
	bool recycling = is_recycling(event);

	add(row, "asid", json_known_u64(knows(event, SEVADM_KNOWN_ASID), event->asid));
	add(row, "pool", json_known_string(!recycling, pool_name(event->pool)));
	add(row, "state", json_object_new_string(asid_state_name(event->asid_state)));
	add_vm(row, event);
	add(row, "count", json_u64(recycling ? event->count : 1));
}

struct json_object *event_to_json(const struct sevadm_event *event)
{
	struct json_object *row = json_object_new_object();

	add(row, "seq", json_u64(event->seq));
	add(row, "time_ns", json_u64(event->time_ns));
	add(row, "event", json_object_new_string(type_name(event->type)));
	switch (event->type) {
	case SEVADM_EVENT_LOST:
		add(row, "count", json_u64(event->count));
		break;
	case SEVADM_EVENT_PSP:
		add_psp(row, event);
		break;
	case SEVADM_EVENT_KVM:
		add_kvm(row, event);
		break;
	case SEVADM_EVENT_PIN:
	case SEVADM_EVENT_UNPIN:
		add_pin(row, event);
		break;
	case SEVADM_EVENT_ASID:
		add_asid(row, event);
		break;
	case SEVADM_EVENT_LIMIT:
		add_vm(row, event);
		add_process(row, event);
		limit_event_add(row, event);
		add_count(row, event);
		break;
	}
	return row;
}

/* ---- text ---------------------------------------------------------------------------------- */

#define LINE_FORMAT "%14s  %-5s  %-18s  %4s  %-23s  %9s  "

void event_print_heading(void)
{
	printf(LINE_FORMAT "%s\n", "TIME", "EVENT", "COMMAND", "VM", "PROCESS", "TOOK", "RESULT");
}

static bool has_command(const struct sevadm_event *event)
{
	return event->type != SEVADM_EVENT_ASID && event->type != SEVADM_EVENT_LOST &&
	       event->type != SEVADM_EVENT_LIMIT;
}

/* The VM's name says more than its process's. */
static void format_process(struct json_object *row, const struct sevadm_event *event,
			   const char *name, char *text, size_t size)
{
	bool process = has_command(event) || event->type == SEVADM_EVENT_LIMIT;

	if (!name)
		name = process ? json_get_text(row, "comm") : "";
	if (process)
		snprintf(text, size, "%u %s", event->pid, name);
	else
		snprintf(text, size, "%s", name);
	output_make_printable(text);
}

static void print_line_head(struct json_object *row, const struct sevadm_event *event,
			    const char *name)
{
	bool command = has_command(event);
	struct json_object *ns = json_u64(event->duration_ns);
	char time[32], process[280], took[32] = "";

	snprintf(time, sizeof(time), "%" PRIu64 ".%06" PRIu64,
		 (uint64_t)event->time_ns / 1000000000,
		 (uint64_t)event->time_ns % 1000000000 / 1000);
	format_process(row, event, name, process, sizeof(process));
	if (command)
		format_ns(ns, took, sizeof(took));
	printf(LINE_FORMAT, time, type_name(event->type),
	       command ? command_name(event) : "-", output_text(row, "vm", NULL), process, took);
	json_object_put(ns);
}

static void print_result(const struct sevadm_event *event)
{
	const char *name = strerrorname_np(-event->ret);

	if (is_length_query(event)) {
		printf("length query (%s)", fw_error_name(event->fw_error));
		return;
	}
	if (event->ret < 0)
		printf("%s", name ? name : "unknown error");
	if (event->ret < 0 && fw_failed(event))
		fputs(", ", stdout);
	if (fw_failed(event))
		printf("firmware: %s (%s)", fw_error_name(event->fw_error),
		       fw_error_meaning(event->fw_error));
	if (event->ret >= 0 && !fw_failed(event))
		fputs("ok", stdout);
}

static void print_psp(struct json_object *row, const struct sevadm_event *event)
{
	print_result(event);
	if (event->ret < 0 && !knows(event, SEVADM_KNOWN_FW_ERROR))
		fputs(event->ret == -ETIMEDOUT ? ", the firmware did not answer" :
		      ", the firmware was not asked", stdout);
	if (knows(event, SEVADM_KNOWN_ASID))
		printf(", ASID %u", event->asid);
	if (knows(event, SEVADM_KNOWN_HANDLE))
		printf(", handle %u", event->handle);
	if (knows(event, SEVADM_KNOWN_KIND))
		printf(", %s", psp_kind_name(event->command, event->kind));
	if (knows(event, SEVADM_KNOWN_BYTES))
		printf(", %s", output_text(row, "bytes", format_bytes));
	if (knows(event, SEVADM_KNOWN_WAIT) && event->wait_ns)
		printf(", waited %s", output_text(row, "wait_ns", format_ns));
}

bool event_is_conversion(const struct sevadm_event *event)
{
	return event->type == SEVADM_EVENT_KVM && (event->command == SEVADM_KVM_MAKE_PRIVATE ||
						   event->command == SEVADM_KVM_MAKE_SHARED);
}

static void print_kvm(const struct sevadm_event *event)
{
	if (event_is_conversion(event)) {
		printf("%" PRIu64 " page%s", (uint64_t)event->count, plural(event->count));
		return;
	}
	print_result(event);
	if (knows(event, SEVADM_KNOWN_PEER_VM))
		printf(", from VM %" PRIu64, (uint64_t)event->peer_vm);
}

static void print_pages(struct json_object *row, const char *key)
{
	uint64_t pages = json_get_u64(row, key) / getpagesize();

	printf("%" PRIu64 " page%s (%s)", pages, plural(pages),
	       output_text(row, key, format_bytes));
}

/* Print what sev_pin_memory() compared, in its own unit and in people's. */
static void print_memlock(struct json_object *row, const struct sevadm_event *event)
{
	fputs("refused: asked for ", stdout);
	print_pages(row, "bytes");
	fputs(", VM has ", stdout);
	if (!knows(event, SEVADM_KNOWN_PINNED))
		fputs("an unknown number", stdout);
	else if (!event->pinned_bytes)
		putchar('0');
	else
		print_pages(row, "pinned_bytes");
	fputs(" pinned, RLIMIT_MEMLOCK is ", stdout);
	print_pages(row, "limit_bytes");
	fputs(": raise the limit (LimitMEMLOCK= of the service, <hard_limit> of libvirt's domain) or give the process CAP_IPC_LOCK",
	      stdout);
}

static void print_pin(struct json_object *row, const struct sevadm_event *event)
{
	if (is_refused_by_memlock(event)) {
		print_memlock(row, event);
		return;
	}
	print_result(event);
	printf(", %s", output_text(row, "bytes", format_bytes));
	if (event->flags & SEVADM_EVENT_TRANSIENT)
		fputs(" while the command runs", stdout);
	if (knows(event, SEVADM_KNOWN_PINNED))
		printf(", %s pinned before", output_text(row, "pinned_bytes", format_bytes));
	if (event->refusal == SEVADM_REFUSAL_LIMIT && knows(event, SEVADM_KNOWN_LIMIT))
		printf(", refused by a pin.max of %s: see sevadm limit list",
		       output_text(row, "limit_bytes", format_bytes));
}

static void print_asid(const struct sevadm_event *event)
{
	if (is_recycling(event))
		printf("%" PRIu64 " ASID%s free again: KVM recycled %s by DF_FLUSH",
		       (uint64_t)event->count, event->count == 1 ? " is" : "s are",
		       event->count == 1 ? "it" : "them");
	else if (!knows(event, SEVADM_KNOWN_ASID))
		printf("an ASID of pool %s, it is not known which: %s", pool_name(event->pool),
		       asid_state_name(event->asid_state));
	else
		printf("ASID %u of pool %s: %s", event->asid, pool_name(event->pool),
		       asid_state_name(event->asid_state));
}

static void print_what_happened(struct json_object *row, const struct sevadm_event *event)
{
	switch (event->type) {
	case SEVADM_EVENT_LOST:
		printf("%" PRIu64 " events were overwritten before they could be read",
		       (uint64_t)event->count);
		break;
	case SEVADM_EVENT_PSP:
		print_psp(row, event);
		break;
	case SEVADM_EVENT_KVM:
		print_kvm(event);
		break;
	case SEVADM_EVENT_PIN:
	case SEVADM_EVENT_UNPIN:
		print_pin(row, event);
		break;
	case SEVADM_EVENT_ASID:
		print_asid(event);
		break;
	case SEVADM_EVENT_LIMIT:
		limit_event_print(row, event);
		break;
	}
	if (is_repeated(event) && !event_is_conversion(event))
		printf(" (%" PRIu64 " times)", (uint64_t)event->count);
}

void event_print(const struct sevadm_event *event, const char *name)
{
	struct json_object *row = event_to_json(event);

	print_line_head(row, event, name);
	print_what_happened(row, event);
	putchar('\n');
	json_object_put(row);
}

static void print_sentence(struct json_object *row, const struct sevadm_event *event,
			   const char *name)
{
	bool command = has_command(event), process = command || event->type == SEVADM_EVENT_LIMIT;
	char printable[256];

	if (command)
		printf("%s %s: ", type_name(event->type), command_name(event));
	print_what_happened(row, event);
	if (knows(event, SEVADM_KNOWN_VM))
		printf("; VM %" PRIu64, (uint64_t)event->vm);
	if (name) {
		snprintf(printable, sizeof(printable), "%s", name);
		output_make_printable(printable);
		printf(" %s", printable);
	}
	if (process)
		printf("; process %u %s", event->pid, output_text(row, "comm", NULL));
}

char *event_sentence(const struct sevadm_event *event, const char *name)
{
	struct json_object *row = event_to_json(event);
	FILE *printed = stdout;
	char *text = NULL;
	size_t length;

	/* What prints an event prints to stdout, which the C library lets be another file. */
	stdout = open_memstream(&text, &length);
	if (stdout) {
		print_sentence(row, event, name);
		fclose(stdout);
	}
	stdout = printed;
	json_object_put(row);
	return text;
}

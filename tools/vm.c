// SPDX-License-Identifier: GPL-2.0-only
/* sevadm vm: the VMs that hold SEV resources. */
#include <string.h>

#include <linux/sevadm.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/client.h"
#include "kernel/device_rows.h"
#include "host/vm_name.h"
#include "sev/names.h"
#include "vm.h"

/* The cgroup's path comes last: it is of any length. */
static const struct column list_columns[] = {
	{ "id", "ID" },
	{ "name", "NAME" },
	{ "type", "TYPE" },
	{ "asid", "ASID" },
	{ "state", "STATE" },
	{ "pid", "PID" },
	{ "comm", "COMM" },
	{ "uid", "UID" },
	{ "pinned_bytes", "PINNED", format_bytes },
	{ "pinned_peak_bytes", "PEAK", format_bytes },
	{ "private_bytes", "PRIVATE", format_bytes },
	{ "regions", "REGIONS" },
	{ "handle", "HANDLE" },
	{ "policy", "POLICY", format_hex },
	{ "mirror_of", "MIRROR-OF" },
	{ "cgroup", "CGROUP" },
};

static const struct column show_columns[] = {
	{ "id", "VM" },
	{ "name", "name" },
	{ "alias", "also called" },
	{ "uuid", "UUID" },
	{ "manager", "managed by" },
	{ "name_source", "name read from" },
	{ "type", "type" },
	{ "state", "state" },
	{ "pool", "pool" },
	{ "asid", "ASID" },
	{ "handle", "handle" },
	{ "policy", "policy", format_hex },
	{ "pinned_bytes", "pinned", format_bytes },
	{ "pinned_peak_bytes", "pinned at most", format_bytes },
	{ "regions", "regions" },
	{ "private_bytes", "private", format_bytes },
	{ "private_peak_bytes", "private at most", format_bytes },
	{ "conversions", "pages made private" },
	{ "reclaims", "pages given back" },
	{ "leaked_bytes", "leaked", format_bytes },
	{ "gmem_size_bytes", "guest_memfd", format_bytes },
	{ "gmem_bytes", "allocated there", format_bytes },
	{ "memory_bytes", "memory", format_bytes },
	{ "mirror_of", "mirror of VM" },
	{ "created_ns", "created", format_since },
	{ "pid", "process" },
	{ "comm", "command" },
	{ "uid", "user" },
	{ "cgroup", "cgroup" },
};

/**
 * struct list - options of `vm list`
 * @own: only the caller's own VMs, which takes no right
 */
struct list {
	bool own;
};

static const struct option_row list_options[] = {
	{ "own", 0, NULL, "only your own VMs: needs neither root nor a group",
	  OPTION_FLAG(struct list, own) },
	{}
};

/* Add the memory that cannot be reclaimed, however it is held. */
static void add_memory(struct json_object *row)
{
	bool known = !json_is_null(row, "pinned_bytes") && !json_is_null(row, "private_bytes");

	json_object_object_add(row, "memory_bytes",
			       json_known_u64(known, json_get_u64(row, "pinned_bytes") +
						     json_get_u64(row, "private_bytes")));
}

static void complete(struct json_object *rows)
{
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++)
		add_memory(json_object_array_get_idx(rows, i));
	vm_names_add(rows);
}

int vms_get(struct json_object **rows)
{
	int ret = group_view() ? group_view_vms(rows) :
		  client_dump(SEVADM_CMD_VM_GET, &vm_attributes, rows);

	if (!ret)
		complete(*rows);
	return ret;
}

static int own_vms_get(struct json_object **rows)
{
	int ret = client_dump_own(SEVADM_CMD_VM_GET, SEVADM_A_VM_OWN, &vm_attributes, rows);

	if (!ret)
		complete(*rows);
	return ret;
}

/* A word that begins with a digit and is a number is an id, whatever VMs are called. */
int vm_parse(const char *text, unsigned long long *id)
{
	struct json_object *rows;
	uint64_t found = 0;
	unsigned int nr;
	int ret;

	if (*text && text[strspn(text, "0123456789")] == '\0')
		return number_parse("VM", text, UINT64_MAX, id);
	ret = vms_get(&rows);
	if (ret)
		return ret;
	nr = vm_names_match(rows, text, &found);
	json_object_put(rows);
	*id = found;
	if (!nr)
		return fail(EXIT_REFUSED, "no VM is called \"%s\": sevadm vm list shows names and ids",
			    text);
	if (nr > 1)
		return fail(EXIT_REFUSED,
			    "%u VMs are called \"%s\": use the id of one, which sevadm vm list shows",
			    nr, text);
	return EXIT_OK;
}

static int vm_list(int argc, char **argv)
{
	struct list list = {};
	struct json_object *rows;
	int ret;

	ret = options_parse(list_options, &list, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "vm list takes options only: see sevadm vm --help");
	ret = list.own ? own_vms_get(&rows) : vms_get(&rows);
	if (ret)
		return ret;
	if (!output_json && !json_object_array_length(rows)) {
		json_object_put(rows);
		puts(list.own ? "None of your VMs holds SEV resources." :
				"No VM holds SEV resources.");
		return EXIT_OK;
	}
	return output_list(rows, list_columns, ARRAY_SIZE(list_columns));
}

static int vm_show(int argc, char **argv)
{
	unsigned long long id;
	struct json_object *row;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc != 1)
		return fail(EXIT_USAGE, "vm show needs the id or name of one VM: sevadm vm list has them");
	ret = vm_parse(argv[0], &id);
	if (ret)
		return ret;
	ret = group_view() ? group_view_vm(id, &row) :
	      client_do(SEVADM_CMD_VM_GET, vm_attributes.rows, id, &vm_attributes, &row);
	if (ret)
		return ret;
	add_memory(row);
	vm_name_add(row);
	return output_show(row, show_columns, ARRAY_SIZE(show_columns));
}

const struct command vm_commands[] = {
	{ "list", NULL, "all VMs that hold SEV resources, the oldest first", list_options, vm_list },
	{ "show", "ID|NAME", "one VM", NULL, vm_show },
	{}
};

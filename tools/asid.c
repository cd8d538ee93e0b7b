// SPDX-License-Identifier: GPL-2.0-only
/* sevadm asid: the address space identifiers of the host and who holds them. */
#include <string.h>

#include <linux/sevadm.h>

#include "asid.h"
#include "asid_reserve.h"
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/client.h"
#include "kernel/device_rows.h"
#include "sev/names.h"
#include "vm.h"

static const struct column columns[] = {
	{ "asid", "ASID" },
	{ "pool", "POOL" },
	{ "state", "STATE" },
	{ "vm", "VM" },
	{ "name", "NAME" },
	{ "pid", "PID" },
};

struct list_options {
	bool all;
};

static const struct option_row list_options[] = {
	{ "all", 0, NULL, "also those that are free (JSON always has them)",
	  OPTION_FLAG(struct list_options, all) },
	{}
};

static struct json_object *without_free(struct json_object *rows)
{
	struct json_object *busy = json_object_new_array(), *row;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (strcmp(json_get_text(row, "state"), asid_state_name(SEVADM_ASID_STATE_FREE)))
			json_object_array_add(busy, json_object_get(row));
	}
	json_object_put(rows);
	return busy;
}

/* Add the names of the VMs that hold ASIDs: not known to those who may not ask for VMs. */
static void add_names(struct json_object *rows)
{
	struct json_object *row, *vms, *vm;
	size_t i, j;

	if (vms_get(&vms))
		vms = json_object_new_array();
	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		json_object_object_add(row, "name", NULL);
		for (j = 0; j < json_object_array_length(vms) && !json_is_null(row, "vm"); j++) {
			vm = json_object_array_get_idx(vms, j);
			if (json_get_u64(vm, "id") == json_get_u64(row, "vm"))
				json_object_object_add(row, "name", json_object_get(
						       json_object_object_get(vm, "name")));
		}
	}
	json_object_put(vms);
}

static void name_one(struct json_object *row)
{
	struct json_object *rows = json_object_new_array();

	json_object_array_add(rows, json_object_get(row));
	add_names(rows);
	json_object_put(rows);
}

int asids_get(struct json_object **rows)
{
	int ret = group_view() ? group_view_asids(rows) :
		  client_dump(SEVADM_CMD_ASID_GET, &asid_attributes, rows);

	if (!ret)
		add_names(*rows);
	return ret;
}

static int asid_list(int argc, char **argv)
{
	struct list_options options = {};
	struct json_object *rows;
	size_t nr;
	int ret;

	ret = options_parse(list_options, &options, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "asid list takes no arguments: see sevadm asid --help");
	ret = asids_get(&rows);
	if (ret)
		return ret;
	if (output_json || options.all)
		return output_list(rows, columns, ARRAY_SIZE(columns));

	nr = json_object_array_length(rows);
	rows = without_free(rows);
	if (!json_object_array_length(rows)) {
		json_object_put(rows);
		if (nr)
			printf("All %zu ASIDs are free.\n", nr);
		else
			puts("This host has no ASIDs for SEV.");
		return EXIT_OK;
	}
	return output_list(rows, columns, ARRAY_SIZE(columns));
}

static int asid_show(int argc, char **argv)
{
	unsigned long long asid;
	struct json_object *row;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc != 1)
		return fail(EXIT_USAGE, "asid show needs the number of one ASID");
	ret = number_parse("ASID", argv[0], UINT32_MAX, &asid);
	if (ret)
		return ret;
	ret = group_view() ? group_view_asid(asid, &row) :
	      client_do(SEVADM_CMD_ASID_GET, asid_attributes.rows, asid, &asid_attributes, &row);
	if (ret)
		return ret;
	name_one(row);
	return output_show(row, columns, ARRAY_SIZE(columns));
}

const struct command asid_commands[] = {
	{ "list", NULL, "all ASIDs that are used or wait to be recycled", list_options, asid_list },
	{ "show", "ASID", "one ASID", NULL, asid_show },
	{ "reserve", "-- COMMAND...", "keep ASIDs for COMMAND while it runs", reserve_options,
	  asid_reserve },
	{}
};

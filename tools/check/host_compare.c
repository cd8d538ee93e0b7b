// SPDX-License-Identifier: GPL-2.0-only
/* Hosts side by side: firmware, BIOS, kernel, ASIDs and programs in which they differ. */
#include "check/host_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

/* A fact that changes from hour to hour on one host says nothing about two. */
static bool is_momentary(enum host_fact_id id)
{
	static const enum host_fact_id ids[] = {
		HOST_NAME, HOST_TIME, HOST_SEVADM, HOST_HUGEPAGES_2M_FREE, HOST_HUGEPAGES_1G_FREE,
		HOST_FIRMWARE_GUESTS, HOST_MISC_SEV_CURRENT, HOST_MISC_SEV_ES_CURRENT,
		HOST_LIBVIRT_PID, HOST_MEMLOCK_HERE_BYTES, HOST_SNP_GUESTS,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i] == id)
			return true;
	return false;
}

static bool is_same(const struct host_fact *left, const struct host_fact *right)
{
	if (left->known != right->known)
		return false;
	if (!left->known)
		return true;
	if (!left->text != !right->text)
		return false;
	return left->text ? !strcmp(left->text, right->text) : left->number == right->number;
}

static bool differs(const struct host_facts *facts, size_t nr, enum host_fact_id id)
{
	size_t i;

	for (i = 1; i < nr; i++)
		if (!is_same(&facts[0].facts[id], &facts[i].facts[id]))
			return true;
	return false;
}

static void print_cell(FILE *file, const char *text)
{
	char *cell = strdup(text ?: "not known");

	if (cell)
		output_make_printable(cell);
	fprintf(file, "  %-20s", cell ?: "?");
	free(cell);
}

/* One line a fact: its key, then the value of each host. */
static char *table(struct json_object *hosts, struct json_object *differences)
{
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	fprintf(file, "  %-28s", "");
	for (i = 0; i < json_object_array_length(hosts); i++)
		print_cell(file, json_object_get_string(json_object_array_get_idx(hosts, i)));
	fputc('\n', file);
	json_object_object_foreach(differences, key, values) {
		fprintf(file, "  %-28s", key);
		for (i = 0; i < json_object_array_length(values); i++)
			print_cell(file,
				   json_object_get_string(json_object_array_get_idx(values, i)));
		fputc('\n', file);
	}
	fclose(file);
	return text;
}

void host_compare(struct report *report, const struct host_facts *facts, size_t nr)
{
	struct json_object *hosts = json_object_new_array(),
			   *differences = json_object_new_object();
	struct target *target = report_target(report, "comparison", TARGET_OBJECT);
	struct json_object *values, *value, *all = json_object_new_array();
	enum host_fact_id id;
	size_t i;

	for (i = 0; i < nr; i++) {
		json_object_array_add(all, host_facts_json(&facts[i]));
		json_object_array_add(hosts, json_text(host_text(&facts[i], HOST_NAME) ?: "host"));
	}
	for (id = 0; id < HOST_FACT_NR; id++) {
		if (is_momentary(id) || !differs(facts, nr, id))
			continue;
		values = json_object_new_array();
		for (i = 0; i < nr; i++) {
			value = json_object_object_get(json_object_array_get_idx(all, i),
						       host_key(id));
			json_object_array_add(values, json_object_get(value));
		}
		json_object_object_add(differences, host_key(id), values);
	}
	json_object_put(all);
	target->text = table(hosts, differences);
	target_add_json(target, "hosts", hosts);
	target_add_json(target, "differences", differences);
}

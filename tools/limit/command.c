// SPDX-License-Identifier: GPL-2.0-only
/* sevadm limit: what the host, users and cgroups may pin, and take of the ASIDs. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "limit/kernel.h"

#define WRONG_SIZE 512

static const struct column columns[] = {
	{ "subject", "SUBJECT" },
	{ "resource", "RESOURCE" },
	{ "min", "MIN" },
	{ "high", "HIGH" },
	{ "max", "MAX" },
	{ "current", "CURRENT" },
	{ "peak", "PEAK" },
	{ "high_events", "PASSED" },
	{ "max_events", "REFUSED" },
};

/* A column has bytes in one row and ASIDs in the next. */
static struct json_object *for_people(struct json_object *row)
{
	static const char *const numbers[] = { "min", "high", "max", "current", "peak" };
	struct json_object *text = json_object_new_object(), *events;
	bool bytes = limit_in_bytes(json_get_text(row, "resource"));
	size_t i;

	json_object_object_add(text, "subject", json_object_get(json_object_object_get(row,
										"subject")));
	json_object_object_add(text, "resource", json_object_get(json_object_object_get(row,
										"resource")));
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_object_add(text, numbers[i], json_object_new_string(
				       output_text(row, numbers[i], bytes ? format_bytes : NULL)));
	events = json_object_object_get(row, "events");
	json_object_object_add(text, "high_events", json_u64(json_get_u64(events, "high")));
	json_object_object_add(text, "max_events", json_u64(json_get_u64(events, "max")));
	return text;
}

void limits_print(struct json_object *rows)
{
	struct json_object *texts = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++)
		json_object_array_add(texts, for_people(json_object_array_get_idx(rows, i)));
	output_table(texts, columns, ARRAY_SIZE(columns));
	json_object_put(texts);
}

static int limit_list(int argc, char **argv)
{
	struct json_object *rows;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "limit list takes no arguments: see sevadm limit --help");
	ret = limits_get(&rows);
	if (ret)
		return ret;
	if (output_json)
		output_print_json(rows);
	else
		limits_print(rows);
	json_object_put(rows);
	return EXIT_OK;
}

/* Takes the subject off the arguments; only the host is one word. */
static int take_subject(int *argc, char ***argv, struct limit_subject *subject)
{
	char wrong[WRONG_SIZE];
	int words;

	if (!*argc)
		return fail(EXIT_USAGE,
			    "whose limits? host, user NAME or cgroup PATH: see sevadm limit --help");
	words = strcmp((*argv)[0], limit_subjects[LIMIT_HOST]) && *argc > 1 ? 2 : 1;
	if (!limit_subject_parse((*argv)[0], words == 2 ? (*argv)[1] : NULL, subject, wrong,
				 sizeof(wrong)))
		return fail(EXIT_USAGE, "%s", wrong);
	*argc -= words;
	*argv += words;
	return EXIT_OK;
}

static int take_assignment(struct limit_list *list, const struct limit_subject *subject, char *word)
{
	char wrong[WRONG_SIZE], *equals = strchr(word, '=');
	enum limit_resource resource;
	enum limit_knob knob;

	if (!equals)
		return fail(EXIT_USAGE, "\"%s\" sets nothing: write RESOURCE.KNOB=VALUE, pin.max=64G",
			    word);
	*equals = '\0';
	if (limit_key_parse(word, &resource, &knob, wrong, sizeof(wrong)) &&
	    limit_assign(limit_list_get(list, subject, resource), knob, equals + 1, 1, wrong,
			 sizeof(wrong)))
		return EXIT_OK;
	return fail(EXIT_USAGE, "%s", wrong);
}

static int set_all(int argc, char **argv, struct limit_list *list,
		   const struct limit_subject *subject)
{
	int ret = EXIT_OK, i;
	size_t j;

	for (i = 0; i < argc && !ret; i++)
		ret = take_assignment(list, subject, argv[i]);
	if (!ret)
		ret = limits_resolve(list);
	/* What can be refused comes first: a guarantee that the pool does not have. */
	limit_list_sort(list);
	for (j = list->nr; j-- && !ret;)
		ret = limits_set(list->rows[j]);
	return ret;
}

static int limit_set(int argc, char **argv)
{
	struct limit_list list = {};
	struct limit_subject subject;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (!ret)
		ret = take_subject(&argc, &argv, &subject);
	if (ret)
		return ret;
	ret = argc ? set_all(argc, argv, &list, &subject) :
	      fail(EXIT_USAGE, "which limit? RESOURCE.KNOB=VALUE, as in pin.max=64G");
	limit_list_free(&list);
	free(subject.path);
	return ret;
}

static int delete_one(const struct limit_subject *subject, const char *word)
{
	enum limit_resource resource = 0;

	while (resource < LIMIT_RESOURCES && strcmp(word, limit_resources[resource].name))
		resource++;
	if (resource == LIMIT_RESOURCES)
		return command_unknown("resource", word, limit_resources,
				       sizeof(*limit_resources));
	return limits_delete(subject, resource);
}

static int limit_delete(int argc, char **argv)
{
	struct limit_subject subject;
	int ret, i;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (!ret)
		ret = take_subject(&argc, &argv, &subject);
	if (ret)
		return ret;
	if (!argc)
		ret = limits_delete(&subject, LIMIT_RESOURCES);
	for (i = 0; i < argc && !ret; i++)
		ret = delete_one(&subject, argv[i]);
	free(subject.path);
	return ret;
}

const struct command limit_commands[] = {
	{ "list", NULL, "all limits, with what is used of them", NULL, limit_list },
	{ "set", "SUBJECT RESOURCE.KNOB=VALUE...",
	  "host, user NAME or cgroup PATH; pin, private, asid.sev, asid.sev_es or asid.sev_snp; min, high or max; 64G, 10%, max",
	  NULL, limit_set },
	{ "delete", "SUBJECT [RESOURCE...]", "lift them all, or those on a resource", NULL,
	  limit_delete },
	{}
};

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm explain: from what QEMU, libvirt or the kernel says to causes, checks and remedies. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "explain/explain.h"
#include "kernel/client.h"
#include "sev/names.h"

/* A line of a log is shorter; what is longer is cut into several. */
#define LINE_MAX_BYTES 4096

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* More would not help anybody: repetitions of the same line are told once. */
#define SYMPTOMS_MAX 64


struct reading {
	struct symptom symptom;
	char *line;
};

static struct reading readings[SYMPTOMS_MAX];
static size_t nr_readings;

static const struct attribute pool_attributes[] = {
	{ SEVADM_A_POOL_POOL, ATTRIBUTE_U32, "pool" },
	{ SEVADM_A_POOL_CAPACITY, ATTRIBUTE_U32, "capacity" },
	{ SEVADM_A_POOL_USED, ATTRIBUTE_U32, "used" },
	{ SEVADM_A_POOL_RECLAIM, ATTRIBUTE_U32, "reclaim" },
	{ SEVADM_A_POOL_FREE, ATTRIBUTE_U32, "free" },
	{ SEVADM_A_POOL_CHARGED, ATTRIBUTE_U64, "charged" },
};

static const struct attribute_table pool_table = { pool_attributes, ARRAY_SIZE(pool_attributes) };

static const struct attribute status_attributes[] = {
	{ SEVADM_A_STATUS_POOL, ATTRIBUTE_NESTS, "pools", .nest = &pool_table },
};

static const struct attribute_table status_table = {
	status_attributes, ARRAY_SIZE(status_attributes)
};

static bool ask_module(struct facts *facts)
{
	struct json_object *status, *pools, *row;
	size_t i;

	if (client_do(SEVADM_CMD_STATUS_GET, NULL, 0, &status_table, &status))
		return false;
	pools = json_object_object_get(status, "pools");
	for (i = 0; pools && i < json_object_array_length(pools); i++) {
		struct pool_facts *pool;

		row = json_object_array_get_idx(pools, i);
		if (json_get_u64(row, "pool") >= SEVADM_POOL_NR)
			continue;
		pool = &facts->pools[json_get_u64(row, "pool")];
		/* A module that is degraded or waiting leaves out what it does not know. */
		pool->known = !json_is_null(row, "capacity") && !json_is_null(row, "used");
		pool->capacity = json_get_u64(row, "capacity");
		pool->used = json_get_u64(row, "used");
		pool->reclaim = json_get_u64(row, "reclaim");
		pool->free_known = !json_is_null(row, "free");
		pool->free = json_get_u64(row, "free");
		/* Where the root of the cgroups does not show it, the module does. */
		if (!pool->misc_known && pool->known && !json_is_null(row, "charged")) {
			pool->misc_known = true;
			pool->misc_capacity = pool->capacity;
			pool->misc_current = json_get_u64(row, "charged");
		}
	}
	json_object_put(status);
	return true;
}

/* Returns false when there is no room for more. */
static bool take_line(const char *line)
{
	struct reading *reading = &readings[nr_readings];
	size_t i;

	if (!symptom_parse(line, &reading->symptom))
		return true;
	for (i = 0; i < nr_readings; i++)
		if (!memcmp(&readings[i].symptom, &reading->symptom, sizeof(reading->symptom)))
			return true;
	reading->line = strdup(line);
	return reading->line && ++nr_readings < SYMPTOMS_MAX;
}

static void take_log(FILE *log)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), log)) {
		line[strcspn(line, "\r\n")] = '\0';
		/* In a log, numbers alone tell nothing. */
		if (strpbrk(line, LETTERS) && !take_line(line))
			return;
	}
}

static int take_file(const char *path)
{
	FILE *log = strcmp(path, "-") ? fopen(path, "re") : stdin;

	if (!log)
		return fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
	take_log(log);
	if (log != stdin)
		fclose(log);
	return EXIT_OK;
}

/* One line, in as many words as the shell made of it. */
static int take_words(int argc, char **argv)
{
	size_t length = 1;
	char *line;
	int i;

	for (i = 0; i < argc; i++)
		length += strlen(argv[i]) + 1;
	line = calloc(1, length);
	if (!line)
		return fail(EXIT_REFUSED, "out of memory");
	for (i = 0; i < argc; i++) {
		/* The empty quotes of fw_error=0 '' come as an empty word. */
		if (i && argv[i][0])
			strcat(line, " ");
		strcat(line, argv[i]);
	}
	take_line(line);
	free(line);
	return EXIT_OK;
}

static struct json_object *cause_row(const struct explanation *explanation)
{
	static const char *const verdicts[] = {
		[VERDICT_PROVEN] = "proven",
		[VERDICT_POSSIBLE] = "possible",
		[VERDICT_CONTRADICTED] = "contradicted",
	};
	struct json_object *row = json_object_new_object();
	const struct cause *cause = explanation->cause;

	json_object_object_add(row, "cause", json_object_new_string(cause->cause));
	json_object_object_add(row, "verdict",
			       json_object_new_string(verdicts[explanation->verdict]));
	json_object_object_add(row, "by", json_known_string(explanation->why[0], explanation->why));
	json_object_object_add(row, "check", json_object_new_string(cause->check));
	json_object_object_add(row, "remedy", json_object_new_string(cause->remedy));
	json_object_object_add(row, "source", json_object_new_string(cause->source));
	return row;
}

static struct json_object *symptom_row(const struct reading *reading, const struct facts *facts)
{
	struct explanation explanations[CAUSES_MAX];
	const struct symptom *symptom = &reading->symptom;
	struct json_object *row = json_object_new_object(), *causes = json_object_new_array();
	const char *name = symptom->err ? strerrorname_np(symptom->err) : NULL;
	bool fw = symptom->fw_known;
	size_t nr, i;

	nr = explain_symptom(symptom, facts, explanations);
	for (i = 0; i < nr; i++)
		json_object_array_add(causes, cause_row(&explanations[i]));

	json_object_object_add(row, "line", json_object_new_string(reading->line));
	json_object_object_add(row, "what", json_object_new_string(context_name(symptom->context)));
	json_object_object_add(row, "ret",
			       symptom->err ? json_object_new_int(-symptom->err) : NULL);
	json_object_object_add(row, "errno_name", json_known_string(name, name));
	json_object_object_add(row, "fw_error", json_known_u64(fw, symptom->fw_error));
	json_object_object_add(row, "fw_error_name",
			       json_known_string(fw, fw_error_name(symptom->fw_error)));
	json_object_object_add(row, "fw_error_meaning",
			       json_known_string(fw, fw_error_meaning(symptom->fw_error)));
	json_object_object_add(row, "causes", causes);
	return row;
}

static void print_cause(struct json_object *cause, size_t number)
{
	const char *verdict = json_get_text(cause, "verdict");

	printf("\n%zu. %s\n", number, json_get_text(cause, "cause"));
	if (!json_is_null(cause, "by"))
		printf("   %s by: %s\n", verdict, json_get_text(cause, "by"));
	printf("   check:  %s\n   remedy: %s\n   source: %s\n", json_get_text(cause, "check"),
	       json_get_text(cause, "remedy"), json_get_text(cause, "source"));
}

static void print_symptom(struct json_object *row)
{
	struct json_object *causes = json_object_object_get(row, "causes");
	size_t i, nr = json_object_array_length(causes);

	printf("%s\n%s", output_text(row, "line", NULL), json_get_text(row, "what"));
	if (!json_is_null(row, "ret"))
		printf("; errno %s, %s", json_get_text(row, "errno_name"),
		       strerror(-json_object_get_int(json_object_object_get(row, "ret"))));
	if (!json_is_null(row, "fw_error"))
		printf("; firmware status %s %s, %s", output_text(row, "fw_error", format_hex),
		       json_get_text(row, "fw_error_name"),
		       json_get_text(row, "fw_error_meaning"));
	puts("");
	for (i = 0; i < nr; i++)
		print_cause(json_object_array_get_idx(causes, i), i + 1);
	if (!nr)
		puts("\nno cause of this is known");
}

static int print_all(const struct facts *facts)
{
	struct json_object *rows = json_object_new_array(), *row;
	size_t i, explained = 0;

	for (i = 0; i < nr_readings; i++) {
		row = symptom_row(&readings[i], facts);
		explained += !!json_object_array_length(json_object_object_get(row, "causes"));
		json_object_array_add(rows, row);
	}
	if (output_json)
		output_print_json(rows);
	for (i = 0; !output_json && i < nr_readings; i++) {
		if (i)
			puts("");
		print_symptom(json_object_array_get_idx(rows, i));
	}
	json_object_put(rows);
	return explained ? EXIT_OK : EXIT_REFUSED;
}

static int usage(void)
{
	return fail(EXIT_USAGE,
		    "explain needs what failed: errno=-16 fw_error=0, a line of a log, or --file LOG");
}

/* No options_parse(): -16 is a number here. */
static int take_options(int *argc, char ***argv, bool *elsewhere, const char **path)
{
	for ((*argc)--, (*argv)++; *argc && !strncmp(**argv, "--", 2); (*argc)--, (*argv)++) {
		if (!(**argv)[2]) {
			(*argc)--;
			(*argv)++;
			break;
		}
		if (!strcmp(**argv, "--elsewhere")) {
			*elsewhere = true;
		} else if (!strcmp(**argv, "--file") && *argc > 1) {
			(*argc)--;
			*path = *++*argv;
		} else {
			return fail(EXIT_USAGE,
				    "there is no option \"%s\": explain knows --elsewhere and --file LOG",
				    **argv);
		}
	}
	return EXIT_OK;
}

int do_explain(int argc, char **argv)
{
	const char *path = NULL;
	bool elsewhere = false;
	struct facts facts;
	size_t i;
	int ret;

	ret = take_options(&argc, &argv, &elsewhere, &path);
	if (ret)
		return ret;
	if (path ? argc : !argc && isatty(STDIN_FILENO))
		return usage();
	if (argc)
		ret = take_words(argc, argv);
	else
		ret = take_file(path ?: "-");
	if (ret)
		return ret;
	if (!nr_readings)
		return fail(EXIT_REFUSED,
			    "nothing in there is known: give the line that says what failed");

	if (elsewhere)
		facts_none(&facts);
	else
		facts_gather("", client_module_loaded() ? ask_module : NULL, &facts);
	/* One line of a log may prove what another one only suggests. */
	for (i = 0; i < nr_readings; i++)
		facts.seen |= readings[i].symptom.context;
	ret = print_all(&facts);
	for (i = 0; i < nr_readings; i++)
		free(readings[i].line);
	nr_readings = 0;
	return ret;
}

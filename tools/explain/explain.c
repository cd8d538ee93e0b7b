// SPDX-License-Identifier: GPL-2.0-only
/* sevadm explain: from what QEMU, libvirt or the kernel says to causes, checks and remedies. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "explain/explain.h"
#include "explain/last.h"
#include "explain/log.h"
#include "explain/message.h"
#include "host/facts.h"
#include "kernel/client.h"
#include "sev/names.h"

/* A user who may not read the trace does without. */
static void ask_trace(struct facts *facts)
{
	if (!access(SEVADM_DEVICE, R_OK) && last_read_refusals(&facts->refusals))
		facts->refusals.nr = 0;
}

static bool ask_module(struct facts *facts)
{
	struct pool_facts *es = &facts->pools[SEVADM_POOL_SEV_ES];
	const struct pool_facts *snp = &facts->pools[SEVADM_POOL_SEV_SNP];
	bool joint = es->misc_known;
	struct json_object *status, *pools, *row;
	size_t i;

	if (client_do(SEVADM_CMD_STATUS_GET, NULL, 0, &status_attributes, &status))
		return false;
	pools = json_object_object_get(status, "pools");
	for (i = 0; pools && i < json_object_array_length(pools); i++) {
		struct pool_facts *pool;
		int id;

		row = json_object_array_get_idx(pools, i);
		id = pool_id(json_get_text(row, "pool"));
		if (id < 0 || id >= SEVADM_POOL_NR)
			continue;
		pool = &facts->pools[id];
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
	/* The module counts apart what the misc cgroup counts together. */
	if (!joint && snp->misc_known) {
		es->misc_capacity += snp->misc_capacity;
		es->misc_current += snp->misc_current;
	}
	json_object_put(status);
	ask_trace(facts);
	return true;
}

static int take_file(struct log *log, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;

	if (!file)
		return fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
	log_read(log, file);
	if (file != stdin)
		fclose(file);
	return EXIT_OK;
}

/* One line, in as many words as the shell made of it. */
static int take_words(struct log *log, int argc, char **argv)
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
	log_take_typed(log, line);
	free(line);
	return EXIT_OK;
}

/* Return where the message comes from, for causes that are the message's. */
static struct json_object *source_of(const struct cause *cause, const struct symptom *symptom)
{
	char text[256];

	if (cause->source || !symptom->message)
		return json_known_string(!!cause->source, cause->source);
	snprintf(text, sizeof(text), "%s%s%s", symptom->message->source,
		 symptom->message->versions[0] ? ", " : "", symptom->message->versions);
	return json_object_new_string(text);
}

static struct json_object *cause_row(const struct explanation *explanation,
				     const struct symptom *symptom)
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
	json_object_object_add(row, "follows_from", NULL);
	json_object_object_add(row, "check", json_object_new_string(cause->check));
	json_object_object_add(row, "remedy", json_object_new_string(cause->remedy));
	json_object_object_add(row, "source", source_of(cause, symptom));
	json_object_object_add(row, "link", json_known_string(!!cause->link, cause->link));
	return row;
}

/*
 * What failed at another time, or for another process, is no fact about this line; nor is what the
 * host is like now, if the line is old.
 */
static size_t explain_line(const struct reading *reading, const struct facts *facts,
			   struct explanation explanations[CAUSES_MAX])
{
	struct facts own = *facts;
	struct timespec now;
	int64_t now_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	facts_of_line(&own, reading->line, now_ns);
	/* One line of a log may prove what another one only suggests. */
	own.seen |= reading->seen;
	own.refusal = refusals_find(&own.refusals, reading->line, now_ns);
	return explain_symptom(&reading->symptom, &own, explanations);
}

/*
 * The first cause of the line that says why, with what the facts say of it there: that one line
 * stands near another proves nothing. Returns it; NULL: there is none, or facts speak against it.
 */
static const struct cause *add_reason(const struct reading *reading, const struct facts *facts,
				      struct json_object *causes)
{
	struct explanation explanations[CAUSES_MAX];
	const struct explanation *first = explanations;
	struct json_object *row;
	char line[320];

	if (!reading->by || !explain_line(reading->by, facts, explanations) ||
	    first->verdict == VERDICT_CONTRADICTED)
		return NULL;
	snprintf(line, sizeof(line), "line %zu: %s", reading->by->number, reading->by->line);
	row = cause_row(first, &reading->by->symptom);
	json_object_object_add(row, "follows_from", json_object_new_string(line));
	json_object_array_add(causes, row);
	return first->cause;
}

static struct json_object *symptom_row(const struct reading *reading, const struct facts *facts)
{
	struct explanation explanations[CAUSES_MAX];
	const struct symptom *symptom = &reading->symptom;
	struct json_object *row = json_object_new_object(), *causes = json_object_new_array();
	const char *name = symptom->err ? strerrorname_np(symptom->err) : NULL;
	const char *component = symptom->message ? message_component(symptom->message) : NULL;
	const struct cause *reason;
	bool fw = symptom->fw_known;
	size_t nr, i;

	reason = add_reason(reading, facts, causes);
	nr = explain_line(reading, facts, explanations);
	for (i = 0; i < nr; i++)
		if (explanations[i].cause != reason)
			json_object_array_add(causes, cause_row(&explanations[i], symptom));

	json_object_object_add(row, "line", json_object_new_string(reading->line));
	json_object_object_add(row, "component", json_known_string(!!component, component));
	json_object_object_add(row, "topic", json_known_string(!!symptom->topic, symptom->topic));
	json_object_object_add(row, "what",
			       json_known_string(symptom->context || !symptom->topic,
						 context_name(symptom->context)));
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
	/* What proves it of that line is said there. */
	if (!json_is_null(cause, "follows_from"))
		printf("   follows from %s\n", output_text(cause, "follows_from", NULL));
	else if (!json_is_null(cause, "by"))
		printf("   %s by: %s\n", verdict, output_text(cause, "by", NULL));
	printf("   check:  %s\n   remedy: %s\n", json_get_text(cause, "check"),
	       json_get_text(cause, "remedy"));
	if (!json_is_null(cause, "source"))
		printf("   source: %s\n", json_get_text(cause, "source"));
	if (!json_is_null(cause, "link"))
		printf("   link:   %s\n", json_get_text(cause, "link"));
}

/* Where no table names a status, its number stands for the name. */
static void print_status(struct json_object *row)
{
	const char *number = output_text(row, "fw_error", format_hex);
	const char *name = json_get_text(row, "fw_error_name");
	bool named = strcmp(name, number);

	printf("%s%s%s, %s", number, named ? " " : "", named ? name : "",
	       json_get_text(row, "fw_error_meaning"));
}

static void print_symptom(struct json_object *row, bool line)
{
	struct json_object *causes = json_object_object_get(row, "causes");
	size_t i, nr = json_object_array_length(causes);
	const char *apart = "";

	if (line)
		printf("%s\n", output_text(row, "line", NULL));
	if (!json_is_null(row, "what")) {
		fputs(json_get_text(row, "what"), stdout);
		apart = "; ";
	}
	if (!json_is_null(row, "ret")) {
		printf("%serrno %s, %s", apart, json_get_text(row, "errno_name"),
		       strerror(-json_object_get_int(json_object_object_get(row, "ret"))));
		apart = "; ";
	}
	if (!json_is_null(row, "fw_error")) {
		printf("%sfirmware status ", apart);
		print_status(row);
		apart = "; ";
	}
	if (*apart)
		puts("");
	for (i = 0; i < nr; i++)
		print_cause(json_object_array_get_idx(causes, i), i + 1);
	if (!nr)
		puts("\nno cause of this is known");
}

static int print_all(const struct log *log, const struct facts *facts, const struct last *last)
{
	struct json_object *rows = json_object_new_array(), *row;
	size_t i, limits, explained;

	last_add_limits(last, rows);
	limits = explained = json_object_array_length(rows);
	for (i = 0; i < log->nr; i++) {
		if (log->readings[i].left_out)
			continue;
		row = symptom_row(&log->readings[i], facts);
		explained += !!json_object_array_length(json_object_object_get(row, "causes"));
		json_object_array_add(rows, row);
	}
	for (i = 0; i < json_object_array_length(rows); i++)
		json_object_object_add(json_object_array_get_idx(rows, i), "name",
				       *last->name ? json_text(last->name) : NULL);
	if (last->nr && !output_json)
		last_print(last);
	if (!json_object_array_length(rows)) {
		json_object_put(rows);
		if (last->nr)
			return fail(EXIT_REFUSED, "no cause of this is known: look at the log of QEMU or libvirt, too, with explain --file");
		return fail(EXIT_REFUSED,
			    "no known SEV error found in the input; paste the QEMU, libvirt or kernel line that reports the failure");
	}
	if (output_json)
		output_print_json(rows);
	for (i = 0; !output_json && i < json_object_array_length(rows); i++) {
		if (i || (last->nr && !limits))
			puts("");
		print_symptom(json_object_array_get_idx(rows, i), i >= limits);
	}
	json_object_put(rows);
	return explained ? EXIT_OK : EXIT_REFUSED;
}

static int usage(void)
{
	return fail(EXIT_USAGE,
		    "explain needs what failed: errno=-16 fw_error=0, a line of a log, --file LOG, or --last, which asks the module");
}

/**
 * struct asked - what the command line has
 * @path: the log; NULL: none
 * @elsewhere: the facts of this host do not count
 * @last: the module's trace is asked
 */
struct asked {
	const char *path;
	bool elsewhere, last;
};

const struct option_row explain_options[] = {
	{ "last", 0, NULL, "the last failure that the module's trace holds",
	  OPTION_FLAG(struct asked, last) },
	{ "elsewhere", 0, NULL, "it failed on another host: leave this host's facts out",
	  OPTION_FLAG(struct asked, elsewhere) },
	{ "file", 0, "LOG", "read this file; - is stdin", OPTION_TEXT(struct asked, path) },
	{}
};

/* Options stand first: behind them, -16 is a number. */
static int take_options(int *argc, char ***argv, struct asked *asked)
{
	int nr = 0, left, ret;

	(*argc)--;
	(*argv)++;
	while (nr < *argc && !strncmp((*argv)[nr], "--", 2) && (*argv)[nr][2])
		nr += strcmp((*argv)[nr], "--file") ? 1 : 2;
	if (nr > *argc)
		nr = *argc;
	left = nr;
	ret = nr ? options_parse(explain_options, asked, &left, *argv) : EXIT_OK;
	if (ret)
		return ret;
	*argc -= nr;
	*argv += nr;
	if (*argc && !strcmp(**argv, "--")) {
		(*argc)--;
		(*argv)++;
	}
	return EXIT_OK;
}

static int take_last(struct last *last, struct log *log)
{
	int ret = client_module_loaded() ? last_read(last) : fail_absent();

	if (ret)
		return ret;
	if (!last->nr)
		return fail(EXIT_REFUSED,
			    "the trace holds no failure; what failed before the module was loaded is in the logs of QEMU, libvirt and the kernel: explain --file LOG");
	last_find_name(last, host_root());
	last_take(last, log);
	return EXIT_OK;
}

int do_explain(int argc, char **argv)
{
	struct asked asked = {};
	struct last last = {};
	struct log log = {};
	struct facts facts;
	int ret;

	ret = take_options(&argc, &argv, &asked);
	if (ret)
		return ret;
	/* Nobody types a log at a prompt. */
	if (!argc && !asked.path && isatty(STDIN_FILENO) && client_module_loaded())
		asked.last = true;
	if (asked.last ? argc || asked.path || asked.elsewhere :
	    asked.path ? argc : !argc && isatty(STDIN_FILENO))
		return usage();
	if (asked.last)
		ret = take_last(&last, &log);
	else
		ret = argc ? take_words(&log, argc, argv) : take_file(&log, asked.path ?: "-");
	if (ret)
		return ret;
	log_link(&log);
	if (asked.elsewhere)
		facts_none(&facts);
	else
		facts_gather("", client_module_loaded() ? ask_module : NULL, &facts);
	if (last_is_older(&last, OLD_NS))
		facts_forget_present(&facts);
	ret = print_all(&log, &facts, &last);
	log_free(&log);
	return ret;
}

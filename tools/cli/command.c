// SPDX-License-Identifier: GPL-2.0-only
/* Words and options of the command line, understood by the tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"

const struct object *objects = &(const struct object) {};
const struct option_row *global_options = &(const struct option_row) {};

const struct option_row no_options[] = { {} };

/* The object that the words are for, if it has a help of its own. */
static const char *asked;

/* Levenshtein's distance; words longer than this are not worth a suggestion. */
#define WORD_MAX 32

static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], nr_b = strlen(b), i, j;

	if (strlen(a) > WORD_MAX || nr_b > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= nr_b; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= nr_b; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nr_b];
}

/* Every table's rows begin with their name, and a row without one ends it. */
int command_unknown(const char *what, const char *word, const void *rows, size_t row_size)
{
	const char *nearest = NULL, *name, *dashes = !strncmp(word, "--", 2) ? "--" : "";
	size_t best = WORD_MAX, d;

	for (; rows && (name = *(const char *const *)rows); rows = (const char *)rows + row_size) {
		d = distance(word + strlen(dashes), name);
		if (d < best) {
			best = d;
			nearest = name;
		}
	}
	/* Further away than a third of the word is not a slip of the finger. */
	if (nearest && best <= (strlen(nearest) + 1) / 3)
		return fail(EXIT_USAGE, "there is no %s \"%s\": did you mean \"%s%s\"?", what,
			    word, dashes, nearest);
	return fail(EXIT_USAGE, "there is no %s \"%s\": see sevadm %s%s--help", what, word,
		    asked ?: "", asked ? " " : "");
}

static const struct option_row *find_option(const struct option_row *rows, const char *word,
					    const char **text)
{
	size_t length;

	*text = NULL;
	if (word[0] != '-' || !word[1])
		return NULL;
	for (; rows && rows->name; rows++) {
		length = strlen(rows->name);
		if (word[1] == '-' && !strncmp(word + 2, rows->name, length)) {
			if (!word[2 + length])
				return rows;
			if (word[2 + length] == '=' && rows->argument) {
				*text = word + 2 + length + 1;
				return rows;
			}
		}
		if (rows->letter && word[1] == rows->letter && !word[2])
			return rows;
	}
	return NULL;
}

static int store_word(const struct option_row *row, const char *text, unsigned int *to)
{
	char list[128] = "";
	unsigned int i;
	size_t length;

	for (i = 0; row->words[i]; i++) {
		if (!strcmp(row->words[i], text)) {
			*to = i;
			return EXIT_OK;
		}
		length = strlen(list);
		snprintf(list + length, sizeof(list) - length, "%s%s",
			 !i ? "" : row->words[i + 1] ? ", " : " or ", row->words[i]);
	}
	return fail(EXIT_USAGE, "there is no %s \"%s\": it is %s", row->name, text, list);
}

static int store_number(const struct option_row *row, const char *text, void *to)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || number < row->min ||
	    number > row->max)
		return fail(EXIT_USAGE, "--%s \"%s\" is not a number from %llu to %llu", row->name,
			    text, row->min, row->max);
	if (row->size == sizeof(unsigned int))
		*(unsigned int *)to = number;
	else
		*(unsigned long long *)to = number;
	return EXIT_OK;
}

static int store(const struct option_row *row, void *options, const char *text)
{
	void *to = row->where ?: (char *)options + row->offset;

	if (row->set)
		return row->set(to, text);
	switch (row->kind) {
	case OPTION_KIND_FLAG:
		*(bool *)to = true;
		return EXIT_OK;
	case OPTION_KIND_TEXT:
		*(const char **)to = text;
		return EXIT_OK;
	case OPTION_KIND_WORD:
		return store_word(row, text, to);
	case OPTION_KIND_NUMBER:
		return store_number(row, text, to);
	}
	return EXIT_OK;
}

/* Takes the options out of @argv: what is left are the words. */
int options_parse(const struct option_row *rows, void *options, int *argc, char **argv)
{
	const struct option_row *row;
	const char *text;
	int from, to = 0, ret;

	for (from = 0; from < *argc; from++) {
		if (!strcmp(argv[from], "--")) {
			for (from++; from < *argc; from++)
				argv[to++] = argv[from];
			break;
		}
		row = find_option(rows, argv[from], &text);
		if (!row && argv[from][0] == '-' && argv[from][1])
			return command_unknown("option", argv[from], rows, sizeof(*rows));
		if (!row) {
			argv[to++] = argv[from];
			continue;
		}
		if (row->argument && !text) {
			if (from + 1 == *argc)
				return fail(EXIT_USAGE, "--%s needs %s", row->name, row->argument);
			text = argv[++from];
		}
		ret = store(row, options, text);
		if (ret)
			return ret;
	}
	*argc = to;
	argv[to] = NULL;
	return EXIT_OK;
}

/* Global options may stand anywhere before a "--"; all others are left for the object. */
int options_take_global(int *argc, char **argv)
{
	const struct option_row *row;
	const char *text;
	int from, to = 1, ret;

	for (from = 1; from < *argc; from++) {
		if (!strcmp(argv[from], "--"))
			break;
		row = find_option(global_options, argv[from], &text);
		if (!row) {
			argv[to++] = argv[from];
			continue;
		}
		ret = store(row, NULL, text);
		if (ret)
			return ret;
	}
	while (from < *argc)
		argv[to++] = argv[from++];
	*argc = to;
	argv[to] = NULL;
	return EXIT_OK;
}

int number_parse(const char *what, const char *text, unsigned long long max,
		 unsigned long long *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno || *value > max)
		return fail(EXIT_USAGE, "%s \"%s\" is not a number up to %llu", what, text, max);
	return EXIT_OK;
}

int command_dispatch(const struct object *object, int argc, char **argv)
{
	const struct command *command = object->commands;

	asked = object->commands || object->options ? object->name : NULL;
	if (object->run)
		return object->run(argc, argv);

	/* Without a word, or with an option in its place, the first command is meant. */
	argc--;
	argv++;
	if (argc && argv[0][0] != '-') {
		while (command->name && strcmp(command->name, argv[0]))
			command++;
		if (!command->name)
			return command_unknown("command", argv[0], object->commands,
					       sizeof(*command));
		argc--;
		argv++;
	}
	return command->run(argc, argv);
}

static void help_options(FILE *file, const struct option_row *row)
{
	const char *const *word;
	char left[64];

	for (; row && row->name; row++) {
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");
		fprintf(file, "  %-26s %s", left, row->summary);
		for (word = row->words; word && *word; word++)
			fprintf(file, "%s%s", word == row->words ? ": " : ", ", *word);
		fputc('\n', file);
	}
}

void help_program(FILE *file)
{
	const struct object *object;

	fputs("Usage: sevadm [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]\n\n"
	      "Who holds which ASID of this AMD SEV host, how much guest memory is pinned, and what\n"
	      "the firmware answered.\n\nObjects:\n", file);
	for (object = objects; object->name; object++)
		fprintf(file, "  %-12s %s\n", object->name, object->summary);
	fputs("\nOptions:\n", file);
	help_options(file, global_options);
	fputs("\n\"sevadm OBJECT --help\" describes an object. Exit status: 0 done; 1 the kernel\n"
	      "refused, or there is no such thing; 2 wrong usage; 3 the module is not loaded.\n",
	      file);
}

void help_object(FILE *file, const struct object *object)
{
	const struct command *command;
	bool first = true;

	fprintf(file, "sevadm %s: %s\n", object->name, object->summary);
	if (object->run)
		fprintf(file, "\nsevadm %s%s%s\n", object->name, object->arguments ? " " : "",
			object->arguments ? object->arguments : "");
	help_options(file, object->options);
	for (command = object->commands; command && command->name; command++) {
		fprintf(file, "\nsevadm %s %s%s%s%s\n  %s\n", object->name, command->name,
			command->options ? " [OPTIONS]" : "", command->arguments ? " " : "",
			command->arguments ? command->arguments : "", command->summary);
		if (first && object->commands[1].name && !object->run)
			fputs("  (default)\n", file);
		help_options(file, command->options);
		first = false;
	}
	fputs("\nOptions of every object:\n", file);
	help_options(file, global_options);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options of each command, by name, letter and argument, and what becomes of one that there is
 * not: beside data/options.golden, as scripts have learnt them. UPDATE=1 writes what they are now,
 * to be read as a difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define main sevadm_main
#include "main.c"
#undef main

#include "report/findings.h"
#include "test.h"

#define GOLDEN	TESTS_FOLDER "/data/options.golden"
#define NONE	"--no-such-option"

static char have[1 << 16];

#define note(...)	append(have, sizeof(have), __VA_ARGS__)

/* Runs words that NULL ends; what is printed is in captured and captured_errors. */
static int run_words(const char *const *words)
{
	char *argv[8], copies[8][64];
	int argc = 0;

	output_json = output_pretty = wants_help = wants_version = false;
	findings_reset();
	for (; *words; words++) {
		snprintf(copies[argc], sizeof(copies[argc]), "%s", *words);
		argv[argc] = copies[argc];
		argc++;
	}
	argv[argc] = NULL;
	capture_begin();
	argc = run(argc, argv);
	capture_end();
	return argc;
}

/* A letter is one that can be typed, and no two of a command have the same. */
static void look_at_letter(const struct option_row *rows, const struct option_row *row)
{
	const struct option_row *other;

	if (!row->letter)
		return;
	EXPECT(row->letter >= 'A' && row->letter <= 'z');
	for (other = rows; other != row; other++)
		EXPECT(other->letter != row->letter);
	for (other = option_table; other->name && rows != option_table; other++)
		EXPECT(other->letter != row->letter);
}

static void note_options(const struct option_row *rows)
{
	const struct option_row *row;

	for (row = rows; row && row->name; row++) {
		look_at_letter(rows, row);
		note("\t");
		/* One that cannot be typed is seen as its number. */
		if (row->letter >= '!' && row->letter <= '~')
			note("-%c, ", row->letter);
		else if (row->letter)
			note("-\\%d, ", row->letter);
		note("--%s%s%s\n", row->name, row->argument ? " " : "", row->argument ?: "");
	}
}

/* With the argument left out, and with one that it does not take. */
static void misuse_options(const char *const words[2], const struct option_row *rows)
{
	const char *all[] = { "sevadm", words[0], words[1], NULL, NULL }, **option;
	const struct option_row *row;
	char text[64], says[128];

	option = words[1] ? &all[3] : &all[2];
	*option = text;
	for (row = rows; row && row->name; row++) {
		snprintf(text, sizeof(text), "--%s%s", row->name, row->argument ? "" : "=x");
		EXPECT_NUMBER(run_words(all), EXIT_USAGE);
		EXPECT_TEXT(captured, "");
		if (row->argument)
			snprintf(says, sizeof(says), "sevadm: --%s needs %s\n", row->name, row->argument);
		else
			snprintf(says, sizeof(says), "sevadm: there is no option \"%s\"", text);
		EXPECT(!strncmp(captured_errors, says, strlen(says)));
	}
}

static void note_command(const char *object, const char *command, const struct option_row *rows)
{
	const char *const words[] = { object, command };
	const char *all[] = { "sevadm", object, command ?: NONE, command ? NONE : NULL, NULL };
	char usual[160];

	note("%s%s%s\n", object, command ? " " : "", command ?: "");
	note_options(rows);
	snprintf(usual, sizeof(usual), "sevadm: there is no option \"" NONE "\": see sevadm %s --help\n",
		 object);
	/* Where it is taken for a word. */
	if (run_words(all) != EXIT_USAGE)
		note("\tnothing is wrong\n");
	else if (strcmp(captured_errors, usual))
		note("\t%s", captured_errors);
	EXPECT_TEXT(captured, "");
	misuse_options(words, rows);
}

static void note_all(void)
{
	const struct command *command;
	const struct object *object;

	note("# What options_test prints, with UPDATE=1: each command, and its options.\nsevadm\n");
	note_options(option_table);
	for (object = object_table; object->name; object++) {
		if (!object->commands || object->run)
			note_command(object->name, NULL, object->options);
		for (command = object->commands; command && command->name; command++)
			note_command(object->name, command->name, command->options);
	}
}

static void options_are_what_they_were(void)
{
	char *want = calloc(1, sizeof(have)), *at, *line;
	FILE *file;

	note_all();
	if (getenv("UPDATE")) {
		file = fopen(GOLDEN, "w");
		EXPECT(file && fputs(have, file) >= 0);
		if (file)
			fclose(file);
	}
	file = fopen(GOLDEN, "r");
	if (!want || !file)
		ksft_exit_fail_msg("cannot read " GOLDEN "\n");
	want[fread(want, 1, sizeof(have) - 1, file)] = '\0';
	fclose(file);
	/* The first line that differs says enough. */
	for (at = want, line = have; *at == *line && *at; at++, line++)
		;
	if (*at || *line) {
		while (at > want && at[-1] != '\n') {
			at--;
			line--;
		}
		ksft_print_msg("not \"%.*s\", but \"%.*s\"\n", (int)strcspn(at, "\n"), at,
			       (int)strcspn(line, "\n"), line);
		test_failed = true;
	}
	free(want);
}

int main(void)
{
	static const struct test tests[] = {
		{ "options are what they were", options_are_what_they_were },
	};

	objects = object_table;
	global_options = option_table;
	run_tests(tests, ARRAY_SIZE(tests));
}

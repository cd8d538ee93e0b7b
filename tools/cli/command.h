/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables that sevadm is made of: objects, their commands, and options. Parsing, help, completion
 * and the suggestions for unknown words all derive from these rows.
 */
#ifndef SEVADM_COMMAND_H
#define SEVADM_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct option_row - one option; a table of them ends with a row without a name
 * @name: long name without the dashes
 * @letter: short name; 0: none
 * @argument: what help calls its argument; NULL: it takes none
 * @summary: one line for help
 * @words: words its argument can be, ends with NULL; NULL: anything (completion)
 * @set: stores @text (NULL without an argument) in the caller's options; returns an exit code
 */
struct option_row {
	const char *name;
	char letter;
	const char *argument;
	const char *summary;
	const char *const *words;
	int (*set)(void *options, const char *text);
};

/**
 * struct command - one command of an object; the first of a table is the default
 * @name: its word; NULL ends the table
 * @arguments: its arguments as help shows them
 * @summary: one line for help
 * @options: its options, or NULL
 * @run: does it, gets what follows the command's word; returns an exit code. NULL: the object's own
 *	@run understands the command
 */
struct command {
	const char *name;
	const char *arguments;
	const char *summary;
	const struct option_row *options;
	int (*run)(int argc, char **argv);
};

/**
 * struct object - what a command is about; NULL as @name ends the table
 * @name: its word
 * @summary: one line for help
 * @commands: its commands; NULL: there is but one way to use it
 * @run: does it, argv[0] being the object's word; NULL: dispatch by @commands
 * @arguments: those of @run as help shows them
 */
struct object {
	const char *name;
	const char *summary;
	const struct command *commands;
	int (*run)(int argc, char **argv);
	const char *arguments;
};

/* The tables of the program, which main() sets; without, they are empty. */
extern const struct object *objects;
extern const struct option_row *global_options;

/* command.c */
int command_dispatch(const struct object *object, int argc, char **argv);
int command_unknown(const char *what, const char *word, const void *rows, size_t row_size);
int options_parse(const struct option_row *rows, void *options, int *argc, char **argv);
int options_take_global(int *argc, char **argv);
int number_parse(const char *what, const char *text, unsigned long long max,
		 unsigned long long *value);
void help_program(FILE *file);
void help_object(FILE *file, const struct object *object);

/* the objects */
extern const struct command status_commands[], vm_commands[], asid_commands[], trace_commands[],
	limit_commands[], config_commands[], metrics_commands[], module_commands[],
	completion_commands[], policy_commands[], check_commands[], recommend_commands[];

int do_explain(int argc, char **argv);
int do_monitor(int argc, char **argv);
int do_top(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables that sevadm is made of: objects, their commands, and options. Parsing, help,
 * completion and the suggestions for unknown words all derive from these rows.
 */
#ifndef SEVADM_COMMAND_H
#define SEVADM_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** enum option_kind - what an option stores, if it has no @set */
enum option_kind {
	OPTION_KIND_FLAG,	/* bool: true */
	OPTION_KIND_TEXT,	/* const char *: the argument */
	OPTION_KIND_WORD,	/* unsigned int or an enum: which of @words the argument is */
	OPTION_KIND_NUMBER,	/* an unsigned number of @min to @max */
};

/**
 * struct option_row - one option; a table of them ends with a row without a name
 * @name: long name without the dashes
 * @letter: short name; 0: none
 * @argument: what help calls its argument; NULL: it takes none
 * @summary: one line for help
 * @words: words its argument can be, ends with NULL; NULL: anything (help, completion)
 * @set: takes @text (NULL without an argument) and stores it in @to; returns an exit code. NULL:
 *	@kind says what is stored
 * @offset: where in the caller's options it is stored
 * @where: where it is stored, if not in the caller's options
 * @size: bytes of a number
 *
 * The macros below fill what follows @summary.
 */
struct option_row {
	const char *name;
	char letter;
	const char *argument;
	const char *summary;
	const char *const *words;
	int (*set)(void *to, const char *text);
	enum option_kind kind;
	size_t offset, size;
	void *where;
	unsigned long long min, max;
};

/* Fails to compile if the member of a struct has another type than the option stores. */
#define OPTION_MEMBER(type, member, of)						\
	(offsetof(type, member) + 0 * sizeof((of *)0 == &((type *)0)->member))

#define OPTION_FLAG(type, member)						\
	.kind = OPTION_KIND_FLAG, .offset = OPTION_MEMBER(type, member, bool)
#define OPTION_TEXT(type, member)						\
	.kind = OPTION_KIND_TEXT, .offset = OPTION_MEMBER(type, member, const char *)
#define OPTION_WORD(type, member, choice)					\
	.kind = OPTION_KIND_WORD, .offset = offsetof(type, member), .words = (choice)
#define OPTION_NUMBER(type, member, least, most)				\
	.kind = OPTION_KIND_NUMBER, .offset = offsetof(type, member),		\
	.size = sizeof(((type *)0)->member), .min = (least), .max = (most)
#define OPTION_CALL(type, member, function)					\
	.set = (function), .offset = offsetof(type, member)
/* Of the whole program: a bool. */
#define OPTION_GLOBAL(variable)	.kind = OPTION_KIND_FLAG, .where = &(variable)

/* The options of commands that have none. */
extern const struct option_row no_options[];

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
 * @options: those of @run, or NULL
 */
struct object {
	const char *name;
	const char *summary;
	const struct command *commands;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const struct option_row *options;
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

/* Options of the objects that have no commands. */
extern const struct option_row explain_options[], monitor_options[], report_options[];
extern const struct option_row top_options[];

int do_explain(int argc, char **argv);
int do_monitor(int argc, char **argv);
int do_report(int argc, char **argv);
int do_top(int argc, char **argv);

#endif

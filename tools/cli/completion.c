// SPDX-License-Identifier: GPL-2.0-only
/* sevadm completion: a completion script for the shell, made from the tables. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/errors.h"

/* Each function prints the words that can follow what is typed already. */
static void print_options(const struct option_row *row)
{
	for (; row && row->name; row++)
		printf(" --%s", row->name);
}

static void print_case_words(const struct option_row *row)
{
	const char *const *word;

	for (; row && row->name; row++) {
		if (!row->argument)
			continue;
		printf("\t--%s)\n\t\twords=\"", row->name);
		for (word = row->words; word && *word; word++)
			printf("%s%s", word == row->words ? "" : " ", *word);
		fputs("\" ;;\n", stdout);
	}
}

static void print_object(const struct object *object)
{
	const struct command *command;

	printf("\t%s)\n\t\twords=\"", object->name);
	for (command = object->commands; command && command->name; command++)
		printf("%s%s", command == object->commands ? "" : " ", command->name);
	fputs("\" ;;\n", stdout);
	for (command = object->commands; command && command->name; command++) {
		printf("\t%s:%s)\n\t\twords=\"", object->name, command->name);
		print_options(command->options);
		fputs("\" ;;\n", stdout);
	}
}

static bool seen_before(const struct option_row *row, const struct object *last,
			const struct command *last_command)
{
	const struct object *object;
	const struct command *command;
	const struct option_row *other;

	for (object = objects; object->name; object++)
		for (command = object->commands; command && command->name; command++) {
			if (object == last && command == last_command)
				return false;
			for (other = command->options; other && other->name; other++)
				if (!strcmp(other->name, row->name))
					return true;
		}
	return false;
}

/* Options of the same name take the same words, whatever command they belong to. */
static void print_option_words(void)
{
	const struct object *object;
	const struct command *command;
	const struct option_row *row;

	for (object = objects; object->name; object++)
		for (command = object->commands; command && command->name; command++)
			for (row = command->options; row && row->name; row++)
				if (!seen_before(row, object, command))
					print_case_words((struct option_row[]){ *row, {} });
}

static int completion_bash(int argc, char **argv)
{
	const struct object *object;

	(void)argv;
	if (argc)
		return fail(EXIT_USAGE, "completion bash takes no arguments");

	puts("# bash completion for sevadm, made by \"sevadm completion bash\"\n"
	     "_sevadm()\n{\n"
	     "\tlocal word object='' command='' words='' current=${COMP_WORDS[COMP_CWORD]}\n\n"
	     "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	     "\t\tcase $word in\n"
	     "\t\t-*) ;;\n"
	     "\t\t*) [[ $object ]] && command=${command:-$word}; object=${object:-$word} ;;\n"
	     "\t\tesac\n"
	     "\tdone\n\n"
	     "\tcase ${COMP_WORDS[COMP_CWORD-1]} in");
	print_option_words();
	fputs("\t*)\n\t\tcase $object${command:+:$command} in\n\t\t\"\") words=\"", stdout);
	for (object = objects; object->name; object++)
		printf("%s%s", object == objects ? "" : " ", object->name);
	fputs("\" ;;\n", stdout);
	for (object = objects; object->name; object++)
		print_object(object);
	fputs("\t\tesac\n\t\tif [[ $current == -* ]]; then\n\t\t\twords+=\"", stdout);
	print_options(global_options);
	puts("\"\n\t\tfi ;;\n"
	     "\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
	     "}\n"
	     "complete -o default -F _sevadm sevadm");
	return EXIT_OK;
}

const struct command completion_commands[] = {
	{ "bash", NULL, "print the script: source <(sevadm completion bash)", NULL,
	  completion_bash },
	{}
};

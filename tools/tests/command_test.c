// SPDX-License-Identifier: GPL-2.0-only
/* The command line: words, options and suggestions, by tables of the test's own. */
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "test.h"

static int verbose;

static int set_verbose(void *options, const char *text)
{
	(void)options;
	(void)text;
	verbose++;
	return EXIT_OK;
}

static const struct option_row option_table[] = {
	{ "verbose", 'v', NULL, "say more", NULL, set_verbose },
	{}
};

struct options {
	unsigned long long count;
	bool all;
};

static int set_count(void *options, const char *text)
{
	return number_parse("count", text, 100, &((struct options *)options)->count);
}

static int set_all(void *options, const char *text)
{
	(void)text;
	((struct options *)options)->all = true;
	return EXIT_OK;
}

static const struct option_row rows[] = {
	{ "count", 'c', "N", "how many", NULL, set_count },
	{ "all", 0, NULL, "all of them", NULL, set_all },
	{}
};

static const char *ran;
static int ran_argc;

static int run_list(int argc, char **argv)
{
	(void)argv;
	ran = "list";
	ran_argc = argc;
	return EXIT_OK;
}

static int run_show(int argc, char **argv)
{
	(void)argv;
	ran = "show";
	ran_argc = argc;
	return EXIT_OK;
}

static const struct command commands[] = {
	{ "list", NULL, "all of them", rows, run_list },
	{ "show", "ID", "one of them", NULL, run_show },
	{}
};

static const struct object object_table[] = {
	{ "thing", "things of the test", commands, NULL },
	{}
};

/* argv of @line, whose words are parted by blanks. */
static char **split(const char *line, int *argc)
{
	static char text[256];
	static char *argv[32];
	char *rest, *word;

	snprintf(text, sizeof(text), "%s", line);
	*argc = 0;
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[(*argc)++] = word;
	argv[*argc] = NULL;
	return argv;
}

/* Catches what is said, as it is of no interest where only the exit code counts. */
static int parse(const char *line, struct options *options, int *argc)
{
	char **argv = split(line, argc);
	int ret;

	memset(options, 0, sizeof(*options));
	capture_begin();
	ret = options_parse(rows, options, argc, argv);
	capture_end();
	return ret;
}

static void options_anywhere(void)
{
	static const char *const lines[] = {
		"--count 7 --all x y", "x --count=7 y --all", "x y --all -c 7",
	};
	struct options options;
	size_t i;
	int argc;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		EXPECT_NUMBER(parse(lines[i], &options, &argc), EXIT_OK);
		EXPECT_NUMBER(options.count, 7);
		EXPECT(options.all);
		EXPECT_NUMBER(argc, 2);
	}
	/* A dash of its own is a word; what follows two is not looked at. */
	EXPECT_NUMBER(parse("- -- --all", &options, &argc), EXIT_OK);
	EXPECT(!options.all);
	EXPECT_NUMBER(argc, 2);
}

static void wrong_options(void)
{
	static const char *const lines[] = {
		"--cuont 1", "--count", "--count=", "--count x", "--count -1", "--count 101",
		"--all=yes", "--al", "-x", "-c", "--countdown", "--count 7x",
	};
	struct options options;
	size_t i;
	int argc;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		EXPECT_NUMBER(parse(lines[i], &options, &argc), EXIT_USAGE);
		EXPECT(!strncmp(captured_errors, "sevadm: ", 8));
		EXPECT_NUMBER(strchr(captured_errors, '\n') - captured_errors,
			      captured_errors_size - 1);
	}
	parse("--cuont 1", &options, &argc);
	EXPECT(strstr(captured_errors, "\"--cuont\"") && strstr(captured_errors, "\"--count\""));
}

static void global_options_anywhere(void)
{
	static const char *const lines[] = {
		"sevadm -v thing show 1", "sevadm thing --verbose show 1", "sevadm thing show 1 -v",
	};
	char **argv;
	size_t i;
	int argc;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		verbose = 0;
		argv = split(lines[i], &argc);
		EXPECT_NUMBER(options_take_global(&argc, argv), EXIT_OK);
		EXPECT_NUMBER(verbose, 1);
		EXPECT_NUMBER(argc, 4);
		EXPECT_TEXT(argv[3], "1");
	}
	verbose = 0;
	argv = split("sevadm thing -- -v", &argc);
	EXPECT_NUMBER(options_take_global(&argc, argv), EXIT_OK);
	EXPECT_NUMBER(verbose, 0);
	EXPECT_NUMBER(argc, 4);
}

static int dispatch(const char *line)
{
	int argc, ret;
	char **argv = split(line, &argc);

	ran = NULL;
	capture_begin();
	ret = command_dispatch(&objects[0], argc, argv);
	capture_end();
	return ret;
}

static void the_first_command_is_the_default(void)
{
	EXPECT_NUMBER(dispatch("thing"), EXIT_OK);
	EXPECT_TEXT(ran, "list");
	EXPECT_NUMBER(dispatch("thing --all"), EXIT_OK);
	EXPECT_TEXT(ran, "list");
	EXPECT_NUMBER(ran_argc, 1);
	EXPECT_NUMBER(dispatch("thing show 1"), EXIT_OK);
	EXPECT_TEXT(ran, "show");
	EXPECT_NUMBER(ran_argc, 1);
}

static void full_words_only(void)
{
	EXPECT_NUMBER(dispatch("thing sho 1"), EXIT_USAGE);
	EXPECT(!ran);
	EXPECT_TEXT(captured_errors, "sevadm: there is no command \"sho\": did you mean \"show\"?\n");
	EXPECT_NUMBER(dispatch("thing elephant"), EXIT_USAGE);
	EXPECT(!ran);
	EXPECT_TEXT(captured_errors,
		    "sevadm: there is no command \"elephant\": see sevadm thing --help\n");
}

static int number(const char *text, unsigned long long *value)
{
	int ret;

	capture_begin();
	ret = number_parse("VM", text, UINT64_MAX, value);
	capture_end();
	return ret;
}

static void numbers(void)
{
	static const char *const wrong[] = {
		"", "-1", "+1", " 1", "1 ", "x", "0x", "0xg", "1.5", "18446744073709551616",
	};
	unsigned long long value;
	size_t i;

	EXPECT_NUMBER(number("0", &value), EXIT_OK);
	EXPECT_NUMBER(number("18446744073709551615", &value), EXIT_OK);
	EXPECT(value == UINT64_MAX);
	EXPECT_NUMBER(number("0x10", &value), EXIT_OK);
	EXPECT_NUMBER(value, 16);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_NUMBER(number(wrong[i], &value), EXIT_USAGE);
		EXPECT(strstr(captured_errors, "VM"));
	}
}

static void help_is_made_of_the_rows(void)
{
	capture_begin();
	help_program(stdout);
	capture_end();
	EXPECT(strstr(captured, "\nObjects:\n  thing        things of the test\n"
		      "\nOptions:\n  -v, --verbose              say more\n\n"));
	capture_begin();
	help_object(stdout, &objects[0]);
	capture_end();
	EXPECT_TEXT(captured, "sevadm thing: things of the test\n"
		    "\nsevadm thing list [OPTIONS]\n  all of them\n  (default)\n"
		    "  -c, --count N              how many\n"
		    "      --all                  all of them\n"
		    "\nsevadm thing show ID\n  one of them\n"
		    "\nOptions of every object:\n  -v, --verbose              say more\n");
}

int main(void)
{
	static const struct test tests[] = {
		{ "options anywhere", options_anywhere },
		{ "wrong options", wrong_options },
		{ "global options anywhere", global_options_anywhere },
		{ "the first command is the default", the_first_command_is_the_default },
		{ "full words only", full_words_only },
		{ "numbers", numbers },
		{ "help is made of the rows", help_is_made_of_the_rows },
	};

	objects = object_table;
	global_options = option_table;
	run_tests(tests, ARRAY_SIZE(tests));
}

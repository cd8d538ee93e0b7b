// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line, as data: each case of cases/NAME is an input with edits, a command, and
 * everything that it has to say: exit code, both streams, and what became of the input.
 *
 *	base PATH		the input's text from here on, from below data/
 *	case NAME
 *	edit FROM => TO		in the input, once; \n is a line break, \t a tab
 *	run CODE WORD...	sevadm WORD...; "input" is the input's file, "@input" its words
 *	> LINE			of stdout
 *	! LINE			of stderr
 *	hide TEXT		in this file, lines of stdout that have it are nobody's matter
 *	- LINE, + LINE		of the input that is not in what it was corrected to, and the
 *	  reverse
 *
 * With UPDATE=1 the expectations become what was said: read the difference before it is committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define main sevadm_main
#include "main.c"
#undef main

#include "report/findings.h"
#include "test.h"

#define MAX_WORDS	512

/** struct text - lines that grow */
struct text {
	char *bytes;
	size_t size;
};

static void add(struct text *text, const char *format, ...)
{
	va_list args;
	char *more;
	int size;

	va_start(args, format);
	size = vasprintf(&more, format, args);
	va_end(args);
	text->bytes = size < 0 ? NULL : realloc(text->bytes, text->size + (size_t)size + 1);
	if (!text->bytes)
		ksft_exit_fail_msg("out of memory\n");
	memcpy(text->bytes + text->size, more, (size_t)size + 1);
	text->size += (size_t)size;
	free(more);
}

static char *read_file(const char *path)
{
	struct text text = {};
	char bytes[4096];
	FILE *file = fopen(path, "r");
	size_t nr;

	if (!file)
		return NULL;
	add(&text, "%s", "");
	while ((nr = fread(bytes, 1, sizeof(bytes) - 1, file))) {
		bytes[nr] = '\0';
		add(&text, "%s", bytes);
	}
	fclose(file);
	return text.bytes;
}

static void write_file(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(bytes, file) < 0 || fclose(file))
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
}

/* \n and \t of an edit. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++, to++) {
		*to = *text;
		if (*text == '\\' && (text[1] == 'n' || text[1] == 't'))
			*to = *++text == 'n' ? '\n' : '\t';
	}
	*to = '\0';
}

/* A line that is not there cannot be edited: such a case tests something else than it says. */
static char *edited(char *input, const char *line)
{
	const char *arrow = strstr(line, " => ");
	struct text text = {};
	char *from, *to, *at;

	from = strndup(line, arrow ? (size_t)(arrow - line) : strlen(line));
	to = strdup(arrow ? arrow + 4 : "");
	unescape(from);
	unescape(to);
	at = arrow ? strstr(input, from) : NULL;
	if (!at) {
		ksft_print_msg("no such text: %s\n", line);
		test_failed = true;
		add(&text, "%s", input);
	} else {
		add(&text, "%.*s%s%s", (int)(at - input), input, to, at + strlen(from));
	}
	free(from);
	free(to);
	free(input);
	return text.bytes;
}

/* What a line of stdout that is not compared has in it, "" if all are. */
static char hidden[128];

static bool is_hidden(char mark, const char *line, size_t length)
{
	return mark == '>' && *hidden && memmem(line, length, hidden, strlen(hidden));
}

/* Each line behind a mark. */
static void add_lines(struct text *text, char mark, const char *lines)
{
	size_t length;

	for (; lines && *lines; lines += length + (lines[length] == '\n')) {
		length = strcspn(lines, "\n");
		if (!is_hidden(mark, lines, length))
			add(text, "%c%s%.*s\n", mark, length ? " " : "", (int)length, lines);
	}
}

static bool has_line(const char *lines, const char *line, size_t length)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (strcspn(lines, "\n") == length && !strncmp(lines, line, length))
			return true;
	return false;
}

static void add_difference(struct text *text, char mark, const char *lines, const char *others)
{
	size_t length;

	for (; *lines; lines += length + (lines[length] == '\n')) {
		length = strcspn(lines, "\n");
		if (!has_line(others, lines, length))
			add(text, "%c%s%.*s\n", mark, length ? " " : "", (int)length, lines);
	}
}

/* A release changes no case: its digits become crosses. */
static void hide_version(char *text)
{
	while (text && (text = strstr(text, sevadm_version)))
		for (; *text == '.' || (*text >= '0' && *text <= '9'); text++)
			if (*text != '.')
				*text = 'x';
}

/* Runs a line "CODE WORD..."; adds what came of it. */
static void run_case(struct text *got, char *line, char *input)
{
	char *words[MAX_WORDS] = { (char *)"sevadm" }, *word, *rest, *more, *copy, *after;
	int nr = 1, code;

	output_json = output_pretty = wants_help = wants_version = false;
	findings_reset();
	write_file("input", input);
	unlink("input.fixed");
	copy = strdup(input);
	strtok_r(line, " ", &rest);
	more = strdup(rest);
	for (word = strtok_r(NULL, " ", &rest); word && nr < MAX_WORDS - 1; word = strtok_r(NULL, " ", &rest)) {
		if (strcmp(word, "@input")) {
			words[nr++] = word;
			continue;
		}
		for (word = strtok_r(copy, " \n\t", &after); word && nr < MAX_WORDS - 1;
		     word = strtok_r(NULL, " \n\t", &after))
			words[nr++] = word;
	}
	capture_begin();
	code = run(nr, words);
	capture_end();
	add(got, "run %d %s\n", code, more);
	hide_version(captured);
	add_lines(got, '>', captured);
	add_lines(got, '!', captured_errors);
	free(more);
	free(copy);
	more = read_file("input.fixed");
	if (more) {
		add_difference(got, '-', input, more);
		add_difference(got, '+', more, input);
		free(more);
	}
}

static void show_difference(const char *want, const char *got)
{
	struct text text = {};

	add(&text, "%s", "");
	add_difference(&text, '-', want, got);
	add_difference(&text, '+', got, want);
	if (!text.size)
		add(&text, "# the lines are in another order, or there are more of one\n");
	fputs(text.bytes, stdout);
	free(text.bytes);
}

/* Closes a case: what was said is what is written. */
static void judge_case(const char *name, struct text *want, struct text *got)
{
	if (!name)
		return;
	if (!want->bytes || !got->bytes || strcmp(want->bytes, got->bytes)) {
		test_failed = true;
		show_difference(want->bytes ?: "", got->bytes ?: "");
	}
	ksft_test_result(!test_failed, "%s\n", name);
	test_failed = false;
	free(want->bytes);
	free(got->bytes);
	*want = *got = (struct text) {};
}

/* One file of cases; returns it as it should be. */
static char *run_file(const char *path)
{
	struct text whole = {}, want = {}, got = {};
	char *text = read_file(path), *line, *rest, *base = NULL, *input = NULL, *name = NULL, *at;
	char from[PATH_MAX];

	hidden[0] = '\0';
	add(&whole, "%s", "");
	for (line = text; line && *line; line = rest) {
		rest = line + strcspn(line, "\n");
		if (*rest)
			*rest++ = '\0';
		if (strchr(">!-+", *line) && *line) {
			add(&want, "%s\n", line);
			continue;
		}
		/* All that a command says stands behind it. */
		if (!strncmp(line, "run ", 4)) {
			size_t before = got.size;

			add(&want, "%s\n", line);
			run_case(&got, line + 4, input);
			add(&whole, "%s", got.bytes + before);
			continue;
		}
		add(&whole, "%s\n", line);
		if (!strncmp(line, "case ", 5) || !strncmp(line, "base ", 5)) {
			judge_case(name, &want, &got);
			name = NULL;
		}
		if (!strncmp(line, "case ", 5)) {
			name = line + 5;
			free(input);
			input = strdup(base ?: "");
		} else if (!strncmp(line, "edit ", 5)) {
			input = edited(input, line + 5);
		} else if (!strncmp(line, "hide ", 5)) {
			snprintf(hidden, sizeof(hidden), "%s", line + 5);
		} else if (!strncmp(line, "base ", 5)) {
			snprintf(from, sizeof(from), "data/%s", line + 5);
			free(base);
			base = read_file(from);
			if (!base)
				ksft_exit_fail_msg("%s: %s\n", from, strerror(errno));
		} else if (*line && *line != '#') {
			ksft_exit_fail_msg("%s: what is this: %s\n", path, line);
		}
	}
	judge_case(name, &want, &got);
	at = whole.bytes;
	free(text);
	free(base);
	free(input);
	return at;
}

/* Bound locked memory by 8 MiB, without the capability that lifts it. */
static void bound_locked_memory(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	struct rlimit limit;

	if (syscall(SYS_capget, &header, data) || getrlimit(RLIMIT_MEMLOCK, &limit))
		ksft_exit_fail_msg("capget: %s\n", strerror(errno));
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	limit.rlim_cur = 8 << 20;
	if (syscall(SYS_capset, &header, data) || setrlimit(RLIMIT_MEMLOCK, &limit))
		ksft_exit_fail_msg("cannot bound locked memory: %s\n", strerror(errno));
}

static unsigned int cases_in(const char *path)
{
	char *text = read_file(path), *at = text;
	unsigned int nr = 0;

	while ((at = strstr(at, "\ncase "))) {
		at++;
		nr++;
	}
	free(text);
	return nr;
}

int main(void)
{
	char folder[] = "/tmp/sevadm-cases-XXXXXX", *text;
	unsigned int nr = 0;
	glob_t files;
	size_t i;

	if (!mkdtemp(folder) || chdir(folder) || symlink(TESTS_FOLDER "/data", "data"))
		ksft_exit_fail_msg("%s: %s\n", folder, strerror(errno));
	bound_locked_memory();
	objects = object_table;
	global_options = option_table;
	ksft_print_header();
	if (glob(TESTS_FOLDER "/cases/*.cases", 0, NULL, &files))
		ksft_exit_fail_msg("there are no cases in " TESTS_FOLDER "/cases\n");
	for (i = 0; i < files.gl_pathc; i++)
		nr += cases_in(files.gl_pathv[i]);
	ksft_set_plan(nr);
	for (i = 0; i < files.gl_pathc; i++) {
		ksft_print_msg("%s\n", files.gl_pathv[i]);
		text = run_file(files.gl_pathv[i]);
		if (getenv("UPDATE"))
			write_file(files.gl_pathv[i], text);
		free(text);
	}
	globfree(&files);
	unlink("input");
	unlink("input.fixed");
	unlink("data");
	if (chdir("/") || rmdir(folder))
		ksft_print_msg("%s stays\n", folder);
	ksft_finished();
}

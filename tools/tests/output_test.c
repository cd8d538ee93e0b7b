// SPDX-License-Identifier: GPL-2.0-only
/* What sevadm prints: units, columns, JSON, and what a terminal must be spared. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "test.h"

static const char *format(output_formatter formatter, uint64_t number)
{
	static char texts[4][64];
	static unsigned int next;
	struct json_object *value = json_u64(number);
	char *text = texts[next++ % ARRAY_SIZE(texts)];

	formatter(value, text, sizeof(texts[0]));
	json_object_put(value);
	return text;
}

static void sizes(void)
{
	EXPECT_TEXT(format(format_bytes, 0), "0 B");
	EXPECT_TEXT(format(format_bytes, 1023), "1023 B");
	EXPECT_TEXT(format(format_bytes, 4096), "4.0 KiB");
	EXPECT_TEXT(format(format_bytes, 270635008), "258.1 MiB");
	EXPECT_TEXT(format(format_bytes, 64ULL << 30), "64.0 GiB");
	EXPECT_TEXT(format(format_bytes, 5000ULL << 40), "5000.0 TiB");
	/* Rounding must not yield a number that belongs to the next unit. */
	EXPECT_TEXT(format(format_bytes, (1ULL << 20) - 1), "1.0 MiB");
}

static void times(void)
{
	EXPECT_TEXT(format(format_ns, 999), "999 ns");
	EXPECT_TEXT(format(format_ns, 1500), "1.5 us");
	EXPECT_TEXT(format(format_ns, 50 * 1000 * 1000), "50.0 ms");
	EXPECT_TEXT(format(format_ns, 100ULL * 1000 * 1000 * 1000), "100.0 s");
	EXPECT_TEXT(format(format_ns, 999999), "1.0 ms");
}

static void hexadecimal(void)
{
	EXPECT_TEXT(format(format_hex, 0), "0x0");
	EXPECT_TEXT(format(format_hex, UINT64_MAX), "0xffffffffffffffff");
}

static const struct column columns[] = {
	{ "id", "ID", NULL },
	{ "pinned_bytes", "PINNED", format_bytes },
	{ "attached", "ATTACHED", NULL },
	{ "comm", "COMM", NULL },
};

static struct json_object *row(const char *json)
{
	struct json_object *object = json_tokener_parse(json);

	if (!object)
		ksft_exit_fail_msg("wrong JSON in the test: %s\n", json);
	return object;
}

static struct json_object *rows(void)
{
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, row("{\"id\":1,\"pinned_bytes\":270635008,\"attached\":true,"
					 "\"comm\":\"qemu\"}"));
	json_object_array_add(array, row("{\"id\":10,\"pinned_bytes\":null,\"attached\":false,"
					 "\"comm\":\"h\\u00e9\"}"));
	return array;
}

static void list_as_text(void)
{
	capture_begin();
	output_list(rows(), columns, ARRAY_SIZE(columns));
	capture_end();
	EXPECT_TEXT(captured,
		    "ID  PINNED     ATTACHED  COMM\n"
		    "1   258.1 MiB  yes       qemu\n"
		    "10  -          no        h\xc3\xa9\n");
}

/* Columns are as wide as what is shown, whatever it takes in bytes. */
static void width_of_other_letters(void)
{
	static const struct column names[] = { { "comm", "N\xc3\x84ME", NULL }, { "id", "ID", NULL } };
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, row("{\"comm\":\"h\xc3\xa9h\xc3\xa9h\xc3\xa9\",\"id\":1}"));
	json_object_array_add(array, row("{\"comm\":\"\xe2\x82\xac\",\"id\":2}"));
	json_object_array_add(array, row("{\"comm\":\"plain\",\"id\":3}"));
	capture_begin();
	output_list(array, names, ARRAY_SIZE(names));
	capture_end();
	EXPECT_TEXT(captured,
		    "N\xc3\x84ME    ID\n"
		    "h\xc3\xa9h\xc3\xa9h\xc3\xa9  1\n"
		    "\xe2\x82\xac       2\n"
		    "plain   3\n");
}

/* What fails is an object of JSON, too; a terminal is spared what it must not get. */
static void errors_as_json(void)
{
	output_json = true;
	capture_begin();
	EXPECT_NUMBER(fail(EXIT_REFUSED, "there is no \"%s\"", "a\033[2J"), EXIT_REFUSED);
	capture_end();
	output_json = false;
	EXPECT_TEXT(captured, "{\"error\":\"there is no \\\"a\\u001b[2J\\\"\"}\n");
	EXPECT_TEXT(captured_errors, "sevadm: there is no \"a?[2J\"\n");
	capture_begin();
	EXPECT_NUMBER(fail_absent(), EXIT_ABSENT);
	capture_end();
	EXPECT_TEXT(captured, "");
	EXPECT_TEXT(captured_errors, "sevadm: the sevadm module is not loaded: run \"sevadm module load\"\n");
}

static void record_as_text(void)
{
	capture_begin();
	output_show(row("{\"id\":1,\"pinned_bytes\":4096,\"comm\":\"qemu\"}"), columns,
		    ARRAY_SIZE(columns));
	capture_end();
	EXPECT_TEXT(captured,
		    "ID        1\n"
		    "PINNED    4.0 KiB\n"
		    "ATTACHED  -\n"
		    "COMM      qemu\n");
}

/* Bytes stay bytes, and what is not known stays null. */
static void list_as_json(void)
{
	output_json = true;
	capture_begin();
	output_list(rows(), columns, ARRAY_SIZE(columns));
	capture_end();
	output_json = false;
	EXPECT_TEXT(captured,
		    "[{\"id\":1,\"pinned_bytes\":270635008,\"attached\":true,\"comm\":\"qemu\"},"
		    "{\"id\":10,\"pinned_bytes\":null,\"attached\":false,\"comm\":\"h\xc3\xa9\"}]\n");
}

static void large_numbers(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "id", json_u64(UINT64_MAX));
	json_object_object_add(object, "unknown", json_known_u64(false, 1));
	EXPECT_TEXT(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		    "{\"id\":18446744073709551615,\"unknown\":null}");
	EXPECT(json_get_u64(object, "id") == UINT64_MAX);
	EXPECT(json_is_null(object, "unknown"));
	json_object_put(object);
}

/* A tenant names its processes: neither a terminal nor a JSON parser may suffer from it. */
/* What is null says whether it is not known or not limited. */
static void limits(void)
{
	struct json_object *row = json_object_new_object();

	json_add_limit(row, "none", true, UINT64_MAX);
	json_add_limit(row, "some", true, 7);
	json_add_limit(row, "unknown", false, 7);
	EXPECT_TEXT(json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN),
		    "{\"none\":null,\"some\":7,\"unknown\":null,\"unlimited\":[\"none\"]}");
	json_object_put(row);
}

static void hostile_names(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "comm", json_text("a\x1b[2J\n\x7f" "b\xff\xc3"));
	EXPECT_TEXT(json_get_text(object, "comm"), "a\x1b[2J\n\x7f" "b\xef\xbf\xbd\xef\xbf\xbd");
	EXPECT_TEXT(output_text(object, "comm", NULL), "a?[2J??b\xef\xbf\xbd\xef\xbf\xbd");
	/* C1 control characters are two bytes of UTF-8: U+009B would be a CSI. */
	json_object_object_add(object, "comm", json_text("\xc2\x9b" "31m"));
	EXPECT(!strstr(output_text(object, "comm", NULL), "\x9b"));
	/* The first and the last characters of two, three and four bytes that are no controls. */
	json_object_object_add(object, "comm", json_text("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
							 "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
	EXPECT_TEXT(json_get_text(object, "comm"), "\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"
		    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
	json_object_object_add(object, "comm", json_text("\xf4\x90\x80\x80\xf0\x8f\xbf\xbf\xe0\x9f\xbf"));
	EXPECT(!strpbrk(json_get_text(object, "comm"), "\xf4\xf0\xe0"));
	/* Overlong forms and surrogates are no UTF-8. */
	json_object_object_add(object, "comm", json_text("\xc0\xaf\xed\xa0\x80\xf5"));
	EXPECT(!strpbrk(json_get_text(object, "comm"), "\xc0\xed\xf5"));
	json_object_put(object);
}

static void errors(void)
{
	capture_begin();
	EXPECT_NUMBER(fail(EXIT_REFUSED, "VM %d: \"%s\"", 7, "no"), EXIT_REFUSED);
	capture_end();
	EXPECT_TEXT(captured_errors, "sevadm: VM 7: \"no\"\n");
	EXPECT_TEXT(captured, "");

	output_json = true;
	capture_begin();
	EXPECT_NUMBER(fail_absent(), EXIT_ABSENT);
	capture_end();
	output_json = false;
	EXPECT(strstr(captured_errors, "sevadm module load"));
	EXPECT(!strncmp(captured, "{\"error\":\"", 10));
	EXPECT(strstr(captured, "sevadm module load"));
}

/* The exit code of a program that wrote "x" to @fd. */
static int finish(int fd, int code)
{
	FILE *real = stdout;
	int result;

	fflush(stdout);
	stdout = fdopen(fd, "w");
	fputs("x\n", stdout);
	result = output_finish(code);
	fclose(stdout);
	stdout = real;
	return result;
}

static void full_and_closed_outputs(void)
{
	FILE *real = stderr;
	int ends[2];

	stderr = fopen("/dev/null", "w");
	EXPECT_NUMBER(finish(open("/dev/full", O_WRONLY), EXIT_OK), EXIT_REFUSED);
	EXPECT_NUMBER(finish(open("/dev/full", O_WRONLY), EXIT_ABSENT), EXIT_ABSENT);
	EXPECT_NUMBER(finish(open("/dev/null", O_WRONLY), EXIT_OK), EXIT_OK);
	signal(SIGPIPE, SIG_IGN);
	if (pipe(ends))
		abort();
	close(ends[0]);
	EXPECT_NUMBER(finish(ends[1], EXIT_OK), EXIT_OK);
	fclose(stderr);
	stderr = real;
}

int main(void)
{
	static const struct test tests[] = {
		{ "sizes", sizes },
		{ "times", times },
		{ "hexadecimal numbers", hexadecimal },
		{ "a list as text", list_as_text },
		{ "a record as text", record_as_text },
		{ "width of other letters", width_of_other_letters },
		{ "errors as JSON", errors_as_json },
		{ "a list as JSON", list_as_json },
		{ "large and unknown numbers", large_numbers },
		{ "limits", limits },
		{ "hostile names", hostile_names },
		{ "errors", errors },
		{ "full and closed outputs", full_and_closed_outputs },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the unit tests share: KTAP results, and stdout caught in memory. */
#ifndef SEVADM_TEST_H
#define SEVADM_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../selftests/kselftest.h"

struct test {
	const char *name;
	void (*run)(void);
};

static bool test_failed;

#define EXPECT(condition) do {							\
	if (!(condition)) {							\
		ksft_print_msg("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
		test_failed = true;						\
	}									\
} while (0)

#define EXPECT_NUMBER(value, expected) do {					\
	long long v = (long long)(value), e = (long long)(expected);		\
										\
	if (v != e) {								\
		ksft_print_msg("%s:%d: %s is %lld (0x%llx), not %lld\n", __FILE__, \
			       __LINE__, #value, v, v, e);			\
		test_failed = true;						\
	}									\
} while (0)

#define EXPECT_TEXT(value, expected) do {					\
	const char *v = (value), *e = (expected);				\
										\
	if (!v || strcmp(v, e)) {						\
		ksft_print_msg("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, \
			       #value, v ? v : "(null)", e);			\
		test_failed = true;						\
	}									\
} while (0)

/* Appends to a text in @size bytes what printf() makes of the rest. */
static inline __attribute__((format(printf, 3, 4))) void append(char *text, size_t size,
								const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, size - length, format, args);
	va_end(args);
}

/*
 * Ends a process that a test has forked. The lines that it came to are counted at a usual end;
 * leaks are looked for in the parent alone.
 */
static inline void leave(int code)
{
#ifdef __SANITIZE_ADDRESS__
	_exit(code);
#else
	exit(code);
#endif
}

/*
 * How many files this process has open, of those with small numbers. Sockets are not counted: those
 * to the kernel and to the journal are kept on purpose.
 */
static inline unsigned int count_files(void)
{
	struct stat status;
	unsigned int nr = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		nr += !fstat(fd, &status) && !S_ISSOCK(status.st_mode);
	return nr;
}

/*
 * For tests that clear up before they end with ksft_finished(). A test that leaves a file open
 * fails: programs that run for weeks call the same functions.
 */
static inline void run_each(const struct test *tests, unsigned int nr)
{
	unsigned int files, i;

	ksft_print_header();
	ksft_set_plan(nr);
	for (i = 0; i < nr; i++) {
		test_failed = false;
		files = count_files();
		tests[i].run();
		EXPECT_NUMBER(count_files(), files);
		ksft_test_result(!test_failed, "%s\n", tests[i].name);
	}
}

static inline void run_tests(const struct test *tests, unsigned int nr)
{
	run_each(tests, nr);
	ksft_finished();
}

/* ---- what is printed between capture_begin() and capture_end() ----------------------------- */

static FILE *capture_stdout, *capture_stderr;
static char *captured, *captured_errors;
static size_t captured_size, captured_errors_size;

static inline void capture_begin(void)
{
	fflush(stdout);
	capture_stdout = stdout;
	capture_stderr = stderr;
	free(captured);
	free(captured_errors);
	stdout = open_memstream(&captured, &captured_size);
	stderr = open_memstream(&captured_errors, &captured_errors_size);
	if (!stdout || !stderr)
		abort();
}

static inline void capture_end(void)
{
	fclose(stdout);
	fclose(stderr);
	stdout = capture_stdout;
	stderr = capture_stderr;
}

#endif /* SEVADM_TEST_H */

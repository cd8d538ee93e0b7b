/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP output of the tests: the names and exit codes of the kernel's kselftest.h, so that a test
 * builds unchanged against either.
 */
#ifndef SEVADM_KSELFTEST_H
#define SEVADM_KSELFTEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define KSFT_PASS	0
#define KSFT_FAIL	1
#define KSFT_XFAIL	2
#define KSFT_XPASS	3
#define KSFT_SKIP	4

struct ksft_count {
	unsigned int plan, pass, fail, skip;
};

static struct ksft_count ksft_cnt;

static inline unsigned int ksft_test_num(void)
{
	return ksft_cnt.pass + ksft_cnt.fail + ksft_cnt.skip;
}

static inline void ksft_print_header(void)
{
	/* Children must not print again what the parent has buffered. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
}

static inline void ksft_set_plan(unsigned int plan)
{
	ksft_cnt.plan = plan;
	printf("1..%u\n", plan);
}

static inline void ksft_vprint(const char *before, const char *fmt, va_list args)
{
	fputs(before, stdout);
	vprintf(fmt, args);
}

__attribute__((format(printf, 1, 2)))
static inline void ksft_print_msg(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ksft_vprint("# ", fmt, args);
	va_end(args);
}

/* Like the kernel's, these want the newline in @fmt. */
#define KSFT_RESULT(name, count, before, after)						\
__attribute__((format(printf, 1, 2)))							\
static inline void name(const char *fmt, ...)						\
{											\
	va_list args;									\
											\
	ksft_cnt.count++;								\
	printf(before " %u" after " ", ksft_test_num());				\
	va_start(args, fmt);								\
	ksft_vprint("", fmt, args);							\
	va_end(args);									\
}

KSFT_RESULT(ksft_test_result_pass, pass, "ok", "")
KSFT_RESULT(ksft_test_result_fail, fail, "not ok", "")
KSFT_RESULT(ksft_test_result_skip, skip, "ok", " # SKIP")
#undef KSFT_RESULT

#define ksft_test_result(condition, fmt, ...) do {					\
	if (condition)									\
		ksft_test_result_pass(fmt, ##__VA_ARGS__);				\
	else										\
		ksft_test_result_fail(fmt, ##__VA_ARGS__);				\
} while (0)

static inline void ksft_print_cnts(void)
{
	if (ksft_cnt.plan != ksft_test_num())
		printf("# Planned tests != run tests (%u != %u)\n", ksft_cnt.plan,
		       ksft_test_num());
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", ksft_cnt.pass,
	       ksft_cnt.fail, ksft_cnt.skip);
}

/* Passes when every planned test has come to a result and none has failed. */
__attribute__((noreturn))
static inline void ksft_finished(void)
{
	bool good = !ksft_cnt.fail && ksft_cnt.plan == ksft_test_num();

	ksft_print_cnts();
	exit(good ? KSFT_PASS : KSFT_FAIL);
}

__attribute__((noreturn, format(printf, 1, 2)))
static inline void ksft_exit_fail_msg(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ksft_vprint("Bail out! ", fmt, args);
	va_end(args);
	ksft_print_cnts();
	exit(KSFT_FAIL);
}

__attribute__((noreturn, format(printf, 1, 2)))
static inline void ksft_exit_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ksft_vprint(ksft_cnt.plan ? "# SKIP " : "1..0 # SKIP ", fmt, args);
	va_end(args);
	exit(KSFT_SKIP);
}

#endif /* SEVADM_KSELFTEST_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of private memory, for suites that need some. */
#ifndef SEVADM_TESTS_PRIVATE_H
#define SEVADM_TESTS_PRIVATE_H

#include <linux/types.h>

struct kunit;

/**
 * private_for_test() - none is private, for as long as @test runs; whether the RMP has been counted
 */
void private_for_test(struct kunit *test, bool counted);

/** private_end() - free what private_for_test() has made */
void private_end(void);

#endif /* SEVADM_TESTS_PRIVATE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* ASID pools of a processor that the suites agree on, whatever processor they run on. */
#ifndef SEVADM_TESTS_POOLS_H
#define SEVADM_TESTS_POOLS_H

/* SEV-ES and SEV-SNP guests have ASIDs 1 to 4, SEV guests 5 to 12. */
#define POOLS_FIRST_SEV	5
#define POOLS_LAST	12

struct kunit;

/** pools_of_size() - another processor: the first ASID of SEV guests, and the last one */
void pools_of_size(struct kunit *test, u32 first_sev, u32 last);

/** pools_for_test() - all of them free, for as long as @test runs; returns 0 */
int pools_for_test(struct kunit *test);

#endif /* SEVADM_TESTS_POOLS_H */

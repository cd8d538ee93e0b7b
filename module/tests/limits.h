/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits for suites whose subject needs them beside it: no subject but the host, which is not
 * limited.
 */
#ifndef SEVADM_TESTS_LIMITS_H
#define SEVADM_TESTS_LIMITS_H

#define UID_ONE	1001
#define UID_TWO	1002

struct kunit;
struct sevadm_limit_hits;
struct sevadm_vm;

/** limits_for_test() - nobody is limited, nothing is charged, whatever the test before has left */
void limits_for_test(void);

/** limits_end() - no VM is in the ledger any more */
void limits_end(void);

/** limits_told() - what the limits have last reported */
const struct sevadm_limit_hits *limits_told(void);

/** limits_test_init() - begin a test of limits; returns 0 */
int limits_test_init(struct kunit *test);

/** limits_test_exit() - end it, whatever it has left */
void limits_test_exit(struct kunit *test);

/** limits_start() - a VM that a process of this user is initialising; the ledger keeps it */
struct sevadm_vm *limits_start(struct kunit *test, unsigned long number, u32 uid);

/** limits_reserved() - ASIDs of SEV guests that are guaranteed and not used */
u64 limits_reserved(void);

#endif /* SEVADM_TESTS_LIMITS_H */

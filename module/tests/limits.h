/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits for suites whose subject needs them beside it: no subject but the host, which is not limited. */
#ifndef SEVADM_TESTS_LIMITS_H
#define SEVADM_TESTS_LIMITS_H

struct sevadm_limit_hits;

/** limits_for_test() - nobody is limited, nothing is charged, whatever the test before has left */
void limits_for_test(void);

/** limits_end() - no VM is in the ledger any more */
void limits_end(void);

/** limits_told() - what the limits have last reported */
const struct sevadm_limit_hits *limits_told(void);

#endif /* SEVADM_TESTS_LIMITS_H */

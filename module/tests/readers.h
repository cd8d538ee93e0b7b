/* SPDX-License-Identifier: GPL-2.0-only */
/* What readers copy to user space, for suites whose subject reads beside them. */
#ifndef SEVADM_TESTS_READERS_H
#define SEVADM_TESTS_READERS_H

/** readers_copies() - the next @number of events can be copied, then none */
void readers_copies(unsigned int number);

#endif /* SEVADM_TESTS_READERS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of events for suites whose subject reads it. */
#ifndef SEVADM_TESTS_RINGS_H
#define SEVADM_TESTS_RINGS_H

struct sevadm_event;

/** ring_for_test() - make the smallest ring, empty; 0 or an error */
int ring_for_test(void);

/** ring_push_alone() - number an event and store it, and wake nobody */
void ring_push_alone(struct sevadm_event *event);

/** ring_end() - no ring any more */
void ring_end(void);

#endif /* SEVADM_TESTS_RINGS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* sevadm's limits by netlink, with nothing of the tool in between. */
#ifndef SEVADM_LIMITS_H
#define SEVADM_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/sevadm.h>

struct limit {
	uint64_t min, high, max, current, peak, high_events, max_events;
};

/* All return 0 or a negative errno; -ENODEV: the family sevadm is not visible. */
int limits_open(void);
/* @knob: SEVADM_A_LIMIT_MIN_VALUE, _HIGH_VALUE or _MAX_VALUE. */
int limit_set(uint32_t subject, uint64_t id, uint32_t resource, int knob, uint64_t value);
int limit_delete(uint32_t subject, uint64_t id);
/* -ENOENT: it is not limited. */
int limit_get(uint32_t subject, uint64_t id, uint32_t resource, struct limit *limit);

#endif /* SEVADM_LIMITS_H */

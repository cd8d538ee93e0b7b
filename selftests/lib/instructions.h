/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Costs in instructions: where the guest's clock counts them (sevhost --icount), the time stamp
 * counter does, too, and what is measured repeats.
 */
#ifndef SEVADM_INSTRUCTIONS_H
#define SEVADM_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static inline uint64_t instructions_now(void)
{
	return __builtin_ia32_rdtsc();
}

/* Return true if 2 * 10000 instructions make the counter advance by as much. */
static inline bool instructions_are_counted(void)
{
	unsigned int rounds = 10000, tries;
	uint64_t start, taken;

	for (tries = 0; tries < 5; tries++) {
		start = instructions_now();
		__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r" (rounds));
		taken = instructions_now() - start;
		if (taken >= 20000 && taken < 20020)
			return true;
		rounds = 10000;
	}
	return false;
}

static inline int instructions_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The middle one of @nr samples, which are sorted. */
static inline uint64_t instructions_median(uint64_t *samples, unsigned int nr)
{
	qsort(samples, nr, sizeof(*samples), instructions_compare);
	return samples[nr / 2];
}

#endif /* SEVADM_INSTRUCTIONS_H */

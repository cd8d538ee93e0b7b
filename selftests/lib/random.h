/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that a seed makes again: xorshift64* (Vigna, "An experimental exploration of
 * Marsaglia's xorshift generators, scrambled", 2016).
 */
#ifndef SEVADM_RANDOM_H
#define SEVADM_RANDOM_H

#include <stdint.h>

/* @state must not be zero. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* From 0 to @bound less one. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return (random_next(state) >> 11) % bound;
}

static inline uint64_t random_seeded(uint64_t seed)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ULL | 1;
}

#endif /* SEVADM_RANDOM_H */

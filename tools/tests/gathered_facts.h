/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts that a test has gathered, and how it looks at them. */
#ifndef SEVADM_GATHERED_FACTS_H
#define SEVADM_GATHERED_FACTS_H

#include "host/facts.h"
#include "test.h"

static struct host_facts facts;

/* Returns the number of a fact; -1: it is not known. */
static inline long long number_of(enum host_fact_id id)
{
	uint64_t number;

	return host_number(&facts, id, &number) ? (long long)number : -1;
}

#define EXPECT_UNKNOWN(id, words) do {						\
		EXPECT(!facts.facts[id].known);					\
		EXPECT_TEXT(host_why(&facts, id), words);			\
	} while (0)

#endif /* SEVADM_GATHERED_FACTS_H */

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm recommend: limits that fit. The commands. */
#include "memlock/command.h"

const struct command recommend_commands[] = {
	{ "memlock", "FILE | --memory SIZE | --calibrate",
	  "the smallest hard_limit that is safe, term by term", recommend_memlock_options,
	  recommend_memlock },
	{ "memory", "FILE | --memory SIZE", "what memory a VM takes of its host, and how many fit",
	  recommend_memory_options, recommend_memory },
	{}
};

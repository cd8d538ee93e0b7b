/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator would use without sevadm to see what SEV does: tracing of the kernel's own,
 * set up to record the functions by which KVM takes a SEV command and ccp passes it to the
 * firmware.
 */
#ifndef SEVADM_RIVALS_H
#define SEVADM_RIVALS_H

#include <stdbool.h>

enum rival {
	RIVAL_KPROBES,
	RIVAL_FPROBES,
	RIVAL_GRAPH,
	RIVAL_BPF,
	RIVAL_DYNDBG,
	RIVAL_NR,
};

/* Return its name in the bench's tables. */
const char *rival_name(enum rival rival);
/* False: this kernel does not have it. */
bool rival_start(enum rival rival);
void rival_stop(enum rival rival);
/* Return true if it has recorded anything since it was started. */
bool rival_recorded(enum rival rival);

#endif /* SEVADM_RIVALS_H */

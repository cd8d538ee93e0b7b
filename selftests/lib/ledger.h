/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does sevadm's ledger equal kvm_amd's own state?
 */
#ifndef SEVADM_LEDGER_H
#define SEVADM_LEDGER_H

#include <stddef.h>

#include "view.h"

struct ledger_totals {
	size_t vms;
	unsigned long long pinned_bytes;
};

/*
 * Number of differences, each printed as a KTAP diagnostic that begins with @where. What both agree
 * on is in @totals (may be NULL). A comparison that could not be made is a difference.
 */
unsigned int ledger_differences(const char *where, struct ledger_totals *totals);
/* The same by /dev/sevadm alone, for between two steps: quick, and without the host's totals. */
unsigned int ledger_differences_quick(const char *where);

/*
 * NULL, or why nothing can be compared here: no SEV host, no sevadm module. A module that is there
 * and broken is a failure, not a reason to skip.
 */
const char *ledger_unavailable(void);

#endif /* SEVADM_LEDGER_H */

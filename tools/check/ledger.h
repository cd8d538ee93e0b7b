/* SPDX-License-Identifier: GPL-2.0-only */
/* Compare the module's ledger with what kvm_amd believes. */
#ifndef SEVADM_CHECK_LEDGER_H
#define SEVADM_CHECK_LEDGER_H

#include <json-c/json.h>

#include "host/kvm_amd.h"
#include "host/rmp.h"
#include "report/findings.h"

/**
 * struct ledger - what the module said at one moment
 * @vms: the rows of `sevadm -j vm list`
 * @asids: the rows of `sevadm -j asid list`
 * @status: `sevadm -j status`
 * @commands: that the firmware was asked
 */
struct ledger {
	struct json_object *vms, *asids, *status;
	uint64_t commands;
};

/**
 * ledger_compare() - add a finding for each difference
 * @truth: what kvm_amd had at the same moment
 *
 * Neither side knows the other's names of VMs: those that are most alike are the same.
 */
void ledger_compare(const struct kvm_amd_state *truth, const struct ledger *ledger,
		    struct target *target);

/**
 * ledger_compare_rmp() - compare the private memory with the RMP
 * @owners: what the RMP had at the same moment
 * @firmware: compare the firmware's pages, too
 * @target: gets a finding for each difference, unless it is NULL
 *
 * Return: true if nothing differs. What the module does not know is not compared.
 */
bool ledger_compare_rmp(const struct rmp_owners *owners, const struct ledger *ledger,
			bool firmware, struct target *target);

/** ledger_same_private() - true: no private memory was given or taken between the two */
bool ledger_same_private(const struct ledger *a, const struct ledger *b);

/**
 * enum ledger_reading - what a reading of the RMP, between two of the ledger, says
 * @LEDGER_CHANGED: nothing, as private memory was given or taken meanwhile
 * @LEDGER_FIRMWARE_BUSY: nothing: the firmware's pages alone differ, it was at work, and each
 *	command's pages are its own until it ends
 */
enum ledger_reading {
	LEDGER_CHANGED,
	LEDGER_FIRMWARE_BUSY,
	LEDGER_DIFFERS,
	LEDGER_EQUAL,
};

enum ledger_reading ledger_read_rmp(const struct rmp_owners *owners, const struct ledger *before,
				    const struct ledger *after);

/** ledger_rule_at() - return the rule in row @i, NULL after the last */
const struct rule *ledger_rule_at(unsigned int i);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* KubeVirt's objects under check. */
#ifndef SEVADM_CHECK_KUBEVIRT_H
#define SEVADM_CHECK_KUBEVIRT_H

#include "host/facts.h"
#include "report/findings.h"

#define KUBEVIRT_VERSION(major, minor)	((major) * 1000 + (minor))

/**
 * kubevirt_judge() - all rules on all documents of @bytes
 * @version: of KubeVirt, KUBEVIRT_VERSION(); 0: not known
 * @host: facts about the node it is for, NULL: none in particular
 *
 * Return: how many objects of a kind that is checked were found, or where it cannot be read, more.
 */
size_t kubevirt_judge(struct target *target, unsigned int version, const struct host_facts *host,
		      const char *bytes, size_t size);

/**
 * struct kubevirt_fixed - what kubevirt_fix() did
 * @report: owns @done and @left: report_free()
 * @done: what was found and is gone
 * @left: what has a correction that could not be made here
 * @aliases: there was something to correct in a document with aliases
 * @why: why there is no corrected file
 */
struct kubevirt_fixed {
	struct report report;
	struct target *done, *left;
	bool aliases;
	char why[384];
};

/**
 * kubevirt_fix() - correct what can be
 * @fixed: says what that was; filled in every case
 * @bytes: what kubevirt_judge() can read; allocated, and taken over
 *
 * Return: the corrected file, allocated; NULL: @fixed says why there is none.
 */
char *kubevirt_fix(struct kubevirt_fixed *fixed, const char *path, unsigned int version,
		   const struct host_facts *host, char *bytes, size_t *size);

/** kubevirt_fixed_print() - say on stderr what was corrected, and what was not */
void kubevirt_fixed_print(const struct kubevirt_fixed *fixed);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* KubeVirt's objects under check. */
#ifndef SEVADM_CHECK_KUBEVIRT_H
#define SEVADM_CHECK_KUBEVIRT_H

#include "host/facts.h"
#include "report/findings.h"

/**
 * kubevirt_judge() - all rules on all documents of @bytes
 * @version: of KubeVirt, major * 1000 + minor; 0: not known
 * @host: facts about the node it is for, NULL: none in particular
 *
 * Return: how many objects of a kind that is checked were found, or where it cannot be read, more.
 */
size_t kubevirt_judge(struct target *target, unsigned int version, const struct host_facts *host,
		      const char *bytes, size_t size);

/**
 * kubevirt_fix() - correct what can be, and say on stderr what that was
 * @bytes: what kubevirt_judge() can read; allocated, and taken over
 *
 * Return: the corrected file, allocated; NULL: its encoding has no places, or an edit has broken it.
 */
char *kubevirt_fix(const char *path, unsigned int version, const struct host_facts *host,
		   char *bytes, size_t *size);

#endif

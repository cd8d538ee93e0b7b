/* SPDX-License-Identifier: GPL-2.0-only */
/* KubeVirt's objects under check. */
#ifndef SEVADM_CHECK_KUBEVIRT_H
#define SEVADM_CHECK_KUBEVIRT_H

#include "report/findings.h"

/** kubevirt_judge() - all rules on all documents of @bytes */
void kubevirt_judge(struct target *target, const char *bytes, size_t size);

#endif

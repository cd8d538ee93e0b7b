/* SPDX-License-Identifier: GPL-2.0-only */
/* A report as a SARIF 2.1.0 log, which code-scanning services read. */
#ifndef SEVADM_SARIF_H
#define SEVADM_SARIF_H

#include "report/findings.h"

/** sarif_log() - return the log of one run; the caller puts it */
struct json_object *sarif_log(const struct report *report);

#endif

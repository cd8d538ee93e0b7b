/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with a host, or soon will be. */
#ifndef SEVADM_STATUS_FINDINGS_H
#define SEVADM_STATUS_FINDINGS_H

#include <json-c/json.h>

#include "trace/stats.h"

/**
 * status_findings() - find what is wrong, the worst first
 * @status: `sevadm -j status`
 * @stats: what the module has counted of commands; NULL: not known
 *
 * Return: an array of {finding,severity,message,fix}, which is the caller's.
 */
struct json_object *status_findings(struct json_object *status, const struct stats *stats);

#endif

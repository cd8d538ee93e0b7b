/* SPDX-License-Identifier: GPL-2.0-only */
/* What monitoring wants to know, from the JSON that the other commands print. */
#ifndef SEVADM_METRICS_H
#define SEVADM_METRICS_H

#include <stdio.h>

#include <json-c/json.h>

/**
 * metrics_write() - the text exposition format of Prometheus, version 0.0.4
 * @file: gets it
 * @status: of `sevadm status`
 * @limits: of `sevadm limit list`
 * @vms: of `sevadm vm list`
 */
void metrics_write(FILE *file, struct json_object *status, struct json_object *limits,
		   struct json_object *vms);

/* Labels of Kubernetes' node-feature-discovery: what its local source reads from a file. */
void metrics_write_nfd(FILE *file, struct json_object *status);

#endif

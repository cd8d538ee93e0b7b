/* SPDX-License-Identifier: GPL-2.0-only */
/* What monitoring wants to know, from the JSON that the other commands print. */
#ifndef SEVADM_METRICS_H
#define SEVADM_METRICS_H

#include <stdio.h>

#include <json-c/json.h>

#include "trace/stats.h"

/* VMs that have samples of their own, unless the user says otherwise: see sevadm-metrics(8). */
#define METRICS_BY_VM	500

/**
 * metrics_write() - write the text exposition format of Prometheus, version 0.0.4
 * @file: gets it
 * @status: of `sevadm status`
 * @limits: of `sevadm limit list`
 * @vms: of `sevadm vm list`
 * @by_vm: at most so many of them, those that hold the most memory, have samples of their own; of
 *	the others there is their number
 */
void metrics_write(FILE *file, struct json_object *status, struct json_object *limits,
		   struct json_object *vms, size_t by_vm);

/**
 * metrics_write_commands() - write the same of commands
 * @file: gets it
 * @stats: of stats_take_live(), of all VMs together
 */
void metrics_write_commands(FILE *file, const struct stats *stats);

/**
 * metrics_write_nfd() - features for Kubernetes' node-feature-discovery: what its local source
 * reads
 * @file: gets them
 * @status: of `sevadm status`
 * @vms: of `sevadm vm list`
 */
void metrics_write_nfd(FILE *file, struct json_object *status, struct json_object *vms);

#endif

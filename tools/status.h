/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module says about itself, for sevadm status and sevadm module status. */
#ifndef SEVADM_STATUS_H
#define SEVADM_STATUS_H

#include <stdbool.h>

#include <json-c/json.h>

struct stats;

/* An object {version,state,seams}. Returns an exit code. */
int status_get_module(struct json_object **module);

/* The seams as a table; @all: also those that are attached. */
void status_print_seams(struct json_object *module, int all);

/*
 * All of `sevadm -j status` but findings and busiest. Returns an exit code, and reports what is
 * wrong.
 */
int status_get(struct json_object **status);

/**
 * status_add_tcb() - have the firmware of an SNP host say which TCB it has
 * @status: of status_get(), which leaves it out: this is a firmware command, and is in the trace
 */
void status_add_tcb(struct json_object *status);

/**
 * status_busiest() - return the VMs that keep the firmware busiest
 * @vms: the rows of `sevadm -j vm list`
 * @stats: what the module has counted of each VM
 *
 * Return: an array of {id,name,type,asid,pinned_bytes,commands,firmware_ns}, which is the caller's.
 */
struct json_object *status_busiest(struct json_object *vms, const struct stats *stats);

/**
 * status_is_near() - return true if a limit is nearly reached
 * @limit: a row of limits_get()
 * @knob: "high" or "max"
 *
 * Return: true if nine tenths of it or more are used.
 */
bool status_is_near(struct json_object *limit, const char *knob);

#endif

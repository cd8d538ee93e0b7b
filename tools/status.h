/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module says about itself, for sevadm status and sevadm module status. */
#ifndef SEVADM_STATUS_H
#define SEVADM_STATUS_H

#include <json-c/json.h>

/* An object {version,state,seams}. Returns an exit code. */
int status_get_module(struct json_object **module);

/* The seams as a table; @all: also those that are attached. */
void status_print_seams(struct json_object *module, int all);

/* All of `sevadm -j status`. Returns an exit code, having told what is wrong. */
int status_get(struct json_object **status);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The ASIDs of the host. */
#ifndef SEVADM_ASID_H
#define SEVADM_ASID_H

#include <json-c/json.h>

/*
 * The array of `sevadm -j asid list`, free ASIDs too. Returns an exit code, and reports what is
 * wrong.
 */
int asids_get(struct json_object **rows);

#endif

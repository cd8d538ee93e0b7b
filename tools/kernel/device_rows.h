/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What members of group sevadm see: the same rows as over netlink, which asks for CAP_PERFMON, by
 * the queries of /dev/sevadm.
 */
#ifndef SEVADM_DEVICE_ROWS_H
#define SEVADM_DEVICE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "kernel/attributes.h"

/** group_view() - true: the caller is not root, and may open the device */
bool group_view(void);

/**
 * device_row() - return what the device answered as a row, with the keys of a table of attributes
 * @answer: of a query: the struct that the table's members are of
 * @known: SEVADM_KNOWN_* bits of the answer
 *
 * What is not known, or is no member of the answer, is null.
 */
struct json_object *device_row(const struct attribute_table *table, const void *answer,
			       uint32_t known);

/* Rows as `vm list`, `vm show`, `asid list` and `asid show` have them. They return an exit code. */
int group_view_vms(struct json_object **rows);
int group_view_vm(uint64_t id, struct json_object **row);
int group_view_asids(struct json_object **rows);
int group_view_asid(uint32_t asid, struct json_object **row);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Adopt VMs started before the module was loaded. */
#ifndef SEVADM_ADOPT_H
#define SEVADM_ADOPT_H

#include <json-c/json.h>

/*
 * Have the module adopt them. *@result is an object {adopted,left}. Returns an exit code, and
 * reports what is wrong.
 */
int adopt_vms(struct json_object **result);

#endif

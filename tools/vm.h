/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMs that hold SEV resources. */
#ifndef SEVADM_VM_H
#define SEVADM_VM_H

#include <json-c/json.h>

/* The array of `sevadm -j vm list`. Returns an exit code, having told what is wrong. */
int vms_get(struct json_object **rows);

#endif

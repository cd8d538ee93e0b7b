/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMs that hold SEV resources. */
#ifndef SEVADM_VM_H
#define SEVADM_VM_H

#include <json-c/json.h>

/* The array of `sevadm -j vm list`. Returns an exit code, and reports what is wrong. */
int vms_get(struct json_object **rows);

/**
 * vm_parse() - find the VM that the user means by its id, name, alias or UUID
 * @text: what the user wrote
 * @id: set to the VM's id
 *
 * Return: an exit code, after reporting what is wrong: no VM has the name, or several have.
 */
int vm_parse(const char *text, unsigned long long *id);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The name by which the owner of a VM knows it, found from the process that created the VM. */
#ifndef SEVADM_HOST_VM_NAME_H
#define SEVADM_HOST_VM_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/**
 * struct vm_name - what a VM is called
 * @name: by its owner: libvirt's domain, KubeVirt's "NAMESPACE/NAME", kata's sandbox, Nova's
 *	display name
 * @alias: what the layer below calls it, where that differs: Proxmox' VMID, Nova's "instance-…";
 *	or ""
 * @uuid: the machine's UUID; "": not known
 * @manager: who manages the VM: "nova", "kubevirt", "kata", "proxmox", "libvirt" or "qemu"
 * @source: where @name was read: "libvirt status", "command line" or "cgroup"
 *
 * The process chooses its own command line: a name read there is what the process claims.
 */
struct vm_name {
	char name[256];
	char alias[256];
	char uuid[37];
	const char *manager;
	const char *source;
};

/**
 * vm_name_of() - find the name of a VM
 * @root: "" on a live host; tests have a folder that stands for /
 * @pid: the process that created the VM, in this PID namespace
 * @created_ns: when the VM was created (CLOCK_BOOTTIME); 0: not known. A process that began later
 *	only has the PID of the one that created the VM, and names nothing.
 * @name: filled in
 *
 * Return: true if a name was found.
 */
bool vm_name_of(const char *root, uint64_t pid, uint64_t created_ns, struct vm_name *name);

/**
 * vm_names_add() - add "name", "alias", "uuid", "manager" and "name_source" to rows of VMs
 * @rows: objects with "pid" and "created_ns", as `sevadm vm list` has them
 *
 * What is not known is null.
 */
void vm_names_add(struct json_object *rows);

/** vm_name_add() - add the same to one row */
void vm_name_add(struct json_object *row);

/**
 * vm_names_match() - find a VM by its name, alias or UUID
 * @rows: what vm_names_add() has completed
 * @text: what the user wrote
 * @id: the VM's number, if it is one
 *
 * Return: the number of VMs that are called @text.
 */
unsigned int vm_names_match(struct json_object *rows, const char *text, uint64_t *id);

#endif

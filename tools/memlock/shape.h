/* SPDX-License-Identifier: GPL-2.0-only */
/* The shape of a VM: all of it that decides how much memory is pinned, charged and mapped. */
#ifndef SEVADM_MEMLOCK_SHAPE_H
#define SEVADM_MEMLOCK_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include <libxml/tree.h>
#include <linux/sevadm.h>

#include "memlock/figures.h"

/* A limit that is none. */
#define MEMLOCK_UNLIMITED	UINT64_MAX

/**
 * struct vm_shape - sizes in bytes
 * @figures: of the QEMU that runs it
 * @qemu: MEMLOCK_QEMU() of that QEMU; 0: not known
 * @encrypted: it is a SEV guest at all, of @type
 * @foreign: it has a <launchSecurity> that is not of SEV, such as tdx or s390-pv
 * @ram: memory it starts with, DIMMs included
 * @ram_max: memory it can grow to; @ram where it cannot
 * @video: memory of its display adapters
 * @firmware: image of its firmware, mapped as flash and measured at launch
 * @variables: its firmware's variables, the second flash
 * @firmware_known: the sizes of both come from the files; otherwise they are those of Debian's OVMF
 * @roms: option ROMs of its network adapters
 * @qxl: number of its display adapters that are qxl, which have a thread each
 * @disks: number of its disks
 * @graphics: number of VNC and SPICE servers
 * @vfio: devices passed through, which have all of the memory pinned a second time, by VFIO
 * @vhost_user: another process maps its memory, for vhost-user
 * @hugepages: its memory comes from hugetlbfs, which memory.max does not count
 * @locked: <locked/>: QEMU calls mlockall()
 * @hard_limit: of <memtune>; MEMLOCK_UNLIMITED: none
 */
struct vm_shape {
	const struct memlock_figures *figures;
	unsigned int qemu;
	bool encrypted;
	bool foreign;
	enum sevadm_vm_type type;
	uint64_t ram;
	uint64_t ram_max;
	uint64_t video;
	uint64_t firmware;
	uint64_t variables;
	bool firmware_known;
	uint64_t roms;
	unsigned int vcpus;
	unsigned int iothreads;
	unsigned int qxl;
	unsigned int disks;
	unsigned int graphics;
	unsigned int vfio;
	bool vhost_user;
	bool hugepages;
	bool locked;
	uint64_t hard_limit;
};

/** vm_shape_default() - a VM with one vCPU, RAM and OVMF, of a QEMU that is not known */
void vm_shape_default(struct vm_shape *shape, uint64_t ram);

/* QEMU: pc.rom and isa-bios; acpi_setup(). */
#define VM_OWN_ROMS	((uint64_t)(128 + 128) << 10)
#define VM_ACPI_TABLES	((uint64_t)(2048 + 64 + 4) << 10)

/** vm_shape_blocks() - bytes of all memory that the guest sees, which QEMU has in RAM blocks */
uint64_t vm_shape_blocks(const struct vm_shape *shape);

/**
 * vm_shape_domain() - find the shape of a libvirt domain
 * @root: its <domain>
 * @why: set to what is wrong with it
 *
 * Return: false: it has no <memory>, or one that is not a size.
 */
bool vm_shape_domain(struct vm_shape *shape, const xmlNode *root, const char **why);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What QEMU takes besides a guest's memory: figures that differ by its version and build. A table
 * has those that were measured for this program; a host can measure its own (memlock/calibrate.h).
 */
#ifndef SEVADM_MEMLOCK_FIGURES_H
#define SEVADM_MEMLOCK_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/** define MEMLOCK_CALIBRATION - where a host keeps what it measured */
#define MEMLOCK_CALIBRATION	"/var/lib/sevadm/memlock.json"

#define MEMLOCK_QEMU(major, minor)	((major) * 1000 + (minor))

/**
 * enum memlock_figure - one figure, in bytes
 * @FIGURE_QEMU_ANONYMOUS: charged for QEMU itself and for what the kernel holds for the VM
 * @FIGURE_VCPU_ANONYMOUS: charged for each vCPU and each iothread
 * @FIGURE_GRAPHICS_CHARGE: charged for each VNC or SPICE server
 * @FIGURE_QEMU_LOCKED: what mlockall() makes of programs and libraries, charged once all is there
 * @FIGURE_STACK_LOCKED: the stack of each vCPU and each iothread, which mlockall() fills
 * @FIGURE_QEMU_MAPPED: address space of programs, libraries and the threads that each QEMU has
 * @FIGURE_VCPU_MAPPED: a vCPU's stack and arena of malloc(), with their guards
 * @FIGURE_IOTHREAD_MAPPED: the same of an iothread
 * @FIGURE_GRAPHICS_MAPPED: address space of each VNC or SPICE server
 * @FIGURE_QXL_MAPPED: that of each qxl adapter besides its memory
 * @FIGURE_WORKER_MAPPED: that of the worker that looks at a VM's disks
 */
enum memlock_figure {
	FIGURE_QEMU_ANONYMOUS,
	FIGURE_VCPU_ANONYMOUS,
	FIGURE_GRAPHICS_CHARGE,
	FIGURE_QEMU_LOCKED,
	FIGURE_STACK_LOCKED,
	FIGURE_QEMU_MAPPED,
	FIGURE_VCPU_MAPPED,
	FIGURE_IOTHREAD_MAPPED,
	FIGURE_GRAPHICS_MAPPED,
	FIGURE_QXL_MAPPED,
	FIGURE_WORKER_MAPPED,
	FIGURE_NR,
};

/**
 * struct memlock_figures - those of one QEMU
 * @version: MEMLOCK_QEMU() of it
 * @oldest_machine: MEMLOCK_QEMU() of the oldest pc-q35- and pc-i440fx- machine that it has
 * @lacks: libvirt's names of video models that it has not, separated by blanks
 * @bytes: the figures
 * @name: the version, as people write it
 * @source: who measured them, and how
 */
struct memlock_figures {
	unsigned int version;
	unsigned int oldest_machine;
	uint64_t bytes[FIGURE_NR];
	char name[32];
	char source[160];
	char lacks[64];
};

/** enum memlock_match - how figures fit a host */
enum memlock_match {
	MATCH_CALIBRATED,	/* measured on this host */
	MATCH_VERSION,		/* shipped, for this version of QEMU */
	MATCH_NEAREST,		/* shipped, for the version that comes nearest */
	MATCH_ASSUMED,		/* the host's QEMU is not known: those that ask for the most */
};

extern const char *const memlock_match_names[];

/* Keys of the figures in JSON. */
extern const char *const memlock_figure_keys[FIGURE_NR];

/**
 * memlock_figures_shipped() - those of a version, or of the one that comes nearest
 * @version: MEMLOCK_QEMU(); 0: not known
 */
const struct memlock_figures *memlock_figures_shipped(unsigned int version,
						      enum memlock_match *match);

/** memlock_figures_at() - the rows of the table in turn; NULL after the last */
const struct memlock_figures *memlock_figures_at(unsigned int i);

/** memlock_version() - MEMLOCK_QEMU() of a text such as 7.2.22; 0: it is none */
unsigned int memlock_version(const char *text);

/** memlock_figures_lack() - true: the QEMU has no such video model */
bool memlock_figures_lack(const struct memlock_figures *figures, const char *model);

/** memlock_figures_json() - as memlock_figures_load() reads it; the caller puts it */
struct json_object *memlock_figures_json(const struct memlock_figures *figures);

/**
 * memlock_figures_load() - read what a host measured
 * @why: set to what is wrong with it
 *
 * Return: 0, -ENOENT: there is no such file, -EACCES: it may not be read, or -EINVAL: it is none.
 */
int memlock_figures_load(const char *path, struct memlock_figures *figures, const char **why);

#endif

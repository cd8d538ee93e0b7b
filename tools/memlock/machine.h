/* SPDX-License-Identifier: GPL-2.0-only */
/* A tiny machine of QEMU's that is started to be looked at, and stays stopped. */
#ifndef SEVADM_MEMLOCK_MACHINE_H
#define SEVADM_MEMLOCK_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Threads that start before the memory is mapped find room for an arena of malloc() where a VM's
 * memory will be. With less they would not, and less would be needed than by a real VM.
 */
#define MACHINE_RAM_MIB		512
/* As Debian's small OVMF. */
#define MACHINE_CODE_BYTES	1966080
#define MACHINE_VARS_BYTES	131072

/* A machine that was asked to end and has not after that long is killed. */
extern int machine_patience_ms;

/**
 * struct machine_seen - what a machine took, in bytes
 * @started: it came up, and ended when it was asked to
 * @mapped: its address space
 * @usable: of that, what is not closed to all access, as the room of an arena of malloc() is
 * @resident: of that, what is in memory
 * @anonymous: of that, what belongs to no file
 * @code_buffer: what only a machine without KVM maps
 */
struct machine_seen {
	bool started;
	uint64_t mapped;
	uint64_t usable;
	uint64_t resident;
	uint64_t anonymous;
	uint64_t code_buffer;
};

/**
 * machine_start() - start a machine, look at it, and end it
 * @qemu: its program, looked for in PATH
 * @folder: a folder for its files
 * @more: arguments besides those that all have, NULL at the end
 * @limit: RLIMIT_MEMLOCK under which it locks all that it maps, without CAP_IPC_LOCK; 0: no lock
 *
 * Return: 0, or -errno: it could not even be tried; -ENOENT: @qemu could not be run.
 */
int machine_start(const char *qemu, const char *folder, const char *const *more, uint64_t limit,
		  struct machine_seen *seen);

#endif

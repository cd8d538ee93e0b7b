/* SPDX-License-Identifier: GPL-2.0-only */
/* Measuring what a host's QEMU takes, with machines that never run. */
#ifndef SEVADM_MEMLOCK_CALIBRATE_H
#define SEVADM_MEMLOCK_CALIBRATE_H

#include "memlock/figures.h"

/**
 * memlock_calibrate() - measure a QEMU
 * @qemu: the program
 *
 * Start machines of 512 MiB that stay stopped, one after the other, with arguments as libvirt gives
 * them; neither SEV nor KVM is needed. What mlockall() needs is found by bisection of
 * RLIMIT_MEMLOCK: who may not raise that limit gets an upper bound of it.
 *
 * Return: an exit code, and reports what went wrong.
 */
int memlock_calibrate(const char *qemu, struct memlock_figures *figures);

#endif

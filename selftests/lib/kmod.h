/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load and unload kernel modules, by the programs that the operator of a host would use.
 */
#ifndef SEVADM_KMOD_H
#define SEVADM_KMOD_H

#include <stdbool.h>
#include <stddef.h>

bool kmod_loaded(const char *name);
/* modprobe @name [@parameter] (may be NULL). False: failed, printed as a KTAP diagnostic. */
bool kmod_load(const char *name, const char *parameter);
bool kmod_unload(const char *name);
/* sevadm module load, sevadm module unload */
bool kmod_load_sevadm(void);
bool kmod_unload_sevadm(void);

#endif /* SEVADM_KMOD_H */

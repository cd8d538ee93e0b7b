/* SPDX-License-Identifier: GPL-2.0-only */
/* The version of the program. */
#ifndef SEVADM_VERSION_H
#define SEVADM_VERSION_H

extern const char sevadm_version[];

#endif

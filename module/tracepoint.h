/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as tracepoints. */
#ifndef SEVADM_TRACEPOINT_H
#define SEVADM_TRACEPOINT_H

#include <uapi/linux/sevadm.h>

void sevadm_tracepoint(const struct sevadm_event *event);

#endif /* SEVADM_TRACEPOINT_H */

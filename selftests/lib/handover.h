/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that a process hands to another one over a socket; neither waits. */
#ifndef SEVADM_HANDOVER_H
#define SEVADM_HANDOVER_H

#include <stdbool.h>

/* Sends @fd, and @note about it. */
bool handover_send(int socket, int fd, int note);
/* Returns a descriptor, and what was noted; -1: none has come. */
int handover_receive(int socket, int *note);

#endif /* SEVADM_HANDOVER_H */

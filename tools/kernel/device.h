/* SPDX-License-Identifier: GPL-2.0-only */
/* The event stream of /dev/sevadm. */
#ifndef SEVADM_DEVICE_H
#define SEVADM_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

/* Opens the device; the cursor is at the oldest event. Returns an exit code. */
int device_open(int *fd);

/* Places the cursor; @seq, or NULL: the number of the event that is read next. */
int device_seek(int fd, enum sevadm_seek whence, uint64_t *seq);

/*
 * Has the module filter what is read. One that is too old for that does not, which is not a
 * failure.
 */
int device_filter(int fd, const struct sevadm_event_filter *wanted);

/**
 * device_read() - hand all events that are there now to @handle
 * @fd: from device_open()
 * @handle: gets each event; returns an exit code, other than EXIT_OK ends the reading
 * @context: for @handle
 *
 * Return: an exit code.
 */
int device_read(int fd, int (*handle)(const struct sevadm_event *event, void *context),
		void *context);

#endif

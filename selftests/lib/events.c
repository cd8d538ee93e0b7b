// SPDX-License-Identifier: GPL-2.0-only
/* Readers of sevadm's event stream. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "events.h"

int events_open(__u64 *seq)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek), .whence = SEVADM_SEEK_NEWEST };
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK), err;

	if (fd < 0)
		return -1;
	if (ioctl(fd, SEVADM_IOC_EVENT_SEEK, &seek)) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	if (seq)
		*seq = seek.seq;
	return fd;
}

__u64 events_next(void)
{
	__u64 seq = 0;
	int fd = events_open(&seq);

	if (fd >= 0)
		close(fd);
	return seq;
}

int events_read(int fd, struct sevadm_event *events, size_t max)
{
	ssize_t length = read(fd, events, max * sizeof(*events));

	if (length < 0)
		return errno == EAGAIN ? 0 : -1;
	if (length % sizeof(*events)) {
		errno = EBADMSG;	/* uapi/linux/sevadm.h promises whole records */
		return -1;
	}
	return length / sizeof(*events);
}

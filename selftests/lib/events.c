// SPDX-License-Identifier: GPL-2.0-only
/* Readers of sevadm's event stream. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "events.h"
#include "kselftest.h"

int events_open(__u64 *seq)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek), .whence = SEVADM_SEEK_NEWEST };
	int fd = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, SEVADM_IOC_EVENT_SEEK, &seek))
		ksft_exit_fail_msg("%s: %s\n", SEVADM_DEVICE, strerror(errno));
	if (seq)
		*seq = seek.seq;
	return fd;
}

__u64 events_next(void)
{
	__u64 seq;

	close(events_open(&seq));
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

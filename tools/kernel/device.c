// SPDX-License-Identifier: GPL-2.0-only
/* The event stream of /dev/sevadm. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/errors.h"
#include "kernel/client.h"
#include "kernel/device.h"

/* Records grow with the interface: what a newer module adds at their end has room here. */
#define READ_SIZE (64 * 1024)

int device_open(int *fd)
{
	*fd = open(SEVADM_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*fd >= 0)
		return EXIT_OK;
	if (errno == EACCES || errno == EPERM)
		return fail(EXIT_REFUSED,
			    "not permitted to open " SEVADM_DEVICE
			    ": run as root or as a member of group sevadm");
	if (errno == EUSERS)
		return fail(EXIT_REFUSED, "too many programs have " SEVADM_DEVICE
			    " open: fuser -v " SEVADM_DEVICE " shows them; root is let in");
	if ((errno == ENOENT || errno == ENXIO || errno == ENODEV) && !client_module_loaded())
		return fail_absent();
	return fail(EXIT_REFUSED, "cannot open " SEVADM_DEVICE ": %s", strerror(errno));
}

int device_seek(int fd, enum sevadm_seek whence, uint64_t *seq)
{
	struct sevadm_event_seek seek = { .size = sizeof(seek), .whence = whence };

	if (ioctl(fd, SEVADM_IOC_EVENT_SEEK, &seek))
		return fail(EXIT_REFUSED, "cannot place the cursor of " SEVADM_DEVICE ": %s",
			    strerror(errno));
	if (seq)
		*seq = seek.seq;
	return EXIT_OK;
}

int device_filter(int fd, const struct sevadm_event_filter *wanted)
{
	struct sevadm_event_filter argument = *wanted;

	if (ioctl(fd, SEVADM_IOC_EVENT_FILTER, &argument) && errno != ENOTTY)
		return fail(EXIT_REFUSED, "the module refuses this choice of events: %s",
			    strerror(errno));
	return EXIT_OK;
}

/* Calls @handle for each record of @buffer; what an older module does not have reads as zero. */
static int hand_out(const char *buffer, size_t length,
		    int (*handle)(const struct sevadm_event *event, void *context), void *context)
{
	struct sevadm_event event;
	size_t size;
	int ret;

	while (length) {
		memset(&event, 0, sizeof(event));
		if (length < sizeof(event.size))
			return fail(EXIT_REFUSED, SEVADM_DEVICE " gave half a record");
		memcpy(&event.size, buffer, sizeof(event.size));
		size = event.size;
		if (size < sizeof(event.size) || size > length)
			return fail(EXIT_REFUSED, SEVADM_DEVICE " gave a record of a wrong size");
		memcpy(&event, buffer, size < sizeof(event) ? size : sizeof(event));
		ret = handle(&event, context);
		if (ret)
			return ret;
		buffer += size;
		length -= size;
	}
	return EXIT_OK;
}

int device_read(int fd, int (*handle)(const struct sevadm_event *event, void *context),
		void *context)
{
	static char buffer[READ_SIZE] __attribute__((aligned(8)));
	ssize_t length;
	int ret;

	for (;;) {
		length = read(fd, buffer, sizeof(buffer));
		if (length < 0 && errno == EINTR)
			continue;
		if (!length || (length < 0 && errno == EAGAIN))
			return EXIT_OK;
		if (length < 0)
			return fail(EXIT_REFUSED, "cannot read " SEVADM_DEVICE ": %s",
				    strerror(errno));
		ret = hand_out(buffer, length, handle, context);
		if (ret)
			return ret;
	}
}

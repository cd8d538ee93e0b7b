// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors over a socket: SCM_RIGHTS, unix(7). */
#include <string.h>
#include <sys/socket.h>

#include "handover.h"

bool handover_send(int socket, int fd, int note)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &note, sizeof(note) };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(socket, &message, MSG_DONTWAIT) > 0;
}

int handover_receive(int socket, int *note)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { note, sizeof(*note) };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header)
		memcpy(&fd, CMSG_DATA(header), sizeof(int));
	return fd;
}

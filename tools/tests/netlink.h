/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in of generic netlink: what a test sends comes to take_request() of that test, as it is
 * on the wire, and what that puts into the queue is received.
 */
#ifndef SEVADM_TEST_NETLINK_H
#define SEVADM_TEST_NETLINK_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/sevadm.h>
#include <linux/sevadm_netlink.h>

#include "test.h"

#define FAMILY		33
#define GROUP_NOTIFY	3
#define GROUP_EVENTS	4
#define ANSWERS_MAX	32
#define NO_OFFSET	UINT32_MAX

/* Gets what is sent to others, if there may be such. */
static ssize_t (*take_other)(const struct msghdr *msg);

/* Gets each request but those about families; the queue is empty. */
static void take_request(const struct nlmsghdr *request);

/*
 * The controller's error for questions about a family: ENOENT where it cannot be seen. The second
 * is about the controller itself.
 */
static int family_error, controller_error;

/* A test cannot go on; what it says is not captured. */
static inline void give_up(const char *why)
{
	if (capture_stdout)
		stdout = capture_stdout;
	ksft_exit_fail_msg("%s\n", why);
}

/* @error: errno of receiving instead of a datagram */
static struct datagram {
	char bytes[4096];
	size_t size;
	int error;
} answers[ANSWERS_MAX];

static unsigned int first_answer, nr_answers;

static struct datagram *next_datagram(void)
{
	if (nr_answers == ANSWERS_MAX)
		give_up("too many answers");
	answers[nr_answers].size = 0;
	answers[nr_answers].error = 0;
	return &answers[nr_answers++];
}

static inline void put_bytes(struct datagram *to, const void *bytes, size_t size)
{
	memset(to->bytes + to->size, 0, NLA_ALIGN(size));
	if (size)
		memcpy(to->bytes + to->size, bytes, size);
	to->size += NLA_ALIGN(size);
}

static inline void put_attribute(struct datagram *to, unsigned int type, const void *bytes,
				 size_t size)
{
	const struct nlattr head = { .nla_len = NLA_HDRLEN + size, .nla_type = type };

	put_bytes(to, &head, sizeof(head));
	put_bytes(to, bytes, size);
}

static inline void put_u32(struct datagram *to, unsigned int type, uint32_t value)
{
	put_attribute(to, type, &value, sizeof(value));
}

static inline void put_u64(struct datagram *to, unsigned int type, uint64_t value)
{
	put_attribute(to, type, &value, sizeof(value));
}

static inline void begin_message(struct datagram *to, const struct nlmsghdr *request,
				 unsigned int type, unsigned int flags)
{
	const struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_flags = flags,
				       .nlmsg_seq = request->nlmsg_seq,
				       .nlmsg_pid = request->nlmsg_pid };

	put_bytes(to, &head, sizeof(head));
}

static inline void end_message(struct datagram *to)
{
	((struct nlmsghdr *)to->bytes)->nlmsg_len = to->size;
}

static inline void answer_genl(struct datagram *to, const struct nlmsghdr *request,
			       unsigned int flags, unsigned int command)
{
	const struct genlmsghdr head = { .cmd = command, .version = 1 };

	begin_message(to, request, request->nlmsg_type, flags);
	put_bytes(to, &head, sizeof(head));
}

/* 0 is an acknowledgement; the words stand behind the request, which is cut off. */
static inline void answer_error(const struct nlmsghdr *request, int error, const char *words,
				uint32_t offset)
{
	const struct nlmsgerr body = { .error = -error, .msg = *request };
	struct datagram *to = next_datagram();

	begin_message(to, request, NLMSG_ERROR,
		      NLM_F_CAPPED | (words || offset != NO_OFFSET ? NLM_F_ACK_TLVS : 0));
	put_bytes(to, &body, sizeof(body));
	if (words)
		put_attribute(to, NLMSGERR_ATTR_MSG, words, strlen(words) + 1);
	if (offset != NO_OFFSET)
		put_u32(to, NLMSGERR_ATTR_OFFS, offset);
	end_message(to);
}

static inline void put_group(struct datagram *to, const char *name, uint32_t id)
{
	struct datagram group = {}, groups = {};

	put_attribute(&group, CTRL_ATTR_MCAST_GRP_NAME, name, strlen(name) + 1);
	put_u32(&group, CTRL_ATTR_MCAST_GRP_ID, id);
	put_attribute(&groups, 1 | NLA_F_NESTED, group.bytes, group.size);
	put_attribute(to, CTRL_ATTR_MCAST_GROUPS | NLA_F_NESTED, groups.bytes, groups.size);
}

/* The name is the only attribute of the question. */
static inline void answer_family(const struct nlmsghdr *request)
{
	const char *name = (const char *)NLMSG_DATA(request) + GENL_HDRLEN + NLA_HDRLEN;
	bool controller = !strcmp(name, "nlctrl");
	const uint16_t id = controller ? GENL_ID_CTRL : FAMILY;
	int error = controller ? controller_error : family_error;
	struct datagram *to;

	if (!controller)
		EXPECT_TEXT(name, SEVADM_GENL_NAME);
	if (!error) {
		to = next_datagram();
		answer_genl(to, request, 0, CTRL_CMD_NEWFAMILY);
		put_attribute(to, CTRL_ATTR_FAMILY_ID, &id, sizeof(id));
		put_attribute(to, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
		put_group(to, controller ? "notify" : SEVADM_GENL_MCGRP_EVENTS,
			  controller ? GROUP_NOTIFY : GROUP_EVENTS);
		end_message(to);
	}
	answer_error(request, error, NULL, NO_OFFSET);
}

/* The end of a dump. */
static inline void answer_done(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();
	const int done = 0;

	begin_message(to, request, NLMSG_DONE, NLM_F_MULTI);
	put_bytes(to, &done, sizeof(done));
	end_message(to);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static char bytes[65536] __attribute__((aligned(8)));
	const struct nlmsghdr *request = (const struct nlmsghdr *)bytes;
	size_t size = 0, i;

	(void)fd;
	(void)flags;
	if (msg->msg_name && ((const struct sockaddr *)msg->msg_name)->sa_family != AF_NETLINK)
		return take_other ? take_other(msg) : -1;
	for (i = 0; i < msg->msg_iovlen; i++) {
		memcpy(bytes + size, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
		size += msg->msg_iov[i].iov_len;
	}
	first_answer = 0;
	nr_answers = 0;
	if (request->nlmsg_type == GENL_ID_CTRL)
		answer_family(request);
	else
		take_request(request);
	return size;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	const struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	const struct datagram *answer = &answers[first_answer];

	(void)fd;
	if (first_answer == nr_answers)
		give_up("there is no answer left");
	if (!(flags & MSG_PEEK) || answer->error)
		first_answer++;
	if (answer->error) {
		errno = answer->error;
		return -1;
	}
	memcpy(msg->msg_iov[0].iov_base, answer->bytes,
	       answer->size < msg->msg_iov[0].iov_len ? answer->size : msg->msg_iov[0].iov_len);
	if (msg->msg_name)
		memcpy(msg->msg_name, &from, sizeof(from));
	msg->msg_namelen = sizeof(from);
	msg->msg_controllen = 0;
	msg->msg_flags = answer->size > msg->msg_iov[0].iov_len ? MSG_TRUNC : 0;
	return answer->size;
}

#endif /* SEVADM_TEST_NETLINK_H */

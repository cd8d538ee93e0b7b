// SPDX-License-Identifier: GPL-2.0-only
/*
 * Talk to sevadm's generic netlink family over a plain socket.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "genl.h"

#define REPLY_BYTES	(64 << 10)
/* A message of 8192 limits is longer than a socket's usual buffer. */
#define SEND_BYTES	(4 << 20)
#define ANSWER_MS	60000

static union {
	struct nlmsghdr header;
	unsigned char bytes[REPLY_BYTES];
} reply_buffer;

/* ---- requests ------------------------------------------------------------------------------- */

void genl_begin(struct genl_message *message, const struct genl *genl, uint8_t command,
		uint16_t flags)
{
	struct genlmsghdr *header = (void *)(message->bytes + NLMSG_HDRLEN);

	message->length = NLMSG_HDRLEN + GENL_HDRLEN;
	message->room = sizeof(message->bytes);
	message->overrun = false;
	memset(message->bytes, 0, message->length);
	message->header.nlmsg_type = genl->family;
	message->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	header->cmd = command;
	header->version = SEVADM_GENL_VERSION;
}

void genl_put(struct genl_message *message, uint16_t type, const void *data, size_t length)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + length, .nla_type = type };
	size_t step = NLA_ALIGN(NLA_HDRLEN + length);

	if (step > message->room - message->length || NLA_HDRLEN + length > UINT16_MAX) {
		message->overrun = true;
		return;
	}
	memset(message->bytes + message->length, 0, step);
	memcpy(message->bytes + message->length, &attr, sizeof(attr));
	if (length)
		memcpy(message->bytes + message->length + NLA_HDRLEN, data, length);
	message->length += step;
}

void genl_put_u32(struct genl_message *message, uint16_t type, uint32_t value)
{
	genl_put(message, type, &value, sizeof(value));
}

void genl_put_u64(struct genl_message *message, uint16_t type, uint64_t value)
{
	genl_put(message, type, &value, sizeof(value));
}

size_t genl_nest(struct genl_message *message, uint16_t type)
{
	size_t nest = message->length;

	genl_put(message, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void genl_nest_end(struct genl_message *message, size_t nest)
{
	uint16_t length = message->length - nest;

	memcpy(message->bytes + nest, &length, sizeof(length));
}

uint64_t genl_number(const struct nlattr *attr)
{
	uint64_t wide = 0;
	uint32_t narrow;

	if (genl_length(attr) == sizeof(wide)) {
		memcpy(&wide, genl_data(attr), sizeof(wide));
	} else if (genl_length(attr) == sizeof(narrow)) {
		memcpy(&narrow, genl_data(attr), sizeof(narrow));
		wide = narrow;
	}
	return wide;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* What an acknowledgement says beside the errno. */
static void take_text(struct genl *genl, const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);
	size_t skip = sizeof(*error), total, rest;
	const struct nlattr *attr;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_PAYLOAD(&error->msg, 0);
	total = NLMSG_PAYLOAD(header, skip);
	genl_for_each(attr, rest, (const void *)((const char *)error + skip), total)
		if (genl_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(genl->text, sizeof(genl->text), "%.*s", (int)genl_length(attr),
				 (const char *)genl_data(attr));
}

static ssize_t receive(struct genl *genl, int timeout_ms)
{
	struct pollfd pollfd = { .fd = genl->fd, .events = POLLIN };

	if (poll(&pollfd, 1, timeout_ms) <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(genl->fd, &reply_buffer, genl->room, 0);
}

static void show(const struct nlmsghdr *header, genl_reply_fn reply, void *argument)
{
	const char *first = (const char *)NLMSG_DATA(header) + GENL_HDRLEN;

	if (reply)
		reply((const void *)first, NLMSG_PAYLOAD(header, GENL_HDRLEN), argument);
}

/* -1: more is to come; else 0 or the errno. */
static int take(struct genl *genl, unsigned int length, genl_reply_fn reply, void *argument)
{
	const struct nlmsghdr *header;

	for (header = &reply_buffer.header; NLMSG_OK(header, length);
	     header = NLMSG_NEXT(header, length)) {
		if (header->nlmsg_type == NLMSG_ERROR) {
			take_text(genl, header);
			return -((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		}
		if (header->nlmsg_type == NLMSG_DONE)
			return -*(const int *)NLMSG_DATA(header);
		show(header, reply, argument);
	}
	return -1;
}

int genl_talk(struct genl *genl, struct genl_message *message, genl_reply_fn reply, void *argument)
{
	ssize_t got;
	int ret = -1;

	genl->text[0] = '\0';
	message->header.nlmsg_len = message->length;
	if (message->overrun)
		return EMSGSIZE;
	if (send(genl->fd, message->bytes, message->length, 0) < 0)
		return errno;
	while (ret < 0) {
		got = receive(genl, ANSWER_MS);
		if (got < 0)
			return errno;
		ret = take(genl, got, reply, argument);
	}
	return ret;
}

bool genl_event(struct genl *genl, int timeout_ms, genl_reply_fn reply, void *argument)
{
	ssize_t got = receive(genl, timeout_ms);

	if (got < (ssize_t)(NLMSG_HDRLEN + GENL_HDRLEN))
		return false;
	show(&reply_buffer.header, reply, argument);
	return true;
}

/* ---- the family ----------------------------------------------------------------------------- */

static void take_group(const struct nlattr *group, struct genl *genl)
{
	const struct nlattr *attr;
	bool named = false;
	uint32_t id = 0;
	size_t rest;

	genl_for_each(attr, rest, genl_data(group), genl_length(group)) {
		if (genl_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			named = !strcmp(genl_data(attr), SEVADM_GENL_MCGRP_EVENTS);
		else if (genl_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			id = genl_number(attr);
	}
	if (named)
		genl->events = id;
}

static void take_family(const struct nlattr *first, size_t length, void *argument)
{
	const struct nlattr *attr, *group;
	struct genl *genl = argument;
	size_t rest, left;

	genl_for_each(attr, rest, first, length) {
		if (genl_type(attr) == CTRL_ATTR_FAMILY_ID)
			genl->family = *(const uint16_t *)genl_data(attr);
		if (genl_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			genl_for_each(group, left, genl_data(attr), genl_length(attr))
				take_group(group, genl);
	}
}

int genl_open(struct genl *genl)
{
	return genl_open_small(genl, sizeof(reply_buffer));
}

int genl_open_small(struct genl *genl, size_t room)
{
	static struct genl_message message;
	int yes = 1, bytes = SEND_BYTES, err;

	*genl = (struct genl) { .family = GENL_ID_CTRL, .room = room };
	genl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (genl->fd < 0)
		return errno;
	setsockopt(genl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof(yes));
	setsockopt(genl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes));
	if (setsockopt(genl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(genl->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));

	genl_begin(&message, genl, CTRL_CMD_GETFAMILY, 0);
	genl_put(&message, CTRL_ATTR_FAMILY_NAME, SEVADM_GENL_NAME, sizeof(SEVADM_GENL_NAME));
	err = genl_talk(genl, &message, take_family, genl);
	if (err)
		genl_close(genl);
	return err;
}

void genl_close(struct genl *genl)
{
	close(genl->fd);
	genl->fd = -1;
}

int genl_join(struct genl *genl)
{
	return setsockopt(genl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl->events,
			  sizeof(genl->events)) ? errno : 0;
}

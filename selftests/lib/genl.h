/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Talk to sevadm's generic netlink family over a plain socket: nothing lies between the bytes of a
 * test and the kernel.
 */
#ifndef SEVADM_GENL_H
#define SEVADM_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

struct genl {
	int fd;
	uint16_t family;
	uint32_t events;	/* number of the multicast group */
	size_t room;		/* for one answer; the kernel makes those of a dump no longer */
	char text[256];		/* extended acknowledgement of the last request; "": none */
};

/* A request; what does not fit is left out, and @overrun says so. */
struct genl_message {
	size_t length, room;
	bool overrun;
	union {
		struct nlmsghdr header;
		unsigned char bytes[1 << 20];
	};
};

typedef void (*genl_reply_fn)(const struct nlattr *first, size_t length, void *argument);

/* 0, or the errno: ENOENT: there is no such family here. */
int genl_open(struct genl *genl);
/* The same, with room for answers of so many bytes only. */
int genl_open_small(struct genl *genl, size_t room);
void genl_close(struct genl *genl);
/* Become a member of group "events". 0, or the errno. */
int genl_join(struct genl *genl);

void genl_begin(struct genl_message *message, const struct genl *genl, uint8_t command,
		uint16_t flags);
void genl_put(struct genl_message *message, uint16_t type, const void *data, size_t length);
void genl_put_u32(struct genl_message *message, uint16_t type, uint32_t value);
void genl_put_u64(struct genl_message *message, uint16_t type, uint64_t value);
/* Everything put between the two goes into the nest. */
size_t genl_nest(struct genl_message *message, uint16_t type);
void genl_nest_end(struct genl_message *message, size_t nest);

/*
 * Sends, and takes the answer up to its acknowledgement; @reply (may be NULL) sees each message.
 * 0, or the errno.
 */
int genl_talk(struct genl *genl, struct genl_message *message, genl_reply_fn reply,
	      void *argument);
/* The attributes of the next message of the group, for @timeout_ms at most. False: none came. */
bool genl_event(struct genl *genl, int timeout_ms, genl_reply_fn reply, void *argument);

/* Goes over attributes. */
static inline const struct nlattr *genl_next(const struct nlattr *attr, size_t *length)
{
	size_t step = NLA_ALIGN(attr->nla_len);

	*length = step < *length ? *length - step : 0;
	return (const struct nlattr *)((const char *)attr + step);
}

static inline bool genl_ok(const struct nlattr *attr, size_t length)
{
	return length >= sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       attr->nla_len <= length;
}

static inline const void *genl_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline size_t genl_length(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static inline int genl_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

#define genl_for_each(attr, length, first, total)				\
	for ((attr) = (first), (length) = (total); genl_ok(attr, length);	\
	     (attr) = genl_next(attr, &(length)))

/* The number in an attribute of 4 or 8 bytes. */
uint64_t genl_number(const struct nlattr *attr);

#endif /* SEVADM_GENL_H */

// SPDX-License-Identifier: GPL-2.0-only
/* sevadm's limits by netlink. */
#include <errno.h>
#include <string.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "limits.h"

static struct nl_sock *sock;
static int family;

/* One exchange: what is looked for in a dump, and how it ended. */
struct exchange {
	uint32_t subject, resource;
	uint64_t id;
	struct limit *limit;
	bool found, done;
	int error;
};

/* One for each process: a socket that is shared would mix up the answers. */
int limits_open(void)
{
	sock = nl_socket_alloc();
	if (!sock || genl_connect(sock))
		return -ENOMEM;
	family = genl_ctrl_resolve(sock, SEVADM_GENL_NAME);
	return family < 0 ? -ENODEV : 0;
}

static uint64_t value(struct nlattr **attrs, int type)
{
	return attrs[type] ? nla_get_u64(attrs[type]) : 0;
}

static int on_valid(struct nl_msg *msg, void *argument)
{
	struct nlattr *attrs[SEVADM_A_LIMIT_MAX + 1];
	struct exchange *exchange = argument;

	if (!exchange->limit ||
	    genlmsg_parse(nlmsg_hdr(msg), 0, attrs, SEVADM_A_LIMIT_MAX, NULL) ||
	    !attrs[SEVADM_A_LIMIT_SUBJECT] || !attrs[SEVADM_A_LIMIT_RESOURCE] ||
	    nla_get_u32(attrs[SEVADM_A_LIMIT_SUBJECT]) != exchange->subject ||
	    nla_get_u32(attrs[SEVADM_A_LIMIT_RESOURCE]) != exchange->resource ||
	    value(attrs, SEVADM_A_LIMIT_ID) != exchange->id)
		return NL_OK;
	exchange->found = true;
	*exchange->limit = (struct limit) {
		.min = value(attrs, SEVADM_A_LIMIT_MIN_VALUE),
		.high = value(attrs, SEVADM_A_LIMIT_HIGH_VALUE),
		.max = value(attrs, SEVADM_A_LIMIT_MAX_VALUE),
		.current = value(attrs, SEVADM_A_LIMIT_CURRENT),
		.peak = value(attrs, SEVADM_A_LIMIT_PEAK),
		.high_events = value(attrs, SEVADM_A_LIMIT_HIGH_EVENTS),
		.max_events = value(attrs, SEVADM_A_LIMIT_MAX_EVENTS),
	};
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *argument)
{
	(void)msg;
	((struct exchange *)argument)->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *address, struct nlmsgerr *error, void *argument)
{
	struct exchange *exchange = argument;

	(void)address;
	exchange->error = error->error;
	exchange->done = true;
	return NL_STOP;
}

static int exchange(struct nl_msg *msg, struct exchange *exchange)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret = nl_send_auto(sock, msg);

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, exchange);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, exchange);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, exchange);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, exchange);
	while (ret >= 0 && !exchange->done)
		ret = nl_recvmsgs(sock, cb);
	nl_cb_put(cb);
	nlmsg_free(msg);
	return exchange->done ? exchange->error : -EIO;
}

static struct nl_msg *request(uint8_t command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, command, SEVADM_GENL_VERSION);
	return msg;
}

static void put_subject(struct nl_msg *msg, uint32_t subject, uint64_t id)
{
	nla_put_u32(msg, SEVADM_A_LIMIT_SUBJECT, subject);
	if (subject != SEVADM_SUBJECT_HOST)
		nla_put_u64(msg, SEVADM_A_LIMIT_ID, id);
}

int limit_set(uint32_t subject, uint64_t id, uint32_t resource, int knob, uint64_t value)
{
	struct nl_msg *msg = request(SEVADM_CMD_LIMIT_SET, NLM_F_ACK);
	struct exchange e = { 0 };

	put_subject(msg, subject, id);
	nla_put_u32(msg, SEVADM_A_LIMIT_RESOURCE, resource);
	nla_put_u64(msg, knob, value);
	return exchange(msg, &e);
}

int limit_delete(uint32_t subject, uint64_t id)
{
	struct nl_msg *msg = request(SEVADM_CMD_LIMIT_DELETE, NLM_F_ACK);
	struct exchange e = { 0 };

	put_subject(msg, subject, id);
	return exchange(msg, &e);
}

int limit_get(uint32_t subject, uint64_t id, uint32_t resource, struct limit *limit)
{
	struct exchange e = { .subject = subject, .id = id, .resource = resource, .limit = limit };
	int ret = exchange(request(SEVADM_CMD_LIMIT_GET, NLM_F_DUMP), &e);

	return ret ? ret : e.found ? 0 : -ENOENT;
}

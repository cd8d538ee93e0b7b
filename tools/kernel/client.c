// SPDX-License-Identifier: GPL-2.0-only
/* The client of generic netlink family "sevadm". */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/client.h"

/* Documentation/userspace-api/netlink/intro.rst: dumps go best with 32 KiB. */
#define RECEIVE_SIZE (32 * 1024)

/* VMs that come and go interrupt a dump; a host where this many in a row are is not well. */
#define DUMP_TRIES 20

#define ATTRIBUTES_MAX 32

static struct nl_sock *sock;
static int family;

/*
 * One request while its answer comes in. @own: attribute that asks for what is the caller's only;
 * 0.
 */
struct exchange {
	const struct attribute_table *table;
	const struct client_change *change;
	uint16_t own;
	bool dump;
	bool optional;
	struct json_object *result;
	uint32_t offset;
	int error;
	bool failed;
	bool done;
	char message[256];
};

bool client_module_loaded(void)
{
	return !access("/sys/module/sevadm", F_OK);
}

static struct json_object *table_to_json(const struct attribute_table *table, struct nlattr *head,
					 int length);

static struct json_object *nests_to_json(const struct attribute *row, struct nlattr *head,
					 int length)
{
	struct json_object *array = json_object_new_array();
	struct nlattr *nest;
	int rest;

	nla_for_each_attr(nest, head, length, rest)
		if (nla_type(nest) == row->type)
			json_object_array_add(array, table_to_json(row->nest, nla_data(nest),
								   nla_len(nest)));
	return array;
}

static struct json_object *attribute_to_json(const struct attribute *row, struct nlattr *attr)
{
	if (row->kind == ATTRIBUTE_FLAG)
		return json_object_new_boolean(!!attr);
	if (!attr)
		return NULL;
	switch (row->kind) {
	case ATTRIBUTE_U64:
		return json_u64(nla_get_u64(attr));
	case ATTRIBUTE_STRING:
		return json_text(nla_get_string(attr));
	case ATTRIBUTE_NEST:
		return table_to_json(row->nest, nla_data(attr), nla_len(attr));
	case ATTRIBUTE_NAME:
		return json_object_new_string(row->name(nla_get_u32(attr)));
	default:
		return json_u64(nla_get_u32(attr));
	}
}

/* NULL: the kernel's message is malformed. */
static struct json_object *table_to_json(const struct attribute_table *table, struct nlattr *head,
					 int length)
{
	static const uint8_t types[] = {
		[ATTRIBUTE_U32] = NLA_U32,	[ATTRIBUTE_U64] = NLA_U64,
		[ATTRIBUTE_STRING] = NLA_NUL_STRING, [ATTRIBUTE_FLAG] = NLA_FLAG,
		[ATTRIBUTE_NAME] = NLA_U32,	[ATTRIBUTE_NESTS] = NLA_NESTED,
		[ATTRIBUTE_NEST] = NLA_NESTED,
	};
	struct nla_policy policy[ATTRIBUTES_MAX] = {};
	struct nlattr *attrs[ATTRIBUTES_MAX];
	struct json_object *object;
	const struct attribute *row;

	for (row = table->rows; row < table->rows + table->nr; row++)
		policy[row->type].type = types[row->kind];
	if (nla_parse(attrs, ATTRIBUTES_MAX - 1, head, length, policy))
		return NULL;

	object = json_object_new_object();
	for (row = table->rows; row < table->rows + table->nr; row++)
		json_object_object_add(object, row->key, row->kind == ATTRIBUTE_NESTS ?
				       nests_to_json(row, head, length) :
				       attribute_to_json(row, attrs[row->type]));
	return object;
}

static int on_valid(struct nl_msg *msg, void *argument)
{
	struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(msg));
	struct exchange *exchange = argument;
	struct json_object *object;

	object = table_to_json(exchange->table, genlmsg_attrdata(header, 0),
			       genlmsg_attrlen(header, 0));
	if (!object) {
		exchange->failed = true;
		exchange->error = -EBADMSG;
	} else if (exchange->dump) {
		json_object_array_add(exchange->result, object);
	} else {
		json_object_put(exchange->result);
		exchange->result = object;
	}
	return NL_OK;
}

static void take_message(struct exchange *exchange, const void *tlvs, int length)
{
	struct nlattr *attr = nla_find(tlvs, length, NLMSGERR_ATTR_MSG);

	if (attr)
		nla_strlcpy(exchange->message, attr, sizeof(exchange->message));
	attr = nla_find(tlvs, length, NLMSGERR_ATTR_OFFS);
	if (attr && nla_len(attr) >= (int)sizeof(exchange->offset))
		exchange->offset = nla_get_u32(attr);
}

/*
 * An error's TLVs come after the request that it quotes, of which NETLINK_CAP_ACK cuts the payload.
 */
static int on_error(struct sockaddr_nl *address, struct nlmsgerr *error, void *argument)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)error - 1;
	struct exchange *exchange = argument;
	int offset = sizeof(*error);

	(void)address;
	exchange->failed = true;
	exchange->done = true;
	exchange->error = error->error;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += NLMSG_ALIGN(error->msg.nlmsg_len - sizeof(error->msg));
	if (header->nlmsg_flags & NLM_F_ACK_TLVS && NLMSG_PAYLOAD(header, 0) > (size_t)offset)
		take_message(exchange, (const char *)error + offset,
			     NLMSG_PAYLOAD(header, 0) - offset);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *argument)
{
	struct exchange *exchange = argument;

	(void)msg;
	exchange->done = true;
	return NL_STOP;
}

/* A dump that fails half way says so in NLMSG_DONE, which libnl does not look into. */
static int on_finish(struct nl_msg *msg, void *argument)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct exchange *exchange = argument;
	int error = 0;

	exchange->done = true;
	if (nlmsg_datalen(header) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(header), sizeof(error));
	if (error < 0) {
		exchange->failed = true;
		exchange->error = error;
		if (header->nlmsg_flags & NLM_F_ACK_TLVS)
			take_message(exchange, (char *)nlmsg_data(header) +
				     NLMSG_ALIGN(sizeof(error)),
				     nlmsg_datalen(header) - NLMSG_ALIGN(sizeof(error)));
	}
	return NL_STOP;
}

static int connect_family(void)
{
	int on = 1, ret;

	if (sock)
		return EXIT_OK;
	if (!client_module_loaded())
		return fail_absent();

	sock = nl_socket_alloc();
	if (!sock)
		return fail(EXIT_REFUSED, "out of memory");
	ret = genl_connect(sock);
	if (ret)
		return fail(EXIT_REFUSED, "cannot open generic netlink: %s", nl_geterror(ret));
	nl_socket_set_buffer_size(sock, RECEIVE_SIZE, 0);
	nl_socket_set_msg_buf_size(sock, RECEIVE_SIZE);
	/* Kernels without these options only leave their words out. */
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));

	family = genl_ctrl_resolve(sock, SEVADM_GENL_NAME);
	if (family == -NLE_OBJ_NOTFOUND)
		return fail(EXIT_ABSENT,
			    "the sevadm module is loaded, but its netlink family is not visible here: it exists only in the initial network namespace");
	if (family < 0)
		return fail(EXIT_REFUSED, "cannot resolve netlink family %s: %s", SEVADM_GENL_NAME,
			    nl_geterror(family));
	return EXIT_OK;
}

static int put_values(struct nl_msg *msg, const struct client_value *values, size_t nr)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < nr && !ret; i++)
		ret = values[i].row->kind == ATTRIBUTE_U64 ?
		      nla_put_u64(msg, values[i].row->type, values[i].number) :
		      nla_put_u32(msg, values[i].row->type, values[i].number);
	return ret;
}

/*
 * @room: that the attributes of a change need, which is more than the buffer a socket begins with.
 */
static struct nl_msg *new_message(size_t room)
{
	int size = NLMSG_HDRLEN + GENL_HDRLEN + room;

	/* What is not permitted here the kernel refuses to send, and says so. */
	setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return nlmsg_alloc_size(size);
}

static int send_request(const struct exchange *exchange, uint8_t command,
			const struct client_value *values, size_t nr)
{
	const struct client_change *change = exchange->change;
	struct nl_msg *msg = change && change->size ? new_message(change->size) : nlmsg_alloc();
	int flags = exchange->dump ? NLM_F_DUMP : NLM_F_ACK, ret = -NLE_NOMEM;

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, command,
			       SEVADM_GENL_VERSION)) {
		ret = change ? change->fill(msg, change->context) : put_values(msg, values, nr);
		if (!ret && exchange->own)
			ret = nla_put_flag(msg, exchange->own);
		if (!ret)
			ret = nl_send_auto(sock, msg);
	}
	nlmsg_free(msg);
	return ret < 0 ? ret : 0;
}

/* 0, or libnl's error when the exchange itself broke down. */
static int exchange_once(struct exchange *exchange, uint8_t command,
			 const struct client_value *values, size_t nr)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret;

	if (!cb)
		return -NLE_NOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, exchange);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, exchange);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, exchange);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, exchange);

	ret = send_request(exchange, command, values, nr);
	while (!ret && !exchange->done) {
		ret = nl_recvmsgs(sock, cb);
		if (ret > 0)
			ret = 0;
	}
	nl_cb_put(cb);
	return ret;
}

static int explain(const struct exchange *exchange)
{
	const struct client_change *change = exchange->change;
	int error = -exchange->error;

	if (error == EPERM && change)
		return fail(EXIT_REFUSED,
			    "not permitted: this concerns all users of the host and needs CAP_SYS_ADMIN in the initial user namespace: run it as root");
	if (error == EPERM)
		return fail(EXIT_REFUSED,
			    "not permitted: this shows the VMs of all users and needs CAP_PERFMON in the initial user namespace: run it as root");
	if (exchange->message[0] && change && change->refused)
		return change->refused(exchange->message, exchange->offset, change->context);
	if (exchange->message[0])
		return fail(EXIT_REFUSED, "%s", exchange->message);
	if (error == EOPNOTSUPP)
		return fail(EXIT_ABSENT,
			    "the sevadm module that is loaded is too old for this: load the one of this version");
	return fail(EXIT_REFUSED, "the kernel refused: %s", strerror(error));
}

/* An answer that the module does not have is not a failure for callers that can do without. */
static bool is_missing(const struct exchange *exchange)
{
	return exchange->optional && exchange->failed && exchange->error == -EOPNOTSUPP;
}

static int exchange_all(struct exchange *exchange, uint8_t command,
			const struct client_value *values, size_t nr)
{
	int tries, ret = EXIT_OK, broken = 0;

	ret = connect_family();
	if (ret)
		return ret;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		json_object_put(exchange->result);
		exchange->result = exchange->dump ? json_object_new_array() : NULL;
		exchange->done = false;
		broken = exchange_once(exchange, command, values, nr);
		if (broken != -NLE_DUMP_INTR)
			break;
	}
	if (broken == -NLE_DUMP_INTR)
		ret = fail(EXIT_REFUSED, "the list changed each of %d times it was read: try again",
			   DUMP_TRIES);
	else if (exchange->failed)
		ret = is_missing(exchange) ? EXIT_OK : explain(exchange);
	else if (broken)
		ret = fail(EXIT_REFUSED, "cannot talk to the module: %s", nl_geterror(broken));
	else if (!exchange->result && exchange->table)
		ret = fail(EXIT_REFUSED, "the module gave no answer");
	if (ret || is_missing(exchange)) {
		json_object_put(exchange->result);
		exchange->result = NULL;
	}
	return ret;
}

int client_request(uint8_t command, const struct client_value *values, size_t nr,
		   const struct attribute_table *table, struct json_object **result)
{
	struct exchange exchange = { .table = table };
	int ret = exchange_all(&exchange, command, values, nr);

	*result = exchange.result;
	return ret;
}

int client_do(uint8_t command, const struct attribute *id, uint64_t number,
	      const struct attribute_table *table, struct json_object **result)
{
	struct client_value value = { id, number };

	return client_request(command, &value, id ? 1 : 0, table, result);
}

int client_dump(uint8_t command, const struct attribute_table *table, struct json_object **result)
{
	struct exchange exchange = { .table = table, .dump = true };
	int ret = exchange_all(&exchange, command, NULL, 0);

	*result = exchange.result;
	return ret;
}

int client_dump_own(uint8_t command, uint16_t own, const struct attribute_table *table,
		    struct json_object **result)
{
	struct exchange exchange = { .table = table, .dump = true, .own = own };
	int ret = exchange_all(&exchange, command, NULL, 0);

	*result = exchange.result;
	return ret;
}

int client_try_dump(uint8_t command, const struct attribute_table *table,
		    struct json_object **result)
{
	struct exchange exchange = { .table = table, .dump = true, .optional = true };
	int ret = exchange_all(&exchange, command, NULL, 0);

	*result = exchange.result;
	return ret;
}

int client_change(uint8_t command, const struct client_change *change)
{
	struct exchange exchange = { .change = change };

	return exchange_all(&exchange, command, NULL, 0);
}

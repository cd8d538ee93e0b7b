// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and mutated requests to both interfaces of sevadm.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "fuzz.h"
#include "random.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define IOCTLS		16	/* numbers that are tried: those there are, and some that are not */
#define NESTS_MAX	6

static struct genl_message message;

/* ---- numbers -------------------------------------------------------------------------------- */

static uint64_t number(struct fuzz *fuzz)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 4, 5, 8, 64, 509, 4096, 1 << 20, INT32_MAX, UINT32_MAX,
		1ULL << 32, INT64_MAX, 1ULL << 63, UINT64_MAX - 4095, UINT64_MAX,
	};

	switch (random_below(&fuzz->random, 8)) {
	case 0:
		return random_next(&fuzz->random);
	case 1:
		return fuzz->ids[random_below(&fuzz->random, ARRAY_SIZE(fuzz->ids))];
	case 2:
		return random_below(&fuzz->random, 16) << 12;
	case 3:
	case 4:
		return random_below(&fuzz->random, 4);
	default:
		return edges[random_below(&fuzz->random, ARRAY_SIZE(edges))];
	}
}

static bool one_in(struct fuzz *fuzz, unsigned int chances)
{
	return !random_below(&fuzz->random, chances);
}

/* ---- messages ------------------------------------------------------------------------------- */

/* Attributes of a command that lead somewhere: bits of their numbers. */
struct shape {
	uint8_t command;
	uint16_t last;		/* highest attribute */
	uint64_t wide;		/* those of 8 bytes; the others have 4 */
	bool limit;		/* its attributes are those of a limit */
	bool dump;
};

#define LIMIT_WIDE	(1 << SEVADM_A_LIMIT_ID | 1 << SEVADM_A_LIMIT_MIN_VALUE |	\
			 1 << SEVADM_A_LIMIT_HIGH_VALUE | 1 << SEVADM_A_LIMIT_MAX_VALUE)

static const struct shape shapes[] = {
	{ SEVADM_CMD_LIMIT_SET, SEVADM_A_LIMIT_MAX_VALUE, LIMIT_WIDE, true, false },
	{ SEVADM_CMD_LIMIT_SET, SEVADM_A_LIMIT_MAX_VALUE, LIMIT_WIDE, true, false },
	{ SEVADM_CMD_LIMIT_DELETE, SEVADM_A_LIMIT_RESOURCE, LIMIT_WIDE, true, false },
	{ SEVADM_CMD_LIMIT_APPLY, SEVADM_A_APPLY_LIMIT, 0, false, false },
	{ SEVADM_CMD_LIMIT_GET, 0, 0, false, true },
	{ SEVADM_CMD_STATUS_GET, 0, 0, false, false },
	{ SEVADM_CMD_SEAM_GET, 0, 0, false, true },
	{ SEVADM_CMD_VM_GET, SEVADM_A_VM_ID, 1 << SEVADM_A_VM_ID, false, true },
	{ SEVADM_CMD_ASID_GET, SEVADM_A_ASID_ASID, 0, false, true },
	{ SEVADM_CMD_ADOPT, SEVADM_A_ADOPT_REGION_NPAGES, 0, false, false },
	{ SEVADM_CMD_STATS_GET, 0, 0, false, true },
	{ SEVADM_CMD_STATS_RESET, 0, 0, false, false },
};

static const struct shape *const limit_shape = &shapes[0];

/* A subject that mostly is there. Returns the first attribute behind it. */
static uint16_t put_subject(struct fuzz *fuzz)
{
	uint32_t kind = random_below(&fuzz->random, 3);

	genl_put_u32(&message, SEVADM_A_LIMIT_SUBJECT, kind);
	if (one_in(fuzz, 8))
		genl_put_u64(&message, SEVADM_A_LIMIT_ID, number(fuzz));
	else if (kind != SEVADM_SUBJECT_HOST)
		genl_put_u64(&message, SEVADM_A_LIMIT_ID,
			     fuzz->ids[kind != SEVADM_SUBJECT_CGROUP]);
	return SEVADM_A_LIMIT_RESOURCE;
}

static void put_attributes(struct fuzz *fuzz, const struct shape *shape)
{
	uint16_t type = 1;

	if (shape->limit && !one_in(fuzz, 8))
		type = put_subject(fuzz);
	for (; type <= shape->last; type++) {
		if (one_in(fuzz, type == SEVADM_A_LIMIT_RESOURCE ? 16 : 3))
			continue;
		if (shape->wide & 1ULL << type)
			genl_put_u64(&message, type, number(fuzz));
		else if (one_in(fuzz, 16))
			genl_put_u32(&message, type, number(fuzz));
		else
			genl_put_u32(&message, type, random_below(&fuzz->random, 3));
	}
}

static void put_nests(struct fuzz *fuzz, uint16_t type)
{
	uint64_t nr = random_below(&fuzz->random, NESTS_MAX);
	size_t nest;

	while (nr--) {
		nest = genl_nest(&message, type);
		put_attributes(fuzz, limit_shape);
		genl_nest_end(&message, nest);
	}
}

/* An attribute of any type, length and content. */
static void put_noise(struct fuzz *fuzz)
{
	unsigned char bytes[256];
	size_t length = random_below(&fuzz->random, sizeof(bytes)), i;

	for (i = 0; i < length; i++)
		bytes[i] = random_next(&fuzz->random) >> 32;
	genl_put(&message, random_next(&fuzz->random) >> (one_in(fuzz, 2) ? 48 : 60), bytes,
		 length);
}

/* Some bytes of the message, its header's length and type aside, become others. */
static void mutate(struct fuzz *fuzz)
{
	size_t from = NLMSG_HDRLEN + (one_in(fuzz, 4) ? 0 : GENL_HDRLEN), at;
	uint64_t times = 1 + random_below(&fuzz->random, 4);

	while (times-- && message.length > from) {
		at = from + random_below(&fuzz->random, message.length - from);
		if (one_in(fuzz, 2))
			message.bytes[at] ^= 1 << random_below(&fuzz->random, 8);
		else
			message.bytes[at] = number(fuzz);
	}
}

static uint16_t some_flags(struct fuzz *fuzz, const struct shape *shape)
{
	static const uint16_t flags[] = { NLM_F_DUMP, NLM_F_ROOT, NLM_F_ECHO,
					  NLM_F_REPLACE | NLM_F_CREATE };

	if (one_in(fuzz, 16))
		return flags[random_below(&fuzz->random, ARRAY_SIZE(flags))];
	return shape->dump && one_in(fuzz, 2) ? NLM_F_DUMP : 0;
}

/* What came in answer: nothing, an error, or data and a good end. */
static void drain(struct fuzz *fuzz)
{
	static union {
		struct nlmsghdr header;
		unsigned char bytes[64 << 10];
	} answer;
	const struct nlmsghdr *header;
	bool any = false, bad = false;
	unsigned int length;
	ssize_t got;

	while ((got = recv(fuzz->genl.fd, &answer, sizeof(answer), MSG_DONTWAIT)) > 0) {
		any = true;
		length = got;
		for (header = &answer.header; NLMSG_OK(header, length);
		     header = NLMSG_NEXT(header, length))
			bad |= header->nlmsg_type == NLMSG_ERROR &&
			       ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
	}
	if (!any)
		fuzz->silent++;
	else if (bad)
		fuzz->refused++;
	else
		fuzz->done++;
}

void fuzz_message(struct fuzz *fuzz)
{
	const struct shape *shape = &shapes[random_below(&fuzz->random, ARRAY_SIZE(shapes))];
	uint8_t command = one_in(fuzz, 16) ? number(fuzz) : shape->command;
	size_t length;

	genl_begin(&message, &fuzz->genl, command, some_flags(fuzz, shape));
	if (shape->command == SEVADM_CMD_LIMIT_APPLY)
		put_nests(fuzz, SEVADM_A_APPLY_LIMIT);
	else
		put_attributes(fuzz, shape);
	if (one_in(fuzz, 8))
		put_noise(fuzz);
	if (one_in(fuzz, 4))
		mutate(fuzz);
	length = message.length;
	if (one_in(fuzz, 16))
		length = NLMSG_HDRLEN + random_below(&fuzz->random, length);
	message.header.nlmsg_len = one_in(fuzz, 32) ? number(fuzz) : length;
	if (send(fuzz->genl.fd, message.bytes, length, MSG_DONTWAIT) < 0)
		fuzz->refused++;
	else
		drain(fuzz);
}

/* ---- the device ----------------------------------------------------------------------------- */

/* By number of the ioctl. */
static const uint32_t sizes[] = {
	sizeof(struct sevadm_event_seek), sizeof(struct sevadm_pool_query),
	sizeof(struct sevadm_asid_query), sizeof(struct sevadm_vm_query),
	sizeof(struct sevadm_lease), sizeof(struct sevadm_lease_release),
	sizeof(struct sevadm_event_filter),
};

static int fuzz_ioctl(struct fuzz *fuzz)
{
	union {
		uint32_t words[1024];
		uint64_t wide[512];
	} argument = { 0 };
	uint32_t row = random_below(&fuzz->random, ARRAY_SIZE(sizes));
	unsigned long command = _IO(SEVADM_IOC_MAGIC, row);
	size_t i, words = sizes[row] / sizeof(argument.words[0]);
	void *address = &argument;

	for (i = 1; i < words; i++)
		argument.words[i] = one_in(fuzz, 2) ? 0 : number(fuzz);
	argument.words[0] = one_in(fuzz, 8) ? number(fuzz) : sizes[row];
	if (one_in(fuzz, 8))
		argument.words[random_below(&fuzz->random, 1024)] = number(fuzz);
	if (one_in(fuzz, 16))
		command = one_in(fuzz, 2) ? random_next(&fuzz->random) :
			  (unsigned long)_IO(SEVADM_IOC_MAGIC,
					     random_below(&fuzz->random, IOCTLS));
	/* Never an address where the kernel's answer would change this program. */
	if (one_in(fuzz, 32))
		address = (void *)(one_in(fuzz, 2) ? 0 : UINT64_MAX - 4096);
	return ioctl(fuzz->device, command, address);
}

void fuzz_device(struct fuzz *fuzz)
{
	struct pollfd pollfd = { .fd = fuzz->device, .events = POLLIN };
	static unsigned char bytes[1 << 16];
	ssize_t ret;

	switch (random_below(&fuzz->random, 8)) {
	case 0:
		ret = read(fuzz->device, one_in(fuzz, 16) ? NULL : bytes,
			   random_below(&fuzz->random, sizeof(bytes)));
		break;
	case 1:
		ret = one_in(fuzz, 2) ? write(fuzz->device, bytes, 1) : poll(&pollfd, 1, 0);
		break;
	default:
		ret = fuzz_ioctl(fuzz);
	}
	if (ret < 0)
		fuzz->refused++;
	else
		fuzz->done++;
}

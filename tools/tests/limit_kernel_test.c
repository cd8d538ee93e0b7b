// SPDX-License-Identifier: GPL-2.0-only
/*
 * What limits ask of the module: a stand-in of generic netlink notes each request, as it is on the
 * wire, and answers. Commands run as sevadm runs them.
 */
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/sevadm_netlink.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "config/config.h"
#include "limit/limit.h"
#include "folder.h"
#include "test.h"

#define FAMILY		33
#define ANSWERS_MAX	8
#define NO_OFFSET	UINT32_MAX

static char folder[] = "/tmp/sevadm-limits-XXXXXX";

/* ---- the module ----------------------------------------------------------------------------- */

/**
 * struct kernel - how it answers, and what it was asked
 * @error: errno of the next change
 * @words: what it says of that; NULL: nothing
 * @at: which of the limits of an application it points at, from 1; 0: none
 * @snp: it has ASIDs for SEV-SNP guests alone
 * @asked: a line for each request
 */
static struct {
	int error;
	const char *words;
	unsigned int at;
	bool snp;
	char asked[4096];
} kernel;

static struct datagram {
	char bytes[4096];
	size_t size;
} answers[ANSWERS_MAX];

static unsigned int first_answer, nr_answers;

static struct datagram *next_datagram(void)
{
	if (nr_answers == ANSWERS_MAX)
		ksft_exit_fail_msg("too many answers\n");
	answers[nr_answers].size = 0;
	return &answers[nr_answers++];
}

static void put_bytes(struct datagram *to, const void *bytes, size_t size)
{
	memset(to->bytes + to->size, 0, NLA_ALIGN(size));
	memcpy(to->bytes + to->size, bytes, size);
	to->size += NLA_ALIGN(size);
}

static void put_attribute(struct datagram *to, unsigned int type, const void *bytes, size_t size)
{
	const struct nlattr head = { .nla_len = NLA_HDRLEN + size, .nla_type = type };

	put_bytes(to, &head, sizeof(head));
	put_bytes(to, bytes, size);
}

static void put_u32(struct datagram *to, unsigned int type, uint32_t value)
{
	put_attribute(to, type, &value, sizeof(value));
}

static void put_u64(struct datagram *to, unsigned int type, uint64_t value)
{
	put_attribute(to, type, &value, sizeof(value));
}

static void begin_message(struct datagram *to, const struct nlmsghdr *request, unsigned int type,
			  unsigned int flags)
{
	const struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_flags = flags,
				       .nlmsg_seq = request->nlmsg_seq,
				       .nlmsg_pid = request->nlmsg_pid };

	put_bytes(to, &head, sizeof(head));
}

static void end_message(struct datagram *to)
{
	((struct nlmsghdr *)to->bytes)->nlmsg_len = to->size;
}

static void answer_genl(struct datagram *to, const struct nlmsghdr *request, unsigned int flags,
			unsigned int command)
{
	const struct genlmsghdr head = { .cmd = command, .version = 1 };

	begin_message(to, request, request->nlmsg_type, flags);
	put_bytes(to, &head, sizeof(head));
}

/* 0 is an acknowledgement; the words stand behind the request, which is cut off. */
static void answer_error(const struct nlmsghdr *request, int error, const char *words,
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

static void answer_family(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();
	const uint16_t id = FAMILY;

	answer_genl(to, request, 0, CTRL_CMD_NEWFAMILY);
	put_attribute(to, CTRL_ATTR_FAMILY_ID, &id, sizeof(id));
	put_attribute(to, CTRL_ATTR_FAMILY_NAME, SEVADM_GENL_NAME, sizeof(SEVADM_GENL_NAME));
	end_message(to);
	answer_error(request, 0, NULL, NO_OFFSET);
}

static void answer_status(const struct nlmsghdr *request)
{
	static const uint32_t capacities[] = {
		[SEVADM_POOL_SEV] = 8, [SEVADM_POOL_SEV_ES] = 4, [SEVADM_POOL_SEV_SNP] = 10,
	};
	struct datagram *to = next_datagram(), pool;
	unsigned int i;

	answer_genl(to, request, 0, SEVADM_CMD_STATUS_GET);
	for (i = 0; i < (kernel.snp ? 3U : 2U); i++) {
		pool.size = 0;
		put_u32(&pool, SEVADM_A_POOL_POOL, i);
		put_u32(&pool, SEVADM_A_POOL_CAPACITY, capacities[i]);
		put_attribute(to, SEVADM_A_STATUS_POOL | NLA_F_NESTED, pool.bytes, pool.size);
	}
	end_message(to);
	answer_error(request, 0, NULL, NO_OFFSET);
}

/* Of a cgroup that has gone, and of a resource that has no word here, nothing is shown. */
static void answer_limits(const struct nlmsghdr *request)
{
	static const struct {
		uint32_t subject, resource;
		uint64_t id, min, high, max;
		const char *cgroup;
	} rows[] = {
		{ LIMIT_HOST, LIMIT_PIN, 0, 0, SEVADM_LIMIT_MAX, 1ULL << 30, NULL },
		{ LIMIT_USER, LIMIT_ASID_SEV, 1000, 2, 5, SEVADM_LIMIT_MAX, NULL },
		{ LIMIT_CGROUP, LIMIT_PIN, 7, 0, 64 << 20, SEVADM_LIMIT_MAX, "/slice" },
		{ LIMIT_CGROUP, LIMIT_PIN, 8, 0, 1 << 20, SEVADM_LIMIT_MAX, NULL },
		{ LIMIT_HOST, 77, 0, 0, 1, 1, NULL },
		{ 9, LIMIT_PIN, 0, 0, 1, 1, NULL },
	};
	struct datagram *to;
	int done = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to = next_datagram();
		answer_genl(to, request, NLM_F_MULTI, SEVADM_CMD_LIMIT_GET);
		put_u32(to, SEVADM_A_LIMIT_SUBJECT, rows[i].subject);
		put_u64(to, SEVADM_A_LIMIT_ID, rows[i].id);
		put_u32(to, SEVADM_A_LIMIT_RESOURCE, rows[i].resource);
		if (rows[i].resource != LIMIT_PIN)
			put_u64(to, SEVADM_A_LIMIT_MIN_VALUE, rows[i].min);
		put_u64(to, SEVADM_A_LIMIT_HIGH_VALUE, rows[i].high);
		put_u64(to, SEVADM_A_LIMIT_MAX_VALUE, rows[i].max);
		if (rows[i].cgroup)
			put_attribute(to, SEVADM_A_LIMIT_CGROUP, rows[i].cgroup,
				      strlen(rows[i].cgroup) + 1);
		put_u64(to, SEVADM_A_LIMIT_CURRENT, 10 + i);
		put_u64(to, SEVADM_A_LIMIT_PEAK, 20 + i);
		put_u64(to, SEVADM_A_LIMIT_HIGH_EVENTS, 30 + i);
		put_u64(to, SEVADM_A_LIMIT_MAX_EVENTS, 40 + i);
		end_message(to);
	}
	to = next_datagram();
	begin_message(to, request, NLMSG_DONE, NLM_F_MULTI);
	put_bytes(to, &done, sizeof(done));
	end_message(to);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void note(const char *format, ...)
{
	size_t length = strlen(kernel.asked);
	va_list args;

	va_start(args, format);
	vsnprintf(kernel.asked + length, sizeof(kernel.asked) - length, format, args);
	va_end(args);
}

/* " TYPE:NUMBER" for each attribute; notes where the limit begins that an answer points at. */
static void note_attributes(const char *bytes, size_t size, const char *message, uint32_t *offset)
{
	const struct nlattr *head = (const struct nlattr *)bytes;
	const char *end = bytes + size;
	unsigned int nr = 0;
	uint64_t number;

	for (; (const char *)head + NLA_HDRLEN <= end;
	     head = (const struct nlattr *)((const char *)head + NLA_ALIGN(head->nla_len))) {
		const char *data = (const char *)head + NLA_HDRLEN;
		size_t length = head->nla_len - NLA_HDRLEN;

		if (length > sizeof(number)) {
			if (++nr == kernel.at)
				*offset = (const char *)head - message;
			note(" [");
			note_attributes(data, length, message, offset);
			note(" ]");
			continue;
		}
		number = 0;
		memcpy(&number, data, length);
		note(" %u:%llu", head->nla_type, (unsigned long long)number);
	}
}

static void take_request(const struct nlmsghdr *request)
{
	const struct genlmsghdr *head = NLMSG_DATA(request);
	static const char *const names[] = {
		[SEVADM_CMD_STATUS_GET] = "status", [SEVADM_CMD_LIMIT_GET] = "get",
		[SEVADM_CMD_LIMIT_SET] = "set", [SEVADM_CMD_LIMIT_DELETE] = "delete",
		[SEVADM_CMD_LIMIT_APPLY] = "apply",
	};
	const char *attributes = (const char *)head + GENL_HDRLEN;
	uint32_t offset = NO_OFFSET;

	first_answer = 0;
	nr_answers = 0;
	if (request->nlmsg_type == GENL_ID_CTRL) {
		answer_family(request);
		return;
	}
	EXPECT_NUMBER(request->nlmsg_type, FAMILY);
	EXPECT(head->cmd < ARRAY_SIZE(names) && names[head->cmd]);
	note("%s", names[head->cmd]);
	note_attributes(attributes, (const char *)request + request->nlmsg_len - attributes,
			(const char *)request, &offset);
	note("\n");
	switch (head->cmd) {
	case SEVADM_CMD_STATUS_GET:
		answer_status(request);
		break;
	case SEVADM_CMD_LIMIT_GET:
		EXPECT_NUMBER(request->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
		answer_limits(request);
		break;
	default:
		answer_error(request, kernel.error, kernel.words, offset);
	}
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static char bytes[65536] __attribute__((aligned(8)));
	size_t size = 0, i;

	(void)fd;
	(void)flags;
	for (i = 0; i < msg->msg_iovlen; i++) {
		memcpy(bytes + size, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
		size += msg->msg_iov[i].iov_len;
	}
	take_request((const struct nlmsghdr *)bytes);
	return size;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	const struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	const struct datagram *answer = &answers[first_answer];

	(void)fd;
	if (first_answer == nr_answers)
		ksft_exit_fail_msg("there is no answer left: %s\n", kernel.asked);
	if (!(flags & MSG_PEEK))
		first_answer++;
	memcpy(msg->msg_iov[0].iov_base, answer->bytes,
	       answer->size < msg->msg_iov[0].iov_len ? answer->size : msg->msg_iov[0].iov_len);
	if (msg->msg_name)
		memcpy(msg->msg_name, &from, sizeof(from));
	msg->msg_namelen = sizeof(from);
	msg->msg_controllen = 0;
	msg->msg_flags = answer->size > msg->msg_iov[0].iov_len ? MSG_TRUNC : 0;
	return answer->size;
}

/* The module is loaded. */
int access(const char *path, int mode)
{
	(void)mode;
	return strcmp(path, "/sys/module/sevadm") ? -1 : 0;
}

/* The only cgroups are those of this folder. */
FILE *setmntent(const char *path, const char *mode)
{
	char name[sizeof(folder) + 16];

	(void)path;
	snprintf(name, sizeof(name), "%s/mounts", folder);
	return fopen(name, mode);
}

/* ---- commands ------------------------------------------------------------------------------- */

static void begin(void)
{
	memset(&kernel, 0, sizeof(kernel));
	output_json = false;
}

/* Runs a command of a table, by its words; what it asks, prints and says is kept. */
static int run(const struct command *commands, const char *words)
{
	char copy[512], *argv[16], *word, *rest;
	const struct command *command;
	int argc = 0, ret;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	for (command = commands; strcmp(command->name, argv[0]); command++)
		;
	kernel.asked[0] = '\0';
	capture_begin();
	ret = command->run(argc - 1, argv + 1);
	capture_end();
	return ret;
}

static void limits_are_set(void)
{
	static const struct {
		const char *words, *asked;
		bool snp;
	} rows[] = {
		{ "set host pin.max=1G", "set 1:0 3:0 6:1073741824\n" },
		{ "set host pin.high=512M pin.max=max",
		  "set 1:0 3:0 5:536870912 6:18446744073709551615\n" },
		/* Whole pages. */
		{ "set host pin.max=8191", "set 1:0 3:0 6:4096\n" },
		{ "set host private.max=8191", "set 1:0 3:3 6:4096\n" },
		{ "set user 1000 asid.sev.max=3", "set 1:1 2:1000 3:1 6:3\n" },
		{ "set user 1000 asid.sev.min=1 asid.sev.high=2 asid.sev.max=3",
		  "set 1:1 2:1000 3:1 4:1 5:2 6:3\n" },
		/* Shares of a pool, which is asked for once. */
		{ "set user 1000 asid.sev.max=50%", "status\nset 1:1 2:1000 3:1 6:4\n" },
		{ "set user 7 asid.sev_es.min=25% asid.sev_es.max=100%",
		  "status\nset 1:1 2:7 3:2 4:1 6:4\n" },
		{ "set host asid.sev_snp.max=50%", "status\nset 1:0 3:4 6:5\n", true },
		/* What can be refused comes first. */
		{ "set user 7 pin.max=1G asid.sev.min=1",
		  "set 1:1 2:7 3:1 4:1\nset 1:1 2:7 3:0 6:1073741824\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		kernel.snp = rows[i].snp;
		EXPECT_NUMBER(run(limit_commands, rows[i].words), EXIT_OK);
		EXPECT_TEXT(kernel.asked, rows[i].asked);
		EXPECT_TEXT(captured, "");
		EXPECT_TEXT(captured_errors, "");
	}
}

static void limits_as_shares_of_memory(void)
{
	uint64_t pages = sysconf(_SC_PHYS_PAGES), page = getpagesize();
	char asked[64];

	begin();
	EXPECT_NUMBER(run(limit_commands, "set host pin.max=100%"), EXIT_OK);
	snprintf(asked, sizeof(asked), "set 1:0 3:0 6:%llu\n", (unsigned long long)(pages * page));
	EXPECT_TEXT(kernel.asked, asked);
	EXPECT_NUMBER(run(limit_commands, "set host private.high=50%"), EXIT_OK);
	snprintf(asked, sizeof(asked), "set 1:0 3:3 5:%llu\n", (unsigned long long)(pages / 2 * page));
	EXPECT_TEXT(kernel.asked, asked);
}

static void limits_of_cgroups(void)
{
	char name[64], asked[64];
	struct stat status;

	begin();
	snprintf(name, sizeof(name), "%s/slice", folder);
	EXPECT(!stat(name, &status));
	EXPECT_NUMBER(run(limit_commands, "set cgroup /slice pin.max=4096"), EXIT_OK);
	snprintf(asked, sizeof(asked), "set 1:2 2:%llu 3:0 6:4096\n",
		 (unsigned long long)status.st_ino);
	EXPECT_TEXT(kernel.asked, asked);
	EXPECT_NUMBER(run(limit_commands, "delete cgroup /slice"), EXIT_OK);
	snprintf(asked, sizeof(asked), "delete 1:2 2:%llu\n", (unsigned long long)status.st_ino);
	EXPECT_TEXT(kernel.asked, asked);

	EXPECT_NUMBER(run(limit_commands, "set cgroup /mounts pin.max=4096"), EXIT_REFUSED);
	EXPECT_TEXT(kernel.asked, "");
	EXPECT(strstr(captured_errors, "there is no cgroup /mounts: systemd-cgls shows"));
	EXPECT_NUMBER(run(limit_commands, "delete cgroup /none"), EXIT_REFUSED);
	EXPECT_TEXT(kernel.asked, "");
	EXPECT(strstr(captured_errors, "there is no cgroup /none"));
}

static void limits_are_lifted(void)
{
	static const struct {
		const char *words, *asked;
	} rows[] = {
		{ "delete host", "delete 1:0\n" },
		{ "delete user 1000", "delete 1:1 2:1000\n" },
		{ "delete user 1000 pin", "delete 1:1 2:1000 3:0\n" },
		{ "delete host asid.sev_snp private", "delete 1:0 3:4\ndelete 1:0 3:3\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		EXPECT_NUMBER(run(limit_commands, rows[i].words), EXIT_OK);
		EXPECT_TEXT(kernel.asked, rows[i].asked);
		EXPECT_TEXT(captured_errors, "");
	}
}

/* The kernel's words, or what its number means; nothing is asked after that. */
static void changes_are_refused(void)
{
	static const struct {
		int error;
		const char *words;
		int exit;
		const char *said;
	} rows[] = {
		{ ENOSPC, "3 ASIDs are left", EXIT_REFUSED, "sevadm: 3 ASIDs are left\n" },
		{ EINVAL, NULL, EXIT_REFUSED, "sevadm: the kernel refused: Invalid argument\n" },
		{ EOPNOTSUPP, NULL, EXIT_ABSENT,
		  "sevadm: the sevadm module that is loaded is too old for this: load the one of this version\n" },
		{ EPERM, "no", EXIT_REFUSED,
		  "sevadm: not permitted: this concerns all users of the host and needs CAP_SYS_ADMIN in the initial user namespace: run it as root\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		kernel.error = rows[i].error;
		kernel.words = rows[i].words;
		EXPECT_NUMBER(run(limit_commands, "set host pin.max=1G asid.sev.max=1"), rows[i].exit);
		EXPECT_TEXT(kernel.asked, "set 1:0 3:1 6:1\n");
		EXPECT_TEXT(captured_errors, rows[i].said);
		EXPECT_NUMBER(run(limit_commands, "delete host pin asid.sev"), rows[i].exit);
		EXPECT_TEXT(kernel.asked, "delete 1:0 3:0\n");
		EXPECT_TEXT(captured_errors, rows[i].said);
	}
	begin();
	EXPECT_NUMBER(run(limit_commands, "set host asid.sev_snp.max=50%"), EXIT_REFUSED);
	EXPECT_TEXT(kernel.asked, "status\n");
	EXPECT(strstr(captured_errors, "no share of asid.sev_snp can be had"));
}

static void limits_are_listed(void)
{
	begin();
	EXPECT_NUMBER(run(limit_commands, "list"), EXIT_OK);
	EXPECT_TEXT(kernel.asked, "get\n");
	EXPECT_TEXT(captured,
		    "SUBJECT        RESOURCE  MIN  HIGH      MAX      CURRENT  PEAK  PASSED  REFUSED\n"
		    "host           pin       -    -         1.0 GiB  10 B     20 B  30      40\n"
		    "user 1000      asid.sev  2    5         -        11       21    31      41\n"
		    "cgroup /slice  pin       -    64.0 MiB  -        12 B     22 B  32      42\n");
	output_json = true;
	EXPECT_NUMBER(run(limit_commands, "list"), EXIT_OK);
	output_json = false;
	EXPECT(strstr(captured, "{\"subject\":\"user 1000\",\"resource\":\"asid.sev\",\"unit\":\"asids\","));
	EXPECT(strstr(captured, "\"current\":11,\"peak\":21,\"events\":{\"high\":31,\"max\":41}}"));
	EXPECT_NUMBER(run(config_commands, "save"), EXIT_OK);
	EXPECT_TEXT(captured, "[host]\npin.max = 1G\n\n[user 1000]\nasid.sev.min = 2\nasid.sev.high = 5\n\n"
		    "[cgroup /slice]\npin.high = 64M\n");
}

/* ---- config apply --------------------------------------------------------------------------- */

static char conf[64];

/* Writes the file, and runs the command with it. */
static int apply(const char *command, const char *text)
{
	char words[128];
	FILE *file = fopen(conf, "w");

	if (!file)
		ksft_exit_fail_msg("cannot write %s\n", conf);
	fputs(text, file);
	fclose(file);
	snprintf(words, sizeof(words), "%s %s", command, conf);
	return run(config_commands, words);
}

static const char as_it_is[] = "[host]\npin.max = 1G\n[user 1000]\nasid.sev.min = 2\nasid.sev.high = 5\n"
			       "[cgroup /slice]\npin.high = 64M\n";
static const char another[] = "[host]\npin.max = 50M\npin.high = 40M\n\n[user 1000]\nasid.sev.high = 5\n"
			      "[cgroup /later]\npin.max = 1M\npin.high = 1M\nasid.sev.max = 1\n";
static const char difference[] =
	"host: pin.high %1$s 40M, %2$s max\nhost: pin.max %1$s 50M, %2$s 1G\n"
	"user 1000: asid.sev.min %1$s 0, %2$s 2\n"
	"cgroup /slice: pin.high %1$s max, %2$s 64M\n"
	"cgroup /later: there is no such cgroup yet: its limits wait\n";

static void file_is_applied(void)
{
	char expected[512];

	begin();
	EXPECT_NUMBER(apply("apply", as_it_is), EXIT_OK);
	EXPECT_TEXT(kernel.asked, "get\n");
	EXPECT_TEXT(captured, "Nothing to change.\n");

	EXPECT_NUMBER(apply("apply --dry-run", another), EXIT_OK);
	EXPECT_TEXT(kernel.asked, "get\n");
	snprintf(expected, sizeof(expected), difference, "would be", "is");
	EXPECT_TEXT(captured, expected);

	EXPECT_NUMBER(apply("apply", another), EXIT_OK);
	EXPECT_TEXT(kernel.asked,
		    "get\napply [ 1:0 3:0 5:41943040 6:52428800 ] [ 1:1 2:1000 3:1 5:5 ]\n");
	snprintf(expected, sizeof(expected), difference, "is", "was");
	EXPECT_TEXT(captured, expected);

	output_json = true;
	EXPECT_NUMBER(apply("apply", "[host]\npin.max = 2G\n[user 1000]\nasid.sev.min = 2\n"
			    "asid.sev.high = 5\n[cgroup /slice]\npin.high = 64M\n"
			    "[cgroup /later]\npin.max = 1M\n"), EXIT_OK);
	output_json = false;
	EXPECT_TEXT(captured,
		    "{\"changed\":[{\"subject\":\"host\",\"resource\":\"pin\",\"knob\":\"max\","
		    "\"unit\":\"bytes\",\"from\":1073741824,\"to\":2147483648,\"unlimited\":[]}],"
		    "\"waiting\":[\"cgroup /later\"]}\n");
}

static void file_is_refused(void)
{
	static const struct {
		unsigned int at;
		const char *line;
	} rows[] = { { 0, "" }, { 1, ":2" }, { 2, ":6" } };
	char expected[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		kernel.error = ENOSPC;
		kernel.words = "there are too few";
		kernel.at = rows[i].at;
		EXPECT_NUMBER(apply("apply", another), EXIT_REFUSED);
		snprintf(expected, sizeof(expected), "sevadm: %s%s: there are too few; nothing was changed\n",
			 conf, rows[i].line);
		EXPECT_TEXT(captured_errors, expected);
		EXPECT_TEXT(captured, "");
	}
	begin();
	EXPECT_NUMBER(apply("apply", "[host]\npin.max = 1G\n\npin.most = 2\n"), EXIT_REFUSED);
	EXPECT_TEXT(kernel.asked, "");
	snprintf(expected, sizeof(expected), "sevadm: %s:4: ", conf);
	EXPECT(!strncmp(captured_errors, expected, strlen(expected)));
}

int main(void)
{
	static const struct test tests[] = {
		{ "limits are set", limits_are_set },
		{ "limits as shares of memory", limits_as_shares_of_memory },
		{ "limits of cgroups", limits_of_cgroups },
		{ "limits are lifted", limits_are_lifted },
		{ "changes are refused", changes_are_refused },
		{ "limits are listed", limits_are_listed },
		{ "a file is applied", file_is_applied },
		{ "a file is refused", file_is_refused },
	};
	char text[128];

	folder_make(folder);
	snprintf(conf, sizeof(conf), "%s/limits.conf", folder);
	snprintf(text, sizeof(text), "proc /proc proc rw 0 0\ncgroup2 %s cgroup2 rw 0 0\n", folder);
	folder_put(folder, "mounts", 0644, text);
	snprintf(text, sizeof(text), "%s/slice", folder);
	mkdir(text, 0755);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

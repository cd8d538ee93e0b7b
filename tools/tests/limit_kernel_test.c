// SPDX-License-Identifier: GPL-2.0-only
/*
 * What limits ask of the module: a stand-in of generic netlink notes each request, as it is on the
 * wire, and answers. Commands run as sevadm runs them.
 */
#include <errno.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "config/config.h"
#include "limit/limit.h"
#include "folder.h"
#include "netlink.h"
#include "test.h"

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
	answer_done(request);
}

/* ---- requests ------------------------------------------------------------------------------- */

#define note(...)	append(kernel.asked, sizeof(kernel.asked), __VA_ARGS__)

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

/* ---- config watch --------------------------------------------------------------------------- */

/**
 * struct watcher - what happens while it waits, and how the host behaves
 * @steps: what is done before each wait; NULL: it waits for what does not come
 * @wait_error, @watch_error, @signal_error: errno of poll(), inotify_add_watch(), signalfd()
 */
static struct {
	void (*const *steps)(void);
	unsigned int step;
	int wait_error, watch_error, signal_error;
} watcher;

int poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	EXPECT_NUMBER(nr, 2);
	EXPECT_NUMBER(timeout, -1);
	if (watcher.wait_error) {
		errno = watcher.wait_error;
		if (errno == EINTR)
			watcher.wait_error = 0;
		fds[0].revents = fds[1].revents = 0;
		return -1;
	}
	if (!watcher.steps[watcher.step])
		ksft_exit_fail_msg("it waits for what does not come\n");
	watcher.steps[watcher.step++]();
	/* Now, or never. */
	return ppoll(fds, nr, &(struct timespec) {}, NULL);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	EXPECT_NUMBER(mask, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR);
	if (watcher.watch_error) {
		errno = watcher.watch_error;
		return -1;
	}
	return syscall(SYS_inotify_add_watch, fd, path, mask);
}

int signalfd(int fd, const sigset_t *mask, int flags)
{
	errno = watcher.signal_error;
	return watcher.signal_error ? -1 : syscall(SYS_signalfd4, fd, mask, 8, flags);
}

static void cgroup_comes(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/later", folder);
	mkdir(name, 0755);
}

static void cgroup_comes_below(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/later/still", folder);
	mkdir(name, 0755);
}

static void cgroups_go(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/later/still", folder);
	rmdir(name);
	snprintf(name, sizeof(name), "%s/later", folder);
	rmdir(name);
}

static void another_comes(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/other", folder);
	mkdir(name, 0755);
	note("another\n");
}

static void file_changes(void)
{
	FILE *file = fopen(conf, "w");

	fputs("[host]\npin.max = 2G\n", file);
	fclose(file);
	raise(SIGHUP);
}

static void file_breaks(void)
{
	FILE *file = fopen(conf, "w");

	fputs("[host]\npin.most = 2G\n", file);
	fclose(file);
	raise(SIGHUP);
}

static void module_refuses(void)
{
	kernel.error = ENOSPC;
	kernel.words = "there are too few";
	cgroup_comes();
}

static void module_is_old(void)
{
	kernel.error = EOPNOTSUPP;
	cgroup_comes();
}

static void stop(void)
{
	raise(SIGTERM);
}

static void interrupt(void)
{
	raise(SIGINT);
}

static int watch(const char *text, void (*const *steps)(void))
{
	sigset_t before;
	int ret;

	memset(&watcher, 0, sizeof(watcher));
	watcher.steps = steps;
	sigprocmask(SIG_BLOCK, NULL, &before);
	ret = apply("watch", text);
	sigprocmask(SIG_SETMASK, &before, NULL);
	cgroups_go();
	return ret;
}

static const char for_later[] = "[host]\npin.max = 1G\n[cgroup /later]\npin.max = 1M\n"
				"[cgroup /later/still]\npin.max = 8192\n";

#define STEPS(...)	((void (*const[])(void)) { __VA_ARGS__, NULL })
#define HOST		"[ 1:0 3:0 6:1073741824 ]"

static unsigned int limits_in(const char *text)
{
	unsigned int nr = 0;

	for (; (text = strchr(text, '[')); text++)
		nr++;
	return nr;
}

/* With the number of limits in each application: what is there, is more with each cgroup. */
static void cgroups_come_and_go(void)
{
	const char *at;

	begin();
	EXPECT_NUMBER(watch(for_later, STEPS(another_comes, cgroup_comes, cgroup_comes_below,
					     cgroups_go, stop)), EXIT_OK);
	EXPECT_TEXT(captured_errors, "");
	/* Nobody asked for the other one. */
	EXPECT(strstr(kernel.asked, "get\napply " HOST "\nanother\nget\napply [ ") == kernel.asked);
	at = strstr(kernel.asked, "another");
	EXPECT_NUMBER(limits_in(at ?: ""), 2 + 3 + 1);
	EXPECT(strstr(captured, "cgroup /later: there is no such cgroup yet: its limits wait\n"));
	EXPECT(strstr(captured, "cgroup /later: pin.max is 1M, was max\n"));
	EXPECT(strstr(captured, "cgroup /later/still: pin.max is 8K, was max\n"));
}

static void file_is_read_again(void)
{
	const char *at;

	begin();
	EXPECT_NUMBER(watch(for_later, STEPS(file_breaks, cgroup_comes, file_changes, stop)),
		      EXIT_OK);
	at = strstr(kernel.asked, "apply [ 1:0 3:0 6:2147483648 ]");
	EXPECT_TEXT(at, "apply [ 1:0 3:0 6:2147483648 ]\n");
	/* What was read before stays until then. */
	EXPECT_NUMBER(limits_in(kernel.asked), 1 + 2 + 1);
	EXPECT(strstr(captured_errors, "limits.conf:2: "));
}

/* That is said, and may be another time with the next cgroup; no module is the end. */
static void watching_is_refused(void)
{
	begin();
	EXPECT_NUMBER(watch(for_later, STEPS(module_refuses, cgroup_comes_below, stop)), EXIT_OK);
	EXPECT(strstr(captured_errors, "there are too few; nothing was changed\n"));
	EXPECT_NUMBER(limits_in(kernel.asked), 1 + 2 + 3);

	begin();
	EXPECT_NUMBER(watch(for_later, STEPS(module_is_old)), EXIT_ABSENT);
	EXPECT(strstr(captured_errors, "is too old for this"));

	begin();
	kernel.error = ENOSPC;
	EXPECT_NUMBER(watch(for_later, STEPS(stop)), EXIT_REFUSED);
	EXPECT_NUMBER(watcher.step, 0);
}

static int watch_with(int wait, int add, int signals, void (*const *steps)(void))
{
	sigset_t before;
	int ret;

	begin();
	watcher.steps = steps;
	watcher.step = 0;
	watcher.wait_error = wait;
	watcher.watch_error = add;
	watcher.signal_error = signals;
	sigprocmask(SIG_BLOCK, NULL, &before);
	ret = apply("watch", for_later);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static void host_cannot_watch(void)
{
	begin();
	EXPECT_NUMBER(watch_with(0, 0, 0, STEPS(interrupt)), EXIT_OK);
	EXPECT_NUMBER(watch_with(ENOMEM, 0, 0, STEPS(stop)), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot wait for cgroups: Cannot allocate memory\n");
	EXPECT_NUMBER(watch_with(EINTR, 0, 0, STEPS(stop)), EXIT_OK);
	EXPECT_TEXT(captured_errors, "");
	EXPECT_NUMBER(watch_with(0, ENOSPC, 0, STEPS(stop)), EXIT_REFUSED);
	EXPECT(strstr(captured_errors, ": too much is watched: raise sysctl fs.inotify.max_user_watches\n"));
	EXPECT_TEXT(kernel.asked, "");
	EXPECT_NUMBER(watch_with(0, EACCES, 0, STEPS(stop)), EXIT_REFUSED);
	EXPECT(strstr(captured_errors, "sevadm: cannot watch /tmp/"));
	EXPECT(strstr(captured_errors, ": Permission denied\n"));
	EXPECT_TEXT(kernel.asked, "");
	EXPECT_NUMBER(watch_with(0, ENOTDIR, 0, STEPS(stop)), EXIT_OK);
	EXPECT_NUMBER(watch_with(0, 0, EMFILE, STEPS(stop)), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot watch: Too many open files\n");
	EXPECT_TEXT(kernel.asked, "");
	memset(&watcher, 0, sizeof(watcher));
	EXPECT_NUMBER(run(config_commands, "watch -"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: config watch needs a file that it can read again\n");
	EXPECT_NUMBER(run(config_commands, "watch one two"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: config watch takes one file: see sevadm config --help\n");
	EXPECT_NUMBER(run(config_commands, "watch --none"), EXIT_USAGE);
	EXPECT_NUMBER(run(config_commands, "watch /no/such/file"), EXIT_USAGE);
	EXPECT_TEXT(kernel.asked, "");
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
		{ "cgroups come and go", cgroups_come_and_go },
		{ "a file is read again", file_is_read_again },
		{ "watching is refused", watching_is_refused },
		{ "the host cannot watch", host_cannot_watch },
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

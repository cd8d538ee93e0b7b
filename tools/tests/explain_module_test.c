// SPDX-License-Identifier: GPL-2.0-only
/*
 * What explain asks the module: pools for the causes, the trace for limits and the last failure.
 * Generic netlink and the device are stand-ins, and the host is an empty folder but for what the
 * misc controller says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "netlink.h"
#include "test.h"

#define SECOND	1000000000ULL
#define UNKNOWN	(-1)

/**
 * struct host - what the module says, and how the command is called
 * @pools: capacity, used, reclaim, free and charged of each; UNKNOWN: it does not say
 * @events: of the ring, @nr of them; @nr_read were read
 * @absent: the module is not loaded; @forbidden: its device may not be read
 * @misc: the root of the cgroups has the misc controller's files
 * @prompt: stdin is a terminal
 * @careless: files that were opened as they should not be
 */
static struct {
	int pools[3][5];
	struct sevadm_event events[4];
	unsigned int nr, nr_read, careless;
	bool absent, forbidden, misc, prompt;
	int fd;
} host;

static char folder[] = "/tmp/sevadm-explain-XXXXXX";

int access(const char *path, int mode)
{
	(void)mode;
	if (!strcmp(path, "/sys/module/sevadm"))
		return host.absent ? -1 : 0;
	return strcmp(path, SEVADM_DEVICE) || host.forbidden ? -1 : 0;
}

int isatty(int fd)
{
	return fd == STDIN_FILENO && host.prompt;
}

int open(const char *path, int flags, ...)
{
	char instead[128];

	if (!strcmp(path, SEVADM_DEVICE)) {
		if (host.forbidden) {
			errno = EACCES;
			return -1;
		}
		host.nr_read = 0;
		host.fd = dup(STDIN_FILENO);
		return host.fd;
	}
	/* What says which lines a test comes to is written as it is. */
	if (strncmp(path, "/sys/", 5) && strncmp(path, "/dev/", 5))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	/* No file makes the command wait, and no program that it starts gets one. */
	host.careless += !(flags & O_NONBLOCK) || !(flags & O_CLOEXEC);
	snprintf(instead, sizeof(instead), "%s/%s%s", folder, host.misc ? "misc" : "none", path);
	return syscall(SYS_openat, AT_FDCWD, instead, flags, 0600);
}

int ioctl(int fd, unsigned long request, ...)
{
	struct sevadm_event_seek *seek;
	va_list args;

	va_start(args, request);
	seek = va_arg(args, struct sevadm_event_seek *);
	va_end(args);
	EXPECT_NUMBER(fd, host.fd);
	EXPECT(request == SEVADM_IOC_EVENT_SEEK);
	seek->seq = seek->whence == SEVADM_SEEK_OLDEST ? 0 : host.nr + 1;
	return 0;
}

ssize_t read(int fd, void *to, size_t size)
{
	if (!host.fd || fd != host.fd)
		return syscall(SYS_read, fd, to, size);
	if (host.nr_read == host.nr) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(to, &host.events[host.nr_read++], sizeof(struct sevadm_event));
	return sizeof(struct sevadm_event);
}

int close(int fd)
{
	if (fd == host.fd)
		host.fd = 0;
	return syscall(SYS_close, fd);
}

static void take_request(const struct nlmsghdr *request)
{
	static const unsigned int types[] = { SEVADM_A_POOL_CAPACITY, SEVADM_A_POOL_USED,
					      SEVADM_A_POOL_RECLAIM, SEVADM_A_POOL_FREE };
	struct datagram *to = next_datagram(), pool;
	unsigned int i, j;

	answer_genl(to, request, 0, SEVADM_CMD_STATUS_GET);
	for (i = 0; i < ARRAY_SIZE(host.pools); i++) {
		pool.size = 0;
		put_u32(&pool, SEVADM_A_POOL_POOL, i);
		for (j = 0; j < ARRAY_SIZE(types); j++)
			if (host.pools[i][j] != UNKNOWN)
				put_u32(&pool, types[j], host.pools[i][j]);
		if (host.pools[i][4] != UNKNOWN)
			put_u64(&pool, SEVADM_A_POOL_CHARGED, host.pools[i][4]);
		put_attribute(to, SEVADM_A_STATUS_POOL | NLA_F_NESTED, pool.bytes, pool.size);
	}
	end_message(to);
	answer_error(request, 0, NULL, NO_OFFSET);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Nothing is known of pools, but for those that a test sets. */
static void begin(void)
{
	memset(&host, 0, sizeof(host));
	memset(host.pools, 0xff, sizeof(host.pools));
	output_json = false;
}

static void set_pool(unsigned int pool, int capacity, int used, int reclaim, int unused,
		     int charged)
{
	const int numbers[] = { capacity, used, reclaim, unused, charged };

	memcpy(host.pools[pool], numbers, sizeof(numbers));
}

static int explain(const char *words)
{
	char copy[256], *argv[16], *word, *rest;
	int argc = 0, ret;

	snprintf(copy, sizeof(copy), "explain %s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	capture_begin();
	ret = do_explain(argc, argv);
	capture_end();
	return ret;
}

/* What decides a cause, "VERDICT: BY", of a line; the cause is known by a part of its text. */
static const char *verdict(const char *line, const char *cause)
{
	static char text[512];
	struct json_object *rows, *causes, *row;
	size_t i;

	output_json = true;
	EXPECT_NUMBER(explain(line), EXIT_OK);
	EXPECT_NUMBER(host.careless, 0);
	output_json = false;
	rows = json_tokener_parse(captured);
	causes = json_object_object_get(json_object_array_get_idx(rows, 0), "causes");
	strcpy(text, "no such cause");
	for (i = 0; i < json_object_array_length(causes); i++) {
		row = json_object_array_get_idx(causes, i);
		if (strstr(json_get_text(row, "cause"), cause))
			snprintf(text, sizeof(text), "%s%s%s", json_get_text(row, "verdict"),
				 json_is_null(row, "by") ? "" : ": ",
				 json_is_null(row, "by") ? "" : json_get_text(row, "by"));
	}
	json_object_put(rows);
	return text;
}

#define BUSY	"errno=-16 fw_error=0"
#define EMPTY	"every ASID of the pool"
#define FULL	"misc.capacity"
#define DRIFT	"ASIDs that no VM holds"
#define LIMIT	"a limit of sevadm on pinned memory"

static void pools_decide(void)
{
	begin();
	EXPECT_TEXT(verdict(BUSY, EMPTY), "possible");
	set_pool(SEVADM_POOL_SEV, 10, 10, 0, 0, UNKNOWN);
	EXPECT_TEXT(verdict(BUSY, EMPTY), "proven: all 10 ASIDs of pool sev are used");
	set_pool(SEVADM_POOL_SEV, 10, 7, 2, 1, UNKNOWN);
	EXPECT_TEXT(verdict(BUSY, EMPTY), "possible");
	set_pool(SEVADM_POOL_SEV_ES, 4, 1, 1, 2, UNKNOWN);
	/* Those that are to be recycled are free, too. */
	EXPECT_TEXT(verdict(BUSY, EMPTY), "contradicted: 3 of 4 ASIDs of pool sev_es are free");
	/* Where VMs are not accounted, none may be free. */
	set_pool(SEVADM_POOL_SEV_ES, 4, 1, 1, UNKNOWN, UNKNOWN);
	EXPECT_TEXT(verdict(BUSY, EMPTY), "possible");
	/* A module that waits for kvm_amd knows of no pool. */
	set_pool(SEVADM_POOL_SEV, 10, UNKNOWN, 0, 0, 10);
	EXPECT_TEXT(verdict(BUSY, EMPTY), "possible");
	EXPECT_TEXT(verdict(BUSY, FULL), "possible");
	set_pool(SEVADM_POOL_SEV, UNKNOWN, 10, 0, 0, 10);
	EXPECT_TEXT(verdict(BUSY, EMPTY), "possible");
	/* Elsewhere it is another host's module that counts. */
	set_pool(SEVADM_POOL_SEV, 10, 10, 0, 0, UNKNOWN);
	EXPECT_TEXT(verdict("--elsewhere " BUSY, EMPTY), "possible");
	host.absent = true;
	EXPECT_TEXT(verdict(BUSY, EMPTY), "possible");
}

/* What VMs are charged: the module says so where the root of the cgroups does not. */
static void charges_decide(void)
{
	begin();
	set_pool(SEVADM_POOL_SEV, 10, 7, 0, 3, 10);
	set_pool(SEVADM_POOL_SEV_ES, 4, 4, 0, 0, 4);
	EXPECT_TEXT(verdict(BUSY, FULL), "proven: the misc cgroup counts 10 of 10 ASIDs of sev");
	EXPECT_TEXT(verdict(BUSY, DRIFT), "proven: the misc cgroup counts 10 ASIDs of sev, VMs hold 7");
	/* SEV-SNP guests are charged as those of SEV-ES are. */
	set_pool(SEVADM_POOL_SEV, 10, 7, 0, 3, 7);
	set_pool(SEVADM_POOL_SEV_ES, 4, 2, 0, 2, 2);
	set_pool(SEVADM_POOL_SEV_SNP, 6, 3, 0, 3, 3);
	EXPECT_TEXT(verdict(BUSY, FULL), "contradicted: the misc cgroup counts 5 of 10 ASIDs of sev_es");
	/* The root's own files count before what the module says. */
	host.misc = true;
	EXPECT_TEXT(verdict(BUSY, FULL), "proven: the misc cgroup counts 99 of 99 ASIDs of sev_es");
}

static struct sevadm_event event_of(unsigned int type, unsigned int seq, uint64_t ago_ns)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (struct sevadm_event) {
		.size = sizeof(struct sevadm_event), .type = type, .seq = seq, .pid = 4711, .comm = "qemu",
		.ret = -ENOMEM, .time_ns = now.tv_sec * SECOND + now.tv_nsec - ago_ns,
	};
}

/* The trace says that a limit refused this very process. */
static void the_trace_decides(void)
{
	static const char line[] = "qemu-kvm[4711]: failed to register region (0x1000+0x1000) error 'Cannot allocate memory'";

	begin();
	EXPECT_TEXT(verdict(line, LIMIT), "possible");
	host.events[0] = event_of(SEVADM_EVENT_LIMIT, 1, SECOND);
	host.events[0].resource = SEVADM_RESOURCE_PIN;
	host.events[0].knob = SEVADM_KNOB_MAX;
	host.events[0].amount = 0x1000;
	host.nr = 1;
	EXPECT_TEXT(verdict(line, LIMIT), "proven: the module's trace: a limit refused that to process 4711");
	/* A caller who may not read the trace gets an explanation without it. */
	host.forbidden = true;
	EXPECT_TEXT(verdict(line, LIMIT), "possible");
	EXPECT_TEXT(captured_errors, "");
}

/* At a prompt without words, the last failure is asked for; what the pools are now decides it. */
static void the_last_failure(void)
{
	begin();
	set_pool(SEVADM_POOL_SEV, 10, 10, 0, 0, UNKNOWN);
	host.events[0] = event_of(SEVADM_EVENT_KVM, 1, 0);
	host.events[0].ret = -EBUSY;
	host.nr = 1;
	EXPECT_TEXT(verdict("--last", EMPTY), "proven: all 10 ASIDs of pool sev are used");
	host.prompt = true;
	EXPECT_TEXT(verdict("", EMPTY), "proven: all 10 ASIDs of pool sev are used");
	/* An hour ago they may have been others. */
	host.events[0] = event_of(SEVADM_EVENT_KVM, 1, 3600 * SECOND);
	host.events[0].ret = -EBUSY;
	EXPECT_TEXT(verdict("--last", EMPTY), "possible");
	host.nr = 0;
	EXPECT_NUMBER(explain("--last"), EXIT_REFUSED);
	EXPECT(strstr(captured_errors, "the trace holds no failure"));
	host.forbidden = true;
	EXPECT_NUMBER(explain("--last"), EXIT_REFUSED);
	host.absent = true;
	EXPECT_NUMBER(explain("--last"), EXIT_ABSENT);
	EXPECT_NUMBER(explain(""), EXIT_USAGE);
	EXPECT_TEXT(captured, "");
}

int main(void)
{
	static const struct test tests[] = {
		{ "pools decide", pools_decide },
		{ "charges decide", charges_decide },
		{ "the trace decides", the_trace_decides },
		{ "the last failure", the_last_failure },
	};

	folder_make(folder);
	/* No VM of this machine has a name. */
	setenv("SEVADM_SYSROOT", folder, true);
	folder_put(folder, "misc/sys/fs/cgroup/misc.capacity", 0644, "sev 10\nsev_es 99\n");
	folder_put(folder, "misc/sys/fs/cgroup/misc.current", 0644, "sev 1\nsev_es 99\n");
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

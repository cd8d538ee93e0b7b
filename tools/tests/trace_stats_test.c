// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm trace stats, of the module's own statistics, and what a recording's header has of the
 * module: generic netlink is a stand-in, of which each row is known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "cli/version.h"
#include "folder.h"
#include "netlink.h"
#include "test.h"
#include "trace/recording.h"
#include "trace/trace.h"

#define SINCE	5000000000ULL

/**
 * struct host - what the module does, and who asks it
 * @uid: of the user; @absent: the module is not loaded
 * @refuse: the question that it refuses; @asked: the numbers of all questions
 */
static struct {
	uid_t uid;
	bool absent;
	unsigned int refuse;
	char asked[32];
} host;

static char folder[] = "/tmp/sevadm-stats-XXXXXX";

int access(const char *path, int mode)
{
	(void)mode;
	return strcmp(path, "/sys/module/sevadm") || host.absent ? -1 : 0;
}

uid_t geteuid(void)
{
	return host.uid;
}

/* ---- what the module says -------------------------------------------------------------------- */

static struct datagram *begin_row(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();

	answer_genl(to, request, NLM_F_MULTI, ((struct genlmsghdr *)NLMSG_DATA(request))->cmd);
	return to;
}

static void put_nest(struct datagram *to, unsigned int type, const struct datagram *nest)
{
	put_attribute(to, type | NLA_F_NESTED, nest->bytes, nest->size);
}

/* Times of two buckets. */
static void put_times(struct datagram *to, unsigned int type, const uint64_t numbers[4],
		      const uint64_t buckets[4])
{
	struct datagram times = {}, bucket;
	unsigned int i;

	for (i = 0; i < 4; i++)
		put_u64(&times, SEVADM_A_TIMES_COUNT + i, numbers[i]);
	for (i = 0; i < 4; i += 2) {
		bucket.size = 0;
		put_u64(&bucket, SEVADM_A_BUCKET_FROM_NS, buckets[i]);
		put_u64(&bucket, SEVADM_A_BUCKET_COUNT, buckets[i + 1]);
		put_nest(&times, SEVADM_A_TIMES_BUCKET, &bucket);
	}
	put_nest(to, type, &times);
}

static void put_failure(struct datagram *to, unsigned int type, uint32_t number, uint64_t count)
{
	struct datagram failure = {};

	put_u32(&failure, type, number);
	put_u64(&failure, SEVADM_A_FAILURE_COUNT, count);
	put_nest(to, SEVADM_A_STATS_FAILURE, &failure);
}

/* Since when; a command of the firmware, one of KVM, and all commands of two VMs. */
static void answer_stats(const struct nlmsghdr *request)
{
	struct datagram *to = begin_row(request);

	put_u64(to, SEVADM_A_STATS_SINCE_NS, SINCE);
	put_u64(to, SEVADM_A_STATS_LEFT_OUT, 3);
	end_message(to);

	to = begin_row(request);
	put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_KVM);
	put_u32(to, SEVADM_A_STATS_COMMAND, 2);		/* LAUNCH_START */
	put_u64(to, SEVADM_A_STATS_COUNT, 5);
	put_u64(to, SEVADM_A_STATS_FAILURES, 0);
	put_times(to, SEVADM_A_STATS_TOOK, (const uint64_t[4]) { 5, 500, 1, 300 },
		  (const uint64_t[4]) { 0, 4, 256, 1 });
	end_message(to);

	to = begin_row(request);
	put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_PSP);
	put_u32(to, SEVADM_A_STATS_COMMAND, 0x30);	/* LAUNCH_START */
	put_u64(to, SEVADM_A_STATS_COUNT, 9);
	put_u64(to, SEVADM_A_STATS_FAILURES, 7);
	put_failure(to, SEVADM_A_FAILURE_FW_ERROR, 0x17, 4);
	put_failure(to, SEVADM_A_FAILURE_ERRNO, EBUSY, 1);
	put_u64(to, SEVADM_A_STATS_BYTES, 4096);
	put_u64(to, SEVADM_A_STATS_BYTES_NS, 2048);
	put_times(to, SEVADM_A_STATS_TOOK, (const uint64_t[4]) { 9, 9000, 16, 5000 },
		  (const uint64_t[4]) { 16, 8, 4096, 1 });
	put_times(to, SEVADM_A_STATS_WAIT, (const uint64_t[4]) { 2, 6, 2, 4 },
		  (const uint64_t[4]) { 2, 1, 4, 1 });
	end_message(to);

	to = begin_row(request);
	put_u64(to, SEVADM_A_STATS_VM, 7);
	put_u64(to, SEVADM_A_STATS_COUNT, 12);
	put_u64(to, SEVADM_A_STATS_FAILURES, 1);
	put_failure(to, SEVADM_A_FAILURE_FW_ERROR, 0x17, 1);
	end_message(to);

	to = begin_row(request);
	put_u64(to, SEVADM_A_STATS_VM, 6);
	put_u64(to, SEVADM_A_STATS_COUNT, 2);
	put_u64(to, SEVADM_A_STATS_FAILURES, 0);
	end_message(to);
	answer_done(request);
}

/* VM 7 has a name: the folder has its process. VM 6 is gone. */
static void answer_vms(const struct nlmsghdr *request)
{
	struct datagram *to = begin_row(request);

	put_u64(to, SEVADM_A_VM_ID, 7);
	put_u32(to, SEVADM_A_VM_PID, 4711);
	end_message(to);
	answer_done(request);
}

static void answer_status(const struct nlmsghdr *request)
{
	static const char version[] = "1.2.3";
	struct datagram *to = next_datagram();

	answer_genl(to, request, 0, SEVADM_CMD_STATUS_GET);
	put_attribute(to, SEVADM_A_STATUS_VERSION, version, sizeof(version));
	put_u32(to, SEVADM_A_STATUS_API_MAJOR, 1);
	put_u32(to, SEVADM_A_STATUS_API_MINOR, 55);
	put_u32(to, SEVADM_A_STATUS_BUILD, 40);
	end_message(to);
	answer_error(request, 0, NULL, NO_OFFSET);
}

static void take_request(const struct nlmsghdr *request)
{
	unsigned int command = ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd;

	append(host.asked, sizeof(host.asked), "%s%u", *host.asked ? " " : "", command);
	if (host.refuse == command) {
		answer_error(request, EIO, NULL, NO_OFFSET);
		return;
	}
	switch (command) {
	case SEVADM_CMD_STATS_GET:
		answer_stats(request);
		break;
	case SEVADM_CMD_VM_GET:
		answer_vms(request);
		break;
	case SEVADM_CMD_STATUS_GET:
		answer_status(request);
		break;
	default:
		answer_error(request, 0, NULL, NO_OFFSET);
	}
}

/* ---- what is made of it ---------------------------------------------------------------------- */

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	output_json = false;
}

static int stats(const char *words)
{
	char copy[128], *argv[8], *word, *rest;
	int argc = 0, ret;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	*host.asked = '\0';
	capture_begin();
	ret = trace_stats(argc, argv);
	capture_end();
	return ret;
}

/* What follows "the module's statistics, which began ... ago". */
static const char *table(void)
{
	const char *at = strstr(captured, "\n\n");

	EXPECT(!strncmp(captured, "the module's statistics, which began ", 37));
	return at ? at + 2 : "";
}

#define HEAD	"EVENT  COMMAND       COUNT  MIN    MEAN    MAX     WAITED  AT MOST  BYTES    A SECOND  FAILURES\n"

static void commands_as_text(void)
{
	begin();
	EXPECT_NUMBER(stats(""), EXIT_OK);
	EXPECT_TEXT(table(),
		    HEAD
		    "psp    LAUNCH_START  9      16 ns  1.0 us  5.0 us  3 ns    4 ns     4.0 KiB  1.9 GiB   RESOURCE_LIMIT 4, EBUSY 1, other 2\n"
		    "kvm    LAUNCH_START  5      1 ns   100 ns  300 ns  -       -        0 B      -         -\n"
		    "\n3 events of unknown commands are left out\n");
	EXPECT_NUMBER(stats("--event kvm --histogram"), EXIT_OK);
	EXPECT_TEXT(table(),
		    "EVENT  COMMAND       COUNT  MIN   MEAN    MAX     WAITED  AT MOST  BYTES  A SECOND  FAILURES\n"
		    "kvm    LAUNCH_START  5      1 ns  100 ns  300 ns  -       -        0 B    -         -\n"
		    "\nkvm LAUNCH_START, from at least:\n"
		    "  took\n"
		    "       0 ns         4  ########################################\n"
		    "       2 ns         0  \n"
		    "       4 ns         0  \n"
		    "       8 ns         0  \n"
		    "      16 ns         0  \n"
		    "      32 ns         0  \n"
		    "      64 ns         0  \n"
		    "     128 ns         0  \n"
		    "     256 ns         1  ##########\n"
		    "\n3 events of unknown commands are left out\n");
}

static void commands_as_json(void)
{
	begin();
	output_json = true;
	EXPECT_NUMBER(stats("--event psp"), EXIT_OK);
	EXPECT_TEXT(captured,
		    "[{\"event\":\"psp\",\"command\":\"LAUNCH_START\",\"command_id\":48,\"vm\":null,"
		    "\"count\":9,\"failures\":7,\"statuses\":{\"RESOURCE_LIMIT\":4,\"EBUSY\":1,\"other\":2},"
		    "\"bytes\":4096,\"bytes_per_second\":2000000000,"
		    "\"psp\":{\"count\":9,\"min_ns\":16,\"mean_ns\":1000,\"max_ns\":5000,"
		    "\"histogram\":[{\"from_ns\":16,\"count\":8},{\"from_ns\":4096,\"count\":1}]},"
		    "\"wait\":{\"count\":2,\"min_ns\":2,\"mean_ns\":3,\"max_ns\":4,"
		    "\"histogram\":[{\"from_ns\":2,\"count\":1},{\"from_ns\":4,\"count\":1}]},"
		    "\"since_ns\":5000000000}]\n");
	EXPECT_NUMBER(atoi(host.asked), SEVADM_CMD_STATS_GET);
	EXPECT_NUMBER(stats("--command LAUNCH_FINISH"), EXIT_OK);
	EXPECT_TEXT(captured, "[]\n");
}

/* Names are those of VMs that there are; a VM's row is of all its commands. */
static void vms(void)
{
	struct json_object *rows;

	begin();
	EXPECT_NUMBER(stats("--by-vm"), EXIT_OK);
	EXPECT_TEXT(table(),
		    "VM  NAME  EVENT  COMMAND  COUNT  MIN  MEAN  MAX  WAITED  AT MOST  BYTES  A SECOND  FAILURES\n"
		    "6   -     -      -        2      -    -     -    -       -        0 B    -         -\n"
		    "7   web   -      -        12     -    -     -    -       -        0 B    -         RESOURCE_LIMIT 1\n"
		    "\n3 events of unknown commands are left out\n");
	output_json = true;
	EXPECT_NUMBER(stats("--vm 6"), EXIT_OK);
	rows = json_tokener_parse(captured);
	EXPECT_NUMBER(json_object_array_length(rows), 1);
	EXPECT_NUMBER(json_get_u64(json_object_array_get_idx(rows, 0), "vm"), 6);
	json_object_put(rows);
	EXPECT_NUMBER(stats("--by-vm --vm 7"), EXIT_OK);
	rows = json_tokener_parse(captured);
	EXPECT_NUMBER(json_object_array_length(rows), 1);
	EXPECT_TEXT(json_get_text(json_object_array_get_idx(rows, 0), "name"), "web");
	json_object_put(rows);
	/* Without their names it goes as well. */
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(stats("--by-vm"), EXIT_OK);
}

static void what_the_module_does_not_keep(void)
{
	static const char *const words[] = {
		"--pid 5", "--errors", "--longer 5ms", "--vm 7 --event kvm", "--by-vm --event kvm",
		"--vm 7 --command LAUNCH_START", "--by-vm --command LAUNCH_START",
	};
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_NUMBER(stats(words[i]), EXIT_USAGE);
		EXPECT_TEXT(captured_errors, "sevadm: the module keeps totals of each command and of each VM only: add --ring to count what the ring holds\n");
		EXPECT_TEXT(host.asked, "");
	}
	EXPECT_NUMBER(stats("a b"), EXIT_USAGE);
	EXPECT_NUMBER(stats("a --ring"), EXIT_USAGE);
	EXPECT_NUMBER(stats("a --reset"), EXIT_USAGE);
	EXPECT_TEXT(host.asked, "");
}

static void reset_and_refused(void)
{
	begin();
	EXPECT_NUMBER(stats("--reset"), EXIT_OK);
	EXPECT_NUMBER(atoi(host.asked), SEVADM_CMD_STATS_RESET);
	EXPECT_TEXT(captured, "");
	host.refuse = SEVADM_CMD_STATS_RESET;
	EXPECT_NUMBER(stats("--reset"), EXIT_REFUSED);
	host.refuse = SEVADM_CMD_STATS_GET;
	EXPECT_NUMBER(stats(""), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
}

/* ---- the header of a recording --------------------------------------------------------------- */

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* The header, as JSON without what differs by the host and the hour. */
static const char *header(void)
{
	static char text[512];
	struct recording *recording;
	struct json_object *row;
	char path[64], line[1024];
	int64_t least, most, boot;
	struct utsname machine;
	FILE *file;

	snprintf(path, sizeof(path), "%s/recording", folder);
	*host.asked = '\0';
	boot = now(CLOCK_BOOTTIME);
	least = now(CLOCK_REALTIME);
	EXPECT_NUMBER(recording_create(path, &recording), EXIT_OK);
	most = now(CLOCK_REALTIME) - boot;
	least -= now(CLOCK_BOOTTIME);
	EXPECT_NUMBER(recording_close(recording), EXIT_OK);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		ksft_exit_fail_msg("no header\n");
	fclose(file);
	row = json_tokener_parse(line);
	/* When the clock of events began, by that of the day. */
	EXPECT((int64_t)json_get_u64(row, "epoch_ns") >= least);
	EXPECT((int64_t)json_get_u64(row, "epoch_ns") <= most);
	EXPECT_NUMBER(strlen(json_get_text(row, "time")), strlen("2026-11-27T07:40:01Z"));
	uname(&machine);
	EXPECT_TEXT(json_get_text(row, "hostname"), machine.nodename);
	EXPECT_TEXT(json_get_text(row, "kernel"), machine.release);
	EXPECT_TEXT(json_get_text(row, "sevadm"), sevadm_version);
	json_object_object_del(row, "hostname");
	json_object_object_del(row, "kernel");
	json_object_object_del(row, "sevadm");
	json_object_object_del(row, "time");
	json_object_object_del(row, "epoch_ns");
	snprintf(text, sizeof(text), "%s", json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN));
	json_object_put(row);
	return text;
}

#define UNKNOWN	"{\"format\":\"sevadm-trace\",\"version\":1,\"module\":null,\"firmware_api_major\":null," \
		"\"firmware_api_minor\":null,\"firmware_build\":null,\"clock\":\"boottime\"}"

static void headers(void)
{
	begin();
	EXPECT_TEXT(header(),
		    "{\"format\":\"sevadm-trace\",\"version\":1,\"module\":\"1.2.3\",\"firmware_api_major\":1,"
		    "\"firmware_api_minor\":55,\"firmware_build\":40,\"clock\":\"boottime\"}");
	EXPECT_NUMBER(atoi(host.asked), SEVADM_CMD_STATUS_GET);
	/* Members of group sevadm may not ask for it. */
	host.uid = 1000;
	EXPECT_TEXT(header(), UNKNOWN);
	EXPECT_TEXT(host.asked, "");
	host.uid = 0;
	host.absent = true;
	EXPECT_TEXT(header(), UNKNOWN);
	EXPECT_TEXT(host.asked, "");
}

int main(void)
{
	static const struct test tests[] = {
		{ "commands as text", commands_as_text },
		{ "commands as JSON", commands_as_json },
		{ "VMs", vms },
		{ "what the module does not keep", what_the_module_does_not_keep },
		{ "reset, and refused", reset_and_refused },
		{ "headers of recordings", headers },
	};

	static const char process[] = "qemu\0-name\0web";
	char path[64];
	FILE *file;

	folder_make(folder);
	setenv("SEVADM_SYSROOT", folder, true);
	folder_put(folder, "proc/4711/cmdline", 0644, "");
	snprintf(path, sizeof(path), "%s/proc/4711/cmdline", folder);
	file = fopen(path, "w");
	if (!file || fwrite(process, 1, sizeof(process), file) != sizeof(process) || fclose(file))
		ksft_exit_fail_msg("cannot write %s\n", path);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

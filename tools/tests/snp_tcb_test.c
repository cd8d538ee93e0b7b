// SPDX-License-Identifier: GPL-2.0-only
/* The question for the firmware's TCB: nobody waits for a firmware that hangs. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/psp-sev.h>

#include "cli/output.h"
#include "host/facts.h"
#include "quoted_json.h"
#include "status.h"
#include "test.h"

enum firmware {
	ABSENT,
	ANSWERS,
	REFUSES,
	HANGS,
};

/* A process of its own asks: what it did is in memory that both have. */
static struct {
	enum firmware firmware;
	unsigned int asked, open_files;
} *device;

int open(const char *path, int flags, ...)
{
	int fd;

	if (strcmp(path, "/dev/sev"))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	if (device->firmware == ABSENT) {
		errno = ENOENT;
		return -1;
	}
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		device->open_files += fcntl(fd, F_GETFD) >= 0;
	return 1000;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct sev_issue_cmd *command;
	uint64_t *status;
	va_list args;

	va_start(args, request);
	command = va_arg(args, struct sev_issue_cmd *);
	va_end(args);
	if (fd != 1000 || request != SEV_ISSUE_CMD || command->cmd != 9) {
		errno = ENOTTY;
		return -1;
	}
	device->asked++;
	while (device->firmware == HANGS)
		pause();
	if (device->firmware == REFUSES) {
		errno = EBUSY;
		return -1;
	}
	/* struct sev_user_data_snp_status: the two are at 16 and 24. */
	status = (uint64_t *)(uintptr_t)command->data;
	status[2] = 0xd315000000000004;
	status[3] = 0xd314000000000004;
	return 0;
}

static bool ask(enum firmware firmware, uint64_t *current, uint64_t *reported)
{
	device->firmware = firmware;
	device->asked = device->open_files = 0;
	return snp_tcb(current, reported);
}

static void answers(void)
{
	uint64_t current = 1, reported = 2;

	EXPECT(!ask(ABSENT, &current, &reported));
	EXPECT_NUMBER(device->asked, 0);
	EXPECT(!ask(REFUSES, &current, &reported));
	EXPECT_NUMBER(device->asked, 1);
	EXPECT_NUMBER(current, 1);
	EXPECT_NUMBER(reported, 2);
	EXPECT(ask(ANSWERS, &current, &reported));
	EXPECT_NUMBER(current, 0xd315000000000004);
	EXPECT_NUMBER(reported, 0xd314000000000004);
}

/* The kernel does not let go of a process that asks, but what reads sevadm's output ends. */
static void no_answer(void)
{
	uint64_t current, reported;

	EXPECT(!ask(HANGS, &current, &reported));
	EXPECT_NUMBER(device->asked, 1);
	EXPECT_NUMBER(device->open_files, 0);
}

/* The firmware is asked where SEV-SNP is initialised: the RMP is there to be counted. */
static void in_the_status(void)
{
	static const struct {
		const char *status;
		enum firmware firmware;
		unsigned int asked;
		const char *text;
	} rows[] = {
		{ "{'private':{'current_bytes':0},'firmware':{'build':7}}", ANSWERS, 1,
		  "{\"build\":7,\"tcb_current\":\"0xd315000000000004\",\"tcb_reported\":\"0xd314000000000004\"}" },
		{ "{'private':{'current_bytes':4096},'firmware':{'build':7}}", REFUSES, 1, "{\"build\":7}" },
		{ "{'private':{'current_bytes':4096},'firmware':{'build':7}}", ABSENT, 0, "{\"build\":7}" },
		{ "{'private':{'current_bytes':null},'firmware':{'build':7}}", ANSWERS, 0, "{\"build\":7}" },
	};
	struct json_object *status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		device->firmware = rows[i].firmware;
		device->asked = 0;
		status = quoted_json(rows[i].status);
		status_add_tcb(status);
		EXPECT_TEXT(json_object_to_json_string_ext(json_object_object_get(status, "firmware"),
							   JSON_C_TO_STRING_PLAIN), rows[i].text);
		EXPECT_NUMBER(device->asked, rows[i].asked);
		json_object_put(status);
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "answers and refusals", answers },
		{ "a firmware that hangs", no_answer },
		{ "in the status", in_the_status },
	};

	device = mmap(NULL, sizeof(*device), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (device == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * asid reserve: which lease it asks the device for, what it says of refusals, and that the command
 * gets its signals and gives its exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "asid_reserve.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "test.h"

static char folder[] = "/tmp/sevadm-reserve-XXXXXX";

/* How the device answers, and the lease that it was asked for. */
static struct {
	int error;
	bool has_pool;
	unsigned int leases;
	struct sevadm_lease lease;
	int fd;
} device;

int open(const char *path, int flags, ...)
{
	if (strcmp(path, SEVADM_DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	device.fd = dup(STDIN_FILENO);
	return device.fd;
}

int ioctl(int fd, unsigned long request, ...)
{
	const struct sevadm_pool_query *pool;
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	EXPECT_NUMBER(fd, device.fd);
	if (request == SEVADM_IOC_POOL_QUERY) {
		pool = argument;
		EXPECT_NUMBER(pool->size, sizeof(*pool));
		EXPECT_NUMBER(pool->pool, SEVADM_POOL_SEV_SNP);
		errno = ENOENT;
		return device.has_pool ? 0 : -1;
	}
	EXPECT(request == SEVADM_IOC_RESERVE);
	memcpy(&device.lease, argument, sizeof(device.lease));
	device.leases++;
	errno = device.error;
	return device.error ? -1 : 0;
}

/* The only cgroups are those of this folder. */
FILE *setmntent(const char *path, const char *mode)
{
	char name[sizeof(folder) + 16];

	(void)path;
	snprintf(name, sizeof(name), "%s/mounts", folder);
	return fopen(name, mode);
}

/* Runs it with these words; its exit code. A failure to run the command is in captured_errors. */
static int reserve(const char *const *words)
{
	char *argv[16], copies[16][256];
	sigset_t none;
	int argc = 0, ret;

	/* As the program begins: it blocks signals, and ends then. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	for (; words[argc]; argc++) {
		snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
		argv[argc] = copies[argc];
	}
	argv[argc] = NULL;
	device.leases = 0;
	memset(&device.lease, 0, sizeof(device.lease));
	capture_begin();
	ret = asid_reserve(argc, argv);
	capture_end();
	return ret;
}

#define RESERVE(...)	reserve((const char *const[]) { __VA_ARGS__, NULL })
#define RUN(...)	RESERVE("--pool", "sev", "--count", "2", "--", __VA_ARGS__)

static void begin(void)
{
	memset(&device, 0, sizeof(device));
}

static bool nothing_left_open(void)
{
	return fcntl(device.fd, F_GETFD) < 0;
}

static void lease_is_asked_for(void)
{
	static const struct {
		const char *pool, *count;
		uint32_t number, nr;
	} rows[] = {
		{ "sev", "1", SEVADM_POOL_SEV, 1 }, { "sev_es", "2", SEVADM_POOL_SEV_ES, 2 },
		{ "sev_snp", "4294967295", SEVADM_POOL_SEV_SNP, UINT32_MAX },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		EXPECT_NUMBER(RESERVE("--pool", rows[i].pool, "--count", rows[i].count, "--", "true"),
			      EXIT_OK);
		EXPECT_NUMBER(device.leases, 1);
		EXPECT_NUMBER(device.lease.size, sizeof(device.lease));
		EXPECT_NUMBER(device.lease.pool, rows[i].number);
		EXPECT_NUMBER(device.lease.count, rows[i].nr);
		EXPECT_NUMBER(device.lease.subject, SEVADM_LEASE_DESCENDANTS);
		EXPECT_NUMBER(device.lease.subject_id, 0);
		EXPECT_TEXT(captured_errors, "");
		EXPECT(nothing_left_open());
	}
}

static void lease_for_others(void)
{
	struct stat status;
	char name[64];

	begin();
	EXPECT_NUMBER(RESERVE("--user", "1000", "--pool", "sev", "--count", "1", "--", "true"), EXIT_OK);
	EXPECT_NUMBER(device.lease.subject, SEVADM_LEASE_USER);
	EXPECT_NUMBER(device.lease.subject_id, 1000);

	snprintf(name, sizeof(name), "%s/slice", folder);
	EXPECT(!stat(name, &status));
	EXPECT_NUMBER(RESERVE("--cgroup", "/slice", "--pool", "sev", "--count", "1", "--", "true"),
		      EXIT_OK);
	EXPECT_NUMBER(device.lease.subject, SEVADM_LEASE_CGROUP);
	EXPECT_NUMBER(device.lease.subject_id, status.st_ino);

	EXPECT_NUMBER(RESERVE("--cgroup", "/none", "--pool", "sev", "--count", "1", "--", "true"),
		      EXIT_REFUSED);
	EXPECT_NUMBER(device.leases, 0);
	EXPECT(strstr(captured_errors, "there is no cgroup /none: systemd-cgls shows those there are"));
	EXPECT_NUMBER(RESERVE("--user", "1", "--cgroup", "/slice", "--pool", "sev", "--count", "1",
			      "--", "true"), EXIT_USAGE);
	EXPECT(strstr(captured_errors, "a lease is for one user or one cgroup"));
	EXPECT_NUMBER(RESERVE("--cgroup", "/slice", "--user", "1", "--pool", "sev", "--count", "1",
			      "--", "true"), EXIT_USAGE);
	EXPECT_NUMBER(device.leases, 0);
}

static void words_are_missing(void)
{
	begin();
	EXPECT_NUMBER(RESERVE("--count", "1", "--", "true"), EXIT_USAGE);
	EXPECT_NUMBER(RESERVE("--pool", "sev", "--", "true"), EXIT_USAGE);
	EXPECT_NUMBER(RESERVE("--pool", "sev", "--count", "1"), EXIT_USAGE);
	EXPECT_NUMBER(RESERVE("--pool", "sev", "--count", "0", "--", "true"), EXIT_USAGE);
	EXPECT_NUMBER(RESERVE("--pool", "sev", "--count", "x", "--", "true"), EXIT_USAGE);
	EXPECT_NUMBER(device.leases, 0);
}

/* Then the command is not run. */
static void lease_is_refused(void)
{
	static const struct {
		int error;
		bool has_pool;
		const char *pool;
		int exit;
		const char *said;
	} rows[] = {
		{ EPERM, true, "sev", EXIT_REFUSED, "not permitted to reserve ASIDs: it needs CAP_SYS_ADMIN" },
		{ EBUSY, true, "sev_es", EXIT_REFUSED, "sevadm: 2 ASIDs of pool sev_es cannot be reserved" },
		{ ENOENT, false, "sev_snp", EXIT_REFUSED, "kvm_amd has no pool sev_snp here" },
		{ ENOENT, true, "sev_snp", EXIT_REFUSED, "sevadm: the cgroup is gone\n" },
		{ ENOENT, false, "sev", EXIT_REFUSED, "sevadm: the cgroup is gone\n" },
		{ ENOTTY, true, "sev", EXIT_ABSENT, "the sevadm module that is loaded is too old" },
		{ EIO, true, "sev", EXIT_REFUSED, "sevadm: cannot reserve ASIDs: Input/output error\n" },
	};
	char touched[64];
	size_t i;

	snprintf(touched, sizeof(touched), "%s/touched", folder);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		device.error = rows[i].error;
		device.has_pool = rows[i].has_pool;
		EXPECT_NUMBER(RESERVE("--pool", rows[i].pool, "--count", "2", "--", "touch", touched),
			      rows[i].exit);
		EXPECT(strstr(captured_errors, rows[i].said));
		EXPECT(access(touched, F_OK));
		EXPECT(nothing_left_open());
	}
}

static void command_ends(void)
{
	begin();
	EXPECT_NUMBER(RUN("sh", "-c", "exit 7"), 7);
	EXPECT_NUMBER(RUN("sh", "-c", "[ \"$1 $2\" = 'one two' ]", "sh", "one", "two"), 0);
	EXPECT_NUMBER(RUN("sh", "-c", "kill -TERM $$"), 128 + SIGTERM);
	EXPECT_NUMBER(RUN("sh", "-c", "kill -KILL $$"), 128 + SIGKILL);
	EXPECT_TEXT(captured_errors, "");
	EXPECT_NUMBER(RUN("/no/such/program"), 127);
	EXPECT_TEXT(captured_errors, "sevadm: cannot run /no/such/program: No such file or directory\n");
	EXPECT_NUMBER(RUN("/"), 126);
	EXPECT_TEXT(captured_errors, "sevadm: cannot run /: Permission denied\n");
	EXPECT(nothing_left_open());
}

/* Signals that another process sends come to the command; it goes on until it ends by itself. */
static void signals_are_passed_on(void)
{
	static const char *const names[] = { "HUP", "INT", "QUIT", "TERM", "USR1", "USR2" };
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	char script[256];
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		/* A shell ignores some in what it runs in the background, and sh keeps to that. */
		signal(numbers[i], SIG_DFL);
		snprintf(script, sizeof(script),
			 "trap 'exit 9' %s; kill -%s $PPID; i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done",
			 names[i], names[i]);
		EXPECT_NUMBER(RUN("sh", "-c", script), 9);
	}
}

/* None is blocked there, and SIGPIPE is not ignored. */
static void command_has_its_signals(void)
{
	begin();
	signal(SIGPIPE, SIG_IGN);
	EXPECT_NUMBER(RUN("sh", "-c",
			  "set -- $(grep SigIgn /proc/self/status); [ $((0x$2 & 0x1000)) -eq 0 ]"), 0);
	EXPECT_NUMBER(RUN("sh", "-c",
			  "set -- $(grep SigBlk /proc/self/status); [ $((0x$2 & 0x14e07)) -eq 0 ]"), 0);
	signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
	static const struct test tests[] = {
		{ "a lease is asked for", lease_is_asked_for },
		{ "a lease for others", lease_for_others },
		{ "words are missing", words_are_missing },
		{ "a lease is refused", lease_is_refused },
		{ "the command ends", command_ends },
		{ "the command has its signals", command_has_its_signals },
		{ "signals are passed on", signals_are_passed_on },
	};
	char text[128];

	folder_make(folder);
	snprintf(text, sizeof(text), "cgroup2 %s cgroup2 rw 0 0\n", folder);
	folder_put(folder, "mounts", 0644, text);
	snprintf(text, sizeof(text), "%s/slice", folder);
	mkdir(text, 0755);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU whose sizes are known: the child that would become one plays it, and /proc says of it what
 * its arguments make of it. Nothing depends on who runs the test, on KVM, or on limits that may be
 * raised.
 */
#ifndef SEVADM_TEST_MADE_UP_QEMU_H
#define SEVADM_TEST_MADE_UP_QEMU_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/capability.h>

#include "cli/output.h"
#include "failing_calls.h"
#include "test.h"

#define KIB	((uint64_t)1 << 10)
#define MIB	((uint64_t)1 << 20)

/**
 * struct sizes - what a machine takes, in KiB
 * @argument: which makes it one of that kind; the first row that fits counts
 * @mapped, @resident, @anonymous: VmSize, VmRSS and RssAnon of /proc/PID/status
 * @locked: VmRSS of one that has locked its memory
 * @least: it starts with no smaller RLIMIT_MEMLOCK
 * @closed: of @mapped, what is closed to all access
 */
struct sizes {
	const char *argument;
	uint64_t mapped, resident, anonymous, locked, least, closed;
};

/* In the order of the machines that are measured. */
static const struct sizes usual[] = {
	{ "-smp 5", 960 << 10, 51 << 10, 24 << 10, 591 << 10, 912 << 10, 65536 },
	{ "iothread,id=iothread4", 930 << 10, 51 << 10, 22 << 10, 591 << 10, 920 << 10, 65536 },
	{ "virtio-blk-pci", 740 << 10, 50 << 10, 20 << 10, 581 << 10, 701 << 10, 65536 },
	{ "qxl-vga,romfile=", 850 << 10, 61 << 10, 26 << 10, 600 << 10, 824 << 10, 65536 },
	{ "VGA,romfile=", 760 << 10, 61 << 10, 26 << 10, 600 << 10, 710 << 10, 65536 },
	{ "", 720 << 10, 50 << 10, 20 << 10, 581 << 10, 675 << 10, 65536 },
};

/* Machines that all take the same. */
static const struct sizes same[] = {
	{ "", 530 << 10, 50 << 10, 20 << 10, 520 << 10, 514 << 10, 0 },
};

/**
 * struct qemu - how the QEMU and its host are
 * @version: what it says to --version
 * @devices: its display adapters
 * @machines: their sizes; the last row fits all
 * @has_kvm: /dev/kvm can be used; without, a buffer of 1 MiB for translated code is mapped
 * @may_raise: RLIMIT_MEMLOCK may be raised
 * @grows: MiB that each machine maps more than the one before
 * @stops: machines with this argument end at once, if their memory is locked or else; NULL: none
 * @stops_locked: only those whose memory is locked
 * @stays: machines do not end when they are asked to
 * @says: what a machine answers, if not what it should
 */
struct qemu {
	const char *version, *devices;
	const struct sizes *machines;
	bool has_kvm, may_raise, stops_locked, stays;
	unsigned int grows;
	const char *stops, *says;
};

static struct qemu qemu;

static const struct qemu all_the_same = { .has_kvm = true, .may_raise = true, .machines = same };

/* Shared with the machines. */
static struct {
	char arguments[4096], log[8192], seen[1024], signals[64];
	unsigned int starts;
	pid_t pid;
	uint64_t limit;
} *machine;

static pid_t parent;

static const struct sizes *sizes_now(void)
{
	const struct sizes *row = qemu.machines;

	while (!strstr(machine->arguments, row->argument))
		row++;
	return row;
}

/* ---- the machine, in the child --------------------------------------------------------------- */

/* What QEMU reads of a file: not where it is zero, or a hole. */
static unsigned long long file_bytes(const char *name)
{
	char path[256] = "", block[4096];
	const char *at = strstr(machine->arguments, "filename=");
	unsigned long long bytes = 0;
	ssize_t got, i;
	int fd;

	if (!at || sscanf(at, "filename=%200[^,]", path) != 1)
		return 0;
	strcpy(strrchr(path, '/') + 1, name);
	fd = open(path, O_RDONLY);
	while (fd >= 0 && (got = read(fd, block, sizeof(block))) > 0)
		for (i = 0; i < got; i++)
			bytes += !!block[i];
	if (fd >= 0)
		close(fd);
	return bytes;
}

/* What a machine finds around itself. */
static void note_surroundings(void)
{
	struct stat info = {};
	int parent_death = 0;

	prctl(PR_GET_PDEATHSIG, &parent_death);
	fstat(STDERR_FILENO, &info);
	snprintf(machine->seen, sizeof(machine->seen),
		 "code %llu, vars %llu, disk %llu, stderr %u:%u, dies with signal %d, SIGPIPE %s, CAP_IPC_LOCK %s",
		 file_bytes("code"), file_bytes("vars"), file_bytes("disk"), major(info.st_rdev),
		 minor(info.st_rdev), parent_death,
		 signal(SIGPIPE, SIG_DFL) == SIG_IGN ? "ignored" : "as usual",
		 prctl(PR_CAPBSET_READ, CAP_IPC_LOCK) > 0 ? "kept" : "dropped");
}

/* Of those that a terminal or a service manager sends, in the parent: a child inherits it. */
static void note_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction now;
	size_t i;

	machine->signals[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		sigaction(numbers[i], NULL, &now);
		append(machine->signals, sizeof(machine->signals), "%s%s", i ? ", " : "",
		       now.sa_handler == SIG_IGN ? "ignored" :
		       now.sa_handler == SIG_DFL ? "usual" : "handled");
	}
}

static void note_start(void)
{
	append(machine->log, sizeof(machine->log), "%s", machine->starts++ ? ", " : "");
	if (!machine->limit)
		append(machine->log, sizeof(machine->log), "off");
	else if (machine->limit == UINT64_MAX)
		append(machine->log, sizeof(machine->log), "all");
	else
		append(machine->log, sizeof(machine->log), "%llu",
		       (unsigned long long)(machine->limit / KIB));
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(3);
}

/* Its monitor, by QMP: it is asked for its status, and to end. */
static void play_machine(void)
{
	const struct sizes *sizes = sizes_now();
	const uint64_t code = qemu.has_kvm ? 0 : MIB;
	char asked[4096] = "";
	size_t length = 0;
	bool said = false;
	ssize_t got;

	note_start();
	note_signals();
	note_surroundings();
	if (machine->limit && machine->limit < sizes->least * KIB + code)
		_exit(1);
	if (qemu.stops && strstr(machine->arguments, qemu.stops) &&
	    (machine->limit || !qemu.stops_locked))
		_exit(1);
	while ((got = read(STDIN_FILENO, asked + length, sizeof(asked) - 1 - length)) > 0) {
		length += (size_t)got;
		asked[length] = '\0';
		if (!said && strstr(asked, "{\"execute\":\"qmp_capabilities\"}\n"
					   "{\"execute\":\"query-status\",\"id\":\"up\"}\n")) {
			/* In two pieces, as pipes may have it. */
			say(qemu.says ?: "{\"QMP\": {}}\n{\"return\": {}}\n{\"return\": {\"running\": false}, ");
			if (!qemu.says)
				say("\"id\": \"up\"}\n");
			said = true;
		}
		if (strstr(asked, "{\"execute\":\"quit\"}\n") && !qemu.stays)
			_exit(0);
	}
	_exit(2);
}

int execvp(const char *file, char *const argv[])
{
	char text[512];
	size_t i;

	if (strcmp(file, "some-qemu") || fails("execvp"))
		return -1;
	if (!strcmp(argv[1], "--version")) {
		snprintf(text, sizeof(text), "%s\n", qemu.version);
		say(text);
		_exit(0);
	}
	if (!strcmp(argv[1], "-device") && !strcmp(argv[2], "help")) {
		if (!*qemu.devices)
			_exit(1);
		say(qemu.devices);
		_exit(0);
	}
	machine->arguments[0] = '\0';
	for (i = 1; argv[i]; i++)
		append(machine->arguments, sizeof(machine->arguments), "%s%s", i > 1 ? " " : "", argv[i]);
	machine->pid = getpid();
	/* What was set for another one is not for this one. */
	if (strstr(machine->arguments, "-overcommit mem-lock=off"))
		machine->limit = 0;
	else if (!strstr(machine->arguments, "-overcommit mem-lock=on"))
		_exit(4);
	play_machine();
	return -1;
}

/* ---- the host -------------------------------------------------------------------------------- */

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	/* The child's own. */
	if (getpid() != parent && fails("setrlimit"))
		return -1;
	if (resource == RLIMIT_MEMLOCK && limit->rlim_cur == limit->rlim_max)
		machine->limit = limit->rlim_cur;
	return 0;
}

int prlimit(pid_t pid, __rlimit_resource_t resource, const struct rlimit *new, struct rlimit *old)
{
	if (pid || resource != RLIMIT_MEMLOCK || new->rlim_cur != RLIM_INFINITY)
		return syscall(SYS_prlimit64, pid, resource, new, old);
	*old = (struct rlimit) { 65536, 65536 };
	errno = EPERM;
	return qemu.may_raise ? 0 : -1;
}

static int kvm_error(void)
{
	errno = ENOENT;
	return -1;
}

int open(const char *path, int flags, ...)
{
	if (!strcmp(path, "/dev/kvm"))
		return qemu.has_kvm ? dup(STDIN_FILENO) : kvm_error();
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
}

int access(const char *path, int mode)
{
	if (!strcmp(path, "/dev/kvm"))
		return qemu.has_kvm && mode == (R_OK | W_OK) ? 0 : kvm_error();
	return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int pipe2(int files[2], int flags)
{
	return fails("pipe2") ? -1 : syscall(SYS_pipe2, files, flags);
}

pid_t fork(void)
{
	return fails("fork") ? -1 : _Fork();
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return fails("waitpid") ? -1 : syscall(SYS_wait4, pid, status, options, NULL);
}

int ftruncate(int fd, off_t size)
{
	return fails("ftruncate") ? -1 : syscall(SYS_ftruncate, fd, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails("pwrite") ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}

/* Time passes at once where a test wants it to: nobody waits for two minutes. */
int poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	return fails("poll") ? 0 : syscall(SYS_poll, fds, nr, timeout);
}

/* What /proc says of the machine that is up. */
FILE *fopen(const char *path, const char *mode)
{
	static char text[2048];
	const struct sizes *sizes;
	char name[64];
	uint64_t code = qemu.has_kvm ? 0 : MIB / KIB, more, at, end;
	int fd;

	if (fails("fopen"))
		return NULL;
	snprintf(name, sizeof(name), "/proc/%d/", (int)machine->pid);
	if (!machine->pid || strncmp(path, name, strlen(name))) {
		fd = open(path, *mode == 'r' ? O_RDONLY : O_RDWR | O_CREAT | O_TRUNC);
		return fd < 0 ? NULL : fdopen(fd, mode);
	}
	sizes = sizes_now();
	more = (uint64_t)qemu.grows * (machine->starts - 1) << 10;
	if (strstr(path, "/status")) {
		snprintf(text, sizeof(text), "Name:\tqemu\nVmPeak:\t%9u kB\nVmSize:\t%8llu kB\n"
			 "VmRSS:\t%8llu kB\nRssAnon:\t%8llu kB\nRssFile:\t%8u kB\n", 1 << 30,
			 (unsigned long long)(sizes->mapped + code + more),
			 (unsigned long long)(machine->limit ? sizes->locked + code :
						       sizes->resident),
			 (unsigned long long)sizes->anonymous, 1 << 20);
	} else {
		/* Programs, memory, what is closed, and the buffer of translated code. */
		at = 0x10000 * KIB;
		snprintf(text, sizeof(text), "%llx-%llx r-xp 00000000 fe:01 7 /usr/bin/qemu\n",
			 (unsigned long long)at, (unsigned long long)(at + 4 * MIB));
		at += 8 * MIB;
		end = at + (sizes->mapped + more - sizes->closed - 4096) * KIB;
		append(text, sizeof(text), "%llx-%llx rw-p 00000000 00:00 0\nno line of it\n",
		       (unsigned long long)at, (unsigned long long)end);
		at += sizes->mapped * KIB + 64 * MIB;
		append(text, sizeof(text), "%llx-%llx ---p 00000000 00:00 0\n", (unsigned long long)at,
		       (unsigned long long)(at + sizes->closed * KIB));
		at += 128 * MIB;
		if (code)
			append(text, sizeof(text), "%llx-%llx rwxp 00000000 00:00 0\n",
			       (unsigned long long)at, (unsigned long long)(at + code * KIB));
	}
	return fmemopen(text, strlen(text), "r");
}

static void begin(const struct qemu *with)
{
	memset(machine, 0, sizeof(*machine));
	qemu = *with;
	qemu.version = with->version ?: "QEMU emulator version 9.2.3 (Debian 1:9.2.3)\nCopyright";
	qemu.devices = with->devices ?:
		"name \"VGA\", bus PCI\nname \"qxl-vga\", bus PCI\nname \"ramfb\"\n";
	qemu.machines = with->machines ?: usual;
}

/* Before any machine: what is shared with them. */
static void share(void)
{
	parent = getpid();
	machine = mmap(NULL, sizeof(*machine), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (machine == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
}

#endif /* SEVADM_TEST_MADE_UP_QEMU_H */

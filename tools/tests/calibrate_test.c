// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is measured of a QEMU whose sizes are known: the child that would become one plays it, and
 * /proc says of it what its arguments make of it. Nothing here depends on who runs the test, on
 * KVM, or on limits that may be raised.
 */
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
#include "memlock/calibrate.h"
#include "memlock/command.h"
#include "memlock/machine.h"
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
 * @says: what a machine answers, if not what it should
 */
struct qemu {
	const char *version, *devices;
	const struct sizes *machines;
	bool has_kvm, may_raise, stops_locked;
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

/* Which call fails, and how it ends. */
static struct {
	const char *call;
	int error;
	unsigned int after;
} fault;

static bool fails(const char *call)
{
	if (!fault.call || strcmp(fault.call, call) || fault.after--)
		return false;
	fault.call = NULL;
	errno = fault.error;
	return true;
}

static const struct sizes *sizes_now(void)
{
	const struct sizes *row = qemu.machines;

	while (!strstr(machine->arguments, row->argument))
		row++;
	return row;
}

/* ---- the machine, in the child --------------------------------------------------------------- */

static uint64_t file_bytes(const char *name)
{
	char path[256] = "";
	const char *at = strstr(machine->arguments, "filename=");
	struct stat info;

	if (!at || sscanf(at, "filename=%200[^,]", path) != 1)
		return 0;
	strcpy(strrchr(path, '/') + 1, name);
	return stat(path, &info) ? 0 : (uint64_t)info.st_size;
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
		 (unsigned long long)file_bytes("code"), (unsigned long long)file_bytes("vars"),
		 (unsigned long long)file_bytes("disk"), major(info.st_rdev), minor(info.st_rdev),
		 parent_death, signal(SIGPIPE, SIG_DFL) == SIG_IGN ? "ignored" : "as usual",
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
		if (strstr(asked, "{\"execute\":\"quit\"}\n"))
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

/* ---- figures --------------------------------------------------------------------------------- */

/* The figures as lines, in KiB. */
static const char *lines_of(const struct memlock_figures *figures)
{
	static char text[1024];
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < FIGURE_NR; i++)
		append(text, sizeof(text), "%s %llu%s\n", memlock_figure_keys[i],
		       (unsigned long long)(figures->bytes[i] / KIB),
		       figures->bytes[i] % KIB ? " and more" : "");
	return text;
}

/* The folder that a machine's files were in, "" if none was started. */
static const char *folder_of_machine(void)
{
	static char folder[64];
	const char *at = strstr(machine->arguments, "filename=");

	folder[0] = '\0';
	if (at && sscanf(at, "filename=%63[^,]", folder) == 1)
		*(strrchr(folder, '/') ?: folder) = '\0';
	return folder;
}

/* Measures, and returns what is said meanwhile. */
static const char *calibrated(const struct qemu *with, int code, struct memlock_figures *figures)
{
	int ret;

	begin(with);
	capture_begin();
	ret = memlock_calibrate("some-qemu", figures);
	capture_end();
	EXPECT_NUMBER(ret, code);
	EXPECT_TEXT(captured, "");
	EXPECT(!*folder_of_machine() || access(folder_of_machine(), F_OK));
	return captured_errors;
}

/*
 * qemu_mapped_bytes is what the plain machine needs without its RAM blocks (512 MiB, firmware, ROMs
 * and tables: 528708 KiB) and a vCPU, and what libvirt's takes more (11 MiB).
 */
static void a_usual_qemu(void)
{
	struct memlock_figures figures;

	EXPECT_TEXT(calibrated(&(struct qemu) { .has_kvm = true, .may_raise = true }, 0, &figures),
		    "measuring a plain machine\nmeasuring 5 vCPUs\nmeasuring 4 iothreads\n"
		    "measuring VGA and VNC\nmeasuring qxl and VNC\nmeasuring a disk\n");
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"	/* 20 MiB, and the kernel's 9 */
		    "vcpu_anonymous_bytes 1024\n"	/* 4 of them: 24 - 20 MiB */
		    "graphics_charge_bytes 12288\n"	/* 61 - 50 MiB, and 1 */
		    "qemu_locked_bytes 28672\n"	/* 581 MiB without 29, 8 and the blocks */
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 114688\n"
		    "vcpu_mapped_bytes 60608\n"		/* (934688 - 692288) / 4, to 64 */
		    "iothread_mapped_bytes 62592\n"	/* (942608 - 692288) / 4, to 64 */
		    "graphics_mapped_bytes 20480\n"	/* 728288 - 692288 - 16384, to 1024 */
		    "qxl_mapped_bytes 1024\n"		/* 843888 + 16384 - 728288 - 131072 */
		    "worker_mapped_bytes 27648\n");	/* 719328 - 692288, to 1024 */
	EXPECT_TEXT(figures.name, "9.2.3");
	EXPECT_NUMBER(figures.version, MEMLOCK_QEMU(9, 2));
	EXPECT_TEXT(figures.source, "measured with KVM, smallest limits of mlockall()");
	EXPECT_TEXT(figures.lacks, "cirrus virtio bochs");
	/*
	 * Without a lock, with one, and then halves, in KiB, until the smallest limit is known to
	 * 2 MiB: 675 MiB are 691200, between 690608 and 692288.
	 */
	EXPECT_TEXT(machine->log,
		    "off, all, 631808, 685568, 712448, 699008, 692288, 688928, 690608, "
		    "off, all, 754688, 869888, 927488, 956288, 941888, 934688, 931088, 932888, "
		    "off, all, 739328, 846848, 900608, 927488, 940928, 947648, 944288, 942608, "
		    "off, all, 652288, 716288, 748288, 732288, 724288, 728288, 726288, "
		    "off, all, 698368, 785408, 828928, 850688, 839808, 845248, 842528, 843888, "
		    "off, all, 642048, 700928, 730368, 715648, 723008, 719328, 717488");
}

/* The buffer of translated code is no part of any figure; the search has other halves. */
static void a_host_without_kvm(void)
{
	struct memlock_figures figures;

	calibrated(&(struct qemu) { .may_raise = true }, 0, &figures);
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"
		    "vcpu_anonymous_bytes 1024\n"
		    "graphics_charge_bytes 12288\n"
		    "qemu_locked_bytes 28672\n"
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 114688\n"
		    "vcpu_mapped_bytes 60672\n"
		    "iothread_mapped_bytes 62656\n"
		    "graphics_mapped_bytes 20480\n"
		    "qxl_mapped_bytes 2048\n"
		    "worker_mapped_bytes 27648\n");
	EXPECT_TEXT(figures.source, "measured without KVM, smallest limits of mlockall()");
}

/* What cannot be told from nothing has the least that it can be. */
static void machines_that_are_all_the_same(void)
{
	struct memlock_figures figures;

	calibrated(&all_the_same, 0, &figures);
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"
		    "vcpu_anonymous_bytes 256\n"
		    "graphics_charge_bytes 1024\n"
		    "qemu_locked_bytes 0\n"
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 11264\n"
		    "vcpu_mapped_bytes 0\n"
		    "iothread_mapped_bytes 0\n"
		    "graphics_mapped_bytes 0\n"
		    "qxl_mapped_bytes 0\n"
		    "worker_mapped_bytes 8192\n");
}

/*
 * All that is mapped counts, of four machines of each kind the one that maps most: each maps 1 MiB
 * more than the one before. What mlockall() would fill is what is not closed to all access.
 */
static void limits_that_may_not_be_raised(void)
{
	struct memlock_figures figures;

	calibrated(&(struct qemu) { .grows = 1 }, 0, &figures);
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"
		    "vcpu_anonymous_bytes 1024\n"
		    "graphics_charge_bytes 12288\n"
		    "qemu_locked_bytes 108544\n"	/* 723 - 64 MiB without 29, 8 and the blocks */
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 149504\n"	/* 723 MiB without the blocks and a vCPU, and 11 MiB */
		    "vcpu_mapped_bytes 73792\n"
		    "iothread_mapped_bytes 73792\n"
		    "graphics_mapped_bytes 36864\n"	/* 760 + 15 - 723 - 16 MiB */
		    "qxl_mapped_bytes 0\n"
		    "worker_mapped_bytes 40960\n");	/* 740 + 23 - 723 MiB */
	EXPECT_TEXT(figures.source, "measured without KVM, as all that is mapped, as RLIMIT_MEMLOCK cannot be raised");
	EXPECT_TEXT(machine->log, "off, off, off, off, off, off, off, off, off, off, off, off, "
				  "off, off, off, off, off, off, off, off, off, off, off, off");
}

/* The figures as people and programs are shown them, and kept. */
static void the_command(void)
{
	static const char text[] =
		"qemu_anonymous_bytes         29.0 MiB\n"
		"vcpu_anonymous_bytes          1.0 MiB\n"
		"graphics_charge_bytes        12.0 MiB\n"
		"qemu_locked_bytes            28.0 MiB\n"
		"stack_locked_bytes            8.0 MiB\n"
		"qemu_mapped_bytes           112.0 MiB\n"
		"vcpu_mapped_bytes            59.2 MiB\n"
		"iothread_mapped_bytes        61.1 MiB\n"
		"graphics_mapped_bytes        20.0 MiB\n"
		"qxl_mapped_bytes              1.0 MiB\n"
		"worker_mapped_bytes          27.0 MiB\n"
		"video models that it lacks: cirrus virtio bochs\n"
		"figures of QEMU 9.2.3 are in ";
	static const char json[] =
		"{\"qemu_version\":\"9.2.3\",\"source\":\"measured with KVM, smallest limits of mlockall()\","
		"\"lacks\":\"cirrus virtio bochs\",\"figures\":{\"qemu_anonymous_bytes\":30408704,"
		"\"vcpu_anonymous_bytes\":1048576,\"graphics_charge_bytes\":12582912,\"qemu_locked_bytes\":29360128,"
		"\"stack_locked_bytes\":8388608,\"qemu_mapped_bytes\":117440512,\"vcpu_mapped_bytes\":62062592,"
		"\"iothread_mapped_bytes\":64094208,\"graphics_mapped_bytes\":20971520,\"qxl_mapped_bytes\":1048576,"
		"\"worker_mapped_bytes\":28311552}}\n";
	char path[] = "/tmp/sevadm-figures-XXXXXX";
	struct memlock_figures figures;
	const char *why;
	char want[1024];
	int fd = mkstemp(path), i;

	EXPECT(fd >= 0);
	close(fd);
	for (i = 0; i < 2; i++) {
		char *words[] = { (char *)"--calibrate", (char *)"--qemu", (char *)"some-qemu",
				  (char *)"--file", path, NULL };

		begin(&(struct qemu) { .has_kvm = true, .may_raise = true });
		output_json = i;
		capture_begin();
		EXPECT_NUMBER(recommend_memlock(5, words), 0);
		capture_end();
		snprintf(want, sizeof(want), "%s%s\n", text, path);
		EXPECT_TEXT(captured, i ? json : want);
		EXPECT_NUMBER(memlock_figures_load(path, &figures, &why), 0);
		EXPECT_TEXT(figures.name, "9.2.3");
		EXPECT_NUMBER(figures.bytes[FIGURE_WORKER_MAPPED], 27 * MIB);
		unlink(path);
	}
	output_json = false;
}

static void a_qemu_without_qxl(void)
{
	struct memlock_figures figures;
	struct qemu without = all_the_same;

	without.devices = "name \"VGA\"\nname \"cirrus-vga\"\nname \"virtio-vga\"\n"
			  "name \"bochs-display\"\nname \"ramfb\"\n";
	EXPECT_TEXT(calibrated(&without, 0, &figures),
		    "measuring a plain machine\nmeasuring 5 vCPUs\nmeasuring 4 iothreads\n"
		    "measuring VGA and VNC\nmeasuring a disk\n");
	EXPECT_TEXT(figures.lacks, "qxl");
	EXPECT_NUMBER(figures.bytes[FIGURE_QXL_MAPPED], 0);
}

static void qemus_that_cannot_be_measured(void)
{
	static const struct {
		struct qemu qemu;
		const char *says;
	} rows[] = {
		{ { .version = "qemu-img version 9.2.3" },
		  "sevadm: some-qemu does not say its version: is it a QEMU?\n" },
		{ { .version = "QEMU emulator version 9" },
		  "sevadm: some-qemu does not say its version: is it a QEMU?\n" },
		{ { .devices = "" }, "sevadm: some-qemu -device help failed\n" },
		{ { .may_raise = true, .stops = "-S" }, "measuring a plain machine\n"
		  "sevadm: some-qemu with a plain machine does not start: No such device\n" },
		{ { .may_raise = true, .stops = "-S", .stops_locked = true }, "measuring a plain machine\n"
		  "sevadm: some-qemu with a plain machine does not start: Cannot allocate memory\n" },
		{ { .stops = "-smp" }, "measuring a plain machine\nmeasuring 5 vCPUs\n"
		  "sevadm: some-qemu with 5 vCPUs does not start: No such device\n" },
	};
	struct memlock_figures figures;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_TEXT(calibrated(&rows[i].qemu, 1, &figures), rows[i].says);
}

/* What is done about signals while machines are there, and that it is as before afterwards. */
static void signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct memlock_figures figures;
	struct sigaction now;
	size_t i, own;

	for (own = 0; own < ARRAY_SIZE(numbers); own++) {
		/* As of nohup: what is ignored stays it. */
		for (i = 0; i < ARRAY_SIZE(numbers); i++)
			sigaction(numbers[i], i == own ? &ignored : &usual, NULL);
		calibrated(&all_the_same, 0, &figures);
		EXPECT_TEXT(machine->signals, own == 0 ? "ignored, handled, handled, usual" :
			    own == 1 ? "handled, ignored, handled, usual" :
			    own == 2 ? "handled, handled, ignored, usual" : "handled, handled, handled, usual");
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			sigaction(numbers[i], NULL, &now);
			EXPECT(now.sa_handler == (i == own ? SIG_IGN : SIG_DFL));
		}
	}
	signal(SIGPIPE, SIG_DFL);
}

/* ---- one machine ----------------------------------------------------------------------------- */

/* Starts one with @more arguments; its files' folder is not there afterwards. */
static int start_with(const struct qemu *with, const char *const *more, uint64_t limit,
		      struct machine_seen *seen)
{
	static const char *const files[] = { "code", "vars", "disk" };
	char folder[] = "/tmp/sevadm-machine-XXXXXX", path[64];
	size_t i;
	int ret;

	begin(with);
	EXPECT(mkdtemp(folder));
	ret = machine_start("some-qemu", folder, more, limit, seen);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	EXPECT(!rmdir(folder));
	return ret;
}

static int start(const struct qemu *with, uint64_t limit, struct machine_seen *seen)
{
	return start_with(with, (const char *const[]) { "-smp", "2", NULL }, limit, seen);
}

/* The sizes of one as /proc has them, in KiB, and whether it started. */
static const char *text_of(const struct machine_seen *seen)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s: mapped %lu, usable %lu, resident %lu, anonymous %lu, code %lu",
		 seen->started ? "started" : "not started", seen->mapped / KIB, seen->usable / KIB,
		 seen->resident / KIB, seen->anonymous / KIB, seen->code_buffer / KIB);
	return text;
}

#define NOTHING_SEEN	"not started: mapped 0, usable 0, resident 0, anonymous 0, code 0"

/* libvirt's arguments, but for those that would need a host: qemuBuildCommandLine(). */
static void what_a_machine_is(void)
{
	static const char arguments[] =
		"-name guest=sevadm-calibration,debug-threads=on -S -cpu qemu64 -m 512 -display none -nodefaults "
		"-no-user-config -rtc base=utc -no-shutdown -boot strict=on "
		"-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
		"-device pcie-root-port,port=16,chassis=1,id=pci.1,bus=pcie.0,multifunction=on,addr=0x2 "
		"-device pcie-root-port,port=17,chassis=2,id=pci.2,bus=pcie.0,addr=0x2.0x1 "
		"-chardev stdio,id=charmonitor -mon chardev=charmonitor,id=monitor,mode=control "
		"-machine q35,pflash0=pflash0,pflash1=pflash1 "
		"-blockdev driver=file,filename=FOLDER/code,node-name=pflash0,read-only=on "
		"-blockdev driver=file,filename=FOLDER/vars,node-name=pflash1 ";
	static const struct {
		uint64_t limit;
		bool has_kvm;
		const char *arguments, *log, *text;
	} rows[] = {
		{ 0, true, "-accel kvm -overcommit mem-lock=off -smp 2", "off",
		  "started: mapped 737280, usable 671744, resident 51200, anonymous 20480, code 0" },
		{ 0, false, "-accel tcg,tb-size=1 -overcommit mem-lock=off -smp 2", "off",
		  "started: mapped 738304, usable 672768, resident 51200, anonymous 20480, code 1024" },
		{ 700 * MIB, true, "-accel kvm -overcommit mem-lock=on -smp 2", "716800",
		  "started: mapped 737280, usable 671744, resident 594944, anonymous 20480, code 0" },
		{ 600 * MIB, true, "-accel kvm -overcommit mem-lock=on -smp 2", "614400", NOTHING_SEEN },
	};
	struct qemu with = {};
	const bool kept_before = prctl(PR_CAPBSET_READ, CAP_IPC_LOCK) > 0;
	char want[2048], have[4096], *at;
	struct machine_seen seen;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		with.has_kvm = rows[i].has_kvm;
		EXPECT_NUMBER(start(&with, rows[i].limit, &seen), 0);
		EXPECT_TEXT(text_of(&seen), rows[i].text);
		EXPECT_TEXT(machine->log, rows[i].log);
		snprintf(have, sizeof(have), "%s", machine->arguments);
		while ((at = strstr(have, "/tmp/sevadm-machine-")) != NULL) {
			memcpy(at, "FOLDER", 6);
			memmove(at + 6, at + 26, strlen(at + 26) + 1);
		}
		snprintf(want, sizeof(want), "%s%s", arguments, rows[i].arguments);
		EXPECT_TEXT(have, want);
		snprintf(want, sizeof(want), "code 1966080, vars 131072, disk 1048576, stderr 1:3, "
			 "dies with signal 9, SIGPIPE as usual, CAP_IPC_LOCK %s",
			 rows[i].limit && !geteuid() ? "dropped" : kept_before ? "kept" : "dropped");
		EXPECT_TEXT(machine->seen, want);
	}
}

/* What it says of itself, and what is made of it. */
static void what_a_machine_answers(void)
{
	static const struct {
		const char *says;
		bool up;
	} rows[] = {
		{ "{\"return\": {\"status\": \"prelaunch\", \"running\": false}, \"id\": \"up\"}\n", true },
		/* Its main loop has answered, and not what was asked. */
		{ "{\"error\": {\"class\": \"CommandNotFound\"}, \"id\": \"up\"}\n", false },
	};
	struct machine_seen seen;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_NUMBER(start(&(struct qemu) { .says = rows[i].says }, 0, &seen), 0);
		EXPECT_NUMBER(seen.started, rows[i].up);
		EXPECT_NUMBER(!!seen.mapped, rows[i].up);
	}
}

/* 95 words, and 65535 bytes of an answer, are all that there is room for. */
static void what_there_is_room_for(void)
{
	static const char *many[128];
	static char answer[65537];
	const struct qemu talks = { .says = answer };
	struct machine_seen seen;
	unsigned int words = 1;
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(many) - 1; i++)
		many[i] = "-x";
	EXPECT_NUMBER(start_with(&(struct qemu) {}, many, 0, &seen), 0);
	EXPECT(seen.started);
	for (at = machine->arguments; (at = strchr(at, ' ')); at++)
		words++;
	EXPECT_NUMBER(1 + words, 95);
	for (i = 65535; i <= 65536; i++) {
		memset(answer, ' ', i);
		memcpy(answer, "{\"running\": false", 17);
		strcpy(answer + i - 4, "\"up\"");
		EXPECT_NUMBER(start(&talks, 0, &seen), 0);
		EXPECT_NUMBER(seen.started, i == 65535);
	}
}

/* Whatever fails: nothing stays open (run_tests() counts), and SIGPIPE is as it was. */
static void what_can_fail(void)
{
	static const struct {
		const char *call;
		int error;
		unsigned int after;
		int ret;
		uint64_t limit;
		bool starts;
	} rows[] = {
		{ "ftruncate", ENOSPC, 0, -ENOSPC }, { "ftruncate", ENOSPC, 2, -ENOSPC },
		{ "pipe2", EMFILE, 0, -EMFILE }, { "pipe2", ENFILE, 1, -ENFILE },
		{ "fork", EAGAIN, 0, -EAGAIN },
		{ "fopen", ESRCH, 0, -ESRCH }, { "fopen", EACCES, 1, -EACCES },
		/* In the child, before it becomes the machine. */
		{ "setrlimit", EPERM, 0, -EPERM, MIB }, { "execvp", ENOENT, 0, -ENOENT },
		/* It says nothing; it does not end. */
		{ "poll", 0, 0, 0 }, { "poll", 0, 1, 0 },
		/* A signal came: it is waited for again. */
		{ "waitpid", EINTR, 0, 0, 0, true },
	};
	const struct qemu with = { .says = "{\"return\": {\"running\": false}, \"id\": \"up\"}\n" };
	struct machine_seen seen;
	unsigned int files;
	size_t i;

	signal(SIGPIPE, SIG_DFL);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		files = count_files();
		fault = (typeof(fault)) { rows[i].call, rows[i].error, rows[i].after };
		EXPECT_NUMBER(start(&with, rows[i].limit, &seen), rows[i].ret);
		EXPECT_NUMBER(seen.started, rows[i].starts);
		EXPECT_NUMBER(count_files(), files);
		EXPECT(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
		fault.call = NULL;
	}
	EXPECT_NUMBER(machine_start("some-qemu", "/no/such/folder", (const char *const[]) { NULL }, 0, &seen),
		      -ENOENT);
	EXPECT_TEXT(text_of(&seen), NOTHING_SEEN);
}

int main(void)
{
	static const struct test tests[] = {
		{ "a usual QEMU", a_usual_qemu },
		{ "a host without KVM", a_host_without_kvm },
		{ "machines that are all the same", machines_that_are_all_the_same },
		{ "limits that may not be raised", limits_that_may_not_be_raised },
		{ "the command", the_command },
		{ "a QEMU without qxl", a_qemu_without_qxl },
		{ "QEMUs that cannot be measured", qemus_that_cannot_be_measured },
		{ "signals", signals },
		{ "what a machine is", what_a_machine_is },
		{ "what a machine answers", what_a_machine_answers },
		{ "what there is room for", what_there_is_room_for },
		{ "what can fail", what_can_fail },
	};

	parent = getpid();
	machine = mmap(NULL, sizeof(*machine), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (machine == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/* A tiny machine of QEMU's that is started to be looked at, and stays stopped. */
#include "memlock/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#define MAX_ARGUMENTS	96
/* A machine that says nothing for so long is not well, however slow the host is. */
#define SILENCE_MS	120000

int machine_patience_ms = SILENCE_MS;

/* Of all machines, as libvirt writes them: qemuBuildCommandLine(). */
static const char *const common[] = {
	"-name", "guest=sevadm-calibration,debug-threads=on", "-S", "-cpu", "qemu64", "-m", "512",
	"-display", "none", "-nodefaults", "-no-user-config",
	"-rtc", "base=utc", "-no-shutdown", "-boot", "strict=on",
	"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
	"-device", "pcie-root-port,port=16,chassis=1,id=pci.1,bus=pcie.0,multifunction=on,addr=0x2",
	"-device", "pcie-root-port,port=17,chassis=2,id=pci.2,bus=pcie.0,addr=0x2.0x1",
	"-chardev", "stdio,id=charmonitor", "-mon", "chardev=charmonitor,id=monitor,mode=control",
	"-machine", "q35,pflash0=pflash0,pflash1=pflash1",
};

static const char commands[] =
	"{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"query-status\",\"id\":\"up\"}\n";
static const char quit[] = "{\"execute\":\"quit\"}\n";

static bool kvm_usable(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/*
 * Erased flash is all ones. A QEMU that finds zeroes, or a hole, does not read them
 * (hw/block/block.c), and so has no worker thread yet when it locks its memory, which with a real
 * image it has.
 */
static int fill_file(int fd, off_t size)
{
	char block[65536];
	off_t at = 0;
	ssize_t done;

	memset(block, 0xff, sizeof(block));
	while (at < size) {
		done = pwrite(fd, block, size - at < (off_t)sizeof(block) ?
			      (size_t)(size - at) : sizeof(block), at);
		if (done < 0)
			return -errno;
		at += done;
	}
	return 0;
}

static int make_file(const char *folder, const char *name, off_t size)
{
	char path[256];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	ret = ftruncate(fd, size) ? -errno : fill_file(fd, size);
	close(fd);
	return ret;
}

static void run_qemu(const char *qemu, const char *folder, const char *const *more, uint64_t limit,
		     const int in[2], const int out[2])
{
	const char *argv[MAX_ARGUMENTS] = { qemu };
	const struct rlimit memlock = { limit, limit };
	char code[512], variables[512];
	size_t nr = 1, i;
	int null;

	snprintf(code, sizeof(code), "driver=file,filename=%s/code,node-name=pflash0,read-only=on",
		 folder);
	snprintf(variables, sizeof(variables), "driver=file,filename=%s/vars,node-name=pflash1",
		 folder);
	for (i = 0; i < sizeof(common) / sizeof(*common); i++)
		argv[nr++] = common[i];
	argv[nr++] = "-blockdev";
	argv[nr++] = code;
	argv[nr++] = "-blockdev";
	argv[nr++] = variables;
	argv[nr++] = "-accel";
	argv[nr++] = kvm_usable() ? "kvm" : "tcg,tb-size=1";
	argv[nr++] = "-overcommit";
	argv[nr++] = limit ? "mem-lock=on" : "mem-lock=off";
	for (; *more && nr < MAX_ARGUMENTS - 1; more++)
		argv[nr++] = *more;
	null = open("/dev/null", O_WRONLY);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	/* What root runs has all capabilities but those out of bounds. */
	if (limit && (setrlimit(RLIMIT_MEMLOCK, &memlock) ||
		      (!geteuid() && prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK))))
		_exit(126);
	execvp(qemu, (char *const *)argv);
	_exit(127);
}

/* True: QEMU's main loop has answered. */
static bool wait_up(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char said[65536];
	size_t length = 0;
	ssize_t got;

	while (length < sizeof(said) - 1 && poll(&poll_fd, 1, SILENCE_MS) > 0) {
		got = read(fd, said + length, sizeof(said) - 1 - length);
		if (got <= 0)
			return false;
		length += (size_t)got;
		said[length] = '\0';
		if (strstr(said, "\"up\""))
			return strstr(said, "\"running\"");
	}
	return false;
}

static uint64_t kib_of(const char *line, const char *key)
{
	return strncmp(line, key, strlen(key)) ? 0 : strtoull(line + strlen(key), NULL, 10) << 10;
}

static int look(pid_t pid, struct machine_seen *seen)
{
	uint64_t from, to;
	char path[64], line[512], mode[8];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		seen->mapped += kib_of(line, "VmSize:");
		seen->resident += kib_of(line, "VmRSS:");
		seen->anonymous += kib_of(line, "RssAnon:");
	}
	fclose(file);
	/* TCG's buffer of translated code is the one place that can be written and executed. */
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, mode) != 3)
			continue;
		if (strncmp(mode, "---", 3))
			seen->usable += to - from;
		if (!strncmp(mode, "rwx", 3))
			seen->code_buffer += to - from;
	}
	fclose(file);
	return 0;
}

/* True: it has ended by itself. One that does not is not waited for without end. */
static bool wait_end(pid_t pid)
{
	struct pollfd poll_fd = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool ended;

	if (poll_fd.fd < 0)
		return true;
	ended = poll(&poll_fd, 1, machine_patience_ms) > 0;
	close(poll_fd.fd);
	return ended;
}

int machine_start(const char *qemu, const char *folder, const char *const *more, uint64_t limit,
		  struct machine_seen *seen)
{
	void (*before)(int number);
	int in[2], out[2], status = 0, ret;
	pid_t pid;
	bool up;

	*seen = (struct machine_seen) {};
	ret = make_file(folder, "code", MACHINE_CODE_BYTES) ?:
	      make_file(folder, "vars", MACHINE_VARS_BYTES) ?:
	      make_file(folder, "disk", 1 << 20);
	if (ret)
		return ret;
	if (pipe2(in, O_CLOEXEC))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		ret = -errno;
		close(in[0]);
		close(in[1]);
		return ret;
	}
	before = signal(SIGPIPE, SIG_IGN);
	pid = fork();
	if (!pid)
		run_qemu(qemu, folder, more, limit, in, out);
	ret = pid < 0 ? -errno : 0;
	close(in[0]);
	close(out[1]);
	if (pid > 0) {
		/* A machine that has ended does not read it, which its status says. */
		dprintf(in[1], "%s", commands);
		up = wait_up(out[0]);
		if (up)
			ret = look(pid, seen);
		dprintf(in[1], "%s", quit);
		if (!up || !wait_end(pid))
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) >= 126)
			ret = WEXITSTATUS(status) == 126 ? -EPERM : -ENOENT;
		seen->started = up && !ret && WIFEXITED(status) && !WEXITSTATUS(status);
	}
	close(in[1]);
	close(out[0]);
	signal(SIGPIPE, before);
	return ret;
}

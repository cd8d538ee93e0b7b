// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the emulated SEV host: makes the machine usable, runs one command
 * and reports how it ended.
 *
 * The runner (sevhost) lays down two files and reads three serial ports:
 *
 *	/sevhost/modules	one "PATH [PARAMETERS]" a line, loaded in order
 *	/sevhost/command	the command's arguments, each ended by a NUL
 *	ttyS0			the kernel's console
 *	ttyS1, ttyS2		the command's standard output and standard error
 *	ttyS3			the verdict: "exit N", "signal N" or "setup TEXT",
 *				then the kernel's taint mask
 *
 * The verdict is written last, when all output has left the machine, so that a
 * verdict proves the output complete.
 *
 * Where there is systemd (image/libvirt), PID 1 becomes that, and this program
 * is started again as a service, for the command and the verdict.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MODULES "/sevhost/modules"
#define COMMAND "/sevhost/command"
#define WORKDIR "/work"
#define SYSTEMD "/usr/lib/systemd/systemd"
/* Hundredths of a second that processes have to end. */
#define END_TRIES 1500

static const struct {
	const char *source, *target, *type, *data;
} mounts[] = {
	{ "proc",	"/proc",			"proc",		NULL },
	{ "sysfs",	"/sys",				"sysfs",	NULL },
	{ "devtmpfs",	"/dev",				"devtmpfs",	"mode=0755" },
	{ "devpts",	"/dev/pts",			"devpts",	"mode=0620,gid=5,ptmxmode=666" },
	{ "tmpfs",	"/dev/shm",			"tmpfs",	"mode=1777" },
	{ "tmpfs",	"/run",				"tmpfs",	"mode=0755" },
	{ "tmpfs",	"/tmp",				"tmpfs",	"mode=1777" },
	{ "debugfs",	"/sys/kernel/debug",		"debugfs",	NULL },
	{ "tracefs",	"/sys/kernel/tracing",		"tracefs",	NULL },
	{ "cgroup2",	"/sys/fs/cgroup",		"cgroup2",	NULL },
};

static const struct {
	const char *target, *path;
} links[] = {
	{ "/proc/self/fd",	"/dev/fd" },
	{ "/proc/self/fd/0",	"/dev/stdin" },
	{ "/proc/self/fd/1",	"/dev/stdout" },
	{ "/proc/self/fd/2",	"/dev/stderr" },
};

static const char * const controllers[] = { "+misc", "+memory", "+pids", "+cpu", "+cpuset" };

/* What udev would do with them on a real host. */
static const struct {
	const char *path, *group;
} devices[] = {
	{ "/dev/kvm",		"kvm" },
	{ "/dev/sev",		"kvm" },
	{ "/dev/sevadm",	"sevadm" },
};

static const char * const environment[] = {
	"PATH=/selftests:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "TERM=dumb", "LANG=C.UTF-8",
	NULL
};

static int out = -1, err = -1, verdict = -1;

static void write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		length -= n;
	}
}

static unsigned long kernel_taint(void)
{
	unsigned long taint = 0;
	FILE *f = fopen("/proc/sys/kernel/tainted", "re");

	if (f && fscanf(f, "%lu", &taint) != 1)
		taint = 0;
	if (f)
		fclose(f);
	return taint;
}

__attribute__((format(printf, 1, 2), noreturn))
static void power_off(const char *format, ...)
{
	char text[1024];
	va_list ap;

	sync();
	tcdrain(out);
	tcdrain(err);

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	dprintf(verdict, "%s\ntaint %lu\n", text, kernel_taint());
	tcdrain(verdict);

	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* A port passes bytes unchanged: no CR before LF, no echo, no signals. */
static int open_port(const char *path)
{
	struct termios raw;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &raw))
		return -1;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL;
	raw.c_cflag &= ~CRTSCTS;
	cfsetspeed(&raw, B115200);
	if (tcsetattr(fd, TCSANOW, &raw))
		return -1;
	return fd;
}

static void open_ports(void)
{
	verdict = open_port("/dev/ttyS3");
	out = open_port("/dev/ttyS1");
	err = open_port("/dev/ttyS2");
	if (out < 0 || err < 0)
		power_off("setup cannot open the serial ports: %m");
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	write_all(fd, text, strlen(text));
	close(fd);
}

static void mount_all(void)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].target, 0755);
		/* What a kernel was built without is its user's to miss. */
		mount(mounts[i].source, mounts[i].target, mounts[i].type, MS_NOSUID, mounts[i].data);
	}
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		symlink(links[i].target, links[i].path);
	for (i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		write_file("/sys/fs/cgroup/cgroup.subtree_control", controllers[i]);
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
}

static void load_module(char *line)
{
	char *parameters = strchr(line, ' ');
	int fd;

	if (parameters)
		*parameters++ = '\0';
	fd = open(line, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		power_off("setup cannot open %s: %m", line);
	if (syscall(SYS_finit_module, fd, parameters ? parameters : "", 0) && errno != EEXIST)
		power_off("setup cannot load %s: %m", line);
	close(fd);
}

static void load_modules(void)
{
	FILE *list = fopen(MODULES, "re");
	char *line = NULL;
	size_t size = 0;

	if (!list)
		power_off("setup cannot open " MODULES ": %m");
	while (getline(&line, &size, list) > 0) {
		line[strcspn(line, "\n")] = '\0';
		load_module(line);
	}
	free(line);
	fclose(list);
}

/* getgrnam() would want the C library's plug-ins. */
static gid_t group_id(const char *name)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *group;
	gid_t gid = 0;

	while (f && !gid && (group = fgetgrent(f)))
		if (!strcmp(group->gr_name, name))
			gid = group->gr_gid;
	if (f)
		fclose(f);
	return gid;
}

static void set_device_owners(void)
{
	size_t i;

	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (!chown(devices[i].path, 0, group_id(devices[i].group)))
			chmod(devices[i].path, 0660);
}

static char **read_command(void)
{
	char **argv = NULL, *argument = NULL;
	FILE *f = fopen(COMMAND, "re");
	size_t argc = 0, size = 0;

	if (!f)
		power_off("setup cannot open " COMMAND ": %m");
	while (getdelim(&argument, &size, '\0', f) > 0) {
		argv = realloc(argv, (argc + 2) * sizeof(*argv));
		if (!argv)
			power_off("setup out of memory");
		argv[argc++] = argument;
		argv[argc] = NULL;
		argument = NULL;
		size = 0;
	}
	fclose(f);
	if (!argc)
		power_off("setup no command");
	return argv;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (chdir(WORKDIR) || dup2(open("/dev/null", O_RDONLY), 0) < 0 ||
	    dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	environ = (char **)environment;
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Orphans are ours too. */
static int wait_for(pid_t command)
{
	int status;
	pid_t pid;

	do {
		pid = wait(&status);
		if (pid < 0 && errno != EINTR)
			power_off("setup lost the command: %m");
	} while (pid != command);
	return status;
}

/* What cannot die, as it waits in the kernel for what does not come, keeps no verdict back. */
static void end_all(void)
{
	int tries;
	pid_t pid;

	kill(-1, SIGKILL);
	for (tries = 0; tries < END_TRIES; tries++) {
		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			return;
		usleep(10000);
	}
}

static void bring_up(void)
{
	umask(022);
	reboot(RB_DISABLE_CAD);
	mount_all();
	open_ports();
	loopback_up();
	sethostname("sevhost", strlen("sevhost"));
	load_modules();
	set_device_owners();
}

int main(void)
{
	char **argv;
	pid_t pid;
	int status;

	if (getpid() == 1) {
		bring_up();
		execl(SYSTEMD, SYSTEMD, NULL);
	} else {
		open_ports();
	}

	argv = read_command();
	/* sevhost looks for it in the kernel's log: what hangs before has run nothing. */
	write_file("/dev/kmsg", "sevhost: the command begins\n");
	pid = start(argv);
	if (pid < 0)
		power_off("setup cannot fork: %m");
	status = wait_for(pid);
	end_all();
	if (WIFSIGNALED(status))
		power_off("signal %d", WTERMSIG(status));
	power_off("exit %d", WEXITSTATUS(status));
}

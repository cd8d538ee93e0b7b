// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of the module, recorded on an emulated host and given again where there is none: a
 * library that is loaded before the C library's own functions (LD_PRELOAD).
 *
 *	SEVADM_RECORD=FILE	append what the kernel answers to FILE; SEVADM_RECORD_DEVICE=yes:
 *				also the device
 *	SEVADM_REPLAY=FILE	answer what FILE has; the clock runs while it waits in ppoll()
 *				alone, and the memory is 4 GiB
 *
 * A request that is asked again has the next answer that FILE has to it, and after the last the
 * first.
 *
 * A line of FILE is a letter and bytes in hexadecimal digits: T the time (CLOCK_BOOTTIME), N a
 * netlink request, A an answer to the request before it, D what was read of /dev/sevadm. Numbers
 * that differ each time, the sequence and the port, are 0.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/sevadm.h>

#define LINE_MAX_BYTES	(1 << 20)
#define MEMORY		(4ULL << 30)

#define REAL(name)	((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct {
	const char *path;	/* NULL: neither */
	bool recording;
	int device;		/* /dev/sevadm, or what stands for it; -1 */
	FILE *answers;		/* after the request whose answers come now; NULL: none */
	char *line;		/* the answer that comes next */
	uint32_t seq, port;
	struct timespec waited;
} state = { .device = -1 };

static void set_up(void)
{
	if (state.path)
		return;
	state.path = getenv("SEVADM_RECORD");
	state.recording = state.path;
	if (!state.path)
		state.path = getenv("SEVADM_REPLAY");
	if (!state.path)
		state.path = "";
}

static bool recording(void)
{
	set_up();
	return state.recording;
}

static bool replaying(void)
{
	set_up();
	return !state.recording && *state.path;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void record(char letter, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	FILE *file = fopen(state.path, "ae");
	size_t i;

	if (!file)
		abort();
	fprintf(file, "%c ", letter);
	for (i = 0; i < size; i++)
		fprintf(file, "%02x", bytes[i]);
	fputc('\n', file);
	fclose(file);
}

/* Turns the digits of a line into bytes, in place; returns how many. */
static size_t to_bytes(char *line)
{
	char *digits = line + 2, pair[3] = "";
	size_t nr = 0;

	while (digits[2 * nr] && digits[2 * nr] != '\n') {
		memcpy(pair, digits + 2 * nr, 2);
		line[nr++] = strtoul(pair, NULL, 16);
	}
	return nr;
}

/* Calls @take for each message in @data. */
static void each_message(void *data, size_t size, void (*take)(struct nlmsghdr *header))
{
	struct nlmsghdr *header = data;
	int left = size;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left))
		take(header);
}

static void clear_numbers(struct nlmsghdr *header)
{
	header->nlmsg_seq = 0;
	header->nlmsg_pid = 0;
}

static void set_numbers(struct nlmsghdr *header)
{
	header->nlmsg_seq = state.seq;
	header->nlmsg_pid = state.port;
}

/* ---- netlink --------------------------------------------------------------------------------- */

static bool is_netlink(int fd)
{
	socklen_t size = sizeof(int);
	int domain;

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_NETLINK;
}

static size_t gather(const struct msghdr *msg, char *to, size_t room)
{
	size_t size = 0, i;

	for (i = 0; i < msg->msg_iovlen && size + msg->msg_iov[i].iov_len <= room; i++) {
		memcpy(to + size, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
		size += msg->msg_iov[i].iov_len;
	}
	return size;
}

static bool next_request(const char *request, size_t size)
{
	static char line[LINE_MAX_BYTES];

	while (state.answers && fgets(line, sizeof(line), state.answers))
		if (line[0] == 'N' && to_bytes(line) == size && !memcmp(line, request, size))
			return true;
	return false;
}

/*
 * Finds the request in the file, behind the one before it or from the beginning: its answers come
 * next.
 */
static void find_request(const char *request, size_t size)
{
	if (!state.answers)
		state.answers = fopen(state.path, "re");
	if (next_request(request, size))
		return;
	if (state.answers)
		rewind(state.answers);
	if (next_request(request, size))
		return;
	fprintf(stderr, "replay: no such request was recorded\n");
	abort();
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static char request[LINE_MAX_BYTES];
	struct nlmsghdr *header = (struct nlmsghdr *)request;
	size_t size;

	if ((!recording() && !replaying()) || !is_netlink(fd))
		return REAL(sendmsg)(fd, msg, flags);
	size = gather(msg, request, sizeof(request));
	state.seq = header->nlmsg_seq;
	state.port = header->nlmsg_pid;
	each_message(request, size, clear_numbers);
	if (replaying()) {
		find_request(request, size);
		return size;
	}
	record('N', request, size);
	return REAL(sendmsg)(fd, msg, flags);
}

static ssize_t answer(struct msghdr *msg, int flags)
{
	static char line[LINE_MAX_BYTES];
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static size_t size;
	static bool peeked;

	if (!peeked) {
		if (!state.answers || !fgets(line, sizeof(line), state.answers) || line[0] != 'A') {
			fprintf(stderr, "replay: no more answers were recorded\n");
			abort();
		}
		size = to_bytes(line);
		each_message(line, size, set_numbers);
	}
	peeked = flags & MSG_PEEK;
	if (msg->msg_iov[0].iov_len)
		memcpy(msg->msg_iov[0].iov_base, line,
		       size < msg->msg_iov[0].iov_len ? size : msg->msg_iov[0].iov_len);
	if (msg->msg_name)
		memcpy(msg->msg_name, &kernel, sizeof(kernel));
	msg->msg_namelen = sizeof(kernel);
	msg->msg_controllen = 0;
	msg->msg_flags = size > msg->msg_iov[0].iov_len ? MSG_TRUNC : 0;
	return size;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t size;
	char *copy;

	if ((!recording() && !replaying()) || !is_netlink(fd))
		return REAL(recvmsg)(fd, msg, flags);
	if (replaying())
		return answer(msg, flags);
	size = REAL(recvmsg)(fd, msg, flags);
	if (size > 0 && !(flags & MSG_PEEK)) {
		copy = malloc(size);
		memcpy(copy, msg->msg_iov[0].iov_base, size);
		each_message(copy, size, clear_numbers);
		record('A', copy, size);
		free(copy);
	}
	return size;
}

/* ---- the device ------------------------------------------------------------------------------ */

/* A file with all that was read of the device, once. */
static int open_stand_in(void)
{
	static char line[LINE_MAX_BYTES];
	FILE *file = fopen(state.path, "re");
	int fd = memfd_create("sevadm", MFD_CLOEXEC);
	size_t size;

	while (file && fgets(line, sizeof(line), file)) {
		if (line[0] != 'D')
			continue;
		size = to_bytes(line);
		if (write(fd, line, size) != (ssize_t)size)
			abort();
	}
	if (file)
		fclose(file);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	if (replaying() && !strcmp(path, SEVADM_DEVICE))
		fd = open_stand_in();
	else
		fd = REAL(open)(path, flags, mode);
	if (fd >= 0 && !strcmp(path, SEVADM_DEVICE))
		state.device = fd;
	return fd;
}

ssize_t read(int fd, void *to, size_t size)
{
	ssize_t got = REAL(read)(fd, to, size);

	if (got > 0 && fd == state.device && recording() && getenv("SEVADM_RECORD_DEVICE"))
		record('D', to, got);
	return got;
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (!replaying() || fd != state.device)
		return REAL(ioctl)(fd, request, argument);
	if (request == SEVADM_IOC_EVENT_SEEK) {
		struct sevadm_event_seek *seek = argument;

		lseek(fd, 0, seek->whence == SEVADM_SEEK_NEWEST ? SEEK_END : SEEK_SET);
		seek->seq = UINT64_MAX;
	}
	return 0;
}

/* ---- the host -------------------------------------------------------------------------------- */

int access(const char *path, int mode)
{
	if (replaying() && (!strcmp(path, "/sys/module/sevadm") || !strcmp(path, SEVADM_DEVICE)))
		return 0;
	return REAL(access)(path, mode);
}

/* Of this machine's cgroups none is the recording's. */
FILE *setmntent(const char *path, const char *mode)
{
	return REAL(setmntent)(replaying() ? "/dev/null" : path, mode);
}

/* What root was answered; others see less. */
uid_t geteuid(void)
{
	return replaying() ? 0 : REAL(geteuid)();
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static char line[LINE_MAX_BYTES];
	FILE *file;
	int ret;

	if (!replaying()) {
		ret = REAL(clock_gettime)(clock, now);
		if (recording() && clock == CLOCK_BOOTTIME)
			record('T', now, sizeof(*now));
		return ret;
	}
	*now = state.waited;
	if (clock != CLOCK_BOOTTIME)
		return 0;
	file = fopen(state.path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (line[0] == 'T' && to_bytes(line) == sizeof(*now)) {
			memcpy(now, line, sizeof(*now));
			break;
		}
	if (file)
		fclose(file);
	return 0;
}

/* What waits for its time to come is not early, and never late. */
int ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout, const sigset_t *mask)
{
	int ret = REAL(ppoll)(fds, nr, timeout, mask);

	if (!ret && timeout) {
		state.waited.tv_sec += timeout->tv_sec;
		state.waited.tv_nsec += timeout->tv_nsec;
		if (state.waited.tv_nsec >= 1000000000) {
			state.waited.tv_nsec -= 1000000000;
			state.waited.tv_sec++;
		}
	}
	return ret;
}

int sysinfo(struct sysinfo *info)
{
	int ret = REAL(sysinfo)(info);

	if (replaying()) {
		info->totalram = MEMORY;
		info->mem_unit = 1;
	}
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server of a file system that is one file of one page: fuse(4), with no library between.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fuse.h>

#include "../kselftest.h"
#include "fuse_file.h"

#define PATH		"/tmp/sevadm-fuse"
#define MODE		(S_IFREG | 0600)
#define MAX_WRITE	4096
#define VALID_S		3600	/* for so long the kernel does not ask for attributes again */
#define HOLD_POLL_US	1000

#define MIN(a, b)	((a) < (b) ? (a) : (b))

union reply {
	struct fuse_init_out init;
	struct fuse_attr_out attributes;
	struct fuse_open_out open;
};

bool fuse_file_possible(void)
{
	return !access("/dev/fuse", R_OK | W_OK);
}

static void answer(const struct fuse_file *file, const struct fuse_in_header *request, int error,
		   const void *data, size_t length)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + length, .error = -error, .unique = request->unique,
	};
	const struct iovec parts[] = { { &header, sizeof(header) }, { (void *)data, length } };

	/* ENOENT: who asked has been killed. */
	if (writev(file->device, parts, 2) < 0 && errno != ENOENT)
		ksft_print_msg("fuse: an answer: %s\n", strerror(errno));
}

static void answer_read(struct fuse_file *file, const struct fuse_in_header *request)
{
	const struct fuse_read_in *read = (const void *)(request + 1);
	size_t length = read->offset < FUSE_FILE_SIZE ? FUSE_FILE_SIZE - read->offset : 0;

	while (atomic_load(&file->holds)) {
		atomic_store(&file->held, true);
		usleep(HOLD_POLL_US);
	}
	if (atomic_load(&file->failures) > 0) {
		atomic_fetch_sub(&file->failures, 1);
		answer(file, request, EIO, NULL, 0);
		return;
	}
	answer(file, request, 0, file->content + FUSE_FILE_SIZE - length, MIN(length, read->size));
}

static void answer_request(struct fuse_file *file, const struct fuse_in_header *request)
{
	const struct fuse_init_in *init = (const void *)(request + 1);
	union reply reply = { 0 };

	switch (request->opcode) {
	case FUSE_INIT:
		reply.init.major = FUSE_KERNEL_VERSION;
		reply.init.minor = MIN(init->minor, FUSE_KERNEL_MINOR_VERSION);
		reply.init.max_write = MAX_WRITE;
		answer(file, request, 0, &reply, sizeof(reply.init));
		break;
	case FUSE_GETATTR:
		reply.attributes.attr_valid = VALID_S;
		reply.attributes.attr.ino = FUSE_ROOT_ID;
		reply.attributes.attr.size = FUSE_FILE_SIZE;
		reply.attributes.attr.mode = MODE;
		reply.attributes.attr.nlink = 1;
		answer(file, request, 0, &reply, sizeof(reply.attributes));
		break;
	case FUSE_OPEN:
		answer(file, request, 0, &reply, sizeof(reply.open));
		break;
	case FUSE_READ:
		answer_read(file, request);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_DESTROY:
		answer(file, request, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(file, request, EOPNOTSUPP, NULL, 0);
	}
}

static void *serve(void *argument)
{
	union {
		struct fuse_in_header header;
		char space[FUSE_MIN_READ_BUFFER + MAX_WRITE];
	} request;
	struct fuse_file *file = argument;

	for (;;) {
		/* ENODEV: it is not mounted any more. ENOENT: the request has been taken back. */
		if (read(file->device, &request, sizeof(request)) > 0)
			answer_request(file, &request.header);
		else if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
			return NULL;
	}
}

static bool failed(const char *what)
{
	ksft_print_msg("%s: %s\n", what, strerror(errno));
	return false;
}

bool fuse_file_mount(struct fuse_file *file)
{
	char options[128];
	int mountpoint;

	*file = (struct fuse_file) { .device = open("/dev/fuse", O_RDWR | O_CLOEXEC) };
	if (file->device < 0)
		return failed("/dev/fuse");
	mountpoint = open(PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(mountpoint);
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=%d,group_id=%d,allow_other",
		 file->device, MODE, getuid(), getgid());
	if (mount("sevadm", PATH, "fuse", MS_NOSUID | MS_NODEV, options)) {
		failed("mount");
		close(file->device);
		return false;
	}
	return !pthread_create(&file->server, NULL, serve, file);
}

void fuse_file_unmount(struct fuse_file *file)
{
	atomic_store(&file->holds, false);
	umount2(PATH, MNT_DETACH);
	pthread_join(file->server, NULL);
	close(file->device);
	unlink(PATH);
}

/*
 * Each open has the kernel forget what it holds of the file; that it asks for the size takes a
 * stat.
 */
void *fuse_file_map(void)
{
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);
	void *memory = MAP_FAILED;
	struct stat stats;

	if (!fstat(fd, &stats) && stats.st_size == FUSE_FILE_SIZE)
		memory = mmap(NULL, FUSE_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	return memory;
}

void fuse_file_unmap(void *memory)
{
	munmap(memory, FUSE_FILE_SIZE);
}

bool fuse_file_wait(struct fuse_file *file, int timeout_ms)
{
	int waited;

	for (waited = 0; waited < timeout_ms && !atomic_load(&file->held); waited++)
		usleep(1000);
	return atomic_load(&file->held);
}

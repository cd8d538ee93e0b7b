// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold a system call where the kernel reads the caller's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "../kselftest.h"
#include "stall.h"

#define PAGE	4096UL

static bool failed(const char *what)
{
	ksft_print_msg("%s: %s\n", what, strerror(errno));
	return false;
}

bool stall_open(struct stall *stall)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	stall->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (stall->fd < 0 || ioctl(stall->fd, UFFDIO_API, &api))
		return failed("userfaultfd");
	stall->memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	if (stall->memory == MAP_FAILED)
		return failed("mmap");
	stall->memory[0] = 0;
	range.range.start = (uintptr_t)stall->memory + PAGE;
	range.range.len = PAGE;
	return !ioctl(stall->fd, UFFDIO_REGISTER, &range) || failed("UFFDIO_REGISTER");
}

void *stall_place(const struct stall *stall, size_t size, size_t readable)
{
	(void)size;
	return stall->memory + PAGE - readable;
}

bool stall_wait(struct stall *stall, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = stall->fd, .events = POLLIN };
	struct uffd_msg message;

	return poll(&poll_fd, 1, timeout_ms) == 1 &&
	       read(stall->fd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT;
}

bool stall_release(struct stall *stall, const void *page)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)stall->memory + PAGE,
		.src = (uintptr_t)page,
		.len = PAGE,
	};

	return !ioctl(stall->fd, UFFDIO_COPY, &copy) || failed("UFFDIO_COPY");
}

void stall_close(struct stall *stall)
{
	close(stall->fd);
	munmap(stall->memory, 2 * PAGE);
}

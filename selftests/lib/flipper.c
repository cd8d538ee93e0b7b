// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that changes something back and forth.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "flipper.h"
#include "sev_vm.h"

static void *flip(void *argument)
{
	struct flipper *f = argument;
	int i = 0;

	while (!atomic_load(&f->stop)) {
		i ^= 1;
		atomic_fetch_add(&f->flips, 1);
		if (f->memory)
			mprotect(f->memory, SEV_PAGE_SIZE, i ? PROT_NONE : PROT_READ | PROT_WRITE);
		else
			dup3(f->files[i], f->fd, O_CLOEXEC);
	}
	return NULL;
}

void flipper_wait(struct flipper *f, unsigned long flips)
{
	while (atomic_load(&f->flips) == flips)
		sched_yield();
}

void flipper_start(struct flipper *f)
{
	atomic_store(&f->stop, false);
	atomic_store(&f->flips, 0);
	if (pthread_create(&f->thread, NULL, flip, f))
		ksft_exit_fail_msg("no thread\n");
	flipper_wait(f, 0);
}

void flipper_stop(struct flipper *f)
{
	atomic_store(&f->stop, true);
	pthread_join(f->thread, NULL);
}

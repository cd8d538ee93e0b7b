/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hold a system call where the kernel reads the caller's memory: what a tenant does with a file
 * system of its own (FUSE), done with userfaultfd.
 */
#ifndef SEVADM_STALL_H
#define SEVADM_STALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of two pages, the second of which nobody can read before it is let go. */
struct stall {
	int fd;
	uint8_t *memory;
};

/* False, with a KTAP diagnostic: it could not be made. */
bool stall_open(struct stall *stall);
/* Where @size bytes lie of which the first @readable can be read. */
void *stall_place(const struct stall *stall, size_t size, size_t readable);
/* Returns when a task waits for the second page; false: none came within @timeout_ms. */
bool stall_wait(struct stall *stall, int timeout_ms);
/* The second page becomes @page (as long as a page), and the task that waits goes on. */
bool stall_release(struct stall *stall, const void *page);
void stall_close(struct stall *stall);

#endif /* SEVADM_STALL_H */

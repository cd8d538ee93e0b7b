/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processors that are made up: their files are those of a folder, under dev/cpu, and pread()
 * answers for them.
 */
#ifndef SEVADM_TEST_PROCESSOR_H
#define SEVADM_TEST_PROCESSOR_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYSCFG	0xc0010010
#define HWCR	0xc0010015
#define VM_CR	0xc0010114

/**
 * struct processor - what it answers
 * @leaves: of CPUID, which ends with leaf 0xffffffff; others are not there
 * @syscfg, @hwcr, @vm_cr: of processor 0, which is the only one if @others is 0
 * @others: the same three of each further one
 * @error: errno of reading a register
 */
static struct processor {
	struct {
		uint32_t leaf, registers[4];
	} leaves[8];
	uint64_t syscfg, hwcr, vm_cr, others[3];
	int error;
} processor;

/* Which file it is: cpuid, or the number of the processor whose msr it is. */
static int is_msr_of(int fd, bool *cpuid)
{
	char link[64], path[256] = "";
	const char *at;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		return -1;
	at = strstr(path, "/dev/cpu/");
	*cpuid = at && strstr(at, "/cpuid");
	return at ? atoi(at + strlen("/dev/cpu/")) : -1;
}

ssize_t pread(int fd, void *to, size_t size, off_t at)
{
	bool cpuid;
	int number = is_msr_of(fd, &cpuid);
	uint64_t value;
	size_t i;

	if (number < 0)
		return syscall(SYS_pread64, fd, to, size, at);
	for (i = 0; cpuid && processor.leaves[i].leaf != UINT32_MAX; i++) {
		if (processor.leaves[i].leaf != at)
			continue;
		memcpy(to, processor.leaves[i].registers, size);
		return size;
	}
	if (cpuid)
		return 0;
	if (processor.error) {
		errno = processor.error;
		return -1;
	}
	value = at == SYSCFG ? (number ? processor.others[0] : processor.syscfg) :
		at == HWCR ? (number ? processor.others[1] : processor.hwcr) :
		at == VM_CR ? (number ? processor.others[2] : processor.vm_cr) : ~0ULL;
	memcpy(to, &value, size);
	return size;
}

#endif /* SEVADM_TEST_PROCESSOR_H */

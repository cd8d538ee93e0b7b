/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of the host, below the folder that stands for / in tests. */
#ifndef SEVADM_HOST_READ_H
#define SEVADM_HOST_READ_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** rooted() - @format as a path under @root; cut off when it is too long for any file */
void rooted(char path[PATH_MAX], const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** is_there() - whether there is a file @format, a path under @root; errno says why not */
bool is_there(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** read_small() - read the beginning of a file without trailing blanks; 0 or a negative errno */
int read_small(const char *path, char *text, size_t size);

/* Places of the registers that read_cpuid() fills. */
enum cpuid_register { EAX, EBX, ECX, EDX };

/**
 * read_cpuid() - ask the processor, in tests the file of the kernel's cpuid driver; false: no such
 * leaf
 */
bool read_cpuid(const char *root, uint32_t leaf, uint32_t registers[4]);

/** read_msr() - read an MSR of the first processor; 0 or a negative errno */
int read_msr(const char *root, uint32_t msr, uint64_t *value);

/**
 * read_msr_why() - return why read_msr() failed with @error, as a phrase; lasts until the next call
 */
const char *read_msr_why(uint32_t msr, int error);

#endif

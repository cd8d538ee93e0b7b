/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own memory, read only: where a symbol is (/proc/kallsyms), how a structure is laid
 * out (BTF), and what is there (/proc/kcore). It takes no lock and no hook, so what is read may be
 * in the middle of a change. No address of the kernel may be printed.
 */
#ifndef SEVADM_HOST_KERNEL_MEMORY_H
#define SEVADM_HOST_KERNEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elf.h>

/**
 * struct kernel_symbol - a variable of a module
 * @module: the module
 * @name: the variable
 * @optional: kernels exist that do not have it: @address stays 0
 * @address: found
 */
struct kernel_symbol {
	const char *module, *name;
	bool optional;
	uint64_t address;
};

/**
 * struct kernel_field - a member of a structure
 * @type: name of the structure
 * @member: its member, or "member.member"; members of anonymous members count as own
 * @optional: kernels exist that do not have it: @size stays 0
 * @offset: found, in bytes
 * @size: found, in bytes
 */
struct kernel_field {
	const char *type, *member;
	bool optional;
	uint32_t offset, size;
};

/**
 * struct kernel_memory - the kernel's memory
 * @root: "" on a live host; tests have a folder that stands for /
 * @why: what is wrong, after a function returned false
 * @fd: /proc/kcore, or -1
 * @segments: what is where in it
 * @nr: number of segments
 */
struct kernel_memory {
	const char *root;
	char why[256];
	int fd;
	Elf64_Phdr *segments;
	size_t nr;
};

/**
 * kernel_memory_open() - open the kernel's memory
 * @root: "", or the folder that stands for /
 *
 * Needs CAP_SYS_RAWIO, and a kernel that is not locked down (lockdown=confidentiality).
 *
 * Return: true; false: @memory->why says why not.
 */
bool kernel_memory_open(struct kernel_memory *memory, const char *root);

void kernel_memory_close(struct kernel_memory *memory);

/**
 * kernel_memory_symbols() - find all @nr symbols; false: @memory->why names one that is not there
 */
bool kernel_memory_symbols(struct kernel_memory *memory, struct kernel_symbol *symbols, size_t nr);

/**
 * kernel_memory_fields() - find all @nr members in the types of @module; false: @memory->why
 *
 * Members of one type that stand together are found faster.
 */
bool kernel_memory_fields(struct kernel_memory *memory, const char *module,
			  struct kernel_field *fields, size_t nr);

/** kernel_memory_read() - read @size bytes; false: nothing is there, as a pointer has just gone */
bool kernel_memory_read(const struct kernel_memory *memory, uint64_t address, void *to,
			size_t size);

/**
 * kernel_memory_field() - read a number of up to 8 bytes: that member of the structure at @object
 */
bool kernel_memory_field(const struct kernel_memory *memory, uint64_t object,
			 const struct kernel_field *field, uint64_t *value);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own memory, read only. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/kernel_memory.h"
#include "host/read.h"
#include "kernel/btf_member.h"

__attribute__((format(printf, 2, 3)))
static bool because(struct kernel_memory *memory, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(memory->why, sizeof(memory->why), format, args);
	va_end(args);
	return false;
}

/* ---- symbols -------------------------------------------------------------------------------- */

static void take_symbol(const char *line, struct kernel_symbol *symbols, size_t nr)
{
	char name[512], module[128];
	unsigned long long address;
	size_t i;

	/* Most symbols are the kernel's own. */
	if (!strchr(line, '[') ||
	    sscanf(line, "%llx %*c %511s [%127[^]]", &address, name, module) != 3)
		return;
	for (i = 0; i < nr; i++)
		if (!strcmp(symbols[i].name, name) && !strcmp(symbols[i].module, module))
			symbols[i].address = address;
}

bool kernel_memory_symbols(struct kernel_memory *memory, struct kernel_symbol *symbols, size_t nr)
{
	char path[PATH_MAX], line[1024];
	FILE *file;
	size_t i;

	rooted(path, memory->root, "/proc/kallsyms");
	file = fopen(path, "r");
	if (!file)
		return because(memory, "/proc/kallsyms: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		take_symbol(line, symbols, nr);
	fclose(file);
	for (i = 0; i < nr; i++)
		if (!symbols[i].address && !symbols[i].optional)
			return because(memory,
				       "/proc/kallsyms has no address of %s in %s: it needs root, the module, and kernel.kptr_restrict below 2",
				       symbols[i].name, symbols[i].module);
	return true;
}

/* ---- layouts -------------------------------------------------------------------------------- */

/*
 * @found: of the structure, which is looked for once for all its members: there are 100 000 types.
 */
static bool find_field(struct kernel_memory *memory, const struct btf *btf, const char *module,
		       struct kernel_field *field, int32_t found)
{
	unsigned int bits;
	int64_t size;
	int type;

	if (found < 0)
		return because(memory, "BTF of %s has no struct %s", module, field->type);
	type = btf_member_find(btf, found, field->member, &bits);
	if (type < 0)
		return field->optional ||
		       because(memory, "BTF of %s: struct %s has no member %s", module, field->type,
			       field->member);
	size = btf__resolve_size(btf, type);
	if (size < 0)
		return because(memory, "BTF of %s: struct %s, member %s has no size", module,
			       field->type, field->member);
	field->offset = bits / 8;
	field->size = size;
	return true;
}

bool kernel_memory_fields(struct kernel_memory *memory, const char *module,
			  struct kernel_field *fields, size_t nr)
{
	char path[PATH_MAX];
	struct btf *base, *btf;
	int32_t found = -1;
	bool good = true;
	size_t i;

	rooted(path, memory->root, "/sys/kernel/btf/vmlinux");
	base = btf__parse(path, NULL);
	if (!base)
		return because(memory, "/sys/kernel/btf/vmlinux: %s: the kernel needs CONFIG_DEBUG_INFO_BTF",
			       strerror(errno));
	rooted(path, memory->root, "/sys/kernel/btf/%s", module);
	btf = btf__parse_split(path, base);
	if (!btf)
		good = because(memory, "/sys/kernel/btf/%s: %s: it needs the module, and CONFIG_DEBUG_INFO_BTF_MODULES",
			       module, strerror(errno));
	for (i = 0; i < nr && good; i++) {
		if (!i || strcmp(fields[i].type, fields[i - 1].type))
			found = btf__find_by_name_kind(btf, fields[i].type, BTF_KIND_STRUCT);
		good = find_field(memory, btf, module, &fields[i], found);
	}
	btf__free(btf);
	btf__free(base);
	return good;
}

/* ---- values --------------------------------------------------------------------------------- */

bool kernel_memory_open(struct kernel_memory *memory, const char *root)
{
	char path[PATH_MAX];
	Elf64_Ehdr header;
	size_t bytes;

	*memory = (struct kernel_memory) { .root = root };
	rooted(path, root, "/proc/kcore");
	memory->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (memory->fd < 0)
		return because(memory, "/proc/kcore: %s: it needs root, and a kernel that is not locked down",
			       strerror(errno));
	if (pread(memory->fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_phentsize != sizeof(*memory->segments)) {
		kernel_memory_close(memory);
		return because(memory, "/proc/kcore is not a 64-bit ELF core");
	}
	bytes = header.e_phnum * sizeof(*memory->segments);
	memory->segments = malloc(bytes + 1);
	if (!memory->segments ||
	    pread(memory->fd, memory->segments, bytes, header.e_phoff) != (ssize_t)bytes) {
		kernel_memory_close(memory);
		return because(memory, "the program headers of /proc/kcore cannot be read");
	}
	memory->nr = header.e_phnum;
	return true;
}

void kernel_memory_close(struct kernel_memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
	free(memory->segments);
	memory->segments = NULL;
	memory->nr = 0;
}

bool kernel_memory_read(const struct kernel_memory *memory, uint64_t address, void *to, size_t size)
{
	size_t i;

	for (i = 0; i < memory->nr; i++) {
		const Elf64_Phdr *segment = &memory->segments[i];
		uint64_t within = address - segment->p_vaddr;

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    within < segment->p_memsz)
			return pread(memory->fd, to, size, segment->p_offset + within) ==
			       (ssize_t)size;
	}
	return false;
}

bool kernel_memory_field(const struct kernel_memory *memory, uint64_t object,
			 const struct kernel_field *field, uint64_t *value)
{
	*value = 0;
	return field->size <= sizeof(*value) &&
	       kernel_memory_read(memory, object + field->offset, value, field->size);
}

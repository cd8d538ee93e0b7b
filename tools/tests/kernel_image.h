/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up kernel with SEV guests: its memory, its symbols, its types and its RMP are files. */
#ifndef SEVADM_TEST_KERNEL_IMAGE_H
#define SEVADM_TEST_KERNEL_IMAGE_H

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "check/ledger.h"
#include "cli/output.h"
#include "folder.h"
#include "host/rmp.h"
#include "test.h"

/* Where the made-up kernel's memory is, and what is where in it. */
#define BASE		0xffff888000000000ULL
#define SIZE		0x4000
#define FILE_OFFSET	0x1000
#define VM_LIST		0x100
#define MIN_SEV		0x200
#define MAX_SEV		0x204
#define NR_ASIDS	0x208
#define MIN_ES		0x220
#define MIN_SNP		0x224
#define MAX_SNP		0x228
#define USED		0x210	/* the pointers, and the bitmaps */
#define RECLAIM		0x218
#define USED_MAP	0x300
#define RECLAIM_MAP	0x400
#define VM(n)		(0x1000UL + (n) * 0x200)
#define REGION(n)	(VM(n) + 0x100)

/* Offsets in struct kvm_svm; struct kvm is not its first member. */
#define KVM		8
#define PID		(KVM + 8)
#define NEXT		(KVM + 16)
#define SEV		(KVM + 32)

static unsigned char memory_image[SIZE];
static char root[] = "/tmp/kernel_image.XXXXXX";

static void put(size_t at, uint64_t value, size_t size)
{
	memcpy(memory_image + at, &value, size);
}

static void write_file(const char *name, const void *data, size_t size, off_t offset)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || pwrite(fd, data, size, offset) != (ssize_t)size)
		abort();
	close(fd);
}

static void write_kcore(void)
{
	Elf64_Ehdr header = { .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
			      .e_phoff = sizeof(header) };
	Elf64_Phdr segments[2] = {
		{ .p_type = PT_NOTE },
		{ .p_type = PT_LOAD, .p_vaddr = BASE, .p_memsz = SIZE, .p_offset = FILE_OFFSET },
	};

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	write_file("/proc/kcore", &header, sizeof(header), 0);
	write_file("/proc/kcore", segments, sizeof(segments), sizeof(header));
	write_file("/proc/kcore", memory_image, SIZE, FILE_OFFSET);
}

/* Kernels that can hide ciphertext have more variables. */
static bool can_hide;

static void write_symbols(const char *without)
{
	static const struct {
		const char *name, *module;
		unsigned int at;
	} rows[] = {
		{ "vm_list", "kvm", VM_LIST }, { "sev_asid_bitmap", "kvm_amd", USED },
		{ "sev_reclaim_asid_bitmap", "kvm_amd", RECLAIM },
		{ "min_sev_asid", "kvm_amd", MIN_SEV }, { "max_sev_asid", "kvm_amd", MAX_SEV },
		{ "nr_asids", "kvm_amd", NR_ASIDS }, { "min_sev_es_asid", "kvm_amd", MIN_ES },
		{ "min_snp_asid", "kvm_amd", MIN_SNP }, { "max_snp_asid", "kvm_amd", MAX_SNP },
	};
	char text[1024] = "ffffffff81000000 T _text\n";
	size_t i, length;
	char path[256];

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		length = strlen(text);
		if (strcmp(rows[i].name, without) && (can_hide || rows[i].at < MIN_ES))
			snprintf(text + length, sizeof(text) - length, "%llx d %s\t[%s]\n",
				 BASE + rows[i].at, rows[i].name, rows[i].module);
	}
	snprintf(path, sizeof(path), "%s/proc/kallsyms", root);
	unlink(path);
	write_file("/proc/kallsyms", text, strlen(text), 0);
}

static void save_types(const char *name, const struct btf *btf)
{
	uint32_t size;
	const void *data = btf__raw_data(btf, &size);

	write_file(name, data, size, 0);
}

static void write_types(void)
{
	struct btf *base = btf__new_empty(), *btf;
	int u8 = btf__add_int(base, "bool", 1, BTF_INT_BOOL), u32 = btf__add_int(base, "int", 4, 0);
	int u64 = btf__add_int(base, "long", 8, 0), list, kvm, pointer, sev;

	save_types("/sys/kernel/btf/vmlinux", base);
	btf = btf__new_empty_split(base);
	list = btf__add_struct(btf, "list_head", 16);
	btf__add_field(btf, "next", u64, 0, 0);
	btf__add_field(btf, "prev", u64, 64, 0);
	kvm = btf__add_struct(btf, "kvm", 32);
	btf__add_field(btf, "userspace_pid", u32, 64, 0);
	btf__add_field(btf, "vm_list", list, 128, 0);
	pointer = btf__add_ptr(btf, kvm);
	sev = btf__add_struct(btf, "kvm_sev_info", 48);
	btf__add_field(btf, "active", u8, 0, 0);
	btf__add_field(btf, "es_active", u8, 8, 0);
	btf__add_field(btf, "asid", u32, 32, 0);
	btf__add_field(btf, "handle", u32, 64, 0);
	btf__add_field(btf, "pages_locked", u64, 128, 0);
	btf__add_field(btf, "regions_list", list, 192, 0);
	btf__add_field(btf, "enc_context_owner", pointer, 320, 0);
	btf__add_struct(btf, "kvm_svm", 88);
	btf__add_field(btf, "kvm", kvm, KVM * 8, 0);
	btf__add_field(btf, "sev_info", sev, SEV * 8, 0);
	btf__add_struct(btf, "enc_region", 24);
	btf__add_field(btf, "npages", u64, 0, 0);
	btf__add_field(btf, "list", list, 64, 0);
	save_types("/sys/kernel/btf/kvm_amd", btf);
	btf__free(btf);
	btf__free(base);
}

/* VM @n of kvm_amd; @pages: of its only region, 0: it has none. */
static void put_vm(int n, int active, int es, int pid, int asid, int handle, int pages,
		   uint64_t owner)
{
	size_t head = VM(n) + SEV + 24;

	put(VM(n) + PID, pid, 4);
	put(VM(n) + SEV, active, 1);
	put(VM(n) + SEV + 1, es, 1);
	put(VM(n) + SEV + 4, asid, 4);
	put(VM(n) + SEV + 8, handle, 4);
	put(VM(n) + SEV + 16, pages, 8);
	put(head, BASE + (pages ? REGION(n) + 8 : head), 8);
	put(REGION(n), pages, 8);
	put(REGION(n) + 8, BASE + head, 8);
	put(VM(n) + SEV + 40, owner, 8);
}

/* Four VMs: SEV, SEV-ES, a mirror of the first, and one that is not encrypted. */
static void make_kernel(void)
{
	int i;

	memset(memory_image, 0, SIZE);
	put(MIN_SEV, 5, 4);
	put(MAX_SEV, 8, 4);
	put(NR_ASIDS, 9, 4);
	put(USED, BASE + USED_MAP, 8);
	put(RECLAIM, BASE + RECLAIM_MAP, 8);
	put(USED_MAP, 1 << 1 | 1 << 2 | 1 << 5, 8);	/* 1: SEV-ES, 5: SEV; 2 waits */
	put(RECLAIM_MAP, 1 << 2, 8);
	put_vm(0, 1, 0, 1, 5, 7, 3, 0);
	put_vm(1, 1, 1, 200, 1, 8, 2, 0);
	put_vm(2, 1, 0, 4194305, 5, 0, 0, BASE + VM(0) + KVM);
	put_vm(3, 0, 0, 400, 0, 0, 0, 0);
	put(VM_LIST, BASE + VM(0) + NEXT, 8);
	for (i = 0; i < 4; i++)
		put(VM(i) + NEXT, BASE + (i < 3 ? VM(i + 1) + NEXT : VM_LIST), 8);
	write_kcore();
	write_symbols("");
}

/* ---- the RMP -------------------------------------------------------------------------------- */

#define RMP_START	0x100000UL
#define RMP_ENTRIES	70000UL		/* more than are read at once */

/*
 * A processor with the features @eax. The two MSRs' numbers are so close that they overlap in a
 * file: the lower bytes of END are the address in BASE, and its high bit is beyond that.
 */
static void make_processor(uint32_t eax)
{
	const uint64_t end = 1ULL << 44 | RMP_START >> 8;
	const uint32_t registers[4] = { eax };

	write_file("/dev/cpu/0/cpuid", registers, sizeof(registers), 0x8000001f);
	write_file("/dev/cpu/0/msr", &end, sizeof(end), MSR_RMP_END);
}

static void put_entry(uint64_t page, unsigned int asid, bool assigned)
{
	/* Neighbours of the ASID's bits: validated and VMSA above, the guest's address below. */
	const uint64_t entry[2] = { 6ULL << 60 | (uint64_t)asid << 51 | 0x7ffULL << 39 | assigned,
				    ~0ULL };

	write_file("/dev/mem", entry, sizeof(entry), RMP_START + 0x4000 + page * 16);
}

static void remove_image(void)
{
	folder_remove(root);
}

/* Makes the folder that stands for the host's root, until the test ends. */
static void make_image(void)
{
	folder_make(root);
	setenv("SEVADM_SYSROOT", root, true);
	atexit(remove_image);
	folder_put(root, "sys/kernel/btf/none", 0600, "");
	folder_put(root, "proc/none", 0600, "");
	folder_put(root, "dev/cpu/0/none", 0600, "");
	write_types();
}

#endif /* SEVADM_TEST_KERNEL_IMAGE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle: what kvm_amd itself believes about its SEV VMs, read out of the kernel's memory.
 *
 * The second opinion for sevadm's ledger: it shares no code with the module, needs nothing of it,
 * and takes no hook. Addresses come from /proc/kallsyms, layouts from the kernel's BTF, values from
 * /proc/kcore. No address of the kernel is ever printed.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define VMS_MAX		4096
#define LIST_MAX	1000000		/* a list that is longer was caught in mid-change */
#define ASIDS_MAX	65536
#define TRIES		10000
#define TRY_PAUSE_NS	2000000L

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("oracle: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* ---- symbols: /proc/kallsyms ---------------------------------------------------------------- */

enum symbol_id {
	VM_LIST,
	SEV_ASID_BITMAP,
	SEV_RECLAIM_ASID_BITMAP,
	MIN_SEV_ASID,
	MAX_SEV_ASID,
	NR_ASIDS,
	SEV_ES_FIRST,
	SEV_ES_LAST,
	SNP_FIRST,
	SNP_LAST,
};

static struct {
	const char *module, *name;
	bool optional;		/* not in all kernels */
	uint64_t address;
} symbols[] = {
	[VM_LIST] = { "kvm", "vm_list", false, 0 },
	[SEV_ASID_BITMAP] = { "kvm_amd", "sev_asid_bitmap", false, 0 },
	[SEV_RECLAIM_ASID_BITMAP] = { "kvm_amd", "sev_reclaim_asid_bitmap", false, 0 },
	[MIN_SEV_ASID] = { "kvm_amd", "min_sev_asid", false, 0 },
	[MAX_SEV_ASID] = { "kvm_amd", "max_sev_asid", false, 0 },
	[NR_ASIDS] = { "kvm_amd", "nr_asids", false, 0 },
	[SEV_ES_FIRST] = { "kvm_amd", "min_sev_es_asid", true, 0 },
	[SEV_ES_LAST] = { "kvm_amd", "max_sev_es_asid", true, 0 },
	[SNP_FIRST] = { "kvm_amd", "min_snp_asid", true, 0 },
	[SNP_LAST] = { "kvm_amd", "max_snp_asid", true, 0 },
};

static void find_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[1024], name[512], module[128];
	unsigned long long address;
	size_t i;

	if (!file)
		die("/proc/kallsyms: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		/* Most of 200 000 are the kernel's own. */
		if (!strchr(line, '[') ||
		    sscanf(line, "%llx %*c %511s [%127[^]]", &address, name, module) != 3)
			continue;
		for (i = 0; i < ARRAY_SIZE(symbols); i++)
			if (!strcmp(symbols[i].name, name) && !strcmp(symbols[i].module, module))
				symbols[i].address = address;
	}
	fclose(file);

	if (access("/sys/module/kvm_amd", F_OK))
		die("kvm_amd is not loaded");
	for (i = 0; i < ARRAY_SIZE(symbols); i++)
		if (!symbols[i].address && !symbols[i].optional)
			die("/proc/kallsyms has no address of %s in %s: be root, with kernel.kptr_restrict below 2",
			    symbols[i].name, symbols[i].module);
}

/* ---- layouts: BTF --------------------------------------------------------------------------- */

enum field_id {
	KVM_IN_SVM,
	KVM_NEXT,
	KVM_PID,
	SEV_ACTIVE,
	SEV_ES_ACTIVE,
	SEV_ASID,
	SEV_HANDLE,
	SEV_PAGES_LOCKED,
	SEV_REGIONS,
	SEV_OWNER,
	REGION_LIST,
	REGION_NPAGES,
	REGION_UADDR,
	REGION_SIZE,
};

static struct {
	const char *type, *member;
	uint32_t offset, size;
} fields[] = {
	[KVM_IN_SVM] = { "kvm_svm", "kvm", 0, 0 },
	[KVM_NEXT] = { "kvm", "vm_list", 0, 0 },
	[KVM_PID] = { "kvm", "userspace_pid", 0, 0 },
	[SEV_ACTIVE] = { "kvm_svm", "sev_info.active", 0, 0 },
	[SEV_ES_ACTIVE] = { "kvm_svm", "sev_info.es_active", 0, 0 },
	[SEV_ASID] = { "kvm_svm", "sev_info.asid", 0, 0 },
	[SEV_HANDLE] = { "kvm_svm", "sev_info.handle", 0, 0 },
	[SEV_PAGES_LOCKED] = { "kvm_svm", "sev_info.pages_locked", 0, 0 },
	[SEV_REGIONS] = { "kvm_svm", "sev_info.regions_list", 0, 0 },
	[SEV_OWNER] = { "kvm_svm", "sev_info.enc_context_owner", 0, 0 },
	[REGION_LIST] = { "enc_region", "list", 0, 0 },
	[REGION_NPAGES] = { "enc_region", "npages", 0, 0 },
	[REGION_UADDR] = { "enc_region", "uaddr", 0, 0 },
	[REGION_SIZE] = { "enc_region", "size", 0, 0 },
};

/* The member called by the @length bytes at @name; members of anonymous members count as own. */
static bool find_member(const struct btf *btf, uint32_t type_id, const char *name, size_t length,
			uint32_t *offset, uint32_t *member_type)
{
	const struct btf_type *type;
	const struct btf_member *member;
	int i;

	while ((type = btf__type_by_id(btf, type_id)) &&
	       (btf_is_mod(type) || btf_is_typedef(type)))
		type_id = type->type;
	if (!type || !btf_is_composite(type))
		return false;

	member = btf_members(type);
	for (i = 0; i < btf_vlen(type); i++) {
		const char *found = btf__name_by_offset(btf, member[i].name_off);
		uint32_t inner = 0;

		if (strlen(found) == length && !memcmp(found, name, length)) {
			*offset = btf_member_bit_offset(type, i) / 8;
			*member_type = member[i].type;
			return true;
		}
		if (!*found &&
		    find_member(btf, member[i].type, name, length, &inner, member_type)) {
			*offset = btf_member_bit_offset(type, i) / 8 + inner;
			return true;
		}
	}
	return false;
}

/* Those of the module come behind the kernel's 100 000, and are few: there first. */
static int32_t find_struct(const struct btf *btf, const char *name)
{
	uint32_t id = btf__type_cnt(btf__base_btf(btf)), end = btf__type_cnt(btf);

	for (; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_struct(type) && !strcmp(btf__name_by_offset(btf, type->name_off), name))
			return id;
	}
	return btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
}

/* @found: the structure. */
static void find_field(const struct btf *btf, enum field_id id, int32_t found)
{
	const char *part = fields[id].member;
	uint32_t type = found, offset = 0, step;
	int64_t size;

	if (found < 0)
		die("BTF of kvm_amd has no struct %s", fields[id].type);
	for (;;) {
		size_t length = strcspn(part, ".");

		if (!find_member(btf, type, part, length, &step, &type))
			die("BTF of kvm_amd: struct %s has no member %s", fields[id].type,
			    fields[id].member);
		offset += step;
		if (!part[length])
			break;
		part += length + 1;
	}

	size = btf__resolve_size(btf, type);
	if (size < 0)
		die("BTF of kvm_amd: struct %s, member %s: no size", fields[id].type,
		    fields[id].member);
	fields[id].offset = offset;
	fields[id].size = size;
}

static void find_fields(void)
{
	static const char base_path[] = "/sys/kernel/btf/vmlinux", path[] = "/sys/kernel/btf/kvm_amd";
	struct btf *base = btf__parse(base_path, NULL), *btf;
	int32_t found = -1;
	size_t i;

	if (!base)
		die("%s: %s: the kernel needs CONFIG_DEBUG_INFO_BTF", base_path, strerror(errno));
	btf = btf__parse_split(path, base);
	if (!btf)
		die("%s: %s: the kernel needs CONFIG_DEBUG_INFO_BTF_MODULES", path,
		    strerror(errno));
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!i || strcmp(fields[i].type, fields[i - 1].type))
			found = find_struct(btf, fields[i].type);
		find_field(btf, i, found);
	}
	btf__free(btf);
	btf__free(base);
}

/* ---- values: /proc/kcore -------------------------------------------------------------------- */

static struct {
	int fd;
	size_t count;
	Elf64_Phdr *segments;
} kcore;

static void open_kcore(void)
{
	static const char path[] = "/proc/kcore";
	Elf64_Ehdr header;
	size_t bytes;

	kcore.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (kcore.fd < 0)
		die("%s: %s: be root, with kernel lockdown off", path, strerror(errno));
	if (pread(kcore.fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_phentsize != sizeof(Elf64_Phdr))
		die("%s: not a 64-bit ELF core", path);

	kcore.count = header.e_phnum;
	bytes = kcore.count * sizeof(*kcore.segments);
	kcore.segments = malloc(bytes);
	if (!kcore.segments)
		die("no memory");
	if (pread(kcore.fd, kcore.segments, bytes, header.e_phoff) != (ssize_t)bytes)
		die("%s: its program headers cannot be read", path);
}

/* False where nothing is: a pointer was followed that has just gone. */
static bool read_memory(uint64_t address, void *to, size_t size)
{
	size_t i;

	for (i = 0; i < kcore.count; i++) {
		const Elf64_Phdr *segment = &kcore.segments[i];

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_memsz)
			continue;
		return pread(kcore.fd, to, size, segment->p_offset + (address - segment->p_vaddr))
		       == (ssize_t)size;
	}
	return false;
}

static bool read_pointer(uint64_t address, uint64_t *value)
{
	return read_memory(address, value, sizeof(*value));
}

static bool read_field(uint64_t object, enum field_id id, uint64_t *value)
{
	*value = 0;
	if (fields[id].size > sizeof(*value))
		die("struct %s: member %s is not a number", fields[id].type, fields[id].member);
	return read_memory(object + fields[id].offset, value, fields[id].size);
}

static bool read_symbol(enum symbol_id id, uint32_t *value)
{
	return read_memory(symbols[id].address, value, sizeof(*value));
}

/* ---- the snapshot --------------------------------------------------------------------------- */

struct region {
	uint64_t uaddr, size, npages;
};

struct vm {
	uint64_t kvm, owner;		/* only to tell VMs apart: never printed */
	uint64_t pid, es_active, asid, handle, pages_locked;
	struct region *regions;
	size_t region_count;
};

struct snapshot {
	uint32_t min_sev_asid, max_sev_asid, nr_asids;
	uint32_t es_first, es_last, snp_first, snp_last;
	uint64_t used[ASIDS_MAX / 64], reclaim[ASIDS_MAX / 64];
	struct vm vms[VMS_MAX];
	size_t vm_count;
};

static void drop(struct snapshot *s)
{
	while (s->vm_count)
		free(s->vms[--s->vm_count].regions);
}

static bool read_bitmap(enum symbol_id id, uint32_t bits, uint64_t *bitmap)
{
	size_t bytes = (bits + 63) / 64 * 8;
	uint64_t address;

	memset(bitmap, 0, ASIDS_MAX / 8);
	if (bits > ASIDS_MAX)
		die("%u ASIDs: more than any processor has", bits);
	if (!read_pointer(symbols[id].address, &address))
		return false;
	/* kvm_amd without SEV never allocates them. */
	return !address || read_memory(address, bitmap, bytes);
}

/* Before 6.18 sev_asid_new() has the numbers in its code: both kinds of guests take from 1. */
static bool read_range(enum symbol_id first, enum symbol_id last, const struct snapshot *s,
		       uint32_t *from, uint32_t *to)
{
	*from = 1;
	*to = s->min_sev_asid - 1;
	return (!symbols[first].address || read_symbol(first, from)) &&
	       (!symbols[last].address || read_symbol(last, to));
}

static bool read_asids(struct snapshot *s)
{
	return read_symbol(MIN_SEV_ASID, &s->min_sev_asid) &&
	       read_symbol(MAX_SEV_ASID, &s->max_sev_asid) &&
	       read_symbol(NR_ASIDS, &s->nr_asids) &&
	       read_range(SEV_ES_FIRST, SEV_ES_LAST, s, &s->es_first, &s->es_last) &&
	       read_range(SNP_FIRST, SNP_LAST, s, &s->snp_first, &s->snp_last) &&
	       read_bitmap(SEV_ASID_BITMAP, s->nr_asids, s->used) &&
	       read_bitmap(SEV_RECLAIM_ASID_BITMAP, s->nr_asids, s->reclaim);
}

static bool read_regions(uint64_t svm, struct vm *vm)
{
	uint64_t head = svm + fields[SEV_REGIONS].offset, entry, object;
	size_t room = 0;

	/* A mirror of an older kernel may have a head that never was initialised. */
	if (!read_pointer(head, &entry))
		return false;
	for (; entry && entry != head; vm->region_count++) {
		struct region *r;

		if (vm->region_count == room) {
			room = room ? room * 2 : 16;
			vm->regions = realloc(vm->regions, room * sizeof(*r));
			if (!vm->regions)
				die("no memory");
		}
		r = &vm->regions[vm->region_count];
		object = entry - fields[REGION_LIST].offset;
		if (vm->region_count > LIST_MAX ||
		    !read_field(object, REGION_UADDR, &r->uaddr) ||
		    !read_field(object, REGION_SIZE, &r->size) ||
		    !read_field(object, REGION_NPAGES, &r->npages) ||
		    !read_pointer(entry, &entry))
			return false;
	}
	return true;
}

static bool read_vm(uint64_t kvm, struct snapshot *s)
{
	uint64_t svm = kvm - fields[KVM_IN_SVM].offset, active;
	struct vm *vm = &s->vms[s->vm_count];

	if (!read_field(svm, SEV_ACTIVE, &active))
		return false;
	if (!active)
		return true;
	if (s->vm_count == VMS_MAX)
		die("more than %d SEV VMs", VMS_MAX);

	*vm = (struct vm) { .kvm = kvm };
	s->vm_count++;
	return read_field(kvm, KVM_PID, &vm->pid) &&
	       read_field(svm, SEV_ES_ACTIVE, &vm->es_active) &&
	       read_field(svm, SEV_ASID, &vm->asid) &&
	       read_field(svm, SEV_HANDLE, &vm->handle) &&
	       read_field(svm, SEV_PAGES_LOCKED, &vm->pages_locked) &&
	       read_field(svm, SEV_OWNER, &vm->owner) &&
	       read_regions(svm, vm);
}

static bool read_snapshot(struct snapshot *s)
{
	uint64_t head = symbols[VM_LIST].address, entry;
	size_t count = 0;

	drop(s);
	if (!read_asids(s) || !read_pointer(head, &entry))
		return false;
	while (entry != head) {
		if (count++ > LIST_MAX || !read_vm(entry - fields[KVM_NEXT].offset, s) ||
		    !read_pointer(entry, &entry))
			return false;
	}
	return true;
}

static bool same_vm(const struct vm *a, const struct vm *b)
{
	return a->kvm == b->kvm && a->owner == b->owner && a->pid == b->pid &&
	       a->es_active == b->es_active && a->asid == b->asid && a->handle == b->handle &&
	       a->pages_locked == b->pages_locked && a->region_count == b->region_count &&
	       (!a->region_count ||
		!memcmp(a->regions, b->regions, a->region_count * sizeof(*a->regions)));
}

static bool same(const struct snapshot *a, const struct snapshot *b)
{
	size_t i;

	if (a->vm_count != b->vm_count || a->min_sev_asid != b->min_sev_asid ||
	    a->max_sev_asid != b->max_sev_asid || a->nr_asids != b->nr_asids ||
	    a->es_first != b->es_first || a->es_last != b->es_last ||
	    a->snp_first != b->snp_first || a->snp_last != b->snp_last ||
	    memcmp(a->used, b->used, sizeof(a->used)) ||
	    memcmp(a->reclaim, b->reclaim, sizeof(a->reclaim)))
		return false;
	for (i = 0; i < a->vm_count; i++)
		if (!same_vm(&a->vms[i], &b->vms[i]))
			return false;
	return true;
}

/*
 * kvm_amd's locks cannot be taken from here. A reading counts when the next one, made from the
 * start, says the same.
 */
static struct snapshot *steady_snapshot(void)
{
	static struct snapshot buffers[2];
	const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
	bool have_last = false;
	int try;

	for (try = 0; try < TRIES; try++) {
		struct snapshot *now = &buffers[try % 2], *last = &buffers[(try + 1) % 2];
		bool good = read_snapshot(now);

		if (good && have_last && same(now, last))
			return now;
		have_last = good;
		if (try)
			nanosleep(&pause, NULL);
	}
	die("the VMs keep changing: no two of %d readings agree", TRIES);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static bool has_bit(const uint64_t *bitmap, uint32_t bit)
{
	return bitmap[bit / 64] >> bit % 64 & 1;
}

/* The ASIDs of @bitmap that are not in @without. */
static void print_asids(const char *key, const struct snapshot *s, const uint64_t *bitmap,
			const uint64_t *without)
{
	const char *comma = "";
	uint32_t asid;

	printf("\"%s\":[", key);
	for (asid = 0; asid < s->nr_asids; asid++) {
		if (!has_bit(bitmap, asid) || (without && has_bit(without, asid)))
			continue;
		printf("%s%u", comma, asid);
		comma = ",";
	}
	printf("],");
}

static void print_owner(const struct snapshot *s, const struct vm *vm)
{
	size_t i;

	for (i = 0; i < s->vm_count; i++) {
		if (vm->owner && s->vms[i].kvm == vm->owner) {
			printf("\"mirror_of\":%zu,", i);
			return;
		}
	}
	/* The owner is held by its mirror, so it must be among the VMs. */
	if (vm->owner)
		die("a mirror's owner is not among the SEV VMs");
	printf("\"mirror_of\":null,");
}

static void print_vm(const struct snapshot *s, const struct vm *vm)
{
	size_t i;

	printf("{\"pid\":%llu,\"asid\":%llu,\"handle\":%llu,\"es_active\":%s,\"pages_locked\":%llu,",
	       (unsigned long long)vm->pid, (unsigned long long)vm->asid,
	       (unsigned long long)vm->handle, vm->es_active ? "true" : "false",
	       (unsigned long long)vm->pages_locked);
	print_owner(s, vm);
	printf("\"regions\":[");
	for (i = 0; i < vm->region_count; i++)
		printf("%s{\"uaddr\":%llu,\"size\":%llu,\"npages\":%llu}", i ? "," : "",
		       (unsigned long long)vm->regions[i].uaddr,
		       (unsigned long long)vm->regions[i].size,
		       (unsigned long long)vm->regions[i].npages);
	printf("]}");
}

static void print_snapshot(const struct snapshot *s)
{
	size_t i;

	printf("{\"min_sev_asid\":%u,\"max_sev_asid\":%u,\"nr_asids\":%u,", s->min_sev_asid,
	       s->max_sev_asid, s->nr_asids);
	printf("\"sev_es_asids\":[%u,%u],\"snp_asids\":[%u,%u],", s->es_first, s->es_last,
	       s->snp_first, s->snp_last);
	print_asids("used", s, s->used, s->reclaim);
	print_asids("reclaim", s, s->reclaim, NULL);
	printf("\"vms\":[");
	for (i = 0; i < s->vm_count; i++) {
		printf("%s", i ? "," : "");
		print_vm(s, &s->vms[i]);
	}
	printf("]}\n");
	if (fflush(stdout) || ferror(stdout))
		die("standard output: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	bool follow = argc == 2 && !strcmp(argv[1], "--follow");
	char line[16];

	if (argc > 1 && !follow)
		die("usage: %s [--follow]\n"
		    "Print kvm_amd's SEV VMs as JSON; with --follow once for each line of input, as long as kvm_amd stays loaded.",
		    argv[0]);
	find_symbols();
	find_fields();
	open_kcore();
	if (!follow)
		print_snapshot(steady_snapshot());
	/* What took the time, symbols and layouts, is done once. */
	while (follow && fgets(line, sizeof(line), stdin))
		print_snapshot(steady_snapshot());
	return 0;
}

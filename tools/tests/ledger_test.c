// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check ledger, on a made-up kernel: its memory, its symbols and its types are files here.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/sevadm.h>

#include "check/check.h"
#include "check/ledger.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "netlink.h"
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
static char root[] = "/tmp/ledger_test.XXXXXX";

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

/* What the module says of it. */
static const char vms_text[] =
	"[{'id':11,'pid':1,'type':'sev','pool':'sev','asid':5,'handle':7,'pinned_bytes':12288,'regions':1,'mirror_of':null},"
	"{'id':12,'pid':200,'type':'sev-es','pool':'sev_es','asid':1,'handle':8,'pinned_bytes':8192,'regions':1,'mirror_of':null},"
	"{'id':13,'pid':4194305,'type':'sev','pool':'sev','asid':5,'handle':7,'pinned_bytes':0,'regions':0,'mirror_of':11}]";
static const char asids_text[] =
	"[{'asid':1,'pool':'sev_es','state':'used','vm':12},{'asid':2,'pool':'sev_es','state':'reclaim','vm':null},"
	"{'asid':3,'pool':'sev_es','state':'free','vm':null},{'asid':4,'pool':'sev_es','state':'free','vm':null},"
	"{'asid':5,'pool':'sev','state':'used','vm':11},{'asid':6,'pool':'sev','state':'free','vm':null},"
	"{'asid':7,'pool':'sev','state':'free','vm':null},{'asid':8,'pool':'sev','state':'free','vm':null}]";
static const char status_text[] =
	"{'pools':{'sev':{'used':1,'reclaim':0},'sev_es':{'used':1,'reclaim':1}},"
	"'pinned':{'current_bytes':20480},'unaccounted_vms':0,'module':{'state':'attached'}}";

/* @text with its first @from replaced; JSON's quotes are single here. */
static struct json_object *parse(const char *text, const char *from, const char *to)
{
	char copy[2048];
	const char *at = from ? strstr(text, from) : NULL;
	struct json_object *value;
	char *c;

	if (at)
		snprintf(copy, sizeof(copy), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	else
		snprintf(copy, sizeof(copy), "%s", text);
	for (c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_tokener_parse(copy);
	if (!value)
		abort();
	return value;
}

static bool read_kernel(struct kvm_amd_state *state, struct kernel_memory *memory)
{
	bool good = kernel_memory_open(memory, root) && kvm_amd_open(memory) &&
		    kvm_amd_read(memory, state);

	kernel_memory_close(memory);
	return good;
}

/* The rules that are broken, if @from is replaced by @to wherever it comes first. */
static const char *broken(const char *from, const char *to)
{
	static char rules[512];
	static struct kvm_amd_state state;
	static struct kernel_memory memory;
	struct ledger ledger = {
		parse(vms_text, from, to), parse(asids_text, from, to), parse(status_text, from, to)
	};
	struct report report = {};
	struct target *target = report_target(&report, "ledger", TARGET_OBJECT);
	size_t i, length;

	rules[0] = '\0';
	if (!read_kernel(&state, &memory))
		return memory.why;
	ledger_compare(&state, &ledger, target);
	for (i = 0; i < target->nr; i++) {
		length = strlen(rules);
		snprintf(rules + length, sizeof(rules) - length, "%s%s", i ? " " : "",
			 target->findings[i].rule->id);
	}
	report_free(&report);
	kvm_amd_drop(&state);
	json_object_put(ledger.vms);
	json_object_put(ledger.asids);
	json_object_put(ledger.status);
	return rules;
}

static void memory_is_read(void)
{
	static struct kvm_amd_state state;
	struct kernel_memory memory;

	make_kernel();
	EXPECT(read_kernel(&state, &memory));
	EXPECT_NUMBER(state.nr_vms, 3);
	EXPECT_NUMBER(state.min_sev, 5);
	EXPECT_NUMBER(state.max, 8);
	EXPECT(kvm_amd_has(state.used, 5) && !kvm_amd_has(state.used, 6));
	EXPECT(kvm_amd_has(state.reclaim, 2) && !kvm_amd_has(state.reclaim, 1));
	EXPECT(!kvm_amd_has(state.used, KVM_AMD_ASIDS));
	if (state.nr_vms == 3) {
		EXPECT_NUMBER(state.vms[0].pid, 1);
		EXPECT_NUMBER(state.vms[0].pages, 3);
		EXPECT_NUMBER(state.vms[0].regions, 1);
		EXPECT_NUMBER(state.vms[0].region_pages, 3);
		EXPECT_NUMBER(state.vms[1].es, 1);
		EXPECT_NUMBER(state.vms[1].mirror_of, -1);
		EXPECT_NUMBER(state.vms[2].mirror_of, 0);
		EXPECT_NUMBER(state.vms[2].handle, 7);
	}
	kvm_amd_drop(&state);
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

static void make_rmp(void)
{
	put_entry(RMP_ENTRIES - 1, 0, false);
	put_entry(0, 1, true);
	put_entry(65535, 1, true);
	put_entry(65536, 1, true);
	put_entry(RMP_ENTRIES - 1, 1023, true);
	put_entry(7, 0, true);
	put_entry(8, 1, false);
	/* Beyond the table there is more memory. */
	put_entry(RMP_ENTRIES, 1, true);
}

static void rmp_is_counted(void)
{
	/* The lowest 13 bits of the base are not of the address. */
	const struct rmp_msrs msrs = { RMP_START | 0x1fff,
				       RMP_START + 0x4000 + RMP_ENTRIES * 16 - 1 };
	static struct rmp_owners owners;
	struct rmp_table table;

	make_rmp();
	make_processor(1 << 4);
	EXPECT(rmp_open(&table, root));
	EXPECT(rmp_place(&table, 1 << 4, &msrs));
	EXPECT_NUMBER(table.start, RMP_START + 0x4000);
	EXPECT_NUMBER(table.pages, RMP_ENTRIES);
	EXPECT(rmp_read(&table, &owners));
	EXPECT_NUMBER(owners.pages[0], 1);
	EXPECT_NUMBER(owners.pages[1], 3);
	EXPECT_NUMBER(owners.pages[1023], 1);
	EXPECT_NUMBER(rmp_guest_pages(&owners), 4);
	/* What cannot be read to its end is not compared. */
	table.pages += 2;
	EXPECT(!rmp_read(&table, &owners));
	EXPECT(strstr(table.why, "/dev/mem"));
	rmp_close(&table);
}

static void rmp_cannot_be_read(void)
{
	static const struct {
		uint32_t features;
		struct rmp_msrs msrs;
		const char *why;
	} rows[] = {
		{ 0, { RMP_START, 0x1fffff }, "the processor has no SEV-SNP" },
		{ 1 << 4 | 1 << 21, { RMP_START, 0x1fffff }, "RMPREAD" },
		{ 1 << 4 | 1 << 23, { RMP_START, 0x1fffff, 1 }, "segments" },
		{ 1 << 4, {}, "no RMP" },
		{ 1 << 4, { RMP_START, RMP_START + 0x3fff }, "no RMP" },
		{ 1 << 4, { RMP_START, UINT64_MAX }, "where no memory can be" },
		{ 1 << 4, { RMP_START, 1ULL << 52 }, "where no memory can be" },
		/* A processor that could have segments, and has none. */
		{ 1 << 4 | 1 << 23, { RMP_START, 0x1fffff }, NULL },
		{ 1 << 4, { RMP_START, RMP_START + 0x4000 }, NULL },
	};
	static const struct {
		const char *file, *why;
	} gone[] = {
		{ "/dev/mem", "/dev/mem: No such file" }, { "/dev/cpu/0/msr", "modprobe msr" },
		{ "/dev/cpu/0/cpuid", "no SEV-SNP" },
	};
	char path[256], other[256];
	struct rmp_table table;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT(rmp_place(&table, rows[i].features, &rows[i].msrs) == !rows[i].why);
		EXPECT(!rows[i].why || strstr(table.why, rows[i].why));
	}
	make_rmp();
	make_processor(1 << 4);
	for (i = 0; i < ARRAY_SIZE(gone); i++) {
		EXPECT(rmp_open(&table, root));
		rmp_close(&table);
		snprintf(path, sizeof(path), "%s%s", root, gone[i].file);
		snprintf(other, sizeof(other), "%s/dev/gone", root);
		rename(path, other);
		EXPECT(!rmp_open(&table, root));
		EXPECT(strstr(table.why, gone[i].why));
		EXPECT_NUMBER(table.fd, -1);
		rename(other, path);
	}
	make_processor(1 << 4 | 1 << 21);
	EXPECT(!rmp_open(&table, root) && strstr(table.why, "RMPREAD"));
}

static void rmp_is_compared(void)
{
	static const char vms[] =
		"[{'id':11,'asid':1,'private_bytes':12288,'conversions':5,'reclaims':2},"
		"{'id':12,'asid':1023,'private_bytes':4096},{'id':13,'asid':2,'private_bytes':0},"
		"{'id':14,'asid':3,'private_bytes':null},{'id':15,'asid':null,'private_bytes':null}]";
	static const char status[] = "{'private':{'current_bytes':16384,'firmware_bytes':4096}}";
	static const struct {
		const char *from, *to, *message;
		bool quiet;
	} rows[] = {
		{ "'private_bytes':12288", "'private_bytes':8192",
		  "VM 11: the ledger's private_bytes is 8192, the RMP's 12288", false },
		{ "'private_bytes':0", "'private_bytes':4096",
		  "VM 13: the ledger's private_bytes is 4096, the RMP's 0", false },
		{ "'current_bytes':16384", "'current_bytes':20480",
		  "all VMs: the ledger's current_bytes is 20480, the RMP's 16384", false },
		{ "'firmware_bytes':4096", "'firmware_bytes':0",
		  "the firmware: the ledger's firmware_bytes is 0, the RMP's 4096", false },
		{ "'conversions':5", "'conversions':6", NULL, false },
		{ "'reclaims':2", "'reclaims':3", NULL, false },
		{ "{'id':14,'asid':3,'private_bytes':null},", "", NULL, false },
		{ "'current_bytes':16384", "'current_bytes':null", NULL, false },
		{ "'id':1", "'cpu':7,'id':1", NULL, true },
	};
	static struct rmp_owners owners = { .pages = { [0] = 1, [1] = 3, [1023] = 1 } };
	struct ledger same = { parse(vms, NULL, NULL), NULL, parse(status, NULL, NULL) }, other;
	struct report report = {};
	struct target *target;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		other = (struct ledger) { parse(vms, rows[i].from, rows[i].to), NULL,
					  parse(status, rows[i].from, rows[i].to) };
		target = report_target(&report, "ledger", TARGET_OBJECT);
		EXPECT(ledger_compare_rmp(&owners, &other, true, target) == !rows[i].message);
		EXPECT(ledger_compare_rmp(&owners, &other, true, NULL) == !rows[i].message);
		EXPECT_NUMBER(target->nr, rows[i].message ? 1 : 0);
		if (rows[i].message && target->nr)
			EXPECT_TEXT(target->findings[0].message, rows[i].message);
		EXPECT(ledger_same_private(&same, &other) == rows[i].quiet);
		EXPECT(ledger_same_private(&other, &same) == rows[i].quiet);
		report_free(&report);
		json_object_put(other.vms);
		json_object_put(other.status);
	}
	json_object_put(same.vms);
	json_object_put(same.status);
}

/*
 * The firmware has the pages of a command until that ends: while it is at work, they alone are no
 * difference.
 */
static void firmware_at_work_is_no_difference(void)
{
	static const char vms[] = "[{'id':11,'asid':1,'private_bytes':4096}]";
	static const char status[] = "{'private':{'current_bytes':4096,'firmware_bytes':8192}}";
	static const struct {
		uint32_t guest, firmware;
		uint64_t commands;
		enum ledger_reading reading;
	} rows[] = {
		{ 1, 2, 0, LEDGER_EQUAL },
		{ 1, 2, 1, LEDGER_EQUAL },
		{ 1, 3, 0, LEDGER_DIFFERS },
		{ 1, 3, 1, LEDGER_FIRMWARE_BUSY },
		{ 2, 2, 1, LEDGER_DIFFERS },
		{ 2, 3, 1, LEDGER_DIFFERS },
	};
	static struct rmp_owners owners;
	struct ledger before = { parse(vms, NULL, NULL), NULL, parse(status, NULL, NULL) };
	struct ledger after = { parse(vms, NULL, NULL), NULL, parse(status, NULL, NULL) };
	struct json_object *changed;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		owners.pages[0] = rows[i].firmware;
		owners.pages[1] = rows[i].guest;
		after.commands = rows[i].commands;
		EXPECT_NUMBER(ledger_read_rmp(&owners, &before, &after), rows[i].reading);
	}
	changed = parse(status, "'firmware_bytes':8192", "'firmware_bytes':4096");
	json_object_put(after.status);
	after.status = changed;
	EXPECT_NUMBER(ledger_read_rmp(&owners, &before, &after), LEDGER_CHANGED);
	json_object_put(before.vms);
	json_object_put(before.status);
	json_object_put(after.vms);
	json_object_put(after.status);
}

static void equal_is_no_finding(void)
{
	make_kernel();
	EXPECT_TEXT(broken(NULL, NULL), "");
}

static void each_difference_is_found(void)
{
	static const struct {
		const char *from, *to, *rules;
	} rows[] = {
		{ "'pid':1", "'pid':2", "ledger-vm" },
		{ "'pid':1", "'pid':null", "" },
		/* No process has this pid: the thread that made the VM has ended. */
		{ "'pid':4194305", "'pid':301", "" },
		{ "'handle':8", "'handle':9", "ledger-vm" },
		{ "'handle':8", "'handle':null", "ledger-vm" },
		{ "'pinned_bytes':8192", "'pinned_bytes':4096", "ledger-vm" },
		{ "'pinned_bytes':8192", "'pinned_bytes':null", "" },
		{ "'regions':1", "'regions':2", "ledger-vm" },
		{ "'type':'sev-es'", "'type':'sev'", "ledger-vm" },
		{ "'type':'sev-es'", "'type':'sev-snp'", "" },
		{ "'mirror_of':11", "'mirror_of':12", "ledger-vm" },
		{ "'mirror_of':11", "'mirror_of':null", "ledger-vm" },
		{ "'asid':1,'handle'", "'asid':2,'handle'", "ledger-vm" },
		{ "'pool':'sev_es','asid':1", "'pool':'sev_snp','asid':1", "ledger-vm" },
		{ "'asid':4,'pool':'sev_es'", "'asid':4,'pool':'sev'", "ledger-asid" },
		{ "'state':'reclaim'", "'state':'used'", "ledger-asid" },
		{ "'state':'used','vm':11", "'state':'free','vm':11", "ledger-asid" },
		{ "'state':'used','vm':11", "'state':'used','vm':12", "ledger-asid" },
		{ "'state':'used','vm':11", "'state':'used','vm':null", "ledger-asid" },
		{ "'state':'free','vm':null", "'state':'free','vm':11", "ledger-asid" },
		/* Which one waits is not known; how many is. */
		{ "'state':'reclaim'", "'state':'free'", "" },
		{ "'used':1,'reclaim':1", "'used':1,'reclaim':0", "ledger-pool" },
		{ "'used':1,'reclaim':0", "'used':2,'reclaim':0", "ledger-pool" },
		{ "'current_bytes':20480", "'current_bytes':20481", "ledger-pinned" },
		{ "'current_bytes':20480", "'current_bytes':null", "" },
		{ "'unaccounted_vms':0", "'unaccounted_vms':1", "ledger-missing-vm" },
		{ "attached", "degraded", "ledger-degraded" },
	};
	size_t i;

	make_kernel();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ksft_print_msg("%s => %s\n", rows[i].from, rows[i].to);
		EXPECT_TEXT(broken(rows[i].from, rows[i].to), rows[i].rules);
	}
}

/* SEV-SNP guests share ASIDs with those of SEV-ES, or have 1 to 2 for themselves. */
static void third_pool(void)
{
	static struct kvm_amd_state state;
	struct kernel_memory memory;

	can_hide = true;
	make_kernel();
	put(MIN_ES, 1, 4);
	put(MIN_SNP, 1, 4);
	put(MAX_SNP, 4, 4);
	write_kcore();
	EXPECT_TEXT(broken(NULL, NULL), "");

	put(MIN_ES, 3, 4);
	put(MAX_SNP, 2, 4);
	write_kcore();
	EXPECT(read_kernel(&state, &memory));
	EXPECT_NUMBER(kvm_amd_pool(&state, 2), SEVADM_POOL_SEV_SNP);
	EXPECT_NUMBER(kvm_amd_pool(&state, 3), SEVADM_POOL_SEV_ES);
	EXPECT_NUMBER(kvm_amd_pool(&state, 5), SEVADM_POOL_SEV);
	kvm_amd_drop(&state);
	/* The VM, two ASIDs and two counts of a ledger that knows of two pools. */
	EXPECT_TEXT(broken(NULL, NULL),
		    "ledger-vm ledger-asid ledger-asid ledger-pool ledger-pool");
	can_hide = false;
}

static void vms_that_only_one_side_has(void)
{
	make_kernel();
	put_vm(1, 0, 0, 200, 0, 0, 0, 0);
	put(USED_MAP, 1 << 2 | 1 << 5, 8);
	write_kcore();
	EXPECT(strstr(broken(NULL, NULL), "ledger-extra-vm"));

	/* One more, which the module lacks: it counts none that are older, or counts that one. */
	make_kernel();
	put_vm(3, 1, 0, 400, 6, 9, 1, 0);
	put(USED_MAP, 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6, 8);
	write_kcore();
	EXPECT_TEXT(broken(NULL, NULL), "ledger-missing-vm ledger-pool");
	EXPECT_TEXT(broken("'unaccounted_vms':0", "'unaccounted_vms':1"), "ledger-unaccounted");
	EXPECT(strstr(broken("'unaccounted_vms':0", "'unaccounted_vms':2"), "ledger-missing-vm"));
}

/* An ASID is taken before the firmware hears of it: until then the module knows no number. */
static void not_activated_yet(void)
{
	make_kernel();
	put_vm(1, 1, 1, 200, 1, 0, 2, 0);
	write_kcore();
	EXPECT_TEXT(broken("'asid':1,'handle':8", "'asid':null,'handle':null"), "");
	EXPECT_TEXT(broken("'handle':8", "'handle':null"), "");
	EXPECT_TEXT(broken(NULL, NULL), "ledger-vm");
}

static void what_cannot_be_read_is_said(void)
{
	static struct kvm_amd_state state;
	struct kernel_memory memory;

	make_kernel();
	write_symbols("nr_asids");
	EXPECT(!read_kernel(&state, &memory));
	EXPECT(strstr(memory.why, "nr_asids in kvm_amd"));

	make_kernel();
	put(VM(1) + NEXT, BASE - 4096, 8);
	write_kcore();
	EXPECT(!read_kernel(&state, &memory));
	EXPECT(strstr(memory.why, "keep changing"));

	/* A mirror whose owner is not there was read in the middle of a change. */
	make_kernel();
	put_vm(2, 1, 0, 4194305, 5, 0, 0, BASE + 16);
	write_kcore();
	EXPECT(!read_kernel(&state, &memory));

	write_file("/proc/kcore", "no core", 7, 0);
	EXPECT(!read_kernel(&state, &memory));
	EXPECT(strstr(memory.why, "not a 64-bit ELF core"));
	EXPECT(!kernel_memory_open(&memory, "/nowhere"));
	EXPECT(strstr(memory.why, "/proc/kcore: "));
}

/* ---- the command ----------------------------------------------------------------------------- */

/**
 * struct host - what the module says, and what happens while it is asked
 * @pinned: of VM 11; @private: of VM 12; @all_private, @firmware: as the status has them
 * @snp: it counts private memory
 * @commands: of the firmware; @more: so many more at each question
 * @refuse: the question that it refuses
 * @meanwhile: called after each question about statistics, with how many there have been
 * @rmp: where its last byte is, as the processor says; 0: it has no such register
 * @asked: how often about VMs; @pauses: how often the command waited
 * @absent: it is not loaded; @is_asked: the command runs
 */
static struct {
	uint64_t pinned, private, all_private, firmware;
	bool snp;
	uint64_t commands, more;
	unsigned int refuse;
	void (*meanwhile)(unsigned int nr);
	uint64_t rmp;
	unsigned int asked, pauses;
	bool absent, is_asked;
} host;

int access(const char *path, int mode)
{
	(void)mode;
	return strcmp(path, "/sys/module/sevadm") || host.absent ? -1 : 0;
}

uid_t geteuid(void)
{
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	/* A pause of reading kvm_amd's memory is shorter. */
	host.pauses += time->tv_nsec == 20000000 && !time->tv_sec;
	return 0;
}

ssize_t pread(int fd, void *to, size_t size, off_t at)
{
	const uint64_t start = RMP_START;

	if (!host.is_asked || (at != MSR_RMP_BASE && at != MSR_RMP_END))
		return syscall(SYS_pread64, fd, to, size, at);
	memcpy(to, at == MSR_RMP_BASE ? &start : &host.rmp, size);
	errno = EIO;
	return host.rmp ? (ssize_t)size : -1;
}

static struct datagram *begin_row(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();

	answer_genl(to, request, NLM_F_MULTI, ((struct genlmsghdr *)NLMSG_DATA(request))->cmd);
	return to;
}

static void answer_vms(const struct nlmsghdr *request)
{
	static const struct {
		uint32_t id, pid, type, pool, asid, handle, owner;
	} rows[] = {
		{ 11, 1, SEVADM_VM_TYPE_SEV, SEVADM_POOL_SEV, 5, 7, 0 },
		{ 12, 200, SEVADM_VM_TYPE_SEV_ES, SEVADM_POOL_SEV_ES, 1, 8, 0 },
		{ 13, 4194305, SEVADM_VM_TYPE_SEV, SEVADM_POOL_SEV, 5, 7, 11 },
	};
	struct datagram *to;
	size_t i;

	host.asked++;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to = begin_row(request);
		put_u64(to, SEVADM_A_VM_ID, rows[i].id);
		put_u32(to, SEVADM_A_VM_PID, rows[i].pid);
		put_u32(to, SEVADM_A_VM_TYPE, rows[i].type);
		put_u32(to, SEVADM_A_VM_POOL, rows[i].pool);
		put_u32(to, SEVADM_A_VM_ASID, rows[i].asid);
		put_u32(to, SEVADM_A_VM_HANDLE, rows[i].handle);
		put_u64(to, SEVADM_A_VM_PINNED_BYTES, i ? i == 1 ? 8192 : 0 : host.pinned);
		put_u64(to, SEVADM_A_VM_REGIONS, i < 2);
		if (rows[i].owner)
			put_u64(to, SEVADM_A_VM_MIRROR_OF, rows[i].owner);
		if (host.snp && i == 1)
			put_u64(to, SEVADM_A_VM_PRIVATE_BYTES, host.private);
		end_message(to);
	}
	answer_done(request);
}

static void answer_asids(const struct nlmsghdr *request)
{
	static const struct {
		uint32_t pool, state;
		uint64_t vm;
	} rows[] = {
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_USED, 12 },
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_RECLAIM, 0 },
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_USED, 11 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_FREE, 0 },
	};
	struct datagram *to;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to = begin_row(request);
		put_u32(to, SEVADM_A_ASID_ASID, i + 1);
		put_u32(to, SEVADM_A_ASID_POOL, rows[i].pool);
		put_u32(to, SEVADM_A_ASID_STATE, rows[i].state);
		if (rows[i].vm)
			put_u64(to, SEVADM_A_ASID_VM, rows[i].vm);
		end_message(to);
	}
	answer_done(request);
}

static void answer_status(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram(), pool;
	unsigned int i;

	answer_genl(to, request, 0, SEVADM_CMD_STATUS_GET);
	put_u32(to, SEVADM_A_STATUS_STATE, SEVADM_MODULE_STATE_ATTACHED);
	for (i = SEVADM_POOL_SEV; i <= SEVADM_POOL_SEV_ES; i++) {
		pool.size = 0;
		put_u32(&pool, SEVADM_A_POOL_POOL, i);
		put_u32(&pool, SEVADM_A_POOL_USED, 1);
		put_u32(&pool, SEVADM_A_POOL_RECLAIM, i == SEVADM_POOL_SEV_ES);
		put_attribute(to, SEVADM_A_STATUS_POOL | NLA_F_NESTED, pool.bytes, pool.size);
	}
	put_u64(to, SEVADM_A_STATUS_PINNED_BYTES, host.pinned + 8192);
	put_u32(to, SEVADM_A_STATUS_UNACCOUNTED_VMS, 0);
	if (host.snp) {
		put_u64(to, SEVADM_A_STATUS_PRIVATE_BYTES, host.all_private);
		put_u64(to, SEVADM_A_STATUS_RMP_FIRMWARE_BYTES, host.firmware);
	}
	end_message(to);
	answer_error(request, 0, NULL, NO_OFFSET);
}

/* What KVM was asked is not the firmware's. */
static void answer_stats(const struct nlmsghdr *request)
{
	struct datagram *to = begin_row(request);

	put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_KVM);
	put_u32(to, SEVADM_A_STATS_COMMAND, 2);
	put_u64(to, SEVADM_A_STATS_COUNT, host.asked * 100);
	end_message(to);
	to = begin_row(request);
	put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_PSP);
	put_u32(to, SEVADM_A_STATS_COMMAND, 0x30);
	put_u64(to, SEVADM_A_STATS_COUNT, host.commands += host.more);
	end_message(to);
	answer_done(request);
	if (host.meanwhile)
		host.meanwhile(host.asked);
}

static void take_request(const struct nlmsghdr *request)
{
	unsigned int command = ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd;

	if (host.refuse && host.refuse == command) {
		answer_error(request, EIO, NULL, NO_OFFSET);
		return;
	}
	switch (command) {
	case SEVADM_CMD_VM_GET:
		answer_vms(request);
		break;
	case SEVADM_CMD_ASID_GET:
		/* VMs are asked for once more, for their names. */
		host.asked--;
		answer_asids(request);
		break;
	case SEVADM_CMD_STATUS_GET:
		answer_status(request);
		break;
	case SEVADM_CMD_STATS_GET:
		answer_stats(request);
		break;
	default:
		answer_done(request);
	}
}

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	host.pinned = 12288;
	output_json = false;
	make_kernel();
}

static int check(void)
{
	char *argv[] = { NULL };
	int ret;

	host.is_asked = true;
	capture_begin();
	ret = check_ledger(0, argv);
	capture_end();
	host.is_asked = false;
	return ret;
}

#define BOTH	"  kvm_amd has 3 VMs, 20.0 KiB pinned, 2 ASIDs used and 1 to be recycled"
#define NO_RMP	"  the RMP is not compared: the module counts no private memory: SEV-SNP is off, or this processor's RMP is unknown to it\n"

static void command_compares(void)
{
	char with[8] = "words", *argv[] = { with, NULL }, option[] = "--none", *wrong[] = { option, NULL };

	begin();
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_TEXT(captured, "ledger: ok\n\n" BOTH ": the ledger has the same\n" NO_RMP);
	EXPECT_NUMBER(host.asked, 1);
	EXPECT_NUMBER(host.pauses, 0);
	output_json = true;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "\"kvm_amd\":{\"vms\":3,\"pinned_bytes\":20480,\"used\":2,\"reclaim\":1}"));
	EXPECT(strstr(captured, "\"rmp\":{\"compared\":false,\"reason\":\"the module counts no private memory"));
	EXPECT(strstr(captured, "\"guest_bytes\":null,\"firmware_bytes\":null}"));

	begin();
	capture_begin();
	EXPECT_NUMBER(check_ledger(1, argv), EXIT_USAGE);
	EXPECT_NUMBER(check_ledger(1, wrong), EXIT_USAGE);
	capture_end();
	EXPECT_NUMBER(host.asked, 0);
	host.absent = true;
	EXPECT_NUMBER(check(), EXIT_ABSENT);
}

static void is_right_again(unsigned int nr)
{
	if (nr == 4)
		host.pinned = 12288;
}

/* One reading may be in the middle of a change; five are none. */
static void difference_is_found_often(void)
{
	begin();
	host.pinned = 4096;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "ledger: error, 2 errors\n"));
	EXPECT(strstr(captured, "  error [ledger-vm]: "));
	EXPECT(strstr(captured, "  error [ledger-pinned]: "));
	EXPECT(strstr(captured, "\n" BOTH "\n"));
	EXPECT_NUMBER(host.asked, 5);
	EXPECT_NUMBER(host.pauses, 4);

	begin();
	host.pinned = 4096;
	host.meanwhile = is_right_again;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 5);
}

static void pins_more(unsigned int nr)
{
	put_vm(1, 1, 1, 200, 1, 8, 2 + nr, 0);
	write_kcore();
}

static void vm_appears(unsigned int nr)
{
	if (nr < 50)
		pins_more(nr);
	else
		make_kernel();
}

static void moments_that_are_not_quiet(void)
{
	begin();
	host.meanwhile = pins_more;
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "no quiet moment: VMs began, changed or ended in each of 100 readings"));
	EXPECT_NUMBER(host.asked, 100);
	EXPECT_NUMBER(host.pauses, 99);
	begin();
	host.meanwhile = vm_appears;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 51);
}

static void one_more_asid(void)
{
	put(USED_MAP, 1 << 1 | 1 << 2 | 1 << 5 | 1 << 8, 8);
	write_kcore();
}

static void vm_has_ended(unsigned int nr)
{
	if (nr == 30)
		make_kernel();
}

static void asid_is_given_up(unsigned int nr)
{
	if (nr == 40)
		make_kernel();
	else if (nr == 41)
		one_more_asid();
}

/* Its ASID is in use for a while, without a VM; after 50 readings it is lost. */
static void vms_that_end(void)
{
	begin();
	one_more_asid();
	host.meanwhile = vm_has_ended;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 31);

	begin();
	one_more_asid();
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "[ledger-asid]") && strstr(captured, "[ledger-pool]"));
	EXPECT(strstr(captured, ", 3 ASIDs used and 1 to be recycled\n"));
	EXPECT_NUMBER(host.asked, 54);

	/* Again from the beginning: the reading in between was not quiet. */
	begin();
	host.pinned = 4096;
	one_more_asid();
	host.meanwhile = asid_is_given_up;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT_NUMBER(host.asked, 95);
}

static void memory_goes(unsigned int nr)
{
	(void)nr;
	put(VM(1) + NEXT, BASE - 4096, 8);
	write_kcore();
}

static void command_cannot_compare(void)
{
	static const unsigned int questions[] = { SEVADM_CMD_VM_GET, SEVADM_CMD_ASID_GET,
						  SEVADM_CMD_STATUS_GET, SEVADM_CMD_STATS_GET };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		begin();
		host.refuse = questions[i];
		EXPECT_NUMBER(check(), EXIT_REFUSED);
		EXPECT_TEXT(captured_errors, "sevadm: the kernel refused: Input/output error\n");
		EXPECT_TEXT(captured, "");
	}
	begin();
	host.meanwhile = memory_goes;
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "the VMs keep changing: no two of 200 readings"));
	EXPECT_NUMBER(host.asked, 1);
	begin();
	memory_goes(0);
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "the VMs keep changing: no two of 200 readings"));
	EXPECT_NUMBER(host.asked, 0);
	begin();
	write_symbols("nr_asids");
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "nr_asids in kvm_amd"));
	begin();
	write_file("/proc/kcore", "no core", 7, 0);
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "not a 64-bit ELF core"));
}

/* VM 12 has three pages, the firmware one; another table than the one above. */
static void begin_rmp(void)
{
	char path[256];
	int i;

	snprintf(path, sizeof(path), "%s/dev/mem", root);
	unlink(path);
	for (i = 0; i < 5; i++)
		put_entry(i, i < 3 ? 1 : 0, i < 4);
	make_processor(1 << 4);
	begin();
	host.snp = true;
	host.private = host.all_private = 3 * 4096;
	host.firmware = 4096;
	host.rmp = RMP_START + 0x4000 + 5 * 16 - 1;
}

static void page_is_given(unsigned int nr)
{
	host.private = host.all_private = 4096 * nr;
}

static void rmp_is_right_again(unsigned int nr)
{
	if (nr == 5)
		host.private = host.all_private = 3 * 4096;
}

static void module_goes(unsigned int nr)
{
	if (nr == 2)
		host.refuse = SEVADM_CMD_STATUS_GET;
}

static void module_goes_later(unsigned int nr)
{
	if (nr == 3)
		host.refuse = SEVADM_CMD_STATUS_GET;
}

static void command_compares_the_rmp(void)
{
	begin_rmp();
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_TEXT(captured, "ledger: ok\n\n" BOTH ": the ledger has the same\n"
		    "  the RMP has 12.0 KiB of guests and 4.0 KiB of the firmware: the ledger has the same\n");
	EXPECT_NUMBER(host.asked, 3);
	EXPECT_NUMBER(host.pauses, 0);
	output_json = true;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "\"rmp\":{\"compared\":true,\"reason\":null,\"guest_bytes\":12288,\"firmware_bytes\":4096}"));

	begin_rmp();
	host.private = 4096;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "[ledger-private]: VM 12: the ledger's private_bytes is 4096, the RMP's 12288"));
	EXPECT(strstr(captured, "  the RMP has 12.0 KiB of guests and 4.0 KiB of the firmware\n"));
	EXPECT_NUMBER(host.asked, 11);
	EXPECT_NUMBER(host.pauses, 4);

	/* The firmware's pages are compared where it did nothing. */
	begin_rmp();
	host.firmware = 8192;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "the firmware: the ledger's firmware_bytes is 8192, the RMP's 4096"));

	begin_rmp();
	host.private = host.all_private = 4096;
	host.meanwhile = rmp_is_right_again;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 7);
}

static void rmp_is_not_compared(void)
{
	char path[256];

	begin_rmp();
	host.meanwhile = page_is_given;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: private memory was given or taken during each reading\n"));
	EXPECT_NUMBER(host.asked, 41);
	EXPECT_NUMBER(host.pauses, 19);

	begin_rmp();
	host.firmware = 8192;
	host.more = 1;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: the firmware was at work during each reading, and has what it is handed meanwhile\n"));

	begin_rmp();
	host.rmp = 0;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: "));
	EXPECT_NUMBER(host.asked, 1);
	begin_rmp();
	snprintf(path, sizeof(path), "%s/dev/mem", root);
	EXPECT(!truncate(path, 4096));
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: /dev/mem ends before the RMP does\n"));
	EXPECT_NUMBER(host.asked, 2);
	begin_rmp();
	host.meanwhile = module_goes;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
	begin_rmp();
	host.meanwhile = module_goes_later;
	host.private = 4096;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
	EXPECT_NUMBER(host.asked, 4);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_root(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	static const struct test tests[] = {
		{ "kvm_amd's memory is read", memory_is_read },
		{ "what is equal is no finding", equal_is_no_finding },
		{ "each difference is found", each_difference_is_found },
		{ "a third pool", third_pool },
		{ "VMs that only one side has", vms_that_only_one_side_has },
		{ "a VM that is not activated yet", not_activated_yet },
		{ "the RMP is counted", rmp_is_counted },
		{ "an RMP that cannot be read", rmp_cannot_be_read },
		{ "the RMP is compared", rmp_is_compared },
		{ "firmware at work is no difference", firmware_at_work_is_no_difference },
		{ "what cannot be read is said", what_cannot_be_read_is_said },
		{ "the command compares", command_compares },
		{ "a difference is found often", difference_is_found_often },
		{ "moments that are not quiet", moments_that_are_not_quiet },
		{ "VMs that end", vms_that_end },
		{ "the command cannot compare", command_cannot_compare },
		{ "the command compares the RMP", command_compares_the_rmp },
		{ "the RMP is not compared", rmp_is_not_compared },
	};
	static const char *const folders[] = { "/proc", "/sys", "/sys/kernel", "/sys/kernel/btf",
						"/dev", "/dev/cpu", "/dev/cpu/0" };
	char path[256];
	size_t i;

	if (!mkdtemp(root))
		return 1;
	setenv("SEVADM_SYSROOT", root, true);
	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		mkdir(path, 0700);
	}
	write_types();
	atexit(remove_root);
	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sevadm check ledger reads of a kernel, which is made up here, and how it compares that.
 */
#include <stdlib.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "check/check.h"
#include "check/ledger.h"
#include "cli/errors.h"
#include "kernel_image.h"
#include "quoted_json.h"
#include "test.h"

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
		quoted_json_with(vms_text, from, to), quoted_json_with(asids_text, from, to),
		quoted_json_with(status_text, from, to)
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
	struct ledger same = { quoted_json(vms), NULL, quoted_json(status) }, other;
	struct report report = {};
	struct target *target;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		other = (struct ledger) { quoted_json_with(vms, rows[i].from, rows[i].to), NULL,
					  quoted_json_with(status, rows[i].from, rows[i].to) };
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
	struct ledger before = { quoted_json(vms), NULL, quoted_json(status) };
	struct ledger after = { quoted_json(vms), NULL, quoted_json(status) };
	struct json_object *changed;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		owners.pages[0] = rows[i].firmware;
		owners.pages[1] = rows[i].guest;
		after.commands = rows[i].commands;
		EXPECT_NUMBER(ledger_read_rmp(&owners, &before, &after), rows[i].reading);
	}
	changed = quoted_json_with(status, "'firmware_bytes':8192", "'firmware_bytes':4096");
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
	};

	make_image();
	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/* What is gathered of a host: made-up ones, whose files are those of a folder. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"
#include "check/host_compare.h"
#include "check/host_rules.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/version.h"
#include "host/facts.h"
#include "host/gather.h"
#include "host/read.h"
#include "folder.h"
#include "test.h"

static char root[] = "/tmp/sevadm-gather-XXXXXX";

static void put(const char *path, const char *text)
{
	folder_put(root, path, 0644, text);
}

/* What kernels say of the RMP table, where its MSRs cannot be read. */
static void rmp_in_the_log(void)
{
	uint64_t bytes = 1;

	EXPECT(rmp_said("6,1,0,-;SEV-SNP: RMP table physical range [0x0000000100e00000 - 0x0000000101ffffff]",
			&bytes) && bytes == 0x1200000);
	EXPECT(rmp_said("SEV-SNP: Memory reserved for the RMP table does not cover full system RAM (expected 0x10480000 got 0xc800000)",
			&bytes) && bytes == 0xc800000);
	EXPECT(rmp_said("SEV-SNP: Memory for the RMP table has not been reserved by BIOS", &bytes) && !bytes);
	EXPECT(!rmp_said("SEV-SNP: Segmented RMP base table physical range [0x1000 - 0x2000]", &bytes));
	EXPECT(!rmp_said("SEV-SNP: RMP table physical range [0x2000 - 0x1000]", &bytes));
	EXPECT(!rmp_said("SEV-SNP: RMP table physical range [", &bytes));
	EXPECT(!rmp_said("SEV-SNP: Reserving start/end of RMP table on a 2MB boundary [0x7fcd000000]", &bytes));
	EXPECT(!rmp_said("", &bytes));
}

static void a_made_up_host(void)
{
	struct host_facts facts;
	uint64_t number;

	put("proc/sys/kernel/osrelease", "6.1.0\n");
	put("proc/cmdline", "root=/dev/secret iommu=pt kvm_amd.sev=0 quiet\n");
	put("sys/module/kvm_amd/parameters/sev", "1\n");
	put("etc/modprobe.d/sev.conf", "options kvm_amd sev_es=0\n");
	put("etc/libvirt/qemu.conf", "#user = \"root\"\nuser = \"guests\"\n");
	put("etc/passwd", "root:x:0:0::/:/bin/sh\nguests:x:64055:64055::/:/bin/false\n");
	put("lib/systemd/system/libvirtd.service", "[Service]\nLimitMEMLOCK=64M\n");
	put("etc/systemd/system/libvirtd.service.d/z.conf", "[Service]\nLimitMEMLOCK=infinity\n");
	put("etc/systemd/system/libvirtd.service.d/a.conf", "[Service]\nLimitMEMLOCK=1G\n");
	put("etc/systemd/system/user@.service", "[Service]\nLimitMEMLOCK=8M:16M\n");
	put("proc/812/comm", "libvirtd\n");
	put("proc/812/limits", "Limit  Soft Limit  Hard Limit  Units\n"
	    "Max locked memory         67108864             67108864             bytes\n");
	put("dev/sev", "");
	put("proc/iomem", "00001000-0009ffff : System RAM\n100000000-207fffffff : System RAM\n"
	    "  2000000000-2000ffffff : Kernel code\n");
	put("sys/module/kvm_amd/parameters/ciphertext_hiding_asids", "12\n");
	put("sys/firmware/sev/vulnerabilities/supported_mitigations", "0x7\n");
	put("sys/kernel/kexec_crash_size", "268435456\n");
	/* Slots of 2 KiB. */
	put("sys/kernel/debug/swiotlb/io_tlb_nslabs", "32768\n");
	put("proc/meminfo", "MemTotal:       16384 kB\nMemFree:        1 kB\n");
	put("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "17\n");
	put("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "3\n");
	put("sys/fs/cgroup/cgroup.controllers", "cpu misc\n");
	put("sys/fs/cgroup/misc.capacity", "sev 410\nsev_es 99\n");
	host_facts_gather(root, &facts);
	EXPECT_TEXT(host_text(&facts, HOST_KERNEL), "6.1.0");
	EXPECT_TEXT(host_text(&facts, HOST_COMMAND_LINE), "iommu=pt kvm_amd.sev=0");
	EXPECT(host_is(&facts, HOST_SEV));
	EXPECT(host_is_not(&facts, HOST_CONFIGURED_SEV));
	EXPECT(host_is_not(&facts, HOST_CONFIGURED_SEV_ES));
	EXPECT(!facts.facts[HOST_CONFIGURED_SEV_SNP].known);
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_USER), "guests");
	EXPECT(host_number(&facts, HOST_MEMLOCK_LIBVIRT_BYTES, &number) && number == 64 << 20);
	EXPECT(host_number(&facts, HOST_MEMLOCK_LIBVIRT_UNIT_BYTES, &number) &&
	       number == HOST_UNLIMITED);
	EXPECT(host_number(&facts, HOST_MEMLOCK_SESSION_BYTES, &number) && number == 8 << 20);
	EXPECT(host_number(&facts, HOST_MISC_SEV_ES_CAPACITY, &number) && number == 99);
	EXPECT(host_is(&facts, HOST_MISC_CONTROLLER));
	EXPECT(host_number(&facts, HOST_MEMORY_TOP_BYTES, &number) && number == 0x2080000000);
	EXPECT(host_number(&facts, HOST_CIPHERTEXT_HIDING_ASIDS, &number) && number == 12);
	EXPECT_TEXT(host_text(&facts, HOST_MITIGATIONS_SUPPORTED), "0x7");
	EXPECT(!host_text(&facts, HOST_MITIGATIONS_VERIFIED) && !host_text(&facts, HOST_SNP_STATE));
	EXPECT(host_number(&facts, HOST_CRASH_KERNEL_BYTES, &number) && number == 256 << 20);
	EXPECT(host_number(&facts, HOST_SWIOTLB_BYTES, &number) && number == 64 << 20);
	EXPECT(host_number(&facts, HOST_MEMORY_BYTES, &number) && number == 16 << 20);
	EXPECT(host_number(&facts, HOST_HUGEPAGES_2M_FREE, &number) && number == 17);
	EXPECT(host_number(&facts, HOST_HUGEPAGES_1G_FREE, &number) && number == 3);
	host_facts_free(&facts);
}

/* What systemd takes for LimitMEMLOCK=; of SOFT:HARD the soft one is in force. */
static void limits_of_systemd(void)
{
	static const struct {
		const char *value;
		uint64_t bytes;
	} rows[] = {
		{ "64M", 64 << 20 }, { "8M:16M", 8 << 20 }, { "65536", 65536 }, { "64:128", 64 },
		{ "3K", 3 << 10 }, { "2G", 2ULL << 30 }, { "1T", 1ULL << 40 }, { "5B", 5 },
		{ "4MB", 4 << 20 }, { "infinity", HOST_UNLIMITED },
		{ "infinity:infinity", HOST_UNLIMITED },
	};
	static const char *const wrong[] = { "-5", "many", "64MX", "5BB", "64X", "5 M" };
	struct host_facts limits = {};
	char text[64];
	uint64_t bytes;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "[Service]\nLimitMEMLOCK=%s\n", rows[i].value);
		put("etc/systemd/system/user@.service", text);
		gather_limits(root, &limits);
		EXPECT(host_number(&limits, HOST_MEMLOCK_SESSION_BYTES, &bytes) &&
		       bytes == rows[i].bytes);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* It is as if it was not there. */
		snprintf(text, sizeof(text), "[Service]\nLimitMEMLOCK=7M\nLimitMEMLOCK=%s\n", wrong[i]);
		put("etc/systemd/system/user@.service", text);
		gather_limits(root, &limits);
		EXPECT(host_number(&limits, HOST_MEMLOCK_SESSION_BYTES, &bytes) &&
		       bytes == 7 << 20);
	}
	host_facts_free(&limits);
}

/* More files than are looked at: what all of them say holds, and no other file is touched. */
static void more_drop_ins_than_are_looked_at(void)
{
	char path[] = "/tmp/sevadm-drop-ins-XXXXXX", name[96];
	struct host_facts facts = {};
	uint64_t bytes = 0;
	unsigned int i;

	folder_make(path);
	folder_put(path, "lib/systemd/system/user@.service", 0644, "[Service]\nLimitMEMLOCK=1M\n");
	for (i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "etc/systemd/system/user@.service.d/%02u.conf", i);
		folder_put(path, name, 0644, "[Service]\nLimitMEMLOCK=2M\n");
	}
	gather_limits(path, &facts);
	EXPECT(host_number(&facts, HOST_MEMLOCK_SESSION_BYTES, &bytes));
	EXPECT_NUMBER(bytes, 2 << 20);
	host_facts_free(&facts);
	folder_remove(path);
}

/* What an empty host lacks, and a misc controller that knows no SEV. */
static void what_is_not_there(void)
{
	char path[] = "/tmp/sevadm-empty-XXXXXX";
	struct host_facts facts = {};

	folder_make(path);
	host_facts_gather(path, &facts);
	EXPECT_TEXT(host_why(&facts, HOST_IOMMU), "/sys/class/iommu: No such file or directory");
	EXPECT_TEXT(host_why(&facts, HOST_MISC_SEV_CAPACITY),
		    "/sys/fs/cgroup/misc.capacity: No such file or directory");
	EXPECT_TEXT(host_why(&facts, HOST_CIPHERTEXT_HIDING_ASIDS),
		    "/sys/module/kvm_amd/parameters/ciphertext_hiding_asids: No such file or directory");
	EXPECT(host_is_not(&facts, HOST_UEFI));
	host_facts_free(&facts);
	folder_put(path, "sys/class/iommu/dmar0/x", 0644, "");
	folder_put(path, "sys/firmware/efi/x", 0644, "");
	folder_put(path, "sys/fs/cgroup/misc.capacity", 0644, "sevx 5\nres_a 7\n");
	folder_put(path, "sys/module/kvm_amd/parameters/ciphertext_hiding_asids/x", 0644, "");
	facts = (struct host_facts) {};
	host_facts_gather(path, &facts);
	EXPECT(host_is_not(&facts, HOST_IOMMU) && host_is(&facts, HOST_UEFI));
	EXPECT_TEXT(host_why(&facts, HOST_MISC_SEV_CAPACITY),
		    "/sys/fs/cgroup/misc.capacity has no line \"sev\"");
	EXPECT_TEXT(host_why(&facts, HOST_CIPHERTEXT_HIDING_ASIDS),
		    "/sys/module/kvm_amd/parameters/ciphertext_hiding_asids: Is a directory");
	host_facts_free(&facts);
	folder_put(path, "sys/class/iommu/ivhd0/x", 0644, "");
	facts = (struct host_facts) {};
	host_facts_gather(path, &facts);
	EXPECT(host_is(&facts, HOST_IOMMU));
	host_facts_free(&facts);
	folder_remove(path);
}

/* An index of depmod's, of version 2.1: big-endian; its root has one word, or nothing. */
static void put_index(const char *folder, const char *name, bool has_kvm_amd)
{
	static const char with[] = "\xb0\x07\xf4\x57\0\2\0\1\xc0\0\0\x0c" "kvm_amd\0\0\0\0\1\0\0\0\0";
	static const char without[12] = "\xb0\x07\xf4\x57\0\2\0\1\0\0\0\x0c";
	const size_t size = has_kvm_amd ? sizeof(with) : sizeof(without);
	char path[PATH_MAX];
	FILE *file;

	folder_put(folder, "lib/modules/6.1.0/x", 0644, "");
	snprintf(path, sizeof(path), "%s/lib/modules/6.1.0/%s.bin", folder, name);
	file = fopen(path, "w");
	if (!file || fwrite(has_kvm_amd ? with : without, size, 1, file) != 1 || fclose(file))
		ksft_exit_fail_msg("cannot write %s\n", path);
}

/* What libkmod finds in its indexes, or without them. */
static void whether_kvm_amd_is_installed(void)
{
	static const char *const names[] = { "modules.dep", "modules.alias", "modules.symbols",
					     "modules.builtin.alias", "modules.builtin" };
	char path[] = "/tmp/sevadm-installed-XXXXXX";
	struct host_facts facts = {};
	size_t i;

	folder_make(path);
	host_set_text(&facts, HOST_KERNEL, "6.1.0");
	gather_modules(path, &facts);
	EXPECT(host_is_not(&facts, HOST_KVM_AMD_INSTALLED));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		put_index(path, names[i], false);
	gather_modules(path, &facts);
	EXPECT(host_is_not(&facts, HOST_KVM_AMD_INSTALLED));
	put_index(path, "modules.builtin", true);
	gather_modules(path, &facts);
	EXPECT(host_is(&facts, HOST_KVM_AMD_INSTALLED));
	host_facts_free(&facts);
	folder_remove(path);
}

/* Facts say when and of which machine they are: UTC, wherever that is. */
static void when_and_where(void)
{
	struct host_facts facts;
	struct utsname machine;
	time_t before, then;
	struct tm tm = {};
	const char *end;

	setenv("TZ", "America/New_York", 1);
	tzset();
	before = time(NULL);
	host_facts_gather_limits("", &facts);
	end = strptime(host_text(&facts, HOST_TIME), "%Y-%m-%dT%H:%M:%SZ", &tm);
	then = timegm(&tm);
	EXPECT(end && !*end && then >= before && then <= time(NULL));
	uname(&machine);
	EXPECT_TEXT(host_text(&facts, HOST_NAME), machine.nodename);
	EXPECT_TEXT(host_text(&facts, HOST_KERNEL), machine.release);
	EXPECT_TEXT(host_text(&facts, HOST_SEVADM), sevadm_version);
	host_facts_free(&facts);
}

static void controllers(void)
{
	static const struct {
		const char *text;
		bool misc;
	} rows[] = {
		{ "cpu io memory\n", false }, { "misc\n", true }, { "cpu misc\n", true },
		{ "misc cpu\n", true }, { "miscx xmisc\n", false }, { "", false },
	};
	char path[] = "/tmp/sevadm-misc-XXXXXX";
	struct host_facts facts = {};
	size_t i;

	folder_make(path);
	gather_misc(path, &facts);
	EXPECT_TEXT(host_why(&facts, HOST_MISC_CONTROLLER),
		    "/sys/fs/cgroup is not a cgroup v2 hierarchy: No such file or directory");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		folder_put(path, "sys/fs/cgroup/cgroup.controllers", 0644, rows[i].text);
		gather_misc(path, &facts);
		EXPECT(rows[i].misc ? host_is(&facts, HOST_MISC_CONTROLLER) :
		       host_is_not(&facts, HOST_MISC_CONTROLLER));
	}
	host_facts_free(&facts);
	folder_remove(path);
}

static unsigned int count(const char *text, const char *part)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		nr++;
	return nr;
}

/* What is not known for the same reason stands in one line, in the order of all facts. */
static void each_reason_is_said_once(void)
{
	char path[PATH_MAX], *words[] = { (char *)"--host", path, NULL };
	const char *text;

	put("few.json", "{\"facts\": {\"hostname\": \"epyc\", \"kernel\": \"6.12.0\"}}");
	snprintf(path, sizeof(path), "%s/few.json", root);
	capture_begin();
	EXPECT_NUMBER(check_host(2, words), EXIT_OK);
	capture_end();
	text = strstr(captured, "\n  not known:\n    time, sevadm, kernel_command_line, ");
	EXPECT(text);
	EXPECT_NUMBER(count(captured, "not known:"), 1);
	EXPECT_NUMBER(count(captured, ": the file does not say it\n"), 1);
	EXPECT_NUMBER(count(captured, " hostname,") + count(captured, " kernel,") +
		      count(captured, "firmware_error"), 0);
	EXPECT(text && count(text, ", ") > 50);
}

/* A small file is read without what ends its last line; what cannot be read says why. */
static void small_files(void)
{
	static const struct {
		const char *bytes, *text;
		size_t room;
	} rows[] = {
		{ "Y\n", "Y", 16 }, { "", "", 16 }, { "\n \t\n", "", 16 }, { "a b \t\n", "a b", 16 },
		{ " a\nb", " a\nb", 16 }, { "12345678", "1234567", 8 }, { "1234567", "1234567", 8 },
		{ "123456  9", "123456", 8 },
	};
	char path[PATH_MAX], text[16];
	int pieces[2];
	size_t i;

	snprintf(path, sizeof(path), "%s/small", root);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		put("small", rows[i].bytes);
		memset(text, 'x', sizeof(text));
		/* What another call has left. */
		errno = EINTR;
		EXPECT_NUMBER(read_small(path, text, rows[i].room), 0);
		EXPECT_TEXT(text, rows[i].text);
	}
	/* Files of the kernel come in pieces, as packets of a pipe do. */
	EXPECT(!pipe2(pieces, O_DIRECT));
	EXPECT(write(pieces[1], "ab", 2) == 2 && write(pieces[1], "cd\n", 3) == 3);
	close(pieces[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pieces[0]);
	EXPECT_NUMBER(read_small(path, text, sizeof(text)), 0);
	EXPECT_TEXT(text, "abcd");
	close(pieces[0]);
	EXPECT_NUMBER(read_small(root, text, sizeof(text)), -EISDIR);
	snprintf(path, sizeof(path), "%s/none", root);
	EXPECT_NUMBER(read_small(path, text, sizeof(text)), -ENOENT);
	EXPECT(is_there(root, "/%s", "small") && is_there(root, "%s", "") && !is_there(root, "/none"));
	EXPECT_NUMBER(errno, ENOENT);
	EXPECT(!is_there(root, "/small/x"));
	EXPECT_NUMBER(errno, ENOTDIR);
}

/* Words that concern SEV, as they are and in their order: the rest may hold secrets. */
static void words_of_the_command_line(void)
{
	static const struct {
		const char *line, *kept;
	} rows[] = {
		{ "root=/dev/x password=secret quiet", "" },
		{ "iommu=pt amd_iommu=on mem_encrypt=on", "iommu=pt amd_iommu=on mem_encrypt=on" },
		{ "swiotlb=force x kvm_amd.sev=1 kvm.y=2 ccp.z", "swiotlb=force kvm_amd.sev=1 kvm.y=2 ccp.z" },
		{ "crashkernel=512M hugepages=5 hugepagesz=1G default_hugepagesz=2M",
		  "crashkernel=512M hugepages=5 hugepagesz=1G default_hugepagesz=2M" },
		{ "systemd.unified_cgroup_hierarchy=0 systemd.log=x", "systemd.unified_cgroup_hierarchy=0" },
		{ "xiommu=pt kvm kvm_intel.nested=1 noswiotlb", "" },
		{ "iommu=pt iommu=pt", "iommu=pt iommu=pt" },
	};
	char line[1100] = "iommu=", kept[1200];
	struct host_facts facts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		put("proc/cmdline", rows[i].line);
		host_facts_gather_limits(root, &facts);
		EXPECT_TEXT(host_text(&facts, HOST_COMMAND_LINE), rows[i].kept);
		host_facts_free(&facts);
	}
	/* There is room for 1023 characters: a word for which there is none is left out alone. */
	memset(line + 6, 'x', 1012);
	snprintf(kept, sizeof(kept), "%s ccp.", line);
	append(line, sizeof(line), " iommu ccp.");
	EXPECT_NUMBER(strlen(kept), 1023);
	put("proc/cmdline", line);
	host_facts_gather_limits(root, &facts);
	EXPECT_TEXT(host_text(&facts, HOST_COMMAND_LINE), kept);
	host_facts_free(&facts);
}

static void parameters_of_kvm_amd(void)
{
	char path[] = "/tmp/sevadm-kvm-amd-XXXXXX";
	struct host_facts facts = {};

	folder_make(path);
	gather_modules(path, &facts);
	EXPECT_TEXT(host_why(&facts, HOST_KVM_AMD), "/sys/module is not there");
	EXPECT_TEXT(host_why(&facts, HOST_CONFIGURED_SEV),
		    "neither modprobe.d nor the kernel's command line sets it");
	folder_put(path, "sys/module/ccp/refcnt", 0644, "1\n");
	gather_modules(path, &facts);
	EXPECT(host_is_not(&facts, HOST_KVM_AMD) && host_is(&facts, HOST_CCP));
	EXPECT_TEXT(host_why(&facts, HOST_SEV), "kvm_amd is not loaded");
	folder_put(path, "sys/module/kvm_amd/parameters/sev", 0644, "Y\n");
	folder_put(path, "sys/module/kvm_amd/parameters/sev_es", 0644, "N\n");
	gather_modules(path, &facts);
	EXPECT(host_is(&facts, HOST_KVM_AMD) && host_is(&facts, HOST_SEV));
	EXPECT(host_is_not(&facts, HOST_SEV_ES));
	EXPECT_TEXT(host_why(&facts, HOST_SEV_SNP), "this kernel's kvm_amd has no parameter sev_snp");
	/* Each folder of modprobe's counts; the last option and the command line win. */
	folder_put(path, "lib/modprobe.d/a.conf", 0644, "options kvm_amd sev=on sev_snp\n");
	folder_put(path, "run/modprobe.d/b.conf", 0644, "options kvm_amd sev_es=1\noptions kvm sev=0\n");
	host_set_text(&facts, HOST_COMMAND_LINE, "kvm_amd.sev_snp=0 kvm.sev=0 sev=0");
	gather_modules(path, &facts);
	EXPECT(host_is(&facts, HOST_CONFIGURED_SEV) && host_is(&facts, HOST_CONFIGURED_SEV_ES));
	EXPECT(host_is_not(&facts, HOST_CONFIGURED_SEV_SNP));
	host_facts_free(&facts);
	folder_remove(path);
}

int main(void)
{
	static const struct test tests[] = {
		{ "the RMP table in the kernel's log", rmp_in_the_log },
		{ "a made-up host", a_made_up_host },
		{ "what is not there", what_is_not_there },
		{ "limits of systemd", limits_of_systemd },
		{ "more drop-ins than are looked at", more_drop_ins_than_are_looked_at },
		{ "parameters of kvm_amd", parameters_of_kvm_amd },
		{ "whether kvm_amd is installed", whether_kvm_amd_is_installed },
		{ "controllers of the root", controllers },
		{ "when and where", when_and_where },
		{ "each reason is said once", each_reason_is_said_once },
		{ "small files", small_files },
		{ "words of the command line", words_of_the_command_line },
	};

	folder_make(root);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(root);
	ksft_finished();
}

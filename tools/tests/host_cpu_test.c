// SPDX-License-Identifier: GPL-2.0-only
/*
 * What host facts say of processors: by leaf of CPUID and by register, of processors that are made
 * up. Their files under /dev/cpu are those of a folder, and pread() answers for them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "folder.h"
#include "gathered_facts.h"
#include "host/gather.h"
#include "processor.h"
#include "test.h"

static char folder[] = "/tmp/sevadm-cpu-XXXXXX";

/* "AuthenticAMD" and "AMD EPYC 7713 64-Core" as CPUID has them. */
#define VENDOR(ebx, edx, ecx)	{ 0, { 16, ebx, ecx, edx } }
#define AMD	VENDOR(0x68747541, 0x69746e65, 0x444d4163)
#define INTEL	VENDOR(0x756e6547, 0x49656e69, 0x6c65746e)
#define NAME						\
	{ 0x80000002, { 0x444d4120, 0x59504520, 0x37372043, 0x36203331 } },	\
	{ 0x80000003, { 0x6f432d34, 0x00006572, 0, 0 } },	\
	{ 0x80000004, { 0, 0, 0, 0 } }

static const struct processor milan = {
	.leaves = {
		AMD, NAME, { 0x80000001, { 0, 0, 1 << 2, 0 } },
		{ 0x8000001f, { 0x1b, 51 | 5 << 6, 509, 100 } }, { UINT32_MAX },
	},
	.syscfg = 3 << 23, .hwcr = 1,
};

static void look_at(const struct processor *which)
{
	processor = *which;
	host_facts_free(&facts);
	facts = (struct host_facts) {};
	gather_cpu(folder, &facts);
}

static void with_snp(void)
{
	look_at(&milan);
	EXPECT_TEXT(host_text(&facts, HOST_CPU_VENDOR), "AuthenticAMD");
	EXPECT_TEXT(host_text(&facts, HOST_CPU_NAME), "AMD EPYC 7713 64-Core");
	EXPECT_NUMBER(number_of(HOST_CPU_SVM), 1);
	EXPECT_NUMBER(number_of(HOST_CPU_SME), 1);
	EXPECT_NUMBER(number_of(HOST_CPU_SEV), 1);
	EXPECT_NUMBER(number_of(HOST_CPU_SEV_ES), 1);
	EXPECT_NUMBER(number_of(HOST_CPU_SEV_SNP), 1);
	EXPECT_NUMBER(number_of(HOST_C_BIT), 51);
	EXPECT_NUMBER(number_of(HOST_REDUCED_PHYS_BITS), 5);
	EXPECT_NUMBER(number_of(HOST_MAX_ASID), 509);
	EXPECT_NUMBER(number_of(HOST_MIN_SEV_ASID), 100);
	EXPECT_NUMBER(number_of(HOST_SYSCFG_SMEE), 1);
	EXPECT_NUMBER(number_of(HOST_SYSCFG_SNPEN), 1);
	EXPECT_NUMBER(number_of(HOST_HWCR_SMMLOCK), 1);
	EXPECT_NUMBER(number_of(HOST_SVM_DISABLED), 0);
}

/* Each bit of leaf 0x8000001f alone. */
static void each_feature(void)
{
	static const struct {
		uint32_t eax;
		int sme, sev, es, snp;
	} rows[] = {
		{ 0, 0, 0, 0, 0 }, { 1, 1, 0, 0, 0 }, { 2, 0, 1, 0, 0 }, { 8, 0, 0, 1, 0 },
		{ 16, 0, 0, 0, 1 },
		/* The others are about something else. */
		{ ~0x1bU, 0, 0, 0, 0 },
	};
	struct processor other = milan;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		other.leaves[5].registers[0] = rows[i].eax;
		look_at(&other);
		EXPECT_NUMBER(number_of(HOST_CPU_SME), rows[i].sme);
		EXPECT_NUMBER(number_of(HOST_CPU_SEV), rows[i].sev);
		EXPECT_NUMBER(number_of(HOST_CPU_SEV_ES), rows[i].es);
		EXPECT_NUMBER(number_of(HOST_CPU_SEV_SNP), rows[i].snp);
		EXPECT_NUMBER(number_of(HOST_C_BIT), rows[i].sme || rows[i].sev ? 51 : -1);
		EXPECT_NUMBER(number_of(HOST_MAX_ASID), rows[i].sev ? 509 : -1);
		if (!rows[i].sme && !rows[i].sev) {
			EXPECT_UNKNOWN(HOST_C_BIT, "the processor cannot encrypt memory");
			EXPECT_UNKNOWN(HOST_REDUCED_PHYS_BITS, "the processor cannot encrypt memory");
		}
		if (!rows[i].sev) {
			EXPECT_UNKNOWN(HOST_MAX_ASID, "the processor has no SEV");
			EXPECT_UNKNOWN(HOST_MIN_SEV_ASID, "the processor has no SEV");
		}
	}
}

/* A processor without the leaf has no SEV: that is known. */
static void of_another_maker(void)
{
	static const struct processor intel = { .leaves = { INTEL, { UINT32_MAX } } };

	look_at(&intel);
	EXPECT_TEXT(host_text(&facts, HOST_CPU_VENDOR), "GenuineIntel");
	EXPECT(!host_text(&facts, HOST_CPU_NAME));
	EXPECT_UNKNOWN(HOST_CPU_SVM, "the processor has no CPUID 0x80000001");
	EXPECT_NUMBER(number_of(HOST_CPU_SEV), 0);
	EXPECT_NUMBER(number_of(HOST_CPU_SEV_SNP), 0);
	EXPECT_UNKNOWN(HOST_C_BIT, "the processor cannot encrypt memory");
}

static void that_cannot_be_asked(void)
{
	static const struct processor none = { .leaves = { { UINT32_MAX } }, .error = EPERM };
	struct processor broken = milan;

	look_at(&none);
	EXPECT_UNKNOWN(HOST_CPU_VENDOR, "no CPUID");
	EXPECT_UNKNOWN(HOST_CPU_SME, "no CPUID");
	EXPECT_UNKNOWN(HOST_CPU_SEV, "no CPUID");
	EXPECT_UNKNOWN(HOST_CPU_SEV_SNP, "no CPUID");
	EXPECT_UNKNOWN(HOST_SYSCFG_SMEE, "only root may read /dev/cpu/*/msr");
	broken.error = EIO;
	look_at(&broken);
	EXPECT_UNKNOWN(HOST_SYSCFG_SNPEN, "MSR 0xc0010010: Input/output error");
	EXPECT_UNKNOWN(HOST_SVM_DISABLED, "MSR 0xc0010114: Input/output error");
	EXPECT_NUMBER(number_of(HOST_CPU_SEV), 1);
}

/* The BIOS has to set a bit in each processor; SVM is disabled if it is in one. */
static void one_that_the_bios_left_out(void)
{
	struct processor two = milan;

	folder_put(folder, "dev/cpu/1/msr", 0644, "");
	folder_put(folder, "dev/cpu/microcode", 0644, "");
	two.others[0] = two.syscfg;
	two.others[1] = two.hwcr;
	look_at(&two);
	EXPECT_NUMBER(number_of(HOST_SYSCFG_SMEE), 1);
	EXPECT_NUMBER(number_of(HOST_HWCR_SMMLOCK), 1);
	two.others[0] = 1 << 24;
	two.others[1] = 0;
	two.others[2] = 1 << 4;
	look_at(&two);
	EXPECT_NUMBER(number_of(HOST_SYSCFG_SMEE), 0);
	EXPECT_NUMBER(number_of(HOST_SYSCFG_SNPEN), 1);
	EXPECT_NUMBER(number_of(HOST_HWCR_SMMLOCK), 0);
	EXPECT_NUMBER(number_of(HOST_SVM_DISABLED), 1);
	/* Whichever of them it is. */
	two = milan;
	two.others[0] = two.syscfg;
	two.others[1] = 1;
	two.syscfg = two.hwcr = 0;
	two.vm_cr = 1 << 4;
	look_at(&two);
	EXPECT_NUMBER(number_of(HOST_SYSCFG_SMEE), 0);
	EXPECT_NUMBER(number_of(HOST_HWCR_SMMLOCK), 0);
	EXPECT_NUMBER(number_of(HOST_SVM_DISABLED), 1);
}

static void without_registers(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dev/cpu/1/msr", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/dev/cpu/0/msr", folder);
	unlink(path);
	look_at(&milan);
	EXPECT_UNKNOWN(HOST_SYSCFG_SMEE, "/dev/cpu/*/msr is not there: modprobe msr");
	EXPECT_NUMBER(number_of(HOST_MAX_ASID), 509);
}

int main(void)
{
	static const struct test tests[] = {
		{ "a processor with SEV-SNP", with_snp },
		{ "each feature", each_feature },
		{ "a processor of another maker", of_another_maker },
		{ "a processor that cannot be asked", that_cannot_be_asked },
		{ "one that the BIOS left out", one_that_the_bios_left_out },
		{ "no registers", without_registers },
	};

	folder_make(folder);
	folder_put(folder, "dev/cpu/0/cpuid", 0644, "");
	folder_put(folder, "dev/cpu/0/msr", 0644, "");
	run_each(tests, ARRAY_SIZE(tests));
	host_facts_free(&facts);
	folder_remove(folder);
	ksft_finished();
}

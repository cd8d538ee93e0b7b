// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the firmware's SEV-SNP platform and page commands: AMD's document 56860, and the firmware
 * that AMD has published.
 */
#include "snp_test.h"

#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define RMP_ENTRIES	((RMP_SIZE - 0x4000) / 16)

/* The words of SNP_INIT_EX, whose buffer is 64 bytes long. */
#define INIT_EX(flags, ...)	CMD(SNP_INIT_EX, flags, 0, ##__VA_ARGS__, ZEROES)
#define ZEROES			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

void snp_on(void)
{
	EXPECT(processor_wrmsr(MSR_SYSCFG, SYSCFG_SNP), NO_EXCEPTION);
}

void snp_init(void)
{
	EXPECT(INIT_EX(1), SEV_RET_SUCCESS);
	OK(SNP_DF_FLUSH);
}

static void start_init(const char *properties)
{
	start_snp(properties);
	snp_on();
	snp_init();
}

void rmp_entry(uint64_t page, uint64_t entry[2])
{
	machine_read(RMP_BASE + 0x4000 + (page >> 12) * 16, entry, 16);
}

void give(uint64_t page)
{
	EXPECT(rmpupdate(page, 0, 1, 0, 1, 0), 0);
}

struct __attribute__((packed)) status {
	uint8_t major, minor, state, rmp;
	uint32_t build, flags, guests;
	uint64_t current_tcb, reported_tcb;
};

/* Answered to a page outside of the RMP's reach would do, too; here it is given. */
static struct status read_status(void)
{
	struct status status;

	OK(SNP_PLATFORM_STATUS, AT(OUTPUT));
	machine_read(OUTPUT, &status, sizeof(status));
	return status;
}

static void test_off(void)
{
	start("");
	EXPECT(CMD(SNP_PLATFORM_STATUS, AT(OUTPUT)), SEV_RET_INVALID_COMMAND);
	start_snp("");
	/* The table's place is known, and nothing else: SNP is off in the processor. */
	EXPECT(CMD(SNP_INIT), SEV_RET_INAVLID_CONFIG);
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);
	EXPECT(read_status().state, 0);
	EXPECT(read_status().rmp, 0);
	/* What needs SNP_INIT says so. */
	EXPECT(CMD(SNP_GCTX_CREATE, AT(PAGE(0))), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(PAGE(0))), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_LAUNCH_START, AT(PAGE(0)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	       SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(PAGE(0)), 2, 0, AT(PAGE(1)), 0, 0),
	       SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_LAUNCH_FINISH, AT(PAGE(0)), ZEROES), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_ACTIVATE, AT(PAGE(0)), 1), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_DECOMMISSION, AT(PAGE(0))), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_GUEST_STATUS, AT(PAGE(0)), AT(OUTPUT)), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_DBG_DECRYPT, AT(PAGE(0)), AT(PAGE(1)), AT(PAGE(2))),
	       SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_PAGE_MOVE, AT(PAGE(0)), 0, 0, AT(PAGE(1)), AT(PAGE(2))),
	       SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_PAGE_SET_STATE, 16, 0, AT(LIST)), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_PAGE_UNSMASH, AT(BIG(1))), SEV_RET_INVALID_PLATFORM_STATE);
	OK(SNP_SHUTDOWN);
	OK(SNP_SHUTDOWN_EX, 8, 0);
}

static void test_init(void)
{
	start_snp("");
	EXPECT(processor_wrmsr(MSR_SYSCFG, SYSCFG_SNP & ~0x2000000), NO_EXCEPTION);
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);		/* VMPL_EN */
	EXPECT(processor_wrmsr(MSR_SYSCFG, SYSCFG_SNP & ~0x80000), NO_EXCEPTION);
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);		/* MFDM */
	snp_on();
	EXPECT(processor_wrmsr(MSR_HSAVE, 0x300000), NO_EXCEPTION);
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);
	EXPECT(processor_wrmsr(MSR_HSAVE, 0), NO_EXCEPTION);
	EXPECT(INIT_EX(0), RMP_INIT_REQUIRED);
	EXPECT(INIT_EX(1 << 4), SEV_RET_INVALID_PARAM);
	EXPECT(INIT_EX(1 | 1 << 5), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_INIT_EX, 1, 1, ZEROES), SEV_RET_INVALID_PARAM);
	EXPECT(INIT_EX(1, AT(0), 5), SEV_RET_INVALID_PARAM);	/* ASIDs without hiding */
	/* Legacy firmware comes second. */
	EXPECT(CMD(INIT, 0, 0, AT(0), 0), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(INIT_EX(1), SEV_RET_SUCCESS);
	EXPECT(INIT_EX(1), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_INIT), SEV_RET_INVALID_PLATFORM_STATE);
	give(OUTPUT);
	EXPECT(read_status().state, 1);
	EXPECT(read_status().rmp, 1);
	OK(INIT, 0, 0, AT(0), 0);
	EXPECT(CMD(SNP_SHUTDOWN), SEV_RET_INVALID_PLATFORM_STATE);
	EXPECT(CMD(SNP_SHUTDOWN_EX, 8, 1), SEV_RET_INVALID_PLATFORM_STATE);
	start_snp("");
	OK(INIT, 0, 0, AT(0), 0);
	snp_on();
	EXPECT(INIT_EX(1), SEV_RET_INVALID_PLATFORM_STATE);
	OK(SHUTDOWN);
	OK(SNP_INIT);
	/* A table that the firmware does not take. */
	start_snp("");
	EXPECT(processor_wrmsr(MSR_RMP_END, RMP_BASE + RMP_SIZE - 0x1001), NO_EXCEPTION);
	snp_on();
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);
	start_snp("");
	EXPECT(processor_wrmsr(MSR_RMP_BASE, RMP_BASE + 0x1000), NO_EXCEPTION);
	snp_on();
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);
	start_snp("");
	EXPECT(processor_wrmsr(MSR_RMP_END, RMP_BASE + 0x1000000 - 1), NO_EXCEPTION);
	snp_on();						/* it does not cover itself */
	EXPECT(INIT_EX(1), RMP_INITIALIZATION_FAILED);
	start_snp("rmp-size=0");
	EXPECT(processor_rdmsr(MSR_RMP_BASE), 0);
	snp_on();
	EXPECT(INIT_EX(1), SEV_RET_INAVLID_CONFIG);
	EXPECT(rmpupdate(PAGE(0), 0, 1, 0, 1, 0), FAIL_INPUT);
}

static void test_table(void)
{
	struct __attribute__((packed)) {
		uint32_t count, reserved;
		struct { uint64_t base; uint32_t pages, reserved; } range[2];
	} list = { 2, 0, { { PAGE(0), 3, 0 }, { PAGE(8), 1, 0 } } };
	uint64_t beyond = RMP_ENTRIES - 0x102000, hole = (0x100000000ULL - LOW_MEMORY) >> 12;

	start_snp("");
	snp_on();
	machine_write(LIST, &list, sizeof(list));
	EXPECT(rmpupdate(PAGE(100), 0x40000000, 1, 0, 0, 1), 0);
	EXPECT(INIT_EX(1 | 2, AT(LIST)), SEV_RET_SUCCESS);
	EXPECT(machine_count_pages(ANY_ASID, FIRMWARE), RMP_SIZE >> 12);
	EXPECT(machine_count_pages(ANY_ASID, HV_FIXED), hole + beyond + 4);
	EXPECT(machine_count_pages(ANY_ASID, GUEST_INVALID), 0);
	EXPECT(machine_count_pages(ANY_ASID, HYPERVISOR),
	       ((LOW_MEMORY + 0x2000000 - RMP_SIZE) >> 12) - 4);
	EXPECT(rmpupdate(PAGE(1), 0, 1, 0, 1, 0), FAIL_PERMISSION);
	EXPECT(rmpupdate(PAGE(3), 0, 1, 0, 1, 0), 0);
	EXPECT(rmpupdate(LOW_MEMORY, 0, 1, 0, 1, 0), FAIL_PERMISSION);
	EXPECT(rmpupdate(RMP_BASE, 0, 0, 0, 0, 0), FAIL_PERMISSION);
	/* Wrong lists. */
	start_snp("");
	snp_on();
	list.range[0].base++;
	machine_write(LIST, &list, sizeof(list));
	EXPECT(INIT_EX(1 | 2, AT(LIST)), SEV_RET_INVALID_PARAM);
	list.range[0].base--;
	list.range[1].reserved = 1;
	machine_write(LIST, &list, sizeof(list));
	EXPECT(INIT_EX(1 | 2, AT(LIST)), SEV_RET_INVALID_PARAM);
	list.range[1].reserved = 0;
	list.count = 256;
	machine_write(LIST, &list, sizeof(list));
	EXPECT(INIT_EX(1 | 2, AT(LIST)), SEV_RET_INVALID_PARAM);
	list.count = 255;
	machine_write(LIST + 0x100, &list, sizeof(list));
	EXPECT(INIT_EX(1 | 2, AT(LIST + 0x100)), SEV_RET_INVALID_PARAM);
	EXPECT(INIT_EX(1 | 2, AT(NOWHERE)), SEV_RET_INVALID_ADDRESS);
}

static void test_shutdown(void)
{
	start_snp("");
	snp_on();
	EXPECT(INIT_EX(1), SEV_RET_SUCCESS);
	EXPECT(CMD(SNP_SHUTDOWN_EX, 8, 0), SEV_RET_DFFLUSH_REQUIRED);
	EXPECT(CMD(SNP_SHUTDOWN), SEV_RET_DFFLUSH_REQUIRED);
	OK(SNP_DF_FLUSH);
	EXPECT(CMD(SNP_SHUTDOWN_EX, 7, 0), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_SHUTDOWN_EX, 8, 4), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_SHUTDOWN_EX, 8, 2), SEV_RET_INVALID_PARAM);
	OK(SNP_SHUTDOWN_EX, 8, 0);
	/* The table is still there, and may be taken over as it is. */
	EXPECT(rmpupdate(OUTPUT, 0, 1, 0, 1, 0), 0);
	EXPECT(read_status().state, 0);
	EXPECT(read_status().rmp, 1);
	EXPECT(INIT_EX(0), SEV_RET_SUCCESS);
	EXPECT(machine_count_pages(ANY_ASID, FIRMWARE), (RMP_SIZE >> 12) + 1);
	OK(SNP_DF_FLUSH);
	OK(SNP_SHUTDOWN_EX, 8, 1);
	EXPECT(read_status().rmp, 0);
	EXPECT(INIT_EX(0), RMP_INIT_REQUIRED);
	snp_init();
	OK(SNP_SHUTDOWN_EX, 8, 3);
	EXPECT(processor_rdmsr(MSR_SYSCFG) & 0x3000000, 0);
	EXPECT(rmpupdate(PAGE(0), 0, 1, 0, 1, 0), 0x100 + EXCEPTION_UD);
	start_init("x86-shutdown=off");
	EXPECT(CMD(SNP_SHUTDOWN_EX, 8, 3), SEV_RET_INVALID_PARAM);
}

static void test_status(void)
{
	struct status status;
	uint32_t info[4];

	start_snp("api-minor=57,build=30,tcb=0x0102030000000405,ciphertext-hiding=on");
	status = read_status();
	EXPECT(status.major, 1);
	EXPECT(status.minor, 57);
	EXPECT(status.build, 30);
	EXPECT(status.flags, 1 << 3 | 1 << 5);
	EXPECT(status.current_tcb, 0x0102030000000405);
	EXPECT(status.reported_tcb, 0x0102030000000405);
	EXPECT(CMD(SNP_PLATFORM_STATUS, AT(OUTPUT + 0xff0)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_PLATFORM_STATUS, AT(NOWHERE)), SEV_RET_INVALID_ADDRESS);
	/* While SNP is on, only where the firmware may write. */
	snp_on();
	snp_init();
	EXPECT(CMD(SNP_PLATFORM_STATUS, AT(OUTPUT)), INVALID_PAGE_STATE);
	EXPECT(CMD(SNP_PLATFORM_STATUS, (uint32_t)RMP_BASE, 1), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_FEATURE_INFO, 16, 0, AT(OUTPUT)), INVALID_PAGE_STATE);
	give(OUTPUT);
	OK(SNP_PLATFORM_STATUS, AT(OUTPUT));
	OK(SNP_FEATURE_INFO, 16, 0, AT(OUTPUT));
	machine_read(OUTPUT, info, sizeof(info));
	EXPECT(info[0], 1);
	EXPECT(info[2], 1 << 1 | 1 << 2 | 1 << 3);
	OK(SNP_FEATURE_INFO, 16, 1, AT(OUTPUT));
	EXPECT(CMD(SNP_FEATURE_INFO, 16, 2, AT(OUTPUT)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_FEATURE_INFO, 15, 0, AT(OUTPUT)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_FEATURE_INFO, 16, 0, AT(OUTPUT + 2)), SEV_RET_INVALID_ADDRESS);
	EXPECT(CMD(SNP_FEATURE_INFO, 16, 0, AT(OUTPUT + 0xff4)), SEV_RET_INVALID_ADDRESS);
}

#define CONFIG(low, high, flags)	CMD(SNP_CONFIG, low, high, flags, ZEROES)

static void test_config(void)
{
	start_snp("tcb=0x0102030000000405");
	EXPECT(CONFIG(0x405, 0x1020300, 0), SEV_RET_SUCCESS);
	EXPECT(CONFIG(0x406, 0x1020300, 0), SEV_RET_INVALID_PARAM);
	EXPECT(CONFIG(0x405, 0x1020400, 0), SEV_RET_INVALID_PARAM);
	EXPECT(CONFIG(0x305, 0x0020300, 3), SEV_RET_SUCCESS);
	EXPECT(read_status().reported_tcb, 0x0002030000000305);
	EXPECT(read_status().current_tcb, 0x0102030000000405);
	EXPECT(read_status().flags, 1 << 3 | 3);
	EXPECT(CONFIG(0, 0, 4), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_CONFIG, 0, 0, 0, 1, ZEROES), SEV_RET_INVALID_PARAM);
	EXPECT(CONFIG(0, 0, 0), SEV_RET_SUCCESS);
	EXPECT(read_status().reported_tcb, 0x0102030000000405);
	OK(SNP_COMMIT, 4);
	EXPECT(CMD(SNP_COMMIT, 5), SEV_RET_INVALID_PARAM);
}

static void test_reclaim(void)
{
	start_init("");
	give(PAGE(1));
	OK(SNP_PAGE_RECLAIM, AT(PAGE(1)));
	EXPECT(machine_count_pages(ANY_ASID, RECLAIM), 1);
	/* Once more does no harm, as with any page that is not immutable. */
	OK(SNP_PAGE_RECLAIM, AT(PAGE(1)));
	OK(SNP_PAGE_RECLAIM, AT(PAGE(2)));
	EXPECT(rmpupdate(PAGE(1), 0, 0, 0, 0, 0), 0);
	EXPECT(rmpupdate(PAGE(3), 0x40000000, 1, 0, 1, 5), 0);
	EXPECT(machine_count_pages(5, PRE_GUEST), 1);
	OK(SNP_PAGE_RECLAIM, AT(PAGE(3)));
	EXPECT(machine_count_pages(5, GUEST_INVALID), 1);
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(PAGE(3) + 2)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(PAGE(3) + 1)), INVALID_PAGE_SIZE);
	EXPECT(CMD(SNP_PAGE_RECLAIM, (uint32_t)RMP_BASE, 1), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(LOW_MEMORY)), INVALID_PAGE_STATE);
	EXPECT(rmpupdate(BIG(1), 0x40000000, 1, 1, 1, 5), 0);
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(BIG(1))), INVALID_PAGE_SIZE);
	OK(SNP_PAGE_RECLAIM, AT(BIG(1) + 1));
	EXPECT(machine_count_pages(5, GUEST_INVALID), 513);
	/* A context is no page to reclaim. */
	give(PAGE(4));
	OK(SNP_GCTX_CREATE, AT(PAGE(4)));
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(PAGE(4))), INVALID_PAGE_STATE);
}

static void test_unsmash(void)
{
	start_init("");
	for (int i = 0; i < 512; i++)
		EXPECT(rmpupdate(BIG(1) + 0x1000 * i, 0x40000000 + 0x1000 * i, 1, 0, i != 77, 5),
		       0);
	EXPECT(CMD(SNP_PAGE_UNSMASH, AT(BIG(1) + 0x1000)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_PAGE_UNSMASH, AT(BIG(0))), INVALID_PAGE_STATE);
	EXPECT(CMD(SNP_PAGE_UNSMASH, AT(BIG(1))), INVALID_PAGE_STATE);
	EXPECT(rmpupdate(BIG(1) + 0x1000 * 77, 0x40000000 + 0x1000 * 77, 1, 0, 1, 5), 0);
	OK(SNP_PAGE_UNSMASH, AT(BIG(1)));
	EXPECT(machine_count_pages(5, PRE_GUEST), 512);
	OK(SNP_PAGE_RECLAIM, AT(BIG(1) + 1));
	EXPECT(psmash(BIG(1)), 0);
	EXPECT(machine_count_pages(5, GUEST_INVALID), 512);
}

static void test_set_state(void)
{
	struct __attribute__((packed)) {
		uint32_t count, reserved;
		struct { uint64_t base; uint32_t pages, reserved; } range;
	} list = { 1, 0, { PAGE(0), 2, 0 } };
	uint32_t fixed;

	start_init("");
	fixed = machine_count_pages(ANY_ASID, HV_FIXED);
	machine_write(LIST, &list, sizeof(list));
	give(PAGE(0));
	EXPECT(CMD(SNP_PAGE_SET_STATE, 15, 0, AT(LIST)), SEV_RET_INVALID_LEN);
	EXPECT(CMD(SNP_PAGE_SET_STATE, 16, 1, AT(LIST)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_PAGE_SET_STATE, 16, 0, AT(LIST + 8)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_PAGE_SET_STATE, 16, 0, AT(LIST)), INVALID_PAGE_STATE);
	give(PAGE(1));
	OK(SNP_PAGE_SET_STATE, 16, 0, AT(LIST));
	EXPECT(machine_count_pages(ANY_ASID, HV_FIXED), fixed + 2);
	list.range.base = RMP_BASE;
	machine_write(LIST, &list, sizeof(list));
	EXPECT(CMD(SNP_PAGE_SET_STATE, 16, 0, AT(LIST)), SEV_RET_INVALID_ADDRESS);
}

/* Legacy commands while SNP is on: where the firmware writes, the page must be its own. */
static void test_legacy(void)
{
	start_init("");
	EXPECT(CMD(INIT, 1, 0, AT(TMR), 0x100000), SEV_RET_INVALID_LEN);
	EXPECT(CMD(INIT, 1, 0, AT(TMR + 0x100000), 0x200000), SEV_RET_INVALID_ADDRESS);
	EXPECT(CMD(INIT, 1, 0, AT(TMR), 0x200000), INVALID_PAGE_STATE);
	EXPECT(rmpupdate(TMR, 0, 1, 1, 1, 0), 0);
	EXPECT(CMD(INIT, 1, 0, AT(TMR), 0x200000), INVALID_PAGE_STATE);
	OK(SNP_PAGE_RECLAIM, AT(TMR + 1));
	EXPECT(rmpupdate(TMR, 0, 0, 1, 0, 0), 0);
	for (int i = 0; i < 512; i++)
		give(TMR + 0x1000 * i);
	OK(INIT, 1, 0, AT(TMR), 0x200000);
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(TMR + 0x5000)), SEV_RET_INVALID_ADDRESS);
	/* The command's own buffer. */
	EXPECT(CMD(PLATFORM_STATUS, 0, 0, 0), INVALID_PAGE_STATE);
	EXPECT(CMD(GET_ID, AT(OUTPUT), 64), INVALID_PAGE_STATE);
	EXPECT(CMD(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0), INVALID_PAGE_STATE);
	give(COMMAND_BUFFER);
	OK(PLATFORM_STATUS, 0, 0, 0);
	/* What it names. */
	EXPECT(CMD(GET_ID, AT(OUTPUT), 64), INVALID_PAGE_STATE);
	give(OUTPUT);
	OK(GET_ID, AT(OUTPUT), 64);
	OK(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0);
	OK(DF_FLUSH);
	OK(ACTIVATE, 1, 100);
	EXPECT(CMD(LAUNCH_UPDATE_DATA, 1, 0, AT(DATA), 0x1000), INVALID_PAGE_STATE);
	give(DATA);
	OK(LAUNCH_UPDATE_DATA, 1, 0, AT(DATA), 0x1000);
	EXPECT(CMD(LAUNCH_UPDATE_DATA, 1, 0, AT(DATA), 0x1010), INVALID_PAGE_STATE);
	OK(LAUNCH_MEASURE, 1, 0, AT(OUTPUT), 48);
	EXPECT(CMD(DBG_DECRYPT, 1, 0, AT(DATA), AT(DATA + 0x1000), 16), INVALID_PAGE_STATE);
	OK(DBG_DECRYPT, 1, 0, AT(DATA + 0x1000), AT(DATA), 16);
	/* Guests of both kinds do not know of each other. */
	EXPECT(guest_count(), 1);
	EXPECT(read_status().guests, 0);
	OK(SHUTDOWN);
	OK(SNP_PAGE_RECLAIM, AT(TMR + 0x5000));
}

static void test_faults(void)
{
	start_snp("fault=SNP_GCTX_CREATE:RESOURCE_LIMIT:2;0xc7:INVALID_PAGE_SIZE;SNP_COMMIT:BAD_SVN");
	snp_on();
	snp_init();
	give(PAGE(0));
	give(PAGE(1));
	OK(SNP_GCTX_CREATE, AT(PAGE(0)));
	EXPECT(CMD(SNP_GCTX_CREATE, AT(PAGE(1))), SEV_RET_RESOURCE_LIMIT);
	EXPECT(machine_count_pages(ANY_ASID, CONTEXT), 1);
	OK(SNP_GCTX_CREATE, AT(PAGE(1)));
	EXPECT(CMD(SNP_PAGE_RECLAIM, AT(PAGE(2))), INVALID_PAGE_SIZE);
	EXPECT(CMD(SNP_COMMIT, 4), BAD_SVN);
	EXPECT(machine_arm_fault(SNP_DECOMMISSION, 0x26), 0);
	EXPECT(CMD(SNP_DECOMMISSION, AT(PAGE(0))), RMP_INITIALIZATION_FAILED);
	OK(SNP_DECOMMISSION, AT(PAGE(0)));
}

const struct test snp_tests[] = {
	{ "SNP commands before SNP_INIT", test_off },
	{ "what SNP_INIT and SNP_INIT_EX want", test_init },
	{ "the RMP that SNP_INIT_EX makes", test_table },
	{ "SNP_SHUTDOWN and SNP_SHUTDOWN_EX", test_shutdown },
	{ "SNP_PLATFORM_STATUS and SNP_FEATURE_INFO", test_status },
	{ "SNP_CONFIG and SNP_COMMIT", test_config },
	{ "SNP_PAGE_RECLAIM", test_reclaim },
	{ "SNP_PAGE_UNSMASH", test_unsmash },
	{ "SNP_PAGE_SET_STATE", test_set_state },
	{ "legacy commands while SNP is on", test_legacy },
	{ "injected faults of SNP commands", test_faults },
	{ }
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the device around the firmware: registers, injected faults, the log.
 */
#include "firmware_test.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEATURE		0x109fc
#define INT_STATUS	0x10694

static void test_registers(void)
{
	start("");
	EXPECT(machine_register(FEATURE), 1);
	EXPECT(machine_register(INT_STATUS), 0);
	OK(NOP);
	EXPECT(machine_register(INT_STATUS), 2);
	machine_set_register(INT_STATUS, 2);
	EXPECT(machine_register(INT_STATUS), 0);
}

static void test_no_memory(void)
{
	start("");
	machine_set_bus_master(false);
	EXPECT(CMD(PLATFORM_STATUS, 0, 0, 0), SEV_RET_INVALID_ADDRESS);
	EXPECT(CMD(NOP), SEV_RET_SUCCESS);
	machine_set_bus_master(true);
	EXPECT(CMD(PLATFORM_STATUS, 0, 0, 0), SEV_RET_SUCCESS);
}

static void test_faults(void)
{
	start_ready("fault=launch_start:RESOURCE_LIMIT:2;0x21:0xd;NOP:0x8003;0x81:BAD_SIGNATURE");
	EXPECT(guest(0, 0, G_LUPDATE), 1);
	EXPECT(CMD(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0), SEV_RET_RESOURCE_LIMIT);
	EXPECT(guest_count(), 1);
	EXPECT(guest(0, 0, G_LUPDATE), 2);
	EXPECT(CMD(ACTIVATE, 1, 100), SEV_RET_INVALID_ASID);
	EXPECT(CMD(ACTIVATE, 1, 100), SEV_RET_INVALID_ASID);
	EXPECT(CMD(NOP), 0x8003);
	EXPECT(CMD(0x81), SEV_RET_BAD_SIGNATURE);
	EXPECT(CMD(0x82), SEV_RET_INVALID_COMMAND);
}

/* Armed from inside of the machine: once, and before the rules. */
static void test_armed_fault(void)
{
	start_ready("fault=NOP:BAD_SIGNATURE");
	EXPECT(machine_arm_fault(LAUNCH_START, SEV_RET_RESOURCE_LIMIT), 0);
	OK(DF_FLUSH);
	EXPECT(CMD(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0), SEV_RET_RESOURCE_LIMIT);
	EXPECT(guest_count(), 0);
	EXPECT(guest(0, 0, G_LUPDATE), 1);
	EXPECT(machine_arm_fault(NOP, 0x8003), 0);
	EXPECT(machine_arm_fault(NOP, 0x8004), (NOP << 16 | 0x8003));
	EXPECT(CMD(NOP), 0x8004);
	EXPECT(CMD(NOP), SEV_RET_BAD_SIGNATURE);
}

static void test_hang(void)
{
	start_ready("hang=NOP:2");
	OK(NOP);
	EXPECT(CMD(NOP), PSP_SILENT);
	/* One mailbox: nothing gets through any more. */
	EXPECT(CMD(DF_FLUSH), PSP_SILENT);
}

static void test_log(void)
{
	static const char expected[] =
		"1 0x01 INIT - - SUCCESS -\n"
		"2 0x0a DF_FLUSH - - SUCCESS -\n"
		"3 0x30 LAUNCH_START 1 - SUCCESS -\n"
		"4 0x21 ACTIVATE 1 100 SUCCESS -\n"
		"5 0x33 LAUNCH_MEASURE 1 100 SUCCESS -\n"
		"6 0x21 ACTIVATE 1 101 ACTIVE -\n"
		"7 0x22 DEACTIVATE 1 100 SUCCESS -\n"
		"8 0x23 GUEST_STATUS 1 - SUCCESS -\n"
		"9 0x35 LAUNCH_FINISH 9 - INVALID_GUEST -\n"
		"10 0x20 DECOMMISSION 1 - RESOURCE_LIMIT -\n"
		"11 0x7b - - - INVALID_COMMAND -\n"
		"12 0x0e NOP - - 0x8003 -\n"
		"13 0x22 DEACTIVATE 1 - HANG -\n";
	char path[] = "/tmp/sev-psp-log.XXXXXX", properties[200], got[1000] = "";
	int fd = mkstemp(path);
	FILE *file;

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	snprintf(properties, sizeof(properties),
		 "log=%s,fault=DECOMMISSION:RESOURCE_LIMIT;NOP:0x8003,hang=DEACTIVATE:2", path);
	start_ready(properties);
	OK(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0);
	OK(ACTIVATE, 1, 100);
	OK(LAUNCH_MEASURE, 1, 0, AT(OUTPUT), 48);
	EXPECT(CMD(ACTIVATE, 1, 101), SEV_RET_ACTIVE);
	OK(DEACTIVATE, 1);
	OK(GUEST_STATUS, 1, 0, 0, 0);
	EXPECT(CMD(LAUNCH_FINISH, 9), SEV_RET_INVALID_GUEST);
	EXPECT(CMD(DECOMMISSION, 1), SEV_RET_RESOURCE_LIMIT);
	EXPECT(CMD(0x7b), SEV_RET_INVALID_COMMAND);
	EXPECT(CMD(NOP), 0x8003);
	EXPECT(CMD(DEACTIVATE, 1), PSP_SILENT);
	file = fopen(path, "r");
	if (!file)
		err(1, "%s", path);
	got[fread(got, 1, sizeof(got) - 1, file)] = 0;
	fclose(file);
	unlink(path);
	EXPECT(strcmp(got, expected), 0);
}

const struct test device_tests[] = {
	{ "registers", test_registers },
	{ "a PSP that may not reach memory", test_no_memory },
	{ "injected faults", test_faults },
	{ "a fault armed from inside", test_armed_fault },
	{ "a command that never completes", test_hang },
	{ "the log", test_log },
	{ }
};

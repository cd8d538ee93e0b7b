// SPDX-License-Identifier: GPL-2.0-only
/* The tables of names: against the kernel's own headers, and their rules for unknown numbers. */
#include <asm/kvm.h>
#include <linux/kvm.h>
#include <linux/psp-sev.h>
#include <linux/sevadm.h>

#include "sev/names.h"
#include "test.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct number {
	uint32_t value;
	const char *name;
};

/* The compiler takes the numbers from the system's header: they do not come from names.c. */
#define STATUS(name)	{ (uint32_t)SEV_RET_ ## name, #name }

static void status_of_the_kernel(void)
{
	static const struct number rows[] = {
		STATUS(SUCCESS), STATUS(INVALID_PLATFORM_STATE), STATUS(INVALID_GUEST_STATE),
		STATUS(INVALID_LEN), STATUS(ALREADY_OWNED), STATUS(INVALID_CERTIFICATE),
		STATUS(POLICY_FAILURE), STATUS(INACTIVE), STATUS(INVALID_ADDRESS),
		STATUS(BAD_SIGNATURE), STATUS(BAD_MEASUREMENT), STATUS(ASID_OWNED),
		STATUS(INVALID_ASID), STATUS(WBINVD_REQUIRED), STATUS(DFFLUSH_REQUIRED),
		STATUS(INVALID_GUEST), STATUS(INVALID_COMMAND), STATUS(ACTIVE),
		STATUS(HWSEV_RET_PLATFORM), STATUS(HWSEV_RET_UNSAFE), STATUS(UNSUPPORTED),
		STATUS(INVALID_PARAM), STATUS(RESOURCE_LIMIT), STATUS(SECURE_DATA_INVALID),
		STATUS(NO_FW_CALL),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_TEXT(fw_error_name(rows[i].value), rows[i].name);
		EXPECT_NUMBER(fw_error_number(rows[i].name), rows[i].value);
	}
	EXPECT_TEXT(fw_error_name(SEV_RET_INAVLID_CONFIG), "INVALID_CONFIG");
	EXPECT_NUMBER(fw_error_number("SEV_RET_INAVLID_CONFIG"), SEV_RET_INAVLID_CONFIG);
}

#define KVM(name)	{ KVM_SEV_ ## name, #name }

static void commands_of_kvm(void)
{
	static const struct number rows[] = {
		KVM(INIT), KVM(ES_INIT), KVM(LAUNCH_START), KVM(LAUNCH_UPDATE_DATA),
		KVM(LAUNCH_UPDATE_VMSA), KVM(LAUNCH_SECRET), KVM(LAUNCH_MEASURE),
		KVM(LAUNCH_FINISH), KVM(SEND_START), KVM(SEND_UPDATE_DATA), KVM(SEND_UPDATE_VMSA),
		KVM(SEND_FINISH), KVM(RECEIVE_START), KVM(RECEIVE_UPDATE_DATA),
		KVM(RECEIVE_UPDATE_VMSA), KVM(RECEIVE_FINISH), KVM(GUEST_STATUS), KVM(DBG_DECRYPT),
		KVM(DBG_ENCRYPT), KVM(CERT_EXPORT), KVM(GET_ATTESTATION_REPORT), KVM(SEND_CANCEL),
		{ SEVADM_KVM_REGISTER_REGION, "REGISTER_REGION" },
		{ SEVADM_KVM_DESTROY, "DESTROY" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_TEXT(kvm_command_name(rows[i].value), rows[i].name);
		EXPECT_NUMBER(kvm_command_id(rows[i].name), rows[i].value);
	}
	EXPECT_NUMBER(kvm_command_id("KVM_SEV_SNP_LAUNCH_START"), 100);
}

/* Return how many numbers up to @last have a name of their own. */
static unsigned int count(const char *(*name)(uint32_t), uint32_t last)
{
	unsigned int known = 0;
	uint32_t value;

	for (value = 0; value <= last; value++)
		known += strncmp(name(value), "0x", 2) != 0;
	return known;
}

static void every_number_has_its_name(void)
{
	static const struct number commands[] = {
		{ 0x01, "INIT" }, { 0x0d, "INIT_EX" }, { 0x21, "ACTIVATE" },
		{ 0x31, "LAUNCH_UPDATE_DATA" }, { 0x36, "ATTESTATION_REPORT" },
		{ 0x44, "SEND_CANCEL" }, { 0x53, "RECEIVE_FINISH" }, { 0x61, "DBG_ENCRYPT" },
		{ 0x85, "SNP_INIT_EX" }, { 0xa2, "SNP_LAUNCH_FINISH" },
		{ 0xb2, "SNP_VERIFY_MITIGATION" }, { 0xce, "SNP_FEATURE_INFO" },
		{ 0xd5, "TIO_DEV_DISCONNECT" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_TEXT(psp_command_name(commands[i].value), commands[i].name);
		EXPECT_NUMBER(psp_command_id(commands[i].name), commands[i].value);
	}
	/*
	 * Platform 13, guest 4, launch 7, send 5, receive 4, debug 2 (55766); SNP: platform 6,
	 * guest and launch 9, debug 3, pages and firmware 12 (56860); TIO 6; the firmware's own 7.
	 */
	EXPECT_NUMBER(count(psp_command_name, 0xff),
		      13 + 4 + 7 + 5 + 4 + 2 + 6 + 9 + 3 + 12 + 6 + 7);
	/* 0x1E, 0x29 to 0x2F and 0x34 are not assigned. */
	EXPECT_NUMBER(count(fw_error_name, 0xff), 0x40 - 9);
	EXPECT_TEXT(fw_error_name(0x1e), "0x1e");
	EXPECT_TEXT(fw_error_name(0x3f), "SEV_STATUS_RESPONSE_TOO_LARGE");
}

static void codes_seen_in_the_field(void)
{
	static const uint32_t codes[] = { 0x8003, 0x8004, 0x9000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT(!strncmp(fw_error_name(codes[i]), "0x", 2));
		EXPECT(strstr(fw_error_meaning(codes[i]), "BIOS"));
	}
	EXPECT(strstr(fw_error_meaning(0x4711), "not in any published table"));
}

static void unknown_numbers_are_hexadecimal(void)
{
	const char *names[] = { psp_command_name(0x8a), fw_error_name(0x4711),
				kvm_command_name(0xffff), vm_state_name(99) };

	EXPECT_TEXT(names[0], "0x8a");
	EXPECT_TEXT(names[1], "0x4711");
	EXPECT_TEXT(names[2], "0xffff");
	EXPECT_TEXT(names[3], "0x63");
}

static void names_are_read_leniently_numbers_strictly(void)
{
	static const char *const wrong[] = {
		"", "LAUNCH", "LAUNCH_START ", "-1", "+1", " 1", "1 ", "0x", "0xg", "0x100000000",
		"99999999999999999999", "KVM_SEV_LAUNCH_START", "1x", "0x0x30",
	};
	size_t i;

	EXPECT_NUMBER(psp_command_id("launch_start"), 0x30);
	EXPECT_NUMBER(psp_command_id("SEV_CMD_LAUNCH_START"), 0x30);
	EXPECT_NUMBER(psp_command_id("0x30"), 0x30);
	EXPECT_NUMBER(psp_command_id("48"), 0x30);
	EXPECT_NUMBER(fw_error_number("SEV_RET_RESOURCE_LIMIT"), 0x17);
	EXPECT_NUMBER(fw_error_number("0xffffffff"), FW_NO_FW_CALL);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_NUMBER(psp_command_id(wrong[i]), -1);
}

static void words_of_the_module(void)
{
	EXPECT_TEXT(pool_name(SEVADM_POOL_SEV_ES), "sev_es");
	EXPECT_NUMBER(pool_id("sev_es"), SEVADM_POOL_SEV_ES);
	EXPECT_NUMBER(pool_id("sev"), SEVADM_POOL_SEV);
	EXPECT_NUMBER(pool_id("sev-es"), -1);
	EXPECT_TEXT(vm_type_name(SEVADM_VM_TYPE_SEV), "sev");
	EXPECT_TEXT(vm_type_name(SEVADM_VM_TYPE_SEV_ES), "sev-es");
	EXPECT_TEXT(vm_type_name(SEVADM_VM_TYPE_SEV_SNP), "sev-snp");
	EXPECT_TEXT(vm_state_name(SEVADM_VM_STATE_LSECRET), "lsecret");
	EXPECT_TEXT(asid_state_name(SEVADM_ASID_STATE_FREE), "free");
	EXPECT_TEXT(asid_state_name(SEVADM_ASID_STATE_USED), "used");
	EXPECT_TEXT(asid_state_name(SEVADM_ASID_STATE_RECLAIM), "reclaim");
	EXPECT_TEXT(module_state_name(SEVADM_MODULE_STATE_DEGRADED), "degraded");
	EXPECT_TEXT(firmware_state_name(2), "working");
	EXPECT_TEXT(refusal_name(SEVADM_REFUSAL_OTHER), "other");
	EXPECT_TEXT(refusal_name(SEVADM_REFUSAL_MEMLOCK), "memlock");
	EXPECT_TEXT(refusal_name(SEVADM_REFUSAL_LIMIT), "limit");
}

int main(void)
{
	static const struct test tests[] = {
		{ "status codes of the kernel's header", status_of_the_kernel },
		{ "commands of KVM's header", commands_of_kvm },
		{ "every number has its name", every_number_has_its_name },
		{ "codes seen in the field", codes_seen_in_the_field },
		{ "unknown numbers are hexadecimal", unknown_numbers_are_hexadecimal },
		{ "names are read leniently, numbers strictly",
		  names_are_read_leniently_numbers_strictly },
		{ "words of the module", words_of_the_module },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the firmware's platform commands.
 */
#include "firmware_test.h"

#include <string.h>

#define PLATFORM(state)	(1 << (state))

/* Which commands want which platform state: section 5 of the specification, by heart. */
static void test_states(void)
{
	static const struct { unsigned int id; int states; } rows[] = {
		{ INIT, PLATFORM(P_UNINIT) }, { INIT_EX, PLATFORM(P_UNINIT) },
		{ FACTORY_RESET, PLATFORM(P_UNINIT) }, { DOWNLOAD_FIRMWARE, PLATFORM(P_UNINIT) },
		{ PEK_GEN, PLATFORM(P_INIT) }, { PEK_CERT_IMPORT, PLATFORM(P_INIT) },
		{ PEK_CSR, PLATFORM(P_INIT) | PLATFORM(P_WORKING) },
		{ PDH_GEN, PLATFORM(P_INIT) | PLATFORM(P_WORKING) },
		{ PDH_CERT_EXPORT, PLATFORM(P_INIT) | PLATFORM(P_WORKING) },
		{ GUEST_STATUS, PLATFORM(P_INIT) | PLATFORM(P_WORKING) },
		{ DECOMMISSION, PLATFORM(P_WORKING) }, { ACTIVATE, PLATFORM(P_WORKING) },
		{ DEACTIVATE, PLATFORM(P_WORKING) }, { COPY, PLATFORM(P_WORKING) },
		{ LAUNCH_UPDATE_DATA, PLATFORM(P_WORKING) },
		{ LAUNCH_UPDATE_VMSA, PLATFORM(P_WORKING) },
		{ LAUNCH_MEASURE, PLATFORM(P_WORKING) }, { LAUNCH_SECRET, PLATFORM(P_WORKING) },
		{ LAUNCH_FINISH, PLATFORM(P_WORKING) }, { ATTESTATION, PLATFORM(P_WORKING) },
		{ SEND_START, PLATFORM(P_WORKING) }, { SEND_UPDATE_DATA, PLATFORM(P_WORKING) },
		{ SEND_UPDATE_VMSA, PLATFORM(P_WORKING) }, { SEND_FINISH, PLATFORM(P_WORKING) },
		{ SEND_CANCEL, PLATFORM(P_WORKING) },
		{ RECEIVE_UPDATE_DATA, PLATFORM(P_WORKING) },
		{ RECEIVE_UPDATE_VMSA, PLATFORM(P_WORKING) },
		{ RECEIVE_FINISH, PLATFORM(P_WORKING) },
		{ DBG_DECRYPT, PLATFORM(P_WORKING) }, { DBG_ENCRYPT, PLATFORM(P_WORKING) },
		{ LAUNCH_START, PLATFORM(P_INIT) | PLATFORM(P_WORKING) },
		{ RECEIVE_START, PLATFORM(P_INIT) | PLATFORM(P_WORKING) },
	};

	for (int state = P_UNINIT; state <= P_WORKING; state++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			int status;

			if (rows[i].states & PLATFORM(state))
				continue;
			if (state == P_UNINIT)
				start("");
			else
				start_ready("");
			if (state == P_WORKING)
				guest(0, 0, G_LUPDATE);
			status = CMD(rows[i].id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
			expect(__FILE__, rows[i].id, "wrong platform state (command for line)",
			       status, SEV_RET_INVALID_PLATFORM_STATE);
			EXPECT(platform_state(), state);
		}
	}
}

static void test_life(void)
{
	start("api-major=2,api-minor=7,build=99");
	EXPECT(platform_state(), P_UNINIT);
	EXPECT(answer[0] & 0xffff, 0x0702);
	EXPECT(answer[1] >> 24, 99);
	OK(INIT, 0, 0, AT(0), 0);
	EXPECT(platform_state(), P_INIT);
	EXPECT(answer[1] & 0xff, 0);
	OK(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0);
	EXPECT(platform_state(), P_WORKING);
	OK(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0);
	EXPECT(guest_count(), 2);
	OK(DECOMMISSION, 1);
	EXPECT(platform_state(), P_WORKING);
	OK(DECOMMISSION, 2);
	EXPECT(platform_state(), P_INIT);
	OK(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0);
	OK(SHUTDOWN);
	EXPECT(platform_state(), P_UNINIT);
	EXPECT(guest_count(), 0);
	OK(SHUTDOWN);
	OK(INIT, 1, 0, AT(TMR), 0x100000);
	EXPECT(platform_state(), P_INIT);
	EXPECT(answer[1] & 0xff, 1);		/* configured for SEV-ES */
	EXPECT(guest_state(1), G_UNINIT);
	OK(NOP);
}

static void test_init(void)
{
	start("");
	EXPECT(CMD(INIT, 2, 0, AT(TMR), 0x100000), SEV_RET_INAVLID_CONFIG);
	EXPECT(CMD(INIT, 1, 1, AT(TMR), 0x100000), SEV_RET_INAVLID_CONFIG);
	EXPECT(CMD(INIT, 1, 0, AT(TMR), 0xff000), SEV_RET_INVALID_LEN);
	EXPECT(CMD(INIT, 1, 0, AT(TMR + 0x1000), 0x100000), SEV_RET_INVALID_ADDRESS);
	EXPECT(platform_state(), P_UNINIT);
}

static void test_init_ex(void)
{
	uint8_t first[CERT_SIZE], again[CERT_SIZE], chain[CHAIN_SIZE], nv[0x8000];

	start("");
	memset(nv, 0xff, sizeof(nv));
	machine_write(NV, nv, sizeof(nv));
	EXPECT(CMD(INIT_EX, 35, 0, AT(0), 0, 0, AT(NV), 0x8000), SEV_RET_INVALID_LEN);
	EXPECT(CMD(INIT_EX, 36, 0, AT(0), 0, 0, AT(NV), 0x7000), SEV_RET_INVALID_LEN);
	EXPECT(CMD(INIT_EX, 36, 0, AT(0), 0, 0, AT(NV + 16), 0x8000), SEV_RET_INVALID_ADDRESS);
	EXPECT(CMD(INIT_EX, 36, 1, AT(TMR), 0x100000, 0, AT(TMR + 0x1000), 0x8000),
	       SEV_RET_INVALID_ADDRESS);
	OK(INIT_EX, 36, 1, AT(TMR), 0x100000, 0, AT(NV), 0x8000);
	read_certs(first, chain);
	OK(SHUTDOWN);
	OK(INIT_EX, 36, 1, AT(TMR), 0x100000, 0, AT(NV), 0x8000);
	read_certs(again, chain);
	EXPECT_SAME(first, again, CERT_SIZE);
	OK(SHUTDOWN);
	machine_write(NV + 100, "\x55", 1);
	EXPECT(CMD(INIT_EX, 36, 1, AT(TMR), 0x100000, 0, AT(NV), 0x8000),
	       SEV_RET_SECURE_DATA_INVALID);
	EXPECT(platform_state(), P_UNINIT);
	OK(INIT_EX, 36, 1, AT(TMR), 0x100000, 0, AT(NV), 0x8000);
	read_certs(again, chain);
	EXPECT(!memcmp(first, again, CERT_SIZE), false);
}

static void test_unknown(void)
{
	static const unsigned int ids[] = {
		0x00, 0x0f, 0x25, 0x70, 0x81, 0x93, 0xa0, 0xce, 0x7ff,
	};

	start_ready("");
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		EXPECT(CMD(ids[i], 0, 0, 0, 0), SEV_RET_INVALID_COMMAND);
}

static void test_export(void)
{
	start_ready("");
	EXPECT(CMD(PDH_CERT_EXPORT, AT(0), 0, 0, AT(0), 0), SEV_RET_INVALID_LEN);
	EXPECT(answer[2], CERT_SIZE);
	EXPECT(answer[6], CHAIN_SIZE);
	EXPECT(CMD(PDH_CERT_EXPORT, AT(OUTPUT), CERT_SIZE - 1, 0, AT(OUTPUT), CHAIN_SIZE),
	       SEV_RET_INVALID_LEN);
	EXPECT(CMD(PDH_CERT_EXPORT, AT(OUTPUT), CERT_SIZE, 0, AT(OUTPUT), CHAIN_SIZE - 1),
	       SEV_RET_INVALID_LEN);
	EXPECT(CMD(PDH_CERT_EXPORT, AT(NOWHERE), CERT_SIZE, 0, AT(OUTPUT), CHAIN_SIZE),
	       SEV_RET_INVALID_ADDRESS);
}

/* The chain is the PEK, the OCA and the CEK. */
#define PEK	0
#define OCA	CERT_SIZE
#define CEK	(2 * CERT_SIZE)

static void test_identity(void)
{
	uint8_t pdh[2][CERT_SIZE], chain[2][CHAIN_SIZE];

	start_ready("");
	read_certs(pdh[0], chain[0]);
	OK(SHUTDOWN);
	OK(INIT, 0, 0, AT(0), 0);
	read_certs(pdh[1], chain[1]);
	EXPECT_SAME(pdh[0], pdh[1], CERT_SIZE);
	OK(PDH_GEN);
	read_certs(pdh[1], chain[1]);
	EXPECT(!memcmp(pdh[0], pdh[1], CERT_SIZE), false);
	EXPECT_SAME(chain[0], chain[1], CHAIN_SIZE);
	OK(PEK_GEN);
	read_certs(pdh[0], chain[0]);
	EXPECT(!memcmp(pdh[0], pdh[1], CERT_SIZE), false);
	EXPECT(!memcmp(chain[0] + PEK, chain[1] + PEK, CERT_SIZE), false);
	EXPECT(!memcmp(chain[0] + OCA, chain[1] + OCA, CERT_SIZE), false);
	EXPECT_SAME(chain[0] + CEK, chain[1] + CEK, CERT_SIZE);
	OK(SHUTDOWN);
	OK(FACTORY_RESET);
	OK(INIT, 0, 0, AT(0), 0);
	read_certs(pdh[1], chain[1]);
	EXPECT(!memcmp(chain[0] + OCA, chain[1] + OCA, CERT_SIZE), false);
	EXPECT_SAME(chain[0] + CEK, chain[1] + CEK, CERT_SIZE);
}

static void test_import(void)
{
	uint8_t pek[CERT_SIZE], oca[CERT_SIZE], pdh[CERT_SIZE], chain[CHAIN_SIZE];

	start_ready("");
	EXPECT(CMD(PEK_CSR, AT(0), 0), SEV_RET_INVALID_LEN);
	EXPECT(answer[2], CERT_SIZE);
	OK(PEK_CSR, AT(OUTPUT), CERT_SIZE);
	machine_read(OUTPUT, pek, CERT_SIZE);
	owner_cert(oca, 0x1001, 0x33);
	owner_sign(oca, 0, oca);
	machine_write(CERTS, pek, CERT_SIZE);
	machine_write(CERTS + 0x1000, oca, CERT_SIZE);
	EXPECT(CMD(PEK_CERT_IMPORT, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), CERT_SIZE + 1),
	       SEV_RET_INVALID_LEN);
	EXPECT(CMD(PEK_CERT_IMPORT, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), CERT_SIZE),
	       SEV_RET_BAD_SIGNATURE);
	EXPECT(CMD(PEK_CERT_IMPORT, AT(CERTS + 0x1000), CERT_SIZE, 0, AT(CERTS), CERT_SIZE),
	       SEV_RET_INVALID_CERTIFICATE);
	EXPECT(platform_state() == P_INIT && !(answer[0] >> 24), true);
	owner_sign(pek, 0, oca);
	machine_write(CERTS, pek, CERT_SIZE);
	OK(PEK_CERT_IMPORT, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), CERT_SIZE);
	EXPECT(platform_state() == P_INIT && answer[0] >> 24 == 1, true);
	read_certs(pdh, chain);
	EXPECT_SAME(chain + OCA, oca, CERT_SIZE);
	EXPECT(CMD(PEK_CERT_IMPORT, AT(CERTS), CERT_SIZE, 0, AT(CERTS + 0x1000), CERT_SIZE),
	       SEV_RET_ALREADY_OWNED);
	OK(PEK_GEN);
	EXPECT(platform_state() == P_INIT && !(answer[0] >> 24), true);
}

static void test_get_id(void)
{
	uint8_t id[64], none[64] = {};

	start("");
	EXPECT(CMD(GET_ID, AT(0), 0), SEV_RET_INVALID_LEN);
	EXPECT(answer[2], sizeof(id));
	OK(GET_ID, AT(OUTPUT), sizeof(id));
	machine_read(OUTPUT, id, sizeof(id));
	EXPECT(!memcmp(id, none, sizeof(id)), false);
}

static void test_download(void)
{
	uint8_t image[4096] = { [0x10] = '$', 'P', 'S', '1', [0x60] = 3, 56, 1 };

	start("");
	machine_write(DATA, image, sizeof(image));
	EXPECT(CMD(DOWNLOAD_FIRMWARE, AT(DATA + 16), sizeof(image)), SEV_RET_INVALID_ADDRESS);
	EXPECT(CMD(DOWNLOAD_FIRMWARE, AT(DATA), 16), SEV_RET_INVALID_LEN);
	EXPECT(CMD(DOWNLOAD_FIRMWARE, AT(DATA + 0x1000), sizeof(image)), SEV_RET_BAD_SIGNATURE);
	OK(DOWNLOAD_FIRMWARE, AT(DATA), sizeof(image));
	EXPECT(platform_state(), P_UNINIT);
	EXPECT(answer[0] & 0xffff, 1 | 56 << 8);
	EXPECT(answer[1] >> 24, 3);
}

const struct test platform_tests[] = {
	{ "platform commands in every wrong platform state", test_states },
	{ "a platform's life, from INIT to SHUTDOWN", test_life },
	{ "INIT checks its configuration", test_init },
	{ "INIT_EX keeps its identity in the host's memory", test_init_ex },
	{ "unknown and SNP commands", test_unknown },
	{ "PDH_CERT_EXPORT and its lengths", test_export },
	{ "what PDH_GEN, PEK_GEN and FACTORY_RESET replace", test_identity },
	{ "PEK_CSR and PEK_CERT_IMPORT", test_import },
	{ "GET_ID", test_get_id },
	{ "DOWNLOAD_FIRMWARE", test_download },
	{ }
};
